//! What storage a region holds: the account's own images and snapshots.

use aws_sdk_ec2::types as sdk;

use super::{images::PAGE, session::Session};
use crate::domain::{
    Failure, ImageQuery, Region, SnapshotId,
    storage_held::{RegionStorage, StorageTier, StoredSnapshot},
};

impl Session {
    /// Reads the account's own images of a region, then its own snapshots, so that those of an image are there. Where a page cannot be
    /// read, what was read before is returned with the failure.
    pub async fn region_storage(&self, region: &Region) -> RegionStorage {
        let mut read =
            RegionStorage { region: region.clone(), images: Vec::new(), snapshots: Vec::new(), failure: None };
        read.failure = match self.read_images(&mut read).await {
            Ok(()) => self.read_snapshots(&mut read).await.err(),
            Err(failure) => Some(failure),
        };
        read
    }

    async fn read_images(&self, read: &mut RegionStorage) -> Result<(), Failure> {
        let mut token = None;
        loop {
            let page = self.image_page(&read.region, &ImageQuery::default(), token).await?;
            read.images.extend(page.images);
            token = page.next;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    async fn read_snapshots(&self, read: &mut RegionStorage) -> Result<(), Failure> {
        let what = format!("list snapshots in {}", read.region);
        let mut token = None;
        loop {
            let call = self.ec2(&read.region).describe_snapshots().owner_ids("self");
            let call = call.max_results(PAGE).set_next_token(token);
            let answer = self.call(&what, "ec2:DescribeSnapshots", call.send()).await?;
            for one in answer.snapshots() {
                let why = "EC2 answered with a snapshot whose id cannot be read, so that the listing is incomplete";
                read.snapshots.push(stored(one).ok_or_else(|| Failure::new(&what, why))?);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(());
            }
        }
    }
}

/// Returns a snapshot, or `None` if its id cannot be read.
fn stored(from: &sdk::Snapshot) -> Option<StoredSnapshot> {
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    Some(StoredSnapshot {
        id: SnapshotId::new(from.snapshot_id()?).ok()?,
        volume_gib: from.volume_size().and_then(|gib| u32::try_from(gib).ok()).filter(|gib| *gib > 0),
        full_bytes: from.full_snapshot_size_in_bytes().and_then(|bytes| u64::try_from(bytes).ok()),
        tier: match from.storage_tier() {
            // The date at which EC2 archives it again. Which tier it reports until then is not documented.
            None | Some(sdk::StorageTier::Standard | sdk::StorageTier::Archive)
                if from.restore_expiry_time().is_some() =>
            {
                StorageTier::RestoredFromArchive
            }
            None | Some(sdk::StorageTier::Standard) => StorageTier::Standard,
            Some(sdk::StorageTier::Archive) => StorageTier::Archive,
            Some(_) => StorageTier::Other,
        },
        placed: filled(from.outpost_arn()) || filled(from.availability_zone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{CannedResponse, eu, scripted};

    fn snapshot(id: &str, more: &str) -> String {
        format!("<item><snapshotId>{id}</snapshotId><volumeSize>8</volumeSize>{more}</item>")
    }

    fn snapshots(items: &[String], next: &str) -> CannedResponse {
        CannedResponse::ok(&format!("<R><snapshotSet>{}</snapshotSet>{next}</R>", items.concat()))
    }

    fn images(id: &str, next: &str) -> CannedResponse {
        CannedResponse::ok(&format!("<R><imagesSet><item><imageId>{id}</imageId></item></imagesSet>{next}</R>"))
    }

    const NEXT: &str = "<nextToken>two</nextToken>";

    #[tokio::test(start_paused = true)]
    async fn every_page_is_read_with_sizes_and_tiers() {
        let (session, asked) = scripted(|_, asked| match (asked.action.as_str(), asked.param("NextToken")) {
            ("DescribeImages", "") => images("ami-1", NEXT),
            ("DescribeImages", _) => images("ami-2", ""),
            (_, "") => snapshots(
                &[
                    snapshot("snap-1", "<fullSnapshotSizeInBytes>5368709120</fullSnapshotSizeInBytes>"),
                    snapshot("snap-2", "<storageTier>archive</storageTier>"),
                ],
                NEXT,
            ),
            _ => snapshots(
                &[
                    snapshot(
                        "snap-3",
                        "<storageTier>archive</storageTier><restoreExpiryTime>2026-03-01T12:00:00.000Z</restoreExpiryTime>",
                    ),
                    snapshot("snap-4", "<storageTier>frozen</storageTier><outpostArn>arn:x</outpostArn>"),
                    "<item><snapshotId>snap-5</snapshotId></item>".to_owned(),
                    snapshot(
                        "snap-6",
                        "<storageTier>standard</storageTier><restoreExpiryTime>2026-03-01T12:00:00.000Z</restoreExpiryTime>",
                    ),
                ],
                "",
            ),
        });
        let read = session.region_storage(&eu()).await;
        assert_eq!((read.failure.as_ref(), read.images.len()), (None, 2));
        let of = |n: usize| {
            let one = &read.snapshots[n];
            (one.volume_gib, one.full_bytes, one.tier, one.placed)
        };
        assert_eq!(of(0), (Some(8), Some(5 << 30), StorageTier::Standard, false));
        assert_eq!(of(1), (Some(8), None, StorageTier::Archive, false));
        assert_eq!(of(2).2, StorageTier::RestoredFromArchive);
        assert_eq!(of(3), (Some(8), None, StorageTier::Other, true));
        assert_eq!(of(4), (None, None, StorageTier::Standard, false));
        assert_eq!(of(5).2, StorageTier::RestoredFromArchive, "both tiers are billed, whichever is named");
        let order: Vec<String> = asked.all().into_iter().map(|call| call.action).collect();
        assert_eq!(order, ["DescribeImages", "DescribeImages", "DescribeSnapshots", "DescribeSnapshots"]);
        let sent = asked.of("DescribeImages").remove(0);
        assert_eq!((sent.param("Owner.1"), sent.param("IncludeDisabled")), ("self", "true"));
        assert_eq!(asked.of("DescribeSnapshots")[0].param("Owner.1"), "self");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_before_a_failure_stands() {
        let (session, _) = scripted(|_, asked| match (asked.action.as_str(), asked.param("NextToken")) {
            ("DescribeImages", _) => images("ami-1", ""),
            (_, "") => snapshots(&[snapshot("snap-1", "")], NEXT),
            _ => CannedResponse::error(403, "UnauthorizedOperation", "no"),
        });
        let read = session.region_storage(&eu()).await;
        assert_eq!((read.images.len(), read.snapshots.len()), (1, 1));
        assert!(read.failure.is_some_and(|failure| failure.is("UnauthorizedOperation")));

        let (session, asked) = scripted(|_, _| CannedResponse::error(403, "UnauthorizedOperation", "no"));
        assert!(session.region_storage(&eu()).await.failure.is_some());
        assert!(asked.of("DescribeSnapshots").is_empty(), "without the images they say nothing");

        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImages" => images("ami-1", ""),
            _ => snapshots(&["<item><snapshotId>?</snapshotId></item>".to_owned()], ""),
        });
        assert!(session.region_storage(&eu()).await.failure.is_some_and(|failure| failure.why.contains("incomplete")));
    }
}
