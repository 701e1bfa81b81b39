//! Finds in what a copy deviates from its request: some endpoints ignore parameters, and other users change tags.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    ids::JobTags,
    job::Job,
    request_check::{Deviation, Property},
};
use crate::domain::{Encryption, Image, KmsKeyRef, Snapshot, SnapshotId, image::Tag, kms_key::names_key};

/// Compares an available copy with its request; without its snapshots if they could not be read.
pub(super) fn check_against_request(job: &Job, image: &Image, snapshots: Option<&[&Snapshot]>) -> Vec<Deviation> {
    let request = &job.request;
    let mut differences = Vec::new();
    let mut differ = |property, expected: &str, found: Option<&str>| {
        if Some(expected) != found {
            let (expected, found) = (expected.to_owned(), found.map(str::to_owned));
            differences.push(Deviation { property, expected, found });
        }
    };
    // An empty name or description counts as missing; an empty tag value is a value.
    let mut check = |property, expected: &str, found: &str| {
        differ(property, expected, (!found.is_empty() || expected.is_empty()).then_some(found));
    };
    check(Property::Name, request.name.as_str(), &image.name);
    // Without a description EC2 may write one of its own.
    if !request.description.as_str().is_empty() {
        check(Property::Description, request.description.as_str(), &image.description);
    }
    if !request.volumes.is_empty() {
        let found = (sizes(&image.snapshot_volumes()), devices(&image.snapshot_devices()));
        let expected = (sizes(&request.volumes), devices(&request.expected.devices));
        if expected.0 != found.0 || expected.1.is_empty() {
            check(Property::Volumes, &expected.0, &found.0);
        } else {
            check(Property::Devices, &expected.1, &found.1);
        }
    }
    let own = own_tags(job);
    // Tags of the request replace the source's.
    let sent: Vec<&Tag> = own.iter().chain(&request.image_tags).collect();
    let from_source = request.source_tags.iter().filter(|t| sent.iter().all(|sent| sent.key != t.key));
    for tag in sent.iter().copied().chain(from_source) {
        differ(Property::ImageTag(tag.key.to_string()), &tag.value, image.tag(&tag.key));
    }
    for (property, expected, found) in snapshots.map(|s| of_snapshots(job, &own, s)).unwrap_or_default() {
        differences.push(Deviation { property, expected, found });
    }
    differences
}

/// Returns true if neither the image nor a snapshot carries the tag that proves whose they are.
pub(super) fn is_untagged(job: &Job, image: &Image, snapshots: &[&Snapshot]) -> bool {
    let token = Some(job.request.token.as_str());
    image.tag(JobTags::JOB) != token && snapshots.iter().all(|s| s.tag(JobTags::JOB) != token)
}

/// The same difference of several snapshots is one.
fn of_snapshots(job: &Job, own: &[Tag], snapshots: &[&Snapshot]) -> Vec<(Property, String, Option<String>)> {
    type Key<'a> = (u8, &'a str, String, Option<String>);
    let request = &job.request;
    let (encrypted, given) = match &request.encryption {
        Encryption::Encrypt { key } => (true, key.as_ref().map(KmsKeyRef::as_str)),
        Encryption::Keep => (request.expected.encrypted, None),
    };
    let key = request.expected.key_arn.as_deref().or(given);
    let mut different: BTreeMap<Key<'_>, Vec<SnapshotId>> = BTreeMap::new();
    for snapshot in snapshots {
        let mut add = |difference| different.entry(difference).or_default().push(snapshot.id.clone());
        if encrypted && !snapshot.encrypted {
            add((0, "", "encrypted".to_owned(), None));
        } else if let (Some(key), Some(found)) = (key, snapshot.kms_key_id.as_deref())
            && !names_key(key, found)
        {
            add((1, "", key.to_owned(), Some(found.to_owned())));
        }
        for tag in own.iter().chain(&job.request.snapshot_tags) {
            let found = snapshot.tag(&tag.key);
            if found != Some(&*tag.value) {
                add((2, &tag.key, tag.value.to_string(), found.map(str::to_owned)));
            }
        }
    }
    let difference = |((kind, tag, expected, found), snapshots): (Key<'_>, _)| {
        let property = match kind {
            0 => Property::Encryption(snapshots),
            1 => Property::Key(snapshots),
            _ => Property::SnapshotTag(tag.to_owned(), snapshots),
        };
        (property, expected, found)
    };
    different.into_iter().map(difference).collect()
}

/// Returns the tags that amigrate sent by itself.
fn own_tags(job: &Job) -> Vec<Tag> {
    if !job.tagged {
        return Vec::new();
    }
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    vec![tag(JobTags::JOB, job.request.token.as_str()), tag(JobTags::BATCH, job.batch.as_str())]
}

/// In the order of their names.
fn devices(devices: &[(Arc<str>, u32)]) -> String {
    let mut devices = devices.to_vec();
    devices.sort_unstable();
    devices.iter().map(|(name, gib)| format!("{name} {gib} GiB")).collect::<Vec<_>>().join(", ")
}

/// From small to large: EC2 may list an image's devices in another order than its source's.
fn sizes(volumes: &[u32]) -> String {
    let mut volumes = volumes.to_vec();
    volumes.sort_unstable();
    volumes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
