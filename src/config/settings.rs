//! The table of settings: name, default, accepted values and help. Environment variables, error messages and the example file are
//! derived from it.

use std::fmt::Write as _;

use serde::Serialize;

use crate::domain::{Failure, ImageColumn, OwnerFilter, Region, VersionPattern, tag_line::TagLine};

/// Words that stand alone in a list of regions.
const REGION_WORDS: [&str; 2] = ["home", "all"];

/// Accepted values of a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expect {
    /// `true` or `false`.
    Switch,
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Whose images, as [`OwnerFilter::parse`] reads it.
    Whose,
    /// A list of regions, or one of [`REGION_WORDS`] alone.
    Regions,
    /// A list of regions.
    RegionNames,
    /// A list of names.
    Names,
    /// A list of columns of the image list, as [`ImageColumn::parse`] reads them.
    Columns,
    /// What a version looks like, as [`VersionPattern::new`] reads it.
    VersionPattern,
    /// A program and its arguments, as a list of texts; empty for none.
    Command,
    /// A list of tags, each `key=value` as [`TagLine`] reads it.
    Tags,
    /// An integer within these bounds.
    Whole(i64, i64),
    /// A number within these bounds.
    Number(f64, f64),
}

impl Expect {
    /// Returns a description, for `expected ...`.
    pub fn describe(self) -> String {
        match self {
            Self::Switch => "true or false".into(),
            Self::Text => "a text".into(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Whose => {
                "mine, shared, amazon, marketplace, an account id of twelve digits, or public:PATTERN".into()
            }
            Self::Regions => "a list of regions such as [\"us-east-1\"], or [\"home\"] or [\"all\"]".into(),
            Self::RegionNames => "a list of regions such as [\"us-east-1\"]".into(),
            Self::Names => "a list of names such as [\"build\", \"production\"]".into(),
            Self::Columns => {
                let names: Vec<_> = ImageColumn::all().map(|column| column.name()).collect();
                format!("a list of columns, of {} and tag:KEY", names.join(", "))
            }
            Self::VersionPattern => "a regular expression of one version, such as \"-[0-9]+\"".into(),
            Self::Command => "a list of a program and its arguments such as [\"notify-send\", \"copied\"]".into(),
            Self::Tags => "a list of tags such as [\"Team=web\", \"SourceAMI={source_id}\"]".into(),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number(least, most) => format!("a number from {least} to {most}"),
        }
    }

    /// Returns why a value is not accepted, where its form says too little: `: unclosed character class`.
    pub fn reason(self, value: Option<&toml::Value>) -> String {
        let text = value.and_then(toml::Value::as_str).filter(|_| self == Self::VersionPattern);
        let mistake = text.and_then(|text| VersionPattern::new(text).err());
        mistake.map(|mistake| format!(": {}", mistake.why)).unwrap_or_default()
    }

    /// Returns true if the value is accepted.
    pub fn accepts(self, value: &toml::Value) -> bool {
        match (self, value) {
            (Self::Switch, toml::Value::Boolean(_)) | (Self::Text, toml::Value::String(_)) => true,
            (Self::Choice(words), toml::Value::String(word)) => words.contains(&word.as_str()),
            (Self::Whose, toml::Value::String(word)) => OwnerFilter::parse(word).is_some(),
            (Self::Regions, toml::Value::Array(names)) => {
                let word = names.len() == 1 && names[0].as_str().is_some_and(|name| REGION_WORDS.contains(&name));
                word || names.iter().all(|name| name.as_str().is_some_and(|name| Region::new(name).is_ok()))
            }
            (Self::RegionNames, toml::Value::Array(names)) => {
                names.iter().all(|name| name.as_str().is_some_and(|name| Region::new(name).is_ok()))
            }
            (Self::Names, toml::Value::Array(names)) => {
                names.iter().all(|name| name.as_str().is_some_and(|name| !name.trim().is_empty()))
            }
            (Self::Columns, toml::Value::Array(names)) => {
                names.iter().all(|name| name.as_str().is_some_and(|name| ImageColumn::parse(name).is_some()))
            }
            (Self::VersionPattern, toml::Value::String(text)) => VersionPattern::new(text).is_ok(),
            (Self::Command, toml::Value::Array(words)) => {
                words.iter().all(toml::Value::is_str)
                    && words.first().is_none_or(|program| program.as_str() != Some(""))
            }
            (Self::Tags, toml::Value::Array(lines)) => {
                lines.iter().all(|line| line.as_str().is_some_and(|line| TagLine::parse(line).is_ok()))
            }
            (Self::Whole(least, most), toml::Value::Integer(n)) => (least..=most).contains(n),
            (Self::Number(least, most), toml::Value::Float(n)) => (least..=most).contains(n),
            _ => false,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Empty at the top level.
    pub section: &'static str,
    pub name: &'static str,
    /// Default as TOML.
    pub default: &'static str,
    pub expect: Expect,
    pub help: &'static str,
}

impl Setting {
    /// Returns the environment variable, for example `AMIGRATE_UI_ASCII`.
    pub fn variable(&self) -> String {
        let joint = if self.section.is_empty() { "" } else { "_" };
        format!("AMIGRATE_{}{joint}{}", self.section, self.name).to_uppercase()
    }
}

/// Sections in the order of the example file, with their comments.
pub const SECTIONS: [(&str, &str); 12] = [
    ("", "Settings of amigrate. Every value here is the default."),
    ("aws", "How AWS is reached. Empty texts leave it to the AWS SDK: AWS_PROFILE, AWS_REGION, ~/.aws/config."),
    ("browse", "What is listed at the start."),
    ("coverage", "How images are grouped where it is shown which regions have them."),
    ("sync", "How `amigrate sync` keeps regions in sync."),
    ("orphans", "How orphaned snapshots are looked for."),
    ("copy", "How copies are made."),
    ("jobs", "Handling of copies once they are requested."),
    (
        "hooks",
        "Commands that are run without a shell when something has happened. The README says what is passed to them.",
    ),
    ("poll", "How often progress is polled, in seconds."),
    ("ui", "How it looks."),
    ("log", "What is written down."),
];

const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];

const NOTIFICATIONS: &[&str] = &["none", "osc9", "osc777"];

const fn key(
    section: &'static str,
    name: &'static str,
    default: &'static str,
    expect: Expect,
    help: &'static str,
) -> Setting {
    Setting { section, name, default, expect, help }
}

/// Every setting.
#[rustfmt::skip]
pub const KEYS: [Setting; 58] = [
    key("", "read_only", "false", Expect::Switch, "Refuse every write to AWS."),
    key("aws", "profile", "\"\"", Expect::Text, "The profile to use."),
    key("aws", "region", "\"\"", Expect::Text, "The region to work in, and to show first."),
    key("aws", "endpoint_url", "\"\"", Expect::Text, "Another endpoint for every service, for a simulator or a private network."),
    key("aws", "attempts", "4", Expect::Whole(1, 10), "Tries of one call, the first included."),
    key("aws", "attempt_timeout_seconds", "20", Expect::Whole(1, 600), "The most seconds one try may take."),
    key("aws", "operation_timeout_seconds", "60", Expect::Whole(1, 3_600), "The most seconds a call may take with all its tries."),
    key("browse", "regions", "[]", Expect::Regions, "Regions to show. None: the profile's at once, then every other enabled one that answers within 3 seconds. [\"home\"]: the profile's only; [\"all\"]: every enabled one."),
    key("browse", "whose", "\"mine\"", Expect::Whose, "mine, shared, amazon, marketplace, an account id, or public:PATTERN."),
    key("browse", "amazon_name", "\"al2023-ami-2023*\"", Expect::Text, "Which of Amazon's images, by name (* and ?)."),
    key("browse", "marketplace_name", "\"*\"", Expect::Text, "Which of the Marketplace's images, by name (* and ?)."),
    key("browse", "public_limit", "10000", Expect::Whole(1, 1_000_000), "The most public images listed in a region."),
    key("browse", "refresh_minutes", "5", Expect::Whole(0, 1_440), "List the images again after this many minutes; of regions with many images more rarely. 0: only on request."),
    key("browse", "concurrent_regions", "8", Expect::Whole(1, 64), "Regions listed at the same time."),
    key("browse", "profiles", "[]", Expect::Names, "Profiles whose accounts the screen shows together, such as [\"build\", \"production\"]; none for the one in use. --profile names one instead."),
    key("browse", "columns", "[]", Expect::Columns, "Columns of the image list in their order, such as [\"name\", \"region\", \"image_id\", \"tag:Team\"]; none for those that fit (C lists them all)."),
    key("coverage", "version_pattern", "\"[-._]v?[0-9][0-9A-Za-z.]*\"", Expect::VersionPattern, "What a version at the end of an image's name looks like, as a regular expression. Images of one name without it are versions of one image. Sync has a pattern of its own."),
    key("sync", "ignored_regions", "[]", Expect::RegionNames, "Regions that are not asked whether copies of an image are under way there, before sync disables or deregisters it. A region that is asked and does not answer keeps it."),
    key("orphans", "ignored_regions", "[]", Expect::RegionNames, "Regions that are not asked whether the image of a copy's snapshots is there, before these are called orphans. A region that is asked and does not answer keeps them."),
    key("copy", "name", "\"{name}\"", Expect::Text, "The copy's name: {name}, {region}, {source_id}, {date} are filled in."),
    key("copy", "description", "\"[Copied {source_id} from {source_region}] {source_description}\"", Expect::Text, "The copy's description: the name's words, {source_region} and {source_description} are filled in."),
    key("copy", "copy_tags", "true", Expect::Switch, "Copy the source's own tags."),
    key("copy", "encrypt", "false", Expect::Switch, "Start the form with encryption on."),
    key("copy", "kms_key", "\"\"", Expect::Text, "The KMS key the form starts with: an id, an alias or an ARN; empty for the destination's default."),
    key("copy", "tags", "[]", Expect::Tags, "Tags of every new image: key=value, in which {source_id}, {source_region}, {name}, {region} and {date} are filled in."),
    key("copy", "snapshot_tags", "[]", Expect::Tags, "The same for every new snapshot."),
    key("copy", "confirm_copies", "20", Expect::Whole(1, 1_000_000), "More copies than these at once are confirmed by typing their number."),
    key("copy", "confirm_gib", "1000", Expect::Whole(1, 1_000_000_000), "The same for more GiB than these."),
    key("copy", "max_copies", "3000", Expect::Whole(1, 100_000), "More copies than these at once are refused."),
    key("copy", "prices_file", "\"\"", Expect::Text, "A file of prices that override the built-in ones, in the form of assets/prices.toml; a relative path is relative to this file."),
    key("copy", "pending_limit", "300", Expect::Whole(1, 10_000), "The most copies pending at once in one destination."),
    key("copy", "starts_per_second", "1.0", Expect::Number(0.01, 100.0), "Copies started a second in one destination, once the burst is used up."),
    key("copy", "start_burst", "10", Expect::Whole(1, 1_000), "Copies started at once in one destination."),
    key("copy", "job_tags", "true", Expect::Switch, "Tag new images and snapshots with amigrate:job and amigrate:batch: by these a copy is found again after a crash."),
    key("copy", "token_minutes", "10", Expect::Whole(1, 1_440), "Minutes for which EC2 is trusted to know a client token again. A copy without tags whose request was lost is sent again only within them."),
    key("jobs", "directory", "\"\"", Expect::Text, "Where the jobs are kept; empty for the platform's state directory. It must be on a local disk."),
    key("jobs", "network_file_system", "false", Expect::Switch, "Keep jobs on a network file system all the same. Its locks may fail, and copies be made twice."),
    key("jobs", "login_timeout_hours", "24", Expect::Whole(0, 8_760), "A process that drives the queue and has had no usable credentials for this many hours keeps the queue and ends with status 3; with 0 at once."),
    key("jobs", "history_days", "90", Expect::Whole(1, 3_650), "Days for which ended copies are kept in the history."),
    key("jobs", "background_on_hangup", "true", Expect::Switch, "After a hang-up, let a background process continue with copies not yet sent."),
    key("jobs", "stall_warning_minutes", "30", Expect::Whole(1, 10_000), "Warn of a copy that makes no progress for this many minutes. Nothing is ever cancelled for it."),
    key("hooks", "job_ended", "[]", Expect::Command, "Run this for each copy of yours that has ended: a program (an absolute path, or a name of PATH) and its arguments, such as [\"/home/me/bin/copied\", \"--quiet\"]."),
    key("hooks", "timeout_seconds", "60", Expect::Whole(1, 3_600), "A hook that takes longer is ended."),
    key("poll", "fastest_seconds", "3", Expect::Whole(1, 3_600), "Interval between polls while copies make progress."),
    key("poll", "slowest_seconds", "15", Expect::Whole(1, 3_600), "Longest interval while none does."),
    key("poll", "throttled_seconds", "60", Expect::Whole(1, 3_600), "Longest interval after throttling."),
    key("ui", "theme", "\"default\"", Expect::Text, "default, mono, high-contrast, colour-blind, nord, or the name of a file of yours in themes/ beside this one. NO_COLOR wins."),
    key("ui", "ascii", "false", Expect::Switch, "Draw in ASCII even where the locale is UTF-8."),
    key("ui", "mouse", "false", Expect::Switch, "Take the mouse; the terminal's own selection then needs Shift."),
    key("ui", "bell", "true", Expect::Switch, "Ring the bell when a job ends."),
    key("ui", "notification", "\"none\"", Expect::Choice(NOTIFICATIONS), "Ask the terminal for a notification when jobs end: none, osc9 or osc777, whichever it knows."),
    key("ui", "title", "false", Expect::Switch, "Show in the window's title how far the copies are."),
    key("ui", "remember", "true", Expect::Switch, "Remember regions, whose images, sort, columns, panes and the last filters between runs, by account. Settings that are not at their default win."),
    key("ui", "synchronized", "true", Expect::Switch, "Send each frame as one synchronised update (mode 2026)."),
    key("ui", "frames_local", "30", Expect::Whole(1, 120), "Frames a second at most, on a local terminal."),
    key("ui", "frames_remote", "10", Expect::Whole(1, 120), "Frames a second at most, over SSH."),
    key("log", "level", "\"info\"", Expect::Choice(LEVELS), "off, error, warn, info, debug or trace. At debug the screen is recorded, for `amigrate replay`."),
    key("log", "file", "\"\"", Expect::Text, "The log's file; empty for one in the platform's state directory."),
];

/// Checks the numbers of settings that come from elsewhere than a file of settings: sums are made of them.
///
/// # Errors
/// The first that is out of its bounds.
pub fn check_numbers(settings: &impl Serialize) -> Result<(), Failure> {
    let failed = |why: String| Failure::new("read the settings", why);
    let values = toml::Table::try_from(settings).map_err(|error| failed(error.to_string()))?;
    for key in KEYS.iter().filter(|key| matches!(key.expect, Expect::Whole(..) | Expect::Number(..))) {
        let section =
            if key.section.is_empty() { Some(&values) } else { values.get(key.section).and_then(|s| s.as_table()) };
        if section.and_then(|section| section.get(key.name)).is_some_and(|value| !key.expect.accepts(value)) {
            return Err(failed(format!("{}.{} is not {}", key.section, key.name, key.expect.describe())));
        }
    }
    Ok(())
}

pub fn find(section: &str, name: &str) -> Option<&'static Setting> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

/// Returns the valid word most similar to a mistaken one, if any is similar.
pub fn nearest<'a>(word: &str, valid: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    valid
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&word.to_lowercase(), candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

pub fn example() -> String {
    let mut out = String::new();
    for (section, about) in SECTIONS {
        if !section.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "# {about}");
        if section.is_empty() {
            out.push_str("# Each can be set in the environment as well, for example AMIGRATE_UI_ASCII=true.\n\n");
        } else {
            let _ = writeln!(out, "[{section}]");
        }
        for key in KEYS.iter().filter(|key| key.section == section) {
            let _ = writeln!(out, "# {}\n{} = {}", bounds(key), key.name, key.default);
        }
    }
    out.push('\n');
    out.push_str(&super::keys::example());
    out
}

/// Returns the help with the bounds of a number.
fn bounds(key: &Setting) -> String {
    match key.expect {
        Expect::Whole(least, most) => format!("{} {least} to {most}.", key.help),
        Expect::Number(least, most) => format!("{} {least} to {most}.", key.help),
        _ => key.help.to_owned(),
    }
}
