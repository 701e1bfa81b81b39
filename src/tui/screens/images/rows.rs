//! The rows of the images table: sorted and filtered, fast enough for 100,000 images at every keystroke.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use super::{
    parallel::{PARALLEL, cores, on_cores, sorted},
    region_index::{RegionIndex, RegionList},
    row::{Changes, Row, merged, rows},
    sort::{Sort, SortKey, start},
};
use crate::{
    domain::{
        AccountId, Image, ImageId,
        filter::{Entry, Filter, Scratch},
    },
    tui::others::ListKey,
};

/// The table: all images in order, and those that match the filter.
#[derive(Debug, Default)]
pub struct Rows {
    indexes: Vec<RegionIndex>,
    /// All images that are indexed, by name, region and id.
    by_name: Vec<Row>,
    /// All images of the table.
    order: Vec<Row>,
    /// What `order` is sorted by, and whose images are not in it.
    filled: Option<(Sort, Vec<Option<AccountId>>)>,
    /// The position in `order` of each image of each index; [`NOWHERE`] for those not in the table.
    places: Vec<Vec<u32>>,
    /// The images that match the filter, if there is one.
    matching: Option<Vec<Row>>,
    /// Bytes of the longest name.
    longest_name: usize,
}

const NOWHERE: u32 = u32::MAX;

impl Rows {
    fn shown(&self) -> &[Row] {
        self.matching.as_ref().unwrap_or(&self.order)
    }

    fn image(&self, row: Row) -> Option<&Arc<Image>> {
        self.indexes.get(row.index as usize)?.image(row.at as usize)
    }

