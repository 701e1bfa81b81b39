//! The enabled regions as EC2 last returned them, by credentials, in a small file in the state directory. Losing it costs
//! a request, so a file that cannot be read or written counts as empty.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use super::replace::{Access, replace};
use crate::domain::Region;

/// The most entries kept: keys of sessions come and go.
const LIMIT: usize = 64;

/// The file; without one nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct EnabledRegions {
    file: Option<PathBuf>,
}

type ByCredentials = BTreeMap<String, Vec<Region>>;

fn parse(text: &str) -> ByCredentials {
    serde_json::from_str(text).unwrap_or_default()
}

impl EnabledRegions {
    pub fn in_dir(dir: &Path) -> Self {
        Self { file: Some(dir.join("enabled-regions.json")) }
    }

    fn all(&self) -> ByCredentials {
        self.file
            .as_ref()
            .and_then(|file| fs::read_to_string(file).ok())
            .map_or_else(BTreeMap::new, |text| parse(&text))
    }

    /// Returns the regions that these credentials had enabled last; `None` if they were never asked for.
    pub fn read(&self, key: &str) -> Option<Vec<Region>> {
        self.all().remove(key).filter(|regions| !regions.is_empty())
    }

    /// Returns the regions enabled for anybody who asked on this machine.
    pub fn of_anybody(&self) -> BTreeSet<Region> {
        self.all().into_values().flatten().collect()
    }

    /// Keeps the enabled regions of these credentials. Writes nothing if they are the same as before.
    pub fn keep(&self, key: &str, regions: &[Region]) {
        let Some(file) = &self.file else { return };
        if self.read(key).as_deref() == Some(regions) {
            return;
        }
        let kept = replace(file, Access::User, |text| {
            let mut all = parse(&text);
            if all.len() >= LIMIT {
                all.clear();
            }
            all.insert(key.to_owned(), regions.to_vec());
            serde_json::to_string_pretty(&all).map_err(io::Error::other)
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the enabled regions could not be saved");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_kept_by_credentials_and_stay_few() {
        let dir = tempfile::tempdir().unwrap();
        let kept = EnabledRegions::in_dir(&dir.path().join("state"));
        let region = |name| Region::new(name).unwrap();
        assert_eq!(kept.read("prod"), None);
        kept.keep("prod", &[region("eu-west-1")]);
        kept.keep("dev", &[region("us-east-1"), region("us-east-2")]);
        assert_eq!(kept.read("prod"), Some(vec![region("eu-west-1")]));
        assert_eq!(kept.of_anybody().len(), 3);
        for n in 0..2 * LIMIT {
            kept.keep(&n.to_string(), &[region("eu-west-1")]);
        }
        assert!(kept.all().len() <= LIMIT);
        fs::write(dir.path().join("state/enabled-regions.json"), "{broken").unwrap();
        assert_eq!(kept.read("prod"), None);
        EnabledRegions::default().keep("prod", &[region("eu-west-1")]);
    }
}
