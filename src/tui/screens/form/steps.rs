//! The form of an available copy: post-copy steps that failed or were given up can be changed, and others added; the rest is shown as
//! fixed.

use std::sync::Arc;

use super::{
    Form, PastFailure, Purpose,
    fields::Section,
    open::{form_on_top as form, rules},
    steps_form::StepsForm,
};
use crate::{
    config::KeyMap,
    domain::{
        Failure, Image,
        again::field_of_step,
        draft::{Draft, Field, ProtectionDraft},
        image::{BlockDevice, Ebs},
        post_copy::{LaunchPermission, PostCopyStep},
        review::{CheckAnswer, CheckRequest, Finding, FindingKind, Severity},
        text::clean,
    },
    engine::{Command, Job, JobId, StepState},
    labels,
    tui::{
        bindings::{Action, Context},
        model::{Model, Pane, PendingReply},
        msg::Effect,
        screens::{Overlay, confirm::Confirmation, input::InputLine},
    },
};

/// Opens the form; without a source as it is now, with one made of what the copy was requested with.
pub(super) fn open(model: &mut Model, job: &Arc<Job>, source: Option<Arc<Image>>) {
    let account = model.account.as_ref().map(|a| a.id.clone());
    let Some(source) = source.or_else(|| Some(Arc::new(stand_in(job, account.clone()?)))) else {
        model.show_error("Not yet: the account is not known yet. ! shows details.");
        return;
    };
    let mut request = job.request.clone();
    request.post_copy = job.steps_left();
    let draft = Draft::again(&request, source, account);
    let mut form = Form::for_steps(draft, rules(model), Arc::clone(job));
    for (step, state) in job.steps() {
        let text = match state {
            StepState::Failed(failure) if failure.hint.is_empty() => {
                format!("Failed last time: {}.", clean(&failure.why))
            }
            StepState::Failed(failure) => {
                format!("Failed last time: {}. {}", clean(&failure.why), clean(&failure.hint))
            }
            StepState::GivenUp => "It was given up.".into(),
            StepState::GivenUpSent(_) => "It was given up after it was sent: it may have been done.".into(),
            StepState::Waiting | StepState::UnderWay(_) | StepState::Done | StepState::Withdrawn(_) => continue,
        };
        form.past_failures.push(PastFailure { field: field_of_step(step), text });
    }
    let first = form.past_failures.first().map_or(Field::ShareWith, |past| past.field.clone());
    form.focus_on(&first);
    model.overlays.push(Overlay::Form(Box::new(form)));
}

/// Makes a source of what is known of it: it is gone, or may not be read.
fn stand_in(job: &Job, account: crate::domain::AccountId) -> Image {
    let request = &job.request;
    let mut image = Image::bare(request.source.clone(), request.source_region.clone(), account);
    image.name = request.source_name.as_str().into();
    image.root_device_type = if request.volumes.is_empty() { "instance-store" } else { "ebs" }.into();
    let device = |size: &u32| BlockDevice {
        ebs: Some(Ebs { volume_size: Some(*size), ..Ebs::default() }),
        ..BlockDevice::default()
    };
    image.block_devices = request.volumes.iter().map(device).collect();
    image
}

/// Returns what cannot be changed: the copy, its parameters, and the steps that are done.
pub(super) fn fixed(form: &Form, steps: &StepsForm) -> Vec<(&'static str, String)> {
    let job = &steps.job;
    let image = job.image().map_or_else(String::new, ToString::to_string);
    let mut lines = vec![("Copy", format!("{image} \"{}\", {}", job.request.name, job.phase().as_str()))];
    let sections = Section::ALL.into_iter().filter(|section| *section != Section::Afterwards);
    lines.extend(sections.map(|section| (section.title(), form.summary(section))));
    let done = job.steps().filter(|(_, state)| **state == StepState::Done);
    lines.extend(done.map(|(step, _)| ("Done", labels::step(step, &job.request.destination))));
    lines
}

/// Returns what a field shows that asks for nothing: what is done already stays.
pub(super) fn nothing_more(draft: &Draft, field: &Field, keys: &KeyMap) -> Option<String> {
    let post = &draft.post_copy;
    match field {
        Field::ShareWith if post.share_with.is_empty() => {
            Some("(nobody else: account ids, organization and OU ARNs)".into())
        }
        Field::Deprecation if post.deprecate.is_empty() => {
            Some("(not changed: 90d, 2027-01-31, 2027-01-31T12:00Z)".into())
        }
        Field::Protection if post.protection == ProtectionDraft::Off => {
            Some(format!("not changed ({}: on, on with cooldown)", keys.key(Context::Form, Action::Toggle)))
        }
        _ => None,
    }
}

