//! How things stand beside the jobs, in words: badges in the header, and the line below it that says what to do.

use jiff::Timestamp;

use crate::{
    domain::{Failure, FailureKind, Retry},
    driver::DriverStatus,
    labels,
    tui::{
        model::{Model, Reconnect, Session},
        widgets::text_fit::wrap,
    },
};

/// Lines the banner has at most.
const MOST: usize = 2;

/// Marks in the header, as long as something holds for everything.
pub(super) fn badges(model: &Model) -> Vec<&'static str> {
    let board = &model.board;
    let other_account = board.status.paused.as_ref().is_some_and(|f| f.kind == FailureKind::OtherAccount);
    let all = [
        (model.start.demo.is_some(), " DEMO "),
        (model.start.config.read_only, " READ-ONLY "),
        (other_account, " OTHER ACCOUNT "),
        (board.status.paused.is_some() && !other_account, " PAUSED "),
        (board.trouble.is_some(), " NOTHING SENT "),
        (nobody_drives(model).is_some(), " JOBS: LOOK ONLY "),
    ];
    all.into_iter().filter(|(on, _)| *on).map(|(_, badge)| badge).collect()
}

/// Fragments as sentences.
fn sentences(parts: &[&str]) -> String {
    let mut out = String::new();
    for part in parts.iter().map(|p| p.trim().trim_end_matches('.')).filter(|p| !p.is_empty()) {
        let mut chars = part.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        out.extend([if out.is_empty() { "" } else { " " }, &first, chars.as_str(), "."]);
    }
    out
}

/// What to do about what stops everything; the worst of it, if there is more.
fn banner(model: &Model) -> Option<String> {
    let board = &model.board;
    if let Session::Failed(failure) = &model.session {
        let who = model.profile.as_ref().map_or("No credentials".into(), |p| format!("No credentials for profile {p}"));
        let again = match model.reconnect {
            Some(Reconnect::At(at)) => retrying(model, at),
            Some(Reconnect::Asked(_)) => "Retrying now".to_owned(),
            None => "R tries again".to_owned(),
        };
        return Some(sentences(&[&who, &again, &failure.why]));
    }
    if let Some(failure) = &board.status.paused {
        let again = board.status.next_try.map_or_else(|| "Retrying now".to_owned(), |at| retrying(model, at));
        // Whose they are comes before what to do: it is the shorter, and the other account's name must not fall off.
        return Some(if failure.kind == FailureKind::OtherAccount {
            sentences(&[&failure.why, &failure.hint, &again])
        } else {
            sentences(&[&failure.hint, &format!("Nothing has failed. {again}"), &failure.why])
        });
    }
    if let Some(failure) = &board.trouble {
        let words = format!("nothing is sent: {failure}");
        return Some(sentences(&[&words, &failure.hint]));
    }
    if let Some(silent) = labels::driver::unresponsive(&board.driver) {
        return Some(sentences(&[&silent]));
    }
    if let Some(failure) = nobody_drives(model) {
        let words = format!("jobs can only be looked at: {}", failure.why);
        return Some(sentences(&[&words, &failure.hint]));
    }
    None
}

/// When it is tried again.
fn retrying(model: &Model, at: Timestamp) -> String {
    match at.duration_since(model.now).as_secs() {
        seconds if seconds > 0 => format!("Retrying automatically (next in {seconds} s)"),
        _ => "Retrying now".to_owned(),
    }
}

/// The banner's lines in so many cells.
pub(super) fn banner_lines(model: &Model, cells: usize) -> Vec<String> {
    let Some(text) = banner(model) else { return Vec::new() };
    let mut lines = wrap(&text, cells.saturating_sub(2));
    if lines.len() > MOST {
        lines.truncate(MOST);
        if let Some(last) = lines.last_mut() {
            last.truncate(last.char_indices().nth(cells.saturating_sub(16)).map_or(last.len(), |(at, _)| at));
            last.push_str(" ... (! for all)");
        }
    }
    lines
}

/// Why nobody brings the queue on, unless it is only that nobody is signed in, which is said already.
pub(super) fn nobody_drives(model: &Model) -> Option<&Failure> {
    match &model.board.driver {
        DriverStatus::Nobody(failure) if !matches!(model.session, Session::Failed(_)) => Some(failure),
        _ => None,
    }
}

/// Whether credentials may be there later without anybody pressing a key here.
pub(super) fn reconnects(failure: &Failure) -> bool {
    matches!(failure.retry, Retry::AfterLogin | Retry::Later)
}
