//! Who sees what, in pages.

use std::collections::HashSet;

use rstest::rstest;

use super::{Bench, between};

/// Every page of a listing, as lists of image names.
fn pages(bench: &mut Bench, region: &str, ask: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let (status, body) = bench.ec2(region, &format!("Action=DescribeImages&{ask}{token}"));
        assert_eq!(status, 200, "{body}");
        all.push(between(&body, "<name>", "</name>"));
        match between(&body, "<nextToken>", "</nextToken>").first() {
            Some(next) => token = format!("&NextToken={next}"),
            None => return all,
        }
        assert!(all.len() < 200, "endless");
    }
}

#[test]
fn the_demo_has_about_sixty_own_images_in_six_regions() {
    let mut bench = Bench::new("demo");
    let counts: Vec<usize> =
        ["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "sa-east-1"]
            .into_iter()
            .map(|r| pages(&mut bench, r, "Owner.1=self&IncludeDisabled=true").concat().len())
            .collect();
    assert_eq!(counts, [38, 2, 10, 9, 3, 2, 0]);
}

#[test]
fn pages_together_are_the_whole_and_nothing_twice() {
    let mut bench = Bench::new("demo");
    let whole = pages(&mut bench, "eu-west-1", "Owner.1=self").concat();
    let paged = pages(&mut bench, "eu-west-1", "Owner.1=self&MaxResults=5");
    assert!(paged.len() >= 2 && paged.iter().all(|p| p.len() <= 5), "{paged:?}");
    assert_eq!(paged.concat(), whole);
    assert_eq!(whole.iter().collect::<HashSet<_>>().len(), whole.len());
}

#[test]
fn a_filtered_page_may_be_empty_and_go_on() {
    let mut bench = Bench::new("demo");
    let paged =
        pages(&mut bench, "us-east-1", "Owner.1=self&MaxResults=5&Filter.1.Name=name&Filter.1.Value.1=batch-gpu-*");
    assert!(paged.first().is_some_and(Vec::is_empty) && paged.len() > 2, "{paged:?}");
    assert_eq!(paged.concat(), ["batch-gpu-00009", "batch-gpu-00008"]);
}

#[rstest]
#[case("Owner.1=self&Filter.1.Name=architecture&Filter.1.Value.1=arm64", 7)]
#[case("Owner.1=self&Filter.1.Name=state&Filter.1.Value.1=disabled", 0)]
#[case("Owner.1=self&IncludeDisabled=true&Filter.1.Name=state&Filter.1.Value.1=disabled", 1)]
#[case("Owner.1=self&Filter.1.Name=tag:Team&Filter.1.Value.1=web", 12)]
#[case("Owner.1=self&Filter.1.Name=tag-key&Filter.1.Value.1=Keep", 1)]
#[case("Owner.1=self&Filter.1.Name=tag:Team&Filter.1.Value.1=web&Filter.2.Name=name&Filter.2.Value.1=*00015", 1)]
#[case("Owner.1=self&Filter.1.Name=root-device-type&Filter.1.Value.1=instance-store", 1)]
#[case("Owner.1=self&Filter.1.Name=virtualization-type&Filter.1.Value.1=paravirtual", 1)]
#[case("Owner.1=self&Filter.1.Name=is-public&Filter.1.Value.1=true", 0)]
#[case("ExecutableBy.1=self", 5)]
#[case("Owner.1=210987654321", 4)]
#[case("Owner.1=amazon", 10)]
#[case("Owner.1=amazon&IncludeDeprecated=true", 12)]
#[case("Owner.1=aws-marketplace", 3)]
#[case("Owner.1=aws-marketplace&Owner.2=amazon", 13)]
#[case("Filter.1.Name=owner-alias&Filter.1.Value.1=amazon", 10)]
#[case("Owner.1=999999999999", 0)]
fn owners_and_filters_choose(#[case] ask: &str, #[case] count: usize) {
    let mut bench = Bench::new("demo");
    assert_eq!(pages(&mut bench, "us-east-1", ask).concat().len(), count);
}

#[test]
fn a_hundred_thousand_images_are_listed_in_pages_of_a_thousand() {
    let mut bench = Bench::new("huge");
    let (mut token, mut count, mut ids) = (String::new(), 0, HashSet::new());
    loop {
        let (_, body) = bench.ec2("us-east-1", &format!("Action=DescribeImages&Owner.1=self&MaxResults=1000{token}"));
        let page = between(&body, "<imageId>", "</imageId>");
        count += page.len();
        ids.extend(page);
        let Some(next) = between(&body, "<nextToken>", "</nextToken>").first().cloned() else { break };
        token = format!("&NextToken={next}");
    }
    assert_eq!((count, ids.len()), (100_000, 100_000));
}

#[test]
fn snapshots_are_paged_and_filtered_too() {
    let mut bench = Bench::new("demo");
    let (_, page) = bench.ec2("eu-west-1", "Action=DescribeSnapshots&Owner.1=self&MaxResults=5");
    assert!(page.contains("<nextToken>"));
    let (_, failed) =
        bench.ec2("eu-west-1", "Action=DescribeSnapshots&Owner.1=self&Filter.1.Name=status&Filter.1.Value.1=error");
    assert_eq!(between(&failed, "<snapshotId>", "</snapshotId>").len(), 1);
    let (_, others) = bench
        .ec2("us-east-1", "Action=DescribeSnapshots&Owner.1=self&Filter.1.Name=owner-id&Filter.1.Value.1=210987654321");
    assert!(!others.contains("<snapshotId>"));
}

#[test]
fn hostile_text_is_sent_as_references() {
    let mut bench = Bench::new("hostile");
    let (_, body) = bench.ec2("us-east-1", "Action=DescribeImages&Owner.1=self");
    assert!(body.contains("esc-&#x1b;[31mred"), "{body}");
    assert!(!body.contains('\u{1b}') && !body.contains('\u{9b}'));
    assert!(body.contains('\u{202e}') && body.contains("👩‍👩‍👧‍👦"));
}
