//! Reads recordings from a log and the files that it was rotated to.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::error::Category;

use super::format::{Entry, FORMAT, Line, Recorded, RunId, TARGET};
use crate::domain::{Failure, text::count};

/// How a screen is recorded.
const HOW: &str = "Start amigrate with `--log-level debug`, do again what went wrong, and quit; settings and AMIGRATE_LOG_LEVEL do the same.";

/// More files than a log ever has.
const MOST_FILES: u32 = 99;

/// The lines of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    pub run: RunId,
    /// In their order, from the beginning to the end or to the first that is missing.
    pub lines: Vec<Line<Recorded>>,
    /// What is wrong with the rest.
    pub problem: Option<String>,
}

/// The runs of the screen in a log, in the order of their first lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    path: PathBuf,
    recorded: Vec<(RunId, Vec<String>)>,
    /// Where each run is among them: a log may have thousands.
    places: BTreeMap<RunId, usize>,
}

/// Why a line is not replayed.
enum Unread {
    /// So many lines are missing before it.
    Missing(usize),
    CutOff,
    /// Why it cannot be read.
    Wrong(String),
}

/// What every line has, whatever its entry is.
#[derive(Deserialize)]
struct Head {
    run: RunId,
}

/// What a beginning has in every format.
#[derive(Deserialize)]
struct BeginningHead {
    format: u32,
    version: String,
}

impl Runs {
    /// Reads a log: first what was rotated to `LOG.4`, `LOG.3` and so on, as far as it is there.
    ///
    /// # Errors
    /// Files that cannot be read, and a log without a recording.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let mut read = Self { path: path.to_owned(), recorded: Vec::new(), places: BTreeMap::new() };
        for file in files(path) {
            read.add(&file).map_err(|error| read.failure(&error.to_string()))?;
        }
        if read.recorded.is_empty() {
            return Err(read.failure("no run of the screen is recorded in it").hint(HOW));
        }
        Ok(read)
    }

    fn failure(&self, why: &str) -> Failure {
        Failure::new(format!("replay {}", self.path.display()), why)
    }

    fn add(&mut self, file: &Path) -> io::Result<()> {
        let mut lines = BufReader::new(fs::File::open(file)?);
        let (mut bytes, marker) = (Vec::new(), format!("{TARGET}: "));
        while lines.read_until(b'\n', &mut bytes)? > 0 {
            let line = String::from_utf8_lossy(&bytes);
            if let Some((_, json)) = line.split_once(&marker) {
                self.add_line(json.trim_end());
            }
            bytes.clear();
        }
        Ok(())
    }

    fn add_line(&mut self, json: &str) {
        // The run of a line that was cut off in its entry can still be recognised.
        let head = json.split_once("},\"n\":").map(|(head, _)| format!("{head}}}}}"));
        let Some(Head { run }) = head.and_then(|head| serde_json::from_str(&head).ok()) else { return };
        let place = *self.places.entry(run).or_insert(self.recorded.len());
        match self.recorded.get_mut(place) {
            Some((_, lines)) => lines.push(json.to_owned()),
            None => self.recorded.push((run, vec![json.to_owned()])),
        }
    }

    /// The runs, for a person to choose from.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = RunId> {
        self.recorded.iter().map(|(run, _)| *run)
    }

    /// Returns the run of a process, the last if there are several; the last of all if none is named.
    ///
    /// # Errors
    /// If there is none of that process, or its beginning is lost or of another format.
    pub fn choose(&self, pid: Option<u32>) -> Result<Recording, Failure> {
        let chosen = self.recorded.iter().rev().find(|(run, _)| pid.is_none_or(|pid| run.pid == pid));
        let Some((run, lines)) = chosen else {
            let known: Vec<String> = self.ids().map(|run| format!("{} ({})", run.pid, run.began)).collect();
            let why = format!("no screen of process {} is recorded in it", pid.unwrap_or_default());
            return Err(self.failure(&why).hint(format!("There are those of {}.", known.join(", "))));
        };
        self.check_beginning(*run, lines)?;
        let (mut read, mut stepped) = (Vec::new(), SignedDuration::ZERO);
        let problem = lines.iter().enumerate().find_map(|(at, json)| match read_line(json, at, &mut stepped) {
            Ok(line) => {
                read.push(line);
                None
            }
            Err(Unread::Missing(lines)) => Some(format!(
                "{} missing after message {}, as the log could not be written fast enough: the rest is not replayed.",
                count(lines, "line is", "lines are"),
                at.saturating_sub(1)
            )),
            Err(Unread::CutOff) if at + 1 == lines.len() => {
                Some("The last line is cut off, as after a crash: what came before it is replayed.".into())
            }
            Err(Unread::CutOff) => Some(format!("Message {at} is cut off: the rest is not replayed.")),
            Err(Unread::Wrong(why)) if at == 0 => Some(why),
            Err(Unread::Wrong(why)) => Some(format!("Message {at} cannot be read ({why}): the rest is not replayed.")),
        });
        if read.is_empty() {
            let why = problem.unwrap_or_default();
            return Err(self.failure(&format!("the first line of the recording cannot be read: {why}")));
        }
        Ok(Recording { run: *run, lines: read, problem })
    }

    /// Looks at the first line, which must be a beginning of this format.
    fn check_beginning(&self, run: RunId, lines: &[String]) -> Result<(), Failure> {
        let first: Option<Line<Entry<BeginningHead, IgnoredAny>>> =
            lines.first().and_then(|line| serde_json::from_str(line).ok());
        let Some(Line { n: 0, entry: Entry::Began(BeginningHead { format, version }), .. }) = first else {
            let found = lines.first().and_then(|line| serde_json::from_str::<Line<IgnoredAny>>(line).ok());
            let from = found.map(|line| format!(": the log has it from message {} at {} on", line.n, line.at));
            let why =
                format!("the beginning of the recording of process {} is lost{}", run.pid, from.unwrap_or_default());
            return Err(self.failure(&why).hint(
                "A log keeps five files of 10 MB. Record again for a shorter time, from a new start on, into a file of its own: `AMIGRATE_LOG_FILE=bug.log amigrate --log-level debug`.",
            ));
        };
        if format != FORMAT {
            let which = if format > FORMAT { "newer" } else { "older" };
            let why =
                format!("it was recorded by amigrate {version} in a {which} form ({format}; this one reads {FORMAT})");
            return Err(self.failure(&why).hint(format!("Replay it with amigrate {version}.")));
        }
        Ok(())
    }
}

