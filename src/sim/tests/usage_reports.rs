//! Usage reports.

use rstest::rstest;

use super::{TestAws, between, region};
use crate::domain::{AccountId, ImageId, image_usage::ReferenceKind};

const HOME: &str = "us-east-1";
const BOTH: &str = "ResourceType.1.ResourceType=ec2:Instance&ResourceType.2.ResourceType=ec2:LaunchTemplate";

/// Requests a report, which must be accepted.
fn create(aws: &mut TestAws, rest: &str) -> String {
    let (status, body) = aws.ec2(HOME, &format!("Action=CreateImageUsageReport&{rest}"));
    assert_eq!(status, 200, "{body}");
    between(&body, "<reportId>", "</reportId>").remove(0)
}

fn described(aws: &mut TestAws, rest: &str, element: &str) -> Vec<String> {
    let (status, body) = aws.ec2(HOME, &format!("Action=DescribeImageUsageReports&{rest}"));
    assert_eq!(status, 200, "{body}");
    between(&body, &format!("<{element}>"), &format!("</{element}>"))
}

/// `ACCOUNT TYPE COUNT` of each entry.
fn entries(aws: &mut TestAws, rest: &str) -> Vec<String> {
    let (status, body) = aws.ec2(HOME, &format!("Action=DescribeImageUsageReportEntries&{rest}"));
    assert_eq!(status, 200, "{body}");
    let of = |element: &str| between(&body, &format!("<{element}>"), &format!("</{element}>"));
    let (accounts, kinds, counts) = (of("accountId"), of("resourceType"), of("usageCount"));
    (0..accounts.len()).map(|n| format!("{} {} {}", accounts[n], kinds[n], counts[n])).collect()
}

#[test]
fn a_report_takes_time_and_says_what_was_so_when_it_was_requested() {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "base-linux-*");
    let id = create(&mut aws, &format!("ImageId={image}&{BOTH}&ClientToken=a"));
    assert_eq!(described(&mut aws, &format!("ImageId.1={image}"), "state"), ["pending"]);
    let early = format!("Action=DescribeImageUsageReportEntries&ReportId.1={id}");
    assert_eq!(aws.code(HOME, &early), "IncorrectState");
    let friend = AccountId::new("210987654321").unwrap();
    aws.world.add_use(&region(HOME), &ImageId::new(&image).unwrap(), &friend, ReferenceKind::Instance, 5);
    aws.advance(150_000);
    assert_eq!(
        described(&mut aws, &format!("ReportId.1={id}&Filter.1.Name=state&Filter.1.Value.1=available"), "state"),
        ["available"]
    );
    let all = ["210987654321 ec2:Instance 12", "210987654321 ec2:LaunchTemplate 2", "345678901234 ec2:Instance 1"];
    assert_eq!(entries(&mut aws, &format!("ReportId.1={id}")), all);
    assert_eq!(entries(&mut aws, &format!("ReportId.1={id}&MaxResults=2")), all[..2]);
    let (_, body) = aws.ec2(HOME, &format!("Action=DescribeImageUsageReportEntries&ReportId.1={id}&MaxResults=2"));
    let token = between(&body, "<nextToken>", "</nextToken>").remove(0);
    assert_eq!(entries(&mut aws, &format!("ReportId.1={id}&MaxResults=2&NextToken={token}")), all[2..]);
    let filter =
        "Filter.1.Name=resource-type&Filter.1.Value.1=ec2:Instance&Filter.2.Name=account-id&Filter.2.Value.1=3*";
    assert_eq!(entries(&mut aws, &format!("ImageId.1={image}&{filter}")), all[2..]);
    // The token is known, and another request with it is refused.
    assert_eq!(create(&mut aws, &format!("ImageId={image}&{BOTH}&ClientToken=a")), id);
    let other =
        format!("Action=CreateImageUsageReport&ImageId={image}&ResourceType.1.ResourceType=ec2:Instance&ClientToken=a");
    assert_eq!(aws.code(HOME, &other), "IdempotentParameterMismatch");
    let (status, _) = aws.ec2(HOME, &format!("Action=DeleteImageUsageReport&ReportId={id}"));
    assert_eq!((status, described(&mut aws, "", "reportId")), (200, Vec::<String>::new()));
    let gone = aws.code(HOME, &format!("Action=DeleteImageUsageReport&ReportId={id}"));
    assert_eq!(gone, "InvalidImageUsageReportId.NotFound");
}

