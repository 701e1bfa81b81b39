//! The draft's values as the form shows and changes them: texts, choices, and the summary of a folded section.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::fields::Section;
use crate::{
    config::{
        KeyMap,
        bindings::{Action, Context},
    },
    domain::{
        Region,
        draft::{Draft, Field, PlacementDraft, ProtectionDraft, SourceTags},
        text::count,
    },
};

/// The keys of the sources' own tags, with how many sources have each.
pub(super) type OwnTags = BTreeMap<Arc<str>, usize>;

/// What was entered for a choice that was turned to another value since. It is there again when the choice is turned back.
#[derive(Debug, Clone, Default)]
pub(super) struct SetAside {
    /// Name of an Outpost or a Local Zone.
    place: String,
    /// Keys of the sources' tags.
    keys: BTreeSet<Arc<str>>,
}

/// The text of a field; empty if it has none.
pub(super) fn text<'a>(draft: &'a Draft, field: &Field) -> &'a str {
    match field {
        Field::Name => &draft.name,
        Field::Description => &draft.description,
        Field::Key => &draft.key,
        Field::KeyFor(region) => draft.keys.get(region).map_or("", String::as_str),
        Field::ImageTag(n) => draft.image_tags.get(*n).map_or("", String::as_str),
        Field::SnapshotTag(n) => draft.snapshot_tags.get(*n).map_or("", String::as_str),
        Field::Placement => match &draft.placement {
            PlacementDraft::Outpost(text) | PlacementDraft::LocalZone(text) => text,
            PlacementDraft::Region => "",
        },
        Field::ClientToken => &draft.client_token,
        Field::ShareWith => &draft.post_copy.share_with,
        Field::Deprecation => &draft.post_copy.deprecate,
        _ => "",
    }
}

/// Replaces the text of a field.
pub(super) fn set_text(draft: &mut Draft, field: &Field, text: String) {
    match field {
        Field::Name => draft.name = text,
        Field::Description => draft.description = text,
        Field::Key => draft.key = text,
        Field::KeyFor(region) => {
            draft.keys.insert(region.clone(), text);
        }
        Field::ImageTag(n) => set_line(&mut draft.image_tags, *n, text),
        Field::SnapshotTag(n) => set_line(&mut draft.snapshot_tags, *n, text),
        Field::Placement => match &mut draft.placement {
            PlacementDraft::Outpost(name) | PlacementDraft::LocalZone(name) => *name = text,
            PlacementDraft::Region => {}
        },
        Field::ClientToken => draft.client_token = text,
        Field::ShareWith => draft.post_copy.share_with = text,
        Field::Deprecation => draft.post_copy.deprecate = text,
        _ => {}
    }
}

/// Replaces a line, or adds one at the end.
fn set_line(lines: &mut Vec<String>, at: usize, text: String) {
    match lines.get_mut(at) {
        Some(line) => *line = text,
        None if text.is_empty() => {}
        None => lines.push(text),
    }
}

/// The lines of tags that a field is one of.
pub(super) fn tag_lines<'a>(draft: &'a mut Draft, field: &Field) -> Option<(&'a mut Vec<String>, usize)> {
    match field {
        Field::ImageTag(n) => Some((&mut draft.image_tags, *n)),
        Field::SnapshotTag(n) => Some((&mut draft.snapshot_tags, *n)),
        _ => None,
    }
}

/// Turns a choice to its next value.
///
/// # Errors
/// Why it cannot be changed.
pub(super) fn next_value(draft: &mut Draft, field: &Field, set_aside: &mut SetAside) -> Result<(), &'static str> {
    let steps = &mut draft.post_copy;
    match field {
        Field::Encryption => match draft.encryption_fixed() {
            Some(why) => return Err(why),
            None => draft.encrypt = !draft.encrypt,
        },
        Field::SourceTags => {
            draft.source_tags = match std::mem::take(&mut draft.source_tags) {
                SourceTags::None => SourceTags::All,
                SourceTags::All if !set_aside.keys.is_empty() => {
                    SourceTags::Picked(std::mem::take(&mut set_aside.keys))
                }
                SourceTags::All => SourceTags::None,
                SourceTags::Picked(keys) => {
                    set_aside.keys = keys;
                    SourceTags::None
                }
            };
        }
        Field::Placement => {
            draft.placement = match std::mem::take(&mut draft.placement) {
                PlacementDraft::Region => PlacementDraft::Outpost(std::mem::take(&mut set_aside.place)),
                PlacementDraft::Outpost(name) => PlacementDraft::LocalZone(name),
                PlacementDraft::LocalZone(name) => {
                    set_aside.place = name;
                    PlacementDraft::Region
                }
            };
        }
        Field::CopyPermissions => steps.copy_permissions = !steps.copy_permissions,
        Field::ShareSnapshots => steps.share_snapshots = !steps.share_snapshots,
        Field::Public => steps.public = !steps.public,
        Field::TagSource => steps.tag_source = !steps.tag_source,
        Field::Protection => {
            steps.protection = match steps.protection {
                ProtectionDraft::Off => ProtectionDraft::On,
                ProtectionDraft::On => ProtectionDraft::WithCooldown,
                ProtectionDraft::WithCooldown => ProtectionDraft::Off,
            };
        }
        _ => {}
    }
    Ok(())
}

