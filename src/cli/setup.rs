//! What every command needs to start: the common flags, the settings they override, and what is made of both.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    exit::CommandError,
    output::{ColorChoice, Fit, Format, OutputOptions},
};
use crate::{
    aws::{HttpClient, SessionOptions},
    config::{self, Config},
    domain::{AccountKey, Failure, Region, RoleArn},
    driver::{AuditedCalls, Clock, DriverSettings, HookSettings, SessionSource, StoreLocation},
    engine::EngineConfig,
    runtime::logging,
    store::refuse_network,
    term::{Caps, CapsOverrides},
};

/// Flags that hold for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct CommonFlags {
    /// Profile of the AWS configuration
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Role that a command assumes with the profile's credentials: it works in the role's account
    #[arg(long, global = true, value_name = "ARN")]
    role_arn: Option<RoleArn>,
    /// Region to work in, and to show first; the profile's otherwise
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
    /// What goes into the log file; at debug the screen is recorded, for `amigrate replay`
    #[arg(long, global = true, value_name = "LEVEL", value_parser = ["off", "error", "warn", "info", "debug", "trace"])]
    log_level: Option<String>,
    /// Format of the data on standard output, a table unless given
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
    /// When to use colors
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    color: ColorChoice,
    /// Print no notes on standard error, only failures
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Lines instead of a screen: a prompt on a terminal, otherwise what there is, printed
    #[arg(long, global = true)]
    plain: bool,
    /// ASCII instead of Unicode
    #[arg(long, global = true)]
    ascii: bool,
}

impl CommonFlags {
    /// The settings file, if one was named.
    pub(super) fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The profile, if one was named.
    pub(super) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The format, if one was named.
    pub(super) fn format(&self) -> Option<Format> {
        self.output
    }

    /// Refuses what says how a command prints, where none is named.
    ///
    /// # Errors
    /// One of usage that names commands which print.
    pub(super) fn check_without_command(&self) -> Result<(), CommandError> {
        if self.role_arn.is_some() {
            let failure = Failure::new("run amigrate without a command", "--role-arn is for commands");
            let hint = "Write a profile with `role_arn` and `source_profile`, and name it with --profile.";
            return Err(CommandError::usage(failure.hint(hint)));
        }
        let (flag, what) = match (self.output, self.quiet, self.plain) {
            (Some(_), _, false) => ("--output", "the screen prints nothing"),
            (Some(_), _, true) => ("--output", "--plain prints lines of its own"),
            (None, true, false) => ("--quiet", "the screen prints nothing"),
            (None, true, true) | (None, false, _) => return Ok(()),
        };
        let failure = Failure::new("run amigrate without a command", format!("{flag} does not apply: {what}"));
        let hint = "`amigrate list --output json` prints images, `amigrate jobs --output json` copies.";
        Err(CommandError::usage(failure.hint(hint)))
    }

    /// How data and notes are printed.
    pub(super) fn output_options(&self, env: &impl Fn(&str) -> Option<String>) -> OutputOptions {
        OutputOptions::new(self.output.unwrap_or_default(), self.color, self.quiet, self.ascii, env)
    }

    /// The settings that flags override: section, name, flag, value.
    pub(super) fn overridden(&self) -> Vec<(&'static str, &'static str, &'static str, toml::Value)> {
        let region = self.region.as_ref().map(Region::as_str);
        let text = |value: Option<&str>| value.map(toml::Value::from);
        let switch = |on: bool| on.then_some(toml::Value::Boolean(true));
        let flags = [
            ("", "read_only", "--read-only", switch(self.read_only)),
            ("aws", "profile", "--profile", text(self.profile.as_deref())),
            ("aws", "region", "--region", text(region)),
            ("aws", "endpoint_url", "--endpoint-url", text(self.endpoint_url.as_deref())),
            ("browse", "regions", "--region", region.map(|region| toml::Value::from(vec![region]))),
            ("ui", "ascii", "--ascii", switch(self.ascii)),
            ("log", "level", "--log-level", text(self.log_level.as_deref())),
        ];
        flags.into_iter().filter_map(|(section, name, flag, value)| Some((section, name, flag, value?))).collect()
    }
}

/// Everything a command needs to start.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) config: Config,
    /// The settings file, if one was named.
    pub(super) config_file: Option<PathBuf>,
    pub(super) caps: Caps,
    /// Lines are wanted, or there is no terminal for a screen.
    pub(super) plain: bool,
    /// Standard input and output are terminals.
    pub(super) terminal: bool,
    pub(super) profile: Option<String>,
    /// The profile of `--profile`, without that of the settings or the environment.
    pub(super) named_profile: Option<String>,
    /// The profiles whose accounts the screen shows together; empty where it shows one.
    pub(super) screen_profiles: Vec<String>,
    /// The role that is assumed with the profile's credentials.
    pub(super) role: Option<RoleArn>,
    pub(super) region: Option<Region>,
    /// The region of `--region`, without that of the settings.
    pub(super) named_region: Option<Region>,
    /// There is no terminal for a screen, and line mode was not requested.
    pub(super) no_terminal: bool,
    /// How data and notes are printed.
    pub(super) output: OutputOptions,
    /// The arguments of a background process that runs the queue as this process was started.
    pub(super) background: Vec<OsString>,
}

