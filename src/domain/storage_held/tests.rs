use std::collections::BTreeSet;

use super::*;
use crate::domain::{
    account::AccountId,
    failure::Failure,
    family::VersionPattern,
    ids::{ImageId, SnapshotId},
    image::{BlockDevice, Ebs, Image, ImageState},
    price::{Money, Prices},
    region::Region,
};

const US: &str = "us-east-1";
const EU: &str = "eu-west-1";
const GIB: u64 = 1 << 30;

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

/// An image of the account with these snapshots.
fn image(at: &str, id: &str, name: &str, snapshots: &[&str]) -> Image {
    let mut image = Image::bare(ImageId::new(id).unwrap(), region(at), AccountId::new("123456789012").unwrap());
    image.name = name.into();
    let device = |id: &&str| {
        let ebs = Ebs { snapshot_id: SnapshotId::new(id).ok(), volume_size: Some(8), ..Ebs::default() };
        BlockDevice { ebs: Some(ebs), ..BlockDevice::default() }
    };
    image.block_devices = snapshots.iter().map(device).collect();
    image
}

fn snapshot(id: &str, gib: u32) -> StoredSnapshot {
    let id = SnapshotId::new(id).unwrap();
    StoredSnapshot { id, volume_gib: Some(gib), full_bytes: None, tier: StorageTier::Standard, placed: false }
}

fn read(at: &str, images: Vec<Image>, snapshots: Vec<StoredSnapshot>) -> RegionStorage {
    RegionStorage { region: region(at), images, snapshots, failure: None }
}

fn prices() -> Prices {
    let mut prices = Prices::default();
    prices.set_storage(region(US), Money::parse("0.05").unwrap());
    prices.set_archive(region(US), Money::parse("0.0125").unwrap());
    prices
}

fn held_of(regions: Vec<RegionStorage>, mut counts: impl FnMut(&Image) -> bool) -> StorageHeld {
    let pattern = VersionPattern::default();
    StorageHeld::compute(Input {
        regions,
        has_all_regions: true,
        pattern: &pattern,
        prices: &prices(),
        counts: &mut counts,
    })
}

fn held(regions: Vec<RegionStorage>) -> StorageHeld {
    held_of(regions, |_| true)
}

