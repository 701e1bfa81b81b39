//! `amigrate config`: shows, checks and writes the settings.

mod records;

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::{
    exit::{CommandError, ExitStatus, OrUsage as _},
    output::{OutputOptions, Printer, Record, report},
    regions::nearest,
    setup::{CommonFlags, runtime, unknown_variables},
};
use crate::{
    aws,
    config::{Config, EffectiveSetting, PresetFile, SettingSource, Themes, bindings::Context, chord::Chord, settings},
    domain::{Failure, Region, text::clean},
};
pub(super) use records::{FileRecord, SettingRecord};

/// Arguments of `amigrate config`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate config init
  amigrate config check
  amigrate config show --output json")]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Print which files are read: settings, presets, prices
    Path,
    /// Print every setting with its value and where that comes from: default, file, environment or flag; of the keys those that
    /// the file changes
    Show,
    /// Name every mistake in the settings, the themes, the presets and the prices; status 2 if there is one
    Check,
    /// Write a settings file with every setting, its help and its default
    Init {
        /// Replace the file if there is one
        #[arg(long)]
        force: bool,
    },
}

impl ConfigArgs {
    /// Returns true if records are printed.
    pub(super) fn prints_records(&self) -> bool {
        matches!(self.action, Action::Path | Action::Show)
    }
}

pub(super) fn run(
    common: &CommonFlags,
    env: &impl Fn(&str) -> Option<String>,
    args: &ConfigArgs,
) -> Result<ExitStatus, CommandError> {
    let (named, output) = (common.config_file(), common.output_options(env));
    match args.action {
        Action::Path => print(output, paths(named, env).into_iter()),
        Action::Show => {
            let (settings, keys) = (shown(common, env).or_usage()?, keys(common, env).or_usage()?);
            print(output, settings.iter().map(SettingRecord::from).chain(keys))
        }
        Action::Check => Ok(check(output, named, env)),
        Action::Init { force } => init(output, named, force),
    }
}

fn print<R: Record>(output: OutputOptions, records: impl Iterator<Item = R>) -> Result<ExitStatus, CommandError> {
    let columns = R::columns().iter().filter(|column| column.default).collect();
    let mut printer = Printer::new(output, columns, io::stdout());
    for record in records {
        printer.print(&record)?;
    }
    printer.finish::<()>(&[])?;
    Ok(ExitStatus::Done)
}

fn no_home() -> Failure {
    Failure::new("find the settings", "this platform names no directory for them")
        .hint("Set HOME or XDG_CONFIG_HOME, or name a file with --config.")
}

fn paths(named: Option<&Path>, env: &impl Fn(&str) -> Option<String>) -> Vec<FileRecord> {
    let presets = PresetFile::beside(named);
    // With a mistake in the settings the prices are the built-in ones.
    let prices = Config::load(named, env).map(|config| config.copy.prices_file).unwrap_or_default();
    let files = [
        ("settings", Config::file(named)),
        ("presets", presets.map(|file| file.path().to_owned())),
        ("prices", Some(prices).filter(|file| !file.is_empty()).map(Into::into)),
    ];
    files.into_iter().filter_map(|(name, path)| Some(FileRecord::new(name, &path?))).collect()
}

/// The keys that the settings file changes.
fn keys(common: &CommonFlags, env: &impl Fn(&str) -> Option<String>) -> Result<Vec<SettingRecord>, Failure> {
    let file = Config::file(common.config_file()).map(|file| file.display().to_string());
    let changed = Config::load(common.config_file(), env)?.keys.0;
    let of_context = |(context, actions): (Context, BTreeMap<_, Vec<Chord>>)| {
        let file = file.clone();
        actions.into_iter().map(move |(action, chords)| SettingRecord::of_key(context, action, &chords, file.clone()))
    };
    Ok(changed.into_iter().flat_map(of_context).collect())
}

/// The settings, overridden by the flags.
fn shown(common: &CommonFlags, env: &impl Fn(&str) -> Option<String>) -> Result<Vec<records::Shown>, Failure> {
    let file = Config::file(common.config_file()).map(|file| file.display().to_string());
    let mut settings = Config::effective(common.config_file(), env)?;
    let flags = common.overridden();
    let mut shown = Vec::with_capacity(settings.len());
    for EffectiveSetting { setting, value, source } in settings.drain(..) {
        let flag = flags.iter().find(|(section, name, ..)| (*section, *name) == (setting.section, setting.name));
        let (value, source) = match flag {
            Some((.., value)) => (value.clone(), SettingSource::Flag),
            None => (value, source),
        };
        let given_by = match source {
            SettingSource::Default => None,
            SettingSource::File => file.clone(),
            SettingSource::Environment => Some(setting.variable()),
            SettingSource::Flag => flag.map(|(_, _, flag, _)| (*flag).to_owned()),
        };
        shown.push(records::Shown { setting: EffectiveSetting { setting, value, source }, given_by });
    }
    Ok(shown)
}