impl Setup {
    /// Loads the settings, overridden by the flags, and looks at the terminal.
    pub(super) fn new(common: &CommonFlags, env: &impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let mut config = Config::load(common.config.as_deref(), env)?;
        config.unknown_variables = unknown_variables();
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
        let overrides = CapsOverrides { ascii: config.ui.ascii, mouse: config.ui.mouse, sync: config.ui.synchronized };
        let mut caps = Caps::detect(env, overrides);
        caps.colors = common.color.forced().unwrap_or(caps.colors);
        let (stdin, stdout) = crate::term::session::ttys();
        let plain = Caps::line_mode(env, stdin, stdout, common.plain);
        let terminal = stdin && stdout;
        let no_terminal = !(common.plain || terminal);
        let mut output = common.output_options(env);
        if config.ui.ascii {
            output.fit = output.fit.map(Fit::in_ascii);
        }
        let background = background(common);
        let config_file = common.config.clone();
        let named_region = common.region.clone();
        Ok(Self {
            config,
            config_file,
            caps,
            plain,
            terminal,
            profile,
            named_profile: common.profile.clone(),
            screen_profiles: Vec::new(),
            role: common.role_arn.clone(),
            region,
            named_region,
            no_terminal,
            output,
            background,
        })
    }

    /// The flags by which this process was started that also matter to another one, without the profile.
    pub(super) fn flags(&self) -> impl Iterator<Item = &std::ffi::OsStr> {
        self.background.iter().skip(1).map(OsString::as_os_str)
    }

    /// The same with a role to assume.
    pub(super) fn with_role(&self, role: Option<RoleArn>) -> Self {
        Self { role, ..self.clone() }
    }

    /// The same with another profile, and its own credentials.
    pub(super) fn with_profile(&self, profile: &str) -> Self {
        let profile = Some(profile.to_owned());
        Self { named_profile: profile.clone(), profile, role: None, ..self.clone() }
    }

    /// Where jobs are stored, or why nowhere.
    pub(super) fn store(&self) -> StoreLocation {
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
    pub(super) fn store_dir(&self) -> Result<PathBuf, Failure> {
        match self.store() {
            StoreLocation::Dir(dir) => Ok(dir),
            StoreLocation::Unavailable(failure) => Err(failure),
            StoreLocation::Memory => Err(Failure::new("keep jobs", "they are in memory")),
        }
    }

    /// Returns what sends the account's changing calls and audits them.
    pub(super) fn audited_calls(&self, account: &AccountKey) -> Result<AuditedCalls, Failure> {
        let store = StoreLocation::Dir(self.store_dir()?).open(jiff::Timestamp::now(), |_| {})?;
        Ok(AuditedCalls::new(store, account.clone(), Clock::real()))
    }

    pub(super) fn driver_settings(&self) -> DriverSettings {
        DriverSettings {
            engine: EngineConfig::from(&self.config),
            read_only: self.config.read_only,
            exit_when_done: false,
            history_days: self.config.jobs.history_days,
            hooks: HookSettings::from(&self.config.hooks),
        }
    }

    pub(super) fn session_source(&self) -> SessionSource {
        SessionSource::Aws { options: Box::new(self.session_options()), http: http_client() }
    }

    pub(super) fn session_options(&self) -> SessionOptions {
        let aws = &self.config.aws;
        SessionOptions {
            profile: self.profile.clone(),
            role: self.role.clone(),
            region: self.region.clone(),
            endpoint_url: Some(aws.endpoint_url.clone()).filter(|u| !u.is_empty()),
            attempts: aws.attempts,
            attempt_timeout: std::time::Duration::from_secs(aws.attempt_timeout_seconds),
            operation_timeout: std::time::Duration::from_secs(aws.operation_timeout_seconds),
        }
    }

    /// Has the screen show the accounts of these profiles together; without any, those of the settings, unless one profile was named.
    pub(super) fn choose_profiles(&mut self, given: &[String], named: Option<&str>) {
        let of_settings = given.is_empty() && named.is_none() && self.terminal;
        let chosen = if of_settings { &self.config.browse.profiles } else { given };
        for profile in chosen.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            if !self.screen_profiles.iter().any(|other| other == profile) {
                self.screen_profiles.push(profile.to_owned());
            }
        }
    }

    /// Starts the log. If no file is named and the default one cannot be written, everything else still works.
    pub(super) fn start_log(&self) -> Result<Option<tracing_appender::non_blocking::WorkerGuard>, Failure> {
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

/// The variables of this process that are named like those of settings, and are none.
pub(super) fn unknown_variables() -> Vec<Failure> {
    Config::misspelt(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
}

/// The arguments of `amigrate drive` with this process's flags.
fn background(common: &CommonFlags) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["drive".into()];
    let mut add =
        |flag: &str, value: Option<OsString>| arguments.extend(value.map(|v| [flag.into(), v]).into_iter().flatten());
    add("--region", common.region.as_ref().map(|r| r.to_string().into()));
    add("--endpoint-url", common.endpoint_url.clone().map(OsString::from));
    add("--config", common.config.clone().map(|p| std::path::absolute(&p).unwrap_or(p).into_os_string()));
    add("--log-level", common.log_level.clone().map(OsString::from));
    arguments
}

pub(super) fn http_client() -> Result<HttpClient, Failure> {
    HttpClient::from_environment()
}

/// SIGTSTP, which `Ctrl-Z` sends unless the terminal is in raw mode.
pub(super) fn stop_signal() -> tokio::signal::unix::SignalKind {
    tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw())
}

/// A tokio runtime: responses are few and small, so two threads are enough for hundreds of regions.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::new("start", e.to_string()))
}

/// Runs a command to its end. What it no longer waits for, such as a lookup of a name or a file system that hangs, does not hold up
/// the process.
pub(super) fn block_on<T, E: From<Failure>>(command: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let runtime = runtime()?;
    let result = runtime.block_on(command);
    runtime.shutdown_background();
    result
}
