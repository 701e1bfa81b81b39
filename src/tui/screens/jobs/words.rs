//! What is said of a job in its line, in words.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::{
    domain::{
        ImageId,
        text::{clean, duration},
    },
    engine::{Job, JobState, Note, Origin, RemovalReason, Waiting},
    labels,
    tui::{jobs_view::JobsView, problems::idle_text, theme, widgets::text_fit::fit_right},
};

/// Cells of what stands behind a usual bar and its percent.
pub(super) const USUAL: usize = 24;

/// What stands behind the bar of a copy under way, at least [`USUAL`] wide.
pub(super) fn beside_bar(board: &JobsView, job: &Job, roomy: bool, now: Timestamp) -> (String, Style) {
    let elsewhere = job.origin == Origin::Elsewhere;
    let by = if elsewhere { "started elsewhere, " } else { "" };
    let left = match job.eta(now) {
        _ if job.percent() == Some(99) => "finishing".to_owned(),
        Some(seconds) => format!("{} left", duration(seconds)),
        None => String::new(),
    };
    let left = fit_right(&left, 11, "");
    let elapsed = fit_right(&duration(job.elapsed(now)), 6, "");
    if let Some(failure) = board.region_problem(&job.request.destination) {
        return (format!("{by}no news: {}", clean(&failure.why)), theme::WARN);
    }
    if let Some(idle) = job.stalled(now, board.stall) {
        let by = if elsewhere { "elsewhere, " } else { "" };
        let words = format!("{by}no progress for {}", idle_text(idle));
        return (format!("{words:>USUAL$}"), theme::WARN);
    }
    if let Some(note) = &job.note {
        return (format!("{by}{}", labels::note(note)), theme::BUSY);
    }
    let words = match (elsewhere, roomy) {
        (true, true) => format!("started elsewhere {elapsed} {left}"),
        (true, false) => format!("started elsewhere {elapsed}"),
        (false, _) => {
            let (done, all) = job.snapshots_done();
            format!("{} {elapsed} {left}", fit_right(&format!("{done}/{all}"), 5, ""))
        }
    };
    (words, theme::BUSY)
}

/// What a copy that shows no bar says instead.
pub fn state_text(board: &JobsView, job: &Job, now: Timestamp) -> (String, Style) {
    let note = job.note.as_ref().map(labels::note);
    let elsewhere = if job.origin == Origin::Elsewhere { ", started elsewhere" } else { "" };
    let word = format!("{}{elsewhere}", job.phase().as_str());
    let noted = |word: &str| note.as_ref().map_or_else(|| word.to_owned(), |n| format!("{word}: {n}"));
    match &job.state {
        JobState::Queued | JobState::Reconciling { .. } | JobState::Starting if job.leaving() => {
            let why = note.as_deref().unwrap_or("waiting for the new image's id");
            (format!("{word}: {why}"), theme::WARN)
        }
        JobState::Queued => {
            let why = board.waiting(job).map(|w| labels::waiting(w, &job.request.destination)).or(note);
            (why.map_or_else(|| word.clone(), |w| format!("{word}: {w}")), theme::WARN)
        }
        JobState::Reconciling { .. } => {
            let waiting = job.waiting.as_ref().unwrap_or(&Waiting::OutcomeCheck(None));
            let why = labels::waiting(waiting, &job.request.destination);
            (format!("{word}: {why}"), theme::WARN)
        }
        JobState::InDoubt { candidates } => {
            let why = note.unwrap_or_else(|| in_doubt(candidates));
            (format!("{word}: {why}; t decides"), theme::BAD)
        }
        JobState::Starting => (format!("{word}: CopyImage is under way"), theme::BUSY),
        JobState::Copying { .. } => (noted(&word), theme::BUSY),
        JobState::Available { image } => {
            (noted(&format!("available {image} after {}{elsewhere}", duration(job.elapsed(now)))), theme::GOOD)
        }
        JobState::Failed { failure, .. } => {
            // That it was sent without tags is shown in its details.
            let untagged = matches!(job.note, Some(Note::Untagged(_)));
            let note = note.filter(|_| !untagged).map_or_else(String::new, |n| format!(". {n}"));
            (format!("{word}: {}{note}", clean(&failure.why)), theme::BAD)
        }
        JobState::Removing { reason: RemovalReason::Retry { .. }, .. } => {
            (noted(&labels::removal(job).unwrap_or_default()), theme::WARN)
        }
        JobState::Removing { .. } => {
            let doing = note.or_else(|| labels::removal(job)).unwrap_or_default();
            (format!("{word}: {doing}"), theme::WARN)
        }
        JobState::Gone { image } => {
            let why = note.as_deref().unwrap_or("somebody deregistered it");
            (format!("{word}: {image}, {why}"), theme::BAD)
        }
        JobState::Deregistered | JobState::Cancelled => {
            let left = labels::remaining_summary(job);
            let style = if left.is_empty() { theme::FAINT } else { theme::WARN };
            let joint = if note.is_some() { ":" } else { "," };
            let words: Vec<String> = note.into_iter().chain(left).collect();
            match words.as_slice() {
                [] => (word, style),
                words => (format!("{word}{joint} {}", words.join("; ")), style),
            }
        }
    }
}

/// What a person is to decide about.
fn in_doubt(candidates: &[ImageId]) -> String {
    match candidates {
        [one] => format!("{one} may be this copy"),
        some => format!("{} images may be this copy", some.len()),
    }
}
