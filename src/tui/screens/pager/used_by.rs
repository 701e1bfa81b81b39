//! Who uses an image: what of the account names it is read when the page is opened, other accounts come from a usage report.

use std::sync::Arc;

use ratatui::text::Line;

use super::{
    Pager, PagerSubject,
    entries::entry,
    load::{Load, UsedBy},
};
use crate::{
    domain::{Failure, Image, compare::ImageRef, image_usage::ImageUsage, usage_report::Reported},
    labels,
    tui::{
        bindings::{Action, Context},
        model::{Connection, Model, PendingReply},
        msg::Effect,
        screens::Overlay,
        widgets::text_fit::wrap,
    },
};

/// Opens the page of an image of the account: EC2 tells nobody else who uses it.
pub fn open(model: &mut Model, image: Arc<Image>) {
    if model.account.as_ref().is_some_and(|account| account.id != image.owner_id) {
        model.show_notice(format!("{} is not yours: only its owner can see who uses it.", image.id));
        return;
    }
    model.overlays.push(Overlay::Pager(Pager::new(PagerSubject::UsedBy(image))));
}

/// Requests who uses the image of the page on top, when it was opened.
pub fn request_if_opened(model: &mut Model, effects: &mut Vec<Effect>) {
    if !matches!(model.connection, Connection::Ready(_)) {
        return;
    }
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    let PagerSubject::UsedBy(image) = &pager.subject else { return };
    if pager.used_by == Load::NotRequested {
        let image = Arc::clone(image);
        pager.used_by = Load::Loading;
        read(model, image, effects);
    }
}

fn read(model: &mut Model, image: Arc<Image>, effects: &mut Vec<Effect>) {
    let expected = PendingReply::UsedBy(ImageRef::of(&image));
    // An answer to an earlier request may be older.
    model.pending.retain(|_, pending| *pending != expected);
    let id = model.expect_reply(expected);
    effects.push(Effect::ReadUsage { id, region: image.region.clone(), images: vec![image] });
}

/// Requests a usage report, unless one is awaited.
pub fn request_report(model: &mut Model, image: Arc<Image>, effects: &mut Vec<Effect>) {
    if model.start.config.read_only {
        model.show_error("This is read-only: no usage report is requested. One that exists is shown.");
        return;
    }
    if !matches!(model.connection, Connection::Ready(_)) || is_requested(model, &image) {
        return;
    }
    let id = model.expect_reply(PendingReply::UsageReport(ImageRef::of(&image)));
    effects.push(Effect::RequestUsageReport { id, image });
}

fn is_requested(model: &Model, image: &Image) -> bool {
    let wanted = PendingReply::UsageReport(ImageRef::of(image));
    model.pending.values().any(|pending| *pending == wanted)
}

/// Shows the reply in every open page of this image.
pub(super) fn on_reply(model: &mut Model, place: &ImageRef, usage: Vec<ImageUsage>) {
    let Some(usage) = usage.into_iter().next() else { return };
    let at = model.now;
    for pager in pages(model, place) {
        let mut usage = usage.clone();
        if usage.reported == Some(Ok(Reported::None)) {
            usage.reported = Some(Ok(pager.reported.clone().unwrap_or(Reported::None)));
        }
        pager.used_by = Load::Loaded(Box::new(UsedBy { usage, at }));
    }
}

/// Shows what a usage report says in every open page of its image.
pub(super) fn on_reported(model: &mut Model, place: &ImageRef, reported: &Result<Reported, Failure>) {
    for pager in pages(model, place) {
        pager.reported = reported.clone().ok();
        if let Load::Loaded(read) = &mut pager.used_by {
            read.usage.reported = Some(reported.clone());
        }
    }
}

fn pages<'a>(model: &'a mut Model, place: &'a ImageRef) -> impl Iterator<Item = &'a mut Pager> {
    model.overlays.iter_mut().filter_map(move |overlay| match overlay {
        Overlay::Pager(pager) => {
            let is_of = matches!(&pager.subject, PagerSubject::UsedBy(image) if ImageRef::of(image) == *place);
            is_of.then_some(pager)
        }
        _ => None,
    })
}

pub(super) fn lines(image: &Image, load: &Load<UsedBy>, model: &Model, width: usize) -> Vec<Line<'static>> {
    let Load::Loaded(read) = load else { return entry("used by", "asking AWS ...", width) };
    let mut lines = entry("as of", &read.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(), width);
    let texts = labels::usage(image, Some(&read.usage));
    let wrapped = texts.iter().flat_map(|text| wrap(text, width.saturating_sub(1).max(8)));
    lines.extend(wrapped.map(|text| Line::raw(format!(" {text}"))));
    lines.push(Line::default());
    lines.extend(entry("usage report", &advice(image, &read.usage, model), width));
    lines
}

/// What the report leaves out, or how to get one.
fn advice(image: &Image, usage: &ImageUsage, model: &Model) -> String {
    if is_requested(model, image) {
        return "requested: EC2 takes minutes to make it. You can close this page meanwhile; EC2 keeps the report."
            .into();
    }
    let key = model.keymap.key(Context::Pager, Action::UsageReport);
    match &usage.reported {
        Some(Ok(reported @ Reported::Available { .. })) if model.start.config.read_only => {
            labels::usage_left_out(reported, model.now)
        }
        Some(Ok(reported @ Reported::Available { .. })) => {
            let text = labels::usage_left_out(reported, model.now);
            let outdated = reported.outdated(model.now).map(|_| format!(" {key} requests a new one."));
            text + &outdated.unwrap_or_default()
        }
        _ if model.start.config.read_only => "none is requested in a read-only session".into(),
        _ => format!("{key} requests one, which lists other accounts that use it; EC2 takes minutes to make it"),
    }
}
