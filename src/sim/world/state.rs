//! State of the simulated account, and how images and snapshots are looked up in it. No clock: lookups take `now`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
            allowed_images::{AllowedImages, AllowedState},
            attributes::ImageAttributes,
            directory::{Caller, Directory},
            image_family::ImageFamily,
            kms_keys::KmsKey,
            locations::{LocalZoneSpec, Location},
            permissions::Permissions,
            policy::Policy,
            records::{Change, ChangeKind, ForeignCall, Provenance},
            references::Reference,
            retention::{Bin, RetentionRule},
            time_scale::{TimeScale, WorkClock},
            timeline::{Actor, CreatedImage, CreatedSnapshot, Timeline, Transfer},
            usage_reports::UsageReports,
        },
    },
};

/// An image as the account sees it.
#[derive(Debug, Clone)]
pub(crate) struct SeenImage {
    pub(crate) image: Image,
    pub(crate) launch_permissions: Permissions,
    /// The account may read the image's snapshots, which a copy needs.
    pub(crate) snapshots_readable: bool,
    /// Whether the account's settings allow another account's image; `None` if they restrict nothing.
    pub(crate) allowed: Option<bool>,
    pub(crate) location: Location,
}

/// A snapshot as the account sees it.
#[derive(Debug, Clone)]
pub(crate) struct SeenSnapshot {
    pub(crate) snapshot: Snapshot,
    pub(crate) owner: AccountId,
    pub(crate) started: Timestamp,
    pub(crate) create_volume_permissions: Permissions,
    pub(crate) location: Location,
    pub(crate) transfer: Option<Transfer>,
    /// `None` also for those that were there when the world began.
    pub(crate) completed: Option<Timestamp>,
}

/// The account in one region.
#[derive(Debug)]
pub(crate) struct RegionState {
    pub(crate) region: Region,
    pub(crate) opt_in: OptIn,
    pub(crate) encrypts_by_default: bool,
    pub(crate) default_key: Option<String>,
    /// Images cannot be made public.
    pub(crate) block_public_access: bool,
    pub(crate) allowed_images: AllowedImages,
    /// ARNs of the account's Outposts.
    pub(crate) outposts: Vec<Box<str>>,
    pub(crate) local_zones: Vec<LocalZoneSpec>,
    pub(crate) keys: Vec<KmsKey>,
    pub(crate) families: Vec<ImageFamily>,
    /// Images and snapshots of families that were deregistered or deleted.
    pub(crate) removed: HashSet<Box<str>>,
    pub(crate) deregistered: BTreeMap<ImageId, DeregisteredImage>,
    /// Tags set since the world began, by resource; they replace the original ones.
    pub(crate) tags: HashMap<Box<str>, Vec<Tag>>,
    /// Attributes of images that were changed since the world began.
    pub(crate) attributes: HashMap<ImageId, ImageAttributes>,
    /// Create-volume permissions of snapshots that were changed since the world began.
    pub(crate) snapshot_permissions: HashMap<SnapshotId, Permissions>,
    pub(crate) created_images: BTreeMap<ImageId, CreatedImage>,
    pub(crate) created_snapshots: BTreeMap<SnapshotId, CreatedSnapshot>,
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) references: Vec<Reference>,
    pub(crate) usage_reports: UsageReports,
    pub(crate) retention: Vec<RetentionRule>,
    pub(crate) bin: Bin,
    pub(crate) locked: BTreeSet<SnapshotId>,
    /// Snapshots with fast snapshot restore.
    pub(crate) fast_restore: BTreeSet<SnapshotId>,
}

/// The request a client token was used for.
#[derive(Debug)]
pub(crate) struct Token {
    /// All parameters of the request, to recognise a repeated one.
    pub(crate) fingerprint: String,
    pub(crate) image: ImageId,
    pub(crate) used: Timestamp,
}

/// A deregistered image, kept because reads may still show it and later calls name it.
#[derive(Debug)]
pub(crate) struct DeregisteredImage {
    /// The image just before it was deregistered.
    pub(crate) last: SeenImage,
    pub(crate) since: Timeline,
    /// Listings order copied images by id, before the families.
    pub(crate) from_copy: bool,
}

/// A simulated account.
#[derive(Debug)]
pub struct World {
    pub(crate) account: AccountId,
    pub(crate) home: Region,
    pub(crate) seed: u64,
    pub(crate) start: Timestamp,
    pub(crate) time_scale: TimeScale,
    pub(crate) latencies: Latencies,
    pub(crate) limits: RegionLimits,
    pub(crate) regions: Vec<RegionState>,
    pub(crate) policy: Policy,
    pub(crate) faults: FaultRules,
    pub(crate) request_rates: RequestRates,
    pub(crate) copies_made: u64,
    /// Source of ids and jitter. Only calls that create something draw from it, so polling does not change ids.
    pub(crate) ids: fastrand::Rng,
    pub(crate) request_ids: fastrand::Rng,
    pub(crate) changes: Vec<Change>,
    /// Of all accounts. Empty in those that do not act.
    pub(crate) directory: Directory,
    /// Who signed the request that is carried out.
    pub(crate) caller: Caller,
    pub(crate) foreign_calls: Vec<ForeignCall>,
    /// The other accounts of the scenario, and those that have been used. Empty in those that do not act.
    pub(crate) other_accounts: BTreeMap<AccountId, World>,
}

