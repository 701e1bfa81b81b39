//! Policies, block public access, allowed images, ancestry, keys: what the checks before a copy ask for.

use rstest::rstest;

use super::{TestAws, between};
use crate::domain::{ImageId, Region};

#[test]
fn a_dry_run_judges_the_policy_and_nothing_else() {
    let mut aws = TestAws::new("demo");
    let ask = "Action=CopyImage&SourceRegion=nowhere&SourceImageId=none&Name=x&DryRun=true";
    assert_eq!(aws.code("us-west-2", ask), "DryRunOperation");
    let (status, answer) = aws.ec2("eu-north-1", ask);
    let text = "is not authorized to perform: ec2:CopyImage on resource";
    assert!(status == 403 && answer.contains(text), "{answer}");
    assert!(answer.contains(". Encoded authorization failure message: "), "{answer}");
    assert_eq!(aws.ec2("eu-north-1", &ask.replace("&DryRun=true", "")).0, 403);
}

#[rstest]
#[case("CopyImage&SourceRegion=us-east-1&SourceImageId=ami-1&Name=abc", "InvalidAMIID.NotFound")]
#[case(
    "CopyImage&SourceRegion=us-east-1&SourceImageId=ami-1&Name=abc&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=a",
    "UnauthorizedOperation"
)]
#[case("CreateTags&ResourceId.1=ami-1&Tag.1.Key=a", "UnauthorizedOperation")]
#[case("EnableImageDeprecation&ImageId=ami-1&DeprecateAt=2027-01-01T00:00:00Z", "UnauthorizedOperation")]
#[case("DescribeImages&ImageId.1=ami-1", "InvalidAMIID.NotFound")]
fn the_policy_of_the_checks_scenario_denies(#[case] ask: &str, #[case] code: &str) {
    assert_eq!(TestAws::new("checks").code("us-east-2", &format!("Action={ask}")), code);
}

