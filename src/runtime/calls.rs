//! The copy engine's calls, made. One call in, one answer out.

use std::collections::HashSet;

use crate::{
    aws::{Deregistered, Session},
    domain::{Failure, Image, ImageId, Region, SnapshotId},
    engine::{Answer, Call, Deregistration, Watched},
};

/// Makes a call.
pub async fn make(session: Session, call: Call) -> Answer {
    match call {
        Call::Copy { job, request, tags } => Answer::Copied(job, session.copy_image(&request, tags.as_ref()).await),
        Call::Settle { job, region, name } => Answer::Settled(job, session.images_named(&region, &name).await),
        Call::Survey { region } => {
            let pending = session.pending_images(&region).await;
            Answer::Surveyed(region, pending)
        }
        Call::Watch { region, images, snapshots_of, snapshots } => {
            let seen = watch(&session, &region, &images, snapshots_of, snapshots).await;
            Answer::Watched(region, seen)
        }
        Call::Probe => Answer::Probed(session.regions().await),
        Call::Look { job, region, image } => {
            let found = session.describe_images(&region, &[image]).await;
            Answer::Looked(job, found.map(|images| images.into_iter().next().map(Box::new)))
        }
        Call::Deregister { job, region, image } => {
            // What it could not delete is found again by the sweep that follows.
            let done = session.deregister(&region, &image).await;
            let kind =
                |done: Deregistered| if done.already_gone { Deregistration::Unknown } else { Deregistration::Done };
            Answer::Deregistered(job, done.map(kind))
        }
        Call::FindLeftovers { job, region, image, snapshots } => {
            Answer::Leftovers(job, session.describe_snapshots(&region, &snapshots, &[image]).await)
        }
        Call::DeleteSnapshot { job, region, snapshot } => {
            let result = session.delete_snapshot(&region, &snapshot).await;
            Answer::Deleted(job, snapshot, result)
        }
    }
}

/// Two calls: the images by their ids, then the snapshots of some of them.
async fn watch(
    session: &Session,
    region: &Region,
    images: &[ImageId],
    snapshots_of: Vec<ImageId>,
    mut known: Vec<SnapshotId>,
) -> Result<Watched, Failure> {
    let images = session.describe_images(region, images).await?;
    let asked: HashSet<&ImageId> = snapshots_of.iter().collect();
    let here: Vec<&Image> = images.iter().filter(|i| asked.contains(&i.id)).collect();
    known.extend(here.iter().flat_map(|i| i.snapshot_ids().cloned()));
    known.sort();
    known.dedup();
    let ids: Vec<_> = here.iter().map(|i| i.id.clone()).collect();
    let snapshots = session.describe_snapshots(region, &known, &ids).await?;
    Ok(Watched { images, snapshots })
}
