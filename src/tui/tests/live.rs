//! The list follows: pending images, copies that start and end, and the rest by age.

use super::{
    jobs::{job, lacks, shows},
    *,
};
use crate::domain::ImageState;

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn tick(model: &mut Model, seconds: i64) -> Vec<Effect> {
    let effects = model.update(Msg::Tick, later(seconds));
    frame(model);
    effects
}

fn pending(n: u32) -> Image {
    Image { state: ImageState::Pending, ..image(n) }
}

/// What this process's queue tells of us-east-1.
fn tell(model: &mut Model, seconds: i64, images: Vec<Image>) -> Vec<Effect> {
    let update = JobUpdate::Pending { region: region("us-east-1"), images };
    let effects = model.update(Msg::Jobs(update), later(seconds));
    frame(model);
    effects
}

/// The ids that are read, and the effect's.
fn reads(effects: &[Effect]) -> (EffectId, Vec<String>) {
    match effects {
        [Effect::ReadImages { id, region: of, images }] if *of == region("us-east-1") => {
            (*id, images.iter().map(ToString::to_string).collect())
        }
        other => panic!("{other:?}"),
    }
}

fn read(model: &mut Model, seconds: i64, id: EffectId, images: Vec<Image>) {
    _ = model.update(Msg::Reply { id, reply: Reply::KnownImages(Ok(images)) }, later(seconds));
    frame(model);
}

fn driving(images: Vec<Image>) -> Model {
    let mut model = listed(images);
    _ = model.update(Msg::Jobs(JobUpdate::Driver(DriverStatus::ThisProcess)), now());
    model
}

#[test]
fn a_pending_image_appears_and_is_read_once_it_is_pending_no_more() {
    let mut model = driving(vec![image(1)]);
    assert_eq!(tell(&mut model, 0, vec![pending(2)]), []);
    assert_eq!(names(&model), ["web-1", "web-2"]);
    shows(&mut model, &["pending"]);
    assert_eq!(tick(&mut model, 60), [], "the queue tells what becomes of it");
    keys(&mut model, "a");
    assert_eq!(tell(&mut model, 60, Vec::new()), []);
    let (id, ids) = reads(&tick(&mut model, 61));
    assert_eq!(ids, ["ami-00000002"]);
    assert!(!model.waits_for_network(), "nothing turns meanwhile");
    assert_eq!(tick(&mut model, 62), [], "once");
    read(&mut model, 62, id, vec![image(2)]);
    lacks(&mut model, "pending");
    assert_eq!((names(&model).len(), model.images.marked.len()), (2, 2));
}

#[test]
fn an_image_that_is_gone_disappears_with_its_mark() {
    let mut model = driving(vec![image(1), pending(2)]);
    tell(&mut model, 0, vec![pending(2)]);
    keys(&mut model, "a");
    tell(&mut model, 5, Vec::new());
    let (id, _) = reads(&tick(&mut model, 6));
    read(&mut model, 6, id, Vec::new());
    assert_eq!((names(&model), model.images.marked.len()), (vec!["web-1"], 1));
}

#[test]
fn pending_images_are_read_where_no_queue_of_this_process_tells_of_them() {
    let mut model = listed(vec![image(1), pending(2), pending(3)]);
    assert_eq!(tick(&mut model, 0), []);
    assert_eq!(tick(&mut model, 14), []);
    assert_eq!(model.next_deadline().map(|at| at.duration_since(now()).as_secs()), Some(15));
    let (id, ids) = reads(&tick(&mut model, 15));
    assert_eq!(ids, ["ami-00000002", "ami-00000003"]);
    read(&mut model, 15, id, vec![image(2), pending(3)]);
    assert_eq!(tick(&mut model, 29), []);
    let (_, ids) = reads(&tick(&mut model, 30));
    assert_eq!(ids, ["ami-00000003"]);
}

fn copy_of(state: JobState) -> Job {
    let mut copy = job(1);
    copy.request.destination = region("us-east-1");
    copy.images = vec![image(7).id];
    copy.state = state;
    copy
}

