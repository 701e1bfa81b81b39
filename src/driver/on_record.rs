//! Calls that change something without the queue: each is on record before it is sent, and its outcome after.

use uuid::Uuid;

use super::{clock::Clock, store_handle::StoreHandle};
use crate::{
    aws::{Session, other_account, with_request_id},
    domain::{AccountKey, Failure, Region},
    engine::{AnsweredRequest, AuditId, Change, JobId, Outcome, SentRequest},
    store::{ChangeSet, Store},
};

/// The account's store, for the audit.
#[derive(Clone)]
pub struct OnRecord {
    store: StoreHandle,
    account: AccountKey,
    clock: Clock,
}

/// What a call changes.
pub struct Changing<'a> {
    /// EC2's name of the action, such as `DisableImage`.
    pub action: &'static str,
    pub region: &'a Region,
    /// The image or snapshot.
    pub resource: String,
}

impl OnRecord {
    pub fn new(store: StoreHandle, account: AccountKey, clock: Clock) -> Self {
        Self { store, account, clock }
    }

    /// Reads something of the account from the store.
    ///
    /// # Errors
    /// As the reading.
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

    /// Sends a call. Without a record, or with another account's credentials, it is not sent. Returns with its result why its answer is
    /// not on record, if it is not.
    ///
    /// # Errors
    /// Why the call failed, or was not sent.
    pub async fn send_and_tell<T>(
        &self,
        session: &Session,
        changing: Changing<'_>,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<(T, Option<Failure>), Failure> {
        let id = AuditId(Uuid::new_v4().as_u128());
        let account = session.account().await?;
        // Credentials that refresh may come back as another account.
        if let Some(ours) = self.account.account().filter(|ours| *ours != account.id) {
            return Err(other_account(&account, &ours));
        }
        let identity = Some(account.arn);
        let Changing { action, region, resource } = changing;
        // No job has sent it.
        let change = Change { job: JobId(0), action, region: region.clone(), resource };
        let sent = SentRequest { id, identity: identity.clone(), change };
        self.write(ChangeSet { sent: vec![sent], ..ChangeSet::default() }).await?;
        let (result, request_id) = with_request_id(call).await;
        let outcome = Outcome::of(&result);
        let answered = AnsweredRequest { id, identity, request_id, detail: None, outcome };
        let written = self.write(ChangeSet { answered: vec![answered], ..ChangeSet::default() }).await;
        done(result, written)
    }

    async fn write(&self, changes: ChangeSet) -> Result<(), Failure> {
        let (account, now) = (self.account.clone(), self.clock.now());
        self.store.with(move |store| store.commit(&account, &changes, now).map(drop)).await
    }
}

/// What was done is done, whether or not its answer is on record.
fn done<T>(result: Result<T, Failure>, recorded: Result<(), Failure>) -> Result<(T, Option<Failure>), Failure> {
    result.map(|value| (value, recorded.err()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_whose_answer_is_not_on_record_is_done_all_the_same() {
        let failure = |why: &str| Failure::new("do it", why);
        assert_eq!(done(Ok(7), Ok(())), Ok((7, None)));
        assert_eq!(done(Ok(7), Err(failure("full"))), Ok((7, Some(failure("full")))));
        assert_eq!(done::<()>(Err(failure("denied")), Err(failure("full"))), Err(failure("denied")));
    }
}
