//! What is read before a snapshot is called an orphan: all of a region, or one snapshot again right before it is deleted. Nothing is
//! left out: an answer that cannot be read is a failure.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{FastSnapshotRestoreStateCode, Filter, Image, LockState, Snapshot, StorageTier};
use futures_util::{StreamExt, stream};

use super::{
    convert,
    images::{FILTER_VALUES, PAGE, filter},
    session::Session,
};
use crate::domain::{
    AccountId, Failure, ImageId, Region, Retry, SnapshotId,
    orphans::{OwnSnapshot, RegionListing, Sharing},
};

/// Concurrent `DescribeSnapshotAttribute` calls; EC2 allows bursts of 100 in the whole account.
const MAX_CONCURRENT: usize = 8;

impl Session {
    /// Reads all that decides which snapshots of a region are orphans, except who may use them.
    ///
    /// # Errors
    /// If any page of the snapshots, the images or the Recycle Bin cannot be read.
    pub async fn orphans_listing(&self, region: &Region) -> Result<RegionListing, Failure> {
        let (bin, snapshots, locked, fast_restore) = tokio::join!(
            self.recycle_bin(region),
            self.own_snapshots(region),
            self.locked_snapshots(region),
            self.fast_restore_snapshots(region),
        );
        let mut bin = bin?;
        let images = self.images_with_snapshots(region, None).await?;
        // An image may have been restored, or have entered the bin, while the images were listed: it is in one of the three answers.
        bin.merge(self.recycle_bin(region).await?);
        Ok(RegionListing { region: region.clone(), snapshots: snapshots?, images, bin, locked, fast_restore })
    }

    /// Reads one snapshot again, with the images that have it or for which it was made. The other snapshots of the listing stay as they
    /// were. Returns nothing if the snapshot does not exist any more.
    ///
    /// # Errors
    /// If any page cannot be read.
    pub async fn reread_snapshot(
        &self,
        listing: &RegionListing,
        snapshot: &SnapshotId,
        image: &ImageId,
    ) -> Result<Option<RegionListing>, Failure> {
        let region = &listing.region;
        let (bin, again, locked, fast_restore) = tokio::join!(
            self.recycle_bin(region),
            self.own_snapshot(region, snapshot),
            self.locked_snapshots(region),
            self.fast_restore_snapshots(region),
        );
        let (mut bin, Some(again)) = (bin?, again?) else { return Ok(None) };
        let with = filter("block-device-mapping.snapshot-id", [snapshot.as_str()]);
        let mut images = self.images_with_snapshots(region, Some(with)).await?;
        images.extend(self.images_with_snapshots(region, Some(filter("image-id", [image.as_str()]))).await?);
        bin.merge(self.recycle_bin(region).await?);
        let others = listing.snapshots.iter().filter(|other| other.snapshot.id != *snapshot).cloned();
        let snapshots = others.chain([again]).collect();
        Ok(Some(RegionListing { region: region.clone(), snapshots, images, bin, locked, fast_restore }))
    }

    /// Returns which of these images the account owns in a region, in whatever state.
    ///
    /// # Errors
    /// If any page cannot be read.
    pub async fn own_images_among(
        &self,
        region: &Region,
        images: &BTreeSet<ImageId>,
    ) -> Result<BTreeSet<ImageId>, Failure> {
        let (images, mut found) = (Vec::from_iter(images), BTreeSet::new());
        for some in images.chunks(FILTER_VALUES) {
            let only = filter("image-id", some.iter().map(|image| image.as_str()));
            found.extend(self.images_with_snapshots(region, Some(only)).await?.into_keys());
        }
        Ok(found)
    }

    /// Returns who may create volumes of these snapshots; the failure of one is in its place.
    pub async fn sharing(&self, region: &Region, snapshots: &[SnapshotId]) -> Sharing {
        let read = stream::iter(snapshots.to_vec()).map(|id| async move {
            let permissions = self.volume_permissions(region, &id).await;
            (id, permissions)
        });
        read.buffer_unordered(MAX_CONCURRENT).collect().await
    }

