//! `CopyImage` to Outposts and Local Zones, and `DescribeAvailabilityZones`.

use rstest::rstest;

use super::{TestAws, between};

/// The demo's Outpost.
const OUTPOST: &str = "arn:aws:outposts:us-west-2:123456789012:outpost/op-0a1b2c3d4e5f67890";

fn copy(from: &str, source: &str, rest: &str) -> String {
    format!("Action=CopyImage&SourceRegion={from}&SourceImageId={source}&Name=edge&{rest}")
}

#[rstest]
#[case("DestinationOutpostArn=garbage", "InvalidParameterValue")]
#[case(&format!("DestinationOutpostArn={OUTPOST}"), "")]
#[case(&format!("DestinationOutpostArn={}", OUTPOST.replace("us-west-2", "us-east-1")), "InvalidParameterValue")]
#[case(&format!("DestinationOutpostArn={}", OUTPOST.replace("op-0a", "op-1a")), "InvalidParameterValue")]
#[case(&format!("DestinationOutpostArn={}", OUTPOST.replace("arn:aws:", "arn:aws-cn:")), "InvalidParameterValue")]
#[case(
    &format!("DestinationOutpostArn={OUTPOST}&DestinationAvailabilityZone=us-west-2-lax-1a"),
    "InvalidParameterCombination"
)]
#[case(
    "DestinationAvailabilityZone=us-west-2-lax-1a&DestinationAvailabilityZoneId=usw2-lax1-az1",
    "InvalidParameterCombination"
)]
#[case("DestinationAvailabilityZone=us-west-2-lax-1a", "")]
#[case("DestinationAvailabilityZoneId=usw2-lax1-az1", "")]
#[case("DestinationAvailabilityZoneId=us-west-2-lax-1a", "InvalidParameterValue")]
#[case::not_opted_in("DestinationAvailabilityZone=us-west-2-den-1a", "InvalidParameterValue")]
#[case::ordinary("DestinationAvailabilityZone=us-west-2a", "InvalidParameterValue")]
#[case::ordinary_by_id("DestinationAvailabilityZoneId=usw2-az1", "InvalidParameterValue")]
#[case::of_another_region("DestinationAvailabilityZoneId=use1-bos1-az1", "InvalidParameterValue")]
#[case::named_in_another_region("DestinationAvailabilityZone=us-east-1-bos-1a", "InvalidParameterValue")]
#[case("DestinationAvailabilityZone=nowhere", "InvalidParameterValue")]
#[case(
    "DestinationAvailabilityZone=us-west-2-lax-1a&SnapshotCopyCompletionDurationMinutes=60",
    "InvalidParameterCombination"
)]
#[case::a_dry_run_judges_permission_only("DestinationOutpostArn=garbage&DryRun=true", "DryRunOperation")]
fn the_edge_has_ec2s_rules(#[case] rest: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-west-2", "ci-runner-2*");
    assert_eq!(aws.code("us-west-2", &copy("us-west-2", &source, rest)), code);
}

#[rstest]
#[case(&format!("DestinationOutpostArn={OUTPOST}"))]
#[case("DestinationAvailabilityZone=us-west-2-lax-1a")]
fn the_source_is_in_the_parent_region(#[case] rest: &str) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-api-*");
    assert_eq!(aws.code("us-west-2", &copy("us-east-1", &source, rest)), "InvalidParameterValue");
}

#[rstest]
#[case("DestinationAvailabilityZone=us-west-2-lax-1a", "Invalid availability zone: [us-west-2-lax-1a]")]
#[case("DestinationAvailabilityZoneId=usw2-lax1-az1", "Invalid availability zone-id: [usw2-lax1-az1]")]
fn a_zone_is_one_of_the_destination(#[case] rest: &str, #[case] why: &str) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-api-*");
    let (status, answer) = aws.ec2("us-east-1", &copy("us-east-1", &source, rest));
    assert!(status == 400 && answer.contains(why), "{answer}");
}

