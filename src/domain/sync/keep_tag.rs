//! The tag that says how many versions the policy kept that has made a copy. Another host may still run that policy.

use std::{fmt, num::NonZeroUsize};

use super::policy::{RetireMode, SyncPolicy, VersionLimit};
use crate::domain::{
    derived_token::{self, SYNC_TAGS},
    image::Tag,
};

/// The key of the tag.
pub const KEEP_TAG: &str = SYNC_TAGS[3];

/// What is written on copies of a policy that does not have it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKeep {
    Is(KeepTag),
    /// It was made with another version pattern: which versions are newer, and how many there are, is another matter there.
    Pattern,
    /// It is none that sync writes.
    Unreadable,
}

/// How many versions a policy keeps, what it does with older ones, and a digest of its version pattern: the value of a tag, such as
/// `all@0123abcd`, `3@0123abcd` or `3/disable@0123abcd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepTag {
    /// `None` for all.
    keep: Option<NonZeroUsize>,
    retire: Option<RetireMode>,
    /// `None` if it was not written.
    pattern: Option<u32>,
}

impl KeepTag {
    /// Returns the tag of the copies that a policy makes.
    pub fn of(policy: &SyncPolicy) -> Self {
        let digest = derived_token::short([policy.version_pattern.as_str()]);
        let pattern = digest.get(..8).and_then(|digest| u32::from_str_radix(digest, 16).ok());
        match &policy.versions {
            VersionLimit::All => Self { keep: None, retire: None, pattern },
            VersionLimit::Newest { keep, retire } => {
                Self { keep: Some(*keep), retire: retire.as_ref().map(|retire| retire.mode), pattern }
            }
        }
    }

    /// Returns in what the tag of a copy differs from this one of a policy; `None` if it has the same.
    pub(super) fn difference(self, of_copy: &str) -> Option<OtherKeep> {
        let Some(other) = Self::parse(of_copy) else { return Some(OtherKeep::Unreadable) };
        if other.pattern.is_some_and(|pattern| Some(pattern) != self.pattern) {
            return Some(OtherKeep::Pattern);
        }
        let other = Self { pattern: None, ..other };
        (other != Self { pattern: None, ..self }).then_some(OtherKeep::Is(other))
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
        let (versions, pattern) = match value.split_once('@') {
            Some((versions, pattern)) => (versions, Some(u32::from_str_radix(pattern, 16).ok()?)),
            None => (value, None),
        };
        let (keep, retire) = match versions.split_once('/') {
            Some((keep, retire)) => (keep, Some(RetireMode::ALL.into_iter().find(|mode| mode.as_str() == retire)?)),
            None => (versions, None),
        };
        let keep = if keep == "all" { None } else { Some(keep.parse().ok()?) };
        let tag = Self { keep, retire, pattern };
        (tag.to_string() == value).then_some(tag)
    }
}

impl fmt::Display for KeepTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.keep {
            Some(keep) => write!(f, "{keep}")?,
            None => f.write_str("all")?,
        }
        self.retire.map_or(Ok(()), |retire| write!(f, "/{}", retire.as_str()))?;
        self.pattern.map_or(Ok(()), |pattern| write!(f, "@{pattern:08x}"))
    }
}
