//! What accounts see of each other: images by their launch permissions, snapshots by their create-volume permissions, keys by their
//! policy and grants.

use jiff::Timestamp;

use crate::{
    domain::{AccountId, Image, ImageId, Region, SnapshotId},
    sim::world::{
        image_family::{self, ImageFamily},
        kms_keys::{KeyAccess, KeyUse, KmsKey},
        permissions::{Permission, Permissions},
        state::{RegionState, SeenImage, SeenSnapshot, World},
    },
};

impl World {
    /// Returns an image that the account may see, in any state.
    pub(crate) fn image(&self, state: &RegionState, id: &str, now: Timestamp) -> Option<SeenImage> {
        let Some(seen) = self.held_image(state, id, now) else {
            return self.foreign_image(state, id, now);
        };
        let visible = seen.image.owner_id == self.account || self.is_grantee(&seen.launch_permissions);
        (visible || seen.image.public).then_some(seen)
    }

    /// Returns an image of this world, whoever may see it.
    fn held_image(&self, state: &RegionState, id: &str, now: Timestamp) -> Option<SeenImage> {
        let image_id = ImageId::new(id).ok()?;
        if let Some(created) = state.created_images.get(&image_id) {
            return self.is_visible(&created.timeline, now).then(|| Self::created_image(state, created, now));
        }
        let position = image_family::position(self.seed, id).filter(|p| p.disk.is_none())?;
        let family = state.families.iter().find(|f| f.number == position.family && position.index < f.count())?;
        self.family_image(state, family, position.index)
    }

    /// Returns another account's image that it shares with this one, or with everyone.
    fn foreign_image(&self, state: &RegionState, id: &str, now: Timestamp) -> Option<SeenImage> {
        let (owner, there, mut seen) = self.other_accounts.values().find_map(|owner| {
            let there = owner.region_state(&state.region)?;
            Some((owner, there, owner.held_image(there, id, now)?))
        })?;
        if !self.is_grantee(&seen.launch_permissions) {
            return None;
        }
        let own_image = seen.image.owner_id == owner.account;
        seen.snapshots_readable = seen.image.snapshot_ids().all(|snapshot| {
            owner.held_snapshot(there, snapshot.as_str(), now).is_some_and(|snapshot| {
                let key = snapshot.snapshot.kms_key_id.as_deref();
                // Keys of accounts that the scenario only mentions are not simulated.
                let may_be_used = |arn| !own_image || there.lets_read(arn, &self.account, now) != KeyAccess::No;
                self.is_grantee(&snapshot.create_volume_permissions) && key.is_none_or(may_be_used)
            })
        });
        // Tags are each account's own.
        seen.image.tags.clear();
        seen.image.last_launched = None;
        seen.allowed = state.allowed_images.allows(&seen.image);
        (!state.hides(seen.allowed)).then_some(seen)
    }

    /// Returns a snapshot that the account may see.
    pub(crate) fn snapshot(&self, state: &RegionState, id: &str, now: Timestamp) -> Option<SeenSnapshot> {
        self.held_snapshot(state, id, now).or_else(|| {
            let mut shared = self
                .other_accounts
                .values()
                .find_map(|owner| owner.held_snapshot(owner.region_state(&state.region)?, id, now))?;
            shared.snapshot.tags.clear();
            self.is_grantee(&shared.create_volume_permissions).then_some(shared)
        })
    }

    /// Returns a snapshot of this world.
    fn held_snapshot(&self, state: &RegionState, id: &str, now: Timestamp) -> Option<SeenSnapshot> {
        let snapshot_id = SnapshotId::new(id).ok()?;
        if let Some(created) = state.created_snapshots.get(&snapshot_id) {
            return self.created_snapshot(state, created, now);
        }
        let position = image_family::position(self.seed, id)?;
        let family = state.families.iter().find(|f| f.number == position.family && position.index < f.count())?;
        self.family_snapshot(state, family, position.index, usize::from(position.disk?))
    }

    /// Returns true if the account is one of these, or everyone is.
    fn is_grantee(&self, permissions: &Permissions) -> bool {
        permissions.contains(&Permission::All) || permissions.contains(&Permission::Account(self.account.clone()))
    }

