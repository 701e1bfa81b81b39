//! The copy engine's calls, made. One call in, one answer out.

use std::collections::HashSet;

use crate::{
    aws::{CallBudget, Session},
    domain::{Failure, ImageId, Region, Retry, SnapshotId},
    engine::{Answer, Call, Looked, Watched},
};

/// Calls that one look at a region may cost.
const CALLS_PER_LOOK: u32 = 3;

/// Makes a call.
pub async fn make(session: Session, call: Call) -> Answer {
    match call {
        Call::Copy { job, request, tags } => Answer::Copied(job, session.copy_image(&request, tags.as_ref()).await),
        Call::Settle { job, region, name } => Answer::Settled(job, session.images_named(&region, &name).await),
        Call::Survey { region } => {
            let pending = session.pending_images(&region).await;
            Answer::Surveyed(region, pending)
        }
        Call::Watch { region, images, unlisted, snapshots } => {
            let seen = watch(&session, &region, &images, &unlisted, snapshots).await;
            Answer::Watched(region, seen)
        }
        Call::Probe => Answer::Probed(session.regions().await),
        Call::Look { job, region, image, source } => {
            Answer::Looked(job, check_image(&session, &region, image, source).await)
        }
        Call::Deregister { job, region, image, .. } => {
            Answer::Deregistered(job, session.deregister(&region, &image).await)
        }
        Call::FindLeftovers { job, region, image, snapshots } => {
            let found = session.describe_snapshots(&region, &snapshots, std::slice::from_ref(&image)).await;
            Answer::Leftovers(job, image, found)
        }
        Call::DeleteSnapshot { job, region, image, snapshot } => {
            let result = session.delete_snapshot(&region, &snapshot).await;
            Answer::Deleted(job, image, snapshot, result)
        }
    }
}

/// The image before it is removed. A source that may not be read is no failure: then nothing can be proved by it.
async fn check_image(
    session: &Session,
    region: &Region,
    image: ImageId,
    source: Option<(Region, ImageId)>,
) -> Result<Looked, Failure> {
    // The image comes last: what is known of it must not grow old while the source is asked for.
    let source = match source {
        Some((region, id)) => match session.describe_images(&region, &[id]).await {
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => return Err(failure),
            answer => answer.ok(),
        },
        None => None,
    };
    let image = session.describe_images(region, &[image]).await?.into_iter().next().map(Box::new);
    let source_snapshots = source.and_then(|images| Some(images.into_iter().next()?.snapshot_ids().cloned().collect()));
    Ok(Looked { image, source_snapshots })
}

/// The images by their ids, then the snapshots that are known by theirs, then those of images that list none yet by
/// description. What the budget does not allow waits for the next look.
async fn watch(
    session: &Session,
    region: &Region,
    images: &[ImageId],
    unlisted: &[ImageId],
    mut known: Vec<SnapshotId>,
) -> Result<Watched, Failure> {
    let mut budget = CallBudget::new(CALLS_PER_LOOK);
    let polled = images.to_vec();
    let images = session.poll_images(region, images, &mut budget).await?;
    let asked: HashSet<&ImageId> = unlisted.iter().collect();
    let mut by_description = Vec::new();
    for image in images.iter().filter(|i| asked.contains(&i.id)) {
        let listed: Vec<SnapshotId> = image.snapshot_ids().cloned().collect();
        if listed.is_empty() {
            by_description.push(image.id.clone());
        }
        known.extend(listed);
    }
    known.sort();
    known.dedup();
    let snapshots = session.poll_snapshots(region, &known, &by_description, &mut budget).await;
    Ok(Watched { asked: polled, images, snapshots })
}
