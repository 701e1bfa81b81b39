//! Launch permissions, create-volume permissions and other attributes of images and snapshots.

use rstest::rstest;

use super::{TestAws, between, region};
use crate::sim::{Actor, ChangeKind};

const HOME: &str = "us-east-1";

fn modify(aws: &mut TestAws, image: &str, rest: &str) -> String {
    aws.code(HOME, &format!("Action=ModifyImageAttribute&ImageId={image}&{rest}"))
}

fn attribute(aws: &mut TestAws, image: &str, name: &str) -> String {
    aws.ec2(HOME, &format!("Action=DescribeImageAttribute&ImageId={image}&Attribute={name}")).1
}

/// Returns the first snapshot of an image.
fn snapshot_of(aws: &mut TestAws, image: &str) -> String {
    let (_, body) = aws.ec2(HOME, &format!("Action=DescribeImages&ImageId.1={image}"));
    between(&body, "<snapshotId>", "</snapshotId>")[0].clone()
}

#[rstest]
#[case::structured("LaunchPermission.Add.1.UserId=222233334444", "LaunchPermission.Remove.1.UserId=222233334444")]
#[case::older(
    "Attribute=launchPermission&OperationType=add&UserId.1=222233334444",
    "Attribute=launchPermission&OperationType=remove&UserId.1=222233334444"
)]
#[case::named_as_well(
    "Attribute=launchPermission&LaunchPermission.Add.1.UserId=222233334444",
    "LaunchPermission.Remove.1.UserId=222233334444&LaunchPermission.Remove.2.UserId=555566667777"
)]
fn an_image_is_shared_and_no_longer(#[case] add: &str, #[case] remove: &str) {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-api-*");
    let executable = "Action=DescribeImages&ExecutableBy.1=222233334444";
    assert_eq!([modify(&mut aws, &image, add), modify(&mut aws, &image, add)], ["", ""]);
    assert!(attribute(&mut aws, &image, "launchPermission").contains("<item><userId>222233334444</userId></item>"));
    assert_eq!(between(&aws.ec2(HOME, executable).1, "<imageId>", "</imageId>"), std::slice::from_ref(&image));
    assert_eq!([modify(&mut aws, &image, remove), modify(&mut aws, &image, remove)], ["", ""]);
    assert!(attribute(&mut aws, &image, "launchPermission").contains("<launchPermission></launchPermission>"));
    assert!(!aws.ec2(HOME, executable).1.contains("<imageId>"));
    let kinds: Vec<_> = aws.world.changes().iter().map(|c| (c.by, c.kind.clone())).collect();
    let changed = (Actor::Request, ChangeKind::LaunchPermissionsChanged);
    assert_eq!(kinds, [changed.clone(), changed], "adding and removing again changes nothing");
}

#[test]
fn every_kind_of_permission_is_read_back_and_reset() {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-api-*");
    let arn = "arn:aws:organizations::123456789012:";
    let (organization, unit) =
        (format!("{arn}organization/o-abcdef1234"), format!("{arn}ou/o-abcdef1234/ou-ab12-cdef5678"));
    let add = format!(
        "LaunchPermission.Add.1.OrganizationArn={organization}&LaunchPermission.Add.2.OrganizationalUnitArn={unit}&LaunchPermission.Add.3.Group=all"
    );
    assert_eq!(modify(&mut aws, &image, &add), "");
    let answer = attribute(&mut aws, &image, "launchPermission");
    let whole = format!(
        "<launchPermission><item><group>all</group></item><item><organizationArn>{organization}</organizationArn></item><item><organizationalUnitArn>{unit}</organizationalUnitArn></item></launchPermission>"
    );
    assert!(answer.contains(&whole), "{answer}");
    let public = format!("Action=DescribeImages&ImageId.1={image}&ExecutableBy.1=all");
    assert!(aws.ec2(HOME, &public).1.contains("<isPublic>true</isPublic>"));
    let reset = format!("Action=ResetImageAttribute&ImageId={image}&Attribute=launchPermission");
    assert_eq!(aws.code(HOME, &reset), "");
    assert!(!aws.ec2(HOME, &public).1.contains("<imageId>"));
}

