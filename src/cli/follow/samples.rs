//! Jobs for tests.

use jiff::Timestamp;

use crate::{
    domain::{
        ClientToken, CopyRequest, Description, Encryption, ImageId, ImageName, Placement, Region, SnapshotId,
        SnapshotState, progress::SnapshotProgress,
    },
    engine::{BatchId, Job, JobId, JobState},
};

/// A queued copy.
pub(in crate::cli) fn job(id: u64) -> Job {
    let request = CopyRequest {
        source: ImageId::new("ami-0").unwrap(),
        source_name: "app".into(),
        source_region: Region::new("us-east-1").unwrap(),
        destination: Region::new("eu-west-1").unwrap(),
        name: ImageName::new("web").unwrap(),
        description: Description::default(),
        encryption: Encryption::Keep,
        copy_tags: false,
        source_tags: Vec::new(),
        volumes: vec![8],
        source_snapshots: Vec::new(),
        image_tags: Vec::new(),
        snapshot_tags: Vec::new(),
        placement: Placement::Region,
        completion: None,
        post_copy: Vec::new(),
        given_token: None,
        expected: crate::domain::Expected::default(),
        templates: std::sync::Arc::default(),
        token: ClientToken::from_random(id.into()),
    };
    Job::new(JobId(id), BatchId::new("batch-1"), request, Timestamp::UNIX_EPOCH)
}

/// A copy under way; with a percentage, its one snapshot is as far.
pub(in crate::cli) fn copying(id: u64, percent: Option<u8>) -> Job {
    let mut json = serde_json::to_value(job(id)).unwrap();
    json["state"] = serde_json::to_value(JobState::Copying { image: ImageId::new("ami-1").unwrap() }).unwrap();
    json["percent"] = serde_json::to_value(percent).unwrap();
    let snapshot =
        SnapshotProgress { id: SnapshotId::new("snap-1").unwrap(), size: 8, percent, state: SnapshotState::Pending };
    json["snapshots"] = serde_json::to_value(vec![snapshot]).unwrap();
    serde_json::from_value(json).unwrap()
}

/// A copy under way whose percentage was these at these seconds.
pub(in crate::cli) fn going(id: u64, samples: &[(i64, u8)]) -> Job {
    let mut json = serde_json::to_value(copying(id, samples.last().map(|(_, percent)| *percent))).unwrap();
    let samples: Vec<(Timestamp, u8)> =
        samples.iter().map(|(at, percent)| (Timestamp::from_second(*at).unwrap(), *percent)).collect();
    json["meter"]["samples"] = serde_json::to_value(samples).unwrap();
    serde_json::from_value(json).unwrap()
}
