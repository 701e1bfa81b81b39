//! What a job waits for and what a person should know about it, as data: `labels` puts it into words.
//!
//! The strings in here are AWS's own error messages. The last variant of each enum holds the sentence that a version up to
//! 0.1 stored in place of a value.

use serde::{Deserialize, Deserializer, Serialize};

use super::ids::{BatchId, JobId};
use crate::domain::{Failure, ImageId, SnapshotId};

/// What keeps a copy from being sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waiting {
    /// The pending copies in its destination have not been counted yet.
    PendingCount,
    /// As many copies are pending in its destination as amigrate allows.
    PendingLimit {
        /// Copies pending there, whoever started them.
        pending: usize,
        /// The most that may be pending.
        limit: usize,
    },
    /// AWS refused a copy because its own limit was reached.
    AwsLimit {
        /// Copies pending there when it did.
        pending: usize,
    },
    /// The destination's rate of `CopyImage` requests is used up.
    RateLimit,
    /// AWS throttled a request.
    Throttled,
    /// A request failed temporarily.
    RetryAfter(String),
    /// The destination refused the credentials; whether they work elsewhere is being checked.
    CredentialsCheck,
    /// It is being checked whether an earlier `CopyImage` was carried out; with the reason why that is unknown, if there was one.
    OutcomeCheck(Option<String>),
    /// AWS refused the copy with this message; whether an earlier `CopyImage` was carried out is being checked.
    RefusalCheck(String),
    /// The text stored by an earlier version.
    #[serde(untagged)]
    Text(String),
}

/// What the user should know about a job, besides its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// It was cancelled before anything was sent.
    NeverSent,
    /// AWS never accepted the copy; with its message, if it gave one.
    NeverAccepted(Option<String>),
    /// The cancel waits until AWS shows whether the copy exists.
    CancelAfterOutcome,
    /// It was cancelled after `CopyImage` was sent, and AWS shows no such copy.
    NotFound,
    /// The copy was sent without amigrate's tags, because AWS refused them with this message.
    Untagged(String),
    /// It was queued again with a new client token, in place of the one that the user gave.
    NewClientToken,
    /// It was available before the cancel reached it; nothing was deleted.
    AvailableBeforeCancel,
    /// It was to be retried and turned out to be available; nothing was deleted.
    AvailableAfterAll,
    /// Somebody else deregistered the image; its snapshots may remain.
    DeregisteredElsewhere,
    /// EC2 answered with an image that it never showed: that of an earlier copy with the same token, which is gone.
    EarlierCopyGone,
    /// An earlier copy with the same client token is gone: it was requested again with the next one.
    EarlierCopyReplaced,
    /// The image's present state does not allow it to be deregistered; it is tried again.
    DeregisterLater,
    /// A request failed temporarily; it is retried.
    RetryAfter(String),
    /// The retry was cancelled before it changed anything.
    RetryCancelled,
    /// AWS refused the cancel.
    CancelRefused(#[serde(deserialize_with = "failure_or_message")] Box<Failure>),
    /// AWS refused to remove the failed image, so that the copy was not retried.
    RetryRefused {
        /// The failed image.
        image: ImageId,
        /// AWS's message.
        why: String,
    },
    /// AWS refused to deregister the image.
    DeregisterRefused(#[serde(deserialize_with = "failure_or_message")] Box<Failure>),
    /// The image was not deregistered, because the time for it was over: what was found about it may not hold any more.
    DeregisterTooLate,
    /// The image was not deregistered, because these copies still read it.
    SourceOfCopies(Vec<JobId>),
    /// It was started elsewhere, with settings that are not known here, and cannot be retried.
    SettingsUnknown,
    /// AWS does not list the account's images, so that it is unknown whether the copy exists.
    ImagesNotListed(String),
    /// The image that a person named belongs to another job.
    ImageOfAnotherJob(ImageId),
    /// The image that a person named is not one of the candidates.
    NotACandidate(ImageId),
    /// A person gave it up while its outcome was unknown; these images may be the copy and remain.
    GivenUp(Vec<ImageId>),
    /// The remaining snapshots of the removed image cannot be listed at present.
    SnapshotListDelayed(String),
    /// A snapshot of the removed image cannot be deleted yet; with AWS's message, if deleting was tried.
    DeletePending {
        /// The first of them.
        snapshot: SnapshotId,
        /// AWS's message.
        why: Option<String>,
    },
    /// AWS does not list the snapshots of the removed image, so that some may remain.
    SnapshotsNotListed(String),
    /// What the failed copy had left was removed, because the user wants that.
    FailedImageRemoved {
        /// The copies that were requested in its place, if they were.
        replaced_by: Option<BatchId>,
    },
    /// Copies were requested in the place of this one. Its failed image was not removed for that, or is no failed one.
    Replaced(BatchId),
    /// A note on the removal of the failed image that was replaced by a retry.
    FailedImage(Box<Self>),
    /// All of these.
    Several(Vec<Self>),
    /// The text stored by an earlier version.
    #[serde(untagged)]
    Text(String),
}

impl Note {
    /// Returns true if it says that the image of a failed copy was removed.
    pub(super) fn tells_of_removal(&self) -> bool {
        match self {
            Self::FailedImageRemoved { .. } => true,
            Self::Several(notes) => notes.iter().any(Self::tells_of_removal),
            _ => false,
        }
    }

    /// Returns why AWS refused to remove an image.
    pub(super) fn refusal(&self) -> Option<&Failure> {
        match self {
            Self::DeregisterRefused(failure) | Self::CancelRefused(failure) => Some(failure),
            Self::Several(notes) => notes.iter().find_map(Self::refusal),
            _ => None,
        }
    }

    /// Returns the copies that were requested in the place of a failed one.
    pub(super) fn replaced_by(&self) -> Option<&BatchId> {
        match self {
            Self::FailedImageRemoved { replaced_by } => replaced_by.as_ref(),
            Self::Replaced(batch) => Some(batch),
            Self::Several(notes) => notes.iter().find_map(Self::replaced_by),
            _ => None,
        }
    }

    /// Returns one that says both.
    pub(super) fn join(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) => Some(Self::Several(vec![first, second])),
            (first, second) => first.or(second),
        }
    }
}

