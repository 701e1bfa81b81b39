//! Reads every region, and judges what is there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    cli::{
        connection::Connection,
        exit::CommandError,
        list::prefer_sts_failure,
        region_failures::RegionFailure,
        regions::{Selection, in_each},
        setup::Setup,
    },
    domain::{AccountKey, Failure, Region, orphans::Claims},
    driver::orphans::{self, Found, Rules, find},
    store::Store,
};

/// What is read, and how it is judged.
pub(super) struct Search {
    pub(super) selection: Selection,
    /// Regions that are not asked for images. Where all are to be read, they are left out.
    pub(super) ignored: BTreeSet<Region>,
    pub(super) min_age: SignedDuration,
}

/// Reads the regions of a selection. Besides what was found returns the regions that have no orphans because not all of them could be
/// read, and what else is not known.
///
/// # Errors
/// Credentials that do not work, a wrong region, or a store that cannot be read.
pub(super) async fn read_regions(
    setup: &Setup,
    connection: &Connection,
    search: &Search,
) -> Result<(Found, Vec<RegionFailure>), CommandError> {
    let session = &connection.session;
    let answers = in_each(&search.selection, session, setup, |region| {
        // A region that is named is never ignored, the home region may be.
        let is_ignored = search.selection == Selection::All && search.ignored.contains(&region);
        let session = session.clone();
        async move { if is_ignored { Ok(None) } else { session.orphans_listing(&region).await.map(Some) } }
    });
    let answers = answers.await?;
    let mut failures: Vec<RegionFailure> = answers.others.map(RegionFailure::of_no_region).into_iter().collect();
    let mut listings = BTreeMap::new();
    for (region, answer) in answers.by_region {
        match answer {
            Ok(Some(listing)) => _ = listings.insert(region, listing),
            Ok(None) => {}
            Err(failure) => failures.push(RegionFailure::of(&region, incomplete(&region, failure))),
        }
    }
    let account = session.account().await?.id;
    // After the regions: what was requested meanwhile counts too.
    let rules = Rules::new(account, search.min_age, claims(setup, &connection.account)?, search.ignored.clone());
    let found = find(session, rules, listings, Timestamp::now()).await;
    let mut failures = prefer_sts_failure(session, failures).await;
    failures.extend(found.unknown.iter().map(|(region, failure)| RegionFailure::of(region, failure.clone())));
    Ok((found, failures))
}

/// Reads what the queue claims; nothing where there is none.
fn claims(setup: &Setup, account: &AccountKey) -> Result<Claims, Failure> {
    let dir = setup.store_dir()?;
    if !dir.join("jobs.db").exists() {
        return Ok(Claims::default());
    }
    orphans::claims(&Store::open_to_read(&dir, Timestamp::now())?, account)
}

/// Says that a region has no orphans because not all of it was read.
fn incomplete(region: &Region, failure: Failure) -> Failure {
    let hint = format!("{} Nothing in {region} is called an orphan until all of it can be read.", failure.hint);
    Failure { hint: hint.trim_start().to_owned(), ..failure }
}
