//! A scenario becomes a world. Owns the beginning; what happens afterwards is the actions'.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{ImageId, OptIn, Region},
    sim::{
        api::copy_image::CopyCall,
        faults::{request_rates::RequestRates, rules::FaultRules},
        glob::glob,
        world::{
            image_family::{ImageFamily, Setting},
            kms_keys::KmsKey,
            scenario::Scenario,
            state::{RegionState, World},
            timeline::Maker,
        },
    },
};

impl World {
    /// The world of a scenario, which begins `now`. Copies of the scenario that do not fit its own rules are left out;
    /// a test holds that the embedded scenarios have none.
    pub fn new(scenario: &Scenario, now: Timestamp) -> Self {
        let mut world = Self {
            account: scenario.account.clone(),
            home: scenario.home.clone(),
            seed: scenario.seed,
            start: now,
            pace: scenario.pace,
            limits: scenario.limits,
            regions: areas(scenario),
            faults: FaultRules::default(),
            traffic: RequestRates::default(),
            copies_made: 0,
            ids: fastrand::Rng::with_seed(scenario.seed),
            request_ids: fastrand::Rng::with_seed(!scenario.seed),
            changes: Vec::new(),
            access_keys: HashMap::new(),
            foreign_calls: Vec::new(),
            others: BTreeMap::new(),
        };
        world.add_lots(scenario);
        for spec in &scenario.copies {
            let then = now.checked_sub(SignedDuration::from_secs(spec.seconds_ago)).unwrap_or(now);
            let Some(source) = world.area(&spec.from).and_then(|a| a.newest(&spec.image)) else { continue };
            let call = CopyCall {
                name: spec.name.clone(),
                description: spec.description.clone(),
                source: source.to_string(),
                source_region: spec.from.to_string(),
                encrypted: spec.encrypted.then_some(true),
                key: spec.key.clone(),
                copy_tags: spec.copy_tags,
                maker: Maker::Scenario,
                ..CopyCall::default()
            };
            // What a scenario asks wrongly is simply not there.
            _ = world.copy_image(&spec.to, call, then);
        }
        world.faults = FaultRules::new(scenario.faults.clone());
        world
    }

    fn add_lots(&mut self, scenario: &Scenario) {
        let mut number = 0_u16;
        let enabled: Vec<Region> =
            self.regions.iter().filter(|a| a.opt_in != OptIn::NotOptedIn).map(|a| a.region.clone()).collect();
        for family in &scenario.families {
            let family = Arc::new(family.clone());
            let regions = if family.regions.is_empty() { &enabled } else { &family.regions };
            for region in regions {
                let Some(area) = self.regions.iter_mut().find(|a| a.region == *region) else { continue };
                let key = family.encrypted.then(|| area.key_arn(family.key.as_deref(), &self.account)).flatten();
                let setting = Setting {
                    seed: self.seed,
                    start: self.start,
                    region: region.clone(),
                    owner: family.owner.clone().unwrap_or_else(|| self.account.clone()),
                    key: key.map(Into::into),
                };
                area.families.push(ImageFamily { number, family: Arc::clone(&family), setting });
                number = number.saturating_add(1);
            }
        }
    }
}

impl RegionState {
    /// The newest image of the first lot with a name of this pattern.
    fn newest(&self, pattern: &str) -> Option<ImageId> {
        self.families
            .iter()
            .find_map(|lot| (0..lot.count()).find(|i| glob(pattern, &lot.name(*i))).and_then(|i| lot.id(i)))
    }
}

fn areas(scenario: &Scenario) -> Vec<RegionState> {
    let mut areas: Vec<RegionState> = Vec::new();
    for spec in &scenario.regions {
        for region in &spec.names {
            // A later mention of a region (a scenario on top of another) replaces the earlier one.
            areas.retain(|a| a.region != *region);
            areas.push(RegionState {
                region: region.clone(),
                opt_in: spec.opt_in.into(),
                encrypts_by_default: spec.encrypts_by_default,
                default_key: spec.default_key.clone(),
                keys: Vec::new(),
                families: Vec::new(),
                gone: HashSet::new(),
                deregistered: BTreeMap::new(),
                tags: HashMap::new(),
                made: BTreeMap::new(),
                snapshots: BTreeMap::new(),
                tokens: HashMap::new(),
            });
        }
    }
    areas.sort_by(|a, b| a.region.cmp(&b.region));
    for area in &mut areas {
        area.keys = KmsKey::of_region(scenario, &area.region);
    }
    areas
}
