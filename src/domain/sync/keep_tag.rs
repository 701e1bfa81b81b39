//! The tag that says how many versions the policy kept that has made a copy. Another host may still run that policy.

use std::{fmt, num::NonZeroUsize};

use super::policy::{RetireMode, VersionLimit};
use crate::domain::{derived_token::SYNC_TAGS, image::Tag};

/// The key of the tag.
pub const KEEP_TAG: &str = SYNC_TAGS[3];

/// What is written on copies of a policy that does not have it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKeep {
    Is(KeepTag),
    /// It is none that sync writes.
    Unreadable,
}

/// How many versions a policy keeps, and what it does with older ones: the value of a tag, such as `all`, `3` or `3/disable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepTag {
    /// `None` for all.
    keep: Option<NonZeroUsize>,
    retire: Option<RetireMode>,
}

impl KeepTag {
    /// Returns the tag of the copies that a policy makes.
    pub fn of(versions: &VersionLimit) -> Self {
        match versions {
            VersionLimit::All => Self { keep: None, retire: None },
            VersionLimit::Newest { keep, retire } => {
                Self { keep: Some(*keep), retire: retire.as_ref().map(|retire| retire.mode) }
            }
        }
    }

    /// Returns how many versions must be newer for it to have nothing against retiring one in this way; `None` if it always has. Without a
    /// way of its own it still asks for no older ones.
    pub(super) fn keeps_before(&self, mode: RetireMode) -> Option<NonZeroUsize> {
        self.keep.filter(|_| self.retire.is_none_or(|other| other >= mode))
    }

    /// Returns it as EC2 stores it.
    pub fn tag(&self) -> Tag {
        Tag { key: KEEP_TAG.into(), value: self.to_string().into() }
    }

    /// Returns the tag of an image; `None` if it is none that sync writes.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (keep, retire) = match value.split_once('/') {
            Some((keep, retire)) => (keep, Some(RetireMode::ALL.into_iter().find(|mode| mode.as_str() == retire)?)),
            None => (value, None),
        };
        let keep = if keep == "all" { None } else { Some(keep.parse().ok()?) };
        let tag = Self { keep, retire };
        (tag.to_string() == value).then_some(tag)
    }
}

impl fmt::Display for KeepTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.keep {
            Some(keep) => write!(f, "{keep}")?,
            None => f.write_str("all")?,
        }
        self.retire.map_or(Ok(()), |retire| write!(f, "/{}", retire.as_str()))
    }
}
