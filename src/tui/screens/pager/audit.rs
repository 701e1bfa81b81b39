//! The part of a job's details that comes from the audit: the calls that changed something for it.

use ratatui::text::Line;

use super::{
    PagerSubject,
    image::{entry, heading},
};
use crate::{
    domain::{Failure, text::clean},
    engine::{AuditEntry, Job, JobId, JobPhase},
    labels,
    tui::{
        model::{Awaited, Model},
        msg::Effect,
        screens::Overlay,
    },
};

/// Whether the store has answered, and what.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Calls {
    /// Nobody asked, or the job has changed since.
    #[default]
    NotAsked,
    /// Asked when the job stood so.
    Awaited(JobPhase),
    /// As they were when the job stood so.
    Known(JobPhase, Vec<AuditEntry>),
    /// They could not be read.
    Failed(Failure),
}

/// The job that is read, and how it stands.
fn job_read(model: &Model) -> Option<&Job> {
    match model.overlays.last() {
        Some(Overlay::Pager(reading)) => match &reading.subject {
            PagerSubject::Job(id) => model.board.job(*id),
            PagerSubject::Past(job) => Some(job),
            PagerSubject::Image(_) | PagerSubject::Help | PagerSubject::Problems => None,
        },
        _ => None,
    }
}

/// Reads the calls of the job whose details are open, when they are opened and when the job stands otherwise.
pub fn ask_if_changed(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some((job, phase)) = job_read(model).map(|job| (job.id, job.phase())) else { return };
    let Some(Overlay::Pager(reading)) = model.overlays.last_mut() else { return };
    match &reading.calls {
        Calls::Awaited(at) | Calls::Known(at, _) if *at == phase => return,
        Calls::Failed(_) => return,
        Calls::NotAsked | Calls::Awaited(_) | Calls::Known(..) => {}
    }
    if !matches!(reading.calls, Calls::Known(..)) {
        reading.calls = Calls::Awaited(phase);
    } else if let Calls::Known(at, _) = &mut reading.calls {
        // What is known stays on the screen until there is news.
        *at = phase;
    }
    model.awaited.retain(|_, awaited| !matches!(awaited, Awaited::Audit(_)));
    let id = model.ask(Awaited::Audit(job));
    effects.push(Effect::Audit { id, job });
}

/// The store has answered.
pub fn arrived(model: &mut Model, job: JobId, result: Result<Vec<AuditEntry>, Failure>) {
    let Some(phase) = job_read(model).filter(|read| read.id == job).map(Job::phase) else { return };
    if let Some(Overlay::Pager(reading)) = model.overlays.last_mut() {
        reading.calls = match result {
            Ok(calls) => Calls::Known(phase, calls),
            Err(failure) => Calls::Failed(failure),
        };
    }
}

pub(super) fn lines(calls: &Calls, width: usize) -> Vec<Line<'static>> {
    let one = |text: &str| entry("changing calls", text, width);
    match calls {
        Calls::NotAsked | Calls::Awaited(_) => one("reading them from the store ..."),
        Calls::Failed(failure) => one(&failure.to_string()),
        Calls::Known(_, calls) if calls.is_empty() => one("none sent"),
        Calls::Known(_, calls) => {
            let mut lines = vec![heading("Changing calls, newest last")];
            lines.extend(calls.iter().flat_map(|call| described(call, width)));
            lines
        }
    }
}

fn described(call: &AuditEntry, width: usize) -> Vec<Line<'static>> {
    let given = |text: &Option<String>| clean(text.as_deref().unwrap_or("unknown")).into_owned();
    let text = format!(
        "{} in {} {}: {}; {}; request id {}; as {}",
        clean(&call.action),
        clean(&call.region),
        clean(&call.resource),
        labels::outcome(&call.outcome),
        call.time.strftime("%Y-%m-%d %H:%M:%S UTC"),
        given(&call.request_id),
        given(&call.identity),
    );
    entry(&clean(&call.action), &text, width)
}
