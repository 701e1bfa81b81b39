//! Settings: defaults, overridden by the file, then by the environment; `cli` applies flags.
//!
//! The table in [`settings`] defines names, error messages, environment variables and the example file. The SDK reads `AWS_*`.

mod aws;
pub mod bindings;
mod browse;
pub mod chord;
mod copy_defaults;
mod coverage;
mod effective;
mod enabled_regions;
mod environment;
mod file;
mod filters;
pub mod hooks;
mod key_context;
mod key_file;
pub mod keys;
mod last_values;
mod obsolete;
mod orphans;
pub mod paths;
mod presets;
mod prices;
mod remembered;
mod replace;
mod serde_names;
pub mod settings;
pub(crate) mod source;
mod start_regions;
mod sync;
pub mod theme;
mod ui;

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Serialize};

use crate::domain::{Failure, plan::CheckContext, price::Prices};

pub use aws::Aws;
pub use browse::Browse;
pub use coverage::Coverage;
pub use effective::{EffectiveSetting, SettingSource};
pub use enabled_regions::EnabledRegions;
pub use filters::{FilterFile, NamedFilters, change as change_filter};
pub use hooks::Hooks;
pub use keys::{KeyMap, KeySettings};
pub use last_values::LastValues;
pub use orphans::Orphans;
pub use paths::{default_path, state_dir};
pub use presets::{PresetFile, Presets};
pub use remembered::{RememberedView, RememberedViews, is_welcome_due, take_welcome};
pub use start_regions::StartRegions;
pub use sync::Sync;
pub use theme::{Theme, Themes};
pub use ui::Ui;

/// Every setting.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Refuse every write to AWS.
    pub read_only: bool,
    /// How AWS is reached.
    pub aws: Aws,
    /// Listing of images.
    pub browse: Browse,
    /// Grouping of images for coverage.
    pub coverage: Coverage,
    /// Keeping regions in sync.
    pub sync: Sync,
    /// Orphaned snapshots.
    pub orphans: Orphans,
    /// Defaults and limits of copies.
    pub copy: Copy,
    /// Handling of jobs.
    pub jobs: Jobs,
    /// Commands of the user's.
    pub hooks: Hooks,
    /// How often progress is polled.
    pub poll: Poll,
    /// Appearance.
    pub ui: Ui,
    /// Log.
    pub log: Log,
    /// Keys that are not the table's.
    pub keys: KeySettings,
    /// What the user should know of settings that are read differently from how they were meant.
    #[serde(skip_serializing)]
    pub notes: Vec<String>,
    /// Variables of the environment that are named like those of settings, and are none.
    #[serde(skip)]
    pub unknown_variables: Vec<Failure>,
    /// The settings that the environment sets, also to their defaults, such as `browse.whose`.
    #[serde(skip)]
    pub set_by_environment: BTreeSet<String>,
}

/// Defaults and limits of copies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Copy {
    /// The copy's name, a template.
    pub name: String,
    /// The copy's description, a template.
    pub description: String,
    /// Whether the source's own tags are copied.
    pub copy_tags: bool,
    /// Whether the form starts with encryption on.
    pub encrypt: bool,
    /// The KMS key the form starts with; empty for the destination's default.
    pub kms_key: String,
    /// Tags of every new image, each `key=value`; values are templates.
    pub tags: Vec<String>,
    /// The same for every new snapshot.
    pub snapshot_tags: Vec<String>,
    /// More copies at once are confirmed by typing their number.
    pub confirm_copies: usize,
    /// More GiB at once are confirmed by typing the number of copies.
    pub confirm_gib: u64,
    /// More copies at once are refused.
    pub max_copies: usize,
    /// A file of prices that override the built-in ones; empty for none.
    pub prices_file: String,
    /// The most copies pending at once in one destination.
    pub pending_limit: usize,
    /// Copies started a second in one destination, once the burst is used up.
    pub starts_per_second: f64,
    /// Copies started at once in one destination.
    pub start_burst: u32,
    /// Whether new images and snapshots are tagged with their job and batch.
    pub job_tags: bool,
    /// Minutes for which EC2 is trusted to know a client token again.
    pub token_minutes: u32,
}

/// Handling of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Where they are kept; empty for the platform's state directory.
    pub directory: String,
    /// Whether that may be on a network file system.
    pub network_file_system: bool,
    /// Hours after which a driver without usable credentials ends.
    pub login_timeout_hours: u32,
    /// Days for which ended copies are kept.
    pub history_days: u32,
    /// True if a queue continues in the background after a hang-up.
    pub background_on_hangup: bool,
    /// So many minutes without progress are worth a warning.
    pub stall_warning_minutes: u32,
}

/// Poll intervals in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Poll {
    /// While copies make progress.
    pub fastest_seconds: u64,
    /// Once nothing moves.
    pub slowest_seconds: u64,
    /// The most it grows to when AWS throttles.
    pub throttled_seconds: u64,
}

/// Log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `off`, `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// The log's file; empty for one in the state directory.
    pub file: String,
}

