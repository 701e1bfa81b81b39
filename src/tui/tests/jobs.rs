//! The jobs pane: lines, filter, footer, details.

mod lines;

use super::*;
use crate::{
    domain::{ClientToken, CopyRequest, ImageName, SnapshotId, SnapshotState, progress::SnapshotProgress},
    engine::{Note, Origin, RegionStatus, RemovalReason, RemovalStep, Status, Waiting},
    tui::screens::jobs::labels::state_text,
};
use ratatui::{Terminal, backend::TestBackend};

pub(super) fn ami(n: u32) -> ImageId {
    ImageId::new(&format!("ami-{n:017x}")).unwrap()
}

/// A copy of batch-a to eu-west-1, requested a minute ago.
pub(in crate::tui) fn job(n: u32) -> Job {
    let request = CopyRequest {
        source_name: format!("src-{n}"),
        volumes: vec![8, 100],
        ..CopyRequest::bare(
            (ami(9_000 + n), region("us-east-1")),
            region("eu-west-1"),
            ImageName::new(&format!("app-web-{n:05}")).unwrap(),
            ClientToken::from_random(u128::from(n)),
        )
    };
    Job::new(JobId(u64::from(n)), BatchId::new("batch-a"), request, now() - SignedDuration::from_mins(1))
}

pub(super) fn with(n: u32, change: impl FnOnce(&mut Job)) -> Job {
    let mut job = job(n);
    change(&mut job);
    job
}

pub(super) fn copying(n: u32) -> Job {
    with(n, |j| {
        j.state = JobState::Copying { image: ami(n) };
        (j.started, j.last_progress) = (Some(j.requested), Some(now()));
        j.snapshots = vec![SnapshotProgress {
            id: SnapshotId::new(&format!("snap-{n:017x}")).unwrap(),
            size: 8,
            percent: Some(100),
            state: SnapshotState::Completed,
        }];
    })
}

pub(super) fn available(n: u32) -> Job {
    with(n, |j| {
        j.state = JobState::Available { image: ami(n) };
        j.images = vec![ami(n)];
        j.ended = Some(now());
    })
}

pub(super) fn failed(n: u32, image: Option<ImageId>) -> Job {
    with(n, |j| {
        let failure = Box::new(Failure::new("copy", "the key is not accessible"));
        j.state = JobState::Failed { failure, image };
        j.ended = Some(now());
    })
}

pub(super) fn update_jobs(model: &mut Model, update: JobUpdate) {
    let effects = model.update(Msg::Jobs(update), now());
    assert!(effects.iter().all(|e| matches!(e, Effect::WatchLogin(_))), "{effects:?}");
}

/// A model with these jobs and the focus on the jobs pane. This process is the driver.
pub(super) fn with_jobs(jobs: Vec<Job>) -> Model {
    with_jobs_and_config(jobs, |_| {})
}

pub(super) fn with_jobs_and_config(jobs: Vec<Job>, change: impl FnOnce(&mut Config)) -> Model {
    let mut model = listed_with(vec![image(1)], change);
    let account = model.account_key(&model.account.clone().unwrap());
    let jobs = jobs.into_iter().map(Arc::new).collect();
    update_jobs(&mut model, JobUpdate::Opened { account, jobs, status: Status::default() });
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::ThisProcess));
    keys(&mut model, "2");
    frame(&mut model);
    model
}

/// Puts the cursor on a job.
pub(super) fn on(model: &mut Model, n: u64) {
    model.jobs.current = Some(JobId(n));
    frame(model);
}

pub(super) fn screen(model: &mut Model, columns: u16, rows: u16) -> String {
    model.size = (columns, rows);
    frame(model);
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view::draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..rows).map(row).collect::<Vec<_>>().join("\n")
}

#[track_caller]
pub(super) fn shows(model: &mut Model, texts: &[&str]) {
    for size in [(80, 24), (120, 40)] {
        let screen = screen(model, size.0, size.1);
        for text in texts {
            assert!(screen.contains(text), "`{text}` at {size:?}:\n{screen}");
        }
    }
}

