//! `amigrate show`: everything about one image.

mod text;

use std::io;

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    one_image,
    output::{Format, Printer, Record, print_document, report},
    records::{ImageDocument, ImageRecord, JobRecord},
    region_failures::{self, RegionFailure, report_all},
    regions::{Answers, Selection, in_each},
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
  amigrate show ami-0123456789abcdef0 --region eu-west-1 --output json")]
pub(super) struct ShowArgs {
    /// The image's id. Without --region it is looked for in every region that is enabled
    #[arg(value_name = "IMAGE", value_parser = ImageId::new)]
    image: ImageId,
}

pub(super) fn run(setup: &Setup, args: &ShowArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let (image, copies, of_copies) = find(setup, &connection, &args.image).await?;
        let details = connection.session.image_details(&image).await;
        let permissions = details.all_permissions(&image.id, &image.region);
        let mut of_image = unread(&connection, &image, permissions.as_ref().err(), &details);
        let jobs = jobs(setup, &connection, &args.image).unwrap_or_else(|failure| {
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

/// Looks for the image and its copies at the same time. Returns the failures of regions that could not be asked for copies.
async fn find(
    setup: &Setup,
    connection: &Connection,
    id: &ImageId,
) -> Result<(Image, Vec<Image>, Vec<RegionFailure>), CommandError> {
    let session = &connection.session;
    let everywhere = Selection::All;
    let at = setup.named_region.clone().map_or(Selection::All, |region| Selection::Named(vec![region]));
    let (for_image, for_copies) = (session.clone(), session.clone());
    let (described, source) = (id.clone(), id.clone());
    let (found, copies) = tokio::join!(
        in_each(&at, session, setup, move |region| {
            let (session, id) = (for_image.clone(), described.clone());
            async move { session.describe_images(&region, &[id]).await }
        }),
        in_each(&everywhere, session, setup, move |region| {
            let (session, id) = (for_copies.clone(), source.clone());
            async move { session.copies_of(&region, &id).await }
        }),
    );
    let found = Found::of(found?);
    // What fails elsewhere does not matter once it is found.
    let Some(image) = found.images.first().cloned() else { return Err(not_found(setup, connection, id, found).await) };
    let Found { images, failures, .. } = match copies {
        Ok(answers) => Found::of(answers),
        Err(CommandError::Failure(failure, _)) => {
            let failure = Failure { what: "look for copies in all regions".into(), ..*failure };
            Found { failures: vec![RegionFailure::of_no_region(failure)], ..Found::default() }
        }
        Err(gone @ CommandError::ReaderGone) => return Err(gone),
    };
    Ok((image, images, failures))
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
async fn not_found(setup: &Setup, connection: &Connection, id: &ImageId, found: Found) -> CommandError {
    let Found { asked, failures, .. } = found;
    report_all("look for the image", &failures, report);
    let names: Vec<&str> = asked.iter().map(Region::as_str).collect();
    let why = match names.as_slice() {
        [] => "no region could be asked for it".into(),
        [one] => format!("there is no such image in {one}, or this account may not see it"),
        all => format!("there is no such image in any of {}, or this account may not see it", all.join(", ")),
    };
    let failure = Failure::new(format!("show {id}"), why);
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
        Format::Table => text::print(document, output.color),
        Format::Csv | Format::Ids => {
            let columns = ImageRecord::columns().iter().filter(|column| column.default).collect();
            let mut printer = Printer::new(output, columns, io::stdout());
            printer.print(&document.image)?;
            printer.finish::<()>(&[])
        }
    }
}
