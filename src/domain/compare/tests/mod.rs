//! Tables of what differs, what is left out, what was requested, and what is not known.

mod left_out;
mod of_others;

use std::sync::Arc;

use super::*;
use crate::domain::{
    AccountId, ClientToken, CopyRequest, Description, Encryption, Failure, Image, ImageId, ImageName, ImageState,
    KmsKeyRef, LaunchPermission, PostCopyStep, Region, SnapshotId,
    image::{BlockDevice, Ebs, RareAttributes, Tag},
    image_details::{SnapshotDetails, VolumePermission},
};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111";
const OTHER_KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/22222222-2222-2222-2222-222222222222";

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn account(digit: char) -> AccountId {
    AccountId::new(&digit.to_string().repeat(12)).unwrap()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn disk(device: &str, snapshot: Option<&str>) -> BlockDevice {
    BlockDevice {
        device_name: device.into(),
        ebs: Some(Ebs {
            snapshot_id: snapshot.map(|id| SnapshotId::new(id).unwrap()),
            volume_size: Some(8),
            volume_type: Some("gp3".into()),
            encrypted: Some(false),
            iops: None,
            throughput: None,
            delete_on_termination: Some(true),
        }),
        virtual_name: None,
    }
}

/// An image with one disk, all of which could be read.
fn described(id: &str, place: &str) -> Described {
    let mut image = Image::bare(ImageId::new(id).unwrap(), region(place), account('1'));
    image.name = "web".into();
    image.root_device_name = Some("/dev/xvda".into());
    image.boot_mode = Some("uefi".into());
    image.created = "2026-01-01T00:00:00Z".parse().ok();
    let snapshot = format!("snap-{}", &id[4..]);
    image.block_devices = vec![disk("/dev/xvda", Some(&snapshot))];
    let snapshot = SnapshotDetails {
        id: SnapshotId::new(&snapshot).unwrap(),
        encrypted: false,
        key: None,
        permissions: Ok(Vec::new()),
    };
    let of_owner = Some(OwnerDetails { permissions: Ok(Vec::new()), uefi_data: Ok(None) });
    Described { image: Arc::new(image), snapshots: Ok(vec![snapshot]), of_owner }
}

fn change(described: &mut Described, change: impl FnOnce(&mut Image)) {
    change(Arc::make_mut(&mut described.image));
}

fn encrypt(described: &mut Described, key: &str) {
    change(described, |image| {
        for ebs in image.block_devices.iter_mut().filter_map(|device| device.ebs.as_mut()) {
            ebs.encrypted = Some(true);
        }
    });
    for snapshot in described.snapshots.as_mut().unwrap() {
        (snapshot.encrypted, snapshot.key) = (true, Some(key.into()));
    }
}

fn share(described: &mut Described, with: &[LaunchPermission]) {
    described.of_owner.as_mut().unwrap().permissions = Ok(with.to_vec());
}

/// A source, and a copy of it that is as copies are.
fn copied() -> Pair {
    let (mut source, mut copy) = (described("ami-1", "us-east-1"), described("ami-2", "eu-west-1"));
    change(&mut source, |image| {
        image.deprecated = "2027-01-01T00:00:00Z".parse().ok();
        image.deregistration_protection = Some("enabled-without-cooldown".into());
        image.last_launched = "2026-02-01T00:00:00Z".parse().ok();
        image.tags = vec![tag("Team", "web"), tag("aws:x", "y"), tag("copied-to:eu-west-1", "ami-2")];
    });
    change(&mut copy, |image| {
        image.source_image_id = ImageId::new("ami-1").ok();
        image.source_region = Some(region("us-east-1"));
        image.created = "2026-03-01T00:00:00Z".parse().ok();
        image.deregistration_protection = Some("disabled".into());
        image.tags = vec![tag("Team", "web"), tag("amigrate:job", "amigrate-1"), tag("amigrate:sync", "x")];
    });
    Pair { left: source, right: copy }
}

fn request() -> CopyRequest {
    CopyRequest {
        copy_tags: true,
        ..CopyRequest::bare(
            (ImageId::new("ami-1").unwrap(), region("us-east-1")),
            region("eu-west-1"),
            ImageName::new("web").unwrap(),
            ClientToken::from_random(1),
        )
    }
}

/// What is found, in short: `Part source > copy standing`.
fn found(pair: &Pair, request: Option<&CopyRequest>) -> Vec<String> {
    let short = |value: &Value| match value {
        Value::None => "-".to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Key(arn) => arn.rsplit(['/', ':']).next().unwrap_or_default().chars().take(4).collect(),
        Value::LaunchPermissions(all) => all.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
        Value::VolumePermissions(all) => format!("{}", all.len()),
        value => format!("{value:?}"),
    };
    let part = |part: &Part| match part {
        Part::Device { name, property } => format!("{name} {property:?}"),
        part => format!("{part:?}"),
    };
    let finding = |finding: &Finding| {
        let Difference { part: of, left, right } = &finding.difference;
        let status = match &finding.status {
            RequestStatus::AsRequested => "requested".to_owned(),
            RequestStatus::NotRequested => "not requested".into(),
            RequestStatus::NotAsRequested { requested: wanted } => format!("wanted {}", short(wanted)),
        };
        format!("{}: {} > {} {status}", part(of), short(left), short(right))
    };
    let verification = verify(pair, request);
    let unknown = verification.unknown.iter().map(|unknown| format!("{}: unknown", part(&unknown.part)));
    verification.findings.iter().map(finding).chain(unknown).collect()
}

#[test]
fn what_every_copy_has_otherwise_is_left_out() {
    let pair = copied();
    assert_eq!(found(&pair, None), [] as [&str; 0]);
    assert_eq!(found(&pair, Some(&request())), [] as [&str; 0]);
    let mut pair = copied();
    change(&mut pair.right, |image| image.description = "[Copied ami-1 from us-east-1] web".into());
    assert_eq!(found(&pair, None), [] as [&str; 0], "EC2's console writes it");
    change(&mut pair.left, |image| image.state = ImageState::Disabled);
    assert_eq!(found(&pair, None), [] as [&str; 0], "the copy is available");
}

#[test]
fn every_part_of_a_copy_is_compared() {
    type Case = (fn(&mut Described), &'static [&'static str]);
    let cases: [Case; 17] = [
        (|d| change(d, |i| i.name = "other".into()), &["Name: web > other not requested"]),
        (|d| change(d, |i| i.description = "x".into()), &["Description: - > x not requested"]),
        (
            |d| change(d, |i| i.state = ImageState::Disabled),
            &["State: State(Available) > State(Disabled) not requested"],
        ),
        (|d| change(d, |i| i.architecture = "arm64".into()), &["Architecture: x86_64 > arm64 not requested"]),
        (
            |d| change(d, |i| i.virtualization = "paravirtual".into()),
            &["Virtualization: hvm > paravirtual not requested"],
        ),
        (|d| change(d, |i| i.boot_mode = None), &["BootMode: uefi > - not requested"]),
        (|d| change(d, |i| i.tpm_support = Some("v2.0".into())), &["Tpm: - > v2.0 not requested"]),
        (|d| change(d, |i| i.imds_support = Some("v2.0".into())), &["Imds: - > v2.0 not requested"]),
        (|d| change(d, |i| i.ena_support = Some(true)), &["Ena: Flag(false) > Flag(true) not requested"]),
        (|d| change(d, |i| i.sriov_net_support = Some("simple".into())), &["SriovNet: - > simple not requested"]),
        (|d| change(d, |i| i.root_device_name = None), &["RootDevice: /dev/xvda > - not requested"]),
        (
            |d| change(d, |i| i.deprecated = "2030-01-01T00:00:00Z".parse().ok()),
            &["Deprecation: Time(2027-01-01T00:00:00Z) > Time(2030-01-01T00:00:00Z) not requested"],
        ),
        (|d| d.of_owner.as_mut().unwrap().uefi_data = Ok(Some("QU1a".into())), &["UefiData: - > QU1a not requested"]),
        (
            |d| share(d, &[LaunchPermission::Account(account('9'))]),
            &["LaunchPermissions: - > 999999999999 not requested"],
        ),
        (
            |d| d.snapshots.as_mut().unwrap()[0].permissions = Ok(vec![VolumePermission::Public]),
            &["/dev/xvda VolumePermissions: - > 1 not requested"],
        ),
        (
            |d| encrypt(d, KEY),
            &["/dev/xvda Encrypted: Flag(false) > Flag(true) not requested", "/dev/xvda Key: - > 1111 not requested"],
        ),
        (
            |d| change(d, |i| i.tags = vec![tag("Team", "api"), tag("New", "")]),
            &["Tag(\"New\"): - >  not requested", "Tag(\"Team\"): web > api not requested"],
        ),
    ];
    for (change, expected) in cases {
        let mut pair = copied();
        change(&mut pair.right);
        assert_eq!(found(&pair, None), expected);
    }
}

