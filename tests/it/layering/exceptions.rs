//! What the rules do not hold for yet. Both lists only shrink: what is mended fails as an exception.

/// Files in an import circle.
pub(super) const CIRCLES: &[&str] = &["aws/errors.rs", "aws/errors/codes.rs"];

/// Files with more than 400 lines, and functions with more than 60.
pub(super) const TOO_LONG: &[&str] = &["src/aws/convert.rs fn every_field_comes_across"];
