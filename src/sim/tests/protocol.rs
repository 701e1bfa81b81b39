//! Responses of the protocols: formats, codes, statuses, faults.

use std::time::Duration;

use rstest::rstest;

use super::{TestAws, between};
use crate::{
    domain::Region,
    sim::{
        Scenario, World,
        faults::rules::{FaultKind, Rule},
        transport::query::{self, Request},
    },
};

#[rstest]
#[case("us-east-1", "Action=DescribeRegions", 200, "<regionName>us-east-1</regionName>")]
#[case("us-east-1", "Action=DescribeRegions&AllRegions=true", 200, "<optInStatus>not-opted-in</optInStatus>")]
#[case("us-east-1", "Action=DescribeRegions&RegionName.1=xx-east-1", 400, "<Code>InvalidParameterValue</Code>")]
#[case("us-east-1", "Action=DescribeRegions&DryRun=true", 412, "<Code>DryRunOperation</Code>")]
#[case("us-east-1", "Action=DescribeVpcs", 400, "<Code>InvalidAction</Code>")]
#[case("us-east-1", "", 400, "<Code>InvalidAction</Code>")]
#[case("us-east-1", "Action=%FF%00&&&=", 400, "<Code>InvalidAction</Code>")]
#[case("me-south-1", "Action=DescribeImages", 401, "<Code>AuthFailure</Code>")]
#[case("xx-nowhere-9", "Action=DescribeImages", 401, "<Code>AuthFailure</Code>")]
#[case("us-east-1", "Action=DescribeImages&ImageId.1=foo", 400, "<Code>InvalidAMIID.Malformed</Code>")]
#[case(
    "us-east-1",
    "Action=DescribeImages&ImageId.1=ami-00000000",
    400,
    "The image id '[ami-00000000]' does not exist"
)]
#[case(
    "us-east-1",
    "Action=DescribeImages&ImageId.1=ami-1&MaxResults=9",
    400,
    "<Code>InvalidParameterCombination</Code>"
)]
#[case("us-east-1", "Action=DescribeImages&MaxResults=2", 400, "<Code>InvalidParameterValue</Code>")]
#[case("us-east-1", "Action=DescribeImages&NextToken=zz", 400, "<Code>InvalidParameterValue</Code>")]
#[case("us-east-1", "Action=DescribeImages&Filter.1.Name=x&Filter.1.Value.1=y", 400, "The filter 'x' is invalid")]
#[case("us-east-1", "Action=DescribeSnapshots&SnapshotId.1=snap-1", 400, "<Code>InvalidSnapshot.NotFound</Code>")]
#[case("us-east-1", "Action=DescribeSnapshots&SnapshotId.1=foo", 400, "<Code>InvalidSnapshotID.Malformed</Code>")]
#[case("us-east-1", "Action=DescribeSnapshots&Owner.1=me", 400, "<Code>InvalidUserID.Malformed</Code>")]
#[case("us-east-1", "Action=DescribeImages&Owner.1=12345", 400, "<Code>InvalidUserID.Malformed</Code>")]
#[case("us-east-1", "Action=DescribeImages&ExecutableBy.1=none", 400, "<Code>InvalidUserID.Malformed</Code>")]
#[case("us-east-1", "Action=DescribeImages&ExecutableBy.1=all&Owner.1=aws-marketplace", 200, "<imagesSet>")]
#[case("us-east-1", "Action=DeregisterImage&ImageId=snap-1", 400, "<Code>InvalidAMIID.Malformed</Code>")]
#[case("us-east-1", "Action=DeleteSnapshot&SnapshotId=ami-1", 400, "<Code>InvalidSnapshotID.Malformed</Code>")]
#[case(
    "us-east-1",
    "Action=CreateTags&ResourceId.1=ami-*&Tag.1.Key=a&Tag.1.Value=b",
    400,
    "<Code>InvalidAMIID.Malformed</Code>"
)]
#[case(
    "us-east-1",
    "Action=CreateTags&ResourceId.1=snap-*&Tag.1.Key=a&Tag.1.Value=b",
    400,
    "<Code>InvalidSnapshotID.Malformed</Code>"
)]
#[case("us-east-1", "Action=CreateTags&ResourceId.1=x-1&Tag.1.Key=a&Tag.1.Value=b", 400, "<Code>InvalidID</Code>")]
#[case("us-east-1", "Action=DeregisterImage", 400, "<Code>MissingParameter</Code>")]
#[case("us-east-1", "Action=DeregisterImage&ImageId=ami-1", 400, "<Code>InvalidAMIID.NotFound</Code>")]
#[case("us-east-1", "Action=DeleteSnapshot&SnapshotId=snap-1", 400, "<Code>InvalidSnapshot.NotFound</Code>")]
#[case("us-east-1", "Action=GetEbsDefaultKmsKeyId", 200, "<kmsKeyId>alias/aws/ebs</kmsKeyId>")]
#[case(
    "eu-central-1",
    "Action=GetEbsEncryptionByDefault",
    200,
    "<ebsEncryptionByDefault>true</ebsEncryptionByDefault>"
)]
#[case("us-east-1", "Action=GetEbsEncryptionByDefault", 200, "<ebsEncryptionByDefault>false</ebsEncryptionByDefault>")]
fn ec2_answers(#[case] region: &str, #[case] body: &str, #[case] status: u16, #[case] part: &str) {
    let (got, answer) = TestAws::new("demo").ec2(region, body);
    assert_eq!(got, status, "{answer}");
    assert!(answer.contains(part), "{answer}");
    assert!(answer.contains("<requestId>") || answer.contains("<RequestID>"), "{answer}");
}

