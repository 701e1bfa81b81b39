//! What EC2 holds in the end is compared with what the jobs say.

use std::collections::{BTreeMap, BTreeSet};

use amigrate::{
    domain::{CopyRequest, ImageId, SnapshotId},
    engine::{Job, JobState, Note, Origin},
    sim::{Actor, Change, ChangeKind, CopySeen},
};

use super::{DriverHarness, steps::tagged_sources};

impl DriverHarness {
    /// Names every difference between what EC2 has and what the jobs say. `named` are the ids of copies started elsewhere whose
    /// removal the user asked for.
    pub(crate) async fn check(&self, asked: &[CopyRequest], named: &BTreeSet<ImageId>) -> Vec<String> {
        let jobs = self.loaded().await;
        let now = self.clock.now();
        let mut wrong = std::mem::take(&mut self.observed().wrong);
        let (copies, snapshots) = self.world.with(|w| (w.copies(now), w.copy_snapshots(now)));
        let changes = self.world.with(|w| w.changes().to_vec());
        let others = removed_by_others(&changes);
        let here: BTreeMap<&ImageId, &CopySeen> = copies.iter().map(|c| (&c.image.id, c)).collect();
        check_requests(asked, &jobs, &mut wrong);
        check_makers(&jobs, &copies, &changes, &mut wrong);
        for job in &jobs {
            check_end(job, &here, &others, &mut wrong);
        }
        self.check_steps(&jobs, &here, &changes, &mut wrong).await;
        let tagged = tagged_sources(&jobs);
        let said: BTreeSet<&SnapshotId> = jobs.iter().flat_map(|j| &j.leftovers).map(|l| &l.snapshot).collect();
        // What other images use is theirs as well.
        let used: BTreeSet<&SnapshotId> = copies.iter().flat_map(|c| c.image.snapshot_ids()).collect();
        for (region, image, snapshot) in &snapshots {
            let unseen = |j: &Job| {
                j.images.contains(image)
                    && matches!(
                        j.note,
                        Some(
                            Note::DeregisteredElsewhere
                                | Note::EarlierCopyGone
                                | Note::SnapshotsNotListed(_)
                                | Note::FailedImage(_)
                        )
                    )
            };
            let stays = used.contains(&snapshot.id) || said.contains(&snapshot.id) || jobs.iter().any(unseen);
            if !here.contains_key(image) && !others.contains_key(image) && !stays {
                wrong.push(format!("{} of {image} in {region} is left behind", snapshot.id));
            }
        }
        for (region, most) in &self.observed().most_pending {
            if *most > self.limits.pending_limit {
                wrong.push(format!("{most} copies were pending in {region}, {} may be", self.limits.pending_limit));
            }
        }
        wrong.extend(changes.iter().filter(|c| c.by == Actor::Request && !is_allowed(c, named, &tagged)).map(|c| {
            format!("{} in {} was {:?}: it is {:?}'s and nobody named it", c.resource, c.region, c.kind, c.provenance)
        }));
        let foreign = self.world.with(|w| w.foreign_calls().to_vec());
        wrong.extend(foreign.iter().map(|call| format!("{} was signed for account {}", call.action, call.account)));
        wrong
    }
}

/// What the program made, one job knows, and what the jobs say they made, the program made: no image is lost, made twice, or
/// taken for one's own.
fn check_makers(jobs: &[Job], copies: &[CopySeen], changes: &[Change], wrong: &mut Vec<String>) {
    let there = copies.iter().map(|c| (c.image.id.clone(), (c.created_by, c.token.clone())));
    let removed = changes.iter().filter(|c| c.kind == ChangeKind::Deregistered);
    let removed =
        removed.map(|c| (ImageId::new(&c.resource).unwrap(), (c.provenance.created_by, c.provenance.token.clone())));
    let all: BTreeMap<ImageId, (Actor, Option<String>)> = there.chain(removed).collect();
    let mut tokens = BTreeSet::new();
    let mut owners: BTreeMap<&ImageId, usize> = BTreeMap::new();
    for job in jobs {
        for image in &job.images {
            if job.origin == Origin::Here {
                *owners.entry(image).or_default() += 1;
            } else {
                owners.entry(image).or_default();
            }
        }
    }
    for (image, owners) in &owners {
        let own = all.get(*image).is_some_and(|(created_by, _)| *created_by == Actor::Request);
        match owners {
            0 => {}
            1 if own => {}
            1 => wrong.push(format!("{image} was taken for the program's own, it is {:?}", all.get(*image))),
            n => wrong.push(format!("{image} is the image of {n} jobs")),
        }
    }
    for (image, (_, token)) in all.iter().filter(|(_, (created_by, _))| *created_by == Actor::Request) {
        if !tokens.insert(token) {
            wrong.push(format!("{token:?} made two images"));
        }
        let elsewhere = |kind: &ChangeKind| {
            let mine = |c: &&Change| c.by == Actor::OtherUser && *c.resource == *image.as_str();
            changes.iter().filter(mine).any(|c| c.kind == *kind)
        };
        // Who gave up a copy in doubt was told what may be its image.
        let given_up = jobs.iter().any(|j| {
            j.state == JobState::Cancelled
                && Some(j.request.token.as_str()) == token.as_deref()
                && matches!(j.note, Some(Note::GivenUp(_)))
        });
        // One that another user removed, or took the tag off, before anybody here knew of it is nobody's to know.
        let lost = given_up || elsewhere(&ChangeKind::Deregistered) || elsewhere(&ChangeKind::Untagged);
        if !owners.contains_key(image) && !lost {
            wrong.push(format!("{image} of {token:?} is nobody's"));
        }
    }
}

