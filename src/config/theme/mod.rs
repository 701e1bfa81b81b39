//! Themes: a style for each role that text has on the screen. The built-in ones are files of the form that people write:
//! `themes/NAME.toml` beside the settings.

mod file;
mod role;
mod style;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{paths, settings::nearest, source};
use crate::domain::{Failure, text::clean};

pub use role::{Role, Theme};
pub use style::{RoleStyle, ThemeColor};

/// The theme where colours are off.
pub const WITHOUT_COLOURS: &str = "mono";
/// The theme where none is named.
pub const DEFAULT: &str = "default";

const BUILT_IN: [(&str, &str); 5] = [
    (DEFAULT, include_str!("../../../assets/themes/default.toml")),
    (WITHOUT_COLOURS, include_str!("../../../assets/themes/mono.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../assets/themes/colour-blind.toml")),
    ("nord", include_str!("../../../assets/themes/nord.toml")),
];

/// The themes by name: the built-in ones, and those beside the settings, of which one may have a mistake.
#[derive(Debug, Clone, PartialEq)]
pub struct Themes {
    themes: BTreeMap<String, Result<Theme, Failure>>,
}

impl Default for Themes {
    /// The built-in themes.
    fn default() -> Self {
        let mut themes = Self { themes: BTreeMap::new() };
        for (name, text) in BUILT_IN {
            themes.add(name, Path::new(name), text);
        }
        themes
    }
}

impl Themes {
    /// Reads the themes beside a settings file, or the usual one. An own theme takes the place of a built-in one of its name.
    pub fn beside(config: Option<&Path>) -> Self {
        let mut themes = Self::default();
        for path in files(config) {
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else { continue };
            match source::read("the theme", &path, "") {
                Ok(text) => themes.add(&name, &path, &text),
                Err(failure) => _ = themes.themes.insert(name, Err(failure)),
            }
        }
        themes
    }

    fn add(&mut self, name: &str, path: &Path, text: &str) {
        let base = |name: &str| BUILT_IN.iter().find(|(built_in, _)| *built_in == name).map(|(_, text)| *text);
        self.themes.insert(name.to_owned(), file::read(path, text, &base));
    }

    /// Themes of these names for a replay, with the mistakes that were in them. A recording has no colours: an own theme has those of
    /// the default one.
    pub fn recorded(names: BTreeMap<String, Option<Failure>>) -> Self {
        let mut themes = Self::default();
        for (name, mistake) in names {
            let theme = || themes.themes.get(&name).or(themes.themes.get(DEFAULT)).and_then(|theme| theme.clone().ok());
            let theme = mistake.map_or_else(|| Ok(theme().unwrap_or_default()), Err);
            themes.themes.insert(name, theme);
        }
        themes
    }

    /// The names, each with the mistake in its file.
    pub fn for_recording(&self) -> BTreeMap<String, Option<Failure>> {
        self.themes.iter().map(|(name, theme)| (name.clone(), theme.as_ref().err().cloned())).collect()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.themes.keys().map(String::as_str)
    }

    /// The theme of this name.
    ///
    /// # Errors
    /// An unknown name, with the nearest, and the mistake in a theme's file with line and column.
    pub fn get(&self, name: &str) -> Result<&Theme, Failure> {
        match self.themes.get(name) {
            Some(theme) => theme.as_ref().map_err(Clone::clone),
            None => {
                let advice = match nearest(name, self.names()) {
                    Some(near) => format!("Did you mean {near}?"),
                    None => format!("There are {}.", self.names().collect::<Vec<_>>().join(", ")),
                };
                Err(Failure::new(format!("use the theme {}", clean(name)), "there is no theme of that name")
                    .hint(advice))
            }
        }
    }

    /// The mistakes in themes.
    pub fn mistakes(&self) -> impl Iterator<Item = &Failure> {
        self.themes.values().filter_map(|theme| theme.as_ref().err())
    }
}

/// The files of themes beside a settings file, in order of their names.
fn files(config: Option<&Path>) -> Vec<PathBuf> {
    let directory = config.map(Path::to_owned).or_else(paths::default_path).map(|path| path.with_file_name("themes"));
    let entries = directory.and_then(|directory| fs::read_dir(directory).ok()).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

#[cfg(test)]
mod tests;
