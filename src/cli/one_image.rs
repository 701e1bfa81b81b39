//! Images that no copy of this store has made: where they are, and when they become available.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{Ending, Outages, Signal, Signals},
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
    let selection = setup.named_region.clone().map_or(Selection::All, |region| Selection::Named(vec![region]));
    find_in(setup, connection, &selection, what, ids).await
}

/// Finds images in these regions.
///
/// # Errors
/// Wrong usage if there is no such image, unless a region could not be asked.
pub(super) async fn find_in(
    setup: &Setup,
    connection: &Connection,
    selection: &Selection,
    what: &str,
    ids: &[ImageId],
) -> Result<Vec<Image>, CommandError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let answers = regions::in_each(selection, &connection.session, setup, |region| {
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
        Some(id) => Err(match (failures.into_iter().next(), selection) {
            (Some(failure), _) => failure.into(),
            (None, selection) => {
                let hint = match selection {
                    Selection::All => {
                        "`amigrate jobs` lists copies by number; `amigrate list --all-regions` lists images."
                    }
                    _ => "Without --region it is looked for in every enabled region.",
                };
                let near = nearest_own(setup, connection, id).await.map(|near| near + " ").unwrap_or_default();
                let place = place(selection, regions);
                CommandError::usage(no_such_image(what, id, &place).hint(near + hint))
            }
        }),
    }
}

/// Where images were looked for that are in none of the regions.
pub(super) fn place(selection: &Selection, regions: usize) -> String {
    match selection {
        Selection::Named(named) if named.len() == 1 => named.iter().map(ToString::to_string).collect(),
        Selection::All => format!("any of the {regions} enabled regions"),
        _ => format!("any of the {regions} regions"),
    }
}

/// Says that an id names no image, or why it cannot.
pub(super) fn no_such_image(what: &str, id: &ImageId, place: &str) -> Failure {
    let why = if id.is_complete() {
        format!("there is no image {id} in {place}")
    } else {
        format!("{id} is {}", ImageId::INCOMPLETE)
    };
    Failure::new(what, why)
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
    let ids = || own.iter().map(|image| image.id.as_str());
    let mut begin_so = ids().filter(|known| known.starts_with(id.as_str()));
    let near = match (begin_so.next(), begin_so.next()) {
        (Some(only), None) => only,
        _ => regions::nearest(id.as_str(), ids())?,
    };
    let image = own.iter().find(|image| image.id.as_str() == near)?;
    Some(format!("Did you mean {near} (\"{}\" in {})?", clean(&image.name), image.region))
}

/// How often images are requested.
struct Intervals {
    shortest: Duration,
    longest: Duration,
}

impl Intervals {
    fn of(setup: &Setup) -> Self {
        let poll = &setup.config.poll;
        Self {
            shortest: Duration::from_secs(poll.fastest_seconds.max(1)),
            longest: Duration::from_secs(poll.slowest_seconds.max(poll.fastest_seconds).max(1)),
        }
    }
}

/// Waits until all images are available, or something else than pending. Returns them as they are then. Regions that do not answer
/// for a while are noted.
///
/// # Errors
/// If a region does not answer for a reason that waiting does not fix.
async fn ended(
    intervals: Intervals,
    images: Vec<Image>,
    describe: impl AsyncFn(&Region, &[ImageId]) -> Result<Vec<Image>, Failure>,
    note: impl Fn(&str),
) -> Result<Vec<Image>, Failure> {
    let mut images: BTreeMap<ImageId, Image> = images.into_iter().map(|image| (image.id.clone(), image)).collect();
    let (mut wait, mut outages) = (intervals.shortest, Outages::default());
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
        let mut failing: BTreeMap<Region, Failure> = BTreeMap::new();
        for (region, ids) in by_region {
            match describe(&region, &ids).await {
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
                Err(failure) if failure.retry == Retry::Later => _ = failing.insert(region, failure),
                Err(failure) => return Err(failure),
            }
        }
        for region in outages.observe(failing.iter(), Instant::now()) {
            note(&format!("EC2 in {region} answers again"));
        }
        outages.take_due(Instant::now()).iter().for_each(|text| note(text));
    }
}

/// Waits until all images are available, or something else than pending, for this long at most. A signal ends it.
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
    let describe = async |region: &Region, ids: &[ImageId]| connection.session.describe_images(region, ids).await;
    let waiting = ended(Intervals::of(setup), images, describe, |text| setup.output.note(text));
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

/// Says what is still pending, and how to continue. Returns the exit status.
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
    if matches!(image.state, ImageState::Available | ImageState::Pending) {
        return None;
    }
    let why = image.state_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(Failure::new(what, format!("it {}{why}", image.state.predicate())))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;
    use crate::domain::AccountId;

    fn image(state: ImageState) -> Image {
        let (id, region) = (ImageId::new("ami-12345678").unwrap(), Region::new("eu-west-1").unwrap());
        Image { state, ..Image::bare(id, region, AccountId::new("123456789012").unwrap()) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_region_that_does_not_answer_is_noted_once_and_when_it_answers_again() {
        let (calls, notes) = (Cell::new(0), RefCell::new(Vec::new()));
        let describe = async |_: &Region, _: &[ImageId]| {
            calls.set(calls.get() + 1);
            let refused = Failure::new("describe images", "connection refused").retry(Retry::Later);
            if calls.get() < 20 { Err(refused) } else { Ok(vec![image(ImageState::Available)]) }
        };
        let intervals = Intervals { shortest: Duration::from_secs(1), longest: Duration::from_secs(5) };
        let pending = vec![image(ImageState::Pending)];
        let ended = ended(intervals, pending, describe, |text| notes.borrow_mut().push(text.to_owned())).await.unwrap();
        assert_eq!(ended[0].state, ImageState::Available);
        let said =
            ["EC2 in eu-west-1 does not answer: connection refused; asking again", "EC2 in eu-west-1 answers again"];
        assert_eq!(*notes.borrow(), said);
    }

    #[test]
    fn what_became_of_an_image_is_said_in_a_sentence() {
        let why = |state| failure(&image(state)).map(|failure| failure.why);
        assert_eq!(why(ImageState::Failed).unwrap(), "it has failed");
        assert_eq!(why(ImageState::Deregistered).unwrap(), "it was deregistered");
        assert_eq!(why(ImageState::Disabled).unwrap(), "it is disabled");
        assert_eq!(why(ImageState::Pending), None);
    }
}
