//! What came out, compared with what was requested.

use std::sync::Arc;

use super::*;
use crate::domain::{Expected, KmsKeyRef};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const OTHER_KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555";

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn requested(key: Option<&str>) -> CopyRequest {
    CopyRequest {
        description: Description::new("weekly").unwrap(),
        encryption: Encryption::Encrypt { key: key.map(|k| KmsKeyRef::new(k).unwrap()) },
        image_tags: vec![tag("Team", "web")],
        snapshot_tags: vec![tag("Cost", "1")],
        ..request(1, "eu-west-1")
    }
}

/// Returns what EC2 shows of a copy that is as requested.
fn as_requested() -> PolledCopies {
    let mut polled = seen(ImageState::Available, Some(100));
    polled.images[0].description = "weekly".into();
    polled.images[0].tags.push(tag("Team", "web"));
    let snapshot = &mut polled.snapshots.as_mut().unwrap()[0];
    snapshot.tags.push(tag("Cost", "1"));
    (snapshot.encrypted, snapshot.kms_key_id) = (true, Some(KEY.into()));
    polled
}

/// Polls a copy until nothing more is polled. Returns the job.
fn compared(request: CopyRequest, polled: &PolledCopies) -> Job {
    let mut engine =
        Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
    submit(&mut engine, vec![request]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    for _ in 0..10 {
        let Some(now) = engine.next_deadline() else { break };
        if let [Request::PollCopies { .. }] = engine.handle(Event::Tick, now)[..] {
            let answer = Response::PollCopies(region("eu-west-1"), Ok(polled.clone()));
            engine.handle(Event::Response(answer), now);
        }
    }
    assert_eq!(engine.next_deadline(), None, "it is not read for ever");
    engine.job(JobId(1)).unwrap().clone()
}

#[test]
fn a_copy_that_is_as_requested_has_no_differences() {
    for key in [None, Some(KEY), Some("11111111-2222-3333-4444-555555555555"), Some("alias/web")] {
        let job = compared(requested(key), &as_requested());
        assert_eq!(job.request_check, RequestCheck::Made { differences: Vec::new(), unread: None }, "{key:?}");
        assert!(job.tagged);
    }
}

#[test]
fn each_difference_is_found() {
    type Change = Box<dyn Fn(&mut PolledCopies)>;
    let snapshots = || vec![SnapshotId::new("snap-new").unwrap()];
    let of_snapshot =
        |change: fn(&mut Snapshot)| move |polled: &mut PolledCopies| change(&mut polled.snapshots.as_mut().unwrap()[0]);
    let of_image = |change: fn(&mut Image)| move |polled: &mut PolledCopies| change(&mut polled.images[0]);
    let cases: Vec<(Change, Property, &str, Option<&str>)> = vec![
        (Box::new(of_image(|i| i.name = "x".into())), Property::Name, "web-1", Some("x")),
        (Box::new(of_image(|i| i.description = "".into())), Property::Description, "weekly", None),
        (
            Box::new(of_image(|i| i.block_devices[0].ebs.as_mut().unwrap().volume_size = Some(9))),
            Property::Volumes,
            "8",
            Some("9"),
        ),
        (Box::new(of_image(|i| i.tags.retain(|t| &*t.key != "Team"))), Property::ImageTag("Team".into()), "web", None),
        (Box::new(of_snapshot(|s| s.encrypted = false)), Property::Encryption(snapshots()), "encrypted", None),
        (
            Box::new(of_snapshot(|s| s.kms_key_id = Some(OTHER_KEY.into()))),
            Property::Key(snapshots()),
            KEY,
            Some(OTHER_KEY),
        ),
        (
            Box::new(of_snapshot(|s| s.tags.last_mut().unwrap().value = "2".into())),
            Property::SnapshotTag("Cost".into(), snapshots()),
            "1",
            Some("2"),
        ),
    ];
    for (change, property, expected, found) in cases {
        let mut polled = as_requested();
        change(&mut polled);
        let difference = Deviation { property, expected: expected.into(), found: found.map(str::to_owned) };
        let job = compared(requested(Some(KEY)), &polled);
        assert_eq!(job.request_check.differences(), [difference]);
        assert!(job.tagged);
    }
}

#[test]
fn an_endpoint_that_ignores_tags_leaves_none_to_rely_on() {
    let mut polled = as_requested();
    polled.images[0].tags.clear();
    polled.snapshots.as_mut().unwrap()[0].tags.clear();
    let job = compared(requested(None), &polled);
    let own = job.request_check.differences().iter().filter(|d| d.property.is_own_tag()).count();
    assert_eq!((own, job.request_check.differences().len(), job.tagged), (4, 6, false));
    assert_eq!(job.evidence(&new_image()).tag, None);
    // A single tag that somebody removed makes nothing of the proof weaker.
    polled.snapshots.as_mut().unwrap()[0].tags = as_requested().snapshots.unwrap()[0].tags.clone();
    assert!(compared(requested(None), &polled).tagged);
}

#[test]
fn snapshots_that_may_not_be_read_are_said_not_to_be_compared() {
    let denied = Failure::new("list", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied);
    let polled = PolledCopies { snapshots: Err(denied), ..as_requested() };
    let job = compared(requested(Some(KEY)), &polled);
    assert_eq!(job.request_check, RequestCheck::Made { differences: Vec::new(), unread: Some("you may not".into()) });
    assert!(job.tagged, "nothing is known about the tags");
}

#[test]
fn sizes_are_compared_in_any_order() {
    let mut polled = as_requested();
    let mut device = polled.images[0].block_devices[0].clone();
    let other = Ebs { snapshot_id: SnapshotId::new("snap-2").ok(), volume_size: Some(100), ..Ebs::default() };
    device.ebs = Some(other);
    polled.images[0].block_devices.insert(0, device);
    let job = compared(CopyRequest { volumes: vec![8, 100], ..requested(None) }, &polled);
    assert_eq!(job.request_check.differences(), []);
}

#[test]
fn a_missing_tag_without_a_value_is_a_difference() {
    let with_empty = || CopyRequest {
        image_tags: vec![tag("Team", "web"), tag("Empty", "")],
        snapshot_tags: vec![tag("Cost", "1"), tag("None", "")],
        ..requested(None)
    };
    let mut polled = as_requested();
    let missing = compared(with_empty(), &polled);
    let found: Vec<_> = missing.request_check.differences().iter().map(|d| (&d.property, d.found.as_deref())).collect();
    let snapshots = vec![SnapshotId::new("snap-new").unwrap()];
    let expected = [Property::ImageTag("Empty".into()), Property::SnapshotTag("None".into(), snapshots)];
    assert_eq!(found, [(&expected[0], None), (&expected[1], None)]);
    polled.images[0].tags.push(tag("Empty", ""));
    polled.snapshots.as_mut().unwrap()[0].tags.push(tag("None", ""));
    assert_eq!(compared(with_empty(), &polled).request_check.differences(), []);
}

#[test]
fn tags_that_ec2_copies_from_the_source_are_compared() {
    let with = |tags| CopyRequest { copy_tags: true, source_tags: tags, ..requested(None) };
    let lost = compared(with(vec![tag("Env", "prod"), tag("Team", "the source's")]), &as_requested());
    let expected = Deviation { property: Property::ImageTag("Env".into()), expected: "prod".into(), found: None };
    assert_eq!(lost.request_check.differences(), [expected], "the request's own Team replaces that of the source");
}

#[test]
fn an_alias_is_compared_by_the_key_that_the_review_found_behind_it() {
    let mut polled = as_requested();
    polled.snapshots.as_mut().unwrap()[0].kms_key_id = Some(OTHER_KEY.into());
    let resolved = |key: Option<&str>, encryption| {
        let expected = Expected { key_arn: key.map(Into::into), ..Expected::default() };
        CopyRequest { encryption, expected, ..requested(None) }
    };
    let alias = || Encryption::Encrypt { key: KmsKeyRef::new("alias/web").ok() };
    assert_eq!(compared(resolved(None, alias()), &polled).request_check.differences(), [], "nobody knows its key");
    // The default key too, of a copy of an encrypted image as well.
    for encryption in [alias(), Encryption::Encrypt { key: None }, Encryption::Keep] {
        let job = compared(resolved(Some(KEY), encryption.clone()), &polled);
        let property = Property::Key(vec![SnapshotId::new("snap-new").unwrap()]);
        let difference = Deviation { property, expected: KEY.into(), found: Some(OTHER_KEY.into()) };
        assert_eq!(job.request_check.differences(), [difference], "{encryption:?}");
        assert_eq!(compared(resolved(Some(OTHER_KEY), encryption), &polled).request_check.differences(), []);
    }
}

#[test]
fn a_copy_of_an_encrypted_image_is_to_be_encrypted() {
    let mut polled = as_requested();
    polled.snapshots.as_mut().unwrap()[0].encrypted = false;
    let kept = |encrypted| {
        let expected = Expected { encrypted, ..Expected::default() };
        compared(CopyRequest { encryption: Encryption::Keep, expected, ..requested(None) }, &polled)
    };
    assert_eq!(kept(false).request_check.differences(), []);
    let property = Property::Encryption(vec![SnapshotId::new("snap-new").unwrap()]);
    let difference = Deviation { property, expected: "encrypted".into(), found: None };
    assert_eq!(kept(true).request_check.differences(), [difference]);
}

#[test]
fn devices_are_compared_by_name() {
    let polled = as_requested();
    let name = polled.images[0].block_devices[0].device_name.clone();
    let with = |devices: Vec<(Arc<str>, u32)>| {
        let expected = Expected { devices, ..Expected::default() };
        compared(CopyRequest { expected, ..requested(None) }, &polled)
    };
    assert_eq!(with(vec![(name.clone(), 8)]).request_check.differences(), []);
    let difference = Deviation {
        property: Property::Devices,
        expected: "/dev/sdz 8 GiB".into(),
        found: Some(format!("{name} 8 GiB")),
    };
    assert_eq!(with(vec![("/dev/sdz".into(), 8)]).request_check.differences(), [difference]);
}
