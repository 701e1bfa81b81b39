//! Settings from environment variables, `AMIGRATE_*`.

use super::settings::{Expect, KEYS, Setting};
use crate::domain::{Failure, text};

/// Overrides the values with every variable that is set and not empty.
pub(super) fn apply(values: &mut toml::Table, env: &impl Fn(&str) -> Option<String>) -> Result<(), Failure> {
    for key in &KEYS {
        let Some(written) = env(&key.variable()).filter(|written| !written.trim().is_empty()) else { continue };
        let value = parse(key, written.trim()).filter(|value| key.expect.accepts(value)).ok_or_else(|| {
            let shown: String = text::clean(&written).chars().take(60).collect();
            Failure::new(key.variable(), format!("`{shown}` is not {}", expected(key))).hint(format!(
                "Unset {} for the default, {}.",
                key.variable(),
                key.default
            ))
        })?;
        let table = if key.section.is_empty() {
            Some(&mut *values)
        } else {
            values.entry(key.section).or_insert_with(|| toml::Table::new().into()).as_table_mut()
        };
        if let Some(table) = table {
            table.insert(key.name.to_owned(), value);
        }
    }
    Ok(())
}

fn parse(key: &Setting, written: &str) -> Option<toml::Value> {
    Some(match key.expect {
        Expect::Switch => toml::Value::Boolean(match written.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => return None,
        }),
        Expect::Text | Expect::Choice(_) | Expect::Whose => written.into(),
        Expect::Regions => written.split([',', ' ']).filter(|name| !name.is_empty()).collect::<Vec<_>>().into(),
        // A value may contain blanks.
        Expect::Tags => written.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect::<Vec<_>>().into(),
        Expect::Whole(..) => toml::Value::Integer(written.parse().ok()?),
        Expect::Number(..) => toml::Value::Float(written.parse().ok()?),
    })
}

fn expected(key: &Setting) -> String {
    match key.expect {
        Expect::Regions => "a list of regions such as us-east-1,eu-west-1, or all".into(),
        Expect::Tags => "a list of tags such as Team=web,SourceAMI={source_id}".into(),
        other => other.describe(),
    }
}
