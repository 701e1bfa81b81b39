//! The copy form as it is drawn: fields with their mistakes beside them, then what will happen.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};
use tui_input::Input;

use super::{Form, Row};
use crate::{
    domain::{
        plan::{Field, Plan},
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

const LABEL: usize = 16;

/// Draws it over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, form: &Form, dressing: DrawContext<'_>) {
    let inner = pane(
        frame,
        area,
        Line::raw(format!(" Copy {} ", count(form.sources.len(), "image", "images"))),
        true,
        dressing,
    );
    let width = usize::from(inner.width);
    let plan = form.preview();
    let mut page = Page { lines: source_lines(form, width, dressing), focus: 0, cursor: None, width };
    for (at, row) in form.rows().iter().enumerate() {
        page.row(form, row, at == form.focus, &plan, dressing);
    }
    page.lines.push(Line::default());
    outcome(form, &plan, &mut page.lines, width);
    let height = usize::from(inner.height);
    let end = page.lines.len().saturating_sub(height);
    // On the button, what it will do is wanted; elsewhere the field and its mistakes.
    let last = form.focus + 1 == form.rows().len();
    let scroll = if last { end.min(page.focus) } else { (page.focus + 3).saturating_sub(height).min(end) };
    if let Some(column) = page.cursor {
        let y = inner.y + u16::try_from(page.focus - scroll.min(page.focus)).unwrap_or(0);
        let x = inner.x + u16::try_from(column).unwrap_or(0);
        if y < inner.bottom() && x < inner.right() {
            frame.set_cursor_position((x, y));
        }
    }
    frame.render_widget(Paragraph::new(page.lines.into_iter().skip(scroll).collect::<Vec<_>>()), inner);
}

struct Page {
    lines: Vec<Line<'static>>,
    /// The line of the field with the focus.
    focus: usize,
    /// The text cursor's column.
    cursor: Option<usize>,
    width: usize,
}

impl Page {
    fn row(&mut self, form: &Form, row: &Row, focus: bool, plan: &Plan, dressing: DrawContext<'_>) {
        let room = self.width.saturating_sub(LABEL + 4);
        if focus {
            self.focus = self.lines.len();
        }
        let text = |input: &Input| {
            let scroll = if focus { input.visual_scroll(room.saturating_sub(1)) } else { 0 };
            let visible: String = input.value().chars().skip(scroll).collect();
            (
                fit(&visible, room, if focus { "" } else { dressing.glyphs.ellipsis }),
                focus.then(|| input.visual_cursor().saturating_sub(scroll)),
            )
        };
        let fixed = |value: String| (fit(&value, room, dressing.glyphs.ellipsis), None);
        let empty = Input::default();
        let (label, (value, cursor), field) = match row {
            Row::Destinations => ("Destinations", fixed(destinations(form)), Some(Field::Destinations)),
            Row::Name => ("Name", text(&form.name), Some(Field::Name)),
            Row::Description => ("Description", text(&form.description), Some(Field::Description)),
            Row::Encryption => ("Encryption", fixed(encryption(form)), Some(Field::Encryption)),
            Row::Key => {
                let label = if form.destinations.len() > 1 { "KMS key, all" } else { "KMS key" };
                (label, text_or(&form.key, focus, "(the destination's default)", text, room), Some(Field::Key))
            }
            Row::KeyFor(region) => {
                let input = form.keys.get(region).unwrap_or(&empty);
                (
                    region.as_str(),
                    text_or(input, focus, "(as for all)", text, room),
                    Some(Field::KeyFor(region.clone())),
                )
            }
            Row::Tags => (
                "Tags",
                fixed(if form.copy_tags { "[x] copy the image's own tags" } else { "[ ] do not copy tags" }.into()),
                None,
            ),
            Row::Start => ("", fixed(start_button(plan, focus)), None),
        };
        let style = if focus { theme::STRONG } else { theme::FAINT };
        let mark = if focus { ">" } else { " " };
        let indent = if matches!(row, Row::KeyFor(_)) { " " } else { "" };
        let label = fit(&format!("{indent}{label}"), LABEL, dressing.glyphs.ellipsis);
        let value_style = if focus && cursor.is_none() { theme::CURSOR } else { ratatui::style::Style::default() };
        self.lines
            .push(Line::from(vec![Span::styled(format!("{mark} {label} "), style), Span::styled(value, value_style)]));
        if focus {
            self.cursor = cursor.map(|c| c + LABEL + 3);
        }
        // An untouched form is not scolded for what has not been chosen yet.
        let early = matches!(row, Row::Destinations) && !form.tried && form.destinations.is_empty();
        if let Some(mistake) = field.and_then(|f| plan.mistake(&f).map(str::to_owned)).filter(|_| !early) {
            self.remark(&mistake);
        }
    }

    fn remark(&mut self, text: &str) {
        for line in wrap(text, self.width.saturating_sub(LABEL + 6)) {
            self.lines.push(Line::styled(format!("{}! {line}", " ".repeat(LABEL + 3)), theme::BAD));
        }
    }
}

fn text_or(
    input: &Input,
    focus: bool,
    placeholder: &str,
    text: impl Fn(&Input) -> (String, Option<usize>),
    room: usize,
) -> (String, Option<usize>) {
    if input.value().is_empty() && !focus { (fit(placeholder, room, ""), None) } else { text(input) }
}

fn source_lines(form: &Form, width: usize, dressing: DrawContext<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (n, source) in form.sources.iter().take(3).enumerate() {
        let label = if n == 0 { "Image" } else { "" };
        let kind = if source.instance_store() { "instance store".into() } else { gib(source.size_gib()) };
        let encrypted = if source.encrypted() { ", encrypted" } else { "" };
        let text = format!("{} ({}), {kind}{encrypted}, {}", clean(&source.name), source.id, source.region);
        let text = cut(&text, width.saturating_sub(LABEL + 4), dressing.glyphs.ellipsis);
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
        return "(none; Enter chooses regions)".into();
    }
    form.destinations.iter().map(crate::domain::Region::as_str).collect::<Vec<_>>().join(", ")
}

fn encryption(form: &Form) -> String {
    let fixed = form.draft().encryption_fixed();
    match (form.encrypt, fixed) {
        (true, Some(why)) => format!("[x] encrypt. {why}"),
        (false, Some(why)) => format!("none. {why}"),
        (true, None) => "[x] encrypt".into(),
        (false, None) => "[ ] keep as it is; Space encrypts".into(),
    }
}

fn start_button(plan: &Plan, focus: bool) -> String {
    let text = if plan.mistakes.is_empty() {
        format!("Start {}", count(plan.copies.len(), "copy", "copies"))
    } else {
        "Start".to_owned()
    };
    if focus { format!("[ {text} ] (Enter)") } else { format!("[ {text} ]") }
}

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
    // A plan with mistakes will not happen.
    let at = form.line.min(plan.copies.len().saturating_sub(1));
    let Some(copy) = plan.copies.get(at).filter(|_| plan.mistakes.is_empty()) else { return };
    let copies = plan.copies.len();
    let size = format!("{} GiB", thousands(usize::try_from(plan.size_gib()).unwrap_or(usize::MAX)));
    let regions = count(form.destinations.len(), "region", "regions");
    say(&format!("{} to {regions}, {size} in all.", count(copies, "copy", "copies")), normal, 2);
    let which = if copies > 1 { format!(", {} of {copies}", at + 1) } else { String::new() };
    say(&format!("The same by hand{which}:"), theme::FAINT, 2);
    say(&copy.aws_cli(), normal, 4);
}
