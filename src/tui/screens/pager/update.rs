//! Actions in the pager.

use ratatui::text::Line;

use super::{PagerSubject, comparison, image_details, lineage, problems, view::lines};
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

/// Columns that a key scrolls sideways.
const SIDEWAYS: usize = 8;

/// Columns and rows of the text.
fn window(model: &Model) -> (usize, usize) {
    let areas = layout::now(model);
    (usize::from(areas.body.width.saturating_sub(4)), layout::rows(areas.body, 0).max(1))
}

fn image_of_job(model: &Model, subject: &PagerSubject) -> Option<ImageId> {
    match subject {
        PagerSubject::Job(id) => model.jobs_view.job(*id)?.image().cloned(),
        PagerSubject::HistoryJob(job) => job.image().or(job.images.last()).cloned(),
        PagerSubject::Comparison(compared) => Some(compared.image().clone()),
        PagerSubject::Lineage(image) => Some(image.id.clone()),
        _ => None,
    }
}

/// Copies the problem under the cursor, or all of them.
fn yank_problems(model: &mut Model, action: Action, cursor: usize, effects: &mut Vec<Effect>) {
    let text = if action == Action::YankAll { problems::text_of_all(model) } else { problems::text_at(model, cursor) };
    if let Some(text) = text {
        model.yank(text, effects);
    }
}

/// Moves the window over the text, or shows the other form of an image.
fn scroll(model: &mut Model, action: Action) {
    let (width, height) = window(model);
    let Some(Overlay::Pager(pager)) = model.overlays.last() else { return };
    if pager.subject == PagerSubject::Problems {
        let (cursor, scroll) = problems::move_to(model, action, (pager.cursor, pager.scroll), (width, height));
        if let Some(Overlay::Pager(pager)) = model.overlays.last_mut() {
            (pager.cursor, pager.scroll) = (cursor, scroll);
        }
        return;
    }
    let lines = lines(pager, model, width);
    let end = lines.len().saturating_sub(height);
    let right = if pager.raw { lines.iter().map(Line::width).max().unwrap_or(0).saturating_sub(width) } else { 0 };
    let scroll = match action {
        Action::Down => pager.scroll + 1,
        Action::Up => pager.scroll.saturating_sub(1),
        Action::PageDown => pager.scroll + height,
        Action::PageUp => pager.scroll.saturating_sub(height),
        Action::Top => 0,
        Action::Bottom => end,
        _ => pager.scroll,
    };
    let column = match action {
        Action::Left => pager.column.saturating_sub(SIDEWAYS),
        Action::Right => pager.column + SIDEWAYS,
        _ => pager.column,
    };
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    (pager.scroll, pager.column) = (scroll.min(end), column.min(right));
    if action == Action::Raw && matches!(pager.subject, PagerSubject::Image(_)) {
        (pager.raw, pager.scroll, pager.column) = (!pager.raw, 0, 0);
    }
}

/// Runs an action. Returns false if the pager has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    scroll(model, action);
    let Some(Overlay::Pager(pager)) = model.overlays.last() else { return false };
    let (subject, raw, cursor) = (pager.subject.clone(), pager.raw, pager.cursor);
    match (action, subject) {
        (Action::Back, _) | (Action::Problems, PagerSubject::Problems) => {
            model.overlays.pop();
        }
        (Action::Help, subject) if subject.is_help() => {
            model.overlays.pop();
        }
        (Action::YankId, PagerSubject::Image(image)) if raw => model.yank(image.json(), effects),
        (Action::YankId, PagerSubject::Image(image)) => model.yank(image.id.to_string(), effects),
        (Action::YankArn, PagerSubject::Image(image)) => model.yank(image.arn(), effects),
        (Action::YankId | Action::YankAll, PagerSubject::Problems) => yank_problems(model, action, cursor, effects),
        (Action::YankId | Action::YankArn, subject) => {
            if let Some(image) = image_of_job(model, &subject) {
                model.yank(image.to_string(), effects);
            }
        }
        (Action::Copy | Action::Deregister, PagerSubject::Image(image)) if image_details::is_gone(&image, model) => {
            model.show_error("This image is not listed any more.");
        }
        (Action::Copy, PagerSubject::Image(image)) => {
            model.overlays.pop();
            form::open::open(model, vec![image]);
        }
        (Action::Verify, PagerSubject::Image(image)) => comparison::verify(model, &image),
        (Action::Lineage, PagerSubject::Image(image)) => lineage::open(model, image),
        (Action::Deregister, PagerSubject::Image(image)) => input::open::deregister(model, vec![image], effects),
        (
            Action::Help
            | Action::Problems
            | Action::Coverage
            | Action::Orphans
            | Action::RecycleBin
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
