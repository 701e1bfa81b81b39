//! `DescribeImages` and `DescribeSnapshots`: visibility, filters, pages.
//!
//! As in EC2, a page reads at most `MaxResults` entries and filters afterwards: a page may be short or even empty and still be
//! followed by others.

use jiff::Timestamp;

use crate::{
    domain::{AccountId, ImageId, ImageState, Region, SnapshotId},
    sim::{
        api::{
            filters::{self, Filter},
            paging::{Cursor, Listing, PageLimit, PageRequest, before},
            validation::{
                check_image_id, check_owner, check_snapshot_id, check_user, images_not_found, snapshot_not_found,
            },
        },
        api_error::ApiError,
        glob::glob,
        world::{
            image_family::{self, ImageFamily},
            permissions::{Permission, Permissions},
            scenario::Access,
            state::{RegionState, SeenImage, SeenSnapshot, World},
        },
    },
};

/// Parameters of `DescribeImages`.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImagesCall {
    pub(crate) owners: Vec<String>,
    pub(crate) executable_by: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) include_disabled: bool,
    pub(crate) include_deprecated: bool,
    pub(crate) page: PageRequest,
}

/// Parameters of `DescribeSnapshots`.
#[derive(Debug, Clone, Default)]
pub(crate) struct SnapshotsCall {
    pub(crate) owners: Vec<String>,
    pub(crate) restorable_by: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) page: PageRequest,
}

impl World {
    /// Carries out `DescribeImages`.
    pub(crate) fn describe_images(
        &self,
        region: &Region,
        call: &ImagesCall,
        now: Timestamp,
    ) -> Result<Listing<SeenImage>, ApiError> {
        let state = self.enabled(region)?;
        let filter = filters::IMAGES.compile(&call.filters)?;
        call.owners.iter().try_for_each(|owner| check_owner(owner))?;
        call.executable_by.iter().try_for_each(|who| check_user(who))?;
        call.page.check(&call.ids, "imageIds")?;
        let wanted = |seen: &SeenImage| self.wanted(call, seen) && filter.matches(seen);
        if !call.ids.is_empty() {
            return self.images_by_id(state, call, wanted, now);
        }
        let start = call.page.start(Cursor::parse)?.unwrap_or(Cursor::START);
        let mut page = PageLimit { left: self.page_limit(&call.page), next: None };
        let mut items = Vec::new();
        let deregistered_ids = state.deregistered.iter().filter(|(_, image)| image.from_copy).map(|(id, _)| id);
        let mut created: Vec<&ImageId> = state.created_images.keys().chain(deregistered_ids).collect();
        created.sort_unstable();
        let own = self.owner_matches(&call.owners, self.account.as_str(), None);
        for id in created.into_iter().filter(|id| own && start.reaches(id.as_str())) {
            let Some(seen) = self.image_or_deregistered(state, id, now) else { continue };
            if !page.take(|| Cursor::Created(before(id.as_str()))) {
                break;
            }
            items.push(seen);
        }
        let listed = |family: &ImageFamily| self.family_matches(state, call, family);
        page.families(&start, state, listed, |family, index| {
            let deregistered = || self.recently_deregistered(state, &family.id(index)?, now);
            items.extend(self.family_image(state, family, index).or_else(deregistered).filter(wanted));
        });
        let owner = |owner: &AccountId, alias: Option<&str>| self.owner_matches(&call.owners, owner.as_str(), alias);
        let shared = if self.only_own(&call.owners) { Vec::new() } else { self.foreign_image_ids(region, owner) };
        page.shared(&start, shared.iter().map(ImageId::as_str), |id| items.extend(self.image(state, id, now)));
        items.retain(wanted);
        Ok(Listing { items, next: page.next.map(|c| c.token()) })
    }

    fn page_limit(&self, page: &PageRequest) -> usize {
        page.limit().min(self.limits.page_size.unwrap_or(usize::MAX))
    }

    fn images_by_id(
        &self,
        state: &RegionState,
        call: &ImagesCall,
        wanted: impl Fn(&SeenImage) -> bool,
        now: Timestamp,
    ) -> Result<Listing<SeenImage>, ApiError> {
        call.ids.iter().try_for_each(|id| check_image_id(id))?;
        let mut items = Vec::new();
        let mut missing = Vec::new();
        for id in &call.ids {
            let seen = ImageId::new(id).ok().and_then(|id| self.image_or_deregistered(state, &id, now));
            match seen {
                Some(seen) => items.push(seen),
                // One just deregistered is left out without a word (boto/botocore#2194).
                None if self.remembers(state, id, now) => {}
                None => missing.push(id.as_str()),
            }
        }
        if !missing.is_empty() {
            return Err(images_not_found(&missing));
        }
        items.retain(wanted);
        Ok(Listing { items, next: None })
    }

    /// Returns an image as reads show it: also one deregistered recently.
    fn image_or_deregistered(&self, state: &RegionState, id: &ImageId, now: Timestamp) -> Option<SeenImage> {
        self.image(state, id.as_str(), now).or_else(|| self.recently_deregistered(state, id, now))
    }

    /// Returns true if images of the family can match. Skips whole families, so that listing own images does not read Amazon's.
    fn family_matches(&self, state: &RegionState, call: &ImagesCall, family: &ImageFamily) -> bool {
        let spec = &family.spec;
        let own = *family.owner() == self.account;
        // Polling for pending copies every few seconds must not read all available images.
        let states = call.filters.iter().filter(|f| f.name == "state");
        let in_state = states
            .flat_map(|f| f.values.iter().map(|v| glob(v, ImageState::parse(&spec.state).as_str())))
            .reduce(|a, b| a || b);
        let permissions = family.launch_permissions();
        let changed = || {
            let positions = state.attributes.keys().filter_map(|id| image_family::position(self.seed, id.as_str()));
            positions.into_iter().any(|p| p.family == family.number)
        };
        (own || spec.access != Access::Private)
            && self.owner_matches(&call.owners, family.owner().as_str(), spec.owner_alias.as_deref())
            && ((in_state != Some(false) && self.executable_matches(&call.executable_by, &permissions)) || changed())
    }

