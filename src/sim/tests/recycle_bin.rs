//! The Recycle Bin, locks and fast snapshot restore.

use rstest::rstest;

use super::{TestAws, between, region};
use crate::{
    domain::{ImageId, SnapshotId},
    sim::{ChangeKind, RetentionKind},
};

const HOME: &str = "us-east-1";
const DAY: i64 = 86_400_000;

/// Returns the snapshots of an image.
fn snapshots(aws: &mut TestAws, image: &str) -> Vec<String> {
    let (_, body) = aws.ec2(HOME, &format!("Action=DescribeImages&IncludeDisabled=true&ImageId.1={image}"));
    between(&body, "<snapshotId>", "</snapshotId>")
}

fn in_bin(aws: &mut TestAws, what: &str, rest: &str) -> Vec<String> {
    let (status, body) = aws.ec2(HOME, &format!("Action=List{what}sInRecycleBin{rest}"));
    assert_eq!(status, 200, "{body}");
    let id = format!("{}Id>", what.to_lowercase());
    between(&body, &format!("<{id}"), &format!("</{id}"))
}

#[test]
fn an_image_goes_into_the_bin_and_comes_back_after_its_snapshots() {
    let mut aws = TestAws::new("demo");
    aws.world.retain(&region(HOME), RetentionKind::Images, 7);
    aws.world.retain(&region(HOME), RetentionKind::Snapshots, 3);
    let image = aws.image(HOME, "app-db-*");
    let devices = snapshots(&mut aws, &image);
    assert!(devices.len() > 1);
    let gone = format!("Action=DeregisterImage&ImageId={image}&DeleteAssociatedSnapshots=true");
    assert_eq!(aws.code(HOME, &gone), "");
    assert_eq!(in_bin(&mut aws, "Image", ""), std::slice::from_ref(&image));
    let mut binned = in_bin(&mut aws, "Snapshot", "");
    binned.sort();
    let mut expected = devices.clone();
    expected.sort();
    assert_eq!(binned, expected);
    assert_eq!(snapshots(&mut aws, &image), [""; 0], "it is not described any more");
    let describe = format!("Action=DescribeSnapshots&SnapshotId.1={}", devices[0]);
    assert_eq!(aws.code(HOME, &describe), "InvalidSnapshot.NotFound");

    let restore = format!("Action=RestoreImageFromRecycleBin&ImageId={image}");
    assert_eq!(aws.code(HOME, &restore), "InvalidSnapshot.NotFound", "its snapshots come first");
    for snapshot in &devices {
        let (status, body) = aws.ec2(HOME, &format!("Action=RestoreSnapshotFromRecycleBin&SnapshotId={snapshot}"));
        assert!(status == 200 && body.contains("<status>completed</status>"), "{body}");
    }
    assert_eq!(aws.code(HOME, &restore), "");
    assert_eq!(snapshots(&mut aws, &image), devices);
    assert!(in_bin(&mut aws, "Image", "").is_empty() && in_bin(&mut aws, "Snapshot", "").is_empty());
    assert_eq!(aws.code(HOME, &restore), "InvalidAMIID.NotFound", "it is not in the bin any more");
    let restored = aws.world.changes().iter().filter(|change| change.kind == ChangeKind::Restored).count();
    assert_eq!(restored, devices.len() + 1);
}

#[test]
fn a_copy_comes_back_as_it_was() {
    let mut aws = TestAws::new("demo");
    aws.world.retain(&region(HOME), RetentionKind::Images, 7);
    let source = aws.image(HOME, "app-web-*");
    let copy = aws.copy(HOME, &format!("Name=again&SourceRegion={HOME}&SourceImageId={source}"));
    aws.world.finish_copy(&region(HOME), &ImageId::new(&copy).unwrap(), aws.now).unwrap();
    let devices = snapshots(&mut aws, &copy);
    assert_eq!(aws.code(HOME, &format!("Action=DeregisterImage&ImageId={copy}")), "");
    assert_eq!(aws.code(HOME, &format!("Action=RestoreImageFromRecycleBin&ImageId={copy}")), "");
    assert_eq!(snapshots(&mut aws, &copy), devices);
    assert_eq!(aws.code(HOME, &format!("Action=DeregisterImage&ImageId={copy}")), "", "as any other");
}

#[test]
fn nothing_is_kept_without_a_rule_nor_after_its_time() {
    let mut aws = TestAws::new("demo");
    let (first, second) = (aws.image(HOME, "app-web-*"), aws.image(HOME, "app-db-*"));
    assert_eq!(aws.code(HOME, &format!("Action=DeregisterImage&ImageId={first}")), "");
    assert!(in_bin(&mut aws, "Image", "").is_empty());
    aws.world.retain(&region(HOME), RetentionKind::Images, 2);
    assert_eq!(aws.code(HOME, &format!("Action=DeregisterImage&ImageId={second}")), "");
    aws.advance(2 * DAY - 1);
    assert_eq!(in_bin(&mut aws, "Image", ""), std::slice::from_ref(&second));
    aws.advance(1);
    assert!(in_bin(&mut aws, "Image", "").is_empty());
    let restore = format!("Action=RestoreImageFromRecycleBin&ImageId={second}");
    assert_eq!(aws.code(HOME, &restore), "InvalidAMIID.NotFound");
}

