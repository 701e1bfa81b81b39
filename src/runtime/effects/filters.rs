//! The effects that concern named filters.

use super::{Effects, TaskResult};
use crate::{
    config::{FilterFile, NamedFilters, change_filter},
    domain::Failure,
    runtime::FormFiles,
    tui::{EffectId, Msg, Reply, StoredFilters},
};

impl Effects {
    pub(super) fn read_filters(&self, id: EffectId) {
        self.reply_with_filters(id, |files| stored(files, None));
    }

    /// Saves a filter, or removes it.
    pub(super) fn change_filter(&self, id: EffectId, name: String, filter: Option<String>) {
        self.reply_with_filters(id, move |files| {
            let before = read(files)?.remove(&name);
            match &files.filters {
                Some(file) => file.save(&name, filter.as_deref())?,
                None => change_filter(&mut files.filters_in_memory(), &name, filter.as_deref()),
            }
            stored(files, before)
        });
    }

    /// Another process may hold the file's lock, so it must not be waited for here.
    fn reply_with_filters(
        &self,
        id: EffectId,
        work: impl FnOnce(&FormFiles) -> Result<StoredFilters, Failure> + Send + 'static,
    ) {
        let files = self.config.forms.clone();
        self.spawn(async move {
            let done = tokio::task::spawn_blocking(move || work(&files)).await;
            let result = done.unwrap_or_else(|e| Err(Failure::new("read the filters", e.to_string())));
            TaskResult::Msg(Msg::Reply { id, reply: Reply::Filters(result) })
        });
    }
}

fn read(files: &FormFiles) -> Result<NamedFilters, Failure> {
    files.filters.as_ref().map_or_else(|| Ok(files.filters_in_memory().clone()), FilterFile::read)
}

fn stored(files: &FormFiles, before: Option<String>) -> Result<StoredFilters, Failure> {
    Ok(StoredFilters { filters: read(files)?, before, in_memory: files.filters.is_none() })
}
