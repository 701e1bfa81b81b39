//! The first thing that somebody new sees: what this is, and how to leave. The first key takes it away and does what it does.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Clear, Paragraph},
};

use crate::tui::{
    bindings::{Action, Context},
    model::Model,
    widgets::{
        draw_context::{DrawContext, pane},
        text_fit::cut,
    },
};

fn lines(model: &Model) -> [String; 6] {
    let key = |context, action| model.keymap.key(context, action);
    let everywhere = |action| key(Context::Everywhere, action);
    let images = |action| key(Context::Images, action);
    [
        "Your Amazon Machine Images by region; copies run below.".into(),
        format!("{} marks images, {} copies them to other regions:", images(Action::Mark), images(Action::Copy)),
        "nothing is sent before you have reviewed it.".into(),
        format!(
            "{} filters, {} other regions, {} other owners' images.",
            images(Action::Filter),
            images(Action::Regions),
            images(Action::Whose)
        ),
        format!(
            "{} every key, {} every command, {} what went wrong.",
            everywhere(Action::Help),
            everywhere(Action::Commands),
            everywhere(Action::Problems)
        ),
        format!("{} leaves: copies go on in AWS. Any key closes this.", everywhere(Action::Quit)),
    ]
}

/// Draws it over the middle of an area.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, ctx: DrawContext<'_>) {
    let lines = lines(model);
    let (width, height) = (60.min(area.width), 8.min(area.height));
    let at = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    frame.render_widget(Clear, at);
    let inner = pane(frame, at, Line::raw(" Welcome to amigrate "), true, ctx);
    let room = usize::from(inner.width.saturating_sub(1));
    let lines: Vec<Line<'_>> =
        lines.iter().map(|line| Line::raw(format!(" {}", cut(line, room, ctx.glyphs.ellipsis)))).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
