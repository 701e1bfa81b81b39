//! The settings of sync.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::Region;

/// How regions are kept in sync.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    /// Regions that are not queried for copies under way.
    pub ignored_regions: Vec<String>,
}

impl Sync {
    /// Returns the regions; what was not checked and is none is left out.
    pub fn ignored(&self) -> BTreeSet<Region> {
        self.ignored_regions.iter().filter_map(|name| Region::new(name).ok()).collect()
    }
}
