//! Drives an account's queue while it holds the lock; watches whoever does while it does not.
//!
//! Whatever is asked for is written into the store and read from there, also by the process that asked: so it does not
//! matter which process drives, and nothing that was shown as asked for is lost with a process. A round is: take
//! in what is there, write down what became of it, then, and only then, make the calls and show it.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{
    Clock,
    hands::{Hands, Write},
    keeper::Keeper,
};
use crate::{
    domain::{AccountKey, Failure},
    engine::{Answer, Ask, Call, Engine, Event, Limits, Status},
    store::{AskId, DriverLock, Seq},
    tui::{Driver, Post},
};

/// How often a process looks for what others wrote, and whether the lock is free.
const LOOK_AROUND: Duration = Duration::from_millis(250);
/// Between two tries to write what could not be written.
const TRY_TO_WRITE: SignedDuration = SignedDuration::from_secs(2);
/// Ended copies stay on the list for so long; the history has them after that.
const RECENT: SignedDuration = SignedDuration::from_hours(24);
/// Answers taken in before anything is written: many come at once, and a commit costs the same for one and for all.
const AT_ONCE: usize = 256;

/// Who may drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seat {
    /// Nobody else can: the store is this process's own.
    Alone,
    /// Whoever holds the lock in this directory.
    Shared(PathBuf),
}

/// Whose queue, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Duty {
    /// Whose.
    pub account: AccountKey,
    /// How carefully.
    pub limits: Limits,
    /// Who else may.
    pub seat: Seat,
    /// Only look at EC2, and write nothing: for a read-only session.
    pub look_only: bool,
    /// End as soon as nothing is left that ends with the program.
    pub until_rest: bool,
    /// Ended copies are forgotten after so many days.
    pub history_days: u32,
}

/// Where news go.
pub type Poster = Box<dyn Fn(Post) + Send + Sync>;

/// The way to ask a worker. When it is dropped the worker ends.
#[derive(Debug, Clone)]
pub struct Desk(UnboundedSender<Ask>);

impl Desk {
    /// Asks for something.
    pub fn ask(&self, ask: Ask) {
        // A worker that has ended has said why.
        _ = self.0.send(ask);
    }
}

/// One process's part in an account's queue.
pub struct Worker {
    duty: Duty,
    keeper: Keeper,
    hands: Arc<dyn Hands>,
    clock: Clock,
    post: Poster,
    asks: UnboundedReceiver<Ask>,
    /// The last look at the store failed: a change is told only once, so the next look is made in any case.
    behind: bool,
}

/// Who has the seat.
enum Seated {
    /// This process, by this lock if one is needed.
    Here(Option<DriverLock>),
    /// Another.
    Elsewhere,
    /// Nobody can tell: locks do not work here.
    Unknown(Failure),
}

/// Why a part of the work ended.
enum End {
    /// Nobody asks any more, or there is nothing left to do.
    Done,
    /// The other part is to go on.
    Change(Option<DriverLock>),
}

impl Worker {
    /// A worker, and the way to it.
    pub fn new(duty: Duty, keeper: Keeper, hands: Arc<dyn Hands>, clock: Clock, post: Poster) -> (Self, Desk) {
        let (sender, asks) = unbounded_channel();
        (Self { duty, keeper, hands, clock, post, asks, behind: false }, Desk(sender))
    }

    /// Works until nobody asks any more.
    ///
    /// # Errors
    /// If the store cannot be read or locked: then nobody drives here.
    pub async fn run(mut self) -> Result<(), Failure> {
        let mut seq = self.open().await?;
        loop {
            let lock = match self.watch(&mut seq).await? {
                End::Done => return Ok(()),
                End::Change(lock) => lock,
            };
            match self.drive(lock).await? {
                End::Done => return Ok(()),
                End::Change(_) => seq = self.open().await?,
            }
        }
    }

    /// Shows the jobs as they are stored.
    async fn open(&self) -> Result<Seq, Failure> {
        let loaded = self.load().await?;
        self.show(loaded.jobs, loaded.status);
        Ok(loaded.seq)
    }

    async fn load(&self) -> Result<crate::store::Loaded, Failure> {
        let (account, recent) = (self.duty.account.clone(), self.clock.now() - RECENT);
        self.keeper.with(move |store| store.load(&account, recent)).await
    }

    fn show(&self, jobs: Vec<crate::engine::Job>, status: Status) {
        let jobs = jobs.into_iter().map(Arc::new).collect();
        (self.post)(Post::Opened { account: self.duty.account.clone(), jobs, status });
    }

    /// Sits down to drive, if nobody else does.
    fn take_seat(&self) -> Seated {
        match &self.duty.seat {
            Seat::Alone => Seated::Here(None),
            Seat::Shared(dir) => match DriverLock::try_take(dir, &self.duty.account) {
                Ok(Some(lock)) => Seated::Here(Some(lock)),
                Ok(None) => Seated::Elsewhere,
                Err(failure) => Seated::Unknown(failure),
            },
        }
    }

