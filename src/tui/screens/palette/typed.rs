//! A command that is typed without the palette being seen: only what is named in full is run.

use super::{Palette, Row, update};
use crate::{
    config::bindings::Action,
    domain::{palette, text::clean},
    tui::{model::Model, msg::Effect, screens::Overlay},
};

/// Names that are offered instead of an unknown one.
const NEAREST: usize = 6;

/// Runs a line as if it were typed into the palette and accepted. Returns the action that it names, which is left to do.
///
/// # Errors
/// Why it cannot be run. No palette is open then.
pub fn run(model: &mut Model, line: &str, effects: &mut Vec<Effect>) -> Result<Option<Action>, String> {
    update::open(model);
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else { return Ok(None) };
    palette.set_line(line.to_owned());
    let done = if palette::parse(line).is_some() {
        update::run_line(model, line, effects);
        Ok(None)
    } else {
        match palette.rows.first().filter(|row| row.is_named(line)).cloned() {
            Some(Row::Action { context, action, .. }) => match update::run_action(model, context, action) {
                update::PaletteOutcome::Run(action) => Ok(Some(action)),
                update::PaletteOutcome::Handled | update::PaletteOutcome::Ignored => Ok(None),
            },
            Some(Row::Command { word, argument, text }) => Err(format!("{word} needs {argument}: {text}.")),
            Some(Row::Value(_)) | None => Err(unknown(palette, line)),
        }
    };
    match model.overlays.last_mut() {
        Some(Overlay::Palette(palette)) => {
            let mistake = palette.mistake.take();
            model.overlays.pop();
            done.and_then(|done| mistake.map_or(Ok(done), Err))
        }
        _ => done,
    }
}

/// Says that there is no such command, and what comes near it.
fn unknown(palette: &Palette, line: &str) -> String {
    let word = clean(line.split_whitespace().next().unwrap_or_default()).into_owned();
    let word: String = word.chars().take(40).collect();
    let mut near: Vec<String> = Vec::new();
    let found = palette.rows.iter().filter(|row| row.reach() != super::Reach::Elsewhere);
    for name in found.map(|row| row.completion("").trim().to_owned()) {
        if near.len() < NEAREST && !near.contains(&name) {
            near.push(name);
        }
    }
    if near.is_empty() {
        let all: Vec<String> = palette.names();
        near.extend(crate::config::settings::nearest(&word, all.iter().map(String::as_str)).map(str::to_owned));
    }
    match near.as_slice() {
        [] => format!("There is no command {word}. `help` lists what works here."),
        near => format!("There is no command {word}. Nearest: {}. `help` lists all.", near.join(", ")),
    }
}
