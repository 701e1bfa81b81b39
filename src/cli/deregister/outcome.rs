//! Outcome of deregistering an image, from its job.

use std::sync::Arc;

use super::targets::Target;
use crate::{
    cli::{
        exit::ExitStatus,
        follow::{Ending, Followed},
        records::{DeregistrationRecord, DeregistrationResult, KeptSnapshotRecord},
        setup::Setup,
    },
    domain::{Failure, FailureKind},
    engine::{Job, JobState, LeftoverReason, Note},
    labels,
};

/// One image's record, and the failure if it was not deregistered.
pub(in crate::cli) type Outcome = (DeregistrationRecord, Option<Failure>);

/// Returns what came of an image that the queue was given. Pending with a failure is one that is left as it was.
pub(super) fn of(target: &Target, followed: &Followed) -> Outcome {
    let image = target.image.as_ref();
    if image.is_some_and(|image| followed.is_to_be_deregistered(&image.id, &image.region)) {
        return (target.record(DeregistrationResult::Pending), None);
    }
    let of_image = |job: &&Arc<Job>| {
        image.is_some_and(|i| job.request.destination == i.region && job.images.last() == Some(&i.id))
    };
    // Of several the last: an image may have been somebody else's to deregister before, and have come back.
    let Some(job) = followed.jobs.iter().rfind(of_image) else {
        return (target.record(DeregistrationResult::Pending), None);
    };
    let what = || match image {
        Some(image) => format!("deregister {} in {}", image.id, image.region),
        None => "deregister an image".into(),
    };
    if job.state.ended() && job.note == Some(Note::DeregisterTooLate) {
        let why = "not deregistered within a minute of the last check; the image is unchanged";
        return (target.record(DeregistrationResult::Pending), Some(Failure::new(what(), why)));
    }
    let result = match &job.state {
        JobState::Deregistered | JobState::Cancelled | JobState::Gone { .. } | JobState::Failed { image: None, .. } => {
            DeregistrationResult::Deregistered
        }
        // Nothing has come of it yet.
        JobState::Available { .. } if followed.ending != Ending::Done && job.note.is_none() => {
            DeregistrationResult::Pending
        }
        state if state.ended() => DeregistrationResult::Refused,
        // One that is under way continues after a refusal.
        JobState::Copying { .. } if matches!(job.note, Some(Note::DeregisterRefused(_) | Note::SourceOfCopies(_))) => {
            DeregistrationResult::Refused
        }
        _ => DeregistrationResult::Pending,
    };
    let note = job.note.as_ref().map(labels::note);
    let mut record = DeregistrationRecord { message: note.clone(), ..target.record(result) };
    if result == DeregistrationResult::Deregistered {
        snapshots(&mut record, target, job);
    }
    let failure = match result {
        DeregistrationResult::Refused => Some(match job.removal_refusal() {
            Some(refused) => Failure { what: what(), ..refused.clone() },
            None => Failure::new(what(), note.unwrap_or_else(|| "it was refused".into())),
        }),
        _ => undeleted(what(), job, &record),
    };
    (record, failure)
}

/// Records which snapshots were deleted, and which remain.
fn snapshots(record: &mut DeregistrationRecord, target: &Target, job: &Job) {
    let pending = |why: Option<&str>| format!("still to be deleted: {}", why.unwrap_or("AWS does not allow it yet"));
    let mut kept: Vec<KeptSnapshotRecord> = Vec::new();
    for leftover in &job.leftovers {
        kept.push(KeptSnapshotRecord {
            snapshot_id: leftover.snapshot.to_string(),
            reason: labels::leftover_reason(&leftover.why),
        });
    }
    for (snapshot, why) in job.undeleted_snapshots() {
        kept.push(KeptSnapshotRecord { snapshot_id: snapshot.to_string(), reason: pending(why) });
    }
    // Somebody else deregistered it, and its snapshots are theirs.
    let gone = match job.state {
        JobState::Gone { .. } => true,
        JobState::Failed { image: None, .. } => !job.failed_and_was_removed(),
        _ => false,
    };
    for snapshot in target.image.iter().flat_map(crate::domain::Image::snapshot_ids).map(ToString::to_string) {
        if kept.iter().any(|kept| kept.snapshot_id == snapshot) || record.deleted_snapshot_ids.contains(&snapshot) {
            continue;
        }
        if job.keep_snapshots {
            kept.push(KeptSnapshotRecord { snapshot_id: snapshot, reason: "as requested".into() });
        } else if gone {
            let reason = "somebody else deregistered the image".into();
            kept.push(KeptSnapshotRecord { snapshot_id: snapshot, reason });
        } else {
            record.deleted_snapshot_ids.push(snapshot);
        }
    }
    record.kept_snapshots = kept;
}

/// Returns why not all snapshots were deleted that should have been. Those that other images use are to be kept.
fn undeleted(what: String, job: &Job, record: &DeregistrationRecord) -> Option<Failure> {
    let leftovers = || job.leftovers.iter().filter(|leftover| leftover.why != LeftoverReason::InUse);
    let pending = || job.undeleted_snapshots().map(|(id, _)| id.to_string());
    let left: Vec<String> = leftovers().map(|leftover| leftover.snapshot.to_string()).chain(pending()).collect();
    if left.is_empty() || record.result != DeregistrationResult::Deregistered {
        return None;
    }
    let reason = |id: &String| {
        let kept = record.kept_snapshots.iter().find(|kept| kept.snapshot_id == *id);
        format!("{id} ({})", kept.map_or("", |kept| kept.reason.as_str()))
    };
    let why = format!(
        "the image is deregistered, and snapshots of it remain: {}",
        left.iter().map(reason).collect::<Vec<_>>().join(", ")
    );
    let failure = Failure::new(what, why);
    if pending().next().is_some() || !leftovers().all(|leftover| is_denied(&leftover.why)) {
        return Some(failure);
    }
    let hint = "The identity needs the IAM action `ec2:DeleteSnapshot`; its administrator can grant it.";
    Some(failure.kind(FailureKind::Denied).hint(hint))
}

fn is_denied(why: &LeftoverReason) -> bool {
    match why {
        LeftoverReason::MissingPermissions => true,
        LeftoverReason::Refused(failure) => failure.kind.is_denied(),
        LeftoverReason::InUse
        | LeftoverReason::NotProven(_)
        | LeftoverReason::GaveUp(_)
        | LeftoverReason::NotListed => false,
    }
}

/// Returns the status of a command that a signal ended, and says how it continues.
pub(super) fn interrupted(setup: &Setup, followed: &Followed) -> Option<ExitStatus> {
    let status = match followed.ending {
        Ending::Done => return None,
        Ending::TimedOut => ExitStatus::TimedOut,
        Ending::Signalled(signal) => signal.status(),
    };
    setup.output.note(&format!("What is pending is stored: {}.", followed.who_completes_it()));
    Some(status)
}
