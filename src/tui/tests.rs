//! The reducer: messages in, effects out, as data. No terminal, no network, no clock.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

mod audit;
mod batches;
mod history;
mod jobs;
mod leaving;
mod standing;

use super::{
    bindings::Context,
    model::{Pane, Session},
    *,
};
use crate::{
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
    change(&mut config);
    Model::new(Start {
        config,
        caps: Caps::full(),
        demo: None,
        profile: Some("prod".into()),
        seed: 7,
        now: now(),
        size: (100, 30),
    })
}

fn connected() -> Connected {
    Connected {
        profile: Some("prod".into()),
        source: Some(CredentialSource::Sso("prod".into())),
        home: region("us-east-1"),
        endpoint: None,
        remembered: Vec::new(),
        region_given: true,
    }
}

fn reply(model: &mut Model, id: EffectId, reply: Reply) -> Vec<Effect> {
    model.update(Msg::Reply { id, reply }, now())
}

fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    model.update(Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))), now())
}

fn ctrl(model: &mut Model, c: char) -> Vec<Effect> {
    model.update(Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))), now())
}

/// Presses each character; gives what the last led to.
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
    reply(&mut model, id, Reply::Images { region, page: Ok(Page { images, next: None }) });
    model.prepare();
    model
}

/// Opens the form on the first image, with eu-west-1 and eu-west-2 as destinations.
fn form(model: &mut Model) {
    keys(model, "c");
    press(model, KeyCode::Enter);
    keys(model, "/eu-");
    press(model, KeyCode::Enter);
    keys(model, "a");
    press(model, KeyCode::Enter);
}

fn names(model: &Model) -> Vec<&str> {
    model.images.rows.iter().map(|i| &*i.name).collect()
}

#[test]
fn it_connects_first_and_asks_nobody_else() {
    let (_, effects) = start(|_| {});
    assert!(matches!(&effects[..], [Effect::Connect { profile: Some(p), .. }] if p == "prod"), "{effects:?}");
}

#[test]
fn once_connected_it_asks_who_where_and_what() {
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    assert!(matches!(
        &effects[..],
        [Effect::AskAccount { .. }, Effect::ListRegions { .. }, Effect::ListImages { token: None, .. }]
    ));
    assert_eq!(lists(&effects)[0].1, region("us-east-1"));
}

#[test]
fn regions_come_from_settings_then_memory_then_the_profile() {
    let (mut model, effects) = start(|c| c.browse.regions = vec!["eu-west-2".into()]);
    let remembered = Connected { remembered: vec![region("eu-west-1")], ..connected() };
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(remembered.clone())));
    assert_eq!(lists(&effects)[0].1, region("eu-west-2"));
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(remembered)));
    assert_eq!(lists(&effects)[0].1, region("eu-west-1"));
}

#[test]
fn without_credentials_it_says_so_and_tries_again_when_told() {
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
fn an_answer_nobody_waits_for_changes_nothing() {
    let mut model = listed(vec![image(1)]);
    let page = Ok(Page { images: vec![image(2)], next: Some("more".into()) });
    let late = Reply::Images { region: region("us-east-1"), page };
    assert_eq!(reply(&mut model, EffectId(999), late), []);
    assert_eq!(reply(&mut model, EffectId(1), Reply::Connected(Ok(connected()))), [], "connected already");
    model.prepare();
    assert_eq!(names(&model), ["web-1"]);
}

#[test]
fn pages_follow_each_other_and_rows_show_as_they_land() {
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let (id, at, _) = lists(&effects).remove(0);
    let page = Page { images: vec![image(2)], next: Some("more".into()) };
    let effects = reply(&mut model, id, Reply::Images { region: at.clone(), page: Ok(page) });
    model.prepare();
    assert_eq!(names(&model), ["web-2"]);
    let (id, _, token) = lists(&effects).remove(0);
    assert_eq!(token.as_deref(), Some("more"));
    let page = Page { images: vec![image(1)], next: None };
    assert_eq!(reply(&mut model, id, Reply::Images { region: at, page: Ok(page) }), []);
    model.prepare();
    assert_eq!(names(&model), ["web-1", "web-2"]);
}

#[test]
fn only_so_many_regions_are_asked_at_once() {
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
fn new_regions_are_fetched_old_ones_are_not() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "ra");
    let effects = press(&mut model, KeyCode::Enter);
    let asked: Vec<_> = lists(&effects).into_iter().map(|(_, r, _)| r).collect();
    assert_eq!(asked, [region("eu-west-1"), region("eu-west-2")], "not the one that is here, not the one not enabled");
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
    model.prepare();
    assert_eq!(names(&model), ["web-1", "web-2", "web-3"], "rows stay while the new ones come");
    let page = Page { images: vec![image(0), image(1), image(3)], next: None };
    reply(&mut model, id, Reply::Images { region: at, page: Ok(page) });
    model.prepare();
    assert_eq!(names(&model), ["web-0", "web-1", "web-3"]);
    assert_eq!(model.current_image().map(|i| &*i.name), Some("web-3"));
}

#[test]
fn other_peoples_images_take_the_place_of_ones_own() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "w/marketp");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.query.whose, OwnerFilter::Marketplace);
    model.prepare();
    assert_eq!(names(&model), [] as [&str; 0], "nothing of the old question stays");
}

#[test]
fn the_filter_narrows_and_widens() {
    let mut model = listed((1..=12).map(image).collect());
    for (typed, rows) in [("/", 12), ("1", 4), ("2", 1)] {
        keys(&mut model, typed);
        model.prepare();
        assert_eq!(model.images.rows.len(), rows, "{typed}");
    }
    press(&mut model, KeyCode::Backspace);
    model.prepare();
    assert_eq!(model.images.rows.len(), 4);
    press(&mut model, KeyCode::Esc);
    model.prepare();
    assert_eq!(model.images.rows.len(), 12);
    assert_eq!(model.contexts()[0], Context::Images);
}

