//! Post-copy steps, and what is not as requested, in words.

use crate::{
    domain::{
        Region,
        post_copy::PostCopyStep,
        text::{clean, count},
    },
    engine::{Comparison, Difference, Job, JobState, Property, StepState},
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
    match state {
        StepState::Waiting => "waiting".into(),
        StepState::UnderWay(progress) => match &progress.retrying {
            Some(why) => format!("retrying: {}", clean(why)),
            None => "under way".into(),
        },
        StepState::Done => "done".into(),
        StepState::Failed(failure) => format!("failed: {}", clean(&failure.why)),
        StepState::GivenUp => format!("not done: {}", why_given_up(job)),
        StepState::GivenUpSent(_) => "given up after it was sent: it may have been done, in whole or in part".into(),
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
    let destination = &job.request.destination;
    let mut said = Vec::new();
    let not_done: Vec<_> =
        job.steps().filter(|(_, state)| matches!(state, StepState::Failed(_)) || state.is_given_up()).collect();
    match not_done.as_slice() {
        [] => {}
        [(one, state)] => said.push(format!("{} {}", step(one, destination), step_state(job, state))),
        [(one, state), ..] => {
            let steps = count(not_done.len(), "step", "steps");
            said.push(format!("{steps} not done, {} {}", step(one, destination), step_state(job, state)));
        }
    }
    if let Some((n, (open, state))) = job.steps().enumerate().find(|(_, (_, state))| state.is_open()) {
        let number = format!("step {} of {}", n + 1, job.steps().count());
        said.push(format!("{number}, {}: {}", step(open, destination), step_state(job, state)));
    }
    match job.comparison.differences() {
        [] => {}
        [one] => said.push(format!("not as requested: {}", difference(one))),
        several => said.push(format!("{} not as requested", count(several.len(), "property is", "properties are"))),
    }
    said
}

/// Returns each difference between a copy and its request.
pub fn differences(comparison: &Comparison) -> Vec<String> {
    comparison.differences().iter().map(difference).collect()
}

/// Returns what of a copy could not be compared with its request.
pub fn not_compared(comparison: &Comparison) -> Option<String> {
    let Comparison::Made { unread: Some(why), .. } = comparison else { return None };
    Some(format!("the snapshots: {}", clean(why)))
}

fn difference(difference: &Difference) -> String {
    let Difference { property, expected, found } = difference;
    let (expected, found) = (clean(expected), found.as_deref().map_or("nothing".into(), clean));
    let of = |snapshots: &[crate::domain::SnapshotId]| match snapshots {
        [one] => one.to_string(),
        several => format!("{} snapshots", several.len()),
    };
    match property {
        Property::Name => format!("the name is {found}, not {expected}"),
        Property::Description => format!("the description is {found}, not {expected}"),
        Property::Volumes => format!("the volumes are {found} GiB, not {expected} GiB"),
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
