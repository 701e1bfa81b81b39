//! Fetches the pages of a listing, of all regions at once.

use std::{ops::ControlFlow, pin::pin};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::{
    aws::Session,
    cli::{
        exit::{CommandError, ExitStatus},
        regions::{Selection, in_each},
        setup::Setup,
    },
    domain::{Failure, FailureKind, Image, ImageListing, Region, Retry},
};

/// Pages that wait to be printed; more would only fill memory.
const PAGES: usize = 4;

/// A region that could not be listed, or not to its end.
#[derive(Debug, Clone)]
pub(in crate::cli) struct RegionFailure {
    pub(in crate::cli) region: Region,
    pub(in crate::cli) failure: Failure,
}

/// Gives every page to `take` as it comes, until that breaks. Returns the failures of regions, in their order.
///
/// # Errors
/// Those of `take`, of a selection that names no region, and of credentials that do not work in any region.
pub(in crate::cli) async fn fetch(
    setup: &Setup,
    session: &Session,
    selection: &Selection,
    listing: ImageListing,
    take: impl FnMut(Vec<Image>) -> Result<ControlFlow<()>, CommandError>,
) -> Result<Vec<RegionFailure>, CommandError> {
    let (sender, pages) = channel(PAGES);
    let each = in_each(selection, session, setup, {
        let session = session.clone();
        move |region| list_region(session.clone(), region, listing.clone(), sender.clone())
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
    let failures: Vec<RegionFailure> = listed
        .into_iter()
        .filter_map(|(region, result)| Some(RegionFailure { region, failure: result.err()? }))
        .collect();
    if failures.iter().any(|one| suspects_credentials(&one.failure)) {
        // STS tells in one sentence what every region says in its own way.
        session.account().await?;
    }
    Ok(failures)
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
    listing: ImageListing,
    pages: Sender<Vec<Image>>,
) -> Result<(), Failure> {
    let mut token = None;
    loop {
        let page = session.list_images(&region, &listing, token).await?;
        if pages.send(page.images).await.is_err() {
            return Ok(());
        }
        token = page.next;
        if token.is_none() {
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
            session.account().await.err().map_or(error, CommandError::from)
        }
        _ => error,
    }
}

/// Returns the exit status of a command with these failures.
pub(in crate::cli) fn status(failures: &[RegionFailure]) -> ExitStatus {
    ExitStatus::of_all(failures.iter().map(|one| &one.failure))
}

/// Reports failures; what several regions say alike is reported once.
pub(in crate::cli) fn report_all(what: &str, failures: &[RegionFailure], mut report: impl FnMut(&Failure)) {
    let same = |a: &Failure, b: &Failure| a.why == b.why && a.code == b.code;
    let mut reported: Vec<&Failure> = Vec::new();
    for RegionFailure { failure, .. } in failures {
        if reported.iter().any(|other| same(other, failure)) {
            continue;
        }
        reported.push(failure);
        let regions: Vec<&str> =
            failures.iter().filter(|other| same(&other.failure, failure)).map(|other| other.region.as_str()).collect();
        match regions.as_slice() {
            [_] => report(failure),
            all => {
                let what = format!("{what} in {}", all.join(", "));
                report(&Failure { what, request_id: None, ..failure.clone() });
            }
        }
    }
}
