//! Command-line arguments, and one file for each command. Errors are printed here, after the screen was left.

mod audit;
mod drive;
mod jobs;
mod output;
mod plain;
mod resolve;
mod setup;
mod simulate;
mod tui;
mod whoami;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    domain::{Failure, Retry},
    driver::background,
};
use output::{NO_CREDENTIALS, report};
use setup::{CommonFlags, Setup};

/// Browse Amazon Machine Images by region, copy them to others, watch every copy's progress, cancel with a key.
///
/// Without a command, opens the screen on the account of the usual AWS chain: environment, profiles, SSO, assumed
/// roles, process, container and instance credentials.
#[derive(Debug, Parser)]
#[command(name = "amigrate", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    common: CommonFlags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Carry on copies that are queued or being cancelled, without a screen, until nothing is left that needs it
    Drive {
        /// Leave the terminal first
        #[arg(long)]
        detach: bool,
    },
    /// Print the copies and their states, a line each: number, batch, name, route, state, image, reason
    Jobs(jobs::JobsArgs),
    /// Decide about a copy in doubt: whether AWS made it is not known, and images of its name have appeared
    Resolve(resolve::ResolveArgs),
    /// Print who is signed in, where the credentials came from, and who drives the queue here; status 3 if nobody is
    Whoami,
    /// Print the calls that changed something in AWS, a line each, newest last: time, identity, region, action, resource,
    /// job, request id, outcome
    Audit(audit::AuditArgs),
    /// Open the same screen on an embedded EC2: no account, no network, nothing real
    Demo {
        /// The world to show: demo, empty, huge, broken, hostile or denied
        #[arg(long, value_name = "NAME", default_value = "demo")]
        scenario: String,
    },
    /// Serve the embedded EC2 on a loopback port for any AWS client, and print its endpoint URL
    Simulate {
        /// Port on 127.0.0.1; 0 picks one
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// The world to serve: demo, empty, huge, broken, hostile or denied
        #[arg(long, value_name = "NAME", default_value = "demo")]
        scenario: String,
        /// How many times faster than real time copies go, 0.001 to 10000
        #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true)]
        time_scale: f64,
    },
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Runs the program; the first argument is its own name. Exit status 0 for success, 1 for a failure, 2 for wrong arguments, 3
/// if credentials must be renewed.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    background::detach();
    let arguments = Arguments::parse_from(arguments);
    let env = |name: &str| std::env::var(name).ok();
    match Setup::new(&arguments.common, &env).and_then(|setup| dispatch(arguments, setup)) {
        Ok(code) => code,
        Err(failure) => {
            report(&failure);
            if failure.retry == Retry::AfterLogin { ExitCode::from(NO_CREDENTIALS) } else { ExitCode::FAILURE }
        }
    }
}

fn dispatch(arguments: Arguments, setup: Setup) -> Result<ExitCode, Failure> {
    match arguments.command {
        None if setup.plain => plain::list(&setup),
        None => tui::account(setup),
        Some(Command::Drive { detach: true }) => drive::detached(),
        Some(Command::Drive { detach: false }) => drive::run(&setup),
        Some(Command::Jobs(args)) => jobs::run(&setup, args),
        Some(Command::Resolve(args)) => resolve::run(&setup, args),
        Some(Command::Whoami) => whoami::run(&setup),
        Some(Command::Audit(args)) => audit::run(&setup, args),
        Some(Command::Demo { scenario }) if setup.plain => plain::demo(&setup, &scenario),
        Some(Command::Demo { scenario }) => tui::demo(setup, &scenario),
        Some(Command::Simulate { port, scenario, time_scale }) => simulate::run(port, &scenario, time_scale),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Arguments::command().debug_assert();
    }
}
