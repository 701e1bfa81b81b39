//! Actions in the pager.

use ratatui::layout::Rect;

use super::{PagerSubject, image_details, view::lines};
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

/// Runs an action. Returns false if the pager has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Pager(pager)) = model.overlays.last() else { return false };
    let (width, height) = window(model);
    let end = lines(pager, model, width).len().saturating_sub(height);
    let subject = pager.subject.clone();
    let scroll = match action {
        Action::Down => pager.scroll + 1,
        Action::Up => pager.scroll.saturating_sub(1),
        Action::PageDown => pager.scroll + height,
        Action::PageUp => pager.scroll.saturating_sub(height),
        Action::Top => 0,
        Action::Bottom => end,
        _ => pager.scroll,
    }
    .min(end);
    if let Some(Overlay::Pager(pager)) = model.overlays.last_mut() {
        pager.scroll = scroll;
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
