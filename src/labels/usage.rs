//! Who uses an image, in lines for a person.

use jiff::Timestamp;

use crate::domain::{
    AccountId, Failure, Image, ImageId,
    image_details::VolumePermission,
    image_usage::{ImageUsage, SharedSnapshot},
    text::{clean, count},
    usage_report::{AccountUse, Reported},
};

/// Entries of a list that are named; the others are counted.
const NAMED: usize = 6;

/// Returns who uses the image: what names it, who may launch it, which snapshots are kept because other images use them. `None` is
/// while AWS is being asked.
pub fn usage(image: &Image, usage: Option<&ImageUsage>) -> Vec<String> {
    let launched = image.last_launched.map(|at| at.strftime("%Y-%m-%d").to_string());
    let launched = format!("last launched: {}", launched.as_deref().unwrap_or("unknown"));
    let Some(usage) = usage else {
        return vec!["used by: asking AWS ...".into(), launched];
    };
    let unlisted = |failure: &Failure| vec![unknown(failure)];
    let mut lines = Vec::new();
    let references = usage.references.as_ref().map_or_else(unlisted, |references| {
        references.iter().map(|reference| clean(&reference.to_string()).into_owned()).collect()
    });
    lines.push(format!("used by: {}", list(references, "nothing in this account that EC2 knows of")));
    lines.extend(usage.reported.as_ref().map(|reported| by_others(reported, &image.owner_id)));
    lines.push(launched);
    let permissions = usage.permissions.as_ref();
    let permissions = permissions.map_or_else(unlisted, |all| all.iter().map(ToString::to_string).collect());
    lines.push(format!("may be launched by: {}", list(permissions, "nobody else")));
    match &usage.volume_permissions {
        Ok(shared) => lines.extend(shared.iter().map(|(snapshot, with)| {
            format!("{snapshot} is shared with: {}", list(with.iter().map(who).collect(), "nobody"))
        })),
        Err(failure) => lines.push(format!("snapshots shared with: {}", unknown(failure))),
    }
    match &usage.shared_snapshots {
        Ok(shared) => lines.extend(shared.iter().map(kept)),
        Err(failure) => {
            lines.push(format!("other images with the same snapshots: {}", unknown(failure)));
        }
    }
    lines
}

/// Returns which other accounts use an image, by its usage report.
fn by_others(reported: &Result<Reported, Failure>, owner: &AccountId) -> String {
    let said = match reported {
        Ok(reported) => other_accounts(reported, owner),
        Err(failure) => unknown(failure),
    };
    format!("used by other accounts: {said}")
}

/// Returns which other accounts use an image, or why that is not known.
pub fn other_accounts(reported: &Reported, owner: &AccountId) -> String {
    match reported {
        Reported::None => "unknown (there is no usage report)".into(),
        Reported::Pending { since } => {
            let since = since.map(|since| format!(", since {}", minute(since))).unwrap_or_default();
            format!("unknown (EC2 is making a usage report{since})")
        }
        Reported::Failed { created, why } => {
            let of = created.map(|created| format!(" of {}", minute(created))).unwrap_or_default();
            format!("unknown (the usage report{of} failed: {})", clean(why))
        }
        Reported::Available { created, .. } => {
            let accounts = reported.by_account();
            let others = accounts.iter().filter(|(account, _)| *account != owner);
            let named = others.map(|(account, uses)| format!("{account} ({})", counts(uses))).collect();
            let of = created.map(|created| format!(" of {}", minute(created))).unwrap_or_default();
            format!("{}, by the usage report{of}", list(named, "nobody"))
        }
    }
}

/// Returns what an available report leaves out: EC2 may not count the last days, and an older report says nothing of the time since.
pub fn left_out(reported: &Reported, now: Timestamp) -> String {
    match reported.outdated(now) {
        None => "A usage report may not count instances of the last day and launch templates of the last days.".into(),
        Some(age) => {
            let days = count(usize::try_from(age.as_hours() / 24).unwrap_or_default(), "day", "days");
            format!("The usage report is {days} old: use since then is unknown.")
        }
    }
}

