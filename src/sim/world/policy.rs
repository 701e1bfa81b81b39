//! What the account's user may not do, by action and region: a policy, which a dry run judges as well.

use serde::Deserialize;

use crate::{domain::Region, sim::glob::glob};

/// Denied actions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenySpec {
    /// Patterns of action names of any service: `CopyImage`, `Describe*`.
    pub actions: Vec<String>,
    /// Empty is every region.
    #[serde(default)]
    pub regions: Vec<Region>,
}

/// All that is denied; everything else is allowed.
#[derive(Debug, Clone, Default)]
pub struct Policy(Vec<DenySpec>);

impl Policy {
    pub fn new(denied: Vec<DenySpec>) -> Self {
        Self(denied)
    }

    /// Denies actions that match `pattern` in every region.
    pub fn deny(&mut self, pattern: &str) {
        self.0.push(DenySpec { actions: vec![pattern.to_owned()], regions: Vec::new() });
    }

    /// Returns true if the action is denied.
    pub(crate) fn denies(&self, region: &Region, action: &str) -> bool {
        let matches = |spec: &DenySpec| {
            (spec.regions.is_empty() || spec.regions.contains(region)) && spec.actions.iter().any(|p| glob(p, action))
        };
        self.0.iter().any(matches)
    }
}
