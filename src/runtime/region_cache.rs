//! The regions chosen last, by profile and account: a small file in the state directory. Losing it costs a key press, so
//! nothing here fails.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::domain::{AccountKey, Region};

/// Where choices are kept; nowhere in the demo and in tests.
#[derive(Debug, Clone, Default)]
pub struct RegionCache {
    file: Option<PathBuf>,
}

type Choices = BTreeMap<String, Vec<Region>>;

impl RegionCache {
    /// In this directory.
    pub fn in_dir(dir: &Path) -> Self {
        Self { file: Some(dir.join("regions.json")) }
    }

    fn read(&self) -> Choices {
        let text = self.file.as_ref().and_then(|f| fs::read_to_string(f).ok()).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A profile's regions in this account; none if it was never asked.
    pub fn regions(&self, profile: &str, account: &AccountKey) -> Vec<Region> {
        self.read().remove(&name(profile, account)).unwrap_or_default()
    }

    /// Keeps a profile's regions in this account.
    pub fn keep(&self, profile: &str, account: &AccountKey, regions: &[Region]) {
        let Some(file) = &self.file else { return };
        let mut choices = self.read();
        choices.insert(name(profile, account), regions.to_vec());
        let written = serde_json::to_string_pretty(&choices).map_err(std::io::Error::other).and_then(|text| {
            if let Some(dir) = file.parent() {
                fs::create_dir_all(dir)?;
            }
            // Renamed into place, so that a crash leaves the old file or the new one.
            let new = file.with_extension("json.new");
            fs::write(&new, text)?;
            fs::rename(&new, file)
        });
        if let Err(error) = written {
            tracing::warn!(%error, "the choice of regions could not be kept");
        }
    }
}

/// The same profile may mean another account tomorrow, and exported keys have no profile at all.
fn name(profile: &str, account: &AccountKey) -> String {
    format!("{account} {profile}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

    #[test]
    fn choices_are_kept_by_profile_and_account() {
        let dir = tempfile::tempdir().unwrap();
        let memory = RegionCache::in_dir(&dir.path().join("state"));
        let region = |r| Region::new(r).unwrap();
        let account = |digits| AccountKey::new(&AccountId::new(digits).unwrap(), None);
        let (ours, theirs) = (account("123456789012"), account("210987654321"));
        assert_eq!(memory.regions("prod", &ours), []);
        memory.keep("prod", &ours, &[region("eu-west-1")]);
        memory.keep("", &ours, &[region("us-east-1")]);
        memory.keep("", &theirs, &[region("sa-east-1")]);
        assert_eq!(memory.regions("prod", &ours), [region("eu-west-1")]);
        assert_eq!(memory.regions("prod", &theirs), []);
        assert_eq!(memory.regions("", &theirs), [region("sa-east-1")]);
        fs::write(dir.path().join("state/regions.json"), "{broken").unwrap();
        assert_eq!(memory.regions("prod", &ours), []);
    }
}
