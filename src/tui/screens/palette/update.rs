//! Actions in the palette.

use super::{Chosen, Palette, Reach, commands, view};
use crate::{
    config::bindings::{Action, Context},
    domain::palette,
    term::input::KeyEvent,
    tui::{
        layout,
        model::{Model, Pane},
        msg::Effect,
        screens::{Overlay, pager::Pager},
    },
};

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaletteOutcome {
    /// The palette has no use for it.
    Ignored,
    Handled,
    /// This action was chosen. The palette is closed.
    Run(Action),
}

/// Opens the palette over what is open.
pub fn open(model: &mut Model) {
    let contexts = model.contexts();
    let pagers = model.overlays.iter().all(|overlay| matches!(overlay, Overlay::Pager(_)));
    let reach = |context: Context, action: Action| {
        // A screen under a dialog cannot be changed, but everything that is about the whole program works.
        let of_panes = matches!(
            action,
            Action::OtherPane
                | Action::ImagesOnly
                | Action::JobsOnly
                | Action::Coverage
                | Action::Orphans
                | Action::RecycleBin
                | Action::Storage
                | Action::SyncPlan
                | Action::NextAccount
                | Action::Grow
                | Action::Shrink
                | Action::ResetSizes
                | Action::Back
        );
        match context {
            Context::Everywhere if pagers || !of_panes => Reach::Here,
            _ if contexts.contains(&context) => Reach::Here,
            Context::Images | Context::Jobs if pagers => Reach::Pane,
            _ => Reach::Elsewhere,
        }
    };
    let palette = Palette::new(&model.keymap, model.palette_history.clone(), commands::candidates(model), reach);
    model.overlays.push(Overlay::Palette(Box::new(palette)));
}

/// Gives a key to the line. Returns true if it was used.
pub fn type_into(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else { return false };
    let used = palette.edit(key);
    request_values(model, effects);
    used
}

/// Asks for the values of the argument that is being typed.
fn request_values(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Palette(palette)) = model.overlays.last() else { return };
    if let Some(name) = palette.wants() {
        commands::request(model, name, effects);
    }
}

/// Runs an action.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> PaletteOutcome {
    let body = layout::now(model).body;
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else { return PaletteOutcome::Ignored };
    palette.height = view::rows(palette, body);
    match action {
        Action::Older => palette.older(),
        Action::Newer => palette.newer(),
        Action::Complete => palette.complete(),
        Action::Accept => return accept(model, effects),
        Action::Help => model.overlays.push(Overlay::Pager(Pager::palette_help())),
        Action::Back => {
            model.overlays.pop();
        }
        _ if palette.move_cursor(action) => {}
        _ => return PaletteOutcome::Ignored,
    }
    request_values(model, effects);
    PaletteOutcome::Handled
}

fn accept(model: &mut Model, effects: &mut Vec<Effect>) -> PaletteOutcome {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else { return PaletteOutcome::Ignored };
    match palette.chosen() {
        None => {
            request_values(model, effects);
            PaletteOutcome::Handled
        }
        Some(Chosen::Line(line)) => {
            run_line(model, &line, effects);
            PaletteOutcome::Handled
        }
        Some(Chosen::Action(context, action)) => run_action(model, context, action),
    }
}

/// Runs a command with its argument.
pub(super) fn run_line(model: &mut Model, line: &str, effects: &mut Vec<Effect>) {
    // Commands look at what is open under the palette.
    let Some(Overlay::Palette(mut palette)) = model.overlays.pop() else { return };
    let result = match palette::parse(line) {
        None => Err("Type an argument.".to_owned()),
        Some(Err(failure)) => Err(failure.lines().join(". ")),
        Some(Ok(command)) => match commands::unknown_profile(model, &command, &palette) {
            Some(mistake) => Err(mistake),
            None => commands::run(model, command, effects),
        },
    };
    match result {
        Ok(()) => model.palette_history.add(line),
        Err(mistake) => {
            palette.set_mistake(mistake);
            model.overlays.push(Overlay::Palette(palette));
        }
    }
}

/// Closes the palette for the action of the row under the cursor, and gives its pane the focus.
pub(super) fn run_action(model: &mut Model, context: Context, action: Action) -> PaletteOutcome {
    let Some(Overlay::Palette(mut palette)) = model.overlays.pop() else { return PaletteOutcome::Ignored };
    let reach = palette.current().map_or(Reach::Elsewhere, super::entries::Row::reach);
    if reach == Reach::Elsewhere {
        palette.set_mistake(format!("That works in another screen: {}.", context.title()));
        model.overlays.push(Overlay::Palette(palette));
        return PaletteOutcome::Handled;
    }
    model.palette_history.add(&action.name());
    let pane = match context {
        Context::Images => Some(Pane::Images),
        Context::Jobs => Some(Pane::Jobs),
        _ => None,
    };
    if let Some(pane) = pane {
        model.overlays.clear();
        model.focus = pane;
        model.full = model.full.map(|_| pane);
    }
    PaletteOutcome::Run(action)
}
