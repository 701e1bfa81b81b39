//! The answers of a review by what they are about.

use std::collections::{BTreeSet, HashMap};

use super::{
    checks::{CheckAnswer, CheckRequest, KeyVerdict},
    context::UnderWay,
    requests::managed_by_aws,
    state::{CheckState, Review},
};
use crate::domain::{
    copy::{CopyRequest, Encryption},
    ids::{ImageId, SnapshotId},
    image::{Image, ImageState},
    kms_key::KmsKeyRef,
    region::Region,
};

/// How a copy is going to be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encrypted<'a> {
    No,
    /// With the key of this id.
    With(&'a str),
    /// With the account's own key for EBS, whose id is not known yet.
    WithEbsKey,
    Unknown,
}

/// Which key encrypts a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeySource<'a> {
    /// It is not encrypted.
    None,
    Given(&'a KmsKeyRef),
    /// The destination's default key.
    Default,
    Unknown,
}

/// The answers of a review.
pub(super) struct Index<'a> {
    pub(super) by_name: HashMap<(&'a Region, &'a str), Vec<&'a Image>>,
    pub(super) by_source: HashMap<(&'a Region, &'a ImageId), Vec<&'a Image>>,
    pub(super) jobs: HashMap<(&'a Region, &'a str), Vec<&'a UnderWay>>,
    pub(super) sources: HashMap<&'a ImageId, &'a Image>,
    pub(super) encrypts: HashMap<&'a Region, bool>,
    pub(super) default_keys: HashMap<&'a Region, &'a str>,
    snapshot_keys: HashMap<&'a SnapshotId, Option<&'a str>>,
    key_arns: HashMap<(&'a Region, &'a str), &'a str>,
    ebs_keys: HashMap<&'a Region, &'a str>,
    being_removed: &'a BTreeSet<ImageId>,
}

impl<'a> Index<'a> {
    /// Takes in the answers about all destinations, or about one; those about sources in any case.
    pub(super) fn of(review: &'a Review, only: Option<&Region>) -> Self {
        let mut index = Self {
            by_name: HashMap::new(),
            by_source: HashMap::new(),
            jobs: HashMap::new(),
            sources: HashMap::new(),
            encrypts: HashMap::new(),
            default_keys: HashMap::new(),
            snapshot_keys: HashMap::new(),
            key_arns: HashMap::new(),
            ebs_keys: HashMap::new(),
            being_removed: &review.context.being_removed,
        };
        for job in &review.context.under_way {
            index.jobs.entry((&job.destination, job.name.as_str())).or_default().push(job);
        }
        for check in &review.checks {
            let wanted = only.is_none_or(|region| check.request.region() == Some(region))
                || matches!(check.request, CheckRequest::Sources { .. });
            if let CheckState::Answered(answer) = &check.state
                && wanted
            {
                index.add(&check.request, answer);
            }
        }
        index
    }

    fn add(&mut self, request: &'a CheckRequest, answer: &'a CheckAnswer) {
        match (request, answer) {
            (CheckRequest::Sources { .. }, CheckAnswer::Images(images)) => {
                self.sources.extend(images.iter().map(|image| (&image.id, image)));
            }
            (
                CheckRequest::Names { region, .. }
                | CheckRequest::Suffixes { region, .. }
                | CheckRequest::CopiesOf { region, .. },
                CheckAnswer::Images(images),
            ) => {
                let removed = &self.being_removed;
                for image in
                    images.iter().filter(|image| is_pending_or_available(image.state) && !removed.contains(&image.id))
                {
                    push(self.by_name.entry((region, &*image.name)).or_default(), image);
                    if let Some((source, _)) = image.copied_from() {
                        push(self.by_source.entry((region, source)).or_default(), image);
                    }
                }
            }
            (CheckRequest::EncryptionByDefault { region }, CheckAnswer::EncryptionByDefault(on)) => {
                self.encrypts.insert(region, *on);
            }
            (CheckRequest::DefaultKey { region }, CheckAnswer::DefaultKey(key)) => {
                self.default_keys.insert(region, key.as_deref().unwrap_or(EBS_ALIAS));
            }
            (CheckRequest::EbsKey { region }, CheckAnswer::EbsKey(Some(id))) => {
                self.ebs_keys.insert(region, id);
            }
            (CheckRequest::Key { region, key }, CheckAnswer::Key(KeyVerdict::Usable { arn })) => {
                self.key_arns.insert((region, key.as_str()), arn);
            }
            (_, CheckAnswer::SnapshotKeys(keys)) => {
                self.snapshot_keys.extend(keys.iter().map(|(id, key)| (id, key.as_deref())));
            }
            _ => {}
        }
    }

