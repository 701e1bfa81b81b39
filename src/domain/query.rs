//! Queries of images.

use serde::{Deserialize, Serialize};

use crate::domain::account::AccountId;

/// Whose images to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OwnerFilter {
    /// The account's own images, also disabled and deprecated ones.
    #[default]
    Mine,
    /// Images that other accounts share with this one.
    Shared,
    Amazon,
    Marketplace,
    /// Images of one other account.
    Account(AccountId),
    /// All public images whose names match; there are far too many to list them all.
    Public {
        /// Pattern with `*` and `?`.
        name: String,
    },
}

impl OwnerFilter {
    /// Parses `mine`, `shared`, `amazon`, `marketplace`, an account id, or `public:PATTERN`.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "mine" => Self::Mine,
            "shared" => Self::Shared,
            "amazon" => Self::Amazon,
            "marketplace" => Self::Marketplace,
            _ => match word.strip_prefix("public:") {
                Some("") => return None,
                Some(name) => Self::Public { name: name.to_owned() },
                None => Self::Account(AccountId::new(word).ok()?),
            },
        })
    }

    /// Returns the text for the header.
    pub fn label(&self) -> String {
        match self {
            Self::Mine => "mine".into(),
            Self::Shared => "shared with me".into(),
            Self::Amazon => "Amazon".into(),
            Self::Marketplace => "Marketplace".into(),
            Self::Account(id) => id.to_string(),
            Self::Public { name } => format!("public {name}"),
        }
    }
}

/// Query of one region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageQuery {
    pub whose: OwnerFilter,
    /// Name pattern (`*` and `?`) sent to EC2; keeps listings of Amazon, Marketplace and public images short.
    pub name: Option<String>,
}
