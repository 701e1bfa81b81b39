//! Time scales: work goes faster or slower, and nothing else does.

use std::str::FromStr as _;

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::{TestAws, between};
use crate::sim::{Scenario, TimeScale, World};

const TO: &str = "us-west-2";

fn aws(scenario: &str, times: f64) -> TestAws {
    let aws = TestAws::new(scenario);
    let scale = TimeScale::new(times).unwrap();
    TestAws { world: World::at_scale(&Scenario::named(scenario).unwrap(), scale, aws.now), ..aws }
}

fn ask(aws: &mut TestAws, name: &str, rest: &str) -> String {
    let source = aws.image("us-east-1", "app-db-*");
    format!("SourceRegion=us-east-1&SourceImageId={source}&Name={name}{rest}")
}

fn image(aws: &mut TestAws, id: &str) -> String {
    aws.ec2(TO, &format!("Action=DescribeImages&ImageId.1={id}")).1
}

fn state(aws: &mut TestAws, id: &str) -> String {
    between(&image(aws, id), "<imageState>", "</imageState>")[0].clone()
}

/// Every date in the answers about images and snapshots of all regions.
fn dates(aws: &mut TestAws) -> Vec<Timestamp> {
    let regions: Vec<String> = aws.world.copies(aws.now).iter().map(|c| c.region.to_string()).collect();
    let mut dates = Vec::new();
    for region in regions.iter().map(String::as_str).chain(["us-east-1"]) {
        let images = aws.ec2(region, "Action=DescribeImages&Owner.1=self").1;
        let snapshots = aws.ec2(region, "Action=DescribeSnapshots&Owner.1=self").1;
        for (body, field) in [
            (&images, "creationDate"),
            (&images, "lastLaunchedTime"),
            (&snapshots, "startTime"),
            (&snapshots, "completionTime"),
        ] {
            let found = between(body, &format!("<{field}>"), &format!("</{field}>"));
            dates.extend(found.iter().map(|date| Timestamp::from_str(date).unwrap()));
        }
    }
    dates
}

#[rstest]
fn no_date_is_later_than_now(#[values(0.001, 1.0, 600.0)] times: f64) {
    let mut aws = aws("demo", times);
    for n in 0..30 {
        let asked = ask(&mut aws, &format!("copy-{n}"), "");
        aws.copy(TO, &asked);
        let (all, now) = (dates(&mut aws), aws.now);
        assert!(all.len() > 50, "{}", all.len());
        assert_eq!(all.iter().max(), Some(&now), "the newest copy is dated now");
        aws.advance(1_700);
    }
}

/// The latencies' sum with 100 GiB at 2,500 MiB/s, give or take 8%.
#[rstest]
#[case(1.0, 64_000)]
#[case(600.0, 106)]
#[case(0.1, 640_000)]
fn a_copy_takes_its_time_by_the_scale(#[case] times: f64, #[case] ms: i64) {
    let mut aws = aws("demo", times);
    let asked = ask(&mut aws, "scaled", "");
    let (begun, id) = (aws.now, aws.copy(TO, &asked));
    aws.advance(ms * 9 / 10);
    assert_eq!(state(&mut aws, &id), "pending");
    aws.advance(ms / 5);
    assert_eq!(state(&mut aws, &id), "available");
    let snapshots = format!("Action=DescribeSnapshots&Filter.1.Name=description&Filter.1.Value.1=*{id}*");
    let completed = between(&aws.ec2(TO, &snapshots).1, "<completionTime>", "</completionTime>");
    let completed = Timestamp::from_str(&completed[0]).unwrap();
    assert!(begun < completed && completed < aws.now, "{completed} is between {begun} and {}", aws.now);
}

#[test]
fn a_time_based_copy_is_faster_by_the_scale_and_still_asked_for_in_quarters_of_an_hour() {
    let mut aws = aws("demo", 600.0);
    let timed = |minutes: u32| format!("&SnapshotCopyCompletionDurationMinutes={minutes}");
    let asked = ask(&mut aws, "hasty", &timed(1));
    assert_eq!(aws.code(TO, &format!("Action=CopyImage&{asked}")), "InvalidParameterValue");
    let asked = ask(&mut aws, "timed", &timed(15));
    let id = aws.copy(TO, &asked);
    aws.advance(1_499);
    assert_eq!(state(&mut aws, &id), "pending");
    aws.advance(1);
    assert_eq!(state(&mut aws, &id), "available");
}

#[rstest]
fn the_scenarios_copies_are_as_old_and_as_far_at_every_scale(#[values(0.001, 1.0, 600.0)] times: f64) {
    let at_start = |times| {
        let aws = aws("demo", times);
        aws.world.copies(aws.now)
    };
    let seen =
        |times| -> Vec<String> { at_start(times).iter().map(|c| format!("{:?}", (&c.image, &c.snapshots))).collect() };
    assert_eq!(seen(times), seen(1.0));
    assert_eq!(at_start(times).iter().filter(|c| c.image.state == crate::domain::ImageState::Pending).count(), 2);
}

#[test]
fn limits_and_rates_are_in_real_time() {
    let mut aws = aws("demo", 600.0);
    aws.world.limits().token_life_ms = Some(60_000);
    let asked = ask(&mut aws, "once", "&ClientToken=t");
    let first = aws.copy(TO, &asked);
    aws.advance(59_999);
    assert_eq!(aws.copy(TO, &asked), first, "the token is remembered for a minute of the client's");
    aws.advance(1);
    assert_ne!(aws.copy(TO, &asked), first);

    aws.world.limits().rates = true;
    let drain =
        |aws: &mut TestAws| (0..1_000).take_while(|_| aws.code(TO, "Action=DescribeRegions").is_empty()).count();
    assert!(drain(&mut aws) > 0);
    aws.advance(1_000);
    assert!((1..100).contains(&drain(&mut aws)), "a second fills a second's share");
}

#[test]
fn a_date_that_has_passed_for_the_client_has_passed() {
    let mut aws = aws("demo", 600.0);
    let image = aws.image("us-east-1", "app-api-*");
    aws.advance(60_000);
    let code = |aws: &mut TestAws, after: i64| {
        let at = (aws.now + SignedDuration::from_secs(after)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        aws.code("us-east-1", &format!("Action=EnableImageDeprecation&ImageId={image}&DeprecateAt={at}"))
    };
    assert_eq!(code(&mut aws, -60), "InvalidParameterValue");
    assert_eq!(code(&mut aws, 120), "");
}

#[test]
fn what_follows_a_removal_is_over_sooner() {
    let mut aws = aws("demo", 600.0);
    (aws.world.latencies().visible_after_deregister_ms, aws.world.latencies().unavailable_ms) = (60_000, Some(120_000));
    let asked = ask(&mut aws, "gone", "");
    let id = aws.copy(TO, &asked);
    assert_eq!(aws.code(TO, &format!("Action=DeregisterImage&ImageId={id}")), "");
    aws.advance(99);
    assert!(image(&mut aws, &id).contains("imageState"));
    aws.advance(1);
    assert!(!image(&mut aws, &id).contains("imageState"));
    let deregister = format!("Action=DeregisterImage&ImageId={id}");
    assert_eq!(aws.code(TO, &deregister), "InvalidAMIID.Unavailable");
    aws.advance(100);
    assert_eq!(aws.code(TO, &deregister), "InvalidAMIID.NotFound");
}
