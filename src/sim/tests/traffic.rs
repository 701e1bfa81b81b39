//! Rates, counters, permissions, and connections that do not last.

use rstest::rstest;

use super::{Bench, between};
use crate::{
    domain::Region,
    sim::{
        RequestCount,
        faults::rules::{FaultKind, Rule},
        transport::query::{self, Request},
    },
};

const TAG: &str =
    "&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=Team&TagSpecification.1.Tag.1.Value=x";

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

/// A copy to us-west-2, as a body.
fn copy(bench: &mut Bench, name: &str, rest: &str) -> String {
    let source = bench.image("us-east-1", "al2023-*");
    format!("Action=CopyImage&SourceRegion=us-east-1&SourceImageId={source}&Name={name}{rest}")
}

fn calls(bench: &Bench, place: &str, action: &str) -> RequestCount {
    bench.world.calls().get(&(region(place), action.to_owned())).copied().unwrap_or_default()
}

#[rstest]
#[case("CreateTags", TAG, 403)]
#[case("Create*", TAG, 403)]
#[case("CreateTags", "", 200)]
#[case("DeleteTags", TAG, 200)]
fn a_tagged_copy_needs_the_permission_to_tag(#[case] denied: &str, #[case] tag: &str, #[case] status: u16) {
    let mut bench = Bench::new("empty");
    bench.world.faults().add(Rule::new(denied, FaultKind::Deny).in_region(region("us-west-2")));
    let ask = copy(&mut bench, "tagged", &format!("{tag}&ClientToken=t"));
    let (got, answer) = bench.ec2("us-west-2", &ask);
    assert_eq!(got, status, "{answer}");
    let refused = status == 403;
    assert_eq!(answer.contains("not authorized to perform: ec2:CreateTags"), refused, "{answer}");
    assert_eq!(between(&answer, "<Code>", "</Code>"), vec!["UnauthorizedOperation"; usize::from(refused)]);
    let now = bench.now;
    assert_eq!(bench.world.copies(now).len(), usize::from(!refused));
    assert_eq!(bench.world.copies_made(), u64::from(!refused));
    bench.world.faults().clear();
    assert_eq!(bench.code("us-west-2", &ask), "", "nothing is kept of a refused token");
}

#[test]
fn a_rule_for_tagging_counts_copies_that_tag_and_one_for_everything_counts_once() {
    let mut bench = Bench::new("empty");
    bench.world.faults().add(Rule::new("CreateTags", FaultKind::Deny).first(1));
    let ask = [copy(&mut bench, "one", ""), copy(&mut bench, "two", TAG), copy(&mut bench, "three", TAG)];
    let codes = ask.each_ref().map(|body| bench.code("us-west-2", body));
    assert_eq!(codes, ["", "UnauthorizedOperation", ""]);
    bench.world.faults().clear();
    let ask = [copy(&mut bench, "four", TAG), copy(&mut bench, "five", TAG)];
    bench.world.faults().add(Rule::new("*", FaultKind::Deny).every(2));
    assert_eq!(ask.each_ref().map(|body| bench.code("us-west-2", body)), ["", "UnauthorizedOperation"]);
}

#[test]
fn rates_are_off_until_switched_on_and_then_hold_for_each_region_and_action() {
    let mut bench = Bench::new("empty");
    let throttled = |bench: &mut Bench, place: &str, n: u16| {
        (0..n).filter(|_| bench.code(place, "Action=DescribeImages&Owner.1=self") == "RequestLimitExceeded").count()
    };
    assert_eq!(throttled(&mut bench, "us-west-2", 150), 0);
    bench.world.limits().rates = true;
    assert_eq!(throttled(&mut bench, "us-west-2", 103), 3);
    assert_eq!(bench.ec2("us-west-2", "Action=DescribeImages&Owner.1=self").0, 503);
    assert_eq!(throttled(&mut bench, "us-east-2", 100), 0);
    assert_eq!(bench.code("us-west-2", "Action=DescribeSnapshots&Owner.1=self"), "");
    bench.later(1_000);
    assert_eq!(throttled(&mut bench, "us-west-2", 21), 1);
    bench.world.limits().rates = false;
    assert_eq!(throttled(&mut bench, "us-west-2", 50), 0);
    let kms = (0..150).filter(|_| bench.send("kms", "us-west-2", Some("TrentService.ListKeys"), "{}").status != 200);
    assert_eq!(kms.count(), 0);
}

