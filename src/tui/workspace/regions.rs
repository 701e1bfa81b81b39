//! The regions that all accounts list, as far as each has them: those that somebody has chosen, in whichever account, or automatic ones.

use super::{ProfileEffect, Workspace};
use crate::{
    config::StartRegions,
    tui::{browse, others::FollowedRegions},
};

impl Workspace {
    /// Has the others list the same regions by the same query as the account that is shown.
    pub(super) fn follow_shown(&mut self, effects: &mut Vec<ProfileEffect>) {
        if self.hidden.is_empty() {
            self.regions = None;
            return;
        }
        // Not before it has any: until then the others list what they would by themselves.
        if self.shown.chosen.is_empty() {
            return;
        }
        let lists_all = self.shown.start.config.browse.start_regions() == StartRegions::All;
        let regions = match &mut self.regions {
            _ if self.shown.fast_regions.is_some() => FollowedRegions::Fast,
            None if lists_all => FollowedRegions::All,
            // What the account that is shown lacks, nobody has taken from the others.
            chosen => FollowedRegions::These(chosen.get_or_insert_with(|| self.shown.chosen.clone()).clone()),
        };
        let query = self.shown.query.clone();
        self.each_hidden(effects, |model, of_model| browse::follow(model, &regions, &query, of_model));
    }
}
