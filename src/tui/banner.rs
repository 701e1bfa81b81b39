//! Badges in the header, and the banner below it: what stops all work, and what to do about it.

use jiff::Timestamp;

use crate::{
    domain::{Failure, FailureKind, Retry},
    driver::DriverStatus,
    labels,
    tui::{
        bindings::{Action, Context},
        model::{Connection, Model, Reconnect},
        widgets::text_fit::wrap,
    },
};

const MAX_LINES: usize = 2;

/// The badges of the header, each shown while its condition holds.
pub(super) fn badges(model: &Model) -> Vec<&'static str> {
    let jobs_view = &model.jobs_view;
    let other_account = jobs_view.has_other_credentials();
    let all = [
        (model.start.demo.is_some(), " DEMO "),
        (model.start.config.read_only, " READ-ONLY "),
        (other_account, " OTHER ACCOUNT "),
        (jobs_view.status.paused.is_some() && !other_account, " PAUSED "),
        (jobs_view.store_problem.is_some(), " QUEUE STOPPED "),
        (view_only_reason(model).is_some(), " JOBS: VIEW ONLY "),
    ];
    all.into_iter().filter(|(on, _)| *on).map(|(_, badge)| badge).collect()
}

/// Joins fragments into sentences.
fn sentences(parts: &[&str]) -> String {
    let mut out = String::new();
    for part in parts.iter().map(|p| p.trim().trim_end_matches('.')).filter(|p| !p.is_empty()) {
        let mut chars = part.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        out.extend([if out.is_empty() { "" } else { " " }, &first, chars.as_str(), "."]);
    }
    out
}

/// What stops all work and what to do about it: the first cause, if there are several.
pub(super) fn banner(model: &Model) -> Option<String> {
    let jobs_view = &model.jobs_view;
    if let Connection::Failed(failure) = &model.connection {
        let who = model.profile.as_ref().map_or("No credentials".into(), |p| format!("No credentials for profile {p}"));
        let again = match model.reconnect {
            Some(Reconnect::At(at)) => retrying(model, at),
            Some(Reconnect::Running(_)) => "Retrying now".to_owned(),
            None => format!("Press {} to retry", model.keymap.key(Context::Everywhere, Action::Refresh)),
        };
        return Some(sentences(&[&who, &again, &failure.why]));
    }
    if let Some(failure) = &jobs_view.status.paused {
        let again = jobs_view.status.next_try.map_or_else(|| "Retrying now".to_owned(), |at| retrying(model, at));
        // Two lines may not hold it all; the other account's id comes first, so that it is never cut off.
        return Some(if failure.kind == FailureKind::OtherAccount {
            sentences(&[&failure.why, &failure.hint, &again])
        } else {
            sentences(&[&failure.hint, &format!("Nothing has failed. {again}"), &failure.why])
        });
    }
    if let Some(failure) = &jobs_view.store_problem {
        let text = format!("the queue is stopped: {failure}");
        return Some(sentences(&[&text, &failure.hint]));
    }
    if let Some(silent) = labels::driver::unresponsive(&jobs_view.driver) {
        return Some(sentences(&[&silent]));
    }
    if let Some(failure) = view_only_reason(model) {
        let text = format!("jobs can only be viewed: {}", failure.why);
        return Some(sentences(&[&text, &failure.hint]));
    }
    None
}

fn retrying(model: &Model, at: Timestamp) -> String {
    match at.duration_since(model.now).as_secs() {
        seconds if seconds > 0 => format!("Retrying automatically (next in {seconds} s)"),
        _ => "Retrying now".to_owned(),
    }
}

/// The banner, wrapped to a width in cells.
pub(super) fn banner_lines(model: &Model, cells: usize) -> Vec<String> {
    let Some(text) = banner(model) else { return Vec::new() };
    let mut lines = wrap(&text, cells.saturating_sub(2));
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        let rest = format!(" ... ({} shows all)", model.keymap.key(Context::Everywhere, Action::Problems));
        if let Some(last) = lines.last_mut() {
            let room = (cells + 2).saturating_sub(rest.chars().count());
            last.truncate(last.char_indices().nth(room).map_or(last.len(), |(at, _)| at));
            last.push_str(&rest);
        }
    }
    lines
}

/// Why no process can run the queue; `None` also without a login, which the banner reports already.
pub(super) fn view_only_reason(model: &Model) -> Option<&Failure> {
    match &model.jobs_view.driver {
        DriverStatus::NotRunning(failure) if !matches!(model.connection, Connection::Failed(_)) => Some(failure),
        _ => None,
    }
}

/// Returns true if a later attempt may succeed without a change here.
pub(super) fn may_recover(failure: &Failure) -> bool {
    matches!(failure.retry, Retry::AfterLogin | Retry::Later)
}
