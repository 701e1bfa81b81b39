//! The view of the copy form: fields with their mistakes, then what will happen.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use tui_input::Input;

use super::{Form, Item};
use crate::{
    domain::{
        draft::Field,
        plan::Plan,
        text::{clean, count, gib, thousands},
    },
    tui::{
        theme,
        widgets::{
            draw_context::{DrawContext, pane},
            text_fit::{cut, fit, wrap},
        },
    },
};

/// Cells of a label.
const LABEL: usize = 16;

/// Draws the form over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, form: &Form, ctx: DrawContext<'_>) {
    let inner =
        pane(frame, area, Line::raw(format!(" Copy {} ", count(form.sources.len(), "image", "images"))), true, ctx);
    let width = usize::from(inner.width);
    let plan = form.preview();
    let mut body = Body { lines: source_lines(form, width, ctx), focus: 0, cursor: None, width };
    for (at, item) in form.items().iter().enumerate() {
        body.push_item(form, item, at == form.focus, &plan, ctx);
    }
    body.lines.push(Line::default());
    outcome(form, &plan, &mut body.lines, width);
    let height = usize::from(inner.height);
    let end = body.lines.len().saturating_sub(height);
    // On the button its effect must be visible, elsewhere the field and its mistakes.
    let scroll = if form.focused() == Item::StartButton {
        end.min(body.focus)
    } else {
        (body.focus + 3).saturating_sub(height).min(end)
    };
    if let Some(column) = body.cursor {
        let y = inner.y + u16::try_from(body.focus - scroll.min(body.focus)).unwrap_or(0);
        let x = inner.x + u16::try_from(column).unwrap_or(0);
        if y < inner.bottom() && x < inner.right() {
            frame.set_cursor_position((x, y));
        }
    }
    frame.render_widget(Paragraph::new(body.lines.into_iter().skip(scroll).collect::<Vec<_>>()), inner);
}

/// The lines of the form while they are built.
struct Body {
    lines: Vec<Line<'static>>,
    /// Index of the line with the focus.
    focus: usize,
    /// Column of the text cursor.
    cursor: Option<usize>,
    width: usize,
}

impl Body {
    fn push_item(&mut self, form: &Form, item: &Item, focus: bool, plan: &Plan, ctx: DrawContext<'_>) {
        let room = self.width.saturating_sub(LABEL + 4);
        if focus {
            self.focus = self.lines.len();
        }
        let text = |input: &Input| {
            let scroll = if focus { input.visual_scroll(room.saturating_sub(1)) } else { 0 };
            let visible: String = input.value().chars().skip(scroll).collect();
            (
                fit(&visible, room, if focus { "" } else { ctx.glyphs.ellipsis }),
                focus.then(|| input.visual_cursor().saturating_sub(scroll)),
            )
        };
        let fixed = |value: String| (fit(&value, room, ctx.glyphs.ellipsis), None);
        let empty = Input::default();
        let (label, (value, cursor)) = match item {
            Item::Field(Field::Sources) => return,
            Item::Field(Field::Destinations) => ("Destinations", fixed(destinations(form))),
            Item::Field(Field::Name) => ("Name", text(&form.name)),
            Item::Field(Field::Description) => ("Description", text(&form.description)),
            Item::Field(Field::Encryption) => ("Encryption", fixed(encryption(form))),
            Item::Field(Field::Key) => {
                let label = if form.destinations.len() > 1 { "KMS key, all" } else { "KMS key" };
                (label, text_or(&form.key, focus, "(the region's default key)", text, room))
            }
            Item::Field(Field::KeyFor(region)) => {
                let input = form.keys.get(region).unwrap_or(&empty);
                (region.as_str(), text_or(input, focus, "(key for all)", text, room))
            }
            Item::Field(Field::SourceTags) => ("Tags", fixed(checkbox(form.copy_tags, "copy the image's own tags"))),
            Item::Field(_) => return,
            Item::StartButton => ("", fixed(start_button(plan, focus))),
        };
        let style = if focus { theme::STRONG } else { theme::FAINT };
        let mark = if focus { ">" } else { " " };
        let indent = if matches!(item, Item::Field(Field::KeyFor(_))) { " " } else { "" };
        let label = fit(&format!("{indent}{label}"), LABEL, ctx.glyphs.ellipsis);
        let value_style = if focus && cursor.is_none() { theme::CURSOR } else { ratatui::style::Style::default() };
        self.lines
            .push(Line::from(vec![Span::styled(format!("{mark} {label} "), style), Span::styled(value, value_style)]));
        if focus {
            self.cursor = cursor.map(|c| c + LABEL + 3);
        }
        let Item::Field(field) = item else { return };
        // Before the first attempt to start, a missing destination is no mistake yet.
        let untouched = *field == Field::Destinations && !form.submitted && form.destinations.is_empty();
        if let Some(mistake) = plan.mistake(field).filter(|_| !untouched) {
            self.push_mistake(mistake);
        }
    }

