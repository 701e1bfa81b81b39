//! `DescribeImages` and `DescribeSnapshots`: visibility, filters, pages.

use std::collections::HashSet;

use rstest::rstest;

use super::{Scenario, TestAws, World, between};

/// Returns every page of a listing as image names.
fn pages(aws: &mut TestAws, region: &str, ask: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let (status, body) = aws.ec2(region, &format!("Action=DescribeImages&{ask}{token}"));
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
    let mut aws = TestAws::new("demo");
    let counts: Vec<usize> =
        ["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "sa-east-1"]
            .into_iter()
            .map(|r| pages(&mut aws, r, "Owner.1=self&IncludeDisabled=true").concat().len())
            .collect();
    assert_eq!(counts, [38, 2, 10, 9, 3, 2, 0]);
}

#[test]
fn pages_together_hold_everything_once() {
    let mut aws = TestAws::new("demo");
    let whole = pages(&mut aws, "eu-west-1", "Owner.1=self").concat();
    let paged = pages(&mut aws, "eu-west-1", "Owner.1=self&MaxResults=5");
    assert!(paged.len() >= 2 && paged.iter().all(|p| p.len() <= 5), "{paged:?}");
    assert_eq!(paged.concat(), whole);
    assert_eq!(whole.iter().collect::<HashSet<_>>().len(), whole.len());
}

#[test]
fn a_filtered_page_may_be_empty_and_followed_by_another() {
    let mut aws = TestAws::new("demo");
    let paged =
        pages(&mut aws, "us-east-1", "Owner.1=self&MaxResults=5&Filter.1.Name=name&Filter.1.Value.1=batch-gpu-*");
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
fn owners_and_filters_select(#[case] ask: &str, #[case] count: usize) {
    let mut aws = TestAws::new("demo");
    assert_eq!(pages(&mut aws, "us-east-1", ask).concat().len(), count);
}

#[test]
fn a_hundred_thousand_images_are_listed_in_pages_of_a_thousand() {
    let mut aws = TestAws::new("huge");
    let (mut token, mut count, mut ids) = (String::new(), 0, HashSet::new());
    loop {
        let (_, body) = aws.ec2("us-east-1", &format!("Action=DescribeImages&Owner.1=self&MaxResults=1000{token}"));
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
    let mut aws = TestAws::new("demo");
    let (_, page) = aws.ec2("eu-west-1", "Action=DescribeSnapshots&Owner.1=self&MaxResults=5");
    assert!(page.contains("<nextToken>"));
    let (_, failed) =
        aws.ec2("eu-west-1", "Action=DescribeSnapshots&Owner.1=self&Filter.1.Name=status&Filter.1.Value.1=error");
    assert_eq!(between(&failed, "<snapshotId>", "</snapshotId>").len(), 1);
    let (_, others) = aws
        .ec2("us-east-1", "Action=DescribeSnapshots&Owner.1=self&Filter.1.Name=owner-id&Filter.1.Value.1=210987654321");
    assert!(!others.contains("<snapshotId>"));
}

#[test]
fn control_characters_are_sent_as_references() {
    let mut aws = TestAws::new("hostile");
    let (_, body) = aws.ec2("us-east-1", "Action=DescribeImages&Owner.1=self");
    assert!(body.contains("esc-&#x1b;[31mred"), "{body}");
    assert!(!body.contains('\u{1b}') && !body.contains('\u{9b}'));
    assert!(body.contains('\u{202e}') && body.contains("👩‍👩‍👧‍👦"));
}

/// Returns all ids of a paged listing, and the size of the largest page.
fn paged_ids(aws: &mut TestAws, ask: &str, tag: &str) -> (Vec<String>, usize) {
    let (mut ids, mut most, mut token) = (Vec::new(), 0, String::new());
    loop {
        let (status, body) = aws.ec2("eu-west-2", &format!("{ask}&MaxResults=5{token}"));
        assert_eq!(status, 200, "{body}");
        let page = between(&body, &format!("<{tag}>"), &format!("</{tag}>"));
        most = most.max(page.len());
        ids.extend(page);
        match between(&body, "<nextToken>", "</nextToken>").first() {
            Some(next) => token = format!("&NextToken={next}"),
            None => return (ids, most),
        }
        assert!(ids.len() < 200, "endless");
    }
}

#[test]
fn copies_are_found_by_state_tag_name_and_description_page_by_page() {
    let mut aws = TestAws::new("empty");
    let source = aws.image("us-east-1", "al2023-*");
    let tag = |kind: u8, of: &str, n: u8| {
        let spec = format!("&TagSpecification.{kind}");
        format!("{spec}.ResourceType={of}{spec}.Tag.1.Key=job{spec}.Tag.1.Value=run-{n}")
    };
    let mut created = Vec::new();
    for n in 0..12 {
        let rest = format!("Name=nightly-{n}{}{}", tag(1, "image", n), tag(2, "snapshot", n));
        created.push(aws.copy("eu-west-2", &format!("SourceRegion=us-east-1&SourceImageId={source}&{rest}")));
        aws.advance(20_000);
    }
    let images = |aws: &mut TestAws, filters: &str| {
        let (mut ids, most) = paged_ids(aws, &format!("Action=DescribeImages&Owner.1=self{filters}"), "imageId");
        assert!(most <= 5);
        ids.sort_unstable();
        ids
    };
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    let by = |n: u8, name: &str, value: &str| format!("&Filter.{n}.Name={name}&Filter.{n}.Value.1={value}");
    let (available, pending) = (by(1, "state", "available"), by(1, "state", "pending"));
    let whole = images(&mut aws, &available).len();
    assert!((1..12).contains(&whole), "{whole}");
    assert_eq!(images(&mut aws, &available), sorted(&created[..whole]));
    assert_eq!(images(&mut aws, &pending), sorted(&created[whole..]));
    assert_eq!(images(&mut aws, &by(1, "tag:job", "run-7")), created[7..8]);
    assert_eq!(images(&mut aws, &by(1, "tag:job", "run-1*")), sorted(&[&created[1..2], &created[10..]].concat()));
    assert_eq!(images(&mut aws, &by(1, "name", "nightly-?")), sorted(&created[..10]));
    let both = format!("{}{}", by(1, "name", "nightly-1*"), by(2, "tag:job", "run-1"));
    assert_eq!(images(&mut aws, &both), created[1..2]);
    assert_eq!(images(&mut aws, &format!("{both}{}", by(3, "state", "failed"))), Vec::<String>::new());

    aws.advance(2_000);
    let descriptions = |aws: &mut TestAws, filters: &str| {
        let ask = format!("Action=DescribeSnapshots&Owner.1=self{filters}");
        let (mut found, most) = paged_ids(aws, &ask, "description");
        assert!(most <= 5);
        found.sort_unstable();
        found.iter().map(|d| d.split(' ').nth(3).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = descriptions(&mut aws, &by(1, "description", "Copied+for+DestinationAmi+*"));
    assert_eq!(all, sorted(&created));
    let one = by(1, "description", &format!("Copied+for+DestinationAmi+{}+*", created[3]));
    assert_eq!(descriptions(&mut aws, &one), created[3..4]);
    let two = format!("{one}&Filter.1.Value.2=Copied+for+DestinationAmi+{}+*", created[9]);
    assert_eq!(descriptions(&mut aws, &two), sorted(&[created[3].clone(), created[9].clone()]));
    assert_eq!(descriptions(&mut aws, &by(1, "tag:job", "run-9")), created[9..10]);
    assert_eq!(descriptions(&mut aws, &format!("{two}{}", by(2, "tag:job", "run-9"))), created[9..10]);
    assert_eq!(descriptions(&mut aws, &by(1, "tag:job", "run-99")), Vec::<String>::new());
}

#[test]
fn an_image_made_from_an_instance_names_it_and_a_copy_of_it_does_not() {
    let text = "summary = 'x'\nseed = 1\naccount = '123456789012'\nhome = 'us-east-1'\nextends = 'empty'\n[[images]]\nname = 'built'\n\
                description = 'x'\nage_days = 1\nvolumes = [[8]]\nsource_image = 'ami-0123456789abcdef0'\nsource_region = 'us-east-1'\n\
                source_instance = 'i-0123456789abcdef0'\n";
    let empty = TestAws::new("empty");
    let mut aws = TestAws { world: World::new(&Scenario::parse(text).unwrap(), empty.now), ..empty };
    let built = aws.image("us-east-1", "built");
    let copy = aws.copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={built}&Name=copied"));
    aws.advance(60_000);
    let mut named = |region: &str, image: &str| {
        let (_, body) = aws.ec2(region, &format!("Action=DescribeImages&ImageId.1={image}"));
        ["sourceInstanceId", "sourceImageId"].map(|name| between(&body, &format!("<{name}>"), &format!("</{name}>")))
    };
    assert_eq!(named("us-east-1", &built), [["i-0123456789abcdef0"], ["ami-0123456789abcdef0"]]);
    assert_eq!(named("us-west-2", &copy), [vec![], vec![built.clone()]]);
}
