//! Changing calls outside the queue: each is written to the audit before it is sent, and its outcome after.

use uuid::Uuid;

use super::{clock::Clock, store_handle::StoreHandle};
use crate::{
    aws::{Session, other_account, with_request_id},
    domain::{AccountKey, Failure, Region},
    engine::{AnsweredRequest, AuditId, Change, JobId, Outcome, SentRequest},
    store::{ChangeSet, Store},
};

/// Sends changing calls, and writes each to the audit in the account's store.
#[derive(Clone)]
pub struct AuditedCalls {
    store: StoreHandle,
    account: AccountKey,
    clock: Clock,
}

/// A changing call, as the audit names it.
pub struct AuditedCall<'a> {
    /// EC2's name of the action, such as `DisableImage`.
    pub action: &'static str,
    pub region: &'a Region,
    /// The image or snapshot.
    pub resource: String,
}

impl AuditedCalls {
    pub fn new(store: StoreHandle, account: AccountKey, clock: Clock) -> Self {
        Self { store, account, clock }
    }

    /// Reads something of the account from the store.
    ///
    /// # Errors
    /// The error of `read`, or why the store could not be opened.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store, &AccountKey) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let account = self.account.clone();
        self.store.with(move |store| read(store, &account)).await
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Sends a call. It is not sent if it cannot be written to the audit first, or if the credentials are another account's. With its
    /// result it returns why its outcome could not be written, if it could not.
    ///
    /// # Errors
    /// Why the call failed, or was not sent.
    pub async fn send_reporting_audit_failure<T>(
        &self,
        session: &Session,
        call: AuditedCall<'_>,
        request: impl Future<Output = Result<T, Failure>>,
    ) -> Result<(T, Option<Failure>), Failure> {
        self.send_with_detail(session, call, request, |_| None).await
    }

    /// The same, with what the audit also names of the result.
    ///
    /// # Errors
    /// Why the call failed, or was not sent.
    pub(super) async fn send_with_detail<T>(
        &self,
        session: &Session,
        call: AuditedCall<'_>,
        request: impl Future<Output = Result<T, Failure>>,
        detail: impl FnOnce(&T) -> Option<String>,
    ) -> Result<(T, Option<Failure>), Failure> {
        let id = AuditId(Uuid::new_v4().as_u128());
        let account = session.account().await?;
        // Credentials that refresh may come back as another account.
        if let Some(ours) = self.account.account().filter(|ours| *ours != account.id) {
            return Err(other_account(&account, &ours));
        }
        let identity = Some(account.arn);
        let AuditedCall { action, region, resource } = call;
        // No job has sent it.
        let change = Change { job: JobId(0), action, region: region.clone(), resource };
        let sent = SentRequest { id, identity: identity.clone(), change };
        self.write(ChangeSet { sent: vec![sent], ..ChangeSet::default() }).await?;
        let (result, request_id) = with_request_id(request).await;
        let outcome = Outcome::of(&result);
        let answered =
            AnsweredRequest { id, identity, request_id, detail: result.as_ref().ok().and_then(detail), outcome };
        let written = self.write(ChangeSet { answered: vec![answered], ..ChangeSet::default() }).await;
        done(result, written)
    }

    async fn write(&self, changes: ChangeSet) -> Result<(), Failure> {
        let (account, now) = (self.account.clone(), self.clock.now());
        self.store.with(move |store| store.commit(&account, &changes, now).map(drop)).await
    }
}

/// A call that EC2 carried out succeeded, even if its outcome could not be written to the audit.
fn done<T>(result: Result<T, Failure>, recorded: Result<(), Failure>) -> Result<(T, Option<Failure>), Failure> {
    result.map(|value| (value, recorded.err()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_whose_outcome_is_not_in_the_audit_succeeded_all_the_same() {
        let failure = |why: &str| Failure::new("do it", why);
        assert_eq!(done(Ok(7), Ok(())), Ok((7, None)));
        assert_eq!(done(Ok(7), Err(failure("full"))), Ok((7, Some(failure("full")))));
        assert_eq!(done::<()>(Err(failure("denied")), Err(failure("full"))), Err(failure("denied")));
    }
}
