//! Whether a copy is old: by the policy itself, and by what else is written on the policy's copies.

use std::sync::Arc;

use super::{
    keep_tag::{KEEP_TAG, KeepTag, OtherKeep},
    planner::Planner,
    policy::{RetireMode, Retiring},
    protection::of_policy,
    sources::Sources,
    tag::{SyncTag, made_by_sync},
    versions::{AvailableVersions, VersionContext},
};
use crate::domain::{
    ids::ImageId,
    image::{Image, ImageState},
};

/// A policy in one of its destinations.
pub(super) struct PolicyInRegion<'a> {
    pub(super) policy: usize,
    pub(super) sources: &'a Sources<'a>,
    /// How many versions it keeps there, and what it does with older ones.
    pub(super) retiring: Option<(usize, &'a Retiring)>,
    /// The versions that are there, as it sees them; none if it retires nothing.
    pub(super) versions: AvailableVersions,
    /// What else is written on its copies: how many are kept, as another host or an earlier run had it.
    pub(super) other_keeps: Vec<OtherKeep>,
}

/// Whether newer versions supersede a copy.
pub(super) enum VersionStatus {
    /// It is among the versions to keep, or a policy wants its source there.
    Current,
    /// Nobody knows when its version was made.
    Undated,
    /// Newer versions are of another line only.
    OtherLine,
    /// Enough newer versions are there: these are available.
    Superseded(Vec<ImageId>),
}

/// Returns whether a copy is old for a policy. None is whose source a policy wants there.
pub(super) fn version_status(
    image: &Arc<Image>,
    tag: &SyncTag,
    this: &PolicyInRegion<'_>,
    of_route: &[PolicyInRegion<'_>],
) -> VersionStatus {
    let wants = |other: &PolicyInRegion<'_>| {
        other.sources.wanted.contains(&tag.source) || other.sources.is_origin_of_wanted(image)
    };
    if of_route.iter().any(wants) {
        return VersionStatus::Current;
    }
    let Some((keep, _)) = this.retiring else { return VersionStatus::Current };
    let family = this.sources.family(image);
    let Some(among) = among(image, tag, this, &family) else {
        let enough = this.versions.has_others(&family, &tag.source, keep);
        return if enough { VersionStatus::Undated } else { VersionStatus::Current };
    };
    match this.versions.newer(among, keep) {
        Some(newer) => VersionStatus::Superseded(newer),
        None if this.versions.has_newer(among, keep) => VersionStatus::OtherLine,
        None => VersionStatus::Current,
    }
}

/// Returns the first other number of versions, written on the policy's copies, that keeps this one.
pub(super) fn kept_by_other(
    image: &Image,
    tag: &SyncTag,
    this: &PolicyInRegion<'_>,
    mode: RetireMode,
) -> Option<OtherKeep> {
    let family = this.sources.family(image);
    let among = among(image, tag, this, &family);
    let keeps = |other: &&OtherKeep| {
        let before = match other {
            OtherKeep::Is(other) => other.keeps_before(mode),
            OtherKeep::Pattern | OtherKeep::Unreadable => None,
        };
        let retires = before.zip(among).is_some_and(|(keep, among)| this.versions.newer(among, keep.get()).is_some());
        !retires
    };
    this.other_keeps.iter().find(keeps).copied()
}

fn among<'a>(
    image: &Image,
    tag: &'a SyncTag,
    this: &PolicyInRegion<'_>,
    family: &'a str,
) -> Option<VersionContext<'a>> {
    let made = this.sources.version_time(image)?;
    Some(VersionContext { family, source: &tag.source, made, line: this.sources.line(image) })
}

impl Planner<'_> {
    /// Returns what is written on a policy's copies in a region of how many are kept, where that is not what the policy has.
    pub(super) fn other_keeps(&self, n: usize, own: &[&Arc<Image>]) -> Vec<OtherKeep> {
        let policy = &self.policies[n];
        if policy.override_keep {
            return Vec::new();
        }
        let this = KeepTag::of(policy);
        let is_copy = |image: &&&Arc<Image>| {
            let state = matches!(image.state, ImageState::Available | ImageState::Pending | ImageState::Disabled);
            let there = state && !self.account_state.being_removed.contains(&image.id);
            there && made_by_sync(image, &self.account_state.account).is_ok() && of_policy(image, policy).is_none()
        };
        let mut others = Vec::new();
        // Early versions have not written it.
        let values = own.iter().filter(is_copy).filter_map(|image| image.tag(KEEP_TAG));
        for other in values.filter_map(|value| this.difference(value)) {
            if !others.contains(&other) {
                others.push(other);
            }
        }
        others
    }
}
