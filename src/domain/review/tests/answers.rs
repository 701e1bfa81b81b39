//! How long answers are good for, and what is asked when the deadline has passed.

use super::{
    super::{FindingKind, Severity},
    *,
};

fn web() -> Vec<CopyRequest> {
    vec![copy("ami-1", "eu-west-1", "web")]
}

fn at(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn reopened(earlier: &Review, seconds: i64) -> Review {
    Review::new(Plan { copies: web(), ..Plan::default() }, context(), at(seconds)).reuse(earlier)
}

#[test]
fn an_answer_that_is_used_again_keeps_its_age() {
    let mut first = review(web());
    let all = answer_all(&mut first, &|_| None).len();
    let mut second = reopened(&first, 50);
    assert_eq!(answer_all(&mut second, &|_| None).len(), 0);
    let mut third = reopened(&second, 100);
    assert_eq!(answer_all(&mut third, &|_| None).len(), all, "100 s old");
}

#[test]
fn an_unknown_account_uses_no_answers_again() {
    let unknown = || ReviewContext { account: None, ..context() };
    let plan = || Plan { copies: web(), ..Plan::default() };
    let mut first = Review::new(plan(), unknown(), now());
    let all = answer_all(&mut first, &|_| None).len();
    let mut second = Review::new(plan(), unknown(), at(1)).reuse(&first);
    assert_eq!(answer_all(&mut second, &|_| None).len(), all);
}

#[test]
fn what_was_answered_too_long_ago_is_asked_again() {
    let mut review = review(web());
    let all = answer_all(&mut review, &|_| None).len();
    let later = now() + Review::FRESH;
    assert!(!review.is_stale(later - SignedDuration::from_millis(1)) && review.is_stale(later));
    review.ask_stale(later);
    assert!(!review.settled());
    assert_eq!(review.deadline(), Some(later + Review::CHECK_TIMEOUT));
    let there = |request: &CheckRequest| match request {
        CheckRequest::Names { .. } => {
            Some(Ok(CheckAnswer::Images(vec![Image { name: "web".into(), ..image("ami-9", "eu-west-1", false) }])))
        }
        _ => None,
    };
    // And, for the name that is taken by now, the free numbers.
    assert_eq!(answer_all(&mut review, &there).len(), all + 1);
    assert!(review.settled() && !review.is_stale(later));
    assert_eq!(review.table().existing.len(), 1);
    review.shift(SignedDuration::from_hours(1));
    assert!(!review.is_stale(later + SignedDuration::from_hours(1)), "the clock was set");
}

#[test]
fn what_had_no_turn_before_the_deadline_gets_one_after_it() {
    let copies = (0..9).map(|n| copy("ami-1", &format!("eu-west-{n}"), "web")).collect();
    let context = || ReviewContext { regions: Vec::new(), ..context() };
    let mut review = Review::new(Plan { copies, ..Plan::default() }, context(), now());
    let mut sent = review.next_requests();
    assert!(review.expire(at(10)));
    let kinds = |review: &Review| -> Vec<bool> {
        let findings = review.table().findings;
        findings.iter().map(|f| matches!(f.kind, FindingKind::NotAsked(_))).collect()
    };
    assert!(kinds(&review).contains(&true) && kinds(&review).contains(&false));
    // What was asked and not answered comes first when all is asked again.
    let unanswered = sent.pop().unwrap().1;
    let mut again = review.clone();
    for (id, request) in &sent {
        again.answer(*id, fine(request));
    }
    again.ask_again(at(10));
    assert_eq!(again.next_requests()[0].1, unanswered);
    // Answers make room for the rest.
    for (id, request) in sent {
        review.answer(id, fine(&request));
    }
    answer_all(&mut review, &|_| None);
    assert!(!kinds(&review).contains(&true), "{:?}", review.table().findings);
}

#[test]
fn an_endpoint_that_ignores_dry_runs_gets_no_other() {
    let copies = || vec![copy("ami-1", "eu-west-1", "web"), CopyRequest { copy_tags: false, ..web().remove(0) }];
    let mut first = review(copies());
    let made = Permission::DryRunIgnored { made: "ami-new".into() };
    let trials = |asked: Vec<CheckRequest>| {
        asked.iter().filter(|request| matches!(request, CheckRequest::Permission { .. })).count()
    };
    let ignores = |request: &CheckRequest| match request {
        CheckRequest::Permission { .. } => Some(Ok(CheckAnswer::Permission(made.clone()))),
        _ => None,
    };
    assert_eq!(trials(answer_all(&mut first, &ignores)), 1, "of two");
    let refused = |review: &Review| {
        let table = review.table();
        assert_eq!(table.count(Severity::Refusal), 1);
        assert_eq!(table.refusal().unwrap().kind, FindingKind::DryRunIgnored { made: "ami-new".into() });
        assert!(table.settled);
    };
    refused(&first);
    first.ask_again(at(1));
    assert_eq!(trials(answer_all(&mut first, &ignores)), 0);
    refused(&first);
    let plan = Plan { copies: copies(), ..Plan::default() };
    let mut second = Review::new(plan, context(), at(3_600)).reuse(&first);
    assert_eq!(trials(answer_all(&mut second, &ignores)), 0);
    refused(&second);
}