#[test]
fn images_of_copies_are_read_when_they_start_elsewhere_and_when_they_end() {
    let mut model = listed(vec![image(1)]);
    let change = |model: &mut Model, seconds, state| {
        let update = JobUpdate::Changed { jobs: vec![Arc::new(copy_of(state))], status: None };
        model.update(Msg::Jobs(update), later(seconds))
    };
    assert_eq!(change(&mut model, 0, JobState::Copying { image: image(7).id }), []);
    assert_eq!(tick(&mut model, 11), []);
    let (id, ids) = reads(&tick(&mut model, 12));
    assert_eq!(ids, ["ami-00000007"]);
    read(&mut model, 12, id, vec![pending(7)]);
    assert_eq!(names(&model).len(), 2);
    assert_eq!(change(&mut model, 13, JobState::Available { image: image(7).id }), [Effect::Bell]);
    // Not sooner than five seconds after the last.
    assert_eq!(tick(&mut model, 16), []);
    let (id, _) = reads(&tick(&mut model, 17));
    read(&mut model, 17, id, vec![image(7)]);
    lacks(&mut model, "pending");
}

#[test]
fn copies_that_the_queue_tells_of_are_not_read_when_they_start() {
    let mut model = driving(vec![image(1)]);
    let update =
        JobUpdate::Changed { jobs: vec![Arc::new(copy_of(JobState::Copying { image: image(7).id }))], status: None };
    _ = model.update(Msg::Jobs(update), now());
    tell(&mut model, 8, vec![pending(7)]);
    assert_eq!(names(&model).len(), 2);
    assert_eq!(tick(&mut model, 12), []);
    assert_eq!(tick(&mut model, 100), []);
}

#[test]
fn lists_are_refreshed_by_age_and_nothing_is_seen_of_it() {
    let mut model = driving(vec![image(1), image(2)]);
    let before = jobs::screen(&mut model, 80, 24);
    assert_eq!(tick(&mut model, 299), []);
    assert_eq!(model.next_deadline(), Some(later(300)));
    let effects = tick(&mut model, 300);
    let (id, of, _) = lists(&effects).remove(0);
    assert_eq!((of.clone(), effects.len()), (region("us-east-1"), 1));
    assert_eq!(jobs::screen(&mut model, 80, 24), before);
    assert_eq!(tick(&mut model, 310), [], "one at a time");
    let page = Ok(ImagePage { images: vec![image(2), image(1)], next: None });
    _ = model.update(Msg::Reply { id, reply: Reply::Images { region: of, page } }, later(311));
    assert!(!model.images.changed, "nothing has changed");
    assert_eq!(tick(&mut model, 610), []);
    assert_eq!(lists(&tick(&mut model, 611)).len(), 1);
}

#[test]
fn a_refresh_that_somebody_waits_for_is_shown() {
    let mut model = driving(vec![image(1)]);
    let (id, of, _) = lists(&tick(&mut model, 300)).remove(0);
    lacks(&mut model, "listing");
    assert_eq!(lists(&keys(&mut model, "R")), [], "it is under way");
    shows(&mut model, &["listing us-east-1"]);
    let page = Ok(ImagePage { images: vec![image(1)], next: None });
    _ = model.update(Msg::Reply { id, reply: Reply::Images { region: of, page } }, later(301));
    lacks(&mut model, "listing");
}

#[test]
fn a_refresh_that_fails_is_tried_again_and_its_age_tells() {
    let mut model = driving(vec![image(1)]);
    let fail = |model: &mut Model, seconds: i64, retry| {
        let (id, of, _) = lists(&tick(model, seconds)).remove(0);
        let failure = Failure::new("list images in us-east-1", "no route").retry(retry);
        _ = model.update(Msg::Reply { id, reply: Reply::Images { region: of, page: Err(failure) } }, later(seconds));
        model.notice.take()
    };
    assert_eq!(fail(&mut model, 300, Retry::Later), None);
    lacks(&mut model, "listed");
    assert_eq!(tick(&mut model, 359), []);
    assert_eq!(fail(&mut model, 360, Retry::Later), None);
    shows(&mut model, &["listed 6m ago", "web-1"]);
    lacks(&mut model, "problem");
    // A permission may be given later.
    assert!(fail(&mut model, 420, Retry::Never).is_some_and(|notice| notice.is_error));
    shows(&mut model, &["1 problem", "web-1"]);
    shows(&mut model, &["listed 7m ago"]);
    assert_eq!(tick(&mut model, 719), []);
    assert_eq!(fail(&mut model, 720, Retry::Never), None, "it was said before");
}

