//! Runs effects that wait: each in a task of its own, its answer sent back as a message.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use jiff::SignedDuration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{
    Clock, background,
    driver::{Desk, Duty, Seat, Worker},
    hands::{AwsHands, Renewal, SessionCell},
    keeper::Keeper,
    profile,
    remember::Memory,
};
use crate::{
    aws::{HttpClient, Session, SessionOptions},
    domain::{AccountKey, Failure, Region},
    engine::Limits,
    store::Store,
    tui::{Connected, Driver, Effect, Msg, Page, Post, Reply, RequestId},
};

/// Where sessions come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// Not said yet: the first frame comes before certificates are read or a world is built.
    Later,
    /// The account of the usual AWS chain.
    Aws {
        /// Profile, region, endpoint, limits.
        options: SessionOptions,
        /// The one HTTP client; or why there is none (a bad proxy or certificate file).
        http: Result<HttpClient, Failure>,
    },
    /// The embedded EC2.
    Simulated {
        /// The door to it.
        http: HttpClient,
        /// Its first region.
        home: Region,
    },
}

/// Where jobs are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAt {
    /// In memory: they end with the program. For the demo and for tests.
    Memory,
    /// In this directory, which other processes use as well.
    Dir(PathBuf),
    /// Nowhere: the platform has no directory for it.
    Nowhere,
}

/// What a task brings back.
enum Done {
    Msg(Msg),
    Connected {
        id: RequestId,
        profile: Option<String>,
        result: Result<(Session, Connected), Failure>,
    },
    /// News of the jobs, of the account that had this number.
    Post(u64, Post),
}

/// How effects are run: fixed at the start.
#[derive(Debug, Clone)]
pub struct Means {
    /// Where jobs are kept.
    pub store: StoreAt,
    /// Refuse everything that would change something.
    pub read_only: bool,
    /// How careful the copy engine is.
    pub limits: Limits,
    /// Ended copies are forgotten after so many days.
    pub history_days: u32,
    /// The last choice of regions.
    pub memory: Memory,
    /// The arguments of a process that goes on in the background.
    pub background: Vec<OsString>,
}

/// Runs effects and collects what they bring.
pub struct Effects {
    origin: Origin,
    means: Means,
    clock: Clock,
    session: Option<SessionCell>,
    keeper: Option<Keeper>,
    /// The way to whoever works on the account's jobs, and the account's number.
    desk: Option<Desk>,
    /// The connection looked up last.
    connecting: Option<RequestId>,
    accounts: u64,
    account: Option<AccountKey>,
    profile: Option<String>,
    sender: UnboundedSender<Done>,
    receiver: UnboundedReceiver<Done>,
}

