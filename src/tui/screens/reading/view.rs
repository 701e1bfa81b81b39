//! A page as it is drawn.

use ratatui::{Frame, layout::Rect, text::Line, widgets::Paragraph};

use super::{Reading, Subject, audit, image, job, others};
use crate::{
    domain::text::clean,
    tui::{
        layout,
        model::Model,
        widgets::dressing::{Dressing, pane},
    },
};

fn title(reading: &Reading, model: &Model) -> String {
    match &reading.subject {
        Subject::Image(image) => format!("{} in {}", image.id, image.region),
        Subject::Job(id) => {
            model.board.job(*id).map_or("Copy".into(), |j| format!("Copy to {}", j.request.destination))
        }
        Subject::Past(job) => format!("Copy to {} (history)", job.request.destination),
        Subject::Help => "Help".into(),
        Subject::Problems => "Problems".into(),
    }
}

/// The page's lines, wrapped to a width.
pub(super) fn lines(reading: &Reading, model: &Model, width: usize) -> Vec<Line<'static>> {
    match &reading.subject {
        // JSON escapes controls, but not the marks that turn text round.
        Subject::Image(image) if reading.raw => {
            image.json().lines().map(|l| Line::raw(format!(" {}", clean(l)))).collect()
        }
        Subject::Image(image) => image::lines(image, model, width),
        Subject::Job(id) => match model.board.job(*id) {
            Some(job) => [job::lines(job, model, width), audit::lines(&reading.calls, width)].concat(),
            None => vec![Line::raw(" This copy was taken off the list; in the jobs pane H shows the history.")],
        },
        Subject::Past(job) => [job::lines(job, model, width), audit::lines(&reading.calls, width)].concat(),
        Subject::Help => others::help_lines(width),
        Subject::Problems => others::problem_lines(model, width),
    }
}

/// Draws it over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, reading: &Reading, model: &Model, dressing: Dressing<'_>) {
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
