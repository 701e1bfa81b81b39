//! The effects of the pages of storage: orphaned snapshots and the Recycle Bin.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use super::{Effects, not_signed_in};
use crate::{
    aws::Session,
    domain::{
        Failure, ImageId, Region, SnapshotId,
        orphans::{FoundOrphans, MIN_AGE, Orphan, RegionListing},
    },
    driver::{
        AuditedCalls, Clock,
        orphans::{DeletionOutcome, Found, RestoreOutcome, Restorer, Rules, claims, delete_orphan, find},
    },
    tui::{EffectId, Reply, Restored, StorageReply, StorageRequest},
};

/// Regions that are read at the same time.
const MAX_CONCURRENT: usize = 4;

impl Effects {
    /// Returns what sends the account's changing calls and audits them.
    pub(super) fn audited_calls(&mut self) -> Result<AuditedCalls, Failure> {
        let account = self.account.clone().ok_or_else(not_signed_in)?;
        Ok(AuditedCalls::new(self.store()?, account, self.clock))
    }

    pub(super) fn storage(&mut self, id: EffectId, request: StorageRequest) {
        match request {
            StorageRequest::FindOrphans { regions, ignored } => self.read_orphans(id, regions, ignored),
            StorageRequest::DeleteOrphans { orphans, ignored } => self.delete_orphans(id, orphans, ignored),
            StorageRequest::ReadBins(regions) => self.read_recycle_bins(id, regions),
            StorageRequest::ReadHeld(regions) => self.read_storage_held(id, regions),
            StorageRequest::Restore(resources) => self.restore(id, resources),
        }
    }

    fn read_orphans(&mut self, id: EffectId, regions: Vec<Region>, ignored: BTreeSet<Region>) {
        let (calls, clock) = (self.audited_calls(), self.clock);
        self.reply(id, |session| async move {
            let found = async {
                let (listings, failures) = listings(&session, regions).await;
                let found = found(&session, &calls?, clock, listings, ignored).await?;
                let Found { listings, orphans, kept, unknown, .. } = found;
                Ok(FoundOrphans { orphans, kept, read: listings.len(), failures, unknown })
            };
            Reply::Storage(StorageReply::Orphans(found.await.map(Box::new)))
        });
    }

    /// Deletes orphans that were confirmed: their regions are read anew, and each is judged again right before.
    fn delete_orphans(&mut self, id: EffectId, orphans: Vec<Orphan>, ignored: BTreeSet<Region>) {
        let (calls, clock) = (self.audited_calls(), self.clock);
        self.reply(id, |session| async move {
            let regions: Vec<Region> = orphans.iter().map(|orphan| orphan.region.clone()).collect();
            let again = async {
                let calls = calls?;
                let (listings, failures) = listings(&session, distinct(regions)).await;
                let found = found(&session, &calls, clock, listings, ignored).await?;
                Ok::<_, Failure>((calls, found, failures.into_iter().collect::<BTreeMap<_, _>>()))
            };
            let again = again.await;
            let mut results = Vec::with_capacity(orphans.len());
            for orphan in orphans {
                let result = match &again {
                    Ok((calls, found, failures)) => delete(&session, calls, found, failures, &orphan).await,
                    Err(failure) => Err(failure.clone()),
                };
                results.push((orphan.region.clone(), orphan.id().clone(), result));
            }
            Reply::Storage(StorageReply::OrphansDeleted(results))
        });
    }

    fn read_recycle_bins(&self, id: EffectId, regions: Vec<Region>) {
        self.reply(id, |session| async move {
            let read = stream::iter(regions).map(|region| {
                let session = session.clone();
                async move {
                    let bin = session.recycle_bin(&region).await;
                    (region, bin)
                }
            });
            Reply::Storage(StorageReply::RecycleBins(read.buffered(MAX_CONCURRENT).collect().await))
        });
    }

    fn read_storage_held(&self, id: EffectId, regions: Vec<Region>) {
        self.reply(id, |session| async move {
            let read = stream::iter(regions).map(|region| {
                let session = session.clone();
                async move { session.region_storage(&region).await }
            });
            Reply::Storage(StorageReply::Held(read.buffered(MAX_CONCURRENT).collect().await))
        });
    }

