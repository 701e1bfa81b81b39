//! The state of a plan while it is made.

use std::{collections::HashMap, sync::Arc};

use super::{
    account_state::AccountState,
    action::{Action, Refusal, Stage},
    policy::SyncPolicy,
};
use crate::domain::{draft::Draft, ids::ImageId, image::Image, plan::CheckContext, region::Region};

/// The plan while it is made.
pub(super) struct Planner<'a> {
    pub(super) policies: &'a [SyncPolicy],
    pub(super) account_state: &'a AccountState,
    pub(super) stage: Stage,
    pub(super) context: CheckContext<'a>,
    pub(super) draft: &'a dyn Fn(usize, &Arc<Image>) -> Draft,
    pub(super) actions: Vec<Action>,
    /// Of each source and destination the policy that came first.
    pub(super) routes: HashMap<(ImageId, Region), usize>,
    /// The names of the copies to make, and of which image each is.
    pub(super) names: HashMap<(Region, String), ImageId>,
    pub(super) refusals: Vec<Refusal>,
}
