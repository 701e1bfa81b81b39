//! Settings from the file, with the position of mistakes.

use std::{ops::Range, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    key_file,
    keys::KEY_SECTION,
    obsolete,
    settings::{self, Expect, KEYS, SECTIONS, Setting},
    source::Source,
};
use crate::domain::{Failure, text};

/// The key of [`Config::notes`](super::Config::notes), which no file can have.
pub(super) const NOTES: &str = "notes";

/// Mistakes with their places in the text.
type Mistakes = Vec<(usize, Failure)>;

/// Parses and checks the file.
///
/// # Errors
/// The first mistake, with its position.
pub(super) fn read(path: &Path, text: &str) -> Result<toml::Table, Failure> {
    let (values, mistakes) = check(path, text);
    mistakes.into_iter().next().map_or(Ok(values), Err)
}

/// Parses the file. Returns its valid settings, and every mistake with its position; what is no TOML has only one.
pub(super) fn check(path: &Path, text: &str) -> (toml::Table, Vec<Failure>) {
    let source = Source { path, text };
    let (mut values, mut notes, mut mistakes) = (toml::Table::new(), Vec::new(), Mistakes::new());
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let unquoted = error.span().and_then(|place| source.unquoted(place));
            return (values, vec![unquoted.unwrap_or_else(|| source.wrong(error.span(), error.message()))]);
        }
    };
    for (key, value) in document.get_ref() {
        let name: &str = key.get_ref();
        if let (KEY_SECTION, DeValue::Table(table)) = (name, value.get_ref()) {
            let keys = toml::Value::try_from(key_file::check(&source, table, &mut mistakes));
            values.extend(keys.ok().map(|keys| (name.to_owned(), keys)));
            continue;
        }
        let section =
            name == KEY_SECTION || SECTIONS.iter().any(|(section, _)| *section == name && !section.is_empty());
        match value.get_ref() {
            DeValue::Table(table) if section => {
                values.insert(name.to_owned(), source.section(name, table, &mut notes, &mut mistakes).into());
            }
            _ if section => {
                let why = format!("`{name}` is a section; write [{name}] on a line of its own");
                mistakes.push((key.span().start, source.wrong(Some(key.span()), &why)));
            }
            DeValue::Table(_) => mistakes.push((key.span().start, source.unknown_section(key.span(), name))),
            _ => match source.value("", key.span(), name, value) {
                Ok(value) => _ = values.insert(name.to_owned(), value),
                Err(mistake) => mistakes.push((key.span().start, mistake)),
            },
        }
    }
    if !notes.is_empty() {
        values.insert(NOTES.to_owned(), notes.into());
    }
    mistakes.sort_by_key(|(place, _)| *place);
    (values, mistakes.into_iter().map(|(_, mistake)| mistake).collect())
}

