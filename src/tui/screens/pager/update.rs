//! Actions in the pager.

use ratatui::layout::Rect;

use super::{PagerSubject, image_details, problems, view::lines};
use crate::{
    domain::ImageId,
    tui::{
        bindings::Action,
        layout,
        model::Model,
        msg::Effect,
        screens::{Overlay, form, input},
    },
};

/// Columns and rows of the text.
fn window(model: &Model) -> (usize, usize) {
    let areas = layout::areas(model, Rect::new(0, 0, model.size.0, model.size.1));
    (usize::from(areas.body.width.saturating_sub(4)), layout::rows(areas.body, 0).max(1))
}

fn image_of_job(model: &Model, subject: &PagerSubject) -> Option<ImageId> {
    match subject {
        PagerSubject::Job(id) => model.jobs_view.job(*id)?.image().cloned(),
        PagerSubject::HistoryJob(job) => job.image().or(job.images.last()).cloned(),
        _ => None,
    }
}

/// The first line of a text after an action.
fn scrolled(scroll: usize, action: Action, lines: usize, height: usize) -> usize {
    let end = lines.saturating_sub(height);
    let to = match action {
        Action::Down => scroll + 1,
        Action::Up => scroll.saturating_sub(1),
        Action::PageDown => scroll + height,
        Action::PageUp => scroll.saturating_sub(height),
        Action::Top => 0,
        Action::Bottom => end,
        _ => scroll,
    };
    to.min(end)
}

/// Copies the problem under the cursor, or all of them.
fn yank_problems(model: &mut Model, action: Action, cursor: usize, effects: &mut Vec<Effect>) {
    let text = if action == Action::YankAll { problems::text_of_all(model) } else { problems::text_at(model, cursor) };
    if let Some(text) = text {
        model.yank(text, effects);
    }
}

/// Runs an action. Returns false if the pager has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Pager(pager)) = model.overlays.last() else { return false };
    let (width, height) = window(model);
    let subject = pager.subject.clone();
    let (cursor, scroll) = if subject == PagerSubject::Problems {
        problems::move_to(model, action, (pager.cursor, pager.scroll), (width, height))
    } else {
        (0, scrolled(pager.scroll, action, lines(pager, model, width).len(), height))
    };
    if let Some(Overlay::Pager(pager)) = model.overlays.last_mut() {
        (pager.cursor, pager.scroll) = (cursor, scroll);
        if action == Action::Raw && matches!(pager.subject, PagerSubject::Image(_)) {
            (pager.raw, pager.scroll) = (!pager.raw, 0);
        }
    }
    match (action, subject) {
        (Action::Back, _) | (Action::Problems, PagerSubject::Problems) => {
            model.overlays.pop();
        }
        (Action::Help, subject) if subject.is_help() => {
            model.overlays.pop();
        }
        (Action::YankId, PagerSubject::Image(image)) => model.yank(image.id.to_string(), effects),
        (Action::YankArn, PagerSubject::Image(image)) => model.yank(image.arn(), effects),
        (Action::YankId | Action::YankAll, PagerSubject::Problems) => yank_problems(model, action, cursor, effects),
        (Action::YankId | Action::YankArn, subject) => {
            if let Some(image) = image_of_job(model, &subject) {
                model.yank(image.to_string(), effects);
            }
        }
        (Action::Copy, PagerSubject::Image(image)) => {
            model.overlays.pop();
            form::open::open(model, vec![image]);
        }
        (Action::Deregister, PagerSubject::Image(image)) => input::open::deregister(model, vec![image], effects),
        (
            Action::Help
            | Action::Problems
            | Action::Repaint
            | Action::Suspend
            | Action::Quit
            | Action::Mouse
            | Action::Commands,
            _,
        ) => return false,
        // The lists are refreshed as well; what they say then is shown once it has come.
        (Action::Refresh, _) => {
            image_details::refresh(model);
            return false;
        }
        _ => {}
    }
    true
}