#[track_caller]
pub(super) fn lacks(model: &mut Model, text: &str) {
    let screen = screen(model, 80, 24);
    assert!(!screen.contains(text), "`{text}`:\n{screen}");
}

#[track_caller]
pub(super) fn says(model: &Model, text: &str) {
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains(text)), "{:?}", model.notice);
}

pub(super) fn overlay(model: &Model) -> Option<&screens::Overlay> {
    model.overlays.last()
}

fn removing(reason: RemovalReason, step: RemovalStep) -> Job {
    with(1, |j| j.state = JobState::Removing { image: ami(1), reason, step })
}

fn text_of(job: &Job) -> String {
    state_text(&JobsView::default(), job, now(), Some(&crate::config::KeyMap::default())).0
}

#[test]
fn every_state_has_a_text() {
    let again =
        || RemovalReason::Retry { token: ClientToken::from_random(1), failure: Box::new(Failure::new("copy", "no")) };
    let state = |state| with(1, |j| j.state = state);
    let gone = ami(1);
    for (job, text) in [
        (state(JobState::Reconciling { at: None }), "reconciling: checking whether it started".to_owned()),
        (state(JobState::Gone { image: ami(1) }), format!("gone: {gone}, deregistered by somebody else")),
        (
            removing(RemovalReason::Cancel, RemovalStep::Checking { at: None, sent: None, slow_answers: 0 }),
            format!("cancelling: checking that {gone} is still pending"),
        ),
        (
            removing(again(), RemovalStep::Deregistering { at: None, checked: None, sent_before: false }),
            "removing the failed image, then retrying".into(),
        ),
        (
            removing(RemovalReason::Deregister, RemovalStep::DeletingSnapshots {}),
            "deregistering: deleting its snapshots".into(),
        ),
        (state(JobState::Deregistered), "deregistered".into()),
        (
            with(1, |j| (j.state, j.note) = (JobState::Cancelled, Some(Note::NeverSent))),
            "cancelled: never sent to AWS".into(),
        ),
        (
            with(1, |j| (j.state, j.origin) = (JobState::Cancelled, Origin::Elsewhere)),
            "cancelled, started elsewhere".into(),
        ),
        (failed(1, None), "failed: the key is not accessible".into()),
    ] {
        assert_eq!(text_of(&job), text);
    }
}

#[test]
fn a_queued_copy_shows_what_its_region_waits_for() {
    let mut model = with_jobs(vec![job(1)]);
    let waiting = RegionStatus {
        waiting: Some(Waiting::PendingLimit { pending: 300, limit: 300 }),
        problem: None,
        progress_problem: None,
    };
    let status = Status { regions: [(region("eu-west-1"), waiting)].into(), ..Status::default() };
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    shows(&mut model, &["queued: 300 copies already pending in eu-west-1", "1 queued"]);
}

#[test]
fn copies_started_elsewhere_are_marked_and_can_be_cancelled() {
    let elsewhere = with(1, |j| {
        *j = copying(1);
        (j.origin, j.batch) = (Origin::Elsewhere, BatchId::new("elsewhere"));
    });
    let mut model = with_jobs(vec![elsewhere, copying(2)]);
    let row = |screen: &str| screen.lines().find(|l| l.contains("app-web-00001")).unwrap_or_default().to_owned();
    for size in [(80, 24), (120, 40)] {
        let row = row(&screen(&mut model, size.0, size.1));
        assert!(row.contains("started elsewhere") && row.contains('·'), "{row}");
    }
    on(&mut model, 1);
    shows(&mut model, &["x cancel"]);
    keys(&mut model, "x");
    shows(&mut model, &["started elsewhere: by the console", "Cancel the copy"]);
    assert_eq!(keys(&mut model, "y"), [Effect::Command(Command::Cancel(vec![JobId(1)]))]);
}

