//! `amigrate drive`: the queue without a screen. What a hang-up leaves behind runs this; so may a service manager.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use super::{Setup, http_client};
use crate::{
    aws::Session,
    domain::{AccountKey, Failure, text::clean},
    driver::{
        AwsBackend, Clock, Driver, DriverConfig, DriverHandle, DriverStatus, JobUpdate, LockMode, SessionReload,
        SharedSession, StoreHandle, background,
        login::{LoginFiles, given_up_on, until_signed_in},
        profile_key,
    },
    engine::{Command, EngineConfig, JobId, JobPhase, Status},
    labels,
    store::Store,
    term::session,
};

/// The same in a process without a terminal, which is waited for only until it has left this one.
pub(super) fn detached() -> Result<ExitCode, Failure> {
    let arguments: Vec<_> = std::env::args_os().skip(1).filter(|a| a != "--detach").collect();
    background::spawn(&arguments)?.left_blocking()?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run(setup: &Setup) -> Result<ExitCode, Failure> {
    let _log = setup.start_log()?;
    if setup.config.read_only {
        return Err(Failure::new("drive the queue", "this is read-only").hint("Leave out --read-only."));
    }
    let dir = setup.store_dir("drive the queue")?;
    super::runtime()?.block_on(async {
        // It was left behind on purpose: a terminal that hangs up is nothing to it.
        let failed = |e: io::Error| Failure::new("listen for signals", e.to_string());
        let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut stop = signal(super::stop_signal()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        tokio::spawn(async move { while hangup.recv().await.is_some() {} });
        background::say_left();
        let work = async {
            let (paused, receiver) = watch::channel(None);
            let starting = worker(setup, dir, paused);
            tokio::pin!(starting);
            let (worker, desk) = loop {
                tokio::select! {
                    started = &mut starting => break started?,
                    _ = stop.recv() => session::stop(),
                }
            };
            tokio::select! {
                result = worker.run() => result,
                failure = given_up_on(receiver.clone(), login_timeout(setup)) => Err(failure),
                () = try_logins(receiver, desk.clone()) => Ok(()),
                () = stop_when_told(stop, &desk) => Ok(()),
            }
        };
        tokio::select! {
            // Left behind, it has nobody but the log to tell.
            result = work => result.inspect_err(|failure| tracing::error!(%failure, "the queue is not driven"))?,
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Stops as `Ctrl-Z` stops other programs, but lets others have the queue first. Ends only with the signals.
async fn stop_when_told(mut stop: Signal, desk: &DriverHandle) {
    /// A store that hangs must not keep a program from being stopped.
    const LONGEST: Duration = Duration::from_secs(2);
    while stop.recv().await.is_some() {
        _ = tokio::time::timeout(LONGEST, desk.pause()).await;
        session::stop();
        desk.resume();
    }
}

fn login_timeout(setup: &Setup) -> Duration {
    Duration::from_hours(setup.config.jobs.login_timeout_hours.into())
}

/// While credentials do not work: tries them as soon as a login has written something. Holds the desk, without which the
/// worker would end.
async fn try_logins(mut paused: watch::Receiver<Option<Failure>>, desk: DriverHandle) {
    while paused.wait_for(Option::is_some).await.is_ok() {
        let mut logins = LoginFiles::of_this_process().watch().await;
        tokio::select! {
            () = logins.changed() => desk.send(Command::RefreshNow),
            over = paused.wait_for(Option::is_none) => if over.is_err() { break },
        }
    }
    // Nobody says anything any more; whoever waits for the worker ends this.
    std::future::pending::<()>().await;
}

async fn worker(
    setup: &Setup,
    dir: std::path::PathBuf,
    paused: watch::Sender<Option<Failure>>,
) -> Result<(Driver, DriverHandle), Failure> {
    let clock = Clock::real();
    let (options, http) = (setup.session_options(), http_client()?);
    let attempt = || async {
        let session = Session::load(options.clone(), http.clone()).await?;
        let account = session.account().await?;
        Ok((session, account))
    };
    let waiting = |failure: &Failure| tell(&format!("waiting: {failure}"));
    let files = LoginFiles::of_this_process();
    let (session, account) = until_signed_in(files, login_timeout(setup), attempt, waiting).await?;
    let account = AccountKey::new(&account.id, session.endpoint_url());
    let renewal = SessionReload { options: options.clone(), http, account: account.clone() };
    let hands = Arc::new(AwsBackend::new(SharedSession::new(session), Some(renewal)));
    let duty = DriverConfig {
        account: account.clone(),
        limits: EngineConfig::of(&setup.config),
        seat: LockMode::Shared(dir.clone()),
        read_only: false,
        exit_when_done: true,
        history_days: setup.config.jobs.history_days,
    };
    let now = Timestamp::now();
    let keeper = StoreHandle::spawn(move || {
        let opened = Store::open(&dir, now)?;
        if let Some(path) = opened.set_aside {
            tell(&format!("the store of jobs was damaged; it is kept as {}", path.display()));
        }
        Ok(opened.store)
    })?;
    let key = profile_key::key_of_this_process(options.profile.as_deref(), options.endpoint_url.as_deref()).await;
    if let Some(key) = key
        && let Err(failure) = keeper.with(move |store| store.remember_account(&key, &account)).await
    {
        // If the store itself is in trouble, the worker says so.
        tracing::warn!(%failure, "the profile's account could not be kept");
    }
    let told = Mutex::new(Told { paused, driving: false, words: BTreeMap::new() });
    let post = move |post| told.lock().unwrap_or_else(PoisonError::into_inner).report(&post);
    Ok(Driver::new(duty, keeper, hands, clock, Box::new(post)))
}

/// What was said so far.
struct Told {
    /// Why the credentials of this process do not work.
    paused: watch::Sender<Option<Failure>>,
    /// Whether it drives; another one's credentials are its own affair.
    driving: bool,
    words: BTreeMap<JobId, JobPhase>,
}

impl Told {
    /// A line for every new word, for whoever reads it; mostly nobody does.
    fn report(&mut self, post: &JobUpdate) {
        match post {
            JobUpdate::Driver(DriverStatus::Us) => {
                self.driving = true;
                tell("driving the queue; it ends when nothing is left that needs it");
            }
            JobUpdate::Driver(driver @ DriverStatus::Another(_)) => {
                self.driving = false;
                self.heed(&Status::default());
                let waiting =
                    labels::driver::running_elsewhere(driver).map(|who| format!("{who}; waiting for it to end"));
                tell(&labels::driver::unresponsive(driver).or(waiting).unwrap_or_default());
            }
            JobUpdate::Changed { jobs, status } => {
                if let Some(status) = status {
                    self.heed(status);
                }
                for job in jobs {
                    if self.words.insert(job.id, job.phase()) == Some(job.phase()) {
                        continue;
                    }
                    let request = &job.request;
                    let image = job.image().map_or_else(String::new, |i| format!(" {i}"));
                    tell(&format!("{} to {}: {}{image}", request.name, request.destination, job.phase().as_str()));
                }
            }
            JobUpdate::Driver(DriverStatus::Nobody(failure))
            | JobUpdate::Trouble(Some(failure))
            | JobUpdate::NotAsked(failure) => {
                tell(&failure.to_string());
            }
            _ => {}
        }
    }

    /// Says it when credentials stop working, or work again.
    fn heed(&mut self, status: &Status) {
        let now = status.paused.clone().filter(|_| self.driving);
        self.paused.send_if_modified(|was| {
            let changed = *was != now;
            if changed {
                match &now {
                    Some(failure) => tell(&format!("paused: {failure}")),
                    None => tell("the credentials work again"),
                }
            }
            *was = now;
            changed
        });
    }
}

fn tell(text: &str) {
    let text = clean(text);
    tracing::info!("{text}");
    // Nobody may be there to read it.
    _ = writeln!(io::stdout(), "{text}");
}
