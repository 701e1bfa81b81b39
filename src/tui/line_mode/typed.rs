//! What a typed line means, and what it does.

use super::{
    awaited::awaited,
    help::{self, is_about_the_screen},
    keys,
    rows::{self, Found},
    screen::screen,
    state::LineReply,
    typing::{filter, is_typing, replace, select, undo},
};
use crate::{
    config::settings::nearest,
    domain::Region,
    term::input::{KeyCode, KeyEvent, KeyModifiers},
    tui::{
        bindings::{Action, Context},
        keymap,
        model::Model,
        msg::Effect,
        screens::{Overlay, form, palette::typed},
    },
};

/// What a line means where it is typed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tui) enum Meaning {
    /// Says the whole screen again.
    Again,
    Help,
    Key(KeyEvent),
    /// Goes to a row, counted from 0.
    Row(usize),
    /// The text with the focus becomes this.
    Text(String),
    /// The text that the last line has replaced is brought back.
    Undo,
    /// A text with the focus is hardly meant to become this: it is a command elsewhere.
    Doubtful(&'static str),
    /// The list with the focus is filtered.
    Filter(String),
    /// The destinations of the copies become these.
    Destinations(Vec<Region>),
    /// A command of the palette.
    Command(String),
}

/// What is rather meant as a command, where a text has the focus.
const DOUBTFUL: [&str; 5] = ["help", "?", "quit", "q", "undo"];

/// What is left to do for a line.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tui) enum Step {
    Key(KeyEvent),
    Act(Action),
}

/// Reads a line.
pub(in crate::tui) fn meaning(model: &Model, line: &str) -> Meaning {
    let text = line.trim();
    if text.is_empty() {
        return Meaning::Again;
    }
    if text == ":" {
        return Meaning::Help;
    }
    if let Some(command) = text.strip_prefix(':') {
        return match command.trim() {
            "help" | "?" => Meaning::Help,
            command => Meaning::Command(command.to_owned()),
        };
    }
    if is_typing(model) {
        return match (text.strip_prefix('='), keys::named(text, true)) {
            (Some(text), _) => Meaning::Text(text.to_owned()),
            (None, Some(key)) => Meaning::Key(key),
            (None, None) if text == "undo" && model.line_mode.undo.is_some() => Meaning::Undo,
            (None, None) => match DOUBTFUL.iter().find(|word| **word == text) {
                Some(word) => Meaning::Doubtful(word),
                None => Meaning::Text(text.to_owned()),
            },
        };
    }
    if matches!(text, "help" | "?") {
        return Meaning::Help;
    }
    if has_rows(model)
        && let Ok(number) = text.parse::<usize>()
    {
        return Meaning::Row(number.wrapping_sub(1));
    }
    match (text.strip_prefix('/').filter(|rest| !rest.is_empty()), keys::named(text, false)) {
        (Some(rest), _) if opens_filter(model) => Meaning::Filter(rest.trim().to_owned()),
        (_, Some(key)) => Meaning::Key(key),
        (_, None) => match destinations(model, text) {
            Some(regions) => Meaning::Destinations(regions),
            None => Meaning::Command(text.to_owned()),
        },
    }
}

/// The regions that a line names, where the destinations have the focus.
fn destinations(model: &Model, text: &str) -> Option<Vec<Region>> {
    let Some(Overlay::Form(form)) = model.overlays.last() else { return None };
    let names = text.split([' ', ',']).filter(|name| !name.is_empty());
    let regions: Result<Vec<Region>, _> = names.map(Region::new).collect();
    regions.ok().filter(|_| form.is_on_destinations())
}

/// Returns true if a row has the focus that can be gone to by its number.
fn has_rows(model: &Model) -> bool {
    !matches!(model.overlays.last(), Some(Overlay::Pager(_) | Overlay::Form(_)))
}

/// Returns true if `/` filters here.
fn opens_filter(model: &Model) -> bool {
    let slash = KeyEvent::new(KeyCode::Char('/'), KeyModifiers::NONE);
    matches!(keymap::lookup(&model.keymap, &model.contexts(), &slash), Some(Action::Filter | Action::Find))
}

