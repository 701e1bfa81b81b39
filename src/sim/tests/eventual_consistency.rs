//! Eventual consistency: new copies not shown yet, deregistered images still shown, tokens forgotten.

use rstest::rstest;

use super::{TestAws, between};

const TAGS: &str = "&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=job&TagSpecification.1.Tag.1.Value=7\
    &TagSpecification.2.ResourceType=snapshot&TagSpecification.2.Tag.1.Key=job&TagSpecification.2.Tag.1.Value=7";

fn images(aws: &mut TestAws, ask: &str) -> Vec<String> {
    let (_, body) = aws.ec2("us-west-2", &format!("Action=DescribeImages&{ask}"));
    between(&body, "<imageId>", "</imageId>")
}

fn snapshots(aws: &mut TestAws, ask: &str) -> Vec<String> {
    let (_, body) = aws.ec2("us-west-2", &format!("Action=DescribeSnapshots&{ask}"));
    between(&body, "<snapshotId>", "</snapshotId>")
}

fn copy(aws: &mut TestAws) -> (String, String) {
    let source = aws.image("us-east-1", "app-db-*");
    let ask = format!("SourceRegion=us-east-1&SourceImageId={source}&Name=late&ClientToken=t{TAGS}");
    (aws.copy("us-west-2", &ask), ask)
}

/// Returns every read that can find a copy's image.
fn image_reads(id: &str) -> [String; 5] {
    [
        format!("ImageId.1={id}"),
        format!("Filter.1.Name=image-id&Filter.1.Value.1={id}"),
        "Owner.1=self&Filter.1.Name=name&Filter.1.Value.1=late".to_owned(),
        "Owner.1=self&MaxResults=1000&Filter.1.Name=tag:job&Filter.1.Value.1=7".to_owned(),
        "Owner.1=self&Filter.1.Name=tag-key&Filter.1.Value.1=job".to_owned(),
    ]
}

#[test]
fn a_new_copy_is_hidden_from_every_read_but_its_name_token_and_limit_count() {
    let mut aws = TestAws::new("demo");
    aws.world.limits().unique_names = true;
    aws.world.latencies().unseen_ms = 20_000;
    let before = aws.world.pending_copies(aws.now).get(&crate::domain::Region::new("us-west-2").unwrap()).copied();
    let (id, ask) = copy(&mut aws);
    aws.advance(10_000);
    let known = aws.world.copies(aws.now);
    let copy = known.iter().find(|c| c.image.id.as_str() == id).unwrap();
    let created: Vec<String> = copy.snapshots.iter().map(|s| s.id.to_string()).collect();
    assert_eq!(created.len(), 2);
    assert!(aws.world.copy_snapshots(aws.now).iter().any(|(_, of, _)| of.as_str() == id));
    let by_description = format!("Owner.1=self&Filter.1.Name=description&Filter.1.Value.1=*{id}*");
    let snapshot_reads = [
        format!("SnapshotId.1={}", created[0]),
        format!("Owner.1=self&Filter.1.Name=snapshot-id&Filter.1.Value.1={}", created[0]),
        "Owner.1=self&MaxResults=1000&Filter.1.Name=tag:job&Filter.1.Value.1=7".to_owned(),
        by_description.clone(),
    ];
    for read in image_reads(&id) {
        assert_eq!(images(&mut aws, &read), Vec::<String>::new(), "{read}");
    }
    for read in &snapshot_reads {
        assert_eq!(snapshots(&mut aws, read), Vec::<String>::new(), "{read}");
    }
    for (ask, code) in [
        (format!("DescribeImages&ImageId.1={id}"), "InvalidAMIID.NotFound"),
        (format!("DeregisterImage&ImageId={id}"), "InvalidAMIID.NotFound"),
        (format!("CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=b"), "InvalidAMIID.NotFound"),
        (format!("DescribeSnapshots&SnapshotId.1={}", created[0]), "InvalidSnapshot.NotFound"),
        (format!("DeleteSnapshot&SnapshotId={}", created[0]), "InvalidSnapshot.NotFound"),
        (format!("CopyImage&SourceRegion=us-west-2&SourceImageId={id}&Name=of-it"), "InvalidAMIID.NotFound"),
        (format!("CopyImage&{}", ask.replace("=t&", "=other&")), "InvalidAMIName.Duplicate"),
    ] {
        assert_eq!(aws.code("us-west-2", &format!("Action={ask}")), code, "{ask}");
    }
    aws.world.limits().unique_names = false;
    assert_eq!(aws.copy("us-west-2", &ask), id);
    aws.world.limits().pending_copies = before.unwrap_or_default() + 1;
    let more = ask.replace("=t&", "=more&").replace("Name=late", "Name=more");
    assert_eq!(aws.code("us-west-2", &format!("Action=CopyImage&{more}")), "ResourceLimitExceeded");

    aws.advance(10_000);
    for read in image_reads(&id) {
        assert_eq!(images(&mut aws, &read), std::slice::from_ref(&id), "{read}");
    }
    for read in &snapshot_reads {
        assert!(snapshots(&mut aws, read).contains(&created[0]), "{read}");
    }
    assert_eq!(snapshots(&mut aws, &by_description).len(), 2);
}

