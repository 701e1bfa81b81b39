//! The versions of each family that are available in a region, or are about to be.

use std::{cmp::Reverse, collections::HashMap};

use jiff::Timestamp;

use crate::domain::ids::ImageId;

/// The versions of each family, each once however many copies of it there are.
#[derive(Debug, Default)]
pub(super) struct Versions(HashMap<String, HashMap<ImageId, Version>>);

/// A version, which its source names.
#[derive(Debug)]
struct Version {
    made: Timestamp,
    /// A copy of it that is available; `None` if it is on its way.
    copy: Option<ImageId>,
}

impl Versions {
    /// Adds a version. One of which nobody knows when it was made makes none old.
    pub(super) fn add(&mut self, family: String, source: &ImageId, made: Option<Timestamp>, copy: Option<&ImageId>) {
        let Some(made) = made else { return };
        let versions = self.0.entry(family).or_default();
        let version = versions.entry(source.clone()).or_insert_with(|| Version { made, copy: None });
        version.made = version.made.min(made);
        version.copy = version.copy.take().or_else(|| copy.cloned());
    }

    /// Returns the available ones of the newest `keep` versions of a family, if as many are newer than this one.
    pub(super) fn newer(
        &self,
        family: &str,
        source: &ImageId,
        made: Option<Timestamp>,
        keep: usize,
    ) -> Option<Vec<ImageId>> {
        let this = (made?, source);
        let versions = self.0.get(family)?.iter().map(|(source, version)| ((version.made, source), version));
        let mut newer: Vec<_> = versions.filter(|(that, _)| that.1 != source && *that > this).collect();
        newer.sort_by_key(|(that, _)| Reverse(*that));
        newer.truncate(keep);
        (newer.len() == keep).then(|| newer.iter().filter_map(|(_, version)| version.copy.clone()).collect())
    }
}
