//! What a job waits for, what is noted about it and what remains of its snapshots, in words.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        Failure, ImageId, Region, SnapshotId,
        text::{clean, count},
    },
    engine::{Job, JobState, Leftover, LeftoverReason, Note, RemovalReason, RemovalStep, Unproven, Waiting},
};

/// Returns what copies to a region wait for.
pub fn waiting(waiting: &Waiting, region: &Region) -> String {
    match waiting {
        Waiting::PendingCount => format!("counting the pending copies in {region}"),
        Waiting::PendingLimit { pending, limit } => {
            format!("{} already pending in {region} (limit {limit})", count(*pending, "copy", "copies"))
        }
        Waiting::AwsLimit { pending } => {
            format!("AWS limit reached in {region} ({} pending)", count(*pending, "copy", "copies"))
        }
        Waiting::RateLimit => "rate limited".into(),
        Waiting::Throttled => format!("throttled by AWS in {region}"),
        Waiting::RetryAfter(why) => format!("retrying: {}", clean(why)),
        Waiting::CredentialsCheck => format!("{region} refused the credentials; checking them elsewhere"),
        Waiting::OutcomeCheck(None) => "checking whether it started".into(),
        Waiting::OutcomeCheck(Some(why)) => format!("checking whether it started: {}", clean(why)),
        Waiting::RefusalCheck(why) => {
            format!("refused by AWS ({}); checking that no copy was made before", clean(why))
        }
        Waiting::Text(text) => clean(text).into_owned(),
    }
}

/// Returns what a person should know about a job.
pub fn note(note: &Note) -> String {
    let with = |text: &str, why: &str| format!("{text}: {}", clean(why));
    match note {
        Note::NeverSent => "never sent to AWS".into(),
        Note::NeverAccepted(None) => "never accepted by AWS".into(),
        Note::NeverAccepted(Some(why)) => with("never accepted by AWS", why),
        Note::CancelAfterOutcome => "to be cancelled once AWS shows whether the copy started".into(),
        Note::NotFound => "AWS shows no such copy".into(),
        Note::Untagged(why) => with("made without amigrate's tags", why),
        Note::NewClientToken => {
            "sent with a new client token, because the given one would return the earlier copy".into()
        }
        Note::AvailableBeforeCancel => "became available before the cancel reached it; nothing was deleted".into(),
        Note::AvailableAfterAll => "it is available after all; nothing was deleted".into(),
        Note::DeregisteredElsewhere => "deregistered by somebody else; its snapshots may remain".into(),
        Note::EarlierCopyGone => "not there: most likely the image of an earlier copy, deregistered since".into(),
        Note::EarlierCopyReplaced => "requested anew: the image of an earlier copy was deregistered".into(),
        Note::DeregisterLater => "AWS does not deregister it in its present state; retrying".into(),
        Note::RetryAfter(why) => with("retrying", why),
        Note::RetryCancelled => "not retried".into(),
        Note::CancelRefused(failure) => with("not cancelled", &failure.why),
        Note::RetryRefused { image, why } => with(&format!("not retried, {image} cannot be removed"), why),
        Note::DeregisterRefused(failure) => with("not deregistered", &failure.why),
        Note::DeregisterTooLate => "not deregistered: its last check is more than a minute old".into(),
        Note::SourceOfCopies(jobs) => {
            let jobs: Vec<String> = jobs.iter().map(ToString::to_string).collect();
            format!("not deregistered: it is being copied (by {})", jobs.join(", "))
        }
        Note::SettingsUnknown => "started elsewhere, with unknown settings: copy the image again instead".into(),
        Note::ImagesNotListed(why) => with("AWS does not list your images", why),
        Note::ImageOfAnotherJob(image) => format!("{image} is another copy's image"),
        Note::NotACandidate(image) => format!("{image} is not one of the images that may be this copy"),
        Note::GivenUp(images) if images.is_empty() => "given up; AWS never confirmed whether it was made".into(),
        Note::GivenUp(images) => {
            let images: Vec<&str> = images.iter().map(ImageId::as_str).collect();
            format!("given up; kept, as not proven to be this copy: {}", images.join(", "))
        }
        Note::SnapshotListDelayed(why) => with("listing the remaining snapshots", why),
        Note::DeletePending { snapshot, why } => {
            with(&format!("waiting to delete {snapshot}"), delete_message(why.as_deref()))
        }
        Note::SnapshotsNotListed(why) => with("its snapshots may remain, AWS does not list them", why),
        Note::FailedImageRemoved { replaced_by: None } => "image removed".into(),
        Note::Replaced(batch) => format!("requested again as {batch}"),
        Note::FailedImageRemoved { replaced_by: Some(batch) } => format!("image removed; replaced by {batch}"),
        Note::FailedImage(inner) => format!("of the failed copy: {}", self::note(inner)),
        Note::Several(notes) => notes.iter().map(self::note).collect::<Vec<_>>().join("; "),
        Note::Text(text) => clean(text).into_owned(),
    }
}

