//! Deprecating and disabling images. Each call is audited.

use jiff::{SignedDuration, Timestamp};

use super::Sync;
use crate::{
    domain::{Failure, Image, sync::RetireMode},
    driver::AuditedCall,
    labels,
};

/// EC2 takes a deprecation date by the minute, and none in the past.
const DEPRECATED_IN: SignedDuration = SignedDuration::from_mins(2);

impl Sync<'_> {
    /// Deprecates or disables an image. Returns why the outcome could not be written to the audit, if it could not.
    ///
    /// # Errors
    /// If it was not sent, or AWS has not done it.
    pub(super) async fn change(&self, image: &Image, mode: RetireMode) -> Result<Option<Failure>, Failure> {
        let (session, region) = (&self.connection.session, &image.region);
        let calls = self.setup.audited_calls(&self.connection.account)?;
        let action = if mode == RetireMode::Deprecate { "EnableImageDeprecation" } else { "DisableImage" };
        let request = async {
            let sent = match mode {
                RetireMode::Deprecate => session.deprecate(region, &image.id, Timestamp::now() + DEPRECATED_IN).await,
                RetireMode::Disable | RetireMode::Deregister => session.disable_image(region, &image.id).await,
            };
            sent.map_err(|failure| Failure { what: labels::sync::retiring(mode, &image.id, region), ..failure })
        };
        let call = AuditedCall { action, region, resource: image.id.to_string() };
        calls.send_reporting_audit_failure(session, call, request).await.map(|((), audit_failure)| audit_failure)
    }
}
