//! Where contents of the copy form are stored: presets, and the last values by account.

use crate::{
    config::{LastValues, PresetFile},
    domain::Failure,
};

/// The files; without them, as in the demo and in tests, nothing is stored.
#[derive(Debug, Clone, Default)]
pub struct FormFiles {
    pub presets: Option<PresetFile>,
    pub last_values: LastValues,
}

impl FormFiles {
    pub(super) fn preset_file(&self) -> Result<&PresetFile, Failure> {
        let none = || Failure::new("store presets", "there is no place for them: no home directory, or a demo");
        self.presets.as_ref().ok_or_else(none)
    }
}
