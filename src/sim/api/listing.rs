//! `DescribeImages` and `DescribeSnapshots`: who may see what, filters, pages.
//!
//! A page looks at no more entries than it may hold and then filters, as EC2 does: a filtered page may be short or even
//! empty and still be followed by others, and listing everything costs as much as there is, however it is paged.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, ImageState, Region},
    sim::{
        api::{
            filters::{self, Filter},
            format,
            validation::{check_image_id, check_owner, check_snapshot_id, no_snapshot, not_found},
        },
        api_error::ApiError,
        glob::glob,
        world::{
            image_family::ImageFamily,
            scenario::Access,
            state::{RegionState, SeenImage, SeenSnapshot, World},
        },
    },
};

/// What `DescribeImages` is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImagesCall {
    pub(crate) owners: Vec<String>,
    pub(crate) executable_by: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) include_disabled: bool,
    pub(crate) include_deprecated: bool,
    pub(crate) page: PageCall,
}

/// What `DescribeSnapshots` is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct SnapshotsCall {
    pub(crate) owners: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) page: PageCall,
}

/// Which part of a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageCall {
    pub(crate) max: Option<usize>,
    pub(crate) token: Option<String>,
}

/// A part of a listing.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// A place in a region's order: first what was copied, by id, then the lots.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cursor {
    Made(String),
    Lot { number: usize, index: u32 },
}

impl Cursor {
    const START: Self = Self::Made(String::new());

    fn token(&self) -> String {
        match self {
            Self::Made(after) => format!("m.{after}"),
            Self::Lot { number, index } => format!("l.{number}.{index}"),
        }
    }

    /// Whether what was copied under this id is still to come; nothing is once the cursor stands in the lots.
    fn comes_to(&self, id: &str) -> bool {
        matches!(self, Self::Made(from) if id >= from.strip_prefix('=').unwrap_or(from))
    }

    fn parse(token: &str) -> Option<Self> {
        if let Some(after) = token.strip_prefix("m.") {
            return Some(Self::Made(after.to_owned()));
        }
        let (number, index) = token.strip_prefix("l.")?.split_once('.')?;
        Some(Self::Lot { number: number.parse().ok()?, index: index.parse().ok()? })
    }
}

impl PageCall {
    fn start(&self, smallest: usize) -> Result<(Cursor, usize), ApiError> {
        let room = match self.max {
            None => usize::MAX,
            Some(n) if n < smallest => {
                return Err(ApiError::bad_value(
                    "MaxResults",
                    &n.to_string(),
                    &format!("Expecting a value of at least {smallest}."),
                ));
            }
            Some(n) => n.min(1000),
        };
        let cursor = match self.token.as_deref() {
            None | Some("") => Cursor::START,
            Some(token) => Cursor::parse(token)
                .ok_or_else(|| ApiError::new("InvalidParameterValue", "Unable to parse the nextToken parameter."))?,
        };
        Ok((cursor, room))
    }
}

impl World {
    /// `DescribeImages`.
    pub(crate) fn describe_images(
        &self,
        region: &Region,
        call: &ImagesCall,
        now: Timestamp,
    ) -> Result<Page<SeenImage>, ApiError> {
        let area = self.enabled(region)?;
        filters::check(&call.filters, true)?;
        call.owners.iter().try_for_each(|owner| check_owner(owner))?;
        call.executable_by.iter().filter(|who| *who != "all").try_for_each(|who| check_owner(who))?;
        if !call.ids.is_empty() {
            if call.page.max.is_some() {
                return Err(both("imageIds", "maxResults"));
            }
            return self.images_by_id(area, call, now);
        }
        let (start, room) = call.page.start(5)?;
        let wanted = |seen: &SeenImage| self.wanted(call, seen) && filters::image(&call.filters, &seen.image);
        let mut walk = Walk { room, next: None };
        let mut items = Vec::new();
        let ghosts = area.deregistered.iter().filter(|(_, ghost)| ghost.copied).map(|(id, _)| id);
        let mut made: Vec<&ImageId> = area.made.keys().chain(ghosts).collect();
        made.sort_unstable();
        let own = self.owner_fits(&call.owners, self.account.as_str(), None);
        for id in made.into_iter().filter(|id| own && start.comes_to(id.as_str())) {
            let Some(seen) = self.image_or_ghost(area, id, now) else { continue };
            if !walk.take(|| Cursor::Made(before(id.as_str()))) {
                break;
            }
            items.push(seen);
        }
        let lots = |lot: &ImageFamily| self.lot_fits(call, lot);
        walk.lots(&start, area, lots, |lot, index| {
            let ghost = || self.ghost(area, &lot.id(index)?, now);
            items.extend(self.see_lot(area, lot, index).or_else(ghost).filter(wanted));
        });
        items.retain(wanted);
        Ok(Page { items, next: walk.next.map(|c| c.token()) })
    }

