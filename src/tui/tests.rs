//! Tests of the update: messages in, effects out. No terminal, no network, no clock.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

mod again;
mod audit;
mod banner;
mod batches;
mod comparison;
mod cost;
mod coverage;
mod details;
mod discovery;
mod filter_line;
mod finding;
mod finishing;
mod form;
mod history;
pub(super) mod jobs;
mod keys;
mod line_mode;
mod live;
mod mouse;
mod narrowing;
mod news;
mod page_search;
mod palette;
mod panes;
mod post_copy;
mod presets;
mod problems;
mod progress;
mod quit;
mod review;
mod review_start;
mod storage;
mod used_by;
mod view_memory;

use super::{
    bindings::Context,
    model::{Connection, Pane},
    *,
};
use crate::{
    aws::ImagePage,
    config::Config,
    domain::{
        Account, AccountId, CredentialSource, Failure, Image, ImageId, OptIn, OwnerFilter, Region, RegionInfo, Retry,
        image::{BlockDevice, Ebs},
        kms_key::KeyList,
    },
    driver::{DriverStatus, JobUpdate},
    engine::{BatchId, Command, Job, JobId, JobState},
    term::{
        Caps, Input,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn image(n: u32) -> Image {
    let id = ImageId::new(&format!("ami-{n:08x}")).unwrap();
    let mut image = Image::bare(id, region("us-east-1"), AccountId::new("123456789012").unwrap());
    image.name = format!("web-{n}").into();
    image.created = Some(now() - SignedDuration::from_hours(i64::from(n)));
    image.block_devices = vec![BlockDevice {
        device_name: "/dev/xvda".into(),
        ebs: Some(Ebs { volume_size: Some(8), ..Ebs::default() }),
        virtual_name: None,
    }];
    image
}

fn start(change: impl FnOnce(&mut Config)) -> (Model, Vec<Effect>) {
    let mut config = Config::default();
    config.browse.regions = vec!["home".into()];
    change(&mut config);
    Model::new(Start {
        config,
        caps: Caps::full(),
        demo: None,
        profile: Some("prod".into()),
        other_profiles: Vec::new(),
        seed: 7,
        now: now(),
        size: (100, 30),
        prices: crate::domain::price::Prices::default(),
        themes: crate::config::Themes::default(),
        first_run: false,
        remembers: false,
    })
}

fn connected() -> Connected {
    Connected {
        profile: Some("prod".into()),
        source: Some(CredentialSource::Sso("prod".into())),
        home: region("us-east-1"),
        endpoint: None,
        cached_regions: Vec::new(),
        remembered: None,
        region_configured: true,
    }
}

fn reply(model: &mut Model, id: EffectId, reply: Reply) -> Vec<Effect> {
    model.update(Msg::Reply { id, reply }, now())
}

fn frame(model: &mut Model) {
    assert_eq!(model.update(Msg::Frame, model.now), []);
}

fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    model.update(Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))), now())
}

fn ctrl(model: &mut Model, c: char) -> Vec<Effect> {
    model.update(Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))), now())
}

/// Presses a key for each character; returns the effects of the last.
fn keys(model: &mut Model, text: &str) -> Vec<Effect> {
    text.chars().fold(Vec::new(), |_, c| press(model, KeyCode::Char(c)))
}

fn connect_id(effects: &[Effect]) -> EffectId {
    match effects {
        [Effect::Connect { id, .. }] => *id,
        other => panic!("{other:?}"),
    }
}

fn lists(effects: &[Effect]) -> Vec<(EffectId, Region, Option<String>)> {
    let list = |e: &Effect| match e {
        Effect::ListImages { id, region, token, .. } => Some((*id, region.clone(), token.clone())),
        _ => None,
    };
    effects.iter().filter_map(list).collect()
}

/// A model that is connected and has listed these images of us-east-1.
fn listed(images: Vec<Image>) -> Model {
    listed_with(images, |_| {})
}

fn listed_with(images: Vec<Image>, change: impl FnOnce(&mut Config)) -> Model {
    let (mut model, effects) = start(change);
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    for effect in &effects {
        match effect {
            Effect::AskAccount { id } => {
                let account = Account { id: AccountId::new("123456789012").unwrap(), arn: "arn".into() };
                reply(&mut model, *id, Reply::Account(Ok(account)));
            }
            Effect::ListRegions { id } => {
                let regions = ["us-east-1", "eu-west-1", "eu-west-2"]
                    .map(|r| RegionInfo { region: region(r), opt_in: OptIn::NotRequired });
                let closed = RegionInfo { region: region("af-south-1"), opt_in: OptIn::NotOptedIn };
                reply(&mut model, *id, Reply::Regions(Ok(regions.into_iter().chain([closed]).collect())));
            }
            _ => {}
        }
    }
    let (id, region, _) = lists(&effects).remove(0);
    reply(&mut model, id, Reply::Images { region, page: Ok(ImagePage { images, next: None }) });
    frame(&mut model);
    model
}

