//! Drives an account's queue while it holds the lock; watches whoever does while it does not.
//!
//! Whatever is asked for is written into the store and read from there, also by the process that asked: so it does not
//! matter which process drives, and nothing that was shown as asked for is lost with a process.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::{
    background::Starter,
    context::{Driver, LOOK_AROUND, LockOutcome, LoopExit, is_transient, read_only},
    heartbeat::{HeartbeatMonitor, this_process},
    run::DriverLoop,
    update::{DriverStatus, JobUpdate},
};
use crate::{
    domain::{Failure, Retry, text::count},
    engine::{Command, Engine, EngineConfig},
    store::{DriverLock, Seq},
};

/// Between two tries to read a store that could not be read.
const TRY_TO_READ: Duration = Duration::from_secs(2);

impl Driver {
    /// Works until nobody asks any more, or nothing is left to do. A store that cannot be read is said, and read again.
    ///
    /// # Errors
    /// Why there is nothing to be done here, for one that is to end when it can rest.
    pub async fn run(mut self) -> Result<(), Failure> {
        while let Err(failure) = self.work().await {
            if self.duty.exit_when_done && failure.retry != Retry::Later {
                return Err(failure);
            }
            tracing::error!(%failure, "nobody drives here");
            (self.post)(JobUpdate::Driver(DriverStatus::Nobody(failure.clone())));
            let again = tokio::time::sleep(TRY_TO_READ);
            tokio::pin!(again);
            loop {
                tokio::select! {
                    () = &mut again => break,
                    ask = self.asks.recv() => match ask {
                        None => return Ok(()),
                        Some(ask) => {
                            (self.post)(JobUpdate::NotAsked(failure.clone()));
                            self.took(&ask);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn work(&mut self) -> Result<(), Failure> {
        let mut seq = self.open().await?;
        loop {
            let mut end = match self.watch(&mut seq).await? {
                LoopExit::Change(lock) => self.drive(lock).await?,
                other => other,
            };
            while let LoopExit::Anew(lock) = end {
                end = self.drive(lock).await?;
            }
            match end {
                LoopExit::Done => return Ok(()),
                LoopExit::Change(_) | LoopExit::Anew(_) => {}
                LoopExit::Pause => self.stay_paused().await,
            }
            seq = self.open().await?;
        }
    }

    /// Shows the jobs as they are stored.
    async fn open(&self) -> Result<Seq, Failure> {
        let loaded = self.load().await?;
        if loaded.unreadable > 0 {
            let jobs = count(loaded.unreadable, "entry", "entries");
            (self.post)(JobUpdate::Notice(format!(
                "{jobs} in the store of jobs cannot be read by this version; they are left as they are."
            )));
        }
        self.show(loaded.jobs, loaded.status);
        Ok(loaded.seq)
    }

    /// Shows what whoever drives writes, until the seat is free.
    async fn watch(&mut self, seq: &mut Seq) -> Result<LoopExit, Failure> {
        let mut told = DriverStatus::Unknown;
        let (us, mut others) = (this_process(), HeartbeatMonitor::default());
        // The first look tells who drives, though nothing may have happened.
        let mut unread = true;
        let mut look_closely = self.duty.exit_when_done;
        loop {
            if *self.pause.borrow() {
                return Ok(LoopExit::Pause);
            }
            self.follow_clock();
            let driver = match self.try_lock() {
                // A read-only session leaves the seat to others at once.
                LockOutcome::Acquired(lock) => return Ok(LoopExit::Change(lock.filter(|_| !self.duty.read_only))),
                LockOutcome::HeldElsewhere => {
                    match self.read_news(seq, &mut others, unread).await {
                        Ok(news) => {
                            unread = false;
                            look_closely |= news && self.duty.exit_when_done;
                        }
                        // Whoever drives complains of a store that is in trouble.
                        Err(failure) => {
                            unread = true;
                            tracing::warn!(%failure, "the store could not be read");
                        }
                    }
                    DriverStatus::Another(others.other(&us, Instant::now()))
                }
                LockOutcome::Unknown(failure) if self.duty.exit_when_done => return Err(failure),
                LockOutcome::Unknown(failure) => DriverStatus::Nobody(failure),
            };
            if driver != told {
                (self.post)(JobUpdate::Driver(driver.clone()));
                told = driver;
            }
            tokio::select! {
                ask = self.asks.recv() => match (ask, &told) {
                    (None, _) => return Ok(LoopExit::Done),
                    // Nobody would carry it out.
                    (Some(ask), DriverStatus::Nobody(failure)) => {
                        (self.post)(JobUpdate::NotAsked(failure.clone()));
                        self.took(&ask);
                    }
                    (Some(ask), _) => self.hand_over(ask).await,
                },
                () = tokio::time::sleep(LOOK_AROUND) => {}
                _ = self.pause.changed() => {}
            }
            // Whoever started this process may not have written down yet what it is to do.
            if look_closely && !self.starter.is_some_and(Starter::is_there) {
                look_closely = false;
                if self.nothing_to_drive().await {
                    return Ok(LoopExit::Done);
                }
            }
        }
    }

    /// Shows what others wrote, if they did, and takes in the signs of life of whoever drives. Whether there was news.
    async fn read_news(&self, seq: &mut Seq, others: &mut HeartbeatMonitor, anyway: bool) -> Result<bool, Failure> {
        let (account, since) = (self.duty.account.clone(), *seq);
        let read = self.keeper.with(move |store| {
            let changed = store.changed_elsewhere()? || anyway;
            Ok(if changed { Some((store.news(&account, since)?, store.driver_heartbeat(&account)?)) } else { None })
        });
        let Some((news, heartbeat)) = read.await? else { return Ok(false) };
        others.see(heartbeat, Instant::now());
        // A sign of life is no news of the jobs.
        if news.seq == *seq && !anyway {
            return Ok(false);
        }
        *seq = news.seq;
        (self.post)(JobUpdate::Changed { jobs: news.jobs, status: Some(news.status) });
        Ok(true)
    }

    /// Whether whoever drives has nothing left that could fall to this process.
    async fn nothing_to_drive(&self) -> bool {
        self.load().await.is_ok_and(|l| l.asks.is_empty() && !l.jobs.iter().any(crate::engine::Job::needs_driving))
    }

    /// Writes down what is asked for; whoever drives carries it out.
    pub(super) async fn hand_over(&mut self, ask: Command) {
        if !self.duty.read_only {
            self.write_ask(ask.clone()).await;
        } else if !is_transient(&ask) {
            (self.post)(JobUpdate::NotAsked(read_only()));
        }
        self.took(&ask);
    }

    /// Drives the queue, until nobody asks any more, there is nothing left to do, or somebody else drives.
    async fn drive(&mut self, lock: Option<DriverLock>) -> Result<LoopExit, Failure> {
        // By the old time too much would be forgotten, and the first round would be reckoned wrong.
        self.follow_clock();
        if !self.take_leap() && !self.duty.read_only {
            let now = self.clock.now();
            let before = now - SignedDuration::from_hours(24 * i64::from(self.duty.history_days));
            self.keeper.with(move |store| store.prune(before)).await?;
        }
        let loaded = self.load().await?;
        let now = self.clock.now();
        let mut engine = Engine::new(EngineConfig { read_only: self.duty.read_only, ..self.duty.limits.clone() });
        engine.restore(loaded.jobs.clone(), loaded.last_id, now);
        if !self.followed.is_empty() {
            // Nothing of it is sent yet: the first round asks.
            engine.follow(&self.followed, now);
        }
        (self.post)(JobUpdate::Driver(DriverStatus::Us));
        self.show(loaded.jobs, loaded.status.clone());
        Ok(DriverLoop::new(self, engine, lock, loaded.status).run().await)
    }
}
