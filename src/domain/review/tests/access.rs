//! Sources of other accounts: what their owners do not share.

use std::sync::Arc;

use super::{super::findings::UnknownCheck, *};
use crate::domain::{
    draft::Field,
    image_access::{AccessTarget, MissingAccess},
    review::{FindingKind, ReviewTable, Severity, Status},
};

fn owner() -> AccountId {
    AccountId::new("210987654321").unwrap()
}

fn foreign(request: &CheckRequest) -> Option<Result<CheckAnswer, Failure>> {
    let CheckRequest::Sources { region, images } = request else { return None };
    let image = |id: &ImageId| Image { owner_id: owner(), ..image(id.as_str(), region.as_str(), false) };
    Some(Ok(CheckAnswer::Images(images.iter().map(image).collect())))
}

fn copies() -> Vec<CopyRequest> {
    vec![copy("ami-1", "eu-west-1", "web"), copy("ami-1", "eu-west-2", "web"), copy("ami-2", "eu-west-1", "database")]
}

fn asked(context: ReviewContext, answer: Answer<'_>) -> Vec<String> {
    let mut review = Review::new(Plan { copies: copies(), ..Plan::default() }, context, now());
    let asked = answer_all(&mut review, answer).into_iter().filter_map(|request| match request {
        CheckRequest::MissingAccess { image } => Some(image.id.to_string()),
        _ => None,
    });
    asked.collect()
}

#[test]
fn each_image_of_another_account_is_looked_at_once() {
    assert_eq!(asked(context(), &foreign), ["ami-1", "ami-2"]);
    assert!(asked(context(), &|_| None).is_empty(), "own images");
    assert!(asked(ReviewContext { account: None, ..context() }, &foreign).is_empty(), "whose they are is not known");
    assert!(asked(ReviewContext { access_is_known: true, ..context() }, &foreign).is_empty(), "looked at before");
    let of_amazon = |request: &CheckRequest| {
        let Ok(CheckAnswer::Images(images)) = foreign(request)? else { return None };
        let amazon = images.into_iter().map(|image| Image { image_owner_alias: Some("amazon".into()), ..image });
        Some(Ok(CheckAnswer::Images(amazon.collect())))
    };
    assert!(asked(context(), &of_amazon).is_empty());
}

fn after(answer: impl Fn(&ImageId) -> Result<Vec<MissingAccess>, Failure>) -> ReviewTable {
    let mut review = review(copies());
    answer_all(&mut review, &|request| match request {
        CheckRequest::MissingAccess { image } => Some(answer(&image.id).map(CheckAnswer::MissingAccess)),
        request => foreign(request),
    });
    review.table()
}

#[test]
fn what_is_not_shared_refuses_the_copies_of_that_image() {
    let missing = || vec![MissingAccess::Snapshot(SnapshotId::new("snap-2").unwrap())];
    let table = after(|image| Ok(if *image == ami("ami-2") { missing() } else { Vec::new() }));
    let [finding] = &table.findings[..] else { panic!("{:?}", table.findings) };
    let target = AccessTarget { image: ami("ami-2"), region: region("us-east-1"), account: own() };
    assert_eq!(finding.kind, FindingKind::NotShared { owner: owner(), target, missing: missing() });
    assert_eq!((finding.severity, &finding.field), (Severity::Refusal, &Field::Sources));
    assert_eq!(finding.regions, [region("us-east-1")]);
    assert_eq!(table.sources, Status::Refused);
    assert!(table.refusal().is_some(), "nothing starts");
    assert_eq!((after(|_| Ok(Vec::new())).findings, after(|_| Ok(Vec::new())).sources), (vec![], Status::Fine));
}