/// Every request has one job.
fn check_requests(asked: &[CopyRequest], jobs: &[Job], wrong: &mut Vec<String>) {
    for request in asked {
        let same = |r: &&CopyRequest| r.name == request.name && r.destination == request.destination;
        let of_it = jobs.iter().filter(|j| j.origin == Origin::Here && same(&&j.request)).count();
        let times = asked.iter().filter(same).count();
        if of_it != times {
            let CopyRequest { name, destination, .. } = request;
            wrong.push(format!("{name} to {destination} was asked for {times} times and has {of_it} jobs"));
        }
    }
}

/// A job has ended, as its image has.
fn check_end(
    job: &Job,
    here: &BTreeMap<&ImageId, &CopySeen>,
    others: &BTreeMap<ImageId, Actor>,
    wrong: &mut Vec<String>,
) {
    let name = format!("job {} ({} to {})", job.id, job.request.name, job.request.destination);
    if !job.state.ended() {
        wrong.push(format!("{name} is {} and waits for {:?}, {:?}", job.phase().as_str(), job.waiting, job.note));
    }
    let state = |image: &ImageId| here.get(image).map(|c| c.image.state.as_str());
    match &job.state {
        JobState::Available { image } if state(image) != Some("available") && !others.contains_key(image) => {
            wrong.push(format!("{name} is available, its image {image} is {:?}", state(image)));
        }
        JobState::Failed { image: Some(image), .. }
            if state(image) != Some("failed") && !others.contains_key(image) =>
        {
            wrong.push(format!("{name} has failed, its image {image} is {:?}", state(image)));
        }
        JobState::Gone { image } if state(image).is_some() => {
            wrong.push(format!("{name} is said to be gone, its image {image} is {:?}", state(image)));
        }
        _ => {}
    }
}

/// Images that other users deregistered, with who had made them.
fn removed_by_others(changes: &[Change]) -> BTreeMap<ImageId, Actor> {
    let removed = changes.iter().filter(|c| c.by == Actor::OtherUser && c.kind == ChangeKind::Deregistered);
    removed.map(|c| (ImageId::new(&c.resource).unwrap(), c.provenance.created_by)).collect()
}

/// The program changes what its own `CopyImage` made. Of what others made, only an image that a person named, and the
/// snapshots of that image; and the tags of a source that is to be tagged.
fn is_allowed(change: &Change, named: &BTreeSet<ImageId>, tagged: &BTreeSet<ImageId>) -> bool {
    let by_name = || match &change.kind {
        ChangeKind::Deregistered => ImageId::new(&change.resource).is_ok_and(|image| named.contains(&image)),
        ChangeKind::DeletedWith(image) => named.contains(image),
        ChangeKind::Deleted => change.provenance.image.as_ref().is_some_and(|image| named.contains(image)),
        ChangeKind::Tagged => ImageId::new(&change.resource).is_ok_and(|image| tagged.contains(&image)),
        ChangeKind::Untagged
        | ChangeKind::LaunchPermissionsChanged
        | ChangeKind::AttributeChanged
        | ChangeKind::CreateVolumePermissionsChanged
        | ChangeKind::DeprecationChanged
        | ChangeKind::ProtectionChanged
        | ChangeKind::Disabled
        | ChangeKind::Enabled
        | ChangeKind::Restored => false,
    };
    change.provenance.created_by == Actor::Request || by_name()
}
