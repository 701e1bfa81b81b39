//! `DescribeSnapshots` for copies under way, and `DeleteSnapshot`.

use std::collections::BTreeMap;

use super::{
    convert,
    images::{FILTER_VALUES, IDS, PAGE, filter, names},
    session::Session,
};
use crate::domain::{Failure, ImageId, Region, Snapshot, SnapshotId};

/// EC2 names one unknown snapshot an answer; after these many the rest is asked by filter.
const ROUNDS: u8 = 3;

impl Session {
    /// The snapshots made for `images`, found by the description EC2 writes, and those of `ids`, each once and in
    /// the order of their ids. What EC2 does not know is left out.
    ///
    /// One call when the images' snapshots include all the ids, as they do for live copies; two otherwise.
    pub async fn describe_snapshots(
        &self,
        region: &Region,
        ids: &[SnapshotId],
        images: &[ImageId],
    ) -> Result<Vec<Snapshot>, Failure> {
        let mut found = BTreeMap::new();
        for chunk in images.chunks(FILTER_VALUES) {
            // A pending image may not list its snapshots yet; their descriptions name it.
            let values: Vec<String> = chunk.iter().map(|id| format!("Copied for DestinationAmi {id} *")).collect();
            self.snapshots_by_filter(region, "description", &values, &mut found).await?;
        }
        let missing: Vec<SnapshotId> = ids.iter().filter(|id| !found.contains_key(*id)).cloned().collect();
        for chunk in missing.chunks(IDS) {
            self.snapshots_by_id(region, chunk.to_vec(), &mut found).await?;
        }
        Ok(found.into_values().collect())
    }

    async fn snapshots_by_filter(
        &self,
        region: &Region,
        name: &str,
        values: &[String],
        found: &mut BTreeMap<SnapshotId, Snapshot>,
    ) -> Result<(), Failure> {
        let what = format!("describe snapshots in {region}");
        let mut token = None;
        loop {
            let call = self
                .ec2(region)
                .describe_snapshots()
                .owner_ids("self")
                .max_results(PAGE)
                .set_next_token(token)
                .filters(filter(name, values.iter().map(String::as_str)));
            let answer = self.call(&what, "ec2:DescribeSnapshots", call.send()).await?;
            found.extend(answer.snapshots().iter().filter_map(convert::snapshot).map(|s| (s.id.clone(), s)));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(());
            }
        }
    }

    async fn snapshots_by_id(
        &self,
        region: &Region,
        mut wanted: Vec<SnapshotId>,
        found: &mut BTreeMap<SnapshotId, Snapshot>,
    ) -> Result<(), Failure> {
        let what = format!("describe snapshots in {region}");
        for _ in 0..ROUNDS {
            if wanted.is_empty() {
                return Ok(());
            }
            let call = self
                .ec2(region)
                .describe_snapshots()
                .set_snapshot_ids(Some(wanted.iter().map(ToString::to_string).collect()));
            match self.call(&what, "ec2:DescribeSnapshots", call.send()).await {
                Ok(answer) => {
                    found.extend(answer.snapshots().iter().filter_map(convert::snapshot).map(|s| (s.id.clone(), s)));
                    return Ok(());
                }
                Err(failure) if failure.is("InvalidSnapshot") || failure.is("InvalidSnapshotID") => {
                    let before = wanted.len();
                    wanted.retain(|id| !names(&failure.why, id.as_str()));
                    if wanted.len() == before {
                        break;
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        for chunk in wanted.chunks(FILTER_VALUES) {
            let values: Vec<String> = chunk.iter().map(ToString::to_string).collect();
            self.snapshots_by_filter(region, "snapshot-id", &values, found).await?;
        }
        Ok(())
    }

    /// Deletes a snapshot; one that is gone already is a success.
    pub async fn delete_snapshot(&self, region: &Region, snapshot: &SnapshotId) -> Result<(), Failure> {
        let what = format!("delete {snapshot} in {region}");
        let call = self.ec2(region).delete_snapshot().snapshot_id(snapshot.as_str());
        match self.call(&what, "ec2:DeleteSnapshot", call.send()).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is("InvalidSnapshot.NotFound") => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
