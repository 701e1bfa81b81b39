//! Scenarios: the initial state of a world as TOML. Some are embedded in the binary.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use crate::{
    domain::{AccountId, Failure, ImageId, OptIn, Region},
    sim::{
        faults::{
            latencies::{Latencies, RegionLimits},
            rules::Rule,
        },
        world::{
            allowed_images::AllowedImages,
            directory::{AccountSpec, RoleSpec},
            kms_keys::KeySpec,
            locations::{LocalZoneSpec, OutpostSpec},
            permissions::Permissions,
            policy::DenySpec,
            references::ReferenceSpec,
            retention::RetentionRule,
            usage_reports::UseSpec,
        },
    },
};

const FILES: [(&str, &str); 9] = [
    ("accounts", include_str!("../../../assets/scenarios/accounts.toml")),
    ("broken", include_str!("../../../assets/scenarios/broken.toml")),
    ("checks", include_str!("../../../assets/scenarios/checks.toml")),
    ("compare", include_str!("../../../assets/scenarios/compare.toml")),
    ("demo", include_str!("../../../assets/scenarios/demo.toml")),
    ("denied", include_str!("../../../assets/scenarios/denied.toml")),
    ("empty", include_str!("../../../assets/scenarios/empty.toml")),
    ("hostile", include_str!("../../../assets/scenarios/hostile.toml")),
    ("huge", include_str!("../../../assets/scenarios/huge.toml")),
];

