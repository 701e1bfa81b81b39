//! The copies that are to be verified, with the jobs that made them.

use jiff::Timestamp;

use crate::{
    cli::{
        connection::Connection,
        exit::CommandError,
        image_words,
        jobs::open_store,
        selection::Selection,
        setup::Setup,
        targets::{Known, Target as Named},
    },
    domain::{Failure, ImageId, compare::ImagePlace},
    driver::{RECENT, StoreLocation},
    engine::{Job, JobId, JobState},
    store::Store,
};

/// Arguments of `amigrate verify`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate verify ami-0123456789abcdef0
  amigrate verify --job 7
  amigrate verify --batch batch-1a2b3c --output csv
  amigrate verify --batch batch-1a2b3c --output ids    the copies that are not as they should be")]
#[command(group(clap::ArgGroup::new("copies").required(true).multiple(true)))]
pub(in crate::cli) struct VerifyArgs {
    /// Copies: their ids, their names, or latest:PATTERN for the newest available image of yours with such a name. Without --region
    /// an id is looked for in every enabled region, a name in the profile's region
    #[arg(value_name = "IMAGE", group = "copies")]
    images: Vec<String>,
    /// The image that this copy has made, by its number in `amigrate jobs`
    #[arg(long, value_name = "JOB", group = "copies")]
    job: Vec<u64>,
    /// The available images of this batch
    #[arg(long, value_name = "BATCH", group = "copies")]
    batch: Option<String>,
}

/// A copy.
pub(super) struct Target {
    pub(super) place: ImagePlace,
    /// The job that made it, if one of this store did.
    pub(super) job: Option<Job>,
}

impl Target {
    /// The image that a job has made; `None` if it has made none that is there.
    fn of(job: &Job) -> Option<Self> {
        let id = job.image().filter(|_| matches!(job.state, JobState::Available { .. } | JobState::Copying { .. }))?;
        let place = ImagePlace { region: job.request.destination.clone(), id: id.clone() };
        // Of a copy that others started only the route is known.
        Some(Self { place, job: (job.origin == crate::engine::Origin::Here).then(|| job.clone()) })
    }
}

/// Finds the copies that the arguments name, each once.
///
/// # Errors
/// Wrong usage if there is no such image, job or batch, or the job has made no image.
pub(super) async fn find(
    setup: &Setup,
    connection: &Connection,
    args: &VerifyArgs,
) -> Result<Vec<Target>, CommandError> {
    let mut targets = of_jobs(setup, connection, args)?;
    let images = image_words::find(setup, connection, "verify", &args.images).await?;
    let ids: Vec<&ImageId> = images.iter().map(|image| &image.id).collect();
    let mut jobs = jobs_of(setup, connection, &ids);
    for image in &images {
        let at = jobs.iter().position(|job| job.images.contains(&image.id));
        targets.push(Target { place: ImagePlace::of(image), job: at.map(|at| jobs.swap_remove(at)) });
    }
    let mut seen: Vec<ImagePlace> = Vec::new();
    targets.retain(|target| {
        let new = !seen.contains(&target.place);
        seen.extend(new.then(|| target.place.clone()));
        new
    });
    Ok(targets)
}

/// The images of the jobs and of the batch that are named.
fn of_jobs(setup: &Setup, connection: &Connection, args: &VerifyArgs) -> Result<Vec<Target>, CommandError> {
    if args.job.is_empty() && args.batch.is_none() {
        return Ok(Vec::new());
    }
    let named: Vec<Named> = args.job.iter().map(|number| Named::Job(JobId(*number))).collect();
    let known = Known::read(&open_store(setup)?, &connection.account, &named, args.batch.as_deref())?;
    let what = "verify copies";
    let (ids, _) = known.find(what, &named)?;
    let mut targets = Vec::new();
    for job in known.select(&Selection::Jobs(ids)) {
        targets.push(Target::of(job).ok_or_else(|| {
            let why = format!("it is {}, so it has made no image that could be verified", job.phase().as_str());
            CommandError::usage(Failure::new(format!("verify copy {}", job.id), why))
        })?);
    }
    if let Some(batch) = &args.batch {
        let jobs = known.select(&known.batch(what, batch)?);
        let made: Vec<Target> = jobs.iter().filter_map(|job| Target::of(job)).collect();
        if made.is_empty() {
            let why = "none of its copies has made an image that could be verified";
            return Err(CommandError::usage(Failure::new(format!("verify {batch}"), why)));
        }
        targets.extend(made);
    }
    Ok(targets)
}

/// The jobs of this store that made these images; without a store there are none.
fn jobs_of(setup: &Setup, connection: &Connection, images: &[&ImageId]) -> Vec<Job> {
    let StoreLocation::Dir(dir) = setup.store() else { return Vec::new() };
    // Opening the store would create the directory.
    if images.is_empty() || !dir.exists() {
        return Vec::new();
    }
    let now = Timestamp::now();
    let read = || {
        let store = Store::open_to_read(&dir, now)?;
        let mut jobs = store.load(&connection.account, now - RECENT)?.jobs;
        for ended in store.history(&connection.account, usize::MAX)? {
            if jobs.iter().all(|job| job.id != ended.id) {
                jobs.push((*ended).clone());
            }
        }
        Ok::<_, Failure>(jobs)
    };
    let mut jobs = read().unwrap_or_else(|failure| {
        setup.output.note(&format!("Not known: what was requested of the copies: {failure}"));
        Vec::new()
    });
    jobs.retain(|job| {
        job.origin == crate::engine::Origin::Here && job.images.iter().any(|made| images.contains(&made))
    });
    jobs
}
