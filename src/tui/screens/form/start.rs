//! Starting the copies of the form.

use super::{
    Purpose, Rules,
    open::{form_on_top as form, rules},
    steps,
};
use crate::{
    domain::{CopyRequest, preset::Preset, text::count},
    engine::{BatchId, Command},
    tui::{
        model::{Model, Pane},
        msg::Effect,
        others::ListKey,
        screens::{
            Overlay,
            confirm::Confirmation,
            images::{ImageRef, image_ref},
            review,
        },
    },
};

/// Opens the review of the copies, or shows the first mistake.
pub(super) fn submit(model: &mut Model, effects: &mut Vec<Effect>) {
    if form(model).is_some_and(|form| matches!(form.purpose, Purpose::Steps(_))) {
        return steps::submit(model, effects);
    }
    // The form may have been open since yesterday.
    let rules = rules(model);
    let Some(form) = form(model) else { return };
    form.submitted = true;
    form.rules = Rules { listed: std::mem::take(&mut form.rules.listed), ..rules };
    form.check();
    if let Some(first) = form.plan.mistakes.first().cloned() {
        form.focus_on(&first.field);
        model.show_error(format!("Not started. {}", first.text));
        return;
    }
    let mut plan = form.plan.clone();
    for copy in &mut plan.copies {
        copy.token = model.next_client_token();
    }
    review::open::open(model, plan, effects);
}

/// Starts these copies, closes the form, and goes to the jobs. If the form was opened for a failed copy that has left an image, asks
/// whether to remove that too.
pub(in crate::tui) fn start(model: &mut Model, copies: Vec<CopyRequest>, effects: &mut Vec<Effect>) {
    let form = model.overlays.iter().find_map(|o| if let Overlay::Form(form) = o { Some(form) } else { None });
    let replaces = form.and_then(|form| form.replaces());
    // A copy made again has the values of that copy, which are no use for the next form.
    let values = form.filter(|_| replaces.is_none()).map(|form| Box::new(Preset::last_values(&form.draft)));
    // Other marks are for something else.
    let of_form = form.filter(|_| replaces.is_none()).into_iter().flat_map(|form| &form.draft.sources);
    let sources: Vec<ImageRef> = of_form.map(|image| image_ref(image)).collect();
    let listed_by = form.map_or(model.id, |form| form.listed_by);
    model.overlays.retain(|o| !matches!(o, Overlay::Form(_)));
    let n = count(copies.len(), "copy", "copies");
    model.show_notice(if model.jobs_view.driver.is_silent() {
        format!("{n} queued. They wait until the process that holds the queue continues or ends.")
    } else {
        format!("{n} queued. See {}.", model.place_of_jobs())
    });
    for (region, id) in sources {
        let list = ListKey { region, profile: listed_by };
        model.images.marked.remove(&list, &id);
    }
    model.focus = Pane::Jobs;
    if model.full == Some(Pane::Images) {
        model.full = None;
    }
    let last = model.jobs_view.jobs().next_back().map(|j| j.id);
    model.jobs.await_new(last);
    let batch = BatchId::of_copies(&copies);
    model.send_command(Command::Copy(copies), effects);
    effects.extend(values.map(Effect::KeepLastValues));
    let failed = replaces.and_then(|id| model.jobs_view.job(id)).zip(batch);
    let left = failed.and_then(|(job, batch)| Confirmation::remove_failed(job, batch));
    model.overlays.extend(left.map(Overlay::Confirmation));
}
