//! The simulated account: its regions, images, snapshots and keys, as a function of time.
//!
//! Owns the state and how it is looked up. The actions stand in `copying`, `removing` and `listing`; the wire forms in
//! [`crate::sim::transport::query`]. No clock: every look takes `now`.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    domain::{AccountId, Image, ImageId, OptIn, Region, Snapshot, SnapshotId, image::Tag},
    sim::{
        api_error::ApiError,
        faults::{
            latencies::{Latencies, RegionLimits},
            request_rates::RequestRates,
            rules::FaultRules,
        },
        world::{
            accounts::ForeignCall,
            changes::Change,
            image_family::{self, ImageFamily},
            kms_keys::KmsKey,
            scenario::Access,
            timeline::{CreatedImage, CreatedSnapshot, Timeline, ms_between},
        },
    },
};

/// An image as the account sees it.
#[derive(Debug, Clone)]
pub(crate) struct SeenImage {
    pub(crate) image: Image,
    /// Another account lets this one launch it.
    pub(crate) shared: bool,
    /// Its snapshots may be read, and so copied.
    pub(crate) storage_open: bool,
}

/// A snapshot as the account sees it.
#[derive(Debug, Clone)]
pub(crate) struct SeenSnapshot {
    pub(crate) snapshot: Snapshot,
    pub(crate) owner: AccountId,
    pub(crate) started: Timestamp,
}

/// One region.
#[derive(Debug)]
pub(crate) struct RegionState {
    pub(crate) region: Region,
    pub(crate) opt_in: OptIn,
    pub(crate) encrypts_by_default: bool,
    pub(crate) default_key: Option<String>,
    pub(crate) keys: Vec<KmsKey>,
    pub(crate) families: Vec<ImageFamily>,
    /// Images and snapshots of lots that were removed.
    pub(crate) gone: HashSet<Box<str>>,
    /// What was deregistered.
    pub(crate) deregistered: BTreeMap<ImageId, DeregisteredImage>,
    /// Tags set later, by resource; they replace those it began with.
    pub(crate) tags: HashMap<Box<str>, Vec<Tag>>,
    pub(crate) made: BTreeMap<ImageId, CreatedImage>,
    pub(crate) snapshots: BTreeMap<SnapshotId, CreatedSnapshot>,
    pub(crate) tokens: HashMap<String, Token>,
}

/// What a client token stood for.
#[derive(Debug)]
pub(crate) struct Token {
    /// All parameters of the request.
    pub(crate) fingerprint: String,
    pub(crate) image: ImageId,
    pub(crate) asked: Timestamp,
}

/// A deregistered image, for the races that follow.
#[derive(Debug)]
pub(crate) struct DeregisteredImage {
    /// As it was last.
    pub(crate) was: SeenImage,
    pub(crate) since: Timestamp,
    /// Made by a copy, so listed where those are.
    pub(crate) copied: bool,
}

/// A simulated account.
#[derive(Debug)]
pub struct World {
    pub(crate) account: AccountId,
    pub(crate) home: Region,
    pub(crate) seed: u64,
    pub(crate) start: Timestamp,
    pub(crate) pace: Latencies,
    pub(crate) limits: RegionLimits,
    pub(crate) regions: Vec<RegionState>,
    pub(crate) faults: FaultRules,
    pub(crate) traffic: RequestRates,
    pub(crate) copies_made: u64,
    /// Makes ids and jitter; only `CopyImage` draws from it, so polling does not change what a copy is called.
    pub(crate) ids: fastrand::Rng,
    pub(crate) request_ids: fastrand::Rng,
    pub(crate) changes: Vec<Change>,
    /// Whose access key ids are, where they are not this account's.
    pub(crate) access_keys: HashMap<String, AccountId>,
    pub(crate) foreign_calls: Vec<ForeignCall>,
    /// What other accounts see and have.
    pub(crate) others: BTreeMap<AccountId, World>,
}

impl World {
    /// The account the requests come from.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The region its user starts in.
    pub fn home(&self) -> &Region {
        &self.home
    }

    /// What goes wrong on purpose, to be changed while it runs.
    pub fn faults(&mut self) -> &mut FaultRules {
        &mut self.faults
    }

    /// How long new copies take, and how soon the world tells of them; to be changed while it runs.
    pub fn pace(&mut self) -> &mut Latencies {
        &mut self.pace
    }

    /// What it refuses more of; to be changed while it runs.
    pub fn limits(&mut self) -> &mut RegionLimits {
        &mut self.limits
    }