#[test]
fn a_stalled_copy_is_a_problem_and_nothing_is_done_about_it() {
    let still = |n| {
        with(n, |j| {
            *j = copying(n);
            j.last_progress = Some(now() - SignedDuration::from_mins(34));
        })
    };
    let mut model = with_jobs(vec![still(1), copying(2)]);
    assert_eq!(model.jobs_view.stall, SignedDuration::from_mins(30));
    shows(&mut model, &["no progress for 34m", "1 problem (!)"]);
    assert_eq!(screen(&mut model, 80, 24).matches("no progress").count(), 1);
    keys(&mut model, "!");
    shows(&mut model, &["copy app-web-00001 to eu-west-1", "for 34m", "nothing is cancelled"]);
    let mut elsewhere = still(3);
    elsewhere.origin = Origin::Elsewhere;
    let mut model = with_jobs(vec![elsewhere]);
    shows(&mut model, &["elsewhere, no progress for 34m"]);
    let effects = model.update(Msg::Tick, now() + SignedDuration::from_hours(9));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Command(_))), "{effects:?}");
}

#[test]
fn the_footer_offers_only_actions_with_an_effect() {
    let mut model = with_jobs(vec![copying(1), available(2), failed(3, None)]);
    let footer = |model: &mut Model, n| {
        on(model, n);
        screen(model, 120, 40).lines().last().unwrap_or_default().to_owned()
    };
    assert!(footer(&mut model, 1).contains("x cancel ") && !footer(&mut model, 1).contains("retry"));
    assert!(!footer(&mut model, 2).contains("x cancel "));
    assert!(!footer(&mut model, 3).contains("x cancel ") && footer(&mut model, 3).contains("t retry"));
    let mut model = with_jobs_and_config(vec![copying(1)], |c| c.read_only = true);
    assert!(!footer(&mut model, 1).contains("cancel"));
}

#[test]
fn the_filter_narrows_the_jobs_while_typing() {
    let paris = with(3, |j| {
        *j = failed(3, None);
        j.request.destination = region("eu-west-3");
        j.note = Some(Note::Text("left behind: snap-1".into()));
        j.batch = BatchId::new("batch-b");
    });
    let mut model = with_jobs(vec![copying(1), available(2), paris]);
    let fitting = |model: &mut Model, text: &str| {
        keys(model, "/");
        ctrl(model, 'u');
        keys(model, text);
        frame(model);
        let rows = (1..=3).filter(|n| screen(model, 80, 24).contains(&format!("app-web-0000{n}"))).collect::<Vec<_>>();
        press(model, KeyCode::Enter);
        rows
    };
    for (text, rows) in [
        ("web-00002", vec![2]),
        ("WEB-00002", vec![]),
        ("~aw2", vec![2]),
        ("/WEB|web-0+3$/", vec![3]),
        ("!web-00002 !/3$/", vec![1]),
        ("!state:copying to:eu-west-3", vec![3]),
        (ami(2).as_str(), vec![2]),
        (ami(9_001).as_str(), vec![1]),
        ("eu-west-3", vec![3]),
        ("available", vec![2]),
        ("batch-b", vec![3]),
        ("left snap-1", vec![3]),
        ("app copying", vec![1]),
        ("us-east-1", vec![1, 2, 3]),
        ("nothing", vec![]),
    ] {
        assert_eq!(fitting(&mut model, text), rows, "{text}");
    }
    shows(&mut model, &["Jobs 0/3 copies  /nothing", "No copy matches the filter"]);
    assert_eq!(model.focus, Pane::Jobs);
    press(&mut model, KeyCode::Esc);
    frame(&mut model);
    shows(&mut model, &["Jobs 3 copies", "app-web-00001"]);
    // D dismisses only what is shown.
    fitting(&mut model, "batch-b");
    assert_eq!(keys(&mut model, "D"), [Effect::Command(Command::Dismiss(vec![JobId(3)]))]);
    // The filter applies to updates too, and accepts a paste.
    keys(&mut model, "/");
    ctrl(&mut model, 'u');
    _ = model.update(Msg::Input(Input::Paste("batch-a\n".into())), now());
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![Arc::new(copying(7))], status: None });
    shows(&mut model, &["Jobs 3/4 copies  /batch-a", "app-web-00007"]);
}

