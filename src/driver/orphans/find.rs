//! Classifies what was read of regions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::other_regions::find_in_other_regions;
use crate::{
    aws::Session,
    domain::{
        AccountId, AccountKey, Failure, ImageId, Region, SnapshotId,
        orphans::{
            Claims, Classified, Classifier, KeepReason, KeptSnapshot, Orphan, OtherRegionImages, RegionListing, Sharing,
        },
        text::count,
    },
    engine::{self, Command},
    store::{KeptResource, Store},
};

/// Inputs of the rules besides the region's own listing.
#[derive(Debug, Clone)]
pub struct Rules {
    account: AccountId,
    min_age: SignedDuration,
    claims: Claims,
    other_regions: OtherRegionImages,
    ignored_regions: BTreeSet<Region>,
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    pub rules: Rules,
    /// By region, for reading a snapshot again.
    pub listings: BTreeMap<Region, RegionListing>,
    /// Sorted by region and image.
    pub orphans: Vec<Orphan>,
    /// Sorted by region and image.
    pub kept: Vec<KeptSnapshot>,
    /// What could not be read, so that snapshots are kept.
    pub unknown: Vec<FoundFailure>,
}

/// What could not be read of a region.
pub type FoundFailure = (Region, Failure);

impl Rules {
    /// The rules for an account. [`find`] adds what is in other regions, of which these are not asked.
    pub fn new(account: AccountId, min_age: SignedDuration, claims: Claims, ignored_regions: BTreeSet<Region>) -> Self {
        Self { account, min_age, claims, other_regions: OtherRegionImages::default(), ignored_regions }
    }

    /// Returns the account whose snapshots they classify.
    pub(super) fn account(&self) -> &AccountId {
        &self.account
    }

    /// The same with what the queue claims now.
    #[must_use]
    pub fn with_claims(&self, claims: Claims) -> Self {
        Self { claims, ..self.clone() }
    }

    /// Classifies the snapshots of a region with what is known of who may use its snapshots.
    pub fn classify(&self, listing: &RegionListing, sharing: &Sharing, now: Timestamp) -> Classified {
        let classifier = Classifier {
            account: &self.account,
            now,
            min_age: self.min_age,
            claims: &self.claims,
            other_regions: &self.other_regions,
            sharing,
        };
        classifier.region(listing)
    }
}

/// Reads what copies of the account's queue need, or count as theirs, and what was kept on purpose.
///
/// # Errors
/// If the store cannot be read, or holds copies that this version does not understand: they may need anything.
pub fn claims(store: &Store, account: &AccountKey) -> Result<Claims, Failure> {
    let loaded = store.load(account, Timestamp::UNIX_EPOCH)?;
    if loaded.unreadable > 0 {
        let entries = count(loaded.unreadable, "entry is", "entries are");
        let why = format!("{entries} in a form that this version does not know, and may need any snapshot");
        return Err(Failure::new("read the queue of copies", why).hint("Use the newer amigrate that wrote them."));
    }
    let requested = loaded.commands.iter().filter_map(|(_, command)| match command {
        Command::Copy(requests) => Some(requests),
        _ => None,
    });
    let mut claims = engine::claims(&loaded.jobs, requested.flatten());
    // Read after the jobs: a job that ends in between still holds its own claim.
    for kept in store.kept_on_purpose(account)? {
        match kept.resource {
            KeptResource::OfImage(image) => _ = claims.kept_images.insert((kept.region, image), kept.job.0),
            KeptResource::Snapshot(snapshot) => _ = claims.kept_snapshots.insert((kept.region, snapshot), kept.job.0),
        }
    }
    Ok(claims)
}

/// Classifies the snapshots of regions that were listed. Whether its image is in another region, and who may use it, is read for those snapshots only that
/// nothing else keeps.
pub async fn find(
    session: &Session,
    mut rules: Rules,
    listings: BTreeMap<Region, RegionListing>,
    now: Timestamp,
) -> Found {
    let unread = |listing: &RegionListing| {
        let classified = rules.classify(listing, &Sharing::new(), now);
        classified.unread().map(|kept| kept.made_for.image.clone()).collect::<Vec<ImageId>>()
    };
    let candidates = listings.values().flat_map(unread).collect();
    let (other_regions, not_read) =
        find_in_other_regions(session, &listings, &candidates, &rules.ignored_regions).await;
    rules.other_regions = other_regions;
    let mut found = Found { rules, listings, orphans: Vec::new(), kept: Vec::new(), unknown: Vec::new() };
    for (region, listing) in &found.listings {
        let classified = found.rules.classify(listing, &Sharing::new(), now);
        let unread: Vec<SnapshotId> = classified.unread().map(KeptSnapshot::id).cloned().collect();
        let sharing = session.sharing(region, &unread).await;
        let Classified { orphans, kept } = found.rules.classify(listing, &sharing, now);
        found.unknown.extend(unknown(listing, &sharing, &kept).map(|failure| (region.clone(), failure)));
        found.orphans.extend(orphans);
        found.kept.extend(kept);
    }
    if found.kept.iter().any(|kept| matches!(kept.reason, KeepReason::ElsewhereUnknown(_))) {
        found.unknown.extend(not_read);
    }
    found.orphans.sort_by(|a, b| (&a.region, &a.made_for.image, a.id()).cmp(&(&b.region, &b.made_for.image, b.id())));
    found.kept.sort_by(|a, b| (&a.region, &a.made_for.image, a.id()).cmp(&(&b.region, &b.made_for.image, b.id())));
    found
}

/// Returns why snapshots are kept of which something could not be read, each reason once.
fn unknown<'a>(
    listing: &'a RegionListing,
    sharing: &'a Sharing,
    kept: &'a [KeptSnapshot],
) -> impl Iterator<Item = Failure> + use<'a> {
    let any = |is: fn(&KeepReason) -> bool| kept.iter().any(move |kept| is(&kept.reason));
    let locked = listing.locked.as_ref().err().filter(|_| any(|kept| matches!(kept, KeepReason::LockUnknown(_))));
    let restore = listing.fast_restore.as_ref().err();
    let restore = restore.filter(|_| any(|kept| matches!(kept, KeepReason::FastRestoreUnknown(_))));
    let shared = sharing.values().find_map(|read| read.as_ref().err());
    [locked, restore, shared].into_iter().flatten().cloned()
}