    /// Returns true if only the account's own images or snapshots are listed.
    fn only_own(&self, owners: &[String]) -> bool {
        !owners.is_empty() && owners.iter().all(|owner| owner == "self" || owner == self.account.as_str())
    }

    fn owner_matches(&self, owners: &[String], owner: &str, alias: Option<&str>) -> bool {
        owners.is_empty()
            || owners
                .iter()
                .any(|o| o == owner || (o == "self" && owner == self.account.as_str()) || alias.is_some_and(|a| a == o))
    }

    fn executable_matches(&self, by: &[String], permissions: &Permissions) -> bool {
        by.is_empty() || by.iter().any(|who| self.is_permitted(who, permissions))
    }

    fn is_permitted(&self, who: &str, permissions: &Permissions) -> bool {
        match who {
            "all" => permissions.contains(&Permission::All),
            "self" => permissions.contains(&Permission::Account(self.account.clone())),
            account => AccountId::new(account).is_ok_and(|id| permissions.contains(&Permission::Account(id))),
        }
    }

    fn wanted(&self, call: &ImagesCall, seen: &SeenImage) -> bool {
        let image = &seen.image;
        let own = image.owner_id == self.account;
        let deprecated = image.deprecated.is_some_and(|t| t <= self.start);
        (image.state != ImageState::Disabled || (own && call.include_disabled))
            // The owner always sees deprecated images, and anyone does by id.
            && (!deprecated || own || call.include_deprecated || !call.ids.is_empty())
            && self.owner_matches(&call.owners, image.owner_id.as_str(), image.image_owner_alias.as_deref())
            && self.executable_matches(&call.executable_by, &seen.launch_permissions)
    }

    /// Own snapshots are always restorable by oneself.
    fn restorable_matches(&self, by: &[String], seen: &SeenSnapshot) -> bool {
        let own = |who: &str| seen.owner == self.account && (who == "self" || who == self.account.as_str());
        by.is_empty() || by.iter().any(|who| own(who) || self.is_permitted(who, &seen.create_volume_permissions))
    }

    /// Carries out `DescribeSnapshots`.
    pub(crate) fn describe_snapshots(
        &self,
        region: &Region,
        call: &SnapshotsCall,
        now: Timestamp,
    ) -> Result<Listing<SeenSnapshot>, ApiError> {
        let state = self.enabled(region)?;
        let filter = filters::SNAPSHOTS.compile(&call.filters)?;
        call.owners.iter().try_for_each(|owner| check_owner(owner))?;
        call.restorable_by.iter().try_for_each(|who| check_user(who))?;
        call.page.check(&call.ids, "snapshotIds")?;
        let wanted = |seen: &SeenSnapshot| {
            self.owner_matches(&call.owners, seen.owner.as_str(), None)
                && self.restorable_matches(&call.restorable_by, seen)
                && filter.matches(seen)
        };
        if !call.ids.is_empty() {
            let find = |id: &String| {
                check_snapshot_id(id)?;
                self.snapshot(state, id, now).ok_or_else(|| snapshot_not_found(id))
            };
            let mut items = call.ids.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            items.retain(wanted);
            return Ok(Listing { items, next: None });
        }
        let start = call.page.start(Cursor::parse)?.unwrap_or(Cursor::START);
        let mut page = PageLimit { left: self.page_limit(&call.page), next: None };
        let mut items = Vec::new();
        for (id, created) in state.created_snapshots.iter().filter(|(id, _)| start.reaches(id.as_str())) {
            let Some(seen) = self.created_snapshot(state, created, now) else { continue };
            if !page.take(|| Cursor::Created(before(id.as_str()))) {
                break;
            }
            items.push(seen);
        }
        let listed = |family: &ImageFamily| {
            self.owner_matches(&call.owners, family.owner().as_str(), None) && family_may_match(&call.filters, state)
        };
        page.families(&start, state, listed, |family, index| {
            let disks = family.volumes(index).len();
            items.extend((0..disks).filter_map(|d| self.family_snapshot(state, family, index, d)).filter(wanted));
        });
        let owner = |owner: &AccountId| self.owner_matches(&call.owners, owner.as_str(), None);
        let shared =
            if self.only_own(&call.owners) { Vec::new() } else { self.foreign_snapshot_ids(region, owner, now) };
        page.shared(&start, shared.iter().map(SnapshotId::as_str), |id| items.extend(self.snapshot(state, id, now)));
        items.retain(wanted);
        Ok(Listing { items, next: page.next.map(|c| c.token()) })
    }
}

/// Returns true if snapshots of families can match. Polls of copies filter by description or tags, which none of them has, and
/// so cost nothing in a world with a hundred thousand images.
fn family_may_match(filters: &[Filter], state: &RegionState) -> bool {
    let described = |pattern: &String| {
        let fixed = pattern.split(['*', '?', '\\']).next().unwrap_or_default();
        fixed.starts_with(ImageFamily::DESCRIPTION) || ImageFamily::DESCRIPTION.starts_with(fixed)
    };
    filters.iter().all(|filter| match filter.name.as_str() {
        "description" => filter.values.iter().any(described),
        // Families' snapshots have no tags unless set since.
        name if name.starts_with("tag") => state.tags.keys().any(|id| id.starts_with("snap-")),
        _ => true,
    })
}
