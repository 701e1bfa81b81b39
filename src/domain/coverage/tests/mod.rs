mod property;

use std::sync::Arc;

use super::*;
use crate::domain::{
    AccountId, Image, ImageId, ImageState, Region, VersionPattern,
    image::{BlockDevice, Ebs},
};

fn region(name: &str) -> Region {
    let name = match name {
        "us" => "us-east-1",
        "eu" => "eu-west-1",
        "ap" => "ap-south-1",
        name => name,
    };
    Region::new(name).unwrap()
}

fn id(name: &str) -> ImageId {
    ImageId::new(&format!("ami-{name}")).unwrap()
}

/// `ID REGION NAME DAY [<SOURCE@REGION] [STATE]`, as `w1 us web-1 1` or `e1 eu web-1 2 <w1@us pending`.
fn image(line: &str) -> Image {
    let words: Vec<&str> = line.split_whitespace().collect();
    let account = AccountId::new("123456789012").unwrap();
    let mut image = Image::bare(id(words[0]), region(words[1]), account);
    image.name = words[2].trim_matches('"').into();
    image.created = Some(format!("2026-01-{:0>2}T00:00:00Z", words[3]).parse().unwrap());
    image.block_devices = vec![volume(8, false)];
    for word in &words[4..] {
        match word.strip_prefix('<') {
            Some(source) => {
                let (source, from) = source.split_once('@').unwrap();
                (image.source_image_id, image.source_region) = (Some(id(source)), Some(region(from)));
            }
            None => image.state = ImageState::parse(word),
        }
    }
    image
}

fn volume(size: u32, encrypted: bool) -> BlockDevice {
    let ebs = Ebs { volume_size: Some(size), encrypted: Some(encrypted), ..Ebs::default() };
    BlockDevice { ebs: Some(ebs), ..BlockDevice::default() }
}

fn columns() -> Vec<Column> {
    ["us", "eu", "ap"].map(|name| Column { region: region(name), listed: Listed::Complete }).into()
}

fn cover(columns: &[Column], copies: &[KnownCopy], images: &[Image]) -> Coverage {
    let images: Vec<Arc<Image>> = images.iter().cloned().map(Arc::new).collect();
    let input = Input { pattern: &VersionPattern::default(), account: None, columns, copies };
    let coverage = compute(&input, &images);
    let backwards = compute(&input, images.iter().rev());
    assert_eq!(coverage, backwards, "the order of the input does not matter");
    coverage
}

/// `NAME: NEWEST us eu ap`, a line for each family; cells as `available=e1` or `missing`.
fn shown(coverage: &Coverage) -> Vec<String> {
    let short = |id: &ImageId| id.as_str().trim_start_matches("ami-").to_owned();
    let cell = |cell: &Cell| {
        let percent = cell.state.percent().map(|percent| format!("{percent}%")).unwrap_or_default();
        let image = cell.image.as_ref().map(|id| format!("={}", short(id))).unwrap_or_default();
        format!("{}{percent}{image}", cell.state.as_str())
    };
    let line = |family: &Family| {
        let cells: Vec<String> = family.cells.all().map(cell).collect();
        format!("{}: {} {}", family.name, short(&family.newest().id), cells.join(" "))
    };
    coverage.families.iter().map(line).collect()
}

fn of(lines: &[&str]) -> Vec<String> {
    let images: Vec<Image> = lines.iter().map(|line| image(line)).collect();
    shown(&cover(&columns(), &[], &images))
}

#[test]
fn a_row_says_where_the_newest_version_is() {
    let rows = of(&[
        "w1 us web-1 1",
        "w2 us web-2 5",
        "e1 eu web-1 2 <w1@us",
        "p2 ap web-2 6 <w2@us",
        "d1 us db 1",
        "x1 eu old-1 1 failed",
    ]);
    assert_eq!(
        rows,
        [
            "db: d1 available=d1 missing missing",
            "old: x1 missing failed=x1 missing",
            "web: w2 available=w2 stale=e1 available=p2"
        ]
    );
}

#[test]
fn copies_follow_their_source_whatever_they_are_called() {
    assert_eq!(
        of(&["w1 us web-1 1", "e1 eu dr-copy 2 <w1@us", "p1 ap other 3 <e1@eu"]),
        ["web: w1 available=w1 available=e1 available=p1"],
        "also copies of copies"
    );
    assert_eq!(
        of(&["w1 us web-1 1", "e1 eu web-1 2 <w1@us", "w9 us web-1-back 3 <e1@eu"]),
        ["web: w1 available=w1 available=e1 missing"],
        "and back"
    );
    assert_eq!(
        of(&["a us a-1 1 <b@eu", "b eu b-1 2 <a@us"]),
        ["b: b available=a available=b missing"],
        "a circle ends"
    );
    assert_eq!(of(&["a us a-1 1 <a@us"]), ["a: a available=a missing missing"]);
}

