//! The digest of a plan: what is carried out is what was confirmed, or nothing.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::action::{Action, ActionKind, SyncPlan};
use crate::domain::{copy::CopyRequest, post_copy::PostCopyStep};

impl SyncPlan {
    /// Returns a digest of what the plan changes: each copy with all that is requested of it, each image that goes, and how. What is kept
    /// or skipped is not part of it, nor is the order.
    ///
    /// `deprecation` is when a copy is deprecated, as the policy says it: after some days that is another time in each plan.
    ///
    /// It is a cryptographic one: policies may come from somebody else, who must not be able to exchange them for others after a person has
    /// confirmed them.
    pub fn digest(&self, deprecation: impl Fn(&Action) -> String) -> String {
        let mut changes: Vec<String> = self.actions.iter().filter_map(|action| change(action, &deprecation)).collect();
        changes.sort_unstable();
        let mut sha256 = Sha256::new();
        for change in changes {
            // With its length, so that no two lists of changes are the same bytes.
            sha256.update((change.len() as u64).to_le_bytes());
            sha256.update(change);
        }
        sha256.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a text does not fail.
            _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Returns what an action changes; `None` if nothing.
fn change(action: &Action, deprecation: &impl Fn(&Action) -> String) -> Option<String> {
    let image = action.image.as_ref();
    match &action.kind {
        ActionKind::Copy(request) => Some(format!("copy {:?} {:?}", in_order(request), deprecation(action))),
        ActionKind::Retire { mode, .. } => Some(format!("{} {} {}", mode.as_str(), image.region, image.id)),
        ActionKind::RemoveFailed => Some(format!("remove {} {}", image.region, image.id)),
        ActionKind::Skip(..) | ActionKind::Keep(_) => None,
    }
}

/// Returns a request with its tags in order, which EC2 does not promise, and without the time of its deprecation.
fn in_order(request: &CopyRequest) -> CopyRequest {
    let mut request = request.clone();
    for tags in [&mut request.source_tags, &mut request.image_tags, &mut request.snapshot_tags] {
        tags.sort_unstable();
    }
    request.post_copy.retain(|step| !matches!(step, PostCopyStep::Deprecation(_)));
    request
}