/// Takes in a line; returns what is left to do.
pub(in crate::tui) fn take(model: &mut Model, line: &str, effects: &mut Vec<Effect>) -> Vec<Step> {
    model.notice = None;
    model.line_mode.entered += 1;
    model.line_mode.reply = LineReply::News;
    (model.line_mode.awaited, model.line_mode.is_answered) = (awaited(model), false);
    match meaning(model, line) {
        Meaning::Again => model.line_mode.reply = LineReply::Screen,
        Meaning::Help => model.line_mode.reply = LineReply::Lines(help::lines(model)),
        Meaning::Key(key) => return press(model, key),
        Meaning::Row(row) => go_to(model, row, line.trim()),
        Meaning::Text(text) => return replace(model, &text).map(Step::Act).into_iter().collect(),
        Meaning::Undo => undo(model),
        Meaning::Doubtful("undo") => say(model, "There is nothing to undo. Type =undo to enter the word undo.".into()),
        Meaning::Doubtful(word) => {
            say(model, format!("Nothing was changed: type :{word} for the command, ={word} to enter the word {word}."));
        }
        Meaning::Filter(text) => {
            filter(model, &text);
        }
        Meaning::Destinations(regions) => choose(model, regions, effects),
        Meaning::Command(command) => match typed::run(model, &command, effects) {
            Ok(action) => return action.and_then(|action| usable(model, action)).map(Step::Act).into_iter().collect(),
            // Who types a name in a list means its row.
            Err(_) if !line.trim().starts_with(':') && matches!(model.overlays.last(), Some(Overlay::Picker(_))) => {
                filter(model, &command);
            }
            Err(mistake) => say(model, mistake),
        },
    }
    Vec::new()
}

/// Goes to the row that was said with this number, counted from 0; `typed` is the number.
fn go_to(model: &mut Model, row: usize, typed: &str) {
    let row = match rows::find(model, row) {
        Found::At(row) => row,
        Found::Gone(said) => return say(model, format!("Row {typed} is no longer there. It was: {said}")),
    };
    let current = |model: &Model| screen(model).lines.into_iter().find(|line| line.current);
    let before = current(model);
    if select(model, row) != Some(true) {
        return say(model, format!("There is no row {typed}."));
    }
    // Print the row even if the cursor was already on it.
    if let Some(line) =
        current(model).filter(|line| before.as_ref().is_some_and(|before| before.index() == line.index()))
    {
        say(model, line.spoken());
    }
}

/// Chooses the destinations of the copies, if the account has them all.
fn choose(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    if let Some(region) = regions.iter().find(|region| !model.may_list(region)) {
        let names: Vec<&str> = model.regions.iter().map(|info| info.region.as_str()).collect();
        let text = match nearest(region.as_str(), names.iter().copied()) {
            Some(near) if near == region.as_str() => format!("{region} is not enabled for this account."),
            Some(near) => format!("There is no region {region}; did you mean {near}?"),
            None => format!("There is no region {region}."),
        };
        return say(model, text);
    }
    if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
        let lifted = form.set_destinations(regions);
        form::update::list_keys(model, effects);
        if lifted {
            form::open::note_lifted(model);
        }
    }
}

fn say(model: &mut Model, text: String) {
    model.line_mode.reply = LineReply::Lines(vec![text]);
}

/// Presses a key, if it does anything here.
fn press(model: &mut Model, key: KeyEvent) -> Vec<Step> {
    let contexts = model.contexts();
    if let Some(binding) = keymap::binding(&model.keymap, &contexts, &key) {
        return usable(model, binding.action).map(|_| Step::Key(key)).into_iter().collect();
    }
    let elsewhere = [Context::Images, Context::Jobs];
    let hinted = model.overlays.is_empty() && keymap::binding(&model.keymap, &elsewhere, &key).is_some();
    if hinted || is_typing(model) || keymap::always(&model.keymap, &key).is_some() {
        return vec![Step::Key(key)];
    }
    let in_picker = matches!(model.overlays.last(), Some(Overlay::Picker(_)));
    match key.code {
        KeyCode::Char(c) if in_picker && c.is_alphanumeric() => {
            filter(model, &c.to_string());
        }
        _ => say(model, "That key does nothing here. Type help for the keys.".into()),
    }
    Vec::new()
}

/// The action, unless it is about what a screen looks like.
fn usable(model: &mut Model, action: Action) -> Option<Action> {
    match action {
        Action::Repaint => model.line_mode.reply = LineReply::Screen,
        Action::Commands => model.line_mode.reply = LineReply::Lines(help::lines(model)),
        _ if is_about_the_screen(action) => {
            say(model, format!("{} is not available in line mode.", action.name()));
        }
        _ => return Some(action),
    }
    None
}
