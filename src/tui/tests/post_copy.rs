//! Post-copy steps, what is not as requested, and copies of which AWS reports no progress.

mod edited;

use super::{jobs::*, *};
use crate::{
    domain::post_copy::{LaunchPermission, PostCopyStep},
    engine::{Deviation, Property, RequestCheck, StepProgress, StepState},
};

fn with_steps(n: u32, states: Vec<StepState>) -> Job {
    let account = AccountId::new("210987654321").unwrap();
    let steps = [
        PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account)]),
        PostCopyStep::DeregistrationProtection { cooldown: false },
    ];
    let mut job = available(n);
    job.request.post_copy = steps.into_iter().take(states.len()).collect();
    job.step_states = states;
    job
}

fn refused() -> StepState {
    let failure =
        Failure::new("share", "it is encrypted with the default key").hint("Copy with a customer managed key.");
    StepState::Failed(Box::new(failure.code("InvalidParameter").request_id(Some("req-7".into()))))
}

fn different() -> Job {
    let property = Property::ImageTag("amigrate:job".into());
    let differences = vec![Deviation { property, expected: "amigrate-1".into(), found: None }];
    let mut job = available(1);
    job.request_check = RequestCheck::Made { differences, unread: None };
    job
}

#[test]
fn each_step_is_shown_with_its_state() {
    let mut retrying = StepProgress::default();
    retrying.retrying = Some("slow down".into());
    let mut model = with_jobs(vec![with_steps(1, vec![StepState::Done, StepState::UnderWay(retrying)]), available(2)]);
    on(&mut model, 1);
    let shown = screen(&mut model, 160, 30);
    assert!(shown.contains("step 2 of 2, retrying: deregistration protection: slow down"), "{shown}");
    assert!(shown.find("00001").unwrap() < shown.find("00002").unwrap(), "unfinished first:\n{shown}");
    press(&mut model, KeyCode::Enter);
    shows(&mut model, &["done: launch permission for 210987654321", "retrying: deregistration protection: slow down"]);
    assert_eq!(keys(&mut model, "D"), [Effect::Command(Command::Dismiss(vec![JobId(2)]))]);
}

/// What is selected with the mouse and run must do the same as the lines.
#[test]
fn the_commands_of_a_job_are_shown_line_by_line() {
    let mut model = with_jobs(vec![with_steps(1, vec![StepState::Done, StepState::Done])]);
    on(&mut model, 1);
    keys(&mut model, "d");
    let shown = screen(&mut model, 300, 60);
    let mut commands = shown.lines().skip_while(|line| !line.contains("IMAGE_ID=$(aws ec2 copy-image"));
    assert!(
        commands.next().is_some_and(|line| line.trim_end_matches(['│', ' ']).ends_with("--output text) &&")),
        "{shown}"
    );
    for command in
        ["aws ec2 wait image-exists", "while [", "aws ec2 wait image-available", "aws ec2 modify-image-attribute"]
    {
        let line = commands.next().unwrap_or_default().trim_matches(['│', ' ']);
        assert!(line.starts_with(command), "{command}:\n{shown}");
    }
}

#[test]
fn a_failed_step_is_named_and_tried_again() {
    let mut model = with_jobs(vec![with_steps(1, vec![refused(), StepState::Done])]);
    let shown = screen(&mut model, 200, 30);
    assert!(
        shown.contains(
            "failed: launch permission for 210987654321: it is encrypted with the default key; press t to try again"
        ),
        "{shown}"
    );
    // Narrow enough for details over the lists.
    screen(&mut model, 120, 60);
    keys(&mut model, "d");
    let details = screen(&mut model, 120, 60);
    for text in ["after copying", "default key. Copy with a", "managed key. InvalidParameter, request req-7"] {
        assert!(details.contains(text), "{text}:\n{details}");
    }
    press(&mut model, KeyCode::Esc);
    assert_eq!(keys(&mut model, "t"), [Effect::Command(Command::RetrySteps(vec![JobId(1)]))]);
    assert_eq!(keys(&mut model, "T"), [Effect::Command(Command::RetrySteps(vec![JobId(1)]))]);
}

#[test]
fn steps_that_were_given_up_are_listed_before_they_are_carried_out() {
    let mut model = with_jobs(vec![with_steps(1, vec![StepState::GivenUp, refused()])]);
    assert_eq!(keys(&mut model, "t"), []);
    shows(&mut model, &["given up for", "launch permission for 210987654321", "Failed, and tried again", "eu-west-1"]);
    assert_eq!(keys(&mut model, "y"), [Effect::Command(Command::ReopenSteps(vec![JobId(1)]))]);
    assert_eq!(keys(&mut model, "T"), [Effect::Command(Command::RetrySteps(vec![JobId(1)]))]);
    let mut model = with_jobs(vec![with_steps(1, vec![StepState::GivenUp])]);
    assert_eq!(keys(&mut model, "T"), [], "a batch's are left alone");
    let shown = screen(&mut model, 200, 30);
    assert!(shown.contains("press t to decide"), "{shown}");
}

