//! Confirmations about rows of a list: copies that are dismissed, what is restored from the Recycle Bin.

use super::{Confirmation, DialogAction};
use crate::{
    domain::{Region, text::count},
    engine::JobId,
};

/// Rows named before the others are counted.
const NAMED: usize = 12;

impl Confirmation {
    /// Takes ended copies off the list; `history` is the key that shows them afterwards.
    pub fn dismiss(jobs: Vec<JobId>, history: &str) -> Self {
        let copies = count(jobs.len(), "ended copy", "ended copies");
        let text = vec![
            format!("Dismiss the {copies} shown?"),
            format!(
                "They are only taken off this list: {history} shows them in the history. Nothing is changed in AWS."
            ),
        ];
        let yes = format!("Yes, dismiss {}", jobs.len());
        Self::yes_or_no("Dismiss copies", text, "No, keep them", yes, DialogAction::Dismiss(jobs))
    }

    /// Restores resources from the Recycle Bin, each with a line that names it; `has_image` if an image is among them.
    pub fn restore(resources: Vec<(Region, String)>, lines: Vec<String>, has_image: bool) -> Self {
        let number = resources.len();
        let named = lines.len().min(NAMED);
        let mut text = vec![format!("Restore {} from the Recycle Bin?", count(number, "resource", "resources"))];
        text.extend(lines.into_iter().take(NAMED).map(|line| format!("  {line}")));
        text.extend((number > named).then(|| format!("  and {} more", number - named)));
        if has_image {
            text.push("The snapshots of an image are restored before it.".into());
        }
        text.push("AWS charges for restored snapshots again.".into());
        let action = DialogAction::Restore(resources);
        Self::yes_or_no("Restore", text, "No, leave it there", format!("Yes, restore {number}"), action)
    }
}
