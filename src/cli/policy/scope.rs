//! What a policy is for.

/// What a person does with images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Work {
    /// List images, and show everything about one
    List,
    /// Copy images, encrypted too
    Copy,
    /// Cancel copies
    Cancel,
    /// Do what is done after a copy: launch permissions, deprecation, protection, a tag on the source
    Share,
    /// Give other accounts access to one's images, as `amigrate copy --share-from` does with the owner's profile
    GiveAccess,
    /// Deregister images
    Deregister,
    /// Deprecate and disable old copies, as `amigrate sync` does
    Retire,
    /// See who uses images, with usage reports of other accounts
    Usage,
    /// Look for orphaned snapshots and delete them, and restore what is in the Recycle Bin
    Orphans,
    /// See the storage that images hold
    Storage,
}

/// What the statements of a policy depend on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PolicyScope {
    /// Name of the partition, as in ARNs.
    pub(super) partition: &'static str,
    pub(super) work: Vec<Work>,
    pub(super) instance_store: bool,
    /// ARNs of keys; all keys if it is empty.
    pub(super) keys: Vec<String>,
    /// ARNs of those to whom grants of keys are made; anybody if it is empty.
    pub(super) grantees: Vec<String>,
}

impl PolicyScope {
    /// Returns true if any of this work is to be allowed.
    pub(super) fn allows(&self, any_of: &[Work]) -> bool {
        self.work.iter().any(|work| any_of.contains(work))
    }
}
