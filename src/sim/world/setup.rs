//! Builds a world from a scenario.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{AccountId, ImageId, OptIn, Region, image_usage::ReferenceKind},
    sim::{
        api::copy_call::CopyCall,
        faults::{request_rates::RequestRates, rules::FaultRules},
        glob::glob,
        world::{
            directory::{Caller, Directory},
            image_family::{FamilyContext, ImageFamily},
            kms_keys::KmsKey,
            policy::Policy,
            references::Reference,
            retention::Bin,
            scenario::Scenario,
            state::{RegionState, World},
            time_scale::TimeScale,
            timeline::Actor,
            usage_reports::UsageReports,
        },
    },
};

impl World {
    /// Builds the world of a scenario as of `now`. Copies that break the scenario's own rules are left out; a test checks that
    /// the embedded scenarios have none.
    pub fn new(scenario: &Scenario, now: Timestamp) -> Self {
        Self::at_scale(scenario, TimeScale::REAL, now)
    }

    /// The same, with work going faster or slower from `now` on.
    pub fn at_scale(scenario: &Scenario, time_scale: TimeScale, now: Timestamp) -> Self {
        let mut world = Self {
            account: scenario.account.clone(),
            home: scenario.home.clone(),
            seed: scenario.seed,
            start: now,
            time_scale,
            latencies: scenario.latencies,
            limits: scenario.limits,
            regions: regions(scenario),
            policy: Policy::new(scenario.denied.clone()),
            faults: FaultRules::default(),
            request_rates: RequestRates::default(),
            copies_made: 0,
            ids: fastrand::Rng::with_seed(scenario.seed),
            request_ids: fastrand::Rng::with_seed(!scenario.seed),
            changes: Vec::new(),
            directory: Directory::new(&scenario.other_accounts, &scenario.roles),
            caller: Caller::User,
            foreign_calls: Vec::new(),
            other_accounts: BTreeMap::new(),
        };
        world.add_accounts(scenario);
        world.add_families(scenario);
        world.add_references(scenario);
        world.add_uses(scenario);
        for spec in &scenario.copies {
            let then = now.checked_sub(SignedDuration::from_secs(spec.seconds_ago)).unwrap_or(now);
            let Some(source) = world.region_state(&spec.from).and_then(|a| a.newest(&spec.image)) else { continue };
            let call = CopyCall {
                name: spec.name.clone(),
                description: spec.description.clone(),
                source: source.to_string(),
                source_region: spec.from.to_string(),
                encrypted: spec.encrypted.then_some(true),
                key: spec.key.clone(),
                copy_tags: spec.copy_tags,
                by: Actor::Scenario,
                ..CopyCall::default()
            };
            // Left out if the simulated EC2 refuses it.
            _ = world.copy_image(&spec.to, call, then);
        }
        world.faults = FaultRules::new(scenario.faults.clone());
        world
    }

    /// Adds what names images. What names an image that is not there is left out.
    fn add_references(&mut self, scenario: &Scenario) {
        for spec in &scenario.references {
            if let Some(image) = self.region_state(&spec.region).and_then(|state| state.newest(&spec.image)) {
                let (kind, newer) = (ReferenceKind::parse(&spec.kind), spec.newer_versions);
                self.add_reference_of_version(&spec.region, &image, kind, &spec.resource, newer);
            }
        }
    }

    /// Adds a resource of the account, such as `instance/i-0123456789abcdef0`, that names an image.
    pub fn add_reference(&mut self, region: &Region, image: &ImageId, kind: ReferenceKind, resource: &str) {
        self.add_reference_of_version(region, image, kind, resource, 0);
    }

    /// Sets the state of the account's keys in a region, such as `PendingDeletion`, except that of AWS.
    pub fn set_key_states(&mut self, region: &Region, state: &str) {
        let keys = self.regions.iter_mut().filter(|there| there.region == *region).flat_map(|there| &mut there.keys);
        keys.filter(|key| key.manager != "AWS").for_each(|key| state.clone_into(&mut key.state));
    }

    /// Takes another account out of the policies of the account's keys in a region.
    pub fn withdraw_keys(&mut self, region: &Region, from: &AccountId) {
        let keys = self.regions.iter_mut().filter(|there| there.region == *region).flat_map(|there| &mut there.keys);
        keys.for_each(|key| key.shared_with.retain(|account| account != from));
    }

    /// Lets another account describe the account's keys in a region, and do nothing else with them.
    pub fn let_describe_keys(&mut self, region: &Region, account: &AccountId) {
        self.withdraw_keys(region, account);
        let keys = self.regions.iter_mut().filter(|there| there.region == *region).flat_map(|there| &mut there.keys);
        keys.filter(|key| key.manager != "AWS").for_each(|key| key.described_by.push(account.clone()));
    }

    /// Enables an opt-in region for the account, or disables it. What it has there stays.
    pub fn set_opted_in(&mut self, region: &Region, opted_in: bool) {
        let state = if opted_in { OptIn::OptedIn } else { OptIn::NotOptedIn };
        let regions = self.regions.iter_mut().filter(|there| there.region == *region);
        regions.filter(|there| there.opt_in != OptIn::NotRequired).for_each(|there| there.opt_in = state);
    }

