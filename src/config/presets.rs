//! Presets of the copy form: `presets.toml` beside the configuration, a table for each, which people may edit and share.

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
use crate::domain::{Failure, preset::Preset, text::clean};

/// Presets by name.
pub type Presets = BTreeMap<String, Preset>;

/// The file of presets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetFile {
    path: PathBuf,
}

impl PresetFile {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 64;

    /// Returns the file beside a configuration file; beside the usual one if that is none or no file, such as `/dev/null` or a pipe.
    /// `None` without a home directory.
    pub fn beside(config: Option<&Path>) -> Option<Self> {
        let has_directory = |path: &&Path| path.is_file() || !path.exists();
        let config = config.filter(has_directory).map(Path::to_owned).or_else(paths::default_path)?;
        Some(Self { path: config.with_file_name("presets.toml") })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all presets; none if there is no file.
    ///
    /// # Errors
    /// A file that cannot be read, and the first mistake in it with line and column.
    pub fn read(&self) -> Result<Presets, Failure> {
        match behind_links(&self.path).and_then(std::fs::read_to_string) {
            Ok(text) => self.parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.path.is_symlink() => Ok(Presets::new()),
            Err(error) => Err(self.failure("read the presets", &error)),
        }
    }

    /// Returns a name without the spaces around it.
    ///
    /// # Errors
    /// A name that is empty, too long or has control characters.
    pub fn check_name(name: &str) -> Result<&str, Failure> {
        let name = name.trim();
        let n = name.chars().count();
        if n == 0 || n > Self::MAX_NAME || name.chars().any(char::is_control) {
            let why = format!("a preset's name has 1 to {} characters, without control characters", Self::MAX_NAME);
            return Err(Failure::new(format!("save the preset `{}`", clean(name)), why));
        }
        Ok(name)
    }

    /// Saves a preset, in place of one of that name. Other tables and comments stay as they are; comments within the replaced table
    /// are lost.
    ///
    /// # Errors
    /// A wrong name; one of a preset whose roles this one lacks; a file with mistakes or of an unusual form, which is left alone; the file
    /// system's.
    pub fn save(&self, name: &str, preset: &Preset) -> Result<(), Failure> {
        let name = Self::check_name(name)?;
        let mut allowed = Ok(());
        self.change("save the preset", name, |presets| {
            allowed = presets.get(name).map_or(Ok(()), |stored| preset.check_replaces(stored, name));
            if allowed.is_ok() {
                presets.insert(name.to_owned(), preset.clone());
            }
            allowed.is_ok()
        })?;
        allowed
    }

    /// Saves a preset under a new name. Returns false if there is one of that name, which is left alone.
    ///
    /// # Errors
    /// As those of [`Self::save`].
    pub fn save_new(&self, name: &str, preset: &Preset) -> Result<bool, Failure> {
        let name = Self::check_name(name)?;
        self.change("save the preset", name, |presets| {
            let is_new = !presets.contains_key(name);
            if is_new {
                presets.insert(name.to_owned(), preset.clone());
            }
            is_new
        })
    }

    /// Removes a preset; one that is not there is no failure.
    ///
    /// # Errors
    /// As those of [`Self::save`].
    pub fn remove(&self, name: &str) -> Result<(), Failure> {
        self.change("remove the preset", name, |presets| presets.remove(name).is_some()).map(|_| ())
    }

    /// Changes the table of a name. Returns what `change` returns, which is false if nothing has changed.
    fn change(&self, what: &str, name: &str, change: impl FnOnce(&mut Presets) -> bool) -> Result<bool, Failure> {
        let changed = replace(&self.path, Access::AsBefore, |text| {
            let mut presets = self.parse(&text).map_err(Refused::Failure)?;
            if !change(&mut presets) {
                return Err(Refused::NoChange);
            }
            let table = |(name, preset)| toml::to_string(&BTreeMap::from([(name, preset)])).map_err(io::Error::other);
            let section = presets.get_key_value(name).map(table).transpose()?;
            let edited = with_section(&text, name, &section.unwrap_or_default());
            if self.parse(&edited).is_ok_and(|read| read == presets) {
                return Ok(edited);
            }
            let why = format!("`{}` is not one table in one place", clean(name));
            let failure = Failure::new(format!("{what} in {}", self.path.display()), why);
            Err(Refused::Failure(
                failure.hint("Edit the file by hand; it would lose its comments if it were written anew."),
            ))
        });
        match changed {
            Ok(()) => Ok(true),
            Err(Refused::NoChange) => Ok(false),
            Err(Refused::Failure(failure)) => Err(failure),
            Err(Refused::Io(error)) => Err(self.failure(what, &error)),
        }
    }

    fn parse(&self, text: &str) -> Result<Presets, Failure> {
        let failure = Source { path: &self.path, text }.parse::<Presets>();
        failure.map_err(|e| e.hint("Correct the file; it is not changed as long as it cannot be read."))
    }

    fn failure(&self, what: &str, error: &io::Error) -> Failure {
        Failure::new(format!("{what} in {}", self.path.display()), error.to_string())
    }
}

enum Refused {
    /// There is nothing to change.
    NoChange,
    Failure(Failure),
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Replaces the table of a name, or appends it. It ends where the next one begins, with the comments above that; the last one before
/// the comments at the end of the file.
fn with_section(text: &str, name: &str, section: &str) -> String {
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let mut starts: Vec<(usize, bool)> = DeTable::parse(text)
        .map(|table| table.get_ref().keys().map(|key| (line_of(key.span().start), *key.get_ref() == name)).collect())
        .unwrap_or_default();
    starts.sort_unstable();
    let Some(at) = starts.iter().position(|(_, is_it)| *is_it) else {
        let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{newline}{gap}{section}");
    };
    let (start, mut end) = (starts[at].0, starts.get(at + 1).map_or(text.len(), |next| next.0));
    let is_last = end == text.len();
    let mut rest = text[start..end].trim_end_matches('\n');
    while let Some(line) = rest.rsplit('\n').next()
        && line.trim_start().starts_with('#')
    {
        let above = start + rest.len() - line.len();
        rest = &text[start..above];
        // Of the last table, a comment right below its values or indented like them is its own.
        if !is_last || (line.starts_with('#') && rest.ends_with("\n\n")) {
            end = above;
        }
        rest = rest.trim_end_matches('\n');
    }
    let gap = if end < text.len() && !section.is_empty() { "\n" } else { "" };
    format!("{}{section}{gap}{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;

    fn preset(region: &str) -> Preset {
        let region = Region::new(region).unwrap();
        let keys = Some([(region.clone(), "alias/web".to_owned())].into());
        Preset { destinations: Some(vec![region]), keys, ..Preset::default() }
    }

    fn file(text: Option<&str>) -> (tempfile::TempDir, PresetFile) {
        let dir = tempfile::tempdir().unwrap();
        let file = PresetFile::beside(Some(&dir.path().join("amigrate/config.toml"))).unwrap();
        if let Some(text) = text {
            std::fs::create_dir(dir.path().join("amigrate")).unwrap();
            std::fs::write(file.path(), text).unwrap();
        }
        (dir, file)
    }

    fn text(file: &PresetFile) -> String {
        std::fs::read_to_string(file.path()).unwrap()
    }

    #[test]
    fn one_with_roles_is_replaced_by_the_file_only() {
        let stored = "[prod]\nrole_arn = \"arn:aws:iam::111122223333:role/a\"\n";
        let (_dir, file) = file(Some(stored));
        let refused = file.save("prod", &preset("eu-west-1")).unwrap_err();
        assert_eq!((refused.why.contains("roles"), text(&file).as_str()), (true, stored), "{refused:?}");
        file.save("other", &preset("eu-west-1")).unwrap();
        assert!(text(&file).starts_with(stored));
    }

    #[test]
    fn presets_are_saved_replaced_and_removed() {
        let (_dir, file) = file(None);
        assert!(file.read().unwrap().is_empty());
        file.save(" web dr ", &preset("eu-west-1")).unwrap();
        file.save("db", &preset("eu-west-2")).unwrap();
        file.save("web dr", &preset("sa-east-1")).unwrap();
        let expected = Presets::from([("db".into(), preset("eu-west-2")), ("web dr".into(), preset("sa-east-1"))]);
        assert_eq!(file.read().unwrap(), expected);
        file.remove("web dr").unwrap();
        file.remove("web dr").unwrap();
        assert_eq!(file.read().unwrap().into_keys().collect::<Vec<_>>(), ["db"]);
        for bad in ["", " ", "a\u{1b}b", &"x".repeat(65)] {
            assert!(file.save(bad, &preset("eu-west-1")).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn comments_and_other_tables_stay_as_they_are() {
        let above = "# Ours.\n\n# The web fleet.\n[web]\nencrypt = true # always\n\n";
        let below = "# The databases.\n# Do not touch.\n[db]\ndestinations = [ \"eu-west-1\" ]\n";
        let (_dir, file) = file(Some(&format!("{above}[dr]\nencrypt = true\n\n{below}")));
        file.save("dr", &preset("eu-west-2")).unwrap();
        let section = "[dr]\ndestinations = [\"eu-west-2\"]\n\n[dr.keys]\neu-west-2 = \"alias/web\"\n";
        assert_eq!(text(&file), format!("{above}{section}\n{below}"));
        file.remove("dr").unwrap();
        assert_eq!(text(&file), format!("{above}{below}"));
        file.save("new", &Preset { encrypt: Some(true), ..Preset::default() }).unwrap();
        assert_eq!(text(&file), format!("{above}{below}\n[new]\nencrypt = true\n"));
    }

    #[test]
    fn a_file_of_an_unusual_form_is_left_to_its_author() {
        let scattered = "[a]\nencrypt = true\n[b]\nencrypt = true\n# Why.\n[a.keys]\neu-west-1 = \"alias/x\"\n";
        let inline = "# Ours.\na = { encrypt = true }\nb = { encrypt = true }\n";
        for unusual in [scattered, inline] {
            let (_dir, file) = file(Some(unusual));
            let failure = file.save("a", &preset("eu-west-2")).unwrap_err();
            assert!(failure.what.contains("presets.toml") && failure.hint.contains("by hand"), "{failure}");
            assert_eq!(text(&file), unusual);
            file.save("c", &preset("eu-west-2")).unwrap();
            assert!(text(&file).starts_with(unusual), "a new table is no problem");
        }
    }

    #[test]
    fn comments_at_the_end_of_the_file_stay() {
        let end = "# Ask Ann before you change these.\n#\n\n# More.\n";
        let own = "[dr]\nencrypt = true\n# Its own.\n\n  # Indented.\n";
        for own in [own, "[dr]\nencrypt = true\n"] {
            let (_dir, file) = file(Some(&format!("{own}\n{end}")));
            file.save("dr", &Preset { encrypt: Some(false), ..Preset::default() }).unwrap();
            assert_eq!(text(&file), format!("[dr]\nencrypt = false\n\n{end}"));
            file.remove("dr").unwrap();
            assert_eq!(text(&file), end);
        }
    }

    #[test]
    fn a_new_preset_replaces_none() {
        let (_dir, file) = file(None);
        assert_eq!(file.save_new("dr", &preset("eu-west-1")), Ok(true));
        assert_eq!(file.save_new(" dr ", &preset("eu-west-2")), Ok(false));
        assert_eq!(file.read().unwrap()["dr"], preset("eu-west-1"));
        assert!(file.save_new("", &preset("eu-west-1")).is_err());
    }

    #[test]
    fn a_link_to_a_file_that_is_away_is_no_empty_file() {
        let (dir, file) = file(Some(""));
        std::fs::remove_file(file.path()).unwrap();
        std::os::unix::fs::symlink(dir.path().join("not-mounted"), file.path()).unwrap();
        for failure in [file.read().unwrap_err(), file.save("x", &preset("eu-west-1")).unwrap_err()] {
            assert!(failure.why.contains("not-mounted, which does not exist"), "{failure}");
        }
        assert!(file.path().is_symlink());
    }

    #[test]
    fn presets_are_beside_a_file_only() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.toml");
        assert_eq!(PresetFile::beside(Some(&config)).unwrap().path(), dir.path().join("presets.toml"));
        assert_eq!(PresetFile::beside(Some(Path::new("/dev/null"))), PresetFile::beside(None));
    }

    #[test]
    fn mistakes_have_their_place_and_the_file_is_left_alone() {
        for (text, place, why) in [
            ("[web]\nencrypt = true\npublic = true\n", ":3:1", "unknown field `public`"),
            ("[web]\ndestinations = [\"europe\"]\n", ":2:", "`europe`"),
            ("[web]\ncompletion_minutes = 20\n", ":2:22", "multiple of 15"),
            ("[web\n", ":1:5", ""),
        ] {
            let (_dir, file) = file(Some(text));
            for failure in [file.read().unwrap_err(), file.save("x", &preset("eu-west-1")).unwrap_err()] {
                assert!(failure.what.contains(&format!("presets.toml{place}")), "{failure}");
                assert!(failure.to_string().contains(why) && !failure.hint.is_empty(), "{failure}");
            }
            assert_eq!(super::tests::text(&file), text);
        }
    }

    #[test]
    fn several_processes_lose_nothing() {
        let (_dir, file) = file(None);
        std::thread::scope(|scope| {
            for n in 0..8 {
                let file = &file;
                scope.spawn(move || file.save(&format!("p{n}"), &preset("eu-west-1")).unwrap());
            }
        });
        assert_eq!(file.read().unwrap().len(), 8);
    }
}
