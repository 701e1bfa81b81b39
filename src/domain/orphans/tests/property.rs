//! Random accounts: nothing that anything refers to is ever called an orphan, and what nothing refers to is found.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Case, ami, copied, created, days_ago, own, region};
use crate::domain::{
    Failure, ImageId, Region, Snapshot, SnapshotId,
    image_details::VolumePermission,
    orphans::{Claimant, OwnSnapshot, RecycleBinImage, RecycleBinSnapshot},
};

/// What somebody does in the account.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// `CopyImage`, with so many snapshots.
    Copy(usize),
    /// `CreateImage`, with so many snapshots.
    Create(usize),
    /// `CreateImage` with a new snapshot, and one that exists already.
    CreateWith(usize),
    /// `RegisterImage` on existing snapshots.
    Register(usize, usize),
    /// `DeregisterImage`, into the Recycle Bin or not.
    Deregister(usize, bool),
    /// Somebody deletes a snapshot, into the Recycle Bin or not, as EC2 allows.
    Delete(usize, bool),
    /// `RestoreImageFromRecycleBin`.
    Restore(usize),
    /// Somebody copies a snapshot with its description.
    CopySnapshot(usize),
    Share(usize),
    Lock(usize),
    FastRestore(usize),
    Claim(usize),
    ClaimImage(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let n = || 0..64_usize;
    prop_oneof![
        4 => (1..3_usize).prop_map(Act::Copy),
        4 => (1..3_usize).prop_map(Act::Create),
        2 => n().prop_map(Act::CreateWith),
        3 => (n(), n()).prop_map(|(a, b)| Act::Register(a, b)),
        6 => (n(), prop::bool::weighted(0.3)).prop_map(|(a, b)| Act::Deregister(a, b)),
        1 => (n(), any::<bool>()).prop_map(|(a, b)| Act::Delete(a, b)),
        1 => n().prop_map(Act::Restore),
        1 => n().prop_map(Act::CopySnapshot),
        1 => n().prop_map(Act::Share),
        1 => n().prop_map(Act::Lock),
        1 => n().prop_map(Act::FastRestore),
        1 => n().prop_map(Act::Claim),
        1 => n().prop_map(Act::ClaimImage),
    ]
}

/// An image in the Recycle Bin: its snapshots, which EC2 does not report, and since when it is there.
type InBin = (Vec<SnapshotId>, Timestamp);

/// The account as it really is: also which snapshots an image in the Recycle Bin has.
#[derive(Default)]
struct Truth {
    made: usize,
    /// How much was done so far; each takes a quarter of an hour.
    acts: i64,
    snapshots: Vec<OwnSnapshot>,
    images: BTreeMap<ImageId, Vec<SnapshotId>>,
    in_bin: BTreeMap<ImageId, InBin>,
    recycle_bin_snapshots: Vec<OwnSnapshot>,
    /// Made by people, with a description that they kept.
    look_alikes: BTreeSet<SnapshotId>,
    shared: BTreeSet<SnapshotId>,
    locked: BTreeSet<SnapshotId>,
    fast_restore: BTreeSet<SnapshotId>,
    claimed: BTreeSet<SnapshotId>,
    claimed_images: BTreeSet<ImageId>,
}

fn nth<T>(all: &[T], n: usize) -> Option<&T> {
    all.get(n.checked_rem(all.len())?)
}

