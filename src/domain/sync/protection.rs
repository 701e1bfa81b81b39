//! The rules that keep an old copy, by what it is itself and by who needs it.

use jiff::{SignedDuration, Timestamp};

use super::{
    account_state::PendingCopies,
    action::KeepReason,
    planner::Planner,
    policy::{RetireMode, Retiring, SyncPolicy},
    tag::{POLICY_TAG, made_by_sync},
};
use crate::domain::{
    account::AccountId,
    ids::ImageId,
    image::{Image, ImageState},
    image_usage::ImageUsage,
    orphans::KEPT_TAG,
    usage_report::Reported,
};

/// A deprecation date that is no further ahead counts as come: sync itself sets one a little ahead, because EC2 takes none in the past.
const DEPRECATION_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// A copy that was launched within this time is in use: EC2 reports of a launch a day later, and references do not show every user.
pub const RECENT_LAUNCH: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Planner<'_> {
    /// Returns the first rule that keeps a copy; the users last, because reading them takes calls for each image.
    pub(super) fn protection(&self, image: &Image, retiring: &Retiring) -> Option<KeepReason> {
        let account_state = self.account_state;
        let by_itself = by_itself(image, retiring, account_state.now);
        by_itself
            .or_else(|| account_state.being_removed.contains(&image.id).then_some(KeepReason::BeingRemoved))
            .or_else(|| account_state.deregistered.contains(&image.id).then_some(KeepReason::Restored))
            .or_else(|| account_state.is_being_copied(image).then_some(KeepReason::SourceOfCopies))
            .or_else(|| being_copied(image, retiring.mode, account_state.pending.as_ref()))
            .or_else(|| users(account_state.usage.get(&(image.region.clone(), image.id.clone())), &image.owner_id))
    }
}

/// What was read of an image right before it is retired.
#[derive(Debug, Clone, Copy)]
pub struct RecheckInput<'a> {
    pub image: &'a Image,
    pub usage: Option<&'a ImageUsage>,
    pub pending: Option<&'a PendingCopies>,
    /// The newer versions that the plan knows, because of which it is retired.
    pub newer: &'a [ImageId],
    /// Those of them that are still available.
    pub available: &'a [ImageId],
}

/// Checks an image once more, as it was just read, before it is retired. Returns the rule that keeps it.
pub fn recheck(
    input: &RecheckInput<'_>,
    account: &AccountId,
    policy: &SyncPolicy,
    retiring: &Retiring,
    now: Timestamp,
) -> Option<KeepReason> {
    let image = input.image;
    let proof = made_by_sync(image, account).err().map(KeepReason::NotOurs);
    let missing = || input.newer.is_empty() || input.newer.iter().any(|newer| !input.available.contains(newer));
    proof
        .or_else(|| of_policy(image, policy))
        .or_else(|| missing().then_some(KeepReason::CopiesFirst))
        .or_else(|| by_itself(image, retiring, now))
        .or_else(|| being_copied(image, retiring.mode, input.pending))
        .or_else(|| users(input.usage, account))
}

/// Returns why an image is not the policy's to retire.
pub(super) fn of_policy(image: &Image, policy: &SyncPolicy) -> Option<KeepReason> {
    match image.tag(POLICY_TAG) {
        None => Some(KeepReason::NoPolicyTag),
        Some(value) => (value != policy.tag_value(&image.region)).then_some(KeepReason::MadeForOtherPolicy),
    }
}

/// Returns the rule that keeps an image for what it is itself.
pub(super) fn by_itself(image: &Image, retiring: &Retiring, now: Timestamp) -> Option<KeepReason> {
    match (image.state, retiring.mode) {
        (ImageState::Available, _) | (ImageState::Disabled, RetireMode::Deregister) => {}
        (ImageState::Disabled, _) => return Some(KeepReason::AlreadyRetired),
        (ImageState::Pending | ImageState::Transient, _) => return Some(KeepReason::Pending),
        (state, _) => return Some(KeepReason::NotAvailable(state)),
    }
    let age = image.created.map(|created| now.duration_since(created));
    if retiring.mode == RetireMode::Deprecate && image.deprecated.is_some_and(|at| at <= now + DEPRECATION_TOLERANCE) {
        Some(KeepReason::AlreadyRetired)
    } else if image.deregistration_protection.as_deref().is_some_and(|state| state != "disabled") {
        Some(KeepReason::Protected)
    } else if image.tag(KEPT_TAG).is_some() {
        Some(KeepReason::Tagged)
    } else if age.is_none_or(|age| age < retiring.min_age) {
        Some(KeepReason::TooYoung)
    } else if image.public {
        Some(KeepReason::Shared)
    } else {
        let launched = image.last_launched.filter(|at| now.duration_since(*at) < RECENT_LAUNCH);
        launched.map(KeepReason::RecentlyLaunched)
    }
}

/// Returns why copies of an image may be under way somewhere. A copy of a deprecated image continues.
fn being_copied(image: &Image, mode: RetireMode, pending: Option<&PendingCopies>) -> Option<KeepReason> {
    match pending {
        _ if mode == RetireMode::Deprecate => None,
        None => Some(KeepReason::UsageNotRead),
        Some(pending) if pending.sources.contains(&image.id) => Some(KeepReason::SourceOfCopies),
        Some(pending) => pending.unknown.clone().map(KeepReason::CopiesUnknown),
    }
}

/// Returns why an image counts as used; `None` if all of it was read and nobody uses it.
fn users(usage: Option<&ImageUsage>, owner: &AccountId) -> Option<KeepReason> {
    let Some(usage) = usage else { return Some(KeepReason::UsageNotRead) };
    if let Some(failure) = usage.failures().next() {
        return Some(KeepReason::UsageUnknown(failure.to_string()));
    }
    if let Some(reference) = usage.references.iter().flatten().next() {
        return Some(KeepReason::InUse(reference.to_string()));
    }
    // Without a report nothing is known of other accounts: then only sharing keeps it.
    if let Some(Ok(reported @ Reported::Available { .. })) = &usage.reported
        && let Some((other, _)) = reported.by_account().into_iter().find(|(other, _)| *other != owner)
    {
        return Some(KeepReason::InUse(format!("account {other}, by a usage report")));
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