impl Source<'_> {
    fn section(
        &self,
        section: &str,
        table: &DeTable<'_>,
        notes: &mut Vec<String>,
        mistakes: &mut Mistakes,
    ) -> toml::Table {
        let mut values = toml::Table::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            if let ("ui", "palette", DeValue::String(word)) = (section, name, value.get_ref()) {
                match obsolete::palette(&self.place(Some(key.span())), word) {
                    Ok((theme, note)) => {
                        notes.push(note);
                        if let Some(theme) = theme.filter(|_| !table.contains_key("theme")) {
                            values.insert("theme".to_owned(), theme.into());
                        }
                    }
                    Err(mistake) => mistakes.push((key.span().start, mistake)),
                }
                continue;
            }
            match self.value(section, key.span(), name, value) {
                Ok(value) => _ = values.insert(name.to_owned(), value),
                Err(mistake) => mistakes.push((key.span().start, mistake)),
            }
        }
        values
    }

    fn value(
        &self,
        section: &str,
        place: Range<usize>,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<toml::Value, Failure> {
        let Some(key) = settings::find(section, name) else { return Err(self.unknown_key(place, section, name)) };
        let written = self.text.get(value.span()).unwrap_or_default();
        let read = plain(value.get_ref(), key);
        let reason = key.expect.reason(read.as_ref());
        read.filter(|value| key.expect.accepts(value)).ok_or_else(|| {
            let shown: String = text::clean(written).chars().take(60).collect();
            let why = format!("`{name}`{} is {shown}; expected {}{reason}", within(section), key.expect.describe());
            self.wrong(Some(value.span()), &why)
        })
    }

    /// Returns what a setting takes, if what makes the file no TOML is its value, which begins as a word.
    fn unquoted(&self, place: Range<usize>) -> Option<Failure> {
        let line_start = self.text.get(..place.start)?.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(line_start..)?.lines().next()?;
        let (name, value) = line.split_once('=')?;
        let start = line_start + name.len() + 1 + (value.len() - value.trim_start().len());
        let value = value.split('#').next().unwrap_or_default().trim();
        if place.start < start || !value.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let sections = self.text.get(..line_start)?.lines().rev();
        let section = sections.map(str::trim).find_map(|line| line.strip_prefix('[')?.split(']').next()).unwrap_or("");
        let name = name.trim();
        let key = settings::find(section.trim(), name)?;
        let shown: String = text::clean(value).chars().take(60).collect();
        let written = match key.expect {
            Expect::Text | Expect::Choice(_) | Expect::Whose | Expect::VersionPattern if !shown.contains('"') => {
                format!(": write {name} = \"{shown}\"")
            }
            _ => String::new(),
        };
        let why = format!("`{name}`{} is {shown}; expected {}{written}", within(key.section), key.expect.describe());
        Some(self.wrong(Some(start..start + value.len()), &why))
    }

    fn unknown_key(&self, place: Range<usize>, section: &str, name: &str) -> Failure {
        let name = text::clean(name);
        let here = KEYS.iter().filter(|key| key.section == section).map(|key| key.name);
        let elsewhere = KEYS.iter().find(|key| key.name == name);
        let advice = match (elsewhere, settings::nearest(&name, here)) {
            (Some(Setting { section: "", .. }), _) => "; it belongs at the top, before the first section".to_owned(),
            (Some(key), _) => format!("; it belongs in [{}]", key.section),
            (None, Some(near)) => format!("; did you mean `{near}`?"),
            (None, None) => String::new(),
        };
        self.wrong(Some(place), &format!("unknown key `{name}`{}{advice}", within(section)))
    }

    fn unknown_section(&self, place: Range<usize>, name: &str) -> Failure {
        let name = text::clean(name);
        let sections = || {
            let named = SECTIONS.iter().map(|(section, _)| *section).filter(|section| !section.is_empty());
            named.chain([KEY_SECTION])
        };
        let advice = match settings::nearest(&name, sections()) {
            Some(near) => format!("; did you mean [{near}]?"),
            None => format!("; there are {}", sections().map(|s| format!("[{s}]")).collect::<Vec<_>>().join(", ")),
        };
        self.wrong(Some(place), &format!("unknown section [{name}]{advice}"))
    }

    fn wrong(&self, place: Option<Range<usize>>, why: &str) -> Failure {
        self.wrong_at(place, why).hint("`amigrate config show` prints every key with its value.")
    }
}

/// Returns ` in [section]`, or nothing at the top level.
fn within(section: &str) -> String {
    if section.is_empty() { String::new() } else { format!(" in [{section}]") }
}

/// Returns the value without positions; integers are accepted for floats. `None` for types that no setting has.
fn plain(value: &DeValue<'_>, key: &Setting) -> Option<toml::Value> {
    Some(match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Boolean(on) => toml::Value::Boolean(*on),
        DeValue::Integer(n) => {
            let digits = n.as_str();
            match key.expect {
                settings::Expect::Number(..) => toml::Value::Float(digits.parse().ok()?),
                _ => toml::Value::Integer(i64::from_str_radix(digits, n.radix()).ok()?),
            }
        }
        DeValue::Float(n) => toml::Value::Float(n.as_str().parse().ok()?),
        DeValue::Array(items) => {
            toml::Value::Array(items.iter().map(|item| plain(item.get_ref(), key)).collect::<Option<_>>()?)
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}
