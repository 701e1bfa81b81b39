//! What ended while no screen showed it.

use super::{
    jobs::{available, copying, failed, lacks, shows},
    view_memory::{opened, remembered},
    *,
};
use crate::{config::RememberedView, engine::Status};

fn hours_ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn jobs() -> Vec<Arc<Job>> {
    let ended = |mut job: Job, at| {
        job.ended = Some(at);
        Arc::new(job)
    };
    vec![
        ended(available(1), hours_ago(5)),
        ended(available(2), hours_ago(2)),
        ended(failed(3, None), hours_ago(1)),
        Arc::new(copying(4)),
    ]
}

/// Shows the jobs to a screen whose predecessor showed what had ended so many hours ago.
fn shown(until: Option<Timestamp>) -> (Model, Vec<Effect>) {
    shown_with(until, jobs())
}

fn shown_with(until: Option<Timestamp>, jobs: Vec<Arc<Job>>) -> (Model, Vec<Effect>) {
    let view =
        RememberedView { whose: "mine".into(), sort: "age".into(), shown_until: until, ..RememberedView::default() };
    let mut model = opened(Some(view), true, |_| {});
    let account = model.account_key(&model.account.clone().unwrap());
    let opened = JobUpdate::Opened { account, jobs, status: Status::default() };
    let effects = model.update(Msg::Jobs(opened), now());
    (model, effects)
}

#[test]
fn it_is_said_until_a_key_is_pressed_and_then_counts_as_shown() {
    let (mut model, effects) = shown(Some(hours_ago(3)));
    shows(&mut model, &["While you were away, 2 copies ended: 1 available, 1 failed."]);
    assert_eq!(remembered(&effects).unwrap().shown_until, Some(hours_ago(1)));
    let later = now() + SignedDuration::from_mins(30);
    assert_eq!(model.update(Msg::Tick, later), []);
    assert!(model.notice.is_some(), "whoever comes back later sees it too");
    keys(&mut model, "j");
    lacks(&mut model, "While you were away");
    // Ends that are seen on the screen are no news.
    let ended = vec![Arc::new(available(4))];
    let effects = model.update(Msg::Jobs(JobUpdate::Changed { jobs: ended, status: None }), now());
    assert_eq!(remembered(&effects).unwrap().shown_until, Some(now()));
    lacks(&mut model, "While you were away");
}

#[test]
fn a_deregistration_that_ended_is_no_copy() {
    let mut stored = serde_json::to_value(available(5)).unwrap();
    stored["for_deregistration"] = true.into();
    let mut deregistered: Job = serde_json::from_value(stored).unwrap();
    (deregistered.state, deregistered.ended) = (JobState::Cancelled, Some(hours_ago(1)));
    let (mut model, _) = shown_with(Some(hours_ago(3)), [jobs(), vec![Arc::new(deregistered)]].concat());
    shows(&mut model, &["While you were away, 2 copies and 1 deregistration ended: 1 available,"]);
}

#[test]
fn nothing_is_news_to_the_first_screen_or_where_all_was_shown() {
    for until in [None, Some(hours_ago(1))] {
        let (mut model, effects) = shown(until);
        lacks(&mut model, "While you were away");
        assert_eq!(remembered(&effects).map(|view| view.shown_until), until.is_none().then(|| Some(hours_ago(1))));
    }
}
