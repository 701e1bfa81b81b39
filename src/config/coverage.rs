//! The settings of coverage.

use serde::{Deserialize, Serialize};

use crate::domain::VersionPattern;

/// How images are grouped for coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Coverage {
    /// What the version in an image's name looks like, as [`VersionPattern::new`] reads it.
    pub version_pattern: String,
}

impl Coverage {
    /// Returns the pattern; the default one if it was not checked and is none.
    pub fn pattern(&self) -> VersionPattern {
        VersionPattern::new(&self.version_pattern).unwrap_or_default()
    }
}

impl Default for Coverage {
    fn default() -> Self {
        Self { version_pattern: VersionPattern::DEFAULT.into() }
    }
}