#[test]
fn a_start_asks_for_each_copy_under_its_own_token() {
    let mut model = listed(vec![image(1)]);
    form(&mut model);
    let effects = ctrl(&mut model, 's');
    let [Effect::Command(Command::Copy(copies))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(copies.len(), 2);
    assert_eq!([&copies[0].destination, &copies[1].destination], [&region("eu-west-1"), &region("eu-west-2")]);
    assert_ne!(copies[0].token, copies[1].token);
    assert_eq!(copies[0].description.as_str(), "[Copied ami-00000001 from us-east-1]");
    assert_eq!(model.focus, Pane::Jobs);
    assert!(model.overlays.is_empty());
}

#[test]
fn a_form_with_a_mistake_sends_nothing_and_says_why() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    assert_eq!(ctrl(&mut model, 's'), []);
    assert!(model.notice.as_ref().is_some_and(|n| n.bad && n.text.contains("Choose at least one region")));
    assert_eq!(model.board.jobs().count(), 0);
}

#[test]
fn keys_are_asked_for_once_and_then_chosen() {
    let mut model = listed(vec![image(1)]);
    form(&mut model);
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Down);
    keys(&mut model, " ");
    press(&mut model, KeyCode::Down);
    let effects = press(&mut model, KeyCode::Enter);
    let list = |e: &Effect| match e {
        Effect::ListKeys { id, region } => (*id, region.clone()),
        other => panic!("{other:?}"),
    };
    let asked: Vec<_> = effects.iter().map(list).collect();
    assert_eq!(asked.len(), 2, "a key for all must be one that all have");
    for (id, region) in asked {
        reply(&mut model, id, Reply::Keys { region, keys: KeyList::default() });
    }
    press(&mut model, KeyCode::Esc);
    assert_eq!(press(&mut model, KeyCode::Enter), [], "they are here now");
}

#[test]
fn read_only_changes_nothing() {
    let mut model = listed_with(vec![image(1)], |c| c.read_only = true);
    form(&mut model);
    assert_eq!(ctrl(&mut model, 's'), []);
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("Read-only")));
    assert_eq!(model.board.jobs().count(), 0);
}

/// Starts the form's two copies, and shows them as the store then has them.
fn start_and_take(model: &mut Model, stand: impl Fn(&mut Job)) {
    form(model);
    let effects = ctrl(model, 's');
    let [Effect::Command(Command::Copy(copies))] = &effects[..] else { panic!("{effects:?}") };
    let jobs = copies.iter().zip(1..).map(|(request, id)| {
        let mut job = Job::new(JobId(id), BatchId::of(&copies[0].token), request.clone(), now());
        stand(&mut job);
        Arc::new(job)
    });
    let jobs = jobs.collect();
    model.update(Msg::Jobs(JobUpdate::Changed { jobs, status: None }), now());
}

#[test]
fn a_cancel_asks_and_no_is_the_default() {
    let mut model = listed(vec![image(1)]);
    start_and_take(&mut model, |job| job.state = JobState::Copying { image: ImageId::new("ami-11").unwrap() });
    model.prepare();
    assert_eq!(keys(&mut model, "x"), []);
    assert_eq!(press(&mut model, KeyCode::Enter), [], "Enter takes the default, which is no");
    keys(&mut model, "x");
    let effects = keys(&mut model, "y");
    assert_eq!(effects, [Effect::Command(Command::Cancel(vec![JobId(2)]))]);
}

#[test]
fn a_paste_types_into_fields_only() {
    let mut model = listed(vec![image(1)]);
    assert_eq!(model.update(Msg::Input(Input::Paste("q\nx".into())), now()), []);
    assert!(model.notice.is_some(), "it says why nothing happened");
    keys(&mut model, "/");
    model.update(Msg::Input(Input::Paste("we\u{1b}[2J\n".into())), now());
    assert_eq!(model.images.filter.value(), "we [2J");
}

#[test]
fn ids_and_commands_go_to_the_clipboard() {
    let mut model = listed(vec![image(1)]);
    assert_eq!(keys(&mut model, "y"), [Effect::Clipboard("ami-00000001".into())]);
    assert_eq!(keys(&mut model, "Y"), [Effect::Clipboard("arn:aws:ec2:us-east-1::image/ami-00000001".into())]);
    form(&mut model);
    let effects = ctrl(&mut model, 'y');
    assert!(matches!(&effects[..], [Effect::Clipboard(c)] if c.starts_with("aws ec2 copy-image --region eu-west-1 ")));
}

#[test]
fn another_profile_leaves_nothing_of_the_old_one() {
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "p");
    let [Effect::ListProfiles { id }] = effects[..] else { panic!("{effects:?}") };
    reply(&mut model, id, Reply::Profiles(vec!["dev".into()]));
    let effects = press(&mut model, KeyCode::Enter);
    assert!(
        matches!(&effects[..], [Effect::CloseJobs, Effect::Connect { profile: Some(p), .. }] if p == "dev"),
        "{effects:?}"
    );
    model.prepare();
    assert!(model.account.is_none() && model.regions.is_empty() && model.images.rows.is_empty());
    assert!(matches!(model.session, Session::Connecting(_)));
}

#[test]
fn nothing_ticks_while_nothing_moves() {
    let model = listed(vec![image(1)]);
    assert_eq!(model.next_deadline(), None);
}
