//! Texts for reviews.

mod outlook;
mod summary;

pub use outlook::outlook;
pub use summary::{full_summary, summary};

use super::image_access;
use crate::domain::{
    Region,
    placement::Placement,
    review::{
        Cell, CellValue, Choice, Column, Existing, Finding, FindingKind, ReviewTable, Severity, Status,
        checks::ZoneProblem, existing::Found, findings::UnknownCheck,
    },
    text::{clean, count, thousands},
};

/// The heading of a column, at most 7 characters.
pub fn column(column: Column) -> &'static str {
    match column {
        Column::Enabled => "Enabled",
        Column::Permission => "IAM",
        Column::Key => "Key",
        Column::Encryption => "EBS enc",
        Column::Exists => "Exists",
        Column::Pending => "Pending",
        Column::Public => "Public",
    }
}

/// What a cell says, at most 7 characters; empty while it is waited for.
pub fn cell(column: Column, cell: Cell) -> String {
    match (cell.status, cell.value) {
        (Status::Waiting, _) => String::new(),
        (Status::Unknown, CellValue::None) => "?".into(),
        (Status::NotNeeded, _) if column == Column::Key => "none".into(),
        (Status::NotNeeded, _) => "-".into(),
        (_, CellValue::Count(n)) => thousands(n),
        (_, CellValue::Switch(on)) => if on { "on" } else { "off" }.into(),
        (Status::Refused, _) if column == Column::Permission => "denied".into(),
        (Status::Refused, _) if column == Column::Public => "blocked".into(),
        (Status::Refused, _) => "no".into(),
        (Status::Fine, _) if column == Column::Exists => "no".into(),
        (Status::Fine, _) => "yes".into(),
        (Status::Warning, _) => "partly".into(),
    }
}

/// A finding as one or two sentences.
pub fn finding(finding: &Finding) -> String {
    let places = places(&finding.regions);
    match &finding.kind {
        FindingKind::NotPermitted { why, hint } => {
            let hint = if hint.is_empty() { String::new() } else { format!(" {}", clean(hint)) };
            format!("Not permitted{}: {}.{hint}", at(" in ", &places), clean(why).trim_end_matches('.'))
        }
        FindingKind::JobTagsNotPermitted => {
            format!("Tagging is not permitted in {places}: the copies are made without amigrate's tags.")
        }
        FindingKind::NotEnabled => format!("Not enabled for this account: {places}."),
        FindingKind::Zone { zone: at, problem } => zone(at, problem, &places),
        FindingKind::PublicBlocked => {
            format!("Block public access for AMIs is on in {places}: the copies cannot be made public.")
        }
        FindingKind::LimitReached { pending, limit, copies } => format!(
            "{places}: {} already pending (limit {limit}): {} in the queue.",
            count(*pending, "copy is", "copies are"),
            count((pending + copies).saturating_sub(*limit).min(*copies), "copy waits", "copies wait")
        ),
        FindingKind::Unknown { what, why } => {
            let why = why.as_deref().map_or_else(|| "no answer within 10 s".into(), clean);
            format!("Not known{}: {}: {}.", at(" in ", &places), unknown(*what), why.trim_end_matches('.'))
        }
        FindingKind::NotAsked(what) => {
            format!(
                "Not known{}: {}: not checked yet; other checks are still running.",
                at(" in ", &places),
                unknown(*what)
            )
        }
        FindingKind::DryRunIgnored { made } => format!(
            "The endpoint ignored DryRun and made {} in {places}. Remove that image; no other dry run is sent.",
            clean(made)
        ),
        FindingKind::PermissionsNotTried => {
            format!("Permission was not checked for every kind of request to {places}: there are too many.")
        }
        FindingKind::Plan(text) => clean(text).into_owned(),
        _ => encryption_finding(&finding.kind, &places),
    }
}

/// A finding about the zone that copies go to.
fn zone(zone: &Placement, problem: &ZoneProblem, places: &str) -> String {
    let (Placement::Zone(name) | Placement::ZoneId(name)) = zone else { return String::new() };
    match problem {
        ZoneProblem::NotFound => format!("There is no zone {name} in {places}."),
        ZoneProblem::NotLocal => format!("{name} in {places} is no Local Zone; only a Local Zone can be given."),
        ZoneProblem::NotOptedIn { group } => {
            format!(
                "The Local Zone {name} is not enabled for this account: enable the zone group {} first.",
                clean(group)
            )
        }
    }
}

/// A finding about keys and encryption.
fn encryption_finding(kind: &FindingKind, places: &str) -> String {
    match kind {
        FindingKind::KeyNotFound(key) => format!("There is no key {} in {places}.", clean(key.as_str())),
        FindingKind::KeyUnusable { key, why } => {
            format!("The key {} in {places} cannot encrypt snapshots: {}.", clean(key.as_str()), clean(why))
        }
        FindingKind::EncryptsByDefault { key } => {
            let key = key.as_ref().map_or_else(|| "its default key".to_owned(), |key| clean(key).into_owned());
            format!(
                "{places}: encryption by default is on, so the copies of unencrypted images are encrypted with {key}."
            )
        }
        FindingKind::EncryptedPublic => format!(
            "The copies in {places} come out encrypted, and encrypted images cannot be public: EC2 refuses them."
        ),
        FindingKind::SharedWithEbsKey => format!(
            "The copies in {places} are encrypted with alias/aws/ebs, which cannot be shared: EC2 refuses to give \
             others permission for them. Encrypt with a key of your own."
        ),
        _ => source(kind, places),
    }
}

