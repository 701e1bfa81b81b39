//! `amigrate show`: everything about one image.

mod text;

use std::io;

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    list::{RegionFailure, report_all, status},
    output::{Format, Printer, Record, print_document, report},
    records::{FailureRecord, ImageDocument, ImageRecord, JobRecord},
    regions::{Selection, in_each},
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
        let (image, copies, mut failures) = find(setup, &connection, &args.image).await?;
        let details = connection.session.image_details(&image).await;
        failures.extend(unread(&connection, &image, &details));
        let document = ImageDocument {
            image: ImageRecord::from(&image),
            launch_permissions: details.permissions.ok().map(|all| all.iter().map(Into::into).collect()),
            snapshots: details.snapshots.ok().map(|all| all.iter().map(Into::into).collect()),
            image_block_public_access_state: details.public_access.ok().map(Into::into),
            ancestry: details.ancestry.ok().map(|all| all.iter().map(Into::into).collect()),
            copies: copies.iter().map(ImageRecord::from).collect(),
            jobs: jobs(setup, &connection, &args.image)?,
            failures: failures.iter().map(|one| FailureRecord::from(&one.failure).in_region(&one.region)).collect(),
        };
        print(setup, &document)?;
        report_all("look for copies", &failures, report);
        Ok(status(&failures))
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
    let (found, mut failed) = apart(found?);
    let Some(image) = found.0.into_iter().next() else { return Err(not_found(id, &found.1, &failed)) };
    // Somewhere else it cannot be.
    failed.clear();
    let ((copies, _), failed) = apart(copies?);
    Ok((image, copies, failed))
}

/// Images and the regions that were asked, and the failures of the others.
fn apart(answers: Vec<(Region, Result<Vec<Image>, Failure>)>) -> ((Vec<Image>, Vec<Region>), Vec<RegionFailure>) {
    let (mut images, mut asked, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (region, answer) in answers {
        match answer {
            Ok(mut found) => {
                images.append(&mut found);
                asked.push(region);
            }
            Err(failure) => failed.push(RegionFailure { region, failure }),
        }
    }
    ((images, asked), failed)
}

fn not_found(id: &ImageId, asked: &[Region], failed: &[RegionFailure]) -> CommandError {
    report_all("look for the image", failed, report);
    let names: Vec<&str> = asked.iter().map(Region::as_str).collect();
    let why = match names.as_slice() {
        [] => "no region could be asked for it".into(),
        [one] => format!("there is no such image in {one}, or this account may not see it"),
        all => format!("there is no such image in any of {}, or this account may not see it", all.join(", ")),
    };
    let hint = if failed.is_empty() { "" } else { "It may be in a region that could not be asked." };
    let failure = Failure::new(format!("show {id}"), why).hint(hint);
    if asked.is_empty() && !failed.is_empty() {
        return CommandError::Failure(Box::new(failure), status(failed));
    }
    failure.into()
}

/// The failures of details. What only its owner may read is not missed of an image of somebody else.
fn unread(connection: &Connection, image: &Image, details: &ImageDetails) -> Vec<RegionFailure> {
    let own = connection.session.identity().is_some_and(|identity| identity.account.id == image.owner_id);
    let (mut of_owner, mut of_all) = (Vec::new(), Vec::new());
    of_owner.extend(details.permissions.as_ref().err());
    match &details.snapshots {
        Ok(snapshots) => of_owner.extend(snapshots.iter().filter_map(|snapshot| snapshot.permissions.as_ref().err())),
        Err(failure) => of_owner.push(failure),
    }
    of_all.extend(details.public_access.as_ref().err());
    of_all.extend(details.ancestry.as_ref().err());
    let missed = of_owner.into_iter().filter(|_| own).chain(of_all);
    missed.map(|failure| RegionFailure { region: image.region.clone(), failure: failure.clone() }).collect()
}

/// The stored copies that the image is the source or the result of.
fn jobs(setup: &Setup, connection: &Connection, id: &ImageId) -> Result<Vec<JobRecord>, Failure> {
    let StoreLocation::Dir(dir) = setup.store() else { return Ok(Vec::new()) };
    // Opening the store would create the directory.
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let (store, account, now) =
        (Store::open_to_read(&dir, Timestamp::now())?.store, &connection.account, Timestamp::now());
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
            let mut printer = Printer::new(output, columns, io::stdout())?;
            printer.print(&document.image)?;
            printer.finish::<()>(&[])
        }
    }
}
