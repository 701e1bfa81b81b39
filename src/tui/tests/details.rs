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
