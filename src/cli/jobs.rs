//! `amigrate jobs`: the copies as they are stored, a line each, for scripts and to see what a background process does. The process
//! that runs the queue is not disturbed, and no request is sent to AWS unless the account is unknown.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use jiff::Timestamp;

use super::{
    output::print_out,
    setup::{Setup, runtime},
};
use crate::{
    domain::{AccountKey, CopyRequest, Failure, ImageId, text::clean},
    driver::RECENT,
    engine::{Command, Job, JobState, Status, StepState},
    labels,
    store::Store,
};

/// What is printed.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct JobsArgs {
    /// Every account's, not only the one that the profile had last
    #[arg(long)]
    all: bool,
    /// Ended copies, newest first
    #[arg(long)]
    history: bool,
}

pub(super) fn run(setup: &Setup, args: JobsArgs) -> Result<ExitCode, Failure> {
    let store = open_store(setup)?;
    let accounts = if args.all { store.accounts()? } else { vec![account(setup, &store)?] };
    print_out(&print(&store, &accounts, args)?)
}

/// The store of this user's jobs.
pub(super) fn open_store(setup: &Setup) -> Result<Store, Failure> {
    let opened = Store::open_to_read(&setup.store_dir()?, Timestamp::now())?;
    if let Some(path) = opened.set_aside {
        let _ = writeln!(io::stderr(), "amigrate: the store of jobs was damaged; it is kept as {}", path.display());
    }
    Ok(opened.store)
}

/// The account that the profile signed in to last. Signs in if there is none, and if the credentials come from the
/// environment, which may be any account's.
pub(super) fn account(setup: &Setup, store: &Store) -> Result<AccountKey, Failure> {
    let source = setup.session_source();
    runtime()?.block_on(async {
        if let Some(key) = source.profile_key(None).await
            && let Some(account) = store.account_of_profile(&key)?
        {
            return Ok(account);
        }
        source.sign_in(None).await.map(|(_, account)| account)
    })
}

fn print(store: &Store, accounts: &[AccountKey], args: JobsArgs) -> Result<String, Failure> {
    let (mut lines, now) = (String::new(), Timestamp::now());
    for account in accounts {
        if args.all {
            // No line of a job begins like this.
            lines.extend(["# ", &clean(account.as_str()), "\n"]);
        }
        if args.history {
            for job in store.history(account, usize::MAX)? {
                lines += &line(&job, &Status::default(), now);
            }
            continue;
        }
        let loaded = store.load(account, now - RECENT)?;
        for job in &loaded.jobs {
            lines += &line(job, &loaded.status, now);
        }
        for (_, command) in &loaded.commands {
            // No process has taken these up, so they have no number yet.
            let Command::Copy(requests) = command else { continue };
            for request in requests {
                lines += &requested(request);
            }
        }
    }
    Ok(lines)
}

fn requested(request: &CopyRequest) -> String {
    fields(["-", "-", request.name.as_str(), &route(request), "requested", "-", "-"])
}

fn line(job: &Job, status: &Status, now: Timestamp) -> String {
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
    let after = job.steps().filter(|(_, state)| **state != StepState::Done);
    let after = after.map(|(step, state)| {
        format!("{}: {}", labels::step(step, &request.destination), labels::step_state(job, state))
    });
    let reason = reason.chain(labels::stall_advice(job, now)).chain(labels::remaining_snapshots(job));
    let reason = reason.chain(after.filter(|_| matches!(job.state, JobState::Available { .. })));
    let different = labels::differences(&job.comparison).into_iter().map(|text| format!("not as requested: {text}"));
    let not_compared = labels::not_compared(&job.comparison).map(|text| format!("not compared: {text}"));
    let reason = reason.chain(different).chain(not_compared).collect::<Vec<_>>().join("; ");
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

/// The images that may be the copy; `amigrate resolve` decides.
fn in_doubt(candidates: &[ImageId]) -> String {
    let named: Vec<&str> = candidates.iter().map(ImageId::as_str).collect();
    match named.as_slice() {
        [] => "AWS does not show whether it was made".into(),
        some => format!("may be {}", some.join(" or ")),
    }
}

/// A line of fields between tabs, none of them empty, so that `cut` and `awk` can count them.
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
