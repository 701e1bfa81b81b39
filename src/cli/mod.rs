//! The command line: [`arguments`] says what there is; one file or folder for each command. Errors are printed here, after the
//! screen was left.

mod arguments;
mod audit;
mod cancel;
mod completions;
mod config;
mod connection;
mod copy;
mod deregister;
mod drive;
mod exit;
mod follow;
mod jobs;
mod list;
mod man;
mod map;
mod output;
mod plain;
mod policy;
mod queue;
mod records;
mod regions;
mod resolve;
mod retry;
mod schema;
mod selection;
mod setup;
mod show;
mod simulate;
mod tui;
mod wait;
mod watch;
mod whoami;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use crate::driver::background;
use arguments::{Arguments, Command};
use exit::{CommandError, ExitStatus, OrUsage};
use output::report;
use setup::Setup;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Runs the program; the first argument is its own name. `ExitStatus` lists the exit statuses.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    background::detach();
    let arguments = Arguments::parse_from(arguments);
    let env = |name: &str| std::env::var(name).ok();
    match Setup::new(&arguments.common, &env).or_usage().and_then(|setup| dispatch(arguments, setup)) {
        Ok(code) => code,
        Err(CommandError::ReaderGone) => ExitStatus::Done.into(),
        Err(CommandError::Failure(failure, status)) => {
            report(&failure);
            status.into()
        }
    }
}

fn dispatch(arguments: Arguments, setup: Setup) -> Result<ExitCode, CommandError> {
    let Some(command) = arguments.command else {
        return Ok(if setup.plain { plain::list(&setup)? } else { tui::account(setup)? });
    };
    let status = match command {
        Command::Drive { detach: true } => return Ok(drive::detached()?),
        Command::Drive { detach: false } => return Ok(drive::run(&setup)?),
        Command::Jobs(args) => return Ok(jobs::run(&setup, args)?),
        Command::Resolve(args) => return Ok(resolve::run(&setup, args)?),
        Command::Whoami => return Ok(whoami::run(&setup)?),
        Command::Audit(args) => return Ok(audit::run(&setup, args)?),
        Command::Demo { scenario } if setup.plain => return Ok(plain::demo(&setup, &scenario)?),
        Command::Demo { scenario } => return Ok(tui::demo(setup, &scenario)?),
        Command::Simulate { port, scenario, time_scale } => return Ok(simulate::run(port, &scenario, time_scale)?),
        Command::List(args) => list::run(&setup, &args)?,
        Command::Show(args) => show::run(&setup, &args)?,
        Command::Copy(args) => copy::run(&setup, &args)?,
        Command::Watch(args) => watch::run(&setup, &args)?,
        Command::Wait(args) => wait::run(&setup, &args)?,
        Command::Cancel(args) => cancel::run(&setup, &args)?,
        Command::Retry(args) => retry::run(&setup, &args)?,
        Command::Deregister(args) => deregister::run(&setup, &args)?,
        Command::Map(args) => map::run(&setup, &args)?,
        Command::Policy(args) => policy::run(&setup, &args)?,
        Command::Config(args) => config::run(&setup, &args)?,
        Command::Schema(args) => schema::run(&setup, &args)?,
        Command::Completions(args) => completions::run(&setup, &args)?,
        Command::Man => man::run(&setup)?,
    };
    Ok(status.into())
}
