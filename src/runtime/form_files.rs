//! Where is stored what people name: presets, and the last values by account, of the copy form, and filters.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    config::{FilterFile, LastValues, NamedFilters, PresetFile, Presets},
    domain::{Failure, preset::Preset},
};

/// The files. Without one, as in the demo and in tests, presets and filters are kept until the program ends, and last values not at all.
#[derive(Debug, Clone, Default)]
pub struct FormFiles {
    pub presets: Option<PresetFile>,
    pub last_values: LastValues,
    /// The presets where there is no file.
    pub memory: Arc<Mutex<Presets>>,
    pub filters: Option<FilterFile>,
    /// The filters where there is no file.
    pub filter_memory: Arc<Mutex<NamedFilters>>,
}

impl FormFiles {
    pub(super) fn read(&self) -> Result<Presets, Failure> {
        self.presets.as_ref().map_or_else(|| Ok(self.in_memory().clone()), PresetFile::read)
    }

    /// Returns false if there is a preset of that name and it is not to be replaced.
    pub(super) fn save(&self, name: &str, preset: Preset, replace: bool) -> Result<bool, Failure> {
        match &self.presets {
            Some(file) if replace => file.save(name, &preset).map(|()| true),
            Some(file) => file.save_new(name, &preset),
            None => {
                let name = PresetFile::check_name(name)?;
                let mut presets = self.in_memory();
                let saves = replace || !presets.contains_key(name);
                if saves {
                    presets.insert(name.to_owned(), preset);
                }
                Ok(saves)
            }
        }
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Failure> {
        match &self.presets {
            Some(file) => file.remove(name),
            None => {
                self.in_memory().remove(name);
                Ok(())
            }
        }
    }

    pub(super) fn filters_in_memory(&self) -> MutexGuard<'_, NamedFilters> {
        self.filter_memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_memory(&self) -> MutexGuard<'_, Presets> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
