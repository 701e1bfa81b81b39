//! Runs the effects that wait: each in a task of its own, whose result comes back as a message.

mod access;
mod arguments;
mod ending;
mod filters;
mod forms;
mod jobs;
mod storage;
mod sync;
mod usage;
mod workspace;

use std::{
    ffi::OsString,
    sync::Arc,
    task::{Context, Poll},
};

pub use self::workspace::WorkspaceEffects;

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{JoinHandle, JoinSet},
};

use super::{form_files::FormFiles, region_cache::RegionCache};
use crate::{
    aws::Session,
    config::{RememberedView, RememberedViews},
    domain::{AccountKey, Failure, Image, Region, Retry, compare::CompareRequest, review::CheckRequest},
    driver::{
        Clock, DriverHandle, DriverSettings, JobUpdate, SessionSource, SharedSession, StoreHandle, StoreLocation,
        background::{self, Started},
        login::LoginFiles,
    },
    tui::{Connected, Effect, EffectId, Msg, Reply},
};

/// The result of a task.
enum TaskResult {
    Msg(Msg),
    Connected {
        id: EffectId,
        profile: Option<String>,
        result: Result<(Session, Connected), Failure>,
    },
    /// News of the jobs, with the number of the account they belong to.
    Jobs(u64, JobUpdate),
}

/// How effects are run: fixed at the start.
#[derive(Debug, Clone)]
pub struct EffectConfig {
    /// Where jobs are stored.
    pub store: StoreLocation,
    pub driver: DriverSettings,
    /// The regions chosen last.
    pub region_cache: RegionCache,
    /// How each account's images were shown last.
    pub views: RememberedViews,
    /// Presets and last values of the copy form.
    pub forms: FormFiles,
    /// The arguments of a background process, without the profile.
    pub background: Vec<OsString>,
}

/// Runs effects and collects their results.
pub struct Effects {
    source: SessionSource,
    config: EffectConfig,
    clock: Clock,
    session: Option<SharedSession>,
    /// Opened at the first use.
    store: Option<StoreHandle>,
    /// The driver of the account's queue.
    driver: Option<DriverHandle>,
    account: Option<AccountKey>,
    /// How many accounts were left: updates for an earlier one are dropped.
    account_number: u64,
    /// The last [`Effect::Connect`].
    connecting: Option<EffectId>,
    profile: Option<String>,
    /// `Ok` once a background process was started; or why it was not.
    background: Option<Result<(), Failure>>,
    /// The background process, until it has detached.
    started: Option<Started>,
    /// A choice of regions that is being kept.
    region_choice: Option<JoinHandle<()>>,
    /// Files that are being written.
    exports: JoinSet<()>,
    /// Watches the files that a login writes.
    login_watch: Option<JoinHandle<()>>,
    sender: UnboundedSender<TaskResult>,
    receiver: UnboundedReceiver<TaskResult>,
}

