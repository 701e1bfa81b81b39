//! Another user of the account, copies that stick, end early or fail, and what tests may read of it all.

use rstest::rstest;

use super::{Bench, between};
use crate::{
    domain::{ImageId, ImageState, Region, Snapshot, SnapshotState, image::Tag},
    sim::{ChangeKind, CopySeen, LookAlike, Maker, Provenance},
};

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn away() -> Region {
    region("us-west-2")
}

/// A copy with two disks and a token, seen by its id.
fn begin(bench: &mut Bench, name: &str) -> ImageId {
    let source = bench.image("us-east-1", "app-db-*");
    let id = bench
        .copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={source}&Name={name}&ClientToken=t-{name}"));
    ImageId::new(&id).unwrap()
}

fn seen(bench: &Bench, id: &ImageId) -> CopySeen {
    bench.world.copies(bench.now).into_iter().find(|c| c.image.id == *id).unwrap()
}

fn left(bench: &Bench, id: &ImageId) -> Vec<Snapshot> {
    let all = bench.world.copy_snapshots(bench.now).into_iter();
    all.filter(|(place, of, _)| *place == away() && of == id).map(|(_, _, snapshot)| snapshot).collect()
}

#[test]
fn another_users_copy_takes_names_and_room_but_is_no_request() {
    let mut bench = Bench::new("demo");
    bench.world.limits().unique_names = true;
    let before = bench.world.pending_copies(bench.now).get(&away()).copied().unwrap_or_default();
    let source = ImageId::new(&bench.image("us-east-1", "app-web-*")).unwrap();
    let id = bench.world.copy_elsewhere(&away(), &source, &region("us-east-1"), "theirs", bench.now).unwrap();
    let copy = seen(&bench, &id);
    assert_eq!((copy.region, copy.token, copy.maker), (away(), None, Maker::Elsewhere));
    assert_eq!((&*copy.image.name, copy.image.state), ("theirs", ImageState::Pending));
    assert_eq!(bench.world.pending_copies(bench.now)[&away()], before + 1);
    assert_eq!(bench.world.copies_made(), 0);
    let mine = format!("Action=CopyImage&SourceRegion=us-east-1&SourceImageId={source}&Name=theirs");
    assert_eq!(bench.code("us-west-2", &mine), "InvalidAMIName.Duplicate");
    let again = bench.world.copy_elsewhere(&away(), &source, &region("us-east-1"), "theirs", bench.now).unwrap_err();
    assert!(again.starts_with("InvalidAMIName.Duplicate: AMI name theirs"), "{again}");
    bench.world.limits().pending_copies = before + 1;
    assert_eq!(bench.code("us-west-2", &mine.replace("theirs", "mine")), "ResourceLimitExceeded");
}

#[rstest]
#[case::deleted(true, 0)]
#[case::left(false, 2)]
fn another_user_deregisters_a_whole_copy(#[case] delete: bool, #[case] orphans: usize) {
    let mut bench = Bench::new("demo");
    let id = begin(&mut bench, "whole");
    bench.later(300_000);
    assert_eq!(seen(&bench, &id).snapshots, left(&bench, &id));
    bench.world.deregister_elsewhere(&away(), &id, delete, bench.now).unwrap();
    assert!(bench.world.copies(bench.now).iter().all(|c| c.image.id != id));
    assert_eq!(left(&bench, &id).len(), orphans);
    assert_eq!(bench.code("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}")), "InvalidAMIID.NotFound");
    let again = bench.world.deregister_elsewhere(&away(), &id, delete, bench.now).unwrap_err();
    assert!(again.starts_with("InvalidAMIID.Unavailable"), "{again}");
    assert_eq!(bench.world.copies_made(), 1);
}

#[test]
fn snapshots_of_a_cancelled_copy_are_orphans_that_can_be_seen() {
    let mut bench = Bench::new("demo");
    let id = begin(&mut bench, "cancelled");
    bench.later(10_000);
    bench.world.deregister_elsewhere(&away(), &id, true, bench.now).unwrap();
    let states = |bench: &Bench| left(bench, &id).iter().map(|s| s.state).collect::<Vec<_>>();
    assert_eq!(states(&bench), [SnapshotState::Pending; 2]);
    bench.later(300_000);
    assert_eq!(states(&bench), [SnapshotState::Completed; 2]);
    let one = left(&bench, &id)[0].id.clone();
    assert_eq!(bench.code("us-west-2", &format!("Action=DeleteSnapshot&SnapshotId={one}")), "");
    assert_eq!(left(&bench, &id).len(), 1);
}

