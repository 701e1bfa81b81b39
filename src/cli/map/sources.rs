//! Where the images are found: the store's copies of a batch, or the account's images in EC2.

use std::collections::{BTreeMap, BTreeSet};

use super::format::ImageIds;
use crate::{
    aws::Session,
    cli::{
        connection::Connection,
        exit::CommandError,
        jobs, one_image,
        region_failures::RegionFailure,
        regions::{self, Selection},
        selection::has_ended,
        setup::Setup,
    },
    domain::{
        CopyRequest, Failure, Image, ImageId, ImageQuery, ImageState, Region,
        review::{CheckAnswer, CheckRequest},
        text::clean,
    },
    engine::{BatchId, Command, Job, JobPhase, JobState},
};

/// At most so many sources are named.
const LISTED: usize = 10;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) images: ImageIds,
    /// Regions with several images that fit.
    pub(super) notes: Vec<String>,
    pub(super) failures: Vec<RegionFailure>,
}

/// Which images of the account.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// By a pattern of names.
    Name(String),
    /// This image and its copies.
    CopiesOf(ImageId),
}

/// Returns the available copies of a batch. Each region without one is a failure.
///
/// # Errors
/// Wrong usage if there is no such batch, or it copies several images, of which a region could have only one.
pub(super) fn of_batch(setup: &Setup, batch: &str) -> Result<Found, CommandError> {
    let store = jobs::open_store(setup)?;
    let account = jobs::account(setup, &store)?;
    let loaded = store.load(&account, jiff::Timestamp::UNIX_EPOCH)?;
    let known: BTreeSet<_> = loaded.jobs.iter().map(|job| job.id).collect();
    let mut all = loaded.jobs;
    let ended = store.history(&account, usize::MAX)?;
    all.extend(ended.iter().filter(|job| !known.contains(&job.id)).map(|job| (**job).clone()));
    let requested: Vec<(BatchId, CopyRequest)> =
        loaded.commands.into_iter().flat_map(|(_, command)| requests(command)).collect();
    let mut copies: Vec<&Job> = all.iter().filter(|job| job.batch.as_str() == batch).collect();
    let of_requested = requested.iter().filter(|(id, _)| id.as_str() == batch).map(|(_, request)| request);
    let of_requested: Vec<&CopyRequest> = of_requested.collect();
    if copies.is_empty() && of_requested.is_empty() {
        let batches = all.iter().map(|job| &job.batch).chain(requested.iter().map(|(batch, _)| batch));
        return Err(CommandError::usage(unknown(batch, batches.map(BatchId::as_str))));
    }
    only_source(batch, copies.iter().map(|job| &job.request).chain(of_requested.iter().copied()))?;
    copies.sort_by_key(|job| std::cmp::Reverse((job.requested, job.id)));
    if copies.iter().any(|job| !has_ended(job)) || !of_requested.is_empty() {
        jobs::note_if_nobody_runs(setup, &store, &account);
    }
    let mut by_region: BTreeMap<&Region, Vec<&Job>> = BTreeMap::new();
    for job in copies {
        by_region.entry(&job.request.destination).or_default().push(job);
    }
    let mut found = Found::default();
    for (region, copies) in by_region {
        let available = copies.iter().filter_map(|job| match &job.state {
            JobState::Available { image } => Some(image),
            _ => None,
        });
        let available: Vec<&ImageId> = available.collect();
        match available.split_first() {
            Some((newest, others)) => found.add(region, newest, others.len()),
            None => found.failures.extend(copies.first().map(|job| not_available(job))),
        }
    }
    for request in of_requested.into_iter().filter(|request| !found.images.contains_key(&request.destination)) {
        let failure = of_region(&request.destination, "its copy is requested, and no process has taken it up".into());
        found.failures.push(RegionFailure::of(&request.destination, failure));
    }
    Ok(found)
}

/// The copies that a command asks for, with their batch.
fn requests(command: Command) -> Vec<(BatchId, CopyRequest)> {
    let Command::Copy(requests) = command else { return Vec::new() };
    let Some(batch) = BatchId::of_copies(&requests) else { return Vec::new() };
    requests.into_iter().map(|request| (batch.clone(), request)).collect()
}

