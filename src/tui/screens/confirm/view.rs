//! A question as it is drawn.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::Confirmation;
use crate::tui::{
    theme,
    widgets::{
        draw_context::{DrawContext, popup},
        text_fit::{width as cells_of, wrap},
    },
};

fn columns(area: Rect) -> u16 {
    area.width.min(74)
}

/// The text in lines, the answers in lines, and how many lines of text there is room for.
fn parts(question: &Confirmation, area: Rect) -> (Vec<String>, Vec<Line<'static>>, usize) {
    let inner = usize::from(columns(area).saturating_sub(4));
    let text: Vec<String> = question.text.iter().flat_map(|t| wrap(t, inner)).collect();
    let answers = answers(question, inner);
    // The border, a blank line, the answers.
    let room = usize::from(area.height).saturating_sub(3 + answers.len());
    (text, answers, room)
}

/// Beside each other, or, if they are too long for that, below each other.
fn answers(question: &Confirmation, inner: usize) -> Vec<Line<'static>> {
    let button = |(n, text): (usize, &str)| {
        let chosen = n == question.chosen;
        let text = if chosen { format!("[{text}]") } else { format!(" {text} ") };
        Span::styled(text, if chosen { theme::CURSOR } else { theme::STRONG })
    };
    let buttons: Vec<Span<'static>> =
        question.answers.iter().map(|a| a.text.as_str()).enumerate().map(button).collect();
    let used: usize = buttons.iter().map(|b| cells_of(&b.content) + 3).sum();
    if used <= inner + 3 {
        let mut spans = vec![Span::raw(" ")];
        for button in buttons {
            spans.extend([button, Span::raw("   ")]);
        }
        spans.pop();
        return vec![Line::from(spans)];
    }
    buttons.into_iter().map(|b| Line::from(vec![Span::raw(" "), b])).collect()
}

/// Lines of the text that do not fit.
pub(super) fn hidden(question: &Confirmation, area: Rect) -> usize {
    let (text, _, room) = parts(question, area);
    text.len().saturating_sub(room)
}

/// Draws it over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, question: &Confirmation, dressing: DrawContext<'_>) {
    let (text, answers, room) = parts(question, area);
    let hidden = text.len().saturating_sub(room);
    let scroll = question.scroll.min(hidden);
    let title = match hidden - scroll {
        0 => question.title.to_owned(),
        more => format!("{}: {more} more lines below", question.title),
    };
    let mut lines: Vec<Line<'_>> =
        text.into_iter().skip(scroll).take(room).map(|t| Line::raw(format!(" {t}"))).collect();
    lines.push(Line::default());
    lines.extend(answers);
    popup(frame, area, &title, lines, columns(area), dressing);
}