#[test]
fn a_key_that_may_not_be_looked_at_may_be_used_through_ec2() {
    let key = || MissingAccess::Key("arn:aws:kms:us-east-1:210987654321:key/1".into());
    let snapshot = || MissingAccess::Snapshot(SnapshotId::new("snap-2").unwrap());
    for (missing, severity, status) in [
        (vec![key()], Severity::Warning, Status::Unknown),
        (vec![key(), snapshot()], Severity::Refusal, Status::Refused),
        (vec![MissingAccess::Image], Severity::Refusal, Status::Refused),
    ] {
        let table = after(|image| Ok(if *image == ami("ami-2") { missing.clone() } else { Vec::new() }));
        let [finding] = &table.findings[..] else { panic!("{:?}", table.findings) };
        assert_eq!((finding.severity, table.sources), (severity, status), "{missing:?}");
        assert_eq!(table.refusal().is_some(), severity == Severity::Refusal, "{missing:?}");
    }
}

#[test]
fn a_denied_look_is_unknown_and_refuses_nothing() {
    let table = after(|_| Err(denied()));
    assert!(table.refusal().is_none());
    let [finding] = &table.findings[..] else { panic!("{:?}", table.findings) };
    let why = Some("not authorized".into());
    assert_eq!(finding.kind, FindingKind::Unknown { what: UnknownCheck::MissingAccess, why });
    assert_eq!((finding.severity, &finding.field), (Severity::Unknown, &Field::Sources));
    assert_eq!(table.sources, Status::Unknown);
}

#[test]
fn an_image_that_another_account_lists_and_this_one_does_not_see_is_not_shared() {
    let listed = |id: &str| Arc::new(Image { owner_id: owner(), ..image(id, "us-east-1", false) });
    let context = || ReviewContext { listed_by_others: vec![listed("ami-1")], ..context() };
    let unseen = |request: &CheckRequest| match request {
        CheckRequest::Sources { .. } => Some(Ok(CheckAnswer::Images(Vec::new()))),
        _ => None,
    };
    assert_eq!(asked(context(), &unseen), ["ami-1"], "nobody on the screen lists the other");
    let found = |missing: &Result<Vec<MissingAccess>, Failure>| {
        let mut review = Review::new(Plan { copies: copies(), ..Plan::default() }, context(), now());
        answer_all(&mut review, &|request| match request {
            CheckRequest::MissingAccess { .. } => Some(missing.clone().map(CheckAnswer::MissingAccess)),
            request => unseen(request),
        });
        let table = review.table();
        assert!(table.refusal().is_some(), "{missing:?}");
        table.findings.into_iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    let gone = |id: &str| FindingKind::SourceUnavailable { source: ami(id), state: None };
    let target = AccessTarget { image: ami("ami-1"), region: region("us-east-1"), account: own() };
    let missing = vec![MissingAccess::Image];
    let not_shared = FindingKind::NotShared { owner: owner(), target, missing: missing.clone() };
    let kinds = found(&Ok(missing));
    assert!(
        kinds.contains(&not_shared) && kinds.contains(&gone("ami-2")) && !kinds.contains(&gone("ami-1")),
        "{kinds:?}"
    );
    for unknown in [Err(denied()), Ok(Vec::new())] {
        assert!(found(&unknown).contains(&gone("ami-1")), "{unknown:?}");
    }
}

#[test]
fn that_a_key_may_not_be_shared_is_said_until_that_is_known() {
    use crate::domain::plan::{Superseded, ValidationMessage};
    let text = "The copy works only if its key is shared.".to_owned();
    let warning = ValidationMessage { field: Field::Sources, text, count: 1, superseded: Superseded::ByAccess };
    let said = |access: Option<Result<Vec<MissingAccess>, Failure>>| {
        let plan = Plan { copies: copies(), warnings: vec![warning.clone()], ..Plan::default() };
        let mut review = Review::new(plan, context(), now());
        answer_all(&mut review, &|request| match request {
            CheckRequest::MissingAccess { .. } => access.clone().map(|access| access.map(CheckAnswer::MissingAccess)),
            // Without an answer about access the images are one's own, and nobody asks.
            request if access.is_some() => foreign(request),
            _ => None,
        });
        review.table().findings.iter().any(|finding| matches!(finding.kind, FindingKind::Plan(_)))
    };
    assert!(said(None) && said(Some(Err(denied()))));
    assert!(!said(Some(Ok(Vec::new()))));
    // Then it is a finding of its own.
    assert!(!said(Some(Ok(vec![MissingAccess::Key("arn:aws:kms:us-east-1:210987654321:key/1".into())]))));
}
