//! Leaving, asked for or not.

use super::{jobs::*, *};
use crate::engine::{RemovalReason, RemovalStep};

fn cancelling(n: u32) -> Job {
    let step = RemovalStep::Checking { at: None, sent: None, slow_answers: 0 };
    with(n, |j| j.state = JobState::Removing { image: ami(n), reason: RemovalReason::Cancel, step })
}

#[test]
fn with_nothing_to_drive_nothing_is_asked() {
    let mut model = board(vec![copying(1), available(2), failed(3, None)]);
    assert_eq!(keys(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn a_queue_of_ours_may_go_on_in_the_background_wait_or_keep_us_here() {
    let jobs = || vec![job(1), job(2), cancelling(3), copying(4)];
    let mut model = board(jobs());
    assert_eq!(keys(&mut model, "q"), []);
    shows(
        &mut model,
        &["2 copies are queued", "1 cancel is not finished", "[Keep going in the background]", "Leave queued", "Stay"],
    );
    assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Background, Effect::Quit]);
    let mut model = board(jobs());
    keys(&mut model, "q");
    press(&mut model, KeyCode::Tab);
    assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Quit]);
    for stay in [KeyCode::Esc, KeyCode::Char('n')] {
        let mut model = board(jobs());
        ctrl(&mut model, 'c');
        assert_eq!(press(&mut model, stay), []);
        assert!(overlay(&model).is_none());
    }
}

#[test]
fn ctrl_c_twice_leaves_at_once_and_leaves_no_process_behind() {
    let mut model = board(vec![job(1)]);
    assert_eq!(ctrl(&mut model, 'c'), []);
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit]);
}

#[test]
fn whoever_else_drives_goes_on() {
    for driver in [DriverStatus::Another(None), DriverStatus::Unknown, DriverStatus::Nobody(Failure::new("lock", "no"))]
    {
        let mut model = board(vec![job(1)]);
        post(&mut model, JobUpdate::Driver(driver.clone()));
        assert_eq!(keys(&mut model, "q"), [Effect::Quit], "{driver:?}");
        assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Quit], "{driver:?}");
    }
}

#[test]
fn the_demo_has_no_background() {
    let mut model = board(vec![job(1)]);
    model.start.demo = Some("demo".into());
    assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Quit]);
    assert_eq!(keys(&mut model, "q"), []);
    lacks(&mut model, "background");
    assert_eq!(press(&mut model, KeyCode::Enter), [], "the default is to stay");
    keys(&mut model, "q");
    assert_eq!(keys(&mut model, "y"), [Effect::Quit]);
}

#[test]
fn read_only_just_leaves() {
    let mut model = board_with(vec![job(1)], |c| c.read_only = true);
    assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Quit]);
    assert_eq!(keys(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn what_was_asked_a_moment_before_the_hang_up_is_not_forgotten() {
    let asked = |ask: Command, later: i64| {
        let mut model = board(Vec::new());
        let mut effects = Vec::new();
        model.ask_for(ask.clone(), &mut effects);
        assert_eq!(effects, [Effect::Command(ask)]);
        model.update(Msg::Input(Input::Hangup), now() + jiff::SignedDuration::from_secs(later))
    };
    let cancel = || Command::Cancel(vec![crate::engine::JobId(1)]);
    assert_eq!(asked(cancel(), 0), [Effect::Background, Effect::Quit], "the board does not show it yet");
    assert_eq!(asked(cancel(), 60), [Effect::Quit], "it would show by now");
    assert_eq!(asked(Command::RefreshNow, 0), [Effect::Quit], "nothing is lost with it");
}

#[test]
fn a_hang_up_leaves_at_once_and_the_queue_goes_on_if_it_is_set_so() {
    let hang_up = |jobs, on: bool| {
        let mut model = board_with(jobs, |c| c.jobs.background_on_hangup = on);
        press(&mut model, KeyCode::Tab);
        form(&mut model);
        model.update(Msg::Input(Input::Hangup), now())
    };
    assert_eq!(hang_up(vec![job(1)], true), [Effect::Background, Effect::Quit]);
    assert_eq!(hang_up(vec![job(1)], false), [Effect::Quit]);
    assert_eq!(hang_up(vec![copying(1)], true), [Effect::Quit], "AWS needs nobody for these");
    let mut model = board(vec![job(1)]);
    assert_eq!(model.update(Msg::Input(Input::Terminate), now()), [Effect::Quit]);
}

#[test]
fn another_profile_leaves_the_queue_of_the_last_one_to_the_background() {
    let switch = |mut model: Model| {
        let mut effects = Vec::new();
        crate::tui::browse::switch_profile(&mut model, "staging".into(), &mut effects);
        (model, effects)
    };
    let (mut model, effects) = switch(board(vec![cancelling(1)]));
    assert_eq!(effects[..2], [Effect::Background, Effect::CloseJobs], "before the account changes");
    assert!(matches!(&effects[2..], [Effect::Connect { profile: Some(profile), .. }] if profile == "staging"));
    says(&model, "goes on in the background");
    shows(&mut model, &["goes on in the background"]);

    let mut asked = board(Vec::new());
    asked.ask_for(Command::Cancel(vec![crate::engine::JobId(1)]), &mut Vec::new());
    assert_eq!(switch(asked).1[0], Effect::Background, "the board does not show it yet");

    let mut demo = board(vec![job(1)]);
    demo.start.demo = Some("demo".into());
    let mut elsewhere = board(vec![job(1)]);
    post(&mut elsewhere, JobUpdate::Driver(DriverStatus::Another(None)));
    let read_only = board_with(vec![job(1)], |c| c.read_only = true);
    for model in [board(vec![copying(1)]), demo, elsewhere, read_only] {
        let (model, effects) = switch(model);
        assert_eq!(effects[0], Effect::CloseJobs);
        assert!(model.notice.is_none());
    }
}
