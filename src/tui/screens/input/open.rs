//! Opens the line that confirms the deregistering of images, after it was checked what can be checked without asking AWS.

use std::{collections::BTreeMap, sync::Arc};

use super::InputLine;
use crate::{
    domain::{
        Image, ImageId, ImageState, Region,
        image::{BlockDevice, Ebs},
        image_usage::ImageUsage,
        progress::SnapshotProgress,
        text::clean,
    },
    engine::JobId,
    tui::{
        bindings::{Action, Context},
        model::{Model, PendingReply},
        msg::Effect,
        screens::Overlay,
        source_reads,
    },
};

/// Opens the confirmation, and asks AWS who uses the images; or says why they cannot be deregistered.
pub fn deregister(model: &mut Model, images: Vec<Arc<Image>>, effects: &mut Vec<Effect>) {
    if images.is_empty() || !model.can_send_commands() {
        return;
    }
    if model.start.config.read_only {
        model.show_error("This is read-only: nothing is deregistered.");
        return;
    }
    let refused: Vec<String> = images.iter().filter_map(|image| refusal(model, image)).collect();
    if let Some(first) = refused.first() {
        let more = if refused.len() > 1 { format!(" (and {} more)", refused.len() - 1) } else { String::new() };
        model.show_error(format!("Nothing is deregistered: {first}{more}."));
        return;
    }
    read_users(model, &images, effects);
    model.overlays.push(Overlay::InputLine(InputLine::deregister_images(images)));
}

/// Opens a line; of one that deregisters the images of a batch, asks AWS who uses them.
pub fn open(model: &mut Model, mut line: InputLine, effects: &mut Vec<Effect>) {
    let images: Vec<Arc<Image>> = line.batch_to_deregister().iter().filter_map(|job| image_of(model, *job)).collect();
    read_users(model, &images, effects);
    line.set_images(images);
    model.overlays.push(Overlay::InputLine(line));
}

/// Returns the image that a copy has made, also where it is not listed.
pub(super) fn image_of(model: &Model, job: JobId) -> Option<Arc<Image>> {
    let job = model.jobs_view.job(job)?;
    let id = job.image()?;
    if let Some(image) = model.catalogue.images().find(|image| image.id == *id) {
        return Some(Arc::clone(image));
    }
    let owner = model.account.as_ref()?.id.clone();
    let device = |snapshot: &SnapshotProgress| BlockDevice {
        device_name: "".into(),
        ebs: Some(Ebs { snapshot_id: Some(snapshot.id.clone()), ..Ebs::default() }),
        virtual_name: None,
    };
    let block_devices = job.snapshots.iter().map(device).collect();
    Some(Arc::new(Image { block_devices, ..Image::bare(id.clone(), job.request.destination.clone(), owner) }))
}

/// Asks AWS who uses images.
fn read_users(model: &mut Model, images: &[Arc<Image>], effects: &mut Vec<Effect>) {
    let mut regions: BTreeMap<Region, Vec<Arc<Image>>> = BTreeMap::new();
    for image in images {
        regions.entry(image.region.clone()).or_default().push(Arc::clone(image));
    }
    for (region, images) in regions {
        let id = model.expect_reply(PendingReply::Usage);
        effects.push(Effect::ReadUsage { id, region, images });
    }
}

/// Shows who uses the images, if the confirmation is still open.
pub fn on_usage(model: &mut Model, usage: &[ImageUsage]) {
    for overlay in &mut model.overlays {
        if let Overlay::InputLine(line) = overlay {
            line.add_usage(usage);
        }
    }
}

/// Returns why an image cannot be deregistered.
fn refusal(model: &Model, image: &Image) -> Option<String> {
    let id = &image.id;
    if model.account.as_ref().is_none_or(|account| account.id != image.owner_id) {
        let owner = image.image_owner_alias.as_deref().unwrap_or(image.owner_id.as_str());
        return Some(format!("{id} belongs to {}", clean(owner)));
    }
    if image.deregistration_protection.as_deref().is_some_and(|protection| protection.starts_with("enabled")) {
        return Some(format!("{id} is protected from being deregistered"));
    }
    if image.state == ImageState::Pending {
        let cancel = model.keymap.key(Context::Jobs, Action::Cancel);
        return Some(format!("{id} is pending; {cancel} on its copy cancels it"));
    }
    source_reads::refusal(model, &image.region, id)
}

/// Returns why one of these images cannot be deregistered any more: a copy of it may have been started since the line was opened.
pub(super) fn refusal_meanwhile<'a>(
    model: &Model,
    mut images: impl Iterator<Item = (&'a Region, &'a ImageId)>,
) -> Option<String> {
    let why = images.find_map(|(region, image)| source_reads::refusal(model, region, image))?;
    Some(format!("Nothing is deregistered: {why}."))
}
