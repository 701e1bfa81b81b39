//! Settings with where each came from, and every mistake in them: for `amigrate config`.

use std::path::{Path, PathBuf};

use super::{
    Config, environment, file,
    paths::default_path,
    read,
    settings::{KEYS, Setting},
};
use crate::domain::Failure;

/// Where a setting's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingSource {
    Default,
    File,
    Environment,
    Flag,
}

/// A setting's value, and where it comes from.
#[derive(Debug, Clone)]
pub struct EffectiveSetting {
    pub setting: &'static Setting,
    pub value: toml::Value,
    pub source: SettingSource,
}

impl Config {
    /// Returns the settings file that is read: the named one, else the usual one. `None` without a home directory.
    pub fn file(path: Option<&Path>) -> Option<PathBuf> {
        path.map(Path::to_owned).or_else(default_path)
    }

    /// Returns every setting with its value and source, flags left out.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn effective(
        path: Option<&Path>,
        env: &impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<EffectiveSetting>, Failure> {
        let in_force = Self::load(path, env)?;
        let in_force =
            toml::Table::try_from(&in_force).map_err(|e| Failure::new("show the settings", e.to_string()))?;
        let written = match existing(path) {
            Some(path) => file::read(&path, &read(&path)?)?,
            None => toml::Table::new(),
        };
        let settings = KEYS.iter().filter_map(|setting| {
            let source = match (environment::is_set(setting, env), value(&written, setting)) {
                (true, _) => SettingSource::Environment,
                (false, Some(_)) => SettingSource::File,
                (false, None) => SettingSource::Default,
            };
            Some(EffectiveSetting { setting, value: value(&in_force, setting)?.clone(), source })
        });
        Ok(settings.collect())
    }

    /// Returns every mistake in the file and the environment; those in the rules between settings only if there is no other.
    pub fn mistakes(path: Option<&Path>, env: &impl Fn(&str) -> Option<String>) -> Vec<Failure> {
        let mut values = toml::Table::new();
        let mut mistakes = match existing(path).map(|path| read(&path).map(|text| file::check(&path, &text))) {
            Some(Ok((written, mistakes))) => {
                values = written;
                mistakes
            }
            Some(Err(unreadable)) => vec![unreadable],
            None => Vec::new(),
        };
        mistakes.extend(environment::apply(&mut values, env));
        if mistakes.is_empty() {
            mistakes.extend(Self::of(values).err());
        }
        mistakes
    }
}

/// The file to be read; a named one need not exist, which is a mistake then.
fn existing(path: Option<&Path>) -> Option<PathBuf> {
    Config::file(path).filter(|file| path.is_some() || file.exists())
}

fn value<'a>(values: &'a toml::Table, setting: &Setting) -> Option<&'a toml::Value> {
    match setting.section {
        "" => values.get(setting.name),
        section => values.get(section)?.get(setting.name),
    }
}
