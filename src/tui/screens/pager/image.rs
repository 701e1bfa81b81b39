//! Image details.

use std::sync::Arc;

use ratatui::text::Line;

use super::{
    DetailsLoad,
    entries::{entry, heading},
    image_details,
};
use crate::{
    domain::{
        Image, ImageState,
        text::{age, clean, gib},
    },
    engine::JobState,
    tui::model::Model,
};

pub(super) fn lines(image: &Image, details: &DetailsLoad, model: &Model, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    let time = |t: jiff::Timestamp| {
        let seconds = model.now.duration_since(t).as_secs();
        let when = if seconds >= 0 { format!("{} ago", age(seconds)) } else { format!("in {}", age(-seconds)) };
        format!("{} ({when})", t.strftime("%Y-%m-%d %H:%M UTC"))
    };
    add("name", if image.name.is_empty() { "(none)" } else { &image.name });
    add("image id", image.id.as_str());
    add("region", image.region.as_str());
    if !image.description.is_empty() {
        add("description", &image.description);
    }
    if image_details::is_gone(image, model) {
        add("state", "not listed any more: deregistered, or not shared any more");
    } else {
        add("state", image.state.as_str());
    }
    if let Some(reason) = &image.state_reason {
        add("state reason", reason);
    }
    let alias = image.image_owner_alias.as_ref().map_or_else(String::new, |a| format!(" ({a})"));
    let own = image_details::is_own(image, model, details);
    add("owner", &format!("{}{alias}{}", image.owner_id, if own == Some(true) { " (this account)" } else { "" }));
    add("visibility", &image_details::visibility(image, own, details));
    if let Some(created) = image.created {
        add("created", &time(created));
    }
    add(
        "size",
        &if image.instance_store() { "instance store, no snapshots".to_owned() } else { gib(image.size_gib()) },
    );
    if own == Some(true) && !image.instance_store() {
        let stored = image.snapshot_volumes().iter().copied().map(u64::from).sum();
        let text = match model.start.prices.storage_month(&image.region, stored) {
            Some(cost) => format!("at most {cost} a month, estimated: snapshots share unchanged blocks"),
            None => "price unknown".into(),
        };
        add("storage", &text);
    }
    add("encrypted", if image.encrypted() { "yes" } else { "no" });
    lines.extend(image_details::lines(image, own, details, width));
    lines.extend(lineage(image, model, width));
    lines.extend(copies(image, model, width));
    lines.extend(platform(image, width));
    lines.extend(lifetime(image, model, &time, width));
    lines.push(Line::default());
    lines.extend(devices(image, width));
    lines.push(Line::default());
    lines.push(heading(&format!("Tags ({})", image.tags.len())));
    for tag in &image.tags {
        lines.extend(entry(&clean(&tag.key), &tag.value, width));
    }
    lines
}

fn lineage(image: &Image, model: &Model, width: usize) -> Vec<Line<'static>> {
    let Some(source) = &image.source_image_id else {
        let instance = image.source_instance.as_deref();
        return instance.map(|instance| entry("made from", &clean(instance), width)).unwrap_or_default();
    };
    let region = image.source_region.as_ref().map_or_else(String::new, |r| format!(" in {r}"));
    let known =
        model.catalogue.images().find(|i| i.id == *source).map_or_else(String::new, |i| format!(" ({})", i.name));
    let source = format!("{source}{region}{known}");
    match &image.source_instance {
        Some(instance) => entry("made from", &format!("{}, an instance of {source}", clean(instance)), width),
        None if image.is_restored() => entry("restored from", &source, width),
        None => entry("copied from", &source, width),
    }
}

