//! Arguments of `amigrate sync`.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, Failure, Region, sync::RetireMode, text::clean};

/// Arguments of `amigrate sync`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  amigrate sync --from us-east-1 --to eu-west-1,eu-west-2 --match 'tag:DR=true'
  amigrate sync --from us-east-1 --to eu-west-1 --match 'tag:DR=true' --kms-key-id alias/images --apply --wait
  amigrate sync --policy dr.toml --output json
  amigrate sync --policy dr.toml --apply --wait --timeout 4h --yes")]
#[expect(clippy::struct_excessive_bools, reason = "flags are independent switches")]
pub(in crate::cli) struct SyncArgs {
    /// Region of the images
    #[arg(long, value_name = "REGION", required_unless_present = "policy")]
    pub(super) from: Option<Region>,
    /// Destination regions
    #[arg(long, value_name = "REGION", value_delimiter = ',', required_unless_present = "policy")]
    pub(super) to: Vec<Region>,
    /// Which of your images, in the words of the screen's filter, such as 'tag:DR=true' or 'name:app-*'
    #[arg(long = "match", value_name = "FILTER", required_unless_present = "policy")]
    pub(super) matching: Option<String>,
    /// Read policies from a TOML file instead; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "to", "matching", "name", "encrypted", "kms_key_id",
        "preset", "version_pattern", "keep", "retire", "min_age", "override_keep"])]
    pub(super) policy: Vec<PathBuf>,
    /// Name of the copies, with `{name}`, `{region}`, `{source_id}`, `{source_region}` filled in
    #[arg(long, value_name = "TEMPLATE")]
    pub(super) name: Option<String>,
    /// Encrypt the copies
    #[arg(long)]
    pub(super) encrypted: bool,
    /// Encrypt with this key, in all regions or in one; may be repeated
    #[arg(long, value_name = "KEY|REGION=KEY")]
    pub(super) kms_key_id: Vec<String>,
    /// Values of a stored preset, except its regions; options override them
    #[arg(long, value_name = "NAME")]
    pub(super) preset: Option<String>,
    /// What the version at the end of a name looks like, as a regular expression such as `-[0-9.]+`
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub(super) version_pattern: Option<String>,
    /// Copy only the newest N versions of each family (names that differ only in the version at the end)
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) keep: Option<NonZeroUsize>,
    /// Retire older copies that sync itself has made
    #[arg(long, value_enum, value_name = "HOW", requires = "keep")]
    pub(super) retire: Option<Retire>,
    /// Refuse to retire more images than this [default: 10, or the policies' `max_retire`]
    #[arg(long, value_name = "N")]
    pub(super) max_retire: Option<usize>,
    /// Keep copies younger than this, such as 12h or 30d [default: 1d]
    #[arg(long, value_name = "AGE", value_parser = age, requires = "retire")]
    pub(super) min_age: Option<SignedDuration>,
    /// Carry the plan out only if it still is the one with this digest, `digest` in the JSON of a run without --apply
    #[arg(long, value_name = "DIGEST", requires = "apply")]
    pub(super) expect_plan: Option<String>,
    /// Do nothing with the credentials of another account
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub(super) expect_account: Option<AccountId>,
    /// Retire copies also where others were made with another --keep or --retire that keeps them, by another host or before
    #[arg(long, requires = "retire")]
    pub(super) override_keep: bool,
    /// Regions, between commas, not to ask for copies under way before an image is disabled or deregistered; without it those of the
    /// setting `sync.ignored_regions`
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub(super) ignore_regions: Option<Vec<Region>>,
    /// Status 10 if a policy matches no image
    #[arg(long)]
    pub(super) fail_if_empty: bool,
    /// Carry the plan out
    #[arg(long)]
    pub(super) apply: bool,
    /// Wait until the copies are available, and retire old ones then; otherwise that is left to a later run
    #[arg(long, requires = "apply")]
    pub(super) wait: bool,
    /// With --wait, stop waiting after this long, such as 2h or 90m; the copies continue
    #[arg(long, value_name = "TIME", requires = "wait", value_parser = crate::cli::timeout::parse)]
    pub(super) timeout: Option<Duration>,
    /// Retire images, and start many or large copies, without a question
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// How old copies are retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum Retire {
    /// Deprecate them: they still work
    Deprecate,
    /// Disable them: they can be enabled again
    Disable,
    /// Deregister them, and delete their snapshots
    Deregister,
}

impl Retire {
    pub(super) fn mode(self) -> RetireMode {
        match self {
            Self::Deprecate => RetireMode::Deprecate,
            Self::Disable => RetireMode::Disable,
            Self::Deregister => RetireMode::Deregister,
        }
    }
}

/// Reads an account id.
fn account(text: &str) -> Result<AccountId, Failure> {
    AccountId::new(text)
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "it is a number, at least 1".to_owned())
}

/// Reads an age: `12h`, `30d`, `2w`.
pub(in crate::cli) fn age(text: &str) -> Result<SignedDuration, Failure> {
    let wrong =
        || Failure::new(format!("use the age `{}`", clean(text)), "give a number with a unit, such as 12h, 30d or 2w");
    let text = text.trim();
    let hours = |number: &str, hours: i64| {
        let number: u32 = number.parse().map_err(|_| wrong())?;
        Ok(SignedDuration::from_hours(i64::from(number) * hours))
    };
    if let Some(days) = text.strip_suffix('d') {
        return hours(days, 24);
    }
    if let Some(weeks) = text.strip_suffix('w') {
        return hours(weeks, 24 * 7);
    }
    let age: SignedDuration = text.parse().map_err(|_| wrong())?;
    if age.is_negative() { Err(wrong()) } else { Ok(age) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_units() {
        for (text, hours) in [("12h", 12), ("1d", 24), (" 30d ", 720), ("2w", 336), ("0d", 0), ("90m", 1)] {
            assert_eq!(age(text).unwrap().as_hours(), hours, "{text}");
        }
        for wrong in ["", "1", "d", "-1d", "-5h", "1.5d", "a week"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
