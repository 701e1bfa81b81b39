//! `CopyImage`: rules, timeline, failure, cancelling.

use rstest::rstest;

use super::{TestAws, between};
use crate::{
    domain::{ImageId, Region, SnapshotId},
    sim::faults::rules::{FaultKind, Rule},
};

const SOURCE: &str = "SourceRegion=us-east-1&SourceImageId=";

/// 127 characters.
const LONGEST: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
const TOO_LONG: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

fn images(aws: &mut TestAws, region: &str, id: &str) -> String {
    aws.ec2(region, &format!("Action=DescribeImages&ImageId.1={id}")).1
}

fn snapshots(aws: &mut TestAws, region: &str, image: &str) -> String {
    let filter = format!("Filter.1.Name=description&Filter.1.Value.1=Copied+for+DestinationAmi+{image}+*");
    aws.ec2(region, &format!("Action=DescribeSnapshots&Owner.1=self&{filter}")).1
}

#[test]
fn a_copy_is_pending_without_snapshots_then_progresses_then_is_available() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-db-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=new-db&Description=d&Encrypted=true"));
    let young = images(&mut aws, "us-west-2", &id);
    assert!(young.contains("<imageState>pending</imageState>") && !young.contains("<snapshotId>"), "{young}");
    assert!(!snapshots(&mut aws, "us-west-2", &id).contains("<snapshotId>"));

    let mut seen: Vec<String> = Vec::new();
    let mut first = None;
    for step in 1..300 {
        aws.advance(400);
        let listed = snapshots(&mut aws, "us-west-2", &id);
        let now = between(&listed, "<progress>", "</progress>");
        if first.is_none() && now.iter().any(|p| p.ends_with('%')) {
            first = Some(step * 400);
        }
        seen.extend(now.first().cloned());
        if images(&mut aws, "us-west-2", &id).contains("<imageState>available</imageState>") {
            break;
        }
        assert!(step < 299, "never available: {listed}");
    }
    assert!(first.is_some_and(|ms| ms <= 3_000), "{first:?}");
    assert_eq!(seen.first().map(String::as_str), Some(""));
    assert!(seen.iter().filter(|p| *p == "99%").count() >= 2, "99% lasts: {seen:?}");
    assert_eq!(seen.last().map(String::as_str), Some("100%"));
    let numbers: Vec<u8> = seen.iter().filter_map(|p| p.strip_suffix('%')?.parse().ok()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");

    let whole = images(&mut aws, "us-west-2", &id);
    for part in [
        "<name>new-db</name>",
        "<description>d</description>",
        "<encrypted>true</encrypted>",
        &source,
        "<sourceImageRegion>us-east-1",
    ] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert_eq!(between(&whole, "<snapshotId>", "</snapshotId>").len(), 2);
}

#[test]
fn a_snapshot_names_its_copy_in_ec2s_full_form() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=form"));
    aws.advance(2_000);
    let description = &between(&snapshots(&mut aws, "us-west-2", &id), "<description>", "</description>")[0];
    assert!(
        description
            .starts_with(&format!("Copied for DestinationAmi {id} from SourceAmi {source} for SourceSnapshot snap-"))
    );
    assert!(description.ends_with(". Task created on 1,772,712,000,000."), "{description}");
}

#[rstest]
#[case::unknown("alias/no-such-key")]
#[case::disabled("alias/retired-2023")]
#[case::not_for_encrypting("alias/release-signing")]
#[case::of_another_region("arn:aws:kms:us-east-1:123456789012:alias/images")]
fn a_bad_key_is_accepted_and_fails_later(#[case] key: &str) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let id = aws.copy("eu-west-1", &format!("{SOURCE}{source}&Name=bad&Encrypted=true&KmsKeyId={key}"));
    assert!(images(&mut aws, "eu-west-1", &id).contains("<imageState>pending</imageState>"));
    aws.advance(30_000);
    let image = images(&mut aws, "eu-west-1", &id);
    assert!(image.contains("<imageState>failed</imageState>"), "{image}");
    assert!(image.contains("Copy image failed with an internal error"), "{image}");
    let snapshot = snapshots(&mut aws, "eu-west-1", &id);
    assert!(snapshot.contains("<status>error</status>"), "{snapshot}");
    assert!(snapshot.contains("<statusMessage>Given key ID is not accessible</statusMessage>"), "{snapshot}");
}

