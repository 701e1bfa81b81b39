//! Policies by themselves and beside each other.

use super::*;

fn route(from: &str, to: &[&str]) -> SyncPolicy {
    SyncPolicy { from: region(from), ..policy(to) }
}

#[test]
fn circles_are_found_however_long() {
    type Routes = &'static [(&'static str, &'static [&'static str])];
    let found = |routes: Routes| {
        let policies: Vec<SyncPolicy> = routes.iter().map(|(from, to)| route(from, to)).collect();
        cycle(&policies).map(|regions| regions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(found(&[(US, &[EU]), (EU, &[US])]).as_deref(), Some("eu-west-1 us-east-1 eu-west-1"));
    let long: Routes = &[(US, &[EU]), (EU, &["eu-west-2", "eu-west-3"]), ("eu-west-3", &[US])];
    assert_eq!(found(long).as_deref(), Some("eu-west-1 eu-west-3 us-east-1 eu-west-1"));
    assert_eq!(found(&[(US, &[EU, "eu-west-2"]), (EU, &["eu-west-2"])]), None, "two ways to a region are no circle");
    let plan = plan_of(&[route(US, &[EU]), route(EU, &[US])], &account_state([]));
    assert!(matches!(plan.refusals.as_slice(), [Refusal::Cycle(_)]) && plan.refusals[0].is_of_policies());
}

/// What another policy wants of a copy, and in what that differs.
type Case = (fn() -> Draft, &'static str);

#[test]
fn policies_that_want_different_things_of_one_copy_are_named() {
    let account_state = account_state([source(1, "web-1", 3)]);
    let with = |second: fn() -> Draft, policies: [SyncPolicy; 2]| {
        let drafts = move |n: usize, _: &Arc<Image>| if n == 0 { draft() } else { second() };
        plan(&policies, &account_state, Stage::BeforeCopies, CheckContext::at(now()), None, &drafts)
    };
    let both = || [policy(&[EU]), policy(&["eu-west-2", EU])];
    let same = with(draft, both());
    assert!(same.refusals.is_empty());
    assert_eq!(lines(&same), ["ami-1 eu-west-1 copy", "ami-1 eu-west-2 copy", "ami-1 eu-west-1 skip OtherPolicy(0)"]);
    let cases: [Case; 3] = [
        (|| Draft { name: "{name}-dr".into(), ..draft() }, "the name of the copy"),
        (|| Draft { encrypt: true, key: "alias/a".into(), ..draft() }, "encryption or its key"),
        (|| Draft { image_tags: vec!["a=b".into()], ..draft() }, "tags"),
    ];
    for (second, differs) in cases {
        let conflict = Refusal::Conflict { policies: [0, 1], source: id("ami-1"), region: region(EU), differs };
        assert_eq!(with(second, both()).refusals, [conflict]);
        // Not where they have no region in common.
        assert_eq!(with(second, [policy(&[EU]), policy(&["eu-west-2"])]).refusals, []);
    }
    let versions = with(draft, [policy(&[EU]), keeping(2, &[EU])]).refusals;
    assert!(matches!(versions.as_slice(), [Refusal::Conflict { differs, .. }] if differs.starts_with("how many")));
}

#[test]
fn a_policy_says_whence_whither_and_what() {
    assert_eq!(policy(&[EU]).mistake(), None);
    assert_eq!(policy(&[]).mistake(), Some(PolicyMistake::NoDestination));
    assert_eq!(policy(&[EU, US]).mistake(), Some(PolicyMistake::OwnRegion));
    let all = SyncPolicy { matching: Filter::default(), ..policy(&[EU]) };
    assert_eq!(all.mistake(), Some(PolicyMistake::NoMatch));
}

#[test]
fn the_tag_proves_only_what_ec2_confirms() {
    let copy = copy(&source(1, "web-1", 3), EU);
    let with = |value: &str| {
        let tags = vec![Tag { key: SYNC_TAG.into(), value: value.into() }];
        made_by_sync(&Image { tags, ..copy.clone() }, &account())
    };
    assert!(made_by_sync(&copy, &account()).is_ok() && with("us-east-1/ami-1/eu-west-1").is_ok());
    let others = AccountId::new("210987654321").unwrap();
    assert_eq!(made_by_sync(&copy, &others), Err(NotOurs::Owner));
    assert_eq!(made_by_sync(&Image { tags: Vec::new(), ..copy.clone() }, &account()), Err(NotOurs::NoTag));
    for value in [
        "",
        "true",
        "us-east-1/ami-1",
        "us-east-1/ami-1/eu-west-1/",
        "us-east-1/ami-1/eu-west-1/x",
        "US-EAST-1/ami-1/eu-west-1",
    ] {
        assert_eq!(with(value), Err(NotOurs::Value), "{value}");
    }
    assert_eq!(with("us-east-1/ami-1/eu-west-2"), Err(NotOurs::Region));
    assert_eq!(with("us-east-1/ami-2/eu-west-1"), Err(NotOurs::Source));
    assert_eq!(with("us-east-2/ami-1/eu-west-1"), Err(NotOurs::Source));
    for image in [Image { source_image_id: None, ..copy.clone() }, Image { source_region: None, ..copy.clone() }] {
        assert_eq!(made_by_sync(&image, &account()), Err(NotOurs::Source), "EC2 does not report");
    }
}
