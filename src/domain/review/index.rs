//! The answers of a review by what they are about.

use std::collections::HashMap;

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

/// The answers of a review.
pub(super) struct Index<'a> {
    pub(super) by_name: HashMap<(&'a Region, &'a str), Vec<&'a Image>>,
    pub(super) by_source: HashMap<(&'a Region, &'a ImageId), Vec<&'a Image>>,
    pub(super) jobs: HashMap<(&'a Region, &'a str), Vec<&'a UnderWay>>,
    pub(super) sources: HashMap<&'a ImageId, &'a Image>,
    pub(super) encrypts: HashMap<&'a Region, bool>,
    pub(super) default_keys: HashMap<&'a Region, &'a str>,
    snapshot_keys: HashMap<&'a SnapshotId, Option<&'a str>>,
    key_arns: HashMap<(&'a Region, &'a KmsKeyRef), &'a str>,
    ebs_keys: HashMap<&'a Region, &'a str>,
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
                for image in images.iter().filter(|image| stands(image.state)) {
                    push(self.by_name.entry((region, &*image.name)).or_default(), image);
                    if let Some(source) = &image.source_image_id {
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
                self.key_arns.insert((region, key), arn);
            }
            (_, CheckAnswer::SnapshotKeys(keys)) => {
                self.snapshot_keys.extend(keys.iter().map(|(id, key)| (id, key.as_deref())));
            }
            _ => {}
        }
    }

    /// Returns how a copy is going to be encrypted.
    pub(super) fn encryption(&self, copy: &'a CopyRequest) -> Encrypted<'a> {
        match &copy.encryption {
            Encryption::Encrypt { key: Some(key) } => match self.key_arns.get(&(&copy.destination, key)) {
                Some(arn) => Encrypted::With(key_id(arn)),
                None if managed_by_aws(key) == Some("ebs") => self.ebs_key(&copy.destination),
                None if key.as_str().contains("alias/") => Encrypted::Unknown,
                None => Encrypted::With(key_id(key.as_str())),
            },
            Encryption::Encrypt { key: None } => self.default_key(&copy.destination),
            Encryption::Keep => match self.sources.get(&copy.source).map(|source| source.encrypted()) {
                Some(false) if copy.volumes.is_empty() => Encrypted::No,
                Some(false) => match self.encrypts.get(&copy.destination) {
                    Some(true) => self.default_key(&copy.destination),
                    Some(false) => Encrypted::No,
                    None => Encrypted::Unknown,
                },
                // EC2's documents differ about the key of a copy within the region.
                Some(true) if copy.source_region != copy.destination => self.default_key(&copy.destination),
                Some(true) | None => Encrypted::Unknown,
            },
        }
    }

    fn default_key(&self, region: &'a Region) -> Encrypted<'a> {
        match self.default_keys.get(region) {
            Some(key) if key.ends_with(EBS_ALIAS) => self.ebs_key(region),
            Some(key) if key.contains("alias/") => Encrypted::Unknown,
            Some(key) => Encrypted::With(key_id(key)),
            None => Encrypted::Unknown,
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

/// Returns the id in a key's ARN.
fn key_id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Returns true if the image is there, or is going to be.
pub(super) fn stands(state: ImageState) -> bool {
    !matches!(state, ImageState::Failed | ImageState::Error | ImageState::Invalid | ImageState::Deregistered)
}

/// Adds an image that several answers may contain.
fn push<'a>(images: &mut Vec<&'a Image>, image: &'a Image) {
    if !images.iter().any(|known| known.id == image.id) {
        images.push(image);
    }
}
