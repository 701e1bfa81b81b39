//! What coverage is computed from, and what it says.

use std::sync::Arc;

use super::cells::{Cell, Cells};
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
    pub cells: Cells,
}

/// One version of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The image to copy: available if any is, and the one that the others were copied from if that is.
    pub image: Arc<Image>,
    /// All its images, that one too, by region and id.
    pub images: Vec<Arc<Image>>,
}

/// Families by regions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    pub columns: Vec<Column>,
    /// By name, then owner.
    pub families: Vec<Family>,
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
        self.cells.all().filter(lacking).count()
    }

    /// Returns the number of regions that lack the newest version and cannot get it: no image of it is available to be copied.
    pub fn lacking_without_source(&self) -> usize {
        let lacking = |cell: &&Cell| !self.can_be_copied() && cell.state.lacks_newest();
        self.cells.all().filter(lacking).count()
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
