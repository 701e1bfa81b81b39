//! The settings of orphaned snapshots.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::Region;

/// How orphaned snapshots are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Orphans {
    /// Regions that are not asked whether a snapshot's image is there.
    pub ignored_regions: Vec<String>,
}

impl Orphans {
    /// Returns the regions; what was not checked and is none is left out.
    pub fn ignored(&self) -> BTreeSet<Region> {
        self.ignored_regions.iter().filter_map(|name| Region::new(name).ok()).collect()
    }
}