#[rstest]
#[case::before_its_snapshots(0)]
#[case::half_way(10_000)]
#[case::while_it_settles(-1_000)]
fn a_copy_can_be_made_to_fail_with_a_reason(#[case] after_ms: i64) {
    let mut bench = Bench::new("demo");
    let id = begin(&mut bench, "fails");
    let ended = bench.world.area(&away()).unwrap().made[&id].ended;
    bench.later(if after_ms < 0 { ended + after_ms } else { after_ms });
    let before: Vec<u8> = left(&bench, &id).iter().filter_map(|s| s.progress).collect();
    bench.world.fail_copy(&away(), &id, "Given key ID is not accessible", bench.now).unwrap();
    let (_, image) = bench.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
    assert!(image.contains("<imageState>failed</imageState>") && image.contains("failed with an internal"), "{image}");
    assert_eq!(between(&image, "<snapshotId>", "</snapshotId>").len(), 2);
    let filter = format!("Filter.1.Name=description&Filter.1.Value.1=Copied+for+DestinationAmi+{id}+*");
    let (_, snapshots) = bench.ec2("us-west-2", &format!("Action=DescribeSnapshots&Owner.1=self&{filter}"));
    let reasons = between(&snapshots, "<statusMessage>", "</statusMessage>");
    assert!(!reasons.is_empty() && reasons.iter().all(|r| r == "Given key ID is not accessible"), "{snapshots}");
    assert_eq!(between(&snapshots, "<status>", "</status>").iter().filter(|s| *s == "error").count(), reasons.len());
    assert!(!snapshots.contains("<status>pending"), "{snapshots}");
    let after: Vec<u8> = left(&bench, &id).iter().filter_map(|s| s.progress).collect();
    assert!(before.is_empty() || before == after, "{before:?} {after:?}");
    bench.later(600_000);
    assert_eq!(seen(&bench, &id).image.state, ImageState::Failed);
    assert!(bench.world.fail_copy(&away(), &id, "again", bench.now).is_err());
}

#[test]
fn a_stuck_copy_stands_still_and_then_goes_on_from_there() {
    let mut bench = Bench::new("demo");
    let (stuck, free) = (begin(&mut bench, "stuck"), begin(&mut bench, "free"));
    bench.later(10_000);
    bench.world.stick_copy(&away(), &stuck, bench.now).unwrap();
    let then = seen(&bench, &stuck);
    bench.later(3_600_000);
    assert_eq!(seen(&bench, &free).image.state, ImageState::Available);
    assert_eq!(seen(&bench, &stuck), then);
    bench.world.unstick_copy(&away(), &stuck, bench.now).unwrap();
    assert_eq!(seen(&bench, &stuck), then);
    bench.later(3_000);
    let percents = |copy: &CopySeen| copy.snapshots.iter().map(|s| s.progress).collect::<Vec<_>>();
    assert!(percents(&seen(&bench, &stuck)) > percents(&then));
    bench.later(300_000);
    assert_eq!(seen(&bench, &stuck).image.state, ImageState::Available);
    assert!(bench.world.stick_copy(&away(), &stuck, bench.now).is_err());
    assert!(bench.world.unstick_copy(&away(), &ImageId::new("ami-1").unwrap(), bench.now).is_err());
}

#[test]
fn snapshots_of_a_stuck_copy_stay_stuck_when_it_is_cancelled() {
    let mut bench = Bench::new("demo");
    let id = begin(&mut bench, "stuck");
    bench.later(10_000);
    bench.world.stick_copy(&away(), &id, bench.now).unwrap();
    bench.world.deregister_elsewhere(&away(), &id, true, bench.now).unwrap();
    bench.later(3_600_000);
    assert!(left(&bench, &id).iter().all(|s| s.state == SnapshotState::Pending) && left(&bench, &id).len() == 2);
    bench.world.unstick_copy(&away(), &id, bench.now).unwrap();
    bench.later(300_000);
    assert!(left(&bench, &id).iter().all(|s| s.state == SnapshotState::Completed));
}