/// Opens the form on the first image, with eu-west-1 and eu-west-2 as destinations.
fn open_form(model: &mut Model) {
    keys(model, "c");
    press(model, KeyCode::Enter);
    keys(model, "/eu-");
    press(model, KeyCode::Enter);
    keys(model, "*");
    press(model, KeyCode::Enter);
}

/// In a form: goes down to the row that begins with this label.
fn focus(model: &mut Model, label: &str) {
    for _ in 0..60 {
        let shown = jobs::screen(model, 80, 24);
        if shown
            .lines()
            .any(|l| l.trim_start_matches('│').strip_prefix('>').is_some_and(|l| l.trim().starts_with(label)))
        {
            return;
        }
        press(model, KeyCode::Down);
    }
    panic!("no row `{label}`:\n{}", jobs::screen(model, 80, 24));
}

/// In a form: starts the copies, by way of a review whose checks are not answered in time.
fn start_form(model: &mut Model) -> Vec<Effect> {
    ctrl(model, 's');
    _ = model.update(Msg::Tick, now() + crate::domain::review::Review::CHECK_TIMEOUT);
    frame(model);
    ctrl(model, 's')
}

fn names(model: &Model) -> Vec<&str> {
    model.images.rows.iter().map(|i| &*i.name).collect()
}

#[test]
fn the_first_effect_is_to_connect() {
    let (_, effects) = start(|_| {});
    assert!(matches!(&effects[..], [Effect::Connect { profile: Some(p), .. }] if p == "prod"), "{effects:?}");
}

#[test]
fn after_connecting_it_requests_account_regions_and_images() {
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    assert!(matches!(
        &effects[..],
        [Effect::AskAccount { .. }, Effect::ListRegions { .. }, Effect::ListImages { token: None, .. }]
    ));
    assert_eq!(lists(&effects)[0].1, region("us-east-1"));
}

#[test]
fn regions_come_from_the_settings_then_the_cache_then_the_profile() {
    let (mut model, effects) = start(|c| c.browse.regions = vec!["eu-west-2".into()]);
    let cached_regions = Connected { cached_regions: vec![region("eu-west-1")], ..connected() };
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(cached_regions.clone())));
    assert_eq!(lists(&effects)[0].1, region("eu-west-2"));
    let (mut model, effects) = start(|c| c.browse.regions.clear());
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(cached_regions)));
    assert_eq!(lists(&effects)[0].1, region("eu-west-1"));
}

#[test]
fn missing_credentials_are_a_problem_and_refresh_reconnects() {
    let (mut model, effects) = start(|_| {});
    let none = Failure::new("find AWS credentials", "none").retry(Retry::AfterLogin);
    assert_eq!(
        reply(&mut model, connect_id(&effects), Reply::Connected(Err(none))),
        [Effect::ShowStoredJobs, Effect::WatchLogin(true)]
    );
    assert_eq!(model.problems().len(), 1);
    assert!(matches!(keys(&mut model, "R")[..], [Effect::Connect { .. }]));
}

#[test]
fn a_reply_that_is_not_pending_is_dropped() {
    let mut model = listed(vec![image(1)]);
    let page = Ok(ImagePage { images: vec![image(2)], next: Some("more".into()) });
    let late = Reply::Images { region: region("us-east-1"), page };
    assert_eq!(reply(&mut model, EffectId(999), late), []);
    assert_eq!(reply(&mut model, EffectId(1), Reply::Connected(Ok(connected()))), [], "connected already");
    frame(&mut model);
    assert_eq!(names(&model), ["web-1"]);
}

#[test]
fn pages_follow_each_other_and_rows_show_as_they_come() {
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let (id, at, _) = lists(&effects).remove(0);
    let page = ImagePage { images: vec![image(2)], next: Some("more".into()) };
    let effects = reply(&mut model, id, Reply::Images { region: at.clone(), page: Ok(page) });
    frame(&mut model);
    assert_eq!(names(&model), ["web-2"]);
    let (id, _, token) = lists(&effects).remove(0);
    assert_eq!(token.as_deref(), Some("more"));
    let page = ImagePage { images: vec![image(1)], next: None };
    assert_eq!(reply(&mut model, id, Reply::Images { region: at, page: Ok(page) }), []);
    frame(&mut model);
    assert_eq!(names(&model), ["web-1", "web-2"]);
}

