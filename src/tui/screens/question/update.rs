//! What keys do in a question.

use super::Purpose;
use crate::{
    engine::Ask,
    tui::{keys::Action, model::Model, msg::Effect, screens::Overlay},
};

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Question(question)) = model.overlays.last_mut() else { return false };
    match action {
        Action::NextField | Action::PreviousField => question.chosen_yes = !question.chosen_yes,
        Action::Yes => answer(model, true, effects),
        Action::No | Action::Back => answer(model, false, effects),
        Action::Press | Action::Accept => {
            let yes = question.chosen_yes;
            answer(model, yes, effects);
        }
        _ => return false,
    }
    true
}

fn answer(model: &mut Model, yes: bool, effects: &mut Vec<Effect>) {
    let Some(Overlay::Question(question)) = model.overlays.pop() else { return };
    if !yes {
        return;
    }
    match question.purpose {
        Purpose::Cancel(jobs) => model.ask_for(Ask::Cancel(jobs), effects),
        Purpose::LeaveForm => {
            model.overlays.pop();
        }
        Purpose::Quit => effects.push(Effect::Quit),
    }
}
