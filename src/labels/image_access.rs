//! What is missing to copy another account's image, and how it is given and taken back.

use crate::domain::{
    AccountId,
    image_access::{AccessTarget, GivenAccess, MissingAccess, Share, ShareOutcome},
    text::{clean, count},
};

/// Resources of a kind that are named; the others are counted, and are in the commands.
const NAMED: usize = 3;

/// Says what is not shared, and what a copy needs it for, as a clause.
pub fn not_shared(target: &AccessTarget, missing: &[MissingAccess]) -> String {
    let account = &target.account;
    let of = |so: fn(&MissingAccess) -> bool| missing.iter().filter(|one| so(one)).collect::<Vec<_>>();
    let snapshots = of(|one| matches!(one, MissingAccess::Snapshot(_)));
    let keys = of(|one| matches!(one, MissingAccess::Key(_)));
    let named = |all: &[&MissingAccess]| {
        let mut names: Vec<String> =
            all.iter().take(NAMED).map(|one| clean(&one.resource(target)).into_owned()).collect();
        names.extend(all.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("{more} more")));
        names.join(", ")
    };
    let mut parts = Vec::new();
    if missing.contains(&MissingAccess::Image) {
        parts.push(format!("the image is not shared with account {account} (launch permission)"));
    }
    if !snapshots.is_empty() {
        let words = count(snapshots.len(), "snapshot is", "snapshots are");
        let read = if snapshots.len() == 1 { "it" } else { "them" };
        parts.push(format!(
            "{words} not shared with account {account}: {} (a copy reads {read}: create-volume permission)",
            named(&snapshots)
        ));
    }
    if !keys.is_empty() {
        let words = if keys.len() == 1 { "the key" } else { "the keys" };
        parts.push(format!(
            "account {account} may not look at {words} of its snapshots, with which a copy decrypts them: {}",
            named(&keys)
        ));
    }
    parts.join("; ")
}

/// Says that an image cannot be copied, or perhaps not, and why, as sentences.
pub fn refused_or_unknown(owner: &AccountId, target: &AccessTarget, missing: &[MissingAccess]) -> String {
    let (image, what) = (&target.image, not_shared(target, missing));
    if missing.iter().any(MissingAccess::is_certain) {
        return format!("{image} of account {owner} cannot be copied: {what}.");
    }
    format!(
        "It is not known whether {image} of account {owner} can be copied: {what}. Unless the key's policy lets EC2 use it for that account all the same, the copies fail."
    )
}

/// The owner's AWS CLI commands that give it, one after the other.
pub fn commands(target: &AccessTarget, missing: &[MissingAccess]) -> String {
    let commands: Vec<String> = missing.iter().map(|one| format!("`{}`", clean(&one.aws_cli(target)))).collect();
    commands.join(" && ")
}

/// What would be given, a line each: the image, then each permission with its command.
pub fn share_lines(shares: &[Share]) -> Vec<String> {
    let mut lines = Vec::new();
    for Share { target, missing } in shares {
        lines.push(format!("{} in {}:", target.image, target.region));
        for one in missing {
            let what = permission(target, one);
            lines.push(format!("  {what}"));
            lines.push(format!("    {}", clean(&one.aws_cli(target))));
        }
    }
    lines
}

/// A permission by itself.
pub fn permission(target: &AccessTarget, access: &MissingAccess) -> String {
    let resource = access.resource(target);
    let resource = clean(&resource);
    match access {
        MissingAccess::Image => format!("launch permission of {resource}"),
        MissingAccess::Snapshot(_) => format!("create-volume permission of {resource}"),
        MissingAccess::Key(_) => format!("grant of the key {resource}"),
    }
}

/// The AWS CLI commands that take back what was given, the last first.
pub fn undo(given: &[GivenAccess]) -> Vec<String> {
    let undo = |given: &GivenAccess| given.access.undo_aws_cli(&given.target, given.grant.as_deref());
    given.iter().rev().map(|given| clean(&undo(given)).into_owned()).collect()
}

/// What was given, to whom and by whom; `None` if nothing was.
pub fn given(outcome: &ShareOutcome) -> Option<String> {
    let first = outcome.given.first()?;
    let to: &AccountId = &first.target.account;
    let permissions = count(outcome.given.len(), "permission", "permissions");
    Some(format!("Account {} has given {permissions} to account {to}.", outcome.owner))
}