/// Refuses several sources: in a region the copy of one would stand for that of another.
fn only_source<'a>(batch: &str, requests: impl Iterator<Item = &'a CopyRequest>) -> Result<(), CommandError> {
    let sources: BTreeSet<&ImageId> = requests.map(|request| &request.source).collect();
    let mut sources = sources.into_iter();
    let (Some(first), more @ 1..) = (sources.next(), sources.len()) else { return Ok(()) };
    let named: Vec<&str> = std::iter::once(first).chain(sources.take(LISTED - 1)).map(ImageId::as_str).collect();
    let rest = (more + 1).saturating_sub(LISTED);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let why = format!("it copies several images: {}{rest}", named.join(", "));
    let hint = format!("`amigrate map --source {first}` maps the copies of one.");
    Err(CommandError::usage(Failure::new(format!("map batch `{batch}`"), why).hint(hint)))
}

fn unknown<'a>(batch: &str, batches: impl Iterator<Item = &'a str>) -> Failure {
    let failure = Failure::new(format!("map batch `{}`", clean(batch)), "no copy here has this batch");
    match regions::nearest(batch, batches) {
        Some(near) => failure.hint(format!("Did you mean `{near}`?")),
        None => failure.hint("`amigrate jobs` and `amigrate jobs --history` print the batches."),
    }
}

fn not_available(job: &Job) -> RegionFailure {
    let region = &job.request.destination;
    let state = match job.phase() {
        JobPhase::Failed => "has failed".to_owned(),
        JobPhase::Cancelled | JobPhase::Deregistered => format!("was {}", job.phase().as_str()),
        phase => format!("is {}", phase.as_str()),
    };
    let why = format!("copy {} (`{}`) {state}", job.id, clean(job.request.name.as_str()));
    RegionFailure::of(region, of_region(region, why))
}

fn of_region(region: &Region, why: String) -> Failure {
    Failure::new(format!("map {region}"), why).hint("`amigrate jobs` says more.")
}

/// Returns the newest available image of the account in each region.
pub(super) async fn of_account(setup: &Setup, wanted: &Wanted, regions: &Selection) -> Result<Found, CommandError> {
    let connection = Connection::open(setup).await?;
    let session = &connection.session;
    let answers = regions::in_each(regions, session, setup, |region| {
        let (session, wanted) = (session.clone(), wanted.clone());
        async move { images(&session, &region, &wanted).await }
    });
    let answers = answers.await?;
    let (mut found, asked) = (Found::default(), answers.by_region.len());
    found.failures.extend(answers.others.map(RegionFailure::of_no_region));
    let mut any = false;
    for (region, answer) in answers.by_region {
        match answer {
            Ok(mut images) => {
                any |= !images.is_empty();
                images.retain(|image| image.state == ImageState::Available);
                // The source itself goes before copies of it in its own region.
                let is_source = |image: &Image| matches!(wanted, Wanted::CopiesOf(source) if image.id == *source);
                images.sort_by_key(|image| std::cmp::Reverse((is_source(image), image.created)));
                if let Some(newest) = images.first() {
                    found.add(&region, &newest.id, images.len() - 1);
                }
            }
            Err(failure) => found.failures.push(RegionFailure::of(&region, failure)),
        }
    }
    match wanted {
        // Neither the image nor a copy of it.
        Wanted::CopiesOf(source) if !any && found.failures.is_empty() => {
            let place = one_image::place(regions, asked);
            let failure = one_image::no_such_image(&format!("map {source}"), source, &place);
            let near = one_image::nearest_own(setup, &connection, source).await;
            Err(CommandError::usage(near.map_or(failure.clone(), |near| failure.hint(near))))
        }
        _ => Ok(found),
    }
}

async fn images(session: &Session, region: &Region, wanted: &Wanted) -> Result<Vec<Image>, Failure> {
    match wanted {
        Wanted::Name(pattern) => {
            let query = ImageQuery { name: Some(pattern.clone()), ..ImageQuery::default() };
            session.all_images(region, &query).await
        }
        Wanted::CopiesOf(source) => {
            let itself = [source.clone()];
            let copies = CheckRequest::CopiesOf { region: region.clone(), sources: vec![source.clone()] };
            let (copies, itself) = tokio::join!(session.check(&copies), session.describe_images(region, &itself));
            let mut images = itself?;
            if let CheckAnswer::Images(copies) = copies? {
                images.extend(copies);
            }
            Ok(images)
        }
    }
}

impl Found {
    fn add(&mut self, region: &Region, newest: &ImageId, others: usize) {
        if others > 0 {
            self.notes.push(format!("{region}: {} available images fit; the newest is taken, {newest}", others + 1));
        }
        self.images.insert(region.clone(), newest.clone());
    }
}