impl World {
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Returns the region the account's user starts in.
    pub fn home(&self) -> &Region {
        &self.home
    }

    /// Returns what the account's user may not do, to change it while the world runs.
    pub fn policy(&mut self) -> &mut Policy {
        &mut self.policy
    }

    /// Returns the injected faults, to change them while the world runs.
    pub fn faults(&mut self) -> &mut FaultRules {
        &mut self.faults
    }

    /// Returns the latencies, to change them while the world runs; copies already started keep their timeline.
    pub fn latencies(&mut self) -> &mut Latencies {
        &mut self.latencies
    }

    /// Returns the limits, to change them while the world runs.
    pub fn limits(&mut self) -> &mut RegionLimits {
        &mut self.limits
    }

    /// Begins work at `now`.
    pub(crate) fn timeline(&self, now: Timestamp) -> Timeline {
        Timeline::new(now, WorkClock { began: self.start, scale: self.time_scale })
    }

    pub(crate) fn user_arn(&self) -> String {
        self.caller.arn(&self.account)
    }

    pub(crate) fn region_state(&self, region: &Region) -> Option<&RegionState> {
        self.regions.iter().find(|s| s.region == *region)
    }

    /// Returns a region the account may use, else the error EC2 answers with.
    pub(crate) fn enabled(&self, region: &Region) -> Result<&RegionState, ApiError> {
        self.region_state(region).filter(|s| s.opt_in != OptIn::NotOptedIn).ok_or_else(ApiError::auth_failure)
    }

    pub(crate) fn enabled_mut(&mut self, region: &Region) -> Result<&mut RegionState, ApiError> {
        self.regions
            .iter_mut()
            .find(|s| s.region == *region && s.opt_in != OptIn::NotOptedIn)
            .ok_or_else(ApiError::auth_failure)
    }

    /// Takes a request out of its token bucket, if request rates are enforced.
    pub(crate) fn admit(&mut self, region: &Region, action: &str, now: Timestamp) -> Result<(), ApiError> {
        if self.limits.rates && !self.request_rates.take(region, action, now) {
            Err(ApiError::throttled())
        } else {
            Ok(())
        }
    }

    /// Returns true once EC2 shows what a copy created (`Latencies::unseen_ms`).
    pub(crate) fn is_visible(&self, timeline: &Timeline, now: Timestamp) -> bool {
        timeline.age_ms(now) >= self.latencies.unseen_ms
    }

    /// Returns a deregistered image while reads still show it (`Latencies::visible_after_deregister_ms`).
    pub(crate) fn recently_deregistered(&self, state: &RegionState, id: &ImageId, now: Timestamp) -> Option<SeenImage> {
        let image = state.deregistered.get(id)?;
        (image.since.age_ms(now) < self.latencies.visible_after_deregister_ms).then(|| image.last.clone())
    }

    /// Returns image `index` of a family, unless it was deregistered.
    pub(crate) fn family_image(&self, state: &RegionState, family: &ImageFamily, index: u32) -> Option<SeenImage> {
        let image = family.image(index)?;
        if state.removed.contains(image.id.as_str()) {
            return None;
        }
        let own = image.owner_id == self.account;
        let allowed = state.allowed_images.allows(&image).map(|allowed| allowed || own);
        if state.hides(allowed) {
            return None;
        }
        let snapshots_readable = own || family.spec.storage_shared;
        let seen = state.with_changes(image, family.launch_permissions(), snapshots_readable);
        Some(SeenImage { allowed, ..seen })
    }

    /// Returns the image of a copy as of `now`.
    pub(crate) fn created_image(state: &RegionState, created: &CreatedImage, now: Timestamp) -> SeenImage {
        let seen = state.with_changes(created.as_of(now), Permissions::new(), true);
        let allowed = state.allowed_images.allows(&seen.image).map(|_| true);
        SeenImage { location: created.location.clone(), allowed, ..seen }
    }

    /// Returns the snapshot of a copy, once it exists and EC2 shows it.
    pub(crate) fn created_snapshot(
        &self,
        state: &RegionState,
        created: &CreatedSnapshot,
        now: Timestamp,
    ) -> Option<SeenSnapshot> {
        let snapshot = created.as_of(now).filter(|_| self.is_visible(&created.timeline, now))?;
        Some(SeenSnapshot {
            location: created.location.clone(),
            transfer: created.transfer,
            completed: created.completed(now),
            ..self.with_changes(state, snapshot, created.timeline.created(), &Permissions::new())
        })
    }

