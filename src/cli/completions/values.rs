//! Values that complete arguments, from this machine's files alone: no request is sent, nothing is written, and what cannot be read
//! offers nothing.

use std::{collections::BTreeSet, ffi::OsStr, path::PathBuf};

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::{
    aws,
    cli::{list::OWNERS, output::Record as _, records::ImageRecord, regions::remembered_names},
    config::{self, Config, PresetFile},
    domain::{Region, text::clean},
    engine::JobPhase,
    runtime::region_cache::RegionCache,
    sim::Scenario,
    store::{JobSummary, peek},
};

/// Jobs are offered up to this number, the newest first.
const JOBS: usize = 200;

/// What an argument's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    Regions,
    Profiles,
    Presets,
    Batches,
    Jobs,
    Images,
    JobsAndImages,
    States,
    Scenarios,
    Columns,
    Owners,
}

/// Lets every argument of a command and its subcommands complete; with escapes for special characters, as bash wants.
pub(super) fn add(command: Command, escapes: bool) -> Command {
    command.mut_args(|arg| with_values(arg, escapes)).mut_subcommands(|command| add(command, escapes))
}

fn with_values(arg: Arg, escapes: bool) -> Arg {
    if !arg.get_action().takes_values() || !arg.get_possible_values().is_empty() {
        return arg;
    }
    match values(&arg) {
        Some(values) => arg
            .add(ArgValueCompleter::new(move |current: &OsStr| complete(values, &current.to_string_lossy(), escapes))),
        None if names(&arg).any(|name| matches!(name, "FILE" | "LOG")) => arg.value_hint(ValueHint::FilePath),
        None => arg,
    }
}

