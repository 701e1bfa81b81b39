//! Quitting and hang-ups.

use super::{jobs::*, *};
use crate::engine::{Origin, RemovalReason, RemovalStep};

fn cancelling(n: u32) -> Job {
    let step = RemovalStep::Checking { at: None, sent: None, slow_answers: 0 };
    with(n, |j| j.state = JobState::Removing { image: ami(n), reason: RemovalReason::Cancel, step })
}

#[test]
fn copies_that_were_just_requested_are_asked_about() {
    let mut model = listed(vec![image(1)]);
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::ThisProcess));
    open_form(&mut model);
    let effects = start_form(&mut model);
    assert!(matches!(&effects[0], Effect::Command(Command::Copy(_))), "{effects:?}");
    assert_eq!(keys(&mut model, "q"), []);
    shows(&mut model, &["2 copies are queued", "[Continue in the background]"]);
}

#[test]
fn without_work_it_quits_at_once() {
    let mut model = with_jobs(vec![copying(1), available(2), failed(3, None)]);
    assert_eq!(keys(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn quitting_with_a_queue_offers_the_background_leaving_it_queued_or_staying() {
    let jobs = || vec![job(1), job(2), cancelling(3), copying(4)];
    let mut model = with_jobs(jobs());
    assert_eq!(keys(&mut model, "q"), []);
    shows(
        &mut model,
        &["2 copies are queued", "1 cancel is not finished", "[Continue in the background]", "Leave queued", "Stay"],
    );
    assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Background, Effect::Quit]);
    let mut model = with_jobs(jobs());
    keys(&mut model, "q");
    press(&mut model, KeyCode::Tab);
    assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Quit]);
    for stay in [KeyCode::Esc, KeyCode::Char('n')] {
        let mut model = with_jobs(jobs());
        ctrl(&mut model, 'c');
        assert_eq!(press(&mut model, stay), []);
        assert!(overlay(&model).is_none());
    }
}

#[test]
fn ctrl_c_twice_quits_at_once_without_a_background_process() {
    let mut model = with_jobs(vec![job(1)]);
    assert_eq!(ctrl(&mut model, 'c'), []);
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit]);
}

#[test]
fn with_another_driver_it_quits_at_once() {
    for driver in
        [DriverStatus::OtherProcess(None), DriverStatus::Unknown, DriverStatus::NotRunning(Failure::new("lock", "no"))]
    {
        let mut model = with_jobs(vec![job(1)]);
        update_jobs(&mut model, JobUpdate::Driver(driver.clone()));
        assert_eq!(keys(&mut model, "q"), [Effect::Quit], "{driver:?}");
        assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Quit], "{driver:?}");
    }
}

#[test]
fn the_demo_has_no_background() {
    let mut model = with_jobs(vec![job(1)]);
    model.start.demo = Some("demo".into());
    assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Quit]);
    assert_eq!(keys(&mut model, "q"), []);
    lacks(&mut model, "background");
    assert_eq!(press(&mut model, KeyCode::Enter), [], "the default is to stay");
    keys(&mut model, "q");
    assert_eq!(keys(&mut model, "y"), [Effect::Quit]);
}