#[test]
fn only_the_configured_number_of_regions_is_listed_at_once() {
    let wanted = ["us-east-1", "eu-west-1", "eu-west-2"].map(String::from).to_vec();
    let (mut model, effects) = start(|c| (c.browse.regions, c.browse.concurrent_regions) = (wanted, 2));
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let asked = lists(&effects);
    assert_eq!(asked.len(), 2);
    let (id, at, _) = asked[0].clone();
    let failed = Reply::Images { region: at, page: Err(Failure::new("list", "down")) };
    assert_eq!(lists(&reply(&mut model, id, failed)).len(), 1, "a failed region makes room for the next");
    assert_eq!(model.problems().len(), 1);
}

#[test]
fn only_new_regions_are_listed() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "r*");
    let effects = press(&mut model, KeyCode::Enter);
    let asked: Vec<_> = lists(&effects).into_iter().map(|(_, r, _)| r).collect();
    assert_eq!(
        asked,
        [region("eu-west-1"), region("eu-west-2")],
        "neither the one already listed nor the one not enabled"
    );
    assert!(
        matches!(&effects[0], Effect::CacheRegions { profile, regions } if profile == "prod" && regions.len() == 3)
    );
}

#[test]
fn a_refresh_keeps_the_cursor_on_its_image() {
    let mut model = listed(vec![image(1), image(2), image(3)]);
    keys(&mut model, "jj");
    let effects = keys(&mut model, "R");
    let (id, at, _) = lists(&effects).remove(0);
    frame(&mut model);
    assert_eq!(names(&model), ["web-1", "web-2", "web-3"], "rows stay until the new ones are complete");
    let page = ImagePage { images: vec![image(0), image(1), image(3)], next: None };
    reply(&mut model, id, Reply::Images { region: at, page: Ok(page) });
    frame(&mut model);
    assert_eq!(names(&model), ["web-0", "web-1", "web-3"]);
    assert_eq!(model.current_image().map(|i| &*i.name), Some("web-3"));
}

#[test]
fn another_owner_replaces_all_rows() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "w/marketp");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.query.whose, OwnerFilter::Marketplace);
    frame(&mut model);
    assert_eq!(names(&model), [] as [&str; 0], "no row of the old query stays");
}

/// Starts the form's two copies, and reports them as stored.
fn start_copies(model: &mut Model, change: impl Fn(&mut Job)) {
    open_form(model);
    let effects = start_form(model);
    let [Effect::Command(Command::Copy(copies)), Effect::KeepLastValues(_)] = &effects[..] else {
        panic!("{effects:?}")
    };
    let jobs = copies.iter().zip(1..).map(|(request, id)| {
        let mut job = Job::new(JobId(id), BatchId::of_copies(copies).unwrap(), request.clone(), now());
        change(&mut job);
        Arc::new(job)
    });
    let jobs = jobs.collect();
    _ = model.update(Msg::Jobs(JobUpdate::Changed { jobs, status: None }), now());
}

#[test]
fn cancel_asks_first_and_the_default_is_no() {
    let mut model = listed(vec![image(1)]);
    start_copies(&mut model, |job| job.state = JobState::Copying { image: ImageId::new("ami-11").unwrap() });
    frame(&mut model);
    assert_eq!(keys(&mut model, "x"), []);
    assert_eq!(press(&mut model, KeyCode::Enter), [], "Enter takes the default, which is no");
    keys(&mut model, "x");
    let effects = keys(&mut model, "y");
    assert_eq!(effects, [Effect::Command(Command::Cancel(vec![JobId(2)]))]);
}

#[test]
fn ids_and_commands_go_to_the_clipboard() {
    let mut model = listed(vec![image(1)]);
    assert_eq!(keys(&mut model, "y"), [Effect::Clipboard("ami-00000001".into())]);
    assert_eq!(keys(&mut model, "Y"), [Effect::Clipboard("arn:aws:ec2:us-east-1::image/ami-00000001".into())]);
    open_form(&mut model);
    let effects = ctrl(&mut model, 'y');
    assert!(
        matches!(&effects[..], [Effect::Clipboard(c)] if c.0.starts_with("aws ec2 copy-image --region eu-west-1 "))
    );
}

#[test]
fn another_profile_drops_everything_of_the_old_one() {
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "p");
    let [Effect::ListProfiles { id }] = effects[..] else { panic!("{effects:?}") };
    reply(&mut model, id, Reply::Profiles(vec!["dev".into()]));
    let effects = press(&mut model, KeyCode::Enter);
    assert!(
        matches!(&effects[..], [Effect::CloseJobs, Effect::Connect { profile: Some(p), .. }] if p == "dev"),
        "{effects:?}"
    );
    frame(&mut model);
    assert!(model.account.is_none() && model.regions.is_empty() && model.images.rows.is_empty());
    assert!(matches!(model.connection, Connection::Connecting(_)));
}

#[test]
fn without_anything_running_nothing_is_due_before_the_list_is_old() {
    let model = listed(vec![image(1)]);
    assert_eq!(model.next_deadline(), Some(now() + SignedDuration::from_mins(5)));
}