/// A finding about a source.
fn source(kind: &FindingKind, places: &str) -> String {
    match kind {
        FindingKind::SourceUnavailable { source, state: Some(state) } => {
            format!("{source} {}; only an available image can be copied.", state.predicate())
        }
        FindingKind::SourceUnavailable { source, state: None } => {
            format!("{source} is not in {places} any more, or is no longer shared with this account.")
        }
        FindingKind::Deprecated { source, since } => {
            format!("{source} has been deprecated since {}.", since.strftime("%Y-%m-%d"))
        }
        FindingKind::OwnerNotAllowed { source, owner } => format!(
            "Allowed AMIs is enabled in {places} and does not name {owner}, the owner of {source}: AWS may refuse to copy it."
        ),
        FindingKind::NotShared { owner, target, missing } => format!(
            "{} Its owner gives what is missing: {}.",
            image_access::refused_or_unknown(owner, target, missing),
            image_access::commands(target, missing)
        ),
        _ => String::new(),
    }
}

fn unknown(what: UnknownCheck) -> &'static str {
    match what {
        UnknownCheck::Column(Column::Enabled) => "whether the region is enabled",
        UnknownCheck::Column(Column::Permission) => "whether the copy is permitted",
        UnknownCheck::Column(Column::Key) => "whether the key can be used",
        UnknownCheck::Column(Column::Encryption) => "whether encryption by default is on",
        UnknownCheck::Column(Column::Exists) => "which images are there already",
        UnknownCheck::Column(Column::Pending) => "how many copies are pending",
        UnknownCheck::Column(Column::Public) => "whether public access is blocked",
        UnknownCheck::DefaultKey => "the default key",
        UnknownCheck::Suffixes => "which numbered names are free",
        UnknownCheck::ExistingKeys => "the keys of the images that are there",
        UnknownCheck::Zone => "whether the zone can be used",
        UnknownCheck::AllowedImages => "the Allowed AMIs settings",
        UnknownCheck::Sources => "the images to copy",
        UnknownCheck::MissingAccess => "whether the snapshots and keys of another account's image are shared",
    }
}

/// What is there of a copy to `region`.
pub fn existing(existing: &Existing, region: &Region, name: &str) -> String {
    let name = clean(name);
    let found = match &existing.found {
        Found::Queued => return format!("{region}: \"{name}\" is under way already{}.", likeness(existing)),
        Found::Image { id, state, .. } if existing.same_name => {
            let state = if state.as_str() == "available" { String::new() } else { format!(", {}", state.as_str()) };
            format!("{region}: \"{name}\" is there: {id}{state}")
        }
        Found::Image { id, state, name: there } => {
            format!("{region}: {id} \"{}\" ({}) is a copy of the same image", clean(there), state.as_str())
        }
    };
    let others = if existing.others > 0 { format!(" and {} more", existing.others) } else { String::new() };
    format!("{found}{others}{}.", likeness(existing))
}

/// What the image that is there and the copy have in common.
fn likeness(existing: &Existing) -> &'static str {
    match (existing.same_name, existing.same_source, existing.same_encryption) {
        (true, true, encryption) if existing.same_placement != Some(true) => match encryption {
            Some(true) if existing.same_placement.is_none() => ", perhaps not in the same Outpost or zone",
            Some(true) => ", not in the same Outpost or zone",
            Some(false) => ", with other encryption",
            None => ", perhaps with another key or in another place",
        },
        (true, true, Some(true)) => ", the same copy",
        (true, true, Some(false)) => ", with other encryption",
        (true, true, None) => ", perhaps with another key",
        (true, false, _) => [", of another image", ", the image that is copied"][usize::from(existing.is_source)],
        _ => "",
    }
}

/// What is done about it.
pub fn choice(existing: &Existing) -> String {
    match (existing.choice, &existing.new_name) {
        (Choice::Skip, _) => "skip".into(),
        (Choice::CopyAnyway, _) => "copy anyway".into(),
        (Choice::Rename, Some(name)) => format!("rename to {name}"),
        (Choice::Rename, None) => "rename: no number up to 999 is free".into(),
    }
}

/// What keeps the copies from being started, or how to start them; with the keys that go to a field and that start.
pub fn next_step(table: &ReviewTable, checks: usize, open: usize, correct: &str, start: &str) -> String {
    if table.refusal().is_some() {
        let refusals = count(table.count(Severity::Refusal), "refusal", "refusals");
        return format!("Cannot start: {refusals}. {correct} goes to the field to correct.");
    }
    if !table.settled {
        return format!("Checking: {} of {} answers.", checks - open, checks);
    }
    match table.outlook.copies {
        0 => "Nothing to start: every copy is skipped.".into(),
        n => format!("Ready: {start} starts {}.", count(n, "copy", "copies")),
    }
}

fn at(word: &str, places: &str) -> String {
    if places.is_empty() { String::new() } else { format!("{word}{places}") }
}

/// Up to three regions by name.
fn places(regions: &[Region]) -> String {
    let named: Vec<&str> = regions.iter().take(3).map(Region::as_str).collect();
    let more = regions.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests;
