//! What is asked: each thing once, in time, and never with a copy's token.

use proptest::prelude::*;

use super::*;

fn permissions(asked: &[CheckRequest]) -> Vec<&CopyRequest> {
    asked
        .iter()
        .filter_map(|request| match request {
            CheckRequest::Permission { copy, .. } => Some(copy.as_ref()),
            _ => None,
        })
        .collect()
}

#[test]
fn each_thing_is_asked_once_and_never_with_a_token() {
    let mut copies: Vec<CopyRequest> = (0..450)
        .flat_map(|n| ["eu-west-1", "eu-west-2"].map(|to| copy(&format!("ami-{n}"), to, &format!("web-{n:03}"))))
        .collect();
    for copy in copies.iter_mut().filter(|copy| copy.destination == region("eu-west-1")).take(3) {
        copy.encryption = encrypted(Some("alias/web"));
        copy.given_token = Some(ClientToken::given("mine").unwrap());
    }
    let mut review = review(copies);
    let asked = answer_all(&mut review, &|_| None);
    for (n, request) in asked.iter().enumerate() {
        assert!(!asked[..n].contains(request), "asked twice: {request:?}");
    }
    let tried = permissions(&asked);
    assert_eq!(tried.len(), 3, "one for each destination and shape");
    assert!(tried.iter().all(|c| c.token == ClientToken::from_random(0) && c.given_token.is_none()));
    let of = |place: &str, so: fn(&CheckRequest) -> Option<usize>| -> Vec<usize> {
        asked.iter().filter(|r| r.region().is_some_and(|r| r.as_str() == place)).filter_map(so).collect()
    };
    for place in ["eu-west-1", "eu-west-2"] {
        let names = of(place, |r| if let CheckRequest::Names { names, .. } = r { Some(names.len()) } else { None });
        assert_eq!(names, [200, 200, 50]);
        let of_sources =
            of(place, |r| if let CheckRequest::CopiesOf { sources, .. } = r { Some(sources.len()) } else { None });
        assert_eq!(of_sources, [200, 200, 50]);
    }
    assert!(review.settled() && review.table().settled);
}

#[test]
fn the_regions_are_asked_for_only_if_they_are_not_known_and_a_disabled_one_is_left_alone() {
    let copies = vec![copy("ami-1", "eu-west-1", "web"), copy("ami-1", "af-south-1", "web")];
    let mut unknown = Review::new(
        Plan { copies: copies.clone(), ..Plan::default() },
        ReviewContext { regions: Vec::new(), ..context() },
        now(),
    );
    assert!(answer_all(&mut unknown, &|_| None).contains(&CheckRequest::Regions));
    let mut known = context();
    known.regions.push(RegionInfo { region: region("af-south-1"), opt_in: OptIn::NotOptedIn });
    let mut review = Review::new(Plan { copies, ..Plan::default() }, known, now());
    let asked = answer_all(&mut review, &|_| None);
    assert!(!asked.contains(&CheckRequest::Regions));
    assert!(asked.iter().all(|request| request.region() != Some(&region("af-south-1"))), "{asked:?}");
}

#[test]
fn few_are_under_way_at_once_and_one_dry_run_in_each_destination() {
    let copies = (0..40).map(|n| {
        let to = ["eu-west-1", "eu-west-2"][n % 2];
        let tag = crate::domain::image::Tag { key: format!("k{n}").into(), value: "v".into() };
        CopyRequest { image_tags: vec![tag], ..copy("ami-1", to, &format!("web-{n}")) }
    });
    let mut review = review(copies.collect());
    let mut asked = Vec::new();
    let mut under_way = review.next_requests();
    loop {
        assert!(under_way.len() <= Review::MAX_CONCURRENT);
        let trials: Vec<_> = under_way.iter().map(|(_, request)| request.clone()).collect();
        let mut places: Vec<_> = permissions(&trials).iter().map(|copy| copy.destination.clone()).collect();
        places.sort();
        let all = places.len();
        places.dedup();
        assert_eq!(places.len(), all, "two dry runs in one destination");
        let Some((id, request)) = under_way.pop() else { break };
        review.answer(id, fine(&request));
        asked.push(request);
        under_way.extend(review.next_requests());
    }
    // More kinds of requests than may be sent at once are not tried, which is said.
    assert_eq!(permissions(&asked).len(), 20);
    let kinds: Vec<_> = review.table().findings.into_iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [super::super::FindingKind::PermissionsNotTried]);
}

