//! What a person reads of each finding.

use std::collections::BTreeSet;

use super::*;
use crate::domain::review::outlook::{Outlook, Time};
use crate::domain::{
    AccountId, ImageId, ImageState, KmsKeyRef, SnapshotId,
    draft::Field,
    image_access::{AccessTarget, MissingAccess},
};

fn said(kind: FindingKind, regions: &[&str]) -> String {
    let regions = regions.iter().map(|name| Region::new(name).unwrap()).collect();
    finding(&Finding { severity: Severity::Warning, kind, regions, field: Field::Destinations })
}

fn source() -> ImageId {
    ImageId::new("ami-1").unwrap()
}

fn key() -> KmsKeyRef {
    KmsKeyRef::new("alias/web").unwrap()
}

fn zone(problem: ZoneProblem) -> FindingKind {
    let zone = Placement::Zone(crate::domain::ZoneName::new("us-west-2-lax-1a").unwrap());
    FindingKind::Zone { zone, problem }
}

/// What is said of permissions and keys in eu-west-1.
fn of_permissions_and_keys() -> Vec<(FindingKind, &'static str)> {
    vec![
        (
            FindingKind::NotPermitted { why: "you may not.".into(), hint: "Ask for it.".into() },
            "Not permitted in eu-west-1: you may not. Ask for it.",
        ),
        (
            FindingKind::DryRunIgnored { made: "ami-9".into() },
            "The endpoint ignored DryRun and made ami-9 in eu-west-1. Remove that image; no other dry run is sent.",
        ),
        (
            FindingKind::JobTagsNotPermitted,
            "Tagging is not permitted in eu-west-1: the copies are made without amigrate's tags.",
        ),
        (FindingKind::KeyNotFound(key()), "There is no key alias/web in eu-west-1."),
        (
            FindingKind::KeyUnusable { key: key(), why: "it is disabled".into() },
            "The key alias/web in eu-west-1 cannot encrypt snapshots: it is disabled.",
        ),
        (FindingKind::NotEnabled, "Not enabled for this account: eu-west-1."),
        (
            FindingKind::PublicBlocked,
            "Block public access for AMIs is on in eu-west-1: the copies cannot be made public.",
        ),
        (
            FindingKind::EncryptedPublic,
            "The copies in eu-west-1 come out encrypted, and encrypted images cannot be public: EC2 refuses them.",
        ),
        (
            FindingKind::SharedWithEbsKey,
            "The copies in eu-west-1 are encrypted with alias/aws/ebs, which cannot be shared: EC2 refuses to give others \
             permission for them. Encrypt with a key of your own.",
        ),
        (
            FindingKind::EncryptsByDefault { key: None },
            "eu-west-1: encryption by default is on, so the copies of unencrypted images are encrypted with its default key.",
        ),
    ]
}

/// What is not known or missing of another account's images.
fn of_sharing() -> Vec<(FindingKind, &'static str)> {
    let not_shared = |missing: MissingAccess| FindingKind::NotShared {
        owner: AccountId::new("210987654321").unwrap(),
        target: AccessTarget {
            image: source(),
            region: Region::new("eu-west-1").unwrap(),
            account: AccountId::new("123456789012").unwrap(),
        },
        missing: vec![missing],
    };
    vec![
        (
            not_shared(MissingAccess::Snapshot(SnapshotId::new("snap-1").unwrap())),
            "ami-1 of account 210987654321 cannot be copied: 1 snapshot is not shared with account 123456789012: snap-1 (a copy \
             reads it: create-volume permission). Its owner gives what is missing: `aws ec2 modify-snapshot-attribute --region \
             eu-west-1 --snapshot-id snap-1 --attribute createVolumePermission --operation-type add --user-ids 123456789012`.",
        ),
        (
            not_shared(MissingAccess::Key("arn:aws:kms:eu-west-1:210987654321:key/1".into())),
            "It is not known whether ami-1 of account 210987654321 can be copied: account 123456789012 may not look at the key of its \
             snapshots, with which a copy decrypts them: arn:aws:kms:eu-west-1:210987654321:key/1. Unless the key's policy lets EC2 \
             use it for that account all the same, the copies fail. Its owner gives what is missing: `aws kms create-grant --region \
             eu-west-1 --key-id arn:aws:kms:eu-west-1:210987654321:key/1 --grantee-principal arn:aws:iam::123456789012:root \
             --operations CreateGrant Decrypt DescribeKey ReEncryptFrom --name amigrate-copies-by-123456789012`.",
        ),
        (
            FindingKind::Unknown { what: UnknownCheck::MissingAccess, why: Some("denied".into()) },
            "Not known in eu-west-1: whether the snapshots and keys of another account's image are shared: denied.",
        ),
    ]
}

