//! Follows the process that runs the queue, and runs the queue itself once it has the leader lock.
//!
//! Every command is written into the store and read from there, also by the process that was given it. So it does not matter
//! which process runs the queue, and no command that was shown as accepted is lost with a process.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::{
    background::ParentProcess,
    context::{Driver, LockOutcome, STORE_POLL_INTERVAL},
    heartbeat::{HeartbeatMonitor, this_process},
    hooks::is_awaited,
    run::{DriverLoop, LoopExit},
    update::{DriverStatus, JobUpdate, Warning},
};
use crate::{
    domain::{Failure, Retry},
    engine::{Engine, EngineConfig, Job},
    store::{DriverLock, Loaded, Seq},
};

/// Interval between attempts to read a store that could not be read.
const READ_RETRY: Duration = Duration::from_secs(2);

/// Why the follower ended.
enum FollowerExit {
    /// Every handle is gone, or nothing is left to do.
    Done,
    /// This process may run the queue; with the lock, if one is needed.
    Acquired(Option<DriverLock>),
    /// This process is about to be suspended.
    Paused,
}

impl Driver {
    /// Runs until every handle is gone, or nothing is left to do if it is to end then. While the store cannot be read, says
    /// so and tries again.
    ///
    /// # Errors
    /// Why it cannot work here, if it is to end when nothing is left to do.
    pub async fn run(mut self) -> Result<(), Failure> {
        while let Err(failure) = self.follow_or_run().await {
            if self.exit_when_done() && failure.retry != Retry::Later {
                return Err(failure);
            }
            tracing::error!(%failure, "this process does not run the queue");
            (self.publish)(JobUpdate::Driver(DriverStatus::NotRunning(failure.clone())));
            let retry = tokio::time::sleep(READ_RETRY);
            tokio::pin!(retry);
            loop {
                tokio::select! {
                    () = &mut retry => break,
                    command = self.commands.recv() => match command {
                        None => return Ok(()),
                        Some(command) => self.reject(&command, failure.clone()),
                    }
                }
            }
        }
        Ok(())
    }

    async fn follow_or_run(&mut self) -> Result<(), Failure> {
        loop {
            let seq = self.publish_stored().await?;
            let exit = match self.follow(seq).await? {
                FollowerExit::Done => LoopExit::Done,
                FollowerExit::Paused => LoopExit::Paused,
                FollowerExit::Acquired(lock) => self.run_queue(lock).await?,
            };
            match exit {
                LoopExit::Done => return Ok(()),
                LoopExit::Paused => self.wait_while_paused().await,
                LoopExit::Follow | LoopExit::Restart(..) => {}
            }
        }
    }

    /// Publishes the jobs as they are stored.
    async fn publish_stored(&self) -> Result<Seq, Failure> {
        let loaded = self.load().await?;
        if loaded.unreadable > 0 {
            (self.publish)(JobUpdate::Warning(Warning::Unreadable(loaded.unreadable)));
        }
        self.publish_jobs(loaded.jobs, loaded.status);
        Ok(loaded.seq)
    }

    /// Publishes what the process that runs the queue commits, until this one may run it.
    async fn follow(&mut self, mut seq: Seq) -> Result<FollowerExit, Failure> {
        self.end_store_problem();
        let mut published = DriverStatus::Unknown;
        let (this, mut monitor) = (this_process(), HeartbeatMonitor::default());
        // The first time everything is read, even if nobody has committed since the store was opened.
        let mut unread = true;
        let mut check_done = self.exit_when_done();
        loop {
            if *self.pause.borrow() {
                return Ok(FollowerExit::Paused);
            }
            self.take_clock_step();
            let status = match self.try_lock() {
                // A read-only session releases the lock at once.
                LockOutcome::Acquired(lock) => {
                    return Ok(FollowerExit::Acquired(lock.filter(|_| !self.read_only())));
                }
                LockOutcome::HeldElsewhere => {
                    let changed = self.read_changes(&mut seq, &mut monitor, unread).await;
                    unread = changed.is_err();
                    match changed {
                        Ok(changed) => check_done |= changed && self.exit_when_done(),
                        // The process that runs the queue reports what is wrong with the store.
                        Err(failure) => tracing::warn!(%failure, "the store could not be read"),
                    }
                    DriverStatus::OtherProcess(monitor.other_process(&this, Instant::now()))
                }
                LockOutcome::Unavailable(failure) if self.exit_when_done() => return Err(failure),
                LockOutcome::Unavailable(failure) => DriverStatus::NotRunning(failure),
            };
            // They are for the process that runs the queue.
            self.set_due_hooks(0);
            if status != published {
                (self.publish)(JobUpdate::Driver(status.clone()));
                published = status;
            }
            tokio::select! {
                command = self.commands.recv() => match (command, &published) {
                    (None, _) => return Ok(FollowerExit::Done),
                    // No process would carry it out.
                    (Some(command), DriverStatus::NotRunning(failure)) => self.reject(&command, failure.clone()),
                    (Some(command), _) => self.forward_command(command).await,
                },
                ended = self.hooks.next() => {
                    self.hook_ended(ended);
                    check_done |= self.exit_when_done();
                }
                () = tokio::time::sleep(STORE_POLL_INTERVAL) => {}
                _ = self.pause.changed() => {}
            }
            // The process that started this one may not have stored its commands yet.
            if check_done && !self.starter.is_some_and(ParentProcess::is_running) {
                check_done = false;
                if self.nothing_to_run().await {
                    return Ok(FollowerExit::Done);
                }
            }
        }
    }

