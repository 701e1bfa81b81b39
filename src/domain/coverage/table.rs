//! The table: what each region has of each family.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use super::{
    cells::{Cell, CellState, Cells},
    differences::differences,
    families::{FamilyDraft, families},
    lineage::{LineageId, Lineages},
    types::{Column, Coverage, Family, KnownCopy, KnownCopyState, Listed, Version},
};
use crate::domain::{
    account::AccountId,
    family::VersionPattern,
    ids::ImageId,
    image::{Image, ImageState},
    region::Region,
};

/// What coverage is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What the version in a name looks like.
    pub pattern: &'a VersionPattern,
    /// Whose images count; everybody's if unknown.
    pub account: Option<&'a AccountId>,
    /// In the order of the table.
    pub columns: &'a [Column],
    /// Copies of the queue.
    pub copies: &'a [KnownCopy],
}

/// Computes the coverage of images. Those of other regions, of other accounts, and deregistered ones have no row, but show what others
/// descend from.
pub fn compute<'a>(input: &Input<'a>, images: impl IntoIterator<Item = &'a Arc<Image>>) -> Coverage {
    let (images, lineages) = Lineages::of(images.into_iter());
    let table = Table::new(input, &images, &lineages);
    let members = (0..images.len()).filter(|place| table.has_row(*place));
    let drafts = families(&images, members, &lineages, input.pattern);
    let copies = table.copies_by_lineage();
    let mut builder = RowBuilder::new(input.columns);
    let mut families: Vec<Family> = drafts.iter().map(|draft| table.family(draft, &copies, &mut builder)).collect();
    families.sort_unstable_by(|a, b| {
        let nameless = a.name.is_empty().cmp(&b.name.is_empty());
        nameless.then_with(|| a.name.cmp(&b.name)).then_with(|| a.owner.cmp(&b.owner)).then_with(|| {
            let (a, b) = (a.newest(), b.newest());
            (&a.region, &a.id).cmp(&(&b.region, &b.id))
        })
    });
    Coverage { columns: input.columns.to_vec(), families }
}

/// How much a state says: of several images in a region the one that says most decides. Then what is larger, then the smaller id.
type Weight<'a> = (u8, i64, Reverse<Option<&'a ImageId>>);

/// The best that was found for a cell.
struct Found<'a> {
    weight: Weight<'a>,
    state: CellState,
    image: Option<&'a ImageId>,
}

/// The row that is being filled.
struct RowBuilder<'a> {
    /// The best of each column.
    best: Vec<Option<Found<'a>>>,
    /// The columns that something was found for, in no order.
    columns: Vec<usize>,
    /// What is said where nothing was found.
    empty: Arc<[Cell]>,
}

impl<'a> RowBuilder<'a> {
    fn new(columns: &[Column]) -> Self {
        let best = columns.iter().map(|_| None).collect();
        Self { best, columns: Vec::new(), empty: columns.iter().map(|column| cell(None, column.listed)).collect() }
    }

    fn put(&mut self, column: Option<usize>, found: Option<Found<'a>>) {
        let (Some(column), Some(found)) = (column, found) else { return };
        match self.best.get_mut(column) {
            Some(Some(best)) if best.weight < found.weight => *best = found,
            Some(none @ None) => {
                *none = Some(found);
                self.columns.push(column);
            }
            _ => {}
        }
    }

    /// Returns the row, and begins another one.
    fn take(&mut self, columns: &[Column]) -> Cells {
        self.columns.sort_unstable();
        let best = &mut self.best;
        let found = self.columns.drain(..).map(|at| (at, cell(best[at].take(), columns[at].listed)));
        Cells::new(found.collect(), &self.empty)
    }
}

struct Table<'t, 'a> {
    input: &'t Input<'a>,
    images: &'t [&'a Arc<Image>],
    lineages: &'t Lineages<'a>,
    columns: HashMap<&'a Region, usize>,
    /// The column of each image; `None` if its region has none.
    column_of: Vec<Option<usize>>,
    /// Percentages of the queue's copies by their images.
    percents: HashMap<&'a ImageId, u8>,
}

type Copies<'a> = HashMap<LineageId, Vec<&'a KnownCopy>>;