#[rstest]
#[case::young("", 0)]
#[case::stuck("", 5_000)]
#[case::with_a_bad_key("&Encrypted=true&KmsKeyId=alias/no-such-key", 5_000)]
fn a_copy_can_be_made_to_finish(#[case] key: &str, #[case] after_ms: i64) {
    let mut bench = Bench::new("demo");
    let source = bench.image("us-east-1", "app-web-*");
    let id = bench.copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={source}&Name=done{key}"));
    let id = ImageId::new(&id).unwrap();
    bench.later(after_ms);
    if after_ms > 0 {
        bench.world.stick_copy(&away(), &id, bench.now).unwrap();
        bench.later(60_000);
    }
    bench.world.finish_copy(&away(), &id, bench.now).unwrap();
    for wait in [0, 3_600_000] {
        bench.later(wait);
        let copy = seen(&bench, &id);
        assert_eq!(copy.image.state, ImageState::Available);
        let ends: Vec<_> = copy.snapshots.iter().map(|s| (s.state, s.progress, &s.state_message)).collect();
        assert_eq!(ends, [(SnapshotState::Completed, Some(100), &None)]);
        assert_eq!(copy.image.snapshot_ids().count(), 1);
    }
    assert!(bench.world.finish_copy(&away(), &id, bench.now).is_err());
}

#[test]
fn copies_are_read_with_tokens_and_later_tags_and_counted_once() {
    let mut bench = Bench::new("demo");
    let made = bench.world.copies(bench.now);
    assert!(!made.is_empty() && made.iter().all(|c| c.maker == Maker::Scenario && c.token.is_none()));
    let id = begin(&mut bench, "read");
    assert_eq!(begin(&mut bench, "read"), id, "the same token");
    assert_eq!(bench.world.copies_made(), 1);
    bench.later(5_000);
    let copy = seen(&bench, &id);
    assert_eq!((copy.token.as_deref(), copy.maker, copy.snapshots.len()), (Some("t-read"), Maker::Request, 2));
    let snapshot = &copy.snapshots[0].id;
    let tags = format!("Action=CreateTags&ResourceId.1={id}&ResourceId.2={snapshot}&Tag.1.Key=a&Tag.1.Value=b");
    assert_eq!(bench.code("us-west-2", &tags), "");
    let copy = seen(&bench, &id);
    assert_eq!((copy.image.tag("a"), &*copy.snapshots[0].tags[0].value), (Some("b"), "b"));
}

#[test]
fn what_looks_like_a_copys_snapshot_is_somebody_elses() {
    let mut bench = Bench::new("demo");
    let id = begin(&mut bench, "real");
    bench.later(2_000);
    let pending = seen(&bench, &id).snapshots[0].id.clone();
    assert!(bench.world.imitate_elsewhere(&away(), &pending, LookAlike::Tagged, bench.now).is_err());
    bench.later(300_000);
    let real = seen(&bench, &id).snapshots[0].clone();
    let tag = Tag { key: "job".into(), value: "7".into() };
    bench.world.tag_elsewhere(&away(), real.id.as_str(), tag.clone(), bench.now).unwrap();
    for (how, tagged, volume) in
        [(LookAlike::Described, false, true), (LookAlike::Tagged, true, true), (LookAlike::OfVolume, true, false)]
    {
        let fake = bench.world.imitate_elsewhere(&away(), &real.id, how, bench.now).unwrap();
        let (_, seen) = bench.ec2("us-west-2", &format!("Action=DescribeSnapshots&SnapshotId.1={fake}"));
        assert!(seen.contains(&*real.description), "{how:?}: {seen}");
        assert_eq!(seen.contains("<volumeId>vol-ffffffff</volumeId>"), volume, "{how:?}: {seen}");
        assert_eq!(seen.contains("<key>job</key>"), tagged, "{how:?}: {seen}");
        assert!(left(&bench, &id).iter().all(|s| s.id != fake), "it is not of the copy");
        assert_eq!(bench.code("us-west-2", &format!("Action=DeleteSnapshot&SnapshotId={fake}")), "");
        let deleted = bench.world.changes().last().unwrap();
        assert_eq!((deleted.kind.clone(), deleted.by), (ChangeKind::Deleted, Maker::Request));
        assert_eq!(deleted.provenance, Provenance { maker: Maker::Elsewhere, token: None, image: None });
    }
}

