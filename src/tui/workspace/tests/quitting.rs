//! Quitting with several accounts.

use super::*;
use crate::tui::tests::jobs::job;

fn with_queues() -> Harness {
    let mut harness = two();
    harness.open_jobs("build", vec![job(1)]);
    harness.open_jobs("production", vec![job(1), job(2)]);
    harness.sent.clear();
    harness
}

#[test]
fn each_account_with_work_left_is_asked_and_nothing_is_done_before_all_agree() {
    let mut harness = with_queues();
    harness.keys("q");
    assert!(harness.shown() == "build" && harness.screen().contains("1 copy is queued"), "{}", harness.screen());
    harness.keys("y");
    assert!(
        harness.shown() == "production" && harness.screen().contains("2 copies are queued"),
        "{}",
        harness.screen()
    );
    assert_eq!(harness.sent, [], "production has not agreed");
    harness.keys("y");
    let (build, production) = (harness.id("build"), harness.id("production"));
    let expected = [(build, Effect::Background), (production, Effect::Background), (production, Effect::Quit)];
    assert_eq!(harness.sent, expected);
}

#[test]
fn who_stays_with_one_stays_with_all() {
    let mut harness = with_queues();
    harness.keys("qy");
    harness.press(KeyCode::Esc);
    assert_eq!((harness.sent.as_slice(), harness.shown()), (&[][..], "production"));
    // Asked anew, beginning with the one that is shown.
    harness.keys("q");
    assert!(harness.screen().contains("2 copies are queued"));
    harness.keys("y");
    assert!(harness.screen().contains("1 copy is queued"), "{}", harness.screen());
    harness.keys("y");
    assert_eq!(harness.sent.iter().filter(|(_, effect)| *effect == Effect::Quit).count(), 1);
}

#[test]
fn an_account_without_work_is_not_asked() {
    let mut harness = two();
    harness.open_jobs("build", Vec::new());
    harness.open_jobs("production", vec![job(1)]);
    harness.sent.clear();
    harness.keys("q");
    assert_eq!((harness.shown(), harness.sent.len()), ("production", 0));
    harness.keys("y");
    assert_eq!(harness.sent.last(), Some(&(harness.id("production"), Effect::Quit)));
    let mut none = two();
    none.sent.clear();
    none.keys("q");
    assert_eq!(none.sent, [(none.id("build"), Effect::Quit)]);
}

#[test]
fn a_hang_up_leaves_every_queue_to_a_process_in_the_background() {
    let mut harness = with_queues();
    let effects = harness.workspace.update(ProfileId::default(), Msg::Input(Input::Hangup), now());
    let (build, production) = (harness.id("build"), harness.id("production"));
    assert_eq!(effects, [(build, Effect::Background), (production, Effect::Background), (build, Effect::Quit)]);
}

#[test]
fn a_profile_that_leaves_leaves_its_queue_to_a_process_in_the_background() {
    let mut harness = with_queues();
    let production = harness.id("production");
    harness.keys(":profile build");
    harness.press(KeyCode::Enter);
    let expected =
        [(production, Effect::Background), (production, Effect::CloseJobs), (production, Effect::LeaveAccount)];
    assert_eq!(harness.sent, expected);
    assert!(harness.notice().contains("The queue of production continues in the background"), "{}", harness.notice());
}

#[test]
fn nothing_is_left_to_do_for_a_profile_that_leaves_while_another_is_asked() {
    let mut harness = with_queues();
    harness.keys("qy");
    let (build, mut effects) = (harness.id("build"), Vec::new());
    harness.workspace.leave(build, &mut effects);
    harness.sent.clear();
    harness.keys("y");
    let production = harness.id("production");
    assert_eq!(harness.sent, [(production, Effect::Background), (production, Effect::Quit)]);
}
