//! Runs effects that wait: each in a task of its own, its answer sent back as a message.

mod jobs;

use std::ffi::OsString;

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::region_cache::RegionCache;
use crate::{
    aws::Session,
    domain::{AccountKey, Failure},
    driver::{
        Clock, DriverHandle, JobUpdate, SessionSource, SharedSession, StoreHandle, StoreLocation,
        background::{self, Started},
        login::LoginFiles,
    },
    engine::EngineConfig,
    tui::{Connected, Effect, EffectId, Msg, Page, Reply},
};

/// What a task brings back.
enum TaskResult {
    Msg(Msg),
    Connected {
        id: EffectId,
        profile: Option<String>,
        result: Result<(Session, Connected), Failure>,
    },
    /// News of the jobs, of the account that had this number.
    Post(u64, JobUpdate),
}

/// How effects are run: fixed at the start.
#[derive(Debug, Clone)]
pub struct EffectConfig {
    /// Where jobs are kept.
    pub store: StoreLocation,
    /// Refuse everything that would change something.
    pub read_only: bool,
    /// How careful the copy engine is.
    pub limits: EngineConfig,
    /// Ended copies are forgotten after so many days.
    pub history_days: u32,
    /// The last choice of regions.
    pub memory: RegionCache,
    /// The arguments of a process that goes on in the background, but for the profile.
    pub background: Vec<OsString>,
}

impl EffectConfig {
    /// The arguments for the profile in use now: it may be another than at the start.
    fn background(&self, profile: Option<&str>) -> Vec<OsString> {
        let mut arguments = self.background.clone();
        if let Some(profile) = profile {
            arguments.extend(["--profile".into(), profile.into()]);
        }
        arguments
    }
}

/// Runs effects and collects what they bring.
pub struct Effects {
    origin: SessionSource,
    means: EffectConfig,
    clock: Clock,
    session: Option<SharedSession>,
    keeper: Option<StoreHandle>,
    /// The way to whoever works on the account's jobs, and the account's number.
    desk: Option<DriverHandle>,
    /// The connection looked up last.
    connecting: Option<EffectId>,
    accounts: u64,
    account: Option<AccountKey>,
    profile: Option<String>,
    /// Whether a process goes on in the background; or why not.
    background: Option<Result<(), Failure>>,
    /// The process in the background, until it has said that it left the terminal.
    started: Option<Started>,
    /// Looks at what a login writes, while credentials are waited for.
    login_watch: Option<JoinHandle<()>>,
    sender: UnboundedSender<TaskResult>,
    receiver: UnboundedReceiver<TaskResult>,
}

