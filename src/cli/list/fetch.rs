//! Fetches the pages of a listing, of all regions at once.

use std::{ops::ControlFlow, pin::pin, sync::Arc};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::{
    aws::Session,
    cli::{
        exit::CommandError,
        region_failures::RegionFailure,
        regions::{Selection, in_each},
        setup::Setup,
    },
    domain::{
        Failure, FailureKind, Image, ImageListing, Region, Retry,
        filter::{Filter, Scratch},
    },
};

/// Pages that wait to be printed; more would only fill memory.
const PAGES: usize = 4;

/// The images that are wanted of each region.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Wanted {
    pub(in crate::cli) listing: ImageListing,
    /// What EC2 has found must pass it too.
    pub(in crate::cli) filter: Filter,
    /// No more than these are requested of any region.
    pub(in crate::cli) limit: usize,
}

impl Wanted {
    fn passing(&self, mut page: Vec<Image>) -> Vec<Image> {
        if !self.filter.is_empty() {
            let mut scratch = Scratch::default();
            page.retain(|image| self.filter.passes(image, &mut scratch));
        }
        page
    }
}

/// Gives every page to `take` as it comes, until that breaks. Returns the failures of regions, in their order, after that of finding
/// out which there are.
///
/// # Errors
/// Those of `take`, of a selection that names no region, and of credentials that do not work in any region.
pub(in crate::cli) async fn fetch(
    setup: &Setup,
    session: &Session,
    selection: &Selection,
    wanted: Wanted,
    take: impl FnMut(Vec<Image>) -> Result<ControlFlow<()>, CommandError>,
) -> Result<Vec<RegionFailure>, CommandError> {
    let (sender, pages) = channel(PAGES);
    let each = in_each(selection, session, setup, {
        let (session, wanted) = (session.clone(), Arc::new(wanted));
        move |region| list_region(session.clone(), region, wanted.clone(), sender.clone())
    });
    let (mut each, mut taken) = (pin!(each), pin!(take_all(pages, take)));
    let listed = tokio::select! {
        biased;
        // Enough was printed, or nothing more can be; or the last sender has gone with the last region.
        enough = &mut taken => {
            enough?;
            None
        }
        listed = &mut each => Some(listed),
    };
    let Some(listed) = listed else { return Ok(Vec::new()) };
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => return Err(about_credentials(session, error).await),
    };
    taken.await?;
    let of_regions = listed.by_region.into_iter().filter_map(|(region, result)| {
        let failure = result.err()?;
        Some(RegionFailure::of(&region, failure))
    });
    let failures = listed.others.map(RegionFailure::of_no_region).into_iter().chain(of_regions).collect();
    Ok(prefer_sts_failure(session, failures).await)
}

/// Returns the failures of regions. If STS rejects the credentials too, its failure replaces those of the regions.
pub(in crate::cli) async fn prefer_sts_failure(
    session: &Session,
    mut failures: Vec<RegionFailure>,
) -> Vec<RegionFailure> {
    if failures.iter().any(|one| suspects_credentials(&one.failure))
        && let Err(told) = session.account().await
        && suspects_credentials(&told)
    {
        let suspected = failures.iter_mut().filter(|one| suspects_credentials(&one.failure));
        suspected.for_each(|one| one.failure = told.clone());
    }
    failures
}

async fn take_all(
    mut pages: Receiver<Vec<Image>>,
    mut take: impl FnMut(Vec<Image>) -> Result<ControlFlow<()>, CommandError>,
) -> Result<(), CommandError> {
    while let Some(page) = pages.recv().await {
        if take(page)?.is_break() {
            break;
        }
    }
    Ok(())
}

async fn list_region(
    session: Session,
    region: Region,
    wanted: Arc<Wanted>,
    pages: Sender<Vec<Image>>,
) -> Result<(), Failure> {
    let (mut token, mut left) = (None, wanted.limit);
    loop {
        let page = session.list_images(&region, &wanted.listing, token).await?;
        let mut images = wanted.passing(page.images);
        images.truncate(left);
        left -= images.len();
        if pages.send(images).await.is_err() {
            return Ok(());
        }
        token = page.next;
        if token.is_none() || left == 0 {
            return Ok(());
        }
    }
}

fn suspects_credentials(failure: &Failure) -> bool {
    failure.retry == Retry::AfterLogin || failure.kind == FailureKind::CredentialsOrRegion || failure.not_signed()
}

/// Returns what STS says of the credentials if an error may be theirs.
async fn about_credentials(session: &Session, error: CommandError) -> CommandError {
    match &error {
        CommandError::Failure(failure, _) if suspects_credentials(failure) => {
            session.account().await.err().filter(suspects_credentials).map_or(error, CommandError::from)
        }
        _ => error,
    }
}
