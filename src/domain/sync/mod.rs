//! Keeping regions in sync: what is to be copied, what is there already, and which copies that sync itself has made are retired.
//! Pure: listings in, plan out.
//!
//! The rules of retiring err on the side of keeping. Whatever is not proven to be sync's own, or not known to be unused, is kept.

mod action;
mod age;
mod belonging;
mod copies;
mod failed;
mod keep_tag;
mod plan;
mod planner;
mod policy;
mod protection;
mod retire;
mod tag;
mod versions;
mod world;

pub use action::{Action, ActionKind, KeepReason, Refusal, SkipReason, Stage, SyncPlan, There};
pub use keep_tag::{KEEP_TAG, KeepTag, OtherKeep};
pub use plan::plan;
pub use policy::{MAX_RETIRE, MIN_AGE, PolicyMistake, RetireMode, Retiring, SyncPolicy, Versions, cycle};
pub use protection::{LastLook, RECENT_LAUNCH, recheck};
pub use tag::{CREATED_TAG, NotOurs, POLICY_TAG, SYNC_TAG, SyncTag, made_by_sync};
pub use world::{PendingCopies, Route, World};

#[cfg(test)]
mod tests;