impl Effects {
    /// Nothing runs yet. Must be used within a tokio runtime.
    pub fn new(origin: SessionSource, means: EffectConfig, clock: Clock) -> Self {
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
            background: None,
            started: None,
            login_watch: None,
            sender,
            receiver,
        }
    }

    /// Says where sessions come from. Before any effect is started.
    pub fn set_origin(&mut self, origin: SessionSource) {
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

    fn accept(&mut self, done: TaskResult) -> Option<Msg> {
        Some(match done {
            TaskResult::Msg(msg) => {
                // Nobody knows whose jobs to carry on; those that stand in the store are shown meanwhile.
                if matches!(&msg, Msg::Reply { reply: Reply::Account(Err(_)), .. }) && self.desk.is_none() {
                    self.show_stored();
                }
                msg
            }
            // The account was left meanwhile.
            TaskResult::Post(account, _) if account != self.accounts => return None,
            TaskResult::Post(_, post) => {
                if let JobUpdate::Opened { status, .. } | JobUpdate::Changed { status: Some(status), .. } = &post {
                    self.watch_logins(status.paused.is_some());
                }
                Msg::Jobs(post)
            }
            // Another profile was chosen meanwhile: its account must not be driven with this session.
            TaskResult::Connected { id, .. } if self.connecting != Some(id) => return None,
            TaskResult::Connected { id, profile, result } => {
                self.profile = profile;
                self.watch_logins(result.is_err());
                if result.is_err() && self.desk.is_none() {
                    self.show_stored();
                }
                let result = result.map(|(session, connected)| {
                    self.session = Some(SharedSession::new(session));
                    connected
                });
                Msg::Reply { id, reply: Reply::Connected(result) }
            }
        })
    }

    /// Whether a process was started that goes on in the background; or why it was not.
    pub fn background(&self) -> Option<&Result<(), Failure>> {
        self.background.as_ref()
    }

    /// Leaves the queue to others, though it does not wait for long: this process is about to be stopped.
    pub async fn pause(&self) {
        const LONGEST: std::time::Duration = std::time::Duration::from_secs(2);
        if let Some(desk) = &self.desk {
            _ = tokio::time::timeout(LONGEST, desk.pause()).await;
        }
    }

    /// Takes part again.
    pub fn resume(&self) {
        if let Some(desk) = &self.desk {
            desk.resume();
        }
    }

    /// Waits, though not for long, until everything that was asked for is written down, and the process in the background
    /// has left the terminal: before the program leaves.
    pub async fn finish(&mut self) {
        /// A hang-up ends the program within a second.
        const LONGEST: std::time::Duration = std::time::Duration::from_millis(600);
        let started = self.started.take();
        let written = async {
            if let Some(desk) = &self.desk {
                desk.written().await;
            }
        };
        let left = async {
            match started {
                Some(started) => started.left().await,
                None => Ok(()),
            }
        };
        let left = tokio::time::timeout(LONGEST, async { tokio::join!(left, written).0 }).await;
        // One that takes longer to start is on its way all the same.
        if let Ok(Err(failure)) = left {
            tracing::error!(%failure, "the queue does not go on in the background");
            self.background = Some(Err(failure));
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
                    TaskResult::Msg(Msg::Reply { id, reply: Reply::Profiles(crate::aws::profiles().await) })
                });
            }
            Effect::OpenJobs { account } => self.open_jobs(account),
            Effect::CloseJobs => self.close_jobs(),
            Effect::Command(ask) => match &self.desk {
                Some(desk) => desk.send(ask),
                None => self.post(JobUpdate::NotAsked(jobs::nobody_yet())),
            },
            Effect::History { id } => self.history(id),
            Effect::Audit { id, job } => self.audit(id, job),
            Effect::Background => {
                let spawned = background::spawn(&self.means.background(self.profile.as_deref()));
                self.background =
                    Some(spawned.map(|started| self.started = Some(started)).inspect_err(
                        |failure| tracing::error!(%failure, "the queue does not go on in the background"),
                    ));
            }
            Effect::CacheRegions { profile, regions } => {
                if let Some(account) = &self.account {
                    self.means.memory.keep(&profile, account, &regions);
                }
            }
            Effect::Clipboard(_)
            | Effect::Bell
            | Effect::Mouse(_)
            | Effect::Repaint
            | Effect::ResumeTerminal
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    fn connect(&mut self, id: EffectId, profile: Option<String>) {
        // Nothing may go out under the old account while the new one is looked up.
        self.session = None;
        self.connecting = Some(id);
        let (origin, memory) = (self.origin.clone(), self.means.memory.clone());
        self.spawn(async move {
            let result = connect(origin, profile.clone(), memory).await;
            TaskResult::Connected { id, profile, result }
        });
    }

    /// Looks, or stops looking, at the files that a login writes.
    fn watch_logins(&mut self, wanted: bool) {
        if !wanted || !matches!(self.origin, SessionSource::Aws { .. }) {
            if let Some(watch) = self.login_watch.take() {
                watch.abort();
            }
        } else if self.login_watch.is_none() {
            let sender = self.sender.clone();
            self.login_watch = Some(tokio::spawn(async move {
                let mut watch = LoginFiles::of_this_process().watch().await;
                loop {
                    watch.changed().await;
                    if sender.send(TaskResult::Msg(Msg::LoginChanged)).is_err() {
                        return;
                    }
                }
            }));
        }
    }

    fn reply<F>(&self, id: EffectId, ask: impl FnOnce(Session) -> F)
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        // Without a session nothing is listed; the model asks again once it has connected.
        if let Some(session) = self.session.as_ref().map(SharedSession::get) {
            let reply = ask(session);
            self.spawn(async move { TaskResult::Msg(Msg::Reply { id, reply: reply.await }) });
        }
    }

    fn post(&self, post: JobUpdate) {
        _ = self.sender.send(TaskResult::Post(self.accounts, post));
    }

    fn spawn(&self, task: impl Future<Output = TaskResult> + Send + 'static) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            // Nobody listens any more when the program is leaving.
            let _ = sender.send(task.await);
        });
    }
}

/// Finds credentials and whose they are: nothing is asked of EC2, and nothing remembered is shown, before that is known.
async fn connect(
    origin: SessionSource,
    profile: Option<String>,
    memory: RegionCache,
) -> Result<(Session, Connected), Failure> {
    let name = profile.clone().unwrap_or_default();
    let (session, explicit, region_given) = match origin {
        SessionSource::Later => return Err(Failure::new("connect", "there is nothing to connect to yet")),
        SessionSource::Simulated { http, home } => (Session::simulated(http, home), false, true),
        SessionSource::Aws { mut options, http } => {
            let explicit = options.region.is_some();
            options.profile = profile.or(options.profile);
            let session = Session::load(options, http?).await?;
            session.check_credentials().await?;
            let given = session.region_was_given();
            (session, explicit, given)
        }
    };
    let account = session.account().await?;
    let account = AccountKey::new(&account.id, session.endpoint_url());
    let connected = Connected {
        profile: session.profile().map(str::to_owned),
        source: session.identity().map(|identity| identity.source),
        home: session.home_region().clone(),
        endpoint: session.endpoint_url().map(str::to_owned),
        remembered: if explicit { Vec::new() } else { memory.regions(&name, &account) },
        region_given,
    };
    Ok((session, connected))
}
