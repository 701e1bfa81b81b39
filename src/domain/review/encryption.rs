//! What a review says about encryption: keys, encryption by default, and what they rule out.

use std::collections::BTreeSet;

use super::{
    builder::Builder,
    checks::KeyVerdict,
    findings::{Column, FindingKind, Severity},
    index::KeySource,
    requests::{becomes_public, managed_by_aws},
    table::{CellValue, Status},
};
use crate::domain::{
    copy::{CopyRequest, Encryption},
    draft::Field,
    kms_key::KmsKeyRef,
    post_copy::PostCopyStep,
    region::Region,
};

impl Builder<'_> {
    /// Returns true if a copy is to be encrypted with this key. Others are looked up only to be compared.
    pub(super) fn uses_key(&self, region: &Region, key: &KmsKeyRef) -> bool {
        let index = self.index;
        self.review.copies.iter().filter(|copy| copy.destination == *region).any(|copy| {
            match index.key_source(&copy.encryption, copy) {
                KeySource::Given(given) => given == key,
                KeySource::Default => index.default_keys.get(region).is_some_and(|default| *default == key.as_str()),
                KeySource::None | KeySource::Unknown => false,
            }
        })
    }

    pub(super) fn key(&mut self, region: &Region, key: &KmsKeyRef, state: &KeyVerdict) {
        if !self.uses_key(region, key) {
            return;
        }
        let kind = match state {
            KeyVerdict::Usable { .. } => return self.worsen(region, Column::Key, Status::Fine),
            KeyVerdict::NotFound => FindingKind::KeyNotFound(key.clone()),
            KeyVerdict::Unusable { why } => FindingKind::KeyUnusable { key: key.clone(), why: why.clone() },
        };
        self.worsen(region, Column::Key, Status::Refused);
        let mut here = self.review.copies.iter().filter(|copy| copy.destination == *region);
        let field = if here.all(|copy| copy.encryption == Encryption::Keep) {
            Field::Encryption
        } else if self.rows.len() > 1 {
            Field::KeyFor(region.clone())
        } else {
            Field::Key
        };
        self.find(Severity::Refusal, kind, region, field);
    }

    /// Fills in encryption by default, and says what it changes, and what the copies' keys rule out.
    pub(super) fn encryption(&mut self, copies: &[CopyRequest]) {
        let index = self.index;
        for row in &mut self.rows {
            let Some(on) = index.encrypts.get(&row.region) else { continue };
            let cell = row.cell_mut(Column::Encryption);
            cell.value = CellValue::Switch(*on);
            cell.worsen(Status::Fine);
        }
        let [mut changed, mut public, mut shared, mut alike] = [const { BTreeSet::<&Region>::new() }; 4];
        for copy in copies {
            let key = index.key_source(&copy.encryption, copy);
            let unencrypted = index.sources.get(&copy.source).is_some_and(|source| !source.encrypted());
            if copy.encryption == Encryption::Keep && unencrypted && key == KeySource::Default {
                changed.insert(&copy.destination);
            }
            if becomes_public(copy) && matches!(key, KeySource::Given(_) | KeySource::Default) {
                public.insert(&copy.destination);
            } else if index.has_ebs_key(copy) {
                if is_shared(copy) {
                    shared.insert(&copy.destination);
                } else if copy.post_copy.contains(&PostCopyStep::CopyLaunchPermissions) {
                    alike.insert(&copy.destination);
                }
            }
        }
        for region in changed {
            self.worsen(region, Column::Encryption, Status::Warning);
            let key = index.default_keys.get(region).map(|key| (*key).to_owned());
            self.find(Severity::Warning, FindingKind::EncryptsByDefault { key }, region, Field::Encryption);
        }
        for region in public {
            self.worsen(region, Column::Public, Status::Refused);
            self.find(Severity::Refusal, FindingKind::EncryptedPublic, region, Field::Public);
        }
        for region in shared {
            self.find(Severity::Refusal, FindingKind::SharedWithEbsKey, region, Field::ShareWith);
        }
        for region in alike {
            self.find(Severity::Warning, FindingKind::SharedWithEbsKey, region, Field::CopyPermissions);
        }
    }

    /// Refuses keys that AWS manages for other services.
    pub(super) fn managed_keys(&mut self) {
        for copy in &self.review.copies {
            let Encryption::Encrypt { key: Some(key) } = &copy.encryption else { continue };
            if let Some(service) = managed_by_aws(key).filter(|service| *service != "ebs") {
                let why = format!("it is AWS's own key for {service}");
                self.key(&copy.destination, key, &KeyVerdict::Unusable { why });
            }
        }
    }
}

/// Returns true if accounts or organizations are to use the copy.
fn is_shared(copy: &CopyRequest) -> bool {
    let shares =
        |step: &PostCopyStep| matches!(step, PostCopyStep::LaunchPermissions(_) | PostCopyStep::SnapshotPermissions(_));
    copy.post_copy.iter().any(shares)
}