#[test]
fn a_deregistered_copy_is_shown_as_it_was_for_a_while() {
    let mut aws = TestAws::new("demo");
    aws.world.latencies().visible_after_deregister_ms = 5_000;
    let (id, ask) = copy(&mut aws);
    aws.advance(10_000);
    let deregister = format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true");
    assert_eq!(aws.code("us-west-2", &deregister), "");
    assert!(aws.world.copies(aws.now).iter().all(|c| c.image.id.as_str() != id), "probes see the change at once");
    for wait in [0, 4_999] {
        aws.advance(wait);
        for read in image_reads(&id) {
            assert_eq!(images(&mut aws, &read), std::slice::from_ref(&id), "{read}");
        }
        let (_, body) = aws.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}"));
        assert!(body.contains("<imageState>pending</imageState>"), "{body}");
        assert_eq!(aws.code("us-west-2", &deregister), "InvalidAMIID.Unavailable");
    }
    // Its name is free, although it is still shown.
    assert_eq!(
        aws.code("us-west-2", &format!("Action=CopyImage&{}&DryRun=true", ask.replace("=t&", "=u&"))),
        "DryRunOperation"
    );
    aws.advance(1);
    for read in image_reads(&id) {
        assert_eq!(images(&mut aws, &read), Vec::<String>::new(), "{read}");
    }
    assert_eq!(aws.code("us-west-2", &deregister), "InvalidAMIID.Unavailable");
}

#[test]
fn another_deregistered_image_is_still_shown_too_and_pages_stay_complete() {
    let mut aws = TestAws::new("demo");
    let pages = |aws: &mut TestAws| {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let ask = format!("Action=DescribeImages&Owner.1=self&IncludeDisabled=true&MaxResults=5{token}");
            let (_, body) = aws.ec2("us-west-2", &ask);
            all.extend(between(&body, "<imageId>", "</imageId>"));
            match between(&body, "<nextToken>", "</nextToken>").first() {
                Some(next) => token = format!("&NextToken={next}"),
                None => return all,
            }
        }
    };
    copy(&mut aws);
    let before = pages(&mut aws);
    aws.world.latencies().visible_after_deregister_ms = 5_000;
    for id in [&before[0], before.last().unwrap()] {
        assert_eq!(aws.code("us-west-2", &format!("Action=DeregisterImage&ImageId={id}")), "");
    }
    assert_eq!(pages(&mut aws), before);
    aws.advance(5_000);
    assert_eq!(pages(&mut aws), before[1..before.len() - 1]);
}

#[rstest]
#[case(None, 90_000_000, true)]
#[case(Some(60_000), 59_999, true)]
#[case(Some(60_000), 60_000, false)]
fn a_token_may_be_forgotten(#[case] life: Option<i64>, #[case] wait: i64, #[case] known: bool) {
    let mut aws = TestAws::new("demo");
    aws.world.limits().token_life_ms = life;
    let (id, ask) = copy(&mut aws);
    aws.advance(wait);
    // A remembered token belongs to its request only; a forgotten one is new.
    let other = ask.replace("Name=late", "Name=later");
    let code = if known { "IdempotentParameterMismatch" } else { "" };
    assert_eq!(aws.code("us-west-2", &format!("Action=CopyImage&{other}")), code);
    if known {
        assert_eq!(aws.copy("us-west-2", &ask), id);
        assert_eq!(aws.world.copies_made(), 1);
    } else {
        // The token belongs to the newer copy now, and the first request with another token makes a copy of the same name.
        assert_ne!(aws.copy("us-west-2", &other), id);
        assert_ne!(aws.copy("us-west-2", &ask.replace("=t&", "=t2&")), id);
        assert_eq!(aws.world.copies_made(), 3);
    }
}
