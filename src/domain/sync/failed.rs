//! What failed copies of sync have left: EC2 keeps the image, and its snapshots cost.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{
    action::{Action, ActionKind},
    planner::Planner,
    protection::of_policy,
    tag::made_by_sync,
};
use crate::domain::image::{Image, ImageState};

/// Whoever makes a copy has seen by then that it has failed, and why.
const SEEN_AFTER: SignedDuration = SignedDuration::from_hours(1);

impl Planner<'_> {
    /// Adds the images in a policy's destinations that failed copies of it have left. They never were of use to anybody.
    pub(super) fn add_failed(&mut self, n: usize) {
        for region in &self.policies[n].to {
            let Some(own) = self.account_state.own(region) else { continue };
            let failed: Vec<Arc<Image>> = own.filter(|image| self.has_failed(n, image)).map(Arc::clone).collect();
            for image in failed {
                let known = |action: &Action| action.kind == ActionKind::RemoveFailed && action.image.id == image.id;
                if !self.actions.iter().any(known) {
                    let (region, kind) = (Some(region.clone()), ActionKind::RemoveFailed);
                    self.actions.push(Action { policy: n, region, image, kind });
                }
            }
        }
    }

    fn has_failed(&self, n: usize, image: &Image) -> bool {
        let (policy, account_state) = (&self.policies[n], self.account_state);
        let age = image.created.map(|created| account_state.now.duration_since(created));
        image.state == ImageState::Failed
            && made_by_sync(image, &account_state.account).is_ok_and(|tag| tag.source_region == policy.from)
            && of_policy(image, policy).is_none()
            && age.is_some_and(|age| age >= SEEN_AFTER)
            && !account_state.being_removed.contains(&image.id)
    }
}
