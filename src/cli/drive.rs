//! `amigrate drive`: runs the queue without a screen. A screen that is left starts it in the background; so may a service manager.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use super::{
    exit::{CommandError, ExitStatus},
    output::OutputOptions,
    setup::{Setup, block_on, stop_signal},
};
use crate::{
    aws::other_account,
    domain::{AccountId, AccountKey, Failure, text::clean},
    driver::{
        Clock, DriverHandle, DriverSettings, DriverStatus, JobUpdate, Queue, SharedSession, StoreLocation, background,
        login::{LoginFiles, login_timeout, sign_in_with_retry},
    },
    engine::{Command, Job, JobId, Status},
    labels,
    term::session,
};

/// Runs the same command in the background, and waits until that process has detached from the terminal.
pub(super) fn detached(setup: &Setup) -> Result<ExitStatus, CommandError> {
    check(setup)?;
    let arguments: Vec<_> = std::env::args_os().skip(1).filter(|a| a != "--detach").collect();
    background::spawn(&arguments)?.wait_detached()?;
    Ok(ExitStatus::Done)
}

/// Starts a process that runs the account's queue in the background, and waits until it is on its own.
///
/// # Errors
/// If it cannot be started.
pub(super) async fn in_background(setup: &Setup, account: &AccountKey) -> Result<(), Failure> {
    let mut arguments = setup.background.clone();
    // In one word: its name may begin with a dash.
    arguments.extend(setup.profile.as_ref().map(|profile| format!("--profile={profile}").into()));
    // The credentials may be those of another account by then, whose queue is not meant.
    arguments.extend(account.account().map(|account| format!("--expect-account={account}").into()));
    if let Some(role) = &setup.role {
        arguments.extend(["--role-arn".into(), role.as_str().into()]);
    }
    background::spawn(&arguments)?.detached().await
}

fn check(setup: &Setup) -> Result<(), CommandError> {
    if setup.config.read_only { Err(CommandError::read_only("run the queue")) } else { Ok(()) }
}

/// Runs the queue until nothing is left to do; nothing, if the credentials are not those of the account that is expected.
pub(super) fn run(setup: &Setup, expected: Option<&AccountId>) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    check(setup)?;
    let location = StoreLocation::Dir(setup.store_dir()?);
    block_on(async {
        let listen = |kind| signal(kind).map_err(|e| Failure::new("listen for signals", e.to_string()));
        // It outlives its terminal: a hang-up is ignored.
        let mut hangup = listen(SignalKind::hangup())?;
        let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        let stop = listen(stop_signal())?;
        tokio::spawn(async move { while hangup.recv().await.is_some() {} });
        background::announce_detached();
        tokio::select! {
            // In the background only the log shows it.
            result = run_queue(setup, expected, &location, stop) => {
                result.inspect_err(|failure| tracing::error!(%failure, "the queue is not run"))?;
            }
            // A service manager ends it in this way: nothing has failed.
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(ExitStatus::Done)
    })
}

/// Signs in, and runs the queue until nothing is left to do.
async fn run_queue(
    setup: &Setup,
    expected: Option<&AccountId>,
    location: &StoreLocation,
    mut stop: Signal,
) -> Result<(), Failure> {
    let timeout = Duration::from_hours(setup.config.jobs.login_timeout_hours.into());
    let (paused, paused_receiver) = watch::channel(None);
    let (run, handle) = {
        let opening = open_queue(setup, expected, location, timeout, paused);
        tokio::pin!(opening);
        loop {
            tokio::select! {
                opened = &mut opening => break opened?,
                _ = stop.recv() => session::stop(),
            }
        }
    };
    tokio::select! {
        result = run => result,
        failure = login_timeout(paused_receiver.clone(), timeout) => Err(failure),
        () = retry_after_logins(paused_receiver, handle.clone()) => Ok(()),
        () = suspend_on(stop, &handle) => Ok(()),
    }
}

async fn open_queue(
    setup: &Setup,
    expected: Option<&AccountId>,
    location: &StoreLocation,
    timeout: Duration,
    paused: watch::Sender<Option<Failure>>,
) -> Result<(impl Future<Output = Result<(), Failure>> + use<>, DriverHandle), Failure> {
    let (clock, source) = (Clock::real(), setup.session_source());
    let output = setup.output;
    let report = |failure: &Failure| print(output, &format!("waiting: {failure}"));
    let files = LoginFiles::of_this_process();
    let (session, account) = sign_in_with_retry(files, timeout, || source.sign_in(None), report).await?;
    if let Some(expected) = expected {
        let account = session.account().await?;
        if account.id != *expected {
            return Err(other_account(&account, expected));
        }
    }
    let set_aside =
        move |path: &Path| print(output, &format!("the store of jobs was damaged; it is kept as {}", path.display()));
    let queue = Queue {
        account,
        session: SharedSession::new(session),
        source: &source,
        profile: None,
        location,
        store: location.open(clock.now(), set_aside)?,
        settings: DriverSettings { exit_when_done: true, ..setup.driver_settings() },
        clock,
    };
    let printer = Mutex::new(Printer { output, paused, runs: false, states: BTreeMap::new() });
    Ok(queue.open(Box::new(move |update| printer.lock().unwrap_or_else(PoisonError::into_inner).print(&update))))
}