impl Default for Copy {
    fn default() -> Self {
        Self {
            name: "{name}".into(),
            description: "[Copied {source_id} from {source_region}] {source_description}".into(),
            copy_tags: true,
            encrypt: false,
            kms_key: String::new(),
            tags: Vec::new(),
            snapshot_tags: Vec::new(),
            confirm_copies: 20,
            confirm_gib: 1_000,
            max_copies: CheckContext::MAX_COPIES,
            prices_file: String::new(),
            pending_limit: 300,
            starts_per_second: 1.0,
            start_burst: 10,
            job_tags: true,
            token_minutes: 10,
        }
    }
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            directory: String::new(),
            network_file_system: false,
            login_timeout_hours: 24,
            history_days: 90,
            background_on_hangup: true,
            stall_warning_minutes: 30,
        }
    }
}

impl Default for Poll {
    fn default() -> Self {
        Self { fastest_seconds: 3, slowest_seconds: 15, throttled_seconds: 60 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), file: String::new() }
    }
}

/// Replaces a small file of the state directory by what `change` makes of its text; several processes may do so at once.
///
/// # Errors
/// Those of the file system and of `change`, which leave the file as it was; `TimedOut` if others hold the lock for 2 seconds.
pub fn replace_state_file(path: &Path, change: impl FnOnce(String) -> std::io::Result<String>) -> std::io::Result<()> {
    replace::replace(path, replace::Access::User, change)
}

impl Config {
    /// Loads defaults, the file, and `AMIGRATE_*` from the environment. Without `path`, the platform's default file is read if it
    /// exists.
    ///
    /// # Errors
    /// A file that cannot be read, also a missing `path`, and any mistake in the file or the environment, with its position, what was
    /// expected, and a similar valid name.
    pub fn load(path: Option<&Path>, env: &impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let default = default_path();
        let text = match (path, default.as_deref()) {
            (Some(named), _) => Some((named, read(named)?)),
            (None, Some(usual)) if usual.exists() => Some((usual, read(usual)?)),
            (None, _) => None,
        };
        Self::assemble(text.as_ref().map(|(path, text)| (*path, text.as_str())), env)
    }

    /// Like [`Self::load`], from a file's path and text.
    pub fn assemble(text: Option<(&Path, &str)>, env: &impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let mut values = match text {
            Some((path, text)) => beside_file(file::read(path, text)?, path),
            None => toml::Table::new(),
        };
        match environment::apply(&mut values, env).into_iter().next() {
            Some(mistake) => Err(mistake),
            None => Ok(Self { set_by_environment: environment::all_set(env), ..Self::of(values)? }),
        }
    }

    fn of(values: toml::Table) -> Result<Self, Failure> {
        let config: Self = values
            .try_into()
            .map_err(|error: toml::de::Error| Failure::new("read the settings", error.message().to_owned()))?;
        config.consistent()?;
        Ok(config)
    }

    /// Reads the built-in prices, overridden by those of `copy.prices_file`. A relative path in the settings file is relative to that
    /// file, one in the environment to the working directory.
    ///
    /// # Errors
    /// A file that cannot be read, and the first mistake in it with line and column.
    pub fn prices(&self) -> Result<Prices, Failure> {
        let file = Some(self.copy.prices_file.as_str()).filter(|file| !file.is_empty());
        prices::load(file.map(Path::new))
    }

    /// Returns the example file: every setting with its help and default.
    pub fn example() -> String {
        settings::example()
    }

    /// Writes the example file, whole or not at all, for this user alone. Directories are created.
    ///
    /// # Errors
    /// `AlreadyExists` if there is a file and it is not to be replaced; those of the file system.
    pub fn write_example(path: &Path, replace_existing: bool) -> std::io::Result<()> {
        replace::replace(path, replace::Access::User, |_| {
            if path.exists() && !replace_existing {
                return Err(std::io::ErrorKind::AlreadyExists.into());
            }
            Ok(Self::example())
        })
    }

    /// Checks rules that involve several settings.
    fn consistent(&self) -> Result<(), Failure> {
        let Poll { fastest_seconds: fastest, slowest_seconds: slowest, throttled_seconds: throttled } = self.poll;
        if fastest > slowest || slowest > throttled {
            return Err(Failure::new(
                "read the settings",
                format!(
                    "in [poll], fastest_seconds ({fastest}), slowest_seconds ({slowest}) and throttled_seconds \
                     ({throttled}) must not fall"
                ),
            ));
        }
        Ok(())
    }
}

/// Makes the paths of a settings file relative to it.
fn beside_file(mut values: toml::Table, path: &Path) -> toml::Table {
    let copy = values.get_mut("copy").and_then(toml::Value::as_table_mut);
    if let Some(toml::Value::String(file)) = copy.and_then(|copy| copy.get_mut("prices_file"))
        && !file.is_empty()
        && let Some(directory) = path.parent()
        // A path that is no UTF-8 text cannot be a setting.
        && let Some(beside) = directory.join(&*file).to_str()
    {
        beside.clone_into(file);
    }
    values
}

fn read(path: &Path) -> Result<String, Failure> {
    source::read(
        "the settings",
        path,
        "Leave the option out for the defaults; `amigrate config init` writes a file with them, to the one that --config names.",
    )
}

#[cfg(test)]
mod tests;
