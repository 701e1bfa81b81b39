//! The clock is set while a copy is running.

use super::*;

/// Returns a job that had progress of 10% in the first and the second minute, at second 120.
fn going() -> Job {
    let mut job = copying().job(JobId(1)).unwrap().clone();
    for (seconds, percent) in [(60, 10), (120, 20)] {
        job.percent = Some(percent);
        job.rate.observe(at(seconds), percent);
        job.last_progress = Some(at(seconds));
    }
    job
}

#[test]
fn a_clock_set_forward_is_no_time_without_progress() {
    let mut job = going();
    let hour = 3_600;
    job.apply_clock_step(SignedDuration::from_hours(1), at(hour + 120));
    assert_eq!((job.pace(at(hour + 130)), job.percent()), (None, Some(20)), "not known until it grows again");
    assert_eq!(job.stalled(at(hour + 130), SignedDuration::from_mins(5)), None);
    assert_eq!(job.elapsed(at(hour + 130)), None, "it cannot be known");
    job.rate.observe(at(hour + 180), 30);
    let pace = job.pace(at(hour + 180)).unwrap();
    assert_eq!(pace.seconds_left(), Some(420), "as fast as before: {pace:?}");
    (job.state, job.ended) = (JobState::Available { image: new_image() }, Some(at(hour + 600)));
    assert_eq!(job.completed_copy(), None, "it tells nothing of later ones");
    let stored: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
    assert_eq!(stored, job);
}

#[test]
fn a_clock_set_back_makes_nothing_younger() {
    let mut job = going();
    job.sent = Some(at(0));
    job.unknown_outcome =
        Some(UnknownOutcome { first_sent: at(0), last_sent: at(100), empty_checks: 1, refusal: None, answered: None });
    let hour = 3_600;
    job.apply_clock_step(SignedDuration::from_hours(-1), at(120 - hour));
    job.clamp_times(at(120 - hour));
    assert_eq!(job.elapsed(at(120 - hour)), Some(120));
    let unknown = job.unknown_outcome.unwrap();
    assert_eq!((unknown.first_sent, job.sent), (at(-hour), Some(at(-hour))), "the token is as old as it was");
    assert_eq!((unknown.last_sent, unknown.empty_checks), (at(120 - hour), 0));
}
