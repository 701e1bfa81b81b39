//! The problems page: what it says of each problem, those that are over, and what `y` copies.

use super::{
    jobs::{failed, job, screen, shows, update_jobs, with_jobs},
    *,
};
use crate::{
    driver::JobUpdate,
    engine::{RegionStatus, Status},
};

fn denied() -> Failure {
    Failure::new("list images in us-east-1", "not authorized")
        .hint("Ask for ec2:DescribeImages.")
        .code("UnauthorizedOperation")
        .request_id(Some("req-1".into()))
}

/// Lists us-east-1 again, with this answer.
fn list_again(model: &mut Model, page: Result<ImagePage, Failure>) {
    let effects = keys(model, "R");
    let (id, region, _) = lists(&effects).remove(0);
    reply(model, id, Reply::Images { region, page });
    frame(model);
}

fn sent(effects: &[Effect]) -> &str {
    match effects {
        [Effect::Clipboard(text)] => &text.0,
        other => panic!("{other:?}"),
    }
}

fn at(model: &mut Model, seconds: i64) {
    _ = model.update(Msg::Tick, now() + SignedDuration::from_secs(seconds));
}

#[test]
fn a_problem_says_all_that_a_support_case_needs_and_y_copies_it() {
    let mut model = listed(vec![image(1)]);
    list_again(&mut model, Err(denied()));
    keys(&mut model, "!");
    let fields = [
        ">us-east-1",
        "time               2027-01-15 08:00:00 UTC",
        "region             us-east-1",
        "what               list images in us-east-1",
        "why                not authorized",
        "hint               Ask for ec2:DescribeImages.",
        "AWS code           UnauthorizedOperation",
        "request id         req-1",
        "y copy  Y copy all",
    ];
    shows(&mut model, &fields);
    let effects = keys(&mut model, "y");
    let text = "us-east-1\ntime: 2027-01-15 08:00:00 UTC\nregion: us-east-1\nwhat: list images in us-east-1\n\
                why: not authorized\nhint: Ask for ec2:DescribeImages.\nAWS code: UnauthorizedOperation\n\
                request id: req-1\n";
    assert_eq!(sent(&effects), text);
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("8 lines: us-east-1")), "{:?}", model.notice);
}

#[test]
fn what_has_passed_stays_and_says_so() {
    let mut model = listed(vec![image(1)]);
    list_again(&mut model, Err(denied()));
    at(&mut model, 60);
    frame(&mut model);
    // The keys come at the time of the start.
    list_again(&mut model, Ok(ImagePage { images: vec![image(1)], next: None }));
    assert_eq!(model.problems(), []);
    keys(&mut model, "!");
    shows(&mut model, &["No problems now. Earlier in this session:", "us-east-1 (over)", "req-1"]);
    press(&mut model, KeyCode::Esc);
    // The same again, of which EC2 gives another request id.
    list_again(&mut model, Err(denied().request_id(Some("req-2".into()))));
    at(&mut model, 90);
    model.catalogue.fail(&region("us-east-1"), denied().request_id(Some("req-3".into())));
    frame(&mut model);
    keys(&mut model, "!");
    let page = screen(&mut model, 100, 30);
    assert!(!page.contains("(over)") && page.contains("req-3") && !page.contains("req-1"), "{page}");
    assert!(page.contains("last seen          2027-01-15 08:01:30 UTC"), "{page}");
}

#[test]
fn a_notice_that_is_gone_is_still_among_the_problems() {
    let mut model = with_jobs(vec![job(1)]);
    update_jobs(&mut model, JobUpdate::Rejected(Failure::new("cancel the copy", "the disk is full")));
    at(&mut model, 60);
    assert_eq!(model.notice, None);
    keys(&mut model, "!");
    shows(&mut model, &["command (over)", "cancel the copy", "the disk is full"]);
    for n in 0..300 {
        update_jobs(&mut model, JobUpdate::Rejected(Failure::new("cancel the copy", format!("reason {n}"))));
    }
    assert_eq!(model.problem_log.over().len(), 100);
}

