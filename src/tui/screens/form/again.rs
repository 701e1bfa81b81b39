//! Making a copy again with changes: the form opens with everything the copy was requested with, and what failed beside its field. Of
//! an available copy, its post-copy steps are changed: it is shared, deprecated or protected.

use std::sync::Arc;

use super::{Form, PastFailure, Purpose, open::rules, steps};
use crate::{
    domain::{
        Failure, Image,
        again::{changed_source_tags, field_to_change},
        draft::{Draft, Field},
        text::clean,
    },
    engine::{Job, JobState, Origin},
    tui::{
        bindings::{Action, Context},
        model::{Model, PendingReply},
        msg::Effect,
        screens::Overlay,
    },
};

/// Returns true if a copy can be made again with changes, or its steps can be changed.
pub fn can_be_edited(job: &Job) -> bool {
    let ended = matches!(job.state, JobState::Failed { .. } | JobState::Gone { .. } | JobState::Cancelled);
    job.origin == Origin::Here && ended || job.can_edit_steps()
}

/// What can be done instead of making a copy again that was started elsewhere.
pub fn settings_unknown(model: &Model) -> String {
    let copy = model.keymap.key(Context::Images, Action::Copy);
    format!(
        "Started elsewhere, so what was requested is unknown here. Copy the image again: {copy} in the images pane."
    )
}

/// Opens the form for a copy; reads the source first if it is not listed.
pub fn edit(model: &mut Model, job: Arc<Job>, effects: &mut Vec<Effect>) {
    if !can_be_edited(&job) {
        model.show_notice(match job.origin {
            Origin::Elsewhere if job.state.ended() => settings_unknown(model),
            Origin::Here if matches!(job.state, JobState::Available { .. }) => {
                "Its post-copy steps are under way; they can be changed once they have ended.".to_owned()
            }
            _ => {
                format!("A copy is edited or shared once it has ended; this one is {}.", job.phase().as_str())
            }
        });
        return;
    }
    if job.can_edit_steps() && model.jobs_view.job(job.id).is_none() {
        model.show_notice("This copy is only in the history now: what is done with it cannot be changed any more.");
        return;
    }
    let request = &job.request;
    let listed =
        model.catalogue.images().find(|i| i.id == request.source && i.region == request.source_region).cloned();
    match listed {
        Some(source) if job.can_edit_steps() => return steps::open(model, &job, Some(source)),
        Some(source) => return open(model, &job, source),
        None => {}
    }
    model.show_notice(format!("Reading {} in {} ...", request.source, request.source_region));
    let (region, image) = (request.source_region.clone(), request.source.clone());
    // A second press asks again instead of opening two forms.
    model.pending.retain(|_, pending| !matches!(pending, PendingReply::Source(_)));
    let id = model.expect_reply(PendingReply::Source(job));
    effects.push(Effect::ReadImage { id, region, image });
}

/// Opens the form once the source was read, unless something else was opened meanwhile.
pub fn on_source(model: &mut Model, job: &Job, result: Result<Option<Image>, Failure>) {
    // What is done with a copy does not need its source.
    if job.can_edit_steps() {
        let now = model.jobs_view.job(job.id).filter(|job| job.can_edit_steps()).cloned();
        if let Some(now) = now.filter(|_| model.overlays.is_empty()) {
            steps::open(model, &Arc::new(now), result.ok().flatten().map(Arc::new));
        }
        return;
    }
    let request = &job.request;
    match result {
        Err(failure) => model.show_failure("source image", &failure),
        Ok(None) => model.show_error(format!(
            "{} is no longer in {}, or no longer shared with this account: it cannot be copied again.",
            request.source, request.source_region
        )),
        Ok(Some(_)) if !model.overlays.is_empty() => {}
        Ok(Some(source)) => open(model, job, Arc::new(source)),
    }
}

fn open(model: &mut Model, job: &Job, source: Arc<Image>) {
    let changed = changed_source_tags(&job.request, &source);
    let account = model.account.as_ref().map(|a| a.id.clone());
    let mut form = Form::new(Draft::again(&job.request_as_edited(), source, account), rules(model));
    form.purpose = Purpose::Again(job.id);
    let failure = match &job.state {
        JobState::Failed { failure, .. } => Some(failure),
        _ => None,
    };
    let field = failure.map(|f| field_to_change(f, &job.request));
    let past = failure.zip(field.clone()).map(|(failure, field)| PastFailure {
        field,
        text: if failure.hint.is_empty() {
            format!("Failed last time: {}.", failure.why)
        } else {
            format!("Failed last time: {}. {}", failure.why, failure.hint)
        },
    });
    form.past_failures.extend(past);
    match field {
        Some(field) if field != Field::Sources => form.focus_on(&field),
        _ => form.focus_on(&Field::Name),
    }
    model.overlays.push(Overlay::Form(Box::new(form)));
    let mut notices = Vec::new();
    if !changed.is_empty() {
        let keys: Vec<_> = changed.iter().map(|key| clean(key)).collect();
        notices.push(format!(
            "The source's tags have changed since: {}. The copy gets what the source has now.",
            keys.join(", ")
        ));
    }
    if job.request.given_token.is_some() {
        notices.push("The client token was used: the new copy takes a random one, unless you give another.".to_owned());
    }
    if !notices.is_empty() {
        model.show_notice(notices.join(" "));
    }
}
