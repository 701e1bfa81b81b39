//! Presets of the copy form: `presets.toml` beside the configuration, a table for each, which people may edit and share.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use toml::de::DeTable;

use super::{paths, replace::replace, source::Source};
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

    /// Returns the file beside a configuration file, or beside the usual one; `None` without a home directory.
    pub fn beside(config: Option<&Path>) -> Option<Self> {
        let config = config.map(Path::to_owned).or_else(paths::default_path)?;
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
        match std::fs::read_to_string(&self.path) {
            Ok(text) => self.parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Presets::new()),
            Err(error) => Err(self.failure("read the presets", &error)),
        }
    }

    /// Saves a preset, in place of one of that name. Other tables and comments stay as they are.
    ///
    /// # Errors
    /// A name that is empty, too long or has control characters; a file with mistakes, which is left alone; the file system's.
    pub fn save(&self, name: &str, preset: &Preset) -> Result<(), Failure> {
        let name = name.trim();
        let n = name.chars().count();
        if n == 0 || n > Self::MAX_NAME || name.chars().any(char::is_control) {
            let why = format!("a preset's name has 1 to {} characters, without control characters", Self::MAX_NAME);
            return Err(Failure::new(format!("save the preset `{}`", clean(name)), why));
        }
        self.change("save the preset", |presets| _ = presets.insert(name.to_owned(), preset.clone()), name)
    }

    /// Removes a preset; one that is not there is no failure.
    ///
    /// # Errors
    /// As those of [`Self::save`].
    pub fn remove(&self, name: &str) -> Result<(), Failure> {
        self.change("remove the preset", |presets| _ = presets.remove(name), name)
    }

    fn change(&self, what: &str, change: impl FnOnce(&mut Presets), name: &str) -> Result<(), Failure> {
        let changed = replace(&self.path, |text| {
            let mut presets = self.parse(&text).map_err(Refused::Failure)?;
            change(&mut presets);
            let table = |name: &String, preset: &Preset| {
                toml::to_string(&BTreeMap::from([(name, preset)])).map_err(|e| Refused::Io(io::Error::other(e)))
            };
            let section = presets.get_key_value(name).map(|(name, preset)| table(name, preset)).transpose()?;
            let edited = with_section(&text, name, &section.unwrap_or_default());
            // A file of an unusual form, such as with tables in several places, is written anew.
            if self.parse(&edited).is_ok_and(|read| read == presets) {
                return Ok(edited);
            }
            let sections: Vec<String> =
                presets.iter().map(|(name, preset)| table(name, preset)).collect::<Result<_, _>>()?;
            Ok(sections.join("\n"))
        });
        changed.map_err(|refused| match refused {
            Refused::Failure(failure) => failure,
            Refused::Io(error) => self.failure(what, &error),
        })
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
    Failure(Failure),
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Replaces the table of a name, or appends it. It ends where the next one begins, with the comments above that.
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
    while let Some(line) = text[start..end].trim_end_matches('\n').rsplit('\n').next()
        && end < text.len()
        && line.trim_start().starts_with('#')
    {
        end = start + text[start..end].trim_end_matches('\n').len() - line.len();
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
        let keys = [(region.clone(), "alias/web".to_owned())].into();
        Preset { destinations: vec![region], keys, ..Preset::default() }
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
        file.save("new", &Preset { encrypt: true, ..Preset::default() }).unwrap();
        assert_eq!(text(&file), format!("{above}{below}\n[new]\nencrypt = true\n"));
    }

    #[test]
    fn a_file_of_an_unusual_form_is_written_anew() {
        let scattered = "[a]\nencrypt = true\n[b]\nencrypt = true\n[a.keys]\neu-west-1 = \"alias/x\"\n";
        let (_dir, file) = file(Some(scattered));
        file.save("a", &preset("eu-west-2")).unwrap();
        let read = file.read().unwrap();
        assert_eq!((&read["a"], read["b"].encrypt, read.len()), (&preset("eu-west-2"), true, 2));
        let (_dir, inline) = self::file(Some("a = { encrypt = true }\nb = { encrypt = true }\n"));
        inline.save("a", &preset("eu-west-2")).unwrap();
        inline.remove("b").unwrap();
        assert_eq!(inline.read().unwrap(), Presets::from([("a".into(), preset("eu-west-2"))]));
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
