//! Who uses an image in which account, and the usage reports that tell it.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    domain::{AccountId, ImageId, Region, image::Tag, image_usage::ReferenceKind},
    sim::world::timeline::Timeline,
};

/// How long EC2 keeps a report. Source: EC2 API reference.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Another account's use of an image, in a scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UseSpec {
    pub(crate) region: Region,
    /// Pattern of the image's name; the newest match is used.
    pub(crate) image: String,
    pub(crate) account: AccountId,
    /// `ec2:Instance` or `ec2:LaunchTemplate`.
    pub(crate) kind: String,
    pub(crate) count: u64,
}

/// How many of an account's resources name an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) image: ImageId,
    pub(crate) account: AccountId,
    pub(crate) kind: ReferenceKind,
    pub(crate) count: u64,
}

/// A type of resource that a report counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) kind: ReferenceKind,
    /// The number of versions of launch templates that are looked at, as it was given.
    pub(crate) version_depth: Option<String>,
}

/// A report.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) id: String,
    pub(crate) image: ImageId,
    pub(crate) counted: Vec<Counted>,
    /// All accounts if it is empty.
    pub(crate) accounts: Vec<String>,
    pub(crate) tags: Vec<Tag>,
    /// The client token, and all parameters of the request.
    pub(crate) token: Option<(String, String)>,
    pub(crate) timeline: Timeline,
    /// What it says once it is available: as it was when it was requested.
    pub(crate) uses: Vec<Use>,
    /// Why EC2 fails to make it.
    pub(crate) fails: Option<String>,
}

/// The reports of a region, and what they count.
#[derive(Debug, Default)]
pub(crate) struct UsageReports {
    pub(crate) made: Vec<Report>,
    pub(crate) uses: Vec<Use>,
    /// Why reports that are requested from now on fail.
    pub(crate) fails: Option<String>,
}

impl Report {
    pub(crate) fn created(&self) -> Timestamp {
        self.timeline.created()
    }

    /// Returns when EC2 deletes it.
    pub(crate) fn expires(&self) -> Timestamp {
        self.created().checked_add(KEPT).unwrap_or(Timestamp::MAX)
    }

    /// Returns EC2's word for its state.
    pub(crate) fn state(&self, takes_ms: i64, now: Timestamp) -> &'static str {
        match &self.fails {
            _ if self.timeline.age_ms(now) < takes_ms => "pending",
            Some(_) => "error",
            None => "available",
        }
    }
}

impl UsageReports {
    /// Returns the reports that EC2 still keeps.
    pub(crate) fn kept(&self, now: Timestamp) -> impl Iterator<Item = &Report> {
        self.made.iter().filter(move |report| report.expires() > now)
    }
}
