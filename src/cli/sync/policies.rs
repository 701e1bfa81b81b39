//! The policies, checked: filters parsed, presets read, regions known.

use std::{collections::BTreeSet, num::NonZeroUsize, sync::Arc};

use jiff::Timestamp;

use super::{arguments::SyncArgs, policy_input::PolicyInput};
use crate::{
    cli::{
        connection::Connection,
        copy::preset,
        exit::{CommandError, OrUsage},
        list::check_terms,
        regions,
        setup::Setup,
    },
    domain::{
        AccountId, Failure, Image, ImageId, Region,
        draft::Draft,
        filter::Filter,
        preset::Preset,
        sync::{MAX_RETIRE, MIN_AGE, PolicyMistake, Refusal, Retiring, SyncPolicy, VersionLimit, cycle},
        template,
    },
    labels,
};

/// The policies, and what their copies are to be.
pub(super) struct Policies<'a> {
    setup: &'a Setup,
    pub(super) all: Vec<SyncPolicy>,
    inputs: Vec<PolicyInput>,
    presets: Vec<Option<Preset>>,
    /// Regions that are not queried for copies under way.
    pub(super) ignored: BTreeSet<Region>,
}

/// Refuses a preset with roles: copies are retired in the account that makes them.
fn without_roles(preset: Option<Preset>) -> Result<Option<Preset>, CommandError> {
    if preset.as_ref().is_some_and(Preset::has_roles) {
        let failure = Failure::new("sync images", "the preset has roles, and sync works in one account");
        return Err(CommandError::usage(failure.hint("Run sync once for each role, with --role-arn.")));
    }
    Ok(preset)
}

impl<'a> Policies<'a> {
    /// Checks what can be checked without AWS.
    ///
    /// # Errors
    /// Wrong usage, with its place.
    pub(super) fn new(setup: &'a Setup, args: &SyncArgs, inputs: Vec<PolicyInput>) -> Result<Self, CommandError> {
        let mut policies = Self { setup, all: Vec::new(), inputs, presets: Vec::new(), ignored: BTreeSet::new() };
        for input in &policies.inputs {
            let preset = input.preset.as_deref().map(|name| preset(setup, name)).transpose();
            let preset = preset.and_then(without_roles).map_err(|error| at(&input.locations.preset, error))?;
            policies.presets.push(preset);
        }
        let all = (0..policies.inputs.len()).map(|n| policies.policy(args, n)).collect::<Result<_, _>>();
        policies.all = all.or_usage()?;
        if let Some(regions) = cycle(&policies.all) {
            let (why, hint) = labels::sync::refusal(&Refusal::Cycle(regions), |n| policies.name(n));
            return Err(CommandError::usage(Failure::new("sync images", why).hint(hint)));
        }
        let named = policies.all.iter().flat_map(|policy| policy.to.iter().chain([&policy.from])).collect();
        let about = |region: &Region| format!("the policies are about {region}");
        let setting = setup.config.sync.ignored();
        policies.ignored = regions::ignored(args.ignore_regions.as_deref(), setting, &named, about)?;
        Ok(policies)
    }

    fn policy(&self, args: &SyncArgs, n: usize) -> Result<SyncPolicy, Failure> {
        let input = &self.inputs[n];
        let matching = filter(&input.matching).map_err(|failure| Failure {
            // The filter itself is named by the failure.
            why: format!("{}: {}", failure.what, failure.why),
            what: input.locations.matching.clone(),
            ..failure
        })?;
        let copy_name = self.template(n)?;
        template::check(&copy_name)
            .map_err(|failure| Failure { what: input.locations.image_name.clone(), ..failure })?;
        let policy = SyncPolicy {
            name: input.name.clone(),
            from: input.from.clone(),
            to: input.to.clone(),
            matching,
            match_text: input.matching.clone(),
            version_pattern: input.version_pattern.clone(),
            versions: versions(input, args).ok_or_else(|| mistake(input, PolicyMistake::RetireWithoutKeep))?,
            copy_name,
            override_keep: input.override_keep,
            fail_if_empty: input.fail_if_empty || args.fail_if_empty,
        };
        policy.mistake().map_or(Ok(policy), |found| Err(mistake(input, found)))
    }

