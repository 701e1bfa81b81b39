//! Details beside the lists: of the row under the cursor, as far as they are known without asking EC2.

use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

use super::{
    DetailsLoad, Pager, PagerSubject, image, job,
    view::{lines, title},
};
use crate::tui::{
    bindings::{Action, Context},
    layout,
    model::{Model, Pane},
    screens::Overlay,
    widgets::draw_context::{DrawContext, pane},
};

/// Shows details beside the lists if there is room and they are not there yet, else over them.
pub fn open(model: &mut Model, pager: Pager) {
    if model.details_beside || model.size.0 < layout::BESIDE {
        model.overlays.push(Overlay::Pager(pager));
    } else {
        model.details_beside = true;
    }
}

/// Draws the details of the row under the cursor, if there is one.
pub fn draw(frame: &mut Frame<'_>, area: Rect, current: Option<&Pager>, model: &Model, ctx: DrawContext<'_>) {
    let Some(pager) = current else {
        pane(frame, area, Line::raw(" Details "), false, ctx);
        return;
    };
    let width = usize::from(area.width.saturating_sub(4));
    let lines = match &pager.subject {
        PagerSubject::Image(shown) => image::lines(shown, &DetailsLoad::NotRequested, model, width),
        PagerSubject::HistoryJob(shown) => job::lines(shown, model, width),
        PagerSubject::Job(id) => {
            model.jobs_view.job(*id).map(|shown| job::lines(shown, model, width)).unwrap_or_default()
        }
        _ => lines(pager, model, width),
    };
    let context = if model.focus == Pane::Images { Context::Images } else { Context::Jobs };
    let more = model.keymap.key(context, Action::Details);
    let title = Line::raw(format!(" {} ({more} shows all) ", title(pager, model)));
    let inner = pane(frame, area, title, false, ctx);
    frame.render_widget(Paragraph::new(lines.into_iter().take(usize::from(inner.height)).collect::<Vec<_>>()), inner);
}
