//! A queue being driven: a round takes in what is there, writes down what became of it, and then, and only then, makes
//! the calls and shows it.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use uuid::Uuid;

use super::{
    backend::{BackendResponse, ResponseMetadata, Write},
    context::{Driver, LOOK_AROUND, LockMode, LockOutcome, LoopExit, is_transient, read_only},
    heartbeat::{BEAT, this_process},
    update::JobUpdate,
};
use crate::{
    domain::{Failure, Retry},
    engine::{AnsweredRequest, AuditId, Command, Engine, Event, Request, Response, SentRequest, Status},
    store::{CommandId, DriverLock},
};

/// Between two tries to write what could not be written.
const TRY_TO_WRITE: SignedDuration = SignedDuration::from_secs(2);
/// Answers taken in before anything is written: many come at once, and a commit costs the same for one and for all.
const AT_ONCE: usize = 256;

/// A queue being driven.
pub(super) struct DriverLoop<'a> {
    worker: &'a mut Driver,
    engine: Engine,
    /// Held: it goes when the driving ends, in whatever way.
    lock: Option<DriverLock>,
    answer: UnboundedSender<(AuditId, BackendResponse)>,
    answers: UnboundedReceiver<(AuditId, BackendResponse)>,
    /// The calls under way. They end with the driving: nothing is sent once another process may drive.
    under_way: JoinSet<()>,
    /// Requests the engine has, and the store still lists.
    in_hand: BTreeSet<CommandId>,
    /// To be written before anything else happens.
    write: Write,
    /// To be made once that is written.
    calls: Vec<(AuditId, Request)>,
    /// Those changing calls that are under way.
    changing: BTreeSet<AuditId>,
    /// As it was written last.
    status: Status,
    /// When to try to write again.
    trouble: Option<Timestamp>,
    /// Whether the store could not be read when it was to be.
    unread: bool,
    /// Since when the driving is to be broken off, once no changing call is under way.
    breaking_off: Option<Instant>,
    /// Whether the clock was set.
    stepped: bool,
}

impl<'a> DriverLoop<'a> {
    /// On an engine that has the stored jobs; `status` is as it was written last.
    pub(super) fn new(worker: &'a mut Driver, engine: Engine, lock: Option<DriverLock>, status: Status) -> Self {
        let (answer, answers) = unbounded_channel();
        Self {
            worker,
            engine,
            lock,
            answer,
            answers,
            under_way: JoinSet::new(),
            in_hand: BTreeSet::new(),
            write: Write::default(),
            calls: Vec::new(),
            changing: BTreeSet::new(),
            status,
            trouble: None,
            unread: false,
            breaking_off: None,
            stepped: false,
        }
    }

