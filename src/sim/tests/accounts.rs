//! Requests signed with another account's key.

use rstest::rstest;

use super::{TestAws, between};
use crate::{
    domain::{AccountId, Region},
    sim::ForeignCall,
};

const THEIRS: &str = "AKIATHEIRS";

/// Returns a world with an access key of another account, and that account.
fn aws_with_other_account() -> (TestAws, AccountId) {
    let mut aws = TestAws::new("demo");
    let other = AccountId::new("999988887777").unwrap();
    aws.world.sign_in(THEIRS, &other);
    (aws, other)
}

fn account(aws: &mut TestAws) -> String {
    let response = aws.send("sts", "us-east-1", None, "Action=GetCallerIdentity&Version=2011-06-15");
    between(&String::from_utf8(response.body).unwrap(), "<Account>", "</Account>")[0].clone()
}

#[test]
fn the_access_key_decides_the_account() {
    let (mut aws, other) = aws_with_other_account();
    let own = account(&mut aws);
    assert_eq!(own, aws.world.account().as_str());
    aws.access_key_id = "AKIANEVERSEEN";
    assert_eq!(account(&mut aws), own, "an unknown key is the scenario's account's");
    aws.access_key_id = THEIRS;
    assert_eq!(account(&mut aws), other.as_str());
    assert_eq!(aws.world.foreign_calls(), [], "asking who one is is no foreign call");
}

#[rstest]
#[case("DescribeImages&ImageId.1={}", "InvalidAMIID.NotFound")]
#[case("DeregisterImage&ImageId={}", "InvalidAMIID.NotFound")]
#[case("CreateTags&ResourceId.1={}&Tag.1.Key=a&Tag.1.Value=b", "InvalidAMIID.NotFound")]
#[case("CopyImage&SourceRegion=us-east-1&SourceImageId={}&Name=stolen", "InvalidAMIID.NotFound")]
#[case("DescribeImages&Owner.1=self", "")]
#[case("DescribeSnapshots&Owner.1=self", "")]
fn another_account_does_not_see_this_ones_resources(#[case] ask: &str, #[case] code: &str) {
    let (mut aws, other) = aws_with_other_account();
    let image = aws.image("us-east-1", "app-web-*");
    aws.access_key_id = THEIRS;
    let (_, answer) = aws.ec2("us-east-1", &format!("Action={}", ask.replace("{}", &image)));
    assert_eq!(between(&answer, "<Code>", "</Code>").concat(), code, "{answer}");
    assert!(!answer.contains("<item>"), "{answer}");
    let action = ask.split('&').next().unwrap().to_owned();
    let region = Region::new("us-east-1").unwrap();
    assert_eq!(aws.world.foreign_calls(), [ForeignCall { at: aws.now, account: other, region, action }]);
}

#[test]
fn another_accounts_copies_are_its_own_and_its_calls_are_recorded() {
    let (mut aws, _) = aws_with_other_account();
    let public = aws.image("us-east-1", "al2023-*");
    aws.access_key_id = THEIRS;
    let copy = format!("SourceRegion=us-east-1&SourceImageId={public}&Name=mine");
    let id = aws.copy("us-west-2", &copy);
    aws.advance(300_000);
    let ask = format!("Action=DescribeImages&Owner.1=self&ImageId.1={id}");
    let (_, seen) = aws.ec2("us-west-2", &ask);
    assert!(seen.contains("<imageState>available") && seen.contains("<imageOwnerId>999988887777"), "{seen}");
    aws.send("kms", "us-west-2", Some("TrentService.ListKeys"), "{}");
    aws.access_key_id = "AKIAIOSFODNN7EXAMPLE";
    assert_eq!(aws.code("us-west-2", &ask), "InvalidAMIID.NotFound");
    assert_eq!(aws.world.copies_made(), 0);
    let actions: Vec<&str> = aws.world.foreign_calls().iter().map(|c| c.action.as_str()).collect();
    assert_eq!(actions, ["CopyImage", "DescribeImages", "ListKeys"]);
}
