//! Without a terminal: one line an event, numbers instead of bars. The demo does the main job by itself.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::{Setup, http_client};
use crate::{
    aws::Session,
    domain::{
        ClientToken, Failure, Image, ImageName, ImageQuery, ImageState, Region,
        plan::Draft,
        template::first_description,
        text::{clean, count, duration, gib},
    },
    driver::{Clock, aws_adapter},
    engine::{Command, Engine, Event, Job, JobId, JobState},
    labels,
    sim::{Scenario, SharedWorld, World, connector},
};

/// How much faster than real time the demo goes when nobody watches.
const DEMO_SPEED: f64 = 10.0;

/// Says one line. A reader that has gone away (`| head`) ends the program quietly, as it ends any filter.
fn say(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.map_err(|e| Failure::new("write", e.to_string())),
    }
}

fn image_line(image: &Image) -> String {
    let kind = if image.instance_store() { "-".to_owned() } else { gib(image.size_gib()) };
    let encrypted = if image.encrypted() { "encrypted" } else { "-" };
    // Every field has a word, so that columns can be counted; not every EC2 names an architecture.
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

/// `amigrate --plain`: the account's images in its region, a line each.
pub(super) fn list(setup: &Setup) -> Result<ExitCode, Failure> {
    let _log = setup.start_log()?;
    super::runtime()?.block_on(async {
        let session = Session::load(setup.session_options(), http_client()?).await?;
        session.check_credentials().await?;
        let region = session.home_region().clone();
        for image in list_region(&session, &region).await? {
            say(&image_line(&image))?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// `amigrate demo | cat`: lists, copies an image to two regions, tells the progress, ends.
pub(super) fn demo(setup: &Setup, name: &str) -> Result<ExitCode, Failure> {
    let scenario = Scenario::named(name)?;
    let seed = uuid::Uuid::new_v4().as_u128();
    super::runtime()?.block_on(async {
        let clock = Clock::starting(Timestamp::now(), DEMO_SPEED);
        let world = SharedWorld::new(World::new(&scenario, clock.now()));
        let home = world.with(|w| w.home().clone());
        let session = Session::simulated(connector::http_client(world, move || clock.now()).into(), home.clone());
        say(&format!("DEMO {name}: an embedded EC2, {DEMO_SPEED} times as fast as the real one; nothing is real"))?;
        let images = list_region(&session, &home).await?;
        say(&format!("{} in {home}:", count(images.len(), "image", "images")))?;
        for image in &images {
            say(&image_line(image))?;
        }
        if setup.config.read_only {
            say("Read-only: nothing is copied.")?;
            return Ok(ExitCode::SUCCESS);
        }
        let Some(draft) = draft(&session, setup, images, &home, clock).await? else {
            say("No image here can be copied.")?;
            return Ok(ExitCode::SUCCESS);
        };
        let mut next = seed;
        let plan = draft.check(today(clock), || {
            next = next.wrapping_add(1);
            ClientToken::from_random(next)
        });
        if let Some(mistake) = plan.mistakes.first() {
            return Err(Failure::new("copy", mistake.text.clone()));
        }
        let mut engine = Engine::default();
        let jobs = watch(&session, &mut engine, Event::Command(Command::Copy(plan.copies)), clock).await?;
        let failed =
            jobs.iter().filter(|id| engine.job(**id).is_some_and(|j| !matches!(j.state, JobState::Available { .. })));
        Ok(if failed.count() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
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
        copy_tags: copy.copy_tags,
        ..Draft::default()
    }))
}

/// Drives the engine until every job has ended, a line for everything that changes.
async fn watch(session: &Session, engine: &mut Engine, first: Event, clock: Clock) -> Result<Vec<JobId>, Failure> {
    let mut answers = JoinSet::new();
    let mut told: Vec<(JobId, String)> = Vec::new();
    let mut event = first;
    loop {
        for call in engine.handle(event, clock.now()) {
            answers.spawn(aws_adapter::make(session.clone(), call));
        }
        for job in engine.jobs() {
            let line = job_line(job, clock.now());
            if told.iter().all(|(id, last)| *id != job.id || *last != line.0) {
                say(&line.1)?;
                told.retain(|(id, _)| *id != job.id);
                told.push((job.id, line.0));
            }
        }
        if engine.idle() {
            return Ok(told.into_iter().map(|(id, _)| id).collect());
        }
        let wait = engine.next_deadline().map_or(std::time::Duration::from_secs(1), |at| clock.until(at));
        event = tokio::select! {
            Some(Ok(answer)) = answers.join_next() => Event::Response(answer),
            () = tokio::time::sleep(wait) => Event::Tick,
        };
    }
}

/// What is told only when it changes, and the line that tells it.
fn job_line(job: &Job, now: Timestamp) -> (String, String) {
    let (done, all) = job.snapshots_done();
    let percent = job.percent().map_or("?".to_owned(), |p| p.to_string());
    let state = match &job.state {
        JobState::Copying { image } => format!("copying {percent}% {done}/{all} snapshots, {image}"),
        JobState::Available { image } => format!("available {image}"),
        JobState::Failed { failure, .. } => format!("failed: {}", clean(&failure.why)),
        JobState::Queued => {
            let waiting = job.waiting.as_ref().map(|w| labels::waiting(w, &job.request.destination));
            format!("queued {}", waiting.unwrap_or_default())
        }
        other => other.phase().as_str().to_owned(),
    };
    let line =
        format!("{} to {}: {state} after {}", job.request.name, job.request.destination, duration(job.elapsed(now)));
    (state, line)
}
