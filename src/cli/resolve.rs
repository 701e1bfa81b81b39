//! `amigrate resolve`: a person decides about a copy of unknown outcome. The decision is stored; the process that runs the queue
//! carries it out.

use std::io::{self, Write};

use jiff::Timestamp;

use super::{
    exit::{CommandError, ExitStatus},
    jobs,
    setup::Setup,
    targets::no_such_job,
};
use crate::{
    domain::{ClientToken, Failure, ImageId},
    driver::RECENT,
    engine::{Command, Job, JobId, JobState, Resolution},
    store::{DriverLock, Store},
};

/// A decision about a copy.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("decision").required(true)))]
pub(super) struct ResolveArgs {
    /// The copy's number, as `amigrate jobs` prints it
    #[arg(value_name = "JOB")]
    job: u64,
    /// This image is the copy
    #[arg(long, group = "decision", value_name = "IMAGE")]
    mine: Option<String>,
    /// None of them is: copy again, as a new copy
    #[arg(long, group = "decision")]
    again: bool,
    /// The copy is not wanted any more; whatever is there stays
    #[arg(long, group = "decision")]
    give_up: bool,
}

pub(super) fn run(setup: &Setup, args: ResolveArgs) -> Result<ExitStatus, CommandError> {
    let what = format!("resolve copy {}", args.job);
    if setup.config.read_only {
        return Err(CommandError::read_only(what));
    }
    let dir = setup.store_dir()?;
    let mut store = Store::open(&dir, Timestamp::now())?.store;
    let account = jobs::account(setup, &store)?;
    let id = JobId(args.job);
    let Some(job) = store.job(&account, id)? else {
        let jobs = store.load(&account, Timestamp::now() - RECENT)?.jobs;
        return Err(CommandError::usage(no_such_job(&what, id, jobs.iter().map(|job| job.id).collect())));
    };
    let resolution = resolution(&what, &job, args)?;
    store.add_command(&account, &Command::Resolve { job: id, resolution }, Timestamp::now())?;
    let free = DriverLock::try_take(&dir, &account)?.is_some();
    let next = if free { "`amigrate drive`, or the next amigrate, carries it out" } else { "it is being carried out" };
    let next = setup.account_flags().complete(next);
    // The reader may have closed its end.
    _ = writeln!(io::stdout(), "Copy {id} is resolved: {next}.");
    Ok(ExitStatus::Done)
}

/// The resolution that the decision asks for, if it fits the copy.
fn resolution(what: &str, job: &Job, args: ResolveArgs) -> Result<Resolution, Failure> {
    let JobState::InDoubt { candidates } = &job.state else {
        return Err(Failure::new(what, format!("it is {}, not in doubt", job.phase().as_str())));
    };
    match args.mine {
        Some(image) => {
            let image = ImageId::new(&image)?;
            let named: Vec<&str> = candidates.iter().map(ImageId::as_str).collect();
            if !named.is_empty() && !candidates.contains(&image) {
                return Err(Failure::new(what, format!("{image} is not one of those that may be this copy"))
                    .hint(format!("They are: {}.", named.join(", "))));
            }
            Ok(Resolution::ThisImage(image))
        }
        None if args.again => Ok(Resolution::CopyAgain(ClientToken::from_random(uuid::Uuid::new_v4().as_u128()))),
        None => Ok(Resolution::GiveUp),
    }
}
