//! Keeps the listed images up to date: pending ones as the queue polls them, those of copies that start or end, and the rest by age.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Failure, Image, ImageId, OwnerFilter, Region},
    driver::DriverStatus,
    engine::{Job, JobId, JobState},
    tui::{
        browse,
        catalogue::{ListState, Listing},
        model::{Connection, Model, PendingReply},
        msg::Effect,
    },
};

/// Images that change at about the same time are read together.
const TOGETHER: SignedDuration = SignedDuration::from_secs(1);
/// Between two reads of pending images that the queue does not report.
const POLL: SignedDuration = SignedDuration::from_secs(15);
/// The queue reports a new pending image by itself, unless another process runs it.
const TOLD_BY_THEN: SignedDuration = SignedDuration::from_secs(12);
/// Between two tries to list a region again.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// Images that are listed again as often as the setting says. Where there are more it is done more rarely: each 1,000 is a request.
const BY_AGE: usize = 5_000;

/// Returns true if what the queue reports, and copies, may be among the images listed.
fn follows(model: &Model, region: &Region) -> bool {
    model.query.whose == OwnerFilter::Mine && model.chosen.contains(region)
}

/// Returns true if anything may be requested now.
fn may_ask(model: &Model) -> bool {
    matches!(model.connection, Connection::Ready(_)) && model.jobs_view.status.paused.is_none()
}

/// Leaves out images of other accounts: reading by id also finds what is shared or public.
fn own(model: &Model, mut images: Vec<Image>) -> Vec<Image> {
    if let Some(account) = &model.account {
        images.retain(|image| image.owner_id == account.id);
    }
    images
}

/// Takes in the pending images of a region. Those that are no longer among them are read.
pub(super) fn on_pending(model: &mut Model, region: &Region, images: Vec<Image>) {
    let images = own(model, images);
    let reported: BTreeSet<ImageId> = images.iter().map(|image| image.id.clone()).collect();
    let ended = model.live.reported.insert(region.clone(), reported.clone()).unwrap_or_default();
    if !follows(model, region) {
        return;
    }
    let listed = model.catalogue.listing(region).map(Listing::pending).unwrap_or_default();
    let ended: BTreeSet<ImageId> =
        listed.iter().map(|image| image.id.clone()).chain(ended).filter(|id| !reported.contains(id)).collect();
    model.images.changed |= model.catalogue.take(region, &reported, images);
    if let Some((wanted, _)) = model.live.wanted.get_mut(region) {
        wanted.retain(|id| !reported.contains(id));
    }
    if !ended.is_empty() {
        model.live.want(region, ended, model.now + TOGETHER);
    }
}

/// Has the images of copies read that have changed: new ones that the queue does not report, and those that ended.
pub(super) fn on_jobs<'a>(model: &mut Model, jobs: impl Iterator<Item = &'a Job>) {
    for job in jobs {
        let region = &job.request.destination;
        if let JobState::Copying { image } = &job.state
            && follows(model, region)
            && model.catalogue.listing(region).is_some_and(|l| !l.pending().iter().any(|listed| listed.id == *image))
            && model.live.started.insert(image.clone())
        {
            model.live.want(region, [image.clone()], model.now + TOLD_BY_THEN);
        }
    }
}

/// Has the images of ended copies read.
pub(super) fn on_ended(model: &mut Model, ended: &[JobId]) {
    for id in ended {
        let Some(job) = model.jobs_view.job(*id) else { continue };
        let (region, image) = (job.request.destination.clone(), job.image().or(job.images.last()).cloned());
        if follows(model, &region) {
            model.live.want(&region, image, model.now + TOGETHER);
        }
    }
}

/// Sends what is due: images to be read by their ids, and lists that are old. Works out when something is due next.
pub(super) fn act_if_due(model: &mut Model, effects: &mut Vec<Effect>) {
    if may_ask(model) {
        act(model, effects);
    }
    model.live.deadline = deadline(model);
}

fn act(model: &mut Model, effects: &mut Vec<Effect>) {
    poll_what_nobody_tells_of(model);
    let now = model.now;
    let due = model.live.wanted.iter().filter(|(region, (_, at))| *at <= now && !is_reading(model, region));
    for region in due.map(|(region, _)| region.clone()).collect::<Vec<_>>() {
        let Some((ids, _)) = model.live.wanted.remove(&region) else { continue };
        if ids.is_empty() || !follows(model, &region) {
            continue;
        }
        model.live.read.insert(region.clone(), now);
        let images: Vec<ImageId> = ids.iter().cloned().collect();
        let id = model.expect_reply(PendingReply::KnownImages { region: region.clone(), ids });
        effects.push(Effect::ReadImages { id, region, images });
    }
    let is_old =
        |(region, listing): &(&Region, &Listing)| refresh_at(model, region, listing).is_some_and(|at| at <= now);
    let old: Vec<Region> = model.catalogue.listings().filter(is_old).map(|(region, _)| region.clone()).collect();
    browse::refresh_quietly(model, old, effects);
}

