//! Opening pickers, and filling them when a reply comes.

use std::collections::BTreeSet;

use super::{Item, PAGE, Picker, PickerKind, Value};
use crate::{
    domain::{
        KeyChoice, OptIn, OwnerFilter, Region,
        draft::Field,
        kms_key::KeyList,
        text::{age, count},
    },
    tui::{
        bindings::{Action, Context},
        catalogue::ListState,
        discovery,
        model::{Connection, Model, PendingReply},
        msg::Effect,
        screens::{Overlay, input::OwnerInput},
    },
};

/// Said where the regions are those that answer fast.
const AUTOMATIC: &str =
    "Automatic: every marked region is listed if it answers fast. Other marks list exactly those regions, from now on.";

fn region_items(model: &Model) -> Vec<Item> {
    let item = |region: &Region, enabled: bool, note: &str| Item {
        value: Value::Region(region.clone()),
        label: region.to_string(),
        note: note.into(),
        enabled,
    };
    if model.regions.is_empty() {
        let mut known = model.chosen.clone();
        if let Connection::Ready(connected) = &model.connection {
            known.push(connected.home.clone());
        }
        known.sort();
        known.dedup();
        return known.iter().map(|r| item(r, true, "")).collect();
    }
    let mut regions: Vec<_> = model.regions.iter().collect();
    regions.sort_by_key(|r| (!r.enabled(), r.region.clone()));
    regions
        .iter()
        .map(|r| match r.opt_in {
            OptIn::NotOptedIn => item(&r.region, false, "not enabled for this account"),
            OptIn::OptedIn | OptIn::NotRequired => item(&r.region, true, &note(model, &r.region)),
        })
        .collect()
}

/// The place of a region, and what is listed of it, or why that failed.
fn note(model: &Model, region: &Region) -> String {
    let listing = model.catalogue.listing(region);
    if let Some(ListState::Failed(failure)) = listing.map(|listing| &listing.state) {
        return format!("{}not listed: {}", comma(region.place()), failure.code.as_deref().unwrap_or(&failure.why));
    }
    let listed = listing.and_then(|listing| Some((listing.images().len(), listing.listed_at()?)));
    match listed {
        Some((images, at)) => {
            let seconds = model.now.duration_since(at).as_secs();
            let images = count(images, "image", "images");
            let when = if seconds < 60 { "just now".to_owned() } else { format!("{} ago", age(seconds)) };
            format!("{}{images}, listed {when}", comma(region.place()))
        }
        None => match model.fast_regions.as_ref().and_then(|fast| fast.left_out(region)) {
            Some(failure) => {
                format!("{}left out: {}", comma(region.place()), failure.code.as_deref().unwrap_or(&failure.why))
            }
            None => region.place().to_owned(),
        },
    }
}

fn comma(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}, ") }
}