    fn push_mistake(&mut self, text: &str) {
        for line in wrap(text, self.width.saturating_sub(LABEL + 6)) {
            self.lines.push(Line::styled(format!("{}! {line}", " ".repeat(LABEL + 3)), theme::BAD));
        }
    }
}

/// A text field, or its placeholder while it is empty and without the focus.
fn text_or(
    input: &Input,
    focus: bool,
    placeholder: &str,
    text: impl Fn(&Input) -> (String, Option<usize>),
    room: usize,
) -> (String, Option<usize>) {
    if input.value().is_empty() && !focus { (fit(placeholder, room, ""), None) } else { text(input) }
}

fn source_lines(form: &Form, width: usize, ctx: DrawContext<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (n, source) in form.sources.iter().take(3).enumerate() {
        let label = if n == 0 { "Image" } else { "" };
        let kind = if source.instance_store() { "instance store".into() } else { gib(source.size_gib()) };
        let encrypted = if source.encrypted() { ", encrypted" } else { "" };
        let text = format!("{} ({}), {kind}{encrypted}, {}", clean(&source.name), source.id, source.region);
        let text = cut(&text, width.saturating_sub(LABEL + 4), ctx.glyphs.ellipsis);
        lines.push(Line::from(vec![
            Span::styled(format!("  {} ", fit(label, LABEL, "")), theme::FAINT),
            Span::raw(text),
        ]));
    }
    if form.sources.len() > 3 {
        lines.push(Line::raw(format!("{}and {} more", " ".repeat(LABEL + 3), form.sources.len() - 3)));
    }
    lines
}

fn destinations(form: &Form) -> String {
    if form.destinations.is_empty() {
        return "(none: press Enter to choose regions)".into();
    }
    form.destinations.iter().map(crate::domain::Region::as_str).collect::<Vec<_>>().join(", ")
}

fn encryption(form: &Form) -> String {
    let fixed = form.draft().encryption_fixed();
    match (form.encrypt, fixed) {
        (true, Some(why)) => checkbox(true, why),
        (false, Some(why)) => format!("none. {why}"),
        (true, None) => checkbox(true, "encrypt"),
        (false, None) => checkbox(false, "same as source (Space: encrypt)"),
    }
}

fn checkbox(on: bool, label: &str) -> String {
    format!("[{}] {label}", if on { "x" } else { " " })
}

fn start_button(plan: &Plan, focus: bool) -> String {
    let text = if plan.mistakes.is_empty() {
        format!("Start {}", count(plan.copies.len(), "copy", "copies"))
    } else {
        "Start".to_owned()
    };
    if focus { format!("[ {text} ] (Enter)") } else { format!("[ {text} ]") }
}

/// What will happen: warnings, sizes, and the command of one copy.
fn outcome(form: &Form, plan: &Plan, lines: &mut Vec<Line<'static>>, width: usize) {
    let mut say = |text: &str, style, indent: usize| {
        for line in wrap(text, width.saturating_sub(indent + 1)) {
            lines.push(Line::styled(format!("{}{line}", " ".repeat(indent)), style));
        }
    };
    let normal = ratatui::style::Style::default();
    for mistake in plan.mistakes.iter().filter(|m| m.field == Field::Sources) {
        say(&format!("! {}", mistake.text), theme::BAD, 2);
    }
    for warning in &plan.warnings {
        say(&format!("Warning: {}", warning.text), theme::WARN, 2);
    }
    // A plan with mistakes cannot be started.
    let at = form.command.min(plan.copies.len().saturating_sub(1));
    let Some(copy) = plan.copies.get(at).filter(|_| plan.mistakes.is_empty()) else { return };
    let copies = plan.copies.len();
    let size = format!("{} GiB", thousands(usize::try_from(plan.size_gib()).unwrap_or(usize::MAX)));
    let regions = count(form.destinations.len(), "region", "regions");
    say(&format!("{} to {regions}, {size} in total.", count(copies, "copy", "copies")), normal, 2);
    let which = if copies > 1 { format!(", {} of {copies}", at + 1) } else { String::new() };
    say(&format!("Equivalent AWS CLI command{which}:"), theme::FAINT, 2);
    say(&copy.aws_cli(), normal, 4);
}