    fn entry(&self, row: Row) -> Option<Entry<'_>> {
        self.indexes.get(row.index as usize)?.entry(row.at as usize)
    }

    /// Number of rows shown.
    pub fn len(&self) -> usize {
        self.shown().len()
    }

    /// Returns true if no row is shown.
    pub fn is_empty(&self) -> bool {
        self.shown().is_empty()
    }

    /// Number of rows before the filter.
    pub fn total(&self) -> usize {
        self.order.len()
    }

    /// Length of the longest name in the table, in bytes.
    pub fn longest_name(&self) -> usize {
        self.longest_name
    }

    /// The image in a line.
    pub fn get(&self, line: usize) -> Option<&Arc<Image>> {
        self.image(*self.shown().get(line)?)
    }

    /// The list that has the image in a line.
    pub fn list_of(&self, line: usize) -> Option<&ListKey> {
        self.list(*self.shown().get(line)?)
    }

    fn list(&self, row: Row) -> Option<&ListKey> {
        Some(&self.indexes.get(row.index as usize)?.key)
    }

    /// The line of an image of a list.
    pub fn line_of(&self, list: &ListKey, id: &ImageId) -> Option<usize> {
        let n = self.indexes.iter().position(|index| index.key == *list)?;
        let at = self.indexes.get(n)?.find(id)?;
        let place = usize::try_from(*self.places.get(n)?.get(at)?).ok()?;
        let row = *self.order.get(place)?;
        self.matching.as_ref().map_or(Some(place), |matching| matching.iter().position(|r| *r == row))
    }

    /// The images shown, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.shown().iter().filter_map(|row| self.image(*row))
    }

    /// The images shown, in order, each with its list.
    pub fn with_lists(&self) -> impl Iterator<Item = (&ListKey, &Arc<Image>)> {
        self.shown().iter().filter_map(|row| self.list(*row).zip(self.image(*row)))
    }

    /// The images shown, list by list and as the lists have them: as they are in memory, 100,000 are read several times faster.
    pub(super) fn by_list(&self) -> Vec<(&ListKey, Vec<&Arc<Image>>)> {
        let mut rows = self.shown().to_vec();
        rows.sort_unstable();
        let of = |rows: &[Row]| {
            let index = self.indexes.get(rows.first()?.index as usize)?;
            Some((&index.key, rows.iter().filter_map(|row| index.image(row.at as usize)).collect()))
        };
        rows.chunk_by(|a, b| a.index == b.index).filter_map(of).collect()
    }

    /// All images before the filter, in order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.order.iter().filter_map(|row| self.image(*row))
    }

    /// All images before the filter, in order, each with its list.
    pub(super) fn all_with_lists(&self) -> impl Iterator<Item = (&ListKey, &Arc<Image>)> {
        self.order.iter().filter_map(|row| self.list(*row).zip(self.image(*row)))
    }

    /// Indexes the lists, which come in the order of their keys, sorts the images that belong into the table, and clears
    /// the filter. Those whose values are equal are sorted by name, region and id.
    pub(super) fn fill<'a>(&mut self, lists: impl Iterator<Item = RegionList<'a>>, sort: &Sort) {
        let changes = self.follow(lists);
        let left_out = self.indexes.iter().map(|index| index.left_out.clone()).collect();
        let wanted = (sort.clone(), left_out);
        let new = changes.new_rows();
        // A page that comes to many images is merged into them: most of a long list stays where it is.
        if new.len() <= self.by_name.len() / 8 {
            let new = self.sorted_by_name(&new);
            if self.filled.as_ref() == Some(&wanted) {
                let order = changes.kept(&self.order);
                let sorted = self.sorted(&new, &wanted);
                self.order = merged(&order, &sorted, |a, b| self.compare(a, b, sort));
            }
            let by_name = changes.kept(&self.by_name);
            self.by_name = merged(&by_name, &new, |a, b| self.compare_names(a, b));
        } else {
            self.by_name = self.sorted_by_name(&self.all_rows());
            self.filled = None;
        }
        if self.filled.as_ref() != Some(&wanted) {
            self.order = self.sorted(&self.by_name, &wanted);
            self.filled = Some(wanted);
        }
        self.note_places();
        self.matching = None;
    }

    /// Indexes the lists.
    fn follow<'a>(&mut self, lists: impl Iterator<Item = RegionList<'a>>) -> Changes {
        let mut changes = Changes { before: vec![None; self.indexes.len()], now: Vec::new() };
        let old = self.indexes.drain(..).enumerate();
        let mut old: BTreeMap<ListKey, (usize, RegionIndex)> =
            old.map(|(n, index)| (index.key.clone(), (n, index))).collect();
        for (list, n) in lists.zip(0..) {
            let (before, mut index) = match old.remove(list.key) {
                Some((before, index)) => (Some(before), index),
                None => (None, RegionIndex::new(list.key.clone())),
            };
            let kept = index.follow(list);
            if let Some(before) = before {
                changes.before[before] = Some((n, kept));
            }
            changes.now.push(kept..index.len());
            self.indexes.push(index);
        }
        changes
    }

    /// All images that are indexed, region by region.
    fn all_rows(&self) -> Vec<Row> {
        rows(self.indexes.iter().map(|index| 0..index.len())).collect()
    }

    /// Sorts rows by name, region and id: the order of those whose values are equal.
    fn sorted_by_name(&self, rows: &[Row]) -> Vec<Row> {
        sorted(
            rows,
            |row| self.entry(row).map(|entry| (start(entry.name()), entry.name())),
            |(a_name, a), (b_name, b)| a_name.cmp(b_name).then_with(|| self.compare_ids(*a, *b)),
        )
    }

    /// Sorts those of the rows that belong into the table. Equal ones stay in the order they are in.
    fn sorted(&self, rows: &[Row], (sort, left_out): &(Sort, Vec<Option<AccountId>>)) -> Vec<Row> {
        let key = |row: Row| {
            let entry = self.entry(row)?;
            let left_out = left_out.get(row.index as usize)?.as_ref();
            (left_out != Some(&entry.image.owner_id)).then(|| sort.key(&entry, row.index.into()))
        };
        let compare = |(a, _): &(SortKey<'_>, Row), (b, _): &(SortKey<'_>, Row)| sort.compare(a, b);
        if rows.len() < PARALLEL {
            return sorted(rows, key, compare);
        }
        // The images are read as they are in memory, most of them without a wait.
        let keys: Vec<Vec<Option<SortKey<'_>>>> =
            (0..).zip(&self.indexes).map(|(n, index)| keys(n, index, key)).collect();
        sorted(rows, |row| *keys.get(row.index as usize)?.get(row.at as usize)?, compare)
    }

    fn compare(&self, a: Row, b: Row, sort: &Sort) -> Ordering {
        let key = |row: Row| self.entry(row).map(|entry| sort.key(&entry, row.index.into()));
        let by_value = key(a).zip(key(b)).map_or(Ordering::Equal, |(a, b)| sort.compare(&a, &b));
        by_value.then_with(|| self.compare_names(a, b))
    }

    fn compare_names(&self, a: Row, b: Row) -> Ordering {
        let name = |row| self.entry(row).map(|entry| entry.name());
        name(a).cmp(&name(b)).then_with(|| self.compare_ids(a, b))
    }

    fn compare_ids(&self, a: Row, b: Row) -> Ordering {
        let id = |row| self.image(row).map(|image| &image.id);
        a.index.cmp(&b.index).then_with(|| id(a).cmp(&id(b)))
    }

    /// Notes where each image is in the order.
    fn note_places(&mut self) {
        self.longest_name = 0;
        self.places = self.indexes.iter().map(|s| vec![NOWHERE; s.len()]).collect();
        for (row, place) in self.order.iter().zip(0..) {
            let index = self.indexes.get(row.index as usize);
            let name = index.map_or(0, |index| index.name_length(row.at as usize));
            self.longest_name = self.longest_name.max(name);
            if let Some(slot) = self.places.get_mut(row.index as usize).and_then(|s| s.get_mut(row.at as usize)) {
                *slot = place;
            }
        }
    }

    /// Shows the images that match; the best match first if the filter ranks.
    pub(super) fn filter(&mut self, filter: &Filter) {
        if filter.is_empty() {
            self.matching = None;
            return;
        }
        // Each core takes a share of every index.
        let cores = cores(self.order.len());
        let mut hits = on_cores((0..cores).collect(), |n| self.search(n, cores, filter));
        // A counting sort: there are few different scores.
        let mut scores: Vec<u32> = vec![0; self.order.len()];
        let mut counts: Vec<usize> = Vec::new();
        for (place, score) in hits.drain(..).flatten() {
            let score = if filter.ranks() { score } else { 0 };
            if counts.len() <= score as usize {
                counts.resize(score as usize + 1, 0);
            }
            counts[score as usize] += 1;
            scores[place as usize] = score + 1;
        }
        let mut next = counts;
        let mut total = 0;
        for count in next.iter_mut().rev() {
            (total, *count) = (total + *count, total);
        }
        let mut matching = vec![Row { index: 0, at: 0 }; total];
        for (row, score) in self.order.iter().zip(scores) {
            if let Some(score) = score.checked_sub(1) {
                let slot = &mut next[score as usize];
                matching[*slot] = *row;
                *slot += 1;
            }
        }
        self.matching = Some(matching);
    }

    /// Position and score of the matching images in a share of every index.
    fn search(&self, share: usize, shares: usize, filter: &Filter) -> Vec<(u32, u32)> {
        // Its own copy: threads that share a regular expression wait for each other.
        let filter = filter.clone();
        let mut scratch = Scratch::default();
        let mut hits = Vec::new();
        for (index, places) in self.indexes.iter().zip(&self.places) {
            let count = index.len().div_ceil(shares);
            for (at, entry) in index.part(share * count, count) {
                let place = places.get(at).copied().unwrap_or(NOWHERE);
                if place != NOWHERE
                    && let Some(score) = filter.score(&entry, &mut scratch)
                {
                    hits.push((place, score));
                }
            }
        }
        hits
    }
}

/// The keys of all images of an index.
fn keys<'a>(
    n: u32,
    index: &'a RegionIndex,
    key: impl Fn(Row) -> Option<SortKey<'a>> + Sync,
) -> Vec<Option<SortKey<'a>>> {
    let rows: Vec<Row> = rows(std::iter::once(0..index.len())).map(|row| Row { index: n, ..row }).collect();
    let share = rows.len().div_ceil(cores(rows.len())).max(1);
    on_cores(rows.chunks(share).collect(), |rows| rows.iter().map(|row| key(*row)).collect::<Vec<_>>()).concat()
}

#[cfg(test)]
mod tests;