#[rstest]
#[case("", "app-web-*", "Name=good", "")]
#[case("", "app-web-*", "Name=a", "InvalidAMIName.Malformed")]
#[case("", "app-web-*", "Name=na%C3%AFve", "InvalidAMIName.Malformed")]
#[case("", "app-web-*", "Name=base-linux-from-us-east-1", "")]
#[case("", "app-web-*", "Description=x", "MissingParameter")]
#[case("", "app-web-*", "Name=good&KmsKeyId=alias/images", "InvalidParameterDependency")]
#[case("", "app-web-*", "Name=good&Encrypted=maybe", "InvalidParameterValue")]
#[case("", "app-web-*", "Name=good&DryRun=true", "DryRunOperation")]
#[case("", "app-web-*", "Name=a&DryRun=true", "DryRunOperation")]
#[case("", "app-db-*", "Name=good&Encrypted=false", "InvalidParameterCombination")]
#[case("", "legacy-report-s3", "Name=good&Encrypted=true", "InvalidParameterCombination")]
#[case("", "legacy-report-s3", "Name=good", "")]
#[case("", "app-web-canary-off", "Name=good", "InvalidAMIID.Unavailable")]
#[case("", "partner-appliance-*", "Name=good", "InvalidRequest")]
#[case("", "golden-linux-encrypted-*", "Name=good", "InvalidRequest")]
#[case("", "golden-linux-2*", "Name=good", "")]
#[case("", "app-web-*", "Name=good&SnapshotCopyCompletionDurationMinutes=30", "")]
#[case("", "app-web-*", "Name=good&SnapshotCopyCompletionDurationMinutes=20", "InvalidParameterValue")]
#[case("", "app-web-*", "Name=good&Description=a%0Ab", "InvalidParameterValue")]
#[case("ami-00000000", "", "Name=good", "InvalidAMIID.NotFound")]
#[case("nothing", "", "Name=good", "InvalidAMIID.Malformed")]
fn copies_are_refused_with_ec2s_codes(#[case] id: &str, #[case] pattern: &str, #[case] rest: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let id = if id.is_empty() { aws.image("us-east-1", pattern) } else { id.to_owned() };
    assert_eq!(aws.code("us-west-2", &format!("Action=CopyImage&{SOURCE}{id}&{rest}")), code);
}

#[rstest]
#[case::taken(true, "", "InvalidAMIName.Duplicate")]
#[case::a_dry_run_asks_for_permission_only(true, "&DryRun=true", "DryRunOperation")]
#[case::as_ec2_does(false, "", "")]
fn names_are_unique_only_if_the_limits_say_so(#[case] unique: bool, #[case] rest: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    aws.world.limits().unique_names = unique;
    let source = aws.image("us-east-1", "app-web-*");
    let ask = format!("{SOURCE}{source}&Name=twice&ClientToken=");
    let first = aws.copy("us-west-2", &format!("{ask}one"));
    assert_eq!(aws.code("us-west-2", &format!("Action=CopyImage&{ask}two{rest}")), code);
    let (_, named) = aws.ec2("us-west-2", "Action=DescribeImages&Filter.1.Name=name&Filter.1.Value.1=twice");
    let ids = between(&named, "<imageId>", "</imageId>");
    assert!(ids.contains(&first) && ids.len() == if code.is_empty() { 2 } else { 1 }, "{ids:?}");
}