#[test]
fn snapshots_and_tag_values_make_other_requests() {
    let tagged = |value: &str, volumes: Vec<u32>| {
        let tag = crate::domain::image::Tag { key: "Env".into(), value: value.into() };
        CopyRequest { image_tags: vec![tag], volumes, ..copy("ami-1", "eu-west-1", value) }
    };
    let tried = |copies: Vec<CopyRequest>| {
        let mut review = review(copies);
        let asked = answer_all(&mut review, &|_| None);
        assert_eq!(review.table().findings, []);
        permissions(&asked).into_iter().map(|copy| (copy.name.to_string(), copy.volumes.len())).collect::<Vec<_>>()
    };
    let own = |name: &str, volumes| (name.to_owned(), volumes);
    assert_eq!(
        tried(vec![tagged("dev", vec![]), tagged("dev", vec![8]), tagged("prod", vec![8]), tagged("prod", vec![8])]),
        [own("dev", 0), own("dev", 1), own("prod", 1)]
    );
    // A template may give each copy its own value: those decide nothing, and dry runs count against the rate of copies.
    assert_eq!(tried((0..40).map(|n| tagged(&format!("v-{n}"), vec![8])).collect()).len(), 3);
}

#[test]
fn what_does_not_answer_in_time_is_unknown_and_a_late_answer_counts() {
    let mut review = review(vec![copy("ami-1", "eu-west-1", "web")]);
    let sent = review.next_requests();
    let deadline = review.deadline().unwrap();
    assert_eq!(deadline, now() + SignedDuration::from_secs(10));
    assert!(!review.expire(deadline - SignedDuration::from_millis(1)) && !review.settled());
    assert!(review.expire(deadline) && review.settled());
    assert_eq!(review.deadline(), None);
    let table = review.table();
    assert!(table.findings.len() >= 5 && table.refusal().is_none(), "{:?}", table.findings);
    for (id, request) in sent {
        review.answer(id, fine(&request));
    }
    assert_eq!(review.table().findings, []);
}

#[test]
fn answers_are_used_again_for_a_minute_and_failures_are_not() {
    let copies = vec![copy("ami-1", "eu-west-1", "web")];
    let mut first = review(copies.clone());
    let fails = |request: &CheckRequest| matches!(request, CheckRequest::CopiesOf { .. }).then(|| Err(denied()));
    assert!(answer_all(&mut first, &fails).len() > 5);
    assert!(!first.knows_existing(&copies[0].destination), "copies under other names are not known");
    let again = |seconds, account: Option<AccountId>| {
        let plan = Plan { copies: copies.clone(), ..Plan::default() };
        let context = ReviewContext { account, ..context() };
        let mut review = Review::new(plan, context, now() + SignedDuration::from_secs(seconds)).reuse(&first);
        answer_all(&mut review, &|_| None).len()
    };
    assert_eq!(again(59, Some(own())), 1);
    assert!(again(60, Some(own())) > 5);
    assert!(again(1, None) > 5, "another account");
    first.ask_again(now());
    assert!(answer_all(&mut first, &|_| None).len() > 5);
    assert_eq!(first.table().findings, []);
    assert!(first.knows_existing(&copies[0].destination));
}

proptest! {
    /// Answers may come in any order.
    #[test]
    fn the_order_of_answers_does_not_matter(picks in prop::collection::vec(0_usize..100, 40)) {
        let there = |request: &CheckRequest| match request {
            CheckRequest::Names { region, .. } => Some(Ok(CheckAnswer::Images(vec![Image {
                name: "web".into(),
                source_image_id: Some(ami("ami-1")),
                ..image("ami-9", region.as_str(), true)
            }]))),
            CheckRequest::EncryptionByDefault { .. } => Some(Ok(CheckAnswer::EncryptionByDefault(true))),
            CheckRequest::CopiesOf { .. } => Some(Err(denied())),
            _ => None,
        };
        let copies = || vec![copy("ami-1", "eu-west-1", "web"), copy("ami-2", "eu-west-1", "db1")];
        let mut straight = review(copies());
        answer_all(&mut straight, &there);
        let mut mixed = review(copies());
        let mut under_way: Vec<(CheckId, CheckRequest)> = Vec::new();
        let mut picks = picks.into_iter().cycle();
        loop {
            under_way.extend(mixed.next_requests());
            if under_way.is_empty() {
                break;
            }
            let (id, request) = under_way.swap_remove(picks.next().unwrap_or(0) % under_way.len());
            mixed.answer(id, there(&request).unwrap_or_else(|| fine(&request)));
        }
        let (straight, mixed) = (straight.table(), mixed.table());
        prop_assert_eq!(straight.existing, mixed.existing);
        prop_assert_eq!(straight.rows, mixed.rows);
        let findings = |mut found: Vec<super::super::Finding>| { found.sort_by_key(|f| format!("{f:?}")); found };
        prop_assert_eq!(findings(straight.findings), findings(mixed.findings));
    }
}
