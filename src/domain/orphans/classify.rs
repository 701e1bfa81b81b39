//! The rules: which snapshots are orphans, and by which rule others are kept. The same rules classify a listing and, right before it is
//! deleted, one snapshot that was read again.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    bin::{RecycleBin, RecycleBinImage},
    keep_reason::{Implausible, KeepReason},
    listing::{Claims, OtherRegionImages, OwnSnapshot, RegionListing, Sharing},
    made_for::{MadeFor, Maker, made_for},
};
use crate::domain::{
    account::AccountId,
    failure::Failure,
    ids::{ImageId, SnapshotId},
    price::{Money, Prices},
    region::Region,
    snapshot::{Snapshot, SnapshotState},
};

/// EC2 starts the snapshots of a copy within seconds of its task. Copies of them that somebody makes keep the description, and begin once
/// they are completed, which takes minutes. What EC2 itself starts later, because it is busy, is kept: that costs storage only.
const STARTED_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// The key of the tag on snapshots that are kept on purpose: other hosts do not know what this one's store does. Its value does not matter.
pub const KEPT_TAG: &str = "amigrate:kept";
/// Start of the keys of tags that only services of AWS set.
const OF_AWS: &str = "aws:";
/// Start of the keys of AWS Backup's tags.
const OF_BACKUP: &str = "aws:backup:";
/// The owner of the snapshots in AWS Backup's vaults.
const BACKUP_VAULT: &str = "aws-backup-vault";

/// Classifies the snapshots of regions.
#[derive(Debug, Clone, Copy)]
pub struct Classifier<'a> {
    pub account: &'a AccountId,
    pub now: Timestamp,
    /// Younger ones are kept.
    pub min_age: SignedDuration,
    pub claims: &'a Claims,
    pub other_regions: &'a OtherRegionImages,
    pub sharing: &'a Sharing,
}

/// Snapshots that are younger are kept, unless another age is requested.
pub const MIN_AGE: SignedDuration = SignedDuration::from_hours(24);

/// What was found in several regions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FoundOrphans {
    pub orphans: Vec<Orphan>,
    pub kept: Vec<KeptSnapshot>,
    /// How many regions were read.
    pub read: usize,
    /// Regions that have no orphans because not all of them could be read.
    pub failures: Vec<(Region, Failure)>,
    /// What else could not be read, so that snapshots are kept.
    pub unknown: Vec<(Region, Failure)>,
}

/// What was found in a region.
#[derive(Debug, Clone, Default)]
pub struct Classified {
    pub orphans: Vec<Orphan>,
    pub kept: Vec<KeptSnapshot>,
}

/// A snapshot whose image does not exist any more, and that nothing refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    pub region: Region,
    pub snapshot: OwnSnapshot,
    pub made_for: MadeFor,
}

/// A snapshot whose image does not exist any more, and that a rule keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSnapshot {
    pub region: Region,
    pub snapshot: OwnSnapshot,
    pub made_for: MadeFor,
    pub reason: KeepReason,
}

impl Orphan {
    pub fn id(&self) -> &SnapshotId {
        &self.snapshot.snapshot.id
    }

    /// Returns the size of its volume, GiB.
    pub fn size_gib(&self) -> u64 {
        u64::from(self.snapshot.snapshot.volume_size)
    }

    /// Returns what it costs a month at most; `None` if the price is not known.
    pub fn monthly_cost(&self, prices: &Prices) -> Option<Money> {
        monthly_cost(&self.region, &self.snapshot, prices)
    }
}

impl KeptSnapshot {
    pub fn id(&self) -> &SnapshotId {
        &self.snapshot.snapshot.id
    }

    /// Returns what it costs a month at most; `None` if the price is not known.
    pub fn monthly_cost(&self, prices: &Prices) -> Option<Money> {
        monthly_cost(&self.region, &self.snapshot, prices)
    }
}

fn monthly_cost(region: &Region, snapshot: &OwnSnapshot, prices: &Prices) -> Option<Money> {
    let usual = !snapshot.placed && !snapshot.archived;
    prices.storage_month(region, u64::from(snapshot.snapshot.volume_size)).filter(|_| usual)
}

impl Classified {
    /// Returns the snapshots for which nothing but who may use them is to be read.
    pub fn unread(&self) -> impl Iterator<Item = &KeptSnapshot> {
        self.kept.iter().filter(|kept| kept.reason == KeepReason::SharingNotRead)
    }
}

