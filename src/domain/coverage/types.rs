//! What coverage is computed from, and what it says.

use std::sync::Arc;

use crate::domain::{
    account::AccountId,
    ids::ImageId,
    image::{Image, ImageState},
    region::Region,
};

/// How much is known of a region's images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listed {
    /// Every own image is listed.
    Complete,
    /// More may follow: it is being listed, or waits for it.
    Underway,
    /// It could not be listed, or not to the end.
    Failed,
}

/// A region that coverage is computed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub region: Region,
    pub listed: Listed,
}

/// A copy that the queue knows, and that has not ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCopy {
    pub source: ImageId,
    pub source_region: Region,
    pub destination: Region,
    /// The new image, once EC2 has made it.
    pub image: Option<ImageId>,
    pub state: KnownCopyState,
}

/// How far a copy of the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownCopyState {
    /// With the percentage, if it is known.
    Pending(Option<u8>),
    Failed,
}

/// Images of every version of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The name without the version; empty if its images have no name.
    pub name: Box<str>,
    pub owner: AccountId,
    /// Never empty. The first is the newest that can be copied, or the newest of all if none can.
    pub versions: Vec<Version>,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// One version of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The image to copy: available if any is, and the one that the others were copied from if that is.
    pub image: Arc<Image>,
    /// All its images, that one too, by region and id.
    pub images: Vec<Arc<Image>>,
}

/// What a region has of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub state: CellState,
    /// The image that the state is about, if there is one.
    pub image: Option<ImageId>,
}

/// How a region stands to the newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellState {
    /// It is there and can be used.
    There,
    /// It is there, but is not as its source is.
    Differs(Box<[Difference]>),
    /// It is being made, with the percentage if that is known.
    Pending(Option<u8>),
    /// It is there, but disabled: it cannot be launched or copied.
    Disabled,
    /// An older version can be used there.
    Stale,
    /// Its copy failed, and no other version can be used there.
    Failed,
    Missing,
    /// The region's images are not all listed, or the image is in a state that this program does not know.
    Unknown,
}

/// What a copy does not have in common with its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    Architecture,
    BootMode,
    RootDeviceType,
    /// The number of EBS volumes.
    Volumes,
    VolumeSizes,
    /// The source is encrypted, the copy is not.
    NotEncrypted,
}

/// Families by regions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    pub columns: Vec<Column>,
    /// By name, then owner.
    pub families: Vec<Family>,
}

impl CellState {
    /// One of each, with the worst last.
    pub const WORDS: [&str; 8] = ["there", "differs", "pending", "disabled", "stale", "failed", "missing", "unknown"];

    /// Returns its stable name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Differs(_) => "differs",
            Self::Pending(_) => "pending",
            Self::Disabled => "disabled",
            Self::Stale => "stale",
            Self::Failed => "failed",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }

    /// Returns true if a copy of the newest version would mend it.
    pub fn lacks_newest(&self) -> bool {
        matches!(self, Self::Stale | Self::Failed | Self::Missing)
    }

    /// Returns what is not as the source is.
    pub fn differences(&self) -> &[Difference] {
        if let Self::Differs(differences) = self { differences } else { &[] }
    }

    /// Returns the percentage of a pending copy, if it is known.
    pub fn percent(&self) -> Option<u8> {
        if let Self::Pending(percent) = self { *percent } else { None }
    }
}

impl Difference {
    /// Returns its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Architecture => "architecture",
            Self::BootMode => "boot mode",
            Self::RootDeviceType => "root device type",
            Self::Volumes => "number of volumes",
            Self::VolumeSizes => "volume sizes",
            Self::NotEncrypted => "not encrypted",
        }
    }
}

impl Family {
    /// Returns the image of the newest version: what is copied to where it lacks.
    pub fn newest(&self) -> &Arc<Image> {
        &self.versions[0].image
    }

    /// Returns the name, or the id of the newest image if it has none.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { self.newest().id.as_str() } else { &self.name }
    }

    /// Returns the number of regions that lack the newest version and could get it: none if there is nothing to copy.
    pub fn lacking(&self) -> usize {
        let lacking = |cell: &&Cell| self.can_be_copied() && cell.state.lacks_newest();
        self.cells.iter().filter(lacking).count()
    }

    /// Returns true if the newest version can be copied.
    pub fn can_be_copied(&self) -> bool {
        self.newest().state == ImageState::Available
    }
}

impl Coverage {
    /// Returns the copies that a cell lacks: none or one.
    pub fn copy_to(&self, family: &Family, column: usize) -> Option<(Arc<Image>, Region)> {
        let (cell, column) = (family.cells.get(column)?, self.columns.get(column)?);
        (cell.state.lacks_newest() && family.can_be_copied()).then(|| (family.newest().clone(), column.region.clone()))
    }

    /// Returns the copies that a family lacks, by region.
    pub fn copies_of<'a>(&'a self, family: &'a Family) -> impl Iterator<Item = (Arc<Image>, Region)> + 'a {
        (0..self.columns.len()).filter_map(|column| self.copy_to(family, column))
    }
}