    /// Restores images and snapshots, by their ids.
    fn restore(&mut self, id: EffectId, resources: Vec<(Region, String)>) {
        let calls = self.audited_calls();
        self.reply(id, |session| async move {
            let mut done = Restored::default();
            for region in distinct(resources.iter().map(|(region, _)| region.clone()).collect()) {
                let of_region = resources.iter().filter(|(of, _)| *of == region).map(|(_, id)| id.as_str());
                let ids: Vec<&str> = of_region.collect();
                restore_in(&session, calls.as_ref(), &region, &ids, &mut done).await;
            }
            Reply::Storage(StorageReply::Restored(done))
        });
    }
}

fn distinct(mut regions: Vec<Region>) -> Vec<Region> {
    regions.sort();
    regions.dedup();
    regions
}

/// Reads regions; those that could not be read whole stand apart.
async fn listings(
    session: &Session,
    regions: Vec<Region>,
) -> (BTreeMap<Region, RegionListing>, Vec<(Region, Failure)>) {
    let read = stream::iter(regions).map(|region| {
        let session = session.clone();
        async move {
            let listing = session.orphans_listing(&region).await;
            (region, listing)
        }
    });
    let answers: Vec<_> = read.buffer_unordered(MAX_CONCURRENT).collect().await;
    let (mut listings, mut failures) = (BTreeMap::new(), Vec::new());
    for (region, listing) in answers {
        match listing {
            Ok(listing) => _ = listings.insert(region, listing),
            Err(failure) => failures.push((region, failure)),
        }
    }
    failures.sort_by(|a, b| a.0.cmp(&b.0));
    (listings, failures)
}

/// Judges regions that were read, with what the queue claims now.
async fn found(
    session: &Session,
    calls: &AuditedCalls,
    clock: Clock,
    listings: BTreeMap<Region, RegionListing>,
    ignored: BTreeSet<Region>,
) -> Result<Found, Failure> {
    let account = session.account().await?.id;
    let rules = Rules::new(account, MIN_AGE, calls.read(claims).await?, ignored);
    Ok(find(session, rules, listings, clock.now()).await)
}

async fn delete(
    session: &Session,
    calls: &AuditedCalls,
    found: &Found,
    failures: &BTreeMap<Region, Failure>,
    orphan: &Orphan,
) -> Result<DeletionOutcome, Failure> {
    match (found.listings.get(&orphan.region), failures.get(&orphan.region)) {
        (Some(listing), _) => delete_orphan(session, calls, &found.rules, listing, orphan).await,
        (None, Some(failure)) => Err(failure.clone()),
        (None, None) => Err(Failure::new(format!("delete {}", orphan.id()), "its region was not read")),
    }
}

/// Restores what is named of a region: snapshots first, because images may need them.
async fn restore_in(
    session: &Session,
    calls: Result<&AuditedCalls, &Failure>,
    region: &Region,
    ids: &[&str],
    done: &mut Restored,
) {
    let bin = match calls {
        Ok(calls) => session.recycle_bin(region).await.map(|bin| (calls, bin)),
        Err(failure) => Err(failure.clone()),
    };
    let (calls, bin) = match bin {
        Ok(both) => both,
        Err(failure) => {
            let failed = |id: &&str| (region.clone(), (*id).to_owned(), RestoreOutcome::Failed(failure.clone()));
            return done.outcomes.extend(ids.iter().map(failed));
        }
    };
    let mut restorer = Restorer::new(session, calls, region, &bin);
    for snapshot in ids.iter().filter_map(|id| SnapshotId::new(id).ok()) {
        restorer.snapshot(&snapshot).await;
    }
    let mut images = Vec::new();
    for image in ids.iter().filter_map(|id| ImageId::new(id).ok()) {
        let outcome = restorer.image(&image).await;
        images.push((region.clone(), image.to_string(), outcome));
    }
    let snapshots = restorer.take_snapshots().into_iter();
    let snapshots = snapshots.map(|(id, outcome)| (region.clone(), id.to_string(), outcome));
    done.outcomes.extend(snapshots.chain(images));
    done.audit_failures.extend(restorer.take_audit_failures());
}
