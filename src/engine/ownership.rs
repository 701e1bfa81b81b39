//! Proof that a snapshot belongs to a copy. Nothing is deleted without it.
//!
//! No property alone proves anything: scripts and `CopySnapshot` repeat descriptions, backup tools copy tags, and every copied
//! snapshot has the same volume id. `docs/reliability.md` has the table.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ids::JobTags;
use crate::domain::{ClientToken, ImageId, Snapshot, SnapshotId};

/// How far apart EC2's clocks and ours may be.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What is known about one image that a copy made: enough to distinguish its snapshots from similar ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The image.
    pub image: ImageId,
    /// The image it was copied from.
    pub source: ImageId,
    /// The source's snapshots; empty if they are not known, and then nothing can be proved.
    pub source_snapshots: Vec<SnapshotId>,
    /// The value of the tag [`JobTags::JOB`] on its snapshots; `None` if they were not tagged.
    pub tag: Option<ClientToken>,
    /// Snapshots that the image's own block devices listed.
    pub listed: BTreeSet<SnapshotId>,
    /// Snapshots that EC2, in its answer to `DeregisterImage`, called the image's and could not delete, though no other image uses
    /// them; only of an image that a person named.
    #[serde(default, rename = "of_answer")]
    pub named_by_ec2: BTreeSet<SnapshotId>,
    /// How many snapshots the image has; 0 if that is not known.
    #[serde(default)]
    pub volumes: usize,
    /// When the copy began, by EC2's clock where that is known.
    pub from: Timestamp,
    /// When the image was deregistered.
    pub until: Option<Timestamp>,
}

/// What is missing from the proof that a snapshot is a copy's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unproven {
    /// Its description does not name this image and its source.
    Description,
    /// Its description does not name a snapshot of the source image, or those are not known.
    SourceSnapshot,
    /// Its volume id is not that of a copy.
    Volume,
    /// It was not started while the copy existed.
    Started,
    /// It does not carry this copy's tag.
    Tag,
    /// The image never listed it.
    Listing,
    /// Another snapshot that is no younger has the same properties: a copy makes one of each source snapshot.
    NotFirst,
}

impl Evidence {
    /// Proves that the snapshot is this copy's own, or returns what is missing.
    ///
    /// # Errors
    /// Returns the first thing that is missing.
    pub fn prove(&self, snapshot: &Snapshot) -> Result<(), Unproven> {
        if self.named_by_ec2.contains(&snapshot.id) {
            return Ok(());
        }
        self.check_properties(snapshot)?;
        // The image's list replaces the tag where there is none; and an image that has listed all its snapshots has no others.
        let must_be_listed = self.tag.is_none() || self.volumes > 0 && self.listed.len() >= self.volumes;
        if must_be_listed && !self.listed.contains(&snapshot.id) {
            return Err(Unproven::Listing);
        }
        Ok(())
    }

    /// Returns the snapshots that pass [`Self::prove`] alone, but of which an older one of the same source snapshot exists.
    pub fn duplicates(&self, found: &[Snapshot]) -> BTreeSet<SnapshotId> {
        let mut of_source: BTreeMap<SnapshotId, Vec<&Snapshot>> = BTreeMap::new();
        for snapshot in found.iter().filter(|s| self.prove(s).is_ok()) {
            if let Some(described) = snapshot.copied_for() {
                of_source.entry(described.snapshot).or_default().push(snapshot);
            }
        }
        let rank = |s: &Snapshot| (!self.listed.contains(&s.id), s.started);
        let later = |same: Vec<&Snapshot>| {
            let first = same.iter().map(|s| rank(s)).min();
            let alone = same.iter().filter(|s| Some(rank(s)) == first).count() == 1;
            same.into_iter().filter(|s| !alone || Some(rank(s)) != first).map(|s| s.id.clone()).collect::<Vec<_>>()
        };
        of_source.into_values().flat_map(later).collect()
    }

    /// Returns true if the snapshot's progress is shown as this copy's. Less than proof is needed: the image may list it later,
    /// and the source's snapshots may not be known yet.
    pub fn may_be_own(&self, snapshot: &Snapshot) -> bool {
        match self.check_properties(snapshot) {
            Ok(()) => true,
            Err(missing) => missing == Unproven::SourceSnapshot && self.source_snapshots.is_empty(),
        }
    }

    fn check_properties(&self, snapshot: &Snapshot) -> Result<(), Unproven> {
        let described = snapshot.copied_for().filter(|c| c.image == self.image && c.source == self.source);
        let Some(described) = described else { return Err(Unproven::Description) };
        if !self.source_snapshots.contains(&described.snapshot) {
            return Err(Unproven::SourceSnapshot);
        }
        if snapshot.volume_id.as_deref() != Some(Snapshot::VOLUME_OF_COPIES) {
            return Err(Unproven::Volume);
        }
        let within =
            |at: Timestamp| at >= self.from - CLOCK_SKEW && self.until.is_none_or(|until| at <= until + CLOCK_SKEW);
        if !snapshot.started.is_some_and(within) {
            return Err(Unproven::Started);
        }
        match &self.tag {
            Some(token) if snapshot.tag(JobTags::JOB) != Some(token.as_str()) => Err(Unproven::Tag),
            _ => Ok(()),
        }
    }