    /// Returns how a copy is going to be encrypted.
    pub(super) fn encryption(&self, copy: &'a CopyRequest) -> Encrypted<'a> {
        self.encryption_as(&copy.encryption, copy)
    }

    /// Returns how a copy would be encrypted if that were requested.
    pub(super) fn encryption_as(&self, encryption: &'a Encryption, copy: &'a CopyRequest) -> Encrypted<'a> {
        match self.key_source(encryption, copy) {
            KeySource::None => Encrypted::No,
            KeySource::Given(key) => self.resolve(&copy.destination, key.as_str()),
            KeySource::Default => match self.default_keys.get(&copy.destination) {
                Some(key) => self.resolve(&copy.destination, key),
                None => Encrypted::Unknown,
            },
            KeySource::Unknown => Encrypted::Unknown,
        }
    }

    /// Returns which key encrypts a copy if this encryption is requested.
    pub(super) fn key_source<'b>(&self, encryption: &'b Encryption, copy: &CopyRequest) -> KeySource<'b> {
        match encryption {
            Encryption::Encrypt { key: Some(key) } => KeySource::Given(key),
            Encryption::Encrypt { key: None } => KeySource::Default,
            Encryption::Keep => match self.sources.get(&copy.source).map(|source| source.encrypted()) {
                Some(false) if copy.volumes.is_empty() => KeySource::None,
                Some(false) => match self.encrypts.get(&copy.destination) {
                    Some(true) => KeySource::Default,
                    Some(false) => KeySource::None,
                    None => KeySource::Unknown,
                },
                // EC2's documents differ about the key of a copy within the region.
                Some(true) if copy.source_region != copy.destination => KeySource::Default,
                Some(true) | None => KeySource::Unknown,
            },
        }
    }

    /// Returns the ARN of the key that encrypts a copy, if it was resolved.
    pub(super) fn key_arn<'b>(&'b self, copy: &'b CopyRequest) -> Option<&'b str> {
        let key = match self.key_source(&copy.encryption, copy) {
            KeySource::Given(key) => key.as_str(),
            KeySource::Default => *self.default_keys.get(&copy.destination)?,
            KeySource::None | KeySource::Unknown => return None,
        };
        self.key_arns.get(&(&copy.destination, key)).copied()
    }

    /// Returns the own copies of the same image and name.
    pub(super) fn same_jobs(&self, copy: &'a CopyRequest) -> impl Iterator<Item = &'a UnderWay> + use<'a> {
        let named = self.jobs.get(&(&copy.destination, copy.name.as_str())).cloned().unwrap_or_default();
        named.into_iter().filter(move |job| job.source == copy.source)
    }

    /// Returns true if EC2 or an own job says that the image was copied from this copy's source.
    pub(super) fn is_copy(&self, image: &Image, copy: &'a CopyRequest) -> bool {
        image.is_copy_of(&copy.source, &copy.source_region)
            || self.same_jobs(copy).any(|job| job.image.as_ref() == Some(&image.id))
    }

    /// Returns the aliases of own copies of the same image and name that must be resolved to know whether they are the same copy.
    pub(super) fn unresolved_keys(&self, copy: &'a CopyRequest) -> impl Iterator<Item = KmsKeyRef> {
        self.same_jobs(copy).filter(|job| job.encryption != copy.encryption).filter_map(|job| match &job.encryption {
            Encryption::Encrypt { key: Some(key) } if managed_by_aws(key).is_none() => {
                (self.encryption_as(&job.encryption, copy) == Encrypted::Unknown).then(|| key.clone())
            }
            _ => None,
        })
    }

    /// Returns true if a copy is known to be encrypted with the key that AWS manages, which cannot be shared.
    pub(super) fn has_ebs_key(&self, copy: &'a CopyRequest) -> bool {
        match self.key_source(&copy.encryption, copy) {
            KeySource::Given(key) => key.is_aws_managed(),
            KeySource::Default => self.default_keys.get(&copy.destination).is_some_and(|key| key.ends_with(EBS_ALIAS)),
            KeySource::None | KeySource::Unknown => false,
        }
    }

    /// Resolves an id, ARN or alias of a key as far as it was looked up.
    fn resolve(&self, region: &'a Region, key: &'a str) -> Encrypted<'a> {
        match self.key_arns.get(&(region, key)) {
            Some(arn) => Encrypted::With(key_id(arn)),
            None if key.ends_with(EBS_ALIAS) => self.ebs_key(region),
            None if key.contains("alias/") => Encrypted::Unknown,
            None => Encrypted::With(key_id(key)),
        }
    }

    fn ebs_key(&self, region: &'a Region) -> Encrypted<'a> {
        self.ebs_keys.get(region).map_or(Encrypted::WithEbsKey, |id| Encrypted::With(key_id(id)))
    }

    /// Returns whether an image is encrypted in this way; `None` if that is not known.
    pub(super) fn is_encrypted_so(&self, image: &Image, wanted: Encrypted<'_>) -> Option<bool> {
        // A pending image may not list its devices yet.
        let listed = image.instance_store() || image.block_devices.iter().any(|device| device.ebs.is_some());
        if !listed {
            return None;
        }
        match wanted {
            Encrypted::No => Some(!image.encrypted()),
            Encrypted::With(_) | Encrypted::WithEbsKey if !image.encrypted() => Some(false),
            Encrypted::Unknown | Encrypted::WithEbsKey => None,
            Encrypted::With(id) => {
                let mut keys = image.snapshot_ids().map(|snapshot| self.snapshot_keys.get(snapshot)).peekable();
                keys.peek()?;
                keys.try_fold(true, |so, key| Some(so && key_id((*key?)?) == id))
            }
        }
    }
}