    /// Adds a resource that names the image in a version with this many newer ones, which name others.
    pub fn add_reference_of_version(
        &mut self,
        region: &Region,
        image: &ImageId,
        kind: ReferenceKind,
        resource: &str,
        newer_versions: u32,
    ) {
        let reference = Reference::new(region, &self.account, image.clone(), kind, resource, newer_versions);
        if let Some(state) = self.regions.iter_mut().find(|state| state.region == *region) {
            state.references.push(reference);
        }
    }

    /// Adds the other accounts, with their keys.
    fn add_accounts(&mut self, scenario: &Scenario) {
        for spec in &scenario.other_accounts {
            let mut account = self.other_account(&spec.id);
            account.policy = Policy::new(spec.denied.clone());
            if let Some(opted_in) = &spec.opted_in {
                let regions: Vec<Region> = account.regions.iter().map(|there| there.region.clone()).collect();
                for region in &regions {
                    account.set_opted_in(region, opted_in.contains(region));
                }
            }
            for state in &mut account.regions {
                state.keys.extend(KmsKey::of_scenario(scenario.seed, &scenario.keys, &state.region, Some(&spec.id)));
            }
            self.other_accounts.insert(spec.id.clone(), account);
        }
    }

    /// Adds images, each to its owner's account. Those of owners that the scenario only mentions are the scenario's account's, as
    /// it sees them.
    fn add_families(&mut self, scenario: &Scenario) {
        let mut number = 0_u16;
        let enabled: Vec<Region> =
            self.regions.iter().filter(|s| s.opt_in != OptIn::NotOptedIn).map(|s| s.region.clone()).collect();
        for spec in &scenario.families {
            let spec = Arc::new(spec.clone());
            let regions = if spec.regions.is_empty() { &enabled } else { &spec.regions };
            for region in regions {
                let owner = spec.owner.clone().unwrap_or_else(|| self.account.clone());
                let (account, all) = match self.other_accounts.get_mut(&owner) {
                    Some(other) => (&other.account, &mut other.regions),
                    None => (&self.account, &mut self.regions),
                };
                let Some(state) = all.iter_mut().find(|s| s.region == *region) else { continue };
                let key = spec.encrypted.then(|| state.key_arn(spec.key.as_deref(), account)).flatten();
                let context = FamilyContext {
                    seed: self.seed,
                    start: self.start,
                    region: region.clone(),
                    owner,
                    scenario_account: scenario.account.clone(),
                    key: key.map(Into::into),
                };
                state.families.push(ImageFamily { number, spec: Arc::clone(&spec), context });
                number = number.saturating_add(1);
            }
        }
    }
}

impl RegionState {
    /// Returns the newest image whose name matches the pattern, from the first family that has one.
    pub(crate) fn newest(&self, pattern: &str) -> Option<ImageId> {
        self.families
            .iter()
            .find_map(|family| (0..family.count()).find(|i| glob(pattern, &family.name(*i))).and_then(|i| family.id(i)))
    }
}

fn regions(scenario: &Scenario) -> Vec<RegionState> {
    let mut regions: Vec<RegionState> = Vec::new();
    for spec in &scenario.regions {
        for region in &spec.names {
            // A scenario that extends another may redefine a region.
            regions.retain(|s| s.region != *region);
            regions.push(RegionState {
                region: region.clone(),
                opt_in: spec.opt_in.into(),
                encrypts_by_default: spec.encrypts_by_default,
                default_key: spec.default_key.clone(),
                block_public_access: spec.block_public_access,
                allowed_images: spec.allowed_images.clone(),
                outposts: scenario
                    .outposts
                    .iter()
                    .filter(|outpost| outpost.region == *region)
                    .map(|outpost| outpost.arn(&scenario.account))
                    .collect(),
                local_zones: scenario.local_zones.iter().filter(|zone| zone.parent == *region).cloned().collect(),
                keys: Vec::new(),
                families: Vec::new(),
                removed: HashSet::new(),
                deregistered: BTreeMap::new(),
                tags: HashMap::new(),
                attributes: HashMap::new(),
                snapshot_permissions: HashMap::new(),
                created_images: BTreeMap::new(),
                created_snapshots: BTreeMap::new(),
                tokens: HashMap::new(),
                references: Vec::new(),
                usage_reports: UsageReports::default(),
                retention: scenario
                    .retention
                    .iter()
                    .filter(|rule| rule.regions.is_empty() || rule.regions.contains(region))
                    .cloned()
                    .collect(),
                bin: Bin::default(),
                locked: BTreeSet::new(),
                fast_restore: BTreeSet::new(),
            });
        }
    }
    regions.sort_by(|a, b| a.region.cmp(&b.region));
    for state in &mut regions {
        state.keys = vec![KmsKey::of_ebs(scenario.seed, &state.region, None)];
        state.keys.extend(KmsKey::of_scenario(scenario.seed, &scenario.keys, &state.region, None));
    }
    regions
}
