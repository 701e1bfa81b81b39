//! The confirmation before another account gives access to its images, and what came of it.

use super::{Confirmation, DialogAction, choice};
use crate::{
    domain::{
        image_access::{MissingAccess, ShareOutcome, ShareRequest},
        text::count,
    },
    labels,
};

impl Confirmation {
    /// Has the owner of images give what is missing to copy them.
    pub fn give_access(request: ShareRequest) -> Self {
        let missing = || request.shares.iter().flat_map(|share| &share.missing);
        let permissions = count(missing().count(), "permission", "permissions");
        let to = request.shares.first().map(|share| share.target.account.to_string()).unwrap_or_default();
        let owner = &request.owner;
        let mut text = vec![format!("Account {owner} gives {permissions} to account {to}, with its own credentials:")];
        text.extend(labels::image_access::share_lines(&request.shares));
        if missing().any(|one| matches!(one, MissingAccess::Snapshot(_))) {
            text.push(
                "If these snapshots are encrypted, the check afterwards says whether their key is missing too.".into(),
            );
        }
        text.push(format!("Nothing else is changed. The calls are on record in account {owner}."));
        let yes = format!("Yes, give {permissions}");
        Self::yes_or_no("Give access", text, "No, give nothing", yes, DialogAction::GiveAccess(request))
    }

    /// Tells what another account has given; `again` is the key that checks again.
    pub fn access_given(outcome: &ShareOutcome, again: &str) -> Self {
        let mut text = labels::image_access::outcome_lines(outcome);
        if !outcome.given.is_empty() {
            text.push(format!(
                "The copies are checked again. EC2 may take some seconds to show what was given: {again} checks once more."
            ));
        }
        let choices = vec![choice("Close", DialogAction::Nothing)];
        let title = if outcome.failures.is_empty() { "Access given" } else { "Not all access was given" };
        Self::with(title, text, choices)
    }
}