/// The initial state of a world; does not depend on the clock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line for people.
    pub summary: String,
    /// Name of the scenario that this one adds to.
    #[serde(default)]
    extends: Option<String>,
    /// Seed of all ids and jitter.
    pub seed: u64,
    /// The account of requests, unless their access key belongs to another one.
    pub account: AccountId,
    /// The region the account's user starts in.
    pub home: Region,
    #[serde(default)]
    pub latencies: Latencies,
    /// Limits of each region.
    #[serde(default)]
    pub limits: RegionLimits,
    #[serde(default, rename = "region")]
    pub(crate) regions: Vec<RegionSpec>,
    #[serde(default, rename = "outpost")]
    pub(crate) outposts: Vec<OutpostSpec>,
    #[serde(default, rename = "local_zone")]
    pub(crate) local_zones: Vec<LocalZoneSpec>,
    /// Accounts with resources of their own. Other owners of images are only mentioned.
    #[serde(default, rename = "other_account")]
    pub(crate) other_accounts: Vec<AccountSpec>,
    #[serde(default, rename = "role")]
    pub(crate) roles: Vec<RoleSpec>,
    #[serde(default, rename = "key")]
    pub(crate) keys: Vec<KeySpec>,
    #[serde(default, rename = "images")]
    pub(crate) families: Vec<FamilySpec>,
    #[serde(default, rename = "copy")]
    pub(crate) copies: Vec<CopySpec>,
    #[serde(default, rename = "reference")]
    pub(crate) references: Vec<ReferenceSpec>,
    #[serde(default, rename = "use")]
    pub(crate) uses: Vec<UseSpec>,
    /// Retention rules of the Recycle Bin.
    #[serde(default)]
    pub(crate) retention: Vec<RetentionRule>,
    /// What the account's user may not do.
    #[serde(default, rename = "deny")]
    pub(crate) denied: Vec<DenySpec>,
    #[serde(default, rename = "fault")]
    pub(crate) faults: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionSpec {
    pub(crate) names: Vec<Region>,
    #[serde(default)]
    pub(crate) opt_in: OptInSpec,
    #[serde(default)]
    pub(crate) encrypts_by_default: bool,
    /// `alias/NAME` or a key id; `None` is `alias/aws/ebs`.
    #[serde(default)]
    pub(crate) default_key: Option<String>,
    /// Images cannot be made public.
    #[serde(default)]
    pub(crate) block_public_access: bool,
    #[serde(default)]
    pub(crate) allowed_images: AllowedImages,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OptInSpec {
    #[default]
    NotRequired,
    OptedIn,
    NotOptedIn,
}

impl From<OptInSpec> for OptIn {
    fn from(spec: OptInSpec) -> Self {
        match spec {
            OptInSpec::NotRequired => Self::NotRequired,
            OptInSpec::OptedIn => Self::OptedIn,
            OptInSpec::NotOptedIn => Self::NotOptedIn,
        }
    }
}

/// Images that differ only in number, date and id; expanded when they are looked up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilySpec {
    /// May contain `{n}` (five digits), `{year}`, `{date}` and `{region}`.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    /// Empty means every enabled region.
    #[serde(default)]
    pub(crate) regions: Vec<Region>,
    #[serde(default = "one")]
    pub(crate) count: u32,
    /// Number of the oldest image.
    #[serde(default = "one")]
    pub(crate) first: u32,
    /// Age of the newest image.
    #[serde(default)]
    pub(crate) age_days: f64,
    #[serde(default = "week")]
    pub(crate) every_days: f64,
    /// `None` is the scenario's account.
    #[serde(default)]
    pub(crate) owner: Option<AccountId>,
    #[serde(default)]
    pub(crate) owner_alias: Option<Arc<str>>,
    /// Sizes of an image's volumes, GiB; images use the lists in turn. Empty for instance store.
    #[serde(default = "eight")]
    pub(crate) volumes: Vec<Vec<u32>>,
    #[serde(default = "gp3")]
    pub(crate) volume_type: Arc<str>,
    #[serde(default)]
    pub(crate) encrypted: bool,
    /// `alias/NAME` or a key id in the image's region; `None` is the region's default.
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<Arc<str>, Arc<str>>,
    #[serde(default = "available")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) state_reason: Option<Box<str>>,
    #[serde(default = "x86_64")]
    pub(crate) architecture: Arc<str>,
    #[serde(default = "hvm")]
    pub(crate) virtualization: Arc<str>,
    #[serde(default = "ebs")]
    pub(crate) root: Arc<str>,
    #[serde(default = "linux")]
    pub(crate) platform: Arc<str>,
    #[serde(default = "run_instances")]
    pub(crate) usage: Arc<str>,
    #[serde(default)]
    pub(crate) boot_mode: Option<Arc<str>>,
    #[serde(default)]
    pub(crate) imds: Option<Arc<str>>,
    #[serde(default)]
    pub(crate) tpm: Option<Arc<str>>,
    #[serde(default)]
    pub(crate) protection: Option<Arc<str>>,
    #[serde(default)]
    pub(crate) product_codes: Vec<Arc<str>>,
    #[serde(default)]
    pub(crate) access: Access,
    /// Launch permissions besides `access`: account ids and ARNs of organizations.
    #[serde(default)]
    pub(crate) launch_permissions: Permissions,
    #[serde(default)]
    pub(crate) create_volume_permissions: Permissions,
    /// The account may read the snapshots of another account's image, and so copy it.
    #[serde(default = "yes")]
    pub(crate) storage_shared: bool,
    /// Negative is in the past.
    #[serde(default)]
    pub(crate) deprecated_in_days: Option<f64>,
    #[serde(default)]
    pub(crate) launched_days_ago: Option<f64>,
    #[serde(default)]
    pub(crate) source_image: Option<ImageId>,
    #[serde(default)]
    pub(crate) source_region: Option<Region>,
    /// Made by `CreateImage`; EC2 names the image that the instance came from as well.
    #[serde(default)]
    pub(crate) source_instance: Option<Arc<str>>,
}

/// Who besides its owner may launch an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    /// Nobody else.
    #[default]
    Private,
    /// The scenario's account.
    Shared,
    /// Everyone.
    Public,
}

/// A copy started before the world begins, by the same rules as any other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CopySpec {
    pub(crate) from: Region,
    /// Pattern of the source's name; the newest match is copied.
    pub(crate) image: String,
    pub(crate) to: Region,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) seconds_ago: i64,
    #[serde(default)]
    pub(crate) encrypted: bool,
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) copy_tags: bool,
}