    /// Returns the template of the copies' names.
    fn template(&self, n: usize) -> Result<String, Failure> {
        let image =
            Image::bare(ImageId::new("ami-00000000")?, self.inputs[n].from.clone(), AccountId::new("000000000000")?);
        Ok(self.draft(n, &Arc::new(image)).name)
    }

    /// Returns what a copy of an image is to be: as the settings say, then the preset, then the policy.
    pub(super) fn draft(&self, n: usize, source: &Arc<Image>) -> Draft {
        let mut draft = self.setup.config.copy.draft(vec![Arc::clone(source)]);
        draft.account = Some(source.owner_id.clone());
        if let Some(preset) = &self.presets[n] {
            preset.clone().apply(&mut draft);
        }
        self.inputs[n].copy.apply(&mut draft);
        draft
    }

    /// Checks that the regions are the account's.
    ///
    /// # Errors
    /// Wrong usage, with its place; and what keeps EC2 from telling.
    pub(super) async fn check_regions(&self, connection: &Connection) -> Result<(), CommandError> {
        for input in &self.inputs {
            let keys = input.copy.kms_key_ids.keys();
            let unused = keys.clone().find(|region| !input.to.contains(region));
            if let Some(region) = unused {
                let what = input.locations.region(region).unwrap_or_else(|| "use --kms-key-id".into());
                return Err(CommandError::usage(Failure::new(what, format!("{region} is not among the destinations"))));
            }
            let named: Vec<Region> = input.to.iter().chain([&input.from]).cloned().collect();
            let checked = regions::check_named(&named, &connection.session, self.setup).await;
            checked.map_err(|(region, error)| match region.and_then(|region| input.locations.region(&region)) {
                Some(place) => at(&place, error),
                None => error,
            })?;
        }
        Ok(())
    }

    /// Returns the name of a policy.
    pub(super) fn name(&self, n: usize) -> String {
        self.all.get(n).map(|policy| policy.name.clone()).unwrap_or_default()
    }
}

fn versions(input: &PolicyInput, args: &SyncArgs) -> Option<VersionLimit> {
    let retire = input.retire.map(|retire| Retiring {
        mode: retire.mode(),
        max: input.max_retire.or(args.max_retire).unwrap_or(MAX_RETIRE),
        min_age: input.min_age.unwrap_or(MIN_AGE),
    });
    match (input.keep, retire) {
        (None, None) => Some(VersionLimit::All),
        (None, Some(_)) => None,
        (Some(keep), retire) => Some(newest(keep, retire)),
    }
}

fn newest(keep: NonZeroUsize, retire: Option<Retiring>) -> VersionLimit {
    VersionLimit::Newest { keep, retire }
}

fn filter(text: &str) -> Result<Filter, Failure> {
    check_terms(text)?;
    Filter::parse_checked(text, Timestamp::now())
}

fn mistake(input: &PolicyInput, mistake: PolicyMistake) -> Failure {
    let place = match mistake {
        PolicyMistake::OwnRegion | PolicyMistake::NoDestination => &input.locations.to,
        PolicyMistake::NoMatch => &input.locations.matching,
        PolicyMistake::RetireWithoutKeep => &input.locations.retire,
    };
    Failure::new(place.clone(), labels::sync::policy_mistake(mistake))
}

/// Names the place of a failure.
fn at(place: &str, error: CommandError) -> CommandError {
    match error {
        CommandError::Failure(failure, status) => {
            let what = format!("{place}: {}", failure.what);
            CommandError::Failure(Box::new(Failure { what, ..*failure }), status)
        }
        CommandError::BrokenPipe => CommandError::BrokenPipe,
    }
}
