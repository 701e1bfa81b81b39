//! Opening lists: what stands in each, and filling them when an answer comes.

use super::{Item, PAGE, Picker, PickerKind, Value};
use crate::{
    domain::{KeyChoice, OptIn, OwnerFilter, Region, kms_key::KeyList, plan::Field},
    tui::{
        bindings::{Action, Context, KEYS},
        model::{Awaited, Model, Session},
        msg::Effect,
        screens::{Overlay, input},
    },
};

fn region_items(model: &Model) -> Vec<Item> {
    let item = |region: &Region, enabled: bool, note: &str| Item {
        value: Value::Region(region.clone()),
        label: region.to_string(),
        note: note.into(),
        enabled,
    };
    if model.regions.is_empty() {
        let mut known = model.chosen.clone();
        if let Session::Ready(connected) = &model.session {
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
            OptIn::OptedIn | OptIn::NotRequired => item(&r.region, true, city(&r.region)),
        })
        .collect()
}

/// Where a region is, for people who think in places. Source: AWS's list of regions.
fn city(region: &Region) -> &'static str {
    match region.as_str() {
        "us-east-1" => "N. Virginia",
        "us-east-2" => "Ohio",
        "us-west-1" => "N. California",
        "us-west-2" => "Oregon",
        "af-south-1" => "Cape Town",
        "ap-east-1" => "Hong Kong",
        "ap-northeast-1" => "Tokyo",
        "ap-northeast-2" => "Seoul",
        "ap-northeast-3" => "Osaka",
        "ap-south-1" => "Mumbai",
        "ap-south-2" => "Hyderabad",
        "ap-southeast-1" => "Singapore",
        "ap-southeast-2" => "Sydney",
        "ap-southeast-3" => "Jakarta",
        "ap-southeast-4" => "Melbourne",
        "ca-central-1" => "Canada Central",
        "ca-west-1" => "Calgary",
        "eu-central-1" => "Frankfurt",
        "eu-central-2" => "Zurich",
        "eu-north-1" => "Stockholm",
        "eu-south-1" => "Milan",
        "eu-south-2" => "Spain",
        "eu-west-1" => "Ireland",
        "eu-west-2" => "London",
        "eu-west-3" => "Paris",
        "il-central-1" => "Tel Aviv",
        "me-central-1" => "UAE",
        "me-south-1" => "Bahrain",
        "sa-east-1" => "São Paulo",
        _ => "",
    }
}

