//! What keys do in a line being typed, beside typing.

use crate::tui::{browse, keys::Action, model::Model, msg::Effect, screens::Overlay};

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() else { return false };
    match action {
        Action::Accept => match prompt.read() {
            Ok(whose) => {
                model.overlays.pop();
                browse::choose_whose(model, whose, effects);
            }
            Err(mistake) => prompt.mistake = Some(mistake),
        },
        Action::Back => {
            model.overlays.pop();
        }
        _ => return false,
    }
    true
}
