//! Named filters of the image list: `filters.toml` beside the configuration, a line for each, which people may edit and share.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use toml::de::DeTable;

use super::{
    paths,
    replace::{Access, behind_links, replace},
    source::Source,
};
use crate::domain::{Failure, text::clean};

/// Filters by name.
pub type NamedFilters = BTreeMap<String, String>;

/// The file of named filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterFile {
    path: PathBuf,
}

impl FilterFile {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 64;

    /// Returns the file beside a configuration file; beside the usual one if that is none or no file, such as `/dev/null` or a pipe.
    /// `None` without a home directory.
    pub fn beside(config: Option<&Path>) -> Option<Self> {
        let has_directory = |path: &&Path| path.is_file() || !path.exists();
        let config = config.filter(has_directory).map(Path::to_owned).or_else(paths::default_path)?;
        Some(Self { path: config.with_file_name("filters.toml") })
    }

    /// Reads all filters; none if there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, and the first mistake in it with line and column.
    pub fn read(&self) -> Result<NamedFilters, Failure> {
        match behind_links(&self.path).and_then(std::fs::read_to_string) {
            Ok(text) => self.parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.path.is_symlink() => Ok(NamedFilters::new()),
            Err(error) => Err(self.failure("read the filters", &error)),
        }
    }

    /// Returns true for a name of 1 to [`Self::MAX_NAME`] characters without control characters.
    pub fn is_name(name: &str) -> bool {
        (1..=Self::MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    }

    /// Saves a filter, in place of one of that name; `None` removes it. Other lines stay as they are.
    ///
    /// # Errors
    /// A file with mistakes or of an unusual form, which is left alone; the file system's.
    pub fn save(&self, name: &str, filter: Option<&str>) -> Result<(), Failure> {
        let what = if filter.is_some() { "save the filter" } else { "remove the filter" };
        let changed = replace(&self.path, Access::AsBefore, |text| {
            let mut filters = self.parse(&text).map_err(Refused::Failure)?;
            let line = match filter {
                Some(filter) => toml::to_string(&BTreeMap::from([(name, filter)])).map_err(io::Error::other)?,
                None => String::new(),
            };
            change(&mut filters, name, filter);
            let edited = with_line(&text, name, &line);
            if self.parse(&edited).is_ok_and(|read| read == filters) {
                return Ok(edited);
            }
            let why = format!("`{}` is not a line of its own", clean(name));
            Err(Refused::Failure(
                Failure::new(format!("{what} in {}", self.path.display()), why).hint("Edit the file by hand."),
            ))
        });
        changed.map_err(|refused| match refused {
            Refused::Failure(failure) => failure,
            Refused::Io(error) => self.failure(what, &error),
        })
    }

    fn parse(&self, text: &str) -> Result<NamedFilters, Failure> {
        let filters = Source { path: &self.path, text }.parse::<NamedFilters>();
        filters.map_err(|e| e.hint("Correct the file; it is not changed as long as it cannot be read."))
    }

    fn failure(&self, what: &str, error: &io::Error) -> Failure {
        Failure::new(format!("{what} in {}", self.path.display()), error.to_string())
    }
}

/// Saves a filter, or removes the one of that name.
pub fn change(filters: &mut NamedFilters, name: &str, filter: Option<&str>) {
    match filter {
        Some(filter) => _ = filters.insert(name.to_owned(), filter.to_owned()),
        None => _ = filters.remove(name),
    }
}

enum Refused {
    Failure(Failure),
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Replaces the line of a name, or appends it.
fn with_line(text: &str, name: &str, line: &str) -> String {
    let table = DeTable::parse(text).ok();
    let place = table.as_ref().and_then(|table| table.get_ref().iter().find(|(key, _)| *key.get_ref() == name));
    let Some((key, value)) = place else {
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{newline}{line}");
    };
    let start = text[..key.span().start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[value.span().end..].find('\n').map_or(text.len(), |newline| value.span().end + newline + 1);
    format!("{}{line}{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: Option<&str>) -> (tempfile::TempDir, FilterFile) {
        let dir = tempfile::tempdir().unwrap();
        let file = FilterFile::beside(Some(&dir.path().join("config.toml"))).unwrap();
        if let Some(text) = text {
            std::fs::write(&file.path, text).unwrap();
        }
        (dir, file)
    }

    #[test]
    fn filters_are_saved_replaced_and_removed() {
        let (_dir, file) = file(Some("# Ours.\nold = \"age:>1y\" # dusty\n\"prod web\" = \"web\"\n# End.\n"));
        file.save("prod web", Some("web tag:Env=\"a b\"")).unwrap();
        file.save("db", Some("/db\\d/")).unwrap();
        file.save("old", None).unwrap();
        file.save("never", None).unwrap();
        let expected = [("prod web", "web tag:Env=\"a b\""), ("db", "/db\\d/")];
        assert_eq!(file.read().unwrap(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
        let text = std::fs::read_to_string(&file.path).unwrap();
        assert!(text.starts_with("# Ours.\n\"prod web\" = ") && text.contains("\n# End.\ndb = "), "{text}");
    }

    #[test]
    fn a_file_that_is_not_understood_is_left_alone() {
        for (text, place) in [("a = 1\n", ":1:5"), ("a =\n", ":1:"), ("[a]\nb = \"c\"\n", ":1:")] {
            let (_dir, file) = file(Some(text));
            for failure in [file.read().unwrap_err(), file.save("x", Some("web")).unwrap_err()] {
                assert!(
                    failure.what.contains(&format!("filters.toml{place}")) && !failure.hint.is_empty(),
                    "{failure}"
                );
            }
            assert_eq!(std::fs::read_to_string(&file.path).unwrap(), text);
        }
        let (_dir, file) = file(None);
        assert!(file.read().unwrap().is_empty());
        file.save("x", Some("web")).unwrap();
        assert_eq!(file.read().unwrap().len(), 1);
        assert!(["", "a\u{1b}", &"x".repeat(65)].iter().all(|name| !FilterFile::is_name(name)));
    }
}
