//! What the driver does to the world: calls to AWS and commits to the store, each behind one method, so that a test can
//! end the program before, during and after any of them.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{calls, keeper::Keeper};
use crate::{
    aws::{HttpClient, Session, SessionOptions, other_account},
    domain::{AccountKey, Failure, RegionInfo},
    engine::{Answer, Call, Job, Status},
    store::{AskId, Changes},
};

/// What is written down at once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Write {
    /// Jobs as they are now.
    pub jobs: Vec<Arc<Job>>,
    /// Requests that led to them.
    pub done: Vec<AskId>,
    /// How things stand beside them, if that has changed.
    pub status: Option<Status>,
}

impl Write {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.done.is_empty() && self.status.is_none()
    }

    /// Adds what came later.
    pub(super) fn add(&mut self, jobs: Vec<Arc<Job>>) {
        for job in jobs {
            self.jobs.retain(|old| old.id != job.id);
            self.jobs.push(job);
        }
    }
}

/// The two effects of a driver.
pub trait Hands: Send + Sync + 'static {
    /// Makes a call and gives its answer.
    fn call(&self, call: Call) -> BoxFuture<'static, Answer>;

    /// Commits to the store; what was committed survives the machine.
    fn commit(
        &self,
        keeper: &Keeper,
        account: &AccountKey,
        write: Write,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), Failure>> {
        let (keeper, account) = (keeper.clone(), account.clone());
        Box::pin(async move {
            keeper
                .with(move |store| {
                    let changes = Changes { jobs: &write.jobs, done: &write.done, status: write.status.as_ref() };
                    store.commit(&account, &changes, now).map(|_| ())
                })
                .await
        })
    }
}

/// The session in use; renewed credentials replace it for everybody.
#[derive(Clone, Debug)]
pub struct SessionCell(Arc<Mutex<Session>>);

impl SessionCell {
    /// Around a session.
    pub fn new(session: Session) -> Self {
        Self(Arc::new(Mutex::new(session)))
    }

    /// The session as it is now.
    pub fn get(&self) -> Session {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, session: Session) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

/// How a session is had anew.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// As at the start.
    pub options: SessionOptions,
    /// The one HTTP client.
    pub http: HttpClient,
    /// Another account's credentials are none.
    pub account: AccountKey,
}

/// Hands on the real thing.
pub struct AwsHands {
    session: SessionCell,
    renewal: Option<Renewal>,
}

impl AwsHands {
    /// Hands that use this session; without a renewal its credentials are for ever.
    pub fn new(session: SessionCell, renewal: Option<Renewal>) -> Self {
        Self { session, renewal }
    }
}

impl Hands for AwsHands {
    fn call(&self, call: Call) -> BoxFuture<'static, Answer> {
        let session = self.session.clone();
        match (call, self.renewal.clone()) {
            (Call::Probe, Some(renewal)) => Box::pin(async move { Answer::Probed(renew(&session, renewal).await) }),
            (call, _) => Box::pin(calls::make(session.get(), call)),
        }
    }
}

/// Reads the credentials anew (a login writes files that a loaded session does not see) and tries them.
async fn renew(cell: &SessionCell, renewal: Renewal) -> Result<Vec<RegionInfo>, Failure> {
    let session = Session::load(renewal.options, renewal.http).await?;
    // A profile may mean another account by now: that is known before these credentials sign anything.
    let account = session.account().await?;
    if AccountKey::new(&account.id, session.endpoint_url()) != renewal.account {
        return Err(other_account(&account, &renewal.account));
    }
    let regions = match session.regions().await {
        // Known, and not allowed to ask for that.
        Err(failure) if failure.is_denied() => Vec::new(),
        result => result?,
    };
    cell.set(session);
    Ok(regions)
}
