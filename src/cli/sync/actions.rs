//! The plan as records, and what of it is a failure.

use super::policies::Policies;
use crate::{
    cli::records::{SyncAction, SyncRecord},
    domain::{
        Failure, Image,
        sync::{Action, ActionKind, KeepReason, NotOurs, RetireMode, SkipReason, SyncPlan},
        text::clean,
    },
    labels,
};

/// Returns the records of a plan: copies first, then what is retired or kept, then what is there.
pub(super) fn records(plan: &SyncPlan, policies: &Policies<'_>) -> Vec<SyncRecord> {
    let mut records: Vec<SyncRecord> = plan.actions.iter().map(|action| record(action, policies)).collect();
    records.sort_by_key(|record| record.action);
    records
}

fn record(action: &Action, policies: &Policies<'_>) -> SyncRecord {
    let image = action.image.as_ref();
    let policy = |n: usize| policies.name(n);
    let bare = SyncRecord {
        policy: policy(action.policy),
        action: SyncAction::Skip,
        region: action.region.as_ref().map(ToString::to_string),
        source_region: image.region.to_string(),
        source_image_id: Some(image.id.to_string()),
        image_id: None,
        name: image.name.to_string(),
        reason: "",
        message: String::new(),
        result: None,
    };
    match &action.kind {
        ActionKind::Copy(request) => SyncRecord {
            action: SyncAction::Copy,
            name: request.name.to_string(),
            reason: "missing",
            message: format!("not in {} yet", request.destination),
            ..bare
        },
        ActionKind::Skip(reason, request) => SyncRecord {
            image_id: match reason {
                SkipReason::Exists(existing) => Some(existing.image.to_string()),
                SkipReason::Pending(image) => Some(image.to_string()),
                _ => None,
            },
            name: request.as_ref().map_or(bare.name.clone(), |request| request.name.to_string()),
            reason: skip_word(reason),
            message: labels::sync::skip(reason, policy),
            ..bare
        },
        ActionKind::Retire { mode, family, keep, .. } => SyncRecord {
            action: SyncAction::Retire,
            reason: mode.as_str(),
            message: labels::sync::retire(*mode, family, *keep),
            ..of_copy(bare, image)
        },
        ActionKind::RemoveFailed => SyncRecord {
            action: SyncAction::Remove,
            reason: "failed",
            message: labels::sync::FAILED_COPY.into(),
            ..of_copy(bare, image)
        },
        ActionKind::Keep(reason) => SyncRecord {
            action: SyncAction::Keep,
            reason: keep_word(reason),
            message: labels::sync::keep(reason, policy),
            ..of_copy(bare, image)
        },
    }
}

/// The record of an action that is about a copy.
fn of_copy(bare: SyncRecord, image: &Image) -> SyncRecord {
    SyncRecord {
        source_region: image.source_region.as_ref().map(ToString::to_string).unwrap_or_default(),
        source_image_id: image.source_image_id.as_ref().map(ToString::to_string),
        image_id: Some(image.id.to_string()),
        ..bare
    }
}

fn skip_word(reason: &SkipReason) -> &'static str {
    match reason {
        SkipReason::Exists(existing) if existing.is_disabled() => "disabled",
        SkipReason::Exists(existing) if existing.not_encrypted => "not_encrypted",
        SkipReason::Exists(_) => "exists",
        SkipReason::Pending(_) => "pending",
        SkipReason::UnderWay => "under_way",
        SkipReason::NotAvailable(_) => "not_available",
        SkipReason::MadeBySync => "made_by_sync",
        SkipReason::Older => "older",
        SkipReason::NameTaken(_) => "name_taken",
        SkipReason::OtherPolicy(_) => "other_policy",
        SkipReason::Mistake(_) => "cannot_be_copied",
    }
}

pub(super) fn keep_word(reason: &KeepReason) -> &'static str {
    match reason {
        KeepReason::NotOurs(NotOurs::Owner) => "other_owner",
        KeepReason::NotOurs(_) => "not_made_by_sync",
        KeepReason::NoPolicyTag => "no_policy_tag",
        KeepReason::MadeForOtherPolicy => "made_for_other_policy",
        KeepReason::OtherKeep(_) => "other_keep",
        KeepReason::Undated => "undated",
        KeepReason::OtherLine => "other_minor_version",
        KeepReason::Unnamed => "no_source_name",
        KeepReason::Tagged => "on_purpose",
        KeepReason::OtherPolicy(_) => "other_policy",
        KeepReason::SourceDoesNotMatch => "source_does_not_match",
        KeepReason::CopiesFirst => "copies_first",
        KeepReason::Pending => "pending",
        KeepReason::NotAvailable(_) => "not_available",
        KeepReason::AlreadyRetired => "already_retired",
        KeepReason::BeingRemoved => "being_removed",
        KeepReason::Protected => "protected",
        KeepReason::TooYoung => "too_young",
        KeepReason::SourceOfCopies => "source_of_copies",
        KeepReason::CopiesUnknown(_) => "copies_unknown",
        KeepReason::RecentlyLaunched(_) => "recently_launched",
        KeepReason::UsageNotRead | KeepReason::UsageUnknown(_) => "usage_unknown",
        KeepReason::InUse(_) => "in_use",
        KeepReason::Shared => "shared",
        KeepReason::SnapshotsShared => "snapshots_shared",
        KeepReason::SnapshotsUsed => "snapshots_used",
        KeepReason::LastAvailable => "last_available",
        KeepReason::Restored => "restored",
        KeepReason::Gone => "gone",
        KeepReason::NotListed => "not_listed",
        KeepReason::NotOld => "not_old",
        KeepReason::Refused => "refused",
    }
}

/// Returns why wanted copies are not made that a person has to do something about.
pub(super) fn failures(plan: &SyncPlan, policies: &Policies<'_>) -> Vec<Failure> {
    let failure = |action: &Action| {
        let ActionKind::Skip(reason, _) = &action.kind else { return None };
        let region = action.region.as_ref().filter(|_| reason.is_failure())?;
        let what = format!("copy {} \"{}\" to {region}", action.image.id, clean(&action.image.name));
        let hint = labels::sync::skip_hint(reason, &action.image.id, region);
        Some(Failure::new(what, labels::sync::skip(reason, |n| policies.name(n))).hint(hint))
    };
    plan.actions.iter().filter_map(failure).collect()
}

/// Returns why the plan is not carried out, or nothing of it retired.
pub(super) fn refusals(plan: &SyncPlan, policies: &Policies<'_>) -> Vec<Failure> {
    let failure = |refusal| {
        let (why, hint) = labels::sync::refusal(refusal, |n| policies.name(n));
        Failure::new("sync images", why).hint(hint)
    };
    plan.refusals.iter().map(failure).collect()
}

/// Returns the word for what has been done to an image.
pub(super) fn retired(mode: RetireMode) -> crate::cli::records::SyncResult {
    use crate::cli::records::SyncResult;
    match mode {
        RetireMode::Deprecate => SyncResult::Deprecated,
        RetireMode::Disable => SyncResult::Disabled,
        RetireMode::Deregister => SyncResult::Deregistered,
    }
}
