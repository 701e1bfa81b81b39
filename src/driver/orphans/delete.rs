//! Deletes an orphan: it is read again, and judged by every rule, right before.

use super::find::{Rules, claims};
use crate::{
    aws::{Session, other_account},
    domain::{
        Failure,
        orphans::{Classified, KeepReason, Orphan, RegionListing},
    },
    driver::audited_calls::{AuditedCall, AuditedCalls},
};

/// What came of an orphan.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DeletionOutcome {
    /// It is deleted. `audit_failure`: why the outcome could not be written to the audit.
    Deleted { audit_failure: Option<Failure> },
    /// It was not there any more.
    Gone,
    /// A rule keeps it now.
    Kept(KeepReason),
}

/// Reads a snapshot again, judges it by every rule, and deletes it. `listing` is the region as it was read before.
///
/// # Errors
/// If it, or the queue, could not be read again, or EC2 refuses.
pub async fn delete_orphan(
    session: &Session,
    calls: &AuditedCalls,
    rules: &Rules,
    listing: &RegionListing,
    orphan: &Orphan,
) -> Result<DeletionOutcome, Failure> {
    let (region, id) = (&orphan.region, orphan.id());
    let unread = |failure: Failure| Failure {
        what: format!("delete {id} in {region}"),
        why: format!("it could not be read again: {}", failure.why),
        ..failure
    };
    let read = session.reread_snapshot(listing, id, &orphan.made_for.image).await;
    let Some(again) = read.map_err(unread)? else { return Ok(DeletionOutcome::Gone) };
    let sharing = session.sharing(region, std::slice::from_ref(id)).await;
    // Somebody may have requested a copy since.
    let claims = calls.read(claims).await.map_err(unread)?;
    let Classified { orphans, kept } = rules.with_claims(claims).classify(&again, &sharing, calls.clock().now());
    if !orphans.iter().any(|again| again.id() == id && again.made_for == orphan.made_for) {
        let kept = kept.into_iter().find(|kept| kept.id() == id).map(|kept| kept.reason);
        // Of a snapshot whose image exists the rules say nothing.
        return Ok(DeletionOutcome::Kept(
            kept.unwrap_or_else(|| KeepReason::ImageIsBack(orphan.made_for.image.clone())),
        ));
    }
    let account = session.account().await?;
    // The rules say that it belongs to the account that they are for.
    if account.id != *rules.account() {
        return Err(other_account(&account, rules.account()));
    }
    let call = AuditedCall { action: "DeleteSnapshot", region, resource: id.to_string() };
    let ((), audit_failure) =
        calls.send_reporting_audit_failure(session, call, session.delete_snapshot(region, id)).await?;
    Ok(DeletionOutcome::Deleted { audit_failure })
}
