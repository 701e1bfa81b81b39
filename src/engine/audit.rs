//! Audited requests, which are those that change something in AWS: what each would change, and its outcome.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ids::{AuditId, JobId},
    messages::{Deregistration, Request, Response, SnapshotReturnCode},
    transitions::outcome_is_unknown,
};
use crate::domain::{Failure, Region, SnapshotId};

/// What a request would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The job it is made for.
    pub job: JobId,
    /// EC2's name of the action, such as `CopyImage`.
    pub action: &'static str,
    /// The region it is sent to.
    pub region: Region,
    /// The resource it acts on; for a copy, its source.
    pub resource: String,
}

impl Request {
    /// Returns what the request would change; `None` if it only reads.
    pub fn change(&self) -> Option<Change> {
        let (job, action, region, resource) = match self {
            Self::CopyImage { job, request, .. } => {
                (job, "CopyImage", &request.destination, format!("{} in {}", request.source, request.source_region))
            }
            Self::DeregisterImage { job, region, image, .. } => (job, "DeregisterImage", region, image.to_string()),
            Self::DeleteSnapshot { job, region, snapshot, .. } => (job, "DeleteSnapshot", region, snapshot.to_string()),
            Self::PostCopy { job, call, .. } => {
                let (action, resource) = call.change()?;
                (job, action, call.region(), resource)
            }
            Self::Reconcile { .. }
            | Self::ListPending { .. }
            | Self::PollCopies { .. }
            | Self::CheckImage { .. }
            | Self::FindSnapshots { .. }
            | Self::ProbeCredentials => return None,
        };
        Some(Change { job: *job, action, region: region.clone(), resource })
    }
}

/// The outcome of an audited request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was about to be sent, and nothing more is known: as after a crash.
    Sent,
    /// AWS carried it out.
    Done,
    /// AWS refused it with this code.
    Refused(String),
    /// There was no conclusive answer, for example a server fault: it may have been carried out.
    NoAnswer,
    /// It was not sent after all: what was known about the image had become too old, or there were no credentials.
    NotSent,
}

impl Response {
    /// Returns the outcome of an audited request.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::DeregisterImage(_, Ok(Deregistration::Unknown)) => Outcome::Refused("InvalidAMIID.NotFound".into()),
            Self::DeregisterImage(_, Ok(Deregistration::Unavailable)) => {
                Outcome::Refused("InvalidAMIID.Unavailable".into())
            }
            Self::DeregisterImage(_, Ok(Deregistration::NotSent)) => Outcome::NotSent,
            other => other.failure().map_or(Outcome::Done, failed),
        }
    }

    /// Returns what the answer says besides the outcome: the image that was made, or the return codes of the snapshots of a
    /// deregistered image.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::CopyImage(_, Ok(image)) => Some(image.to_string()),
            Self::DeregisterImage(_, Ok(Deregistration::Done(codes))) if !codes.is_empty() => {
                let each =
                    |(snapshot, code): &(SnapshotId, SnapshotReturnCode)| format!("{snapshot} {}", code.as_str());
                Some(codes.iter().map(each).collect::<Vec<_>>().join(", "))
            }
            _ => None,
        }
    }

    /// Returns the request id of a failure. Without credentials the request was not sent, and the id is that of a request to STS.
    pub fn failed_request(&self) -> Option<&str> {
        self.failure().filter(|failure| !failure.not_signed())?.request_id.as_deref()
    }
}

impl Outcome {
    /// Returns the outcome of a request that a command sends by itself.
    pub fn of<T>(result: &Result<T, Failure>) -> Self {
        result.as_ref().err().map_or(Self::Done, failed)
    }
}

fn failed(failure: &Failure) -> Outcome {
    match &failure.code {
        _ if failure.not_signed() => Outcome::NotSent,
        Some(code) if !outcome_is_unknown(failure) => Outcome::Refused(code.clone()),
        _ => Outcome::NoAnswer,
    }
}

/// An audited request that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// Its number.
    pub id: AuditId,
    /// The ARN of the credentials, if it is known before.
    pub identity: Option<String>,
    /// What it would change.
    pub change: Change,
}

/// The outcome of a [`SentRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// Its number.
    pub id: AuditId,
    /// The ARN of the credentials, if it is known.
    pub identity: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// What [`Response::detail`] returned.
    pub detail: Option<String>,
    /// Its outcome.
    pub outcome: Outcome,
}

