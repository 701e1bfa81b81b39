//! How copies are made, and what is done about those that are there already.

use std::time::Duration;

use clap::ValueEnum;

/// What is done about a copy that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum IfExists {
    /// Do not make it: running the command twice makes nothing twice
    #[default]
    Skip,
    /// Give the new one the next free numbered name
    Rename,
    /// Start nothing at all
    Fail,
    /// Copy all the same
    Copy,
}

/// How copies are made.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct CopyOptions {
    pub(super) if_exists: IfExists,
    /// Regions that the review refuses are left out.
    pub(super) skip_refused: bool,
    /// Nobody is asked.
    pub(super) yes: bool,
    /// Until the copies have ended.
    pub(super) wait: bool,
    pub(super) timeout: Option<Duration>,
    /// What the owners of images share was looked up before, or is given before the copies start.
    pub(super) access_is_known: bool,
}

impl CopyOptions {
    /// Returns those of copies that are made once, as far as they are allowed.
    pub(in crate::cli) fn once(yes: bool, wait: bool, timeout: Option<Duration>) -> Self {
        Self { if_exists: IfExists::Skip, skip_refused: true, yes, wait, timeout, access_is_known: false }
    }
}
