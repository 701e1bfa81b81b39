//! Confirmations before the program is quit.

use super::{Choice, Confirmation, DialogAction, choice};
use crate::domain::{AccountId, text::count};

/// Work that needs a process to run the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PendingWork {
    /// Copies that AWS has not accepted yet.
    pub queued: usize,
    /// Copies that AWS has accepted and that end with the demo.
    pub copying: usize,
    pub cancelling: usize,
    /// Images being deregistered.
    pub deregistering: usize,
    /// Copies that AWS has accepted, with post-copy steps left.
    pub post_copy: usize,
}

impl PendingWork {
    /// Returns true if there is any.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

impl Confirmation {
    /// Quits with changes in a form. Nothing else is left to do, but perhaps hooks for a process in the background.
    pub fn quit_with_form(leaves_hooks: bool) -> Self {
        let text = vec!["Quit? What the copy form has is lost, and no copy is started.".into()];
        let action = if leaves_hooks { DialogAction::QuitToBackground } else { DialogAction::Quit };
        Self { quits: true, ..Self::yes_or_no("Quit", text, "No, stay", "Yes, quit", action) }
    }

    /// Quits while this process changes something that no other process continues with; the text is to be added.
    pub fn quit_working(leaves_hooks: bool) -> Self {
        Self { text: Vec::new(), ..Self::quit_with_form(leaves_hooks) }
    }

    /// The same with more text at the beginning.
    #[must_use]
    pub fn beginning(self, text: Vec<String>) -> Self {
        Self { text: text.into_iter().chain(self.text).collect(), ..self }
    }

    /// Quits while this process has work to do. `waits_for` is the account of the queue, if the credentials have become another one's: no
    /// process in the background can go on with it.
    pub fn quit(pending: &PendingWork, waits_for: Option<&AccountId>) -> Self {
        let mut text = Vec::new();
        if pending.queued > 0 {
            text.push(format!(
                "{} queued: AWS has not accepted them yet.",
                count(pending.queued, "copy is", "copies are")
            ));
        }
        text.extend(unfinished(pending, ""));
        let until = waits_for.map_or_else(String::new, |account| format!(" with credentials of account {account}"));
        text.push(format!(
            "Copies that AWS has accepted continue in any case. The rest stays queued until an amigrate runs again{until}."
        ));
        let background = choice("Continue in the background", DialogAction::QuitToBackground);
        let leave = [choice("Leave queued", DialogAction::Quit), choice("Stay", DialogAction::Nothing)];
        let choices = waits_for.is_none().then_some(background).into_iter().chain(leave).collect();
        Self::about_quitting(text, choices)
    }

    /// Quits after all: what was left when the user asked has ended, or another process runs the queue.
    /// `copying` counts the copies that AWS still makes.
    pub fn quit_freely(copying: usize) -> Self {
        let choices = vec![choice("Quit", DialogAction::Quit), choice("Stay", DialogAction::Nothing)];
        let copies = match copying {
            0 => String::new(),
            1 => " 1 copy continues in AWS, and the next amigrate follows it.".to_owned(),
            n => format!(" {n} copies continue in AWS, and the next amigrate follows them."),
        };
        Self::about_quitting(vec![format!("Nothing is left to do here.{copies}")], choices)
    }

    fn about_quitting(text: Vec<String>, choices: Vec<Choice>) -> Self {
        Self { quits: true, ..Self::with("Quit", text, choices) }
    }

    /// Shows what is left now, without moving the cursor if the choices stay.
    pub fn replace_text(&mut self, now: Self) {
        let stays = self.choices.len() == now.choices.len();
        let (selected, scroll) = if stays { (self.selected, self.scroll) } else { (0, 0) };
        *self = Self { selected, scroll, account: self.account.take(), ..now };
    }

    /// Quits the demo while it has work to do.
    pub fn quit_demo(pending: &PendingWork) -> Self {
        let mut text = Vec::new();
        if pending.queued > 0 {
            text.push(format!(
                "{} not been accepted by AWS yet and will not be made.",
                count(pending.queued, "copy has", "copies have")
            ));
        }
        if pending.copying > 0 {
            text.push(format!(
                "{} running and will not be completed.",
                count(pending.copying, "copy is", "copies are")
            ));
        }
        text.extend(unfinished(pending, "; some snapshots may be left"));
        text.push("Everything in the demo is lost. On an account of yours, copies continue in AWS.".into());
        Self { quits: true, ..Self::yes_or_no("Quit", text, "No, stay", "Yes, quit", DialogAction::Quit) }
    }
}

fn unfinished(pending: &PendingWork, suffix: &str) -> Vec<String> {
    let mut text = Vec::new();
    if pending.cancelling > 0 {
        text.push(format!("{} not finished{suffix}.", count(pending.cancelling, "cancel is", "cancels are")));
    }
    if pending.deregistering > 0 {
        text.push(format!("{} being deregistered.", count(pending.deregistering, "image is", "images are")));
    }
    if pending.post_copy > 0 {
        text.push(format!("{} post-copy steps left.", count(pending.post_copy, "copy has", "copies have")));
    }
    text
}
