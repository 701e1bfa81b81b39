//! Actions in a picker.

use super::{PAGE, PickerKind, Value, columns, form_lists, saved_filters};
use crate::{
    domain::Region,
    tui::{
        bindings::Action,
        browse,
        model::Model,
        msg::Effect,
        profiles,
        screens::{
            Overlay,
            confirm::Confirmation,
            form::{Form, open as form_open, presets as form_presets, update as form_update},
            images,
            input::InputLine,
            pager::Pager,
        },
    },
};

/// Runs an action. Returns false if the picker has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Picker(picker)) = model.overlays.last_mut() else { return false };
    let len = picker.shown.len();
    if picker.list.act(action, len, PAGE) {
        return true;
    }
    match action {
        Action::Filter => picker.typing = true,
        Action::Mark => {
            let refused = picker.current().map(|at| &picker.items[at]).filter(|item| picker.multiple && !item.enabled);
            let why = refused.map(|item| format!("{} cannot be chosen: {}.", item.label, item.note));
            picker.mark();
            if let Some(why) = why {
                model.show_error(why);
            }
        }
        Action::MarkAll if picker.multiple => {
            picker.marked.extend(picker.shown.iter().copied().filter(|i| picker.items[*i].enabled));
        }
        Action::MarkNone => picker.mark_none(),
        Action::MoveUp | Action::MoveDown => columns::move_row(picker, action == Action::MoveDown),
        Action::Accept if picker.typing && picker.multiple => picker.typing = false,
        Action::Back if (picker.typing || !picker.filter.value().is_empty()) => {
            picker.clear_filter();
        }
        Action::RemovePreset => {
            if let Some(name) = form_lists::current_preset(picker).map(str::to_owned) {
                model.overlays.push(Overlay::Confirmation(Confirmation::remove_preset(&name)));
            } else if let Some(name) = saved_filters::current(picker).map(str::to_owned) {
                images::saved_filters::remove(model, name, effects);
            }
        }
        Action::Help => model.overlays.push(Overlay::Pager(Pager::picker_help())),
        Action::Accept => accept(model, effects),
        Action::Back => {
            model.overlays.pop();
        }
        _ => return false,
    }
    true
}

/// Closes the picker and applies the choice.
fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Picker(picker)) = model.overlays.pop() else { return };
    if picker.stays_automatic() {
        model.show_notice("The regions stay automatic: every enabled one that answers fast.");
        return;
    }
    let values: Vec<Value> = picker.chosen().into_iter().map(|i| i.value.clone()).collect();
    if picker.kind == PickerKind::Columns {
        columns::accept(model, &values);
        return;
    }
    if picker.chooses_nothing() {
        set_regions_or_tags(model, &picker.kind, &values, effects);
        return;
    }
    let Some(first) = values.first().cloned() else {
        let why = picker.current().map(|i| picker.items[i].note.clone()).unwrap_or_default();
        if !why.is_empty() {
            model.show_error(format!("This cannot be chosen: {why}."));
        }
        model.overlays.push(Overlay::Picker(picker));
        return;
    };
    let label = picker.current().map(|at| picker.items[at].label.clone()).unwrap_or_default();
    match (picker.kind, first) {
        (PickerKind::Regions, _) => {
            let regions = regions(&values);
            effects.push(Effect::CacheRegions {
                profile: model.profile.clone().unwrap_or_default(),
                regions: regions.clone(),
            });
            browse::choose_regions(model, regions, effects);
        }
        (PickerKind::Owner, Value::Owner(whose)) => browse::choose_owner(model, whose, effects),
        (PickerKind::Owner, Value::OwnerInput(input)) => {
            model.overlays.push(Overlay::InputLine(InputLine::owner(input)));
        }
        (PickerKind::Filter, Value::Filter(filter) | Value::RecentFilter(filter)) => {
            images::saved_filters::set(model, &filter);
        }
        (PickerKind::Account, Value::Account(account)) => images::other_accounts::copy_into_account(model, account),
        (PickerKind::Profile, Value::Text(_)) => {
            let name = |value: &Value| if let Value::Text(name) = value { Some(name.clone()) } else { None };
            profiles::choose(model, values.iter().filter_map(name).collect(), effects);
        }
        (kind, first) => accept_for_form(model, kind, first, &values, &label, effects),
    }
}

/// Applies a choice to the form.
fn accept_for_form(
    model: &mut Model,
    kind: PickerKind,
    first: Value,
    values: &[Value],
    label: &str,
    effects: &mut Vec<Effect>,
) {
    match (kind, first) {
        (kind @ (PickerKind::Destinations | PickerKind::SourceTags), _) => {
            set_regions_or_tags(model, &kind, values, effects);
        }
        (PickerKind::KmsKey(_, field), Value::Text(key)) => {
            if let Some(form) = form(model) {
                form.set_key(&field, key);
            }
        }
        (PickerKind::Completion, Value::Completion(completion)) => {
            if let Some(form) = form(model) {
                form.set_completion(completion);
            }
        }
        (PickerKind::Preset, Value::Preset(preset)) => {
            let taken_over = form_presets::apply(model, label, *preset);
            if taken_over {
                model.show_notice(format!("Preset {label} taken over."));
                form_update::list_keys(model, effects);
            }
        }
        (PickerKind::Preset, Value::LastValues(preset)) => {
            form_presets::apply(model, label, *preset);
            model.show_notice("Last values taken over; who may use the copies stays as this form has it.");
            form_update::list_keys(model, effects);
        }
        _ => {}
    }
}

/// Applies the choice of several destinations or tags, or of none.
fn set_regions_or_tags(model: &mut Model, kind: &PickerKind, values: &[Value], effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    if *kind == PickerKind::SourceTags {
        let key = |value: &Value| if let Value::Text(key) = value { Some(key.as_str().into()) } else { None };
        form.set_source_tags(values.iter().filter_map(key).collect());
    } else {
        let lifted = form.set_destinations(regions(values));
        form_update::list_keys(model, effects);
        if lifted {
            form_open::note_lifted(model);
        }
    }
}

fn regions(values: &[Value]) -> Vec<Region> {
    values.iter().filter_map(|v| if let Value::Region(region) = v { Some(region.clone()) } else { None }).collect()
}

/// The form from which the picker was opened.
fn form(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}
