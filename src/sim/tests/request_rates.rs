//! Request rates and counts, permissions, and reset connections.

use rstest::rstest;

use super::{TestAws, between, region};
use crate::sim::{
    RequestCount,
    faults::rules::{FaultKind, Rule},
    transport::query::{self, Request},
};

const TAG: &str =
    "&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=Team&TagSpecification.1.Tag.1.Value=x";

/// Returns the body of a copy to us-west-2.
fn copy(aws: &mut TestAws, name: &str, rest: &str) -> String {
    let source = aws.image("us-east-1", "al2023-*");
    format!("Action=CopyImage&SourceRegion=us-east-1&SourceImageId={source}&Name={name}{rest}")
}

fn calls(aws: &TestAws, place: &str, action: &str) -> RequestCount {
    aws.world.calls().get(&(region(place), action.to_owned())).copied().unwrap_or_default()
}

#[rstest]
#[case("CreateTags", TAG, 403)]
#[case("Create*", TAG, 403)]
#[case("CreateTags", "", 200)]
#[case("DeleteTags", TAG, 200)]
fn a_tagged_copy_needs_the_permission_to_tag(#[case] denied: &str, #[case] tag: &str, #[case] status: u16) {
    let mut aws = TestAws::new("empty");
    aws.world.faults().add(Rule::new(denied, FaultKind::Deny).in_region(region("us-west-2")));
    let ask = copy(&mut aws, "tagged", &format!("{tag}&ClientToken=t"));
    let (got, answer) = aws.ec2("us-west-2", &ask);
    assert_eq!(got, status, "{answer}");
    let fault_error = status == 403;
    assert_eq!(answer.contains("not authorized to perform: ec2:CreateTags"), fault_error, "{answer}");
    assert_eq!(between(&answer, "<Code>", "</Code>"), vec!["UnauthorizedOperation"; usize::from(fault_error)]);
    let now = aws.now;
    assert_eq!(aws.world.copies(now).len(), usize::from(!fault_error));
    assert_eq!(aws.world.copies_made(), u64::from(!fault_error));
    aws.world.faults().clear();
    assert_eq!(aws.code("us-west-2", &ask), "", "nothing is kept of a refused token");
}

#[test]
fn a_rule_for_tagging_counts_tagged_copies_and_one_for_everything_counts_once() {
    let mut aws = TestAws::new("empty");
    aws.world.faults().add(Rule::new("CreateTags", FaultKind::Deny).first(1));
    let ask = [copy(&mut aws, "one", ""), copy(&mut aws, "two", TAG), copy(&mut aws, "three", TAG)];
    let codes = ask.each_ref().map(|body| aws.code("us-west-2", body));
    assert_eq!(codes, ["", "UnauthorizedOperation", ""]);
    aws.world.faults().clear();
    let ask = [copy(&mut aws, "four", TAG), copy(&mut aws, "five", TAG)];
    aws.world.faults().add(Rule::new("*", FaultKind::Deny).every(2));
    assert_eq!(ask.each_ref().map(|body| aws.code("us-west-2", body)), ["", "UnauthorizedOperation"]);
}

#[test]
fn rates_are_off_by_default_and_apply_per_region_and_action() {
    let mut aws = TestAws::new("empty");
    let throttled = |aws: &mut TestAws, place: &str, n: u16| {
        (0..n).filter(|_| aws.code(place, "Action=DescribeImages&Owner.1=self") == "RequestLimitExceeded").count()
    };
    assert_eq!(throttled(&mut aws, "us-west-2", 150), 0);
    aws.world.limits().rates = true;
    assert_eq!(throttled(&mut aws, "us-west-2", 103), 3);
    assert_eq!(aws.ec2("us-west-2", "Action=DescribeImages&Owner.1=self").0, 503);
    assert_eq!(throttled(&mut aws, "us-east-2", 100), 0);
    assert_eq!(aws.code("us-west-2", "Action=DescribeSnapshots&Owner.1=self"), "");
    aws.advance(1_000);
    assert_eq!(throttled(&mut aws, "us-west-2", 21), 1);
    aws.world.limits().rates = false;
    assert_eq!(throttled(&mut aws, "us-west-2", 50), 0);
    let kms = (0..150).filter(|_| aws.send("kms", "us-west-2", Some("TrentService.ListKeys"), "{}").status != 200);
    assert_eq!(kms.count(), 0);
}

