//! What an answer leads to: other checks, for which it gives the reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    checks::{CheckAnswer, CheckRequest, Permission},
    context::UnderWay,
    index::{Encrypted, Index, KeySource},
    names::numbered_patterns,
    requests::managed_by_aws,
    sources::is_unseen,
    state::{Check, CheckId, CheckState, Review},
};
use crate::domain::{
    copy::ImageName,
    failure::Failure,
    ids::{ImageId, SnapshotId},
    image::Image,
    image_access::needs_owners_permissions,
    kms_key::KmsKeyRef,
    region::Region,
};

impl Review {
    /// Takes in an answer. One that comes late still counts.
    pub fn answer(&mut self, id: CheckId, answer: Result<CheckAnswer, Failure>) {
        self.answer_at(id, answer, self.now);
    }

    fn answer_at(&mut self, id: CheckId, answer: Result<CheckAnswer, Failure>, at: Timestamp) {
        if let Some(request) = self.take(id, answer, at) {
            self.follow(&[request]);
        }
    }

    /// Records an answer. Returns its request, which may lead to others.
    fn take(&mut self, id: CheckId, answer: Result<CheckAnswer, Failure>, at: Timestamp) -> Option<CheckRequest> {
        let check = self.checks.get_mut(id.0)?;
        check.at = Some(at);
        let made = match (&check.request, &answer) {
            (
                CheckRequest::Permission { copy, .. },
                Ok(CheckAnswer::Permission(Permission::DryRunIgnored { made })),
            ) => Some((copy.destination.clone(), made.clone())),
            _ => None,
        };
        check.state = answer.map_or_else(CheckState::Failed, CheckState::Answered);
        let request = check.request.clone();
        if let Some(made) = made {
            if !self.made_by_trials.contains(&made) {
                self.made_by_trials.push(made);
            }
            self.forgo_trials();
        }
        Some(request)
    }

    /// Takes over the answers of an earlier review by the same account that are not too old.
    #[must_use]
    pub fn reuse(mut self, earlier: &Self) -> Self {
        if self.context.account.is_none() || self.context.account != earlier.context.account {
            return self;
        }
        self.made_by_trials.clone_from(&earlier.made_by_trials);
        self.forgo_trials();
        let mut next = 0;
        // Follow-ups are appended, and may be known as well. What all answers lead to is worked out once: with thousands of copies,
        // once for each takes longer than a frame.
        while next < self.checks.len() {
            let mut answered = Vec::new();
            for n in next..self.checks.len() {
                let known = earlier.checks.iter().find(|check| check.request == self.checks[n].request);
                if let Some(Check { state: CheckState::Answered(answer), at: Some(at), .. }) = known
                    && self.started.duration_since(*at) < Self::REUSE
                {
                    answered.extend(self.take(CheckId(n), Ok(answer.clone()), *at));
                }
            }
            next = self.checks.len();
            self.follow(&answered);
        }
        self
    }

    /// Sends no dry run any more once one has made an image.
    pub(super) fn forgo_trials(&mut self) {
        if self.made_by_trials.is_empty() {
            return;
        }
        for check in self.checks.iter_mut().filter(|check| check.is_trial() && check.state == CheckState::Waiting) {
            let failure = Failure::new("check the permission", "a dry run would make an image at this endpoint");
            (check.state, check.at) = (CheckState::Failed(failure), Some(self.now));
        }
    }

    /// Replaces the own copies that have not ended, and the images that are being removed. Returns true if they are others.
    pub fn set_jobs(&mut self, under_way: Vec<UnderWay>, being_removed: BTreeSet<ImageId>) -> bool {
        let context = &mut self.context;
        let changes = under_way != context.under_way || being_removed != context.being_removed;
        if changes {
            (context.under_way, context.being_removed) = (under_way, being_removed);
            self.follow_existing(None);
        }
        changes
    }