#[rstest]
#[case("eu-west-1", "ListAliases", "{}", 200, r#""AliasName":"alias/aws/ebs""#)]
#[case("eu-west-1", "ListAliases", r#"{"Limit":2}"#, 200, r#""NextMarker":"2","Truncated":true"#)]
#[case("eu-west-1", "ListAliases", r#"{"Limit":2,"Marker":"4"}"#, 200, r#""Truncated":false"#)]
#[case("eu-west-1", "ListAliases", r#"{"Limit":0}"#, 400, "ValidationException")]
#[case("eu-west-1", "ListKeys", r#"{"Marker":"x"}"#, 400, "InvalidMarkerException")]
#[case("eu-west-1", "DescribeKey", r#"{"KeyId":"alias/images"}"#, 200, r#""KeyState":"Enabled""#)]
#[case("eu-west-1", "DescribeKey", r#"{"KeyId":"alias/retired-2023"}"#, 200, r#""KeyState":"Disabled""#)]
#[case(
    "eu-west-1",
    "DescribeKey",
    r#"{"KeyId":"arn:aws:kms:eu-west-1:123456789012:alias/images"}"#,
    200,
    r#""Enabled":true"#
)]
#[case(
    "eu-west-1",
    "DescribeKey",
    r#"{"KeyId":"arn:aws:kms:us-east-1:123456789012:alias/images"}"#,
    400,
    "NotFoundException"
)]
#[case("eu-west-1", "DescribeKey", "{}", 400, "ValidationException")]
#[case("eu-west-1", "DescribeKey", "{", 400, "SerializationException")]
#[case("eu-west-1", "Encrypt", "{}", 400, "UnknownOperationException")]
#[case("me-south-1", "ListKeys", "{}", 400, "UnrecognizedClientException")]
fn kms_answers(
    #[case] region: &str,
    #[case] action: &str,
    #[case] body: &str,
    #[case] status: u16,
    #[case] part: &str,
) {
    let target = format!("TrentService.{action}");
    let response = TestAws::new("demo").send("kms", region, Some(&target), body);
    let answer = String::from_utf8(response.body).unwrap();
    assert_eq!(response.status, status, "{answer}");
    assert!(answer.contains(part), "{answer}");
}

#[test]
fn sts_returns_the_callers_identity() {
    let response = TestAws::new("demo").send("sts", "us-east-1", None, "Action=GetCallerIdentity&Version=2011-06-15");
    let answer = String::from_utf8(response.body).unwrap();
    assert_eq!(between(&answer, "<Account>", "</Account>"), ["123456789012"]);
}

#[test]
fn a_request_without_a_credential_is_refused() {
    let mut aws = TestAws::new("demo");
    for authorization in [None, Some("Bearer x"), Some("Credential="), Some("Credential=a/b/c")] {
        let request =
            Request { method: "POST", path: "/", authorization, body: b"Action=DescribeRegions", ..Request::default() };
        assert_eq!(query::respond(&mut aws.world, &request, aws.now).status, 401, "{authorization:?}");
    }
}