#[test]
fn a_batch_is_not_shared_before_the_answer() {
    let mut failed = failed(2, Some(ImageId::new("ami-00002").unwrap()));
    failed.batch = available(1).batch;
    let mut model = with_jobs(vec![with_steps(1, vec![refused()]), failed]);
    on(&mut model, 1);
    assert_eq!(keys(&mut model, "T"), [], "the person is asked first");
    shows(&mut model, &["post-copy steps of 1 other copy"]);
    assert_eq!(keys(&mut model, "n"), []);
    keys(&mut model, "T");
    let effects = keys(&mut model, "y");
    assert!(effects.contains(&Effect::Command(Command::RetrySteps(vec![JobId(1)]))), "{effects:?}");
    assert_eq!(effects.len(), 2);
}

#[test]
fn what_is_left_to_do_is_given_up_after_a_yes() {
    let mut model = with_jobs(vec![with_steps(1, vec![StepState::Done, StepState::Waiting])]);
    assert_eq!(keys(&mut model, "x"), []);
    shows(&mut model, &["Give up what is left", "deregistration protection: waiting", "The image is kept"]);
    lacks(&mut model, "launch permission for 210987654321: waiting");
    assert_eq!(keys(&mut model, "y"), [Effect::Command(Command::Cancel(vec![JobId(1)]))]);
}

#[test]
fn why_a_step_was_not_done_is_said_as_it_is() {
    for (state, why) in [
        (failed(1, None).state, "the copy failed"),
        (JobState::Gone { image: ImageId::new("ami-00001").unwrap() }, "the image is gone"),
        (JobState::Cancelled, "the copy was cancelled"),
        (JobState::Deregistered, "the image was deregistered"),
        (available(1).state, "given up"),
    ] {
        let mut job = with_steps(1, vec![StepState::GivenUp]);
        job.state = state;
        let mut model = with_jobs(vec![job]);
        keys(&mut model, "d");
        let details = screen(&mut model, 120, 60);
        assert!(details.contains(&format!("not done: {why}")), "{why}:\n{details}");
    }
}

#[test]
fn snapshots_that_were_not_compared_are_no_difference() {
    let mut job = available(1);
    job.request_check = RequestCheck::Made { differences: Vec::new(), unread: Some("you may not".into()) };
    let mut model = with_jobs(vec![job]);
    keys(&mut model, "d");
    let details = screen(&mut model, 120, 60);
    assert!(!details.contains("not as requested") && details.contains("not compared"), "{details}");
    assert!(details.contains("the snapshots: you may not"), "{details}");
}

#[test]
fn an_available_copy_is_shared_afterwards() {
    let mut model = with_jobs(vec![available(1)]);
    keys(&mut model, "2");
    let effects = keys(&mut model, "e");
    if let [Effect::ReadImage { id, .. }] = effects[..] {
        reply(&mut model, id, Reply::Image(Ok(None)));
    }
    keys(&mut model, "210987654321");
    assert_eq!(ctrl(&mut model, 's'), []);
    let asked = screen(&mut model, 120, 40);
    assert!(asked.contains("To do: launch permission for 210987654321"), "{asked}");
    let effects = keys(&mut model, "y");
    let [Effect::Command(Command::EditSteps { job, steps, known })] = &effects[..] else { panic!("{effects:?}") };
    let who = vec![LaunchPermission::Account(AccountId::new("210987654321").unwrap())];
    assert_eq!((job, &steps[..]), (&JobId(1), &[PostCopyStep::LaunchPermissions(who)][..]));
    assert_eq!(*known, Some(0), "what is requested meanwhile is left");
}

#[test]
fn a_token_that_a_retry_replaced_stays_used() {
    let token = crate::domain::ClientToken::given("release-42").unwrap();
    let mut job = failed(1, None);
    job.sent_tokens = vec![token.clone()];
    let model = with_jobs(vec![job]);
    assert_eq!(model.jobs_view.sent_tokens(), [token]);
}

#[test]
fn quitting_asks_while_steps_are_left() {
    let mut running = copying(2);
    running.request.post_copy = vec![PostCopyStep::SourceTag];
    running.step_states = vec![StepState::Waiting];
    let mut model = with_jobs(vec![with_steps(1, vec![StepState::Waiting]), running, with_steps(3, vec![refused()])]);
    assert_eq!(keys(&mut model, "q"), []);
    shows(&mut model, &["2 copies have post-copy steps left", "[Continue in the background]"]);
}

