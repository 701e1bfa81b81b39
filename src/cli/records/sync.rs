//! What `amigrate sync` prints: an action for each image.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    domain::text::thousands,
};

/// What sync does about one image.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct SyncRecord {
    /// Name of the policy.
    pub(in crate::cli) policy: String,
    pub(in crate::cli) action: SyncAction,
    /// The region of the copy; missing if the image is copied nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) region: Option<String>,
    pub(in crate::cli) source_region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) source_image_id: Option<String>,
    /// The copy, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) image_id: Option<String>,
    /// Name of the copy.
    pub(in crate::cli) name: String,
    /// Why, in a word that does not change, such as `exists` or `in_use`.
    pub(in crate::cli) reason: &'static str,
    /// The same for a person.
    pub(in crate::cli) message: String,
    /// What came of it; only with `--apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) result: Option<SyncResult>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum SyncAction {
    /// The image is copied.
    Copy,
    /// The copy is retired.
    Retire,
    /// What a failed copy has left is removed.
    Remove,
    /// The old copy is kept by a rule.
    Keep,
    /// The image is not copied.
    Skip,
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum SyncResult {
    /// The copy, or its deregistration, is requested or under way.
    Pending,
    /// The copy is available.
    Available,
    Deprecated,
    Disabled,
    Deregistered,
    /// It is left to the next run.
    Deferred,
    Failed,
}

impl SyncAction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Retire => "retire",
            Self::Remove => "remove",
            Self::Keep => "keep",
            Self::Skip => "skip",
        }
    }
}

impl SyncResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Deprecated => "deprecated",
            Self::Disabled => "disabled",
            Self::Deregistered => "deregistered",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
        }
    }
}

impl SyncRecord {
    /// The image that the action is about: the source, or the copy that is retired, removed or kept.
    fn image(&self) -> String {
        let copy = matches!(self.action, SyncAction::Retire | SyncAction::Remove | SyncAction::Keep);
        let id = if copy { &self.image_id } else { &self.source_image_id };
        id.clone().unwrap_or_default()
    }
}

/// Counts what is to be done, or what came of it, in a line: `3 to copy, 1 to retire, 12 skipped.`, or
/// `copy: 2 available, 1 pending; retire: 1 deregistered; 12 skipped.`
pub(in crate::cli) fn summary(records: &[SyncRecord]) -> String {
    let mut counts: BTreeMap<SyncAction, BTreeMap<Option<SyncResult>, usize>> = BTreeMap::new();
    for record in records {
        let result = record.result.filter(|_| !matches!(record.action, SyncAction::Keep | SyncAction::Skip));
        *counts.entry(record.action).or_default().entry(result).or_default() += 1;
    }
    let is_applied = counts.values().any(|results| results.keys().any(Option::is_some));
    let part = |(action, results): (SyncAction, BTreeMap<Option<SyncResult>, usize>)| {
        let one = |(result, n): (Option<SyncResult>, usize)| {
            let n = thousands(n);
            match (result, action) {
                (Some(result), _) => format!("{n} {}", result.as_str()),
                (None, SyncAction::Keep) => format!("{n} kept"),
                (None, SyncAction::Skip) => format!("{n} skipped"),
                (None, action) => format!("{n} to {}", action.as_str()),
            }
        };
        let has_results = results.keys().any(Option::is_some);
        let text = results.into_iter().map(one).collect::<Vec<_>>().join(", ");
        if has_results { format!("{}: {text}", action.as_str()) } else { text }
    };
    let parts: Vec<String> = counts.into_iter().map(part).collect();
    format!("{}.", parts.join(if is_applied { "; " } else { ", " }))
}

impl Record for SyncRecord {
    const LIST: &'static str = "actions";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<SyncRecord>] = &[
            Column::new("action", |r| r.action.as_str().into()),
            Column::<SyncRecord>::new("policy", |r| r.policy.clone()).cut(Elision::Differing(8)).left_out(2),
            Column::new("image", SyncRecord::image),
            Column::<SyncRecord>::new("region", |r| r.region.clone().unwrap_or_default()),
            Column::<SyncRecord>::new("name", |r| r.name.clone()).cut(Elision::Differing(16)),
            Column::<SyncRecord>::new("message", |r| r.message.clone()).headed("WHY").cut(Elision::Wrapped(20)),
            Column::<SyncRecord>::new("result", |r| r.result.map(SyncResult::as_str).unwrap_or_default().into()),
            Column::<SyncRecord>::new("new_image_id", |r| match r.action {
                SyncAction::Copy => r.image_id.clone().unwrap_or_default(),
                _ => String::new(),
            })
            .headed("NEW IMAGE")
            .left_out(1),
        ];
        COLUMNS
    }

    /// The new images, unless they have failed.
    fn id(&self) -> Option<String> {
        let made = matches!(self.result, None | Some(SyncResult::Pending | SyncResult::Available));
        self.image_id.clone().filter(|_| self.action == SyncAction::Copy && made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SyncAction::{Copy, Keep, Retire, Skip};

    #[test]
    fn a_line_counts_what_is_to_be_done_and_what_came_of_it() {
        let record = |action, result| SyncRecord {
            policy: "dr".into(),
            action,
            region: None,
            source_region: "us-east-1".into(),
            source_image_id: None,
            image_id: None,
            name: "web".into(),
            reason: "missing",
            message: String::new(),
            result,
        };
        let of = |records: &[(SyncAction, Option<SyncResult>)]| {
            summary(&records.iter().map(|(action, result)| record(*action, *result)).collect::<Vec<_>>())
        };
        let planned = [(Copy, None), (Copy, None), (Retire, None), (Keep, None), (Skip, None), (Skip, None)];
        assert_eq!(of(&planned), "2 to copy, 1 to retire, 1 kept, 2 skipped.");
        let (available, pending) = (Some(SyncResult::Available), Some(SyncResult::Pending));
        let deferred = Some(SyncResult::Deferred);
        // What was skipped because it was pending may have become available.
        let done = [(Copy, available), (Copy, pending), (Copy, available), (Retire, deferred), (Skip, available)];
        assert_eq!(of(&done), "copy: 1 pending, 2 available; retire: 1 deferred; 1 skipped.");
    }
}
