//! Other users of the account, overrides of copies, and the read access of tests.

use rstest::rstest;

use super::{TestAws, between, region};
use crate::{
    domain::{ImageId, ImageState, Region, Snapshot, SnapshotState, image::Tag},
    sim::{Actor, ChangeKind, CopySeen, LookAlike, Provenance},
};

fn away() -> Region {
    region("us-west-2")
}

/// Starts a copy with two disks and a token.
fn start_copy(aws: &mut TestAws, name: &str) -> ImageId {
    let source = aws.image("us-east-1", "app-db-*");
    let id = aws
        .copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={source}&Name={name}&ClientToken=t-{name}"));
    ImageId::new(&id).unwrap()
}

fn seen(aws: &TestAws, id: &ImageId) -> CopySeen {
    aws.world.copies(aws.now).into_iter().find(|c| c.image.id == *id).unwrap()
}

fn left(aws: &TestAws, id: &ImageId) -> Vec<Snapshot> {
    let all = aws.world.copy_snapshots(aws.now).into_iter();
    all.filter(|(place, of, _)| *place == away() && of == id).map(|(_, _, snapshot)| snapshot).collect()
}

#[test]
fn another_users_copy_uses_names_and_limits_but_is_no_request() {
    let mut aws = TestAws::new("demo");
    aws.world.limits().unique_names = true;
    let before = aws.world.pending_copies(aws.now).get(&away()).copied().unwrap_or_default();
    let source = ImageId::new(&aws.image("us-east-1", "app-web-*")).unwrap();
    let id = aws.world.copy_as_other_user(&away(), &source, &region("us-east-1"), "theirs", aws.now).unwrap();
    let copy = seen(&aws, &id);
    assert_eq!((copy.region, copy.token, copy.created_by), (away(), None, Actor::OtherUser));
    assert_eq!((&*copy.image.name, copy.image.state), ("theirs", ImageState::Pending));
    assert_eq!(aws.world.pending_copies(aws.now)[&away()], before + 1);
    assert_eq!(aws.world.copies_made(), 0);
    let mine = format!("Action=CopyImage&SourceRegion=us-east-1&SourceImageId={source}&Name=theirs");
    assert_eq!(aws.code("us-west-2", &mine), "InvalidAMIName.Duplicate");
    let again = aws.world.copy_as_other_user(&away(), &source, &region("us-east-1"), "theirs", aws.now).unwrap_err();
    assert!(again.to_string().starts_with("InvalidAMIName.Duplicate: AMI name theirs"), "{again}");
    aws.world.limits().pending_copies = before + 1;
    assert_eq!(aws.code("us-west-2", &mine.replace("theirs", "mine")), "ResourceLimitExceeded");
}

#[rstest]
#[case::deleted(true, 0)]
#[case::left(false, 2)]
fn another_user_deregisters_an_available_copy(#[case] delete: bool, #[case] orphans: usize) {
    let mut aws = TestAws::new("demo");
    let id = start_copy(&mut aws, "whole");
    aws.advance(300_000);
    assert_eq!(seen(&aws, &id).snapshots, left(&aws, &id));
    aws.world.deregister_as_other_user(&away(), &id, delete, aws.now).unwrap();
    assert!(aws.world.copies(aws.now).iter().all(|c| c.image.id != id));
    assert_eq!(left(&aws, &id).len(), orphans);
    let (_, described) = aws.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
    assert!(described.contains("<imagesSet></imagesSet>"), "{described}");
    let again = aws.world.deregister_as_other_user(&away(), &id, delete, aws.now).unwrap_err();
    assert!(again.to_string().starts_with("InvalidAMIID.Unavailable"), "{again}");
    assert_eq!(aws.world.copies_made(), 1);
}