/// The copies of an image: those listed, and those of the jobs whose images are not listed.
fn copies(image: &Image, model: &Model, width: usize) -> Vec<Line<'static>> {
    let is_copy = |other: &&Arc<Image>| other.is_copy_of(&image.id, &image.region);
    let listed: Vec<&Image> = model.catalogue.images().filter(is_copy).map(AsRef::as_ref).collect();
    let jobs = model.jobs_view.jobs().filter(|job| {
        let request = &job.request;
        let known = job.image().is_some_and(|made| listed.iter().any(|i| i.id == *made));
        let has_ended_without_image = job.state.ended()
            && !matches!(job.state, JobState::Available { .. } | JobState::Failed { image: Some(_), .. });
        let deregistered = matches!(job.state, JobState::Available { .. })
            && job.image().is_some_and(|made| image_details::is_missing(made, &request.destination, model));
        request.source == image.id
            && request.source_region == image.region
            && !(known || has_ended_without_image || deregistered)
    });
    let mut copies: Vec<String> =
        listed.iter().map(|i| format!("{} in {}: {}, {}", i.id, i.region, i.state.as_str(), i.name)).collect();
    copies.extend(jobs.map(|job| {
        let id = job.image().map_or("no id yet", |i| i.as_str());
        format!("{id} in {}: {}, {}", job.request.destination, job.phase().as_str(), job.request.name)
    }));
    let label = |n: usize| if n == 0 { "copies" } else { "" };
    copies.iter().enumerate().flat_map(|(n, copy)| entry(label(n), copy, width)).collect()
}

fn platform(image: &Image, width: usize) -> Vec<Line<'static>> {
    let yes_no = |b: Option<bool>| b.map(|b| if b { "yes" } else { "no" });
    let rows: [(&str, Option<&str>); 12] = [
        ("architecture", Some(&image.architecture)),
        ("platform", image.platform_details.as_deref()),
        ("usage operation", image.usage_operation.as_deref()),
        ("virtualization", Some(&image.virtualization)),
        ("hypervisor", image.hypervisor.as_deref()),
        ("root device", image.root_device_name.as_deref()),
        ("root device type", Some(&image.root_device_type)),
        ("boot mode", image.boot_mode.as_deref()),
        ("IMDS", image.imds_support.as_deref()),
        ("TPM", image.tpm_support.as_deref()),
        ("ENA", yes_no(image.ena_support)),
        ("SR-IOV", image.sriov_net_support.as_deref()),
    ];
    let mut lines: Vec<_> =
        rows.iter().filter_map(|(label, value)| value.map(|v| entry(label, v, width))).flatten().collect();
    lines.extend(entry("ARN", &image.arn(), width));
    lines
}

fn lifetime(
    image: &Image,
    model: &Model,
    time: &dyn Fn(jiff::Timestamp) -> String,
    width: usize,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &str| lines.extend(entry(label, value, width));
    if let Some(at) = image.deprecated {
        add(if at <= model.now { "deprecated since" } else { "deprecated from" }, &time(at));
    }
    if let Some(at) = image.last_launched {
        add("last launched", &time(at));
    }
    if let Some(protection) = &image.deregistration_protection {
        add("deregistration", &format!("protection: {}", protection_label(protection)));
    }
    for code in &image.product_codes {
        add("product code", &format!("{} ({})", code.id, code.kind));
    }
    if image.state == ImageState::Disabled {
        add("note", "A disabled image cannot be launched or copied until it is enabled.");
    }
    lines
}

/// EC2's word is `disabled` or begins with `enabled`, as in `enabled-with-cooldown`.
fn protection_label(protection: &str) -> String {
    match protection.strip_prefix("enabled") {
        _ if protection == "disabled" => "off".into(),
        Some("") => "on".into(),
        Some(how) => format!("on,{}", how.replace('-', " ")),
        None => protection.to_owned(),
    }
}

fn devices(image: &Image, width: usize) -> Vec<Line<'static>> {
    let mut lines = vec![heading(&format!("Block devices ({})", image.block_devices.len()))];
    for device in &image.block_devices {
        let value = match (&device.ebs, &device.virtual_name) {
            (Some(ebs), _) => {
                let mut words =
                    vec![ebs.snapshot_id.as_ref().map_or("no snapshot id yet".to_owned(), ToString::to_string)];
                words.extend(ebs.volume_size.map(|s| gib(u64::from(s))));
                words.extend(ebs.volume_type.as_deref().map(str::to_owned));
                words.extend(ebs.iops.map(|i| format!("{i} IOPS")));
                words.extend(ebs.throughput.map(|t| format!("{t} MiB/s")));
                words.push(if ebs.encrypted == Some(true) { "encrypted" } else { "not encrypted" }.into());
                if ebs.delete_on_termination == Some(false) {
                    words.push("kept on termination".into());
                }
                words.join(", ")
            }
            (None, Some(name)) => format!("instance store {name}"),
            (None, None) => "none".into(),
        };
        lines.extend(entry(&clean(&device.device_name), &value, width));
    }
    lines
}