/// Returns how many jobs there are of each kind: `5 copies and 1 deregistration`.
pub fn copies_and_deregistrations(copies: usize, deregistrations: usize) -> String {
    let copies = (copies > 0 || deregistrations == 0).then(|| count(copies, "copy", "copies"));
    let others = (deregistrations > 0).then(|| count(deregistrations, "deregistration", "deregistrations"));
    copies.into_iter().chain(others).collect::<Vec<_>>().join(" and ")
}

/// Returns why a copy failed, and that its image was removed since.
pub fn failure_reason(job: &Job, failure: &Failure) -> String {
    let why = clean(&failure.why);
    match &job.note {
        Some(note) if job.failed_and_was_removed() => format!("{why}; {}", self::note(note)),
        _ => why.into_owned(),
    }
}

/// Without progress for this long, something may be wrong at AWS.
pub const LONG_STALL: SignedDuration = SignedDuration::from_hours(24);

/// Returns what to do about a copy that has made no progress for long, if it has not.
pub fn stall_advice(job: &Job, now: Timestamp) -> Option<String> {
    let region = &job.request.destination;
    job.stalled(now, LONG_STALL)
        .map(|_| format!("no progress for 24 hours: look at the AWS Health dashboard for EC2 and EBS in {region}"))
}

/// Returns which step of a removal is being done; `None` if nothing is being removed.
pub fn removal(job: &Job) -> Option<String> {
    let JobState::Removing { image, reason, step } = &job.state else { return None };
    Some(match (reason, step) {
        (RemovalReason::Retry { .. }, _) => "removing the failed image, then retrying".into(),
        (RemovalReason::Cancel, RemovalStep::Checking { .. }) => format!("checking that {image} is still pending"),
        (RemovalReason::Failed { .. }, RemovalStep::Checking { .. }) => format!("checking the failed {image}"),
        (RemovalReason::Deregister | RemovalReason::DeregisterCopying, RemovalStep::Checking { .. }) => {
            format!("checking {image}")
        }
        (_, RemovalStep::Deregistering { .. }) => format!("deregistering {image}"),
        (_, RemovalStep::DeletingSnapshots {}) => "deleting its snapshots".into(),
    })
}

/// Returns what became of a snapshot of the job's image, once that is removed: what EC2 reported before says nothing any more.
pub fn removed_snapshot(job: &Job, snapshot: &SnapshotId) -> Option<&'static str> {
    match &job.state {
        JobState::Removing { step: RemovalStep::DeletingSnapshots {}, .. } => return Some("being deleted"),
        JobState::Removing { .. } if job.is_deregistration() => {
            return Some(if job.keep_snapshots { "to be kept" } else { "to be deleted" });
        }
        JobState::Cancelled | JobState::Deregistered => {}
        JobState::Failed { .. } if job.failed_and_was_removed() => {}
        _ => return None,
    }
    let is_unlisted = not_listed(job).is_some() || matches!(job.note, Some(Note::SnapshotsNotListed(_)));
    Some(if job.keep_snapshots {
        "kept"
    } else if job.undeleted_snapshots().any(|(id, _)| id == snapshot) {
        "to be deleted"
    } else if job.leftovers.iter().any(|left| left.snapshot == *snapshot) {
        "left in AWS"
    } else if is_unlisted {
        "unknown"
    } else {
        "deleted"
    })
}

