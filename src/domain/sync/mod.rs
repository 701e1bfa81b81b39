//! Keeping regions in sync: what is to be copied, what is there already, and which copies that sync itself has made are retired.
//! Pure: listings in, plan out.
//!
//! The rules of retiring err on the side of keeping. Whatever is not proven to be sync's own, or not known to be unused, is kept.

mod account_state;
mod action;
mod copies;
mod digest;
mod failed;
mod keep_tag;
mod plan;
mod planner;
mod policy;
mod protection;
mod retire;
mod sources;
mod tag;
mod version_status;
mod versions;

pub use account_state::{AccountState, PendingCopies, Route};
pub use action::{Action, ActionKind, ExistingCopy, KeepReason, Refusal, SkipReason, Stage, SyncPlan};
pub use keep_tag::{KEEP_TAG, KeepTag, OtherKeep};
pub use plan::plan;
pub use policy::{MAX_RETIRE, MIN_AGE, PolicyMistake, RetireMode, Retiring, SyncPolicy, VersionLimit, cycle};
pub use protection::{RECENT_LAUNCH, RecheckInput, recheck};
pub use tag::{CREATED_TAG, NAME_TAG, NotOurs, POLICY_TAG, SYNC_TAG, SyncTag, is_requested_by_sync, made_by_sync};

#[cfg(test)]
mod tests;
