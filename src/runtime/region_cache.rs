//! The regions chosen last, by profile and account, in a small file in the state directory. Losing it costs a key press, so
//! errors are only logged.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    config::replace_state_file,
    domain::{AccountKey, Region},
};

/// The cache; without a file, as in the demo and in tests, it keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct RegionCache {
    file: Option<PathBuf>,
}

type Choices = BTreeMap<String, Vec<Region>>;

impl RegionCache {
    pub fn in_dir(dir: &Path) -> Self {
        Self { file: Some(dir.join("regions.json")) }
    }

    fn read(&self) -> Choices {
        let text = self.file.as_ref().and_then(|f| fs::read_to_string(f).ok()).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The regions chosen last; empty if none were.
    pub fn regions(&self, profile: &str, account: &AccountKey) -> Vec<Region> {
        self.read().remove(&key(profile, account)).unwrap_or_default()
    }

    /// The regions chosen last for any profile.
    pub fn all(&self) -> Vec<Region> {
        self.read().into_values().flatten().collect()
    }

    /// Keeps a choice of regions. Waits for other processes that write the file, up to 2 seconds.
    pub fn keep(&self, profile: &str, account: &AccountKey, regions: &[Region]) {
        let Some(file) = &self.file else { return };
        let written = replace_state_file(file, |text| {
            let mut choices: Choices = serde_json::from_str(&text).unwrap_or_default();
            choices.insert(key(profile, account), regions.to_vec());
            serde_json::to_string_pretty(&choices).map_err(std::io::Error::other)
        });
        if let Err(error) = written {
            tracing::warn!(%error, "the choice of regions could not be saved");
        }
    }
}

/// The account is part of the key: a profile may mean another account tomorrow, and exported keys have no profile.
fn key(profile: &str, account: &AccountKey) -> String {
    format!("{account} {profile}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

    #[test]
    fn choices_are_cached_by_profile_and_account() {
        let dir = tempfile::tempdir().unwrap();
        let cache = RegionCache::in_dir(&dir.path().join("state"));
        let region = |r| Region::new(r).unwrap();
        let account = |digits| AccountKey::new(&AccountId::new(digits).unwrap(), None);
        let (ours, theirs) = (account("123456789012"), account("210987654321"));
        assert_eq!(cache.regions("prod", &ours), []);
        cache.keep("prod", &ours, &[region("eu-west-1")]);
        cache.keep("", &ours, &[region("us-east-1")]);
        cache.keep("", &theirs, &[region("sa-east-1")]);
        assert_eq!(cache.regions("prod", &ours), [region("eu-west-1")]);
        assert_eq!(cache.regions("prod", &theirs), []);
        assert_eq!(cache.regions("", &theirs), [region("sa-east-1")]);
        fs::write(dir.path().join("state/regions.json"), "{broken").unwrap();
        assert_eq!(cache.regions("prod", &ours), []);
    }
}
