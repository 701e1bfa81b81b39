//! What the terminal is told of copies besides the screen.

use super::{
    jobs::{ami, available, copying, failed, job, says, shows, with, with_jobs_and_config},
    *,
};
use crate::engine::{RemovalReason, RemovalStep};

fn change(model: &mut Model, jobs: Vec<Job>) -> Vec<Effect> {
    let jobs = jobs.into_iter().map(Arc::new).collect();
    let effects = model.update(Msg::Jobs(JobUpdate::Changed { jobs, status: None }), now());
    effects.into_iter().filter(|e| matches!(e, Effect::Bell | Effect::Notify(_) | Effect::Title(_))).collect()
}

#[test]
fn a_notification_says_what_has_ended_if_one_is_wanted() {
    for wanted in ["none", "osc9", "osc777"] {
        let mut model =
            with_jobs_and_config(vec![copying(1), copying(2), copying(3)], |c| c.ui.notification = wanted.into());
        let shown = |text: &str| match wanted {
            "none" => vec![Effect::Bell],
            _ => vec![Effect::Bell, Effect::Notify(text.into())],
        };
        assert_eq!(change(&mut model, vec![available(1)]), shown("app-web-00001 in eu-west-1: available"));
        assert_eq!(change(&mut model, vec![available(1)]), []);
        let both = vec![available(2), failed(3, None)];
        assert_eq!(change(&mut model, both), shown("2 copies ended: 1 available, 1 failed"));
    }
}

#[test]
fn the_title_says_how_far_the_copies_are_and_is_sent_only_when_it_changes() {
    let title = |text: &str| vec![Effect::Title(text.into())];
    let mut model = with_jobs_and_config(vec![], |c| (c.ui.title, c.ui.bell) = (true, false));
    assert_eq!(model.title.as_deref(), Some("amigrate"));
    assert_eq!(change(&mut model, vec![job(1), copying(2)]), title("0% amigrate: 2 copies"));
    assert_eq!(change(&mut model, vec![job(1), copying(2)]), []);
    assert_eq!(model.update(Msg::Tick, now() + SignedDuration::from_secs(5)), []);
    assert_eq!(change(&mut model, vec![available(1), available(2)]), title("amigrate"));
    let mut model = with_jobs_and_config(vec![], |_| {});
    assert_eq!(change(&mut model, vec![copying(2)]), []);
}

#[test]
fn a_failed_copy_that_is_available_after_all_is_told() {
    let removing = with(1, |j| {
        let reason = RemovalReason::Failed { failure: Box::new(Failure::new("copy", "no")), replaced_by: None };
        j.state = JobState::Removing { image: ami(1), reason, step: RemovalStep::DeletingSnapshots {} };
    });
    for (end, told) in [(available(1), vec![Effect::Bell]), (failed(1, None), Vec::new())] {
        let mut model = with_jobs_and_config(vec![removing.clone()], |_| {});
        assert_eq!(change(&mut model, vec![end]), told);
    }
}

#[test]
fn a_cancel_that_came_too_late_is_told() {
    let step = RemovalStep::Checking { at: None, sent: None, slow_answers: 0 };
    let cancelling = with(1, |j| j.state = JobState::Removing { image: ami(1), reason: RemovalReason::Cancel, step });
    let late = with(1, |j| {
        *j = available(1);
        j.note = Some(crate::engine::Note::AvailableBeforeCancel);
    });
    let mut model = with_jobs_and_config(vec![cancelling], |_| {});
    change(&mut model, vec![late.clone()]);
    says(&model, "app-web-00001 in eu-west-1: became available before the cancel reached it");
    frame(&mut model);
    model.notice = None;
    shows(&mut model, &["became available before the cancel"]);
    change(&mut model, vec![late]);
    assert!(model.notice.is_none(), "once");
}
