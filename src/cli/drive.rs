//! `amigrate drive`: the queue without a screen. What a hang-up leaves behind runs this; so may a service manager.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::{Setup, http_client};
use crate::{
    aws::Session,
    domain::{AccountKey, Failure, Retry},
    engine::{JobId, Limits},
    runtime::{
        Clock, StoreAt, background,
        driver::{Duty, Seat, Worker},
        hands::{AwsHands, Renewal, SessionCell},
        keeper::Keeper,
        profile,
    },
    store::Store,
    tui::{Driver, Post},
};

/// Between two tries to find out whose credentials these are.
const AGAIN: Duration = Duration::from_secs(5);

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
    let StoreAt::Dir(dir) = super::store() else {
        return Err(Failure::new("drive the queue", "this platform names no directory for a program's state"));
    };
    super::runtime()?.block_on(async {
        // It was left behind on purpose: a terminal that hangs up is nothing to it.
        let failed = |e: io::Error| Failure::new("listen for signals", e.to_string());
        let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        tokio::spawn(async move { while hangup.recv().await.is_some() {} });
        background::say_left();
        let work = async {
            let (worker, _desk) = worker(setup, dir).await?;
            worker.run().await
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

async fn worker(setup: &Setup, dir: std::path::PathBuf) -> Result<(Worker, crate::runtime::driver::Desk), Failure> {
    let clock = Clock::real();
    let (options, http) = (setup.session_options(), http_client()?);
    let (session, account) = loop {
        let whose = async {
            let session = Session::load(options.clone(), http.clone()).await?;
            let account = session.account().await?;
            Ok::<_, Failure>((session, account))
        };
        match whose.await {
            Ok(found) => break found,
            // A login, or the network, comes back.
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => {
                tell(&format!("waiting: {failure}"));
                tokio::time::sleep(AGAIN).await;
            }
            Err(failure) => return Err(failure),
        }
    };
    let account = AccountKey::new(&account.id, session.endpoint_url());
    let renewal = Renewal { options: options.clone(), http, account: account.clone() };
    let hands = Arc::new(AwsHands::new(SessionCell::new(session), Some(renewal)));
    let duty = Duty {
        account: account.clone(),
        limits: Limits::of(&setup.config),
        seat: Seat::Shared(dir.clone()),
        look_only: false,
        until_rest: true,
        history_days: setup.config.jobs.history_days,
    };
    let now = Timestamp::now();
    let keeper = Keeper::spawn(move || {
        let opened = Store::open(&dir, now)?;
        if let Some(path) = opened.set_aside {
            tell(&format!("the store of jobs was damaged; it is kept as {}", path.display()));
        }
        Ok(opened.store)
    })?;
    let env = |name: &str| std::env::var(name).ok();
    let key = profile::key(options.profile.as_deref(), options.endpoint_url.as_deref(), &env);
    if let Err(failure) = keeper.with(move |store| store.remember_account(&key, &account)).await {
        // If the store itself is in trouble, the worker says so.
        tracing::warn!(%failure, "the profile's account could not be kept");
    }
    let told = Mutex::new(BTreeMap::new());
    let post = move |post| report(&post, &mut told.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Worker::new(duty, keeper, hands, clock, Box::new(post)))
}

/// A line for every new word, for whoever reads it; mostly nobody does.
fn report(post: &Post, told: &mut BTreeMap<JobId, &'static str>) {
    match post {
        Post::Driver(Driver::Us) => tell("driving the queue; it ends when nothing is left that needs it"),
        Post::Driver(Driver::Another) => tell("another process drives the queue; waiting for it to end"),
        Post::Changed { jobs, .. } => {
            for job in jobs.iter().filter(|j| told.insert(j.id, j.word()) != Some(j.word())) {
                let request = &job.request;
                let image = job.image().map_or_else(String::new, |i| format!(" {i}"));
                tell(&format!("{} to {}: {}{image}", request.name, request.destination, job.word()));
            }
        }
        Post::Driver(Driver::Nobody(failure)) | Post::Trouble(Some(failure)) | Post::NotAsked(failure) => {
            tell(&failure.to_string());
        }
        _ => {}
    }
}

fn tell(text: &str) {
    tracing::info!("{text}");
    // Nobody may be there to read it.
    _ = writeln!(io::stdout(), "{text}");
}