    fn images_by_id(&self, area: &RegionState, call: &ImagesCall, now: Timestamp) -> Result<Page<SeenImage>, ApiError> {
        call.ids.iter().try_for_each(|id| check_image_id(id))?;
        let mut items = Vec::new();
        let mut missing = Vec::new();
        for id in &call.ids {
            let seen = ImageId::new(id).ok().and_then(|id| self.image_or_ghost(area, &id, now));
            match seen {
                Some(seen) => items.push(seen),
                None => missing.push(id.as_str()),
            }
        }
        if !missing.is_empty() {
            return Err(not_found(&missing));
        }
        items.retain(|seen| self.wanted(call, seen) && filters::image(&call.filters, &seen.image));
        Ok(Page { items, next: None })
    }

    /// What reads of images show: also those not long deregistered.
    fn image_or_ghost(&self, area: &RegionState, id: &ImageId, now: Timestamp) -> Option<SeenImage> {
        self.image(area, id.as_str(), now).or_else(|| self.ghost(area, id, now))
    }

    /// Whether a whole lot can hold anything asked for; so a listing of one's own does not walk over Amazon's.
    fn lot_fits(&self, call: &ImagesCall, lot: &ImageFamily) -> bool {
        let family = &lot.family;
        let own = *lot.owner() == self.account;
        // What looks for pending copies, every few seconds, need not walk over everything that is available.
        let states = call.filters.iter().filter(|f| f.name == "state");
        let in_state = states
            .flat_map(|f| f.values.iter().map(|v| glob(v, ImageState::parse(&family.state).as_str())))
            .reduce(|a, b| a || b);
        (own || family.access != Access::Private)
            && in_state != Some(false)
            && self.owner_fits(&call.owners, lot.owner().as_str(), family.owner_alias.as_deref())
            && self.executable_fits(
                &call.executable_by,
                family.access == Access::Shared,
                family.access == Access::Public,
            )
    }

    fn owner_fits(&self, owners: &[String], owner: &str, alias: Option<&str>) -> bool {
        owners.is_empty()
            || owners
                .iter()
                .any(|o| o == owner || (o == "self" && owner == self.account.as_str()) || alias.is_some_and(|a| a == o))
    }

    fn executable_fits(&self, by: &[String], shared: bool, public: bool) -> bool {
        by.is_empty()
            || by.iter().any(|who| match who.as_str() {
                "self" => shared,
                "all" => public,
                account => account == self.account.as_str() && shared,
            })
    }

    fn wanted(&self, call: &ImagesCall, seen: &SeenImage) -> bool {
        let image = &seen.image;
        let own = image.owner_id == self.account;
        let deprecated = image.deprecated.is_some_and(|t| t <= self.start);
        (image.state != ImageState::Disabled || (own && call.include_disabled))
            // One's own deprecated images are always listed, and any that is asked for by id.
            && (!deprecated || own || call.include_deprecated || !call.ids.is_empty())
            && self.owner_fits(&call.owners, image.owner_id.as_str(), image.image_owner_alias.as_deref())
            && self.executable_fits(&call.executable_by, seen.shared, image.public)
    }