/// The words of an argument's value name: `JOB` and `IMAGE` of `JOB|IMAGE`.
fn names(arg: &Arg) -> impl Iterator<Item = &str> {
    let names = arg.get_value_names().unwrap_or_default().iter();
    names.flat_map(|name| name.as_str().split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
}

/// What an argument takes, by its name, else by its value's.
fn values(arg: &Arg) -> Option<Values> {
    let by_name = match arg.get_id().as_str() {
        "profile" | "profiles" | "share_from" => Values::Profiles,
        "preset" => Values::Presets,
        "batch" => Values::Batches,
        "state" | "states" => Values::States,
        "scenario" => Values::Scenarios,
        "sort" => Values::Columns,
        "owners" => Values::Owners,
        _ => {
            let has = |wanted: &[&str]| names(arg).any(|name| wanted.contains(&name));
            match (has(&["JOB", "JOBS"]), has(&["IMAGE", "IMAGES"])) {
                (true, true) => Values::JobsAndImages,
                (true, false) => Values::Jobs,
                (false, true) => Values::Images,
                (false, false) if has(&["REGION", "REGIONS"]) => Values::Regions,
                (false, false) => return None,
            }
        }
    };
    Some(by_name)
}

/// Completes the last of values between commas.
fn complete(values: Values, current: &str, escapes: bool) -> Vec<CompletionCandidate> {
    let (given, begun) = current.split_at(current.rfind(',').map_or(0, |at| at + 1));
    let begun = if escapes { begun.replace('\\', "") } else { begun.to_owned() };
    let mut seen: BTreeSet<String> = given.split(',').map(str::to_owned).collect();
    let found = candidates(values).into_iter().filter(|(value, _)| value.starts_with(&begun));
    // A control character would end the value, or the line.
    let found = found.filter(|(value, _)| clean(value) == value.as_str() && seen.insert(value.clone()));
    let found = found.map(|(value, help)| {
        let value = if escapes { escaped(&value) } else { value };
        let help = Some(clean(&help).into_owned()).filter(|help| !help.is_empty());
        CompletionCandidate::new(value).help(help.map(Into::into)).add_prefix(given)
    });
    found.enumerate().map(|(n, candidate)| candidate.display_order(Some(n))).collect()
}

/// The value as a word of a bash command line.
fn escaped(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@+,%=".contains(c);
    value.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// All values with their descriptions.
fn candidates(values: Values) -> Vec<(String, String)> {
    let bare = |value: String| (value, String::new());
    match values {
        Values::Regions => regions().into_iter().map(bare).collect(),
        Values::Profiles => profiles().into_iter().map(bare).collect(),
        Values::Presets => presets().into_iter().map(bare).collect(),
        Values::States => JobPhase::ALL.into_iter().map(|phase| bare(phase.as_str().into())).collect(),
        Values::Scenarios => Scenario::names().map(|name| bare(name.into())).collect(),
        Values::Columns => ImageRecord::columns().iter().map(|column| bare(column.name.into())).collect(),
        Values::Owners => OWNERS.iter().map(|&owner| bare(owner.into())).collect(),
        Values::Batches => batches(&jobs()),
        Values::Jobs => jobs().iter().map(numbered).collect(),
        Values::Images => images(&jobs()),
        Values::JobsAndImages => {
            let jobs = jobs();
            jobs.iter().map(numbered).chain(images(&jobs)).collect()
        }
    }
}

fn numbered(job: &JobSummary) -> (String, String) {
    (job.id.to_string(), describe(job))
}

fn describe(job: &JobSummary) -> String {
    format!("{}, {} > {}, {}", job.name, job.source_region, job.destination, job.state)
}

fn images(jobs: &[JobSummary]) -> Vec<(String, String)> {
    jobs.iter().filter_map(|job| Some((job.image.clone()?, describe(job)))).collect()
}

/// Batches with the first copy of each.
fn batches(jobs: &[JobSummary]) -> Vec<(String, String)> {
    jobs.iter().map(|job| (job.batch.clone(), job.name.clone())).collect()
}

/// The settings; the defaults if they have a mistake.
fn settings() -> Config {
    Config::load(None, &|name| std::env::var(name).ok()).unwrap_or_default()
}

fn jobs() -> Vec<JobSummary> {
    let directory = settings().jobs.directory;
    let dir = if directory.is_empty() { config::state_dir() } else { Some(PathBuf::from(directory)) };
    dir.map(|dir| peek(&dir, JOBS)).unwrap_or_default()
}

/// The regions that were enabled when EC2 was asked last, else those this program knows; and those chosen before and those of the
/// settings.
fn regions() -> BTreeSet<String> {
    let remembered = remembered_names();
    let chosen = config::state_dir().map(|dir| RegionCache::in_dir(&dir).all()).unwrap_or_default();
    let chosen = chosen.iter().map(ToString::to_string).chain(settings().browse.regions);
    let known = Region::KNOWN.iter().map(|&region| region.to_owned()).filter(|_| remembered.is_empty());
    let mut regions: BTreeSet<String> = known.chain(chosen).chain(remembered.iter().cloned()).collect();
    regions.remove("all");
    regions.remove("home");
    regions
}

fn presets() -> Vec<String> {
    let read = PresetFile::beside(None).and_then(|file| file.read().ok());
    read.map(|presets| presets.into_keys().collect()).unwrap_or_default()
}

fn profiles() -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map(|runtime| runtime.block_on(aws::profiles())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arg(id: &'static str, value_name: &'static str) -> Arg {
        Arg::new(id).long(id).value_name(value_name)
    }

    #[test]
    fn what_an_argument_takes_follows_from_its_names() {
        let cases = [
            ("profile", "NAME", Some(Values::Profiles)),
            ("profiles", "NAMES", Some(Values::Profiles)),
            ("to", "REGION[,REGION]", Some(Values::Regions)),
            ("kms_key_id", "KEY|REGION=KEY", Some(Values::Regions)),
            ("targets", "JOB|IMAGE", Some(Values::JobsAndImages)),
            ("job", "JOB", Some(Values::Jobs)),
            ("mine", "IMAGE", Some(Values::Images)),
            ("name", "PATTERN", None),
            ("sort", "COLUMN", Some(Values::Columns)),
            ("owners", "OWNER", Some(Values::Owners)),
        ];
        for (id, value_name, expected) in cases {
            assert_eq!(values(&arg(id, value_name)), expected, "{id}");
        }
    }

    fn shown(values: Values, current: &str, escapes: bool) -> Vec<String> {
        let found = complete(values, current, escapes);
        found.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_last_of_several_values_is_completed() {
        assert_eq!(shown(Values::Scenarios, "demo,ho", false), ["demo,hostile"]);
        assert_eq!(shown(Values::Scenarios, "hostile,ho", false), [] as [&str; 0]);
        assert_eq!(shown(Values::States, "in", true), ["in\\ doubt"]);
        assert_eq!(shown(Values::States, "in\\ d", true), ["in\\ doubt"]);
        assert_eq!(shown(Values::Scenarios, "ho", false), ["hostile"]);
        assert_eq!(shown(Values::Columns, "creation", false), ["creation_date"]);
        assert_eq!(shown(Values::Owners, "se", false), ["self"]);
    }
}
