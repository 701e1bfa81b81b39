//! The view of a confirmation.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::Confirmation;
use crate::{
    domain::text::count,
    tui::{
        theme,
        widgets::{
            draw_context::{DrawContext, popup, popup_place},
            text_fit::{width as cells_of, wrap},
        },
    },
};

fn columns(area: Rect) -> u16 {
    area.width.min(74)
}

/// The lines of the text and of the choices, and how many lines of text there is room for.
fn parts(confirmation: &Confirmation, area: Rect) -> (Vec<String>, Vec<Line<'static>>, usize) {
    let inner = usize::from(columns(area).saturating_sub(4));
    let text: Vec<String> = confirmation.lines().flat_map(|t| wrap(t, inner)).collect();
    let choices = choices(confirmation, inner);
    // The border, an empty line, the choices.
    let room = usize::from(area.height).saturating_sub(3 + choices.len());
    (text, choices, room)
}

/// The choices side by side or, if they are too wide for that, one below the other.
fn choices(confirmation: &Confirmation, inner: usize) -> Vec<Line<'static>> {
    let button = |(n, text): (usize, &str)| {
        let selected = n == confirmation.selected;
        let text = if selected { format!("[{text}]") } else { format!(" {text} ") };
        Span::styled(text, if selected { theme::CURSOR } else { theme::STRONG })
    };
    let buttons: Vec<Span<'static>> =
        confirmation.choices.iter().map(|a| a.text.as_str()).enumerate().map(button).collect();
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

/// The choice at a position.
pub fn choice_at(confirmation: &Confirmation, area: Rect, at: Position) -> Option<usize> {
    let (text, choices, room) = parts(confirmation, area);
    let above = text.len().min(room) + 1;
    let place = popup_place(area, above + choices.len(), columns(area));
    let line = usize::from(at.y.checked_sub(place.y + 1)?).checked_sub(above)?;
    let column = usize::from(at.x.checked_sub(place.x + 1)?);
    if choices.len() > 1 {
        return (line < choices.len() && place.contains(at)).then_some(line);
    }
    // Each button is a span, and so is each gap.
    let mut end = 0;
    let spans = choices.get(line)?.spans.iter().enumerate();
    let ends = spans.map(|(n, span)| {
        end += cells_of(&span.content);
        (n, end)
    });
    let (span, _) = ends.into_iter().find(|(_, end)| column < *end)?;
    (!span.is_multiple_of(2)).then_some(span / 2)
}

/// Number of lines that do not fit.
pub(super) fn hidden(confirmation: &Confirmation, area: Rect) -> usize {
    let (text, _, room) = parts(confirmation, area);
    text.len().saturating_sub(room)
}

/// Draws the dialog over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, confirmation: &Confirmation, ctx: DrawContext<'_>) {
    let (text, choices, room) = parts(confirmation, area);
    let hidden = text.len().saturating_sub(room);
    let scroll = confirmation.scroll.min(hidden);
    let title = match hidden - scroll {
        0 => confirmation.title.to_owned(),
        more => format!("{}: {} below", confirmation.title, count(more, "more line", "more lines")),
    };
    let mut lines: Vec<Line<'_>> =
        text.into_iter().skip(scroll).take(room).map(|t| Line::raw(format!(" {t}"))).collect();
    lines.push(Line::default());
    lines.extend(choices);
    popup(frame, area, &title, lines, columns(area), ctx);
}
