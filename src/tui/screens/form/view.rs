//! The view of the copy form: sections and fields with their mistakes, then what will happen.

use std::collections::BTreeMap;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};
use tui_input::Input;

use super::{
    Form, Purpose,
    fields::{FieldSpec, Item, Section, section_of},
    keys::key_state,
    outcome, steps, values,
};
use crate::{
    config::KeyMap,
    domain::{
        Region,
        draft::{Field, PlacementDraft},
        kms_key::KeyList,
        plan::ValidationMessage,
        text::{clean, count, gib},
    },
    tui::{
        bindings::{Action, Context},
        model::Model,
        theme,
        widgets::{
            draw_context::{DrawContext, pane},
            text_fit::{cut, fit, width as cells, wrap},
        },
    },
};

/// Cells of a label.
const LABEL: usize = 15;
/// Cells before a value: mark, indentation, label and blanks.
const BEFORE: usize = LABEL + 5;
/// Cells of a key's state.
const KEY_STATE: usize = 26;

/// Draws the form over both panes, with what the model knows of keys and prices.
pub fn draw(frame: &mut Frame<'_>, area: Rect, form: &Form, model: &Model, ctx: DrawContext<'_>) {
    let inner = pane(frame, area, Line::raw(format!(" {} ", title(form, model))), true, ctx);
    let width = usize::from(inner.width);
    let mut body =
        Body { form, keys: &model.keys, ctx, lines: source_lines(form, width, ctx), focus: 0, cursor: None, width };
    body.push_mistakes(|field| *field == Field::Sources);
    for row in form.rows() {
        body.push_row(&row.item, row.spec);
    }
    body.lines.push(Line::default());
    body.lines.extend(outcome::lines(form, width));
    let height = usize::from(inner.height);
    let end = body.lines.len().saturating_sub(height);
    // On the button its effect must be visible, elsewhere the field and its mistakes.
    let scroll = if form.focus == Item::StartButton {
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
    let below = body.lines.len().saturating_sub(scroll + height);
    let warnings = body.lines.iter().skip(scroll + height).filter(|line| begins_warning(line)).count();
    frame.render_widget(Paragraph::new(body.lines.into_iter().skip(scroll).collect::<Vec<_>>()), inner);
    if below > 0 && area.height > 1 {
        let border = Rect { x: inner.x, y: area.bottom() - 1, width: inner.width, height: 1 };
        let more = Span::styled(format!(" {} below ", count(below, "more line", "more lines")), theme::FAINT);
        let warned = (warnings > 0).then(|| format!(" {} below,", count(warnings, "warning", "warnings")));
        let text: Line<'_> = warned.map(|text| Span::styled(text, theme::WARN)).into_iter().chain([more]).collect();
        let width = u16::try_from(text.width()).unwrap_or(0).min(border.width);
        frame.render_widget(text, Rect { x: border.right() - width, width, ..border });
    }
}

/// Returns true for the first line of a warning, or of a mistake.
fn begins_warning(line: &Line<'_>) -> bool {
    let text = line.spans.first().map(|span| span.content.trim_start()).unwrap_or_default();
    [theme::WARN, theme::BAD].contains(&line.style) && (text.starts_with(outcome::WARNING) || text.starts_with("! "))
}

pub(super) fn title(form: &Form, model: &Model) -> String {
    match form.purpose {
        Purpose::Copies | Purpose::Again(_) => {
            let images = count(form.draft.sources.len(), "image", "images");
            let copies = || count(form.draft.copies(), "copy", "copies");
            let exactly = form.draft.only.as_ref().map(|_| format!(", only what is missing: {}", copies()));
            // With several accounts on the screen the images may be another's.
            let account = form.draft.account.as_ref().filter(|_| !model.others.is_empty());
            let into = account.map(|id| format!(" into {} {id}", clean(model.profile_name(model.id))));
            format!("Copy {images}{}{}", into.unwrap_or_default(), exactly.unwrap_or_default())
        }
        Purpose::Steps(_) => "Edit what is done with an available copy".to_owned(),
    }
}

/// The lines of the form while they are built.
struct Body<'a> {
    form: &'a Form,
    keys: &'a BTreeMap<Region, KeyList>,
    ctx: DrawContext<'a>,
    lines: Vec<Line<'static>>,
    /// Index of the line with the focus.
    focus: usize,
    /// Column of the text cursor.
    cursor: Option<usize>,
    width: usize,
}

