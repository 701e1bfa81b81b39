//! The part of image details that EC2 is asked for when they are opened: permissions, keys, block public access, ancestry.

use std::sync::Arc;

use ratatui::text::Line;

use super::{DetailsLoad, PagerSubject, entries::entry, load::Load};
use crate::{
    domain::{
        Failure, Image, ImageId, Region,
        image_details::{Ancestor, ImageDetails, SnapshotDetails, VolumePermission},
        post_copy::LaunchPermission,
        text::{clean, count},
    },
    tui::{
        catalogue::ListState,
        model::{Connection, Model, PendingReply},
        msg::Effect,
        screens::Overlay,
    },
};

/// Shows the image as it is listed now, and reads what the page on top shows again.
pub(super) fn refresh(model: &mut Model) {
    take_from_list(model);
    if let Some(Overlay::Pager(pager)) = model.overlays.last_mut() {
        pager.details = DetailsLoad::NotRequested;
        pager.comparison = Load::NotRequested;
        pager.lineage = Load::NotRequested;
        pager.used_by = Load::NotRequested;
    }
}

/// Shows every open image as it is listed now, and reads its details again if it has changed. One that is no longer listed stays as it
/// is.
pub fn take_from_list(model: &mut Model) {
    for overlay in &mut model.overlays {
        if let Overlay::Pager(pager) = overlay
            && let PagerSubject::Image(shown) = &mut pager.subject
            && let Some(listed) = model.catalogue.images().find(|i| i.id == shown.id && i.region == shown.region)
            && *shown != *listed
        {
            *shown = Arc::clone(listed);
            pager.details = DetailsLoad::NotRequested;
        }
    }
}

/// Requests the details of the image on top, when it was opened.
pub fn request_if_opened(model: &mut Model, effects: &mut Vec<Effect>) {
    if !matches!(model.connection, Connection::Ready(_)) {
        return;
    }
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    let PagerSubject::Image(image) = &pager.subject else { return };
    if pager.details == DetailsLoad::NotRequested {
        let image = Arc::clone(image);
        pager.details = DetailsLoad::Loading;
        // An answer to an earlier request may be older than the image shown.
        let earlier = PendingReply::ImageDetails(image.id.clone());
        model.pending.retain(|_, pending| *pending != earlier);
        let id = model.expect_reply(PendingReply::ImageDetails(image.id.clone()));
        effects.push(Effect::ReadImageDetails { id, image });
    }
}

/// Shows the reply in every open page about this image.
pub fn on_reply(model: &mut Model, image: &crate::domain::ImageId, details: &ImageDetails) {
    for overlay in &mut model.overlays {
        if let Overlay::Pager(pager) = overlay
            && matches!(&pager.subject, PagerSubject::Image(shown) if shown.id == *image)
        {
            pager.details = DetailsLoad::Loaded(Box::new(details.clone()));
        }
    }
}

/// Returns true if its region's list is complete without it: it was deregistered, or is shared no more.
pub(super) fn is_gone(image: &Image, model: &Model) -> bool {
    is_missing(&image.id, &image.region, model)
}

/// Returns true if a region's list is complete without an image.
pub(super) fn is_missing(image: &ImageId, region: &Region, model: &Model) -> bool {
    let listing = model.catalogue.listing(region);
    listing.is_some_and(|l| matches!(l.state, ListState::Loaded(_)) && !l.images().iter().any(|i| i.id == *image))
}

/// Returns whether the image is this account's; `None` while that is unknown. Only the owner may read the permissions.
pub(super) fn is_own(image: &Image, model: &Model, load: &DetailsLoad) -> Option<bool> {
    let has_permissions = matches!(load, DetailsLoad::Loaded(details) if details.permissions.is_ok());
    let known = model.account.as_ref().map(|account| account.id == image.owner_id);
    known.or(has_permissions.then_some(true))
}

