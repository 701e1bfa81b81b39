//! What was done to the account's images and snapshots, by whom, and who had made them: for tests that hold the program to
//! changing only what is its own. Owns the log, no rule of EC2's.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, Region, SnapshotId},
    sim::world::{
        state::{RegionState, World},
        timeline::Maker,
    },
};

/// Something that existed and was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub region: Region,
    /// Who asked for it.
    pub by: Maker,
    /// What was done.
    pub kind: ChangeKind,
    /// The id of the image or snapshot.
    pub resource: Box<str>,
    /// Who had made that.
    pub provenance: Provenance,
}

/// What was done to an image or snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// `DeregisterImage`.
    Deregistered,
    /// `DeleteSnapshot`.
    Deleted,
    /// Deleted by EC2 along with this image, as `DeleteAssociatedSnapshots` asks for.
    DeletedWith(ImageId),
    /// `CreateTags`.
    Tagged,
    /// `DeleteTags`.
    Untagged,
}

/// Who made an image or snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Who asked for it.
    pub maker: Maker,
    /// The client token of the `CopyImage` that made it.
    pub token: Option<String>,
    /// Of a snapshot, the image whose copy made it.
    pub image: Option<ImageId>,
}

impl World {
    /// All changes of images and snapshots so far, in their order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Writes a change down. Before it is carried out: afterwards nobody knows who had made what is gone.
    pub(crate) fn log(&mut self, region: &Region, by: Maker, kind: ChangeKind, resource: &str, now: Timestamp) {
        let Some(provenance) = self.area(region).map(|area| area.provenance(resource)) else { return };
        self.changes.push(Change { at: now, region: region.clone(), by, kind, resource: resource.into(), provenance });
    }
}

impl RegionState {
    /// Who made what has this id: what nobody made since the world began is the scenario's.
    fn provenance(&self, id: &str) -> Provenance {
        let image = ImageId::new(id).ok().and_then(|id| self.made.get(&id));
        let snapshot = SnapshotId::new(id).ok().and_then(|id| self.snapshots.get(&id));
        match (image, snapshot) {
            (Some(made), _) => Provenance { maker: made.maker, token: made.token.clone(), image: None },
            (None, Some(made)) => {
                Provenance { maker: made.maker, token: made.token.clone(), image: made.image.clone() }
            }
            (None, None) => Provenance { maker: Maker::Scenario, token: None, image: None },
        }
    }
}
