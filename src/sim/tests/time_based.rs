//! Time-based copies: duration, quotas, and what snapshots show.

use rstest::rstest;

use super::{TestAws, between};

fn ask(source: &str, name: &str, minutes: &str) -> String {
    let duration = format!("SnapshotCopyCompletionDurationMinutes={minutes}");
    format!("SourceRegion=us-east-1&SourceImageId={source}&Name={name}&{duration}")
}

fn state(aws: &mut TestAws, id: &str) -> String {
    let (_, image) = aws.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
    between(&image, "<imageState>", "</imageState>")[0].clone()
}

fn snapshots(aws: &mut TestAws, id: &str) -> String {
    let filter = format!("Filter.1.Name=description&Filter.1.Value.1=Copied+for+DestinationAmi+{id}+*");
    aws.ec2("us-west-2", &format!("Action=DescribeSnapshots&Owner.1=self&{filter}")).1
}

#[rstest]
#[case(15)]
#[case(2880)]
fn a_time_based_copy_ends_at_the_time_asked_for(#[case] minutes: i64) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-db-*");
    let id = aws.copy("us-west-2", &ask(&source, "timed", &minutes.to_string()));
    aws.advance(minutes * 60_000 - 1);
    assert_eq!(state(&mut aws, &id), "pending");
    aws.advance(1);
    assert_eq!(state(&mut aws, &id), "available");
    let seen = snapshots(&mut aws, &id);
    let shown = format!("<transferType>time-based</transferType><completionDurationMinutes>{minutes}<");
    assert_eq!(seen.matches(&shown).count(), 2, "{seen}");
    let filter = "Filter.1.Name=transfer-type&Filter.1.Value.1=time-based";
    let (_, listed) = aws.ec2("us-west-2", &format!("Action=DescribeSnapshots&Owner.1=self&{filter}"));
    assert_eq!(listed.matches("<snapshotId>").count(), 2, "{listed}");
}

#[test]
fn an_ordinary_copy_is_standard_and_says_when_it_was_completed() {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-api-*");
    let id = aws.copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={source}&Name=plain"));
    aws.advance(10_000);
    assert!(!snapshots(&mut aws, &id).contains("completionTime"));
    aws.advance(300_000);
    let seen = snapshots(&mut aws, &id);
    assert!(seen.contains("<transferType>standard<") && seen.contains("<completionTime>2026-03-05T12:00:"), "{seen}");
    assert!(!seen.contains("completionDurationMinutes"), "{seen}");
    let (_, original) = aws.ec2("us-east-1", "Action=DescribeSnapshots&Owner.1=self&MaxResults=5");
    assert!(!original.contains("transferType"), "only copies have one: {original}");
}

#[rstest]
#[case("0")]
#[case("14")]
#[case("20")]
#[case("2895")]
#[case("x")]
fn a_duration_is_a_multiple_of_15_up_to_two_days(#[case] minutes: &str) {
    let mut aws = TestAws::new("demo");
    let source = aws.image("us-east-1", "app-db-*");
    let code = aws.code("us-west-2", &format!("Action=CopyImage&{}", ask(&source, "timed", minutes)));
    assert_eq!(code, "InvalidParameterValue");
}

/// 2 TiB at 500 MiB/s take 69.9 minutes.
#[rstest]
#[case("15", 4_194_304)]
#[case("60", 4_194_304)]
#[case("75", 4_500_000)]
fn a_snapshot_is_copied_at_500_mib_per_second_at_most(#[case] minutes: &str, #[case] ms: i64) {
    let mut aws = TestAws::new("checks");
    let source = aws.image("us-east-1", "app-large");
    let id = aws.copy("us-west-2", &ask(&source, "large", minutes));
    aws.advance(ms - 1);
    assert_eq!(state(&mut aws, &id), "pending");
    aws.advance(1);
    assert_eq!(state(&mut aws, &id), "available");
}

/// The image has 20 and 100 GiB: in 15 minutes, 136.5 MiB/s.
#[test]
fn copies_under_way_share_a_quota_for_each_pair_of_regions() {
    let mut aws = TestAws::new("demo");
    aws.world.limits().time_based_mib_per_second = 200;
    let source = aws.image("us-east-1", "app-db-*");
    let first = aws.copy("us-west-2", &ask(&source, "first", "15"));
    // 63.5 MiB/s are left: less than half of what it needs, so it takes more than twice as long.
    let second = aws.copy("us-west-2", &ask(&source, "second", "15"));
    let third = format!("Action=CopyImage&{}", ask(&source, "third", "15"));
    assert_eq!(aws.code("us-west-2", &third), "ResourceLimitExceeded");
    assert_eq!(aws.code("us-east-2", &third), "", "another destination has its own");
    aws.advance(15 * 60_000);
    assert_eq!([state(&mut aws, &first), state(&mut aws, &second)], ["available", "pending"]);
    aws.advance(15 * 60_000);
    assert_eq!(state(&mut aws, &second), "pending");
    assert_eq!(aws.code("us-west-2", &third), "", "the first no longer counts");
    aws.advance(15 * 60_000);
    assert_eq!(state(&mut aws, &second), "available");
}