    /// Applies the tags and permissions set since the world began.
    pub(crate) fn with_changes(
        &self,
        state: &RegionState,
        mut snapshot: Snapshot,
        started: Timestamp,
        original: &Permissions,
    ) -> SeenSnapshot {
        if let Some(tags) = state.tags.get(snapshot.id.as_str()) {
            snapshot.tags.clone_from(tags);
        }
        let create_volume_permissions = state.snapshot_permissions.get(&snapshot.id).unwrap_or(original).clone();
        SeenSnapshot {
            snapshot,
            owner: self.account.clone(),
            started,
            create_volume_permissions,
            location: Location::Region,
            transfer: None,
            completed: None,
        }
    }

    /// Returns the snapshot of one disk of a family's image, if it exists and the account may see it.
    pub(crate) fn family_snapshot(
        &self,
        state: &RegionState,
        family: &ImageFamily,
        index: u32,
        disk: usize,
    ) -> Option<SeenSnapshot> {
        if *family.owner() != self.account && !family.shares_storage() {
            return None;
        }
        let snapshot = family.snapshot(index, disk).filter(|s| !state.removed.contains(s.id.as_str()))?;
        let original = family.create_volume_permissions();
        let mut seen = self.with_changes(state, snapshot, family.created(index), &original);
        seen.owner = family.owner().clone();
        Some(seen)
    }

    /// Returns all changes of images and snapshots so far, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Records a change. To be called before the change is carried out, while the resource's creator can be looked up.
    pub(crate) fn record(&mut self, region: &Region, by: Actor, kind: ChangeKind, resource: &str, now: Timestamp) {
        let Some(provenance) = self.region_state(region).map(|state| state.provenance(resource)) else { return };
        self.changes.push(Change { at: now, region: region.clone(), by, kind, resource: resource.into(), provenance });
    }
}

impl RegionState {
    /// Returns true if the account's settings hide an image of which they say this.
    pub(crate) fn hides(&self, allowed: Option<bool>) -> bool {
        allowed == Some(false) && self.allowed_images.state == AllowedState::Enabled
    }

    /// Applies the tags and attributes set since the world began.
    fn with_changes(&self, mut image: Image, original: Permissions, snapshots_readable: bool) -> SeenImage {
        if let Some(tags) = self.tags.get(image.id.as_str()) {
            image.tags.clone_from(tags);
        }
        let changed = self.attributes.get(&image.id);
        if let Some(attributes) = changed {
            attributes.apply(&mut image);
        }
        let launch_permissions = changed.map_or(original, |a| a.launch_permissions.clone());
        SeenImage { image, launch_permissions, snapshots_readable, allowed: None, location: Location::Region }
    }

    /// Returns who made an image or snapshot. What was there when the world began is the scenario's.
    fn provenance(&self, id: &str) -> Provenance {
        let image = ImageId::new(id).ok().and_then(|id| self.created_images.get(&id));
        let snapshot = SnapshotId::new(id).ok().and_then(|id| self.created_snapshots.get(&id));
        match (image, snapshot) {
            (Some(image), _) => Provenance { created_by: image.created_by, token: image.token.clone(), image: None },
            (None, Some(snapshot)) => Provenance {
                created_by: snapshot.created_by,
                token: snapshot.token.clone(),
                image: snapshot.image.clone(),
            },
            (None, None) => Provenance { created_by: Actor::Scenario, token: None, image: None },
        }
    }

    /// Returns the id of an image by its exact name, whoever owns it.
    pub(crate) fn image_named(&self, name: &str) -> Option<ImageId> {
        let in_families =
            |family: &ImageFamily| (0..family.count()).find(|i| family.name(*i) == name).and_then(|i| family.id(i));
        self.families
            .iter()
            .find_map(in_families)
            .or_else(|| self.created_images.values().find(|c| &*c.image.name == name).map(|c| c.image.id.clone()))
    }

    /// Returns the number of pending copies as the limit counts them: with those EC2 does not show yet.
    pub(crate) fn pending_copies(&self, now: Timestamp) -> usize {
        self.created_images.values().filter(|c| c.is_pending(now)).count()
    }

    /// Returns true if the account has an image of this name here. A failed copy frees its name.
    pub(crate) fn own_name_taken(&self, account: &AccountId, name: &str, now: Timestamp) -> bool {
        let in_families = |family: &ImageFamily| {
            family.owner() == account
                && (0..family.count()).any(|i| {
                    family.name(i) == name && family.id(i).is_some_and(|id| !self.removed.contains(id.as_str()))
                })
        };
        self.created_images.values().any(|c| &*c.image.name == name && !c.has_failed(now))
            || self.families.iter().any(in_families)
    }
}
