//! `DescribeTags` and `DeleteTags`.

use rstest::rstest;

use super::{TestAws, between};

/// An image with the tags `a=1`, `b=` and `c=3` and no others.
fn tagged(aws: &mut TestAws) -> String {
    let image = aws.image("us-east-1", "app-web-*");
    let tag = format!("ResourceId.1={image}&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=b&Tag.3.Key=c&Tag.3.Value=3");
    assert_eq!(aws.code("us-east-1", &format!("Action=DeleteTags&ResourceId.1={image}")), "");
    assert_eq!(aws.code("us-east-1", &format!("Action=CreateTags&{tag}")), "");
    image
}

/// The keys of one resource.
fn keys(aws: &mut TestAws, id: &str) -> String {
    let ask = format!("Action=DescribeTags&Filter.1.Name=resource-id&Filter.1.Value.1={id}");
    let (status, answer) = aws.ec2("us-east-1", &ask);
    assert_eq!(status, 200, "{answer}");
    between(&answer, "<key>", "</key>").concat()
}

#[rstest]
#[case("", "")]
#[case("&Tag.1.Key=a", "bc")]
#[case("&Tag.1.Key=a&Tag.1.Value=1", "bc")]
#[case("&Tag.1.Key=a&Tag.1.Value=2", "abc")]
#[case("&Tag.1.Key=a&Tag.1.Value=", "abc")]
#[case("&Tag.1.Key=b&Tag.1.Value=", "ac")]
#[case("&Tag.1.Key=a&Tag.2.Key=c&Tag.2.Value=3", "b")]
#[case("&Tag.1.Key=none", "abc")]
fn a_tag_is_deleted_by_key_and_if_given_by_value(#[case] tags: &str, #[case] left: &str) {
    let mut aws = TestAws::new("demo");
    let image = tagged(&mut aws);
    assert_eq!(aws.code("us-east-1", &format!("Action=DeleteTags&ResourceId.1={image}{tags}")), "");
    assert_eq!(keys(&mut aws, &image), left);
    let (_, image) = aws.ec2("us-east-1", &format!("Action=DescribeImages&ImageId.1={image}"));
    assert_eq!(between(&image, "<key>", "</key>").concat(), left);
}

#[rstest]
#[case("", "MissingParameter")]
#[case("ResourceId.1=ami-1", "InvalidAMIID.NotFound")]
#[case("ResourceId.1=foo", "InvalidID")]
#[case("ResourceId.1=IMAGE&ResourceId.2=snap-1", "InvalidSnapshot.NotFound")]
#[case("ResourceId.1=IMAGE&Tag.1.Key=aws:x", "InvalidParameterValue")]
fn tags_are_deleted_of_all_resources_or_of_none(#[case] ask: &str, #[case] code: &str) {
    let mut aws = TestAws::new("demo");
    let image = tagged(&mut aws);
    assert_eq!(aws.code("us-east-1", &format!("Action=DeleteTags&{}", ask.replace("IMAGE", &image))), code);
    assert_eq!(keys(&mut aws, &image), "abc");
}

#[rstest]
#[case("key", "b", 1)]
#[case("key", "?", 3)]
#[case("value", "3", 1)]
#[case("tag:a", "1", 1)]
#[case("tag:a", "2", 0)]
#[case("resource-type", "image", 3)]
#[case("resource-type", "snapshot", 0)]
fn tags_are_filtered(#[case] filter: &str, #[case] value: &str, #[case] count: usize) {
    let mut aws = TestAws::new("demo");
    let image = tagged(&mut aws);
    let ask = "Action=DescribeTags&Filter.1.Name=resource-id&Filter.1.Value.1=";
    let (_, answer) = aws.ec2("us-east-1", &format!("{ask}{image}&Filter.2.Name={filter}&Filter.2.Value.1={value}"));
    assert_eq!(between(&answer, "<key>", "</key>").len(), count, "{answer}");
    assert_eq!(
        aws.code("us-east-1", "Action=DescribeTags&Filter.1.Name=x&Filter.1.Value.1=y"),
        "InvalidParameterValue"
    );
}

#[test]
fn pages_together_hold_every_tag_once() {
    let mut aws = TestAws::new("demo");
    let pairs = |answer: &str| {
        let ids = between(answer, "<resourceId>", "</resourceId>");
        ids.into_iter().zip(between(answer, "<key>", "</key>")).collect::<Vec<_>>()
    };
    let (_, whole) = aws.ec2("us-east-1", "Action=DescribeTags");
    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let (_, answer) = aws.ec2("us-east-1", &format!("Action=DescribeTags&MaxResults=7{token}"));
        let page = pairs(&answer);
        assert!(page.len() <= 7);
        paged.extend(page);
        let Some(next) = between(&answer, "<nextToken>", "</nextToken>").first().cloned() else { break };
        token = format!("&NextToken={next}");
        assert!(paged.len() < 1_000, "endless");
    }
    assert!(paged.len() > 14);
    assert_eq!(paged, pairs(&whole));
    assert_eq!(aws.code("us-east-1", "Action=DescribeTags&NextToken=m.ami-1"), "InvalidParameterValue");
}