#[test]
fn one_report_of_an_image_is_made_at_a_time_and_none_is_kept_for_ever() {
    let mut aws = TestAws::new("demo");
    let (web, base) = (aws.image(HOME, "app-web-*"), aws.image(HOME, "base-linux-*"));
    create(&mut aws, &format!("ImageId={base}&{BOTH}"));
    let again = format!("Action=CreateImageUsageReport&ImageId={base}&{BOTH}");
    assert_eq!(aws.code(HOME, &again), "ResourceLimitExceeded");
    // The account's own instances and launch templates count.
    let own = create(&mut aws, &format!("ImageId={web}&{BOTH}"));
    aws.advance(150_000);
    assert_eq!(
        entries(&mut aws, &format!("ReportId.1={own}")),
        ["123456789012 ec2:Instance 1", "123456789012 ec2:LaunchTemplate 1"]
    );
    let some = "ResourceType.1.ResourceType=ec2:Instance&AccountId.1=345678901234&TagSpecification.1.ResourceType=image-usage-report\
                &TagSpecification.1.Tag.1.Key=Team&TagSpecification.1.Tag.1.Value=web";
    let limited = create(&mut aws, &format!("ImageId={base}&{some}"));
    aws.world.fail_usage_reports(&region(HOME), "Internal error");
    let failed = create(&mut aws, &format!("ImageId={web}&{BOTH}"));
    aws.advance(150_000);
    assert_eq!(entries(&mut aws, &format!("ReportId.1={limited}")), ["345678901234 ec2:Instance 1"]);
    let tagged = "Filter.1.Name=tag:Team&Filter.1.Value.1=web";
    assert_eq!(described(&mut aws, tagged, "reportId"), [limited]);
    assert_eq!(described(&mut aws, &format!("ReportId.1={failed}"), "stateReason"), ["Internal error"]);
    assert_eq!(described(&mut aws, "MaxResults=1", "reportId").len(), 1);
    aws.advance(30 * 24 * 3_600_000);
    assert!(described(&mut aws, "", "reportId").is_empty());
}

#[rstest]
#[case("ImageId=BASE", "MissingParameter")]
#[case("ResourceType.1.ResourceType=ec2:Instance", "MissingParameter")]
#[case("ImageId=base&ResourceType.1.ResourceType=ec2:Instance", "InvalidAMIID.Malformed")]
#[case("ImageId=ami-00000000000000000&ResourceType.1.ResourceType=ec2:Instance", "InvalidAMIID.NotFound")]
#[case("ImageId=GOLDEN&ResourceType.1.ResourceType=ec2:Instance", "AuthFailure")]
#[case("ImageId=BASE&ResourceType.1.ResourceType=ssm:Parameter", "InvalidParameterValue")]
#[case("ImageId=BASE&ResourceType.1.ResourceType=ec2:Instance&AccountId.1=12", "InvalidParameterValue")]
#[case(
    "ImageId=BASE&ResourceType.1.ResourceType=ec2:LaunchTemplate&ResourceType.1.ResourceTypeOption.1.OptionName=version-depth\
     &ResourceType.1.ResourceTypeOption.1.OptionValue.1=0",
    "InvalidParameterValue"
)]
#[case(
    "ImageId=BASE&ResourceType.1.ResourceType=ec2:Instance&TagSpecification.1.ResourceType=image\
     &TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b",
    "InvalidParameterValue"
)]
#[case("ImageId=BASE&ResourceType.1.ResourceType=ec2:Instance&DryRun=true", "DryRunOperation")]
fn what_ec2_refuses_is_refused(#[case] rest: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let base = aws.image(HOME, "base-linux-*");
    let (_, body) =
        aws.ec2(HOME, "Action=DescribeImages&Owner.1=210987654321&Filter.1.Name=name&Filter.1.Value.1=golden-linux-2*");
    let golden = between(&body, "<imageId>", "</imageId>").remove(0);
    let rest = rest.replace("BASE", &base).replace("GOLDEN", &golden);
    assert_eq!(aws.code(HOME, &format!("Action=CreateImageUsageReport&{rest}")), code);
    aws.world.policy().deny("*ImageUsageReport*");
    let denied = format!("Action=CreateImageUsageReport&ImageId={base}&{BOTH}&DryRun=true");
    assert_eq!(aws.code(HOME, &denied), "UnauthorizedOperation");
}