impl Body<'_> {
    fn push_row(&mut self, item: &Item, spec: Option<&'static FieldSpec>) {
        let focus = self.form.focus == *item;
        if focus {
            self.focus = self.lines.len();
        }
        match (item, spec) {
            (Item::Section(section), _) => self.push_section(*section, focus),
            (Item::Field(field, kind), Some(spec)) if kind.is_text() => self.push_text(field, spec, focus),
            (Item::Field(field, _), Some(spec)) => {
                let value = self
                    .nothing_more(field)
                    .unwrap_or_else(|| values::shown(&self.form.draft, field, &self.form.own_tags, self.ctx.keys));
                self.push_value(spec.label, &value, focus);
                // Those of an Outpost or a zone belong below its name.
                if *field != Field::Placement || self.form.draft.placement == PlacementDraft::Region {
                    self.push_mistakes_of(field);
                }
            }
            (Item::Field(..), None) => {}
            (Item::StartButton, _) => {
                let button = start_button(self.form, focus, self.ctx.keys);
                self.push_value("", &button, focus);
            }
        }
    }

    /// A section's line: folded with a summary, and with the number of its mistakes.
    fn push_section(&mut self, section: Section, focus: bool) {
        let open = self.form.open.contains(&section);
        let shown = |m: &&ValidationMessage| section_of(&m.field) == Some(section) && is_shown(self.form, m);
        let mistakes = match self.form.plan.mistakes.iter().filter(shown).count() {
            0 => String::new(),
            n => format!("  ! {}", count(n, "mistake", "mistakes")),
        };
        let failed = !open && self.form.past_failures.iter().any(|past| section_of(&past.field) == Some(section));
        let failed = if failed { "  ! failed last time" } else { "" };
        let room = self.width.saturating_sub(BEFORE + 1 + cells(&mistakes) + cells(failed));
        let summary = self.form.summary(section);
        let summary = if open { String::new() } else { cut(&summary, room, self.ctx.glyphs.ellipsis) };
        let title = format!("{} {} ", if open { "-" } else { "+" }, fit(section.title(), LABEL, ""));
        self.lines.push(Line::from(vec![
            Span::styled(mark(focus), theme::STRONG),
            Span::styled(title, if focus { theme::CURSOR } else { theme::STRONG }),
            Span::raw(summary),
            Span::styled(mistakes, theme::BAD),
            Span::styled(failed, theme::WARN),
        ]));
        if open {
            let rows = self.form.rows();
            let has_row = |f: &Field| rows.iter().any(|row| matches!(&row.item, Item::Field(field, _) if field == f));
            self.push_mistakes(|field| section_of(field) == Some(section) && !has_row(field));
        }
    }

    /// A field with a text, and a KMS key with its state.
    fn push_text(&mut self, field: &Field, spec: &'static FieldSpec, focus: bool) {
        let form = self.form;
        let state = match field {
            Field::KeyFor(region) => Some(region),
            Field::Key => form.draft.destinations.first().filter(|_| form.draft.destinations.len() == 1),
            _ => None,
        };
        let state = state.map(|region| key_state(&form.draft, region, self.keys));
        let room = self.width.saturating_sub(BEFORE + 1 + state.as_ref().map_or(0, |_| KEY_STATE + 1));
        let text = values::text(&form.draft, field);
        let (value, cursor) = match (text.is_empty(), focus) {
            (true, _) => (
                fit(self.nothing_more(field).as_deref().unwrap_or(spec.placeholder), room, self.ctx.glyphs.ellipsis),
                focus.then_some(0),
            ),
            (false, true) => edited_text(&form.line, room),
            (false, false) => (fit(text, room, self.ctx.glyphs.ellipsis), None),
        };
        let label = match field {
            Field::KeyFor(region) => region.as_str(),
            Field::Key if form.draft.destinations.len() > 1 => "KMS key, all",
            Field::ImageTag(n) | Field::SnapshotTag(n) if *n > 0 => "",
            _ => spec.label,
        };
        let mut spans = self.label(label, focus);
        spans.push(Span::styled(value, if text.is_empty() { theme::FAINT } else { Style::default() }));
        if let Some(state) = state {
            let style = if state.unusable { theme::BAD } else { theme::FAINT };
            spans.push(Span::styled(format!(" {}", fit(&state.text, KEY_STATE, self.ctx.glyphs.ellipsis)), style));
        }
        self.lines.push(Line::from(spans));
        self.cursor = cursor.map(|c| c + BEFORE).or(self.cursor);
        self.push_mistakes_of(field);
    }

    /// What a field shows instead of its value for a copy that is made.
    fn nothing_more(&self, field: &Field) -> Option<String> {
        let made = matches!(self.form.purpose, Purpose::Steps(_));
        steps::nothing_more(&self.form.draft, field, self.ctx.keys).filter(|_| made)
    }

    fn push_value(&mut self, label: &str, value: &str, focus: bool) {
        let room = self.width.saturating_sub(BEFORE + 1);
        let mut spans = self.label(label, focus);
        let value =
            if focus { fit(value, room, self.ctx.glyphs.ellipsis) } else { cut(value, room, self.ctx.glyphs.ellipsis) };
        spans.push(Span::styled(value, if focus { theme::CURSOR } else { Style::default() }));
        self.lines.push(Line::from(spans));
    }

    fn label(&self, label: &str, focus: bool) -> Vec<Span<'static>> {
        let label = fit(label, LABEL, self.ctx.glyphs.ellipsis);
        vec![Span::styled(format!("{}  {label} ", mark(focus)), if focus { theme::STRONG } else { theme::FAINT })]
    }

    fn push_mistakes_of(&mut self, field: &Field) {
        self.push_mistakes(|f| f == field);
    }

    fn push_mistakes(&mut self, which: impl Fn(&Field) -> bool) {
        let texts: Vec<String> = self
            .form
            .plan
            .mistakes
            .iter()
            .filter(|m| which(&m.field) && is_shown(self.form, m))
            .map(|m| m.text.clone())
            .collect();
        let past = self.form.past_failures.iter().filter(|past| which(&past.field));
        for line in past.flat_map(|past| wrap(&past.text, self.width.saturating_sub(BEFORE + 3))) {
            self.lines.push(Line::styled(format!("{}! {line}", " ".repeat(BEFORE)), theme::WARN));
        }
        for line in texts.iter().flat_map(|text| wrap(text, self.width.saturating_sub(BEFORE + 3))) {
            self.lines.push(Line::styled(format!("{}! {line}", " ".repeat(BEFORE)), theme::BAD));
        }
    }
}

