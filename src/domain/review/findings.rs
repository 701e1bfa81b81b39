//! What the checks found: refusals, warnings, and what stays unknown.

use jiff::Timestamp;

use super::checks::ZoneProblem;
use crate::domain::{
    account::AccountId,
    draft::Field,
    ids::ImageId,
    image::ImageState,
    image_access::{AccessTarget, MissingAccess},
    kms_key::KmsKeyRef,
    placement::Placement,
    region::Region,
};

/// What a finding means for the start; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be started.
    Refusal,
    Warning,
    /// A check could not be made.
    Unknown,
}

/// A column of the table of destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The region is enabled for the account, and the zone, if the copies go to one.
    Enabled,
    /// The copies are permitted.
    Permission,
    /// The keys can be used.
    Key,
    /// The region encrypts new snapshots by default.
    Encryption,
    /// Images of these names, or copies of these sources, that are there already.
    Exists,
    /// Copies that are pending.
    Pending,
    /// Images may be shared with everyone.
    Public,
}

impl Column {
    /// Every column, in the order of the table.
    pub const ALL: [Self; 7] =
        [Self::Enabled, Self::Permission, Self::Key, Self::Exists, Self::Encryption, Self::Pending, Self::Public];
}

/// Something to know before the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub kind: FindingKind,
    /// Destinations, or regions of sources; empty if it concerns none in particular.
    pub regions: Vec<Region>,
    /// Where it can be corrected.
    pub field: Field,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingKind {
    NotPermitted {
        why: String,
        /// A sentence; may be empty.
        hint: String,
    },
    /// The endpoint ignored `DryRun` and made this image.
    DryRunIgnored {
        made: String,
    },
    /// The copies are permitted only without amigrate's tags.
    JobTagsNotPermitted,
    KeyNotFound(KmsKeyRef),
    KeyUnusable {
        key: KmsKeyRef,
        why: String,
    },
    NotEnabled,
    /// The zone cannot be used in its destination.
    Zone {
        zone: Placement,
        problem: ZoneProblem,
    },
    /// Block public access is on.
    PublicBlocked,
    /// Copies that are to be public come out encrypted.
    EncryptedPublic,
    /// Copies that others are to use come out encrypted with the key that AWS manages, which cannot be shared.
    SharedWithEbsKey,
    /// Unencrypted sources come out encrypted, with this key.
    EncryptsByDefault {
        key: Option<String>,
    },
    /// More copies than EC2 accepts at once: the others wait.
    LimitReached {
        pending: usize,
        limit: usize,
        copies: usize,
    },
    SourceUnavailable {
        source: ImageId,
        /// `None` if EC2 does not know the image.
        state: Option<ImageState>,
    },
    Deprecated {
        source: ImageId,
        since: Timestamp,
    },
    /// The source region's Allowed AMIs settings do not name the image's owner.
    OwnerNotAllowed {
        source: ImageId,
        owner: AccountId,
    },
    /// The image's owner does not share all that a copy reads; a warning if that is not certain.
    NotShared {
        owner: AccountId,
        target: AccessTarget,
        missing: Vec<MissingAccess>,
    },
    /// A check that had no turn before the deadline.
    NotAsked(UnknownCheck),
    /// A check that was refused, failed or not answered in time (`None`).
    Unknown {
        what: UnknownCheck,
        why: Option<String>,
    },
    /// More kinds of requests than are tried.
    PermissionsNotTried,
    /// A warning of the plan's own checks, a sentence.
    Plan(String),
}

/// What could not be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownCheck {
    Column(Column),
    /// The region's default key.
    DefaultKey,
    /// Names with numbers at their ends, for renaming.
    Suffixes,
    /// Keys of images that are there.
    ExistingKeys,
    AllowedImages,
    /// The zone.
    Zone,
    Sources,
    /// What the owners of the sources share.
    MissingAccess,
}

/// Findings while they are collected.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding, or its region to the same finding elsewhere.
    pub(super) fn add(&mut self, severity: Severity, kind: FindingKind, region: Option<&Region>, field: Field) {
        let same = self.0.iter_mut().find(|f| f.severity == severity && f.kind == kind);
        match (same, region) {
            (Some(same), Some(region)) if !same.regions.contains(region) => {
                same.regions.push(region.clone());
                // A field of one destination is not that of several.
                if let (Field::KeyFor(_), Field::KeyFor(_)) = (&same.field, &field) {
                    same.field = Field::Key;
                }
            }
            (Some(_), _) => {}
            (None, region) => {
                self.0.push(Finding { severity, kind, regions: region.into_iter().cloned().collect(), field });
            }
        }
    }

    pub(super) fn has(&self, kind: &FindingKind) -> bool {
        self.0.iter().any(|finding| finding.kind == *kind)
    }

    /// Returns the findings, the worst first.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|f| f.severity);
        self.0
    }
}
