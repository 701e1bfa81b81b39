//! What the user decides about a copy.

/// What is done about a copy that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It is not made.
    Skip,
    /// It gets the next free numbered name.
    Rename,
    /// It is made all the same.
    CopyAnyway,
}
