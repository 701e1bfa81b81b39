//! Texts of jobs: state, route, names.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::{
    config::KeyMap,
    domain::{
        ImageId,
        text::{clean, duration},
    },
    engine::{Job, JobState, Note, Origin, RemovalReason, Waiting},
    labels::{self, progress},
    tui::{
        bindings::{Action, Context},
        jobs_view::JobsView,
        theme,
        widgets::text_fit::{fit_right, width},
    },
};

/// Jobs named in a confirmation before the others are counted.
const NAMED: usize = 6;

/// `us-east-1 > eu-west-1`, or only the destination; where an image is deregistered, its region.
pub(super) fn route(job: &Job, full: bool) -> String {
    if job.is_deregistration() {
        return format!("in {}", job.request.destination);
    }
    let source = if full { job.request.source_region.as_str() } else { "" };
    format!("{source} > {}", job.request.destination).trim_start().to_owned()
}

/// Lines that name jobs in a confirmation: the first few, or all if one of them was started elsewhere.
pub(in crate::tui) fn named_jobs(jobs: &[&Job]) -> Vec<String> {
    let all = jobs.iter().any(|j| j.origin == Origin::Elsewhere);
    let named = if all { jobs.len() } else { NAMED };
    let mut lines: Vec<String> = jobs.iter().take(named).map(|job| named_job(job)).collect();
    if jobs.len() > named {
        lines.push(format!("  and {} more", jobs.len() - named));
    }
    lines
}

/// A line that names a job, and its image.
pub(in crate::tui) fn named_job(job: &Job) -> String {
    let image = job.image().map_or_else(String::new, |i| format!(", {i}"));
    let to = if job.is_deregistration() { "in" } else { "to" };
    format!("  \"{}\" {to} {}{image}", job.request.name, job.request.destination)
}

/// A warning if some of these jobs were started elsewhere.
pub(in crate::tui) fn started_elsewhere(jobs: &[&Job]) -> Option<String> {
    let by = "by the console, the CLI, a colleague or another host.";
    match jobs.iter().filter(|j| j.is_external_copy()).count() {
        0 => None,
        n if n == jobs.len() => Some(format!("Started elsewhere: {by}")),
        1 => Some(format!("1 of them was started elsewhere: {by}")),
        n => Some(format!("{n} of them were started elsewhere: {by}")),
    }
}

/// Cells behind the bar and its percent, for a copy without anything to report.
pub(super) const BAR_TEXT_CELLS: usize = SNAPSHOTS + 1 + RATE + 1 + LEFT;
/// Cells of `12/12`.
const SNAPSHOTS: usize = 5;
/// Cells of `1999 MiB/s` and a blank.
const RATE: usize = 11;
/// Cells of `12m04s left`.
const LEFT: usize = 11;
/// Cells of the time that a copy takes so far, which is shown where there is room.
pub(super) const ELAPSED: usize = 6;

/// The text behind the bar of a running copy, at least [`BAR_TEXT_CELLS`] cells wide, and [`ELAPSED`] and a blank more if there is room.
pub(super) fn bar_text(jobs_view: &JobsView, job: &Job, roomy: bool, now: Timestamp) -> (String, Style) {
    let elsewhere = job.is_external_copy();
    let by = if elsewhere { "started elsewhere, " } else { "" };
    if let Some(why) = jobs_view.not_polled(job) {
        return (format!("{by}{why}"), theme::WARN);
    }
    if let Some(idle) = job.stalled(now, jobs_view.stall) {
        let by = if elsewhere { "elsewhere, " } else { "" };
        let advice = if idle >= labels::LONG_STALL { ", see AWS Health" } else { "" };
        let text = format!("{by}no progress for {}{advice}", progress::idle(idle));
        return (format!("{text:>BAR_TEXT_CELLS$}"), theme::WARN);
    }
    if let Some(note) = &job.note {
        return (format!("{by}{}", labels::note(note)), theme::BUSY);
    }
    let left = progress::time_left(job, now).unwrap_or_default();
    let style =
        if left.starts_with(progress::OVERDUE) && left != progress::OVERDUE { theme::WARN } else { theme::BUSY };
    let left = fit_right(&left, LEFT, "");
    let elapsed = if roomy {
        format!("{} ", fit_right(&job.elapsed(now).map_or_else(String::new, duration), ELAPSED, ""))
    } else {
        String::new()
    };
    let text = if elsewhere {
        // Where it comes from, in place of its snapshots and its rate.
        format!("{:<cells$} {elapsed}{left}", "started elsewhere", cells = SNAPSHOTS + 1 + RATE)
    } else {
        let (done, all) = job.snapshots_done();
        let rate = progress::current_rate(job, now).unwrap_or_default();
        format!("{} {elapsed}{} {left}", fit_right(&format!("{done}/{all}"), SNAPSHOTS, ""), fit_right(&rate, RATE, ""))
    };
    (text, style)
}