    /// The caller's ARN.
    pub(crate) fn user_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/demo", self.account)
    }

    /// A region, if there is one of that name.
    pub(crate) fn area(&self, region: &Region) -> Option<&RegionState> {
        self.regions.iter().find(|a| a.region == *region)
    }

    /// A region the account may use, or the refusal its calls get.
    pub(crate) fn enabled(&self, region: &Region) -> Result<&RegionState, ApiError> {
        self.area(region).filter(|a| a.opt_in != OptIn::NotOptedIn).ok_or_else(ApiError::auth_failure)
    }

    /// The same, to change it.
    pub(crate) fn enabled_mut(&mut self, region: &Region) -> Result<&mut RegionState, ApiError> {
        self.regions
            .iter_mut()
            .find(|a| a.region == *region && a.opt_in != OptIn::NotOptedIn)
            .ok_or_else(ApiError::auth_failure)
    }

    /// Takes a request out of its bucket, if the rates hold.
    pub(crate) fn admit(&mut self, region: &Region, action: &str, now: Timestamp) -> Result<(), ApiError> {
        if self.limits.rates && !self.traffic.take(region, action, now) { Err(ApiError::throttled()) } else { Ok(()) }
    }

    /// Whether what a copy made is shown yet.
    pub(crate) fn shows(&self, course: &Timeline, now: Timestamp) -> bool {
        course.age_ms(now) >= self.pace.unseen_ms
    }

    /// A deregistered image, while reads still show it.
    pub(crate) fn ghost(&self, area: &RegionState, id: &ImageId, now: Timestamp) -> Option<SeenImage> {
        let ghost = area.deregistered.get(id)?;
        (ms_between(ghost.since, now) < self.pace.ghost_ms).then(|| ghost.was.clone())
    }

    /// An image the account may see, in any state.
    pub(crate) fn image(&self, area: &RegionState, id: &str, now: Timestamp) -> Option<SeenImage> {
        let image_id = ImageId::new(id).ok()?;
        if let Some(made) = area.made.get(&image_id) {
            return self.shows(&made.course, now).then(|| Self::see_made(area, made, now));
        }
        let place = image_family::place(self.seed, id).filter(|p| p.disk.is_none())?;
        let lot = area.families.iter().find(|l| l.number == place.lot && place.index < l.count())?;
        let seen = self.see_lot(area, lot, place.index)?;
        (seen.image.owner_id == self.account || seen.image.public || seen.shared).then_some(seen)
    }

    /// Image `index` of a lot, if it is still there.
    pub(crate) fn see_lot(&self, area: &RegionState, lot: &ImageFamily, index: u32) -> Option<SeenImage> {
        let mut image = lot.image(index)?;
        if area.gone.contains(image.id.as_str()) {
            return None;
        }
        if let Some(tags) = area.tags.get(image.id.as_str()) {
            image.tags.clone_from(tags);
        }
        let own = image.owner_id == self.account;
        Some(SeenImage {
            image,
            shared: lot.family.access == Access::Shared,
            storage_open: own || lot.family.storage_shared,
        })
    }

    /// A copy's image as of `now`.
    pub(crate) fn see_made(area: &RegionState, made: &CreatedImage, now: Timestamp) -> SeenImage {
        let mut image = made.as_of(now);
        if let Some(tags) = area.tags.get(image.id.as_str()) {
            image.tags.clone_from(tags);
        }
        SeenImage { image, shared: false, storage_open: true }
    }

    /// A snapshot the account may see.
    pub(crate) fn snapshot(&self, area: &RegionState, id: &str, now: Timestamp) -> Option<SeenSnapshot> {
        let snapshot_id = SnapshotId::new(id).ok()?;
        if let Some(made) = area.snapshots.get(&snapshot_id) {
            return self.made_snapshot(area, made, now);
        }
        let place = image_family::place(self.seed, id)?;
        let lot = area.families.iter().find(|l| l.number == place.lot && place.index < l.count())?;
        self.see_lot_snapshot(area, lot, place.index, usize::from(place.disk?))
    }

    /// A copy's snapshot, once it exists and is shown.
    pub(crate) fn made_snapshot(
        &self,
        area: &RegionState,
        made: &CreatedSnapshot,
        now: Timestamp,
    ) -> Option<SeenSnapshot> {
        let snapshot = made.as_of(now).filter(|_| self.shows(&made.course, now))?;
        Some(self.see_snapshot(area, snapshot, made.course.created()))
    }

    /// A copy's snapshot with its later tags.
    pub(crate) fn see_snapshot(&self, area: &RegionState, mut snapshot: Snapshot, started: Timestamp) -> SeenSnapshot {
        if let Some(tags) = area.tags.get(snapshot.id.as_str()) {
            snapshot.tags.clone_from(tags);
        }
        SeenSnapshot { snapshot, owner: self.account.clone(), started }
    }

    /// The snapshot behind one disk of a lot's image, if it is there and may be seen.
    pub(crate) fn see_lot_snapshot(
        &self,
        area: &RegionState,
        lot: &ImageFamily,
        index: u32,
        disk: usize,
    ) -> Option<SeenSnapshot> {
        let open = lot.family.storage_shared && lot.family.access != Access::Private;
        if *lot.owner() != self.account && !open {
            return None;
        }
        let snapshot = lot.snapshot(index, disk).filter(|s| !area.gone.contains(s.id.as_str()))?;
        let mut seen = self.see_snapshot(area, snapshot, lot.created(index));
        seen.owner = lot.owner().clone();
        Some(seen)
    }
}

impl RegionState {
    /// An image of a lot or a copy by its exact name, whoever owns it.
    pub(crate) fn id_by_name(&self, name: &str) -> Option<ImageId> {
        let of_lot = |lot: &ImageFamily| (0..lot.count()).find(|i| lot.name(*i) == name).and_then(|i| lot.id(i));
        self.families
            .iter()
            .find_map(of_lot)
            .or_else(|| self.made.values().find(|m| &*m.image.name == name).map(|m| m.image.id.clone()))
    }

    /// How many copies are still being made here, as the limit counts them: with those not shown yet.
    pub(crate) fn pending_copies(&self, now: Timestamp) -> usize {
        self.made.values().filter(|m| m.is_pending(now)).count()
    }

    /// Whether the account has an image of this name here. A failed copy gives its name back.
    pub(crate) fn own_name_taken(&self, account: &AccountId, name: &str, now: Timestamp) -> bool {
        let in_lot = |lot: &ImageFamily| {
            lot.owner() == account
                && (0..lot.count())
                    .any(|i| lot.name(i) == name && lot.id(i).is_some_and(|id| !self.gone.contains(id.as_str())))
        };
        self.made.values().any(|m| &*m.image.name == name && !m.has_failed(now)) || self.families.iter().any(in_lot)
    }
}