/// What a field shows that has no text. `own_tags` are the keys of the sources' tags, `keys` the keys in force.
pub(super) fn shown(draft: &Draft, field: &Field, own_tags: &OwnTags, keys: &KeyMap) -> String {
    let [toggle, press] = [Action::Toggle, Action::Press].map(|action| keys.key(Context::Form, action));
    let steps = &draft.post_copy;
    match field {
        Field::Destinations if draft.destinations.is_empty() => format!("(none: press {press} to choose regions)"),
        Field::Destinations => regions(draft),
        Field::Placement => match draft.placement {
            PlacementDraft::Region => format!("the region ({toggle}: an Outpost, a Local Zone)"),
            PlacementDraft::Outpost(_) => "an Outpost".into(),
            PlacementDraft::LocalZone(_) => "a Local Zone".into(),
        },
        Field::Encryption => match (draft.encrypts(), draft.encryption_fixed()) {
            (true, why) => checkbox(true, why.unwrap_or("encrypt")),
            (false, Some(why)) => format!("none. {why}"),
            (false, None) => checkbox(false, &format!("same as source ({toggle}: encrypt)")),
        },
        Field::SourceTags => source_tags(draft, own_tags, &toggle, &press),
        Field::Completion => match draft.completion {
            Some(duration) => format!("{duration}, for a fee"),
            None => format!("no limit, no fee ({press}: choose a time)"),
        },
        Field::CopyPermissions => checkbox(steps.copy_permissions, "copy the source's launch permissions"),
        Field::ShareSnapshots => checkbox(steps.share_snapshots, "let those accounts create volumes of the snapshots"),
        Field::Public => checkbox(steps.public, "everyone may launch the copies"),
        Field::TagSource => checkbox(steps.tag_source, "tag it copied-to:REGION with the copy's id"),
        Field::Protection => match steps.protection {
            ProtectionDraft::Off => format!("off ({toggle}: on, on with cooldown)"),
            ProtectionDraft::On => "on".into(),
            ProtectionDraft::WithCooldown => "on, ends 24 hours after it is turned off".into(),
        },
        _ => String::new(),
    }
}

fn checkbox(on: bool, label: &str) -> String {
    format!("[{}] {label}", if on { "x" } else { " " })
}

fn regions(draft: &Draft) -> String {
    let regions = draft.destinations.iter().map(Region::as_str).collect::<Vec<_>>().join(", ");
    if draft.only.is_some() { format!("what is missing in {regions}") } else { regions }
}

fn source_tags(draft: &Draft, own: &OwnTags, toggle: &str, press: &str) -> String {
    let all = own.len();
    match &draft.source_tags {
        SourceTags::Picked(keys) => {
            let (has, lacks): (Vec<&str>, Vec<&str>) = keys.iter().map(|k| &**k).partition(|k| own.contains_key(*k));
            let colon = if has.is_empty() { "" } else { ": " };
            let lacks = if lacks.is_empty() { String::new() } else { format!(" (not there: {})", lacks.join(", ")) };
            format!("{} of {all}{colon}{}{lacks}", has.len(), has.join(", "))
        }
        _ if all == 0 => "the source has no tags of its own".into(),
        SourceTags::All => format!("all: {} ({toggle}: none, {press}: choose)", count(all, "key", "keys")),
        SourceTags::None => format!("none ({toggle}: all, {press}: choose)"),
    }
}

/// What a folded section contains.
pub(super) fn summary(draft: &Draft, section: Section, own_tags: &OwnTags) -> String {
    match section {
        Section::Where => match &draft.placement {
            _ if draft.destinations.is_empty() => "no destination yet".into(),
            PlacementDraft::Region => regions(draft),
            PlacementDraft::Outpost(name) | PlacementDraft::LocalZone(name) => {
                format!("{}, {name}", regions(draft))
            }
        },
        Section::What => draft.name.clone(),
        Section::Encryption => encryption_summary(draft),
        Section::Tags => {
            let own = match &draft.source_tags {
                SourceTags::All => own_tags.len(),
                SourceTags::None => 0,
                SourceTags::Picked(keys) => keys.iter().filter(|key| own_tags.contains_key(*key)).count(),
            };
            let lines = |lines: &[String]| lines.iter().filter(|l| !l.trim().is_empty()).count();
            let added = [
                (own, "of the source"),
                (lines(&draft.image_tags), "for the image"),
                (lines(&draft.snapshot_tags), "for the snapshots"),
            ];
            let some = added.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
            listed(&some.collect::<Vec<_>>(), "none")
        }
        Section::Timing => match draft.completion {
            Some(duration) => format!("complete within {duration}"),
            None => "no limit, no fee".into(),
        },
        Section::Afterwards => afterwards(draft),
    }
}

fn encryption_summary(draft: &Draft) -> String {
    if !draft.encrypts() {
        return "same as source".into();
    }
    let own = draft.keys.iter().filter(|(r, k)| draft.destinations.contains(r) && !k.trim().is_empty()).count();
    let key = if draft.key.trim().is_empty() { "default key" } else { draft.key.trim() };
    match own {
        0 => format!("encrypted, {key}"),
        n => format!("encrypted, {key}, own key for {}", count(n, "region", "regions")),
    }
}

fn afterwards(draft: &Draft) -> String {
    let steps = &draft.post_copy;
    let mut words = Vec::new();
    let mut add = |so: bool, word: &str| words.extend(so.then(|| word.to_owned()));
    add(steps.public, "PUBLIC");
    add(steps.copy_permissions, "source's permissions");
    let shared = steps
        .share_with
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter(|name| !name.is_empty())
        .count();
    add(shared > 0, &format!("shared with {shared}"));
    add(steps.share_snapshots, "snapshots too");
    let deprecate = steps.deprecate.trim();
    let at = if deprecate.ends_with('d') { "in" } else { "on" };
    add(!deprecate.is_empty(), &format!("deprecated {at} {deprecate}"));
    add(steps.protection != ProtectionDraft::Off, "protected");
    add(steps.tag_source, "source tagged");
    listed(&words, "nothing")
}

fn listed(words: &[String], none: &str) -> String {
    if words.is_empty() { none.to_owned() } else { words.join(", ") }
}
