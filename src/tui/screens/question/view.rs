//! A question as it is drawn.

use ratatui::{Frame, layout::Rect, text::Line};

use super::Question;
use crate::tui::{
    theme,
    widgets::{
        cells::wrap,
        dressing::{Dressing, popup},
    },
};

/// Draws it over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, question: &Question, dressing: Dressing<'_>) {
    let width = area.width.min(74);
    let inner = usize::from(width.saturating_sub(4));
    let mut lines: Vec<Line<'_>> =
        question.text.iter().flat_map(|t| wrap(t, inner)).map(|t| Line::raw(format!(" {t}"))).collect();
    lines.push(Line::default());
    let button = |text: &str, chosen: bool| {
        let text = if chosen { format!("[{text}]") } else { format!(" {text} ") };
        ratatui::text::Span::styled(text, if chosen { theme::CURSOR } else { theme::STRONG })
    };
    lines.push(Line::from(vec![
        " ".into(),
        button(question.no, !question.chosen_yes),
        "   ".into(),
        button(&question.yes, question.chosen_yes),
    ]));
    popup(frame, area, question.title, lines, width, dressing);
}