#[test]
fn devices_are_compared_by_name() {
    type Case = (fn(&mut Ebs), &'static str);
    let cases: [Case; 5] = [
        (|ebs| ebs.volume_size = Some(9), "/dev/xvda Size: Gib(8) > Gib(9) not requested"),
        (|ebs| ebs.volume_type = Some("gp2".into()), "/dev/xvda VolumeType: gp3 > gp2 not requested"),
        (|ebs| ebs.iops = Some(3_000), "/dev/xvda Iops: - > Iops(3000) not requested"),
        (|ebs| ebs.throughput = Some(125), "/dev/xvda Throughput: - > MibPerSecond(125) not requested"),
        (
            |ebs| ebs.delete_on_termination = Some(false),
            "/dev/xvda DeleteOnTermination: Flag(true) > Flag(false) not requested",
        ),
    ];
    for (set, expected) in cases {
        let mut pair = copied();
        change(&mut pair.right, |image| set(image.block_devices[0].ebs.as_mut().unwrap()));
        assert_eq!(found(&pair, None), [expected]);
    }
    let mut pair = copied();
    change(&mut pair.right, |image| image.block_devices[0].device_name = "/dev/sda1".into());
    let volume = "Volume { gib: Some(8), volume_type: Some(\"gp3\"), from_snapshot: true }";
    assert_eq!(
        found(&pair, None),
        [format!("/dev/sda1 Kind: - > {volume} not requested"), format!("/dev/xvda Kind: {volume} > - not requested")],
        "of a device that only one has, that is all"
    );
    change(&mut pair.right, |image| {
        image.block_devices =
            vec![BlockDevice { device_name: "/dev/xvda".into(), ebs: None, virtual_name: Some("ephemeral0".into()) }];
    });
    assert_eq!(found(&pair, None), [format!("/dev/xvda Kind: {volume} > InstanceStore(\"ephemeral0\") not requested")]);
}

#[test]
fn what_was_requested_is_told_apart() {
    let mut pair = copied();
    change(&mut pair.right, |image| {
        image.name = "web-dr".into();
        image.description = "for DR".into();
        image.deprecated = "2030-01-01T00:00:12Z".parse().ok();
        image.deregistration_protection = Some("enabled-with-cooldown".into());
        image.tags = vec![tag("Team", "web"), tag("DR", "yes")];
    });
    encrypt(&mut pair.right, OTHER_KEY);
    share(&mut pair.right, &[LaunchPermission::Account(account('9'))]);
    pair.right.snapshots.as_mut().unwrap()[0].permissions = Ok(vec![VolumePermission::Account(account('9'))]);
    let request = CopyRequest {
        name: ImageName::new("web-dr").unwrap(),
        description: Description::new("for DR").unwrap(),
        image_tags: vec![tag("DR", "yes")],
        encryption: Encryption::Encrypt { key: KmsKeyRef::new(OTHER_KEY).ok() },
        post_copy: vec![
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account('9'))]),
            PostCopyStep::SnapshotPermissions(vec![account('9')]),
            PostCopyStep::Deprecation("2030-01-01T00:00:00Z".parse().unwrap()),
            PostCopyStep::DeregistrationProtection { cooldown: true },
        ],
        ..request()
    };
    let all = found(&pair, Some(&request));
    assert_eq!(all.len(), 9, "{all:#?}");
    assert!(all.iter().all(|one| one.ends_with(" requested") && !one.ends_with("not requested")), "{all:#?}");
    assert_eq!(found(&pair, None).iter().filter(|one| one.ends_with("not requested")).count(), 9);
}

