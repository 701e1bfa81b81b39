//! The part of the effects that concerns jobs: whose they are, where they are kept, who works on them.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{Effects, TaskResult};
use crate::{
    aws::SessionOptions,
    domain::{AccountKey, Failure, Retry},
    driver::{
        AwsBackend, Driver, DriverConfig, DriverStatus, JobUpdate, LockMode, SessionReload, SessionSource, StoreHandle,
        StoreLocation, profile_key,
    },
    engine::JobId,
    store::Store,
    tui::{EffectId, Msg, Reply},
};

impl Effects {
    /// The way to the store, opened at the first use.
    fn keeper(&mut self) -> Result<StoreHandle, Failure> {
        if let Some(keeper) = &self.keeper {
            return Ok(keeper.clone());
        }
        let keeper = match self.means.store.clone() {
            StoreLocation::Memory => StoreHandle::inline(Store::in_memory()?),
            StoreLocation::Nowhere => return Err(nowhere()),
            StoreLocation::Refused(failure) => return Err(failure),
            StoreLocation::Dir(dir) => {
                let (sender, now, account) = (self.sender.clone(), self.clock.now(), self.accounts);
                StoreHandle::spawn(move || {
                    let opened = Store::open(&dir, now)?;
                    if let Some(path) = opened.set_aside {
                        tracing::error!(path = %path.display(), "the store of jobs was damaged and is kept here");
                        // Nobody listens any more when the program is leaving.
                        _ = sender.send(TaskResult::Post(account, JobUpdate::Notice(set_aside(&path))));
                    }
                    Ok(opened.store)
                })?
            }
        };
        Ok(self.keeper.insert(keeper).clone())
    }

    /// Follows an account's jobs, and drives them if nobody else does.
    pub(super) fn open_jobs(&mut self, account: AccountKey) {
        if self.desk.is_some() && self.account.as_ref() == Some(&account) {
            return;
        }
        self.close_jobs();
        let Some(session) = self.session.clone() else {
            return self.post(JobUpdate::Driver(DriverStatus::Nobody(nobody_yet())));
        };
        let keeper = match self.keeper() {
            Ok(keeper) => keeper,
            Err(failure) => return self.post(JobUpdate::Driver(DriverStatus::Nobody(failure))),
        };
        let hands = Arc::new(AwsBackend::new(session, self.renewal(&account)));
        let duty = DriverConfig {
            account: account.clone(),
            limits: self.means.limits.clone(),
            seat: match &self.means.store {
                StoreLocation::Dir(dir) => LockMode::Shared(dir.clone()),
                StoreLocation::Memory | StoreLocation::Nowhere | StoreLocation::Refused(_) => LockMode::Alone,
            },
            read_only: self.means.read_only,
            exit_when_done: false,
            history_days: self.means.history_days,
        };
        let (sender, number) = (self.sender.clone(), self.accounts);
        let post = move |post| {
            // Nobody listens any more when the program is leaving.
            _ = sender.send(TaskResult::Post(number, post));
        };
        let (worker, desk) = Driver::new(duty, keeper.clone(), hands, self.clock, Box::new(post));
        self.desk = Some(desk);
        self.account = Some(account.clone());
        let key = self.profile_key();
        tokio::spawn(async move {
            let key = key.await;
            let remember = |key: String| keeper.with(move |store| store.remember_account(&key, &account));
            if let Some(Err(failure)) = futures_util::future::OptionFuture::from(key.map(remember)).await {
                tracing::warn!(%failure, "the profile's account could not be kept");
            }
            // It ends when its desk goes; whatever went wrong before, it has said.
            _ = worker.run().await;
        });
    }

    /// What is asked from now on concerns another account. Whoever worked on the last one ends by itself.
    pub(super) fn close_jobs(&mut self) {
        self.leave_behind();
        self.accounts += 1;
        (self.desk, self.account) = (None, None);
    }