#[test]
fn deleting_snapshots_with_their_image_needs_its_own_permission() {
    let mut aws = TestAws::new("demo");
    aws.world.policy().deny("DeleteSnapshot");
    let id = aws.image("us-east-1", "app-api-*");
    let (_, answer) =
        aws.ec2("us-east-1", &format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true"));
    assert_eq!(between(&answer, "<returnCode>", "</returnCode>"), ["missing-permissions"]);
}

#[test]
fn nothing_becomes_public_where_public_access_is_blocked() {
    let mut aws = TestAws::new("demo");
    let state = "Action=GetImageBlockPublicAccessState";
    let image = aws.image("eu-west-1", "ci-runner-arm64-eu");
    let source = aws.image("us-east-1", "app-api-*");
    let plain = aws.copy("eu-west-1", &format!("SourceRegion=us-east-1&SourceImageId={source}&Name=plain"));
    aws.advance(300_000);
    let share = |id: &str| format!("Action=ModifyImageAttribute&ImageId={id}&LaunchPermission.Add.1.Group=all");
    assert!(aws.ec2("eu-west-1", state).1.contains("<imageBlockPublicAccessState>block-new-sharing<"));
    assert_eq!(aws.code("eu-west-1", &share(&plain)), "OperationNotPermitted");
    assert_eq!(aws.code("eu-west-1", "Action=DisableImageBlockPublicAccess"), "");
    assert!(aws.ec2("eu-west-1", state).1.contains("<imageBlockPublicAccessState>unblocked<"));
    assert_eq!(aws.code("eu-west-1", &share(&plain)), "");
    assert_eq!(aws.code("eu-west-1", &share(&image)), "InvalidParameter", "it is encrypted");
    let enable = "Action=EnableImageBlockPublicAccess&ImageBlockPublicAccessState=";
    assert_eq!(aws.code("eu-west-1", &format!("{enable}off")), "InvalidParameterValue");
    assert_eq!(aws.code("eu-west-1", &format!("{enable}block-new-sharing")), "");
    assert_eq!(aws.code("eu-west-1", &share(&plain)), "OperationNotPermitted");
}

#[test]
fn only_allowed_images_are_seen() {
    let mut aws = TestAws::new("checks");
    let ask = "Action=DescribeImages&ExecutableBy.1=all";
    let (_, answer) = aws.ec2("us-west-1", ask);
    let names = between(&answer, "<imageOwnerAlias>", "</imageOwnerAlias>");
    assert!(!names.is_empty() && names.iter().all(|alias| alias == "amazon"), "{names:?}");
    assert_eq!(answer.matches("<imageAllowed>true").count(), names.len());
    let (_, filtered) = aws.ec2("us-west-1", &format!("{ask}&Filter.1.Name=image-allowed&Filter.1.Value.1=true"));
    assert_eq!(between(&filtered, "<imageOwnerAlias>", "</imageOwnerAlias>"), names);
    let (_, settings) = aws.ec2("us-west-1", "Action=GetAllowedImagesSettings");
    assert!(settings.contains("<state>enabled</state>") && settings.contains("<item>amazon</item>"), "{settings}");
    let (_, elsewhere) = aws.ec2("us-west-2", ask);
    assert!(elsewhere.contains("aws-marketplace") && !elsewhere.contains("imageAllowed"));
    assert!(aws.ec2("us-west-2", "Action=GetAllowedImagesSettings").1.contains("<state>disabled</state>"));
}

#[test]
fn an_images_ancestry_reaches_back_to_the_first_image() {
    let mut aws = TestAws::new("demo");
    let first = aws.image("us-east-1", "app-api-*");
    let second = aws.copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={first}&Name=second"));
    aws.advance(300_000);
    let third = aws.copy("us-east-2", &format!("SourceRegion=us-west-2&SourceImageId={second}&Name=third"));
    let ask = format!("Action=GetImageAncestry&ImageId={third}");
    let (_, answer) = aws.ec2("us-east-2", &ask);
    assert_eq!(between(&answer, "<imageId>", "</imageId>"), [third, second.clone(), first.clone()]);
    assert_eq!(between(&answer, "<sourceImageId>", "</sourceImageId>"), [second.clone(), first]);
    assert_eq!(between(&answer, "<sourceImageRegion>", "</sourceImageRegion>"), ["us-west-2", "us-east-1"]);
    let now = aws.now;
    let region = Region::new("us-west-2").unwrap();
    aws.world.deregister_as_other_user(&region, &ImageId::new(&second).unwrap(), true, now).unwrap();
    assert_eq!(between(&aws.ec2("us-east-2", &ask).1, "<imageId>", "</imageId>").len(), 1, "the chain ends there");
    assert_eq!(aws.code("us-east-2", "Action=GetImageAncestry&ImageId=ami-1"), "InvalidAMIID.NotFound");
}

#[rstest]
#[case("alias/leaving", "\"DeletionDate\":")]
#[case("alias/leaving", "\"KeyState\":\"PendingDeletion\"")]
#[case("alias/of-security", "AccessDeniedException")]
#[case("alias/everywhere", "\"MultiRegionKeyType\":\"REPLICA\"")]
#[case("alias/nothing", "Alias arn:aws:kms:eu-west-1:123456789012:alias/nothing is not found.")]
#[case("nothing", "Invalid keyId 'nothing'")]
#[case("1234abcd-12ab-34cd-56ef-1234567890ab", "does not exist")]
#[case("arn:aws:kms:us-east-1:123456789012:alias/images", "Invalid arn us-east-1")]
#[case("arn:aws:kms:eu-west-1:123456789012:alias/nothing", "NotFoundException")]
#[case("arn:aws:kms:eu-west-1:210987654321:alias/images", "AccessDeniedException")]
fn keys_are_described_or_refused(#[case] key: &str, #[case] part: &str) {
    let body = format!(r#"{{"KeyId":"{key}"}}"#);
    let response = TestAws::new("checks").send("kms", "eu-west-1", Some("TrentService.DescribeKey"), &body);
    let answer = String::from_utf8(response.body).unwrap();
    assert!(answer.contains(part), "{answer}");
}

#[test]
fn a_multi_region_key_has_one_id() {
    let mut aws = TestAws::new("checks");
    let describe = |aws: &mut TestAws, region: &str, key: &str| {
        let body = format!(r#"{{"KeyId":"{key}"}}"#);
        let answer = aws.send("kms", region, Some("TrentService.DescribeKey"), &body).body;
        serde_json::from_slice::<serde_json::Value>(&answer).unwrap()["KeyMetadata"].clone()
    };
    let here = describe(&mut aws, "us-east-1", "alias/everywhere");
    let id = here["KeyId"].as_str().unwrap().to_owned();
    assert!(id.starts_with("mrk-") && id.len() == 36, "{id}");
    assert_eq!(describe(&mut aws, "eu-west-1", &id)["KeyId"], id);
    assert_eq!(here["MultiRegionConfiguration"]["ReplicaKeys"][0]["Region"], "eu-west-1");
}

#[rstest]
#[case("alias/leaving")]
#[case("alias/of-security")]
fn a_key_that_cannot_encrypt_fails_the_copy_later(#[case] key: &str) {
    let mut aws = TestAws::new("checks");
    let source = aws.image("us-east-1", "app-api-*");
    let ask = format!("SourceRegion=us-east-1&SourceImageId={source}&Name=bad&Encrypted=true&KmsKeyId={key}");
    let id = aws.copy("eu-west-1", &ask);
    aws.advance(60_000);
    let (_, image) = aws.ec2("eu-west-1", &format!("Action=DescribeImages&ImageId.1={id}"));
    assert!(image.contains("<imageState>failed<"), "{image}");
}

#[test]
fn the_checks_scenario_is_at_its_limits() {
    let mut aws = TestAws::new("checks");
    let large = aws.image("us-east-1", "app-api-*");
    let ask = |rest: &str| format!("Action=CopyImage&SourceRegion=us-east-1&{rest}");
    let full = ask(&format!("SourceImageId={large}&Name=third"));
    assert_eq!(aws.code("eu-west-2", &full), "ResourceLimitExceeded");
    let tagged = aws.image("us-east-1", "app-tagged");
    let tags = |n: usize| {
        let tag = |i| format!("&TagSpecification.1.Tag.{i}.Key=own{i}&TagSpecification.1.Tag.{i}.Value=x");
        let tags: String = (1..=n).map(tag).collect();
        let rest = "CopyImageTags=true&TagSpecification.1.ResourceType=image";
        ask(&format!("SourceImageId={tagged}&Name=tagged&{rest}{tags}"))
    };
    assert_eq!(aws.code("us-west-2", &tags(2)), "TagLimitExceeded");
    assert_eq!(aws.code("us-west-2", &tags(1)), "");
    let sealed = aws.image("us-east-1", "app-sealed");
    let share = format!("Action=ModifyImageAttribute&ImageId={sealed}&LaunchPermission.Add.1.UserId=222233334444");
    assert_eq!(aws.code("us-east-1", &share), "InvalidParameter");
    aws.image("us-west-2", "app-web-taken");
}

/// 2,056 GiB within 75 minutes need 468 MiB/s of the scenario's 600.
#[test]
fn the_checks_scenario_has_a_small_quota_of_time_based_copies() {
    let mut aws = TestAws::new("checks");
    // One is pending there already.
    aws.world.limits().pending_copies = 10;
    let source = aws.image("us-east-1", "app-large");
    let copy = |n: u8| {
        let duration = "SnapshotCopyCompletionDurationMinutes=75";
        format!("SourceRegion=us-east-1&SourceImageId={source}&Name=large-{n}&{duration}")
    };
    let ids = [1, 2].map(|n| aws.copy("us-west-2", &copy(n)));
    assert_eq!(aws.code("us-west-2", &format!("Action=CopyImage&{}", copy(3))), "ResourceLimitExceeded");
    aws.advance(75 * 60_000);
    let mut state = |id: &str| {
        let (_, image) = aws.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
        between(&image, "<imageState>", "</imageState>")[0].clone()
    };
    assert_eq!(ids.each_ref().map(|id| state(id)), ["available", "pending"], "132 MiB/s are left for the second");
}