/// Who may launch the image, as far as it is known.
pub(super) fn visibility(image: &Image, own: Option<bool>, load: &DetailsLoad) -> String {
    let (permissions, unknown) = match load {
        DetailsLoad::Loaded(details) => (details.permissions.as_ref().ok(), details.unknown_permissions),
        _ => (None, 0),
    };
    // The permissions are read after the listing.
    let public = permissions.map_or(image.public, |shared| shared.contains(&LaunchPermission::Public));
    match (public, own, permissions) {
        (true, ..) => "public".into(),
        (false, Some(false), _) => "shared with this account".into(),
        // The listing does not say with whom it is shared.
        (false, _, None) => "not public".into(),
        (false, _, Some(shared)) if shared.is_empty() && unknown == 0 => "private".into(),
        (false, _, Some(shared))
            if unknown == 0 && shared.iter().all(|p| matches!(p, LaunchPermission::Account(_))) =>
        {
            format!("shared with {}", count(shared.len(), "account", "accounts"))
        }
        (false, _, Some(shared)) => {
            let n = shared.len() + unknown;
            format!("shared with {}", count(n, "account or organization", "accounts and organizations"))
        }
    }
}

/// The details as lines. Of other accounts' images, permissions cannot be read: nothing is said about them.
pub(super) fn lines(image: &Image, own: Option<bool>, load: &DetailsLoad, width: usize) -> Vec<Line<'static>> {
    let details = match load {
        DetailsLoad::NotRequested => return Vec::new(),
        DetailsLoad::Loading => return entry("sharing, keys", "loading ...", width),
        DetailsLoad::Loaded(details) => details,
    };
    let mut lines = Vec::new();
    let mut add = |label: &str, value: String| lines.extend(entry(label, &value, width));
    let own = own == Some(true);
    if own {
        add("may launch", said(&details.permissions, |p| listed(p, details.unknown_permissions)));
        let state = |state: &str| match state {
            "block-new-sharing" => "blocked: images cannot be made public".to_owned(),
            "unblocked" => "not blocked: images can be made public".to_owned(),
            other => clean(other).into_owned(),
        };
        add("public access", format!("{} ({})", said(&details.public_access, |s| state(s)), image.region));
    }
    match &details.snapshots {
        Ok(snapshots) => snapshots.iter().for_each(|s| add("snapshot", snapshot(s, own))),
        Err(failure) => add("snapshots", refused(failure)),
    }
    match &details.ancestry {
        Ok(ancestors) if ancestors.is_empty() => {}
        ancestry => {
            add("descends from", said(ancestry, |a| a.iter().map(ancestor).collect::<Vec<_>>().join(", from ")));
        }
    }
    lines
}

fn snapshot(snapshot: &SnapshotDetails, own: bool) -> String {
    let key = match &snapshot.key {
        Some(key) => format!("key {}", clean(key)),
        None if snapshot.encrypted => "encrypted, key unknown".into(),
        None => "not encrypted".into(),
    };
    let shared = |permissions: &Vec<VolumePermission>| {
        let word = |permission: &VolumePermission| match permission {
            VolumePermission::Account(account) => account.to_string(),
            VolumePermission::Public => "public".into(),
        };
        match permissions.iter().map(word).collect::<Vec<_>>() {
            none if none.is_empty() => "not shared".to_owned(),
            with => format!("shared with {}", with.join(", ")),
        }
    };
    let permissions = if own { format!("; {}", said(&snapshot.permissions, shared)) } else { String::new() };
    format!("{}: {key}{permissions}", snapshot.id)
}

fn ancestor(ancestor: &Ancestor) -> String {
    let region = ancestor.region.as_ref().map_or_else(String::new, |r| format!(" in {r}"));
    let owner = ancestor.owner_alias.as_ref().map_or_else(String::new, |o| format!(" ({})", clean(o)));
    format!("{}{region}{owner}", ancestor.image)
}

fn listed(permissions: &[LaunchPermission], unknown: usize) -> String {
    let mut who: Vec<String> = permissions.iter().map(ToString::to_string).collect();
    who.extend((unknown > 0).then(|| format!("{unknown} of a kind that is not known here")));
    if who.is_empty() { "only this account".to_owned() } else { who.join(", ") }
}

/// A part's value, or why it is not known.
fn said<T>(part: &Result<T, Failure>, shown: impl Fn(&T) -> String) -> String {
    part.as_ref().map_or_else(refused, shown)
}

fn refused(failure: &Failure) -> String {
    let word = if failure.kind == crate::domain::FailureKind::Denied { "denied" } else { "unknown" };
    let hint = if failure.hint.is_empty() { &failure.why } else { &failure.hint };
    format!("{word}: {hint}")
}