    /// A process in the background goes on with the jobs of the account that is left. If it does not, that is said now; it
    /// has nothing to do with the jobs of the next one.
    fn leave_behind(&mut self) {
        let (Some(background), started) = (self.background.take(), self.started.take()) else { return };
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let left = match (background, started) {
                (Ok(()), Some(started)) => started.left().await,
                (background, _) => background,
            };
            if let Err(failure) = left {
                tracing::error!(%failure, "the queue does not go on in the background");
                let text = format!("The queue of the last account stands still. {failure}");
                // Nobody listens any more when the program is leaving.
                _ = sender.send(TaskResult::Msg(Msg::Jobs(JobUpdate::Notice(text))));
            }
        });
    }

    /// Without credentials nobody knows whose jobs to show; those of the account the profile had last, then.
    pub(super) fn show_stored(&mut self) {
        let key = self.profile_key();
        let Ok(keeper) = self.keeper() else { return };
        let (sender, number, now) = (self.sender.clone(), self.accounts, self.clock.now());
        tokio::spawn(async move {
            // Exported keys may be anybody's.
            let Some(key) = key.await else { return };
            let loaded = keeper.with(move |store| {
                let Some(account) = store.account_of(&key)? else { return Ok(None) };
                let loaded = store.load(&account, now - SignedDuration::from_hours(24))?;
                Ok(Some((account, loaded)))
            });
            let Ok(Some((account, loaded))) = loaded.await else { return };
            let jobs = loaded.jobs.into_iter().map(Arc::new).collect();
            let waiting = Failure::new("carry on copies", "nobody is signed in, or AWS cannot be reached")
                .hint("Copies stay as they are until then; nothing is lost, and it is tried again by itself.")
                .retry(Retry::AfterLogin);
            for post in [
                JobUpdate::Opened { account, jobs, status: loaded.status },
                JobUpdate::Driver(DriverStatus::Nobody(waiting)),
            ] {
                _ = sender.send(TaskResult::Post(number, post));
            }
        });
    }

    pub(super) fn history(&mut self, id: EffectId) {
        /// More than anybody reads; a filter finds the rest by the day.
        const MOST: usize = 5_000;
        let (keeper, account) = (self.keeper(), self.account.clone());
        self.spawn(async move {
            let reply = match (keeper, account) {
                (Ok(keeper), Some(account)) => keeper.with(move |store| store.history(&account, MOST)).await,
                (Ok(_), None) => Ok(Vec::new()),
                (Err(failure), _) => Err(failure),
            };
            TaskResult::Msg(Msg::Reply { id, reply: Reply::History(reply) })
        });
    }

    pub(super) fn audit(&mut self, id: EffectId, job: JobId) {
        let (keeper, account) = (self.keeper(), self.account.clone());
        self.spawn(async move {
            let reply = match (keeper, account) {
                (Ok(keeper), Some(account)) => keeper.with(move |store| store.audit(&account, Some(job))).await,
                (Ok(_), None) => Ok(Vec::new()),
                (Err(failure), _) => Err(failure),
            };
            TaskResult::Msg(Msg::Reply { id, reply: Reply::Audit(reply) })
        });
    }

    fn renewal(&self, account: &AccountKey) -> Option<SessionReload> {
        let SessionSource::Aws { options, http: Ok(http) } = &self.origin else { return None };
        let options = SessionOptions { profile: self.profile.clone().or(options.profile.clone()), ..options.clone() };
        Some(SessionReload { options, http: http.clone(), account: account.clone() })
    }

    /// A profile may mean another account behind another endpoint; exported keys mean nobody knows whose.
    fn profile_key(&self) -> impl Future<Output = Option<String>> + Send + 'static {
        let (origin, profile) = (self.origin.clone(), self.profile.clone());
        async move {
            match origin {
                SessionSource::Aws { options, .. } => {
                    let named = profile.or(options.profile);
                    profile_key::key_of_this_process(named.as_deref(), options.endpoint_url.as_deref()).await
                }
                // Its store ends with it, and nothing of the user's environment counts.
                SessionSource::Simulated { .. } | SessionSource::Later => {
                    profile_key::key(profile.as_deref(), None, &|_| None)
                }
            }
        }
    }
}

pub(super) fn nobody_yet() -> Failure {
    Failure::new("ask for that", "nobody knows yet whose copies these would be")
        .hint("Try again in a moment; if it stays so, ! says what is wrong.")
        .retry(Retry::Later)
}

fn nowhere() -> Failure {
    Failure::new("keep copies", "this platform names no directory for a program's state")
        .hint("Set HOME, or XDG_STATE_HOME. Without it copies could be lost, so none are made.")
}

fn set_aside(path: &std::path::Path) -> String {
    format!(
        "The store of jobs was damaged; it is kept as {}. Copies under way are found again in EC2; queued ones must be asked for again.",
        path.display()
    )
}
