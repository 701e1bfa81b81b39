//! Attributes of images and snapshots that calls change after their creation.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Image, ImageState},
    sim::world::permissions::{Permission, Permissions},
};

/// How long a protection with cooldown outlasts its end. Source: EC2 user guide, "Protect an AMI from deregistration".
const COOLDOWN: SignedDuration = SignedDuration::from_hours(24);

/// Deregistration protection of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    Disabled,
    Enabled {
        cooldown: bool,
    },
    /// Disabled, but the image cannot be deregistered before this time.
    CoolingDown {
        until: Timestamp,
    },
}

impl Protection {
    fn parse(text: Option<&str>) -> Self {
        match text {
            Some("enabled-with-cooldown") => Self::Enabled { cooldown: true },
            Some("enabled-without-cooldown") => Self::Enabled { cooldown: false },
            _ => Self::Disabled,
        }
    }

    /// Returns EC2's name. What EC2 shows during the cooldown is not documented.
    fn as_str(self) -> &'static str {
        match self {
            Self::Disabled | Self::CoolingDown { .. } => "disabled",
            Self::Enabled { cooldown: false } => "enabled-without-cooldown",
            Self::Enabled { cooldown: true } => "enabled-with-cooldown",
        }
    }

    /// Returns the protection after `DisableImageDeregistrationProtection`.
    pub(crate) fn disabled(self, now: Timestamp) -> Self {
        match self {
            Self::Enabled { cooldown: true } => {
                Self::CoolingDown { until: now.checked_add(COOLDOWN).unwrap_or(Timestamp::MAX) }
            }
            Self::Enabled { cooldown: false } | Self::Disabled => Self::Disabled,
            Self::CoolingDown { .. } => self,
        }
    }

    /// Returns true if the image cannot be deregistered at `now`.
    pub(crate) fn prevents_deregistering(self, now: Timestamp) -> bool {
        match self {
            Self::Disabled => false,
            Self::Enabled { .. } => true,
            Self::CoolingDown { until } => now < until,
        }
    }
}

/// Attributes of an image that calls can change. They replace those it was created with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageAttributes {
    pub(crate) description: Arc<str>,
    pub(crate) imds_support: Option<Arc<str>>,
    pub(crate) launch_permissions: Permissions,
    pub(crate) deprecated: Option<Timestamp>,
    pub(crate) protection: Protection,
    pub(crate) disabled: bool,
}

impl ImageAttributes {
    /// Returns the attributes of an image that no call has changed.
    pub(crate) fn of(image: &Image, launch_permissions: &Permissions) -> Self {
        Self {
            description: image.description.clone(),
            imds_support: image.imds_support.clone(),
            launch_permissions: launch_permissions.clone(),
            deprecated: image.deprecated,
            protection: Protection::parse(image.deregistration_protection.as_deref()),
            disabled: image.state == ImageState::Disabled,
        }
    }

    /// Changes the image as it was created into what EC2 shows.
    pub(crate) fn apply(&self, image: &mut Image) {
        image.description.clone_from(&self.description);
        image.imds_support.clone_from(&self.imds_support);
        image.public = self.launch_permissions.contains(&Permission::All);
        image.deprecated = self.deprecated;
        image.deregistration_protection = Some(self.protection.as_str().into());
        image.state = match image.state {
            ImageState::Available if self.disabled => ImageState::Disabled,
            ImageState::Disabled if !self.disabled => ImageState::Available,
            other => other,
        };
    }
}