#[test]
fn copies_of_one_source_that_is_not_listed_belong_together() {
    assert_eq!(
        of(&["e1 eu vendor 2 <far@us", "p1 ap renamed 3 <far@us", "x1 eu vendor-other 3 <far2@us"]),
        ["vendor: e1 missing available=e1 available=p1", "vendor-other: x1 missing available=x1 missing"]
    );
    assert_eq!(
        of(&["w1 us web-1 1 deregistered", "e1 eu copied 2 <w1@us"]),
        ["web: e1 missing available=e1 missing"],
        "one that is gone gives the name, and has no row itself"
    );
}

#[test]
fn images_built_of_one_base_image_are_no_copies_of_it() {
    let built = |line: &str| Image { source_instance: Some("i-1".into()), ..image(line) };
    let images = [image("b1 us base-1 1"), built("w1 us web-1 2 <b1@us"), built("d1 us db-1 2 <b1@us")];
    let rows = cover(&columns(), &[], &images).families;
    assert_eq!(rows.len(), 3, "{rows:?}");
}

#[test]
fn a_late_copy_of_an_old_version_is_not_the_newest() {
    // Where the source is gone, only the day of the copy is known.
    assert_eq!(of(&["w2 us web-2 5", "e1 eu web-1 9 <gone@us"]), ["web: w2 available=w2 stale=e1 missing"]);
    assert_eq!(of(&["w2 us web-2 5", "e10 eu web-10 9 <far@ap"]), ["web: e10 stale=w2 available=e10 missing"]);
    assert_eq!(of(&["g2 us golden 5", "g1 eu golden 9 <gone@us"]), ["golden: g1 stale=g2 available=g1 missing"]);
}

#[test]
fn images_of_one_name_are_one_version_if_there_is_a_version_in_it() {
    assert_eq!(of(&["w1 us web-1 1", "e1 eu web-1 2"]), ["web: w1 available=w1 available=e1 missing"]);
    assert_eq!(of(&["g1 us golden 1", "g2 eu golden 9"]), ["golden: g2 stale=g1 available=g2 missing"]);
    let doubles = of(&["w1 us web-1 1", "e2 eu web-1 3 <w1@us", "e1 eu web-1 2 <w1@us"]);
    assert_eq!(doubles, ["web: w1 available=w1 available=e1 missing"]);
    let nameless = of(&["a us \"\" 1", "b us \"\" 2", "c eu \"\" 3 <a@us"]);
    assert_eq!(nameless, [": a available=a available=c missing", ": b available=b missing missing"]);
}

#[test]
fn only_what_can_be_used_covers_a_region() {
    assert_eq!(
        of(&["w1 us web-1 1", "e1 eu web-1 2 <w1@us disabled", "p1 ap web-1 2 <w1@us pending"]),
        ["web: w1 available=w1 disabled=e1 pending=p1"]
    );
    assert_eq!(
        of(&["w1 us web-1 1", "w2 us web-2 5 disabled", "e1 eu web-1 2 <w1@us"]),
        ["web: w1 available=w1 available=e1 missing"],
        "what cannot be copied is not the newest"
    );
    assert_eq!(
        of(&["w1 us web-1 1", "w2 us web-2 5", "e1 eu web-1 2 <w1@us", "e2 eu web-2 6 <w2@us failed"]),
        ["web: w2 available=w2 stale=e1 missing"]
    );
    assert_eq!(
        of(&["w2 us web-2 5", "e2 eu web-2 6 <w2@us failed", "e1 eu web-1 2 pending"]),
        ["web: w2 available=w2 failed=e2 missing"]
    );
    assert_eq!(
        of(&["w1 us web-1 1", "e1 eu web-1 2 <w1@us failed", "e2 eu web-1 3 <w1@us"]),
        ["web: w1 available=w1 available=e2 missing"],
        "a failed copy beside a good one does not matter"
    );
    assert_eq!(of(&["w1 us web-1 1", "e1 eu web-1 2 <w1@us strange"]), ["web: w1 available=w1 unknown=e1 missing"]);
}

