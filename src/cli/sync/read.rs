//! What is known of the account: the images of every region that a policy names, the queue, and who uses the images that may be retired.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;

use super::policies::Policies;
use crate::{
    aws::Session,
    cli::{
        connection::Connection,
        copy::Known,
        exit::CommandError,
        region_failures::RegionFailure,
        regions::{Selection, in_each},
        setup::Setup,
    },
    domain::{
        Failure, Image, ImageQuery, Region,
        image_usage::ImageUsage,
        sync::{AccountState, PendingCopies},
    },
};

/// Lists the images of all regions. A region that cannot be listed to the end is missing, and its failure is returned.
///
/// # Errors
/// Credentials that do not work.
pub(super) async fn read_account(
    setup: &Setup,
    connection: &Connection,
    policies: &Policies<'_>,
    known: &Known,
) -> Result<(AccountState, Vec<RegionFailure>), CommandError> {
    let session = &connection.session;
    let account = session.account().await?.id;
    let all = policies.all.iter().flat_map(|policy| policy.to.iter().chain([&policy.from]));
    let regions: BTreeSet<Region> = all.cloned().collect();
    let selection = Selection::Named(regions.into_iter().collect());
    let listed = in_each(&selection, session, setup, |region| {
        let session = session.clone();
        async move { session.all_images(&region, &ImageQuery::default()).await }
    });
    let (mut images, mut failures) = (BTreeMap::new(), Vec::new());
    for (region, answer) in listed.await?.by_region {
        match answer {
            Ok(all) => _ = images.insert(region, all.into_iter().map(Arc::new).collect()),
            Err(failure) => failures.push(RegionFailure::of(&region, failure)),
        }
    }
    let account_state = AccountState {
        account,
        now: Timestamp::now(),
        images,
        under_way: known.routes(),
        being_copied: known.being_copied(),
        being_removed: known.being_removed(),
        deregistered: known.deregistered(),
        pending: None,
        usage: HashMap::new(),
    };
    Ok((account_state, failures))
}

/// The images that are being copied, and the failures of regions where that could not be read.
pub(super) struct UnderWay {
    pub(super) copies: PendingCopies,
    pub(super) failures: Vec<Failure>,
}

/// Reads which images copies are under way of, in every enabled region but those that are ignored. What cannot be read stands in the answer.
pub(super) async fn under_way(setup: &Setup, session: &Session, ignored: &BTreeSet<Region>) -> UnderWay {
    let listed = in_each(&Selection::All, session, setup, |region| {
        let (session, is_ignored) = (session.clone(), ignored.contains(&region));
        async move { if is_ignored { Ok(Vec::new()) } else { session.pending_images(&region).await } }
    });
    let (mut copies, mut failures) = (PendingCopies::default(), Vec::new());
    match listed.await {
        Ok(answers) => {
            for (region, answer) in answers.by_region {
                match answer {
                    Ok(images) => copies.add(images),
                    Err(failure) => {
                        let what = format!("look for copies under way in {region}");
                        let more = "Until it answers nothing is disabled or deregistered; --ignore-regions leaves a region out.";
                        let hint = format!("{} {more}", failure.hint).trim_start().to_owned();
                        failures.push(Failure { what, hint, ..failure });
                    }
                }
            }
            failures.extend(answers.others);
        }
        Err(CommandError::Failure(failure, _)) => failures.push(*failure),
        Err(CommandError::BrokenPipe) => {
            failures.push(Failure::new("look for copies under way", "the regions could not be asked"));
        }
    }
    copies.unknown = failures.first().map(ToString::to_string);
    UnderWay { copies, failures }
}

/// Reads who uses images. What cannot be read stands in the answers.
pub(super) async fn read_usage(session: &Session, images: &[Arc<Image>], account_state: &mut AccountState) {
    let mut by_region: BTreeMap<&Region, Vec<Image>> = BTreeMap::new();
    for image in images {
        by_region.entry(&image.region).or_default().push(image.as_ref().clone());
    }
    for (region, images) in by_region {
        for mut usage in session.image_usage_with_reports(region, &images).await {
            drop_unread_report(&mut usage);
            account_state.usage.insert((region.clone(), usage.image.clone()), usage);
        }
    }
}

/// Drops a usage report that could not be read. None is required: without the permission to read reports, sharing decides.
pub(super) fn drop_unread_report(usage: &mut ImageUsage) {
    usage.reported = usage.reported.take().filter(Result::is_ok);
}