    /// Returns the ids of other accounts' images that this one may see, in order. Families of owners that are not `wanted` are
    /// left out.
    pub(crate) fn foreign_image_ids(
        &self,
        region: &Region,
        wanted: impl Fn(&AccountId, Option<&str>) -> bool,
    ) -> Vec<ImageId> {
        let mut ids = Vec::new();
        for state in self.other_accounts.values().filter_map(|owner| owner.region_state(region)) {
            let changed = state.attributes.iter().filter(|(_, image)| self.is_grantee(&image.launch_permissions));
            ids.extend(changed.map(|(id, _)| id.clone()));
            let shared = |family: &&ImageFamily| {
                *family.owner() != self.account
                    && wanted(family.owner(), family.spec.owner_alias.as_deref())
                    && self.is_grantee(&family.launch_permissions())
            };
            for family in state.families.iter().filter(shared) {
                let of_family = (0..family.count()).filter_map(|index| family.id(index));
                ids.extend(of_family.filter(|id| !state.attributes.contains_key(id)));
            }
        }
        ids.sort_unstable();
        ids
    }

    /// Returns the ids of other accounts' snapshots that this one may see, in order.
    pub(crate) fn foreign_snapshot_ids(
        &self,
        region: &Region,
        wanted: impl Fn(&AccountId) -> bool,
        now: Timestamp,
    ) -> Vec<SnapshotId> {
        let mut ids = Vec::new();
        for owner in self.other_accounts.values() {
            let Some(state) = owner.region_state(region) else { continue };
            let changed = state.snapshot_permissions.iter().filter(|(_, permissions)| self.is_grantee(permissions));
            ids.extend(changed.map(|(id, _)| id.clone()));
            for family in state.families.iter().filter(|f| *f.owner() != self.account && wanted(f.owner())) {
                if !self.is_grantee(&family.create_volume_permissions()) {
                    continue;
                }
                for image in (0..family.count()).filter_map(|index| owner.family_image(state, family, index)) {
                    ids.extend(
                        image.image.snapshot_ids().filter(|id| !state.snapshot_permissions.contains_key(*id)).cloned(),
                    );
                }
            }
        }
        ids.retain(|id| {
            self.region_state(region).is_some_and(|state| self.snapshot(state, id.as_str(), now).is_some())
        });
        ids.sort_unstable();
        ids
    }

    /// Returns true if EC2 can decrypt the image's snapshots for this account now. It finds that out while the copy runs.
    pub(crate) fn decrypts(&self, image: &Image, now: Timestamp) -> bool {
        let Some(state) = self.region_state(&image.region) else { return true };
        image.snapshot_ids().all(|snapshot| {
            let seen = self.snapshot(state, snapshot.as_str(), now);
            let Some(arn) = seen.and_then(|seen| seen.snapshot.kms_key_id) else { return true };
            match state.key(&arn, &self.account) {
                Some(own) => !own.denied && own.state == "Enabled",
                // Keys of accounts that the scenario only mentions are not simulated.
                None => self
                    .shared_key(&state.region, &arn, KeyUse::ReadSnapshot, &[], now)
                    .is_none_or(|shared| shared.access == KeyAccess::Yes),
            }
        })
    }

    /// Returns another account's key by its ARN, with whether this account may use it so.
    pub(crate) fn shared_key(
        &self,
        region: &Region,
        arn: &str,
        kind: KeyUse,
        tokens: &[&str],
        now: Timestamp,
    ) -> Option<SharedKey<'_>> {
        let owner = AccountId::new(arn.split(':').nth(4)?).ok()?;
        let owner = self.other_accounts.get(&owner)?;
        let state = owner.region_state(region)?;
        let key = state.key(arn, &owner.account)?;
        Some(SharedKey { owner, state, key, access: key.lets(&self.account, kind, tokens, now) })
    }
}

/// Another account's key.
pub(crate) struct SharedKey<'a> {
    pub(crate) owner: &'a World,
    pub(crate) state: &'a RegionState,
    pub(crate) key: &'a KmsKey,
    pub(crate) access: KeyAccess,
}

impl RegionState {
    /// Returns whether the key of this ARN, which is one of this region's, lets another account read snapshots.
    fn lets_read(&self, arn: &str, account: &AccountId, now: Timestamp) -> KeyAccess {
        let key = arn.rsplit_once('/').and_then(|(_, id)| self.keys.iter().find(|key| key.id == id));
        key.map_or(KeyAccess::No, |key| key.lets(account, KeyUse::ReadSnapshot, &[], now))
    }
}