impl Scenario {
    /// Returns the names of the embedded scenarios in alphabetical order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(name, _)| *name)
    }

    /// Returns an embedded scenario.
    ///
    /// # Errors
    /// An unknown name; the hint names a similar one.
    pub fn named(name: &str) -> Result<Self, Failure> {
        let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
            return Err(unknown(name));
        };
        Self::parse(text)
    }

    /// Parses a scenario. The lists of the one that it extends come before its own; everything else is its own.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let scenario: Self =
            toml::from_str(text).map_err(|error| Failure::new("read a scenario", error.to_string()))?;
        match scenario.extends.clone() {
            Some(base) => Ok(scenario.extending(Self::named(&base)?)),
            None => Ok(scenario),
        }
    }

    fn extending(mut self, base: Self) -> Self {
        fn prepend<T>(own: &mut Vec<T>, mut base: Vec<T>) {
            base.append(own);
            *own = base;
        }
        prepend(&mut self.regions, base.regions);
        prepend(&mut self.outposts, base.outposts);
        prepend(&mut self.local_zones, base.local_zones);
        prepend(&mut self.other_accounts, base.other_accounts);
        prepend(&mut self.roles, base.roles);
        prepend(&mut self.keys, base.keys);
        prepend(&mut self.retention, base.retention);
        prepend(&mut self.denied, base.denied);
        prepend(&mut self.families, base.families);
        prepend(&mut self.copies, base.copies);
        prepend(&mut self.references, base.references);
        prepend(&mut self.uses, base.uses);
        prepend(&mut self.faults, base.faults);
        self
    }
}

fn unknown(name: &str) -> Failure {
    let known: Vec<&str> = Scenario::names().collect();
    let near = known.iter().map(|k| (strsim::damerau_levenshtein(k, name), k)).min();
    // In a short word three letters are another word.
    let near = near.filter(|(distance, _)| *distance <= 3 && 2 * distance <= name.len());
    let near = near.map_or_else(String::new, |(_, k)| format!(" Did you mean `{k}`?"));
    Failure::new(format!("open scenario `{}`", crate::domain::text::clean(name)), "there is no such scenario")
        .hint(format!("The scenarios are {}.{near}", known.join(", ")))
}

fn available() -> String {
    "available".into()
}
fn one() -> u32 {
    1
}
fn week() -> f64 {
    7.0
}
fn yes() -> bool {
    true
}
fn eight() -> Vec<Vec<u32>> {
    vec![vec![8]]
}
fn gp3() -> Arc<str> {
    "gp3".into()
}
fn x86_64() -> Arc<str> {
    "x86_64".into()
}
fn hvm() -> Arc<str> {
    "hvm".into()
}
fn ebs() -> Arc<str> {
    "ebs".into()
}
fn linux() -> Arc<str> {
    "Linux/UNIX".into()
}
fn run_instances() -> Arc<str> {
    "RunInstances".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_reads() {
        for name in Scenario::names() {
            assert!(!Scenario::named(name).unwrap().regions.is_empty(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        let failure = Scenario::named("dmeo").unwrap_err();
        assert!(failure.hint.contains("Did you mean `demo`?"), "{}", failure.hint);
        for far in ["xyzzy-plugh", "nope"] {
            assert!(!Scenario::named(far).unwrap_err().hint.contains("mean"), "{far}");
        }
    }

    #[test]
    fn a_scenario_extends_another() {
        let head = "summary = 'x'\nseed = 1\naccount = '123456789012'\nhome = 'us-east-1'\n";
        let alone = Scenario::parse(head).unwrap();
        assert!(alone.regions.is_empty());
        let fault = "[[fault]]\nkind = 'deny'\n";
        let based = Scenario::parse(&format!("{head}extends = 'broken'\n{fault}")).unwrap();
        assert!(based.regions.len() > 1 && based.faults.len() == 4, "{}", based.faults.len());
        assert!(Scenario::parse(&format!("{head}extends = 'nothing'")).is_err());
    }

    #[test]
    fn a_wrong_key_is_refused_by_name() {
        let failure = Scenario::parse("summary = 'x'\nseed = 1\ncolour = 2").unwrap_err();
        assert!(failure.why.contains("colour"), "{}", failure.why);
    }
}
