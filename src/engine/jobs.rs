//! The jobs, and which of them changed since that was last asked: what is not committed is not shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{ids::JobId, job::Job};

/// All jobs of an account that are not history. Whatever is borrowed to be changed is compared later.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Jobs {
    all: BTreeMap<JobId, Job>,
    /// As they were last given out.
    given: BTreeMap<JobId, Arc<Job>>,
    touched: BTreeSet<JobId>,
    last: u64,
}

impl Jobs {
    pub(super) fn get(&self, id: JobId) -> Option<&Job> {
        self.all.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: JobId) -> Option<&mut Job> {
        let job = self.all.get_mut(&id)?;
        self.touched.insert(id);
        Some(job)
    }

    pub(super) fn values(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.all.values()
    }

    /// Those of whom this holds.
    pub(super) fn ids(&self, which: impl Fn(&Job) -> bool) -> Vec<JobId> {
        self.all.values().filter(|j| which(j)).map(|j| j.id).collect()
    }

    /// Numbers given from now on are higher.
    pub(super) fn count_from(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// A number nobody had.
    pub(super) fn next_id(&mut self) -> JobId {
        self.last += 1;
        JobId(self.last)
    }

    pub(super) fn insert(&mut self, job: Job) {
        self.touched.insert(job.id);
        self.all.insert(job.id, job);
    }

    /// From the store: what it is now is what is known.
    pub(super) fn restore(&mut self, job: Job) {
        self.count_from(job.id.0);
        self.given.insert(job.id, Arc::new(job.clone()));
        self.all.insert(job.id, job);
    }

    /// Forgets a job that others keep.
    pub(super) fn forget(&mut self, id: JobId) {
        self.all.remove(&id);
        self.given.remove(&id);
    }

    /// Those that are not what they were when this was last asked.
    pub(super) fn take_changed(&mut self) -> Vec<Arc<Job>> {
        let mut changed = Vec::new();
        for id in std::mem::take(&mut self.touched) {
            let Some(job) = self.all.get(&id) else { continue };
            if self.given.get(&id).is_none_or(|given| **given != *job) {
                let job = Arc::new(job.clone());
                self.given.insert(id, Arc::clone(&job));
                changed.push(job);
            }
        }
        changed
    }
}
