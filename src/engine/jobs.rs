//! The jobs of an account, and which of them changed since that was last asked: what is not committed is not shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{ids::JobId, job::Job};

/// All jobs of an account that are not history. A job that was borrowed mutably counts as changed if it differs.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Jobs {
    all: BTreeMap<JobId, Job>,
    /// As they were when the changes were last taken.
    taken: BTreeMap<JobId, Arc<Job>>,
    borrowed: BTreeSet<JobId>,
    last: u64,
}

impl Jobs {
    pub(super) fn get(&self, id: JobId) -> Option<&Job> {
        self.all.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: JobId) -> Option<&mut Job> {
        let job = self.all.get_mut(&id)?;
        self.borrowed.insert(id);
        Some(job)
    }

    pub(super) fn values(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.all.values()
    }

    /// Returns the numbers of the jobs for which this holds.
    pub(super) fn ids(&self, which: impl Fn(&Job) -> bool) -> Vec<JobId> {
        self.all.values().filter(|j| which(j)).map(|j| j.id).collect()
    }

    /// Makes every number given from now on higher than this one.
    pub(super) fn count_from(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// Returns a number that no job ever had.
    pub(super) fn next_id(&mut self) -> JobId {
        self.last += 1;
        JobId(self.last)
    }

    pub(super) fn insert(&mut self, job: Job) {
        self.borrowed.insert(job.id);
        self.all.insert(job.id, job);
    }

    /// Adds a job of the store's: it counts as unchanged.
    pub(super) fn restore(&mut self, job: Job) {
        self.count_from(job.id.0);
        self.taken.insert(job.id, Arc::new(job.clone()));
        self.all.insert(job.id, job);
    }

    /// Removes a job that the store keeps.
    pub(super) fn forget(&mut self, id: JobId) {
        self.all.remove(&id);
        self.taken.remove(&id);
    }

    /// Returns the jobs that changed since this was last called.
    pub(super) fn take_changed(&mut self) -> Vec<Arc<Job>> {
        let mut changed = Vec::new();
        for id in std::mem::take(&mut self.borrowed) {
            let Some(job) = self.all.get(&id) else { continue };
            if self.taken.get(&id).is_none_or(|taken| **taken != *job) {
                let job = Arc::new(job.clone());
                self.taken.insert(id, Arc::clone(&job));
                changed.push(job);
            }
        }
        changed
    }
}
