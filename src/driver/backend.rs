//! The port to AWS and to the store: sending a request and committing are one method each, so that a test can end the
//! program before, during and after any of them.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{aws_adapter, store_handle::StoreHandle};
use crate::{
    aws::{HttpClient, Session, SessionOptions, other_account, with_request_id},
    domain::{AccountKey, Failure, FailureKind, RegionInfo},
    engine::{Request, Response},
    store::ChangeSet,
};

/// A response, and what is known of its request.
#[derive(Debug, Clone, PartialEq)]
pub struct BackendResponse {
    pub response: Response,
    pub metadata: ResponseMetadata,
}

/// What the audit stores about a request besides its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseMetadata {
    /// The ARN it was signed for.
    pub identity: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
}

/// The side effects of a driver: requests to AWS and commits to the store.
pub trait DriverBackend: Send + Sync + 'static {
    /// Sends a request and returns its response.
    fn send(&self, request: Request) -> BoxFuture<'static, BackendResponse>;

    /// The ARN that requests are signed for, if it is known before one is sent.
    fn identity(&self) -> Option<String> {
        None
    }

    /// Commits to the store; what was committed survives a crash of the machine.
    fn commit(
        &self,
        store: &StoreHandle,
        account: &AccountKey,
        changes: ChangeSet,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), Failure>> {
        let (store, account) = (store.clone(), account.clone());
        Box::pin(async move { store.with(move |store| store.commit(&account, &changes, now).map(|_| ())).await })
    }
}

/// The session in use, shared by everything that sends requests; renewed credentials replace it.
#[derive(Clone, Debug)]
pub struct SharedSession(Arc<Mutex<Session>>);

impl SharedSession {
    pub fn new(session: Session) -> Self {
        Self(Arc::new(Mutex::new(session)))
    }

    pub fn get(&self) -> Session {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, session: Session) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

/// How a session's credentials are read again.
#[derive(Clone, Debug)]
pub struct SessionReload {
    pub options: SessionOptions,
    pub http: HttpClient,
    /// Credentials of another account are refused.
    pub account: AccountKey,
}

/// Sends requests to AWS.
pub struct AwsBackend {
    session: SharedSession,
    reload: Option<SessionReload>,
}

impl AwsBackend {
    /// Uses this session; without `reload` its credentials are never read again.
    pub fn new(session: SharedSession, reload: Option<SessionReload>) -> Self {
        Self { session, reload }
    }
}

impl DriverBackend for AwsBackend {
    fn send(&self, request: Request) -> BoxFuture<'static, BackendResponse> {
        let session = self.session.clone();
        match (request, self.reload.clone()) {
            (Request::ProbeCredentials, Some(reload)) => Box::pin(async move {
                BackendResponse {
                    response: Response::ProbeCredentials(reload_session(&session, reload).await),
                    metadata: ResponseMetadata::default(),
                }
            }),
            (request, _) => Box::pin(async move {
                let session = session.get();
                let (response, request_id) = with_request_id(aws_adapter::send(session.clone(), request)).await;
                BackendResponse { response, metadata: ResponseMetadata { identity: arn(&session), request_id } }
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

/// Reads the credentials again (a login writes files that a loaded session does not see) and tries them.
async fn reload_session(shared: &SharedSession, reload: SessionReload) -> Result<Vec<RegionInfo>, Failure> {
    let session = Session::load(reload.options, reload.http).await?;
    let regions = try_credentials(&session, &reload.account).await?;
    shared.replace(session);
    Ok(regions)
}

/// Checks that a session's credentials work and belong to the account. Returns the account's regions, if it may list them.
pub(super) async fn try_credentials(session: &Session, expected: &AccountKey) -> Result<Vec<RegionInfo>, Failure> {
    // A profile may sign in to another account by now: checked before these credentials sign anything else.
    let account = session.account().await?;
    if AccountKey::new(&account.id, session.endpoint_url()) != *expected {
        return Err(other_account(&account, expected));
    }
    match session.regions().await {
        // The credentials work, but may not list regions.
        Err(failure) if failure.kind.is_denied() => Ok(Vec::new()),
        // STS has just accepted them, so it is the home region that is not enabled.
        Err(failure) if failure.kind == FailureKind::CredentialsOrRegion => Ok(Vec::new()),
        result => result,
    }
}