    /// Returns the account's own snapshots.
    async fn own_snapshots(&self, region: &Region) -> Result<Vec<OwnSnapshot>, Failure> {
        let what = format!("list snapshots in {region}");
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let call = self.ec2(region).describe_snapshots().owner_ids("self");
            let call = call.max_results(PAGE).set_next_token(token);
            let answer = self.call(&what, "ec2:DescribeSnapshots", call.send()).await?;
            for one in answer.snapshots() {
                found.push(own_snapshot(one).ok_or_else(|| unreadable(&what, "a snapshot"))?);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns one of the account's own snapshots, if it exists.
    async fn own_snapshot(&self, region: &Region, snapshot: &SnapshotId) -> Result<Option<OwnSnapshot>, Failure> {
        let what = format!("read {snapshot} in {region}");
        let call = self.ec2(region).describe_snapshots().owner_ids("self").snapshot_ids(snapshot.as_str());
        match self.call(&what, "ec2:DescribeSnapshots", call.send()).await {
            Ok(answer) => {
                let of_id = |one: &OwnSnapshot| one.snapshot.id == *snapshot;
                let found = answer.snapshots().iter().filter_map(own_snapshot).find(of_id);
                // EC2 says so if it does not exist: that it does not tell of it does not mean that it is gone.
                let missing = || Failure::new(&what, "EC2 answered without it, and did not say that it is gone");
                found.map(Some).ok_or_else(|| missing().retry(Retry::Later))
            }
            Err(failure) if failure.is("InvalidSnapshot.NotFound") => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Returns the account's own images in every state, with the snapshots that they have.
    async fn images_with_snapshots(
        &self,
        region: &Region,
        only: Option<Filter>,
    ) -> Result<BTreeMap<ImageId, Vec<SnapshotId>>, Failure> {
        let what = format!("list images in {region}");
        let (mut found, mut token) = (BTreeMap::new(), None);
        loop {
            let call = self
                .ec2(region)
                .describe_images()
                .owners("self")
                .include_disabled(true)
                .max_results(PAGE)
                .set_next_token(token)
                .set_filters(only.clone().map(|only| vec![only]));
            let answer = self.call(&what, "ec2:DescribeImages", call.send()).await?;
            for image in answer.images() {
                let (id, snapshots) = with_snapshots(image).ok_or_else(|| unreadable(&what, "an image"))?;
                found.insert(id, snapshots);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns the snapshots that are locked.
    async fn locked_snapshots(&self, region: &Region) -> Result<BTreeSet<SnapshotId>, Failure> {
        let what = format!("list locked snapshots in {region}");
        let (mut found, mut token) = (BTreeSet::new(), None);
        loop {
            let call = self.ec2(region).describe_locked_snapshots().max_results(PAGE).set_next_token(token);
            let answer = self.call(&what, "ec2:DescribeLockedSnapshots", call.send()).await?;
            for one in answer.snapshots().iter().filter(|one| one.lock_state() != Some(&LockState::Expired)) {
                let id = one.snapshot_id().and_then(|id| SnapshotId::new(id).ok());
                found.insert(id.ok_or_else(|| unreadable(&what, "a snapshot"))?);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns the snapshots for which fast snapshot restore is enabled, or about to be enabled or disabled.
    async fn fast_restore_snapshots(&self, region: &Region) -> Result<BTreeSet<SnapshotId>, Failure> {
        let what = format!("list fast snapshot restores in {region}");
        let (mut found, mut token) = (BTreeSet::new(), None);
        loop {
            let call = self.ec2(region).describe_fast_snapshot_restores().max_results(FAST_RESTORE_PAGE);
            let call = call.set_next_token(token);
            let answer = self.call(&what, "ec2:DescribeFastSnapshotRestores", call.send()).await?;
            let on = |state| state != Some(&FastSnapshotRestoreStateCode::Disabled);
            for one in answer.fast_snapshot_restores().iter().filter(|one| on(one.state())) {
                let id = one.snapshot_id().and_then(|id| SnapshotId::new(id).ok());
                found.insert(id.ok_or_else(|| unreadable(&what, "a snapshot"))?);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }
}

/// EC2's maximum number of fast snapshot restores in a page. Source: EC2 API reference.
const FAST_RESTORE_PAGE: i32 = 200;

fn unreadable(what: &str, noun: &str) -> Failure {
    Failure::new(what, format!("EC2 answered with {noun} whose ids cannot be read, so that the listing is incomplete"))
}

/// Returns a snapshot, or `None` if its id cannot be read.
fn own_snapshot(from: &Snapshot) -> Option<OwnSnapshot> {
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    Some(OwnSnapshot {
        snapshot: convert::snapshot(from)?,
        owner: from.owner_id().and_then(|id| AccountId::new(id).ok()),
        owner_alias: from.owner_alias().filter(|alias| !alias.is_empty()).map(Into::into),
        archived: from.storage_tier().is_some_and(|tier| *tier != StorageTier::Standard),
        placed: filled(from.outpost_arn()) || filled(from.availability_zone()),
    })
}

/// Returns an image with its snapshots, or `None` if any of the ids cannot be read.
fn with_snapshots(from: &Image) -> Option<(ImageId, Vec<SnapshotId>)> {
    let ids = from.block_device_mappings().iter().filter_map(|device| device.ebs()?.snapshot_id());
    let snapshots = ids.filter(|id| !id.is_empty()).map(|id| SnapshotId::new(id).ok()).collect::<Option<_>>()?;
    Some((ImageId::new(from.image_id()?).ok()?, snapshots))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{CannedResponse, RecordedRequest, eu, scripted};

    fn snap(id: &str) -> SnapshotId {
        SnapshotId::new(id).unwrap()
    }

    fn snapshots(ids: &[&str], next: &str) -> CannedResponse {
        let item = |id: &&str| {
            format!(
                "<item><snapshotId>{id}</snapshotId><status>completed</status><volumeSize>8</volumeSize><ownerId>123456789012</ownerId>\
                 <ownerAlias>aws-backup-vault</ownerAlias><storageTier>archive</storageTier><outpostArn>arn:x</outpostArn></item>"
            )
        };
        let items = ids.iter().map(item).collect::<String>();
        CannedResponse::ok(&format!("<R><snapshotSet>{items}</snapshotSet>{next}</R>"))
    }

    fn images(image: &str, snapshot: &str, next: &str) -> CannedResponse {
        CannedResponse::ok(&format!(
            "<R><imagesSet><item><imageId>{image}</imageId><imageState>disabled</imageState><blockDeviceMapping><item><ebs>\
             <snapshotId>{snapshot}</snapshotId></ebs></item><item><virtualName>ephemeral0</virtualName></item></blockDeviceMapping>\
             </item></imagesSet>{next}</R>"
        ))
    }

    fn all_but(failing: &str, asked: &RecordedRequest) -> CannedResponse {
        if asked.action == failing {
            CannedResponse::error(403, "UnauthorizedOperation", "no")
        } else {
            CannedResponse::ok("<R/>")
        }
    }

    const NEXT: &str = "<nextToken>two</nextToken>";

    #[tokio::test(start_paused = true)]
    async fn every_page_of_everything_is_read() {
        let (session, asked) = scripted(|_, asked| match (asked.action.as_str(), asked.param("NextToken")) {
            ("DescribeSnapshots", "") => snapshots(&["snap-1"], NEXT),
            ("DescribeSnapshots", _) => snapshots(&["snap-2"], ""),
            ("DescribeImages", "") => images("ami-1", "snap-1", NEXT),
            ("DescribeImages", _) => images("ami-2", "snap-9", ""),
            ("DescribeLockedSnapshots", "") => CannedResponse::ok(&format!(
                "<R><snapshotSet><item><snapshotId>snap-3</snapshotId><lockState>expired</lockState></item></snapshotSet>{NEXT}</R>"
            )),
            ("DescribeLockedSnapshots", _) => CannedResponse::ok(
                "<R><snapshotSet><item><snapshotId>snap-4</snapshotId><lockState>compliance-cooloff</lockState></item></snapshotSet></R>",
            ),
            ("DescribeFastSnapshotRestores", "") => CannedResponse::ok(&format!(
                "<R><fastSnapshotRestoreSet><item><snapshotId>snap-5</snapshotId><state>disabled</state></item></fastSnapshotRestoreSet>{NEXT}</R>"
            )),
            ("DescribeFastSnapshotRestores", _) => CannedResponse::ok(
                "<R><fastSnapshotRestoreSet><item><snapshotId>snap-6</snapshotId><state>enabling</state></item></fastSnapshotRestoreSet></R>",
            ),
            ("ListImagesInRecycleBin", "") => CannedResponse::ok(&format!("<R><imageSet/>{NEXT}</R>")),
            ("ListImagesInRecycleBin", _) => CannedResponse::ok(
                "<R><imageSet><item><imageId>ami-7</imageId><recycleBinExitTime>2026-03-01T12:00:00.000Z</recycleBinExitTime></item></imageSet></R>",
            ),
            ("ListSnapshotsInRecycleBin", "") => CannedResponse::ok(&format!("<R><snapshotSet/>{NEXT}</R>")),
            _ => CannedResponse::ok("<R><snapshotSet><item><snapshotId>snap-8</snapshotId></item></snapshotSet></R>"),
        });
        let listing = session.orphans_listing(&eu()).await.unwrap();
        let found: Vec<&str> = listing.snapshots.iter().map(|own| own.snapshot.id.as_str()).collect();
        assert_eq!(found, ["snap-1", "snap-2"]);
        let own = &listing.snapshots[0];
        assert_eq!((own.owner_alias.as_deref(), own.archived, own.placed), (Some("aws-backup-vault"), true, true));
        assert_eq!(own.owner.as_ref().map(AccountId::as_str), Some("123456789012"));
        let snapshots: Vec<&str> = listing.images.values().flatten().map(SnapshotId::as_str).collect();
        assert_eq!(snapshots, ["snap-1", "snap-9"]);
        assert_eq!((listing.locked, listing.fast_restore), (Ok([snap("snap-4")].into()), Ok([snap("snap-6")].into())));
        assert_eq!((listing.bin.images.len(), listing.bin.snapshots.len()), (1, 1));
        let sent = asked.of("DescribeImages").remove(0);
        assert_eq!(
            (sent.param("Owner.1"), sent.param("IncludeDisabled"), sent.param("MaxResults")),
            ("self", "true", "1000")
        );
        assert_eq!(asked.of("DescribeSnapshots")[0].param("Owner.1"), "self");
    }

    #[tokio::test(start_paused = true)]
    async fn the_bin_is_read_before_and_after_the_images() {
        let (session, asked) = scripted(|n, asked| match asked.action.as_str() {
            // Restored while the images were being listed, after its page.
            "ListImagesInRecycleBin" if n < 6 => {
                CannedResponse::ok("<R><imageSet><item><imageId>ami-1</imageId></item></imageSet></R>")
            }
            _ => CannedResponse::ok("<R/>"),
        });
        let listing = session.orphans_listing(&eu()).await.unwrap();
        assert_eq!(listing.bin.images.len(), 1);
        let order: Vec<String> = asked.all().into_iter().map(|call| call.action).collect();
        let at = |action: &str| order.iter().position(|one| one == action).unwrap();
        let last = order.iter().rposition(|one| one == "ListImagesInRecycleBin").unwrap();
        assert!(at("ListImagesInRecycleBin") < at("DescribeImages") && at("DescribeImages") < last, "{order:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_part_that_cannot_be_read_fails_all_but_protection() {
        for failing in ["DescribeSnapshots", "DescribeImages", "ListImagesInRecycleBin", "ListSnapshotsInRecycleBin"] {
            let (session, _) = scripted(move |_, asked| all_but(failing, asked));
            assert!(session.orphans_listing(&eu()).await.is_err(), "{failing}");
        }
        for failing in ["DescribeLockedSnapshots", "DescribeFastSnapshotRestores"] {
            let (session, _) = scripted(move |_, asked| all_but(failing, asked));
            let listing = session.orphans_listing(&eu()).await.unwrap();
            assert_eq!(usize::from(listing.locked.is_err()) + usize::from(listing.fast_restore.is_err()), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_cannot_be_read_is_a_failure() {
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImages" => images("ami-1", "SNAP?", ""),
            _ => CannedResponse::ok("<R/>"),
        });
        assert!(session.orphans_listing(&eu()).await.unwrap_err().why.contains("incomplete"));
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeSnapshots" => snapshots(&["?"], ""),
            _ => CannedResponse::ok("<R/>"),
        });
        assert!(session.orphans_listing(&eu()).await.unwrap_err().why.contains("incomplete"));
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "ListImagesInRecycleBin" => CannedResponse::ok("<R><imageSet><item><name>x</name></item></imageSet></R>"),
            _ => CannedResponse::ok("<R/>"),
        });
        assert!(session.orphans_listing(&eu()).await.unwrap_err().why.contains("incomplete"));
    }

    #[tokio::test(start_paused = true)]
    async fn one_snapshot_is_read_again_with_all_who_may_use_it() {
        let (session, asked) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeSnapshots" => snapshots(&["snap-1"], ""),
            "DescribeImages" if asked.param("Filter.1.Name") == "image-id" => images("ami-1", "snap-5", ""),
            "DescribeImages" => images("ami-2", "snap-1", ""),
            _ => CannedResponse::ok("<R/>"),
        });
        let listing = session.orphans_listing(&eu()).await.unwrap();
        let image = ImageId::new("ami-1").unwrap();
        let again = session.reread_snapshot(&listing, &snap("snap-1"), &image).await.unwrap().unwrap();
        assert_eq!((again.images.len(), again.snapshots.len()), (2, 1));
        let calls = asked.of("DescribeImages");
        let filters: Vec<&str> = calls[1..].iter().map(|call| call.param("Filter.1.Name")).collect();
        assert_eq!(filters, ["block-device-mapping.snapshot-id", "image-id"]);
        assert_eq!((calls[1].param("Filter.1.Value.1"), calls[2].param("Filter.1.Value.1")), ("snap-1", "ami-1"));

        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeSnapshots" => CannedResponse::error(400, "InvalidSnapshot.NotFound", "gone"),
            _ => CannedResponse::ok("<R/>"),
        });
        assert!(session.reread_snapshot(&listing, &snap("snap-1"), &image).await.unwrap().is_none());
        // An answer without it says nothing.
        let (session, _) = scripted(|_, _| CannedResponse::ok("<R/>"));
        let failure = session.reread_snapshot(&listing, &snap("snap-1"), &image).await.unwrap_err();
        assert!(failure.why.contains("did not say that it is gone"), "{failure}");
    }

    #[tokio::test(start_paused = true)]
    async fn images_are_asked_for_in_other_regions_as_many_as_a_filter_takes() {
        let (session, asked) = scripted(|_, asked| match asked.param("Filter.1.Value.1") {
            "ami-000" => images("ami-000", "snap-1", ""),
            _ => CannedResponse::ok("<R/>"),
        });
        let wanted: BTreeSet<ImageId> = (0..201).map(|n| ImageId::new(&format!("ami-{n:03}")).unwrap()).collect();
        let found = session.own_images_among(&eu(), &wanted).await.unwrap();
        assert_eq!(found, [ImageId::new("ami-000").unwrap()].into());
        let calls = asked.all();
        let last: Vec<&str> = calls.iter().map(|call| call.param("Filter.1.Value.200")).collect();
        assert_eq!((last, calls[1].param("Filter.1.Value.1")), (vec!["ami-199", ""], "ami-200"));
        assert_eq!((calls[0].param("Owner.1"), calls[0].param("IncludeDisabled")), ("self", "true"));
    }
}
