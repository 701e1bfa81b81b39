//! A page as it is drawn.

use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

use super::{Pager, PagerSubject, audit, image, job, others};
use crate::{
    domain::text::clean,
    tui::{
        layout,
        model::Model,
        widgets::draw_context::{DrawContext, pane},
    },
};

fn title(reading: &Pager, model: &Model) -> String {
    match &reading.subject {
        PagerSubject::Image(image) => format!("{} in {}", image.id, image.region),
        PagerSubject::Job(id) => {
            model.board.job(*id).map_or("Copy".into(), |j| format!("Copy to {}", j.request.destination))
        }
        PagerSubject::Past(job) => format!("Copy to {} (history)", job.request.destination),
        PagerSubject::Help => "Help".into(),
        PagerSubject::Problems => "Problems".into(),
    }
}

/// The page's lines, wrapped to a width.
pub(super) fn lines(reading: &Pager, model: &Model, width: usize) -> Vec<Line<'static>> {
    match &reading.subject {
        // JSON escapes controls, but not the marks that turn text round.
        PagerSubject::Image(image) if reading.raw => {
            image.json().lines().map(|l| Line::raw(format!(" {}", clean(l)))).collect()
        }
        PagerSubject::Image(image) => image::lines(image, model, width),
        PagerSubject::Job(id) => match model.board.job(*id) {
            Some(job) => [job::lines(job, model, width), audit::lines(&reading.calls, width)].concat(),
            None => vec![Line::raw(" This copy was taken off the list; in the jobs pane H shows the history.")],
        },
        PagerSubject::Past(job) => [job::lines(job, model, width), audit::lines(&reading.calls, width)].concat(),
        PagerSubject::Help => others::help_lines(width),
        PagerSubject::Problems => others::problem_lines(model, width),
    }
}

/// Draws it over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, reading: &Pager, model: &Model, dressing: DrawContext<'_>) {
    let width = usize::from(area.width.saturating_sub(4));
    let lines = lines(reading, model, width);
    let height = layout::rows(area, 0);
    let scroll = reading.scroll.min(lines.len().saturating_sub(height));
    let more = lines.len().saturating_sub(scroll + height);
    let more = if more > 0 { format!(" {more} more lines below ") } else { String::new() };
    let title = Line::raw(format!(" {} {more}", title(reading, model)));
    let inner = pane(frame, area, title, true, dressing);
    frame.render_widget(Paragraph::new(lines.into_iter().skip(scroll).take(height).collect::<Vec<_>>()), inner);
}