/// Has pending images read that no queue of this process reports.
fn poll_what_nobody_tells_of(model: &mut Model) {
    if model.query.whose != OwnerFilter::Mine {
        return;
    }
    let own = matches!(model.jobs_view.driver, DriverStatus::ThisProcess);
    let mut missing = Vec::new();
    for (region, listing) in model.catalogue.listings() {
        let reported = model.live.reported.get(region).filter(|_| own);
        let is_reported = |id: &ImageId| reported.is_some_and(|reported| reported.contains(id));
        let ids: Vec<ImageId> =
            listing.pending().iter().map(|image| image.id.clone()).filter(|id| !is_reported(id)).collect();
        if !ids.is_empty() && !model.live.wanted.contains_key(region) && !is_reading(model, region) {
            missing.push((region.clone(), ids));
        }
    }
    for (region, ids) in missing {
        let last = model.live.read.get(&region).copied().unwrap_or(model.now);
        model.live.want(&region, ids, last + POLL);
    }
}

fn is_reading(model: &Model, region: &Region) -> bool {
    model.pending.values().any(|p| matches!(p, PendingReply::KnownImages { region: r, .. } if r == region))
}

/// Takes in images that were read by their ids. What could not be read is listed again by age.
pub(super) fn on_images(
    model: &mut Model,
    region: &Region,
    ids: &BTreeSet<ImageId>,
    result: Result<Vec<Image>, Failure>,
) {
    match result {
        Ok(images) => {
            let images = own(model, images);
            if model.catalogue.take(region, ids, images) {
                model.images.changed = true;
                browse::unmark_gone(model, region);
            }
        }
        Err(failure) => tracing::debug!(%failure, %region, "images could not be read"),
    }
}

/// When a region is listed again by itself; `None` for one that is being listed, or that is not.
fn refresh_at(model: &Model, region: &Region, listing: &Listing) -> Option<Timestamp> {
    let whose = &model.query.whose;
    // Other images are many, take long to list, and seldom change.
    let by_itself = matches!(whose, OwnerFilter::Mine | OwnerFilter::Shared | OwnerFilter::Account(_));
    let being_listed = browse::is_being_listed(model, region);
    let interval = interval(model)?;
    if !by_itself || being_listed {
        return None;
    }
    let rounds = i32::try_from(listing.images().len().saturating_sub(1) / BY_AGE + 1).unwrap_or(i32::MAX);
    let tried = model.live.begun.get(region).copied();
    match &listing.state {
        ListState::Loaded(at) | ListState::Capped(at) => {
            let due = *at + interval * rounds;
            // It has been tried since, in vain.
            Some(tried.filter(|tried| tried >= at).map_or(due, |tried| due.max(tried + AGAIN)))
        }
        // A permission may be given again.
        ListState::Failed(_) if model.may_list(region) => Some(tried? + interval),
        _ => None,
    }
}

fn interval(model: &Model) -> Option<SignedDuration> {
    let minutes = model.start.config.browse.refresh_minutes;
    (minutes > 0).then(|| SignedDuration::from_mins(minutes.into()))
}

/// How long ago the oldest of the lists was complete, if that is longer than lists become by themselves.
pub(super) fn age(model: &Model) -> Option<SignedDuration> {
    let oldest = oldest(model)?;
    let age = model.now.duration_since(oldest);
    (age >= told_from(model)).then_some(age)
}

fn oldest(model: &Model) -> Option<Timestamp> {
    model.catalogue.listings().filter_map(|(_, listing)| listing.rows_since()).min()
}

/// From this age on it is shown: a minute later than lists are refreshed.
fn told_from(model: &Model) -> SignedDuration {
    interval(model).unwrap_or_default() + SignedDuration::from_mins(1)
}

/// When something is due next.
fn deadline(model: &Model) -> Option<Timestamp> {
    // The age counts minutes once it is shown.
    let shown = oldest(model).map(|oldest| {
        let minutes = model.now.duration_since(oldest).as_mins() + 1;
        oldest + told_from(model).max(SignedDuration::from_mins(minutes))
    });
    if !may_ask(model) {
        return shown;
    }
    let wanted = model.live.wanted.iter().filter(|(region, _)| !is_reading(model, region)).map(|(_, (_, at))| *at);
    // Where there is no room for another list now, the end of one makes some.
    let room = browse::room(model) > 0;
    let lists =
        model.catalogue.listings().filter_map(|(region, listing)| refresh_at(model, region, listing).filter(|_| room));
    wanted.chain(lists).chain(shown).min()
}

/// What the images pane is waiting for.
pub(super) fn loading_text(model: &Model) -> Option<String> {
    let loading: Vec<&Region> = model
        .catalogue
        .listings()
        .filter(|(_, l)| matches!(l.state, ListState::Loading(_) | ListState::Waiting))
        .map(|(r, _)| r)
        .collect();
    match (&model.connection, loading.as_slice()) {
        (Connection::Connecting(_), _) => Some("looking for credentials".into()),
        (_, []) => None,
        (_, [one]) => Some(format!("listing {one}")),
        (_, [one, rest @ ..]) => Some(format!("listing {one} +{}", rest.len())),
    }
}