/// Alias of the account's own key for EBS.
const EBS_ALIAS: &str = "alias/aws/ebs";

impl Encrypted<'_> {
    /// Returns whether both are the same; `None` if that is not known.
    pub(super) fn same(self, other: Encrypted<'_>) -> Option<bool> {
        match (self, other) {
            (Encrypted::Unknown, _) | (_, Encrypted::Unknown) => None,
            (Encrypted::No, other) | (other, Encrypted::No) => Some(other == Encrypted::No),
            (Encrypted::WithEbsKey, Encrypted::WithEbsKey) => Some(true),
            (Encrypted::WithEbsKey, _) | (_, Encrypted::WithEbsKey) => None,
            (Encrypted::With(a), Encrypted::With(b)) => Some(a == b),
        }
    }
}

/// Returns the id in a key's ARN.
fn key_id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Returns true if the image is there, or is going to be.
pub(super) fn is_pending_or_available(state: ImageState) -> bool {
    !matches!(state, ImageState::Failed | ImageState::Error | ImageState::Invalid | ImageState::Deregistered)
}

/// Adds an image that several answers may contain.
fn push<'a>(images: &mut Vec<&'a Image>, image: &'a Image) {
    if !images.iter().any(|known| known.id == image.id) {
        images.push(image);
    }
}
