//! Families of images: the versions of one image, recognised by their names without the version.
//!
//! Coverage takes every version off the end of a name, so that it shows together what belongs together. Sync, which deletes, takes off the
//! last one only: `ubuntu-22.04-20260101` and `ubuntu-24.04-20260101` are two families.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::domain::{failure::Failure, text::clean};

/// The most memory of a compiled pattern, in bytes.
const SIZE_LIMIT: usize = 1 << 18;

/// What the version at the end of a name looks like.
#[derive(Debug, Clone)]
pub struct VersionPattern {
    text: String,
    /// What is taken off the end of the name. `None`: no name has a version.
    at_end: Option<Regex>,
    /// Several versions in a row are taken off: a date such as `-2026-01-31` is three then.
    repeats: bool,
    /// Nobody has said what a version looks like: versions of different minor numbers may be different products.
    guesses: bool,
}

/// The line of a version: its major and minor number, of `-1.30.3` these are 1 and 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionLine {
    pub major: u32,
    pub minor: u32,
}

impl fmt::Display for VersionLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl VersionPattern {
    /// A number with what follows it, such as `-1.2.3`, `_v7`, `.20260131` or each part of `-2026-01-31T12-00Z`.
    pub const DEFAULT: &str = "[-._]v?[0-9][0-9A-Za-z.]*";
    /// One version as sync sees it: a date and perhaps a time, or a number, with dots or without. A date behind a dotted number is a
    /// version by itself.
    const ONE: &str = "[-._]v?(?:\
        (?:19|20)[0-9]{2}[-._]?(?:0[1-9]|1[0-2])[-._]?(?:0[1-9]|[12][0-9]|3[01])\
        (?:[-._T](?:[01][0-9]|2[0-3])[-.]?[0-5][0-9](?:[-.]?[0-5][0-9])?Z?|(?:[.][0-9]{1,5})*)\
        |[0-9]{1,5}(?:[.][0-9]{1,5})+(?:[A-Za-z][0-9A-Za-z]*)?\
        |[0-9]+(?:[A-Za-z][0-9A-Za-z]*)?)";

    /// Reads a regular expression of one version; where it is to stand need not be said. Several of them in a row are taken off a name.
    ///
    /// # Errors
    /// If it is no regular expression, is too large, or matches an empty text.
    pub fn new(text: &str) -> Result<Self, Failure> {
        Self::read(text, true)
    }

    /// The same, for one version only.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn once(text: &str) -> Result<Self, Failure> {
        Self::read(text, false)
    }

    /// Returns the one of sync: one version only.
    pub fn of_sync() -> Self {
        // It is valid, as a test shows.
        let one = Self::once(Self::ONE).unwrap_or_else(|_| Self {
            text: String::new(),
            at_end: None,
            repeats: false,
            guesses: true,
        });
        Self { guesses: true, ..one }
    }

    fn read(text: &str, repeats: bool) -> Result<Self, Failure> {
        let refused = |why: String| Failure::new(format!("read the version pattern `{}`", clean(text)), why);
        let many = if repeats { "+" } else { "" };
        let at_end =
            RegexBuilder::new(&format!("(?:{text}){many}$")).size_limit(SIZE_LIMIT).build().map_err(|error| {
                let error = error.to_string();
                // The last line says what is wrong; those before show the text.
                refused(error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
            })?;
        let one = RegexBuilder::new(&format!("^(?:{text})$")).size_limit(SIZE_LIMIT).build();
        if one.is_ok_and(|one| one.is_match("")) {
            return Err(refused("it matches an empty text".into()));
        }
        Ok(Self { text: text.to_owned(), at_end: Some(at_end), repeats, guesses: false })
    }

    /// Returns the expression as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the name of the family: the name without its version. A name that is a version as a whole is its own family.
    pub fn family<'a>(&self, name: &'a str) -> &'a str {
        match self.at_end.as_ref().and_then(|at_end| at_end.find(name)) {
            Some(version) if version.start() > 0 => &name[..version.start()],
            _ => name,
        }
    }

    /// Returns the line of the version at the end of a name, where nobody has said what a version looks like: images of two lines are not
    /// versions of one another then, as those of Kubernetes 1.29 and 1.30, or of Windows 2019 and 2022. `None` if there is none: a date, a
    /// year with a number, or another number without dots.
    pub fn line(&self, name: &str) -> Option<VersionLine> {
        /// Larger major numbers are years.
        const YEARS: u32 = 1900;
        let version = self.at_end.as_ref().filter(|_| self.guesses)?.find(name)?;
        let bare = version.as_str().trim_start_matches(['-', '.', '_']);
        // A year by itself is a product's more often than a version's.
        if let Some(year) = bare.parse().ok().filter(|year| bare.len() == 4 && (YEARS..2100).contains(year)) {
            return Some(VersionLine { major: year, minor: 0 });
        }
        let mut numbers = bare.trim_start_matches('v').split('.');
        let major: u32 = numbers.next()?.parse().ok().filter(|major| *major < YEARS)?;
        let minor = numbers.next()?;
        let digits = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
        Some(VersionLine { major, minor: minor[..digits].parse().ok()? })
    }
}

