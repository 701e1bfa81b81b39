//! What an answer leads to: other checks, for which it gives the reason.

use super::{
    checks::{CheckAnswer, CheckRequest},
    existing::Found,
    index::{Encrypted, Index},
    names::numbered_patterns,
    state::{CheckId, CheckState, Review},
};
use crate::domain::{copy::ImageName, failure::Failure, ids::SnapshotId, region::Region};

impl Review {
    /// Takes in an answer. One that comes late still counts.
    pub fn answer(&mut self, id: CheckId, answer: Result<CheckAnswer, Failure>) {
        let Some(check) = self.checks.get_mut(id.0) else { return };
        check.state = answer.map_or_else(CheckState::Failed, CheckState::Answered);
        let request = check.request.clone();
        self.follow(&request);
    }

    /// Takes over the answers of an earlier review of the same account, unless they are too old.
    #[must_use]
    pub fn reuse(mut self, earlier: &Self) -> Self {
        let known: Vec<(CheckRequest, CheckAnswer)> =
            self.reusable(earlier).map(|(request, answer)| (request.clone(), answer.clone())).collect();
        let mut n = 0;
        // Follow-ups are appended, and may be known as well.
        while n < self.checks.len() {
            if let Some((_, answer)) = known.iter().find(|(request, _)| *request == self.checks[n].request) {
                self.answer(CheckId(n), Ok(answer.clone()));
            }
            n += 1;
        }
        self
    }

    fn follow(&mut self, request: &CheckRequest) {
        let region = match request {
            CheckRequest::Sources { .. } => {
                self.follow_sources();
                None
            }
            CheckRequest::Names { region, .. }
            | CheckRequest::CopiesOf { region, .. }
            | CheckRequest::EncryptionByDefault { region }
            | CheckRequest::DefaultKey { region } => Some(region),
            _ => return,
        };
        self.follow_existing(region);
    }

    /// Asks for the Allowed AMIs settings where sources of other accounts are.
    fn follow_sources(&mut self) {
        let Some(own) = self.context.account.clone() else { return };
        let index = Index::of(self, None);
        let mut regions: Vec<Region> =
            index.sources.values().filter(|image| image.owner_id != own).map(|image| image.region.clone()).collect();
        regions.sort();
        regions.dedup();
        for region in regions {
            self.ask(CheckRequest::AllowedImages { region });
        }
    }

    /// Asks for what decides whether the images that are there are doubles, and for free names.
    fn follow_existing(&mut self, region: Option<&Region>) {
        let index = Index::of(self, region);
        let mut requests: Vec<CheckRequest> = Vec::new();
        let mut numbered: Vec<(Region, ImageName)> = Vec::new();
        let mut snapshots: Vec<(Region, SnapshotId)> = Vec::new();
        for existing in self.existing(&index, region) {
            let copy = &self.copies[existing.copy];
            if !existing.same_name {
                continue;
            }
            numbered.push((copy.destination.clone(), copy.name.clone()));
            let Found::Image { id, name, .. } = &existing.found else { continue };
            let images = index.by_name.get(&(&copy.destination, name.as_str())).into_iter().flatten();
            let Some(image) = images.copied().find(|image| image.id == *id) else { continue };
            if existing.same_source && image.encrypted() {
                if index.encryption(copy) == Encrypted::WithEbsKey {
                    requests.push(CheckRequest::EbsKey { region: copy.destination.clone() });
                }
                snapshots.extend(image.snapshot_ids().map(|id| (copy.destination.clone(), id.clone())));
            }
        }
        numbered.retain(|name| self.numbered.insert(name.clone()));
        snapshots.retain(|(_, id)| self.keyed.insert(id.clone()));
        requests.extend(by_region(numbered, CheckRequest::VALUES / 3, |region, names| {
            let patterns = names.iter().flat_map(numbered_patterns).collect();
            CheckRequest::Suffixes { region, patterns }
        }));
        requests
            .extend(by_region(snapshots, 1_000, |region, snapshots| CheckRequest::SnapshotKeys { region, snapshots }));
        for request in requests {
            self.ask(request);
        }
    }
}

/// Makes a request for every so many values of a region.
fn by_region<T: Clone>(
    values: Vec<(Region, T)>,
    most: usize,
    request: impl Fn(Region, Vec<T>) -> CheckRequest,
) -> Vec<CheckRequest> {
    let mut regions: std::collections::BTreeMap<Region, Vec<T>> = std::collections::BTreeMap::new();
    for (region, value) in values {
        regions.entry(region).or_default().push(value);
    }
    regions
        .into_iter()
        .flat_map(|(region, values)| {
            values.chunks(most).map(|chunk| request(region.clone(), chunk.to_vec())).collect::<Vec<_>>()
        })
        .collect()
}
