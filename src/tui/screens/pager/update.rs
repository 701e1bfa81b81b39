//! What keys do on a page.

use ratatui::layout::Rect;

use super::{PagerSubject, view::lines};
use crate::tui::{
    bindings::Action,
    layout,
    model::Model,
    msg::Effect,
    screens::{Overlay, form},
};

fn window(model: &Model) -> (usize, usize) {
    let areas = layout::areas(model, Rect::new(0, 0, model.size.0, model.size.1));
    (usize::from(areas.body.width.saturating_sub(4)), layout::rows(areas.body, 0).max(1))
}

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Pager(reading)) = model.overlays.last() else { return false };
    let (width, height) = window(model);
    let end = lines(reading, model, width).len().saturating_sub(height);
    let subject = reading.subject.clone();
    let scroll = match action {
        Action::Down => reading.scroll + 1,
        Action::Up => reading.scroll.saturating_sub(1),
        Action::PageDown => reading.scroll + height,
        Action::PageUp => reading.scroll.saturating_sub(height),
        Action::Top => 0,
        Action::Bottom => end,
        _ => reading.scroll,
    }
    .min(end);
    if let Some(Overlay::Pager(reading)) = model.overlays.last_mut() {
        reading.scroll = scroll;
        if action == Action::Raw && matches!(reading.subject, PagerSubject::Image(_)) {
            (reading.raw, reading.scroll) = (!reading.raw, 0);
        }
    }
    match (action, subject) {
        (Action::Back, _) | (Action::Help, PagerSubject::Help) | (Action::Problems, PagerSubject::Problems) => {
            model.overlays.pop();
        }
        (Action::YankId, PagerSubject::Image(image)) => model.yank(image.id.to_string(), effects),
        (Action::YankArn, PagerSubject::Image(image)) => model.yank(image.arn(), effects),
        (Action::YankId | Action::YankArn, PagerSubject::Job(id)) => {
            if let Some(image) = model.board.job(id).and_then(|j| j.image()).map(ToString::to_string) {
                model.yank(image, effects);
            }
        }
        (Action::YankId | Action::YankArn, PagerSubject::Past(job)) => {
            if let Some(image) = job.image().or(job.images.last()).map(ToString::to_string) {
                model.yank(image, effects);
            }
        }
        (Action::Copy, PagerSubject::Image(image)) => {
            model.overlays.pop();
            form::open::open(model, vec![image]);
        }
        (
            Action::Help
            | Action::Problems
            | Action::Repaint
            | Action::Suspend
            | Action::Quit
            | Action::Refresh
            | Action::Mouse
            | Action::Commands,
            _,
        ) => return false,
        _ => {}
    }
    true
}
