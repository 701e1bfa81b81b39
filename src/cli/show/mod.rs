//! `amigrate show`: everything about one image.

mod text;

use std::io;

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    lookup::Lookup,
    one_image,
    output::{Format, Printer, Record, print_document, report},
    records::{ImageDocument, ImageRecord, JobRecord},
    region_failures::{self, RegionFailure, report_all},
    regions::{self, Answers, Selection, in_each},
    setup::{Setup, block_on},
};
use crate::{
    domain::{Failure, Image, ImageId, Region, image_details::ImageDetails},
    driver::{RECENT, StoreLocation},
    engine::Job,
    store::Store,
};

/// Arguments of `amigrate show`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate show ami-0123456789abcdef0
  amigrate show 'latest:web-*'
  amigrate show ami-0123456789abcdef0 --region eu-west-1 --output json")]
pub(super) struct ShowArgs {
    /// The image: its id, its name, or latest:PATTERN for the newest available image of yours with such a name. Without --region
    /// an id is looked for in every enabled region, a name in the profile's region
    #[arg(value_name = "IMAGE")]
    image: String,
}

pub(super) fn run(setup: &Setup, args: &ShowArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let (image, copies, of_copies) = match ImageId::new(&args.image) {
            Ok(id) => find(setup, &connection, &id).await?,
            Err(_) => named(setup, &connection, &args.image).await?,
        };
        let details = connection.session.image_details(&image).await;
        let permissions = details.all_permissions(&image.id, &image.region);
        let mut of_image = unread(&connection, &image, permissions.as_ref().err(), &details);
        let jobs = jobs(setup, &connection, &image.id).unwrap_or_else(|failure| {
            of_image.push(RegionFailure::of_no_region(failure));
            Vec::new()
        });
        let failures = [of_copies.as_slice(), &of_image].concat();
        let document = ImageDocument {
            image: ImageRecord::from(&image),
            launch_permissions: permissions.ok().map(|all| all.iter().map(Into::into).collect()),
            snapshots: details.snapshots.ok().map(|all| all.iter().map(Into::into).collect()),
            image_block_public_access_state: details.public_access.ok().map(Into::into),
            ancestry: details.ancestry.ok().map(|all| all.iter().map(Into::into).collect()),
            copies: copies.iter().map(ImageRecord::from).collect(),
            jobs,
            failures: region_failures::records(&failures),
        };
        print(setup, &document)?;
        report_all("look for copies", &of_copies, report);
        for one in &of_image {
            report(&one.failure);
        }
        Ok(region_failures::status(&failures))
    })
}

/// An image, its copies, and the failures of regions that could not be queried for copies.
type Shown = (Image, Vec<Image>, Vec<RegionFailure>);

/// Looks for an image by its name, and then for its copies.
async fn named(setup: &Setup, connection: &Connection, name: &str) -> Result<Shown, CommandError> {
    let session = &connection.session;
    let region = setup.named_region.as_ref().unwrap_or(session.home_region());
    regions::resolve(&Selection::Named(vec![region.clone()]), session, setup).await?;
    let lookup = Lookup { session, region, verb: "show", option: "--region" };
    let image = lookup.named(name).await?;
    let (copies, failures) = copies(setup, connection, &image.id).await?;
    Ok((image, copies, failures))
}

/// Looks for the image and its copies at the same time.
async fn find(setup: &Setup, connection: &Connection, id: &ImageId) -> Result<Shown, CommandError> {
    let session = connection.session.clone();
    let at = setup.named_region.clone().map_or(Selection::All, |region| Selection::Named(vec![region]));
    let described = id.clone();
    let for_image = session.clone();
    let (found, copies) = tokio::join!(
        in_each(&at, &session, setup, move |region| {
            let (session, id) = (for_image.clone(), described.clone());
            async move { session.describe_images(&region, &[id]).await }
        }),
        copies(setup, connection, id),
    );
    let found = Found::of(found?);
    // What fails elsewhere does not matter once it is found.
    let Some(image) = found.images.first().cloned() else {
        return Err(not_found(setup, connection, id, &at, found).await);
    };
    let (copies, failures) = copies?;
    Ok((image, copies, failures))
}

/// Returns an image's copies in every region, and the failures of those that could not be asked.
async fn copies(
    setup: &Setup,
    connection: &Connection,
    source: &ImageId,
) -> Result<(Vec<Image>, Vec<RegionFailure>), CommandError> {
    let answers = in_each(&Selection::All, &connection.session, setup, |region| {
        let (session, id) = (connection.session.clone(), source.clone());
        async move { session.copies_of(&region, &[id]).await }
    });
    match answers.await {
        Ok(answers) => {
            let Found { images, failures, .. } = Found::of(answers);
            Ok((images, failures))
        }
        Err(CommandError::Failure(failure, _)) => {
            let failure = Failure { what: "look for copies in all regions".into(), ..*failure };
            Ok((Vec::new(), vec![RegionFailure::of_no_region(failure)]))
        }
        Err(gone @ CommandError::BrokenPipe) => Err(gone),
    }
}

