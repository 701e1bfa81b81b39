//! A signed-in session, for commands that send requests.

use super::setup::Setup;
use crate::{
    aws::Session,
    domain::{AccountKey, Failure},
    driver::SessionSource,
};

/// A session and whose it is.
pub(super) struct Connection {
    pub(super) session: Session,
    pub(super) account: AccountKey,
    /// Where the session came from.
    pub(super) source: SessionSource,
}

impl Connection {
    /// Signs in. Nothing is asked of EC2 before the account is known.
    ///
    /// # Errors
    /// If there are no credentials that work.
    pub(super) async fn open(setup: &Setup) -> Result<Self, Failure> {
        let source = setup.session_source();
        let (session, account) = source.sign_in(None).await?;
        Ok(Self { session, account, source })
    }
}