#[test]
fn a_copy_over_its_rate_is_not_carried_out_and_the_rate_is_everybodys() {
    let mut bench = Bench::new("empty");
    bench.world.limits().rates = true;
    let source = bench.image("us-east-1", "al2023-*");
    let id = crate::domain::ImageId::new(&source).unwrap();
    let (to, from) = (region("us-west-2"), region("us-east-1"));
    for n in 0..100 {
        bench.world.copy_elsewhere(&to, &id, &from, &format!("theirs-{n}"), bench.now).unwrap();
    }
    let refused = bench.world.copy_elsewhere(&to, &id, &from, "theirs", bench.now).unwrap_err();
    assert!(refused.starts_with("RequestLimitExceeded"), "{refused}");
    let ask = copy(&mut bench, "mine", "");
    assert_eq!(bench.code("us-west-2", &ask), "RequestLimitExceeded");
    assert_eq!((bench.world.copies_made(), bench.world.copies(bench.now).len()), (0, 100));
    bench.later(1_000);
    assert_eq!(bench.code("us-west-2", &ask), "");
    assert_eq!(calls(&bench, "us-west-2", "CopyImage"), RequestCount { asked: 2, throttled: 1 });
}

#[test]
fn requests_are_counted_by_region_and_action_and_throttled_ones_beside() {
    let mut bench = Bench::new("empty");
    bench.world.faults().add(Rule::new("Describe*", FaultKind::Throttle).every(3));
    bench.world.faults().add(Rule::new("ListKeys", FaultKind::Throttle));
    bench.world.faults().add(Rule::new("CopyImage", FaultKind::Fail));
    for _ in 0..7 {
        bench.ec2("eu-west-1", "Action=DescribeImages&Owner.1=self");
    }
    bench.ec2("eu-west-2", "Action=CopyImage");
    bench.send("kms", "eu-west-1", Some("TrentService.ListKeys"), "{}");
    assert_eq!(calls(&bench, "eu-west-1", "DescribeImages"), RequestCount { asked: 7, throttled: 2 });
    assert_eq!(calls(&bench, "eu-west-2", "CopyImage"), RequestCount { asked: 1, throttled: 0 });
    assert_eq!(calls(&bench, "eu-west-1", "ListKeys"), RequestCount { asked: 1, throttled: 1 });
    assert_eq!(bench.world.calls().len(), 3);

    let door = Request { method: "GET", path: "/_state", ..Request::default() };
    let state = |bench: &mut Bench| -> serde_json::Value {
        serde_json::from_slice(&query::answer(&mut bench.world, &door, bench.now).body).unwrap()
    };
    assert_eq!(
        state(&mut bench)["eu-west-1"],
        serde_json::json!({ "images": [], "snapshots": [], "calls": {
            "DescribeImages": { "asked": 7, "throttled": 2 }, "ListKeys": { "asked": 1, "throttled": 1 },
        } })
    );
    bench.world.reset_calls();
    assert!(bench.world.calls().is_empty());
    assert_eq!(state(&mut bench), serde_json::json!({}));
}

#[test]
fn a_reset_comes_before_and_a_lost_answer_after_the_copy() {
    for (effect, made) in [(FaultKind::Reset, 0), (FaultKind::LostAnswer, 1)] {
        let mut bench = Bench::new("empty");
        let ask = copy(&mut bench, "cut", "&ClientToken=t");
        bench.world.faults().add(Rule::new("CopyImage", effect));
        assert!(bench.send("ec2", "us-west-2", None, &ask).reset);
        assert_eq!(
            (bench.world.copies_made(), bench.world.copies(bench.now).len()),
            (made, usize::try_from(made).unwrap())
        );
        assert_eq!(calls(&bench, "us-west-2", "CopyImage").asked, 1);
        bench.world.faults().clear();
        assert_eq!(bench.code("us-west-2", &ask), "");
        assert_eq!(bench.world.copies_made(), 1);
    }
}

#[test]
fn a_scenario_may_set_rates_and_the_life_of_tokens() {
    let text = "summary = 'x'\nseed = 1\naccount = '123456789012'\nhome = 'us-east-1'\nextends = 'empty'\n";
    let scenario = |rest: &str| crate::sim::Scenario::parse(&format!("{text}{rest}")).unwrap();
    let plain = scenario("").limits;
    assert_eq!((plain.rates, plain.token_life_ms), (false, None));
    let set =
        scenario("[limits]\nrates = true\ntoken_life_ms = 5000\n[pace]\nghost_ms = 9\n[[fault]]\nkind = 'reset'\n");
    assert_eq!((set.limits.rates, set.limits.token_life_ms, set.pace.ghost_ms), (true, Some(5_000), 9));
    assert_eq!((set.limits.pending_copies, set.faults[0].kind), (300, FaultKind::Reset));
}