impl<'t, 'a> Table<'t, 'a> {
    fn new(input: &'t Input<'a>, images: &'t [&'a Arc<Image>], lineages: &'t Lineages<'a>) -> Self {
        let columns: HashMap<&Region, usize> =
            input.columns.iter().enumerate().map(|(at, column)| (&column.region, at)).collect();
        let column_of = images.iter().map(|image| columns.get(&image.region).copied()).collect();
        let percent = |copy: &'a KnownCopy| match copy.state {
            KnownCopyState::Pending(Some(percent)) => Some((copy.image.as_ref()?, percent)),
            _ => None,
        };
        let percents = input.copies.iter().filter_map(percent).collect();
        Self { input, images, lineages, columns, column_of, percents }
    }

    fn has_row(&self, place: usize) -> bool {
        let image = self.images[place];
        image.state != ImageState::Deregistered
            && self.column_of[place].is_some()
            && self.input.account.is_none_or(|account| *account == image.owner_id)
    }

    /// The queue's copies that no listed image speaks for.
    fn copies_by_lineage(&self) -> Copies<'a> {
        let mut copies = Copies::new();
        for copy in self.input.copies {
            let listed = copy.image.as_ref().is_some_and(|id| self.lineages.place(id, &copy.destination).is_some());
            if let Some(lineage) = self.lineages.of_source(&copy.source, &copy.source_region).filter(|_| !listed) {
                copies.entry(lineage).or_default().push(copy);
            }
        }
        copies
    }

    fn family(&self, draft: &FamilyDraft<'a>, copies: &Copies<'a>, builder: &mut RowBuilder<'a>) -> Family {
        for (n, version) in draft.versions.iter().enumerate() {
            for place in &version.members {
                let found = if n == 0 { self.newest(*place, version.source) } else { older(self.images[*place]) };
                builder.put(self.column_of[*place], found);
            }
        }
        if !copies.is_empty() {
            let newest = draft.versions.first().map_or(&[][..], |version| &version.members);
            let mut lineages: Vec<LineageId> = newest.iter().map(|place| self.lineages.of_image(*place)).collect();
            lineages.sort_unstable();
            lineages.dedup();
            for copy in lineages.iter().filter_map(|lineage| copies.get(lineage)).flatten() {
                builder.put(self.columns.get(&copy.destination).copied(), Some(queued(copy)));
            }
        }
        let versions = draft.versions.iter().map(|version| {
            let mut images: Vec<Arc<Image>> = version.members.iter().map(|at| self.images[*at].clone()).collect();
            images.sort_unstable_by(|a, b| (&a.region, &a.id).cmp(&(&b.region, &b.id)));
            Version { image: self.images[version.image].clone(), images }
        });
        let (name, owner) = (draft.name.into(), draft.owner.clone());
        Family { name, owner, cells: builder.take(self.input.columns), versions: versions.collect() }
    }

    /// What an image of the newest version says.
    fn newest(&self, place: usize, source: Option<usize>) -> Option<Found<'a>> {
        let image = self.images[place];
        let earlier = -seconds(image);
        let (rank, order, state) = match image.state {
            ImageState::Available => {
                let root = self.lineages.root(self.lineages.of_image(place)).filter(|root| *root != place);
                let source = root.or(source).filter(|source| *source != place).map(|source| self.images[source]);
                match source.map(|source| differences(image, source)).unwrap_or_default() {
                    none if none.is_empty() => (7, earlier, CellState::Available),
                    some => (6, earlier, CellState::Differs(some)),
                }
            }
            ImageState::Pending | ImageState::Transient => pending(self.percents.get(&image.id).copied()),
            ImageState::Disabled => (4, earlier, CellState::Disabled),
            ImageState::Unknown => (2, earlier, CellState::Unknown),
            ImageState::Failed | ImageState::Error | ImageState::Invalid => (1, earlier, CellState::Failed),
            ImageState::Deregistered => return None,
        };
        Some(found(rank, order, state, Some(&image.id)))
    }
}

/// What an image of an older version says. One that cannot be used says nothing.
fn older(image: &Arc<Image>) -> Option<Found<'_>> {
    let usable = image.state == ImageState::Available;
    usable.then(|| found(3, seconds(image), CellState::Stale, Some(&image.id)))
}

fn queued(copy: &KnownCopy) -> Found<'_> {
    let (rank, order, state) = match copy.state {
        KnownCopyState::Pending(percent) => pending(percent),
        KnownCopyState::Failed => (1, 0, CellState::Failed),
    };
    found(rank, order, state, copy.image.as_ref())
}

fn pending(percent: Option<u8>) -> (u8, i64, CellState) {
    (5, percent.map_or(-1, i64::from), CellState::Pending(percent))
}

fn found(rank: u8, order: i64, state: CellState, image: Option<&ImageId>) -> Found<'_> {
    Found { weight: (rank, order, Reverse(image)), state, image }
}

fn seconds(image: &Image) -> i64 {
    image.created.map_or(0, jiff::Timestamp::as_second)
}

/// Where not every image is listed, a better one may be there that is not known.
fn cell(found: Option<Found<'_>>, listed: Listed) -> Cell {
    let cell = match found {
        Some(found) => Cell { state: found.state, image: found.image.cloned() },
        None => Cell { state: CellState::Missing, image: None },
    };
    let certain = matches!(cell.state, CellState::Available | CellState::Differs(_) | CellState::Pending(_));
    if certain || listed == Listed::Complete { cell } else { Cell { state: CellState::Unknown, image: cell.image } }
}
