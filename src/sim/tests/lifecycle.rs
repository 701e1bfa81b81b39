//! Deprecation, deregistration protection, and disabling of images.

use rstest::rstest;

use super::TestAws;
use crate::sim::ChangeKind;

const HOME: &str = "us-east-1";

fn call(aws: &mut TestAws, action: &str, image: &str, rest: &str) -> String {
    aws.code(HOME, &format!("Action={action}&ImageId={image}&{rest}"))
}

fn described(aws: &mut TestAws, image: &str) -> String {
    aws.ec2(HOME, &format!("Action=DescribeImages&IncludeDisabled=true&ImageId.1={image}")).1
}

/// The tests' clock is at 2026-03-05T12:00:00Z.
#[rstest]
#[case("2027-01-02T03:04:05Z", "2027-01-02T03:04:00.000Z")]
#[case("2027-01-02T03:04:30.000Z", "2027-01-02T03:05:00.000Z")]
#[case("2036-03-05T12:00:00Z", "2036-03-05T12:00:00.000Z")]
#[case("2036-03-05T12:02:00Z", "")]
#[case("2026-03-05T12:00:00Z", "")]
#[case("2025-01-01T00:00:00Z", "")]
#[case("tomorrow", "")]
fn a_deprecation_date_is_rounded_and_checked(#[case] at: &str, #[case] shown: &str) {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-api-*");
    let code = call(&mut aws, "EnableImageDeprecation", &image, &format!("DeprecateAt={at}"));
    assert_eq!(code, if shown.is_empty() { "InvalidParameterValue" } else { "" });
    let seen = described(&mut aws, &image);
    assert_eq!(seen.contains(&format!("<deprecationTime>{shown}</deprecationTime>")), !shown.is_empty(), "{seen}");
    let again = call(&mut aws, "EnableImageDeprecation", &image, &format!("DeprecateAt={at}"));
    assert_eq!(
        (again, aws.world.changes().len()),
        (code, usize::from(!shown.is_empty())),
        "the same date is no change"
    );
    assert_eq!(call(&mut aws, "DisableImageDeprecation", &image, ""), "");
    assert!(!described(&mut aws, &image).contains("deprecationTime"));
}

#[test]
fn a_public_image_is_deprecated_two_years_after_its_creation() {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-api-*");
    assert_eq!(call(&mut aws, "ModifyImageAttribute", &image, "LaunchPermission.Add.1.Group=all"), "");
    let at = |year: u16| format!("DeprecateAt={year}-03-05T00:00:00Z");
    assert_eq!(call(&mut aws, "EnableImageDeprecation", &image, &at(2029)), "InvalidParameterValue");
    assert_eq!(call(&mut aws, "EnableImageDeprecation", &image, &at(2027)), "");
}

#[rstest]
#[case::without_cooldown("", "enabled-without-cooldown", "")]
#[case::with_cooldown("WithCooldown=true", "enabled-with-cooldown", "OperationNotPermitted")]
fn a_protected_image_cannot_be_deregistered(#[case] rest: &str, #[case] shown: &str, #[case] after: &str) {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-api-*");
    assert_eq!(call(&mut aws, "EnableImageDeregistrationProtection", &image, rest), "");
    assert!(described(&mut aws, &image).contains(shown));
    assert_eq!(call(&mut aws, "DeregisterImage", &image, ""), "OperationNotPermitted");
    assert_eq!(call(&mut aws, "DisableImageDeregistrationProtection", &image, ""), "");
    assert_eq!(call(&mut aws, "DisableImageDeregistrationProtection", &image, ""), "");
    aws.advance(24 * 3_600_000 - 1);
    assert_eq!(call(&mut aws, "DeregisterImage", &image, ""), after);
    aws.advance(1);
    let gone = if after.is_empty() { "InvalidAMIID.Unavailable" } else { "" };
    assert_eq!(call(&mut aws, "DeregisterImage", &image, ""), gone);
    assert_eq!(aws.world.changes().iter().filter(|c| c.kind == ChangeKind::ProtectionChanged).count(), 2);
}

#[test]
fn a_disabled_image_is_private_and_hidden_until_it_is_enabled() {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-api-*");
    assert_eq!(call(&mut aws, "ModifyImageAttribute", &image, "LaunchPermission.Add.1.Group=all"), "");
    assert_eq!(call(&mut aws, "DisableImage", &image, ""), "");
    let listed = format!("Action=DescribeImages&Owner.1=self&Filter.1.Name=image-id&Filter.1.Value.1={image}");
    assert!(!aws.ec2(HOME, &listed).1.contains("<imageId>"));
    let disabled = format!("{listed}&IncludeDisabled=true&Filter.2.Name=state&Filter.2.Value.1=disabled");
    let (_, seen) = aws.ec2(HOME, &disabled);
    assert!(seen.contains("<imageState>disabled") && seen.contains("<isPublic>false"), "{seen}");
    let copy = format!("SourceRegion={HOME}&SourceImageId={image}&Name=off");
    assert_eq!(aws.code("us-west-2", &format!("Action=CopyImage&{copy}")), "InvalidAMIID.Unavailable");
    assert_eq!(call(&mut aws, "EnableImage", &image, ""), "");
    let (_, seen) = aws.ec2(HOME, &listed);
    assert!(seen.contains("<imageState>available") && seen.contains("<isPublic>false"), "{seen}");
    let kinds: Vec<_> = aws.world.changes().iter().map(|c| c.kind.clone()).collect();
    assert_eq!(kinds, [ChangeKind::LaunchPermissionsChanged, ChangeKind::Disabled, ChangeKind::Enabled]);
}

#[rstest]
#[case("EnableImageDeprecation", "DeprecateAt=2027-01-01T00:00:00Z")]
#[case("DisableImageDeprecation", "")]
#[case("EnableImageDeregistrationProtection", "")]
#[case("DisableImageDeregistrationProtection", "")]
#[case("EnableImage", "")]
#[case("DisableImage", "")]
#[case("ResetImageAttribute", "Attribute=launchPermission")]
fn only_the_owners_available_images_are_changed(#[case] action: &str, #[case] rest: &str) {
    let mut aws = TestAws::new("demo");
    let theirs = aws.image(HOME, "golden-linux-2*");
    assert_eq!(call(&mut aws, action, &theirs, rest), "AuthFailure");
    assert_eq!(call(&mut aws, action, "ami-00000000", rest), "InvalidAMIID.NotFound");
    assert_eq!(call(&mut aws, action, "nothing", rest), "InvalidAMIID.Malformed");
    assert_eq!(call(&mut aws, action, &theirs, &format!("{rest}&DryRun=true")), "DryRunOperation");
    let source = aws.image(HOME, "app-web-*");
    let pending = aws.copy(HOME, &format!("SourceRegion={HOME}&SourceImageId={source}&Name=pending"));
    assert_eq!(call(&mut aws, action, &pending, rest), "InvalidAMIID.Unavailable");
    assert_eq!(aws.world.changes(), []);
}