#[rstest]
#[case("image", "Team", "web", "")]
#[case("snapshot", "Team", "web", "")]
#[case("volume", "Team", "web", "InvalidParameterValue")]
#[case("image", "aws:x", "web", "InvalidParameterValue")]
#[case("image", "", "web", "InvalidTagKey.Malformed")]
#[case("image", LONGEST, "web", "")]
#[case("image", TOO_LONG, "web", "InvalidTagKey.Malformed")]
#[case(
    "image&TagSpecification.2.ResourceType=image&TagSpecification.2.Tag.1.Key=b",
    "a",
    "web",
    "InvalidParameterValue"
)]
#[case("image&TagSpecification.2.ResourceType=snapshot&TagSpecification.2.Tag.1.Key=b", "a", "web", "")]
#[case("image&TagSpecification.2.ResourceType=snapshot", "a", "web", "InvalidParameterValue")]
#[case("image&TagSpecification.1.Tag.2.Key=Team", "Team", "web", "InvalidParameterValue")]
fn tags_are_checked(#[case] kind: &str, #[case] key: &str, #[case] value: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let tag = format!(
        "TagSpecification.1.ResourceType={kind}&TagSpecification.1.Tag.1.Key={key}&TagSpecification.1.Tag.1.Value={value}"
    );
    assert_eq!(aws.code("us-west-2", &format!("Action=CopyImage&{SOURCE}{source}&Name=tagged&{tag}")), code);
}

#[test]
fn a_token_makes_one_copy() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let ask = format!("{SOURCE}{source}&Name=once&ClientToken=t1");
    let id = aws.copy("us-west-2", &ask);
    aws.advance(300_000);
    assert_eq!(aws.copy("us-west-2", &ask), id);
    let other = format!("Action=CopyImage&{SOURCE}{source}&Name=twice&ClientToken=t1");
    assert_eq!(aws.code("us-west-2", &other), "IdempotentParameterMismatch");
    assert_eq!(aws.code("us-east-2", &other), "", "a token belongs to its destination");
}

#[test]
fn encryption_by_default_uses_the_regions_key() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let id = aws.copy("eu-central-1", &format!("{SOURCE}{source}&Name=by-default"));
    aws.advance(120_000);
    let default = aws.ec2("eu-central-1", "Action=GetEbsDefaultKmsKeyId").1;
    let default = &between(&default, "<kmsKeyId>", "</kmsKeyId>")[0];
    assert_eq!(&between(&snapshots(&mut aws, "eu-central-1", &id), "<kmsKeyId>", "</kmsKeyId>")[0], default);
}

#[test]
fn the_limit_counts_pending_copies_of_one_destination() {
    let mut aws = TestAws::new("empty");
    aws.world.limits().pending_copies = 2;
    let source = aws.image("us-east-1", "al2023-*");
    let ask = |n: u8| format!("Action=CopyImage&{SOURCE}{source}&Name=copy-{n}");
    assert_eq!(aws.code("us-west-2", &ask(1)), "");
    assert_eq!(aws.code("us-west-2", &ask(2)), "");
    assert_eq!(aws.code("us-west-2", &ask(3)), "ResourceLimitExceeded");
    assert_eq!(aws.code("us-east-2", &ask(3)), "");
    aws.advance(300_000);
    assert_eq!(aws.code("us-west-2", &ask(3)), "");
}

#[test]
fn a_cancelled_copy_leaves_snapshots() {
    let mut aws = TestAws::new("demo");
    aws.world.latencies().in_use_ms = 2_000;
    let source = aws.image("us-east-1", "app-db-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=cancelled"));
    aws.advance(10_000);
    let deregister = format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true");
    let (status, answer) = aws.ec2("us-west-2", &deregister);
    assert_eq!(status, 200);
    assert_eq!(between(&answer, "<returnCode>", "</returnCode>"), ["client-error", "client-error"]);
    assert_eq!(aws.code("us-west-2", &deregister), "InvalidAMIID.Unavailable");
    aws.world.latencies().unavailable_ms = Some(0);
    assert_eq!(aws.code("us-west-2", &deregister), "InvalidAMIID.NotFound");
    let left = between(&snapshots(&mut aws, "us-west-2", &id), "<snapshotId>", "</snapshotId>");
    assert_eq!(left.len(), 2);
    let delete = format!("Action=DeleteSnapshot&SnapshotId={}", left[0]);
    assert_eq!(aws.code("us-west-2", &delete), "InvalidSnapshot.InUse");
    aws.advance(2_000);
    assert_eq!(aws.code("us-west-2", &delete), "");
    assert_eq!(aws.code("us-west-2", &delete), "InvalidSnapshot.NotFound");
    assert_eq!(between(&snapshots(&mut aws, "us-west-2", &id), "<snapshotId>", "</snapshotId>"), left[1..]);
}