fn open_region_list(model: &mut Model, kind: PickerKind, chosen: &[Region]) {
    let mut picker = Picker::new(kind, region_items(model), true);
    picker.marked = (0..picker.items.len())
        .filter(|i| matches!(&picker.items[*i].value, Value::Region(r) if chosen.contains(r)))
        .collect();
    picker.list.cursor = picker.marked.first().copied().unwrap_or(0);
    picker.list.clamp(picker.shown.len(), PAGE);
    if let Some(failure) = model.lookup_problems.get("regions") {
        picker.message = format!("Could not list the regions: {}", failure.why);
    } else if model.regions.is_empty() {
        picker.message = "Listing the regions ...".into();
    }
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens the picker of the regions to list. Where nobody chose any, those that were slow or failed are marked too: they belong to the
/// list, and who changes it must not lose them.
pub fn regions(model: &mut Model) {
    let Some(automatic) = discovery::automatic(model) else {
        return open_region_list(model, PickerKind::Regions, &model.chosen.clone());
    };
    let regions: Vec<Region> = automatic.iter().cloned().collect();
    open_region_list(model, PickerKind::Regions, &regions);
    explain_automatic(model, automatic);
}

/// Has the open picker keep the regions automatic as long as these are marked.
fn explain_automatic(model: &mut Model, automatic: BTreeSet<Region>) {
    let Some(Overlay::Picker(picker)) = model.overlays.last_mut() else { return };
    if picker.message.is_empty() {
        picker.message = AUTOMATIC.into();
    }
    picker.automatic = Some(automatic);
}

/// Opens the picker of the destinations.
pub fn destinations(model: &mut Model, chosen: &[Region]) {
    open_region_list(model, PickerKind::Destinations, chosen);
}

/// Fills an open picker of regions; its marks stay.
pub fn on_regions(model: &mut Model) {
    let Some(Overlay::Picker(picker)) = model.overlays.last() else { return };
    if !matches!(picker.kind, PickerKind::Regions | PickerKind::Destinations) {
        return;
    }
    let mut marked = picker.marked_regions();
    let automatic = picker.automatic.as_ref().and_then(|before| Some((before, discovery::automatic(model)?)));
    let automatic = automatic.map(|(before, now)| {
        marked.extend(now.difference(before).cloned());
        now
    });
    let (kind, unmarked, filter, typing) = (picker.kind.clone(), picker.unmarked, picker.filter.clone(), picker.typing);
    model.overlays.pop();
    open_region_list(model, kind, &marked.into_iter().collect::<Vec<_>>());
    if let Some(automatic) = automatic {
        explain_automatic(model, automatic);
    }
    if let Some(Overlay::Picker(picker)) = model.overlays.last_mut() {
        (picker.unmarked, picker.filter, picker.typing) = (unmarked, filter, typing);
        picker.apply_filter();
    }
}

/// Opens the picker of owners.
pub fn owners(model: &mut Model) {
    let item = |value, label: &str, note: &str| Item { value, label: label.into(), note: note.into(), enabled: true };
    let items = vec![
        item(Value::Owner(OwnerFilter::Mine), "mine", "this account's images, also disabled and deprecated ones"),
        item(Value::Owner(OwnerFilter::Shared), "shared with me", "images of other accounts that this one may launch"),
        item(Value::Owner(OwnerFilter::Amazon), "Amazon", "names as in the setting browse.amazon_name"),
        item(Value::Owner(OwnerFilter::Marketplace), "Marketplace", "names as in the setting browse.marketplace_name"),
        item(Value::OwnerInput(OwnerInput::Account), "an account", "asks for its id"),
        item(Value::OwnerInput(OwnerInput::Public), "public", "asks for a name pattern"),
    ];
    model.overlays.push(Overlay::Picker(Picker::new(PickerKind::Owner, items, false)));
}

/// Opens the picker of profiles, once they are known.
pub fn on_profiles(model: &mut Model, profiles: &[String]) {
    if profiles.is_empty() && model.start.demo.is_some() {
        model.show_notice("The demo has only one account. Run `amigrate` without `demo` to use yours.");
        return;
    }
    if profiles.is_empty() {
        model.show_error("No profiles are configured. `aws configure --profile NAME` creates one.");
        return;
    }
    let current = model.profile_in_use();
    let others: Vec<&str> = model.others.iter().map(|other| &*other.name).collect();
    let note = |profile: &str| match profile {
        profile if current == Some(profile) => "current",
        profile if others.contains(&profile) => "on the screen",
        _ => "",
    };
    let items = profiles.iter().map(|p| Item {
        value: Value::Text(p.clone()),
        label: p.clone(),
        note: note(p).into(),
        enabled: true,
    });
    let mut picker = Picker::new(PickerKind::Profile, items.collect(), true);
    if !others.is_empty() {
        picker.marked = (0..profiles.len()).filter(|at| !picker.items[*at].note.is_empty()).collect();
    }
    if profiles.len() > 1 {
        let mark = model.keymap.key(Context::Picker, Action::Mark);
        picker.message = format!("{mark} marks several: the accounts of all marked profiles are shown together.");
    }
    picker.present = current.map(|profile| Value::Text(profile.to_owned()));
    picker.go_to_present();
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens the picker of a destination's KMS keys, or of those that several have in common. Lists what is not known yet.
pub fn kms_keys(model: &mut Model, regions: &[Region], field: &Field, effects: &mut Vec<Effect>) {
    let mut picker = Picker::new(PickerKind::KmsKey(regions.to_vec(), field.clone()), Vec::new(), false);
    picker.present = text_in_form(model, field).map(Value::Text);
    fill_kms_keys(model, regions, &mut picker);
    list_keys(model, regions, effects);
    model.overlays.push(Overlay::Picker(picker));
}

/// Lists the KMS keys of those regions whose keys are neither known nor being listed.
pub fn list_keys(model: &mut Model, regions: &[Region], effects: &mut Vec<Effect>) {
    for region in regions {
        let listing = PendingReply::Keys(region.clone());
        if !model.keys.contains_key(region) && !model.pending.values().any(|p| *p == listing) {
            let id = model.expect_reply(listing);
            effects.push(Effect::ListKeys { id, region: region.clone() });
        }
    }
}

/// Fills an open picker of KMS keys.
pub fn on_kms_keys(model: &mut Model) {
    let Some(Overlay::Picker(mut picker)) = model.overlays.pop_if(|o| matches!(o, Overlay::Picker(_))) else { return };
    if let PickerKind::KmsKey(regions, _) = picker.kind.clone() {
        fill_kms_keys(model, &regions, &mut picker);
    }
    model.overlays.push(Overlay::Picker(picker));
}

/// Returns what a field of the form has that is open.
fn text_in_form(model: &Model, field: &Field) -> Option<String> {
    let form = model.overlays.iter().rev().find_map(|o| if let Overlay::Form(form) = o { Some(form) } else { None });
    form.map(|form| form.text_of(field).trim().to_owned())
}

/// Returns the key that the form names for all destinations, which a region without one of its own gets.
fn key_for_all(model: &Model) -> Option<String> {
    text_in_form(model, &Field::Key).filter(|key| !key.is_empty())
}

fn fill_kms_keys(model: &Model, regions: &[Region], picker: &mut Picker) {
    let lists: Vec<&KeyList> = regions.iter().filter_map(|r| model.keys.get(r)).collect();
    let [first, others @ ..] = lists.as_slice() else {
        picker.message = "Listing the keys ...".into();
        return;
    };
    if lists.len() < regions.len() {
        picker.message = "Listing the keys ...".into();
        return;
    }
    let default = match (&first.default_key, others) {
        (Some(key), []) => format!("{key}, the region's default key for EBS"),
        _ => "the region's default key for EBS".to_owned(),
    };
    let everywhere = |choice: &&KeyChoice| {
        let usable = |c: &KeyChoice| c.key == choice.key && c.usable != Some(false);
        others.iter().all(|list| list.choices.iter().any(usable))
    };
    let choice = |choice: &KeyChoice| Item {
        value: Value::Text(choice.key.to_string()),
        label: choice.key.to_string(),
        note: if choice.note.is_empty() { choice.key_id.clone() } else { choice.note.clone() },
        enabled: choice.usable != Some(false),
    };
    let for_all = match &picker.kind {
        PickerKind::KmsKey(_, Field::KeyFor(_)) => key_for_all(model),
        _ => None,
    };
    let (label, note) = match for_all {
        Some(key) => ("key for all", format!("{key}, as in the other destinations")),
        None => ("default", default),
    };
    picker.items = vec![Item { value: Value::Text(String::new()), label: label.into(), note, enabled: true }];
    picker.items.extend(first.choices.iter().filter(everywhere).map(choice));
    let problem = lists.iter().find_map(|l| l.problem.as_ref());
    picker.message = match (problem, others) {
        (Some(p), _) => format!(
            "Could not list the keys ({}). Type an id, alias or ARN into the field.",
            p.code.as_deref().unwrap_or(&p.why)
        ),
        (None, []) => String::new(),
        (None, _) => "Keys available in every destination. Set others per region below.".into(),
    };
    picker.apply_filter();
    picker.go_to_present();
}
