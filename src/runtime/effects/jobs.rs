//! The effects that concern jobs: opening an account's queue, reading its history and audit, showing stored jobs.

use std::{path::Path, sync::Arc};

use super::{Effects, TaskResult, not_signed_in};
use crate::{
    domain::{AccountKey, Failure, Retry},
    driver::{DriverStatus, JobUpdate, Queue, RECENT, StoreHandle, Warning},
    engine::{Command, JobId},
    tui::{EffectId, Msg, Reply},
};

impl Effects {
    /// The store, opened at the first use.
    pub(super) fn store(&mut self) -> Result<StoreHandle, Failure> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        let (sender, account) = (self.sender.clone(), self.account_number);
        let set_aside = move |path: &Path| {
            // Nobody receives it any more when the program is exiting.
            let warning = Warning::StoreSetAside(path.to_owned());
            _ = sender.send(TaskResult::Jobs(account, JobUpdate::Warning(warning)));
        };
        let store = self.config.store.open(self.clock.now(), set_aside)?;
        Ok(self.store.insert(store).clone())
    }

    /// Opens the account's queue: runs it, or follows the process that does.
    pub(super) fn open_jobs(&mut self, account: AccountKey) {
        if self.driver.is_some() && self.account.as_ref() == Some(&account) {
            return;
        }
        self.close_jobs();
        let Some(session) = self.session.clone() else {
            return self.publish(JobUpdate::Driver(DriverStatus::NotRunning(not_signed_in())));
        };
        let store = match self.store() {
            Ok(store) => store,
            Err(failure) => return self.publish(JobUpdate::Driver(DriverStatus::NotRunning(failure))),
        };
        let queue = Queue {
            account: account.clone(),
            session,
            source: &self.source,
            profile: self.profile.clone(),
            location: &self.config.store,
            store,
            settings: self.config.driver.clone(),
            clock: self.clock,
        };
        let (sender, number) = (self.sender.clone(), self.account_number);
        let publish = move |update| {
            // Nobody receives it any more when the program is exiting.
            _ = sender.send(TaskResult::Jobs(number, update));
        };
        let (run, driver) = queue.open(Box::new(publish));
        (self.driver, self.account) = (Some(driver), Some(account));
        // It ends when its handle is dropped, and has published whatever failed before.
        tokio::spawn(run);
    }

    /// Sends a command to the driver.
    pub(super) fn command(&self, command: Command) {
        match &self.driver {
            Some(driver) => driver.send(command),
            None => self.publish(JobUpdate::Rejected(not_signed_in())),
        }
    }

    /// Leaves the account: its driver ends, and its updates are dropped from now on.
    pub(super) fn close_jobs(&mut self) {
        self.leave_in_background();
        self.account_number += 1;
        (self.driver, self.account) = (None, None);
    }

    /// Leaves the background process to the account that it was started for. If it does not start, that is shown as a warning,
    /// although another account is on the screen by then.
    fn leave_in_background(&mut self) {
        let (Some(background), started) = (self.background.take(), self.started.take()) else { return };
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let detached = match (background, started) {
                (Ok(()), Some(started)) => started.detached().await,
                (background, _) => background,
            };
            if let Err(failure) = detached {
                tracing::error!(%failure, "the queue does not continue in the background");
                // Nobody receives it any more when the program is exiting.
                _ = sender.send(TaskResult::Msg(Msg::Jobs(JobUpdate::Warning(Warning::NotInBackground(failure)))));
            }
        });
    }

    /// Shows the jobs of the account that the profile signed in to last.
    pub(super) fn show_stored_jobs(&mut self) {
        let Ok(store) = self.store() else { return };
        let (source, profile) = (self.source.clone(), self.profile.clone());
        let (sender, number, recent) = (self.sender.clone(), self.account_number, self.clock.now() - RECENT);
        tokio::spawn(async move {
            // Exported keys may be any account's.
            let Some(key) = source.profile_key(profile.as_deref()).await else { return };
            let loaded = store.with(move |store| {
                let Some(account) = store.account_of_profile(&key)? else { return Ok(None) };
                let loaded = store.load(&account, recent)?;
                Ok(Some((account, loaded)))
            });
            let Ok(Some((account, loaded))) = loaded.await else { return };
            let jobs = loaded.jobs.into_iter().map(Arc::new).collect();
            let waiting = Failure::new("continue copies", "nobody is signed in, or AWS cannot be reached")
                .hint("Copies stay as they are; nothing is lost. Retrying automatically.")
                .retry(Retry::AfterLogin);
            for update in [
                JobUpdate::Opened { account, jobs, status: loaded.status },
                JobUpdate::Driver(DriverStatus::NotRunning(waiting)),
            ] {
                _ = sender.send(TaskResult::Jobs(number, update));
            }
        });
    }

    pub(super) fn history(&mut self, id: EffectId) {
        /// More than anybody reads.
        const LIMIT: usize = 5_000;
        let (store, account) = (self.store(), self.account.clone());
        self.spawn(async move {
            let history = match (store, account) {
                (Ok(store), Some(account)) => store.with(move |store| store.history(&account, LIMIT)).await,
                (Ok(_), None) => Ok(Vec::new()),
                (Err(failure), _) => Err(failure),
            };
            TaskResult::Msg(Msg::Reply { id, reply: Reply::History(history) })
        });
    }

    pub(super) fn audit(&mut self, id: EffectId, job: JobId) {
        let (store, account) = (self.store(), self.account.clone());
        self.spawn(async move {
            let audit = match (store, account) {
                (Ok(store), Some(account)) => store.with(move |store| store.audit(&account, Some(job))).await,
                (Ok(_), None) => Ok(Vec::new()),
                (Err(failure), _) => Err(failure),
            };
            TaskResult::Msg(Msg::Reply { id, reply: Reply::Audit(audit) })
        });
    }
}
