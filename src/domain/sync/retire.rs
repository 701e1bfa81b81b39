//! Which old copies are retired, and by which rule others are kept. In doubt a copy is kept.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    action::{Action, ActionKind, KeepReason, Refusal, SkipReason, Stage},
    belonging::Sources,
    planner::Planner,
    policy::{RetireMode, Retiring, SyncPolicy},
    tag::{SYNC_TAG, made_by_sync},
};
use crate::domain::{
    account::AccountId,
    ids::ImageId,
    image::{Image, ImageState},
    image_usage::ImageUsage,
    region::Region,
};

/// A deprecation date that is no further ahead counts as come: sync itself sets one a little ahead, because EC2 takes none in the past.
const SOON: SignedDuration = SignedDuration::from_mins(5);
/// A copy that was launched within this time is in use: EC2 tells of a launch a day later, and references do not show every user.
pub const RECENT_LAUNCH: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Planner<'_> {
    /// Adds which of a policy's old copies are retired, and which are kept by a rule. `all` are the sources of every policy.
    pub(super) fn add_retired(&mut self, n: usize, sources: &Sources<'_>, all: &[Option<Sources<'_>>]) {
        let policy = &self.policies[n];
        let Some((keep, retiring)) = policy.retiring() else { return };
        for region in &policy.to {
            let Some(own) = self.world.own(region) else { continue };
            let own: Vec<&Arc<Image>> = own.collect();
            let coming = self.coming(n, region);
            let newest = self.newest(sources, &own, &coming, keep.get());
            let of_others = |image: &Image| self.others(n, region, all).any(|other| other.concerns(image));
            let mut old: Vec<(&Arc<Image>, ActionKind)> = Vec::new();
            for image in own.iter().filter(|image| image.tag(SYNC_TAG).is_some()) {
                let kind = match made_by_sync(image, &self.world.account) {
                    Err(why) if claims(image, &policy.from) || sources.concerns(image) => {
                        ActionKind::Keep(KeepReason::NotOurs(why))
                    }
                    Err(_) => continue,
                    Ok(tag) if tag.source_region != policy.from => continue,
                    Ok(_) if !sources.concerns(image) && of_others(image) => continue,
                    Ok(_) if !sources.concerns(image) => ActionKind::Keep(KeepReason::SourceDoesNotMatch),
                    Ok(tag) if newest.contains(&tag.source) || self.is_wanted(&tag.source, n, region, all) => continue,
                    Ok(_) => self.retire(image, retiring, sources, keep.get()),
                };
                old.push((image, kind));
            }
            if self.misses_copies(n, region) {
                for (_, kind) in old.iter_mut().filter(|(_, kind)| matches!(kind, ActionKind::Retire { .. })) {
                    *kind = ActionKind::Keep(KeepReason::CopiesFirst);
                }
            }
            self.keep_last(sources, &own, &coming, &mut old);
            self.refuse_all(n, region, sources, &own, &coming, &old);
            for (image, kind) in old {
                let known = |action: &Action| {
                    let retiring = matches!(action.kind, ActionKind::Retire { .. } | ActionKind::Keep(_));
                    retiring && action.image.id == image.id
                };
                if !self.actions.iter().any(known) {
                    let (region, image) = (Some(region.clone()), Arc::clone(image));
                    self.actions.push(Action { policy: n, region, image, kind });
                }
            }
        }
    }

    /// Returns the sources whose copies are about to be there; none once all copies were made.
    fn coming(&self, n: usize, region: &Region) -> Vec<Arc<Image>> {
        let comes = |action: &&Action| {
            let on_its_way = match &action.kind {
                ActionKind::Copy(_) => true,
                ActionKind::Skip(why, _) => {
                    matches!(why, SkipReason::Pending(_) | SkipReason::UnderWay | SkipReason::OtherPolicy(_))
                }
                _ => false,
            };
            on_its_way && action.policy == n && action.region.as_ref() == Some(region)
        };
        let before = self.stage == Stage::Before;
        self.actions.iter().filter(|_| before).filter(comes).map(|action| Arc::clone(&action.image)).collect()
    }

    /// Returns the sources of the newest versions of each family that are available in a region, or are about to be.
    fn newest(
        &self,
        sources: &Sources<'_>,
        own: &[&Arc<Image>],
        coming: &[Arc<Image>],
        keep: usize,
    ) -> HashSet<ImageId> {
        let mut versions: BTreeMap<String, BTreeSet<(Option<Timestamp>, ImageId)>> = BTreeMap::new();
        for copy in own.iter().filter(|copy| self.is_available(copy) && sources.concerns(copy)) {
            if let Some(source) = &copy.source_image_id {
                let version = (sources.version_time(copy), source.clone());
                versions.entry(sources.family(copy)).or_default().insert(version);
            }
        }
        for source in coming {
            let family = self.world.pattern.family(&source.name).to_owned();
            versions.entry(family).or_default().insert((source.created, source.id.clone()));
        }
        versions.into_values().flat_map(|all| all.into_iter().rev().take(keep)).map(|(_, source)| source).collect()
    }

    fn is_available(&self, image: &Image) -> bool {
        image.state == ImageState::Available && !self.world.being_removed.contains(&image.id)
    }

    /// Returns the sources of the other policies of the same route.
    fn others<'a>(
        &'a self,
        n: usize,
        region: &'a Region,
        all: &'a [Option<Sources<'a>>],
    ) -> impl Iterator<Item = &'a Sources<'a>> {
        let same_route = move |policy: &SyncPolicy| policy.from == self.policies[n].from && policy.to.contains(region);
        all.iter()
            .enumerate()
            .filter(move |(m, _)| *m != n && same_route(&self.policies[*m]))
            .filter_map(|(_, sources)| sources.as_ref())
    }

    /// Returns true if any policy wants a copy of the source in the region.
    fn is_wanted(&self, source: &ImageId, n: usize, region: &Region, all: &[Option<Sources<'_>>]) -> bool {
        let own = all[n].iter().any(|sources| sources.wanted.contains(source));
        own || self.others(n, region, all).any(|sources| sources.wanted.contains(source))
    }

    /// Returns true if a copy that the policy wants in the region is not there, nor on its way before the copies are made.
    fn misses_copies(&self, n: usize, region: &Region) -> bool {
        let misses = |kind: &ActionKind| match (kind, self.stage) {
            (ActionKind::Skip(why, _), Stage::Before) => why.is_failure(),
            (ActionKind::Skip(why, _), Stage::After) => why.is_missing(),
            (ActionKind::Copy(_), Stage::After) => true,
            _ => false,
        };
        let here = |action: &&Action| action.policy == n && action.region.as_ref() == Some(region);
        self.actions.iter().filter(here).any(|action| misses(&action.kind))
    }

    /// Decides about one old copy by itself.
    fn retire(&self, image: &Image, retiring: &Retiring, sources: &Sources<'_>, keep: usize) -> ActionKind {
        match self.protection(image, retiring) {
            Some(reason) => ActionKind::Keep(reason),
            None => ActionKind::Retire { mode: retiring.mode, family: sources.family(image), keep },
        }
    }

    /// Returns the first rule that keeps a copy; the users last, because reading them takes calls for each image.
    fn protection(&self, image: &Image, retiring: &Retiring) -> Option<KeepReason> {
        let world = self.world;
        let by_itself = by_itself(image, retiring, world.now);
        by_itself
            .or_else(|| world.being_removed.contains(&image.id).then_some(KeepReason::BeingRemoved))
            .or_else(|| world.is_being_copied(image).then_some(KeepReason::SourceOfCopies))
            .or_else(|| users(world.usage.get(&(image.region.clone(), image.id.clone()))))
    }

    /// Keeps the newest old copy of each family of which nothing else would be available.
    fn keep_last(
        &self,
        sources: &Sources<'_>,
        own: &[&Arc<Image>],
        coming: &[Arc<Image>],
        old: &mut [(&Arc<Image>, ActionKind)],
    ) {
        let families: BTreeSet<String> = old.iter().filter_map(|(_, kind)| retired_family(kind)).collect();
        for family in families {
            let goes = |image: &Image| {
                old.iter().any(|(other, kind)| other.id == image.id && matches!(kind, ActionKind::Retire { .. }))
            };
            let current = |image: &Image| image.deprecated.is_none_or(|at| at > self.world.now);
            let stays = own.iter().any(|image| {
                self.is_available(image) && current(image) && !goes(image) && sources.family(image) == family
            });
            let comes = coming.iter().any(|source| self.world.pattern.family(&source.name) == family);
            if stays || comes {
                continue;
            }
            let mut of_family: Vec<&mut (&Arc<Image>, ActionKind)> =
                old.iter_mut().filter(|(_, kind)| retired_family(kind).as_ref() == Some(&family)).collect();
            of_family.sort_by_key(|(image, _)| {
                (image.state == ImageState::Available, current(image), sources.version_time(image), image.id.clone())
            });
            if let Some((_, kind)) = of_family.pop() {
                *kind = ActionKind::Keep(KeepReason::LastAvailable);
            }
        }
    }

    /// Refuses to retire every copy of a family in a region that sync has made.
    fn refuse_all(
        &mut self,
        n: usize,
        region: &Region,
        sources: &Sources<'_>,
        own: &[&Arc<Image>],
        coming: &[Arc<Image>],
        old: &[(&Arc<Image>, ActionKind)],
    ) {
        let families: BTreeSet<String> = old.iter().filter_map(|(_, kind)| retired_family(kind)).collect();
        for family in families {
            let goes = |image: &Image| {
                old.iter().any(|(other, kind)| other.id == image.id && matches!(kind, ActionKind::Retire { .. }))
            };
            let stays = own.iter().any(|image| {
                let is_ours = made_by_sync(image, &self.world.account).is_ok();
                is_ours && self.is_available(image) && !goes(image) && sources.family(image) == family
            });
            if !stays && !coming.iter().any(|source| self.world.pattern.family(&source.name) == family) {
                self.refusals.push(Refusal::RetiresAll { policy: n, family, region: region.clone() });
            }
        }
    }
}

