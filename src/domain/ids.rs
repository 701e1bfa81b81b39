//! Ids of EC2 resources.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::failure::Failure;

macro_rules! resource_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $noun:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the form: the prefix, then 1 to 32 lower-case letters or digits.
            pub fn new(id: &str) -> Result<Self, Failure> {
                match id.strip_prefix($prefix) {
                    Some(rest) if (1..=32).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) => {
                        Ok(Self(id.into()))
                    }
                    _ => Err(Failure::new(
                        format!("read `{}`", crate::domain::text::clean(id)),
                        concat!("that is not the id of ", $noun),
                    )),
                }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Failure;
            fn try_from(id: String) -> Result<Self, Failure> {
                Self::new(&id)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.to_string()
            }
        }
    };
}

resource_id!(
    /// Image id, `ami-...`. Cheap to clone.
    ImageId, "ami-", "an image"
);
resource_id!(
    /// Snapshot id, `snap-...`. Cheap to clone.
    SnapshotId, "snap-", "a snapshot"
);
resource_id!(
    /// Id of an image usage report, `amiur-...`. Cheap to clone.
    UsageReportId, "amiur-", "an image usage report"
);

impl ImageId {
    /// What an id is that [`Self::is_complete`] is not true of.
    pub const INCOMPLETE: &str = "not a complete image id: it has 8 or 17 hexadecimal digits";

    /// Returns true if EC2 may have given it. Other implementations of EC2 have ids of other lengths.
    pub fn is_complete(&self) -> bool {
        let digits = self.0.trim_start_matches("ami-");
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_by_form() {
        assert!(ImageId::new("ami-0123456789abcdef0").is_ok());
        for bad in ["", "ami-", "snap-1", "ami-XYZ", "ami-1\u{1b}", "i-0123"] {
            assert!(ImageId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_is_complete_with_all_its_digits() {
        let complete = ["ami-0123456789abcdef0", "ami-12345678", "ami-0e08", "ami-0123456789abcdeg0", "ami-123456789"];
        assert_eq!(complete.map(|id| ImageId::new(id).unwrap().is_complete()), [true, true, false, false, false]);
    }
}
