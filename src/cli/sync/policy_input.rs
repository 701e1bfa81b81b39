//! What is requested: the options, or the policies of files, before anything is looked up. Mistakes in a file have their locations.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    ops::Range,
    path::Path,
};

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::arguments::{Retire, SyncArgs, age};
use crate::{
    cli::{
        copy::{PlanEntry, PlanText},
        exit::{CommandError, OrUsage},
    },
    config::source::{self, Source},
    domain::{Failure, Region, VersionPattern, text::clean},
};

/// One policy as it is requested.
pub(super) struct PolicyInput {
    pub(super) name: String,
    pub(super) from: Region,
    pub(super) to: Vec<Region>,
    pub(super) matching: String,
    /// What a version at the end of a name looks like.
    pub(super) version_pattern: VersionPattern,
    /// What is asked of the copies.
    pub(super) copy: PlanEntry,
    pub(super) preset: Option<String>,
    pub(super) keep: Option<NonZeroUsize>,
    pub(super) retire: Option<Retire>,
    pub(super) max_retire: Option<usize>,
    pub(super) min_age: Option<SignedDuration>,
    pub(super) override_keep: bool,
    pub(super) fail_if_empty: bool,
    pub(super) locations: SourceLocations,
}

/// Where the parts of a policy stand: path, line and column, or an option.
#[derive(Default)]
pub(super) struct SourceLocations {
    /// For what concerns the policy as a whole.
    pub(super) whole: String,
    pub(super) to: String,
    pub(super) matching: String,
    pub(super) image_name: String,
    pub(super) preset: String,
    pub(super) retire: String,
    /// The file, to find the region that is wrong.
    file: Option<(PlanText, usize)>,
}

impl SourceLocations {
    /// Returns where a region stands.
    pub(super) fn region(&self, region: &Region) -> Option<String> {
        let (file, entry) = self.file.as_ref()?;
        file.place(*entry, region.as_str())
    }
}

/// A file of policies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    policy: Vec<Spanned<PolicyEntry>>,
}

/// One policy of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    name: Option<Spanned<String>>,
    from: Region,
    to: Spanned<Vec<Region>>,
    #[serde(rename = "match")]
    matching: Spanned<String>,
    version_pattern: Option<Spanned<String>>,
    image_name: Option<Spanned<String>>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    #[serde(default)]
    kms_key_ids: BTreeMap<Region, String>,
    preset: Option<Spanned<String>>,
    keep: Option<NonZeroUsize>,
    retire: Option<Spanned<Retire>>,
    max_retire: Option<usize>,
    min_age: Option<Spanned<String>>,
    #[serde(default)]
    override_keep: bool,
    #[serde(default)]
    fail_if_empty: bool,
}

/// Reads the options, or the files that they name.
///
/// # Errors
/// Wrong usage, with the place in the file.
pub(super) fn read(args: &SyncArgs) -> Result<Vec<PolicyInput>, CommandError> {
    let (Some(from), Some(matching)) = (&args.from, &args.matching) else {
        let mut inputs = Vec::new();
        for path in &args.policy {
            let text = source::read("the policies", path, "The README has one to begin with.").or_usage()?;
            inputs.extend(of_file(path, &text).or_usage()?);
        }
        check_names(&inputs).or_usage()?;
        return Ok(inputs);
    };
    let mut copy = PlanEntry {
        name: args.name.clone(),
        encrypted: (args.encrypted || !args.kms_key_id.is_empty()).then_some(true),
        ..PlanEntry::default()
    };
    copy.add_keys(&args.kms_key_id).or_usage()?;
    let version_pattern =
        args.version_pattern.as_ref().map_or(Ok(VersionPattern::of_sync()), |text| VersionPattern::once(text));
    let version_pattern = version_pattern.or_usage()?;
    Ok(vec![PolicyInput {
        // Nothing else tells what is meant.
        name: matching.clone(),
        from: from.clone(),
        to: distinct(&args.to),
        matching: matching.clone(),
        version_pattern,
        copy,
        preset: args.preset.clone(),
        keep: args.keep,
        retire: args.retire,
        max_retire: args.max_retire,
        min_age: args.min_age,
        override_keep: args.override_keep,
        fail_if_empty: args.fail_if_empty,
        locations: SourceLocations {
            whole: "sync images".into(),
            to: "use --to".into(),
            matching: "use --match".into(),
            image_name: "use --name".into(),
            preset: "use --preset".into(),
            retire: "use --retire".into(),
            file: None,
        },
    }])
}

/// Reads the policies of a file's text.
fn of_file(path: &Path, text: &str) -> Result<Vec<PolicyInput>, Failure> {
    let source = Source { path, text };
    let file: PolicyFile = source.parse()?;
    if file.policy.is_empty() {
        let failure = Failure::new(format!("read the policies in {}", path.display()), "there are none");
        return Err(failure.hint("A policy begins with [[policy]]."));
    }
    let mut inputs = Vec::with_capacity(file.policy.len());
    for (n, entry) in file.policy.into_iter().enumerate() {
        let span = entry.span();
        inputs.push(policy_input(source, n, span, entry.into_inner())?);
    }
    Ok(inputs)
}