fn counts(uses: &[&AccountUse]) -> String {
    let one = |one: &&AccountUse| {
        let noun = clean(one.kind.noun()).into_owned();
        count(usize::try_from(one.count).unwrap_or(usize::MAX), &noun, &format!("{noun}s"))
    };
    uses.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn unknown(failure: &Failure) -> String {
    format!("unknown ({})", reason(failure))
}

/// Returns why a part is unknown; of a denied one the permission that is missing, which is shorter than AWS's own words.
pub(super) fn reason(failure: &Failure) -> String {
    let denied = failure.kind.is_denied() && !failure.hint.is_empty();
    let why = if denied { &failure.hint } else { &failure.why };
    let why = why.split(" Encoded authorization failure message").next().unwrap_or_default();
    let why = if denied { why.split(';').next().unwrap_or_default() } else { why };
    clean(why).into_owned()
}

fn kept(shared: &SharedSnapshot) -> String {
    let images = shared.images.iter().map(ImageId::to_string).collect();
    format!("{} is kept, because other images use it: {}", shared.snapshot, list(images, ""))
}

/// Returns who may create volumes of a snapshot.
pub fn who(permission: &VolumePermission) -> String {
    match permission {
        VolumePermission::Account(account) => account.to_string(),
        VolumePermission::Public => "everyone".into(),
    }
}

fn list(mut names: Vec<String>, none: &str) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    match (names.is_empty(), more) {
        (true, _) => none.into(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        AccountId, Region,
        image_usage::{ImageReference, ReferenceKind},
    };

    #[test]
    fn what_is_unknown_is_said_and_no_name_reaches_the_terminal_raw() {
        let account = AccountId::new("123456789012").unwrap();
        let image = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap(), account);
        let denied = || Failure::new("read", "not\u{1b}[31m allowed");
        let reference = |n: usize| ImageReference {
            kind: ReferenceKind::Parameter,
            arn: format!("arn:aws:ssm:us-east-1:1:parameter/\u{202e}web-{n}").into(),
        };
        let found = ImageUsage {
            image: image.id.clone(),
            references: Ok((0..8).map(reference).collect()),
            permissions: Err(denied()),
            shared_snapshots: Err(denied()),
            volume_permissions: Ok(Vec::new()),
            reported: None,
        };
        let lines = usage(&image, Some(&found)).join("\n");
        assert!(lines.contains("and 2 more") && lines.contains("last launched: unknown"), "{lines}");
        assert!(lines.contains("may be launched by: unknown (not"), "{lines}");
        assert!(!lines.contains(['\u{1b}', '\u{202e}']), "{lines}");
    }

    #[test]
    fn other_accounts_are_told_by_the_report_or_why_they_are_not_known() {
        let account = |id: &str| AccountId::new(id).unwrap();
        let created = Some("2026-03-01T12:00:00Z".parse().unwrap());
        let one = |id: &str, kind, count| AccountUse { account: account(id), kind, count };
        let uses = vec![
            one("123456789012", ReferenceKind::Instance, 9),
            one("222222222222", ReferenceKind::Instance, 1_200),
            one("222222222222", ReferenceKind::LaunchTemplate, 1),
        ];
        for (reported, expected) in [
            (Reported::None, "unknown (there is no usage report)"),
            (
                Reported::Pending { since: created },
                "unknown (EC2 is making a usage report, since 2026-03-01 12:00 UTC)",
            ),
            (
                Reported::Failed { created, why: "a\u{1b}[2J".into() },
                "unknown (the usage report of 2026-03-01 12:00 UTC failed: a [2J)",
            ),
            (Reported::Available { created, uses: Vec::new() }, "nobody, by the usage report of 2026-03-01 12:00 UTC"),
            (
                Reported::Available { created, uses },
                "222222222222 (1,200 instances, 1 launch template), by the usage report of 2026-03-01 12:00 UTC",
            ),
        ] {
            assert_eq!(other_accounts(&reported, &account("123456789012")), expected);
        }
    }
}