#[test]
fn snapshots_of_a_cancelled_copy_remain_visible() {
    let mut aws = TestAws::new("demo");
    let id = start_copy(&mut aws, "cancelled");
    aws.advance(10_000);
    aws.world.deregister_as_other_user(&away(), &id, true, aws.now).unwrap();
    let states = |aws: &TestAws| left(aws, &id).iter().map(|s| s.state).collect::<Vec<_>>();
    assert_eq!(states(&aws), [SnapshotState::Pending; 2]);
    aws.advance(300_000);
    assert_eq!(states(&aws), [SnapshotState::Completed; 2]);
    let one = left(&aws, &id)[0].id.clone();
    assert_eq!(aws.code("us-west-2", &format!("Action=DeleteSnapshot&SnapshotId={one}")), "");
    assert_eq!(left(&aws, &id).len(), 1);
}

#[rstest]
#[case::before_its_snapshots(0)]
#[case::half_way(10_000)]
#[case::while_it_settles(-1_000)]
fn a_copy_can_be_made_to_fail_with_a_reason(#[case] after_ms: i64) {
    let mut aws = TestAws::new("demo");
    let id = start_copy(&mut aws, "fails");
    let ended = aws.world.region_state(&away()).unwrap().created_images[&id].ended;
    aws.advance(if after_ms < 0 { ended + after_ms } else { after_ms });
    let before: Vec<u8> = left(&aws, &id).iter().filter_map(|s| s.progress).collect();
    aws.world.fail_copy(&away(), &id, "Given key ID is not accessible", aws.now).unwrap();
    let (_, image) = aws.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
    assert!(image.contains("<imageState>failed</imageState>") && image.contains("failed with an internal"), "{image}");
    assert_eq!(between(&image, "<snapshotId>", "</snapshotId>").len(), 2);
    let filter = format!("Filter.1.Name=description&Filter.1.Value.1=Copied+for+DestinationAmi+{id}+*");
    let (_, snapshots) = aws.ec2("us-west-2", &format!("Action=DescribeSnapshots&Owner.1=self&{filter}"));
    let reasons = between(&snapshots, "<statusMessage>", "</statusMessage>");
    assert!(!reasons.is_empty() && reasons.iter().all(|r| r == "Given key ID is not accessible"), "{snapshots}");
    assert_eq!(between(&snapshots, "<status>", "</status>").iter().filter(|s| *s == "error").count(), reasons.len());
    assert!(!snapshots.contains("<status>pending"), "{snapshots}");
    let after: Vec<u8> = left(&aws, &id).iter().filter_map(|s| s.progress).collect();
    assert!(before.is_empty() || before == after, "{before:?} {after:?}");
    aws.advance(600_000);
    assert_eq!(seen(&aws, &id).image.state, ImageState::Failed);
    assert!(aws.world.fail_copy(&away(), &id, "again", aws.now).is_err());
}

#[test]
fn a_stuck_copy_goes_on_from_where_it_stopped() {
    let mut aws = TestAws::new("demo");
    let (stuck, free) = (start_copy(&mut aws, "stuck"), start_copy(&mut aws, "free"));
    aws.advance(10_000);
    aws.world.stick_copy(&away(), &stuck, aws.now).unwrap();
    let then = seen(&aws, &stuck);
    aws.advance(3_600_000);
    assert_eq!(seen(&aws, &free).image.state, ImageState::Available);
    assert_eq!(seen(&aws, &stuck), then);
    aws.world.unstick_copy(&away(), &stuck, aws.now).unwrap();
    assert_eq!(seen(&aws, &stuck), then);
    aws.advance(3_000);
    let percents = |copy: &CopySeen| copy.snapshots.iter().map(|s| s.progress).collect::<Vec<_>>();
    assert!(percents(&seen(&aws, &stuck)) > percents(&then));
    aws.advance(300_000);
    assert_eq!(seen(&aws, &stuck).image.state, ImageState::Available);
    assert!(aws.world.stick_copy(&away(), &stuck, aws.now).is_err());
    assert!(aws.world.unstick_copy(&away(), &ImageId::new("ami-1").unwrap(), aws.now).is_err());
}

#[test]
fn snapshots_of_a_stuck_copy_stay_stuck_when_it_is_cancelled() {
    let mut aws = TestAws::new("demo");
    let id = start_copy(&mut aws, "stuck");
    aws.advance(10_000);
    aws.world.stick_copy(&away(), &id, aws.now).unwrap();
    aws.world.deregister_as_other_user(&away(), &id, true, aws.now).unwrap();
    aws.advance(3_600_000);
    assert!(left(&aws, &id).iter().all(|s| s.state == SnapshotState::Pending) && left(&aws, &id).len() == 2);
    aws.world.unstick_copy(&away(), &id, aws.now).unwrap();
    aws.advance(300_000);
    assert!(left(&aws, &id).iter().all(|s| s.state == SnapshotState::Completed));
}