/// The lines that tell what came of it: what was given, how to undo it, and what failed.
pub fn outcome_lines(outcome: &ShareOutcome) -> Vec<String> {
    let mut lines: Vec<String> = given(outcome).into_iter().collect();
    lines.extend(outcome.given.iter().map(|given| format!("  {}", permission(&given.target, &given.access))));
    if !outcome.given.is_empty() {
        lines.push("To undo it:".into());
        lines.extend(undo(&outcome.given).into_iter().map(|command| format!("  {command}")));
    }
    if outcome.given.iter().any(|given| matches!(given.access, MissingAccess::Key(_))) {
        lines.push(
            "A grant of a key takes effect after seconds, and seldom minutes; copies that start before may fail."
                .into(),
        );
    }
    for failure in outcome.failures.iter().chain(&outcome.audit_failures) {
        let text = failure.lines().join(". ");
        lines.push(format!("{}.", clean(&text).trim_end_matches('.')));
    }
    if outcome.given.is_empty() && outcome.failures.is_empty() {
        lines.push("Nothing was missing.".into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Failure, ImageId, Region, SnapshotId};

    const KEY: &str = "arn:aws:kms:eu-west-1:210987654321:key/1";

    fn target() -> AccessTarget {
        AccessTarget {
            image: ImageId::new("ami-1").unwrap(),
            region: Region::new("eu-west-1").unwrap(),
            account: AccountId::new("123456789012").unwrap(),
        }
    }

    fn snapshot(n: usize) -> MissingAccess {
        MissingAccess::Snapshot(SnapshotId::new(&format!("snap-{n}")).unwrap())
    }

    #[test]
    fn each_missing_permission_is_explained() {
        let key = |n: usize| MissingAccess::Key(format!("{KEY}{n}").into());
        let of_key = "of its snapshots, with which a copy decrypts them:";
        for (missing, expected) in [
            (vec![MissingAccess::Image], "the image is not shared with account 123456789012 (launch permission)".into()),
            (
                vec![snapshot(1)],
                "1 snapshot is not shared with account 123456789012: snap-1 (a copy reads it: create-volume permission)".into(),
            ),
            (
                (1..=5).map(snapshot).collect(),
                "5 snapshots are not shared with account 123456789012: snap-1, snap-2, snap-3, 2 more (a copy reads them: \
                 create-volume permission)"
                    .into(),
            ),
            (
                vec![key(1), snapshot(1)],
                format!(
                    "1 snapshot is not shared with account 123456789012: snap-1 (a copy reads it: create-volume permission); \
                     account 123456789012 may not look at the key {of_key} {KEY}1"
                ),
            ),
            (
                vec![key(1), key(2)],
                format!("account 123456789012 may not look at the keys {of_key} {KEY}1, {KEY}2"),
            ),
        ] {
            assert_eq!(not_shared(&target(), &missing), expected);
        }
    }

    #[test]
    fn what_was_given_is_told_with_the_way_back_the_last_first() {
        let give = |access: MissingAccess, grant: Option<&str>| GivenAccess {
            target: target(),
            access,
            grant: grant.map(Into::into),
        };
        let owner = AccountId::new("210987654321").unwrap();
        let given = vec![give(MissingAccess::Key(KEY.into()), Some("g1")), give(snapshot(1), None)];
        let failure = Failure::new("share ami-1", "\u{1b}denied").hint("Ask for it.");
        let outcome = ShareOutcome { given, ..ShareOutcome::failed(owner.clone(), failure) };
        let lines = outcome_lines(&outcome);
        assert_eq!(lines[0], "Account 210987654321 has given 2 permissions to account 123456789012.");
        assert_eq!(lines[1], format!("  grant of the key {KEY}"));
        assert!(lines[4].contains("modify-snapshot-attribute") && lines[4].contains("--operation-type remove"));
        assert!(lines[5].contains("revoke-grant") && lines[5].ends_with("--grant-id g1"), "{lines:?}");
        assert!(lines[6].contains("copies that start before may fail"), "{lines:?}");
        assert!(lines[7].contains("denied") && lines[7].contains("Ask for it."), "{lines:?}");
        assert!(!lines.concat().contains('\u{1b}'), "{lines:?}");
        let nothing = ShareOutcome::failed(owner, Failure::new("share ami-1", "denied"));
        assert_eq!(outcome_lines(&nothing).len(), 1, "{nothing:?}");
    }
}