impl Effects {
    /// Nothing runs yet. Must be used within a tokio runtime.
    pub fn new(origin: Origin, means: Means, clock: Clock) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self {
            origin,
            means,
            clock,
            session: None,
            keeper: None,
            desk: None,
            connecting: None,
            accounts: 0,
            account: None,
            profile: None,
            sender,
            receiver,
        }
    }

    /// Says where sessions come from. Before any effect is started.
    pub fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// The next message; waits for it. Never ends: we hold a sender ourselves.
    pub async fn next(&mut self) -> Option<Msg> {
        loop {
            let done = self.receiver.recv().await?;
            if let Some(msg) = self.accept(done) {
                return Some(msg);
            }
        }
    }

    /// A message that is there already.
    pub fn ready(&mut self) -> Option<Msg> {
        while let Ok(done) = self.receiver.try_recv() {
            if let Some(msg) = self.accept(done) {
                return Some(msg);
            }
        }
        None
    }

    fn accept(&mut self, done: Done) -> Option<Msg> {
        Some(match done {
            Done::Msg(msg) => msg,
            // The account was left meanwhile.
            Done::Post(account, _) if account != self.accounts => return None,
            Done::Post(_, post) => Msg::Board(post),
            // Another profile was chosen meanwhile: its account must not be driven with this session.
            Done::Connected { id, .. } if self.connecting != Some(id) => return None,
            Done::Connected { id, profile, result } => {
                self.profile = profile;
                if result.is_err() && self.desk.is_none() {
                    self.show_stored();
                }
                let result = result.map(|(session, connected)| {
                    self.session = Some(SessionCell::new(session));
                    connected
                });
                Msg::Reply { id, reply: Reply::Connected(result) }
            }
        })
    }

    /// Waits, though not for long, until everything that was asked for is written down: before the program leaves.
    pub async fn finish(&self) {
        /// A hang-up ends the program within a second.
        const LONGEST: std::time::Duration = std::time::Duration::from_millis(600);
        if let Some(desk) = &self.desk {
            _ = tokio::time::timeout(LONGEST, desk.written()).await;
        }
    }

    /// Starts an effect. Those that concern the terminal are the loop's, and are none of ours.
    pub fn start(&mut self, effect: Effect) {
        match effect {
            Effect::Connect { id, profile } => self.connect(id, profile),
            Effect::AskAccount { id } => self.reply(id, |s| async move { Reply::Account(s.account().await) }),
            Effect::ListRegions { id } => self.reply(id, |s| async move { Reply::Regions(s.regions().await) }),
            Effect::ListImages { id, region, query, token } => self.reply(id, |s| async move {
                let page = s.image_page(&region, &query, token).await;
                Reply::Images { region, page: page.map(|p| Page { images: p.images, next: p.next }) }
            }),
            Effect::ListKeys { id, region } => self.reply(id, |s| async move {
                let keys = s.key_list(&region).await;
                Reply::Keys { region, keys }
            }),
            Effect::ListProfiles { id } => {
                self.spawn(async move {
                    Done::Msg(Msg::Reply { id, reply: Reply::Profiles(crate::aws::profiles().await) })
                });
            }
            Effect::OpenJobs { account } => self.open_jobs(account),
            Effect::CloseJobs => self.close_jobs(),
            Effect::Ask(ask) => match &self.desk {
                Some(desk) => desk.ask(ask),
                None => self.post(Post::NotAsked(nobody_yet())),
            },
            Effect::History { id } => self.history(id),
            Effect::Background => {
                if let Err(failure) = background::spawn(&self.means.background) {
                    tracing::error!(%failure, "the queue does not go on in the background");
                }
            }
            Effect::Remember { profile, regions } => self.means.memory.keep(&profile, &regions),
            Effect::Clipboard(_)
            | Effect::Bell
            | Effect::Mouse(_)
            | Effect::Repaint
            | Effect::Retake
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    fn connect(&mut self, id: RequestId, profile: Option<String>) {
        // Nothing may go out under the old account while the new one is looked up.
        self.session = None;
        self.connecting = Some(id);
        let origin = self.origin.clone();
        let remembered = self.means.memory.regions(profile.as_deref().unwrap_or_default());
        self.spawn(async move {
            let result = connect(origin, profile.clone(), remembered).await;
            Done::Connected { id, profile, result }
        });
    }

    fn reply<F>(&self, id: RequestId, ask: impl FnOnce(Session) -> F)
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        // Without a session nothing is listed; the model asks again once it has connected.
        if let Some(session) = self.session.as_ref().map(SessionCell::get) {
            let reply = ask(session);
            self.spawn(async move { Done::Msg(Msg::Reply { id, reply: reply.await }) });
        }
    }

    /// The way to the store, opened at the first use.
    fn keeper(&mut self) -> Result<Keeper, Failure> {
        if let Some(keeper) = &self.keeper {
            return Ok(keeper.clone());
        }
        let keeper = match self.means.store.clone() {
            StoreAt::Memory => Keeper::inline(Store::in_memory()?),
            StoreAt::Nowhere => return Err(nowhere()),
            StoreAt::Dir(dir) => {
                let (sender, now, account) = (self.sender.clone(), self.clock.now(), self.accounts);
                Keeper::spawn(move || {
                    let opened = Store::open(&dir, now)?;
                    if let Some(path) = opened.set_aside {
                        // Nobody listens any more when the program is leaving.
                        _ = sender.send(Done::Post(account, Post::Notice(set_aside(&path))));
                    }
                    Ok(opened.store)
                })?
            }
        };
        Ok(self.keeper.insert(keeper).clone())
    }

    /// Follows an account's jobs, and drives them if nobody else does.
    fn open_jobs(&mut self, account: AccountKey) {
        if self.desk.is_some() && self.account.as_ref() == Some(&account) {
            return;
        }
        self.close_jobs();
        let Some(session) = self.session.clone() else {
            return self.post(Post::Driver(Driver::Nobody(nobody_yet())));
        };
        let keeper = match self.keeper() {
            Ok(keeper) => keeper,
            Err(failure) => return self.post(Post::Driver(Driver::Nobody(failure))),
        };
        let hands = Arc::new(AwsHands::new(session, self.renewal(&account)));
        let duty = Duty {
            account: account.clone(),
            limits: self.means.limits.clone(),
            seat: match &self.means.store {
                StoreAt::Dir(dir) => Seat::Shared(dir.clone()),
                StoreAt::Memory | StoreAt::Nowhere => Seat::Alone,
            },
            look_only: self.means.read_only,
            until_rest: false,
            history_days: self.means.history_days,
        };
        let (sender, number) = (self.sender.clone(), self.accounts);
        let post = move |post| {
            // Nobody listens any more when the program is leaving.
            _ = sender.send(Done::Post(number, post));
        };
        let (worker, desk) = Worker::new(duty, keeper.clone(), hands, self.clock, Box::new(post));
        self.desk = Some(desk);
        self.account = Some(account.clone());
        let key = self.profile_key();
        tokio::spawn(async move {
            if let Err(failure) = keeper.with(move |store| store.remember_account(&key, &account)).await {
                tracing::warn!(%failure, "the profile's account could not be kept");
            }
            // It ends when its desk goes; whatever went wrong before, it has said.
            _ = worker.run().await;
        });
    }

    /// What is asked from now on concerns another account. Whoever worked on the last one ends by itself.
    fn close_jobs(&mut self) {
        self.accounts += 1;
        (self.desk, self.account) = (None, None);
    }

    /// Without credentials nobody knows whose jobs to show; those of the account the profile had last, then.
    fn show_stored(&mut self) {
        let Ok(keeper) = self.keeper() else { return };
        let (sender, number, key, now) = (self.sender.clone(), self.accounts, self.profile_key(), self.clock.now());
        tokio::spawn(async move {
            let loaded = keeper.with(move |store| {
                let Some(account) = store.account_of(&key)? else { return Ok(None) };
                let loaded = store.load(&account, now - SignedDuration::from_hours(24))?;
                Ok(Some((account, loaded)))
            });
            let Ok(Some((account, loaded))) = loaded.await else { return };
            let jobs = loaded.jobs.into_iter().map(Arc::new).collect();
            let waiting = Failure::new("ask for that", "nobody is signed in")
                .hint("Copies stay as they are until somebody is; nothing is lost.")
                .retry(crate::domain::Retry::AfterLogin);
            for post in [Post::Opened { account, jobs, status: loaded.status }, Post::Driver(Driver::Nobody(waiting))] {
                _ = sender.send(Done::Post(number, post));
            }
        });
    }

    fn history(&mut self, id: RequestId) {
        /// More than anybody reads; a filter finds the rest by the day.
        const MOST: usize = 5_000;
        let (keeper, account) = (self.keeper(), self.account.clone());
        self.spawn(async move {
            let reply = match (keeper, account) {
                (Ok(keeper), Some(account)) => keeper.with(move |store| store.history(&account, MOST)).await,
                (Ok(_), None) => Ok(Vec::new()),
                (Err(failure), _) => Err(failure),
            };
            Done::Msg(Msg::Reply { id, reply: Reply::History(reply) })
        });
    }

    fn renewal(&self, account: &AccountKey) -> Option<Renewal> {
        let Origin::Aws { options, http: Ok(http) } = &self.origin else { return None };
        let options = SessionOptions { profile: self.profile.clone().or(options.profile.clone()), ..options.clone() };
        Some(Renewal { options, http: http.clone(), account: account.clone() })
    }

    /// A profile may mean another account behind another endpoint.
    fn profile_key(&self) -> String {
        match &self.origin {
            Origin::Aws { options, .. } => {
                let named = self.profile.as_deref().or(options.profile.as_deref());
                profile::key(named, options.endpoint_url.as_deref(), &|name| std::env::var(name).ok())
            }
            // Its store ends with it, and nothing of the user's environment counts.
            Origin::Simulated { .. } | Origin::Later => profile::key(self.profile.as_deref(), None, &|_| None),
        }
    }

    fn post(&self, post: Post) {
        _ = self.sender.send(Done::Post(self.accounts, post));
    }

    fn spawn(&self, task: impl Future<Output = Done> + Send + 'static) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            // Nobody listens any more when the program is leaving.
            let _ = sender.send(task.await);
        });
    }
}