impl Effects {
    /// Must be used within a tokio runtime.
    pub fn new(source: SessionSource, config: EffectConfig, clock: Clock) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self {
            source,
            config,
            clock,
            session: None,
            store: None,
            driver: None,
            account: None,
            account_number: 0,
            connecting: None,
            profile: None,
            background: None,
            started: None,
            region_choice: None,
            exports: JoinSet::new(),
            login_watch: None,
            sender,
            receiver,
        }
    }

    /// Sets where sessions come from, before any effect is started.
    pub fn set_source(&mut self, source: SessionSource) {
        self.source = source;
    }

    /// Waits for the next message. Never `None`: a sender is held here.
    pub async fn next(&mut self) -> Option<Msg> {
        Some(std::future::poll_fn(|context| self.poll_next(context)).await)
    }

    /// The next message, if one has arrived.
    pub fn ready(&mut self) -> Option<Msg> {
        while let Ok(result) = self.receiver.try_recv() {
            if let Some(msg) = self.accept(result) {
                return Some(msg);
            }
        }
        None
    }

    /// The next message, once one has arrived: a sender is held here, so that there is always a next one.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Msg> {
        while let Poll::Ready(Some(result)) = self.receiver.poll_recv(context) {
            if let Some(msg) = self.accept(result) {
                return Poll::Ready(msg);
            }
        }
        Poll::Pending
    }

    /// The message of a task's result; `None` for a result that is out of date.
    fn accept(&mut self, result: TaskResult) -> Option<Msg> {
        match result {
            TaskResult::Msg(msg) => Some(msg),
            TaskResult::Jobs(account, update) => (account == self.account_number).then_some(Msg::Jobs(update)),
            TaskResult::Connected { id, profile, result } => {
                // Another profile was chosen meanwhile: its account's queue must not be run with this session.
                if self.connecting != Some(id) {
                    return None;
                }
                self.profile = profile;
                let result = result.map(|(session, connected)| {
                    self.session = Some(SharedSession::new(session));
                    connected
                });
                Some(Msg::Reply { id, reply: Reply::Connected(result) })
            }
        }
    }

    /// `Ok` if a background process was started to run the queue, or why it was not; `None` if none was wanted.
    pub fn background(&self) -> Option<&Result<(), Failure>> {
        self.background.as_ref()
    }

    /// Number of files that are not written yet.
    pub fn unwritten(&self) -> usize {
        self.exports.len()
    }

    /// Starts an effect. Those that concern the terminal are the loop's.
    pub fn start(&mut self, effect: Effect) {
        match effect {
            Effect::Connect { id, profile } => self.connect(id, profile),
            Effect::AskAccount { id } => self.reply(id, |s| async move { Reply::Account(s.account().await) }),
            Effect::ListRegions { id } => self.reply(id, |s| async move { Reply::Regions(s.regions().await) }),
            Effect::ListImages { id, region, query, token } => self.reply(id, |s| async move {
                let page = s.image_page(&region, &query, token).await;
                Reply::Images { region, page }
            }),
            Effect::ListKeys { id, region } => self.reply(id, |s| async move {
                let keys = s.key_list(&region).await;
                Reply::Keys { region, keys }
            }),
            Effect::Check { id, request } => self.check(id, request),
            Effect::ListProfiles { id } => self.list_profiles(id),
            Effect::OpenJobs { account } => self.open_jobs(account),
            Effect::ShowStoredJobs => self.show_stored_jobs(),
            Effect::CloseJobs => self.close_jobs(),
            Effect::Command(command) => self.command(command),
            Effect::History { id } => self.history(id),
            Effect::Audit { id, job } => self.audit(id, job),
            Effect::ReadForms { id } => self.read_forms(id),
            Effect::SavePreset { id, name, preset, replace } => self.save_preset(id, name, *preset, replace),
            Effect::RemovePreset { id, name } => self.remove_preset(id, name),
            Effect::ReadFilters { id } => self.read_filters(id),
            Effect::ChangeFilter { id, name, filter } => self.change_filter(id, name, filter),
            Effect::KeepLastValues(values) => self.keep_last_values(*values),
            Effect::ReadImages { id, region, images } => {
                self.reply(id, |s| async move { Reply::KnownImages(s.describe_images(&region, &images).await) });
            }
            Effect::ReadImage { id, region, image } => self.reply(id, |s| async move {
                let found = s.describe_images(&region, &[image]).await;
                Reply::Image(found.map(|images| images.into_iter().next().map(Box::new)))
            }),
            Effect::ReadImageDetails { id, image } => self.read_details(id, image),
            Effect::Compare { id, request } => self.compare(id, request),
            Effect::ReadLineage { id, image, regions } => self.read_lineage(id, image, regions),
            Effect::ReadUsage { id, region, images } => self.read_usage(id, region, images),
            Effect::RequestUsageReport { id, image } => self.request_usage_report(id, image),
            Effect::Storage { id, request } => self.storage(id, request),
            Effect::GiveAccess { id, request } => self.give_access(id, request),
            Effect::Sync { id, request } => self.sync(id, &request),
            Effect::Export { id, request } => self.export(id, request),
            Effect::Background => self.spawn_background(),
            Effect::WatchLogin(on) => self.watch_login(on),
            Effect::CacheRegions { profile, regions } => self.cache_regions(profile, regions),
            Effect::Remember(view) => self.remember(view),
            Effect::Clipboard(_)
            | Effect::Bell
            | Effect::Notify(_)
            | Effect::Title(_)
            | Effect::Mouse(_)
            | Effect::Repaint
            | Effect::ResumeTerminal
            | Effect::Suspend
            | Effect::LeaveAccount
            | Effect::Quit => {}
        }
    }

    /// Keeps a choice of regions, one after the other: the last one is meant.
    fn cache_regions(&mut self, profile: String, regions: Vec<Region>) {
        let Some(account) = self.account.clone() else { return };
        let (cache, before) = (self.config.region_cache.clone(), self.region_choice.take());
        self.region_choice = Some(tokio::spawn(async move {
            if let Some(before) = before {
                _ = before.await;
            }
            _ = tokio::task::spawn_blocking(move || cache.keep(&profile, &account, &regions)).await;
        }));
    }

    /// Keeps a view, in the background: another process may hold the file's lock.
    fn remember(&self, view: RememberedView) {
        if let Some(account) = &self.account {
            let views = self.config.views.clone();
            views.set(account, view);
            tokio::task::spawn_blocking(move || views.flush());
        }
    }

    fn list_profiles(&self, id: EffectId) {
        let source = self.source.clone();
        self.spawn(async move { TaskResult::Msg(Msg::Reply { id, reply: Reply::Profiles(source.profiles().await) }) });
    }

    fn check(&self, id: EffectId, request: CheckRequest) {
        self.reply(id, |s| async move { Reply::Check(s.check(&request).await) });
    }

    fn read_details(&self, id: EffectId, image: Arc<Image>) {
        self.reply(id, |s| async move { Reply::ImageDetails(Box::new(s.image_details(&image).await)) });
    }

    fn read_lineage(&self, id: EffectId, image: Arc<Image>, regions: Vec<Region>) {
        self.reply(id, |s| async move { Reply::Lineage(Box::new(s.lineage(&image, &regions).await)) });
    }

    fn compare(&self, id: EffectId, request: CompareRequest) {
        self.reply(id, |s| async move { Reply::Compared(Box::new(s.images_to_compare(&request).await)) });
    }

    fn spawn_background(&mut self) {
        let account = self.account.as_ref().and_then(AccountKey::account);
        let spawned = background::spawn(&self.config.drive_arguments(self.profile.as_deref(), account.as_ref()));
        let spawned = spawned.map(|started| self.started = Some(started));
        let log = |failure: &Failure| tracing::error!(%failure, "the queue does not continue in the background");
        self.background = Some(spawned.inspect_err(log));
    }

    fn connect(&mut self, id: EffectId, profile: Option<String>) {
        // Nothing may be sent under the old account while the new one is looked up.
        self.session = None;
        self.connecting = Some(id);
        let (source, config) = (self.source.clone(), self.config.clone());
        self.spawn(async move {
            let result = connect(&source, profile.as_deref(), &config).await;
            TaskResult::Connected { id, profile, result }
        });
    }

    /// Watches the files that a login writes, or stops that.
    fn watch_login(&mut self, on: bool) {
        if let Some(watch) = self.login_watch.take() {
            watch.abort();
        }
        // The embedded EC2 has no login.
        if on && matches!(self.source, SessionSource::Aws { .. }) {
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

    fn reply<F>(&self, id: EffectId, request: impl FnOnce(Session) -> F)
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        // Without a session there is no reply; the model asks again once it has connected.
        if let Some(session) = self.session.as_ref().map(SharedSession::get) {
            let reply = request(session);
            self.spawn(async move { TaskResult::Msg(Msg::Reply { id, reply: reply.await }) });
        }
    }

    fn publish(&self, update: JobUpdate) {
        _ = self.sender.send(TaskResult::Jobs(self.account_number, update));
    }

    fn spawn(&self, task: impl Future<Output = TaskResult> + Send + 'static) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            // Nobody receives it any more when the program is exiting.
            _ = sender.send(task.await);
        });
    }
}

/// Signs in, and collects what the screen shows of it. Nothing is asked of EC2, and no cached regions are shown, before the
/// account is known.
async fn connect(
    source: &SessionSource,
    profile: Option<&str>,
    config: &EffectConfig,
) -> Result<(Session, Connected), Failure> {
    let (session, account) = source.sign_in(profile).await?;
    let cached = || config.region_cache.regions(profile.unwrap_or_default(), &account);
    let connected = Connected {
        profile: session.profile().map(str::to_owned),
        source: session.identity().map(|identity| identity.source),
        home: session.home_region().clone(),
        endpoint: session.endpoint_url().map(str::to_owned),
        cached_regions: if source.names_region() { Vec::new() } else { cached() },
        remembered: config.views.read(&account),
        region_configured: matches!(source, SessionSource::Simulated { .. }) || session.region_was_given(),
    };
    Ok((session, connected))
}

fn not_signed_in() -> Failure {
    Failure::new("take a command", "the account is not known yet")
        .hint("Try again in a moment; if it stays so, ! says what is wrong.")
        .retry(Retry::Later)
}