    /// Shows what whoever drives writes, until the seat is free.
    async fn watch(&mut self, seq: &mut Seq) -> Result<End, Failure> {
        let mut told = Driver::Unknown;
        loop {
            let driver = match self.take_seat() {
                // A read-only session leaves the seat to others at once.
                Seated::Here(lock) => return Ok(End::Change(lock.filter(|_| !self.duty.look_only))),
                Seated::Elsewhere => Driver::Another,
                Seated::Unknown(failure) => Driver::Nobody(failure),
            };
            if driver != told {
                (self.post)(Post::Driver(driver.clone()));
                told = driver;
            }
            if self.duty.until_rest
                && let Driver::Nobody(failure) = told
            {
                // No person looks on, and locks that do not work will not work later.
                return Err(failure);
            }
            tokio::select! {
                ask = self.asks.recv() => match (ask, &told) {
                    (None, _) => return Ok(End::Done),
                    // Nobody would carry it out.
                    (Some(_), Driver::Nobody(failure)) => (self.post)(Post::NotAsked(failure.clone())),
                    (Some(ask), _) => self.hand_over(ask).await,
                },
                () = tokio::time::sleep(LOOK_AROUND) => self.read_news(seq).await,
            }
            if self.duty.until_rest && self.nothing_to_drive().await {
                return Ok(End::Done);
            }
        }
    }

    async fn read_news(&mut self, seq: &mut Seq) {
        let (account, since, behind) = (self.duty.account.clone(), *seq, self.behind);
        let news = self.keeper.with(move |store| {
            Ok(if store.changed_elsewhere()? || behind { Some(store.news(&account, since)?) } else { None })
        });
        let news = news.await;
        self.behind = news.is_err();
        match news {
            Ok(Some(news)) => {
                *seq = news.seq;
                (self.post)(Post::Changed { jobs: news.jobs, status: Some(news.status) });
            }
            Ok(None) => {}
            // Read again the next time; whoever drives complains of a store that is in trouble.
            Err(failure) => tracing::warn!(%failure, "the store could not be read"),
        }
    }

    /// Whether whoever drives has nothing left that could fall to this process.
    async fn nothing_to_drive(&self) -> bool {
        self.load().await.is_ok_and(|l| l.asks.is_empty() && !l.jobs.iter().any(crate::engine::Job::needs_driving))
    }

    /// Writes down what is asked for; whoever drives carries it out.
    async fn hand_over(&self, ask: Ask) {
        if self.duty.look_only && !passing(&ask) {
            (self.post)(Post::NotAsked(read_only()));
        } else {
            self.write_ask(ask).await;
        }
    }

    async fn write_ask(&self, ask: Ask) {
        let (account, now) = (self.duty.account.clone(), self.clock.now());
        let written = self.keeper.with(move |store| store.ask(&account, &ask, now)).await;
        if let Err(failure) = written {
            (self.post)(Post::NotAsked(failure));
        }
    }

    /// Drives the queue, until nobody asks any more, there is nothing left to do, or somebody else drives.
    async fn drive(&mut self, lock: Option<DriverLock>) -> Result<End, Failure> {
        if !self.duty.look_only {
            let now = self.clock.now();
            let before = now - SignedDuration::from_hours(24 * i64::from(self.duty.history_days));
            self.keeper.with(move |store| store.prune(before)).await?;
        }
        let loaded = self.load().await?;
        let now = self.clock.now();
        let mut engine = Engine::new(Limits { hands_off: self.duty.look_only, ..self.duty.limits.clone() });
        engine.restore(loaded.jobs.clone(), loaded.last_id, now);
        (self.post)(Post::Driver(Driver::Us));
        self.show(loaded.jobs, loaded.status.clone());
        let (answer, answers) = unbounded_channel();
        let drive = Drive {
            worker: self,
            engine,
            _lock: lock,
            answer,
            answers,
            in_hand: BTreeSet::new(),
            write: Write::default(),
            calls: Vec::new(),
            status: loaded.status,
            trouble: None,
            rested: false,
        };
        Ok(drive.run().await)
    }
}

/// A queue being driven.
struct Drive<'a> {
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

impl Drive<'_> {
    async fn run(mut self) -> End {
        self.take_asks().await;
        self.event(Event::Tick);
        let mut around = tokio::time::interval(LOOK_AROUND);
        around.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
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
                () = tokio::time::sleep(deadline) => self.event(Event::Tick),
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

/// Whether nothing is lost if this is lost.
fn passing(ask: &Ask) -> bool {
    matches!(ask, Ask::LookNow | Ask::Follow(_))
}

fn read_only() -> Failure {
    Failure::new("change something in AWS", "this is a read-only session")
}
