//! The help: key bindings, the filter's terms, and the form's fields.

use ratatui::text::{Line, Span};

use super::{Filtered, entries::heading};
use crate::{
    config::{KeyMap, bindings::Context},
    domain::{
        filter::{TERMS, WORDS},
        palette::COMMANDS,
        review::Column,
    },
    labels,
    tui::{
        screens::{
            form::fields::{FIELDS, Section},
            jobs,
        },
        theme,
        widgets::text_fit::{fit, wrap},
    },
};

/// Every binding.
pub(super) fn lines(keys: &KeyMap, width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(keys, |_| true, width);
    lines.extend([Line::default(), heading("Commands with an argument")]);
    lines.extend(commands(width));
    for (title, about) in [
        ("Filters", &WORDS[..]),
        ("Filter terms of images", &TERMS),
        ("Filter terms of jobs and history", &jobs::filter::TERMS),
    ] {
        lines.extend([Line::default(), heading(title)]);
        lines.extend(about.iter().flat_map(|(term, text)| rows(term, text, width)));
    }
    lines.extend([Line::default(), heading("Settings, and other keys")]);
    lines.extend(SETTINGS.iter().flat_map(|(command, text)| rows(command, text, width)));
    lines
}

/// How settings and keys are changed: by a file, and commands that are about it.
const SETTINGS: [(&str, &str); 4] = [
    ("amigrate config init", "writes the file with every setting and every key, each with its help and its default"),
    ("amigrate config path", "says where the file is"),
    ("[keys.images]", "in the file: keys of the images, such as copy = \"C\"; the names are those of the commands"),
    ("amigrate config check", "names every mistake in it; it is read at the start"),
];

/// The review's bindings, then all others.
pub(super) fn review_lines(keys: &KeyMap, width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(keys, |context| context == Context::Review, width);
    lines.extend([Line::default(), heading("Columns of the review")]);
    let columns = Column::ALL.map(|column| rows(labels::review::column(column), about(column), width));
    lines.extend(columns.into_iter().flatten());
    lines.push(Line::default());
    lines.extend(bindings(keys, |context| context != Context::Review, width));
    lines
}

/// What a column of the review is about.
fn about(column: Column) -> &'static str {
    match column {
        Column::Enabled => "whether the region is enabled for the account",
        Column::Permission => "whether IAM permits CopyImage there",
        Column::Key => "whether the KMS key can be used there; none if the copies need none",
        Column::Encryption => "whether the region encrypts new volumes and copies by default: on or off",
        Column::Exists => "how many images there have the name, or are copies of the same image",
        Column::Pending => "how many copies are pending there already",
        Column::Public => "whether images may be made public there",
    }
}

/// What a filter takes, the terms of this one first, then all bindings.
pub(super) fn filter_lines(filtered: Filtered, keys: &KeyMap, width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(keys, |context| context == Context::Filter, width);
    lines.extend(rows("/ again", "the first character replaces the filter; arrows, End or Backspace edit it", width));
    let terms = match filtered {
        Filtered::Images => Some(("Filter terms of images", &TERMS[..])),
        Filtered::Jobs => Some(("Filter terms of jobs and history", &jobs::filter::TERMS[..])),
        Filtered::Others => None,
    };
    for (title, about) in [("Filters", &WORDS[..])].into_iter().chain(terms) {
        lines.extend([Line::default(), heading(title)]);
        lines.extend(about.iter().flat_map(|(term, text)| rows(term, text, width)));
    }
    lines.push(Line::default());
    lines.extend(bindings(keys, |context| context != Context::Filter, width));
    lines
}

/// The form's bindings and its fields.
pub(super) fn form_lines(keys: &KeyMap, width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(keys, |context| matches!(context, Context::Form | Context::Picker), width);
    for section in Section::ALL {
        lines.extend([Line::default(), heading(section.title())]);
        for field in FIELDS.iter().filter(|f| f.section == section) {
            let label = if field.label.is_empty() { "a region" } else { field.label };
            lines.extend(rows(label, field.help, width));
        }
    }
    lines
}

/// The bindings of pickers.
pub(super) fn picker_lines(keys: &KeyMap, width: usize) -> Vec<Line<'static>> {
    bindings(keys, |context| matches!(context, Context::Picker | Context::Lists), width)
}

/// The keys of the palette, and the commands with an argument.
pub(super) fn palette_lines(keys: &KeyMap, width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(keys, |context| context == Context::Palette, width);
    lines.push(Line::default());
    lines.extend(commands(width));
    lines.push(row("", "An action is found by its name, by letters of it, or by words of what it does.".into()));
    lines
}

fn commands(width: usize) -> Vec<Line<'static>> {
    COMMANDS.iter().flat_map(|spec| rows(&format!(":{} {}", spec.word, spec.argument), spec.text, width)).collect()
}

fn bindings(keys: &KeyMap, which: impl Fn(Context) -> bool, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut context = None;
    for key in keys.rows().iter().filter(|row| which(row.binding.context)) {
        let binding = key.binding;
        if context.replace(binding.context) != Some(binding.context) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(heading(binding.context.title()));
        }
        lines.extend(rows(&key.keys(), binding.text, width));
    }
    lines
}

/// A text wrapped beside its key or label.
fn rows(left: &str, text: &str, width: usize) -> Vec<Line<'static>> {
    let texts = wrap(text, width.saturating_sub(26).max(8)).into_iter().enumerate();
    texts.map(|(n, text)| row(if n == 0 { left } else { "" }, text)).collect()
}

fn row(left: &str, text: String) -> Line<'static> {
    Line::from(vec![Span::styled(format!("   {} ", fit(left, 22, "")), theme::STRONG), Span::raw(text)])
}
