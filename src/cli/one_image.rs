//! Images that no copy of this store has made: where they are, and when they become available.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{Ending, Signal, Signals},
    output::report,
    regions::{self, Selection},
    setup::Setup,
};
use crate::{
    domain::{
        Failure, Image, ImageId, ImageQuery, ImageState, Region, Retry,
        text::{clean, duration},
    },
    term::session,
};

/// Finds images: in the region of `--region`, or in every enabled one.
///
/// # Errors
/// Wrong usage if there is no such image, unless a region could not be asked.
pub(super) async fn find(
    setup: &Setup,
    connection: &Connection,
    what: &str,
    ids: &[ImageId],
) -> Result<Vec<Image>, CommandError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let selection = setup.named_region.clone().map_or(Selection::All, |region| Selection::Named(vec![region]));
    let answers = regions::in_each(&selection, &connection.session, setup, |region| {
        let (session, ids) = (connection.session.clone(), ids.to_vec());
        async move { session.describe_images(&region, &ids).await }
    })
    .await?;
    let regions = answers.by_region.len();
    let (mut found, mut failures) = (BTreeMap::new(), Vec::from_iter(answers.others));
    for (_, answer) in answers.by_region {
        match answer {
            Ok(images) => found.extend(images.into_iter().map(|image| (image.id.clone(), image))),
            Err(failure) => failures.push(failure),
        }
    }
    match ids.iter().find(|id| !found.contains_key(*id)) {
        None => Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect()),
        Some(id) => Err(match (failures.into_iter().next(), &setup.named_region) {
            (Some(failure), _) => failure.into(),
            (None, named) => {
                let (place, hint) = match named {
                    Some(region) => (region.to_string(), "Without --region it is looked for in every enabled region."),
                    None => (
                        format!("the {regions} enabled regions"),
                        "`amigrate jobs` lists copies by number; `amigrate list --all-regions` lists images.",
                    ),
                };
                let near = nearest_own(setup, connection, id).await.map(|near| near + " ").unwrap_or_default();
                let failure = Failure::new(what, format!("there is no image {id} in {place}"));
                CommandError::usage(failure.hint(near + hint))
            }
        }),
    }
}

/// Asks whether the image of one's own was meant whose id is most like this one, if there is any.
pub(super) async fn nearest_own(setup: &Setup, connection: &Connection, id: &ImageId) -> Option<String> {
    let selection = setup.named_region.clone().map_or(Selection::All, |region| Selection::Named(vec![region]));
    let answers = regions::in_each(&selection, &connection.session, setup, |region| {
        let session = connection.session.clone();
        async move { session.all_images(&region, &ImageQuery::default()).await.unwrap_or_default() }
    });
    // The mistake matters more than that nothing similar can be named.
    let own: Vec<Image> = answers.await.ok()?.by_region.into_iter().flat_map(|(_, images)| images).collect();
    let near = regions::nearest(id.as_str(), own.iter().map(|image| image.id.as_str()))?;
    let image = own.iter().find(|image| image.id.as_str() == near)?;
    Some(format!("Did you mean {near} (\"{}\" in {})?", clean(&image.name), image.region))
}

/// How often images are asked for.
struct Intervals {
    shortest: Duration,
    longest: Duration,
}

/// Waits until all images are available, or something else than pending. Returns them as they are then.
///
/// # Errors
/// If a region does not answer for a reason that waiting does not fix.
async fn ended(setup: &Setup, connection: &Connection, images: Vec<Image>) -> Result<Vec<Image>, Failure> {
    let poll = &setup.config.poll;
    let intervals = Intervals {
        shortest: Duration::from_secs(poll.fastest_seconds.max(1)),
        longest: Duration::from_secs(poll.slowest_seconds.max(poll.fastest_seconds).max(1)),
    };
    let mut images: BTreeMap<ImageId, Image> = images.into_iter().map(|image| (image.id.clone(), image)).collect();
    let mut wait = intervals.shortest;
    loop {
        let pending: Vec<&Image> = images.values().filter(|image| image.state == ImageState::Pending).collect();
        if pending.is_empty() {
            return Ok(images.into_values().collect());
        }
        let mut by_region: BTreeMap<Region, Vec<ImageId>> = BTreeMap::new();
        for image in pending {
            by_region.entry(image.region.clone()).or_default().push(image.id.clone());
        }
        tokio::time::sleep_until(Instant::now() + wait).await;
        wait = (wait * 2).min(intervals.longest);
        for (region, ids) in by_region {
            match connection.session.describe_images(&region, &ids).await {
                Ok(found) => {
                    for id in ids {
                        let now = found.iter().find(|image| image.id == id).cloned();
                        if let Some(image) = images.get_mut(&id) {
                            // EC2 forgets deregistered images.
                            let gone = || Image { state: ImageState::Deregistered, ..image.clone() };
                            *image = now.unwrap_or_else(gone);
                        }
                    }
                }
                Err(failure) if failure.retry == Retry::Later => {
                    tracing::warn!(%failure, "the images could not be described");
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// Waits until all images are available, or something else than pending, for so long at most. A signal ends it.
///
/// # Errors
/// As [`ended`].
pub(super) async fn ended_within(
    setup: &Setup,
    connection: &Connection,
    images: Vec<Image>,
    timeout: Option<Duration>,
    signals: &mut Signals,
) -> Result<Result<Vec<Image>, Ending>, Failure> {
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let waiting = ended(setup, connection, images);
    tokio::pin!(waiting);
    loop {
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::End(signal) => return Ok(Err(Ending::Signalled(signal))),
                Signal::Stop => session::stop(),
            },
            images = &mut waiting => return Ok(Ok(images?)),
            () = async {
                match end {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            } => return Ok(Err(Ending::TimedOut)),
        }
    }
}

/// Says what is still pending, and how to go on. Returns the exit status.
pub(super) fn ended_early(setup: &Setup, ending: Ending, images: &[String], timeout: Option<Duration>) -> ExitStatus {
    let resume = format!("`amigrate wait {}` resumes.", images.join(" "));
    let Ending::Signalled(signal) = ending else {
        let seconds = i64::try_from(timeout.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
        let why = format!("still pending after {}", duration(seconds));
        report(&Failure::new(format!("wait for {}", images.join(", ")), why).hint(resume));
        return ExitStatus::TimedOut;
    };
    setup.output.note(&resume);
    signal.status()
}

/// Returns why an image is not available in the end.
pub(super) fn failure(image: &Image) -> Option<Failure> {
    let what = format!("wait for {} in {}", image.id, image.region);
    let state = image.state.as_str();
    match (image.state, &image.state_reason) {
        (ImageState::Available | ImageState::Pending, _) => None,
        (_, Some(reason)) => Some(Failure::new(what, format!("it is {state}: {reason}"))),
        (_, None) => Some(Failure::new(what, format!("it is {state}"))),
    }
}
