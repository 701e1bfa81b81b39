//! Deprecating and disabling images. The call is on record before it is sent.

use jiff::{SignedDuration, Timestamp};

use super::Sync;
use crate::{
    domain::{Failure, Image, sync::RetireMode},
    driver::Changing,
    labels,
};

/// EC2 takes a deprecation date by the minute, and none in the past.
const DEPRECATED_IN: SignedDuration = SignedDuration::from_mins(2);

impl Sync<'_> {
    /// Deprecates or disables an image. Returns why the answer is not on record, if it is not.
    ///
    /// # Errors
    /// If it was not sent, or AWS has not done it.
    pub(super) async fn change(&self, image: &Image, mode: RetireMode) -> Result<Option<Failure>, Failure> {
        let (session, region) = (&self.connection.session, &image.region);
        let record = self.setup.on_record(&self.connection.account)?;
        let action = if mode == RetireMode::Deprecate { "EnableImageDeprecation" } else { "DisableImage" };
        let call = async {
            let sent = match mode {
                RetireMode::Deprecate => session.deprecate(region, &image.id, Timestamp::now() + DEPRECATED_IN).await,
                RetireMode::Disable | RetireMode::Deregister => session.disable_image(region, &image.id).await,
            };
            sent.map_err(|failure| Failure { what: labels::sync::retiring(mode, &image.id, region), ..failure })
        };
        let changing = Changing { action, region, resource: image.id.to_string() };
        record.send_and_tell(session, changing, call).await.map(|((), not_recorded)| not_recorded)
    }
}
