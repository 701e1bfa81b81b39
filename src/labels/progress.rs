//! How fast a copy goes and how long it still takes, in words.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        progress::Pace,
        text::{clean, duration},
    },
    engine::{EndTime, Job, JobState, Status},
};

/// `118 MiB/s`, in at most ten cells.
pub fn rate(mib_per_second: f64) -> String {
    match mib_per_second {
        rate if rate < 0.1 => "<0.1 MiB/s".into(),
        rate if rate < 9.95 => format!("{rate:.1} MiB/s"),
        rate if rate < 9_999.5 => format!("{rate:.0} MiB/s"),
        rate => format!("{:.0} GiB/s", rate / 1_024.0),
    }
}

/// `12m10s left`, `overdue`, later `overdue 3m`, or that only the image itself is missing; `None` while nothing is known.
pub fn time_left(job: &Job, now: Timestamp) -> Option<String> {
    if is_finishing(job) {
        return Some("finishing".into());
    }
    Some(match job.pace(now)? {
        Pace::Going { left, .. } => format!("{} left", duration(estimated(left.as_secs()))),
        Pace::Overdue { since } if since < slack(job, now) => OVERDUE.into(),
        Pace::Overdue { since } => format!("{OVERDUE} {}", idle(since)),
    })
}

/// Said of a copy that takes longer than was estimated.
pub const OVERDUE: &str = "overdue";

/// For how long after the estimate it is not said by how much: a percent comes seldom, and an estimate is no better than that.
fn slack(job: &Job, now: Timestamp) -> SignedDuration {
    SignedDuration::from_secs((job.elapsed(now).unwrap_or(0) / 10).max(60))
}

/// To ten seconds from a minute on: an estimate is no better, and an unchanged figure need not be drawn.
fn estimated(seconds: i64) -> i64 {
    if seconds < 60 { seconds } else { (seconds + 9) / 10 * 10 }
}

/// How long a copy takes or took, and was in the queue before, with a label; `None` for one that has ended without having begun.
pub fn time_taken(job: &Job, now: Timestamp) -> Option<(&'static str, String)> {
    let Some(elapsed) = job.elapsed(now) else {
        return (!job.state.ended()).then(|| ("in the queue", duration(job.queued(now))));
    };
    let queued = match job.queued(now) {
        0 => String::new(),
        seconds => format!(", after {} in the queue", duration(seconds)),
    };
    let label = match job.end_time() {
        None => "elapsed",
        Some(EndTime::At(_)) => "took",
        Some(EndTime::Before(_)) => "took at most",
    };
    Some((label, format!("{}{queued}", duration(elapsed))))
}

/// `4m39s`, or `at most 4m39s` where nobody knows when it ended.
pub fn taken(job: &Job, now: Timestamp) -> Option<String> {
    let taken = duration(job.elapsed(now)?);
    let is_known = !job.end_time().is_some_and(EndTime::is_upper_bound);
    Some(if is_known { taken } else { format!("at most {taken}") })
}

/// When it ended, such as `2026-03-01 19:14:50 UTC`, or `before` that where nobody knows it; with the format of the time.
pub fn ended(job: &Job, format: &str) -> Option<String> {
    Some(match job.end_time()? {
        EndTime::At(time) => time.strftime(format).to_string(),
        EndTime::Before(time) => format!("before {}", time.strftime(format)),
    })
}

/// The rate of a copy that is not overdue: what was observed before is no rate any more when nothing came since.
pub fn current_rate(job: &Job, now: Timestamp) -> Option<String> {
    match job.pace(now).filter(|_| !is_finishing(job))? {
        Pace::Going { mib_per_second, .. } => Some(rate(mib_per_second)),
        Pace::Overdue { .. } => None,
    }
}

/// Returns true if EC2 has copied the snapshots, and the image itself is not available yet.
fn is_finishing(job: &Job) -> bool {
    let (done, all) = job.snapshots_done();
    matches!(job.state, JobState::Copying { .. }) && all > 0 && done == all
}

/// Why nothing is known of a copy at present, if that is so.
pub fn not_polled(job: &Job, status: &Status) -> Option<String> {
    let problem = || status.regions.get(&job.request.destination)?.problem.as_ref();
    if status.paused.is_some() {
        return Some("paused, not polled".into());
    }
    problem().map(|failure| format!("cannot poll: {}", clean(&failure.why)))
}

/// How a running copy goes: its rate and the time left, or that it is overdue, makes no progress or is not polled. `stall` is how
/// long it may make no progress before that is said.
pub fn pace(job: &Job, status: &Status, stall: SignedDuration, now: Timestamp) -> Option<String> {
    if !matches!(job.state, JobState::Copying { .. }) {
        return None;
    }
    let stalled = || job.stalled(now, stall).map(|time| format!("no progress for {}", idle(time)));
    not_polled(job, status).or_else(stalled).or_else(|| {
        let parts: Vec<String> = current_rate(job, now).into_iter().chain(time_left(job, now)).collect();
        Some(parts.join(", ")).filter(|text| !text.is_empty())
    })
}

/// `34m`, `2h05m`: a time in which nothing was seen to happen.
pub fn idle(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    if seconds < 3_600 { format!("{}m", seconds / 60) } else { duration(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_left_is_no_more_exact_than_it_is_known() {
        for (left, shown) in [(1, 1), (59, 59), (60, 60), (61, 70), (599, 600), (7_204, 7_210)] {
            assert_eq!(estimated(left), shown);
        }
    }

    #[test]
    fn rates_have_at_most_ten_cells() {
        for (mib, text) in [
            (0.0, "<0.1 MiB/s"),
            (0.34, "0.3 MiB/s"),
            (9.96, "10 MiB/s"),
            (118.4, "118 MiB/s"),
            (9_999.4, "9999 MiB/s"),
            (10_240.0, "10 GiB/s"),
        ] {
            assert_eq!(rate(mib), text);
            assert!(text.len() <= 10);
        }
    }
}
