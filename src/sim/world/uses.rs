//! What a scenario or a test sets of who uses images, and of usage reports.

use jiff::Timestamp;

use crate::{
    domain::{AccountId, ImageId, Region, image_usage::ReferenceKind},
    sim::world::{
        scenario::Scenario,
        state::{RegionState, World},
        usage_reports::Use,
    },
};

impl RegionState {
    /// Returns who uses an image now: other accounts, and the account itself by what names it.
    /// Of launch templates `depth` versions are counted.
    pub(crate) fn uses(&self, image: &ImageId, own: &AccountId, depth: u32) -> Vec<Use> {
        let mut uses: Vec<Use> = Vec::new();
        for kind in [ReferenceKind::Instance, ReferenceKind::LaunchTemplate] {
            let of_kind = self
                .references
                .iter()
                .filter(|one| one.image == *image && one.kind == kind && one.newer_versions < depth);
            let count = u64::try_from(of_kind.count()).unwrap_or(u64::MAX);
            if count > 0 {
                uses.push(Use { image: image.clone(), account: own.clone(), kind, count });
            }
        }
        uses.extend(self.usage_reports.uses.iter().filter(|one| one.image == *image).cloned());
        uses
    }
}

impl World {
    /// Adds what other accounts use. What they use of an image that is not there is left out.
    pub(crate) fn add_uses(&mut self, scenario: &Scenario) {
        for spec in &scenario.uses {
            if let Some(image) = self.region_state(&spec.region).and_then(|state| state.newest(&spec.image)) {
                self.add_use(&spec.region, &image, &spec.account, ReferenceKind::parse(&spec.kind), spec.count);
            }
        }
    }

    /// Lets an account use an image.
    pub fn add_use(&mut self, region: &Region, image: &ImageId, account: &AccountId, kind: ReferenceKind, count: u64) {
        if let Some(state) = self.regions.iter_mut().find(|state| state.region == *region) {
            state.usage_reports.uses.push(Use { image: image.clone(), account: account.clone(), kind, count });
        }
    }

    /// Lets EC2 fail to make the usage reports that are requested from now on.
    pub fn fail_usage_reports(&mut self, region: &Region, why: &str) {
        if let Some(state) = self.regions.iter_mut().find(|state| state.region == *region) {
            state.usage_reports.fails = Some(why.to_owned());
        }
    }

    /// Returns the ids of the usage reports of a region.
    pub fn usage_report_ids(&self, region: &Region, now: Timestamp) -> Vec<String> {
        let state = self.regions.iter().find(|state| state.region == *region);
        state.into_iter().flat_map(|state| state.usage_reports.kept(now)).map(|report| report.id.clone()).collect()
    }
}
