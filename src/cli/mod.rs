//! Command-line arguments, and one file for each command. Errors are printed here, after the screen was left.

mod audit;
mod drive;
mod jobs;
mod plain;
mod resolve;
mod simulate;
mod tui;
mod whoami;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    aws::{HttpClient, SessionOptions},
    config::{self, Config},
    domain::{Failure, Region, Retry, text::clean},
    driver::{DriverSettings, SessionSource, StoreLocation, background},
    engine::EngineConfig,
    runtime::logging,
    store::refuse_network,
    term::{Caps, CapsOverrides},
};

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
    common: Common,
}

/// Flags that hold for every command.
#[derive(Debug, Args)]
struct Common {
    /// Profile of the AWS configuration
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// First region to show; the profile's otherwise
    #[arg(long, global = true, value_name = "REGION")]
    region: Option<Region>,
    /// Send every call to this endpoint
    #[arg(long, global = true, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Refuse everything that would change something in AWS
    #[arg(long, global = true)]
    read_only: bool,
    /// Settings file, instead of the one in the configuration directory
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What goes into the log file
    #[arg(long, global = true, value_name = "LEVEL", value_parser = ["off", "error", "warn", "info", "debug", "trace"])]
    log_level: Option<String>,
    /// Lines instead of a screen
    #[arg(long, global = true)]
    plain: bool,
    /// ASCII instead of Unicode
    #[arg(long, global = true)]
    ascii: bool,
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
    Jobs(jobs::Which),
    /// Decide about a copy in doubt: whether AWS made it is not known, and images of its name have appeared
    Resolve(resolve::Decision),
    /// Print who is signed in, where the credentials came from, and who drives the queue here; status 3 if nobody is
    Whoami,
    /// Print the calls that changed something in AWS, a line each, newest last: time, identity, region, action, resource,
    /// job, request id, outcome
    Audit(audit::Which),
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

/// Everything a command needs to start.
struct Setup {
    config: Config,
    caps: Caps,
    /// Lines are wanted, or there is no terminal for a screen.
    plain: bool,
    profile: Option<String>,
    region: Option<Region>,
    /// The arguments of a background process that runs the queue as this process was started.
    background: Vec<OsString>,
}

/// The status when there are no credentials that work.
const NO_CREDENTIALS: u8 = 3;

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
    match set_up(&arguments.common, &env).and_then(|setup| dispatch(arguments, setup)) {
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
        Some(Command::Jobs(which)) => jobs::run(&setup, which),
        Some(Command::Resolve(decision)) => resolve::run(&setup, decision),
        Some(Command::Whoami) => whoami::run(&setup),
        Some(Command::Audit(which)) => audit::run(&setup, which),
        Some(Command::Demo { scenario }) if setup.plain => plain::demo(&setup, &scenario),
        Some(Command::Demo { scenario }) => tui::demo(setup, &scenario),
        Some(Command::Simulate { port, scenario, time_scale }) => simulate::run(port, &scenario, time_scale),
    }
}

fn set_up(common: &Common, env: &impl Fn(&str) -> Option<String>) -> Result<Setup, Failure> {
    let mut config = Config::load(common.config.as_deref(), env)?;
    config.read_only |= common.read_only;
    config.ui.ascii |= common.ascii;
    let given = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    if let Some(level) = &common.log_level {
        config.log.level.clone_from(level);
    }
    if let Some(url) = common.endpoint_url.clone() {
        config.aws.endpoint_url = url;
    }
    let region = match &common.region {
        Some(region) => Some(region.clone()),
        None => given(&config.aws.region).map(|r| Region::new(&r)).transpose()?,
    };
    if let Some(region) = &common.region {
        // A region on the command line is shown alone, whatever the settings list.
        config.browse.regions = vec![region.to_string()];
    }
    let profile = common.profile.clone().or_else(|| given(&config.aws.profile));
    let overrides = CapsOverrides {
        colors: CapsOverrides::parse_palette(&config.ui.palette),
        ascii: config.ui.ascii,
        mouse: config.ui.mouse,
        sync: config.ui.synchronized,
    };
    let caps = Caps::detect(env, overrides);
    let (stdin, stdout) = crate::term::session::ttys();
    let plain = Caps::line_mode(env, stdin, stdout, common.plain);
    let background = background(common);
    Ok(Setup { config, caps, plain, profile, region, background })
}