/// The other kinds.
fn of_requests_and_sources() -> Vec<(FindingKind, &'static str)> {
    vec![
        (
            FindingKind::LimitReached { pending: 299, limit: 300, copies: 3 },
            "eu-west-1: 299 copies are already pending (limit 300): 2 copies wait in the queue.",
        ),
        (
            FindingKind::SourceUnavailable { source: source(), state: None },
            "ami-1 is not in eu-west-1 any more, or is no longer shared with this account.",
        ),
        (
            FindingKind::SourceUnavailable { source: source(), state: Some(ImageState::Disabled) },
            "ami-1 is disabled; only an available image can be copied.",
        ),
        (
            FindingKind::Deprecated { source: source(), since: "2026-05-06T07:08:00Z".parse().unwrap() },
            "ami-1 has been deprecated since 2026-05-06.",
        ),
        (
            FindingKind::OwnerNotAllowed { source: source(), owner: AccountId::new("210987654321").unwrap() },
            "Allowed AMIs is enabled in eu-west-1 and does not name 210987654321, the owner of ami-1: AWS may refuse to copy \
             it.",
        ),
        (
            FindingKind::NotAsked(UnknownCheck::DefaultKey),
            "Not known in eu-west-1: the default key: not checked yet; other checks are still running.",
        ),
        (
            FindingKind::Unknown { what: UnknownCheck::Column(Column::Pending), why: None },
            "Not known in eu-west-1: how many copies are pending: no answer within 10 s.",
        ),
        (
            FindingKind::PermissionsNotTried,
            "Permission was not checked for every kind of request to eu-west-1: there are too many.",
        ),
        (FindingKind::Plan("A sentence.".into()), "A sentence."),
        (zone(ZoneProblem::NotFound), "There is no zone us-west-2-lax-1a in eu-west-1."),
        (
            zone(ZoneProblem::NotOptedIn { group: "us-west-2-lax-1".into() }),
            "The Local Zone us-west-2-lax-1a is not enabled for this account: enable the zone group us-west-2-lax-1 first.",
        ),
    ]
}

/// Every kind.
fn kinds() -> Vec<(FindingKind, &'static str)> {
    [of_permissions_and_keys(), of_sharing(), of_requests_and_sources()].concat()
}

/// A kind that is added is to be added to the table.
fn number(kind: &FindingKind) -> usize {
    match kind {
        FindingKind::NotPermitted { .. } => 0,
        FindingKind::DryRunIgnored { .. } => 1,
        FindingKind::JobTagsNotPermitted => 2,
        FindingKind::KeyNotFound(_) => 3,
        FindingKind::KeyUnusable { .. } => 4,
        FindingKind::NotEnabled => 5,
        FindingKind::PublicBlocked => 6,
        FindingKind::EncryptedPublic => 7,
        FindingKind::SharedWithEbsKey => 8,
        FindingKind::EncryptsByDefault { .. } => 9,
        FindingKind::LimitReached { .. } => 10,
        FindingKind::SourceUnavailable { .. } => 11,
        FindingKind::Deprecated { .. } => 12,
        FindingKind::OwnerNotAllowed { .. } => 13,
        FindingKind::NotAsked(_) => 14,
        FindingKind::Unknown { .. } => 15,
        FindingKind::PermissionsNotTried => 16,
        FindingKind::Plan(_) => 17,
        FindingKind::Zone { .. } => 18,
        FindingKind::NotShared { .. } => 19,
    }
}

#[test]
fn every_kind_of_finding_is_a_sentence() {
    let numbers: BTreeSet<usize> = kinds().iter().map(|(kind, _)| number(kind)).collect();
    assert_eq!(numbers, (0..20).collect());
    for (kind, expected) in kinds() {
        assert_eq!(said(kind, &["eu-west-1"]), expected);
    }
}

#[test]
fn up_to_three_regions_are_named() {
    let regions = ["eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-west-2"];
    let text = said(FindingKind::NotEnabled, &regions);
    assert_eq!(text, "Not enabled for this account: eu-west-1, eu-west-2, eu-west-3 and 2 more.");
}

#[test]
fn a_time_that_cannot_be_kept_is_not_called_requested() {
    let said = |time| outlook(&Outlook { copies: 1, gib: 2_048, time, ..Outlook::default() });
    assert_eq!(said(Time::Requested(900)), "1 copy, 2,048 GiB; within 15 min as requested.");
    let late = said(Time::TooShort(4_195));
    assert!(late.ends_with("if the volumes are full: longer than requested.") && !late.contains("within"), "{late}");
}