#[test]
fn the_question_before_quitting_follows_the_jobs() {
    let mut model = with_jobs(vec![with_steps(1, vec![StepState::Waiting]), with_steps(2, vec![StepState::Waiting])]);
    keys(&mut model, "q");
    press(&mut model, KeyCode::Tab);
    shows(&mut model, &["2 copies have post-copy steps left", "[Leave queued]"]);
    let done = |n| JobUpdate::Changed { jobs: vec![with_steps(n, vec![StepState::Done]).into()], status: None };
    update_jobs(&mut model, done(1));
    shows(&mut model, &["1 copy has post-copy steps left", "[Leave queued]"]);
    update_jobs(&mut model, done(2));
    shows(&mut model, &["Nothing is left to do here.", "[Quit]"]);
    assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Quit]);
}

#[test]
fn what_is_not_as_requested_is_said() {
    let mut model = with_jobs(vec![different()]);
    let shown = screen(&mut model, 160, 30);
    assert!(shown.contains("not as requested: no tag amigrate:job on the image"), "{shown}");
    // Narrow enough for details over the lists.
    screen(&mut model, 120, 60);
    keys(&mut model, "d");
    let details = screen(&mut model, 120, 60);
    assert!(details.contains("not as requested") && details.contains("sent, and not all there"), "{details}");
    assert!(!details.contains("on the image and its snapshots"), "{details}");
}

#[test]
fn a_copy_of_an_instance_store_image_has_no_bar_but_a_bucket() {
    let mut job = copying(1);
    job.request.volumes.clear();
    job.snapshots.clear();
    let mut model = with_jobs(vec![job]);
    shows(&mut model, &["copying for 1m00s (instance store: no progress)"]);
    lacks(&mut model, "░");
    keys(&mut model, "d");
    let details = screen(&mut model, 120, 60);
    assert!(details.contains("amis-for-123456789012-in-eu-west-1-HASH"), "{details}");
}

#[test]
fn a_day_without_progress_is_said_to_be_aws_business() {
    let mut job = copying(1);
    job.last_progress = Some(now() - SignedDuration::from_hours(23));
    assert!(crate::labels::stall_advice(&job, now()).is_none());
    job.last_progress = Some(now() - SignedDuration::from_hours(24));
    let mut model = with_jobs(vec![job]);
    let shown = screen(&mut model, 160, 30);
    assert!(shown.contains("no progress for 1d00h, see AWS Health"), "{shown}");
    // Narrow enough for details over the lists.
    screen(&mut model, 120, 60);
    keys(&mut model, "d");
    let details = screen(&mut model, 120, 60);
    assert!(details.contains("AWS Health dashboard for EC2 and EBS in eu-west-1"), "{details}");
}

#[test]
fn several_lines_for_the_clipboard_are_not_shown_as_one() {
    let mut model = with_jobs(vec![available(1)]);
    model.yank("first &&\nsecond".into(), &mut Vec::new());
    let shown = screen(&mut model, 120, 24);
    assert!(shown.contains("(OSC 52), 2 lines: first &&") && !shown.contains("second"), "{shown}");
}

#[test]
fn a_text_that_is_too_long_for_the_clipboard_is_not_said_to_be_sent() {
    let mut model = listed(vec![super::image(1)]);
    assert!(matches!(keys(&mut model, "y")[..], [Effect::Clipboard(_)]));
    assert_eq!(model.update(Msg::ClipboardTooLong, now()), []);
    let notice = model.notice.as_ref().unwrap();
    assert!(notice.is_error && notice.text.contains("too long"), "{notice:?}");
    frame(&mut model);
    assert!(!screen(&mut model, 80, 24).contains("Sent to your clipboard"));
}

#[test]
fn that_requested_steps_are_done_is_said() {
    let step = || PostCopyStep::LaunchPermissions(vec![]);
    let with_step = |state| {
        let mut job = available(1);
        (job.request.post_copy, job.step_states) = (vec![step()], vec![state]);
        job
    };
    let mut model = with_jobs(vec![with_step(StepState::Waiting)]);
    let change = |model: &mut Model, job: Job| {
        update_jobs(model, JobUpdate::Changed { jobs: vec![Arc::new(job)], status: None });
    };
    change(&mut model, with_step(StepState::Done));
    says(&model, "app-web-00001 in eu-west-1: all that was requested is done: launch permission");
    change(&mut model, with_step(StepState::Waiting));
    change(&mut model, with_step(StepState::Failed(Box::new(Failure::new("share", "no such account")))));
    says(&model, "app-web-00001 in eu-west-1: failed: launch permission");
    assert!(model.notice.as_ref().is_some_and(|notice| notice.is_error));
}
