//! What the queue claims of images and snapshots: they are no orphans.

use super::{job::Job, state::JobState};
use crate::domain::{
    CopyRequest, ImageId, Region, SnapshotId,
    orphans::{Claimant, Claims},
};

/// Returns what these jobs, and copies that no process has taken up yet, need or count as theirs.
pub fn claims<'a>(
    jobs: impl IntoIterator<Item = &'a Job>,
    requested: impl IntoIterator<Item = &'a CopyRequest>,
) -> Claims {
    let mut claims = Claims::default();
    for request in requested {
        claim_source(&mut claims, request, Claimant::Requested);
    }
    for job in jobs {
        job.claim(&mut claims);
    }
    claims
}

impl Job {
    fn claim(&self, claims: &mut Claims) {
        let (region, number) = (&self.request.destination, Claimant::Copy(self.id.0));
        // The queue deletes these itself.
        for (snapshot, _) in self.undeleted_snapshots() {
            claims.snapshots.insert((region.clone(), snapshot.clone()), number);
        }
        if self.state.ended() {
            let own = match &self.state {
                JobState::Available { image } | JobState::Failed { image: Some(image), .. } => Some(image),
                _ => None,
            };
            if let Some(image) = own.filter(|_| !self.dismissed) {
                self.claim_image(claims, image);
            }
            return;
        }
        claim_source(claims, &self.request, number);
        let candidates = match &self.state {
            JobState::InDoubt { candidates } => candidates.as_slice(),
            _ => &[],
        };
        for image in self.images.iter().chain(self.image()).chain(candidates) {
            self.claim_image(claims, image);
        }
    }

    /// Returns the ids of images that are gone and whose snapshots were to be kept, and of these snapshots as far as they are known. Another
    /// image's snapshots may be among them, if the image was registered on them.
    pub fn kept_on_purpose(&self) -> impl Iterator<Item = &str> {
        let is_there = matches!(self.state, JobState::Available { .. } | JobState::Failed { image: Some(_), .. });
        let kept = self.keep_snapshots && self.state.ended() && !is_there;
        let images = self.images.iter().map(ImageId::as_str);
        images.chain(self.listed_snapshots.iter().map(SnapshotId::as_str)).filter(move |_| kept)
    }

    /// Claims an image of its own, with the snapshots that are known of it.
    fn claim_image(&self, claims: &mut Claims, image: &ImageId) {
        let (region, number): (&Region, _) = (&self.request.destination, Claimant::Copy(self.id.0));
        claims.images.insert((region.clone(), image.clone()), number);
        let snapshots = self.snapshots.iter().map(|snapshot| &snapshot.id).chain(&self.listed_snapshots);
        claims.snapshots.extend(snapshots.map(|id| ((region.clone(), id.clone()), number)));
    }
}

/// A copy under way reads its source.
fn claim_source(claims: &mut Claims, request: &CopyRequest, claimant: Claimant) {
    let region = &request.source_region;
    claims.images.insert((region.clone(), request.source.clone()), claimant);
    let snapshots = request.source_snapshots.iter().map(|id| ((region.clone(), id.clone()), claimant));
    claims.snapshots.extend(snapshots);
}
