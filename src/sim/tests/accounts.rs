//! Requests signed by another account's key.

use rstest::rstest;

use super::{Bench, between};
use crate::{
    domain::{AccountId, Region},
    sim::ForeignCall,
};

const THEIRS: &str = "AKIATHEIRS";

/// A world in which one more key is another account's.
fn bench() -> (Bench, AccountId) {
    let mut bench = Bench::new("demo");
    let other = AccountId::new("999988887777").unwrap();
    bench.world.sign_in(THEIRS, &other);
    (bench, other)
}

fn account(bench: &mut Bench) -> String {
    let response = bench.send("sts", "us-east-1", None, "Action=GetCallerIdentity&Version=2011-06-15");
    between(&String::from_utf8(response.body).unwrap(), "<Account>", "</Account>")[0].clone()
}

#[test]
fn the_caller_is_whose_key_it_is() {
    let (mut bench, other) = bench();
    let own = account(&mut bench);
    assert_eq!(own, bench.world.account().as_str());
    bench.access_key_id = "AKIANEVERSEEN";
    assert_eq!(account(&mut bench), own, "an unknown key is the scenario's account's");
    bench.access_key_id = THEIRS;
    assert_eq!(account(&mut bench), other.as_str());
    assert_eq!(bench.world.foreign_calls(), [], "asking who one is is no foreign call");
}

#[rstest]
#[case("DescribeImages&ImageId.1={}", "InvalidAMIID.NotFound")]
#[case("DeregisterImage&ImageId={}", "InvalidAMIID.NotFound")]
#[case("CreateTags&ResourceId.1={}&Tag.1.Key=a&Tag.1.Value=b", "InvalidAMIID.NotFound")]
#[case("CopyImage&SourceRegion=us-east-1&SourceImageId={}&Name=stolen", "InvalidAMIID.NotFound")]
#[case("DescribeImages&Owner.1=self", "")]
#[case("DescribeSnapshots&Owner.1=self", "")]
fn another_account_has_nothing_of_this_one(#[case] ask: &str, #[case] code: &str) {
    let (mut bench, other) = bench();
    let image = bench.image("us-east-1", "app-web-*");
    bench.access_key_id = THEIRS;
    let (_, answer) = bench.ec2("us-east-1", &format!("Action={}", ask.replace("{}", &image)));
    assert_eq!(between(&answer, "<Code>", "</Code>").concat(), code, "{answer}");
    assert!(!answer.contains("<item>"), "{answer}");
    let action = ask.split('&').next().unwrap().to_owned();
    let region = Region::new("us-east-1").unwrap();
    assert_eq!(bench.world.foreign_calls(), [ForeignCall { at: bench.now, account: other, region, action }]);
}

#[test]
fn another_account_copies_public_images_for_itself_and_only_that_is_written_down() {
    let (mut bench, _) = bench();
    let public = bench.image("us-east-1", "al2023-*");
    bench.access_key_id = THEIRS;
    let copy = format!("SourceRegion=us-east-1&SourceImageId={public}&Name=mine");
    let id = bench.copy("us-west-2", &copy);
    bench.later(300_000);
    let ask = format!("Action=DescribeImages&Owner.1=self&ImageId.1={id}");
    let (_, seen) = bench.ec2("us-west-2", &ask);
    assert!(seen.contains("<imageState>available") && seen.contains("<imageOwnerId>999988887777"), "{seen}");
    bench.send("kms", "us-west-2", Some("TrentService.ListKeys"), "{}");
    bench.access_key_id = "AKIAIOSFODNN7EXAMPLE";
    assert_eq!(bench.code("us-west-2", &ask), "InvalidAMIID.NotFound");
    assert_eq!(bench.world.copies_made(), 0);
    let actions: Vec<&str> = bench.world.foreign_calls().iter().map(|c| c.action.as_str()).collect();
    assert_eq!(actions, ["CopyImage", "DescribeImages", "ListKeys"]);
}
