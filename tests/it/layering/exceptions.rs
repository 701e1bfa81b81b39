//! What the rules do not hold for yet. Both lists only shrink: an entry that is fixed fails the test.

/// Files in an import circle.
pub(super) const CIRCLES: &[&str] = &[];

/// Files with more than 400 lines, and functions with more than 60.
pub(super) const TOO_LONG: &[&str] = &[];