#[test]
fn tags_go_along_with_another_users_copy_where_asked() {
    let mut bench = Bench::new("demo");
    let id = begin(&mut bench, "ours");
    bench.later(300_000);
    let tag = Tag { key: "amigrate:job".into(), value: "t-ours".into() };
    bench.world.tag_elsewhere(&away(), id.as_str(), tag, bench.now).unwrap();
    let (to, now) = (region("eu-west-1"), bench.now);
    let plain = bench.world.copy_elsewhere(&to, &id, &away(), "ours", now).unwrap();
    let tagged = bench.world.copy_with_tags_elsewhere(&to, &id, &away(), "ours", now).unwrap();
    let job = |bench: &Bench, id: &ImageId| seen(bench, id).image.tag("amigrate:job").map(str::to_owned);
    assert_eq!((job(&bench, &plain), job(&bench, &tagged)), (None, Some("t-ours".to_owned())));
    bench.world.untag_elsewhere(&to, tagged.as_str(), "amigrate:job", bench.now).unwrap();
    assert_eq!(job(&bench, &tagged), None);
}

#[test]
fn every_change_is_written_down_with_its_author_and_the_maker_of_what_changed() {
    let mut bench = Bench::new("demo");
    let (ours, other) = (begin(&mut bench, "ours"), begin(&mut bench, "other"));
    bench.later(300_000);
    let snapshots = seen(&bench, &ours).snapshots;
    let scenarios = bench.image("us-west-2", "base-linux-*");
    let asks = [
        format!("DeregisterImage&ImageId={ours}&DeleteAssociatedSnapshots=true&DryRun=true"),
        "DeregisterImage&ImageId=ami-1".to_owned(),
        format!("DeleteSnapshot&SnapshotId={}", snapshots[0].id),
        format!("CreateTags&ResourceId.1={scenarios}&Tag.1.Key=a&Tag.1.Value=b"),
        format!("DeregisterImage&ImageId={ours}&DeleteAssociatedSnapshots=true"),
    ];
    let codes = asks.map(|ask| bench.code("us-west-2", &format!("Action={ask}")));
    assert_eq!(codes, ["DryRunOperation", "InvalidAMIID.NotFound", "InvalidSnapshot.InUse", "", ""]);
    bench.world.deregister_elsewhere(&away(), &other, false, bench.now).unwrap();
    let token = |name: &str| Some(format!("t-{name}"));
    let by_token = |name: &str| Provenance { maker: Maker::Request, token: token(name), image: None };
    let with = |id: &ImageId| (ChangeKind::DeletedWith(id.clone()), Maker::Request);
    let of_ours = Provenance { image: Some(ours.clone()), ..by_token("ours") };
    let nobodys = Provenance { maker: Maker::Scenario, token: None, image: None };
    let expected = [
        ((ChangeKind::Tagged, Maker::Request), scenarios.as_str(), nobodys),
        ((ChangeKind::Deregistered, Maker::Request), ours.as_str(), by_token("ours")),
        (with(&ours), snapshots[0].id.as_str(), of_ours.clone()),
        (with(&ours), snapshots[1].id.as_str(), of_ours),
        ((ChangeKind::Deregistered, Maker::Elsewhere), other.as_str(), by_token("other")),
    ];
    let told = bench.world.changes().iter().map(|c| ((c.kind.clone(), c.by), &*c.resource, c.provenance.clone()));
    let mut told: Vec<_> = told.collect();
    // EC2 does not say in which order it deletes.
    told[2..4].sort_by_key(|(_, id, _)| *id != snapshots[0].id.as_str());
    assert_eq!(told, expected);
}
