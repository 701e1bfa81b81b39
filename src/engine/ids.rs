//! Identifiers of jobs, batches and audited requests, and the tags that carry them.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::{
    ClientToken, CopyRequest,
    derived_token::{self, JOB_TAG},
};

/// A job's number, unique within its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The name of a batch: the copies that were requested together. It is also the value of their `amigrate:batch` tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(Arc<str>);

impl BatchId {
    /// Wraps a name that exists already: from the store, or a tag.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// Derives the name of copies that are requested together; `None` if there are none.
    ///
    /// A derived token may be requested again, with other copies than the first time: all of them name the batch, so that no two
    /// batches have one name. Hosts that request the same copies give them the same name, as EC2 requires it of one token.
    pub fn of_copies(copies: &[CopyRequest]) -> Option<Self> {
        match copies {
            [] => None,
            [first, _, ..] if first.token.is_derived() => {
                Some(Self::of(&derived_token::of_all(copies.iter().map(|copy| &copy.token))))
            }
            [first, ..] => Some(Self::of(&first.token)),
        }
    }

    /// Derives a short name that is easy to type from a token.
    pub(super) fn of(token: &ClientToken) -> Self {
        let token = token.as_str();
        let short = token.char_indices().rev().nth(5).map_or(token, |(at, _)| &token[at..]);
        Self(format!("batch-{short}").into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The number of one audited request; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditId(pub u128);

impl fmt::Display for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The tags that identify a copy's image and snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobTags {
    /// The value of [`JobTags::JOB`]: the copy's client token.
    pub job: ClientToken,
    /// The value of [`JobTags::BATCH`].
    pub batch: BatchId,
}

impl JobTags {
    /// The key of the tag that names the copy.
    pub const JOB: &'static str = JOB_TAG;
    /// The key of the tag that names its batch.
    pub const BATCH: &'static str = "amigrate:batch";
}