/// What was found, and where it was looked for.
#[derive(Default)]
struct Found {
    images: Vec<Image>,
    asked: Vec<Region>,
    failures: Vec<RegionFailure>,
}

impl Found {
    fn of(answers: Answers<Result<Vec<Image>, Failure>>) -> Self {
        let mut found = Self::default();
        found.failures.extend(answers.others.map(RegionFailure::of_no_region));
        for (region, answer) in answers.by_region {
            match answer {
                Ok(mut images) => {
                    found.images.append(&mut images);
                    found.asked.push(region);
                }
                Err(failure) => found.failures.push(RegionFailure::of(&region, failure)),
            }
        }
        found
    }
}

/// Wrong usage if every region has answered, since the id is wrong then; else the image may be where nobody answered.
async fn not_found(setup: &Setup, connection: &Connection, id: &ImageId, at: &Selection, found: Found) -> CommandError {
    let Found { asked, failures, .. } = found;
    report_all("look for the image", &failures, report);
    let what = format!("show {id}");
    let failure = if asked.is_empty() {
        Failure::new(what, "no region could be queried for it")
    } else {
        let place = match failures.as_slice() {
            [] => one_image::place(at, asked.len()),
            _ => format!("any of the {} regions that answered", asked.len()),
        };
        let mut failure = one_image::no_such_image(&what, id, &place);
        if id.is_complete() {
            failure.why += ", or this account may not see it";
        }
        failure
    };
    if failures.is_empty() {
        let near = one_image::nearest_own(setup, connection, id).await;
        return CommandError::usage(near.map_or(failure.clone(), |near| failure.hint(near)));
    }
    let failure = failure.hint("It may be in a region that could not be asked.");
    let status = if asked.is_empty() { region_failures::status(&failures) } else { ExitStatus::Failed };
    CommandError::Failure(Box::new(failure), status)
}

/// The failures of details. What only its owner may read is not missed of an image of somebody else.
fn unread(
    connection: &Connection,
    image: &Image,
    permissions: Option<&Failure>,
    details: &ImageDetails,
) -> Vec<RegionFailure> {
    let own = connection.session.identity().is_some_and(|identity| identity.account.id == image.owner_id);
    let (mut of_owner, mut of_all) = (Vec::new(), Vec::new());
    of_owner.extend(permissions);
    match &details.snapshots {
        Ok(snapshots) => of_owner.extend(snapshots.iter().filter_map(|snapshot| snapshot.permissions.as_ref().err())),
        Err(failure) => of_owner.push(failure),
    }
    of_all.extend(details.public_access.as_ref().err());
    of_all.extend(details.ancestry.as_ref().err());
    let missed = of_owner.into_iter().filter(|_| own).chain(of_all);
    missed.map(|failure| RegionFailure::of(&image.region, failure.clone())).collect()
}

/// The stored copies that the image is the source or the result of.
fn jobs(setup: &Setup, connection: &Connection, id: &ImageId) -> Result<Vec<JobRecord>, Failure> {
    let StoreLocation::Dir(dir) = setup.store() else { return Ok(Vec::new()) };
    // Opening the store would create the directory.
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let (account, now) = (&connection.account, Timestamp::now());
    let store = Store::open_to_read(&dir, now)?;
    let loaded = store.load(account, now - RECENT)?;
    let mut jobs: Vec<Job> = loaded.jobs;
    for ended in store.history(account, usize::MAX)? {
        if jobs.iter().all(|job| job.id != ended.id) {
            jobs.push((*ended).clone());
        }
    }
    jobs.retain(|job| job.request.source == *id || job.image() == Some(id));
    jobs.sort_by_key(|job| job.id);
    Ok(jobs.iter().map(|job| JobRecord::new(account, job, &loaded.status, now)).collect())
}

fn print(setup: &Setup, document: &ImageDocument) -> Result<(), CommandError> {
    let output = setup.output;
    match output.format {
        Format::Json | Format::Jsonl => print_document(output.format, document, io::stdout()),
        Format::Table => text::print(document, output),
        Format::Csv | Format::Ids => {
            let columns = ImageRecord::columns().iter().filter(|column| column.default).collect();
            let mut printer = Printer::new(output, columns, io::stdout());
            printer.print(&document.image)?;
            printer.finish::<()>(&[])
        }
    }
}