#[test]
fn the_age_is_shown_where_lists_are_older_than_they_become_by_themselves() {
    let mut model = listed_with(vec![image(1)], |config| config.browse.refresh_minutes = 0);
    for (seconds, text) in [(60, "listed 1m ago"), (300, "listed 5m ago"), (7_300, "listed 2h ago")] {
        assert_eq!(tick(&mut model, seconds), [], "only on request");
        shows(&mut model, &[text]);
        assert!(model.next_deadline().is_some_and(|at| at > model.now && at <= later(seconds + 60)));
    }
    let mut model = driving(vec![image(1)]);
    let paused = crate::engine::Status { paused: Some(Failure::new("poll", "expired")), ..Default::default() };
    _ = model.update(Msg::Jobs(JobUpdate::Changed { jobs: Vec::new(), status: Some(paused) }), now());
    assert_eq!(tick(&mut model, 359), [], "nothing is asked without credentials");
    lacks(&mut model, "listed");
    assert_eq!(tick(&mut model, 360), []);
    shows(&mut model, &["listed 6m ago"]);
    let r = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::NONE);
    _ = model.update(Msg::Input(Input::Key(r)), later(360));
    shows(&mut model, &["N. Virginia, 1 image, listed 6m ago"]);
}

#[test]
fn images_of_other_owners_and_long_lists_are_listed_again_more_rarely_or_on_request() {
    let mut model = driving((1..=5_001).map(image).collect());
    assert_eq!(tick(&mut model, 599), []);
    assert_eq!(lists(&tick(&mut model, 600)).len(), 1);
    let mut model = driving(vec![image(1)]);
    let effects = {
        keys(&mut model, ":owner amazon");
        press(&mut model, KeyCode::Enter)
    };
    let (id, of, _) = lists(&effects).remove(0);
    reply(&mut model, id, Reply::Images { region: of, page: Ok(ImagePage { images: vec![image(1)], next: None }) });
    assert_eq!(tick(&mut model, 3_600), []);
    shows(&mut model, &["listed 1h ago"]);
    assert_eq!(tell(&mut model, 3_600, vec![pending(2)]), []);
    assert_eq!(names(&model), ["web-1"], "own images are not among them");
}

#[test]
fn images_of_other_accounts_are_not_taken_for_ones_own() {
    let mut model = driving(vec![image(1)]);
    let mut foreign = pending(9);
    foreign.owner_id = AccountId::new("999999999999").unwrap();
    tell(&mut model, 0, vec![foreign]);
    assert_eq!(model.images.total(), 1);
}

#[test]
fn an_available_copy_that_a_later_list_does_not_have_says_so() {
    let ended = |minutes: i64| {
        super::jobs::with(1, |job| {
            let at = now() - SignedDuration::from_mins(minutes);
            job.state = JobState::Available { image: ImageId::new("ami-00000009").unwrap() };
            (job.started, job.ended) = (Some(at), Some(at));
        })
    };
    let text = "not listed any more";
    for (minutes, said) in [(5, true), (1, false)] {
        let mut model = super::jobs::with_jobs(vec![ended(minutes)]);
        model.catalogue.choose(&[region("us-east-1"), region("eu-west-1")]);
        model.chosen = vec![region("us-east-1"), region("eu-west-1")];
        super::jobs::lacks(&mut model, text);
        model.catalogue.page(&region("eu-west-1"), vec![image(3)], true, false, now());
        let screen = super::jobs::screen(&mut model, 120, 24);
        assert_eq!(screen.contains(text), said, "{screen}");
        let job = model.jobs_view.job(JobId(1)).unwrap();
        assert!(matches!(job.state, JobState::Available { .. }), "its history stays");
        let mut there = image(9);
        there.region = region("eu-west-1");
        model.catalogue.begin(&region("eu-west-1"));
        model.catalogue.page(&region("eu-west-1"), vec![image(3), there], true, false, now());
        super::jobs::lacks(&mut model, text);
    }
}
