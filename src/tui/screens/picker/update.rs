//! What keys do in a list to choose from.

use super::{PAGE, PickerKind, Value};
use crate::tui::{
    bindings::Action,
    browse,
    model::Model,
    msg::Effect,
    screens::{Overlay, form::Form, input::InputLine},
};

/// Whose the action was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickOutcome {
    /// Not the list's.
    No,
    /// The list's own.
    Yes,
    /// A command was chosen; the list is closed, and this is to be done now.
    Command(Action),
}

/// Does what a key asks for.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> PickOutcome {
    let Some(Overlay::Picker(picker)) = model.overlays.last_mut() else { return PickOutcome::No };
    let len = picker.shown.len();
    if picker.list.act(action, len, PAGE) {
        return PickOutcome::Yes;
    }
    match action {
        Action::Filter => picker.typing = true,
        Action::Mark => picker.mark(),
        Action::MarkAll if picker.several => {
            picker.marked.extend(picker.shown.iter().copied().filter(|i| picker.items[*i].enabled));
        }
        Action::MarkNone => picker.marked.clear(),
        Action::Accept if picker.typing && picker.several => picker.typing = false,
        Action::Back if picker.typing && picker.purpose != PickerKind::Command => {
            picker.typing = false;
            picker.filter.reset();
            picker.filter();
        }
        Action::Accept => return accept(model, effects),
        Action::Back => {
            model.overlays.pop();
        }
        _ => return PickOutcome::No,
    }
    PickOutcome::Yes
}

/// Hands the choice to whom it is for.
fn accept(model: &mut Model, effects: &mut Vec<Effect>) -> PickOutcome {
    let Some(Overlay::Picker(picker)) = model.overlays.pop() else { return PickOutcome::No };
    let values: Vec<Value> = picker.taken().into_iter().map(|i| i.value.clone()).collect();
    let Some(first) = values.first().cloned() else {
        let why = picker.current().map(|i| picker.items[i].note.clone()).unwrap_or_default();
        if !why.is_empty() {
            model.complain(format!("That cannot be taken: {why}."));
        }
        model.overlays.push(Overlay::Picker(picker));
        return PickOutcome::Yes;
    };
    let regions = || {
        values.iter().filter_map(|v| if let Value::Region(r) = v { Some(r.clone()) } else { None }).collect::<Vec<_>>()
    };
    match (picker.purpose, first) {
        (PickerKind::Regions, _) => {
            let regions = regions();
            effects.push(Effect::CacheRegions {
                profile: model.profile.clone().unwrap_or_default(),
                regions: regions.clone(),
            });
            browse::choose(model, regions, effects);
        }
        (PickerKind::Destinations, _) => {
            if let Some(form) = form(model) {
                form.set_destinations(regions());
            }
        }
        (PickerKind::Key(_, field), Value::Text(key)) => {
            if let Some(form) = form(model) {
                form.set_key(&field, key);
            }
        }
        (PickerKind::Whose, Value::Whose(whose)) => browse::choose_whose(model, whose, effects),
        (PickerKind::Whose, Value::Ask(purpose)) => model.overlays.push(Overlay::InputLine(InputLine::new(purpose))),
        (PickerKind::Profile, Value::Text(profile)) => browse::switch_profile(model, profile, effects),
        (PickerKind::Command, Value::Action(action)) => return PickOutcome::Command(action),
        _ => {}
    }
    PickOutcome::Yes
}

/// The form the list was opened from.
fn form(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}
