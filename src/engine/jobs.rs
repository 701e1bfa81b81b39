//! The jobs of an account, and which of them changed since the last [`Jobs::take_changed`].

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
    last_id: u64,
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

    /// Makes every later number higher than this one.
    pub(super) fn raise_last_id(&mut self, last: u64) {
        self.last_id = self.last_id.max(last);
    }

    /// Returns a number that no job ever had.
    pub(super) fn next_id(&mut self) -> JobId {
        self.last_id += 1;
        JobId(self.last_id)
    }

    pub(super) fn insert(&mut self, job: Job) {
        self.borrowed.insert(job.id);
        self.all.insert(job.id, job);
    }

    /// Adds a job from the store: it counts as unchanged.
    pub(super) fn restore(&mut self, job: Job) {
        self.raise_last_id(job.id.0);
        self.taken.insert(job.id, Arc::new(job.clone()));
        self.all.insert(job.id, job);
    }

    /// Removes a job that the store keeps.
    pub(super) fn remove(&mut self, id: JobId) {
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