#[test]
fn a_copy_that_is_not_as_its_source_differs() {
    let source = image("w1 us web-1 1");
    let changed = |change: fn(&mut Image, &mut Image)| {
        let (mut source, mut copy) = (source.clone(), image("e1 eu web-1 2 <w1@us"));
        change(&mut source, &mut copy);
        let coverage = cover(&columns(), &[], &[source, copy]);
        coverage.families[0].cells.get(1).unwrap().state.clone()
    };
    let differs = |differences: &[Difference]| CellState::Differs(differences.into());
    assert_eq!(changed(|_, _| {}), CellState::Available);
    assert_eq!(changed(|_, copy| copy.architecture = "arm64".into()), differs(&[Difference::Architecture]));
    assert_eq!(changed(|_, copy| copy.root_device_type = "x".into()), differs(&[Difference::RootDeviceType]));
    assert_eq!(changed(|_, copy| copy.block_devices = vec![volume(9, false)]), differs(&[Difference::VolumeSizes]));
    assert_eq!(changed(|_, copy| copy.block_devices.push(volume(8, false))), differs(&[Difference::Volumes]));
    assert_eq!(changed(|source, _| source.block_devices = vec![volume(8, true)]), differs(&[Difference::NotEncrypted]));
    assert_eq!(changed(|_, copy| copy.block_devices = vec![volume(8, true)]), CellState::Available);
    assert_eq!(
        changed(|_, copy| copy.boot_mode = Some("uefi".into())),
        CellState::Available,
        "the source's is not known"
    );
    let modes = |source: &mut Image, copy: &mut Image| {
        (source.boot_mode, copy.boot_mode) = (Some("legacy-bios".into()), Some("uefi".into()));
    };
    assert_eq!(changed(modes), differs(&[Difference::BootMode]));
    let mut twin = image("e1 eu web-1 2");
    twin.architecture = "arm64".into();
    let coverage = cover(&columns(), &[], &[source, twin]);
    let cell = coverage.families[0].cells.get(1).unwrap();
    assert_eq!(cell.state, differs(&[Difference::Architecture]), "by name alone as well");
}

#[test]
fn nothing_is_called_missing_where_not_everything_is_listed() {
    let images = [image("w2 us web-2 5"), image("w1 us web-1 1"), image("e1 eu web-1 2 <w1@us")];
    for listed in [Listed::Underway, Listed::Failed] {
        let mut columns = columns();
        columns[1].listed = listed;
        columns[2].listed = listed;
        let coverage = cover(&columns, &[], &images);
        assert_eq!(shown(&coverage), ["web: w2 available=w2 unknown=e1 unknown"]);
        assert_eq!(coverage.copies_of(&coverage.families[0]).count(), 0);
    }
}

#[test]
fn copies_of_the_queue_count() {
    let copy = |source: &str, to: &str, image: Option<&str>, state| KnownCopy {
        source: id(source),
        source_region: region("us"),
        destination: region(to),
        image: image.map(id),
        state,
    };
    let images = [image("w1 us web-1 1"), image("p1 ap web-1 2 <w1@us pending"), image("e0 eu web-0 1")];
    let rows = |copies: &[KnownCopy]| shown(&cover(&columns(), copies, &images)).remove(0);
    let (pending, failed) = (KnownCopyState::Pending, KnownCopyState::Failed);
    assert_eq!(rows(&[]), "web: w1 available=w1 stale=e0 pending=p1");
    let going = [copy("w1", "eu", None, pending(None)), copy("w1", "ap", Some("p1"), pending(Some(40)))];
    assert_eq!(rows(&going), "web: w1 available=w1 pending pending40%=p1");
    let new = [copy("w1", "eu", Some("new"), pending(Some(7))), copy("w1", "eu", None, failed)];
    assert_eq!(rows(&new), "web: w1 available=w1 pending7%=new pending=p1");
    assert_eq!(rows(&[copy("w1", "eu", None, failed)]), "web: w1 available=w1 stale=e0 pending=p1");
    assert_eq!(rows(&[copy("other", "eu", None, pending(None))]), rows(&[]), "of other images it says nothing");
    let alone = cover(&columns(), &[copy("w1", "eu", None, failed)], &images[..1]);
    assert_eq!(shown(&alone), ["web: w1 available=w1 failed missing"]);
}

#[test]
fn exactly_what_is_missing_is_copied() {
    let lines = ["w2 us web-2 5", "w1 us web-1 1", "e1 eu web-1 2 <w1@us", "x ap old-1 1 failed"];
    let coverage = cover(&columns(), &[], &lines.map(image));
    let copies = |n: usize| {
        let family = &coverage.families[n];
        coverage.copies_of(family).map(|(image, to)| format!("{}>{to}", image.id)).collect::<Vec<_>>()
    };
    assert_eq!(copies(1), ["ami-w2>eu-west-1", "ami-w2>ap-south-1"]);
    assert_eq!(copies(0), [""; 0], "there is nothing that could be copied");
    assert_eq!(coverage.copy_to(&coverage.families[1], 0), None);
    assert_eq!((coverage.families[1].lacking(), coverage.families[0].lacking()), (2, 0));
}

#[test]
fn images_of_others_and_of_other_regions_have_no_row() {
    let other = AccountId::new("210987654321").unwrap();
    let images =
        [image("w1 us web-1 1"), Image { owner_id: other, ..image("v us vendor-1 1") }, image("f us-west-2 far-1 1")];
    let images = images.map(Arc::new);
    let account = AccountId::new("123456789012").unwrap();
    let columns = columns();
    let input = Input { pattern: &VersionPattern::default(), account: Some(&account), columns: &columns, copies: &[] };
    assert_eq!(shown(&compute(&input, &images)), ["web: w1 available=w1 missing missing"]);
}