    /// Returns true if the snapshot is related to the image, and is reported if it remains.
    pub fn is_related(&self, snapshot: &Snapshot) -> bool {
        self.listed.contains(&snapshot.id) || snapshot.destination_image().as_ref() == Some(&self.image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SnapshotState, image::Tag};

    fn snap(id: &str) -> SnapshotId {
        SnapshotId::new(id).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn own() -> Snapshot {
        Snapshot {
            id: snap("snap-1"),
            state: SnapshotState::Completed,
            progress: Some(100),
            volume_size: 8,
            volume_id: Some(Snapshot::VOLUME_OF_COPIES.into()),
            started: Some(at(10_000)),
            completed: None,
            state_message: None,
            description:
                "Copied for DestinationAmi ami-a from SourceAmi ami-b for SourceSnapshot snap-c. Task created on 1."
                    .into(),
            encrypted: false,
            kms_key_id: None,
            tags: vec![Tag { key: JobTags::JOB.into(), value: ClientToken::from_random(1).as_str().into() }],
        }
    }

    fn evidence() -> Evidence {
        Evidence {
            image: ImageId::new("ami-a").unwrap(),
            source: ImageId::new("ami-b").unwrap(),
            source_snapshots: vec![snap("snap-c")],
            tag: Some(ClientToken::from_random(1)),
            listed: BTreeSet::new(),
            named_by_ec2: BTreeSet::new(),
            volumes: 1,
            from: at(10_000),
            until: Some(at(11_000)),
        }
    }

    #[test]
    fn every_sign_is_needed() {
        assert_eq!(evidence().prove(&own()), Ok(()));
        let described = |text: &str| Snapshot { description: text.into(), ..own() };
        let cases = [
            (described("nightly"), Unproven::Description),
            (
                described("Copied for DestinationAmi ami-x from SourceAmi ami-b for SourceSnapshot snap-c. Task"),
                Unproven::Description,
            ),
            (
                described("Copied for DestinationAmi ami-a from SourceAmi ami-x for SourceSnapshot snap-c. Task"),
                Unproven::Description,
            ),
            (
                described("Copied for DestinationAmi ami-a from SourceAmi ami-b for SourceSnapshot snap-d. Task"),
                Unproven::SourceSnapshot,
            ),
            (Snapshot { volume_id: Some("vol-1".into()), ..own() }, Unproven::Volume),
            (Snapshot { volume_id: None, ..own() }, Unproven::Volume),
            (Snapshot { started: Some(at(9_000)), ..own() }, Unproven::Started),
            (Snapshot { started: Some(at(12_000)), ..own() }, Unproven::Started),
            (Snapshot { started: None, ..own() }, Unproven::Started),
            (Snapshot { tags: Vec::new(), ..own() }, Unproven::Tag),
            (
                Snapshot { tags: vec![Tag { key: JobTags::JOB.into(), value: "amigrate-2".into() }], ..own() },
                Unproven::Tag,
            ),
        ];
        for (snapshot, missing) in cases {
            assert_eq!(evidence().prove(&snapshot), Err(missing), "{snapshot:?}");
        }
    }

    #[test]
    fn without_tags_the_image_must_have_listed_it() {
        let mut evidence = Evidence { tag: None, ..evidence() };
        assert_eq!(evidence.prove(&own()), Err(Unproven::Listing));
        assert!(evidence.may_be_own(&own()));
        evidence.listed.insert(snap("snap-1"));
        assert_eq!(evidence.prove(&own()), Ok(()));
        // A listing does not make up for a tag, nor for a description.
        assert_eq!(
            Evidence { tag: Some(ClientToken::from_random(2)), ..evidence.clone() }.prove(&own()),
            Err(Unproven::Tag)
        );
        let other = Snapshot { description: "nightly".into(), ..own() };
        assert_eq!(evidence.prove(&other), Err(Unproven::Description));
        assert!(evidence.is_related(&other));
    }

    #[test]
    fn an_image_that_has_listed_all_its_snapshots_has_no_others() {
        // A backup tool copied a snapshot of ours during the copy, with its description and its tags.
        let mut evidence = evidence();
        evidence.listed.insert(snap("snap-2"));
        assert_eq!(evidence.prove(&own()), Err(Unproven::Listing));
        evidence.volumes = 2;
        assert_eq!(evidence.prove(&own()), Ok(()), "one is not listed yet");
    }

    #[test]
    fn of_two_that_pass_the_older_is_the_copys() {
        let later = Snapshot { id: snap("snap-2"), started: Some(at(10_030)), ..own() };
        assert_eq!(evidence().prove(&later), Ok(()), "by itself it passes");
        assert_eq!(evidence().duplicates(&[own(), later.clone()]), BTreeSet::from([snap("snap-2")]));
        assert_eq!(evidence().duplicates(std::slice::from_ref(&later)), BTreeSet::new());
        let same = Snapshot { id: snap("snap-2"), ..own() };
        assert_eq!(evidence().duplicates(&[own(), same]), BTreeSet::from([snap("snap-1"), snap("snap-2")]));
        let mut both = evidence();
        both.source_snapshots.push(snap("snap-d"));
        let other = later.description.replace("snap-c", "snap-d");
        let other = Snapshot { description: other.into(), ..later.clone() };
        assert_eq!(both.duplicates(&[own(), other]), BTreeSet::new(), "one of each source snapshot");
        both.volumes = 2;
        both.listed.insert(snap("snap-2"));
        assert_eq!(both.duplicates(&[own(), later]), BTreeSet::from([snap("snap-1")]), "the image's own list decides");
    }

    #[test]
    fn nothing_is_proved_while_the_snapshots_of_the_source_are_unknown() {
        let evidence = Evidence { source_snapshots: Vec::new(), ..evidence() };
        assert_eq!(evidence.prove(&own()), Err(Unproven::SourceSnapshot));
    }
}