#[rstest]
#[case("app-api-*", "", "InvalidParameterCombination")]
#[case("app-api-*", "Attribute=launchPermission&OperationType=add", "InvalidParameterCombination")]
#[case("app-api-*", "Attribute=launchPermission&UserId.1=222233334444", "MissingParameter")]
#[case("app-api-*", "Attribute=launchPermission&OperationType=give&UserId.1=222233334444", "InvalidParameterValue")]
#[case("app-api-*", "Attribute=colour&Value=red", "InvalidParameterValue")]
#[case("app-api-*", "Description.Value=x&LaunchPermission.Add.1.UserId=222233334444", "InvalidParameterCombination")]
#[case("app-api-*", "LaunchPermission.Add.1.UserId=12345678901", "InvalidAMIAttributeItemValue")]
#[case("app-api-*", "LaunchPermission.Add.1.Group=everyone", "InvalidAMIAttributeItemValue")]
#[case("app-api-*", "LaunchPermission.Add.1.OrganizationArn=o-abcdef1234", "InvalidAMIAttributeItemValue")]
#[case::another_partition(
    "app-api-*",
    "LaunchPermission.Add.1.OrganizationArn=arn:aws-cn:organizations::123456789012:organization/o-abcdef1234",
    "InvalidAMIAttributeItemValue"
)]
#[case::a_unit_is_no_organization(
    "app-api-*",
    "LaunchPermission.Add.1.OrganizationArn=arn:aws:organizations::123456789012:ou/o-abcdef1234/ou-ab12-cdef5678",
    "InvalidAMIAttributeItemValue"
)]
#[case::disabled("app-web-canary-off", "LaunchPermission.Add.1.UserId=222233334444", "InvalidAMIID.Unavailable")]
#[case::of_another_account("golden-linux-2*", "LaunchPermission.Add.1.UserId=222233334444", "AuthFailure")]
#[case::with_a_customer_key("app-db-*", "LaunchPermission.Add.1.UserId=222233334444", "")]
#[case::encrypted_and_public("app-db-*", "LaunchPermission.Add.1.Group=all", "InvalidParameter")]
#[case("app-api-*", "Description.Value=new", "")]
#[case("app-api-*", "Attribute=description&Value=new", "")]
#[case("app-api-*", "Attribute=Description&Description.Value=new", "")]
#[case("app-api-*", "ImdsSupport.Value=v1.0", "InvalidParameterValue")]
#[case("app-api-*", "ImdsSupport.Value=v2.0&DryRun=true", "DryRunOperation")]
fn modifying_an_image_has_ec2s_rules(#[case] pattern: &str, #[case] rest: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, pattern);
    assert_eq!(modify(&mut aws, &image, rest), code);
    assert_eq!(aws.world.changes().len(), usize::from(code.is_empty()));
}

#[test]
fn an_image_with_the_default_key_cannot_be_shared_nor_can_its_snapshots() {
    let mut aws = TestAws::new("demo");
    let source = aws.image(HOME, "app-web-*");
    let copy = format!("SourceRegion={HOME}&SourceImageId={source}&Name=sealed&Encrypted=true");
    let image = aws.copy(HOME, &copy);
    let share = "LaunchPermission.Add.1.UserId=222233334444";
    assert_eq!(modify(&mut aws, &image, share), "InvalidAMIID.Unavailable", "it is pending");
    aws.advance(300_000);
    assert_eq!(modify(&mut aws, &image, share), "InvalidParameter");
    let snapshot = snapshot_of(&mut aws, &image);
    let ask = "CreateVolumePermission.Add.1.UserId=222233334444";
    let ask = format!("Action=ModifySnapshotAttribute&SnapshotId={snapshot}&{ask}");
    assert_eq!(aws.code(HOME, &ask), "OperationNotPermitted");
}

