//! The versions of each family that are available in a region, or are about to be.

use std::{cmp::Reverse, collections::HashMap};

use jiff::Timestamp;

use crate::domain::{family::VersionLine, ids::ImageId};

/// The versions of each family, each once however many copies of it there are.
#[derive(Debug, Default)]
pub(super) struct AvailableVersions(HashMap<String, HashMap<ImageId, Version>>);

/// A version, which its source names.
#[derive(Debug)]
struct Version {
    made: Timestamp,
    line: Option<VersionLine>,
    /// A copy of it that is available; `None` if it is on its way.
    copy: Option<ImageId>,
}

/// A version among the others of its family.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionContext<'a> {
    pub(super) family: &'a str,
    pub(super) source: &'a ImageId,
    pub(super) made: Timestamp,
    pub(super) line: Option<VersionLine>,
}

impl AvailableVersions {
    /// Adds a version. A version without a creation time is ignored: it cannot make another one old.
    pub(super) fn add(
        &mut self,
        family: String,
        source: &ImageId,
        made: Option<Timestamp>,
        line: Option<VersionLine>,
        copy: Option<&ImageId>,
    ) {
        let Some(made) = made else { return };
        let versions = self.0.entry(family).or_default();
        let version = versions.entry(source.clone()).or_insert_with(|| Version { made, line, copy: None });
        version.made = version.made.min(made);
        version.copy = version.copy.take().or_else(|| copy.cloned());
    }

    /// Returns the available ones of the newest `keep` versions of the same line, if as many are newer than this one.
    pub(super) fn newer(&self, this: VersionContext<'_>, keep: usize) -> Option<Vec<ImageId>> {
        let mut newer: Vec<_> = self.all_newer(this).filter(|(_, version)| version.line == this.line).collect();
        newer.sort_by_key(|(that, _)| Reverse(*that));
        newer.truncate(keep);
        (newer.len() == keep).then(|| newer.iter().filter_map(|(_, version)| version.copy.clone()).collect())
    }

    /// Returns true if at least this many versions are newer than this one, of any line.
    pub(super) fn has_newer(&self, this: VersionContext<'_>, keep: usize) -> bool {
        self.all_newer(this).count() >= keep
    }

    /// Returns true if there are at least this many other versions.
    pub(super) fn has_others(&self, family: &str, source: &ImageId, keep: usize) -> bool {
        self.0.get(family).is_some_and(|versions| versions.keys().filter(|other| *other != source).count() >= keep)
    }

    fn all_newer<'a>(
        &'a self,
        this: VersionContext<'a>,
    ) -> impl Iterator<Item = ((Timestamp, &'a ImageId), &'a Version)> {
        let versions = self.0.get(this.family).into_iter().flatten();
        let versions = versions.map(|(source, version)| ((version.made, source), version));
        versions.filter(move |(that, _)| that.1 != this.source && *that > (this.made, this.source))
    }
}
