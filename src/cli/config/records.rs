//! Settings and their files as records.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    config::{
        EffectiveSetting, SettingSource,
        bindings::{Action, Context},
        chord::Chord,
    },
};

/// A file that is read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct FileRecord {
    /// `settings`, `presets` or `prices`.
    name: String,
    path: String,
    /// The file is there.
    exists: bool,
}

impl FileRecord {
    pub(super) fn new(name: &str, path: &Path) -> Self {
        Self { name: name.into(), path: path.display().to_string(), exists: path.exists() }
    }
}

impl Record for FileRecord {
    const LIST: &'static str = "files";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<FileRecord>] = &[
            Column::new("name", |f| f.name.clone()),
            Column::new("exists", |f| if f.exists { "yes" } else { "no" }.into()),
            Column::new("path", |f| f.path.clone()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.path.clone())
    }
}

/// A setting, and what gave it its value.
pub(super) struct Shown {
    pub(super) setting: EffectiveSetting,
    /// The file, variable or flag.
    pub(super) given_by: Option<String>,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct SettingRecord {
    /// Section and name, such as `copy.encrypt` or `keys.images.copy`.
    name: String,
    /// A string, number, boolean, or list of strings.
    value: serde_json::Value,
    /// `default`, `file`, `environment` or `flag`.
    source: &'static str,
    /// The file, variable or flag that gave the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_by: Option<String>,
}

impl From<&Shown> for SettingRecord {
    fn from(Shown { setting: effective, given_by }: &Shown) -> Self {
        let EffectiveSetting { setting, value, source } = effective;
        let name = match setting.section {
            "" => setting.name.to_owned(),
            section => format!("{section}.{}", setting.name),
        };
        let source = match source {
            SettingSource::Default => "default",
            SettingSource::File => "file",
            SettingSource::Environment => "environment",
            SettingSource::Flag => "flag",
        };
        Self { name, value: json(value), source, given_by: given_by.clone() }
    }
}

impl SettingRecord {
    /// The keys that the settings file gives to an action.
    pub(super) fn of_key(context: Context, action: Action, chords: &[Chord], file: Option<String>) -> Self {
        Self {
            name: format!("keys.{}.{}", context.name(), action.name()),
            value: chords.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
            source: "file",
            given_by: file,
        }
    }
}

/// The value as JSON. User and password are left out of a URL.
fn json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => without_password(text).into(),
        toml::Value::Integer(n) => (*n).into(),
        toml::Value::Float(n) => (*n).into(),
        toml::Value::Boolean(on) => (*on).into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        other => other.to_string().into(),
    }
}

fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..host].rfind('@') {
        Some(at) => format!("{scheme}://***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

impl Record for SettingRecord {
    const LIST: &'static str = "settings";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<SettingRecord>] = &[
            Column::new("name", |s| s.name.clone()),
            Column::<SettingRecord>::new("value", |s| s.value.to_string()).cut(Elision::End(16)),
            Column::new("source", |s| s.source.into()),
            Column::<SettingRecord>::new("given_by", |s| s.given_by.clone().unwrap_or_default())
                .cut(Elision::Differing(16))
                .left_out(1),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let cases = [
            ("http://me:secret@host:1/a@b", "http://***@host:1/a@b"),
            ("http://host/a@b", "http://host/a@b"),
            ("a@b", "a@b"),
        ];
        for (text, shown) in cases {
            assert_eq!(without_password(text), shown);
        }
    }
}