#[test]
fn read_only_mode_quits_at_once() {
    let mut model = with_jobs_and_config(vec![job(1)], |c| c.read_only = true);
    assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Quit]);
    assert_eq!(keys(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn a_command_sent_just_before_a_hang_up_is_carried_out_in_the_background() {
    let asked = |ask: Command, later: i64| {
        let mut model = with_jobs(Vec::new());
        let mut effects = Vec::new();
        model.send_command(ask.clone(), &mut effects);
        assert_eq!(effects, [Effect::Command(ask)]);
        model.update(Msg::Input(Input::Hangup), now() + jiff::SignedDuration::from_secs(later))
    };
    let cancel = || Command::Cancel(vec![crate::engine::JobId(1)]);
    assert_eq!(asked(cancel(), 0), [Effect::Background, Effect::Quit], "the jobs do not show it yet");
    assert_eq!(asked(cancel(), 60), [Effect::Quit], "it would show by now");
    assert_eq!(asked(Command::RefreshNow, 0), [Effect::Quit], "nothing is lost with it");
}

#[test]
fn a_hang_up_quits_at_once_and_the_queue_continues_if_configured() {
    let hang_up = |jobs, on: bool| {
        let mut model = with_jobs_and_config(jobs, |c| c.jobs.background_on_hangup = on);
        press(&mut model, KeyCode::Tab);
        open_form(&mut model);
        model.update(Msg::Input(Input::Hangup), now())
    };
    assert_eq!(hang_up(vec![job(1)], true), [Effect::Background, Effect::Quit]);
    assert_eq!(hang_up(vec![job(1)], false), [Effect::Quit]);
    assert_eq!(hang_up(vec![copying(1)], true), [Effect::Quit], "AWS needs no driver for these");
    let mut model = with_jobs(vec![job(1)]);
    assert_eq!(model.update(Msg::Input(Input::Terminate), now()), [Effect::Quit]);
}

#[test]
fn another_profile_hands_the_queue_over_to_the_background() {
    let switch = |mut model: Model| {
        let mut effects = Vec::new();
        crate::tui::browse::switch_profile(&mut model, "staging".into(), &mut effects);
        (model, effects)
    };
    let (mut model, effects) = switch(with_jobs(vec![cancelling(1)]));
    assert_eq!(effects[..2], [Effect::Background, Effect::CloseJobs], "before the account changes");
    assert!(matches!(&effects[2..], [Effect::Connect { profile: Some(profile), .. }] if profile == "staging"));
    says(&model, "continues in the background");
    shows(&mut model, &["continues in the background"]);

    let mut asked = with_jobs(Vec::new());
    asked.send_command(Command::Cancel(vec![crate::engine::JobId(1)]), &mut Vec::new());
    assert_eq!(switch(asked).1[0], Effect::Background, "the jobs do not show it yet");

    let mut demo = with_jobs(vec![job(1)]);
    demo.start.demo = Some("demo".into());
    let mut elsewhere = with_jobs(vec![job(1)]);
    update_jobs(&mut elsewhere, JobUpdate::Driver(DriverStatus::OtherProcess(None)));
    let read_only = with_jobs_and_config(vec![job(1)], |c| c.read_only = true);
    let leaves_nothing = |model: Model| {
        let (model, effects) = switch(model);
        assert_eq!(effects[0], Effect::CloseJobs);
        assert!(model.notice.is_none());
    };
    leaves_nothing(with_jobs(vec![copying(1)]));
    leaves_nothing(demo);
    leaves_nothing(elsewhere);
    leaves_nothing(read_only);
}

/// The same once the credentials have become those of another account.
fn with_credentials_of_another(mut model: Model) -> Model {
    let theirs =
        crate::domain::Account { id: AccountId::new("210987654321").unwrap(), ..model.account.clone().unwrap() };
    let paused = Some(crate::aws::other_account(&theirs, &"123456789012"));
    let status = Some(crate::engine::Status { paused, ..crate::engine::Status::default() });
    update_jobs(&mut model, JobUpdate::Changed { jobs: Vec::new(), status });
    model
}

#[test]
fn a_queue_whose_credentials_are_another_accounts_is_not_left_to_them() {
    let mut model = with_credentials_of_another(with_jobs(vec![job(1)]));
    assert_eq!(keys(&mut model, "q"), []);
    shows(&mut model, &["until an amigrate runs again with credentials of account", "123456789012", "[Leave queued]"]);
    lacks(&mut model, "Continue in the background");
    assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Quit]);
    let mut model = with_credentials_of_another(with_jobs(vec![job(1)]));
    assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Quit]);
    let mut model = with_credentials_of_another(with_jobs(vec![job(1)]));
    let mut effects = Vec::new();
    crate::tui::browse::switch_profile(&mut model, "staging".into(), &mut effects);
    assert_eq!(effects[0], Effect::CloseJobs, "{effects:?}");
    says(&model, "waits for credentials of account 123456789012");
}

