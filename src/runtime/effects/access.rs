//! The effect that gives another account what it lacks to copy images of this one.

use super::{Effects, TaskResult, not_signed_in};
use crate::{
    aws::Session,
    domain::{
        Failure,
        image_access::{ShareOutcome, ShareRequest},
    },
    driver::{AccessGiver, AuditedCalls, SharedSession},
    tui::{EffectId, Msg, Reply},
};

impl Effects {
    /// Gives access with this account's session. There is a reply without a session as well: the account that asks is another one, and
    /// does not notice when this one signs in.
    pub(super) fn give_access(&mut self, id: EffectId, request: ShareRequest) {
        let (calls, session) = (self.audited_calls(), self.session.as_ref().map(SharedSession::get));
        self.spawn(async move {
            let outcome = match (session, calls) {
                (Some(session), Ok(calls)) => give(&session, &calls, &request).await,
                (None, _) => Err(not_signed_in()),
                (_, Err(failure)) => Err(failure),
            };
            let outcome = outcome.unwrap_or_else(|failure| ShareOutcome::failed(request.owner, failure));
            TaskResult::Msg(Msg::Reply { id, reply: Reply::AccessGiven(outcome) })
        });
    }
}

async fn give(session: &Session, calls: &AuditedCalls, request: &ShareRequest) -> Result<ShareOutcome, Failure> {
    let owner = session.account().await?.id;
    Ok(AccessGiver { session, calls, owner: &owner }.give_all(request).await)
}