    /// Drives until nobody asks any more, there is nothing left to do, or somebody else drives.
    pub(super) async fn run(mut self) -> LoopExit {
        self.take_asks().await;
        self.event(Event::Tick);
        let mut around = interval(LOOK_AROUND);
        around.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.flush().await;
            if let Some(end) = self.interrupted() {
                return end;
            }
            if self.worker.duty.exit_when_done && self.at_rest().await {
                return LoopExit::Done;
            }
            let clock = self.worker.clock;
            let due = [self.engine.next_deadline(), self.trouble].into_iter().flatten().min();
            let deadline = due.map_or(Duration::from_hours(24), |at| clock.until(at));
            let alone = self.worker.duty.seat == LockMode::Alone;
            tokio::select! {
                biased;
                answer = self.answers.recv() => self.answered(answer),
                ask = self.worker.asks.recv() => match ask {
                    None => return LoopExit::Done,
                    Some(ask) => self.asked(ask).await,
                },
                _ = self.worker.pause.changed() => {}
                () = sleep(deadline) => self.event(Event::Tick),
                _ = around.tick(), if !alone => {
                    if let Some(end) = self.look_around().await {
                        return end;
                    }
                }
                _ = beat.tick(), if !alone && !self.worker.duty.read_only => {
                    if let Some(end) = self.beat().await {
                        return end;
                    }
                }
            }
        }
    }

    /// Whether the driving is to be broken off: the process is about to be stopped, or the clock was set, and every deadline
    /// was reckoned by the old one. What is under way is waited for, though not for long: what nobody hears the answer of is
    /// in doubt afterwards.
    fn interrupted(&mut self) -> Option<LoopExit> {
        /// The longest a call may take by the usual settings; and the longest that a person's `Ctrl-Z` is held up.
        const LONGEST: (Duration, Duration) = (Duration::from_mins(1), Duration::from_millis(1_500));
        self.stepped |= self.worker.follow_clock();
        let pause = *self.worker.pause.borrow();
        if !self.stepped && !pause {
            self.breaking_off = None;
            return None;
        }
        let since = *self.breaking_off.get_or_insert_with(Instant::now);
        let longest = if pause { LONGEST.1 } else { LONGEST.0 };
        if !self.changing.is_empty() && since.elapsed() < longest {
            return None;
        }
        Some(if pause { LoopExit::Pause } else { LoopExit::Anew(self.lock.take()) })
    }

    /// Gives a sign of life. A store that this program can no longer use, such as one that a newer amigrate has changed, is
    /// for another to drive.
    async fn beat(&mut self) -> Option<LoopExit> {
        let (account, now) = (self.worker.duty.account.clone(), self.worker.clock.now());
        let written = self.worker.keeper.with(move |store| store.beat(&account, &this_process(), now)).await;
        let failure = written.err()?;
        tracing::warn!(%failure, "no sign of life could be given");
        (failure.retry == Retry::Never).then_some(LoopExit::Change(None))
    }

    fn event(&mut self, event: Event) {
        let calls = self.engine.handle(event, self.worker.clock.now());
        self.calls.extend(calls.into_iter().map(|call| (AuditId(Uuid::new_v4().as_u128()), call)));
    }

    fn answered(&mut self, first: Option<(AuditId, BackendResponse)>) {
        let mut next = first;
        for _ in 0..AT_ONCE {
            let Some((id, BackendResponse { answer, receipt })) = next else { return };
            if self.changing.remove(&id) {
                self.write.answered.push(audited(id, &answer, receipt));
            }
            self.event(Event::Response(answer));
            next = self.answers.try_recv().ok();
        }
    }

    async fn asked(&mut self, ask: Command) {
        if is_transient(&ask) {
            self.event(Event::Command(ask.clone()));
        } else if self.worker.duty.read_only {
            (self.worker.post)(JobUpdate::NotAsked(read_only()));
        } else {
            self.worker.write_ask(ask.clone()).await;
            self.take_asks().await;
        }
        self.worker.took(&ask);
    }

    /// Takes in what is asked for in the store.
    async fn take_asks(&mut self) {
        if self.worker.duty.read_only {
            return;
        }
        let account = self.worker.duty.account.clone();
        self.unread = false;
        match self.worker.keeper.with(move |store| store.asks(&account)).await {
            Ok(asks) => {
                for (id, ask) in asks.into_iter().filter(|(id, _)| !self.in_hand.contains(id)).collect::<Vec<_>>() {
                    // It is carried out when its jobs can be read. A job in a form that this program does not know is
                    // another program's to change: nobody here waits for that.
                    if let Err(failure) = self.fetch(&ask).await {
                        self.unread |= failure.retry != Retry::AfterChange;
                        tracing::warn!(%failure, "what is asked for waits");
                        continue;
                    }
                    self.in_hand.insert(id);
                    self.event(Event::Command(ask));
                    self.write.done.push(id);
                }
            }
            Err(failure) => {
                self.unread = true;
                tracing::warn!(%failure, "the store could not be read");
            }
        }
    }

    /// What is asked may be about a job that ended so long ago that it was not taken in.
    async fn fetch(&mut self, ask: &Command) -> Result<(), Failure> {
        for id in ask.jobs().into_iter().filter(|id| self.engine.job(*id).is_none()).collect::<Vec<_>>() {
            let account = self.worker.duty.account.clone();
            if let Some(job) = self.worker.keeper.with(move |store| store.job(&account, id)).await? {
                self.engine.restore(vec![job], 0, self.worker.clock.now());
            }
        }
        Ok(())
    }

    /// What others wrote; and, for who only looks, whether somebody drives now.
    async fn look_around(&mut self) -> Option<LoopExit> {
        if self.worker.duty.read_only {
            return matches!(self.worker.try_lock(), LockOutcome::HeldElsewhere).then_some(LoopExit::Change(None));
        }
        if self.worker.keeper.with(|store| store.changed_elsewhere()).await.unwrap_or(true) || self.unread {
            self.take_asks().await;
        }
        None
    }

    /// Writes down what has changed; then makes the calls that come of it, and shows it.
    async fn flush(&mut self) {
        let now = self.worker.clock.now();
        self.write.add(self.engine.take_changed());
        let status = self.engine.status();
        self.write.status = (status != self.status).then(|| status.clone());
        // Anew each time: a commit that failed is tried again, and its calls may be others by then.
        self.write.sent = self.sent();
        if !self.write.is_empty() && !self.worker.duty.read_only {
            if self.trouble.is_some_and(|at| at > now) {
                return;
            }
            let worker = &self.worker;
            let written = worker.hands.commit(&worker.keeper, &worker.duty.account, self.write.clone(), now).await;
            if let Err(failure) = written {
                tracing::error!(%failure, "the store could not be written");
                (self.worker.post)(JobUpdate::Trouble(Some(failure)));
                self.trouble = Some(now + TRY_TO_WRITE);
                return;
            }
            if self.trouble.take().is_some() {
                (self.worker.post)(JobUpdate::Trouble(None));
            }
        }
        let write = std::mem::take(&mut self.write);
        for id in &write.done {
            self.in_hand.remove(id);
        }
        self.status = status;
        if !write.jobs.is_empty() || write.status.is_some() {
            (self.worker.post)(JobUpdate::Changed { jobs: write.jobs, status: write.status });
        }
        self.changing.extend(write.sent.iter().map(|sent| sent.id));
        while self.under_way.try_join_next().is_some() {}
        let now = self.worker.clock.now();
        for (id, call) in std::mem::take(&mut self.calls) {
            if let Some(answer) = call.expired(now) {
                _ = self.answer.send((id, BackendResponse { answer, receipt: ResponseMetadata::default() }));
                continue;
            }
            let (answering, sender) = (self.worker.hands.call(call.clone()), self.answer.clone());
            self.under_way.spawn(async move {
                let answer = AssertUnwindSafe(answering).catch_unwind().await;
                // A fault of ours must not leave a copy, or everything, waiting for ever.
                let answer = answer.unwrap_or_else(|_| BackendResponse {
                    answer: call.failed(broken()),
                    receipt: ResponseMetadata::default(),
                });
                // Nobody listens any more once the driving has ended.
                _ = sender.send((id, answer));
            });
        }
    }

    /// The changing calls among those that are to be made.
    fn sent(&self) -> Vec<SentRequest> {
        let identity = self.worker.hands.identity();
        let sent = |(id, call): &(AuditId, Request)| {
            call.change().map(|change| SentRequest { id: *id, identity: identity.clone(), change })
        };
        self.calls.iter().filter_map(sent).collect()
    }

    /// Whether nothing is left to do, and nothing was asked for meanwhile.
    async fn at_rest(&mut self) -> bool {
        if !self.engine.can_exit() || self.trouble.is_some() {
            return false;
        }
        // Once more, after everything is written: somebody may have asked a moment ago.
        self.take_asks().await;
        if !self.write.is_empty() {
            self.flush().await;
        }
        self.write.is_empty() && !self.unread && self.engine.can_exit()
    }
}

fn audited(id: AuditId, answer: &Response, receipt: ResponseMetadata) -> AnsweredRequest {
    let request_id = receipt.request_id.or_else(|| answer.failed_request().map(str::to_owned));
    AnsweredRequest { id, identity: receipt.identity, request_id, made: answer.made(), outcome: answer.outcome() }
}

fn broken() -> Failure {
    Failure::new("ask AWS", "a part of this program broke down; please report it").retry(Retry::Later)
}