#[rstest]
#[case(FaultKind::Throttle, 503, "<Code>RequestLimitExceeded</Code>")]
#[case(FaultKind::Deny, 403, "is not authorized to perform: ec2:DescribeRegions")]
#[case(FaultKind::Fail, 500, "<Code>InternalError</Code>")]
#[case(FaultKind::Html, 502, "<h1>502 Bad Gateway</h1>")]
#[case(FaultKind::Expired, 400, "<Code>RequestExpired</Code>")]
#[case(FaultKind::AuthFailure, 401, "AWS was not able to validate the provided access credentials")]
#[case(FaultKind::NotAuthorized, 403, "<Code>UnauthorizedOperation</Code>")]
fn a_fault_gets_awss_error(#[case] effect: FaultKind, #[case] status: u16, #[case] part: &str) {
    let mut aws = TestAws::new("demo");
    aws.world.faults().add(Rule::new("Describe*", effect).in_region(Region::new("eu-west-1").unwrap()).first(1));
    assert_eq!(aws.ec2("us-east-1", "Action=DescribeRegions").0, 200);
    let (got, answer) = aws.ec2("eu-west-1", "Action=DescribeRegions");
    assert_eq!(got, status);
    assert!(answer.contains(part), "{answer}");
    assert_eq!(aws.ec2("eu-west-1", "Action=DescribeRegions").0, 200);
}

#[rstest]
#[case("DescribeImages&ImageId.1=ami-1&ImageId.2=ami-2", "Not authorized for images: [ami-1, ami-2]")]
#[case("CopyImage&SourceImageId=ami-1", "Not authorized for images: [ami-1]")]
#[case("DeregisterImage&ImageId=ami-1", "Not authorized for images: [ami-1]")]
#[case("DeleteSnapshot&SnapshotId=snap-1", "Not authorized for snapshots: [snap-1]")]
fn an_auth_failure_may_name_the_requests_resources(#[case] ask: &str, #[case] text: &str) {
    let mut aws = TestAws::new("demo");
    aws.world.faults().add(Rule::new("*", FaultKind::NotAuthorized));
    let (status, answer) = aws.ec2("us-east-1", &format!("Action={ask}"));
    assert!(status == 403 && answer.contains("<Code>AuthFailure</Code>") && answer.contains(text), "{answer}");
}

#[test]
fn delays_and_resets_are_part_of_the_response() {
    let mut aws = TestAws::new("demo");
    aws.world.faults().add(Rule::new("*", FaultKind::Slow).millis(8_000));
    assert_eq!(aws.send("ec2", "us-east-1", None, "Action=DescribeRegions").delay, Duration::from_secs(8));
    aws.world.faults().clear();
    aws.world.faults().add(Rule::new("*", FaultKind::Truncated).first(1));
    assert!(!aws.ec2("us-east-1", "Action=DescribeRegions").1.contains("</DescribeRegionsResponse>"));
    aws.world.faults().add(Rule::new("CopyImage", FaultKind::LostAnswer));
    let source = aws.image("us-east-1", "app-web-*");
    let copy = format!("Action=CopyImage&Name=lost&SourceRegion=us-east-1&SourceImageId={source}&ClientToken=t");
    assert!(aws.send("ec2", "eu-west-2", None, &copy).reset);
    aws.world.faults().clear();
    assert_eq!(aws.image("eu-west-2", "lost"), aws.copy("eu-west-2", copy.strip_prefix("Action=CopyImage&").unwrap()));
}

#[test]
fn the_broken_and_denied_scenarios_fail_as_described() {
    let mut broken = TestAws::new("broken");
    assert_eq!(broken.ec2("eu-west-2", "Action=DescribeImages").0, 500);
    assert_eq!(broken.send("ec2", "ap-southeast-2", None, "Action=DescribeImages").delay, Duration::from_secs(8));
    let statuses: Vec<u16> = (0..4).map(|_| broken.ec2("eu-west-1", "Action=GetEbsDefaultKmsKeyId").0).collect();
    assert_eq!(statuses, [200, 503, 200, 503]);
    let mut denied = TestAws::new("denied");
    assert_eq!(denied.send("kms", "eu-west-1", Some("TrentService.ListAliases"), "{}").status, 400);
    assert_eq!(denied.code("us-west-2", "Action=CopyImage"), "UnauthorizedOperation");
    assert_eq!(denied.code("us-east-2", "Action=CopyImage"), "MissingParameter");
}

#[test]
fn the_same_seed_and_requests_give_the_same_ids() {
    let run = || {
        let mut aws = TestAws::new("demo");
        let source = aws.image("us-east-1", "app-web-*");
        aws.copy("eu-west-2", &format!("Name=one&SourceRegion=us-east-1&SourceImageId={source}"))
    };
    assert_eq!(run(), run());
}

#[test]
fn every_copy_of_a_scenario_is_accepted() {
    for name in Scenario::names() {
        let scenario = Scenario::named(name).unwrap();
        let world = World::new(&scenario, jiff::Timestamp::UNIX_EPOCH);
        let created: usize = world.regions.iter().map(|a| a.created_images.len()).sum();
        assert_eq!(created, scenario.copies.len(), "{name}");
    }
}