/// The arguments of `amigrate drive` with this process's flags.
fn background(common: &Common) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["drive".into()];
    let mut add =
        |flag: &str, value: Option<OsString>| arguments.extend(value.map(|v| [flag.into(), v]).into_iter().flatten());
    add("--region", common.region.as_ref().map(|r| r.to_string().into()));
    add("--endpoint-url", common.endpoint_url.clone().map(OsString::from));
    add("--config", common.config.clone().map(|p| std::path::absolute(&p).unwrap_or(p).into_os_string()));
    add("--log-level", common.log_level.clone().map(OsString::from));
    arguments
}

impl Setup {
    /// Where jobs are stored, or why nowhere.
    fn store(&self) -> StoreLocation {
        let jobs = &self.config.jobs;
        let dir = if jobs.directory.is_empty() { config::state_dir() } else { Some(PathBuf::from(&jobs.directory)) };
        match dir {
            None => StoreLocation::Unavailable(
                Failure::new("keep jobs", "this platform names no directory for a program's state").hint(
                    "Set HOME, XDG_STATE_HOME or `jobs.directory`. Without a store copies could be lost, so none are made.",
                ),
            ),
            Some(dir) if dir.is_relative() => StoreLocation::Unavailable(
                Failure::new("keep jobs", format!("`jobs.directory` is a relative path: {}", dir.display()))
                    .hint("Give the absolute path, starting with `/`."),
            ),
            Some(dir) if jobs.network_file_system => StoreLocation::Dir(dir),
            Some(dir) => refuse_network(&dir).map_or_else(StoreLocation::Unavailable, |()| StoreLocation::Dir(dir)),
        }
    }

    /// The directory that jobs are stored in.
    fn store_dir(&self) -> Result<PathBuf, Failure> {
        match self.store() {
            StoreLocation::Dir(dir) => Ok(dir),
            StoreLocation::Unavailable(failure) => Err(failure),
            StoreLocation::Memory => Err(Failure::new("keep jobs", "they are in memory")),
        }
    }

    fn driver_settings(&self) -> DriverSettings {
        DriverSettings {
            engine: EngineConfig::from(&self.config),
            read_only: self.config.read_only,
            exit_when_done: false,
            history_days: self.config.jobs.history_days,
        }
    }

    fn session_source(&self) -> SessionSource {
        SessionSource::Aws { options: self.session_options(), http: http_client() }
    }

    fn session_options(&self) -> SessionOptions {
        let aws = &self.config.aws;
        SessionOptions {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: Some(aws.endpoint_url.clone()).filter(|u| !u.is_empty()),
            attempts: aws.attempts,
            attempt_timeout: std::time::Duration::from_secs(aws.attempt_timeout_seconds),
            operation_timeout: std::time::Duration::from_secs(aws.operation_timeout_seconds),
        }
    }

    /// Starts the log. If no file is named and the default one cannot be written, everything else still works.
    fn start_log(&self) -> Result<Option<tracing_appender::non_blocking::WorkerGuard>, Failure> {
        let log = &self.config.log;
        if log.level == "off" {
            return Ok(None);
        }
        if log.file.is_empty() {
            return Ok(config::state_dir().and_then(|dir| logging::start_default(&dir, &log.level).ok()));
        }
        logging::start(Path::new(&log.file), &log.level).map(Some)
    }
}

fn http_client() -> Result<HttpClient, Failure> {
    HttpClient::from_environment()
}

/// SIGTSTP, which `Ctrl-Z` sends unless the terminal is in raw mode.
fn stop_signal() -> tokio::signal::unix::SignalKind {
    tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw())
}

/// A tokio runtime: responses are few and small, so two threads are enough for hundreds of regions.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::new("start", e.to_string()))
}

/// Prints a failure: what, why, and what to do.
fn report(failure: &Failure) {
    let mut err = io::stderr().lock();
    let mut lines = failure.lines().into_iter();
    if let Some(first) = lines.next() {
        let _ = writeln!(err, "amigrate: {}", clean(&first));
    }
    for line in lines {
        let _ = writeln!(err, "  {}", clean(&line));
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