/// Suspends on SIGTSTP as other programs do, but leaves the queue to other processes first. Ends only with the signals.
async fn suspend_on(mut stop: Signal, handle: &DriverHandle) {
    while stop.recv().await.is_some() {
        release(handle).await;
        session::stop();
        handle.resume();
    }
}

/// Leaves the queue to other processes.
pub(super) async fn release(handle: &DriverHandle) {
    /// A store that hangs must not keep the program from being suspended or ended.
    const LONGEST: Duration = Duration::from_secs(2);
    _ = tokio::time::timeout(LONGEST, handle.pause()).await;
}

/// While credentials do not work: tries them as soon as a login has written something. Keeps its handle, without which the
/// driver would end.
pub(super) async fn retry_after_logins(mut paused: watch::Receiver<Option<Failure>>, handle: DriverHandle) {
    while paused.wait_for(Option::is_some).await.is_ok() {
        let mut logins = LoginFiles::of_this_process().watch().await;
        tokio::select! {
            () = logins.changed() => handle.send(Command::RefreshNow),
            works = paused.wait_for(Option::is_none) => if works.is_err() { break },
        }
    }
    // Without a sender it never changes again; the driver's end is awaited elsewhere.
    std::future::pending::<()>().await;
}

/// Prints a line for everything that changes.
struct Printer {
    output: OutputOptions,
    /// Why the credentials of this process do not work.
    paused: watch::Sender<Option<Failure>>,
    /// This process runs the queue. Another one's credentials do not matter here.
    runs: bool,
    /// The state printed last of each job.
    states: BTreeMap<JobId, String>,
}

impl Printer {
    fn print(&mut self, update: &JobUpdate) {
        match update {
            JobUpdate::Driver(DriverStatus::ThisProcess) => {
                self.runs = true;
                print(self.output, "driving the queue; it ends when nothing is left that needs it");
            }
            JobUpdate::Driver(driver @ DriverStatus::OtherProcess(_)) => {
                self.runs = false;
                self.note_credentials(&Status::default());
                let waiting = || Some(format!("{}; waiting for it to end", labels::driver::running_elsewhere(driver)?));
                print(self.output, &labels::driver::unresponsive(driver).or_else(waiting).unwrap_or_default());
            }
            JobUpdate::Changed { jobs, status } => {
                if let Some(status) = status {
                    self.note_credentials(status);
                }
                for job in jobs {
                    let state = state(job);
                    if self.states.get(&job.id) != Some(&state) {
                        print(self.output, &format!("{} to {}: {state}", job.request.name, job.request.destination));
                        self.states.insert(job.id, state);
                    }
                }
            }
            JobUpdate::Driver(DriverStatus::NotRunning(failure))
            | JobUpdate::StoreProblem(Some(failure))
            | JobUpdate::HookFailed(failure)
            | JobUpdate::Rejected(failure) => print(self.output, &failure.to_string()),
            JobUpdate::Warning(warning) => print(self.output, &labels::driver::warning(warning)),
            JobUpdate::Opened { .. }
            | JobUpdate::Pending { .. }
            | JobUpdate::Driver(DriverStatus::Unknown)
            | JobUpdate::HooksDue(_)
            | JobUpdate::StoreProblem(None) => {}
        }
    }

    /// Prints when credentials stop working, or work again.
    fn note_credentials(&mut self, status: &Status) {
        let now = status.paused.clone().filter(|_| self.runs);
        self.paused.send_if_modified(|before| {
            let changed = *before != now;
            if changed {
                match &now {
                    Some(failure) => print(self.output, &format!("paused: {failure}")),
                    None => print(self.output, "the credentials work again"),
                }
            }
            *before = now;
            changed
        });
    }
}

/// A job's phase and image; once its post-copy steps have ended, also those that failed, and what is not as requested.
fn state(job: &Job) -> String {
    let image = job.image().map_or_else(String::new, |i| format!(" {i}"));
    let after = if job.has_open_steps() { Vec::new() } else { labels::after_copy(job) };
    let after = if after.is_empty() { String::new() } else { format!(": {}", after.join("; ")) };
    format!("{}{image}{after}", job.phase().as_str())
}

fn print(output: OutputOptions, text: &str) {
    tracing::info!("{}", clean(text));
    output.note(text);
}