#[test]
fn what_was_requested_otherwise_is_told_even_where_the_copy_is_as_its_source() {
    let pair = copied();
    let wanted = CopyRequest {
        name: ImageName::new("web-dr").unwrap(),
        image_tags: vec![tag("DR", "yes")],
        encryption: Encryption::Encrypt { key: None },
        post_copy: vec![
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account('9'))]),
            PostCopyStep::SnapshotPermissions(vec![account('9')]),
            PostCopyStep::Deprecation("2030-01-01T00:00:00Z".parse().unwrap()),
        ],
        ..request()
    };
    assert_eq!(
        found(&pair, Some(&wanted)),
        [
            "Name: web > web wanted web-dr",
            "Deprecation: Time(2027-01-01T00:00:00Z) > - wanted Time(2030-01-01T00:00:00Z)",
            "/dev/xvda Encrypted: Flag(false) > Flag(false) wanted Flag(true)",
            "/dev/xvda VolumePermissions: - > - wanted 1",
            "Tag(\"DR\"): - > - wanted yes",
            "LaunchPermissions: - > - wanted 999999999999",
        ]
    );
}

#[test]
fn tags_that_were_not_to_be_copied_are_missing_as_requested() {
    let mut pair = copied();
    change(&mut pair.right, |image| image.tags.clear());
    let without = CopyRequest { copy_tags: false, ..request() };
    assert_eq!(found(&pair, Some(&without)), ["Tag(\"Team\"): web > - requested"]);
    assert_eq!(found(&pair, Some(&request())), ["Tag(\"Team\"): web > - not requested"]);
    change(&mut pair.right, |image| image.tags = vec![tag("Team", "web")]);
    assert_eq!(found(&pair, Some(&without)), ["Tag(\"Team\"): web > web wanted -"]);
}

