//! The effects that concern files: presets and last values of the copy form, and exports.

use super::{Effects, TaskResult};
use crate::{
    config::Presets,
    domain::{Failure, preset::Preset},
    records::export::export,
    runtime::FormFiles,
    tui::{EffectId, ExportRequest, Msg, Reply, StoredForms},
};

impl Effects {
    /// A mistake in the presets, which others may have made, does not keep the last values back.
    pub(super) fn read_forms(&self, id: EffectId) {
        let account = self.account.clone();
        self.reply_from_files(id, move |files| {
            let (presets, problem) = files.read().map_or_else(|e| (Presets::new(), Some(e)), |presets| (presets, None));
            let last = account.and_then(|account| files.last_values.read(&account)).map(Box::new);
            let in_memory = files.presets.is_none();
            Reply::Forms(Ok(StoredForms { presets, last, problem, in_memory }))
        });
    }

    pub(super) fn save_preset(&self, id: EffectId, name: String, preset: Preset, replace: bool) {
        self.reply_from_files(id, move |files| match files.save(&name, preset, replace) {
            Ok(true) => Reply::Forms(stored(files)),
            Ok(false) => Reply::PresetExists,
            Err(failure) => Reply::Forms(Err(failure)),
        });
    }

    pub(super) fn remove_preset(&self, id: EffectId, name: String) {
        self.reply_from_files(id, move |files| Reply::Forms(files.remove(&name).and_then(|()| stored(files))));
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

    /// Writes a file, which may be large or on a slow disk.
    pub(super) fn export(&mut self, id: EffectId, request: ExportRequest) {
        while self.exports.try_join_next().is_some() {}
        let sender = self.sender.clone();
        self.exports.spawn(async move {
            let ExportRequest { path, format, replace, images, failures } = request;
            let work = move || export(&path, format, replace, &images, &failures);
            let failed = |e: tokio::task::JoinError| Err(Failure::new("export the images", e.to_string()));
            let written = tokio::task::spawn_blocking(work).await.unwrap_or_else(failed);
            // Nobody receives it any more when the program is exiting.
            _ = sender.send(TaskResult::Msg(Msg::Reply { id, reply: Reply::Exported(written) }));
        });
    }

    /// Another process may hold the file's lock, so it must not be waited for here.
    fn reply_from_files(&self, id: EffectId, work: impl FnOnce(&FormFiles) -> Reply + Send + 'static) {
        let files = self.config.forms.clone();
        self.spawn(async move {
            let done = tokio::task::spawn_blocking(move || work(&files)).await;
            let failed = |e: tokio::task::JoinError| Reply::Forms(Err(Failure::new("read the presets", e.to_string())));
            TaskResult::Msg(Msg::Reply { id, reply: done.unwrap_or_else(failed) })
        });
    }
}

fn stored(files: &FormFiles) -> Result<StoredForms, Failure> {
    let in_memory = files.presets.is_none();
    files.read().map(|presets| StoredForms { presets, in_memory, ..StoredForms::default() })
}
