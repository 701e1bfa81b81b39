//! Tables of the rules. Each begins with an orphan, and changes one thing.

mod property;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    Claimant, Claims, Classified, Classifier, Implausible, KEPT_TAG, KeepReason, Maker, OtherRegionImages, OwnSnapshot,
    RecycleBin, RecycleBinImage, RecycleBinSnapshot, RegionListing, Sharing, made_for,
};
use crate::domain::{
    AccountId, Failure, ImageId, Region, Snapshot, SnapshotId, SnapshotState,
    image::Tag,
    image_details::VolumePermission,
    price::{Money, Prices},
};

const GONE: &str = "ami-0123456789abcdef0";
const OTHER: &str = "ami-0fedcba9876543210";

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn account() -> AccountId {
    AccountId::new("123456789012").unwrap()
}

fn region() -> Region {
    Region::new("eu-west-1").unwrap()
}

fn ami(id: &str) -> ImageId {
    ImageId::new(id).unwrap()
}

fn snap(id: &str) -> SnapshotId {
    SnapshotId::new(id).unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

/// A snapshot of a copy, made when `started` says.
fn copied(id: &str, image: &str, started: Timestamp) -> OwnSnapshot {
    let stamp = crate::domain::text::thousands(usize::try_from(started.as_millisecond()).unwrap());
    let description = format!(
        "Copied for DestinationAmi {image} from SourceAmi {OTHER} for SourceSnapshot snap-00000000000000aaa. Task created on {stamp}."
    );
    own(id, &description, Some(Snapshot::VOLUME_OF_COPIES), started)
}

/// A snapshot of an instance's volume.
fn created(id: &str, image: &str, started: Timestamp) -> OwnSnapshot {
    let description = format!("Created by CreateImage(i-0123456789abcdef0) for {image}");
    own(id, &description, Some("vol-0123456789abcdef0"), started)
}

fn own(id: &str, description: &str, volume: Option<&str>, started: Timestamp) -> OwnSnapshot {
    let snapshot = Snapshot {
        id: snap(id),
        state: SnapshotState::Completed,
        progress: Some(100),
        volume_size: 8,
        volume_id: volume.map(Into::into),
        started: Some(started),
        completed: Some(started),
        state_message: None,
        description: description.into(),
        encrypted: false,
        kms_key_id: None,
        tags: Vec::new(),
    };
    OwnSnapshot { snapshot, owner: Some(account()), owner_alias: None, archived: false, placed: false }
}

/// What is classified: a region with one snapshot, which is an orphan.
struct Case {
    listing: RegionListing,
    sharing: Sharing,
    claims: Claims,
    other_regions: OtherRegionImages,
    min_age: SignedDuration,
}

impl Case {
    fn of(snapshots: Vec<OwnSnapshot>) -> Self {
        let sharing = snapshots.iter().map(|own| (own.snapshot.id.clone(), Ok(Vec::new()))).collect();
        let listing = RegionListing {
            region: region(),
            snapshots,
            images: BTreeMap::new(),
            bin: RecycleBin::default(),
            locked: Ok([].into()),
            fast_restore: Ok([].into()),
        };
        let min_age = SignedDuration::from_hours(24);
        Self { listing, sharing, claims: Claims::default(), other_regions: OtherRegionImages::default(), min_age }
    }

    fn classify(&self) -> Classified {
        let account = account();
        let classifier = Classifier {
            account: &account,
            now: now(),
            min_age: self.min_age,
            claims: &self.claims,
            other_regions: &self.other_regions,
            sharing: &self.sharing,
        };
        classifier.region(&self.listing)
    }
}

/// Changes one thing.
type Change = fn(&mut Case);

/// Returns the reason that keeps the one snapshot; `None` if it is an orphan.
fn reason(change: impl FnOnce(&mut Case)) -> Option<KeepReason> {
    reason_of(copied("snap-1", GONE, days_ago(30)), change)
}

fn reason_of(snapshot: OwnSnapshot, change: impl FnOnce(&mut Case)) -> Option<KeepReason> {
    let id = snapshot.snapshot.id.clone();
    let mut case = Case::of(vec![snapshot]);
    change(&mut case);
    let classified = case.classify();
    let orphan = classified.orphans.iter().any(|orphan| *orphan.id() == id);
    let kept = classified.kept.into_iter().find(|kept| *kept.id() == id).map(|kept| kept.reason);
    assert!(orphan != kept.is_some(), "it is either");
    kept
}

fn first(case: &mut Case) -> &mut OwnSnapshot {
    &mut case.listing.snapshots[0]
}

fn bin_image(image: &str) -> RecycleBinImage {
    RecycleBinImage { id: ami(image), name: "".into(), description: "".into(), entered: None, exits: Some(now()) }
}

#[test]
fn what_an_image_left_behind_is_an_orphan() {
    assert_eq!(reason(|_| {}), None);
    assert_eq!(reason_of(created("snap-1", GONE, days_ago(30)), |_| {}), None);
    let case = Case::of(vec![copied("snap-1", GONE, days_ago(30))]);
    let orphan = case.classify().orphans.remove(0);
    let mut prices = Prices::default();
    assert_eq!((orphan.size_gib(), orphan.monthly_cost(&prices)), (8, None));
    prices.set_storage(region(), Money::from_micros(50_000));
    assert_eq!(orphan.monthly_cost(&prices), Some(Money::from_micros(400_000)));
    let placed = super::Orphan { snapshot: OwnSnapshot { placed: true, ..orphan.snapshot.clone() }, ..orphan };
    assert_eq!(placed.monthly_cost(&prices), None, "on an Outpost it has another price");
}

#[test]
fn a_snapshot_whose_image_exists_or_that_was_made_for_none_is_not_spoken_of() {
    let mut case = Case::of(vec![copied("snap-1", GONE, days_ago(30)), own("snap-2", "nightly", None, days_ago(30))]);
    // In any state: the listing has disabled, pending and failed ones.
    case.listing.images.insert(ami(GONE), Vec::new());
    let classified = case.classify();
    assert!(classified.orphans.is_empty() && classified.kept.is_empty());
}

#[test]
fn what_refers_to_a_snapshot_keeps_it() {
    let uses = |case: &mut Case| _ = case.listing.images.insert(ami(OTHER), vec![snap("snap-9"), snap("snap-1")]);
    assert_eq!(reason(uses), Some(KeepReason::UsedByImage(ami(OTHER))));
    let in_bin = |case: &mut Case| case.listing.bin.images.push(bin_image(GONE));
    assert_eq!(reason(in_bin), Some(KeepReason::ImageInRecycleBin(Some(now()))));
    let elsewhere = Region::new("us-east-1").unwrap();
    let there = |case: &mut Case| _ = case.other_regions.images.insert(ami(GONE), elsewhere.clone());
    assert_eq!(reason(there), Some(KeepReason::ImageElsewhere(elsewhere.clone())));
    let by_image = |case: &mut Case| _ = case.claims.images.insert((region(), ami(GONE)), Claimant::Copy(7));
    assert_eq!(reason(by_image), Some(KeepReason::Job(Claimant::Copy(7))));
    let by_snapshot =
        |case: &mut Case| _ = case.claims.snapshots.insert((region(), snap("snap-1")), Claimant::Requested);
    assert_eq!(reason(by_snapshot), Some(KeepReason::Job(Claimant::Requested)));
    let on_purpose = |case: &mut Case| _ = case.claims.kept_images.insert((region(), ami(GONE)), 7);
    assert_eq!(reason(on_purpose), Some(KeepReason::OnPurpose(7)));
    // Of an image that was registered on another one's snapshot.
    let as_others = |case: &mut Case| _ = case.claims.kept_snapshots.insert((region(), snap("snap-1")), 7);
    assert_eq!(reason(as_others), Some(KeepReason::OnPurpose(7)));
    let tag = |case: &mut Case| first(case).snapshot.tags.push(Tag { key: KEPT_TAG.into(), value: "".into() });
    assert_eq!(reason(tag), Some(KeepReason::Tagged));
    let of_another_region = |case: &mut Case| {
        _ = case.claims.kept_images.insert((elsewhere.clone(), ami(GONE)), 7);
        _ = case.claims.kept_snapshots.insert((elsewhere.clone(), snap("snap-1")), 7);
        _ = case.claims.images.insert((elsewhere.clone(), ami(GONE)), Claimant::Copy(7));
        _ = case.claims.snapshots.insert((elsewhere.clone(), snap("snap-1")), Claimant::Copy(7));
    };
    assert_eq!(reason(of_another_region), None);
}

#[test]
fn an_image_in_the_bin_keeps_every_older_snapshot() {
    let other = |entered| RecycleBinImage { entered, ..bin_image(OTHER) };
    let in_bin = |entered| move |case: &mut Case| case.listing.bin.images.push(other(entered));
    let kept = Some(KeepReason::UnknownImageInRecycleBin(ami(OTHER)));
    assert_eq!(reason(in_bin(Some(days_ago(29)))), kept);
    assert_eq!(reason(in_bin(Some(days_ago(30)))), kept);
    assert_eq!(reason(in_bin(None)), kept, "nobody knows since when it is there");
    assert_eq!(reason(in_bin(Some(days_ago(31)))), None, "an image has no later snapshots");
    // Snapshots that were made for it do not say that it has no others: CreateImage takes some from elsewhere.
    let with_own = |case: &mut Case| {
        in_bin(Some(days_ago(29)))(case);
        case.listing.snapshots.push(created("snap-2", OTHER, days_ago(40)));
        let OwnSnapshot { snapshot, .. } = created("snap-3", OTHER, days_ago(40));
        let (description, volume_id) = (snapshot.description, snapshot.volume_id);
        let bin_image = RecycleBinSnapshot { id: snap("snap-3"), description, volume_id, entered: None, exits: None };
        assert_eq!(bin_image.image(), Some(ami(OTHER)));
        case.listing.bin.snapshots.push(bin_image);
    };
    assert_eq!(reason(with_own), kept);
    let unknown_start = |case: &mut Case| {
        in_bin(Some(days_ago(31)))(case);
        first(case).snapshot.started = None;
    };
    assert_eq!(reason(unknown_start), kept);
    // One of several is enough.
    let both = |case: &mut Case| {
        case.listing
            .bin
            .images
            .push(RecycleBinImage { entered: Some(days_ago(31)), ..bin_image("ami-00000000000000bbb") });
        in_bin(Some(days_ago(1)))(case);
    };
    assert_eq!(reason(both), kept);
}

#[test]
fn of_two_listings_of_a_bin_the_later_time_counts() {
    let bin =
        |entered| RecycleBin { images: vec![RecycleBinImage { entered, ..bin_image(OTHER) }], snapshots: Vec::new() };
    let (early, late) = (Some(days_ago(9)), Some(days_ago(1)));
    for (one, other, expected) in [(early, late, late), (late, early, late), (None, late, None), (early, None, None)] {
        let mut merged = bin(one);
        merged.merge(bin(other));
        assert_eq!((merged.images.len(), merged.images[0].entered), (1, expected));
    }
    let mut merged = RecycleBin::default();
    merged.merge(bin(early));
    assert_eq!(merged, bin(early));
}

#[test]
fn what_is_protected_keeps_it() {
    let denied = || Failure::new("read it", "denied");
    let cases: [(Change, KeepReason); 14] = [
        (|c| c.listing.locked = Ok([snap("snap-1")].into()), KeepReason::Locked),
        (|c| c.listing.fast_restore = Ok([snap("snap-1")].into()), KeepReason::FastRestore),
        (|c| _ = c.sharing.insert(snap("snap-1"), Ok(vec![VolumePermission::Public])), KeepReason::Shared),
        (|c| _ = c.sharing.insert(snap("snap-1"), Ok(vec![VolumePermission::Account(account())])), KeepReason::Shared),
        (|c| c.sharing.clear(), KeepReason::SharingNotRead),
        (|c| first(c).snapshot.state = SnapshotState::Pending, KeepReason::NotCompleted),
        (|c| first(c).snapshot.state = SnapshotState::Error, KeepReason::NotCompleted),
        (|c| first(c).snapshot.state = SnapshotState::Other, KeepReason::NotCompleted),
        (|c| first(c).archived = true, KeepReason::Archived),
        (|c| first(c).snapshot.started = None, KeepReason::AgeUnknown),
        (|c| c.min_age = SignedDuration::from_hours(24 * 31), KeepReason::TooYoung),
        (|c| first(c).owner = AccountId::new("210987654321").ok(), KeepReason::Implausible(Implausible::Owner)),
        (|c| first(c).owner = None, KeepReason::Implausible(Implausible::Owner)),
        (|c| first(c).owner_alias = Some("amazon".into()), KeepReason::Implausible(Implausible::Owner)),
    ];
    for (change, expected) in cases {
        assert_eq!(reason(change), Some(expected));
    }
    let text = denied().to_string();
    assert_eq!(reason(|c| c.listing.locked = Err(denied())), Some(KeepReason::LockUnknown(text.clone())));
    assert_eq!(reason(|c| c.listing.fast_restore = Err(denied())), Some(KeepReason::FastRestoreUnknown(text.clone())));
    let unread = |c: &mut Case| _ = c.sharing.insert(snap("snap-1"), Err(denied()));
    assert_eq!(reason(unread), Some(KeepReason::SharingUnknown(text)));
}

#[test]
fn services_of_aws_look_after_their_own() {
    let tagged = |key: &str| {
        let tag = Tag { key: key.into(), value: "x".into() };
        reason(move |case| first(case).snapshot.tags.push(tag))
    };
    assert_eq!(tagged("aws:backup:source-resource"), Some(KeepReason::AwsBackup));
    assert_eq!(tagged("AWS:Backup:source"), Some(KeepReason::AwsBackup));
    assert_eq!(tagged("aws:dlm:lifecycle-policy-id"), Some(KeepReason::Managed("aws:dlm:lifecycle-policy-id".into())));
    assert_eq!(tagged("Team"), None);
    assert_eq!(reason(|case| first(case).owner_alias = Some("aws-backup-vault".into())), Some(KeepReason::AwsBackup));
}

#[test]
fn a_description_that_somebody_kept_proves_nothing() {
    let volume = Some(KeepReason::Implausible(Implausible::Volume));
    // A snapshot of a volume that was made from the copy's snapshot.
    assert_eq!(reason(|case| first(case).snapshot.volume_id = Some("vol-0123456789abcdef0".into())), volume);
    assert_eq!(reason(|case| first(case).snapshot.volume_id = None), volume);
    // CopySnapshot of a new image's snapshot, perhaps from another region where its image exists.
    let copy_of_created = |case: &mut Case| first(case).snapshot.volume_id = Some(Snapshot::VOLUME_OF_COPIES.into());
    assert_eq!(reason_of(created("snap-1", GONE, days_ago(30)), copy_of_created), volume);
    // CopySnapshot of a copy's snapshot, a day later.
    let later = |case: &mut Case| first(case).snapshot.started = Some(days_ago(29));
    assert_eq!(reason(later), Some(KeepReason::Implausible(Implausible::Time)));
    for (minutes, kept) in [(-11, true), (-10, false), (9, false), (10, false), (11, true), (59, true)] {
        let started = Some(days_ago(30) + SignedDuration::from_mins(minutes));
        let expected = kept.then_some(KeepReason::Implausible(Implausible::Time));
        assert_eq!(reason(|case| first(case).snapshot.started = started), expected, "{minutes}");
    }
}

#[test]
fn a_region_that_was_not_read_may_have_the_image_of_a_copy() {
    let unread = |case: &mut Case| case.other_regions.unknown = Some("eu-north-1: denied".into());
    assert_eq!(reason(unread), Some(KeepReason::ElsewhereUnknown("eu-north-1: denied".into())));
    // A snapshot with a volume is no copy of another region's.
    assert_eq!(reason_of(created("snap-1", GONE, days_ago(30)), unread), None);
}

#[test]
fn descriptions_are_read_whole() {
    let read = |description: &str| made_for(&own("snap-1", description, None, now()).snapshot);
    let plain = copied("snap-1", GONE, days_ago(1)).snapshot.description;
    let found = read(&plain).unwrap();
    assert_eq!(found.image, ami(GONE));
    let Maker::CopyImage { source, snapshot, task } = found.maker else { panic!("it is a copy") };
    assert_eq!((source, snapshot.as_str(), task), (ami(OTHER), "snap-00000000000000aaa", days_ago(1)));
    for other in [
        "Created by CreateImage(i-0123456789abcdef0) for ami-0123456789abcdef0",
        "Created by CreateImage(i-12345678) for ami-12345678",
        "Created by CreateImage(i-12345678) for ami-12345678 from vol-12345678",
    ] {
        assert_eq!(read(other).map(|made| made.maker), Some(Maker::CreateImage), "{other}");
    }
    let copied = |from: &str, to: &str| plain.replace(from, to);
    for none in [
        String::new(),
        "nightly".into(),
        format!("[Copied {GONE}] {plain}"),
        format!("{plain} "),
        format!("{plain} again"),
        copied(GONE, "ami-0123"),
        copied(GONE, "ami-0123456789ABCDEF0"),
        copied(". Task created on", ". Task made on"),
        copied("SourceSnapshot snap-00000000000000aaa", "SourceSnapshot"),
        copied("Copied for", "copied for"),
        plain[..plain.len() - 1].to_owned(),
        plain[..60].to_owned(),
        "Created by CreateImage(i-0123456789abcdef0) for ami-0123456789".into(),
        "Created by CreateImage(i-0123456789abcdef0) for ami-0123456789abcdef0 and more".into(),
        "Created by CreateImage(i-0123456789abcdef0) for ami-0123456789abcdef0 from vol-".into(),
        "Created by CreateImage() for ami-0123456789abcdef0".into(),
        "Created by CreateImage(i-x) for ami-0123456789abcdef0".into(),
        "Re: Created by CreateImage(i-12345678) for ami-12345678".into(),
    ] {
        assert_eq!(read(&none), None, "{none}");
    }
}