/// Checks an image once more, as it was just read, before it is retired. Returns the rule that keeps it.
pub fn recheck(
    image: &Image,
    usage: Option<&ImageUsage>,
    account: &AccountId,
    retiring: &Retiring,
    now: Timestamp,
) -> Option<KeepReason> {
    let proof = made_by_sync(image, account).err().map(KeepReason::NotOurs);
    proof.or_else(|| by_itself(image, retiring, now)).or_else(|| users(usage))
}

/// Returns the rule that keeps an image for what it is itself.
fn by_itself(image: &Image, retiring: &Retiring, now: Timestamp) -> Option<KeepReason> {
    match (image.state, retiring.mode) {
        (ImageState::Available, _) | (ImageState::Disabled, RetireMode::Deregister) => {}
        (ImageState::Disabled, _) => return Some(KeepReason::AlreadyRetired),
        (ImageState::Pending | ImageState::Transient, _) => return Some(KeepReason::Pending),
        (state, _) => return Some(KeepReason::NotAvailable(state)),
    }
    let age = image.created.map(|created| now.duration_since(created));
    if retiring.mode == RetireMode::Deprecate && image.deprecated.is_some_and(|at| at <= now + SOON) {
        Some(KeepReason::AlreadyRetired)
    } else if image.deregistration_protection.as_deref().is_some_and(|state| state != "disabled") {
        Some(KeepReason::Protected)
    } else if age.is_none_or(|age| age < retiring.min_age) {
        Some(KeepReason::TooYoung)
    } else if image.public {
        Some(KeepReason::Shared)
    } else {
        let launched = image.last_launched.filter(|at| now.duration_since(*at) < RECENT_LAUNCH);
        launched.map(KeepReason::RecentlyLaunched)
    }
}