/// A stored audit entry. Its texts are AWS's, and are cleaned where they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When it was sent.
    pub time: Timestamp,
    /// The ARN it was signed for.
    pub identity: Option<String>,
    /// The region it was sent to.
    pub region: String,
    /// EC2's name of the action, such as `CopyImage`.
    pub action: String,
    /// The resource it acted on; for a copy that was made, source and new image.
    pub resource: String,
    /// The job it was made for.
    pub job: JobId,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// Its outcome.
    pub outcome: Outcome,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FailureKind, ImageId, Retry};

    fn region() -> Region {
        Region::new("eu-west-1").unwrap()
    }

    #[test]
    fn only_requests_that_change_something_have_a_change() {
        let (job, image) = (JobId(7), ImageId::new("ami-00000000000000aaa").unwrap());
        let snapshot = SnapshotId::new("snap-00000000000000aaa").unwrap();
        let change = |action, resource: &str| Some(Change { job, action, region: region(), resource: resource.into() });
        let deregister = Request::DeregisterImage {
            job,
            region: region(),
            image: image.clone(),
            not_after: None,
            keep_snapshots: false,
        };
        assert_eq!(deregister.change(), change("DeregisterImage", "ami-00000000000000aaa"));
        let delete = Request::DeleteSnapshot { job, region: region(), image: image.clone(), snapshot };
        assert_eq!(delete.change(), change("DeleteSnapshot", "snap-00000000000000aaa"));
        for call in [
            Request::CheckImage { job, region: region(), image, source: None },
            Request::ListPending { region: region() },
            Request::ProbeCredentials,
        ] {
            assert_eq!(call.change(), None, "{call:?}");
        }
    }

    #[test]
    fn an_answer_tells_the_outcome() {
        let image = ImageId::new("ami-00000000000000aaa").unwrap();
        let lost = Failure::new("copy", "the connection was lost").retry(Retry::Later);
        let refused = lost
            .clone()
            .retry(Retry::AfterChange)
            .code("UnauthorizedOperation")
            .kind(FailureKind::Denied)
            .request_id(Some("req-1".into()));
        let copied = Response::CopyImage(JobId(1), Ok(image));
        assert_eq!((copied.outcome(), copied.detail().as_deref()), (Outcome::Done, Some("ami-00000000000000aaa")));
        assert_eq!(Response::CopyImage(JobId(1), Err(lost)).outcome(), Outcome::NoAnswer);
        let refused = Response::CopyImage(JobId(1), Err(refused));
        assert_eq!(refused.outcome(), Outcome::Refused("UnauthorizedOperation".into()));
        assert_eq!(refused.failed_request(), Some("req-1"));
        let snapshot = |id: &str| SnapshotId::new(id).unwrap();
        let verdicts =
            vec![(snapshot("snap-1"), SnapshotReturnCode::Deleted), (snapshot("snap-2"), SnapshotReturnCode::Skipped)];
        let gone = Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(verdicts)));
        assert_eq!(gone.detail().as_deref(), Some("snap-1 deleted, snap-2 skipped"));
        let unknown = Response::DeregisterImage(JobId(1), Ok(Deregistration::Unknown));
        assert_eq!(unknown.outcome(), Outcome::Refused("InvalidAMIID.NotFound".into()));
    }

    #[test]
    fn only_what_surely_was_not_done_is_a_refusal() {
        let coded = |code: &str, retry| Failure::new("copy", "no").code(code).retry(retry);
        let refused = |code: &str| Outcome::Refused(code.into());
        let cases = [
            (coded("Unavailable", Retry::Later), Outcome::NoAnswer),
            (coded("InternalError", Retry::Later), Outcome::NoAnswer),
            (coded("RequestLimitExceeded", Retry::Later).kind(FailureKind::Throttled), refused("RequestLimitExceeded")),
            (coded("InvalidSnapshot.InUse", Retry::Later).kind(FailureKind::InUse), refused("InvalidSnapshot.InUse")),
            (coded("ExpiredToken", Retry::AfterLogin), refused("ExpiredToken")),
            (coded("InvalidAMIName.Malformed", Retry::AfterChange), refused("InvalidAMIName.Malformed")),
        ];
        for (failure, outcome) in cases {
            assert_eq!(Response::CopyImage(JobId(1), Err(failure.clone())).outcome(), outcome, "{failure:?}");
        }
    }

    #[test]
    fn what_was_never_signed_was_not_sent_and_has_no_request_id() {
        let asked = Failure::new("copy", "no").code("ExpiredToken").request_id(Some("of-sts".into()));
        for kind in [FailureKind::NotSigned, FailureKind::OtherAccount] {
            for retry in [Retry::AfterLogin, Retry::Later] {
                let answer = Response::CopyImage(JobId(1), Err(asked.clone().kind(kind).retry(retry)));
                assert_eq!((answer.outcome(), answer.failed_request()), (Outcome::NotSent, None), "{kind:?} {retry:?}");
            }
        }
    }
}
