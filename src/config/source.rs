//! The text of a file that people write, for messages with the position of a mistake.

use std::{io::ErrorKind, ops::Range, path::Path};

use crate::domain::Failure;

/// A file's path and text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// Returns a failure named by path, line and column; without a place, the beginning.
    pub(crate) fn wrong_at(&self, place: Option<Range<usize>>, why: &str) -> Failure {
        Failure::new(self.place(place), why.trim_end().replace('\n', ", "))
    }

    /// Returns path, line and column; without a place, those of the beginning.
    pub(crate) fn place(&self, place: Option<Range<usize>>) -> String {
        let before = place.and_then(|place| self.text.get(..place.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.path.display())
    }

    /// Reads the whole text as a value.
    pub(crate) fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        toml::from_str(self.text).map_err(|error| self.wrong_at(error.span(), error.message()))
    }
}

/// Reads a file's text; `what` is what is read, such as `the settings`. The hint is for a file that does not exist.
pub(crate) fn read(what: &str, path: &Path, missing: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        let failure = Failure::new(format!("read {what} in {}", path.display()), error.to_string());
        match error.kind() {
            ErrorKind::NotFound => failure.hint(missing),
            ErrorKind::InvalidData => failure.hint("The file must be UTF-8 text."),
            _ => failure,
        }
    })
}
