//! What the rules do not hold for yet. Both lists only shrink: what is mended fails as an exception.

/// Files in an import circle.
pub(super) const CIRCLES: &[&str] = &[
    "aws/errors.rs",
    "aws/errors/codes.rs",
    "cli/audit.rs",
    "cli/drive.rs",
    "cli/jobs.rs",
    "cli/mod.rs",
    "cli/plain.rs",
    "cli/resolve.rs",
    "cli/simulate.rs",
    "cli/tui.rs",
    "cli/whoami.rs",
    "config/environment.rs",
    "config/file.rs",
    "config/mod.rs",
    "config/settings.rs",
    "runtime/effects/jobs.rs",
    "runtime/effects/mod.rs",
];

/// Files with more than 400 lines, and functions with more than 60.
pub(super) const TOO_LONG: &[&str] = &[
    "src/aws/convert.rs fn every_field_comes_across",
    "src/aws/identity.rs",
    "src/aws/session.rs",
    "src/sim/api/copy_image.rs fn start_copy",
    "src/tui/tests/jobs.rs",
];