fn usd(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// Names of the rows with their images, snapshots, shared snapshots and GiB at most.
fn rows(held: &StorageHeld, by: GroupBy) -> Vec<(String, [u64; 4])> {
    let row = |row: Row| {
        let Held { images, snapshots, shared, .. } = row.held;
        let counts = [images, snapshots, shared].map(|n| u64::try_from(n).unwrap());
        (row.group.name().to_owned(), [counts[0], counts[1], counts[2], row.held.at_most_gib()])
    };
    held.rows(by, None).into_iter().map(row).collect()
}

#[test]
fn a_snapshot_counts_once_however_many_images_name_it() {
    let images = vec![
        image(US, "ami-1", "web-1", &["snap-1", "snap-2"]),
        image(US, "ami-2", "web-2", &["snap-1"]),
        // The same snapshot under another name, and twice in one image.
        image(US, "ami-3", "db-1", &["snap-1", "snap-3", "snap-3"]),
    ];
    let held =
        held(vec![read(US, images, vec![snapshot("snap-1", 8), snapshot("snap-2", 100), snapshot("snap-3", 20)])]);
    assert_eq!(rows(&held, GroupBy::Family), [("web".to_owned(), [2, 2, 1, 108]), ("db".to_owned(), [1, 2, 1, 28])]);
    assert_eq!(
        rows(&held, GroupBy::Image),
        [("ami-1".to_owned(), [1, 2, 1, 108]), ("ami-3".to_owned(), [1, 2, 1, 28]), ("ami-2".to_owned(), [1, 1, 1, 8])]
    );
    for by in [GroupBy::Region, GroupBy::Account] {
        let [(_, sums)] = rows(&held, by).try_into().unwrap();
        assert_eq!(sums, [3, 3, 0, 128], "{by:?}");
    }
    let total = held.total();
    assert_eq!((total.snapshots, total.volume_gib, total.cost()), (3, 128, Cost::AtMost(usd("6.4"))));
    // What two rows have in common counts once in their sum.
    let all = held.rows(GroupBy::Image, None);
    let two: BTreeSet<&Group> = all.iter().map(|row| &row.group).filter(|group| group.name() != "ami-2").collect();
    assert_eq!((held.sum_of(GroupBy::Image, &two).volume_gib, held.sum_of(GroupBy::Image, &two).images), (128, 2));
    // The images of one family only: nothing of it is shared within.
    let web = held.rows(GroupBy::Family, None).remove(0).group;
    let within = held.rows(GroupBy::Image, Some(&web));
    assert_eq!(within.iter().map(|row| row.group.name()).collect::<Vec<_>>(), ["ami-1", "ami-2"]);
}

#[test]
fn a_copy_belongs_to_the_family_of_its_source_whatever_it_is_called() {
    let mut copy = image(EU, "ami-2", "dr-of-something", &["snap-2"]);
    copy.source_image_id = ImageId::new("ami-1").ok();
    copy.source_region = Some(region(US));
    let held = held(vec![
        read(US, vec![image(US, "ami-1", "web-1", &["snap-1"])], vec![snapshot("snap-1", 8)]),
        read(EU, vec![copy], vec![snapshot("snap-2", 8)]),
    ]);
    assert_eq!(rows(&held, GroupBy::Family), [("web".to_owned(), [2, 2, 0, 16])]);
    assert_eq!(
        rows(&held, GroupBy::Region),
        [("eu-west-1".to_owned(), [1, 1, 0, 8]), ("us-east-1".to_owned(), [1, 1, 0, 8])]
    );
}

/// Each row: a snapshot of 8 GiB and its region, then the bytes it counts at most, and its cost a month if that is known.
#[test]
fn the_bound_is_the_smaller_size_and_the_price_is_that_of_the_tier() {
    let standard = || snapshot("snap-1", 8);
    let archived = || StoredSnapshot { tier: StorageTier::Archive, ..standard() };
    let full = |bytes| StoredSnapshot { full_bytes: Some(bytes), ..standard() };
    let unsized_ = || StoredSnapshot { volume_gib: None, ..standard() };
    let cases = [
        (US, standard(), 8 * GIB, Ok("0.4")),
        (US, full(3 * GIB), 3 * GIB, Ok("0.15")),
        // More than the volume: the volume bounds it.
        (US, full(9 * GIB), 8 * GIB, Ok("0.4")),
        // 1 byte of 0.05 a GiB is rounded up to a millionth.
        (US, full(1), 1, Ok("0.000001")),
        (US, full(0), 0, Ok("0")),
        (US, archived(), 8 * GIB, Ok("0.1")),
        (US, StoredSnapshot { tier: StorageTier::RestoredFromArchive, ..standard() }, 8 * GIB, Ok("0.5")),
        (US, StoredSnapshot { volume_gib: None, full_bytes: Some(GIB), ..standard() }, GIB, Ok("0.05")),
        (US, unsized_(), 0, Err("snap-1, whose size is not known")),
        (
            US,
            StoredSnapshot { tier: StorageTier::Other, ..standard() },
            8 * GIB,
            Err("storage in another tier in us-east-1"),
        ),
        (
            US,
            StoredSnapshot { placed: true, ..standard() },
            8 * GIB,
            Err("storage on an Outpost or in a Local Zone of us-east-1"),
        ),
        (EU, standard(), 8 * GIB, Err("storage in eu-west-1")),
        (EU, archived(), 8 * GIB, Err("archived storage in eu-west-1")),
    ];
    for (at, snapshot, bytes, month) in cases {
        let about = format!("{at} {snapshot:?}");
        let archived = usize::from(snapshot.is_archived());
        let bounded = usize::from(snapshot.full_bytes.is_some_and(|full| full == bytes));
        let held = held(vec![read(at, vec![image(at, "ami-1", "web-1", &["snap-1"])], vec![snapshot])]);
        let total = held.total();
        assert_eq!(
            (total.at_most_bytes, total.archived, total.bounded_by_full_size),
            (bytes, archived, bounded),
            "{about}"
        );
        let unknown: Vec<String> = held.unknown_prices().iter().map(ToString::to_string).collect();
        match month {
            Ok(month) => assert_eq!((total.cost(), unknown.len()), (Cost::AtMost(usd(month)), 0), "{about}"),
            Err(price) => assert_eq!((total.cost(), unknown), (Cost::Unknown, vec![price.to_owned()]), "{about}"),
        }
    }
}

#[test]
fn an_unknown_price_makes_the_sum_one_of_what_is_known() {
    let held = held(vec![
        read(US, vec![image(US, "ami-1", "web-1", &["snap-1"])], vec![snapshot("snap-1", 8)]),
        read(EU, vec![image(EU, "ami-2", "web-2", &["snap-2"])], vec![snapshot("snap-2", 8)]),
    ]);
    assert_eq!((held.total().cost(), held.total().unpriced), (Cost::PartAtMost(usd("0.4")), 1));
}

#[test]
fn a_region_that_was_not_read_completely_makes_every_sum_one_of_what_was_read() {
    let failed = |images, snapshots| RegionStorage {
        failure: Some(Failure::new("list snapshots", "denied")),
        ..read(EU, images, snapshots)
    };
    let us = || {
        let images = vec![image(US, "ami-1", "web-1", &["snap-1"]), image(US, "ami-3", "gone-1", &["snap-9"])];
        read(US, images, vec![snapshot("snap-1", 8), snapshot("snap-8", 4)])
    };
    let nothing = held(vec![us(), failed(Vec::new(), Vec::new())]);
    let total = nothing.total();
    assert_eq!((total.complete, total.cost()), (false, Cost::PartAtMost(usd("0.4"))));
    let by_region = nothing.rows(GroupBy::Region, None);
    let said: Vec<_> = by_region.iter().map(|row| (row.group.name(), row.held.complete, row.held.cost())).collect();
    assert_eq!(said, [(US, true, Cost::AtMost(usd("0.4"))), (EU, false, Cost::Unknown)]);
    let us_only: BTreeSet<&Group> = by_region.iter().map(|row| &row.group).filter(|group| group.name() == US).collect();
    assert!(nothing.sum_of(GroupBy::Region, &us_only).complete && !nothing.sum_of(GroupBy::Image, &us_only).complete);
    assert!(nothing.rows(GroupBy::Family, None).iter().all(|row| !row.held.complete));
    assert!(nothing.rows(GroupBy::Image, None).iter().all(|row| row.held.complete), "they are in the other region");
    // A snapshot that nobody lists, and one that nobody names.
    assert_eq!((nothing.unlisted, nothing.not_in_images.snapshots, nothing.not_in_images.volume_gib), (1, 1, 4));

    // What a region returned before it failed counts; what it did not return is neither missing nor left over.
    let part = held(vec![
        us(),
        failed(
            vec![image(EU, "ami-2", "web-2", &["snap-2", "snap-3"])],
            vec![snapshot("snap-2", 8), snapshot("snap-7", 8)],
        ),
    ]);
    assert_eq!((part.total().volume_gib, part.unlisted, part.not_in_images.snapshots), (16, 1, 1));
    assert!(!part.rows(GroupBy::Image, None).iter().find(|row| row.group.name() == "ami-2").unwrap().held.complete);
}

#[test]
fn only_images_that_count_are_summed_and_the_others_still_have_their_snapshots() {
    let images = vec![image(US, "ami-1", "web-1", &["snap-1"]), image(US, "ami-2", "db-1", &["snap-2", "snap-9"])];
    let regions = vec![read(US, images, vec![snapshot("snap-1", 8), snapshot("snap-2", 20)])];
    let held = held_of(regions, |image| image.name.starts_with("web"));
    let total = held.total();
    assert_eq!((total.images, total.volume_gib, held.unlisted), (1, 8, 0));
    assert_eq!(held.not_in_images, Held::default());
}

#[test]
fn instance_store_and_deregistered_images_hold_nothing() {
    let mut stored = image(US, "ami-1", "old-1", &[]);
    stored.root_device_type = "instance-store".into();
    let mut gone = image(US, "ami-2", "web-1", &["snap-1"]);
    gone.state = ImageState::Deregistered;
    let held = held(vec![read(US, vec![stored, gone], vec![snapshot("snap-1", 8)])]);
    let total = held.total();
    assert_eq!((total.images, total.snapshots, held.on_instance_store), (1, 0, 1));
    assert_eq!((held.not_in_images.snapshots, held.not_in_images.at_most_gib()), (1, 8));
    assert_eq!(total.cost(), Cost::AtMost(Money::default()));
}

#[test]
fn regions_that_are_not_known_make_no_sum_complete_but_those_of_a_region_and_an_image() {
    let regions = vec![read(US, vec![image(US, "ami-1", "web-1", &["snap-1"])], vec![snapshot("snap-1", 8)])];
    let (prices, pattern, counts) = (prices(), VersionPattern::default(), &mut |_: &Image| true);
    let input = Input { regions, has_all_regions: false, pattern: &pattern, prices: &prices, counts };
    let held = StorageHeld::compute(input);
    assert_eq!((held.total().complete, held.total().cost()), (false, Cost::PartAtMost(usd("0.4"))));
    for (by, complete) in
        [(GroupBy::Family, false), (GroupBy::Account, false), (GroupBy::Region, true), (GroupBy::Image, true)]
    {
        let rows = held.rows(by, None);
        assert!(rows.iter().all(|row| row.held.complete == complete), "{by:?}");
        let shown: BTreeSet<&Group> = rows.iter().map(|row| &row.group).collect();
        assert_eq!(held.sum_of(by, &shown).complete, by == GroupBy::Region, "{by:?}");
    }
}

#[test]
fn a_snapshot_without_a_size_is_counted_as_one() {
    let unknown = StoredSnapshot { volume_gib: None, ..snapshot("snap-2", 8) };
    let images = vec![image(US, "ami-1", "web-1", &["snap-1", "snap-2"])];
    let total = held(vec![read(US, images, vec![snapshot("snap-1", 8), unknown])]).total();
    assert_eq!((total.without_size, total.at_most_gib(), total.complete, total.is_bounded()), (1, 8, true, false));
    assert_eq!(total.cost(), Cost::PartAtMost(usd("0.4")));
}