/// Asks whether the steps are carried out, or shows the first mistake. If the copy becomes public, it is checked first whether that is
/// allowed.
pub(super) fn submit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.start.config.read_only {
        let copy = model.keymap.key(Context::Form, Action::YankCommand);
        model.show_error(format!(
            "Read-only: nothing is changed in AWS. {copy} copies the AWS CLI commands to your clipboard."
        ));
        return;
    }
    if !model.can_send_commands() {
        return;
    }
    let rules = rules(model);
    let Some(form) = form(model) else { return };
    (form.submitted, form.rules) = (true, rules);
    form.check();
    if let Some(first) = form.plan.mistakes.first().cloned() {
        form.focus_on(&first.field);
        model.show_error(format!("Nothing is done. {}", first.text));
        return;
    }
    let Purpose::Steps(steps) = &form.purpose else { return };
    let outcome = [steps.outcome(), warnings(form)].concat();
    let (job, wanted) = (steps.job.id, steps.steps.clone());
    if steps.changes().carried_out.iter().any(is_public) {
        let region = steps.job.request.destination.clone();
        model.show_notice(format!("Checking whether images may be public in {region} ..."));
        model.pending.retain(|_, pending| !matches!(pending, PendingReply::PublicAccess(_)));
        let id = model.expect_reply(PendingReply::PublicAccess(job));
        effects.push(Effect::Check { id, request: CheckRequest::BlockPublicAccess { region } });
    } else {
        confirm(model, job, |job| Overlay::Confirmation(Confirmation::edit_steps(job, outcome, wanted)));
    }
}

/// Has it confirmed that a copy becomes public, if the form still asks for that.
pub(in crate::tui) fn on_public_access(model: &mut Model, job: JobId, answer: Result<CheckAnswer, Failure>) {
    let Some(form) = form(model).filter(|form| form.plan.mistakes.is_empty()) else { return };
    let Purpose::Steps(steps) = &form.purpose else { return };
    if steps.job.id != job || !steps.changes().carried_out.iter().any(is_public) {
        return;
    }
    let (region, wanted) = (steps.job.request.destination.clone(), steps.steps.clone());
    let mut outcome = [steps.outcome(), warnings(form)].concat();
    match answer {
        Ok(CheckAnswer::PublicAccessBlocked(true)) => {
            form.focus_on(&Field::Public);
            let finding = Finding {
                severity: Severity::Refusal,
                kind: FindingKind::PublicBlocked,
                regions: vec![region],
                field: Field::Public,
            };
            return model.show_error(format!("Nothing is done. {}", labels::review::finding(&finding)));
        }
        Ok(_) => {}
        Err(failure) => {
            outcome.push(format!("Not known: whether images may be public in {region}: {}.", clean(&failure.why)));
        }
    }
    // It says that this is being checked.
    model.notice = None;
    confirm(model, job, |job| Overlay::InputLine(InputLine::public_steps(job, outcome, wanted)));
}

/// The form's warnings, a line each, for those who confirm what it says.
fn warnings(form: &Form) -> Vec<String> {
    form.plan.warnings.iter().map(|warning| format!("Warning: {}", warning.text)).collect()
}

/// Opens what confirms the steps, if the copy is still available.
fn confirm(model: &mut Model, job: JobId, overlay: impl FnOnce(&Job) -> Overlay) {
    match model.jobs_view.job(job).filter(|job| job.image().is_some() && job.state.ended()).map(overlay) {
        Some(overlay) => model.overlays.push(overlay),
        None => model.show_error("Nothing is done: this copy is no longer available."),
    }
}

fn is_public(step: &PostCopyStep) -> bool {
    matches!(step, PostCopyStep::LaunchPermissions(who) if who.contains(&LaunchPermission::Public))
}

/// Requests the steps, closes the form, and goes to the jobs.
pub(in crate::tui) fn start(model: &mut Model, job: JobId, steps: Vec<PostCopyStep>, effects: &mut Vec<Effect>) {
    // Where no command is accepted the form stays open, so that nothing is lost.
    if !model.can_send_commands() {
        return;
    }
    let at = model.overlays.iter().position(|o| matches!(o, Overlay::Form(_)));
    let form = at.map(|at| model.overlays.remove(at));
    let known = match &form {
        Some(Overlay::Form(form)) => match &form.purpose {
            Purpose::Steps(steps) => Some(steps.job.request.post_copy.len()),
            _ => None,
        },
        _ => None,
    };
    model.focus = Pane::Jobs;
    model.show_notice(format!("Steps requested. See the copy in {}.", model.place_of_jobs()));
    model.send_command(Command::EditSteps { job, steps, known }, effects);
    if let Some(Overlay::Form(form)) = form {
        model.requested.add(Vec::new(), Some(form));
    }
}