#[rstest]
#[case("app-web-*", "CreateVolumePermission.Add.1.UserId=222233334444", "")]
#[case("app-web-*", "Attribute=createVolumePermission&OperationType=add&UserId.1=222233334444&UserGroup.1=all", "")]
#[case("app-web-*", "Attribute=productCodes&OperationType=add&UserId.1=222233334444", "InvalidParameterValue")]
#[case("app-web-*", "", "InvalidParameterCombination")]
#[case(
    "app-web-*",
    "CreateVolumePermission.Add.1.UserId=222233334444&CreateVolumePermission.Remove.1.Group=all",
    "InvalidParameterCombination"
)]
#[case("app-web-*", "CreateVolumePermission.Add.1.UserId=22223333444", "InvalidAMIAttributeItemValue")]
#[case("app-db-*", "CreateVolumePermission.Add.1.UserId=222233334444", "")]
#[case("app-db-*", "CreateVolumePermission.Add.1.Group=all", "OperationNotPermitted")]
#[case("golden-linux-2*", "CreateVolumePermission.Add.1.UserId=222233334444", "AuthFailure")]
fn modifying_a_snapshot_has_ec2s_rules(#[case] pattern: &str, #[case] rest: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, pattern);
    let snapshot = snapshot_of(&mut aws, &image);
    let ask = format!("Action=ModifySnapshotAttribute&SnapshotId={snapshot}&{rest}");
    assert_eq!([aws.code(HOME, &ask), aws.code(HOME, &ask)], [code, code]);
    if code.is_empty() {
        let ask = format!("Action=DescribeSnapshotAttribute&SnapshotId={snapshot}&Attribute=createVolumePermission");
        assert!(aws.ec2(HOME, &ask).1.contains("<userId>222233334444</userId>"));
        let kinds: Vec<_> = aws.world.changes().iter().map(|c| (&*c.resource, c.kind.clone())).collect();
        assert_eq!(kinds, [(snapshot.as_str(), ChangeKind::CreateVolumePermissionsChanged)]);
    }
}

#[test]
fn a_snapshot_takes_five_hundred_modifications_at_once() {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-web-*");
    let snapshot = snapshot_of(&mut aws, &image);
    let ask = |n: u64| {
        let add = (1..=n).map(|i| format!("CreateVolumePermission.Add.{i}.UserId={}", 100_000_000_000 + i));
        let add = add.collect::<Vec<_>>().join("&");
        format!("Action=ModifySnapshotAttribute&SnapshotId={snapshot}&{add}")
    };
    assert_eq!(aws.code(HOME, &ask(501)), "InvalidParameterValue");
    assert_eq!(aws.code(HOME, &ask(500)), "");
    let id = crate::domain::SnapshotId::new(&snapshot).unwrap();
    assert_eq!(aws.world.create_volume_permissions(&region(HOME), &id, aws.now).len(), 500);
}

#[rstest]
#[case("description", "<description><value>new</value></description>")]
#[case("imdsSupport", "<imdsSupport><value>v2.0</value></imdsSupport>")]
#[case("deregistrationProtection", "<value>disabled</value>")]
#[case("bootMode", "<value>uefi</value>")]
#[case("kernel", "<kernel></kernel>")]
#[case("productCodes", "<productCodes></productCodes>")]
#[case("blockDeviceMapping", "<Code>AuthFailure</Code>")]
#[case("colour", "<Code>InvalidParameterValue</Code>")]
#[case("", "<Code>MissingParameter</Code>")]
fn attributes_are_described(#[case] name: &str, #[case] part: &str) {
    let mut aws = TestAws::new("demo");
    let image = aws.image(HOME, "app-api-*");
    assert_eq!(modify(&mut aws, &image, "Description.Value=new"), "");
    let answer = attribute(&mut aws, &image, name);
    assert!(answer.contains(part), "{answer}");
}