/// Returns true if the tag says that the image comes from this region.
fn claims(image: &Image, from: &Region) -> bool {
    image.tag(SYNC_TAG).and_then(|value| value.split('/').next()) == Some(from.as_str())
}

fn retired_family(kind: &ActionKind) -> Option<String> {
    match kind {
        ActionKind::Retire { family, .. } => Some(family.clone()),
        _ => None,
    }
}

/// Returns why an image counts as used; `None` if all of it was read and nobody uses it.
fn users(usage: Option<&ImageUsage>) -> Option<KeepReason> {
    let Some(usage) = usage else { return Some(KeepReason::UsageNotRead) };
    if let Some(failure) = usage.failures().next() {
        return Some(KeepReason::UsageUnknown(failure.to_string()));
    }
    if let Some(reference) = usage.references.iter().flatten().next() {
        return Some(KeepReason::InUse(reference.to_string()));
    }
    let any = |empty: Option<bool>| empty == Some(false);
    if any(usage.permissions.as_ref().ok().map(Vec::is_empty)) {
        Some(KeepReason::Shared)
    } else if any(usage.volume_permissions.as_ref().ok().map(Vec::is_empty)) {
        Some(KeepReason::SnapshotsShared)
    } else if any(usage.shared_snapshots.as_ref().ok().map(Vec::is_empty)) {
        Some(KeepReason::SnapshotsUsed)
    } else {
        None
    }
}
