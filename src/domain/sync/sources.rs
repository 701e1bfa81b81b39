//! Which images a policy is about: its sources, the copies of them, and the family of each.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    account_state::AccountState,
    policy::{Retiring, SyncPolicy},
    tag::{made_by_sync, noted_creation, noted_name},
};
use crate::domain::{
    account::AccountId,
    family::VersionLine,
    filter::Scratch,
    ids::ImageId,
    image::{Image, ImageState},
    region::Region,
};

/// The images of a policy's source region, sorted out.
pub(super) struct Sources<'a> {
    policy: &'a SyncPolicy,
    account: &'a AccountId,
    /// All images of the region.
    by_id: HashMap<&'a ImageId, &'a Arc<Image>>,
    /// Those that pass the filter, newest first.
    pub(super) matching: Vec<&'a Arc<Image>>,
    matching_ids: HashSet<&'a ImageId>,
    /// Those of them whose copies are wanted.
    pub(super) wanted: HashSet<&'a ImageId>,
}

impl<'a> Sources<'a> {
    /// Returns `None` if the region's images are not known.
    pub(super) fn of(policy: &'a SyncPolicy, account_state: &'a AccountState) -> Option<Self> {
        let mut scratch = Scratch::default();
        let all: Vec<&Arc<Image>> = account_state.own(&policy.from)?.collect();
        let mut matching: Vec<&Arc<Image>> =
            all.iter().copied().filter(|image| policy.matching.passes(image, &mut scratch)).collect();
        matching.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
        let mut wanted = HashSet::new();
        for image in matching.iter().filter(|image| image.state == ImageState::Available) {
            if made_by_sync(image, &account_state.account).is_ok() {
                continue;
            }
            let count = versions.entry(policy.version_pattern.family(&image.name)).or_default();
            *count += 1;
            if *count <= policy.wanted() {
                wanted.insert(&image.id);
            }
        }
        let matching_ids = matching.iter().map(|image| &image.id).collect();
        let by_id = all.into_iter().map(|image| (&image.id, image)).collect();
        Some(Self { policy, account: &account_state.account, by_id, matching, matching_ids, wanted })
    }

    /// Returns how many versions the policy keeps, and how it retires older ones, if it does.
    pub(super) fn retiring(&self) -> Option<(usize, &'a Retiring)> {
        self.policy.retiring().map(|(keep, retiring)| (keep.get(), retiring))
    }

    /// Returns true if the image is one of the sources that pass the filter.
    pub(super) fn matches(&self, image: &ImageId) -> bool {
        self.matching_ids.contains(image)
    }

    /// Returns true if the image was copied from the policy's region, as far as EC2 reports it.
    pub(super) fn is_copy(&self, image: &Image) -> bool {
        image.copied_from().is_some_and(|(_, region)| region.is_none_or(|region| *region == self.policy.from))
    }

    /// Returns true if the policy is about this copy: its source matches. Of one whose source is gone the copy itself is asked, which
    /// has the source's tags if those were copied.
    pub(super) fn concerns(&self, copy: &Image) -> bool {
        let Some(source) = copy.source_image_id.as_ref().filter(|_| self.is_copy(copy)) else { return false };
        if self.by_id.contains_key(source) {
            return self.matching_ids.contains(source);
        }
        let name = self.source_name(copy).map_or_else(|| copy.name.clone(), Into::into);
        let as_source = Image { region: self.policy.from.clone(), name, ..copy.clone() };
        self.policy.matching.passes(&as_source, &mut Scratch::default())
    }

    /// Returns the family of an image in a destination: that of its source, by the noted or else its own name if the source is gone. One
    /// whose source's name is unknown is a family by itself.
    pub(super) fn family(&self, image: &Image) -> String {
        match (self.source(image), self.source_name(image)) {
            (Some(source), _) => self.family_of_source(source),
            (None, Some(name)) => self.policy.version_pattern.family(&name).to_owned(),
            (None, None) => image.id.to_string(),
        }
    }

    /// Returns true if the source of a copy is gone, and nothing says which name it had.
    pub(super) fn lacks_family(&self, copy: &Image) -> bool {
        self.source(copy).is_none() && self.source_name(copy).is_none()
    }

    /// Returns the line of an image in a destination, by the same name.
    pub(super) fn line(&self, image: &Image) -> Option<VersionLine> {
        match self.source(image) {
            Some(source) => self.line_of_source(source),
            None => self.policy.version_pattern.line(&self.source_name(image)?),
        }
    }

    /// Returns the source of a copy, if it is there.
    fn source(&self, copy: &Image) -> Option<&'a Arc<Image>> {
        let source = copy.source_image_id.as_ref().filter(|_| self.is_copy(copy));
        source.and_then(|id| self.by_id.get(id)).copied()
    }

    /// Returns the family of a source.
    pub(super) fn family_of_source(&self, source: &Image) -> String {
        self.policy.version_pattern.family(&source.name).to_owned()
    }

    /// Returns the line of a source.
    pub(super) fn line_of_source(&self, source: &Image) -> Option<VersionLine> {
        self.policy.version_pattern.line(&source.name)
    }

    /// Returns true if a wanted source is itself a copy of this image, which need not be copied back then.
    pub(super) fn is_origin_of_wanted(&self, image: &Image) -> bool {
        let wanted = self.matching.iter().filter(|source| self.wanted.contains(&source.id));
        wanted.into_iter().any(|source| is_origin(image, source))
    }

    /// Returns when the version of a copy was made: its source, or what sync has noted of that if it is gone. When the copy itself was made
    /// says nothing: older versions may have been copied later.
    pub(super) fn version_time(&self, copy: &Image) -> Option<Timestamp> {
        let source = self.source(copy).and_then(|source| source.created);
        source.or_else(|| noted_creation(copy, self.account))
    }

    /// Returns the name that the source of a copy had: as sync has noted it, else what the policy's template has made the copy's name of.
    /// `None` if that cannot be said, as of `dr-{source_id}`.
    fn source_name(&self, copy: &Image) -> Option<String> {
        if let Some(name) = noted_name(copy, self.account) {
            return Some(name.to_owned());
        }
        let parts = self.policy.copy_name.split_once("{name}").and_then(|(before, after)| {
            let literal = |text: &str| expand(text, &copy.region, &self.policy.from);
            Some((literal(before)?, literal(after)?))
        });
        let name = parts.and_then(|(before, after)| {
            copy.name.strip_prefix(before.as_str())?.strip_suffix(after.as_str()).map(str::to_owned)
        });
        name.filter(|name| !name.is_empty())
    }
}

/// Returns true if `copy` was copied from this image, as EC2 reports.
pub(super) fn is_origin(image: &Image, copy: &Image) -> bool {
    copy.copied_from() == Some((&image.id, Some(&image.region)))
}

/// Expands the regions of a part of a template; `None` if there are other placeholders.
fn expand(text: &str, destination: &Region, source: &Region) -> Option<String> {
    let text = text.replace("{region}", destination.as_str()).replace("{source_region}", source.as_str());
    (!text.contains(['{', '}'])).then_some(text)
}
