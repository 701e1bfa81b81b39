//! What keys do in a line being typed, beside typing.

use ratatui::layout::Rect;

use super::{Typed, view};
use crate::{
    engine::Command,
    tui::{bindings::Action, browse, layout, model::Model, msg::Effect, screens::Overlay},
};

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let body = layout::areas(model, Rect::new(0, 0, model.size.0, model.size.1)).body;
    let Some(Overlay::InputLine(prompt)) = model.overlays.last_mut() else { return false };
    match action {
        Action::Accept => match prompt.read() {
            Ok(typed) => {
                model.overlays.pop();
                match typed {
                    Typed::Whose(whose) => browse::choose_whose(model, whose, effects),
                    Typed::Deregister(jobs) => model.ask_for(Command::Deregister(jobs), effects),
                }
            }
            Err(mistake) => prompt.mistake = Some(mistake),
        },
        Action::Back => {
            model.overlays.pop();
        }
        Action::Down => prompt.scroll = (prompt.scroll + 1).min(view::hidden(prompt, body)),
        Action::Up => prompt.scroll = prompt.scroll.saturating_sub(1),
        _ => return false,
    }
    true
}