/// The state of a job in a line, for copies without a bar.
/// `keys` are those in force, `None` where none of them does anything to the copy.
pub fn state_text(jobs_view: &JobsView, job: &Job, now: Timestamp, keys: Option<&KeyMap>) -> (String, Style) {
    let note = job.note.as_ref().map(labels::note);
    let elsewhere = if job.is_external_copy() { ", started elsewhere" } else { "" };
    let phase = format!("{}{elsewhere}", job.phase().as_str());
    let noted = |text: &str| note.as_ref().map_or_else(|| text.to_owned(), |n| format!("{text}: {n}"));
    match &job.state {
        JobState::Queued | JobState::Reconciling { .. } | JobState::Starting if job.is_being_removed() => {
            let why = note.as_deref().unwrap_or("waiting for the new image's id");
            (format!("{phase}: {why}"), theme::WARN)
        }
        JobState::Queued => {
            let why = jobs_view.waiting(job).map(|w| labels::waiting(w, &job.request.destination)).or(note);
            (why.map_or_else(|| phase.clone(), |w| format!("{phase}: {w}")), theme::WARN)
        }
        JobState::Reconciling { .. } => {
            let waiting = job.waiting.as_ref().unwrap_or(&Waiting::OutcomeCheck(None));
            let why = labels::waiting(waiting, &job.request.destination);
            (format!("{phase}: {why}"), theme::WARN)
        }
        JobState::InDoubt { candidates } => (format!("{phase}: {}", in_doubt(note, candidates, keys)), theme::BAD),
        JobState::Starting => (format!("{phase}: sending CopyImage"), theme::BUSY),
        JobState::Copying { .. } if job.is_instance_store() => instance_store_text(jobs_view, job, now),
        JobState::Copying { .. } => (noted(&phase), theme::BUSY),
        JobState::Available { image } => {
            let unlisted = if jobs_view.is_unlisted(image) { ", not listed any more" } else { "" };
            let behind = format!("{elsewhere}{unlisted}");
            let (available, note) = available_image(job, image, &behind, now, keys.is_none());
            available_text(job, available, note, keys)
        }
        JobState::Failed { failure, .. } => {
            // Missing tags are shown in the details.
            let untagged = matches!(job.note, Some(Note::Untagged(_)));
            let note = note.filter(|_| !untagged).map_or_else(String::new, |n| format!("; {n}"));
            (format!("{phase}: {}{note}", clean(&failure.why)), theme::BAD)
        }
        JobState::Removing { reason: RemovalReason::Retry { .. }, .. } => {
            (noted(&labels::removal(job).unwrap_or_default()), theme::WARN)
        }
        JobState::Removing { .. } => {
            let doing = note.or_else(|| labels::removal(job)).unwrap_or_default();
            (format!("{phase}{}: {doing}", deregistered_image(job, &doing)), theme::WARN)
        }
        JobState::Gone { image } => {
            let why = note.as_deref().unwrap_or("deregistered by somebody else");
            (format!("{phase}: {image}, {why}"), theme::BAD)
        }
        JobState::Deregistered | JobState::Cancelled => {
            let phase = format!("{phase}{}", deregistered_image(job, ""));
            let left = labels::remaining_summary(job);
            let style = if left.is_empty() { theme::FAINT } else { theme::WARN };
            let joint = if note.is_some() { ":" } else { "," };
            let details: Vec<String> = note.into_iter().chain(left).collect();
            match details.as_slice() {
                [] => (phase, style),
                details => (format!("{phase}{joint} {}", details.join("; ")), style),
            }
        }
    }
}