#[rstest]
#[case::young("", 0)]
#[case::stuck("", 5_000)]
#[case::with_a_bad_key("&Encrypted=true&KmsKeyId=alias/no-such-key", 5_000)]
fn a_copy_can_be_made_to_finish(#[case] key: &str, #[case] after_ms: i64) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let id = aws.copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={source}&Name=done{key}"));
    let id = ImageId::new(&id).unwrap();
    aws.advance(after_ms);
    if after_ms > 0 {
        aws.world.stick_copy(&away(), &id, aws.now).unwrap();
        aws.advance(60_000);
    }
    aws.world.finish_copy(&away(), &id, aws.now).unwrap();
    for wait in [0, 3_600_000] {
        aws.advance(wait);
        let copy = seen(&aws, &id);
        assert_eq!(copy.image.state, ImageState::Available);
        let ends: Vec<_> = copy.snapshots.iter().map(|s| (s.state, s.progress, &s.state_message)).collect();
        assert_eq!(ends, [(SnapshotState::Completed, Some(100), &None)]);
        assert_eq!(copy.image.snapshot_ids().count(), 1);
    }
    assert!(aws.world.finish_copy(&away(), &id, aws.now).is_err());
}

#[test]
fn copies_have_tokens_and_later_tags_and_count_once() {
    let mut aws = TestAws::new("demo");
    let created = aws.world.copies(aws.now);
    assert!(!created.is_empty() && created.iter().all(|c| c.created_by == Actor::Scenario && c.token.is_none()));
    let id = start_copy(&mut aws, "read");
    assert_eq!(start_copy(&mut aws, "read"), id, "the same token");
    assert_eq!(aws.world.copies_made(), 1);
    aws.advance(5_000);
    let copy = seen(&aws, &id);
    assert_eq!((copy.token.as_deref(), copy.created_by, copy.snapshots.len()), (Some("t-read"), Actor::Request, 2));
    let snapshot = &copy.snapshots[0].id;
    let tags = format!("Action=CreateTags&ResourceId.1={id}&ResourceId.2={snapshot}&Tag.1.Key=a&Tag.1.Value=b");
    assert_eq!(aws.code("us-west-2", &tags), "");
    let copy = seen(&aws, &id);
    assert_eq!((copy.image.tag("a"), &*copy.snapshots[0].tags[0].value), (Some("b"), "b"));
}

#[test]
fn a_look_alike_is_not_a_copys_snapshot() {
    let mut aws = TestAws::new("demo");
    let id = start_copy(&mut aws, "real");
    aws.advance(2_000);
    let pending = seen(&aws, &id).snapshots[0].id.clone();
    assert!(aws.world.imitate_as_other_user(&away(), &pending, LookAlike::Tagged, aws.now).is_err());
    aws.advance(300_000);
    let real = seen(&aws, &id).snapshots[0].clone();
    let tag = Tag { key: "job".into(), value: "7".into() };
    aws.world.tag_as_other_user(&away(), real.id.as_str(), tag.clone(), aws.now).unwrap();
    for (how, tagged, volume) in
        [(LookAlike::Described, false, true), (LookAlike::Tagged, true, true), (LookAlike::OfVolume, true, false)]
    {
        let fake = aws.world.imitate_as_other_user(&away(), &real.id, how, aws.now).unwrap();
        let (_, seen) = aws.ec2("us-west-2", &format!("Action=DescribeSnapshots&SnapshotId.1={fake}"));
        assert!(seen.contains(&*real.description), "{how:?}: {seen}");
        assert_eq!(seen.contains("<volumeId>vol-ffffffff</volumeId>"), volume, "{how:?}: {seen}");
        assert_eq!(seen.contains("<key>job</key>"), tagged, "{how:?}: {seen}");
        assert!(left(&aws, &id).iter().all(|s| s.id != fake), "it is not of the copy");
        assert_eq!(aws.code("us-west-2", &format!("Action=DeleteSnapshot&SnapshotId={fake}")), "");
        let deleted = aws.world.changes().last().unwrap();
        assert_eq!((deleted.kind.clone(), deleted.by), (ChangeKind::Deleted, Actor::Request));
        assert_eq!(deleted.provenance, Provenance { created_by: Actor::OtherUser, token: None, image: None });
    }
}

