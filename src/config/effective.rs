//! Settings with where each came from, and every mistake in them: for `amigrate config`.

use std::path::{Path, PathBuf};

use super::{
    Config, Hooks, environment, file,
    hooks::variables,
    paths::default_path,
    read,
    settings::{KEYS, Setting},
};
use crate::domain::{Failure, KmsKeyRef, Region, template, text};

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
            match Self::of(values) {
                Ok(config) => mistakes.extend(unusable(&config)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        mistakes
    }

    /// Names the variables that are named like those of settings, and are none; the nearest one is offered.
    pub fn misspelt(variables: impl Iterator<Item = String>) -> Vec<Failure> {
        misspelt(variables)
    }
}

/// Values that are texts, and yet cannot be used.
fn unusable(config: &Config) -> Vec<Failure> {
    let Config { aws, copy, jobs, hooks, .. } = config;
    let given = |text: &str| !text.is_empty();
    let of = |setting: &str, wrong: Result<(), Failure>| {
        wrong.err().map(|failure| Failure { what: format!("use the setting {setting}: {}", failure.what), ..failure })
    };
    let relative = given(&jobs.directory) && Path::new(&jobs.directory).is_relative();
    let directory = Failure::new("keep jobs", format!("a relative path: {}", text::clean(&jobs.directory)))
        .hint("Give the absolute path, starting with `/`.");
    let region = if given(&aws.region) { Region::new(&aws.region).map(drop) } else { Ok(()) };
    let key = if given(&copy.kms_key) { KmsKeyRef::new(&copy.kms_key).map(drop) } else { Ok(()) };
    let found = [
        of("aws.region", region),
        of("jobs.directory", if relative { Err(directory) } else { Ok(()) }),
        of("hooks.job_ended", hooks.job_ended.first().map_or(Ok(()), |program| Hooks::check(program))),
        of("copy.name", template::check(&copy.name)),
        of("copy.description", template::check(&copy.description)),
        of("copy.kms_key", key),
    ];
    found.into_iter().flatten().collect()
}

fn misspelt(names: impl Iterator<Item = String>) -> Vec<Failure> {
    /// What the program gives to its own background process, and a setting of earlier versions.
    const OTHERS: [&str; 2] = ["AMIGRATE_DETACHED", "AMIGRATE_UI_PALETTE"];
    let known: Vec<String> = KEYS.iter().map(Setting::variable).collect();
    let other = |name: &str| OTHERS.contains(&name) || variables::ALL.contains(&name);
    let unknown = |name: &String| name.starts_with("AMIGRATE_") && !known.contains(name) && !other(name);
    let mut unknown: Vec<String> = names.filter(unknown).collect();
    unknown.sort_unstable();
    let failure = |name: String| {
        let failure = Failure::new(text::clean(&name), "no setting has this name");
        let near = known.iter().map(|known| (strsim::damerau_levenshtein(known, &name), known)).min();
        match near.filter(|(distance, _)| *distance <= 4) {
            Some((_, near)) => failure.hint(format!("Did you mean {near}?")),
            None => failure.hint("`amigrate config show` prints every setting."),
        }
    };
    unknown.into_iter().map(failure).collect()
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