    /// Asks for what the answers to these lead to.
    fn follow(&mut self, answered: &[CheckRequest]) {
        // `None` once it is about all destinations.
        let mut existing: Option<BTreeSet<&Region>> = Some(BTreeSet::new());
        let (mut sources, mut default_keys) = (false, false);
        for request in answered {
            match request {
                CheckRequest::Sources { .. } => (sources, default_keys, existing) = (true, true, None),
                CheckRequest::Names { region, .. } | CheckRequest::CopiesOf { region, .. } => {
                    existing.as_mut().map(|regions| regions.insert(region));
                }
                CheckRequest::EncryptionByDefault { region } | CheckRequest::DefaultKey { region } => {
                    default_keys = true;
                    existing.as_mut().map(|regions| regions.insert(region));
                }
                _ => {}
            }
        }
        let region = match existing {
            Some(regions) if regions.is_empty() => return,
            Some(regions) if regions.len() == 1 => regions.into_iter().next(),
            _ => None,
        };
        if sources {
            self.follow_sources();
        }
        self.follow_existing(region);
        if default_keys {
            self.follow_default_keys(region);
        }
    }

    /// Asks whether a default key can be used where it is one's own and encrypts a copy.
    fn follow_default_keys(&mut self, region: Option<&Region>) {
        let index = Index::of(self, region);
        let mut requests: Vec<CheckRequest> = Vec::new();
        for copy in self.copies.iter().filter(|copy| region.is_none_or(|region| *region == copy.destination)) {
            let key = match index.key_source(&copy.encryption, copy) {
                KeySource::Default => index.default_keys.get(&copy.destination),
                _ => None,
            };
            if let Some(key) = key.and_then(|key| KmsKeyRef::new(key).ok())
                && managed_by_aws(&key).is_none()
                && requests.iter().all(|known| known.region() != Some(&copy.destination))
            {
                requests.push(CheckRequest::Key { region: copy.destination.clone(), key });
            }
        }
        for request in requests {
            self.ask(request);
        }
    }

    /// Asks for the Allowed AMIs settings where sources of other accounts are, and what their owners do not share.
    fn follow_sources(&mut self) {
        let Some(own) = self.context.account.clone() else { return };
        let index = Index::of(self, None);
        let unseen = self.context.listed_by_others.iter().map(Arc::as_ref).filter(|image| is_unseen(self, image));
        let sources = index.sources.values().copied().chain(unseen);
        let mut foreign: Vec<&Image> = sources.filter(|image| image.owner_id != own).collect();
        foreign.sort_by(|a, b| (&a.region, &a.id).cmp(&(&b.region, &b.id)));
        let mut regions: Vec<Region> = foreign.iter().map(|image| image.region.clone()).collect();
        regions.dedup();
        let access_is_known = self.context.access_is_known;
        foreign.retain(|image| !access_is_known && needs_owners_permissions(image, &own));
        let shared = foreign.into_iter().map(|image| CheckRequest::MissingAccess { image: Box::new(image.clone()) });
        let requests = regions.into_iter().map(|region| CheckRequest::AllowedImages { region }).chain(shared);
        for request in requests.collect::<Vec<_>>() {
            self.ask(request);
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
            let region = &copy.destination;
            numbered.push((region.clone(), copy.name.clone()));
            if !existing.same_source {
                continue;
            }
            // Any of several images may be the same copy.
            let named = index.by_name.get(&(region, copy.name.as_str())).into_iter().flatten();
            let images: Vec<&Image> =
                named.copied().filter(|image| index.is_copy(image, copy) && image.encrypted()).collect();
            if !images.is_empty() && index.encryption(copy) == Encrypted::WithEbsKey {
                requests.push(CheckRequest::EbsKey { region: region.clone() });
            }
            let ids = images.iter().flat_map(|image| image.snapshot_ids());
            snapshots.extend(ids.map(|id| (region.clone(), id.clone())));
            requests.extend(index.unresolved_keys(copy).map(|key| CheckRequest::Key { region: region.clone(), key }));
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

/// Makes requests with a limited number of values of a region each.
fn by_region<T: Clone>(
    values: Vec<(Region, T)>,
    most: usize,
    request: impl Fn(Region, Vec<T>) -> CheckRequest,
) -> Vec<CheckRequest> {
    let mut regions: BTreeMap<Region, Vec<T>> = BTreeMap::new();
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