#[test]
fn another_users_copy_has_the_tags_on_request() {
    let mut aws = TestAws::new("demo");
    let id = start_copy(&mut aws, "ours");
    aws.advance(300_000);
    let tag = Tag { key: "amigrate:job".into(), value: "t-ours".into() };
    aws.world.tag_as_other_user(&away(), id.as_str(), tag, aws.now).unwrap();
    let (to, now) = (region("eu-west-1"), aws.now);
    let plain = aws.world.copy_as_other_user(&to, &id, &away(), "ours", now).unwrap();
    let tagged = aws.world.copy_with_tags_as_other_user(&to, &id, &away(), "ours", now).unwrap();
    let job = |aws: &TestAws, id: &ImageId| seen(aws, id).image.tag("amigrate:job").map(str::to_owned);
    assert_eq!((job(&aws, &plain), job(&aws, &tagged)), (None, Some("t-ours".to_owned())));
    aws.world.untag_as_other_user(&to, tagged.as_str(), "amigrate:job", aws.now).unwrap();
    assert_eq!(job(&aws, &tagged), None);
}

#[test]
fn every_change_is_recorded_with_who_made_it_and_who_made_the_resource() {
    let mut aws = TestAws::new("demo");
    let (ours, other) = (start_copy(&mut aws, "ours"), start_copy(&mut aws, "other"));
    aws.advance(300_000);
    let snapshots = seen(&aws, &ours).snapshots;
    let scenarios = aws.image("us-west-2", "base-linux-*");
    let asks = [
        format!("DeregisterImage&ImageId={ours}&DeleteAssociatedSnapshots=true&DryRun=true"),
        "DeregisterImage&ImageId=ami-1".to_owned(),
        format!("DeleteSnapshot&SnapshotId={}", snapshots[0].id),
        format!("CreateTags&ResourceId.1={scenarios}&Tag.1.Key=a&Tag.1.Value=b"),
        format!("DeregisterImage&ImageId={ours}&DeleteAssociatedSnapshots=true"),
    ];
    let codes = asks.map(|ask| aws.code("us-west-2", &format!("Action={ask}")));
    assert_eq!(codes, ["DryRunOperation", "InvalidAMIID.NotFound", "InvalidSnapshot.InUse", "", ""]);
    aws.world.deregister_as_other_user(&away(), &other, false, aws.now).unwrap();
    let token = |name: &str| Some(format!("t-{name}"));
    let by_token = |name: &str| Provenance { created_by: Actor::Request, token: token(name), image: None };
    let with = |id: &ImageId| (ChangeKind::DeletedWith(id.clone()), Actor::Request);
    let of_ours = Provenance { image: Some(ours.clone()), ..by_token("ours") };
    let nobodys = Provenance { created_by: Actor::Scenario, token: None, image: None };
    let expected = [
        ((ChangeKind::Tagged, Actor::Request), scenarios.as_str(), nobodys),
        ((ChangeKind::Deregistered, Actor::Request), ours.as_str(), by_token("ours")),
        (with(&ours), snapshots[0].id.as_str(), of_ours.clone()),
        (with(&ours), snapshots[1].id.as_str(), of_ours),
        ((ChangeKind::Deregistered, Actor::OtherUser), other.as_str(), by_token("other")),
    ];
    let recorded = aws.world.changes().iter().map(|c| ((c.kind.clone(), c.by), &*c.resource, c.provenance.clone()));
    let mut recorded: Vec<_> = recorded.collect();
    // The order of deletion is undefined.
    recorded[2..4].sort_by_key(|(_, id, _)| *id != snapshots[0].id.as_str());
    assert_eq!(recorded, expected);
}
