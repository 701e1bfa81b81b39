//! What the rules do not hold for yet. Both lists only shrink: what is mended fails as an exception.

/// Files in an import circle.
pub(super) const CIRCLES: &[&str] = &[
    "cli/audit.rs",
    "cli/drive.rs",
    "cli/jobs.rs",
    "cli/mod.rs",
    "cli/plain.rs",
    "cli/resolve.rs",
    "cli/simulate.rs",
    "cli/tui.rs",
    "cli/whoami.rs",
    "runtime/effects/jobs.rs",
    "runtime/effects/mod.rs",
    "store/audit.rs",
    "store/mod.rs",
    "store/open.rs",
];

/// Files with more than 400 lines, and functions with more than 60.
pub(super) const TOO_LONG: &[&str] = &[
    "src/aws/convert.rs fn every_field_comes_across",
];