    /// Publishes what others have committed, and reads the heartbeat of the process that runs the queue. Returns true if
    /// there were commits; `always` reads also without any.
    async fn read_changes(&self, seq: &mut Seq, monitor: &mut HeartbeatMonitor, always: bool) -> Result<bool, Failure> {
        let (account, since) = (self.config.account.clone(), *seq);
        let read = self.store.with(move |store| {
            let changed = store.changed_elsewhere()? || always;
            Ok(if changed { Some((store.changes_since(&account, since)?, store.heartbeat(&account)?)) } else { None })
        });
        let Some((changes, heartbeat)) = read.await? else { return Ok(false) };
        monitor.observe(heartbeat, Instant::now());
        // A heartbeat changes the file, but no job.
        if changes.seq == *seq && !always {
            return Ok(false);
        }
        *seq = changes.seq;
        (self.publish)(JobUpdate::Changed { jobs: changes.jobs, status: Some(changes.status) });
        Ok(true)
    }

    /// Returns true if nothing is left that this process would have to run, should the other one end.
    async fn nothing_to_run(&self) -> bool {
        let has_hook = self.hooks.is_configured();
        let needed = |job: &Job| job.needs_driving() || has_hook && is_awaited(job);
        let is_done = |loaded: Loaded| {
            loaded.commands.is_empty() && !loaded.jobs.iter().any(needed) && !(has_hook && loaded.due_hooks > 0)
        };
        self.hooks.is_idle() && self.load().await.is_ok_and(is_done)
    }

    /// Runs the queue, restarting the loop with the same lock whenever the clock was set.
    async fn run_queue(&mut self, mut lock: Option<DriverLock>) -> Result<LoopExit, Failure> {
        let mut step = None;
        loop {
            match self.run_loop(lock, step).await? {
                LoopExit::Restart(kept, by) => (lock, step) = (kept, Some(by)),
                exit => return Ok(exit),
            }
        }
    }

    /// Prunes the history, loads the jobs into an engine, and runs the loop. `step` is by how much the clock was set since the
    /// jobs were stored by this process.
    async fn run_loop(&mut self, lock: Option<DriverLock>, step: Option<SignedDuration>) -> Result<LoopExit, Failure> {
        // With the old time too much would be pruned, and the first deadlines would be wrong.
        self.take_clock_step();
        if !self.take_clock_jump() && !self.read_only() {
            let days = self.config.settings.history_days;
            let before = self.clock.now() - SignedDuration::from_hours(24 * i64::from(days));
            self.store.with(move |store| store.prune(before)).await?;
        }
        let mut loaded = self.load().await?;
        let now = self.clock.now();
        if let Some(step) = step {
            loaded.jobs.iter_mut().for_each(|job| job.apply_clock_step(step, now));
        }
        let config = EngineConfig { read_only: self.read_only(), ..self.config.settings.engine.clone() };
        let mut engine = Engine::new(config);
        engine.restore(loaded.jobs.clone(), loaded.last_id, now);
        if !self.followed.is_empty() {
            // Sends nothing yet: the loop's first tick does.
            engine.list_pending_in(&self.followed, now);
        }
        self.set_due_hooks(if self.hooks.is_configured() && !self.read_only() { loaded.due_hooks } else { 0 });
        (self.publish)(JobUpdate::Driver(DriverStatus::ThisProcess));
        // Not the stored status: what stopped the process before, such as its credentials, is for this one to find out.
        self.publish_jobs(loaded.jobs, engine.status());
        // The next process must not read the times of before.
        let changed = if step.is_some() { engine.unfinished() } else { Vec::new() };
        Ok(DriverLoop::new(self, engine, lock, loaded.status).run(changed).await)
    }
}
