//! Image details: what is read when they are opened.

use super::{jobs::screen, *};
use crate::domain::{
    FailureKind, SnapshotId,
    image_details::{Ancestor, ImageDetails, SnapshotDetails, VolumePermission},
    post_copy::LaunchPermission,
};

fn account(n: u64) -> AccountId {
    AccountId::new(&format!("{n:012}")).unwrap()
}

fn denied<T>(action: &str) -> Result<T, Failure> {
    let hint = format!("The identity needs the IAM action `{action}`; its administrator can grant it.");
    Err(Failure::new("read", "no").kind(FailureKind::Denied).hint(hint))
}

fn details() -> ImageDetails {
    let snapshot = |key: Option<&str>, permissions| SnapshotDetails {
        id: SnapshotId::new("snap-0123456789abcdef0").unwrap(),
        encrypted: key.is_some(),
        key: key.map(Into::into),
        permissions,
    };
    ImageDetails {
        permissions: Ok(vec![LaunchPermission::Account(account(1)), LaunchPermission::Account(account(2))]),
        unknown_permissions: 0,
        snapshots: Ok(vec![
            snapshot(Some("arn:aws:kms:k"), Ok(vec![VolumePermission::Account(account(1))])),
            snapshot(None, Ok(Vec::new())),
        ]),
        public_access: Ok("block-new-sharing".into()),
        ancestry: Ok(vec![Ancestor {
            image: ImageId::new("ami-0a").unwrap(),
            region: Some(region("eu-west-1")),
            owner_alias: Some("amazon".into()),
        }]),
    }
}

fn opened(model: &mut Model) -> EffectId {
    let effects = keys(model, "d");
    let [Effect::ReadImageDetails { id, .. }] = &effects[..] else { panic!("{effects:?}") };
    *id
}

fn shows(model: &mut Model, texts: &[&str]) {
    let shown = screen(model, 120, 60);
    for text in texts {
        assert!(shown.contains(text), "`{text}`:\n{shown}");
    }
}

#[test]
fn details_show_permissions_keys_and_ancestry() {
    let mut copy = image(2);
    copy.source_image_id = Some(image(1).id);
    copy.source_region = Some(region("us-east-1"));
    let mut first = image(1);
    first.source_instance = Some("i-0123456789abcdef0".into());
    let mut model = listed(vec![first, copy]);
    let id = opened(&mut model);
    shows(&mut model, &["not public", "loading ..."]);
    reply(&mut model, id, Reply::ImageDetails(Box::new(details())));
    shows(
        &mut model,
        &[
            "shared with 2 accounts",
            "000000000001, 000000000002",
            "blocked: images cannot be made public (us-east-1)",
            "key arn:aws:kms:k; shared with 000000000001",
            "not encrypted; not shared",
            "ami-0a in eu-west-1 (amazon)",
            "i-0123456789abcdef0",
            "ami-00000002 in us-east-1: available, web-2",
        ],
    );
    assert_eq!(keys(&mut model, "j"), [], "it is read once");
}

#[test]
fn each_part_may_be_denied() {
    let mut model = listed(vec![image(1)]);
    let id = opened(&mut model);
    let details = ImageDetails {
        permissions: denied("ec2:DescribeImageAttribute"),
        unknown_permissions: 0,
        snapshots: denied("ec2:DescribeSnapshots"),
        public_access: denied("ec2:GetImageBlockPublicAccessState"),
        ancestry: denied("ec2:GetImageAncestry"),
    };
    reply(&mut model, id, Reply::ImageDetails(Box::new(details)));
    let actions = ["DescribeImageAttribute", "DescribeSnapshots", "GetImageBlockPublicAccessState", "GetImageAncestry"];
    for action in actions {
        shows(&mut model, &[&format!("denied: The identity needs the IAM action `ec2:{action}`")]);
    }
    shows(&mut model, &["not public"]);
}

#[test]
fn of_another_accounts_image_permissions_are_not_shown() {
    let mut other = image(1);
    other.owner_id = account(9);
    let mut model = listed(vec![other]);
    let id = opened(&mut model);
    let details = ImageDetails { permissions: denied("x"), public_access: denied("y"), ..details() };
    reply(&mut model, id, Reply::ImageDetails(Box::new(details)));
    let shown = screen(&mut model, 120, 60);
    assert!(shown.contains("shared with this account") && !shown.contains("denied"), "{shown}");
}

