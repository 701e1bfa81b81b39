//! Line mode, for output that is no terminal: one line for every change, numbers instead of bars.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    ops::ControlFlow,
    process::ExitCode,
};

use jiff::Timestamp;
use tokio::sync::mpsc::unbounded_channel;

use super::{
    exit::{CommandError, ExitStatus},
    list,
    output::report,
    region_failures::{self, report_all},
    regions::Selection,
    setup::{Setup, block_on, http_client},
    world::{WorldArgs, WorldPlan},
};
use crate::{
    aws::Session,
    domain::{
        ClientToken, CopyRequest, Failure, Image, ImageListing, ImageName, ImageQuery, ImageState, Region,
        draft::{Draft, SourceTags},
        filter::Filter,
        template::first_description,
        text::{clean, count, gib},
    },
    driver::{Clock, DriverStatus, JobUpdate, Queue, SessionSource, SharedSession, StoreLocation},
    engine::{Command, Job, JobState, Origin, Status},
    labels,
    sim::connector,
};

/// Prints one line. A reader that has closed its end (`| head`) ends the program quietly, as it ends any filter.
fn print(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.map_err(|e| Failure::new("write", e.to_string())),
    }
}

fn image_line(image: &Image) -> String {
    let kind = if image.instance_store() { "-".to_owned() } else { gib(image.size_gib()) };
    let encrypted = if image.encrypted() { "encrypted" } else { "-" };
    // Every field has a value, so that columns can be counted; not every EC2 names an architecture.
    let architecture = if image.architecture.is_empty() { "-".into() } else { clean(&image.architecture) };
    format!(
        "{} {} {kind} {encrypted} {} {architecture} {}",
        image.region,
        image.id,
        image.state.as_str(),
        clean(&image.name)
    )
}

async fn list_region(session: &Session, region: &Region) -> Result<Vec<Image>, Failure> {
    let mut images = Vec::new();
    let mut token = None;
    loop {
        let page = session.image_page(region, &ImageQuery::default(), token).await?;
        images.extend(page.images);
        token = page.next;
        if token.is_none() {
            return Ok(images);
        }
    }
}