impl Truth {
    fn number(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    fn now(&self) -> Timestamp {
        days_ago(30) + SignedDuration::from_mins(15 * self.acts)
    }

    fn make(&mut self, count: usize, existing: Option<SnapshotId>, new: fn(&str, &str, Timestamp) -> OwnSnapshot) {
        let image = format!("ami-{:017x}", self.number());
        let mut ids: Vec<SnapshotId> = existing.into_iter().collect();
        for _ in 0..count {
            let one = new(&format!("snap-{:017x}", self.number()), &image, self.now());
            ids.push(one.snapshot.id.clone());
            self.snapshots.push(one);
        }
        self.images.insert(ami(&image), ids);
    }

    fn id(&self, n: usize) -> Option<SnapshotId> {
        nth(&self.snapshots, n).map(|own| own.snapshot.id.clone())
    }

    fn image(&self, n: usize) -> Option<ImageId> {
        nth(&self.images.keys().collect::<Vec<_>>(), n).map(|id| (*id).clone())
    }

    /// Returns every snapshot that an image has, also one in the Recycle Bin.
    fn referred_to(&self) -> BTreeSet<&SnapshotId> {
        self.images.values().chain(self.in_bin.values().map(|(snapshots, _)| snapshots)).flatten().collect()
    }

    fn act(&mut self, act: Act) -> Option<()> {
        self.acts += 1;
        match act {
            Act::Copy(count) => self.make(count, None, copied),
            Act::Create(count) => self.make(count, None, created),
            Act::CreateWith(n) => self.make(1, Some(self.id(n)?), created),
            Act::Register(a, b) => {
                let ids = vec![self.id(a)?, self.id(b)?];
                let image = format!("ami-{:017x}", self.number());
                self.images.insert(ami(&image), ids);
            }
            Act::Deregister(n, into_bin) => {
                let (id, snapshots) = self.images.remove_entry(&self.image(n)?)?;
                if into_bin {
                    self.in_bin.insert(id, (snapshots, self.now()));
                }
            }
            Act::Restore(n) => {
                let id = nth(&self.in_bin.keys().cloned().collect::<Vec<_>>(), n)?.clone();
                let (id, (snapshots, _)) = self.in_bin.remove_entry(&id)?;
                self.images.insert(id, snapshots);
            }
            Act::Delete(n, into_bin) => {
                let id = self.id(n)?;
                let in_use = self.images.values().flatten().any(|used| *used == id) || self.locked.contains(&id);
                if !in_use {
                    let at = self.snapshots.iter().position(|own| own.snapshot.id == id)?;
                    let gone = self.snapshots.remove(at);
                    self.recycle_bin_snapshots.extend(into_bin.then_some(gone));
                }
            }
            Act::CopySnapshot(n) => {
                let id = format!("snap-{:017x}", self.number());
                let of = nth(&self.snapshots, n)?.snapshot.description.clone();
                let one = own(&id, &of, Some(Snapshot::VOLUME_OF_COPIES), self.now());
                self.look_alikes.insert(one.snapshot.id.clone());
                self.snapshots.push(one);
            }
            Act::Share(n) => _ = self.shared.insert(self.id(n)?),
            Act::Lock(n) => _ = self.locked.insert(self.id(n)?),
            Act::FastRestore(n) => _ = self.fast_restore.insert(self.id(n)?),
            Act::Claim(n) => _ = self.claimed.insert(self.id(n)?),
            Act::ClaimImage(n) => _ = self.claimed_images.insert(self.image(n)?),
        }
        Some(())
    }

    /// What EC2 reports of it, and what of that may not be read.
    fn case(&self, denied: Denied) -> Case {
        let mut case = Case::of(self.snapshots.clone());
        let failure = || Failure::new("read it", "denied");
        case.listing.images.clone_from(&self.images);
        let none = || -> Box<str> { "".into() };
        let images = self.in_bin.iter().map(|(id, (_, entered))| RecycleBinImage {
            id: id.clone(),
            name: none(),
            description: none(),
            entered: Some(*entered),
            exits: None,
        });
        case.listing.bin.images = images.collect();
        let snapshots = self.recycle_bin_snapshots.iter().map(|own| RecycleBinSnapshot {
            id: own.snapshot.id.clone(),
            description: own.snapshot.description.clone(),
            volume_id: own.snapshot.volume_id.clone(),
            entered: None,
            exits: None,
        });
        case.listing.bin.snapshots = snapshots.collect();
        case.listing.locked = if denied.locks { Err(failure()) } else { Ok(self.locked.clone()) };
        case.listing.fast_restore = if denied.restores { Err(failure()) } else { Ok(self.fast_restore.clone()) };
        for id in &self.shared {
            case.sharing.insert(id.clone(), Ok(vec![VolumePermission::Public]));
        }
        if denied.sharing {
            case.sharing.values_mut().step_by(2).for_each(|read| *read = Err(failure()));
        }
        let here = |id: &SnapshotId| (region(), id.clone());
        case.claims.snapshots = self.claimed.iter().map(|id| (here(id), Claimant::Copy(1))).collect();
        case.claims.images = self.claimed_images.iter().map(|id| ((region(), id.clone()), Claimant::Copy(1))).collect();
        case
    }
}

/// What the account's user may not read.
#[derive(Debug, Clone, Copy)]
struct Denied {
    locks: bool,
    restores: bool,
    sharing: bool,
}

fn denied() -> impl Strategy<Value = Denied> {
    let rarely = || prop::bool::weighted(0.15);
    (rarely(), rarely(), rarely()).prop_map(|(locks, restores, sharing)| Denied { locks, restores, sharing })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_referred_to_is_an_orphan(acts in prop::collection::vec(act(), 1..40), denied in denied()) {
        let mut truth = Truth::default();
        for act in acts {
            truth.act(act);
        }
        let case = truth.case(denied);
        let classified = case.classify();
        let (referred, orphans) = (truth.referred_to(), classified.orphans);
        let read = |id: &SnapshotId| case.sharing.get(id).is_some_and(|read| read == &Ok(Vec::new()));
        for orphan in &orphans {
            let (id, image) = (orphan.id(), &orphan.made_for.image);
            prop_assert!(!referred.contains(id), "{id} is used");
            prop_assert!(!truth.images.contains_key(image) && !truth.in_bin.contains_key(image), "{image} is there");
            for set in [&truth.look_alikes, &truth.shared, &truth.locked, &truth.fast_restore, &truth.claimed] {
                prop_assert!(!set.contains(id), "{id} is protected");
            }
            prop_assert!(!truth.claimed_images.contains(image), "{image} is claimed");
            prop_assert!(!denied.locks && !denied.restores && read(id), "{id}: not all of it is known");
        }
        // With all of it read, whatever is left over is found, unless an image in the bin may have it.
        if !denied.locks && !denied.restores {
            let last = truth.in_bin.values().map(|(_, entered)| *entered).max();
            let left: BTreeSet<SnapshotId> = truth.snapshots.iter().filter(|own| {
                let id = &own.snapshot.id;
                let image = crate::domain::orphans::made_for(&own.snapshot).map(|made| made.image);
                let sets = [&truth.look_alikes, &truth.shared, &truth.locked, &truth.fast_restore, &truth.claimed];
                !referred.contains(id) && own.snapshot.started > last && sets.iter().all(|set| !set.contains(id)) && read(id)
                    && image.is_some_and(|image| !truth.images.contains_key(&image) && !truth.claimed_images.contains(&image))
            }).map(|own| own.snapshot.id.clone()).collect();
            let found: BTreeSet<SnapshotId> = orphans.iter().map(|orphan| orphan.id().clone()).collect();
            prop_assert_eq!(found, left);
        }
    }
}

#[test]
fn an_image_of_another_region_does_not_hide_an_orphan_unless_it_has_its_id() {
    let mut case = Case::of(vec![copied("snap-1", super::GONE, days_ago(30))]);
    case.other_regions.images.insert(ami(super::OTHER), Region::new("us-east-1").unwrap());
    assert_eq!(case.classify().orphans.len(), 1);
}
