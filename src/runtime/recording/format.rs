//! The lines of a recording.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    config::{Aws, Config, Copy, Hooks, Jobs, Log, Themes, settings::check_numbers},
    domain::{Failure, price::Prices},
    term::{Caps, Input},
    tui::{Msg, ProfileId, Start, Workspace},
};

/// The form of the lines; a new one whenever what is written cannot be read by earlier versions or the other way round.
pub const FORMAT: u32 = 1;
/// The target of the log's lines that are a recording's.
pub(super) const TARGET: &str = "amigrate::recording";

/// One line: an entry and where it belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line<E> {
    /// The process and when its screen began, which keep runs apart.
    pub run: RunId,
    /// The entry's number within the run, from 0 on: what was not written is missed.
    pub n: u64,
    pub at: Timestamp,
    /// Whose model was given it; the first one's in recordings of earlier versions.
    #[serde(default, skip_serializing_if = "is_first")]
    pub profile: ProfileId,
    pub entry: E,
}

/// Returns true for the profile that the screen began with.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_first(profile: &ProfileId) -> bool {
    *profile == ProfileId::default()
}

/// The largest terminal that a recording is read of: larger than any, and small enough to be drawn.
const LARGEST: (u16, u16) = (2_000, 1_000);
/// The times that a recording is read of, so that durations can be added to them: the seconds until the year 2200.
const TIMES: RangeInclusive<i64> = 0..=7_258_118_400;

impl Line<Recorded> {
    /// Looks at sizes and times: a log of somebody else's may have any. `stepped` is how far the clock was set by the lines before,
    /// and with this one.
    ///
    /// # Errors
    /// Which cannot be replayed.
    pub(super) fn check(&self, stepped: &mut SignedDuration) -> Result<(), String> {
        let in_range = |time: Timestamp| TIMES.contains(&time.as_second());
        if let Some(time) = [self.at, self.run.began].into_iter().find(|time| !in_range(*time)) {
            return Err(format!("no clock shows {time}"));
        }
        let size = match &self.entry {
            Entry::Began(beginning) => Some(beginning.size),
            Entry::Msg(Msg::Input(Input::Resize(columns, rows))) => Some((*columns, *rows)),
            // Deadlines move with it.
            Entry::Msg(Msg::ClockStepped(step)) => {
                *stepped = stepped.saturating_add(*step);
                if !TIMES.contains(&stepped.as_secs().saturating_abs()) {
                    return Err("no clock is set so far".into());
                }
                None
            }
            Entry::Msg(_) => None,
        };
        match size.filter(|(columns, rows)| *columns > LARGEST.0 || *rows > LARGEST.1) {
            Some((columns, rows)) => Err(format!("no terminal has {columns}x{rows} characters")),
            None => Ok(()),
        }
    }
}

/// A run of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId {
    pub pid: u32,
    pub began: Timestamp,
}

/// Content of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry<B, M> {
    /// How the screen began.
    Began(B),
    Msg(M),
}

/// An entry that was read.
pub type Recorded = Entry<Box<Beginning>, Msg>;

/// How the screen began, as far as it matters for what is on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beginning {
    pub format: u32,
    /// Of amigrate.
    pub version: String,
    config: Config,
    /// Those of the settings, which do not serialise them.
    notes: Vec<String>,
    unknown_variables: Vec<Failure>,
    /// Empty in recordings of earlier versions.
    #[serde(default)]
    set_by_environment: BTreeSet<String>,
    caps: Caps,
    demo: Option<String>,
    profile: Option<String>,
    /// Empty in recordings of earlier versions.
    #[serde(default)]
    other_profiles: Vec<String>,
    /// Columns and rows.
    size: (u16, u16),
    /// Those that are not the built-in ones.
    prices: Option<Prices>,
    themes: BTreeMap<String, Option<Failure>>,
    first_run: bool,
    remembers: bool,
}

impl Beginning {
    /// What a model was started with, without the seed of its client tokens and without the settings that the screen does not show:
    /// paths, an endpoint, the words of a hook.
    pub(super) fn of(start: &Start) -> Self {
        let Start {
            config,
            caps,
            demo,
            profile,
            other_profiles,
            seed: _,
            now: _,
            size,
            prices,
            themes,
            first_run,
            remembers,
        } = start;
        let hook = config.hooks.job_ended.first().map(|_| "hook".to_owned());
        let shown = Config {
            aws: Aws::default(),
            copy: Copy { prices_file: String::new(), ..config.copy.clone() },
            jobs: Jobs { directory: String::new(), ..config.jobs.clone() },
            hooks: Hooks { job_ended: hook.into_iter().collect(), ..config.hooks.clone() },
            log: Log::default(),
            ..config.clone()
        };
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").into(),
            notes: config.notes.clone(),
            unknown_variables: config.unknown_variables.clone(),
            set_by_environment: config.set_by_environment.clone(),
            config: shown,
            caps: caps.clone(),
            demo: demo.clone(),
            profile: profile.clone(),
            other_profiles: other_profiles.clone(),
            size: *size,
            prices: Some(prices).filter(|_| !config.copy.prices_file.is_empty()).cloned(),
            themes: themes.for_recording(),
            first_run: *first_run,
            remembers: *remembers,
        }
    }

    /// Makes the screen as it was at the beginning.
    ///
    /// # Errors
    /// If the built-in prices cannot be read, and for settings that no file can have.
    pub(super) fn workspace(self, now: Timestamp) -> Result<Workspace, Failure> {
        let config = Config {
            notes: self.notes,
            unknown_variables: self.unknown_variables,
            set_by_environment: self.set_by_environment,
            ..self.config
        };
        check_numbers(&config)?;
        let prices = self.prices.map_or_else(|| config.prices(), Ok)?;
        let start = Start {
            config,
            caps: self.caps,
            demo: self.demo,
            profile: self.profile,
            other_profiles: self.other_profiles,
            // The stand-ins of the client tokens that it makes are those of this seed.
            seed: 0,
            now,
            size: self.size,
            prices,
            themes: Themes::recorded(self.themes),
            first_run: self.first_run,
            remembers: self.remembers,
        };
        Ok(Workspace::new(start).0)
    }
}
