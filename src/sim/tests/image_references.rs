//! What names an image.

use rstest::rstest;

use super::{TestAws, between, region};
use crate::domain::{ImageId, image_usage::ReferenceKind};

const HOME: &str = "us-east-1";

fn arns(aws: &mut TestAws, rest: &str) -> Vec<String> {
    let (status, body) = aws.ec2(HOME, &format!("Action=DescribeImageReferences&{rest}"));
    assert_eq!(status, 200, "{body}");
    between(&body, "<arn>", "</arn>")
}

#[test]
fn all_that_names_an_image_is_listed_by_type_and_page() {
    let mut aws = TestAws::new("demo");
    let (web, base) = (aws.image(HOME, "app-web-*"), aws.image(HOME, "base-linux-*"));
    let all = arns(&mut aws, &format!("ImageId.1={web}&ImageId.2={base}&IncludeAllResourceTypes=true"));
    assert_eq!(
        all,
        [
            "arn:aws:ec2:us-east-1:123456789012:instance/i-0a1b2c3d4e5f60718",
            "arn:aws:ec2:us-east-1:123456789012:launch-template/lt-0f1e2d3c4b5a69788",
            "arn:aws:ssm:us-east-1:123456789012:parameter/golden/app-web",
            "arn:aws:imagebuilder:us-east-1:123456789012:image-recipe/base-linux/1.4.0",
        ]
    );
    let options = "ResourceType.1.ResourceTypeOption.1.OptionName=state-name&ResourceType.1.ResourceTypeOption.1.OptionValue.1=running";
    let instances = format!("ImageId.1={web}&ResourceType.1.ResourceType=ec2:Instance&{options}");
    assert_eq!(arns(&mut aws, &instances), all[..1]);
    let page = format!("ImageId.1={web}&IncludeAllResourceTypes=true&MaxResults=2");
    assert_eq!(arns(&mut aws, &page), all[..2]);
    let (_, body) = aws.ec2(HOME, &format!("Action=DescribeImageReferences&{page}"));
    let token = between(&body, "<nextToken>", "</nextToken>").remove(0);
    assert_eq!(arns(&mut aws, &format!("{page}&NextToken={token}")), all[2..3]);
    let other = ImageId::new(&aws.image(HOME, "app-db-*")).unwrap();
    aws.world.add_reference(&region(HOME), &other, ReferenceKind::ContainerRecipe, "container-recipe/db/1.0.0");
    assert_eq!(arns(&mut aws, &format!("ImageId.1={other}&IncludeAllResourceTypes=true")).len(), 1);
}

#[rstest]
#[case("IncludeAllResourceTypes=true", "MissingParameter")]
#[case("ImageId.1=ami-0e08b0725bbdc99e7", "MissingParameter")]
#[case("ImageId.1=web&IncludeAllResourceTypes=true", "InvalidAMIID.Malformed")]
#[case("ImageId.1=ami-0e08b0725bbdc99e7&ResourceType.1.ResourceType=ec2:Volume", "InvalidParameterValue")]
#[case("ImageId.1=ami-0e08b0725bbdc99e7&IncludeAllResourceTypes=true&NextToken=x", "InvalidParameterValue")]
#[case("ImageId.1=ami-0e08b0725bbdc99e7&IncludeAllResourceTypes=true&DryRun=true", "DryRunOperation")]
fn what_ec2_refuses_is_refused(#[case] rest: &str, #[case] code: &str) {
    assert_eq!(TestAws::new("demo").code(HOME, &format!("Action=DescribeImageReferences&{rest}")), code);
}

#[test]
fn ten_images_are_the_most() {
    let ids = (1..=11).map(|n| format!("ImageId.{n}=ami-0e08b0725bbdc99e7&")).collect::<Vec<_>>().concat();
    let code =
        TestAws::new("demo").code(HOME, &format!("Action=DescribeImageReferences&{ids}IncludeAllResourceTypes=true"));
    assert_eq!(code, "InvalidParameterValue");
}
