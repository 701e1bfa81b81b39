//! What is done with the copies once they are available.

use super::*;
use crate::domain::{
    draft::ProtectionDraft,
    post_copy::{LaunchPermission, PostCopyStep},
};

const ORGANIZATION: &str = "arn:aws:organizations::123456789012:organization/o-abc123";

fn encrypted(image: &mut Image) {
    image.block_devices[0].ebs.as_mut().unwrap().encrypted = Some(true);
}

fn share(d: &mut Draft, with: &str) {
    d.post_copy.share_with = with.into();
}

fn share_encrypted(d: &mut Draft, key: &str) {
    share(d, "210987654321");
    (d.encrypt, d.key) = (true, key.into());
}

#[test]
fn everything_asked_for_becomes_a_step_in_order() {
    let mut d = draft();
    d.post_copy.copy_permissions = true;
    share(&mut d, &format!("210987654321, 2109-8765-4321\n{ORGANIZATION}"));
    d.post_copy.public = true;
    d.post_copy.share_snapshots = true;
    d.post_copy.deprecate = "90d".into();
    d.post_copy.protection = ProtectionDraft::WithCooldown;
    d.post_copy.tag_source = true;
    let plan = check(&d);
    assert_eq!(plan.mistakes, []);
    let account = AccountId::new("210987654321").unwrap();
    let [account_permission, organization_permission] =
        ["210987654321", ORGANIZATION].map(|p| LaunchPermission::parse(p).unwrap());
    let expected = [
        PostCopyStep::CopyLaunchPermissions,
        // Each kind by itself: one may be refused without the others losing theirs.
        PostCopyStep::LaunchPermissions(vec![account_permission]),
        PostCopyStep::LaunchPermissions(vec![organization_permission]),
        PostCopyStep::LaunchPermissions(vec![LaunchPermission::Public]),
        PostCopyStep::SnapshotPermissions(vec![account]),
        PostCopyStep::Deprecation("2027-02-19T12:00:00Z".parse().unwrap()),
        PostCopyStep::DeregistrationProtection { cooldown: true },
        PostCopyStep::SourceTag,
    ];
    assert_eq!(plan.copies[0].post_copy, expected);
    assert_eq!(check(&draft()).copies[0].post_copy, []);
    // Instance-store images have no snapshots to share.
    let mut stored = image("ami-2", "old");
    stored.root_device_type = "instance-store".into();
    d.sources.push(Arc::new(stored));
    let steps = &check(&d).copies[2].post_copy;
    assert!(!steps.iter().any(|s| matches!(s, PostCopyStep::SnapshotPermissions(_))), "{steps:?}");
}

#[test]
fn mistakes_of_the_steps_are_named() {
    let tags = |n: usize| {
        source(move |i| i.tags = (0..n).map(|n| Tag { key: format!("k{n}").into(), value: "".into() }).collect())
    };
    let china = ORGANIZATION.replace("arn:aws:", "arn:aws-cn:");
    assert_mistakes(&[
        (&|d| share(d, "12345678901"), Field::ShareWith, "`12345678901`: an account id has twelve digits"),
        (&|d| share(d, "ann"), Field::ShareWith, "`ann`: give account ids"),
        (&|d| share(d, &china), Field::ShareWith, "the partition aws, and the ARN is not"),
        (
            &|d| share_encrypted(d, "alias/aws/ebs"),
            Field::Key,
            "EC2 refuses to share images encrypted with alias/aws/ebs",
        ),
        (&|d| d.post_copy.share_snapshots = true, Field::ShareSnapshots, "accounts only: give the ids"),
        (
            &|d| {
                share(d, ORGANIZATION);
                d.post_copy.share_snapshots = true;
            },
            Field::ShareSnapshots,
            "accounts only: give the ids",
        ),
        (&|d| (d.post_copy.public, d.encrypt) = (true, true), Field::Public, "cannot be public"),
        (&|d| (d.post_copy.public, d.sources) = (true, source(encrypted)), Field::Public, "and so are its copies"),
        (
            &|d| {
                d.post_copy.public = true;
                d.sources = source(|i| i.product_codes = vec![ProductCode { id: "x".into(), kind: "devpay".into() }]);
            },
            Field::Public,
            "ami-1 has a product code",
        ),
        (
            &|d| {
                d.post_copy.tag_source = true;
                d.sources = source(|i| i.owner_id = AccountId::new("210987654321").unwrap());
            },
            Field::TagSource,
            "ami-1 belongs to 210987654321: only the account's own images are tagged.",
        ),
        (
            // 49 of the source and one for each of two destinations.
            &|d| (d.post_copy.tag_source, d.sources, d.source_tags) = (true, tags(49), SourceTags::None),
            Field::TagSource,
            "ami-1 would have 51 tags",
        ),
    ]);
    let mut again = draft();
    (again.post_copy.tag_source, again.sources) = (true, tags(48));
    Arc::make_mut(&mut again.sources[0]).tags.push(Tag { key: "copied-to:eu-west-1".into(), value: "ami-0".into() });
    again.source_tags = SourceTags::None;
    let plan = check(&again);
    assert_eq!(plan.mistakes, [], "a tag that is there is written over");
    let text = "The tag copied-to:eu-west-1 of ami-1 is `ami-0` now and will be overwritten.";
    let expected =
        ValidationMessage { field: Field::TagSource, text: text.into(), count: 1, superseded: Superseded::Never };
    assert_eq!(plan.warnings, [expected]);
}