#[test]
fn the_key_of_a_copy_is_its_regions() {
    let keep = request();
    let mut pair = copied();
    encrypt(&mut pair.left, KEY);
    encrypt(&mut pair.right, OTHER_KEY);
    assert_eq!(found(&pair, None), [] as [&str; 0], "it cannot have the source's");
    assert_eq!(found(&pair, Some(&keep)), ["/dev/xvda Key: 1111 > 2222 requested"], "the default key");
    let mut resolved = keep.clone();
    resolved.expected.key_arn = Some(OTHER_KEY.replace("2222-", "3333-").into());
    assert_eq!(found(&pair, Some(&resolved)).len(), 1);
    assert!(found(&pair, Some(&resolved))[0].contains("wanted"), "{:?}", found(&pair, Some(&resolved)));
    encrypt(&mut pair.right, &KEY.replace("1111-", "3333-"));
    assert_eq!(found(&pair, None).len(), 1, "another key of the same region");
    let multi = |place: &str| format!("arn:aws:kms:{place}:123456789012:key/mrk-1234");
    encrypt(&mut pair.left, &multi("us-east-1"));
    encrypt(&mut pair.right, &multi("eu-west-1"));
    assert_eq!(found(&pair, None), [] as [&str; 0], "one key in two regions");
}

#[test]
fn the_sources_permissions_without_public_are_requested_with_them() {
    let mut pair = copied();
    let (nine, eight) = (LaunchPermission::Account(account('9')), LaunchPermission::Account(account('8')));
    share(&mut pair.left, &[LaunchPermission::Public, nine.clone()]);
    share(&mut pair.right, &[nine.clone(), eight.clone()]);
    let steps = vec![PostCopyStep::CopyLaunchPermissions, PostCopyStep::LaunchPermissions(vec![eight])];
    let wanted = CopyRequest { post_copy: steps, ..request() };
    let found_all = found(&pair, Some(&wanted));
    assert!(matches!(&found_all[..], [one] if one.ends_with(" requested")), "{found_all:?}");
    share(&mut pair.right, &[nine]);
    assert!(found(&pair, Some(&wanted))[0].contains(" wanted 888888888888+999999999999"));
}

#[test]
fn what_is_not_known_is_never_equal() {
    let denied = || Failure::new("read", "denied");
    let mut pair = copied();
    pair.right.of_owner = Some(OwnerDetails { permissions: Err(denied()), uefi_data: Err(denied()) });
    assert_eq!(found(&pair, None), ["UefiData: unknown", "LaunchPermissions: unknown"]);
    assert!(verify(&pair, None).is_incomplete());
    let mut pair = copied();
    pair.left.of_owner = None;
    assert_eq!(found(&pair, None), ["UefiData: unknown"], "the copy is shared with nobody, whatever the source is");
    assert!(verify(&pair, None).is_incomplete(), "although nobody but its owner can read it");
    let mut pair = copied();
    encrypt(&mut pair.right, KEY);
    pair.right.snapshots = Err(denied());
    let unknown = ["/dev/xvda Key: unknown", "/dev/xvda VolumePermissions: unknown"];
    let all = found(&pair, None);
    assert_eq!(all[1..], unknown, "{all:?}");
    pair.right.snapshots = Ok(Vec::new());
    assert_eq!(found(&pair, None)[1..], unknown, "EC2 leaves out what it does not show");
    let mut pair = copied();
    for side in [&mut pair.left, &mut pair.right] {
        change(side, |image| image.block_devices[0].ebs.as_mut().unwrap().volume_size = None);
    }
    assert_eq!(found(&pair, None), ["/dev/xvda Size: unknown"], "although neither is reported");
}

#[test]
fn any_two_images_differ_in_everything_but_what_identifies_them() {
    let pair = copied();
    let comparison = diff(&pair);
    let parts: Vec<&Part> = comparison.differences.iter().map(|difference| &difference.part).collect();
    let tag = |key: &str| Part::Tag(key.into());
    assert_eq!(
        parts,
        [
            &Part::Created,
            &Part::LastLaunched,
            &Part::Deprecation,
            &Part::DeregistrationProtection,
            &tag("amigrate:job"),
            &tag("amigrate:sync"),
            &tag("aws:x"),
            &tag("copied-to:eu-west-1"),
        ]
    );
    let same = Pair { left: pair.left.clone(), right: pair.left };
    assert_eq!(diff(&same), Comparison::default());
}