fn open_region_list(model: &mut Model, purpose: PickerKind, chosen: &[Region]) {
    let mut picker = Picker::new(purpose, region_items(model), true);
    picker.marked = (0..picker.items.len())
        .filter(|i| matches!(&picker.items[*i].value, Value::Region(r) if chosen.contains(r)))
        .collect();
    picker.list.cursor = picker.marked.first().copied().unwrap_or(0);
    picker.list.clamp(picker.shown.len(), PAGE);
    if let Some(failure) = model.lookup_problems.get("regions") {
        picker.remark = format!("The regions could not be listed: {}", failure.why);
    } else if model.regions.is_empty() {
        picker.remark = "The regions are being listed.".into();
    }
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens the choice of regions on the screen.
pub fn regions(model: &mut Model) {
    open_region_list(model, PickerKind::Regions, &model.chosen.clone());
}

/// Opens the choice of destinations.
pub fn destinations(model: &mut Model, chosen: &[Region]) {
    open_region_list(model, PickerKind::Destinations, chosen);
}

/// The regions came while the list was open: it is made anew, with its marks.
pub fn regions_arrived(model: &mut Model) {
    let Some(Overlay::Picker(picker)) = model.overlays.last() else { return };
    if !matches!(picker.purpose, PickerKind::Regions | PickerKind::Destinations) {
        return;
    }
    let marked: Vec<Region> = picker
        .marked
        .iter()
        .filter_map(|i| match &picker.items[*i].value {
            Value::Region(r) => Some(r.clone()),
            _ => None,
        })
        .collect();
    let purpose = picker.purpose.clone();
    model.overlays.pop();
    open_region_list(model, purpose, &marked);
}

/// Opens the choice of whose images.
pub fn whose(model: &mut Model) {
    let item = |value, label: &str, note: &str| Item { value, label: label.into(), note: note.into(), enabled: true };
    let items = vec![
        item(Value::Whose(OwnerFilter::Mine), "mine", "this account's, disabled and deprecated ones too"),
        item(Value::Whose(OwnerFilter::Shared), "shared with me", "other accounts' that this one may launch"),
        item(Value::Whose(OwnerFilter::Amazon), "Amazon", "by the setting browse.amazon_name"),
        item(Value::Whose(OwnerFilter::Marketplace), "Marketplace", "by the setting browse.marketplace_name"),
        item(Value::Ask(input::InputPurpose::Account), "an account", "asks for its id"),
        item(Value::Ask(input::InputPurpose::Public), "public", "asks for a name pattern"),
    ];
    model.overlays.push(Overlay::Picker(Picker::new(PickerKind::Whose, items, false)));
}

/// Opens the profiles, once they are known.
pub fn profiles(model: &mut Model, profiles: &[String]) {
    if profiles.is_empty() {
        model.complain("No profiles are configured; `aws configure --profile NAME` makes one.");
        return;
    }
    let items = profiles.iter().map(|p| Item {
        value: Value::Text(p.clone()),
        label: p.clone(),
        note: String::new(),
        enabled: true,
    });
    model.overlays.push(Overlay::Picker(Picker::new(PickerKind::Profile, items.collect(), false)));
}

/// Opens the commands that hold where the focus is.
pub fn commands(model: &mut Model) {
    let contexts = model.contexts();
    let items = KEYS
        .iter()
        .filter(|b| contexts.contains(&b.context) && b.action != Action::Commands && b.context != Context::Lists)
        .map(|b| Item {
            value: Value::Action(b.action),
            label: b.text.into(),
            note: b.chords.iter().map(|c| c.text()).collect::<Vec<_>>().join(" "),
            enabled: true,
        });
    let mut picker = Picker::new(PickerKind::Command, items.collect(), false);
    picker.typing = true;
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens the keys of a destination, or those that several have in common; asks for what is not here.
pub fn keys(model: &mut Model, regions: &[Region], field: &Field, effects: &mut Vec<Effect>) {
    let mut picker = Picker::new(PickerKind::Key(regions.to_vec(), field.clone()), Vec::new(), false);
    fill_keys(model, regions, &mut picker);
    for region in regions.iter().filter(|r| !model.keys.contains_key(*r)).cloned().collect::<Vec<_>>() {
        let id = model.ask(Awaited::Keys);
        effects.push(Effect::ListKeys { id, region });
    }
    model.overlays.push(Overlay::Picker(picker));
}

/// Keys came: an open list of them is filled.
pub fn keys_arrived(model: &mut Model) {
    let Some(Overlay::Picker(mut picker)) = model.overlays.pop_if(|o| matches!(o, Overlay::Picker(_))) else { return };
    if let PickerKind::Key(regions, _) = picker.purpose.clone() {
        fill_keys(model, &regions, &mut picker);
    }
    model.overlays.push(Overlay::Picker(picker));
}

fn fill_keys(model: &Model, regions: &[Region], picker: &mut Picker) {
    let lists: Vec<&KeyList> = regions.iter().filter_map(|r| model.keys.get(r)).collect();
    let [first, others @ ..] = lists.as_slice() else {
        picker.remark = "The keys are being listed.".into();
        return;
    };
    if lists.len() < regions.len() {
        picker.remark = "The keys are being listed.".into();
        return;
    }
    let default = match (&first.default_key, others) {
        (Some(key), []) => format!("{key}, the region's default for EBS"),
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
    picker.items =
        vec![Item { value: Value::Text(String::new()), label: "default".into(), note: default, enabled: true }];
    picker.items.extend(first.choices.iter().filter(everywhere).map(choice));
    let problem = lists.iter().find_map(|l| l.problem.as_ref());
    picker.remark = match (problem, others) {
        (Some(p), _) => format!(
            "The keys could not be listed ({}); type an id, alias or ARN into the field.",
            p.code.as_deref().unwrap_or(&p.why)
        ),
        (None, []) => String::new(),
        (None, _) => "These all destinations have; others go into the destinations' own fields.".into(),
    };
    picker.filter();
}