#[test]
fn a_copy_over_the_rate_is_refused_and_all_users_share_the_rate() {
    let mut aws = TestAws::new("empty");
    aws.world.limits().rates = true;
    let source = aws.image("us-east-1", "al2023-*");
    let id = crate::domain::ImageId::new(&source).unwrap();
    let (to, from) = (region("us-west-2"), region("us-east-1"));
    for n in 0..100 {
        aws.world.copy_as_other_user(&to, &id, &from, &format!("theirs-{n}"), aws.now).unwrap();
    }
    let fault_error = aws.world.copy_as_other_user(&to, &id, &from, "theirs", aws.now).unwrap_err();
    assert!(fault_error.to_string().starts_with("RequestLimitExceeded"), "{fault_error}");
    let ask = copy(&mut aws, "mine", "");
    assert_eq!(aws.code("us-west-2", &ask), "RequestLimitExceeded");
    assert_eq!((aws.world.copies_made(), aws.world.copies(aws.now).len()), (0, 100));
    aws.advance(1_000);
    assert_eq!(aws.code("us-west-2", &ask), "");
    assert_eq!(calls(&aws, "us-west-2", "CopyImage"), RequestCount { received: 2, throttled: 1 });
}

#[test]
fn requests_and_throttled_ones_are_counted_by_region_and_action() {
    let mut aws = TestAws::new("empty");
    aws.world.faults().add(Rule::new("Describe*", FaultKind::Throttle).every(3));
    aws.world.faults().add(Rule::new("ListKeys", FaultKind::Throttle));
    aws.world.faults().add(Rule::new("CopyImage", FaultKind::Fail));
    for _ in 0..7 {
        aws.ec2("eu-west-1", "Action=DescribeImages&Owner.1=self");
    }
    aws.ec2("eu-west-2", "Action=CopyImage");
    aws.send("kms", "eu-west-1", Some("TrentService.ListKeys"), "{}");
    assert_eq!(calls(&aws, "eu-west-1", "DescribeImages"), RequestCount { received: 7, throttled: 2 });
    assert_eq!(calls(&aws, "eu-west-2", "CopyImage"), RequestCount { received: 1, throttled: 0 });
    assert_eq!(calls(&aws, "eu-west-1", "ListKeys"), RequestCount { received: 1, throttled: 1 });
    assert_eq!(aws.world.calls().len(), 3);

    let request = Request { method: "GET", path: "/_state", ..Request::default() };
    let state = |aws: &mut TestAws| -> serde_json::Value {
        serde_json::from_slice(&query::respond(&mut aws.world, &request, aws.now).body).unwrap()
    };
    assert_eq!(
        state(&mut aws)["eu-west-1"],
        serde_json::json!({ "images": [], "snapshots": [], "calls": {
            "DescribeImages": { "received": 7, "throttled": 2 }, "ListKeys": { "received": 1, "throttled": 1 },
        } })
    );
    aws.world.reset_calls();
    assert!(aws.world.calls().is_empty());
    assert_eq!(state(&mut aws), serde_json::json!({}));
}

#[test]
fn a_reset_comes_before_and_a_lost_answer_after_the_copy() {
    for (effect, created) in [(FaultKind::Reset, 0), (FaultKind::LostAnswer, 1)] {
        let mut aws = TestAws::new("empty");
        let ask = copy(&mut aws, "cut", "&ClientToken=t");
        aws.world.faults().add(Rule::new("CopyImage", effect));
        assert!(aws.send("ec2", "us-west-2", None, &ask).reset);
        assert_eq!(
            (aws.world.copies_made(), aws.world.copies(aws.now).len()),
            (created, usize::try_from(created).unwrap())
        );
        assert_eq!(calls(&aws, "us-west-2", "CopyImage").received, 1);
        aws.world.faults().clear();
        assert_eq!(aws.code("us-west-2", &ask), "");
        assert_eq!(aws.world.copies_made(), 1);
    }
}

#[test]
fn a_scenario_may_set_rates_and_the_life_of_tokens() {
    let text = "summary = 'x'\nseed = 1\naccount = '123456789012'\nhome = 'us-east-1'\nextends = 'empty'\n";
    let scenario = |rest: &str| crate::sim::Scenario::parse(&format!("{text}{rest}")).unwrap();
    let plain = scenario("").limits;
    assert_eq!((plain.rates, plain.token_life_ms), (false, None));
    let set = scenario(
        "[limits]\nrates = true\ntoken_life_ms = 5000\n[latencies]\nvisible_after_deregister_ms = 9\n[[fault]]\nkind = 'reset'\n",
    );
    assert_eq!(
        (set.limits.rates, set.limits.token_life_ms, set.latencies.visible_after_deregister_ms),
        (true, Some(5_000), 9)
    );
    assert_eq!((set.limits.pending_copies, set.faults[0].kind), (300, FaultKind::Reset));
}
