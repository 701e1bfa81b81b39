//! Images that copies read which have not ended: deregistering one loses the copies, whichever account on the screen makes them.

use super::{model::Model, others::SourceRead};
use crate::{
    domain::{CopyRequest, ImageId, Region, text::clean},
    engine::{Job, Origin},
};

/// What the account's own copies read, those included that are no jobs yet.
pub(super) fn of(model: &Model) -> Vec<SourceRead> {
    let reads = |job: &&Job| job.origin == Origin::Here && !job.state.ended() && !job.is_being_removed();
    let of_jobs = model.jobs_view.jobs().filter(reads).map(|job| &job.request);
    let read = |copy: &CopyRequest| SourceRead {
        image: (copy.source_region.clone(), copy.source.clone()),
        destination: copy.destination.clone(),
    };
    of_jobs.chain(model.requested.copies()).map(read).collect()
}

/// Returns which copy keeps an image from being deregistered, if there is one.
pub(super) fn refusal(model: &Model, region: &Region, id: &ImageId) -> Option<String> {
    let is_read = |read: &&SourceRead| (&read.image.0, &read.image.1) == (region, id);
    if let Some(read) = of(model).iter().find(is_read) {
        return Some(format!("{id} is being copied to {}", read.destination));
    }
    let by_other = |(name, read): (&str, &SourceRead)| {
        format!("{id} is being copied into another account, {}, to {}", clean(name), read.destination)
    };
    let of_others = model.others.iter().map(|other| (other.name.as_str(), other.reads.iter().find(is_read)));
    of_others.filter_map(|(name, read)| Some((name, read?))).map(by_other).next()
}
