//! The copies that are to be verified, with the jobs that made them.

use jiff::Timestamp;

use crate::{
    cli::{
        connection::Connection,
        exit::CommandError,
        image_args,
        jobs::open_store,
        selection::Selection,
        setup::Setup,
        targets::{Known, Target as Named},
    },
    domain::{CopyRequest, Failure, ImageId, Region, compare::ImageRef, text::count},
    driver::{RECENT, StoreLocation},
    engine::{Command, Job, JobId, JobState, Origin},
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
    /// The copies of this batch; one that has made no image is not verified
    #[arg(long, value_name = "BATCH", group = "copies")]
    batch: Option<String>,
}

/// A copy.
pub(super) enum Target {
    /// An image, and the job that made it, if one of this store did.
    Image(ImageRef, Option<Box<Job>>),
    /// One of a batch that has made no image that is there.
    NoImage(NoImage),
}

/// A copy that has made no image that is there.
#[derive(Debug, Clone)]
pub(super) struct NoImage {
    pub(super) region: Region,
    pub(super) name: String,
    /// `None` of one that no process has taken up yet.
    pub(super) job: Option<JobId>,
    pub(super) why: String,
}

impl Target {
    /// The image that a job has made.
    fn of(job: &Job) -> Result<Self, NoImage> {
        let made = matches!(job.state, JobState::Available { .. } | JobState::Copying { .. });
        let Some(id) = job.image().filter(|_| made) else {
            let why = format!("it is {}, so it has made no image that could be verified", job.phase().as_str());
            return Err(NoImage { job: Some(job.id), why, ..NoImage::of(&job.request) });
        };
        let place = ImageRef { region: job.request.destination.clone(), id: id.clone() };
        // Of a copy that others started only the route is known.
        Ok(Self::Image(place, (job.origin == Origin::Here).then(|| Box::new(job.clone()))))
    }
}

impl NoImage {
    /// One that is only requested.
    fn of(request: &CopyRequest) -> Self {
        let why = "it is requested, and no process has taken it up".into();
        Self { region: request.destination.clone(), name: request.name.to_string(), job: None, why }
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
    let images = image_args::find(setup, connection, "verify", &args.images).await?;
    let ids: Vec<&ImageId> = images.iter().map(|image| &image.id).collect();
    let mut jobs = jobs_of(setup, connection, &ids);
    for image in &images {
        let at = jobs.iter().position(|job| job.images.contains(&image.id));
        targets.push(Target::Image(ImageRef::of(image), at.map(|at| Box::new(jobs.swap_remove(at)))));
    }
    let mut seen: Vec<ImageRef> = Vec::new();
    targets.retain(|target| {
        let Target::Image(place, _) = target else { return true };
        let new = !seen.contains(place);
        seen.extend(new.then(|| place.clone()));
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
        targets.push(
            Target::of(job)
                .map_err(|none| CommandError::usage(Failure::new(format!("verify copy {}", job.id), none.why)))?,
        );
    }
    if let Some(batch) = &args.batch {
        let batch = known.batch(what, batch)?;
        targets.extend(known.select(&batch).into_iter().map(|job| Target::of(job).unwrap_or_else(Target::NoImage)));
        let requested = known.awaited(&batch).into_iter().filter_map(|command| match command {
            Command::Copy(requests) => Some(requests),
            _ => None,
        });
        targets.extend(requested.flatten().map(|request| Target::NoImage(NoImage::of(&request))));
    }
    note_unreadable(setup, known.unreadable());
    Ok(targets)
}

/// Says that the store has entries which cannot be read, any of which may be what was requested.
fn note_unreadable(setup: &Setup, entries: usize) {
    if entries > 0 {
        let entries = count(entries, "entry", "entries");
        setup.output.note(&format!(
            "{entries} of the list of copies cannot be read by this version: what was requested there is not known."
        ));
    }
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
        let loaded = store.load(&connection.account, now - RECENT)?;
        note_unreadable(setup, loaded.unreadable);
        let mut jobs = loaded.jobs;
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
    jobs.retain(|job| job.origin == Origin::Here && job.images.iter().any(|made| images.contains(&made)));
    jobs
}
