//! Sends the engine's requests through the AWS session: one request in, one response out.

use std::collections::HashSet;

use crate::{
    aws::{CallBudget, Session, snapshot_failure},
    domain::{Failure, ImageId, Region, Retry, Snapshot, SnapshotId},
    engine::{CheckedImage, PolledCopies, Request, Response},
};

/// API calls that one poll of a region may make.
const CALLS_PER_POLL: u32 = 3;

pub(super) async fn send(session: Session, request: Request) -> Response {
    match request {
        Request::CopyImage { job, request, tags } => {
            Response::CopyImage(job, session.copy_image(&request, tags.as_ref()).await)
        }
        Request::Reconcile { job, region, name } => {
            Response::Reconcile(job, session.images_named(&region, &name).await)
        }
        Request::ListPending { region } => {
            let pending = session.pending_images(&region).await;
            Response::ListPending(region, pending)
        }
        Request::PollCopies { region, images, unlisted, snapshots } => {
            let polled = poll_copies(&session, &region, &images, &unlisted, snapshots).await;
            Response::PollCopies(region, polled)
        }
        Request::PostCopy { job, step, call } => {
            let result = session.post_copy(&call).await;
            Response::PostCopy(job, step, call, result)
        }
        Request::ProbeCredentials => Response::ProbeCredentials(session.regions().await),
        Request::CheckImage { job, region, image, source } => {
            Response::CheckImage(job, check_image(&session, &region, image, source).await)
        }
        Request::DeregisterImage { job, region, image, keep_snapshots, .. } => {
            Response::DeregisterImage(job, session.deregister(&region, &image, keep_snapshots).await)
        }
        Request::FindSnapshots { job, region, image, snapshots } => {
            let found = session.describe_snapshots(&region, &snapshots, std::slice::from_ref(&image)).await;
            Response::FindSnapshots(job, image, found)
        }
        Request::DeleteSnapshot { job, region, image, snapshot } => {
            let result = session.delete_snapshot(&region, &snapshot).await;
            Response::DeleteSnapshot(job, image, snapshot, result)
        }
    }
}

/// Describes an image before it is removed, and its source's snapshots. A source that may not be read is not a failure: it
/// proves nothing then.
async fn check_image(
    session: &Session,
    region: &Region,
    image: ImageId,
    source: Option<(Region, ImageId)>,
) -> Result<CheckedImage, Failure> {
    // The image is described last, so that it does not change while the source is being described.
    let source = match source {
        Some((region, id)) => match session.describe_images(&region, &[id]).await {
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => return Err(failure),
            response => response.ok(),
        },
        None => None,
    };
    let image = session.describe_images(region, &[image]).await?.into_iter().next().map(Box::new);
    let source_snapshots = source.and_then(|images| Some(images.into_iter().next()?.snapshot_ids().cloned().collect()));
    Ok(CheckedImage { image, source_snapshots })
}

/// Polls images by id, then known snapshots by id, then the snapshots of images that list none yet by description. What the
/// budget of calls does not allow waits for the next poll.
async fn poll_copies(
    session: &Session,
    region: &Region,
    images: &[ImageId],
    unlisted: &[ImageId],
    mut known: Vec<SnapshotId>,
) -> Result<PolledCopies, Failure> {
    let mut budget = CallBudget::new(CALLS_PER_POLL);
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
    let failed = |s: &Snapshot| Some((s.id.clone(), snapshot_failure(s, region)?));
    let failures = snapshots.iter().flatten().filter_map(failed).collect();
    Ok(PolledCopies { requested: polled, images, snapshots, failures })
}