#[test]
fn of_an_unknown_account_nothing_is_claimed() {
    let mut model = listed(vec![image(1)]);
    model.account = None;
    model.start.prices.set_storage(region("us-east-1"), crate::domain::price::Money::from_micros(50_000));
    let id = opened(&mut model);
    shows(&mut model, &["not public"]);
    // Only the owner could read the permissions.
    reply(&mut model, id, Reply::ImageDetails(Box::new(details())));
    shows(&mut model, &["shared with 2 accounts", "000000000001, 000000000002", "a month, estimated"]);
}

#[test]
fn what_was_read_last_decides_whether_an_image_is_public() {
    let mut model = listed(vec![image(1)]);
    let id = opened(&mut model);
    let permissions = Ok(vec![LaunchPermission::Account(account(1)), LaunchPermission::Public]);
    reply(&mut model, id, Reply::ImageDetails(Box::new(ImageDetails { permissions, ..details() })));
    let visibility = |model: &mut Model| {
        let shown = screen(model, 120, 60);
        shown.lines().find(|l| l.contains("visibility")).unwrap_or_default().to_owned()
    };
    assert!(visibility(&mut model).contains(" public "));
    let id = refreshed(&mut model);
    let unknown = ImageDetails { permissions: Ok(Vec::new()), unknown_permissions: 1, ..details() };
    reply(&mut model, id, Reply::ImageDetails(Box::new(unknown)));
    assert!(visibility(&mut model).contains("shared with 1 account or organization"));
    shows(&mut model, &["1 of a kind that is not known here"]);
}

/// Refreshes the details on top; returns the effect that reads them again.
fn refreshed(model: &mut Model) -> EffectId {
    let effects = keys(model, "R");
    let read = |e: &Effect| if let Effect::ReadImageDetails { id, .. } = e { Some(*id) } else { None };
    effects.iter().find_map(read).unwrap_or_else(|| panic!("{effects:?}"))
}

#[test]
fn refresh_reads_the_image_and_its_details_again() {
    let mut model = listed(vec![image(1)]);
    let id = opened(&mut model);
    reply(&mut model, id, Reply::ImageDetails(Box::new(details())));
    let effects = keys(&mut model, "R");
    shows(&mut model, &["loading ..."]);
    let read = |e: &Effect| matches!(e, Effect::ReadImageDetails { .. });
    assert!(effects.iter().any(read), "{effects:?}");
    let mut changed = image(1);
    changed.description = "changed meanwhile".into();
    let (id, region, _) = lists(&effects).remove(0);
    let effects =
        reply(&mut model, id, Reply::Images { region, page: Ok(ImagePage { images: vec![changed], next: None }) });
    shows(&mut model, &["changed meanwhile"]);
    assert!(effects.iter().any(read), "its snapshots may be others: {effects:?}");
}

#[test]
fn finished_copies_are_listed_and_vanished_ones_are_not() {
    use super::jobs::{ami, available, failed, with};
    let of = |mut job: Job| {
        (job.request.source, job.request.source_region) = (image(1).id, region("us-east-1"));
        job
    };
    let gone = with(3, |j| j.state = JobState::Gone { image: ami(3) });
    let jobs = vec![of(available(1)), of(failed(2, None)), of(gone)];
    let mut model = super::jobs::with_jobs(jobs);
    keys(&mut model, "1");
    opened(&mut model);
    let shown = screen(&mut model, 120, 60);
    assert!(shown.contains("available, app-web-00001"), "{shown}");
    assert!(!shown.contains("app-web-00002") && !shown.contains("app-web-00003"), "{shown}");
}

#[test]
fn storage_without_a_price_is_said_to_have_none() {
    let mut model = listed(vec![image(1)]);
    opened(&mut model);
    let line = |model: &mut Model| {
        let shown = screen(model, 120, 60);
        shown.lines().find(|line| line.contains("storage")).unwrap_or_default().to_owned()
    };
    assert!(line(&mut model).contains("price unknown"), "{}", line(&mut model));
    model.start.prices.set_storage(region("us-east-1"), crate::domain::price::Money::from_micros(50_000));
    assert!(line(&mut model).contains("at most $0.40 a month"), "{}", line(&mut model));
}
