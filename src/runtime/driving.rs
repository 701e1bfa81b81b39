//! A queue being driven: a round takes in what is there, writes down what became of it, and then, and only then, makes
//! the calls and shows it.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    hands::Write,
    worker::{End, LOOK_AROUND, Seat, Seated, Worker, passing, read_only},
};
use crate::{
    engine::{Answer, Ask, Call, Engine, Event, Status},
    store::{AskId, DriverLock},
    tui::Post,
};

/// Between two tries to write what could not be written.
const TRY_TO_WRITE: SignedDuration = SignedDuration::from_secs(2);
/// Answers taken in before anything is written: many come at once, and a commit costs the same for one and for all.
const AT_ONCE: usize = 256;

/// A queue being driven.
pub(super) struct Drive<'a> {
    worker: &'a mut Worker,
    engine: Engine,
    /// Held, not used: it goes when the driving ends, in whatever way.
    _lock: Option<DriverLock>,
    answer: UnboundedSender<Answer>,
    answers: UnboundedReceiver<Answer>,
    /// Requests the engine has, and the store still lists.
    in_hand: BTreeSet<AskId>,
    /// To be written before anything else happens.
    write: Write,
    /// To be made once that is written.
    calls: Vec<Call>,
    /// As it was written last.
    status: Status,
    /// When to try to write again.
    trouble: Option<Timestamp>,
    rested: bool,
}

impl<'a> Drive<'a> {
    /// On an engine that has the stored jobs; `status` is as it was written last.
    pub(super) fn new(worker: &'a mut Worker, engine: Engine, lock: Option<DriverLock>, status: Status) -> Self {
        let (answer, answers) = unbounded_channel();
        Self {
            worker,
            engine,
            _lock: lock,
            answer,
            answers,
            in_hand: BTreeSet::new(),
            write: Write::default(),
            calls: Vec::new(),
            status,
            trouble: None,
            rested: false,
        }
    }

    /// Drives until nobody asks any more, there is nothing left to do, or somebody else drives.
    pub(super) async fn run(mut self) -> End {
        self.take_asks().await;
        self.event(Event::Tick);
        let mut around = interval(LOOK_AROUND);
        around.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.flush().await;
            if self.worker.duty.until_rest && self.at_rest().await {
                return End::Done;
            }
            let clock = self.worker.clock;
            let due = [self.engine.next_deadline(), self.trouble].into_iter().flatten().min();
            let deadline = due.map_or(Duration::from_hours(24), |at| clock.until(at));
            let alone = self.worker.duty.seat == Seat::Alone;
            tokio::select! {
                biased;
                answer = self.answers.recv() => self.answered(answer),
                ask = self.worker.asks.recv() => match ask {
                    None => return End::Done,
                    Some(ask) => self.asked(ask).await,
                },
                () = sleep(deadline) => self.event(Event::Tick),
                _ = around.tick(), if !alone => {
                    if let Some(end) = self.look_around().await {
                        return end;
                    }
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.rested = false;
        self.calls.extend(self.engine.handle(event, self.worker.clock.now()));
    }

    fn answered(&mut self, first: Option<Answer>) {
        let mut next = first;
        for _ in 0..AT_ONCE {
            let Some(answer) = next else { return };
            self.event(Event::Answer(answer));
            next = self.answers.try_recv().ok();
        }
    }

    async fn asked(&mut self, ask: Ask) {
        if passing(&ask) {
            self.event(Event::Ask(ask));
        } else if self.worker.duty.look_only {
            (self.worker.post)(Post::NotAsked(read_only()));
        } else {
            self.worker.write_ask(ask).await;
            self.take_asks().await;
        }
    }

    /// Takes in what is asked for in the store.
    async fn take_asks(&mut self) {
        if self.worker.duty.look_only {
            return;
        }
        let account = self.worker.duty.account.clone();
        let asks = self.worker.keeper.with(move |store| store.asks(&account)).await;
        self.worker.behind = asks.is_err();
        match asks {
            Ok(asks) => {
                for (id, ask) in asks {
                    if self.in_hand.insert(id) {
                        self.event(Event::Ask(ask));
                        self.write.done.push(id);
                    }
                }
            }
            Err(failure) => tracing::warn!(%failure, "the store could not be read"),
        }
    }

    /// What others wrote; and, for who only looks, whether somebody drives now.
    async fn look_around(&mut self) -> Option<End> {
        if self.worker.duty.look_only {
            return matches!(self.worker.take_seat(), Seated::Elsewhere).then_some(End::Change(None));
        }
        let changed = self.worker.keeper.with(|store| store.changed_elsewhere()).await.unwrap_or(true);
        if changed || self.worker.behind {
            self.take_asks().await;
        }
        None
    }

    /// Writes down what has changed; then makes the calls that come of it, and shows it.
    async fn flush(&mut self) {
        let now = self.worker.clock.now();
        self.write.add(self.engine.take_changed());
        let status = self.engine.status();
        if status != self.status {
            self.write.status = Some(status.clone());
        }
        if !self.write.is_empty() && !self.worker.duty.look_only {
            if self.trouble.is_some_and(|at| at > now) {
                return;
            }
            let worker = &self.worker;
            let written = worker.hands.commit(&worker.keeper, &worker.duty.account, self.write.clone(), now).await;
            if let Err(failure) = written {
                tracing::error!(%failure, "the store could not be written");
                (self.worker.post)(Post::Trouble(Some(failure)));
                self.trouble = Some(now + TRY_TO_WRITE);
                return;
            }
            if self.trouble.take().is_some() {
                (self.worker.post)(Post::Trouble(None));
            }
        }
        let write = std::mem::take(&mut self.write);
        for id in &write.done {
            self.in_hand.remove(id);
        }
        self.status = status;
        if !write.jobs.is_empty() || write.status.is_some() {
            (self.worker.post)(Post::Changed { jobs: write.jobs, status: write.status });
        }
        for call in std::mem::take(&mut self.calls) {
            let (answering, sender) = (self.worker.hands.call(call), self.answer.clone());
            tokio::spawn(async move {
                // Nobody listens any more once the driving has ended.
                _ = sender.send(answering.await);
            });
        }
    }

    /// Whether nothing is left to do, and nothing was asked for meanwhile.
    async fn at_rest(&mut self) -> bool {
        if !self.engine.may_rest() || self.trouble.is_some() {
            return false;
        }
        if !self.rested {
            // Once more, after everything is written: somebody may have asked a moment ago.
            self.take_asks().await;
            self.rested = self.write.is_empty();
            if !self.rested {
                self.flush().await;
            }
            return self.rested && self.engine.may_rest();
        }
        true
    }
}
