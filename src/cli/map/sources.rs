//! Where the images are found: the store's copies of a batch, or the account's images in EC2.

use std::collections::{BTreeMap, BTreeSet};

use super::format::ImageIds;
use crate::{
    aws::Session,
    cli::{
        connection::Connection,
        exit::CommandError,
        jobs,
        regions::{self, Selection},
        setup::Setup,
    },
    domain::{
        Failure, Image, ImageId, ImageQuery, ImageState, Region,
        review::{CheckAnswer, CheckRequest},
    },
    engine::{Job, JobState},
};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) images: ImageIds,
    /// Regions with several images that fit.
    pub(super) notes: Vec<String>,
    pub(super) failures: Vec<Failure>,
}

/// Which images of the account.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// By a pattern of names.
    Name(String),
    /// This image and its copies.
    CopiesOf(ImageId),
}

/// Returns the available copies of a batch. Each other copy is a failure, unless its region has an available one.
pub(super) fn of_batch(setup: &Setup, batch: &str) -> Result<Found, CommandError> {
    let store = jobs::open_store(setup)?;
    let account = jobs::account(setup, &store)?;
    let mut all = store.load(&account, jiff::Timestamp::UNIX_EPOCH)?.jobs;
    let loaded: BTreeSet<_> = all.iter().map(|job| job.id).collect();
    let ended = store.history(&account, usize::MAX)?;
    all.extend(ended.iter().filter(|job| !loaded.contains(&job.id)).map(|job| (**job).clone()));
    let mut copies: Vec<&Job> = all.iter().filter(|job| job.batch.as_str() == batch).collect();
    if copies.is_empty() {
        return Err(CommandError::usage(unknown(batch, &all)));
    }
    copies.sort_by_key(|job| std::cmp::Reverse((job.requested, job.id)));
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
            None => found.failures.extend(copies.first().map(|job| not_available(region, job))),
        }
    }
    Ok(found)
}

fn unknown(batch: &str, jobs: &[Job]) -> Failure {
    let failure = Failure::new(format!("map batch `{batch}`"), "no copy here has this batch");
    match regions::nearest(batch, jobs.iter().map(|job| job.batch.as_str())) {
        Some(near) => failure.hint(format!("Did you mean `{near}`?")),
        None => failure.hint("`amigrate jobs` and `amigrate jobs --history` print the batches."),
    }
}

fn not_available(region: &Region, job: &Job) -> Failure {
    let why = format!("copy {} (`{}`) is {}", job.id, job.request.name, job.phase().as_str());
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
    let mut found = Found::default();
    for (region, answer) in answers.await? {
        match answer {
            Ok(mut images) => {
                images.retain(|image| image.state == ImageState::Available);
                // The source itself goes before copies of it in its own region.
                let is_source = |image: &Image| matches!(wanted, Wanted::CopiesOf(source) if image.id == *source);
                images.sort_by_key(|image| std::cmp::Reverse((is_source(image), image.created)));
                if let Some(newest) = images.first() {
                    found.add(&region, &newest.id, images.len() - 1);
                }
            }
            Err(failure) => found.failures.push(failure),
        }
    }
    Ok(found)
}

async fn images(session: &Session, region: &Region, wanted: &Wanted) -> Result<Vec<Image>, Failure> {
    match wanted {
        Wanted::Name(pattern) => {
            let query = ImageQuery { name: Some(pattern.clone()), ..ImageQuery::default() };
            let (mut images, mut token) = (Vec::new(), None);
            loop {
                let page = session.image_page(region, &query, token).await?;
                images.extend(page.images);
                token = page.next;
                if token.is_none() {
                    return Ok(images);
                }
            }
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
