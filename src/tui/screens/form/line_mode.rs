//! The copy form in line mode: its fields with their values and mistakes, then what will happen.

use super::{
    Form, Purpose,
    fields::{FieldSpec, Item, section_of},
    keys::key_state,
    outcome, steps, values, view,
};
use crate::{
    domain::{
        draft::{Field, PlacementDraft},
        text::{clean, gib},
    },
    tui::{
        line_mode::text::{LineModeLine, LineModeScreen},
        model::Model,
        screens::Overlay,
    },
};

/// Room for a line.
const ROOM: usize = 1_000;

pub fn screen(form: &Form, model: &Model) -> LineModeScreen {
    let mut screen = LineModeScreen::new(view::title(form, model));
    for source in &form.draft.sources {
        let kind = if source.instance_store() { "instance store".into() } else { gib(source.size_gib()) };
        let encrypted = if source.encrypted() { ", encrypted" } else { "" };
        let name = clean(&source.name);
        screen.say(format!("Image {name}, {}, {kind}{encrypted}, {}", source.id, source.region));
    }
    if let Purpose::Steps(steps) = &form.purpose {
        for (label, text) in steps::fixed(form, steps) {
            screen.say(if label.is_empty() { text } else { format!("{label}: {text}") });
        }
    }
    say_mistakes(&mut screen, form, &|field| *field == Field::Sources);
    for row in form.rows() {
        let current = form.focus == row.item;
        let line = match (&row.item, row.spec) {
            (Item::Section(section), _) => {
                let (title, open) = (section.title(), form.open.contains(section));
                let text = if open {
                    format!("Section {title}, open")
                } else {
                    format!("Section {title}, folded: {}", form.summary(*section))
                };
                LineModeLine::new(text)
            }
            (Item::Field(field, _), Some(spec)) => LineModeLine::new(field_text(form, model, field, spec)),
            (Item::Field(..), None) => continue,
            (Item::StartButton, _) => LineModeLine::new(format!("Button {}", view::button(form))),
        };
        screen.lines.push(line.at_cursor(current));
        match &row.item {
            Item::Section(section) => {
                let rows = form.rows();
                let has_row =
                    |f: &Field| rows.iter().any(|row| matches!(&row.item, Item::Field(field, _) if field == f));
                let below = |field: &Field| section_of(field) == Some(*section) && !has_row(field);
                say_mistakes(&mut screen, form, &below);
            }
            Item::Field(Field::Placement, kind)
                if kind.is_text() == (form.draft.placement == PlacementDraft::Region) => {}
            Item::Field(field, _) => say_mistakes(&mut screen, form, &|f| f == field),
            Item::StartButton => {}
        }
    }
    screen.say_painted(&outcome::lines(form, ROOM));
    screen
}

/// The field with the focus, what it is called, and its text; `None` if no text has the focus.
pub(in crate::tui) fn focused_text(model: &Model) -> Option<(Field, String, String)> {
    let Some(Overlay::Form(form)) = model.overlays.last() else { return None };
    let field = form.text_field()?;
    let spec = form.rows().into_iter().find(|row| row.item == form.focus)?.spec?;
    Some((field.clone(), label(form, field, spec), form.text_of(field).to_owned()))
}

fn label(form: &Form, field: &Field, spec: &FieldSpec) -> String {
    match field {
        Field::KeyFor(region) => format!("KMS key in {region}"),
        Field::Key if form.draft.destinations.len() > 1 => "KMS key, all".into(),
        Field::ImageTag(n) => format!("Image tag {}", n + 1),
        Field::SnapshotTag(n) => format!("Snapshot tag {}", n + 1),
        _ => spec.label.to_owned(),
    }
}

/// A checkbox in words: of one that is off, what it would do. That of the encryption says by itself what is so.
fn in_words(field: &Field, value: String) -> String {
    match (value.strip_prefix("[x] "), value.strip_prefix("[ ] "), field) {
        (Some(text), _, Field::Encryption) => format!("yes, {text}"),
        (None, Some(text), Field::Encryption) => format!("no, {text}"),
        (Some(text), _, _) => format!("on: {text}"),
        (None, Some(text), _) => format!("off. If on, {text}."),
        (None, None, _) => value,
    }
}

/// A field with its value.
fn field_text(form: &Form, model: &Model, field: &Field, spec: &FieldSpec) -> String {
    let label = label(form, field, spec);
    let made = matches!(form.purpose, Purpose::Steps(_));
    let nothing_more = steps::nothing_more(&form.draft, field, &model.keymap).filter(|_| made);
    let text = values::text(&form.draft, field);
    let shown = || values::shown(&form.draft, field, &form.own_tags, &model.keymap);
    let value = if !spec.kind.is_text() {
        nothing_more.unwrap_or_else(shown)
    } else if text.is_empty() {
        nothing_more.unwrap_or_else(|| spec.placeholder.to_owned())
    } else {
        text.to_owned()
    };
    let state = match field {
        Field::KeyFor(region) => Some(region),
        Field::Key => form.draft.destinations.first().filter(|_| form.draft.destinations.len() == 1),
        _ => None,
    };
    let state = state.map(|region| key_state(&form.draft, region, &model.keys).text).filter(|text| !text.is_empty());
    let state = state.map_or_else(String::new, |state| format!(", {state}"));
    let value = if spec.kind.is_text() { value } else { in_words(field, value) };
    format!("{label}: {}{state}", clean(&value))
}

/// The mistakes of fields, and why a copy failed last time.
fn say_mistakes(screen: &mut LineModeScreen, form: &Form, which: &impl Fn(&Field) -> bool) {
    for past in form.past_failures.iter().filter(|past| which(&past.field)) {
        screen.say(format!("Last time: {}", past.text));
    }
    for mistake in form.plan.mistakes.iter().filter(|m| which(&m.field) && view::is_shown(form, m)) {
        screen.say(format!("Error: {}", mistake.text));
    }
}
