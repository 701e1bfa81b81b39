//! `RegisterImage`.

use rstest::rstest;

use super::{TestAws, between};

const ROOT: &str =
    "&RootDeviceName=/dev/xvda&BlockDeviceMapping.1.DeviceName=/dev/xvda&BlockDeviceMapping.1.Ebs.SnapshotId=";

/// A completed snapshot of 8 GiB or more.
fn snapshot(aws: &mut TestAws) -> String {
    let image = aws.image("us-east-1", "app-web-*");
    let (_, answer) = aws.ec2("us-east-1", &format!("Action=DescribeImages&ImageId.1={image}"));
    between(&answer, "<snapshotId>", "</snapshotId>")[0].clone()
}

#[test]
fn an_image_is_registered_on_a_snapshot() {
    let mut aws = TestAws::new("demo");
    let snapshot = snapshot(&mut aws);
    let rest = "&Architecture=arm64&VirtualizationType=hvm&EnaSupport=true&BootMode=uefi&BlockDeviceMapping.1.Ebs.VolumeSize=500\
                &BlockDeviceMapping.1.Ebs.VolumeType=gp3&BlockDeviceMapping.2.DeviceName=/dev/sdb\
                &BlockDeviceMapping.2.VirtualName=ephemeral0&BlockDeviceMapping.3.DeviceName=/dev/sdc\
                &BlockDeviceMapping.3.NoDevice=&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=k";
    let (status, answer) = aws.ec2("us-east-1", &format!("Action=RegisterImage&Name=registered{ROOT}{snapshot}{rest}"));
    assert_eq!(status, 200, "{answer}");
    let id = &between(&answer, "<imageId>", "</imageId>")[0];
    let (_, image) = aws.ec2("us-east-1", &format!("Action=DescribeImages&ImageId.1={id}"));
    for part in [
        "<imageState>available</imageState>",
        "<architecture>arm64</architecture>",
        "<rootDeviceName>/dev/xvda</rootDeviceName>",
        "<bootMode>uefi</bootMode>",
        "<volumeSize>500</volumeSize>",
        "<iops>3000</iops>",
        "<virtualName>ephemeral0</virtualName>",
        "<key>k</key>",
    ] {
        assert!(image.contains(part), "{part}: {image}");
    }
    assert!(!image.contains("/dev/sdc") && !image.contains("sourceImageId"), "{image}");
    // The snapshot is in use by two images now.
    let (_, removed) =
        aws.ec2("us-east-1", &format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true"));
    assert!(removed.contains("<returnCode>skipped</returnCode>"), "{removed}");
}

#[rstest]
#[case("Name=ab", "InvalidAMIName.Malformed")]
#[case("Name=TAKENROOT", "InvalidAMIName.Duplicate")]
#[case("Name=new", "InvalidBlockDeviceMapping")]
#[case("Name=newROOT&RootDeviceName=/dev/sda1", "InvalidBlockDeviceMapping")]
#[case("Name=newROOT&BlockDeviceMapping.1.NoDevice=", "InvalidBlockDeviceMapping")]
#[case("Name=newROOT&BlockDeviceMapping.2.DeviceName=/dev/xvda", "InvalidBlockDeviceMapping")]
#[case("Name=newROOT&BlockDeviceMapping.2.DeviceName=/dev/sdb", "InvalidBlockDeviceMapping")]
#[case("Name=newROOT&BlockDeviceMapping.1.Ebs.VolumeSize=1", "InvalidBlockDeviceMapping")]
#[case("Name=newROOT&BlockDeviceMapping.1.Ebs.Encrypted=false", "InvalidBlockDeviceMapping")]
#[case("Name=newROOT&BlockDeviceMapping.1.Ebs.VolumeType=fast", "InvalidParameterValue")]
#[case("Name=newROOT&BlockDeviceMapping.1.Ebs.Colour=red", "UnknownParameter")]
#[case("Name=newROOT&BlockDeviceMapping.2.Ebs.VolumeSize=1", "MissingParameter")]
#[case("Name=newROOT&Architecture=z80", "InvalidParameterValue")]
#[case("Name=newROOT&VirtualizationType=full", "InvalidParameterValue")]
#[case("Name=newROOT&TagSpecification.1.ResourceType=snapshot", "InvalidParameterValue")]
#[case(
    "Name=newROOT&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=aws:a",
    "InvalidParameterValue"
)]
#[case("Name=new&ImageLocation=bucket/manifest.xml", "InvalidManifest")]
#[case("Name=newBARE&BlockDeviceMapping.1.Ebs.SnapshotId=snap-1", "InvalidSnapshot.NotFound")]
#[case("Name=newBARE&BlockDeviceMapping.1.Ebs.SnapshotId=foo", "InvalidSnapshotID.Malformed")]
fn a_bad_image_is_not_registered(#[case] ask: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let snapshot = snapshot(&mut aws);
    let (_, own) = aws.ec2("us-east-1", "Action=DescribeImages&Owner.1=self");
    let bare = "&RootDeviceName=/dev/xvda&BlockDeviceMapping.1.DeviceName=/dev/xvda";
    let taken = &between(&own, "<name>", "</name>")[0];
    let ask = ask.replace("TAKEN", taken).replace("ROOT", &format!("{ROOT}{snapshot}")).replace("BARE", bare);
    assert_eq!(aws.code("us-east-1", &format!("Action=RegisterImage&{ask}")), code);
}

#[test]
fn a_pending_snapshot_is_no_ground_for_an_image() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-web-*");
    let copy = aws.copy("eu-west-2", &format!("Name=copied&SourceRegion=us-east-1&SourceImageId={source}"));
    let pending = (0..100).find_map(|_| {
        aws.advance(500);
        let (_, answer) = aws.ec2("eu-west-2", &format!("Action=DescribeImages&ImageId.1={copy}"));
        between(&answer, "<snapshotId>", "</snapshotId>").first().cloned()
    });
    let ask = format!("Action=RegisterImage&Name=early{ROOT}{}", pending.unwrap());
    assert_eq!(aws.code("eu-west-2", &ask), "IncorrectState");
}
