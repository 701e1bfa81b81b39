//! Snapshots that `--keep-snapshots` keeps are tagged before their image is deregistered. This host's store remembers them; the tag tells
//! other hosts, whose `amigrate orphans` would call them orphans. Before, because afterwards there would be a time without it.

use super::targets::Target;
use crate::{
    cli::{connection::Connection, setup::Setup},
    domain::{Failure, Image, SnapshotId, orphans::KEPT_TAG, text::count},
    driver::AuditedCall,
};

/// Tags the snapshots of the images that are to be deregistered. One that cannot be tagged is said, and deregistered all the same: the tag
/// takes a permission that deregistering does not.
///
/// # Errors
/// If there is no store to record the calls in.
pub(super) async fn tag(setup: &Setup, connection: &Connection, targets: &[Target]) -> Result<(), Failure> {
    let (session, calls) = (&connection.session, setup.audited_calls(&connection.account)?);
    let images = targets.iter().filter(|target| target.refusal.is_none()).filter_map(|target| target.image.as_ref());
    for image in images {
        let snapshots: Vec<SnapshotId> = image.snapshot_ids().cloned().collect();
        if snapshots.is_empty() {
            continue;
        }
        let Image { region, id, .. } = image;
        let resource = snapshots.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let call = AuditedCall { action: "CreateTags", region, resource };
        if let Err(failure) =
            calls.send_reporting_audit_failure(session, call, session.tag_kept(region, id, &snapshots)).await
        {
            let kept = count(snapshots.len(), "snapshot of", "snapshots of");
            setup.output.note(&format!(
                "The {kept} {id} could not be tagged {KEPT_TAG}, so that `amigrate orphans` of other hosts may call them orphans: {}",
                failure.why
            ));
        }
    }
    Ok(())
}