#[test]
fn details_show_origin_and_images_of_a_copy() {
    let mut model = with_jobs(vec![with(1, |j| {
        *j = copying(1);
        j.images = vec![ami(5), ami(1)];
        j.last_progress = Some(now() - SignedDuration::from_mins(2));
        j.note = Some(Note::Untagged("not authorized".into()));
    })]);
    keys(&mut model, "d");
    shows(
        &mut model,
        &["batch-a", "by amigrate on this host", "made without tags: not authorized", ami(5).as_str(), "2m00s ago"],
    );
    let tagged = with(2, |j| {
        j.tagged = true;
        j.state = JobState::Reconciling { at: None };
        j.waiting = Some(Waiting::OutcomeCheck(Some("timeout".into())));
    });
    let mut model = with_jobs(vec![tagged]);
    keys(&mut model, "d");
    shows(
        &mut model,
        &["amigrate:job and amigrate:batch", "checking whether it started: timeout", "AWS did not answer the request"],
    );
}

#[test]
fn without_a_driver_no_command_is_accepted() {
    let mut model = with_jobs(vec![copying(1), failed(2, None)]);
    let failure = Failure::new("lock the jobs", "this file system has no locks").hint("Use a local directory.");
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::NotRunning(failure)));
    for key in ["x", "X", "t", "T", "D"] {
        on(&mut model, if key == "t" { 2 } else { 1 });
        assert_eq!(keys(&mut model, key), [], "{key}");
        says(&model, "this file system has no locks");
        assert!(overlay(&model).is_none(), "{key}");
    }
    press(&mut model, KeyCode::Tab);
    open_form(&mut model);
    assert_eq!(start_form(&mut model), []);
    says(&model, "this file system has no locks");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))), "the review stays open");
}

#[test]
fn the_header_keeps_the_account_however_many_copies_there_are() {
    let mut jobs: Vec<Job> = (1..=40).map(copying).collect();
    jobs.extend((41..=80).map(job));
    jobs.extend((81..=120).map(available));
    jobs.extend((121..=160).map(|n| failed(n, None)));
    let mut model = with_jobs(jobs);
    for size in [(80, 24), (120, 40)] {
        let screen = screen(&mut model, size.0, size.1);
        let header = screen.lines().next().unwrap_or_default();
        for text in ["123456789012 SSO prod", "us-east-1", "mine", "40 problems (!)"] {
            assert!(header.contains(text), "{text}: {header}");
        }
    }
    shows(&mut model, &["Jobs 160 copies"]);
}

#[test]
fn the_cursor_moves_to_the_copies_just_requested() {
    let elsewhere = |n| {
        with(n, |j| {
            *j = copying(n);
            j.origin = Origin::Elsewhere;
        })
    };
    let change = |model: &mut Model, job: Job| {
        update_jobs(model, JobUpdate::Changed { jobs: vec![Arc::new(job)], status: None });
        frame(model);
        model.jobs.current
    };
    let mut model = with_jobs(vec![copying(1)]);
    press(&mut model, KeyCode::Tab);
    open_form(&mut model);
    start_form(&mut model);
    assert_eq!(change(&mut model, elsewhere(2)), Some(JobId(1)), "not the copy started elsewhere");
    assert_eq!(change(&mut model, job(3)), Some(JobId(3)));
    assert_eq!(change(&mut model, job(4)), Some(JobId(3)), "only once");
}

#[test]
fn a_command_that_is_not_carried_out_yet_is_shown() {
    let mut model = with_jobs(vec![copying(1)]);
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::OtherProcess(None)));
    keys(&mut model, "x");
    keys(&mut model, "y");
    shows(&mut model, &["command queued; another amigrate is running the queue"]);
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![copying(1).into()], status: None });
    lacks(&mut model, "command queued");
}