/// The same in this many cells, without words where all of them have no room.
pub(super) fn state_text_within(
    cells: usize,
    jobs_view: &JobsView,
    job: &Job,
    now: Timestamp,
    keys: Option<&KeyMap>,
) -> (String, Style) {
    let (text, style) = state_text(jobs_view, job, now, keys);
    if width(&text) <= cells {
        return (text, style);
    }
    let shorter = match (&job.state, &job.note) {
        (JobState::Available { .. }, _) => {
            let took = progress::taken(job, now).unwrap_or_default();
            text.replacen(&format!(" after {took}"), &format!(" {took}"), 1)
        }
        // Its id is in the lines below it, and in the details.
        (JobState::Removing { .. }, Some(Note::DeletePending { snapshot, .. })) => {
            text.replacen(&format!("waiting to delete {snapshot}"), "snapshot not deleted yet", 1)
        }
        _ => text,
    };
    (shorter, style)
}

/// The image of an available copy and how long it took, and what else is noted about it. What is to be read where there is no room for
/// all comes first: that a cancel came too late, and in the history how long it took.
fn available_image(
    job: &Job,
    image: &ImageId,
    behind: &str,
    now: Timestamp,
    of_history: bool,
) -> (String, Option<String>) {
    let took = progress::taken(job, now).map_or_else(String::new, |took| format!(" after {took}"));
    let note = job.note.as_ref().map(labels::note);
    match (&job.note, note) {
        (Some(Note::AvailableBeforeCancel), Some(late)) => (format!("{late}: {image}{took}{behind}"), None),
        (_, note) if of_history => (format!("available{took} {image}{behind}"), note),
        (_, note) => (format!("available {image}{took}{behind}"), note),
    }
}

/// The image of a job that deregisters one, behind a blank, if the text does not name it.
fn deregistered_image(job: &Job, text: &str) -> String {
    let image = job.images.last().filter(|image| job.is_deregistration() && !text.contains(image.as_str()));
    image.map_or_else(String::new, |image| format!(" {image}"))
}

/// An available copy, and what is to be said about its post-copy steps and about what is not as requested.
fn available_text(job: &Job, available: String, note: Option<String>, keys: Option<&KeyMap>) -> (String, Style) {
    let after = labels::after_copy(job);
    let can_retry = job.can_retry_steps() || job.has_given_up_steps();
    let style = match (can_retry || !job.request_check.differences().is_empty(), job.has_open_steps()) {
        (true, _) => theme::WARN,
        (false, true) => theme::BUSY,
        (false, false) => theme::GOOD,
    };
    let press = keys.filter(|_| can_retry).map(|keys| {
        let [retry, edit] = [Action::Retry, Action::Edit].map(|action| keys.key(Context::Jobs, action));
        if job.can_retry_steps() {
            format!("press {retry} to try again, {edit} to change it")
        } else {
            format!("press {retry} to decide")
        }
    });
    let said: Vec<String> = note.into_iter().chain(after).chain(press).collect();
    let text = if said.is_empty() { available } else { format!("{available}: {}", said.join("; ")) };
    (text, style)
}

/// A copy of an instance-store image, of which EC2 reports no progress.
fn instance_store_text(jobs_view: &JobsView, job: &Job, now: Timestamp) -> (String, Style) {
    if let Some(why) = jobs_view.not_polled(job) {
        return (why, theme::WARN);
    }
    let elapsed = job.elapsed(now).map_or_else(String::new, |elapsed| format!(" for {}", duration(elapsed)));
    let text = format!("copying{elapsed} (instance store: no progress)");
    match job.stalled(now, labels::LONG_STALL) {
        Some(_) => (format!("{text}, see AWS Health"), theme::WARN),
        None => (text, theme::BUSY),
    }
}

/// What the user has to decide.
fn in_doubt(note: Option<String>, candidates: &[ImageId], keys: Option<&KeyMap>) -> String {
    let why = note.unwrap_or_else(|| match candidates {
        [one] => format!("{one} may be this copy"),
        some => format!("{} images may be this copy", some.len()),
    });
    let press = keys.map(|keys| format!("; press {} to decide", keys.key(Context::Jobs, Action::Retry)));
    why + &press.unwrap_or_default()
}