fn nobody_yet() -> Failure {
    Failure::new("ask for that", "nobody knows yet whose copies these would be")
        .hint("Try again in a moment; if it stays so, ! says what is wrong.")
        .retry(crate::domain::Retry::Later)
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

async fn connect(
    origin: Origin,
    profile: Option<String>,
    remembered: Vec<Region>,
) -> Result<(Session, Connected), Failure> {
    let (session, region_given) = match origin {
        Origin::Later => return Err(Failure::new("connect", "there is nothing to connect to yet")),
        Origin::Simulated { http, home } => (Session::simulated(http, home), true),
        Origin::Aws { mut options, http } => {
            let explicit = options.region.is_some();
            options.profile = profile.or(options.profile);
            let session = Session::load(options, http?).await?;
            session.check_credentials().await?;
            let given = session.region_was_given();
            let connected = describe(&session, if explicit { Vec::new() } else { remembered }, given);
            return Ok((session, connected));
        }
    };
    let connected = describe(&session, remembered, region_given);
    Ok((session, connected))
}

fn describe(session: &Session, remembered: Vec<Region>, region_given: bool) -> Connected {
    Connected {
        profile: session.profile().map(str::to_owned),
        home: session.home_region().clone(),
        endpoint: session.endpoint_url().map(str::to_owned),
        remembered,
        region_given,
    }
}
