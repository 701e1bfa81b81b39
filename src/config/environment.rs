//! Settings from environment variables, `AMIGRATE_*`.

use std::collections::BTreeSet;

use super::{
    file::NOTES,
    obsolete,
    settings::{Expect, KEYS, Setting},
};
use crate::domain::{Failure, text};

/// Overrides the values with every variable that is set and not empty. Returns the mistakes.
pub(super) fn apply(values: &mut toml::Table, env: &impl Fn(&str) -> Option<String>) -> Vec<Failure> {
    let mut mistakes = Vec::new();
    for key in &KEYS {
        let Some(written) = written(key, env) else { continue };
        let Some(value) = parse(key, written.trim()).filter(|value| key.expect.accepts(value)) else {
            mistakes.push(wrong(key, &written));
            continue;
        };
        let table = if key.section.is_empty() {
            Some(&mut *values)
        } else {
            values.entry(key.section).or_insert_with(|| toml::Table::new().into()).as_table_mut()
        };
        if let Some(table) = table {
            table.insert(key.name.to_owned(), value);
        }
    }
    mistakes.extend(old_palette(values, env).err());
    mistakes
}

/// Reads `AMIGRATE_UI_PALETTE` of earlier versions.
fn old_palette(values: &mut toml::Table, env: &impl Fn(&str) -> Option<String>) -> Result<(), Failure> {
    const VARIABLE: &str = "AMIGRATE_UI_PALETTE";
    let Some(word) = env(VARIABLE).filter(|word| !word.trim().is_empty()) else { return Ok(()) };
    let (theme, note) = obsolete::palette(VARIABLE, word.trim())?;
    if let Some(theme) = theme.filter(|_| env("AMIGRATE_UI_THEME").is_none_or(|theme| theme.trim().is_empty())) {
        let ui = values.entry("ui").or_insert_with(|| toml::Table::new().into());
        ui.as_table_mut().map(|ui| ui.insert("theme".to_owned(), theme.into()));
    }
    let notes = values.entry(NOTES).or_insert_with(|| toml::Value::Array(Vec::new()));
    if let Some(notes) = notes.as_array_mut() {
        notes.push(note.into());
    }
    Ok(())
}

/// Returns true if the setting's variable is set and not empty.
pub(super) fn is_set(key: &Setting, env: &impl Fn(&str) -> Option<String>) -> bool {
    written(key, env).is_some()
}

/// Returns the settings that are set, such as `browse.whose`.
pub(super) fn all_set(env: &impl Fn(&str) -> Option<String>) -> BTreeSet<String> {
    let set = KEYS.iter().filter(|key| is_set(key, env));
    set.map(|key| format!("{}.{}", key.section, key.name)).collect()
}

fn written(key: &Setting, env: &impl Fn(&str) -> Option<String>) -> Option<String> {
    env(&key.variable()).filter(|written| !written.trim().is_empty())
}

fn wrong(key: &Setting, written: &str) -> Failure {
    let shown: String = text::clean(written).chars().take(60).collect();
    let reason = key.expect.reason(Some(&written.trim().into()));
    let failure = Failure::new(key.variable(), format!("`{shown}` is not {}{reason}", expected(key)));
    failure.hint(format!("Unset {} for the default, {}.", key.variable(), key.default))
}

fn parse(key: &Setting, written: &str) -> Option<toml::Value> {
    Some(match key.expect {
        Expect::Switch => toml::Value::Boolean(match written.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => return None,
        }),
        Expect::Text | Expect::Choice(_) | Expect::Whose | Expect::VersionPattern => written.into(),
        Expect::Regions | Expect::RegionNames => {
            written.split([',', ' ']).filter(|name| !name.is_empty()).collect::<Vec<_>>().into()
        }
        // One that is no list is the program alone.
        Expect::Command => match written.strip_prefix('[') {
            Some(_) => toml::from_str::<toml::Table>(&format!("value = {written}")).ok()?.remove("value")?,
            None => toml::Value::Array(vec![written.into()]),
        },
        // A value may contain blanks.
        Expect::Tags | Expect::Columns | Expect::Names => {
            written.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect::<Vec<_>>().into()
        }
        Expect::Whole(..) => toml::Value::Integer(written.parse().ok()?),
        Expect::Number(..) => toml::Value::Float(written.parse().ok()?),
    })
}

fn expected(key: &Setting) -> String {
    match key.expect {
        Expect::Regions => "a list of regions such as us-east-1,eu-west-1, or home, or all".into(),
        Expect::RegionNames => "a list of regions such as us-east-1,eu-west-1".into(),
        Expect::Names => "a list of names such as build,production".into(),
        Expect::Tags => "a list of tags such as Team=web,SourceAMI={source_id}".into(),
        other => other.describe(),
    }
}
