//! Reviews: what is asked, what is found, what is decided.

mod access;
mod answers;
mod encryption;
mod existing;
mod findings;
mod requests;

use jiff::{SignedDuration, Timestamp};

use super::{
    checks::{CheckAnswer, CheckRequest, KeyVerdict, Permission},
    context::{ReviewContext, ReviewLimits},
    state::{CheckId, Review},
};
use crate::domain::{
    AccountId, ClientToken, CopyRequest, Encryption, Failure, Image, ImageId, ImageName, KmsKeyRef, OptIn, Placement,
    Region, RegionInfo, SnapshotId,
    image::{BlockDevice, Ebs},
    plan::Plan,
};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000001";

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn ami(id: &str) -> ImageId {
    ImageId::new(id).unwrap()
}

fn own() -> AccountId {
    AccountId::new("123456789012").unwrap()
}

fn copy(source: &str, destination: &str, name: &str) -> CopyRequest {
    CopyRequest {
        source_name: "web".into(),
        copy_tags: true,
        volumes: vec![8],
        ..CopyRequest::bare(
            (ami(source), region("us-east-1")),
            region(destination),
            ImageName::new(name).unwrap(),
            ClientToken::from_random(7),
        )
    }
}

fn encrypted(key: Option<&str>) -> Encryption {
    Encryption::Encrypt { key: key.map(|key| KmsKeyRef::new(key).unwrap()) }
}

/// An own image with one snapshot, encrypted or not.
fn image(id: &str, place: &str, encrypted: bool) -> Image {
    let snapshot = SnapshotId::new(&id.replace("ami", "snap")).unwrap();
    let ebs = Ebs { snapshot_id: Some(snapshot), encrypted: Some(encrypted), ..Ebs::default() };
    Image {
        block_devices: vec![BlockDevice { device_name: "/dev/xvda".into(), ebs: Some(ebs), virtual_name: None }],
        ..Image::bare(ami(id), region(place), own())
    }
}

fn context() -> ReviewContext {
    let enabled = |name| RegionInfo { region: region(name), opt_in: OptIn::NotRequired };
    ReviewContext {
        account: Some(own()),
        regions: ["us-east-1", "eu-west-1", "eu-west-2"].map(enabled).to_vec(),
        limits: ReviewLimits {
            pending: 300,
            starts_per_second: 1.0,
            start_burst: 10,
            confirm_copies: 20,
            confirm_gib: 1_000,
            job_tags: true,
        },
        ..ReviewContext::default()
    }
}

fn review(copies: Vec<CopyRequest>) -> Review {
    Review::new(Plan { copies, ..Plan::default() }, context(), now())
}

/// What an account answers in which nothing is there and everything is allowed.
#[expect(clippy::unnecessary_wraps, reason = "as an answer is given")]
fn fine(request: &CheckRequest) -> Result<CheckAnswer, Failure> {
    Ok(match request {
        CheckRequest::Permission { .. } => CheckAnswer::Permission(Permission::Allowed),
        CheckRequest::Key { .. } => CheckAnswer::Key(KeyVerdict::Usable { arn: KEY.into() }),
        CheckRequest::EncryptionByDefault { .. } => CheckAnswer::EncryptionByDefault(false),
        CheckRequest::DefaultKey { .. } => CheckAnswer::DefaultKey(None),
        CheckRequest::EbsKey { .. } => CheckAnswer::EbsKey(None),
        CheckRequest::Names { .. } | CheckRequest::Suffixes { .. } | CheckRequest::CopiesOf { .. } => {
            CheckAnswer::Images(Vec::new())
        }
        CheckRequest::SnapshotKeys { snapshots, .. } => {
            CheckAnswer::SnapshotKeys(snapshots.iter().map(|id| (id.clone(), Some(KEY.into()))).collect())
        }
        CheckRequest::PendingCopies { .. } => CheckAnswer::PendingCopies(0),
        CheckRequest::Regions => CheckAnswer::Regions(context().regions),
        CheckRequest::BlockPublicAccess { .. } => CheckAnswer::PublicAccessBlocked(false),
        CheckRequest::Zone { .. } => CheckAnswer::Zone(super::checks::ZoneVerdict::Usable),
        CheckRequest::AllowedImages { .. } => CheckAnswer::AllowedImages(super::checks::AllowedImages::default()),
        CheckRequest::MissingAccess { .. } => CheckAnswer::MissingAccess(Vec::new()),
        CheckRequest::Sources { region, images } => {
            CheckAnswer::Images(images.iter().map(|id| image(id.as_str(), region.as_str(), false)).collect())
        }
    })
}

type Answer<'a> = &'a dyn Fn(&CheckRequest) -> Option<Result<CheckAnswer, Failure>>;

/// Answers everything, by default as [`fine`] does. Returns what was asked.
fn answer_all(review: &mut Review, answer: Answer<'_>) -> Vec<CheckRequest> {
    let mut asked = Vec::new();
    loop {
        let next = review.next_requests();
        if next.is_empty() {
            return asked;
        }
        for (id, request) in next {
            review.answer(id, answer(&request).unwrap_or_else(|| fine(&request)));
            asked.push(request);
        }
    }
}

fn denied() -> Failure {
    Failure::new("look", "not authorized").code("UnauthorizedOperation")
}
