//! The cells of a family: most regions have nothing of most families, so that only the others are kept.

use std::sync::Arc;

use crate::domain::ids::ImageId;

/// What a region has of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub state: CellState,
    /// The image that the state is about, if there is one.
    pub image: Option<ImageId>,
}

/// State of a region relative to the newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellState {
    /// It is there and can be used.
    Available,
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

/// One cell for each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Those that something was found for, with their columns in order.
    found: Box<[(usize, Cell)]>,
    /// One for each column: what is said where nothing was found. All families share them.
    empty: Arc<[Cell]>,
}

impl Cells {
    /// `found` is in the order of the columns.
    pub(super) fn new(found: Vec<(usize, Cell)>, empty: &Arc<[Cell]>) -> Self {
        Self { found: found.into(), empty: Arc::clone(empty) }
    }

    /// Returns the cell of a column.
    pub fn get(&self, column: usize) -> Option<&Cell> {
        match self.found.binary_search_by_key(&column, |(at, _)| *at) {
            Ok(place) => self.found.get(place).map(|(_, cell)| cell),
            Err(_) => self.empty.get(column),
        }
    }

    /// Returns the cells in the order of the columns.
    pub fn all(&self) -> impl Iterator<Item = &Cell> {
        let mut found = self.found.iter().peekable();
        self.empty
            .iter()
            .enumerate()
            .map(move |(column, empty)| found.next_if(|(at, _)| *at == column).map_or(empty, |(_, cell)| cell))
    }
}

impl CellState {
    /// One of each, with the worst last.
    pub const WORDS: [&str; 8] =
        ["available", "differs", "pending", "disabled", "stale", "failed", "missing", "unknown"];

    /// Returns its stable name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Available => "available",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_cells_are_placed_among_empty_ones() {
        let cell = |state| Cell { state, image: None };
        let empty: Arc<[Cell]> = [CellState::Missing, CellState::Unknown, CellState::Missing].map(cell).into();
        let cells = Cells::new(vec![(1, cell(CellState::Available)), (2, cell(CellState::Stale))], &empty);
        let words: Vec<&str> = cells.all().map(|cell| cell.state.as_str()).collect();
        assert_eq!(words, ["missing", "available", "stale"]);
        let got: Vec<&str> = (0..4).filter_map(|at| Some(cells.get(at)?.state.as_str())).collect();
        assert_eq!(got, words);
        assert!(Cells::new(Vec::new(), &Arc::from([])).get(0).is_none());
    }
}
