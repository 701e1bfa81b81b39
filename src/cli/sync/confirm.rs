//! The confirmation before images are retired: their number, typed on a terminal.

use std::sync::Arc;

use super::Sync;
use crate::{
    cli::{confirm::typed_number, exit::CommandError},
    domain::{
        Image,
        sync::{RetireMode, SyncPlan},
        text::count,
    },
    labels,
};

impl Sync<'_> {
    /// Asks before images are retired, unless `--yes` was given. It is asked before the copies, for which nobody waits at the terminal.
    ///
    /// # Errors
    /// If something else was typed, or there is no terminal to ask on.
    pub(super) fn confirm_retiring(&self, plan: &SyncPlan) -> Result<(), CommandError> {
        let retired: Vec<_> = plan.retired().collect();
        if retired.is_empty() || self.args.yes {
            return Ok(());
        }
        let line = |(image, mode): &(&Arc<Image>, RetireMode)| {
            format!("{} {} \"{}\" in {}", mode.as_str(), image.id, image.name, image.region)
        };
        let mut lines: Vec<String> = retired.iter().map(line).collect();
        if retired.iter().any(|(_, mode)| *mode == RetireMode::Deregister) {
            lines.push(labels::orphans::DEREGISTERING_OF_PLAN.into());
        }
        let what = format!("retire {}", count(retired.len(), "image", "images"));
        let hint = "Give --yes if you are sure; without --apply the plan is printed.";
        typed_number(&what, &lines, retired.len(), hint)
    }
}
