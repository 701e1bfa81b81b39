//! The audit entries in job details: the changing calls that were sent for the job.

use ratatui::text::Line;

use super::{
    AuditLoad, PagerSubject,
    entries::{entry, heading},
};
use crate::{
    domain::{Failure, text::clean},
    engine::{AuditEntry, Job, JobId},
    labels,
    tui::{
        model::{Model, PendingReply},
        msg::Effect,
        screens::Overlay,
    },
};

/// The job whose details are on top.
fn shown_job(model: &Model) -> Option<&Job> {
    match model.overlays.last() {
        Some(Overlay::Pager(pager)) => match &pager.subject {
            PagerSubject::Job(id) => model.jobs_view.job(*id),
            PagerSubject::HistoryJob(job) => Some(job),
            PagerSubject::Image(_)
            | PagerSubject::Comparison(_)
            | PagerSubject::Lineage(_)
            | PagerSubject::Listing(..)
            | PagerSubject::FilterHelp(_)
            | PagerSubject::UsedBy(_)
            | PagerSubject::Help
            | PagerSubject::FormHelp
            | PagerSubject::PickerHelp
            | PagerSubject::PaletteHelp
            | PagerSubject::ReviewHelp
            | PagerSubject::Review
            | PagerSubject::Problems => None,
        },
        _ => None,
    }
}

/// Requests the audit entries of the job whose details are on top, when they were opened or its state has changed.
pub fn request_if_changed(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some((job, state)) = shown_job(model).map(|job| (job.id, job.phase())) else { return };
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    match &mut pager.audit {
        AuditLoad::Failed(_) => return,
        AuditLoad::Loading(known) | AuditLoad::Loaded(known, _) if *known == state => return,
        // The old entries stay on the screen until the new ones come.
        AuditLoad::Loaded(known, _) => *known = state,
        AuditLoad::NotRequested | AuditLoad::Loading(_) => pager.audit = AuditLoad::Loading(state),
    }
    model.pending.retain(|_, pending| !matches!(pending, PendingReply::Audit(_)));
    let id = model.expect_reply(PendingReply::Audit(job));
    effects.push(Effect::Audit { id, job });
}

/// Shows the reply, if the job's details are still on top.
pub fn on_reply(model: &mut Model, job: JobId, result: Result<Vec<AuditEntry>, Failure>) {
    let Some(state) = shown_job(model).filter(|shown| shown.id == job).map(Job::phase) else { return };
    if let Some(Overlay::Pager(pager)) = model.overlays.last_mut() {
        pager.audit = match result {
            Ok(entries) => AuditLoad::Loaded(state, entries),
            Err(failure) => AuditLoad::Failed(failure),
        };
    }
}

pub(super) fn lines(audit: &AuditLoad, width: usize) -> Vec<Line<'static>> {
    let one = |text: &str| entry("changing calls", text, width);
    match audit {
        AuditLoad::NotRequested | AuditLoad::Loading(_) => one("loading ..."),
        AuditLoad::Failed(failure) => one(&failure.to_string()),
        AuditLoad::Loaded(_, entries) if entries.is_empty() => one("none sent"),
        AuditLoad::Loaded(_, entries) => {
            let mut lines = vec![heading("Changing calls, newest last")];
            lines.extend(entries.iter().flat_map(|call| call_lines(call, width)));
            lines
        }
    }
}

fn call_lines(call: &AuditEntry, width: usize) -> Vec<Line<'static>> {
    let known = |text: &Option<String>| clean(text.as_deref().unwrap_or("unknown")).into_owned();
    let text = format!(
        "{} in {} {}: {}; {}; request id {}; as {}",
        clean(&call.action),
        clean(&call.region),
        clean(&call.resource),
        labels::outcome(&call.outcome),
        call.time.strftime("%Y-%m-%d %H:%M:%S UTC"),
        known(&call.request_id),
        known(&call.identity),
    );
    // Names of actions are longer than labels.
    entry("", &text, width)
}