#[test]
fn a_copy_that_is_cancelled_is_gone() {
    let mut aws = TestAws::new("demo");
    aws.world.retain(&region(HOME), RetentionKind::Images, 7);
    let source = aws.image(HOME, "app-web-*");
    let copy = aws.copy(HOME, &format!("Name=cancelled&SourceRegion={HOME}&SourceImageId={source}"));
    assert_eq!(aws.code(HOME, &format!("Action=DeregisterImage&ImageId={copy}")), "");
    assert!(in_bin(&mut aws, "Image", "").is_empty());
}

#[test]
fn the_bin_is_listed_by_page_and_by_id() {
    let mut aws = TestAws::new("demo");
    aws.world.retain(&region(HOME), RetentionKind::Images, 7);
    let images = ["app-web-*", "app-db-*", "app-web-*.00014"].map(|name| aws.image(HOME, name));
    for image in &images {
        assert_eq!(aws.code(HOME, &format!("Action=DeregisterImage&ImageId={image}")), "");
    }
    let (_, body) = aws.ec2(HOME, "Action=ListImagesInRecycleBin&MaxResults=2");
    let (first, token) = (between(&body, "<imageId>", "</"), between(&body, "<nextToken>", "</").remove(0));
    let rest = in_bin(&mut aws, "Image", &format!("&MaxResults=2&NextToken={token}"));
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert_eq!(in_bin(&mut aws, "Image", &format!("&ImageId.1={}", images[1])), [images[1].clone()]);
}

#[rstest]
#[case("ListImagesInRecycleBin&MaxResults=0", "InvalidParameterValue")]
#[case("ListImagesInRecycleBin&MaxResults=1", "")]
#[case("ListImagesInRecycleBin&MaxResults=1001", "InvalidParameterValue")]
#[case("ListImagesInRecycleBin&NextToken=x", "InvalidParameterValue")]
#[case("ListImagesInRecycleBin&ImageId.1=web", "InvalidAMIID.Malformed")]
#[case("ListImagesInRecycleBin&ImageId.1=ami-12345678", "InvalidAMIID.NotFound")]
#[case("ListSnapshotsInRecycleBin&MaxResults=4", "InvalidParameterValue")]
#[case("ListSnapshotsInRecycleBin&SnapshotId.1=snap-12345678", "InvalidSnapshot.NotFound")]
#[case("RestoreImageFromRecycleBin", "MissingParameter")]
#[case("RestoreImageFromRecycleBin&ImageId=ami-12345678", "InvalidAMIID.NotFound")]
#[case("RestoreSnapshotFromRecycleBin&SnapshotId=snap-12345678", "InvalidSnapshot.NotFound")]
#[case("DescribeLockedSnapshots&MaxResults=4", "InvalidParameterValue")]
#[case("DescribeFastSnapshotRestores&MaxResults=201", "InvalidParameterValue")]
#[case("DescribeFastSnapshotRestores&Filter.1.Name=colour&Filter.1.Value.1=red", "InvalidParameterValue")]
fn what_ec2_refuses_is_refused(#[case] action: &str, #[case] code: &str) {
    assert_eq!(TestAws::new("demo").code(HOME, &format!("Action={action}")), code);
}

#[test]
fn what_the_policy_denies_is_denied() {
    for action in
        ["ListImagesInRecycleBin", "RestoreImageFromRecycleBin&ImageId=ami-12345678", "DescribeLockedSnapshots"]
    {
        let mut aws = TestAws::new("demo");
        aws.world.policy().deny(action.split('&').next().unwrap());
        assert_eq!(aws.code(HOME, &format!("Action={action}&DryRun=true")), "UnauthorizedOperation", "{action}");
    }
}

#[test]
fn a_locked_snapshot_is_not_deleted() {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-web-*");
    let snapshot = snapshots(&mut aws, &image).remove(0);
    let id = SnapshotId::new(&snapshot).unwrap();
    aws.world.lock_snapshot(&region(HOME), &id);
    aws.world.enable_fast_restore(&region(HOME), &id);
    for action in ["DescribeLockedSnapshots", "DescribeFastSnapshotRestores"] {
        let (_, body) = aws.ec2(HOME, &format!("Action={action}"));
        assert_eq!(between(&body, "<snapshotId>", "</"), std::slice::from_ref(&snapshot), "{action}");
    }
    assert_eq!(aws.code(HOME, &format!("Action=DeregisterImage&ImageId={image}")), "");
    assert_eq!(aws.code(HOME, &format!("Action=DeleteSnapshot&SnapshotId={snapshot}")), "OperationNotPermitted");
}