impl PartialEq for VersionPattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.repeats, self.guesses) == (&other.text, other.repeats, other.guesses)
    }
}

impl Eq for VersionPattern {}

impl Default for VersionPattern {
    fn default() -> Self {
        // It is valid, as a test shows.
        Self::new(Self::DEFAULT).unwrap_or_else(|_| Self {
            text: String::new(),
            at_end: None,
            repeats: true,
            guesses: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_the_name_without_its_version() {
        let pattern = VersionPattern::default();
        for (name, family) in [
            ("app-web-20260131", "app-web"),
            ("app-web-2026-01-31", "app-web"),
            ("app-web-2026-01-31T12-30-00Z", "app-web"),
            ("app-web-v7", "app-web"),
            ("db_1.2.3-rc1", "db_1.2.3-rc1"),
            ("db_1.2.3rc1", "db"),
            ("db.v12_20260131.4", "db"),
            ("base", "base"),
            ("al2023", "al2023"),
            ("-1", "-1"),
            ("", ""),
            ("image v2", "image v2"),
            ("größe-7", "größe"),
        ] {
            assert_eq!(pattern.family(name), family, "{name}");
        }
    }

    #[test]
    fn sync_takes_off_the_last_version_only() {
        let pattern = VersionPattern::of_sync();
        for (name, family) in [
            ("app-web-20260131", "app-web"),
            ("app-web-2026-01-31", "app-web"),
            ("app-web_2026.01.31", "app-web"),
            ("app-web-2026-01-31T12-30-00Z", "app-web"),
            ("app-web-20260131-1230", "app-web"),
            ("app-web-20260131.4", "app-web"),
            ("app-web-20260131123000", "app-web"),
            ("app-web-1767225600", "app-web"),
            ("app-web-2026.00014", "app-web"),
            ("app-web-v7", "app-web"),
            ("db_1.2.3rc1", "db"),
            // The text before the last version distinguishes families.
            ("ubuntu-22.04-20260101", "ubuntu-22.04"),
            ("ubuntu-22.04.20260101", "ubuntu-22.04"),
            ("ubuntu-22.04.jammy.20260101", "ubuntu-22.04.jammy"),
            ("ubuntu-22.04-20260101-1230", "ubuntu-22.04"),
            ("eks-1.29-v20240101", "eks-1.29"),
            ("windows-2022-2026.01.14", "windows-2022"),
            ("win-2022-10-20230101", "win-2022-10"),
            ("app-2-1.4.0", "app-2"),
            ("app-2.web.3", "app-2.web"),
            ("base", "base"),
            ("al2023", "al2023"),
            ("-1", "-1"),
            ("", ""),
        ] {
            assert_eq!(pattern.family(name), family, "{name}");
        }
        let own = VersionPattern::once("-build[0-9]+").unwrap();
        assert_eq!((own.family("web-build7-build8"), own.family("web-7")), ("web-build7", "web-7"));
        assert!(own != VersionPattern::new("-build[0-9]+").unwrap() && VersionPattern::once("[").is_err());
    }

    #[test]
    fn a_dotted_number_has_a_line_unless_somebody_says_what_a_version_is() {
        let pattern = VersionPattern::of_sync();
        for (name, line) in [
            ("k8s-1.29.12", Some((1, 29))),
            ("k8s-1.30.3", Some((1, 30))),
            ("k8s_v1.30.3rc1", Some((1, 30))),
            ("ubuntu-22.04", Some((22, 4))),
            ("app-1.4b", Some((1, 4))),
            ("app-web-7", None),
            ("app-web-v7b", None),
            ("app-web-20260131", None),
            ("app-web-2026.01.31", None),
            ("app-web-20260131.4", None),
            ("app-web-2026.00014", None),
            ("win-2019", Some((2019, 0))),
            ("win-v2019", None),
            ("app-3021", None),
            ("ubuntu-22.04-20260101", None),
            ("base", None),
        ] {
            assert_eq!(pattern.line(name).map(|line| (line.major, line.minor)), line, "{name}");
        }
        assert_eq!(VersionPattern::once(VersionPattern::ONE).unwrap().line("k8s-1.29.12"), None);
    }

    #[test]
    fn a_pattern_of_ones_own() {
        let pattern = VersionPattern::new(" v[0-9]+|-build[0-9]+").unwrap();
        assert_eq!(pattern.family("image v2"), "image");
        assert_eq!(pattern.family("image-build7 v2"), "image");
        assert_eq!(pattern.family("image-7"), "image-7");
        assert_eq!(VersionPattern::new("[").unwrap_err().why, "unclosed character class");
        assert_eq!(VersionPattern::new("[0-9]*").unwrap_err().why, "it matches an empty text");
        assert!(VersionPattern::new("(?:x{1000}){1000}").unwrap_err().why.contains("size"));
    }
}