/// `amigrate --plain`: the account's images in the regions of the settings or the profile's, a line each.
pub(super) fn list(setup: &Setup) -> Result<ExitStatus, CommandError> {
    let selection = Selection::configured(setup);
    let _log = setup.start_log()?;
    block_on(async {
        let session = Session::load(setup.session_options(), http_client()?).await?;
        session.check_credentials().await?;
        let wanted = list::Wanted {
            listing: ImageListing::from(&ImageQuery::default()),
            filter: Filter::default(),
            limit: usize::MAX,
        };
        let mut images = Vec::new();
        let failures = list::fetch(setup, &session, &selection, wanted, |mut page| {
            images.append(&mut page);
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        images.sort_by(|a, b| a.region.cmp(&b.region));
        images.iter().try_for_each(|image| print(&image_line(image)))?;
        report_all("list images", &failures, report);
        Ok(region_failures::status(&failures))
    })
}

/// `amigrate demo | cat`: lists images, copies one to two regions, prints the progress, and ends.
pub(super) fn demo(setup: &Setup, args: &WorldArgs) -> Result<ExitCode, CommandError> {
    let plan = args.plan()?;
    block_on(async {
        let clock = Clock::starting(Timestamp::now());
        let world = plan.build(clock.now());
        let home = world.with(|w| w.home().clone());
        let http = connector::http_client(world, move || clock.now()).into();
        let source = SessionSource::simulated(http, home.clone());
        let (session, account) = source.sign_in(None).await?;
        print(&demo_line(args, &plan))?;
        let images = list_region(&session, &home).await?;
        print(&format!("{} in {home}:", count(images.len(), "image", "images")))?;
        for image in &images {
            print(&image_line(image))?;
        }
        if setup.config.read_only {
            print("Read-only: nothing is copied.")?;
            return Ok(ExitCode::SUCCESS);
        }
        let Some(draft) = draft(&session, setup, images, &home, clock).await? else {
            print("No image here can be copied.")?;
            return Ok(ExitCode::SUCCESS);
        };
        let plan = draft.check(clock.now(), || ClientToken::from_random(uuid::Uuid::new_v4().as_u128()));
        if let Some(mistake) = plan.mistakes.first() {
            return Err(Failure::new("copy", mistake.text.clone()).into());
        }
        let location = StoreLocation::Memory;
        let queue = Queue {
            account,
            session: SharedSession::new(session),
            source: &source,
            profile: None,
            location: &location,
            store: location.open(clock.now(), |_| {})?,
            settings: setup.driver_settings(),
            clock,
        };
        let all_available = copy(queue, plan.copies).await?;
        Ok(if all_available { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

fn demo_line(args: &WorldArgs, plan: &WorldPlan) -> String {
    let WorldArgs { scenario, time_scale } = args;
    let pace = if plan.in_real_time() { String::new() } else { format!(" whose copies go {time_scale} times as fast") };
    format!("DEMO {scenario}: an embedded EC2{pace}; nothing is real")
}

fn today(clock: Clock) -> jiff::civil::Date {
    clock.now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The newest image that can be copied, to two other regions.
async fn draft(
    session: &Session,
    setup: &Setup,
    mut images: Vec<Image>,
    home: &Region,
    clock: Clock,
) -> Result<Option<Draft>, Failure> {
    let regions = session.regions().await?;
    let others = regions.into_iter().filter(|r| r.enabled() && r.region != *home).map(|r| r.region);
    let destinations: Vec<Region> = others.filter(|r| r.partition() == home.partition()).take(2).collect();
    images.retain(|i| {
        let plain = !i.instance_store() && !i.encrypted();
        plain && i.state == ImageState::Available && ImageName::new(&i.name).is_ok()
    });
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    let Some(source) = images.into_iter().next() else { return Ok(None) };
    let copy = &setup.config.copy;
    Ok(Some(Draft {
        description: first_description(&copy.description, &source, &source.region, today(clock)),
        name: source.name.to_string(),
        sources: vec![source.into()],
        destinations,
        source_tags: if copy.copy_tags { SourceTags::All } else { SourceTags::None },
        ..Draft::default()
    }))
}

/// Gives copies to a queue, and prints a line for everything that changes until they have ended. Returns true if all of them
/// are available then.
async fn copy(queue: Queue<'_>, copies: Vec<CopyRequest>) -> Result<bool, Failure> {
    let clock = queue.clock;
    let (sender, mut updates) = unbounded_channel();
    // Nobody receives it any more when the copies have ended.
    let (run, handle) = queue.open(Box::new(move |update| _ = sender.send(update)));
    tokio::spawn(run);
    let wanted = copies.len();
    handle.send(Command::Copy(copies));
    let (mut printed, mut ended) = (BTreeMap::new(), BTreeMap::new());
    while let Some(update) = updates.recv().await {
        let jobs = match update {
            JobUpdate::Changed { jobs, .. } => jobs,
            JobUpdate::Driver(DriverStatus::NotRunning(failure))
            | JobUpdate::StoreProblem(Some(failure))
            | JobUpdate::Rejected(failure) => return Err(failure),
            _ => continue,
        };
        for job in jobs.iter().filter(|job| job.origin == Origin::Here) {
            let (state, line) = job_line(job, clock.now());
            if printed.get(&job.id) != Some(&state) {
                print(&line)?;
                printed.insert(job.id, state);
            }
            if job.state.ended() {
                ended.insert(job.id, matches!(job.state, JobState::Available { .. }));
            }
        }
        if ended.len() == wanted {
            break;
        }
    }
    Ok(ended.len() == wanted && ended.values().all(|available| *available))
}

/// A job's state, and the line that prints it; the line is printed again only when the state changes.
pub(super) fn job_line(job: &Job, now: Timestamp) -> (String, String) {
    let (done, all) = job.snapshots_done();
    let percent = job.percent().map_or("?".to_owned(), |p| p.to_string());
    let state = match &job.state {
        JobState::Copying { image } => format!("copying {percent}% {done}/{all} snapshots, {image}"),
        JobState::Available { image } => format!("available {image}"),
        JobState::Failed { failure, .. } => format!("failed: {}", labels::failure_reason(job, failure)),
        JobState::Queued => {
            let waiting = job.waiting.as_ref().map(|w| labels::waiting(w, &job.request.destination));
            waiting.map_or_else(|| "queued".to_owned(), |waiting| format!("queued {waiting}"))
        }
        other => other.phase().as_str().to_owned(),
    };
    let pace = labels::progress::pace(job, &Status::default(), labels::LONG_STALL, now);
    let pace = pace.map_or_else(String::new, |pace| format!(", {pace}"));
    let after = labels::progress::taken(job, now).map_or_else(String::new, |took| format!(" after {took}"));
    let line = format!("{} to {}: {state}{after}{pace}", job.request.name, job.request.destination);
    (state, line)
}
