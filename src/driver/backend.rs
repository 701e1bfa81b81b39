//! What the driver does to the world: calls to AWS and commits to the store, each behind one method, so that a test can
//! end the program before, during and after any of them.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{aws_adapter, store_handle::StoreHandle};
use crate::{
    aws::{HttpClient, Session, SessionOptions, other_account, with_request_id},
    domain::{AccountKey, Failure, FailureKind, RegionInfo},
    engine::{AnsweredRequest, Job, Request, Response, SentRequest, Status},
    store::{Changes, CommandId},
};

/// What is written down at once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Write {
    /// Jobs as they are now.
    pub jobs: Vec<Arc<Job>>,
    /// Requests that led to them.
    pub done: Vec<CommandId>,
    /// How things stand beside them, if that has changed.
    pub status: Option<Status>,
    /// Changing calls that are made once this is written.
    pub sent: Vec<SentRequest>,
    /// What came of changing calls.
    pub answered: Vec<AnsweredRequest>,
}

/// An answer, and what is known of the request.
#[derive(Debug, Clone, PartialEq)]
pub struct BackendResponse {
    /// The answer.
    pub answer: Response,
    /// What the audit keeps of it.
    pub receipt: ResponseMetadata,
}

/// What the audit keeps of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseMetadata {
    /// The ARN it was signed for.
    pub identity: Option<String>,
    /// AWS's number of the request.
    pub request_id: Option<String>,
}

impl Write {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
            && self.done.is_empty()
            && self.status.is_none()
            && self.sent.is_empty()
            && self.answered.is_empty()
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
pub trait DriverBackend: Send + Sync + 'static {
    /// Makes a call and gives its answer.
    fn call(&self, call: Request) -> BoxFuture<'static, BackendResponse>;

    /// The ARN that calls are signed for, as far as it is known before one is made.
    fn identity(&self) -> Option<String> {
        None
    }

    /// Commits to the store; what was committed survives the machine.
    fn commit(
        &self,
        keeper: &StoreHandle,
        account: &AccountKey,
        write: Write,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), Failure>> {
        let (keeper, account) = (keeper.clone(), account.clone());
        Box::pin(async move {
            keeper
                .with(move |store| {
                    let changes = Changes {
                        jobs: &write.jobs,
                        done: &write.done,
                        status: write.status.as_ref(),
                        sent: &write.sent,
                        answered: &write.answered,
                    };
                    store.commit(&account, &changes, now).map(|_| ())
                })
                .await
        })
    }
}

/// The session in use; renewed credentials replace it for everybody.
#[derive(Clone, Debug)]
pub struct SharedSession(Arc<Mutex<Session>>);

impl SharedSession {
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
pub struct SessionReload {
    /// As at the start.
    pub options: SessionOptions,
    /// The one HTTP client.
    pub http: HttpClient,
    /// Another account's credentials are none.
    pub account: AccountKey,
}

/// Hands on the real thing.
pub struct AwsBackend {
    session: SharedSession,
    renewal: Option<SessionReload>,
}

impl AwsBackend {
    /// Hands that use this session; without a renewal its credentials are for ever.
    pub fn new(session: SharedSession, renewal: Option<SessionReload>) -> Self {
        Self { session, renewal }
    }
}

impl DriverBackend for AwsBackend {
    fn call(&self, call: Request) -> BoxFuture<'static, BackendResponse> {
        let session = self.session.clone();
        match (call, self.renewal.clone()) {
            (Request::ProbeCredentials, Some(renewal)) => Box::pin(async move {
                BackendResponse {
                    answer: Response::ProbeCredentials(renew(&session, renewal).await),
                    receipt: ResponseMetadata::default(),
                }
            }),
            (call, _) => Box::pin(async move {
                let session = session.get();
                let (answer, request_id) = with_request_id(aws_adapter::make(session.clone(), call)).await;
                BackendResponse { answer, receipt: ResponseMetadata { identity: arn(&session), request_id } }
            }),
        }
    }

    fn identity(&self) -> Option<String> {
        arn(&self.session.get())
    }
}

fn arn(session: &Session) -> Option<String> {
    session.identity().map(|identity| identity.account.arn).filter(|arn| !arn.is_empty())
}

/// Reads the credentials anew (a login writes files that a loaded session does not see) and tries them.
async fn renew(cell: &SharedSession, renewal: SessionReload) -> Result<Vec<RegionInfo>, Failure> {
    let session = Session::load(renewal.options, renewal.http).await?;
    let regions = try_credentials(&session, &renewal.account).await?;
    cell.set(session);
    Ok(regions)
}

/// Whether a session's credentials are the account's and good; tells the regions, where they can be had.
pub(super) async fn try_credentials(session: &Session, ours: &AccountKey) -> Result<Vec<RegionInfo>, Failure> {
    // A profile may mean another account by now: that is known before these credentials sign anything.
    let account = session.account().await?;
    if AccountKey::new(&account.id, session.endpoint_url()) != *ours {
        return Err(other_account(&account, ours));
    }
    match session.regions().await {
        // Known, and not allowed to ask for that.
        Err(failure) if failure.is_denied() => Ok(Vec::new()),
        // STS has just accepted them, so it is the home region that is not enabled for the account.
        Err(failure) if failure.kind == FailureKind::CredentialsOrRegion => Ok(Vec::new()),
        result => result,
    }
}