#[test]
fn a_printed_command_names_the_profile_unless_it_is_the_settings_own() {
    let mut model = with_jobs(Vec::new());
    model.start.config.aws.profile = "daily".into();
    for (profile, flag) in [
        (None, ""),
        (Some("daily"), ""),
        (Some("build"), " --profile build"),
        (Some("an ops"), " --profile 'an ops'"),
        (Some("-x"), " '--profile=-x'"),
    ] {
        model.profile = profile.map(str::to_owned);
        assert_eq!(model.account_flag(), flag);
    }
}

#[test]
fn with_a_hook_a_process_in_the_background_waits_for_running_copies() {
    let hook = |c: &mut Config| c.hooks.job_ended = vec!["/bin/true".into()];
    let mut model = with_jobs_and_config(vec![copying(1)], hook);
    assert_eq!(keys(&mut model, "q"), [Effect::Background, Effect::Quit]);
    let mut model = with_jobs_and_config(vec![copying(1)], hook);
    assert_eq!(model.update(Msg::Input(Input::Hangup), now()), [Effect::Background, Effect::Quit]);
    let mut model = with_jobs_and_config(vec![available(1)], hook);
    assert_eq!(keys(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn hooks_that_are_due_are_left_to_a_process_in_the_background() {
    let due = |due: usize, driver: DriverStatus| {
        let hook = |c: &mut Config| c.hooks.job_ended = vec!["/bin/true".into()];
        let mut model = with_jobs_and_config(vec![available(1)], hook);
        update_jobs(&mut model, JobUpdate::HooksDue(due));
        update_jobs(&mut model, JobUpdate::Driver(driver));
        model
    };
    let left = [Effect::Background, Effect::Quit];
    assert_eq!(keys(&mut due(4, DriverStatus::ThisProcess), "q"), left);
    assert_eq!(due(4, DriverStatus::ThisProcess).update(Msg::Input(Input::Hangup), now()), left);
    for mut model in [due(0, DriverStatus::ThisProcess), due(4, DriverStatus::OtherProcess(None))] {
        assert_eq!(keys(&mut model, "q"), [Effect::Quit]);
    }
}

#[test]
fn what_was_typed_into_a_form_is_not_lost_without_a_question() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    assert_eq!(ctrl(&mut model, 'c'), [], "from the form");
    shows(&mut model, &["What the copy form has is lost, and no copy is started."]);
    assert_eq!(keys(&mut model, "n"), []);
    super::review::reviewed(&mut model, None);
    assert_eq!(ctrl(&mut model, 'c'), [], "from the review, to which the form belongs");
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit], "twice means at once");
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit], "nothing was typed");
}

#[test]
fn the_demo_asks_before_its_running_copies_are_lost() {
    let mut model = with_jobs(vec![copying(1), available(2)]);
    model.start.demo = Some("demo".into());
    assert_eq!(keys(&mut model, "q"), []);
    shows(&mut model, &["1 copy is running and will not be completed.", "On an account of yours"]);
    let elsewhere = with(1, |job| (job.state, job.origin) = (copying(1).state, Origin::Elsewhere));
    let mut model = with_jobs(vec![elsewhere]);
    model.start.demo = Some("demo".into());
    assert_eq!(keys(&mut model, "q"), [Effect::Quit], "it came with the demo");
}

#[test]
fn copies_that_continue_in_aws_are_named_once_nothing_is_left_to_do() {
    let mut model = with_jobs(vec![job(1), copying(2)]);
    assert_eq!(keys(&mut model, "q"), []);
    let jobs = vec![Arc::new(copying(1))];
    update_jobs(&mut model, JobUpdate::Changed { jobs, status: None });
    shows(&mut model, &["Nothing is left to do here. 2 copies continue in AWS, and the next"]);
}
