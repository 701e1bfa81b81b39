//! A scenario becomes a world. Owns the beginning; what happens afterwards is the actions'.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{ImageId, OptIn, Region},
    sim::{
        copying::CopyCall,
        faults::Faults,
        glob::glob,
        key::Key,
        life::Maker,
        lot::{Lot, Setting},
        scenario::Scenario,
        traffic::Traffic,
        world::{Area, World},
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
            areas: areas(scenario),
            faults: Faults::default(),
            traffic: Traffic::default(),
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
        world.faults = Faults::new(scenario.faults.clone());
        world
    }

    fn add_lots(&mut self, scenario: &Scenario) {
        let mut number = 0_u16;
        let enabled: Vec<Region> =
            self.areas.iter().filter(|a| a.opt_in != OptIn::NotOptedIn).map(|a| a.region.clone()).collect();
        for family in &scenario.families {
            let family = Arc::new(family.clone());
            let regions = if family.regions.is_empty() { &enabled } else { &family.regions };
            for region in regions {
                let Some(area) = self.areas.iter_mut().find(|a| a.region == *region) else { continue };
                let key = family.encrypted.then(|| area.key_arn(family.key.as_deref(), &self.account)).flatten();
                let setting = Setting {
                    seed: self.seed,
                    start: self.start,
                    region: region.clone(),
                    owner: family.owner.clone().unwrap_or_else(|| self.account.clone()),
                    key: key.map(Into::into),
                };
                area.lots.push(Lot { number, family: Arc::clone(&family), setting });
                number = number.saturating_add(1);
            }
        }
    }
}

impl Area {
    /// The newest image of the first lot with a name of this pattern.
    fn newest(&self, pattern: &str) -> Option<ImageId> {
        self.lots.iter().find_map(|lot| (0..lot.count()).find(|i| glob(pattern, &lot.name(*i))).and_then(|i| lot.id(i)))
    }
}

fn areas(scenario: &Scenario) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for spec in &scenario.regions {
        for region in &spec.names {
            // A later mention of a region (a scenario on top of another) replaces the earlier one.
            areas.retain(|a| a.region != *region);
            areas.push(Area {
                region: region.clone(),
                opt_in: spec.opt_in.into(),
                encrypts_by_default: spec.encrypts_by_default,
                default_key: spec.default_key.clone(),
                keys: Vec::new(),
                lots: Vec::new(),
                gone: HashSet::new(),
                ghosts: BTreeMap::new(),
                tags: HashMap::new(),
                made: BTreeMap::new(),
                snapshots: BTreeMap::new(),
                tokens: HashMap::new(),
            });
        }
    }
    areas.sort_by(|a, b| a.region.cmp(&b.region));
    for area in &mut areas {
        area.keys = Key::of_region(scenario, &area.region);
    }
    areas
}