impl Classifier<'_> {
    /// Classifies all snapshots of a region.
    pub fn region(&self, listing: &RegionListing) -> Classified {
        let users = listing.users();
        let mut classified = Classified::default();
        for own in &listing.snapshots {
            let Some(made_for) = made_for(&own.snapshot) else { continue };
            if listing.images.contains_key(&made_for.image) {
                continue;
            }
            let (region, snapshot) = (listing.region.clone(), own.clone());
            match self.reason(listing, own, &made_for, &users) {
                None => classified.orphans.push(Orphan { region, snapshot, made_for }),
                Some(reason) => classified.kept.push(KeptSnapshot { region, snapshot, made_for, reason }),
            }
        }
        classified
    }

    /// Returns the first rule that keeps a snapshot. What takes a call for each snapshot is asked last.
    fn reason(
        &self,
        listing: &RegionListing,
        own: &OwnSnapshot,
        made_for: &MadeFor,
        users: &HashMap<&SnapshotId, &ImageId>,
    ) -> Option<KeepReason> {
        let id = &own.snapshot.id;
        if let Some(image) = users.get(id) {
            return Some(KeepReason::UsedByImage((*image).clone()));
        }
        if let Some(image) = listing.bin.image(&made_for.image) {
            return Some(KeepReason::ImageInRecycleBin(image.exits));
        }
        if let Some(image) = may_be_of(&listing.bin, &own.snapshot) {
            return Some(KeepReason::UnknownImageInRecycleBin(image.id.clone()));
        }
        if let Some(region) = self.other_regions.images.get(&made_for.image) {
            return Some(KeepReason::ImageElsewhere(region.clone()));
        }
        if let Some(job) = self.claims.of(&listing.region, id, &made_for.image) {
            return Some(KeepReason::Job(job));
        }
        if let Some(job) = self.claims.kept_by(&listing.region, id, &made_for.image) {
            return Some(KeepReason::OnPurpose(job));
        }
        let by_itself = self.by_itself(own, made_for).or_else(|| protected(listing, id));
        by_itself.or_else(|| self.unread_other_regions(made_for)).or_else(|| self.shared(id))
    }

    /// Returns that its image may be in a region that was not read. What `CreateImage` made is no copy of a snapshot: those have no volume.
    fn unread_other_regions(&self, made_for: &MadeFor) -> Option<KeepReason> {
        match made_for.maker {
            Maker::CopyImage { .. } => self.other_regions.unknown.clone().map(KeepReason::ElsewhereUnknown),
            Maker::CreateImage => None,
        }
    }

    /// Returns the rule that keeps a snapshot for what it is itself.
    fn by_itself(&self, own: &OwnSnapshot, made_for: &MadeFor) -> Option<KeepReason> {
        let snapshot = &own.snapshot;
        if snapshot.tags.iter().any(|tag| &*tag.key == KEPT_TAG) {
            return Some(KeepReason::Tagged);
        }
        if is_of_backup(own) {
            return Some(KeepReason::AwsBackup);
        }
        if own.owner.as_ref() != Some(self.account) || own.owner_alias.is_some() {
            return Some(KeepReason::Implausible(Implausible::Owner));
        }
        if let Some(tag) = snapshot.tags.iter().find(|tag| tag.key.to_ascii_lowercase().starts_with(OF_AWS)) {
            return Some(KeepReason::Managed(tag.key.as_ref().into()));
        }
        if snapshot.state != SnapshotState::Completed {
            return Some(KeepReason::NotCompleted);
        }
        if own.archived {
            return Some(KeepReason::Archived);
        }
        let Some(started) = snapshot.started else { return Some(KeepReason::AgeUnknown) };
        if let Some(how) = implausible(snapshot, started, made_for) {
            return Some(KeepReason::Implausible(how));
        }
        (self.now.duration_since(started) < self.min_age).then_some(KeepReason::TooYoung)
    }

    fn shared(&self, id: &SnapshotId) -> Option<KeepReason> {
        match self.sharing.get(id) {
            None => Some(KeepReason::SharingNotRead),
            Some(Err(failure)) => Some(KeepReason::SharingUnknown(failure.to_string())),
            Some(Ok(with)) if with.is_empty() => None,
            Some(Ok(_)) => Some(KeepReason::Shared),
        }
    }
}

/// Returns an image in the Recycle Bin that may have a snapshot. EC2 does not report which it has, and snapshots that were made for it do not
/// say that it has no others: `CreateImage` and `RegisterImage` take existing ones too. Only one that was started after the image had
/// entered the bin cannot be its own.
fn may_be_of<'a>(bin: &'a RecycleBin, snapshot: &Snapshot) -> Option<&'a RecycleBinImage> {
    let is_later = |entered| snapshot.started.zip(entered).is_some_and(|(started, entered)| started > entered);
    bin.images.iter().find(|image| !is_later(image.entered))
}

fn is_of_backup(own: &OwnSnapshot) -> bool {
    own.owner_alias.as_deref() == Some(BACKUP_VAULT)
        || own.snapshot.tags.iter().any(|tag| tag.key.to_ascii_lowercase().starts_with(OF_BACKUP))
}

/// Returns what of a snapshot is not as EC2 makes it for an image.
fn implausible(snapshot: &Snapshot, started: Timestamp, made_for: &MadeFor) -> Option<Implausible> {
    let of_copy = snapshot.volume_id.as_deref() == Some(Snapshot::VOLUME_OF_COPIES);
    match &made_for.maker {
        Maker::CopyImage { task, .. } if of_copy => {
            let late = started.duration_since(*task).abs() > STARTED_WITHIN;
            late.then_some(Implausible::Time)
        }
        Maker::CreateImage if !of_copy && snapshot.volume_id.is_some() => None,
        Maker::CopyImage { .. } | Maker::CreateImage => Some(Implausible::Volume),
    }
}

/// Returns how EC2 protects a snapshot, or that this is not known.
fn protected(listing: &RegionListing, id: &SnapshotId) -> Option<KeepReason> {
    match &listing.locked {
        Err(failure) => return Some(KeepReason::LockUnknown(failure.to_string())),
        Ok(locked) if locked.contains(id) => return Some(KeepReason::Locked),
        Ok(_) => {}
    }
    match &listing.fast_restore {
        Err(failure) => Some(KeepReason::FastRestoreUnknown(failure.to_string())),
        Ok(enabled) => enabled.contains(id).then_some(KeepReason::FastRestore),
    }
}
