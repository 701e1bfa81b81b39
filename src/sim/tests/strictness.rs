//! What EC2 refuses before it looks at anything: unknown parameters, malformed ids, pages out of range, other services.

use rstest::rstest;

use super::{TestAws, between};

/// Every action with its required parameters.
const ACTIONS: &[&str] = &[
    "DescribeRegions",
    "DescribeImages",
    "DescribeSnapshots",
    "DescribeInstances",
    "DescribeTags",
    "CopyImage&Name=abc&SourceImageId=bad&SourceRegion=us-east-1",
    "RegisterImage&Name=abc",
    "DeregisterImage&ImageId=bad",
    "DeleteSnapshot&SnapshotId=bad",
    "CreateTags&ResourceId.1=bad&Tag.1.Key=a",
    "DeleteTags&ResourceId.1=bad",
    "ModifyImageAttribute&ImageId=bad",
    "ResetImageAttribute&ImageId=bad&Attribute=bad",
    "DescribeImageAttribute&ImageId=bad&Attribute=bad",
    "ModifySnapshotAttribute&SnapshotId=bad",
    "DescribeSnapshotAttribute&SnapshotId=bad&Attribute=bad",
    "EnableImageDeprecation&ImageId=bad&DeprecateAt=bad",
    "DisableImageDeprecation&ImageId=bad",
    "EnableImageDeregistrationProtection&ImageId=bad",
    "DisableImageDeregistrationProtection&ImageId=bad",
    "EnableImage&ImageId=bad",
    "DisableImage&ImageId=bad",
    "DescribeAvailabilityZones",
    "GetImageAncestry&ImageId=bad",
    "GetImageBlockPublicAccessState",
    "EnableImageBlockPublicAccess&ImageBlockPublicAccessState=block-new-sharing",
    "DisableImageBlockPublicAccess",
    "GetAllowedImagesSettings",
    "GetEbsDefaultKmsKeyId",
    "GetEbsEncryptionByDefault",
    "DescribeLockedSnapshots",
    "DescribeFastSnapshotRestores",
    "ListImagesInRecycleBin",
    "ListSnapshotsInRecycleBin",
    "RestoreImageFromRecycleBin&ImageId=bad",
    "RestoreSnapshotFromRecycleBin&SnapshotId=bad",
];

#[test]
fn every_action_refuses_unknown_parameters_and_passes_a_dry_run() {
    let mut aws = TestAws::new("demo");
    for action in ACTIONS {
        let (status, answer) = aws.ec2("us-east-1", &format!("Action={action}&Version=2016-11-15&Colour.1=red"));
        assert_eq!(status, 400, "{action}");
        assert!(answer.contains("<Code>UnknownParameter</Code>"), "{action}: {answer}");
        assert!(answer.contains("<Message>The parameter Colour is not recognized</Message>"), "{action}: {answer}");
        // Not even a malformed id is looked at.
        let code = aws.code("us-east-1", &format!("Action={action}&DryRun=true"));
        assert_eq!(code, "DryRunOperation", "{action}");
    }
    assert!(aws.world.changes().is_empty());
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut aws = TestAws::new("demo");
    let image = aws.image("us-east-1", "app-web-*");
    for action in ["DeregisterImage&ImageId=", "CreateTags&Tag.1.Key=a&ResourceId.1=", "DeleteTags&ResourceId.1="] {
        assert_eq!(aws.code("us-east-1", &format!("Action={action}{image}&DryRun=true")), "DryRunOperation");
    }
    let copy = format!("Action=CopyImage&Name=dry&SourceRegion=us-east-1&SourceImageId={image}&ClientToken=t");
    assert_eq!(aws.code("eu-west-2", &format!("{copy}&DryRun=true")), "DryRunOperation");
    assert!(aws.world.changes().is_empty());
    assert_eq!(aws.world.copies_made(), 0);
    assert_eq!(aws.code("eu-west-2", &copy), "", "the token is not used up");
}

#[rstest]
#[case("DescribeImages&ImageId.1=", "ami-", "InvalidAMIID.Malformed")]
#[case("DeregisterImage&ImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("CopyImage&Name=abc&SourceRegion=us-east-1&SourceImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("CreateTags&Tag.1.Key=a&ResourceId.1=", "ami-", "InvalidAMIID.Malformed")]
#[case("DeleteTags&ResourceId.1=", "ami-", "InvalidAMIID.Malformed")]
#[case("ModifyImageAttribute&Description.Value=x&ImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("DescribeImageAttribute&Attribute=description&ImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("EnableImageDeprecation&DeprecateAt=2027-01-01T00:00:00Z&ImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("EnableImageDeregistrationProtection&ImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("DisableImage&ImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("GetImageAncestry&ImageId=", "ami-", "InvalidAMIID.Malformed")]
#[case("DescribeSnapshotAttribute&Attribute=productCodes&SnapshotId=", "snap-", "InvalidSnapshotID.Malformed")]
#[case("DescribeSnapshots&SnapshotId.1=", "snap-", "InvalidSnapshotID.Malformed")]
#[case("DeleteSnapshot&SnapshotId=", "snap-", "InvalidSnapshotID.Malformed")]
#[case("CreateTags&Tag.1.Key=a&ResourceId.1=", "snap-", "InvalidSnapshotID.Malformed")]
#[case("DeleteTags&ResourceId.1=", "snap-", "InvalidSnapshotID.Malformed")]
#[case("DescribeInstances&InstanceId.1=", "i-", "InvalidInstanceID.Malformed")]
fn a_malformed_id_is_told_from_an_unknown_one(#[case] ask: &str, #[case] prefix: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    for rest in ["", "A", "0123_567", "012345678", "0123456789abcde", "0123456789abcdeg0", "0123456789abcdef01"] {
        assert_eq!(aws.code("us-east-1", &format!("Action={ask}{prefix}{rest}")), code, "{prefix}{rest}");
    }
    for rest in ["1", "fake123", "01234567", "0123456789abcdef0"] {
        let got = aws.code("us-east-1", &format!("Action={ask}{prefix}{rest}"));
        assert!(got.ends_with(".NotFound"), "{prefix}{rest}: {got}");
    }
}

