//! Signing in again, and looking up the account again, once that can help.

use jiff::SignedDuration;

use crate::{
    domain::Failure,
    engine::Command,
    tui::{
        banner,
        model::{Connection, Model, PendingReply, Reconnect},
        msg::Effect,
    },
};

/// Time between two attempts to look up the account.
const ACCOUNT_RETRY: SignedDuration = SignedDuration::from_secs(10);

/// Looks for credentials again, once that is due.
pub(super) fn reconnect_if_due(model: &mut Model, effects: &mut Vec<Effect>) {
    if matches!(model.reconnect, Some(Reconnect::At(at)) if at <= model.now) {
        let id = model.next_effect_id();
        model.reconnect = Some(Reconnect::Running(id));
        effects.push(Effect::Connect { id, profile: model.profile.clone() });
    }
}

/// Retries at once whatever waits for a login.
pub(super) fn login_changed(model: &mut Model, effects: &mut Vec<Effect>) {
    if matches!(model.reconnect, Some(Reconnect::At(_))) {
        model.reconnect = Some(Reconnect::At(model.now));
    }
    if model.jobs_view.status.paused.is_some() {
        model.send_command(Command::RefreshNow, effects);
    }
}

/// Shows stored jobs while the account is not known.
pub(super) fn show_stored_jobs(model: &Model, effects: &mut Vec<Effect>) {
    if model.account.is_none() {
        effects.push(Effect::ShowStoredJobs);
    }
}

/// Watches for a login while credentials do not work.
pub(super) fn watch_login(model: &mut Model, effects: &mut Vec<Effect>) {
    let waits = match model.connection {
        Connection::Failed(_) => true,
        // As before, until the result is known.
        Connection::Connecting(_) => model.watches_login,
        Connection::Ready(_) => model.jobs_view.status.paused.is_some(),
    };
    if model.watches_login != waits {
        model.watches_login = waits;
        effects.push(Effect::WatchLogin(waits));
    }
}

/// Schedules another look-up of the account, if that can help.
pub(super) fn retry_account_later(model: &mut Model, failure: &Failure) {
    model.account_retry_at = banner::may_recover(failure).then(|| model.now + ACCOUNT_RETRY);
}

pub(super) fn retry_account_if_due(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.account_retry_at.is_some_and(|at| at <= model.now) && matches!(model.connection, Connection::Ready(_)) {
        model.account_retry_at = None;
        let id = model.expect_reply(PendingReply::Account);
        effects.push(Effect::AskAccount { id });
        if model.regions.is_empty() {
            let id = model.expect_reply(PendingReply::Regions);
            effects.push(Effect::ListRegions { id });
        }
    }
}
