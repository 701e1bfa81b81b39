//! The page of a sync plan in line mode: a line for each image.

use super::{SyncPlanScreen, view};
use crate::tui::{
    line_mode::text::{LineModeLine, LineModeScreen, page},
    model::Model,
};

pub fn screen(screen: &SyncPlanScreen, model: &Model) -> LineModeScreen {
    if screen.editing {
        let mut lines = LineModeScreen::new("Filter of the list");
        lines.lines.push(LineModeLine::new(format!("Text: {}", screen.filter.value())).at_cursor(true));
        return lines;
    }
    let mut parts = vec![view::counts(screen)];
    if !screen.filter.value().is_empty() {
        parts.push(format!("filter {}", screen.filter.value()));
    }
    parts.extend(view::doing(screen).map(str::to_owned));
    let mut lines = LineModeScreen::new(parts.join(", "));
    let rows = page(screen.list.cursor, screen.rows.len());
    for at in rows.clone() {
        let Some(image) = screen.row(at) else { continue };
        let cells = [view::line(image), view::why(image)];
        lines.lines.push(LineModeLine::row(at, false, cells).at_cursor(at == screen.list.cursor));
    }
    if screen.rows.is_empty() {
        for line in view::advice(screen, model) {
            lines.say(line);
        }
    }
    lines.say_rest(&rows, screen.rows.len());
    for (line, _) in view::status(screen, model).into_iter().skip(1) {
        lines.say(line);
    }
    lines
}