/// Settings that only what is under them can judge: the endpoint and the profile.
fn of_aws(config: &Config) -> Vec<Failure> {
    let (url, profile) = (config.aws.endpoint_url.as_str(), config.aws.profile.as_str());
    let endpoint = if url.is_empty() { None } else { aws::checked_endpoint(url).err() };
    let of_profile = |name| runtime()?.block_on(aws::check_profile(name));
    let profile = if profile.is_empty() { None } else { of_profile(profile).err() };
    endpoint.into_iter().chain(profile).collect()
}

/// Names what is no mistake on every machine, but most likely one on this: a hook that is not here, regions that are not known.
fn doubtful(config: &Config) -> Vec<String> {
    let program = config.hooks.job_ended.first().filter(|program| !is_executable(program));
    let hook = program.map(|program| format!("hooks.job_ended: there is no program {} here", clean(program)));
    let regions = config.browse.regions.iter().filter(|name| !["home", "all"].contains(&name.as_str()));
    let unknown = regions.filter(|name| !Region::KNOWN.contains(&name.as_str()));
    let region = |name: &String| {
        let near = nearest(name, Region::KNOWN.into_iter()).map(|near| format!("; did you mean {near}?"));
        format!("browse.regions: {} is no region that amigrate knows{}", clean(name), near.unwrap_or_default())
    };
    hook.into_iter().chain(unknown.map(region)).collect()
}

/// Returns true for the path of an executable file, and for a name that is found in `PATH`.
fn is_executable(program: &str) -> bool {
    let is_file = |path: &Path| path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    let path = std::env::var_os("PATH").unwrap_or_default();
    if program.contains('/') {
        is_file(Path::new(program))
    } else {
        std::env::split_paths(&path).any(|dir| is_file(&dir.join(program)))
    }
}

fn check(output: OutputOptions, named: Option<&Path>, env: &impl Fn(&str) -> Option<String>) -> ExitStatus {
    let mut mistakes = Config::mistakes(named, env);
    if mistakes.is_empty() {
        match Config::load(named, env) {
            Ok(config) => {
                mistakes.extend(config.prices().err());
                mistakes.extend(of_aws(&config));
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    mistakes.extend(unknown_variables());
    let themes = Themes::beside(named);
    mistakes.extend(themes.mistakes().cloned());
    if let Ok(config) = Config::load(named, env) {
        mistakes.extend(themes.get(&config.ui.theme).err().filter(|failure| !mistakes.contains(failure)));
        config.notes.iter().for_each(|note| output.note(note));
        for text in doubtful(&config) {
            output.note(&format!("warning: {text}"));
        }
    }
    mistakes.extend(PresetFile::beside(named).and_then(|presets| presets.read().err()));
    mistakes.iter().for_each(report);
    if !mistakes.is_empty() {
        return ExitStatus::Usage;
    }
    match Config::file(named).filter(|file| file.exists()) {
        Some(file) => output.note(&format!("{}: no mistakes", file.display())),
        None => output.note(&format!(
            "no mistakes; there is no settings file, so all {} settings are defaults or from the environment",
            settings::KEYS.len()
        )),
    }
    ExitStatus::Done
}

fn init(output: OutputOptions, named: Option<&Path>, force: bool) -> Result<ExitStatus, CommandError> {
    let path = Config::file(named).ok_or_else(no_home).or_usage()?;
    Config::write_example(&path, force).map_err(|error| {
        let failure = Failure::new(format!("write {}", path.display()), error.to_string());
        if error.kind() == ErrorKind::AlreadyExists {
            let failure = Failure::new(failure.what, "the file is there already");
            return CommandError::usage(failure.hint("--force replaces it; --config names another."));
        }
        failure.into()
    })?;
    output.note("Written; every value in it is the default.");
    writeln!(io::stdout(), "{}", path.display()).map_err(|error| CommandError::write(&error))?;
    Ok(ExitStatus::Done)
}