#[test]
fn what_may_keep_others_from_the_copies_is_warned_of() {
    assert_warnings(&[
        (&|d| share(d, "123456789012"), Field::ShareWith, "is the account that copies"),
        (
            &|d| share_encrypted(d, "alias/web"),
            Field::ShareWith,
            "only if alias/web is shared with them as well (and 1 more like this)",
        ),
        (&|d| share_encrypted(d, ""), Field::ShareWith, "encrypted with its default key"),
        (
            &|d| {
                share(d, "210987654321");
                d.sources = source(encrypted);
            },
            Field::ShareWith,
            "encrypted with its default key",
        ),
        (
            &|d| {
                share_encrypted(d, "alias/aws/ebs");
                share(d, "");
                d.post_copy.copy_permissions = true;
            },
            Field::Key,
            "EC2 refuses to share",
        ),
        (
            &|d| {
                share(d, &format!("210987654321 {ORGANIZATION}"));
                d.post_copy.share_snapshots = true;
            },
            Field::ShareSnapshots,
            "organizations and units get the images alone",
        ),
    ]);
}

/// The draft is checked on 2026-11-21 at 12:00.
#[test]
fn deprecation_is_a_number_of_days_a_date_or_a_time() {
    let at = |text: &str, public: bool| {
        let mut d = draft();
        (d.post_copy.deprecate, d.post_copy.public) = (text.into(), public);
        let plan = check(&d);
        let step = |s: &PostCopyStep| match s {
            PostCopyStep::Deprecation(at) => Some(at.to_string()),
            _ => None,
        };
        match plan.mistake(&Field::Deprecation) {
            Some(mistake) => Err(mistake.to_owned()),
            None => Ok(plan.copies[0].post_copy.iter().find_map(step)),
        }
    };
    for (text, expected) in [
        ("", None),
        ("1d", Some("2026-11-22T12:00:00Z")),
        (" 365d ", Some("2027-11-21T12:00:00Z")),
        ("2026-11-22", Some("2026-11-22T00:00:00Z")),
        ("2027-01-31T12:00Z", Some("2027-01-31T12:00:00Z")),
        ("2027-01-31T12:00:59+02:00", Some("2027-01-31T10:00:00Z")),
        ("2036-11-21", Some("2036-11-21T00:00:00Z")),
    ] {
        assert_eq!(at(text, false), Ok(expected.map(Into::into)), "{text}");
    }
    for (text, public, why) in [
        ("0d", false, "in the past"),
        ("2026-11-21", false, "in the past"),
        ("2026-11-21T11:59Z", false, "in the past"),
        ("2026-11-21T12:00:59Z", false, "in the past"),
        ("2036-11-22", false, "10 years"),
        ("99999999999999999999d", false, "10 years"),
        ("2028-11-22", true, "2 years"),
        ("2026-02-30", false, "not a date"),
        ("tomorrow", false, "Write a number of days"),
        ("2027-01-31T12:00", false, "Write a number of days"),
        ("-1d", false, "Write a number of days"),
    ] {
        assert!(at(text, public).unwrap_err().contains(why), "{text}: {:?}", at(text, public));
    }
    assert!(at("2028-11-20", true).is_ok());
}