/// Reads the line of this number.
fn read_line(json: &str, number: usize, stepped: &mut SignedDuration) -> Result<Line<Recorded>, Unread> {
    let line: Line<Recorded> = serde_json::from_str(json).map_err(|error| match error.classify() {
        Category::Eof => Unread::CutOff,
        _ => Unread::Wrong(error.to_string()),
    })?;
    let missing = line.n.abs_diff(u64::try_from(number).unwrap_or(u64::MAX));
    if missing > 0 {
        return Err(Unread::Missing(usize::try_from(missing).unwrap_or(usize::MAX)));
    }
    line.check(stepped).map_err(Unread::Wrong)?;
    Ok(line)
}

/// The files of a log, oldest first.
fn files(path: &Path) -> Vec<PathBuf> {
    let numbered = |n: u32| {
        let mut name: OsString = path.as_os_str().to_owned();
        name.push(format!(".{n}"));
        PathBuf::from(name)
    };
    let rotated: Vec<PathBuf> = (1..=MOST_FILES).map(numbered).take_while(|file| file.is_file()).collect();
    rotated.into_iter().rev().chain([path.to_owned()]).collect()
}

impl Recording {
    /// Returns the version of amigrate that recorded it, if that is another one.
    pub fn other_version(&self) -> Option<&str> {
        let Entry::Began(beginning) = &self.lines.first()?.entry else { return None };
        Some(beginning.version.as_str()).filter(|version| *version != env!("CARGO_PKG_VERSION"))
    }

    /// The time of the run's last line.
    pub fn end(&self) -> Timestamp {
        self.lines.last().map_or(self.run.began, |line| line.at)
    }
}