#[test]
fn a_failure_outlives_the_retry_of_its_copy() {
    let ended = Some(now() - SignedDuration::from_secs(30));
    let once = |n, dismissed| {
        let mut job = failed(n, None);
        (job.ended, job.dismissed) = (ended, dismissed);
        job
    };
    let mut model = with_jobs(vec![once(1, false), once(2, false)]);
    keys(&mut model, "!");
    shows(
        &mut model,
        &[
            ">copy app-web-00001 to eu-west-1",
            "time               2027-01-15 07:59:30 UTC",
            "region             eu-west-1",
        ],
    );
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![Arc::new(job(1))], status: None });
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![Arc::new(once(2, true))], status: None });
    let text = keys(&mut model, "Y");
    let text = sent(&text);
    for n in [1, 2] {
        assert!(text.contains(&format!("copy app-web-0000{n} to eu-west-1 (over)\n")), "{text}");
    }
}

#[test]
fn the_cursor_chooses_what_is_copied_and_is_always_seen() {
    let mut model = with_jobs((1..=9).map(|n| failed(n, None)).collect());
    keys(&mut model, "!");
    for n in 2..=9 {
        keys(&mut model, "j");
        let place = format!(">copy app-web-0000{n} to eu-west-1");
        assert!(screen(&mut model, 80, 24).contains(&place), "{place}");
        assert!(sent(&keys(&mut model, "y")).starts_with(&place[1..]));
    }
    for (key, n) in [("j", 9), ("g", 1), ("k", 1), ("G", 9), ("k", 8)] {
        keys(&mut model, key);
        assert!(sent(&keys(&mut model, "y")).starts_with(&format!("copy app-web-0000{n} ")), "{key}");
    }
    keys(&mut model, "g");
    ctrl(&mut model, 'd');
    let place = screen(&mut model, 80, 24).lines().find(|l| l.contains('>')).unwrap_or_default().to_owned();
    assert!(place.contains("app-web-00003") || place.contains("app-web-00004"), "{place}");
    // A problem longer than the window is scrolled through.
    let long = Failure::new("poll", "very long ".repeat(300));
    let problem = RegionStatus { waiting: None, problem: Some(long), progress_problem: None };
    let status = Status { regions: [(region("eu-west-1"), problem)].into(), ..Status::default() };
    let mut model = with_jobs(vec![job(1), failed(2, None)]);
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    keys(&mut model, "!j");
    assert!(sent(&keys(&mut model, "y")).starts_with("copies to eu-west-1"));
    keys(&mut model, &"j".repeat(99));
    assert!(sent(&keys(&mut model, "y")).starts_with("copy app-web-00002"));
    keys(&mut model, &"k".repeat(200));
    shows(&mut model, &[">copies to eu-west-1"]);
}

#[test]
fn a_variable_that_no_setting_has_is_a_problem() {
    let names = ["AMIGRATE_UI_ASCI", "AMIGRATE_UI_ASCII", "AMIGRATE_DETACHED", "PATH"].map(String::from);
    let (mut model, _) = start(|config| config.unknown_variables = Config::misspelt(names.into_iter()));
    keys(&mut model, "!");
    shows(&mut model, &["settings", "AMIGRATE_UI_ASCI", "no setting has this name", "Did you mean AMIGRATE_UI_ASCII?"]);
    assert_eq!(model.problems().len(), 1);
}

#[test]
fn every_hook_that_failed_stays_a_problem_of_the_session() {
    let mut model = with_jobs(Vec::new());
    let failed = |n: u32| Failure::new(format!("run the hook job_ended for the copy {n}"), "exit status: 3");
    update_jobs(&mut model, JobUpdate::HookFailed(failed(1)));
    frame(&mut model);
    let first = now();
    keys(&mut model, "!");
    shows(&mut model, &[">hook", "the copy 1", "exit status: 3"]);
    _ = model.update(Msg::Jobs(JobUpdate::HookFailed(failed(2))), first + jiff::SignedDuration::from_secs(60));
    frame(&mut model);
    shows(&mut model, &[">hook, one of 2 that failed in this session", "the copy 2", "the copy 1"]);
    let text = screen(&mut model, 120, 40);
    assert!(!text.contains("(over)"), "{text}");
    assert_eq!(model.problems().len(), 2);
    // More are counted.
    for n in 3..=150 {
        update_jobs(&mut model, JobUpdate::HookFailed(failed(n)));
    }
    assert_eq!(model.problems().len(), 100);
    shows(&mut model, &[">hook, one of 150 that failed in this session", "the copy 150"]);
}