#[test]
fn a_copy_cancelled_before_it_has_snapshots_leaves_none() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=early"));
    assert_eq!(
        aws.ec2("us-west-2", &format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true")).0,
        200
    );
    aws.advance(120_000);
    assert!(!snapshots(&mut aws, "us-west-2", &id).contains("<snapshotId>"));
}

#[test]
fn deregistering_an_available_image_deletes_its_snapshots_on_request() {
    let mut aws = TestAws::new("demo");
    let id = aws.image("us-east-1", "app-db-*");
    let listed = between(&images(&mut aws, "us-east-1", &id), "<snapshotId>", "</snapshotId>");
    assert_eq!(
        aws.code("us-east-1", &format!("Action=DeleteSnapshot&SnapshotId={}", listed[0])),
        "InvalidSnapshot.InUse"
    );
    let (_, answer) =
        aws.ec2("us-east-1", &format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true"));
    assert_eq!(between(&answer, "<returnCode>", "</returnCode>"), ["success", "success"]);
    // EC2 remembers a deregistered image for a while.
    assert!(images(&mut aws, "us-east-1", &id).contains("<imagesSet></imagesSet>"));
    aws.world.latencies().unavailable_ms = Some(0);
    assert_eq!(aws.code("us-east-1", &format!("Action=DescribeImages&ImageId.1={id}")), "InvalidAMIID.NotFound");
    assert_eq!(
        aws.code("us-east-1", &format!("Action=DescribeSnapshots&SnapshotId.1={}", listed[0])),
        "InvalidSnapshot.NotFound"
    );
}

/// Makes a copy with two disks, waits until it is available, and returns its image and snapshots.
fn completed_copy(aws: &mut TestAws, name: &str) -> (ImageId, Vec<SnapshotId>) {
    let source = aws.image("us-east-1", "app-db-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name={name}&ClientToken={name}"));
    aws.advance(300_000);
    let listed = between(&images(aws, "us-west-2", &id), "<snapshotId>", "</snapshotId>");
    (ImageId::new(&id).unwrap(), listed.iter().map(|s| SnapshotId::new(s).unwrap()).collect())
}

#[rstest]
#[case::denied(FaultKind::Deny, "missing-permissions")]
#[case::of_ec2s_own(FaultKind::Fail, "internal-error")]
fn a_snapshot_that_cannot_be_deleted_with_its_image_stays(#[case] effect: FaultKind, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let (image, snapshots) = completed_copy(&mut aws, "completed");
    aws.world.faults().add(Rule::new("DeleteSnapshot", effect).first(1));
    let ask = format!("Action=DeregisterImage&ImageId={image}&DeleteAssociatedSnapshots=true");
    let (status, answer) = aws.ec2("us-west-2", &ask);
    assert_eq!((status, between(&answer, "<returnCode>", "</returnCode>")), (200, vec![code.into(), "success".into()]));
    let there = |id: &SnapshotId| format!("Action=DescribeSnapshots&SnapshotId.1={id}");
    let codes = [&snapshots[0], &snapshots[1]].map(|id| aws.code("us-west-2", &there(id)));
    assert_eq!(codes, ["", "InvalidSnapshot.NotFound"]);
}

