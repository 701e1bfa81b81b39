//! `DescribeImages` and `DescribeSnapshots`: visibility, filters, pages.
//!
//! As in EC2, a page reads at most `MaxResults` entries and filters afterwards: a page may be short or even empty and still be
//! followed by others.

use std::ops::RangeInclusive;

use jiff::Timestamp;

use crate::{
    domain::{AccountId, ImageId, ImageState, Region},
    sim::{
        api::{
            filters::{self, Filter},
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

/// Which part of a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) max: Option<usize>,
    pub(crate) token: Option<String>,
}

/// A part of a listing.
#[derive(Debug)]
pub(crate) struct Listing<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// A position in a region's order: first created images, by id, then image families.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cursor {
    Created(String),
    Family { number: usize, index: u32 },
}

impl Cursor {
    const START: Self = Self::Created(String::new());

    fn token(&self) -> String {
        match self {
            Self::Created(after) => format!("m.{after}"),
            Self::Family { number, index } => format!("l.{number}.{index}"),
        }
    }

    /// Whether what was copied under this id is still to come; nothing is once the cursor is in the families.
    fn reaches(&self, id: &str) -> bool {
        matches!(self, Self::Created(from) if id >= from.strip_prefix('=').unwrap_or(from))
    }

    fn parse(token: &str) -> Option<Self> {
        if let Some(after) = token.strip_prefix("m.") {
            return Some(Self::Created(after.to_owned()));
        }
        let (number, index) = token.strip_prefix("l.")?.split_once('.')?;
        Some(Self::Family { number: number.parse().ok()?, index: index.parse().ok()? })
    }
}

impl PageRequest {
    /// Refuses a number of results that EC2 does not take, and one together with ids.
    pub(crate) fn check(&self, ids: &[String], ids_parameter: &str) -> Result<(), ApiError> {
        let Some(n) = self.max else { return Ok(()) };
        if !ids.is_empty() {
            return Err(cannot_combine(ids_parameter, "maxResults"));
        }
        let limit = match n {
            ..5 => "greater than 5",
            5..=1000 => return Ok(()),
            _ => "less than 1000",
        };
        Err(ApiError::new(
            "InvalidParameterValue",
            format!("Value ( {n} ) for parameter maxResults is invalid. Expecting a value {limit}."),
        ))
    }

    /// Returns the page of these, and the token of the next.
    pub(crate) fn part<'a, T>(
        &self,
        all: &'a [T],
        allowed: RangeInclusive<usize>,
    ) -> Result<(&'a [T], Option<String>), ApiError> {
        if let Some(max) = self.max.filter(|max| !allowed.contains(max)) {
            let why = format!("Value ( {max} ) for parameter maxResults is invalid.");
            return Err(ApiError::new("InvalidParameterValue", why));
        }
        let from: usize = self.start(|token| token.parse().ok())?.unwrap_or_default();
        let to = from.saturating_add(self.limit()).min(all.len());
        Ok((all.get(from.min(to)..to).unwrap_or_default(), (to < all.len()).then(|| to.to_string())))
    }

    /// The number of entries on the page.
    pub(crate) fn limit(&self) -> usize {
        self.max.unwrap_or(usize::MAX)
    }

    /// Returns where the page begins, by a function that reads the token; `None` is the beginning.
    pub(crate) fn start<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let token = self.token.as_deref().filter(|token| !token.is_empty());
        let invalid = || ApiError::new("InvalidParameterValue", "Unable to parse the nextToken parameter.");
        token.map(|token| parse(token).ok_or_else(invalid)).transpose()
    }
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
        let permissions = family.launch_permissions(&self.account);
        let changed = || {
            let positions = state.attributes.keys().filter_map(|id| image_family::position(self.seed, id.as_str()));
            positions.into_iter().any(|p| p.family == family.number)
        };
        (own || spec.access != Access::Private)
            && self.owner_matches(&call.owners, family.owner().as_str(), spec.owner_alias.as_deref())
            && ((in_state != Some(false) && self.executable_matches(&call.executable_by, &permissions)) || changed())
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

fn cannot_combine(one: &str, other: &str) -> ApiError {
    ApiError::new(
        "InvalidParameterCombination",
        format!("The parameter {one} cannot be used with the parameter {other}"),
    )
}

/// A cursor from which this id comes next.
fn before(id: &str) -> String {
    format!("={id}")
}

/// Counts entries until the page is full, and remembers where the next one begins.
struct PageLimit {
    left: usize,
    next: Option<Cursor>,
}

impl PageLimit {
    /// Room for one more? If not, the next page begins at this cursor.
    fn take(&mut self, here: impl FnOnce() -> Cursor) -> bool {
        if self.next.is_some() {
            return false;
        }
        if self.left == 0 {
            self.next = Some(here());
            return false;
        }
        self.left -= 1;
        true
    }

    fn families(
        &mut self,
        start: &Cursor,
        state: &RegionState,
        listed: impl Fn(&ImageFamily) -> bool,
        mut each: impl FnMut(&ImageFamily, u32),
    ) {
        let (first, index) = match start {
            Cursor::Created(_) => (0, 0),
            Cursor::Family { number, index } => (*number, *index),
        };
        for (number, family) in state.families.iter().enumerate().skip(first).filter(|(_, family)| listed(family)) {
            let from = if number == first { index } else { 0 };
            for index in from..family.count() {
                if !self.take(|| Cursor::Family { number, index }) {
                    return;
                }
                each(family, index);
            }
        }
    }
}
