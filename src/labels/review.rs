//! Texts for reviews.

use std::collections::BTreeSet;

use crate::domain::{
    Region,
    completion::CompletionDuration,
    copy::{CopyRequest, Encryption},
    post_copy::PostCopyStep,
    review::{
        Cell, CellValue, Choice, Column, Existing, Finding, FindingKind, ReviewTable, Severity, Status,
        existing::Found,
        findings::UnknownCheck,
        outlook::{Outlook, Time},
    },
    text::{clean, count, duration, thousands},
};

/// The heading of a column, at most 7 characters.
pub fn column(column: Column) -> &'static str {
    match column {
        Column::Enabled => "Enabled",
        Column::Permission => "Allowed",
        Column::Key => "Key",
        Column::Encryption => "Default",
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
        (Status::NotNeeded, _) => "-".into(),
        (_, CellValue::Count(n)) => thousands(n),
        (_, CellValue::Switch(on)) => if on { "encrypt" } else { "no enc" }.into(),
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
        FindingKind::KeyNotFound(key) => format!("There is no key {} in {places}.", clean(key.as_str())),
        FindingKind::KeyUnusable { key, why } => {
            format!("The key {} in {places} cannot encrypt snapshots: {}.", clean(key.as_str()), clean(why))
        }
        FindingKind::NotEnabled => format!("Not enabled for this account: {places}."),
        FindingKind::PublicBlocked => {
            format!("Block public access for AMIs is on in {places}: the copies cannot be made public.")
        }
        FindingKind::EncryptsByDefault { key } => {
            let key = key.as_ref().map_or_else(|| "its default key".to_owned(), |key| clean(key).into_owned());
            format!(
                "{places}: encryption by default is on, so the copies of unencrypted images are encrypted with {key}."
            )
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
        FindingKind::PermissionsNotTried => {
            format!("Permission was not checked for every kind of request to {places}: there are too many.")
        }
        FindingKind::Plan(text) => clean(text).into_owned(),
        _ => source(&finding.kind, &places),
    }
}

/// A finding about a source.
fn source(kind: &FindingKind, places: &str) -> String {
    match kind {
        FindingKind::SourceUnavailable { source, state: Some(state) } => {
            format!("{source} is {}; only an available image can be copied.", state.as_str())
        }
        FindingKind::SourceUnavailable { source, state: None } => {
            format!("{source} is not in {places} any more, or is no longer shared with this account.")
        }
        FindingKind::Deprecated { source, since } => {
            format!("{source} is deprecated since {}.", since.strftime("%Y-%m-%d"))
        }
        FindingKind::OwnerNotAllowed { source, owner } => format!(
            "Allowed AMIs is enabled in {places} and does not name {owner}, the owner of {source}: AWS may refuse to copy it."
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
        UnknownCheck::AllowedImages => "the Allowed AMIs settings",
        UnknownCheck::Sources => "the images to copy",
    }
}

/// What is there of a copy to `region`.
pub fn existing(existing: &Existing, region: &Region, name: &str) -> String {
    let name = clean(name);
    let found = match &existing.found {
        Found::Queued => return format!("{region}: \"{name}\" is queued already{}.", likeness(existing)),
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
        (true, true, Some(true)) => ", the same copy",
        (true, true, Some(false)) => ", with other encryption",
        (true, true, None) => ", perhaps with another key",
        (true, false, _) => ", of another image",
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

/// The size and duration of what is to start.
pub fn outlook(outlook: &Outlook) -> String {
    if outlook.copies == 0 {
        return "0 copies, 0 GiB.".into();
    }
    let gib = thousands(usize::try_from(outlook.gib).unwrap_or(usize::MAX));
    let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    let time = match outlook.time {
        Time::Requested(seconds) => match CompletionDuration::from_minutes(minutes(seconds)) {
            Ok(limit) => format!("within {limit} as requested"),
            Err(_) => format!("within {} as requested", duration(signed(seconds))),
        },
        Time::Seen { seconds, copies } => {
            format!("about {}, judging by {}", duration(signed(seconds)), count(copies, "copy here", "copies here"))
        }
        Time::Unknown => "time unknown (no copy of this size has completed here yet)".to_owned(),
    };
    format!("{}, {gib} GiB; {time}.", count(outlook.copies, "copy", "copies"))
}

/// Whole minutes, or 0 if they are not whole.
fn minutes(seconds: u64) -> u16 {
    if seconds.is_multiple_of(60) { u16::try_from(seconds / 60).unwrap_or(0) } else { 0 }
}

/// What keeps the copies from being started, or how to start them.
pub fn next_step(table: &ReviewTable, checks: usize, open: usize) -> String {
    if table.refusal().is_some() {
        let refusals = count(table.count(Severity::Refusal), "refusal", "refusals");
        return format!("Cannot start: {refusals}. Enter goes to the field to correct.");
    }
    if !table.settled {
        return format!("Checking: {} of {} answers.", checks - open, checks);
    }
    match table.outlook.copies {
        0 => "Nothing to start: every copy is skipped.".into(),
        n => format!("Ready: Ctrl-s starts {}.", count(n, "copy", "copies")),
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

/// What is common to the copies to start, and what happens to them: names and encryption, then tags and what is done afterwards.
pub fn summary(copies: &[CopyRequest]) -> Vec<String> {
    let Some(first) = copies.first() else { return Vec::new() };
    let names: BTreeSet<&str> = copies.iter().map(|copy| copy.name.as_str()).collect();
    let more = names.len().saturating_sub(1);
    let more = if more > 0 { format!(" and {}", count(more, "other", "others")) } else { String::new() };
    let encryption = same(copies, |copy| &copy.encryption).map_or("encryption differs".into(), encryption);
    let own = match same(copies, |copy| &copy.image_tags) {
        None => "tags differ".into(),
        Some(tags) if tags.is_empty() && first.copy_tags => String::new(),
        Some(tags) => count(tags.len(), "tag", "tags"),
    };
    let tags = match (own.is_empty(), first.copy_tags) {
        (true, _) => "The source's tags".into(),
        (false, true) => format!("{own} and the source's"),
        (false, false) => own,
    };
    let mut after: Vec<String> = Vec::new();
    for copy in copies {
        for step in &copy.post_copy {
            let text = match step {
                PostCopyStep::SourceTag => "tag copied-to:REGION on the source".into(),
                _ => super::step(step, &copy.destination),
            };
            if !after.contains(&text) && after.len() < 6 {
                after.push(text);
            }
        }
    }
    let after = if after.is_empty() { "nothing afterwards".into() } else { after.join(", ") };
    vec![format!("Name {}{more}; {encryption}.", clean(first.name.as_str())), format!("{tags}; {after}.")]
}

fn encryption(encryption: &Encryption) -> String {
    match encryption {
        Encryption::Keep => "encryption as the source's or the region's default".into(),
        Encryption::Encrypt { key: None } => "encrypted with the region's default key".into(),
        Encryption::Encrypt { key: Some(key) } => format!("encrypted with {}", clean(key.as_str())),
    }
}

/// Returns what is the same for all copies.
fn same<T: PartialEq>(copies: &[CopyRequest], of: impl Fn(&CopyRequest) -> &T) -> Option<&T> {
    let first = of(copies.first()?);
    copies.iter().all(|copy| of(copy) == first).then_some(first)
}
