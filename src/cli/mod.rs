//! The command line: [`arguments`] says what there is; one file or folder for each command. Errors are printed here, after the
//! screen was left.

mod account_flags;
mod arguments;
mod audit;
mod cancel;
mod completions;
mod config;
mod confirm;
mod connection;
mod copy;
mod coverage;
mod deregister;
mod diff;
mod drive;
mod exit;
mod follow;
mod foreign;
mod image_args;
mod jobs;
mod lineage;
mod list;
mod lookup;
mod man;
mod map;
mod one_image;
mod orphans;
mod output;
mod plain;
mod policy;
mod queue;
mod records;
mod recycle_bin;
pub mod reference;
mod region_failures;
mod regions;
mod replay;
mod resolve;
mod retry;
mod schema;
mod selection;
mod setup;
mod show;
mod simulate;
mod storage;
mod sync;
mod targets;
mod timeout;
mod tui;
mod used_by;
mod verify;
mod wait;
mod watch;
mod whoami;
mod world;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::{
    config::Hooks,
    domain::Failure,
    driver::{background, hook_launcher::become_hook},
};
use arguments::{Arguments, Command};
use exit::{CommandError, ExitStatus, OrUsage};
use output::report;
use setup::Setup;

/// Runs the program with the arguments of this process, or completes them for a shell.
pub fn main() -> ExitCode {
    if completions::complete(command) { ExitCode::SUCCESS } else { run(std::env::args_os()) }
}

/// Returns the command line's definition: every command and flag.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Returns the fields of what the commands print as JSON, as Markdown.
pub fn json_reference() -> String {
    schema::reference()
}

/// Runs the program; the first argument is its own name. `ExitStatus` lists the exit statuses.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(not_run) = become_hook(&arguments) {
        return not_run;
    }
    background::detach();
    let mut command = command().color(color(&arguments));
    let parsed = command.try_get_matches_from_mut(arguments);
    let parsed =
        parsed.and_then(|matches| Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command)));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => match foreign::explain(&error) {
            Some(failure) => {
                report(&failure);
                return ExitStatus::Usage.into();
            }
            None => error.exit(),
        },
    };
    let env = |name: &str| std::env::var(name).ok();
    match start(arguments, &env) {
        Ok(code) => code,
        Err(CommandError::BrokenPipe) => ExitStatus::Done.into(),
        Err(CommandError::Failure(failure, status)) => {
            report(&failure);
            status.into()
        }
    }
}

/// When clap colors help and errors: it prints them before `--color` is parsed.
fn color(arguments: &[OsString]) -> clap::ColorChoice {
    let words = arguments.iter().map(|word| word.to_str().unwrap_or_default()).take_while(|word| *word != "--");
    let words: Vec<&str> = words.collect();
    let given = words.iter().enumerate().rev().find_map(|(at, word)| match *word {
        "--color" => words.get(at + 1).copied(),
        word => word.strip_prefix("--color="),
    });
    match given {
        Some("always") => clap::ColorChoice::Always,
        Some("never") => clap::ColorChoice::Never,
        None if words.contains(&"--plain") => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Auto,
    }
}

/// Runs a command; those that describe the program itself need no settings, which may be what is wrong.
fn start(arguments: Arguments, env: &impl Fn(&str) -> Option<String>) -> Result<ExitCode, CommandError> {
    let Arguments { command: chosen, common, policy, profiles } = &arguments;
    match (chosen, common.format()) {
        (Some(command), Some(format)) => command.check_format(format)?,
        (Some(_), None) => {}
        (None, _) => common.check_without_command()?,
    }
    if let (Some(command), Some(_)) = (chosen, policy)
        && !matches!(command, Command::Demo(_))
    {
        let failure = Failure::new("use --policy", "before a command it is for the screen, which is not opened");
        return Err(CommandError::usage(failure.hint("`amigrate sync --policy FILE` prints the plan.")));
    }
    if chosen.is_some() && !profiles.is_empty() {
        let failure = Failure::new("use --profiles", "before a command it is for the screen, which is not opened");
        return Err(CommandError::usage(
            failure.hint("`amigrate list --profiles A,B` lists the images of several accounts."),
        ));
    }
    if common.format().is_some() && chosen.is_none() {
        let failure = Failure::new("run amigrate", "--output does not apply: without a command it opens the screen");
        return Err(CommandError::usage(failure.hint("`amigrate list --output json` lists images.")));
    }
    let status = match chosen {
        Some(Command::Config(args)) => config::run(common, env, args)?,
        Some(Command::Schema(args)) => schema::run(common.output_options(env), args)?,
        Some(Command::Completions(args)) => completions::run(args)?,
        Some(Command::Man) => man::run(command())?,
        Some(Command::Replay(args)) => replay::run(common.output_options(env), args, command())?,
        _ => {
            let mut setup = Setup::new(&arguments.common, env).or_usage()?;
            setup.config.sync.plans_at_start = arguments.policy.is_some();
            setup.config.sync.screen_policy = arguments.policy;
            setup.config.sync.screen_flags = setup.flags().map(|flag| flag.to_string_lossy().into_owned()).collect();
            setup.config.sync.directory = std::env::current_dir().unwrap_or_default();
            setup.choose_profiles(&arguments.profiles, arguments.common.profile());
            return dispatch(setup, arguments.command);
        }
    };
    Ok(status.into())
}

