//! Deprecation, deregistration protection, and disabling of images.

use std::str::FromStr as _;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, ToSpan as _, Unit, tz::TimeZone};

use crate::sim::{
    api::call::Call,
    api_error::ApiError,
    world::{
        attributes::{ImageAttributes, Protection},
        permissions::{Permission, Permissions},
        records::ChangeKind,
        state::SeenImage,
    },
};

impl Call<'_> {
    pub(crate) fn enable_image_deprecation(self) -> Result<String, ApiError> {
        let text = self.params.required("DeprecateAt")?;
        self.change_lifecycle(ChangeKind::DeprecationChanged, |seen, image, now| {
            let at = Timestamp::from_str(text)
                .map_err(|_| ApiError::bad_value("DeprecateAt", text, "Expected a date as YYYY-MM-DDTHH:MM:SSZ."))?;
            image.deprecated = Some(deprecation(at, seen, now)?);
            Ok(())
        })
    }

    pub(crate) fn disable_image_deprecation(self) -> Result<String, ApiError> {
        self.change_lifecycle(ChangeKind::DeprecationChanged, |_, image, _| {
            image.deprecated = None;
            Ok(())
        })
    }

    pub(crate) fn enable_deregistration_protection(self) -> Result<String, ApiError> {
        let cooldown = self.params.flag("WithCooldown")? == Some(true);
        self.change_lifecycle(ChangeKind::ProtectionChanged, |_, image, _| {
            image.protection = Protection::Enabled { cooldown };
            Ok(())
        })
    }

    pub(crate) fn disable_deregistration_protection(self) -> Result<String, ApiError> {
        self.change_lifecycle(ChangeKind::ProtectionChanged, |_, image, now| {
            image.protection = image.protection.disabled(now);
            Ok(())
        })
    }

    pub(crate) fn disable_image(self) -> Result<String, ApiError> {
        self.change_lifecycle(ChangeKind::Disabled, |_, image, _| {
            image.disabled = true;
            image.launch_permissions = Permissions::new();
            Ok(())
        })
    }

    pub(crate) fn enable_image(self) -> Result<String, ApiError> {
        self.change_lifecycle(ChangeKind::Enabled, |_, image, _| {
            image.disabled = false;
            Ok(())
        })
    }

    /// Changes the image named by the request.
    fn change_lifecycle(
        self,
        kind: ChangeKind,
        change: impl FnOnce(&SeenImage, &mut ImageAttributes, Timestamp) -> Result<(), ApiError>,
    ) -> Result<String, ApiError> {
        let id = self.params.required("ImageId")?;
        let ready = self.ready()?;
        let now = ready.now;
        ready.world.change_attributes(ready.region, id, now, kind, |_, seen, image| change(seen, image, now))?;
        Ok(ready.response_true())
    }
}

/// Returns the deprecation date, to the minute. Source of the rules: EC2 API reference, `EnableImageDeprecation`.
fn deprecation(at: Timestamp, seen: &SeenImage, now: Timestamp) -> Result<Timestamp, ApiError> {
    let refused = |why: &str| ApiError::new("InvalidParameterValue", why);
    let rounding = TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::HalfExpand);
    let at = at.round(rounding).map_err(|_| refused("The deprecation date is out of range."))?;
    if at <= now {
        return Err(refused("You can't specify a deprecation date in the past."));
    }
    let public = seen.launch_permissions.contains(&Permission::All);
    let (from, years) = if public { (seen.image.created.unwrap_or(now), 2) } else { (now, 10) };
    let latest = from.to_zoned(TimeZone::UTC).checked_add(years.years()).map_or(Timestamp::MAX, |z| z.timestamp());
    // The upper limit is a date, so the rounding does not count.
    if at > latest.checked_add(SignedDuration::from_mins(1)).unwrap_or(latest) {
        return Err(refused(if public {
            "The deprecation date of a public image can't be later than 2 years from its creation date."
        } else {
            "The deprecation date can't be later than 10 years from now."
        }));
    }
    Ok(at)
}