#[test]
fn a_snapshot_that_other_images_use_is_skipped_and_cannot_be_deleted() {
    let mut aws = TestAws::new("demo");
    let (image, snapshots) = completed_copy(&mut aws, "completed");
    let away = Region::new("us-west-2").unwrap();
    let theirs = aws.world.register_as_other_user(&away, &snapshots[0], "theirs", aws.now).unwrap();
    let again = aws.world.register_as_other_user(&away, &snapshots[0], "theirs", aws.now).unwrap_err();
    assert!(again.to_string().starts_with("InvalidAMIName.Duplicate"), "RegisterImage keeps names unique: {again}");
    let deregister = |image: &ImageId| format!("Action=DeregisterImage&ImageId={image}&DeleteAssociatedSnapshots=true");
    let (_, answer) = aws.ec2("us-west-2", &deregister(&image));
    assert_eq!(between(&answer, "<returnCode>", "</returnCode>"), ["skipped", "success"]);
    let delete = format!("Action=DeleteSnapshot&SnapshotId={}", snapshots[0]);
    assert_eq!(aws.code("us-west-2", &delete), "InvalidSnapshot.InUse");
    let (_, answer) = aws.ec2("us-west-2", &deregister(&theirs));
    assert_eq!(between(&answer, "<returnCode>", "</returnCode>"), ["success"], "nobody else uses it any more");
    assert_eq!(aws.code("us-west-2", &delete), "InvalidSnapshot.NotFound");
}

#[test]
fn pending_snapshots_are_deleted_with_their_image_if_the_limits_say_so() {
    let mut aws = TestAws::new("demo");
    aws.world.limits().deletes_pending_snapshots = true;
    let source = aws.image("us-east-1", "app-db-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=cancelled"));
    aws.advance(10_000);
    let ask = format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true");
    let (_, answer) = aws.ec2("us-west-2", &ask);
    assert_eq!(between(&answer, "<returnCode>", "</returnCode>"), ["success", "success"]);
    assert!(!snapshots(&mut aws, "us-west-2", &id).contains("<snapshotId>"));
}

#[test]
fn a_pending_image_may_be_too_young_to_be_deregistered() {
    let mut aws = TestAws::new("demo");
    aws.world.latencies().deregister_after_ms = 5_000;
    let source = aws.image("us-east-1", "app-web-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=young"));
    let ask = format!("Action=DeregisterImage&ImageId={id}");
    aws.advance(4_999);
    assert_eq!(aws.code("us-west-2", &ask), "InvalidAMIID.Unavailable");
    assert!(images(&mut aws, "us-west-2", &id).contains("<imageState>pending</imageState>"));
    aws.advance(1);
    assert_eq!(aws.code("us-west-2", &ask), "");
}

#[rstest]
#[case("base-linux-*", "OperationNotPermitted")]
#[case("golden-linux-2*", "AuthFailure")]
#[case("app-web-*&DryRun=true", "DryRunOperation")]
fn deregistering_is_refused(#[case] which: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let (pattern, rest) = which.split_once('&').unwrap_or((which, ""));
    let id = aws.image("us-east-1", pattern);
    assert_eq!(aws.code("us-east-1", &format!("Action=DeregisterImage&ImageId={id}&{rest}")), code);
}

#[test]
fn a_new_image_can_be_unknown_for_a_while() {
    let mut aws = TestAws::new("demo");
    aws.world.latencies().unseen_ms = 3_000;
    let source = aws.image("us-east-1", "app-web-*");
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=unseen"));
    let ask = format!("Action=DescribeImages&ImageId.1={id}");
    assert_eq!(aws.code("us-west-2", &ask), "InvalidAMIID.NotFound");
    aws.advance(3_000);
    assert_eq!(aws.code("us-west-2", &ask), "");
}

#[test]
fn tags_are_copied_on_request_and_later_tags_replace_them() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let tag =
        "TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=Team&TagSpecification.1.Tag.1.Value=mine";
    let id = aws.copy("us-west-2", &format!("{SOURCE}{source}&Name=tagged&CopyImageTags=true&{tag}"));
    let image = images(&mut aws, "us-west-2", &id);
    assert!(
        image.contains("<key>App</key><value>web</value>") && image.contains("<key>Team</key><value>mine</value>"),
        "{image}"
    );
    assert_eq!(
        aws.code("us-west-2", &format!("Action=CreateTags&ResourceId.1={id}&Tag.1.Key=Team&Tag.1.Value=later")),
        ""
    );
    let image = images(&mut aws, "us-west-2", &id);
    assert!(image.contains("<value>later</value>") && !image.contains("<value>mine</value>"), "{image}");
}
