//! The first thing that somebody new sees: what this is, and how to leave. The first key only takes it away, unless it quits.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Clear, Paragraph},
};

use crate::{
    term::Input,
    tui::{
        bindings::{Action, Context},
        keymap,
        model::Model,
        msg::Msg,
        widgets::{
            draw_context::{DrawContext, pane},
            text_fit::cut,
        },
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
        match model.start.demo {
            Some(_) => format!("{} leaves, and ends the demo. Any key closes this.", everywhere(Action::Quit)),
            None => format!("{} quits: copies continue in AWS. Any key closes this.", everywhere(Action::Quit)),
        },
    ]
}

/// Closes the welcome with the first key or click. Returns true if that does nothing else: what it would act on could not be seen.
pub(super) fn takes(model: &mut Model, msg: &Msg) -> bool {
    let Msg::Input(input) = msg else { return false };
    let quits = match input {
        Input::Key(key) => {
            let everywhere = keymap::lookup(&model.keymap, &[Context::Everywhere], key);
            keymap::always(&model.keymap, key).or(everywhere) == Some(Action::Quit)
        }
        Input::Mouse(_) => false,
        _ => return false,
    };
    model.welcome = false;
    !quits
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
