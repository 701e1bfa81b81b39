//! Post-copy steps, and what is not as requested, in words.

use crate::{
    domain::{
        Region,
        post_copy::PostCopyStep,
        text::{clean, count},
    },
    engine::{Deviation, Job, JobState, Property, RequestCheck, StepState},
};

/// Returns what a step does.
pub fn step(step: &PostCopyStep, destination: &Region) -> String {
    fn list<T: ToString>(names: &[T]) -> String {
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
    match step {
        PostCopyStep::CopyLaunchPermissions => "same launch permissions as the source, without public".into(),
        PostCopyStep::LaunchPermissions(permissions) => format!("launch permission for {}", list(permissions)),
        PostCopyStep::SnapshotPermissions(accounts) => format!("snapshots shared with {}", list(accounts)),
        PostCopyStep::Deprecation(at) => format!("deprecated at {}", at.strftime("%Y-%m-%d %H:%M UTC")),
        PostCopyStep::DeregistrationProtection { cooldown: false } => "deregistration protection".into(),
        PostCopyStep::DeregistrationProtection { cooldown: true } => "deregistration protection with cooldown".into(),
        PostCopyStep::SourceTag => format!("tag copied-to:{destination} on the source"),
    }
}

/// Returns a step's state; with the reason, if it failed, is tried again, or was given up.
pub fn step_state(job: &Job, state: &StepState) -> String {
    match status(job, state) {
        (word, None) => word.into(),
        (word, Some(why)) => format!("{word}: {why}"),
    }
}

/// Returns a step's state, the step and the reason, in this order: where the line is cut, the state is still there.
pub fn step_line(job: &Job, done: &PostCopyStep, state: &StepState) -> String {
    let name = step(done, &job.request.destination);
    match status(job, state) {
        (word, None) => format!("{word}: {name}"),
        (word, Some(why)) => format!("{word}: {name}: {why}"),
    }
}

fn status(job: &Job, state: &StepState) -> (&'static str, Option<String>) {
    match state {
        StepState::Waiting => ("waiting", None),
        StepState::UnderWay(progress) => match &progress.retrying {
            Some(why) => ("retrying", Some(clean(why).into_owned())),
            None => ("under way", None),
        },
        StepState::Done => ("done", None),
        StepState::Failed(failure) => ("failed", Some(clean(&failure.why).into_owned())),
        StepState::GivenUp => ("not done", Some(why_given_up(job).into())),
        StepState::Withdrawn(None) => ("withdrawn", None),
        StepState::Withdrawn(Some(failure)) => ("withdrawn", Some(format!("it had failed: {}", clean(&failure.why)))),
        StepState::GivenUpSent(_) => {
            ("given up after it was sent", Some("it may have been done, in whole or in part".into()))
        }
    }
}

fn why_given_up(job: &Job) -> &'static str {
    match job.state {
        JobState::Available { .. } => "given up",
        JobState::Failed { .. } => "the copy failed",
        JobState::Gone { .. } => "the image is gone",
        JobState::Cancelled => "the copy was cancelled",
        JobState::Deregistered => "the image was deregistered",
        _ => "the image is to be removed",
    }
}

/// Returns what is to be said about an available copy's steps and differences in one line, most important first.
pub fn after_copy(job: &Job) -> Vec<String> {
    let mut said = Vec::new();
    let not_done: Vec<_> =
        job.steps().filter(|(_, state)| matches!(state, StepState::Failed(_)) || state.is_given_up()).collect();
    match not_done.as_slice() {
        [] => {}
        [(one, state)] => said.push(step_line(job, one, state)),
        [(one, state), ..] => {
            let steps = count(not_done.len(), "step", "steps");
            said.push(format!("{steps} not done, {}", step_line(job, one, state)));
        }
    }
    if let Some((n, (open, state))) = job.steps().enumerate().find(|(_, (_, state))| state.is_open()) {
        let number = format!("step {} of {}", n + 1, job.steps().count());
        said.push(format!("{number}, {}", step_line(job, open, state)));
    }
    match job.request_check.differences() {
        [] => {}
        [one] => said.push(format!("not as requested: {}", difference(one))),
        several => said.push(format!("{} not as requested", count(several.len(), "property is", "properties are"))),
    }
    said
}

/// Returns each difference between a copy and its request.
pub fn differences(comparison: &RequestCheck) -> Vec<String> {
    comparison.differences().iter().map(difference).collect()
}

/// Returns what of a copy could not be compared with its request.
pub fn not_compared(comparison: &RequestCheck) -> Option<String> {
    let RequestCheck::Made { unread: Some(why), .. } = comparison else { return None };
    Some(format!("the snapshots: {}", clean(why)))
}

fn difference(difference: &Deviation) -> String {
    let Deviation { property, expected, found } = difference;
    let (expected, found) = (clean(expected), found.as_deref().map_or("nothing".into(), clean));
    let of = |snapshots: &[crate::domain::SnapshotId]| match snapshots {
        [one] => one.to_string(),
        several => format!("{} snapshots", several.len()),
    };
    match property {
        Property::Name => format!("the name is {found}, not {expected}"),
        Property::Description => format!("the description is {found}, not {expected}"),
        Property::Volumes => format!("the volumes are {found} GiB, not {expected} GiB"),
        Property::Devices => format!("the devices are {found}, not {expected}"),
        Property::Encryption(snapshots) => format!("not encrypted: {}", of(snapshots)),
        Property::Key(snapshots) => format!("the key of {} is {found}, not {expected}", of(snapshots)),
        Property::ImageTag(key) => tag(key, "the image", &expected, difference.found.is_some(), &found),
        Property::SnapshotTag(key, snapshots) => {
            tag(key, &of(snapshots), &expected, difference.found.is_some(), &found)
        }
    }
}

fn tag(key: &str, of: &str, expected: &str, exists: bool, found: &str) -> String {
    let key = clean(key);
    if exists { format!("the tag {key} of {of} is {found}, not {expected}") } else { format!("no tag {key} on {of}") }
}
