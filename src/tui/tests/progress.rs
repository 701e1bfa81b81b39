//! The progress of copies: rate and time left, or why they are not known.

use super::{
    jobs::{job, shows, with_jobs},
    *,
};
use crate::{domain::progress::SnapshotProgress, engine::Status};

fn seconds(n: i64) -> Timestamp {
    now() + SignedDuration::from_secs(n)
}

/// A copy of 100 GiB, requested 500 s ago and accepted 200 s ago, whose percentage was these at these seconds.
fn going(samples: &[(i64, u8)]) -> Job {
    let mut job = job(1);
    job.request.volumes = vec![100];
    job.requested = seconds(-500);
    job.started = Some(seconds(-200));
    job.last_progress = samples.last().map(|(at, _)| seconds(*at));
    job.state = JobState::Copying { image: ImageId::new("ami-11").unwrap() };
    let samples: Vec<(Timestamp, u8)> = samples.iter().map(|(at, percent)| (seconds(*at), *percent)).collect();
    let mut json = serde_json::to_value(&job).unwrap();
    json["percent"] = samples.last().map(|(_, percent)| *percent).into();
    json["meter"]["samples"] = serde_json::to_value(samples).unwrap();
    serde_json::from_value(json).unwrap()
}

/// The line of a copy on terminals of this width, some seconds later.
fn line(model: &mut Model, columns: u16, later: i64) -> String {
    _ = model.update(Msg::Tick, seconds(later));
    let shown = jobs::screen(model, columns, 24);
    shown.lines().find(|line| line.contains("> eu-west-1")).unwrap_or_default().trim_matches(['│', ' ']).to_owned()
}

#[test]
fn a_copy_says_its_rate_and_the_time_left_and_never_that_none_is_left() {
    // 20% of 100 GiB in 100 s.
    let mut model = with_jobs(vec![going(&[(-100, 20), (0, 40)])]);
    assert!(line(&mut model, 80, 0).ends_with("40%   0/1   205 MiB/s  5m00s left"), "{}", line(&mut model, 80, 0));
    assert!(line(&mut model, 80, 299).ends_with("205 MiB/s     1s left"));
    let wide = line(&mut model, 120, 0);
    assert!(wide.ends_with("0/1  3m20s   205 MiB/s  5m00s left"), "how long the copy takes, not the queue: {wide}");
    for (later, text) in [(300, " overdue"), (330, " overdue"), (480, "overdue 3m")] {
        let line = line(&mut model, 80, later);
        assert!(line.ends_with(text) && !line.contains("MiB/s"), "{later}: {line}");
    }
    let mut job = going(&[(-100, 20), (0, 99)]);
    let missing = line(&mut with_jobs(vec![job.clone()]), 80, 500);
    assert!(missing.ends_with("overdue 8m"), "a percent of the snapshots is missing: {missing}");
    let id = crate::domain::SnapshotId::new("snap-0123456789abcdef0").unwrap();
    job.snapshots =
        vec![SnapshotProgress { id, size: 100, percent: Some(100), state: crate::domain::SnapshotState::Completed }];
    assert!(line(&mut with_jobs(vec![job]), 80, 500).ends_with("finishing"));
}

#[test]
fn what_is_not_known_is_not_shown_as_progress() {
    let mut model = with_jobs(vec![going(&[(-100, 20), (0, 40)])]);
    assert!(line(&mut model, 80, 1_900).ends_with("no progress for 31m"));
    let paused = Status { paused: Some(Failure::new("poll", "expired")), ..Status::default() };
    _ = model.update(Msg::Jobs(JobUpdate::Changed { jobs: Vec::new(), status: Some(paused) }), now());
    assert!(line(&mut model, 80, 10).ends_with("paused, not polled"), "{}", line(&mut model, 80, 10));
    model.jobs_view.status = Status::default();
    model.jobs_view.driver = DriverStatus::NotRunning(Failure::new("run the queue", "no lock"));
    let stopped = line(&mut model, 120, 10);
    assert!(stopped.ends_with("not polled, nobody is running the queue"), "{stopped}");
}

#[test]
fn the_queue_does_not_count_as_copying() {
    let mut queued = job(1);
    queued.requested = seconds(-500);
    let mut model = with_jobs(vec![queued]);
    keys(&mut model, "d");
    shows(&mut model, &["in the queue", "8m20s"]);
    let mut done = going(&[(-100, 20)]);
    done.state = JobState::Available { image: ImageId::new("ami-11").unwrap() };
    done.ended = Some(now());
    let mut model = with_jobs(vec![done]);
    shows(&mut model, &["after 3m20s"]);
    keys(&mut model, "d");
    shows(&mut model, &["took", "3m20s, after 5m00s in the queue"]);
}
