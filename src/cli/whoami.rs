//! `amigrate whoami`: who is signed in, where the credentials came from, and which process runs the queue.

use std::process::ExitCode;

use jiff::Timestamp;

use super::{
    output::{NO_CREDENTIALS, print_out, report},
    setup::{Setup, http_client, runtime},
};
use crate::{
    aws::Session,
    domain::{AccountKey, CredentialSource, Failure, Identity, text::clean},
    driver::StoreLocation,
    store::{DriverLock, DriverProcess, Heartbeat, Store},
};

pub(super) fn run(setup: &Setup) -> Result<ExitCode, Failure> {
    let _log = setup.start_log()?;
    let session = runtime()?.block_on(async {
        let session = Session::load(setup.session_options(), http_client()?).await?;
        session.account().await.map(|_| session)
    });
    let session = match session {
        Ok(session) => session,
        Err(failure) => {
            report(&failure);
            return Ok(ExitCode::from(NO_CREDENTIALS));
        }
    };
    let identity = session
        .identity()
        .ok_or_else(|| Failure::new("find out whose credentials these are", "nobody has answered"))?;
    let account = AccountKey::new(&identity.account.id, session.endpoint_url());
    let text = lines(&session, &identity, &driver(setup, &account));
    print_out(&text)
}

fn lines(session: &Session, identity: &Identity, driver: &str) -> String {
    let region = if session.region_was_given() {
        session.home_region().to_string()
    } else {
        format!("{} (none is configured)", session.home_region())
    };
    let fields = [
        ("account", Some(identity.account.id.to_string())),
        ("arn", Some(identity.account.arn.clone())),
        ("source", Some(source(&identity.source))),
        ("region", Some(region)),
        ("endpoint", session.endpoint_url().map(str::to_owned)),
        ("driver", Some(driver.to_owned())),
    ];
    let shown = fields.iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    shown.fold(String::new(), |text, (name, value)| text + name + ": " + &clean(value) + "\n")
}

fn source(source: &CredentialSource) -> String {
    match (source, source.profile()) {
        (CredentialSource::Profile(name), _) => format!("profile {name}"),
        (other, Some(profile)) => format!("{} (profile {profile})", other.kind()),
        (other, None) => other.kind().to_owned(),
    }
}

/// The process that runs the account's queue.
fn driver(setup: &Setup, account: &AccountKey) -> String {
    let StoreLocation::Dir(dir) = setup.store() else { return "nobody".into() };
    // Opening the store would create the directory.
    if !dir.exists() {
        return "nobody".into();
    }
    match DriverLock::try_take(&dir, account) {
        Ok(Some(_)) => "nobody".into(),
        Ok(None) => {
            let heartbeat =
                Store::open_to_read(&dir, Timestamp::now()).and_then(|opened| opened.store.heartbeat(account));
            // That the lock is held is known without a heartbeat.
            heartbeat.ok().flatten().map_or_else(|| "another amigrate".into(), named)
        }
        Err(_) => "unknown (the lock cannot be read)".into(),
    }
}

/// Names a process with its host and version, by which it can be found.
fn named(heartbeat: Heartbeat) -> String {
    let DriverProcess { pid, host, version } = heartbeat.process;
    format!("another amigrate (pid {pid} on {host}, version {version})")
}
