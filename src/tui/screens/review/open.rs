//! Opening the review with what is known without asking AWS, and sending its checks.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    domain::{
        Failure, Image, ImageId,
        plan::Plan,
        review::{CheckAnswer, CheckId, Review, ReviewContext, context::UnderWay},
    },
    engine::Job,
    tui::{
        model::{Model, PendingReply},
        msg::Effect,
        screens::{Overlay, review::ReviewScreen},
    },
};

/// Opens the review of a plan without mistakes.
pub fn open(model: &mut Model, plan: Plan, effects: &mut Vec<Effect>) {
    let mut review = Review::new(plan, context(model), model.now);
    if let Some(earlier) = model.last_review.take() {
        review = review.reuse(&earlier);
    }
    if let Some(Overlay::Form(form)) = model.overlays.last() {
        review = review.decided_before(&form.decisions);
    }
    let mut screen = ReviewScreen::new(review, &model.start.prices);
    screen.owners.clone_from(&model.owners_on_screen);
    model.overlays.push(Overlay::Review(Box::new(screen)));
    send(model, effects);
}

fn context(model: &Model) -> ReviewContext {
    let (under_way, being_removed) = jobs(model);
    let of_others = |image: &&Arc<Image>| model.owners_on_screen.contains(&image.owner_id);
    let listed_by_others = match model.overlays.last() {
        Some(Overlay::Form(form)) => form.draft.sources.iter().filter(of_others).cloned().collect(),
        _ => Vec::new(),
    };
    ReviewContext {
        account: model.account.as_ref().map(|account| account.id.clone()),
        regions: model.regions.clone(),
        under_way,
        being_removed,
        completed: model.jobs_view.completed(),
        limits: model.start.config.copy.review_limits(),
        listed_by_others,
        access_is_known: false,
    }
}

/// Returns the own copies that have not ended, also those that are no jobs yet, and the images that are being removed.
fn jobs(model: &Model) -> (Vec<UnderWay>, BTreeSet<ImageId>) {
    let (removed, open): (Vec<&Job>, Vec<&Job>) =
        model.jobs_view.jobs().filter(|job| !job.state.ended()).partition(|job| job.is_being_removed());
    let under_way = open.into_iter().filter_map(Job::under_way);
    let removed = removed.into_iter().filter_map(|job| job.image().cloned());
    (under_way.chain(model.requested.under_way()).collect(), removed.collect())
}

/// Follows the jobs with the review, if one is open.
pub(in crate::tui) fn on_jobs(model: &mut Model, effects: &mut Vec<Effect>) {
    model.requested.stored(model.jobs_view.jobs());
    if update_jobs(model) {
        send(model, effects);
    }
}

/// Tells the review the jobs as they are now. Returns true if they are others.
pub(super) fn update_jobs(model: &mut Model) -> bool {
    if screen(model).is_none() {
        return false;
    }
    let (under_way, being_removed) = jobs(model);
    let Some(screen) = screen(model) else { return false };
    let changes = screen.review.set_jobs(under_way, being_removed);
    if changes {
        screen.review_mut();
    }
    changes
}

/// A command was rejected: if it was the copies, their form comes back.
pub(in crate::tui) fn on_rejected(model: &mut Model) {
    let form = model.requested.rejected();
    if let Some(form) = form.filter(|_| !model.overlays.iter().any(|o| matches!(o, Overlay::Form(_)))) {
        model.overlays.insert(0, Overlay::Form(form));
    }
}

pub(super) fn screen(model: &mut Model) -> Option<&mut ReviewScreen> {
    model.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Review(screen) => Some(&mut **screen),
        _ => None,
    })
}

/// Sends the checks that there is room for.
pub(super) fn send(model: &mut Model, effects: &mut Vec<Effect>) {
    // What is sent looks as what waits to be, so that nothing has to be drawn anew.
    let next = screen(model).map(|screen| screen.review.next_requests()).unwrap_or_default();
    for (check, request) in next {
        let id = model.expect_reply(PendingReply::Check(check));
        effects.push(Effect::Check { id, request });
    }
}

/// Takes in an answer. The replies of a review that was closed are not expected any more.
pub(in crate::tui) fn on_answer(
    model: &mut Model,
    check: CheckId,
    answer: Result<CheckAnswer, Failure>,
    effects: &mut Vec<Effect>,
) {
    let now = model.now;
    if let Some(screen) = screen(model) {
        screen.review_mut().set_now(now);
        screen.review_mut().answer(check, answer);
        send(model, effects);
    }
}

/// Gives up waiting for answers if it is time.
pub(in crate::tui) fn expire_if_due(model: &mut Model) {
    let now = model.now;
    if let Some(screen) = screen(model)
        && screen.review().deadline().is_some_and(|at| at <= now)
    {
        screen.review_mut().expire(now);
    }
}

/// Brings the review's table, and the costs of the form, up to date before they are drawn.
pub(in crate::tui) fn on_frame(model: &mut Model) {
    refresh(model);
    for overlay in &mut model.overlays {
        if let Overlay::Form(form) = overlay {
            form.follow_listings(&model.catalogue);
            form.refresh(&model.start.prices);
        }
    }
    if let Some(Overlay::Review(screen)) = model.overlays.last_mut() {
        screen.seen = screen.table.settled;
    }
}

/// Brings the review's table up to date.
pub(super) fn refresh(model: &mut Model) {
    for overlay in &mut model.overlays {
        if let Overlay::Review(screen) = overlay {
            screen.owners.clone_from(&model.owners_on_screen);
            screen.refresh(&model.start.prices);
        }
    }
}

/// Asks everything again.
pub(super) fn ask_again(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    let Some(screen) = screen(model) else { return };
    screen.review_mut().ask_again(now);
    drop_pending(model);
    update_jobs(model);
    send(model, effects);
}

/// Closes the review. Its answers are kept for a while, and its choices with the form, in case it is opened again.
pub(super) fn close(model: &mut Model) {
    if let Some(Overlay::Review(screen)) = model.overlays.pop() {
        if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
            screen.review.keep_choices(&mut form.decisions);
        }
        model.last_review = Some(Box::new(screen.review));
    }
    drop_pending(model);
}

/// Stops expecting answers.
pub(super) fn drop_pending(model: &mut Model) {
    model.pending.retain(|_, pending| !matches!(pending, PendingReply::Check(_)));
}
