//! A copy and its state in a few words.

use crate::{
    cli::selection::has_ended,
    domain::Failure,
    engine::{Job, JobState, Note, RemovalReason, Status, StepState},
    labels,
};

/// The copy's name and where it goes; the name of an image that is deregistered and where it is.
pub(in crate::cli) fn title(job: &Job) -> String {
    if job.is_deregistration() {
        return format!("{} in {}", job.request.name, job.request.destination);
    }
    format!("{} to {}", job.request.name, job.request.destination)
}

/// Its state; while it is copying, the percentage as a multiple of `step`.
pub(super) fn action(job: &Job, step: u8) -> String {
    match (&job.state, job.percent()) {
        (JobState::Copying { .. }, Some(percent)) => format!("{} {}%", job.phase().as_str(), percent - percent % step),
        _ => job.phase().as_str().into(),
    }
}

/// Why it is in that state, what it waits for, or what is not as requested.
pub(in crate::cli) fn reason(job: &Job, status: &Status) -> Option<String> {
    let destination = &job.request.destination;
    let of_region = || status.regions.get(destination)?.waiting.as_ref();
    match &job.state {
        JobState::Failed { failure, .. } => return Some(labels::failure_reason(job, failure)),
        JobState::Queued => {
            let waiting = job.waiting.as_ref().or_else(of_region);
            if let Some(waiting) = waiting {
                return Some(labels::waiting(waiting, destination));
            }
        }
        JobState::InDoubt { .. } => return Some(format!("`amigrate resolve {}` decides", job.id)),
        JobState::Available { .. } => {
            let after = labels::after_copy(job);
            if !after.is_empty() {
                return Some(after.join("; "));
            }
        }
        _ => {
            if let Some(waiting) = &job.waiting {
                return Some(labels::waiting(waiting, destination));
            }
        }
    }
    job.note.as_ref().map(labels::note)
}

/// Returns why a copy that has ended is not what was requested: it is not available, or post-copy steps failed.
pub(in crate::cli) fn failure(job: &Job) -> Option<Failure> {
    let what = format!("copy {}", title(job));
    let note = || job.note.as_ref().map(|note| format!(" ({})", labels::note(note))).unwrap_or_default();
    let id = job.id;
    let plain = |why: String| Failure::new(what.clone(), why);
    let failure = match &job.state {
        JobState::Failed { failure, .. } => {
            let failure = Failure { what, ..failure.as_ref().clone() };
            let retry = format!("`amigrate retry {id}` makes it again.");
            let hint = format!("{} {retry}", failure.hint);
            return Some(failure.hint(hint.trim_start().to_owned()));
        }
        JobState::InDoubt { candidates } => {
            let named: Vec<&str> = candidates.iter().map(crate::domain::ImageId::as_str).collect();
            let images = if named.is_empty() { String::new() } else { format!(": it may be {}", named.join(" or ")) };
            plain(format!("it is not known whether AWS made it{images}"))
                .hint(format!("Decide with `amigrate resolve {id} --mine IMAGE`, `--again` or `--give-up`."))
        }
        JobState::Gone { image } if job.note == Some(Note::EarlierCopyGone) => plain(format!(
            "EC2 answered with {image}, which is {}",
            labels::note(&Note::EarlierCopyGone)
        ))
        .hint(format!(
            "If it is to be made all the same: `amigrate retry {id}`, or the same command with `--if-exists copy`."
        )),
        JobState::Gone { image } => plain(format!("{image} was deregistered by somebody else")),
        JobState::Cancelled => plain(format!("it was cancelled{}", note())),
        JobState::Deregistered => plain("its image was deregistered".into()),
        JobState::Available { image } => {
            let not_done = |state: &StepState| matches!(state, StepState::Failed(_)) || state.is_given_up();
            let steps = job.steps().filter(|(_, state)| not_done(state));
            let steps: Vec<String> = steps.map(|(step, state)| labels::step_line(job, step, state)).collect();
            if steps.is_empty() {
                return None;
            }
            plain(format!("{image} is available, but {}", steps.join("; ")))
                .hint(format!("`amigrate retry {id}` tries the failed steps again."))
        }
        _ => return None,
    };
    Some(failure)
}

/// Returns why a copy that was to be cancelled is not, if that is so.
pub(in crate::cli) fn failure_of_cancel(job: &Job) -> Option<Failure> {
    let failure = |why: String| Failure::new(format!("cancel copy {}, {}", job.id, title(job)), why);
    if let Some(Note::CancelRefused(refused)) = &job.note {
        let what = failure(String::new()).what;
        return Some(Failure { what, ..refused.as_ref().clone() });
    }
    let note = job.note.as_ref().map(labels::note);
    match &job.state {
        // An available copy whose post-copy steps were given up is as wanted.
        JobState::Available { image } if job.note == Some(Note::AvailableBeforeCancel) => Some(
            failure(labels::note(&Note::AvailableBeforeCancel))
                .hint(format!("`amigrate deregister {image} --region {}` deregisters it.", job.request.destination)),
        ),
        JobState::InDoubt { .. } => Some(
            failure("it is not known whether AWS made it".into())
                .hint(format!("Decide with `amigrate resolve {} --mine IMAGE` or `--give-up`.", job.id)),
        ),
        state if state.ended() => None,
        _ => Some(failure(note.unwrap_or_else(|| format!("it is {}", job.phase().as_str())))),
    }
}

/// Returns true if EC2 has answered its `CopyImage`, or nothing is to be sent any more.
pub(super) fn is_answered(job: &Job) -> bool {
    let removing = |reason: &RemovalReason| !matches!(reason, RemovalReason::Retry { .. });
    match &job.state {
        JobState::Copying { .. } => true,
        JobState::Removing { reason, .. } => removing(reason),
        _ => has_ended(job),
    }
}