/// Returns every snapshot of the job's removed images that remains, and why.
pub fn remaining_snapshots(job: &Job) -> Vec<String> {
    let pending = job.undeleted_snapshots().map(|(id, why)| format!("still to be deleted: {}", undeleted(id, why)));
    not_listed(job).into_iter().chain(pending).chain(leftovers(job)).collect()
}

/// Returns what [`remaining_snapshots`] does, in fewer words: snapshots still to be deleted are only counted.
pub fn remaining_summary(job: &Job) -> Vec<String> {
    let pending = job.undeleted_snapshots().count();
    let pending = (pending > 0).then(|| format!("{} still to be deleted", count(pending, "snapshot", "snapshots")));
    not_listed(job).into_iter().chain(pending).chain(leftovers(job)).collect()
}

/// Returns a snapshot that is still to be deleted, with AWS's message if deleting was tried.
pub fn undeleted(snapshot: &SnapshotId, why: Option<&str>) -> String {
    format!("{snapshot} ({})", clean(delete_message(why)))
}

/// Returns a snapshot that is not deleted, and why.
pub fn leftover(leftover: &Leftover) -> String {
    format!("{} ({})", leftover.snapshot, leftover_reason(&leftover.why))
}

/// Returns why a snapshot is not deleted.
pub fn leftover_reason(why: &LeftoverReason) -> String {
    match why {
        LeftoverReason::InUse => "other images use it".into(),
        LeftoverReason::Refused(failure) => clean(&failure.why).into_owned(),
        LeftoverReason::MissingPermissions => "AWS does not allow you to delete it (missing-permissions)".into(),
        LeftoverReason::NotProven(missing) => format!("not proven to be this copy's: {}", unproven(*missing)),
        LeftoverReason::NotListed => "it may be deleted or not: AWS does not list it".into(),
        LeftoverReason::GaveUp(why) => format!("given up after 7 days: {}", clean(delete_message(why.as_deref()))),
    }
}

fn leftovers(job: &Job) -> impl Iterator<Item = String> {
    job.leftovers.iter().map(|l| format!("left: {}", leftover(l)))
}

fn not_listed(job: &Job) -> Option<String> {
    let nothing_known = job.needs_cleanup() && job.undeleted_snapshots().next().is_none();
    nothing_known.then(|| "its snapshots are not listed yet".into())
}

fn delete_message(why: Option<&str>) -> &str {
    why.unwrap_or("not deleted yet")
}

fn unproven(missing: Unproven) -> &'static str {
    match missing {
        Unproven::Description => "its description does not name this copy and its source",
        Unproven::SourceSnapshot => "its description names no known snapshot of the source image",
        Unproven::Volume => "its volume ID is not that of a copied snapshot",
        Unproven::Started => "it was not started during this copy",
        Unproven::Tag => "it does not have this copy's amigrate:job tag",
        Unproven::Listing => "the image never listed it",
        Unproven::NotFirst => "another snapshot has the same properties and is not newer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deregistration_is_no_copy() {
        let cases = [
            ((0, 0), "0 copies"),
            ((1, 0), "1 copy"),
            ((0, 2), "2 deregistrations"),
            ((5, 1), "5 copies and 1 deregistration"),
        ];
        for ((copies, deregistrations), expected) in cases {
            assert_eq!(copies_and_deregistrations(copies, deregistrations), expected);
        }
    }
}
