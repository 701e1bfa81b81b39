//! Jobs for tests.

use jiff::Timestamp;

use crate::{
    domain::{
        ClientToken, CopyRequest, ImageId, ImageName, Region, SnapshotId, SnapshotState, progress::SnapshotProgress,
    },
    engine::{BatchId, Job, JobId, JobState},
};

/// A queued copy.
pub(in crate::cli) fn job(id: u64) -> Job {
    let request = CopyRequest {
        source_name: "app".into(),
        volumes: vec![8],
        ..CopyRequest::bare(
            (ImageId::new("ami-0").unwrap(), Region::new("us-east-1").unwrap()),
            Region::new("eu-west-1").unwrap(),
            ImageName::new("web").unwrap(),
            ClientToken::from_random(id.into()),
        )
    };
    Job::new(JobId(id), BatchId::new("batch-1"), request, Timestamp::UNIX_EPOCH)
}

/// A copy under way; with a percentage, its one snapshot is as far.
pub(in crate::cli) fn copying(id: u64, percent: Option<u8>) -> Job {
    let mut json = serde_json::to_value(job(id)).unwrap();
    json["state"] = serde_json::to_value(JobState::Copying { image: ImageId::new("ami-1").unwrap() }).unwrap();
    json["started"] = serde_json::to_value(Timestamp::UNIX_EPOCH).unwrap();
    json["percent"] = serde_json::to_value(percent).unwrap();
    let snapshot =
        SnapshotProgress { id: SnapshotId::new("snap-1").unwrap(), size: 8, percent, state: SnapshotState::Pending };
    json["snapshots"] = serde_json::to_value(vec![snapshot]).unwrap();
    serde_json::from_value(json).unwrap()
}

/// A copy under way that was as far at these seconds, the last one now.
pub(in crate::cli) fn copying_since(id: u64, seen: &[(i64, u8)]) -> Job {
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    let samples: Vec<_> = seen.iter().map(|(seconds, percent)| (at(*seconds), *percent)).collect();
    let mut json = serde_json::to_value(copying(id, seen.last().map(|(_, percent)| *percent))).unwrap();
    json["meter"] = serde_json::json!({ "samples": samples });
    serde_json::from_value(json).unwrap()
}