/// Reads a failure. Up to 0.1 AWS's message alone was stored.
pub(super) fn failure_or_message<'de, D: Deserializer<'de>>(stored: D) -> Result<Box<Failure>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Failure(Box<Failure>),
        Message(String),
    }
    Ok(match Stored::deserialize(stored)? {
        Stored::Failure(failure) => failure,
        Stored::Message(message) => Box::new(Failure::new("change something in AWS", message)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_earlier_versions_are_read_and_kept() {
        let note: Note = serde_json::from_str(r#""never sent to AWS""#).unwrap();
        assert_eq!(note, Note::Text("never sent to AWS".into()));
        assert_eq!(serde_json::to_string(&note).unwrap(), r#""never sent to AWS""#);
        let waiting: Option<Waiting> = serde_json::from_str(r#""eu-west-1 has 3 of 3""#).unwrap();
        assert_eq!(waiting, Some(Waiting::Text("eu-west-1 has 3 of 3".into())));
        assert_eq!(serde_json::from_str::<Option<Note>>("null").unwrap(), None);
    }

    #[test]
    fn messages_of_earlier_versions_are_read_as_failures() {
        let note: Note = serde_json::from_str(r#"{"DeregisterRefused":"it is protected"}"#).unwrap();
        let Note::DeregisterRefused(failure) = note else { panic!("{note:?}") };
        assert_eq!(failure.why, "it is protected");
    }

    #[test]
    fn values_are_read_as_they_were_written() {
        let image = ImageId::new("ami-1").unwrap();
        let snapshot = SnapshotId::new("snap-1").unwrap();
        for note in [
            Note::NeverSent,
            Note::NewClientToken,
            Note::FailedImageRemoved { replaced_by: Some(BatchId::new("batch-1")) },
            Note::Replaced(BatchId::new("batch-1")),
            Note::NeverAccepted(None),
            Note::Untagged("no".into()),
            Note::CancelRefused(Box::new(Failure::new("deregister ami-1", "no").code("UnauthorizedOperation"))),
            Note::RetryRefused { image: image.clone(), why: "no".into() },
            Note::GivenUp(vec![image]),
            Note::DeletePending { snapshot, why: None },
            Note::FailedImage(Box::new(Note::SnapshotsNotListed("no".into()))),
            Note::Several(vec![Note::NewClientToken, Note::NeverSent]),
        ] {
            let text = serde_json::to_string(&note).unwrap();
            assert_eq!(serde_json::from_str::<Note>(&text).unwrap(), note, "{text}");
        }
        for waiting in [Waiting::RateLimit, Waiting::PendingLimit { pending: 3, limit: 3 }, Waiting::OutcomeCheck(None)]
        {
            let text = serde_json::to_string(&waiting).unwrap();
            assert_eq!(serde_json::from_str::<Waiting>(&text).unwrap(), waiting, "{text}");
        }
    }
}
