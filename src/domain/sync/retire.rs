//! Which old copies are retired, and by which rule others are kept. When in doubt, a copy is kept.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    action::{Action, ActionKind, KeepReason, Refusal, SkipReason, Stage, misses_copies},
    planner::Planner,
    policy::Retiring,
    protection::{by_itself, of_policy},
    sources::Sources,
    tag::{NotOurs, POLICY_TAG, SYNC_TAG, SyncTag, made_by_sync},
    version_status::{PolicyInRegion, VersionStatus, kept_by_other, version_status},
    versions::AvailableVersions,
};
use crate::domain::{
    account::AccountId,
    derived_token::JOB_TAG,
    image::{Image, ImageState},
    region::Region,
};

impl Planner<'_> {
    /// Adds which of a policy's old copies are retired, and which are kept by a rule. `all` are the sources of every policy.
    pub(super) fn add_retired(&mut self, n: usize, all: &[Option<Sources<'_>>]) {
        let policies = self.policies;
        if policies[n].retiring().is_none() {
            return;
        }
        for region in &policies[n].to {
            let Some(own) = self.account_state.own(region) else { continue };
            let own: Vec<&Arc<Image>> = own.collect();
            let pending_sources = self.pending_sources(n, region);
            let of_route = self.of_route(n, region, &own, all);
            let Some(this) = of_route.iter().find(|other| other.policy == n) else { continue };
            let mut old: Vec<(&Arc<Image>, ActionKind)> = Vec::new();
            for image in own.iter().filter(|image| image.tag(SYNC_TAG).is_some()) {
                old.extend(self.judge(image, region, this, &of_route).map(|kind| (*image, kind)));
            }
            keep_shared_job_tags(&own, &mut old, &self.account_state.account);
            if misses_copies(&self.actions, self.stage, n, region) {
                for (_, kind) in old.iter_mut().filter(|(_, kind)| matches!(kind, ActionKind::Retire { .. })) {
                    *kind = ActionKind::Keep(KeepReason::CopiesFirst);
                }
            }
            self.keep_last(this.sources, &own, &pending_sources, &mut old);
            let families_left_empty = self.families_left_empty(this, &own, &pending_sources, &old, region);
            self.refusals.extend(families_left_empty);
            for (image, kind) in old {
                let known = |action: &Action| {
                    let copied = matches!(action.kind, ActionKind::Copy(_) | ActionKind::Skip(..));
                    !copied && action.image.id == image.id
                };
                if !self.actions.iter().any(known) {
                    let (region, image) = (Some(region.clone()), Arc::clone(image));
                    self.actions.push(Action { policy: n, region, image, kind });
                }
            }
        }
    }

    /// Returns the policies of the same route, this one among them.
    fn of_route<'a>(
        &self,
        n: usize,
        region: &Region,
        own: &[&Arc<Image>],
        all: &'a [Option<Sources<'a>>],
    ) -> Vec<PolicyInRegion<'a>> {
        let from = &self.policies[n].from;
        let of_policy = |(m, sources): (usize, &'a Option<Sources<'a>>)| {
            let (policy, sources) = (&self.policies[m], sources.as_ref()?);
            if policy.from != *from || !policy.to.contains(region) {
                return None;
            }
            let retiring = sources.retiring();
            let versions = retiring.map(|_| self.versions(m, region, sources, own)).unwrap_or_default();
            let other_keeps = if m == n { self.other_keeps(m, own) } else { Vec::new() };
            Some(PolicyInRegion { policy: m, sources, retiring, versions, other_keeps })
        };
        all.iter().enumerate().filter_map(of_policy).collect()
    }

    /// Returns the sources whose copies are about to be there; none once all copies were made.
    fn pending_sources(&self, n: usize, region: &Region) -> Vec<Arc<Image>> {
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
        let before = self.stage == Stage::BeforeCopies;
        self.actions.iter().filter(|_| before).filter(comes).map(|action| Arc::clone(&action.image)).collect()
    }

    /// Returns the versions of each family that are available in a region as the policy wants them, or are about to be.
    fn versions(&self, n: usize, region: &Region, sources: &Sources<'_>, own: &[&Arc<Image>]) -> AvailableVersions {
        let mut versions = AvailableVersions::default();
        for copy in own.iter().filter(|copy| self.is_available(copy) && !self.lacks_encryption(n, copy)) {
            if let Some(source) = copy.source_image_id.as_ref().filter(|_| sources.concerns(copy)) {
                let (made, line) = (sources.version_time(copy), sources.line(copy));
                versions.add(sources.family(copy), source, made, line, Some(&copy.id));
            }
        }
        for source in self.pending_sources(n, region) {
            let (family, line) = (sources.family_of_source(&source), sources.line_of_source(&source));
            versions.add(family, &source.id, source.created, line, None);
        }
        versions
    }

    fn is_available(&self, image: &Image) -> bool {
        image.state == ImageState::Available && !self.account_state.being_removed.contains(&image.id)
    }

    /// Decides about one image with sync's tag, as far as it is the policy's; `None` if the policy has nothing to say about it, or it is
    /// among the versions to keep.
    fn judge(
        &self,
        image: &Arc<Image>,
        region: &Region,
        this: &PolicyInRegion<'_>,
        of_route: &[PolicyInRegion<'_>],
    ) -> Option<ActionKind> {
        let policy = &self.policies[this.policy];
        let others = || of_route.iter().filter(|other| other.policy != this.policy && other.sources.concerns(image));
        let tag = match made_by_sync(image, &self.account_state.account) {
            Ok(tag) => tag,
            Err(why) => {
                let about = tag_names(image, &policy.from) || this.sources.concerns(image);
                return about.then_some(ActionKind::Keep(KeepReason::NotOurs(why)));
            }
        };
        if tag.source_region != policy.from {
            return None;
        }
        if !this.sources.concerns(image) {
            let nobodys = others().next().is_none();
            return nobodys.then_some(ActionKind::Keep(KeepReason::SourceDoesNotMatch));
        }
        let (keep, retiring) = this.retiring?;
        if this.sources.lacks_family(image) {
            return Some(ActionKind::Keep(of_policy(image, policy).unwrap_or(KeepReason::Unnamed)));
        }
        let status = version_status(image, &tag, this, of_route);
        if matches!(status, VersionStatus::Current) {
            return None;
        }
        let kept = of_policy(image, policy);
        if kept == Some(KeepReason::MadeForOtherPolicy) {
            let value = image.tag(POLICY_TAG);
            let is_other = |other: &PolicyInRegion<'_>| Some(&*self.policies[other.policy].tag_value(region)) == value;
            if of_route.iter().any(is_other) {
                return None;
            }
        }
        let newer = match status {
            VersionStatus::Superseded(newer) => newer,
            VersionStatus::Undated => return Some(ActionKind::Keep(kept.unwrap_or(KeepReason::Undated))),
            VersionStatus::OtherLine => return Some(ActionKind::Keep(kept.unwrap_or(KeepReason::OtherLine))),
            VersionStatus::Current => return None,
        };
        let wanted_by = others().find(|other| !self.retires_too(image, &tag, retiring, other, of_route));
        let kept = kept
            .or_else(|| wanted_by.map(|other| KeepReason::OtherPolicy(other.policy)))
            .or_else(|| kept_by_other(image, &tag, this, retiring.mode).map(KeepReason::OtherKeep))
            .or_else(|| self.protection(image, retiring));
        Some(match kept {
            Some(reason) => ActionKind::Keep(reason),
            None => ActionKind::Retire { mode: retiring.mode, family: this.sources.family(image), keep, newer },
        })
    }

    /// Returns true if another policy that is about the same copy would retire it at least as thoroughly.
    fn retires_too(
        &self,
        image: &Arc<Image>,
        tag: &SyncTag,
        retiring: &Retiring,
        other: &PolicyInRegion<'_>,
        of_route: &[PolicyInRegion<'_>],
    ) -> bool {
        let Some((_, others)) = other.retiring.filter(|(_, others)| others.mode >= retiring.mode) else { return false };
        matches!(version_status(image, tag, other, of_route), VersionStatus::Superseded(_))
            && by_itself(image, others, self.account_state.now).is_none()
    }

    /// Keeps the newest old copy of each family of which nothing else would be available.
    fn keep_last(
        &self,
        sources: &Sources<'_>,
        own: &[&Arc<Image>],
        pending_sources: &[Arc<Image>],
        old: &mut [(&Arc<Image>, ActionKind)],
    ) {
        let families: BTreeSet<String> = old.iter().filter_map(|(_, kind)| retired_family(kind)).collect();
        for family in families {
            let is_retired = |image: &Image| {
                old.iter().any(|(other, kind)| other.id == image.id && matches!(kind, ActionKind::Retire { .. }))
            };
            let current = |image: &Image| image.deprecated.is_none_or(|at| at > self.account_state.now);
            let remains = own.iter().any(|image| {
                self.is_available(image) && current(image) && !is_retired(image) && sources.family(image) == family
            });
            if remains || pending_sources.iter().any(|source| sources.family_of_source(source) == family) {
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

    /// Returns refusals to retire every copy of a family in a region that sync has made.
    fn families_left_empty(
        &self,
        this: &PolicyInRegion<'_>,
        own: &[&Arc<Image>],
        pending_sources: &[Arc<Image>],
        old: &[(&Arc<Image>, ActionKind)],
        region: &Region,
    ) -> Vec<Refusal> {
        let sources = this.sources;
        let mut families: BTreeSet<String> = old.iter().filter_map(|(_, kind)| retired_family(kind)).collect();
        let is_retired = |image: &Image| {
            old.iter().any(|(other, kind)| other.id == image.id && matches!(kind, ActionKind::Retire { .. }))
        };
        families.retain(|family| {
            let remains = own.iter().any(|image| {
                let is_ours = made_by_sync(image, &self.account_state.account).is_ok();
                is_ours && self.is_available(image) && !is_retired(image) && sources.family(image) == *family
            });
            !remains && !pending_sources.iter().any(|source| sources.family_of_source(source) == *family)
        });
        let refusal = |family| Refusal::RetiresAll { policy: this.policy, family, region: region.clone() };
        families.into_iter().map(refusal).collect()
    }
}

/// Keeps old copies that have their job tag in common with another image of the region whose proof is as good.
fn keep_shared_job_tags(own: &[&Arc<Image>], old: &mut [(&Arc<Image>, ActionKind)], account: &AccountId) {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let proven = own.iter().filter(|image| made_by_sync(image, account).is_ok());
    for job in proven.filter_map(|image| image.tag(JOB_TAG)) {
        *numbers.entry(job).or_default() += 1;
    }
    for (image, kind) in old.iter_mut().filter(|(_, kind)| matches!(kind, ActionKind::Retire { .. })) {
        if image.tag(JOB_TAG).is_some_and(|job| numbers.get(job).is_some_and(|number| *number > 1)) {
            *kind = ActionKind::Keep(KeepReason::NotOurs(NotOurs::SharedJobTag));
        }
    }
}

/// Returns true if the tag says that the image comes from this region.
fn tag_names(image: &Image, from: &Region) -> bool {
    image.tag(SYNC_TAG).and_then(|value| value.split('/').next()) == Some(from.as_str())
}

fn retired_family(kind: &ActionKind) -> Option<String> {
    match kind {
        ActionKind::Retire { family, .. } => Some(family.clone()),
        _ => None,
    }
}
