//! The effects that concern stored contents of the copy form: presets, and the last values by account.

use super::{Effects, TaskResult};
use crate::{
    config::PresetFile,
    domain::{Failure, preset::Preset},
    tui::{EffectId, Msg, Reply, StoredForms},
};

impl Effects {
    pub(super) fn read_forms(&self, id: EffectId) {
        let (files, account) = (self.config.forms.clone(), self.account.clone());
        self.reply_from_files(id, move || {
            let presets = files.presets.as_ref().map(PresetFile::read).transpose()?.unwrap_or_default();
            Ok(StoredForms { presets, last: account.and_then(|account| files.last_values.read(&account)) })
        });
    }

    pub(super) fn save_preset(&self, id: EffectId, name: String, preset: Preset) {
        let files = self.config.forms.clone();
        self.reply_from_files(id, move || {
            let file = files.preset_file()?;
            file.save(&name, &preset)?;
            Ok(StoredForms { presets: file.read()?, last: None })
        });
    }

    pub(super) fn remove_preset(&self, id: EffectId, name: String) {
        let files = self.config.forms.clone();
        self.reply_from_files(id, move || {
            let file = files.preset_file()?;
            file.remove(&name)?;
            Ok(StoredForms { presets: file.read()?, last: None })
        });
    }

    /// Keeps what was started last. Losing it costs some typing, so a failure is only logged.
    pub(super) fn keep_last_values(&self, values: Preset) {
        let (files, account) = (self.config.forms.last_values.clone(), self.account.clone());
        if let Some(account) = account {
            tokio::task::spawn_blocking(move || {
                if let Err(failure) = files.keep(&account, values) {
                    tracing::warn!(%failure, "the form's values could not be kept");
                }
            });
        }
    }

    /// Another process may hold the file's lock, so it must not be waited for here.
    fn reply_from_files(&self, id: EffectId, work: impl FnOnce() -> Result<StoredForms, Failure> + Send + 'static) {
        self.spawn(async move {
            let done = tokio::task::spawn_blocking(work).await;
            let result = done.unwrap_or_else(|e| Err(Failure::new("read the presets", e.to_string())));
            TaskResult::Msg(Msg::Reply { id, reply: Reply::Forms(result) })
        });
    }
}
