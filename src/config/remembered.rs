//! How each account's images were shown last, and whether the welcome was, in a file in the state directory. Losing it costs some
//! keys, so a file that cannot be read counts as empty, and errors are only logged.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::replace::{Access, replace};
use crate::domain::AccountKey;

/// How the images of an account are shown. The names are those that the settings have; what this version does not know is left out.
/// Nothing is flattened into it: a recording that is redacted knows its texts by the names of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RememberedView {
    /// Whose images.
    pub whose: String,
    /// The column they are sorted by.
    pub sort: String,
    pub descending: bool,
    /// The columns shown; none for those that fit.
    pub columns: Vec<String>,
    /// The height that the user gave the jobs pane, in lines.
    pub jobs_height: Option<u16>,
    /// Details beside the lists, where there is room.
    pub details_beside: bool,
    /// Filters that were used, the last one first. They are offered again, and never applied by themselves.
    pub filters: Vec<String>,
    /// When the last copy ended whose end was shown.
    pub shown_until: Option<Timestamp>,
}

impl RememberedView {
    /// The most filters kept.
    pub const FILTERS: usize = 20;

    /// Adds what another screen of the account has kept since: its filters, behind the own ones.
    fn merge(&mut self, stored: Self) {
        for filter in stored.filters {
            if self.filters.len() < Self::FILTERS && !self.filters.contains(&filter) {
                self.filters.push(filter);
            }
        }
        self.shown_until = self.shown_until.max(stored.shown_until);
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Contents {
    welcomed: bool,
    /// Each is read when it is wanted: one of another version must not take the others with it.
    accounts: Map<String, Value>,
    /// What another version keeps.
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl Contents {
    fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// The file; without one, as in the demo and in tests, nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct RememberedViews {
    file: Option<PathBuf>,
    /// What is to be written. Only the last view of an account matters.
    unwritten: Arc<Mutex<Option<(AccountKey, RememberedView)>>>,
    writing: Arc<Mutex<()>>,
}

impl RememberedViews {
    pub fn in_dir(dir: &Path) -> Self {
        Self { file: Some(file(dir)), ..Self::default() }
    }

    /// Returns how an account's images were shown last.
    pub fn read(&self, account: &AccountKey) -> Option<RememberedView> {
        let text = fs::read_to_string(self.file.as_ref()?).ok()?;
        serde_json::from_value(Contents::parse(&text).accounts.remove(account.as_str())?).ok()
    }

    /// Notes how an account's images are shown now. [`Self::flush`] writes it.
    pub fn set(&self, account: &AccountKey, view: RememberedView) {
        // Two accounts within one write: the first is on its way already, or its last key is lost.
        *lock(&self.unwritten) = Some((account.clone(), view));
    }

    /// Writes what is noted.
    pub fn flush(&self) {
        // The later of two writes must be that of the later view.
        let _writing = lock(&self.writing);
        let Some((account, view)) = lock(&self.unwritten).take() else { return };
        let Some(file) = &self.file else { return };
        let kept = change(file, |contents| {
            let mut view = view;
            let stored = contents.accounts.remove(account.as_str()).unwrap_or_default();
            if let Ok(known) = serde_json::from_value(stored.clone()) {
                view.merge(known);
            }
            let mut view = serde_json::to_value(view).map_err(io::Error::other)?;
            // What another version remembers stays.
            if let (Value::Object(view), Value::Object(stored)) = (&mut view, stored) {
                for (name, value) in stored {
                    view.entry(name).or_insert(value);
                }
            }
            contents.accounts.insert(account.as_str().to_owned(), view);
            Ok(())
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the view could not be remembered");
        }
    }
}

/// Returns true until [`take_welcome`] was called on this machine.
pub fn is_welcome_due(dir: &Path) -> bool {
    !fs::read_to_string(file(dir)).is_ok_and(|text| Contents::parse(&text).welcomed)
}

/// Returns true the first time, as far as that can be noted in the state directory.
pub fn take_welcome(dir: &Path) -> bool {
    if !is_welcome_due(dir) {
        return false;
    }
    let noted = change(&file(dir), |contents| {
        contents.welcomed = true;
        Ok(())
    });
    // Without a place to note it, it would be shown every time.
    noted.inspect_err(|error| tracing::warn!(%error, "the welcome could not be noted")).is_ok()
}

fn file(dir: &Path) -> PathBuf {
    dir.join("screen.json")
}

fn change(file: &Path, change: impl FnOnce(&mut Contents) -> io::Result<()>) -> io::Result<()> {
    replace(file, Access::User, |text| {
        let mut contents = Contents::parse(&text);
        change(&mut contents)?;
        serde_json::to_string_pretty(&contents).map_err(io::Error::other)
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

    fn account(digits: &str) -> AccountKey {
        AccountKey::new(&AccountId::new(digits).unwrap(), None)
    }

    fn view(whose: &str) -> RememberedView {
        RememberedView { whose: whose.into(), ..RememberedView::default() }
    }

    #[test]
    fn views_are_kept_by_account_and_the_welcome_is_given_once() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("state");
        let (ours, theirs) = (account("123456789012"), account("210987654321"));
        let views = RememberedViews::in_dir(&dir);
        assert_eq!(views.read(&ours), None);
        views.set(&ours, view("mine"));
        views.flush();
        views.set(&theirs, view("amazon"));
        views.set(&theirs, view("shared"));
        views.flush();
        views.flush();
        assert!(is_welcome_due(&dir));
        assert_eq!([take_welcome(&dir), take_welcome(&dir), is_welcome_due(&dir)], [true, false, false]);
        let again = RememberedViews::in_dir(&dir);
        assert_eq!((again.read(&ours), again.read(&theirs)), (Some(view("mine")), Some(view("shared"))));
        // Fields and accounts of another version are nobody else's problem.
        let text = r#"{"welcomed": true, "accounts": {"123456789012": 7, "210987654321": {"whose": "x", "new": 1}}}"#;
        fs::write(dir.join("screen.json"), text).unwrap();
        assert_eq!((again.read(&ours), again.read(&theirs).map(|view| view.whose)), (None, Some("x".to_owned())));
        // What this version does not know stays, and so do filters that another screen has kept since.
        let text =
            r#"{"welcomed": true, "later": 1, "accounts": {"123456789012": {"new": 2, "filters": ["db", "web"]}}}"#;
        fs::write(dir.join("screen.json"), text).unwrap();
        again.set(&ours, RememberedView { filters: vec!["web".into(), "app".into()], ..view("mine") });
        again.flush();
        assert_eq!(again.read(&ours).unwrap().filters, ["web", "app", "db"]);
        let kept: Value = serde_json::from_str(&fs::read_to_string(dir.join("screen.json")).unwrap()).unwrap();
        assert_eq!((&kept["later"], &kept["accounts"]["123456789012"]["new"]), (&1.into(), &2.into()));
        fs::write(dir.join("screen.json"), "{broken").unwrap();
        assert_eq!(again.read(&theirs), None);
        assert!(take_welcome(&dir));
        let none = RememberedViews::default();
        none.set(&ours, view("mine"));
        none.flush();
        assert_eq!(none.read(&ours), None);
    }

    #[test]
    fn no_welcome_where_it_cannot_be_noted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(!take_welcome(&file.join("state")));
    }
}