fn dispatch(mut setup: Setup, command: Option<Command>) -> Result<ExitCode, CommandError> {
    if matches!(command, Some(Command::Demo { .. })) {
        // A hook is told of no copy that does not exist.
        setup.config.hooks = Hooks::default();
    }
    // The screen, and line mode on a terminal, show them among the problems.
    let on_screen = matches!(command, None | Some(Command::Demo { .. })) && (setup.terminal || !setup.plain);
    for failure in setup.config.unknown_variables.iter().filter(|_| !on_screen) {
        setup.output.note(&failure.lines().join(". "));
    }
    let flags = setup.account_flags();
    carry_out(setup, command).map_err(|error| flags.of_error(error))
}

fn carry_out(setup: Setup, command: Option<Command>) -> Result<ExitCode, CommandError> {
    let Some(command) = command else {
        if setup.no_terminal {
            return Err(no_terminal());
        }
        if setup.plain && !setup.terminal && !setup.screen_profiles.is_empty() {
            let failure = Failure::new("show several accounts", "without a terminal, --plain lists the images of one");
            return Err(CommandError::usage(failure.hint("`amigrate list --profiles A,B` lists those of several.")));
        }
        return Ok(if setup.plain && !setup.terminal { plain::list(&setup)?.into() } else { tui::account(setup)? });
    };
    let status = match command {
        Command::Drive { detach: true, .. } => drive::detached(&setup)?,
        Command::Drive { detach: false, expect_account } => drive::run(&setup, expect_account.as_ref())?,
        Command::Demo(args) if setup.plain && !setup.terminal => return plain::demo(&setup, &args),
        Command::Demo(args) => return tui::demo(setup, &args),
        Command::Simulate { port, world } => return simulate::run(port, &world),
        Command::List(args) => list::run(&setup, &args)?,
        Command::Jobs(args) => jobs::run(&setup, &args)?,
        Command::Resolve(args) => resolve::run(&setup, args)?,
        Command::Whoami => whoami::run(&setup)?,
        Command::Audit(args) => audit::run(&setup, &args)?,
        Command::Show(args) => show::run(&setup, &args)?,
        Command::Coverage(args) => coverage::run(&setup, &args)?,
        Command::Verify(args) => verify::run(&setup, &args)?,
        Command::Diff(args) => diff::run(&setup, &args)?,
        Command::Lineage(args) => lineage::run(&setup, &args)?,
        Command::UsedBy(args) => used_by::run(&setup, &args)?,
        Command::Copy(args) => copy::run(&setup, &args)?,
        Command::Watch(args) => watch::run(&setup, &args)?,
        Command::Wait(args) => wait::run(&setup, &args)?,
        Command::Cancel(args) => cancel::run(&setup, &args)?,
        Command::Retry(args) => retry::run(&setup, &args)?,
        Command::Deregister(args) => deregister::run(&setup, &args)?,
        Command::Sync(args) => sync::run(&setup, &args)?,
        Command::Orphans(args) => orphans::run(&setup, &args)?,
        Command::RecycleBin(args) => recycle_bin::run(&setup, &args)?,
        Command::Storage(args) => storage::run(&setup, &args)?,
        Command::Map(args) => map::run(&setup, &args)?,
        Command::Policy(args) => policy::run(&setup, &args)?,
        // Run by `start`.
        Command::Config(_) | Command::Schema(_) | Command::Completions(_) | Command::Man | Command::Replay(_) => {
            ExitStatus::Done
        }
    };
    Ok(status.into())
}

/// The error of a screen without a terminal to show it on.
fn no_terminal() -> CommandError {
    let failure = Failure::new("open the screen", "standard input or output is not a terminal");
    CommandError::usage(failure.hint(
        "For a script, `amigrate list` lists images, `amigrate --help` names the other commands; `amigrate demo` shows without a terminal what it does.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_colors_is_known_before_anything_is_parsed() {
        let color = |line: &str| color(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(color("amigrate --color never list --nonsense"), clap::ColorChoice::Never);
        assert_eq!(color("amigrate list --help --color=always"), clap::ColorChoice::Always);
        assert_eq!(color("amigrate list --color"), clap::ColorChoice::Auto);
        assert_eq!(color("amigrate deregister -- --color never"), clap::ColorChoice::Auto);
        assert_eq!(color("amigrate --plain demo --nonsense"), clap::ColorChoice::Never);
    }
}
