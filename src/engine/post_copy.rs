//! The states of a job's post-copy steps, and the calls that the steps consist of. Each call may be repeated: EC2 accepts a call
//! whose effect is already in place.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, Failure, ImageId, Region, SnapshotId, post_copy::LaunchPermission};

/// State of one post-copy step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StepState {
    /// The copy is not available yet, or an earlier step is under way.
    Waiting,
    /// Begun.
    UnderWay(StepProgress),
    /// Carried out.
    Done,
    /// AWS refused it.
    Failed(Box<Failure>),
    /// Not carried out, because the image was removed or was to be removed, or a person gave it up.
    GivenUp,
    /// The same, after a changing call was sent: it may have been carried out, in whole or in part.
    GivenUpSent(StepProgress),
    /// No longer wanted: a person requested other steps. With the reason, if it had failed.
    Withdrawn(Option<Box<Failure>>),
}

impl StepState {
    /// Returns true if it is still to be carried out.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::UnderWay(_))
    }

    /// Returns true if it was given up.
    pub fn is_given_up(&self) -> bool {
        matches!(self, Self::GivenUp | Self::GivenUpSent(_))
    }
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StepProgress {
    /// When the next call is sent (again); `None` while an answer is awaited.
    pub(super) at: Option<Timestamp>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Why the last call is sent again.
    pub retrying: Option<String>,
    /// What its calls have shown so far.
    pub(super) found: StepFindings,
    /// When the first of the failures was.
    #[serde(default)]
    pub(super) failing_since: Option<Timestamp>,
    /// Changing calls sent so far.
    #[serde(default)]
    pub(super) changes_sent: u32,
    /// How often the image's snapshots were listed once more.
    #[serde(default)]
    pub(super) lists: u8,
    /// Entries of the source's launch permissions that are of a kind that is not known here.
    #[serde(default)]
    pub(super) unknown_entries: usize,
}

/// What the calls of a step have shown so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) enum StepFindings {
    #[default]
    Nothing,
    /// The source's launch permissions, without public.
    Permissions(Vec<LaunchPermission>),
    /// The source is the account's own.
    SourceIsOwn,
    /// These snapshots are shared.
    Shared(BTreeSet<SnapshotId>),
}

/// One call of a post-copy step.
#[derive(Debug, Clone, PartialEq)]
pub enum PostCopyCall {
    /// `DescribeImageAttribute`, `launchPermission`, of the source.
    ReadLaunchPermissions {
        /// The source's region.
        region: Region,
        /// The source.
        source: ImageId,
    },
    /// `DescribeImages` of the copy, for its snapshots.
    ListSnapshots {
        /// The copy's region.
        region: Region,
        /// The copy.
        image: ImageId,
    },
    /// `DescribeImages` of the source, which must be the account's own; fails otherwise.
    CheckOwner {
        /// The source's region.
        region: Region,
        /// The source.
        source: ImageId,
    },
    /// `ModifyImageAttribute`, `launchPermission`.
    AddLaunchPermissions {
        /// The copy's region.
        region: Region,
        /// The copy.
        image: ImageId,
        /// Who may launch it.
        permissions: Vec<LaunchPermission>,
    },
    /// `ModifySnapshotAttribute`, `createVolumePermission`.
    ShareSnapshot {
        /// The copy's region.
        region: Region,
        /// One of the copy's snapshots.
        snapshot: SnapshotId,
        /// Who may create volumes of it.
        accounts: Vec<AccountId>,
    },
    /// `EnableImageDeprecation`.
    Deprecate {
        /// The copy's region.
        region: Region,
        /// The copy.
        image: ImageId,
        /// When it is deprecated; EC2 rounds to the minute.
        at: Timestamp,
    },
    /// `EnableImageDeregistrationProtection`.
    Protect {
        /// The copy's region.
        region: Region,
        /// The copy.
        image: ImageId,
        /// `WithCooldown`.
        cooldown: bool,
    },
    /// `CreateTags` of one tag.
    TagSource {
        /// The source's region.
        region: Region,
        /// The source.
        source: ImageId,
        /// Key of the tag.
        key: String,
        /// Its value: the copy.
        image: ImageId,
    },
}

impl PostCopyCall {
    /// Returns the region it is sent to.
    pub fn region(&self) -> &Region {
        match self {
            Self::ReadLaunchPermissions { region, .. }
            | Self::ListSnapshots { region, .. }
            | Self::CheckOwner { region, .. }
            | Self::AddLaunchPermissions { region, .. }
            | Self::ShareSnapshot { region, .. }
            | Self::Deprecate { region, .. }
            | Self::Protect { region, .. }
            | Self::TagSource { region, .. } => region,
        }
    }

    /// Returns EC2's name of the action and what it changes, for the audit; `None` if it only reads.
    pub(super) fn change(&self) -> Option<(&'static str, String)> {
        let with = |of: &str, names: Vec<&dyn std::fmt::Display>| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            format!("{of} for {}", names.join(", "))
        };
        Some(match self {
            Self::ReadLaunchPermissions { .. } | Self::ListSnapshots { .. } | Self::CheckOwner { .. } => return None,
            Self::AddLaunchPermissions { image, permissions, .. } => {
                ("ModifyImageAttribute", with(image.as_str(), permissions.iter().map(|p| p as _).collect()))
            }
            Self::ShareSnapshot { snapshot, accounts, .. } => {
                ("ModifySnapshotAttribute", with(snapshot.as_str(), accounts.iter().map(|a| a as _).collect()))
            }
            Self::Deprecate { image, at, .. } => ("EnableImageDeprecation", format!("{image} at {at}")),
            Self::Protect { image, .. } => ("EnableImageDeregistrationProtection", image.to_string()),
            Self::TagSource { source, key, .. } => ("CreateTags", format!("{source} {key}")),
        })
    }
}

/// The answer to a [`PostCopyCall`].
#[derive(Debug, Clone, PartialEq)]
pub enum PostCopyAnswer {
    /// It was carried out.
    Done,
    /// To [`PostCopyCall::ReadLaunchPermissions`].
    LaunchPermissions {
        /// Those of a known kind.
        known: Vec<LaunchPermission>,
        /// How many others there are.
        unknown: usize,
    },
    /// To [`PostCopyCall::ListSnapshots`].
    Snapshots(Vec<SnapshotId>),
}
