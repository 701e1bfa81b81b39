//! Restores from the Recycle Bin: an image after its snapshots, until EC2 shows them again.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    aws::Session,
    domain::{Failure, ImageId, ImageState, Region, SnapshotId, orphans::RecycleBin},
    driver::audited_calls::{AuditedCall, AuditedCalls},
};

/// How often EC2 is asked whether it shows what was restored.
const INTERVAL: Duration = Duration::from_secs(2);
/// Checks at most.
const MAX_CHECKS: u32 = 30;

/// What came of one resource.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RestoreOutcome {
    /// EC2 shows it again.
    Restored,
    /// EC2 has accepted it, and does not show it yet.
    Pending,
    Failed(Failure),
}

/// Restores what the bin of a region holds. Each snapshot is tried once.
pub struct Restorer<'a> {
    pub session: &'a Session,
    pub calls: &'a AuditedCalls,
    pub region: &'a Region,
    pub bin: &'a RecycleBin,
    /// The snapshots that were tried, with what came of them, and in which order.
    snapshots: BTreeMap<SnapshotId, RestoreOutcome>,
    order: Vec<SnapshotId>,
    /// Why outcomes could not be written to the audit.
    audit_failures: Vec<Failure>,
}

impl<'a> Restorer<'a> {
    pub fn new(session: &'a Session, calls: &'a AuditedCalls, region: &'a Region, bin: &'a RecycleBin) -> Self {
        let (snapshots, order, audit_failures) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { session, calls, region, bin, snapshots, order, audit_failures }
    }

    /// Returns the snapshots that were restored since the last call, in the order of the calls.
    pub fn take_snapshots(&mut self) -> Vec<(SnapshotId, RestoreOutcome)> {
        let outcome = |id: SnapshotId| self.snapshots.get(&id).cloned().map(|outcome| (id, outcome));
        std::mem::take(&mut self.order).into_iter().filter_map(outcome).collect()
    }

    /// Takes the reasons why outcomes could not be written to the audit; the calls themselves were carried out.
    pub fn take_audit_failures(&mut self) -> Vec<Failure> {
        std::mem::take(&mut self.audit_failures)
    }

    async fn send(
        &mut self,
        action: &'static str,
        resource: String,
        request: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let call = AuditedCall { action, region: self.region, resource };
        let ((), audit_failure) = self.calls.send_reporting_audit_failure(self.session, call, request).await?;
        self.audit_failures.extend(audit_failure);
        Ok(())
    }

    /// Restores a snapshot. Returns true if EC2 has taken it back.
    pub async fn snapshot(&mut self, id: &SnapshotId) -> bool {
        if let Some(known) = self.snapshots.get(id) {
            return !matches!(known, RestoreOutcome::Failed(_));
        }
        let (session, region) = (self.session, self.region);
        let call = session.restore_snapshot(region, id);
        let sent = self.send("RestoreSnapshotFromRecycleBin", id.to_string(), call).await;
        let shows = || async {
            let found = session.describe_snapshots(region, std::slice::from_ref(id), &[]).await;
            found.is_ok_and(|found| !found.is_empty())
        };
        let outcome = outcome(sent, shows).await;
        let taken = !matches!(outcome, RestoreOutcome::Failed(_));
        self.snapshots.insert(id.clone(), outcome);
        self.order.push(id.clone());
        taken
    }

    /// Restores an image after its snapshots: those that were made for it, then those that EC2 misses.
    pub async fn image(&mut self, id: &ImageId) -> RestoreOutcome {
        let (session, region, bin) = (self.session, self.region, self.bin);
        let mut whole = true;
        for snapshot in bin.snapshots_of(id) {
            whole &= self.snapshot(&snapshot.id).await;
        }
        let what = || format!("restore {id} in {region}");
        if !whole {
            return RestoreOutcome::Failed(Failure::new(what(), "not all of its snapshots could be restored"));
        }
        let sent = loop {
            let call = session.restore_image(region, id);
            let sent = self.send("RestoreImageFromRecycleBin", id.to_string(), call).await;
            let Err(failure) = &sent else { break sent };
            // An image may have snapshots that were not made for it.
            let untried = |id: &SnapshotId| failure.why.contains(id.as_str()) && !self.snapshots.contains_key(id);
            let Some(missed) = bin.snapshots.iter().find(|one| untried(&one.id)) else { break sent };
            if !self.snapshot(&missed.id).await {
                break sent;
            }
        };
        let shows = || async {
            let found = session.describe_images(region, std::slice::from_ref(id)).await.unwrap_or_default();
            found.iter().any(|image| matches!(image.state, ImageState::Available | ImageState::Disabled))
        };
        outcome(sent, shows).await
    }
}

/// Returns what came of a call, once EC2 shows what was restored.
async fn outcome<F: Future<Output = bool>>(sent: Result<(), Failure>, shows: impl Fn() -> F) -> RestoreOutcome {
    if let Err(failure) = sent {
        return RestoreOutcome::Failed(failure);
    }
    for check in 0..MAX_CHECKS {
        if check > 0 {
            tokio::time::sleep(INTERVAL).await;
        }
        if shows().await {
            return RestoreOutcome::Restored;
        }
    }
    RestoreOutcome::Pending
}
