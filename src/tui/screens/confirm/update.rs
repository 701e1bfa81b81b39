//! What keys do in a question.

use ratatui::layout::Rect;

use super::{Decision, DialogAction, view};
use crate::{
    engine::{Command, Resolution},
    tui::{bindings::Action, layout, model::Model, msg::Effect, screens::Overlay},
};

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let body = layout::areas(model, Rect::new(0, 0, model.size.0, model.size.1)).body;
    let Some(Overlay::Confirmation(question)) = model.overlays.last_mut() else { return false };
    let answers = question.answers.len();
    match action {
        Action::NextField => question.chosen = (question.chosen + 1) % answers,
        Action::PreviousField => question.chosen = (question.chosen + answers - 1) % answers,
        Action::Down => question.scroll = (question.scroll + 1).min(view::hidden(question, body)),
        Action::Up => question.scroll = question.scroll.saturating_sub(1),
        Action::Yes => {
            let yes = question.yes;
            take(model, yes, effects);
        }
        Action::No | Action::Back => {
            model.overlays.pop();
        }
        Action::Press | Action::Accept => {
            let chosen = question.chosen;
            take(model, chosen, effects);
        }
        _ => return false,
    }
    true
}

fn take(model: &mut Model, answer: usize, effects: &mut Vec<Effect>) {
    let Some(Overlay::Confirmation(mut question)) = model.overlays.pop() else { return };
    if let Some(id) = question.about
        && answer != 0
        && let Some(now) = question.outdated(model.board.job(id))
    {
        // What would be removed is not what was asked about.
        model.overlays.push(Overlay::Confirmation(now));
        model.say("The copy has changed meanwhile: please read the question again.");
        return;
    }
    match question.answers.swap_remove(answer).does {
        DialogAction::Nothing => {}
        DialogAction::Cancel(jobs) => model.ask_for(Command::Cancel(jobs), effects),
        DialogAction::TryAgain(jobs) => model.try_again(&jobs, effects),
        DialogAction::Resolve(job, decision) => {
            let resolution = match decision {
                Decision::Mine(image) => Resolution::Mine(image),
                Decision::Again => Resolution::Again(model.token()),
                Decision::GiveUp => Resolution::GiveUp,
            };
            model.ask_for(Command::Resolve { job, resolution }, effects);
        }
        DialogAction::Type(prompt) => model.overlays.push(Overlay::InputLine(*prompt)),
        DialogAction::LeaveForm => {
            model.overlays.pop();
        }
        DialogAction::Quit => effects.push(Effect::Quit),
        DialogAction::QuitToBackground => effects.extend([Effect::Background, Effect::Quit]),
    }
}
