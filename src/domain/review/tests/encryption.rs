//! Keys, encryption by default, and what they rule out.

use super::{
    super::{Column, Finding, FindingKind, Severity, Status},
    *,
};
use crate::domain::{LaunchPermission, PostCopyStep, draft::Field};

fn web(encryption: Encryption) -> CopyRequest {
    CopyRequest { encryption, ..copy("ami-1", "eu-west-1", "web") }
}

fn with(steps: Vec<PostCopyStep>, copy: CopyRequest) -> CopyRequest {
    CopyRequest { post_copy: steps, ..copy }
}

fn public() -> Vec<PostCopyStep> {
    vec![PostCopyStep::LaunchPermissions(vec![LaunchPermission::Public])]
}

fn shared() -> Vec<PostCopyStep> {
    let account = AccountId::new("111122223333").unwrap();
    vec![PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account)])]
}

/// A region whose default key is this one, and that encrypts by default or not.
fn region_with(on: bool, key: Option<&str>) -> impl Fn(&CheckRequest) -> Option<Result<CheckAnswer, Failure>> {
    let key = key.map(str::to_owned);
    move |request| match request {
        CheckRequest::EncryptionByDefault { .. } => Some(Ok(CheckAnswer::EncryptionByDefault(on))),
        CheckRequest::DefaultKey { .. } => Some(Ok(CheckAnswer::DefaultKey(key.clone()))),
        _ => None,
    }
}

fn refusal(copy: CopyRequest, answer: Answer<'_>) -> Option<Finding> {
    let mut review = review(vec![copy]);
    answer_all(&mut review, answer);
    review.table().refusal().cloned()
}

#[test]
fn what_comes_out_encrypted_cannot_be_public() {
    let encrypts = region_with(true, Some(KEY));
    let found = refusal(with(public(), web(Encryption::Keep)), &encrypts).unwrap();
    assert_eq!((found.kind, found.field), (FindingKind::EncryptedPublic, Field::Public));
    let mut review = review(vec![with(public(), web(Encryption::Keep))]);
    answer_all(&mut review, &encrypts);
    assert_eq!(review.table().rows[0].cell(Column::Public).status, Status::Refused);
    assert_eq!(refusal(with(public(), web(Encryption::Keep)), &region_with(false, Some(KEY))), None);
    let no_snapshots = CopyRequest { volumes: Vec::new(), ..with(public(), web(Encryption::Keep)) };
    assert_eq!(refusal(no_snapshots, &encrypts), None);
}

#[test]
fn copies_with_the_key_that_aws_manages_cannot_be_shared() {
    for key in [None, Some("alias/aws/ebs"), Some("arn:aws:kms:eu-west-1:123456789012:alias/aws/ebs")] {
        let encrypts = region_with(true, key);
        for encryption in [Encryption::Keep, encrypted(None)] {
            let found = refusal(with(shared(), web(encryption)), &encrypts).unwrap();
            assert_eq!((found.kind, found.field), (FindingKind::SharedWithEbsKey, Field::ShareWith), "{key:?}");
        }
    }
    assert_eq!(refusal(with(shared(), web(Encryption::Keep)), &region_with(true, Some(KEY))), None);
    assert_eq!(refusal(with(shared(), web(Encryption::Keep)), &region_with(false, None)), None);
    // Whether the source has permissions to take over is not known.
    let same = with(vec![PostCopyStep::CopyLaunchPermissions], web(encrypted(None)));
    let mut review = review(vec![same]);
    answer_all(&mut review, &|_| None);
    let found = &review.table().findings[0];
    assert_eq!((found.severity, &found.kind), (Severity::Warning, &FindingKind::SharedWithEbsKey));
}

#[test]
fn a_default_key_of_ones_own_is_checked_where_it_is_used() {
    let asked = |copy: CopyRequest, on: bool, key: Option<&str>, verdict: KeyVerdict| {
        let region = region_with(on, key);
        let mut review = review(vec![copy]);
        let asked = answer_all(&mut review, &|request| match request {
            CheckRequest::Key { .. } => Some(Ok(CheckAnswer::Key(verdict.clone()))),
            _ => region(request),
        });
        let keys = asked.iter().filter(|request| matches!(request, CheckRequest::Key { .. })).count();
        (keys, review.table())
    };
    let disabled = || KeyVerdict::Unusable { why: "it is disabled".into() };
    for (copy, on, key, used) in [
        (web(encrypted(None)), false, Some(KEY), true),
        (web(encrypted(None)), false, Some("alias/own"), true),
        (web(Encryption::Keep), true, Some(KEY), true),
        (web(Encryption::Keep), false, Some(KEY), false),
        (web(encrypted(None)), false, None, false),
        (web(encrypted(None)), false, Some("alias/aws/ebs"), false),
    ] {
        let (keys, table) = asked(copy.clone(), on, key, disabled());
        assert_eq!(keys, usize::from(used), "{copy:?}, {key:?}");
        let status = if used { Status::Refused } else { Status::NotNeeded };
        assert_eq!(table.rows[0].cell(Column::Key).status, status);
        if used {
            let found = table.refusal().unwrap();
            assert!(matches!(found.kind, FindingKind::KeyUnusable { .. }), "{found:?}");
            let field = if copy.encryption == Encryption::Keep { Field::Encryption } else { Field::Key };
            assert_eq!(found.field, field);
        }
    }
    let (_, table) = asked(web(encrypted(None)), false, Some(KEY), KeyVerdict::Usable { arn: KEY.into() });
    assert_eq!((table.rows[0].cell(Column::Key).status, table.findings.len()), (Status::Fine, 0));
}

#[test]
fn nothing_is_said_of_a_key_that_was_not_looked_at() {
    let mut review = review(vec![web(encrypted(Some("alias/aws/ebs")))]);
    answer_all(&mut review, &|_| None);
    assert_eq!(review.table().rows[0].cell(Column::Key).status, Status::NotNeeded);
}

#[test]
fn copies_start_with_the_key_that_was_found() {
    let resolved = |copy: CopyRequest, on: bool, default: Option<&str>| {
        let region = region_with(on, default);
        let mut review = review(vec![copy]);
        answer_all(&mut review, &|request| match request {
            CheckRequest::Key { .. } => Some(Ok(CheckAnswer::Key(KeyVerdict::Usable { arn: KEY.into() }))),
            _ => region(request),
        });
        review.table().copies[0].expected.key_arn.clone()
    };
    let key = Some(Box::from(KEY));
    assert_eq!(resolved(web(encrypted(Some("alias/web"))), false, None), key);
    assert_eq!(resolved(web(encrypted(None)), false, Some("alias/own")), key);
    assert_eq!(resolved(web(Encryption::Keep), true, Some("alias/own")), key, "encryption by default");
    assert_eq!(resolved(web(Encryption::Keep), false, Some("alias/own")), None);
    assert_eq!(resolved(web(encrypted(None)), false, Some("alias/aws/ebs")), None, "it is not looked up");
}
