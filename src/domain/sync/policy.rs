//! What a person wants to be kept in sync.

use std::{collections::BTreeMap, num::NonZeroUsize};

use jiff::SignedDuration;

use crate::domain::{derived_token, family::VersionPattern, filter::Filter, region::Region};

/// The most images that are retired at once, unless a policy says otherwise.
pub const MAX_RETIRE: usize = 10;
/// The age from which a copy may be retired, unless a policy says otherwise.
pub const MIN_AGE: SignedDuration = SignedDuration::from_hours(24);

/// One policy: images of a region that are to be in other regions too.
#[derive(Debug, Clone)]
pub struct SyncPolicy {
    pub name: String,
    /// Where the images are.
    pub from: Region,
    /// Where they are to be as well; never `from` itself.
    pub to: Vec<Region>,
    /// Which of the account's own images.
    pub matching: Filter,
    /// The same as it was written.
    pub match_text: String,
    /// What the version at the end of a name looks like.
    pub version_pattern: VersionPattern,
    pub versions: VersionLimit,
    /// The template of the copies' names: it gives the family of a copy whose source is gone.
    pub copy_name: String,
    /// Old copies are retired also if others of the policy were made with another `keep` or `retire` that would keep them.
    pub override_keep: bool,
    /// Matching nothing counts as something to do.
    pub fail_if_empty: bool,
}

/// How many versions of each family are wanted in a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionLimit {
    All,
    /// The newest N of each family.
    Newest {
        keep: NonZeroUsize,
        /// What is done with older copies; `None` if they stay.
        retire: Option<Retiring>,
    },
}

/// How old copies are retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retiring {
    pub mode: RetireMode,
    /// A plan that retires more is refused.
    pub max: usize,
    /// Younger copies are kept.
    pub min_age: SignedDuration,
}

/// What retiring means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetireMode {
    /// Deprecated from now on: listings of others leave it out, everything else works.
    Deprecate,
    /// Disabled: it cannot be launched or copied until it is enabled again.
    Disable,
    /// Deregistered, and its snapshots deleted.
    Deregister,
}

/// What a policy says that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyMistake {
    /// The images are to be copied where they are.
    OwnRegion,
    NoDestination,
    /// Nothing says which images.
    NoMatch,
    /// Retiring without a number of versions to keep.
    RetireWithoutKeep,
}

impl RetireMode {
    pub const ALL: [Self; 3] = [Self::Deprecate, Self::Disable, Self::Deregister];

    /// Returns the word of options and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deprecate => "deprecate",
            Self::Disable => "disable",
            Self::Deregister => "deregister",
        }
    }
}

impl SyncPolicy {
    /// Returns what is wrong with the policy by itself.
    pub fn mistake(&self) -> Option<PolicyMistake> {
        if self.to.is_empty() {
            Some(PolicyMistake::NoDestination)
        } else if self.to.contains(&self.from) {
            Some(PolicyMistake::OwnRegion)
        } else if self.matching.is_empty() {
            Some(PolicyMistake::NoMatch)
        } else {
            None
        }
    }

    /// Returns what the policy's copies in a region carry as a tag: a digest of what decides which copies are wanted there. How many, and
    /// what becomes of older ones, may change without the copies becoming another policy's.
    pub fn tag_value(&self, destination: &Region) -> String {
        let words: Vec<&str> = self.match_text.split_whitespace().collect();
        derived_token::short([self.from.as_str(), destination.as_str(), &words.join(" ")])
    }

    /// Returns how old copies are retired, if they are.
    pub fn retiring(&self) -> Option<(NonZeroUsize, &Retiring)> {
        match &self.versions {
            VersionLimit::Newest { keep, retire: Some(retire) } => Some((*keep, retire)),
            _ => None,
        }
    }

    /// Returns the number of versions that are wanted of each family.
    pub(super) fn wanted(&self) -> usize {
        match &self.versions {
            VersionLimit::All => usize::MAX,
            VersionLimit::Newest { keep, .. } => keep.get(),
        }
    }
}

/// Returns regions that policies copy round in a circle, the first of them again at the end; `None` if there is no circle.
pub fn cycle(policies: &[SyncPolicy]) -> Option<Vec<Region>> {
    let mut routes: BTreeMap<&Region, Vec<&Region>> = BTreeMap::new();
    for policy in policies {
        routes.entry(&policy.from).or_default().extend(&policy.to);
    }
    let mut seen = Vec::new();
    routes.keys().find_map(|start| walk(start, &routes, &mut Vec::new(), &mut seen))
}

/// Follows the routes from a region. Regions in `seen` lead into no circle.
fn walk<'a>(
    region: &'a Region,
    routes: &BTreeMap<&'a Region, Vec<&'a Region>>,
    path: &mut Vec<&'a Region>,
    seen: &mut Vec<&'a Region>,
) -> Option<Vec<Region>> {
    if let Some(at) = path.iter().position(|known| *known == region) {
        return Some(path[at..].iter().copied().chain([region]).cloned().collect());
    }
    if seen.contains(&region) {
        return None;
    }
    path.push(region);
    let found = routes.get(region).into_iter().flatten().find_map(|next| walk(next, routes, path, seen));
    path.pop();
    seen.push(region);
    found
}
