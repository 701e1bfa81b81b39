//! The Recycle Bin: what it holds, and restoring it. A restore is sent once, without the SDK's retries, as every call that changes
//! something.

use super::{convert, copies::sent_once, images::PAGE, session::Session};
use crate::domain::{
    Failure, ImageId, Region, SnapshotId,
    orphans::{RecycleBin, RecycleBinImage, RecycleBinSnapshot},
};

impl Session {
    /// Returns what the Recycle Bin of a region holds.
    ///
    /// # Errors
    /// If any page cannot be read, or has an id that cannot.
    pub async fn recycle_bin(&self, region: &Region) -> Result<RecycleBin, Failure> {
        let (images, snapshots) =
            tokio::try_join!(self.recycle_bin_images(region), self.recycle_bin_snapshots(region))?;
        Ok(RecycleBin { images, snapshots })
    }

    async fn recycle_bin_images(&self, region: &Region) -> Result<Vec<RecycleBinImage>, Failure> {
        let what = format!("list the images in the Recycle Bin in {region}");
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let call = self.ec2(region).list_images_in_recycle_bin().max_results(PAGE).set_next_token(token);
            let answer = self.call(&what, "ec2:ListImagesInRecycleBin", call.send()).await?;
            for one in answer.images() {
                let id = one.image_id().and_then(|id| ImageId::new(id).ok());
                found.push(RecycleBinImage {
                    id: id.ok_or_else(|| unreadable(&what))?,
                    name: one.name().unwrap_or_default().into(),
                    description: one.description().unwrap_or_default().into(),
                    entered: one.recycle_bin_enter_time().and_then(convert::date_time),
                    exits: one.recycle_bin_exit_time().and_then(convert::date_time),
                });
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn recycle_bin_snapshots(&self, region: &Region) -> Result<Vec<RecycleBinSnapshot>, Failure> {
        let what = format!("list the snapshots in the Recycle Bin in {region}");
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let call = self.ec2(region).list_snapshots_in_recycle_bin().max_results(PAGE).set_next_token(token);
            let answer = self.call(&what, "ec2:ListSnapshotsInRecycleBin", call.send()).await?;
            for one in answer.snapshots() {
                let id = one.snapshot_id().and_then(|id| SnapshotId::new(id).ok());
                found.push(RecycleBinSnapshot {
                    id: id.ok_or_else(|| unreadable(&what))?,
                    description: one.description().unwrap_or_default().into(),
                    volume_id: one.volume_id().filter(|id| !id.is_empty()).map(Into::into),
                    entered: one.recycle_bin_enter_time().and_then(convert::date_time),
                    exits: one.recycle_bin_exit_time().and_then(convert::date_time),
                });
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Restores an image; its snapshots must have been restored before.
    ///
    /// # Errors
    /// EC2's refusal, or that there was no answer.
    pub async fn restore_image(&self, region: &Region, image: &ImageId) -> Result<(), Failure> {
        let call = self.ec2(region).restore_image_from_recycle_bin().image_id(image.as_str());
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("restore {image} in {region}");
        self.call(&what, "ec2:RestoreImageFromRecycleBin", call).await.map(drop)
    }

    /// Restores a snapshot.
    ///
    /// # Errors
    /// EC2's refusal, or that there was no answer.
    pub async fn restore_snapshot(&self, region: &Region, snapshot: &SnapshotId) -> Result<(), Failure> {
        let call = self.ec2(region).restore_snapshot_from_recycle_bin().snapshot_id(snapshot.as_str());
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("restore {snapshot} in {region}");
        self.call(&what, "ec2:RestoreSnapshotFromRecycleBin", call).await.map(drop)
    }
}

fn unreadable(what: &str) -> Failure {
    Failure::new(what, "EC2 answered with an id that cannot be read, so that the listing is incomplete")
}