#[rstest]
#[case("DescribeImages")]
#[case("DescribeSnapshots")]
#[case("DescribeTags")]
#[case("DescribeInstances")]
fn pages_have_five_to_a_thousand_entries(#[case] action: &str) {
    let mut aws = TestAws::new("demo");
    for n in ["4", "1001", "99999999999999999999", "-1", "x", ""] {
        assert_eq!(aws.code("us-east-1", &format!("Action={action}&MaxResults={n}")), "InvalidParameterValue", "{n}");
    }
    for n in [5, 1000] {
        assert_eq!(aws.code("us-east-1", &format!("Action={action}&MaxResults={n}")), "");
    }
}

#[rstest]
#[case("DescribeImages&Owner=foo", "InvalidUserID.Malformed")]
#[case("DescribeImages&Owner.1=foo", "InvalidUserID.Malformed")]
#[case("DescribeSnapshots&Owner=foo", "InvalidUserID.Malformed")]
#[case("DescribeSnapshots&RestorableBy.1=foo", "InvalidUserID.Malformed")]
#[case("DescribeImages&Owner=self", "")]
#[case("DescribeSnapshots&RestorableBy.1=all", "")]
#[case("DescribeImages&owner=self", "UnknownParameter")]
#[case("DescribeImages&Filter.1.Value.1=x", "InvalidParameterValue")]
#[case("DescribeInstances&InstanceId.1=i-1&MaxResults=5", "InvalidParameterCombination")]
#[case("DescribeInstances&Filter.1.Name=tag:a&Filter.1.Value.1=b", "")]
fn owners_and_names_are_checked(#[case] ask: &str, #[case] code: &str) {
    assert_eq!(TestAws::new("demo").code("us-east-1", &format!("Action={ask}")), code);
}

#[test]
fn the_remaining_filters_select() {
    let mut aws = TestAws::new("demo");
    let mut count = |filter: &str, value: &str| {
        let ask = format!("Action=DescribeImages&Owner.1=self&Filter.1.Name={filter}&Filter.1.Value.1={value}");
        let (status, answer) = aws.ec2("us-east-1", &ask);
        assert_eq!(status, 200, "{filter}: {answer}");
        between(&answer, "<imageId>", "</imageId>").len()
    };
    assert_eq!(count("kernel-id", "aki-*"), count("virtualization-type", "paravirtual"));
    assert_eq!(count("image-allowed", "*"), 0, "nobody has restricted the allowed images");
    assert_eq!(count("free-tier-eligible", "true"), 0);
    assert_eq!(count("state-reason-code", "Client.*"), count("state-reason-message", "*"));
    for none in ["ramdisk-id", "source-instance-id", "scan-result.finding-scan-date", "image-watermark.watermark-key"] {
        assert_eq!(count(none, "*"), 0, "{none}");
    }
}

/// Service, path, target and body of a request, then content type and text of the answer.
#[rstest]
#[case("iam", "/", None, "Action=ListUsers", "text/xml", "<Code>ServiceNotSimulated</Code>")]
#[case("s3", "/bucket", None, "", "application/xml", "</Code><Message>The simulator has")]
#[case("route53", "/2013-04-01/hostedzone", None, "", "text/xml", "<ErrorResponse")]
#[case("dynamodb", "/", Some("X.ListTables"), "{}", "application/x-amz-json-1.1", r#"{"__type":"ServiceNotSimulated""#)]
#[case("lambda", "/2015-03-31/functions", None, "", "application/x-amz-json-1.1", "'lambda' is not simulated.")]
#[case("monitoring", "/service/Granite/operation/X", None, "", "application/cbor", "ServiceNotSimulated")]
fn a_service_that_is_not_simulated_is_named(
    #[case] service: &str,
    #[case] path: &str,
    #[case] target: Option<&str>,
    #[case] body: &str,
    #[case] content_type: &str,
    #[case] part: &str,
) {
    let mut aws = TestAws::new("demo");
    let response = aws.send_to(path, service, "us-east-1", target, body);
    let answer = String::from_utf8_lossy(&response.body);
    assert_eq!((response.status, response.content_type), (501, content_type), "{answer}");
    assert!(answer.contains(part) && answer.contains(&format!("'{service}' is not simulated")), "{answer}");
}
