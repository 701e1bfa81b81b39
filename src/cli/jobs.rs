//! `amigrate jobs`: the copies as they stand in the store, a line each. For scripts, and to see what a process in the
//! background does; whoever drives is not disturbed, and AWS is asked nothing unless nobody knows whose jobs to show.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use jiff::{SignedDuration, Timestamp};

use super::{Setup, http_client};
use crate::{
    aws::Session,
    domain::{AccountKey, CopyRequest, Failure, ImageId, text::clean},
    driver::profile_key,
    engine::{Command, Job, JobState, Status},
    labels,
    store::Store,
};

/// What is printed.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Which {
    /// Every account's, not only the one that the profile had last
    #[arg(long)]
    all: bool,
    /// Those that have ended, the last first
    #[arg(long)]
    history: bool,
}

pub(super) fn run(setup: &Setup, which: Which) -> Result<ExitCode, Failure> {
    let store = open_store(setup, "list jobs")?;
    let accounts = if which.all { store.accounts()? } else { vec![whose(setup, &store)?] };
    print_out(&print(&store, &accounts, which)?)
}

/// The store of this user's jobs.
pub(super) fn open_store(setup: &Setup, what: &str) -> Result<Store, Failure> {
    let opened = Store::open_to_look(&setup.store_dir(what)?, Timestamp::now())?;
    if let Some(path) = opened.set_aside {
        let _ = writeln!(io::stderr(), "amigrate: the store of jobs was damaged; it is kept as {}", path.display());
    }
    Ok(opened.store)
}

/// Prints lines.
pub(super) fn print_out(lines: &str) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush()) {
        // A reader that has gone away (`| head`) has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new("write", error.to_string())),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The profile's account as it was last. AWS is asked if there was none, and if the keys are exported, which may be anybody's.
pub(super) fn whose(setup: &Setup, store: &Store) -> Result<AccountKey, Failure> {
    let options = setup.session_options();
    super::runtime()?.block_on(async {
        let key = profile_key::key_of_this_process(options.profile.as_deref(), options.endpoint_url.as_deref()).await;
        if let Some(key) = key
            && let Some(account) = store.account_of(&key)?
        {
            return Ok(account);
        }
        let session = Session::load(options, http_client()?).await?;
        session.check_credentials().await?;
        Ok(AccountKey::new(&session.account().await?.id, session.endpoint_url()))
    })
}

fn print(store: &Store, accounts: &[AccountKey], which: Which) -> Result<String, Failure> {
    let mut lines = String::new();
    for account in accounts {
        if which.all {
            // No line of a job begins so.
            lines.extend(["# ", &clean(account.as_str()), "\n"]);
        }
        if which.history {
            for job in store.history(account, usize::MAX)? {
                lines += &line(&job, &Status::default());
            }
            continue;
        }
        let loaded = store.load(account, Timestamp::now() - SignedDuration::from_hours(24))?;
        for job in &loaded.jobs {
            lines += &line(job, &loaded.status);
        }
        for (_, ask) in &loaded.asks {
            // Asked for, and nobody has taken it up: there is no number yet.
            let Command::Copy(requests) = ask else { continue };
            for request in requests {
                lines += &asked(request);
            }
        }
    }
    Ok(lines)
}

fn asked(request: &CopyRequest) -> String {
    fields(["-", "-", request.name.as_str(), &route(request), "asked", "-", "-"])
}

fn line(job: &Job, status: &Status) -> String {
    let request = &job.request;
    let own = || job.waiting.as_ref();
    let of_region = || status.regions.get(&request.destination)?.waiting.as_ref();
    let waiting = |waiting| labels::waiting(waiting, &request.destination);
    let reason = match &job.state {
        JobState::Failed { failure, .. } => Some(failure.why.clone()),
        JobState::Queued => own().or_else(of_region).map(waiting),
        JobState::InDoubt { candidates } => Some(in_doubt(candidates)),
        _ => own().map(waiting),
    };
    let reason = reason.or_else(|| job.note.as_ref().map(labels::note)).into_iter();
    let reason = reason.chain(labels::remaining_snapshots(job)).collect::<Vec<_>>().join("; ");
    let state = match (&job.state, job.percent()) {
        (JobState::Copying { .. }, Some(percent)) => format!("{} {percent}%", job.phase().as_str()),
        _ => job.phase().as_str().to_owned(),
    };
    fields([
        &job.id.to_string(),
        &job.batch.to_string(),
        request.name.as_str(),
        &route(request),
        &state,
        job.image().map_or("-", |image| image.as_str()),
        &reason,
    ])
}

/// Images that may be the copy; the decision is asked for with `amigrate resolve`.
fn in_doubt(candidates: &[ImageId]) -> String {
    let named: Vec<&str> = candidates.iter().map(ImageId::as_str).collect();
    match named.as_slice() {
        [] => "AWS does not show whether it was made".into(),
        some => format!("may be {}", some.join(" or ")),
    }
}

/// Fields between tabs, never empty, so that `cut` and `awk` can count them; whatever they came from, one line.
fn fields(fields: [&str; 7]) -> String {
    let fields = fields.map(clean);
    let shown: Vec<&str> = fields.iter().map(|f| if f.trim().is_empty() { "-" } else { f.as_ref() }).collect();
    format!("{}\n", shown.join("\t"))
}

fn route(request: &CopyRequest) -> String {
    format!("{} > {}", request.source_region, request.destination)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cannot_make_a_line_or_another_field() {
        let line = fields(["1", "batch\t2", "a\u{1b}[31m\nb", "x > y", "", " ", "\u{202e}why"]);
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(line, "1\tbatch 2\ta [31m b\tx > y\t-\t-\twhy\n");
    }
}
