//! The copies that arguments name: by number, by image, by batch, or all.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use jiff::Timestamp;

use super::{exit::CommandError, selection::Selection};
use crate::{
    config::settings::nearest,
    domain::{AccountKey, Failure, ImageId, text::clean},
    driver::RECENT,
    engine::{BatchId, Command, Job, JobId, Status},
    store::{Loaded, Store},
};

/// One copy, or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Job(JobId),
    Image(ImageId),
}

impl FromStr for Target {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Job(JobId(number)));
        }
        ImageId::new(text).map(Self::Image).map_err(|_| {
            let why = "that is neither the number of a copy, as `amigrate jobs` prints it, nor the id of an image";
            Failure::new(format!("read `{}`", clean(text)), why)
        })
    }
}

/// The account's copies that arguments can name.
pub(super) struct Known {
    loaded: Loaded,
    /// Copies that ended long ago, as far as they were requested.
    older: BTreeMap<JobId, Job>,
    /// The names of all batches, if one was requested.
    batches: Vec<String>,
}

impl Known {
    /// Reads the store; of the history only what these arguments name.
    pub(super) fn read(
        store: &Store,
        account: &AccountKey,
        targets: &[Target],
        batch: Option<&str>,
    ) -> Result<Self, Failure> {
        let loaded = store.load(account, Timestamp::now() - RECENT)?;
        let mut known = Self { loaded, older: BTreeMap::new(), batches: Vec::new() };
        if let Some(batch) = batch {
            known.batches = store.batches(account)?;
            let mut jobs = store.batch(account, batch)?;
            jobs.retain(|job| known.job(job.id).is_none());
            known.older.extend(jobs.into_iter().map(|job| (job.id, job)));
        }
        for target in targets {
            match target {
                Target::Job(id) if known.job(*id).is_none() => {
                    if let Some(job) = store.job(account, *id)? {
                        known.older.insert(job.id, job);
                    }
                }
                Target::Image(image) if known.of_image(image).is_none() => {
                    let history = store.history(account, usize::MAX)?;
                    if let Some(job) = history.iter().find(|job| job.images.contains(image)) {
                        known.older.insert(job.id, job.as_ref().clone());
                    }
                }
                Target::Job(_) | Target::Image(_) => {}
            }
        }
        Ok(known)
    }

    /// Returns the status of the queue.
    pub(super) fn status(&self) -> &Status {
        &self.loaded.status
    }

    /// Returns how many entries of the store this version cannot read.
    pub(super) fn unreadable(&self) -> usize {
        self.loaded.unreadable
    }

    /// Returns the copies that are not history, and older ones that were named.
    pub(super) fn all(&self) -> impl Iterator<Item = &Job> {
        self.loaded.jobs.iter().chain(self.older.values())
    }

    fn job(&self, id: JobId) -> Option<&Job> {
        self.all().find(|job| job.id == id)
    }

    /// The copy that made this image, or is it.
    fn of_image(&self, image: &ImageId) -> Option<&Job> {
        self.all().find(|job| job.images.contains(image))
    }

    /// Returns the copies of a selection.
    pub(super) fn select(&self, selection: &Selection) -> Vec<&Job> {
        self.all().filter(|job| selection.includes(job)).collect()
    }

    /// Returns the requests that no process has taken up yet and that belong to a selection.
    pub(super) fn awaited(&self, selection: &Selection) -> Vec<Command> {
        let commands = self.loaded.commands.iter().map(|(_, command)| command);
        commands.filter(|command| selection.awaits(command)).cloned().collect()
    }

    /// Returns the numbers of the copies that are named, and the images that no copy here has made.
    ///
    /// # Errors
    /// Wrong usage if there is no copy of such a number; the nearest ones are named.
    pub(super) fn find(&self, what: &str, targets: &[Target]) -> Result<(BTreeSet<JobId>, Vec<ImageId>), CommandError> {
        let (mut ids, mut images) = (BTreeSet::new(), Vec::new());
        for target in targets {
            match target {
                Target::Job(id) => {
                    self.job(*id).ok_or_else(|| self.no_such_job(what, *id))?;
                    ids.insert(*id);
                }
                Target::Image(image) => match self.of_image(image) {
                    Some(job) => _ = ids.insert(job.id),
                    None => images.push(image.clone()),
                },
            }
        }
        Ok((ids, images))
    }

    fn no_such_job(&self, what: &str, id: JobId) -> CommandError {
        let numbers: Vec<JobId> = self.all().map(|job| job.id).collect();
        CommandError::usage(no_such_job(what, id, numbers))
    }

    /// Returns the selection of a batch.
    ///
    /// # Errors
    /// Wrong usage if there is no such batch; the nearest one is named.
    pub(super) fn batch(&self, what: &str, name: &str) -> Result<Selection, CommandError> {
        let requested = self.loaded.commands.iter().filter_map(|(_, command)| match command {
            Command::Copy(requests) => BatchId::of_copies(requests),
            _ => None,
        });
        let batches: BTreeSet<BatchId> = self.all().map(|job| job.batch.clone()).chain(requested).collect();
        if let Some(batch) = batches.iter().find(|batch| batch.as_str() == name) {
            return Ok(Selection::Batch(batch.clone()));
        }
        let names: BTreeSet<&str> =
            batches.iter().map(BatchId::as_str).chain(self.batches.iter().map(String::as_str)).collect();
        let near = nearest(name, names.into_iter());
        let hint = match near {
            Some(near) => format!("Is it `{near}`? `amigrate jobs` lists the batches."),
            None => "`amigrate jobs` lists the copies and their batches.".into(),
        };
        Err(CommandError::usage(Failure::new(what, format!("there is no batch `{}`", clean(name))).hint(hint)))
    }
}

/// There is no copy of this number; those with the nearest numbers are named.
pub(super) fn no_such_job(what: &str, id: JobId, mut numbers: Vec<JobId>) -> Failure {
    numbers.sort_by_key(|near| (near.0.abs_diff(id.0), near.0));
    numbers.truncate(3);
    numbers.sort_unstable();
    let near: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let hint = if near.is_empty() {
        "`amigrate jobs --history` lists those that ended; none are under way.".into()
    } else {
        format!("The nearest are {}. `amigrate jobs` lists the copies and their numbers.", near.join(", "))
    };
    Failure::new(what, format!("there is no copy {id}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_image_ids_are_told_apart() {
        assert_eq!("17".parse::<Target>().unwrap(), Target::Job(JobId(17)));
        assert_eq!("ami-1a".parse::<Target>().unwrap(), Target::Image(ImageId::new("ami-1a").unwrap()));
        for wrong in ["", "-1", "batch-1", "ami-", "AMI-1"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_nearest_numbers_are_named() {
        let failure = no_such_job("wait", JobId(7), [1, 2, 6, 9, 30].map(JobId).to_vec());
        assert!(failure.hint.starts_with("The nearest are 2, 6, 9."), "{}", failure.hint);
        let none = no_such_job("wait", JobId(7), Vec::new());
        assert!(none.hint.contains("none are under way"), "{}", none.hint);
    }
}
