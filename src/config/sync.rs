//! The settings of sync.

use std::{collections::BTreeSet, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::Region;

/// How regions are kept in sync.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    /// Regions that are not queried for copies under way.
    pub ignored_regions: Vec<String>,
    /// The file of policies that the screen planned last, or is to plan (`--policy`); no setting.
    #[serde(skip)]
    pub screen_policy: Option<PathBuf>,
    /// The flags by which this process was started, for commands that are shown to be run elsewhere; no setting.
    #[serde(skip)]
    pub screen_flags: Vec<String>,
    /// The directory that the names of files are relative to; no setting.
    #[serde(skip)]
    pub directory: PathBuf,
    /// The screen is to plan it once it is signed in; no setting.
    #[serde(skip)]
    pub plans_at_start: bool,
}

impl Sync {
    /// Returns the regions; what was not checked and is none is left out.
    pub fn ignored(&self) -> BTreeSet<Region> {
        self.ignored_regions.iter().filter_map(|name| Region::new(name).ok()).collect()
    }
}