/// Before the first attempt to start, a missing destination is no mistake yet.
pub(super) fn is_shown(form: &Form, mistake: &ValidationMessage) -> bool {
    mistake.field != Field::Destinations || form.submitted || !form.draft.destinations.is_empty()
}

fn mark(focus: bool) -> &'static str {
    if focus { "> " } else { "  " }
}

/// The visible part of the text that is edited, and the column of the cursor in it.
fn edited_text(line: &Input, room: usize) -> (String, Option<usize>) {
    let scroll = line.visual_scroll(room.saturating_sub(1));
    let visible: String = line.value().chars().skip(scroll).collect();
    (fit(&visible, room, ""), Some(line.visual_cursor().saturating_sub(scroll)))
}

fn source_lines(form: &Form, width: usize, ctx: DrawContext<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (n, source) in form.draft.sources.iter().take(3).enumerate() {
        let label = if n == 0 { "Image" } else { "" };
        let kind = if source.instance_store() { "instance store".into() } else { gib(source.size_gib()) };
        let encrypted = if source.encrypted() { ", encrypted" } else { "" };
        let text = format!("{} ({}), {kind}{encrypted}, {}", clean(&source.name), source.id, source.region);
        let text = cut(&text, width.saturating_sub(BEFORE + 1), ctx.glyphs.ellipsis);
        lines.push(Line::from(vec![
            Span::styled(format!("    {} ", fit(label, LABEL, "")), theme::FAINT),
            Span::raw(text),
        ]));
    }
    if let Purpose::Steps(steps) = &form.purpose {
        for (label, text) in steps::fixed(form, steps) {
            let text = cut(&clean(&text), width.saturating_sub(BEFORE + 1), ctx.glyphs.ellipsis);
            lines.push(Line::styled(format!("    {} {text}", fit(label, LABEL, "")), theme::FAINT));
        }
    }
    if form.draft.sources.len() > 3 {
        lines.push(Line::raw(format!("{}and {} more", " ".repeat(BEFORE), form.draft.sources.len() - 3)));
    }
    lines
}

/// What the button says.
pub(super) fn button(form: &Form) -> String {
    if let Purpose::Steps(_) = form.purpose {
        "Carry out".to_owned()
    } else if form.plan.mistakes.is_empty() {
        format!("Start {}", count(form.plan.copies.len(), "copy", "copies"))
    } else {
        "Start".to_owned()
    }
}

fn start_button(form: &Form, focus: bool, keys: &KeyMap) -> String {
    let text = button(form);
    if focus { format!("[ {text} ] ({})", keys.key(Context::Form, Action::Press)) } else { format!("[ {text} ]") }
}
