//! The last values of the copy form by account, in a file in the state directory. Losing them costs some typing, so a file that
//! cannot be read counts as empty.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::replace::{Access, replace};
use crate::domain::{AccountKey, Failure, preset::Preset};

/// The file; without one, as in the demo and in tests, nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct LastValues {
    file: Option<PathBuf>,
}

/// Reads the entries by account. Each is read when it is wanted: one of another version must not take the others with it.
fn parse(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

impl LastValues {
    pub fn in_dir(dir: &Path) -> Self {
        Self { file: Some(dir.join("last-copies.json")) }
    }

    /// Returns the last values of an account.
    pub fn read(&self, account: &AccountKey) -> Option<Preset> {
        let text = fs::read_to_string(self.file.as_ref()?).ok()?;
        serde_json::from_value(parse(&text).remove(account.as_str())?).ok()
    }

    /// Keeps the values of an account, which [`Preset::last_values`] returns.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn keep(&self, account: &AccountKey, values: Preset) -> Result<(), Failure> {
        let Some(file) = &self.file else { return Ok(()) };
        let kept = replace(file, Access::User, |text| {
            let mut all = parse(&text);
            all.insert(account.as_str().to_owned(), serde_json::to_value(values).map_err(io::Error::other)?);
            serde_json::to_string_pretty(&all).map_err(io::Error::other)
        });
        kept.map_err(|e| Failure::new(format!("keep the form's values in {}", file.display()), e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

    #[test]
    fn values_are_kept_by_account() {
        let dir = tempfile::tempdir().unwrap();
        let last = LastValues::in_dir(&dir.path().join("state"));
        let account = |digits| AccountKey::new(&AccountId::new(digits).unwrap(), None);
        let (ours, theirs) = (account("123456789012"), account("210987654321"));
        let values = |key: &str| Preset { key: Some(key.into()), ..Preset::default() };
        assert_eq!(last.read(&ours), None);
        last.keep(&ours, values("alias/a")).unwrap();
        last.keep(&theirs, values("alias/b")).unwrap();
        last.keep(&ours, values("alias/c")).unwrap();
        assert_eq!((last.read(&ours), last.read(&theirs)), (Some(values("alias/c")), Some(values("alias/b"))));
        fs::write(dir.path().join("state/last-copies.json"), "{broken").unwrap();
        assert_eq!(last.read(&ours), None);
        last.keep(&ours, values("alias/d")).unwrap();
        assert_eq!(last.read(&ours), Some(values("alias/d")));
        // An entry of another version stays, and is nobody else's problem.
        let path = dir.path().join("state/last-copies.json");
        fs::write(&path, r#"{"123456789012": {"key": "alias/e"}, "210987654321": {"new_field": 1}}"#).unwrap();
        assert_eq!((last.read(&ours), last.read(&theirs)), (Some(values("alias/e")), None));
        last.keep(&ours, values("alias/f")).unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains("new_field"));
        let none = LastValues::default();
        none.keep(&ours, values("x")).unwrap();
        assert_eq!(none.read(&ours), None);
    }
}