#[test]
fn a_copy_on_an_outpost_is_encrypted_and_stays_there() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-west-2", "ci-runner-2*");
    let ask = copy("us-west-2", &source, &format!("DestinationOutpostArn={OUTPOST}"));
    let id = aws.copy("us-west-2", ask.strip_prefix("Action=CopyImage&").unwrap());
    aws.advance(300_000);
    let (_, image) = aws.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
    assert!(image.contains(&format!("<encrypted>true</encrypted><outpostArn>{OUTPOST}</outpostArn>")), "{image}");
    let snapshot = &between(&image, "<snapshotId>", "</snapshotId>")[0];
    let (_, snapshot) = aws.ec2("us-west-2", &format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}"));
    assert!(snapshot.contains(&format!("<outpostArn>{OUTPOST}</outpostArn>")), "{snapshot}");
    for to in ["us-west-2", "us-east-1"] {
        assert_eq!(aws.code(to, &copy("us-west-2", &id, "")), "InvalidParameterValue");
    }
}

#[test]
fn a_copy_in_a_local_zone_goes_back_to_its_parent_only() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-west-2", "ci-runner-2*");
    let ask = copy("us-west-2", &source, "DestinationAvailabilityZoneId=usw2-lax1-az1");
    let id = aws.copy("us-west-2", ask.strip_prefix("Action=CopyImage&").unwrap());
    aws.advance(300_000);
    let (_, image) = aws.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
    let snapshot = &between(&image, "<snapshotId>", "</snapshotId>")[0];
    let (_, snapshot) = aws.ec2("us-west-2", &format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}"));
    assert!(snapshot.contains("<encrypted>false") && snapshot.contains("<availabilityZone>us-west-2-lax-1a"));
    let to_outpost = format!("DestinationOutpostArn={OUTPOST}");
    let minutes = "SnapshotCopyCompletionDurationMinutes=60";
    let cases = [
        ("us-west-2", "", ""),
        ("us-east-1", "", "InvalidParameterValue"),
        ("us-west-2", to_outpost.as_str(), "InvalidParameterValue"),
        ("us-west-2", minutes, "InvalidParameterCombination"),
    ];
    for (to, rest, code) in cases {
        assert_eq!(aws.code(to, &copy("us-west-2", &id, rest)), code, "{to} {rest}");
    }
}

#[rstest]
#[case("", &["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2-lax-1a"])]
#[case("AllAvailabilityZones=true&Filter.1.Name=zone-type&Filter.1.Value.1=local-zone", &["us-west-2-lax-1a", "us-west-2-den-1a"])]
#[case("ZoneName.1=us-west-2a", &["us-west-2a"])]
#[case("ZoneId.1=usw2-lax1-az1", &["us-west-2-lax-1a"])]
#[case("Filter.1.Name=group-name&Filter.1.Value.1=us-west-2-lax-1", &["us-west-2-lax-1a"])]
fn zones_are_described(#[case] rest: &str, #[case] names: &[&str]) {
    let (_, answer) = TestAws::new("demo").ec2("us-west-2", &format!("Action=DescribeAvailabilityZones&{rest}"));
    assert_eq!(between(&answer, "<zoneName>", "</zoneName>"), names, "{answer}");
}

#[rstest]
#[case("ZoneName.1=us-east-1a", "Invalid availability zone: [us-east-1a]")]
#[case("ZoneId.1=usw2-den1-az1", "Invalid availability zone-id: [usw2-den1-az1]")]
#[case("Filter.1.Name=colour&Filter.1.Value.1=red", "The filter 'colour' is invalid")]
fn unknown_zones_are_refused(#[case] rest: &str, #[case] text: &str) {
    let (status, answer) = TestAws::new("demo").ec2("us-west-2", &format!("Action=DescribeAvailabilityZones&{rest}"));
    assert!(status == 400 && answer.contains(text), "{answer}");
}