    /// `DescribeSnapshots`.
    pub(crate) fn describe_snapshots(
        &self,
        region: &Region,
        call: &SnapshotsCall,
        now: Timestamp,
    ) -> Result<Page<SeenSnapshot>, ApiError> {
        let area = self.enabled(region)?;
        filters::check(&call.filters, false)?;
        call.owners.iter().try_for_each(|owner| check_owner(owner))?;
        let wanted = |seen: &SeenSnapshot| {
            let owner = seen.owner.as_str();
            self.owner_fits(&call.owners, owner, None)
                && filters::snapshot(&call.filters, &seen.snapshot, owner, &format::date(seen.started))
        };
        if !call.ids.is_empty() {
            if call.page.max.is_some() {
                return Err(both("snapshotIds", "maxResults"));
            }
            let find = |id: &String| {
                check_snapshot_id(id)?;
                self.snapshot(area, id, now).ok_or_else(|| no_snapshot(id))
            };
            let mut items = call.ids.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            items.retain(wanted);
            return Ok(Page { items, next: None });
        }
        let (start, room) = call.page.start(5)?;
        let mut walk = Walk { room, next: None };
        let mut items = Vec::new();
        for (id, made) in area.snapshots.iter().filter(|(id, _)| start.comes_to(id.as_str())) {
            let Some(seen) = self.made_snapshot(area, made, now) else { continue };
            if !walk.take(|| Cursor::Made(before(id.as_str()))) {
                break;
            }
            items.push(seen);
        }
        let lots = |lot: &ImageFamily| {
            self.owner_fits(&call.owners, lot.owner().as_str(), None) && lot_may_match(&call.filters, area)
        };
        walk.lots(&start, area, lots, |lot, index| {
            let disks = lot.volumes(index).len();
            items.extend((0..disks).filter_map(|d| self.see_lot_snapshot(area, lot, index, d)).filter(wanted));
        });
        items.retain(wanted);
        Ok(Page { items, next: walk.next.map(|c| c.token()) })
    }
}

/// Whether the snapshots of lots can pass: those a poll of copies asks for cannot, by their descriptions or their tags, and so
/// it costs nothing in a world with a hundred thousand images.
fn lot_may_match(filters: &[Filter], area: &RegionState) -> bool {
    let described = |pattern: &String| {
        let fixed = pattern.split(['*', '?', '\\']).next().unwrap_or_default();
        fixed.starts_with(ImageFamily::DESCRIPTION) || ImageFamily::DESCRIPTION.starts_with(fixed)
    };
    filters.iter().all(|filter| match filter.name.as_str() {
        "description" => filter.values.iter().any(described),
        // They begin without tags.
        name if name.starts_with("tag") => area.tags.keys().any(|id| id.starts_with("snap-")),
        _ => true,
    })
}

fn both(one: &str, other: &str) -> ApiError {
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
struct Walk {
    room: usize,
    next: Option<Cursor>,
}

impl Walk {
    /// Room for one more? If not, the next page begins at this cursor.
    fn take(&mut self, here: impl FnOnce() -> Cursor) -> bool {
        if self.next.is_some() {
            return false;
        }
        if self.room == 0 {
            self.next = Some(here());
            return false;
        }
        self.room -= 1;
        true
    }

    fn lots(
        &mut self,
        start: &Cursor,
        area: &RegionState,
        fits: impl Fn(&ImageFamily) -> bool,
        mut each: impl FnMut(&ImageFamily, u32),
    ) {
        let (first, index) = match start {
            Cursor::Made(_) => (0, 0),
            Cursor::Lot { number, index } => (*number, *index),
        };
        for (number, lot) in area.families.iter().enumerate().skip(first).filter(|(_, lot)| fits(lot)) {
            let from = if number == first { index } else { 0 };
            for index in from..lot.count() {
                if !self.take(|| Cursor::Lot { number, index }) {
                    return;
                }
                each(lot, index);
            }
        }
    }
}