fn policy_input(source: Source<'_>, n: usize, whole: Range<usize>, entry: PolicyEntry) -> Result<PolicyInput, Failure> {
    let place = |span: Range<usize>| source.place(Some(span));
    let place_of = |value: &Option<Spanned<String>>| place(value.as_ref().map_or(whole.clone(), Spanned::span));
    let min_age = match &entry.min_age {
        None => None,
        Some(text) => Some(age(text.get_ref()).map_err(|failure| Failure { what: place(text.span()), ..failure })?),
    };
    let version_pattern = match &entry.version_pattern {
        None => VersionPattern::of_sync(),
        Some(text) => {
            VersionPattern::once(text.get_ref()).map_err(|failure| Failure { what: place(text.span()), ..failure })?
        }
    };
    let locations = SourceLocations {
        whole: place_of(&entry.name),
        to: place(entry.to.span()),
        matching: place(entry.matching.span()),
        image_name: place_of(&entry.image_name),
        preset: place_of(&entry.preset),
        retire: place(entry.retire.as_ref().map_or(whole.clone(), Spanned::span)),
        file: Some((PlanText::new(source.path, source.text, "policy"), n)),
    };
    let encrypted = match entry.encrypted {
        None if entry.kms_key_id.is_some() || !entry.kms_key_ids.is_empty() => Some(true),
        other => other,
    };
    Ok(PolicyInput {
        name: entry.name.map_or_else(|| format!("policy {}", n + 1), Spanned::into_inner),
        from: entry.from,
        to: distinct(entry.to.get_ref()),
        matching: entry.matching.into_inner(),
        version_pattern,
        copy: PlanEntry {
            name: entry.image_name.map(Spanned::into_inner),
            encrypted,
            kms_key_id: entry.kms_key_id,
            kms_key_ids: entry.kms_key_ids,
            ..PlanEntry::default()
        },
        preset: entry.preset.map(Spanned::into_inner),
        keep: entry.keep,
        retire: entry.retire.map(Spanned::into_inner),
        max_retire: entry.max_retire,
        min_age,
        override_keep: entry.override_keep,
        fail_if_empty: entry.fail_if_empty,
        locations,
    })
}

/// Refuses two policies of one name: messages would not tell which is meant.
fn check_names(inputs: &[PolicyInput]) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    match inputs.iter().find(|input| !names.insert(&input.name)) {
        None => Ok(()),
        Some(twice) => {
            let why = format!("two policies are called \"{}\"", clean(&twice.name));
            Err(Failure::new(twice.locations.whole.clone(), why).hint("Give each a name of its own."))
        }
    }
}

fn distinct(regions: &[Region]) -> Vec<Region> {
    let mut seen = BTreeSet::new();
    regions.iter().filter(|region| seen.insert((*region).clone())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<PolicyInput>, Failure> {
        let inputs = of_file(Path::new("dr.toml"), text)?;
        check_names(&inputs)?;
        Ok(inputs)
    }

    const BARE: &str = "[[policy]]\nfrom = \"us-east-1\"\nto = [\"eu-west-1\"]\nmatch = \"tag:DR=true\"\n";

    #[test]
    fn a_file_has_several_policies() {
        let text = format!(
            "{BARE}[[policy]]\nname = \"web\"\nfrom = \"us-east-1\"\nto = [\"eu-west-1\", \"eu-west-2\"]\nmatch = \"name:web\"\n\
             image_name = \"{{name}}-dr\"\nkms_key_id = \"alias/a\"\nkeep = 3\nretire = \"disable\"\nmax_retire = 5\nmin_age = \"30d\"\n\
             fail_if_empty = true\n[policy.kms_key_ids]\neu-west-2 = \"alias/b\"\n"
        );
        let inputs = read(&text).unwrap();
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["policy 1", "web"]);
        let web = &inputs[1];
        assert_eq!((web.to.len(), web.keep.map(NonZeroUsize::get), web.retire), (2, Some(3), Some(Retire::Disable)));
        assert_eq!((web.max_retire, web.min_age.map(|age| age.as_hours())), (Some(5), Some(720)));
        assert_eq!((web.copy.encrypted, web.copy.kms_key_ids.len(), web.fail_if_empty), (Some(true), 1, true));
        assert_eq!(web.locations.matching, "dr.toml:9:9");
        assert_eq!(web.locations.region(&Region::new("eu-west-1").unwrap()).as_deref(), Some("dr.toml:8:7"));
    }

    #[test]
    fn mistakes_have_their_line_and_column() {
        let cases = [
            ("keep = 0\n", "dr.toml:5:8", "nonzero"),
            ("retire = \"delete\"\n", "dr.toml:5:10", "deprecate"),
            ("min_age = \"soon\"\n", "dr.toml:5:11", "12h"),
            ("version_pattern = \"[\"\n", "dr.toml:5:19", "unclosed"),
            ("kepe = 3\n", "dr.toml:5:1", "unknown field `kepe`"),
            ("[[policy]]\nfrom = \"us-east-1\"\n", "dr.toml:5:", "missing field"),
            ("[[policy]]\nto = [\"europe\"]\n", "dr.toml:6:", "europe"),
        ];
        for (line, place, why) in cases {
            let failure = read(&format!("{BARE}{line}")).err().unwrap();
            assert!(failure.what.starts_with(place) && failure.why.contains(why), "{line}: {failure}");
        }
        let named = |name: &str| BARE.replace("[[policy]]", &format!("[[policy]]\nname = \"{name}\""));
        let twice = read(&(named("a") + &named("b") + &named("a"))).err().unwrap();
        assert_eq!(twice.to_string(), "dr.toml:12:8: two policies are called \"a\"");
        assert!(read("policy = []\n").is_err());
    }
}
