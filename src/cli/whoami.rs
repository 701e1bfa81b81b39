//! `amigrate whoami`: who is signed in, where the credentials came from, and which process runs the queue.

use std::io::{self, Write as _};

use jiff::Timestamp;

use super::{
    exit::{CommandError, ExitStatus},
    output::{Format, Printer, Record, print_document, report},
    records::IdentityRecord,
    setup::{Setup, block_on, http_client},
};
use crate::{
    aws::Session,
    domain::{AccountKey, CredentialSource, Failure, Identity, text::clean},
    driver::StoreLocation,
    store::{DriverLock, DriverProcess, Heartbeat, Store},
};

pub(super) fn run(setup: &Setup) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    let session = block_on(async {
        let session = Session::load(setup.session_options(), http_client()?).await?;
        session.account().await.map(|_| session)
    });
    let session = match session {
        Ok(session) => session,
        Err(failure) => {
            report(&failure);
            return Ok(ExitStatus::of(&failure));
        }
    };
    let identity = session
        .identity()
        .ok_or_else(|| Failure::new("find out whose credentials these are", "nobody has answered"))?;
    let account = AccountKey::new(&identity.account.id, session.endpoint_url());
    let record = record(&session, &identity, driver(setup, &account));
    let mut out = io::stdout();
    match setup.output.format {
        Format::Table => {
            let text = lines(&record);
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| CommandError::write(&e))?;
        }
        Format::Json | Format::Jsonl => print_document(setup.output.format, &record, out)?,
        Format::Csv | Format::Ids => {
            let mut printer = Printer::new(setup.output, IdentityRecord::columns().iter().collect(), out);
            printer.print(&record)?;
            printer.finish::<()>(&[])?;
        }
    }
    Ok(ExitStatus::Done)
}

fn record(session: &Session, identity: &Identity, driver: String) -> IdentityRecord {
    IdentityRecord {
        account: identity.account.id.to_string(),
        arn: identity.account.arn.clone(),
        source: source(&identity.source),
        region: session.home_region().to_string(),
        region_configured: session.region_was_given(),
        endpoint_url: session.endpoint_url().map(str::to_owned),
        driver,
    }
}

fn lines(record: &IdentityRecord) -> String {
    let none = if record.region_configured { "" } else { " (none is configured)" };
    let region = format!("{}{none}", record.region);
    let fields = [
        ("account", Some(record.account.as_str())),
        ("arn", Some(&record.arn)),
        ("source", Some(&record.source)),
        ("region", Some(&region)),
        ("endpoint", record.endpoint_url.as_deref()),
        ("driver", Some(&record.driver)),
    ];
    let shown = fields.iter().filter_map(|(name, value)| Some((name, (*value)?)));
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
            let heartbeat = Store::open_to_read(&dir, Timestamp::now()).and_then(|store| store.heartbeat(account));
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
