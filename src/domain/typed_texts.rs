//! What was typed where a copy's texts have placeholders.

use serde::{Deserialize, Serialize};

/// What was typed for a copy's name, description and tags, where that has placeholders. It is kept beside what they became, so that
/// a copy made again, or a preset of it, has the templates. Versions before it kept only what they became.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedTexts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// All lines, if one of them has a placeholder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) snapshot_tags: Option<Vec<String>>,
}

impl TypedTexts {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns those of a copy that gets another name than its template's.
    pub(super) fn without_name(&self) -> Self {
        Self { name: None, ..self.clone() }
    }
}
