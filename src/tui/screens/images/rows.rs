//! The rows of the images table: sorted and filtered, fast enough for 100,000 images at every keystroke.

use std::{collections::BTreeMap, sync::Arc, thread};

use nucleo_matcher::{Config, Matcher};

use super::region_index::RegionIndex;
use crate::domain::{Image, ImageId, Region, filter::Filter};

/// The column that rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Newest first.
    #[default]
    Age,
    Name,
    /// Then by name.
    Region,
    /// Largest first.
    Size,
    State,
}

impl Sort {
    pub const ALL: [Self; 5] = [Self::Age, Self::Name, Self::Region, Self::Size, Self::State];

    /// The name of its column, as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Name => "name",
            Self::Region => "region",
            Self::Size => "size",
            Self::State => "state",
        }
    }

    /// The order by this column.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name().eq_ignore_ascii_case(name))
    }

    /// The next column.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Age => Self::Name,
            Self::Name => Self::Region,
            Self::Region => Self::Size,
            Self::Size => Self::State,
            Self::State => Self::Age,
        }
    }

    /// The sort key as a number, so that most comparisons need not look at the images.
    fn rank(self, image: &Image, name: &str, size: u64) -> u64 {
        match self {
            // Newest first; without a date last.
            Self::Age => !image.created.map_or(0, |c| c.as_microsecond().cast_unsigned() ^ (1 << 63)),
            Self::Size => !size,
            Self::State => image.state as u64,
            // Rows of the same rank are sorted by the whole name.
            Self::Name => name.bytes().chain([0; 8]).take(8).fold(0, |rank, byte| rank << 8 | u64::from(byte)),
            // The caller knows the index of the region.
            Self::Region => 0,
        }
    }
}

/// An image: which region's index, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    index: u32,
    at: u32,
}

/// The table: all images in order, and those that match the filter.
#[derive(Debug, Default)]
pub struct Rows {
    indexes: Vec<RegionIndex>,
    /// All images of the table.
    order: Vec<Row>,
    /// The position in `order` of each image of each index; [`NOWHERE`] for those not in the table.
    places: Vec<Vec<u32>>,
    /// The images that match the filter, if there is one.
    matching: Option<Vec<Row>>,
}

const NOWHERE: u32 = u32::MAX;

/// From this many rows on, filtering uses several cores.
const PARALLEL: usize = 5_000;

impl Rows {
    fn shown(&self) -> &[Row] {
        self.matching.as_ref().unwrap_or(&self.order)
    }

    fn image(&self, row: Row) -> Option<&Arc<Image>> {
        self.indexes.get(row.index as usize)?.image(row.at as usize)
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

    /// The image in a line.
    pub fn get(&self, line: usize) -> Option<&Arc<Image>> {
        self.image(*self.shown().get(line)?)
    }

    /// The line of an image.
    pub fn line_of(&self, region: &Region, id: &ImageId) -> Option<usize> {
        let n = self.indexes.iter().position(|index| index.region == *region)?;
        let at = self.indexes.get(n)?.find(id)?;
        let place = usize::try_from(*self.places.get(n)?.get(at)?).ok()?;
        let row = *self.order.get(place)?;
        self.matching.as_ref().map_or(Some(place), |matching| matching.iter().position(|r| *r == row))
    }

    /// The images shown, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.shown().iter().filter_map(|row| self.image(*row))
    }

    /// All images before the filter, in order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.order.iter().filter_map(|row| self.image(*row))
    }

    /// Indexes the lists, which come in the order of their regions, sorts the images that belong into the table, and clears
    /// the filter. Equal ones are sorted by name, region and id, so that the order is stable.
    pub(super) fn fill<'a>(
        &mut self,
        lists: impl Iterator<Item = (&'a Region, &'a [Arc<Image>])>,
        belongs: impl Fn(&Image) -> bool,
        by: Sort,
        reversed: bool,
    ) {
        let mut old: BTreeMap<Region, RegionIndex> = self.indexes.drain(..).map(|s| (s.region.clone(), s)).collect();
        self.indexes.extend(lists.map(|(region, images)| {
            let mut kept = old.remove(region).unwrap_or_else(|| RegionIndex::new(region.clone()));
            kept.follow(images);
            kept
        }));
        let mut ranked: Vec<(u64, &str, Row)> = Vec::with_capacity(self.indexes.iter().map(RegionIndex::len).sum());
        for (index, n) in self.indexes.iter().zip(0..) {
            let rows = index.part(0, index.len()).zip(0..).filter(|((_, image, ..), _)| belongs(image));
            ranked.extend(rows.map(|((place, image, text, _), at)| {
                let name = text.get(..image.name.len()).unwrap_or_default();
                let rank = if by == Sort::Region { u64::from(n) } else { by.rank(image, name, index.size(place)) };
                (if reversed { !rank } else { rank }, name, Row { index: n, at })
            }));
        }
        let indexes = &self.indexes;
        let id = |row: Row| indexes.get(row.index as usize).and_then(|s| s.image(row.at as usize)).map(|i| &i.id);
        let turned = by == Sort::Name && reversed;
        ranked.sort_unstable_by(|(a, a_name, a_row), (b, b_name, b_row)| {
            a.cmp(b)
                .then_with(|| if turned { b_name.cmp(a_name) } else { a_name.cmp(b_name) })
                .then_with(|| a_row.index.cmp(&b_row.index))
                .then_with(|| id(*a_row).cmp(&id(*b_row)))
        });
        self.order = ranked.into_iter().map(|(.., row)| row).collect();
        self.places = self.indexes.iter().map(|s| vec![NOWHERE; s.len()]).collect();
        for (row, place) in self.order.iter().zip(0..) {
            if let Some(slot) = self.places.get_mut(row.index as usize).and_then(|s| s.get_mut(row.at as usize)) {
                *slot = place;
            }
        }
        self.matching = None;
    }

    /// Shows the images that match; the best match first if the filter ranks.
    pub(super) fn filter(&mut self, filter: &Filter) {
        if filter.is_empty() {
            self.matching = None;
            return;
        }
        let cores = thread::available_parallelism().map_or(1, usize::from).min(8);
        let cores = if self.order.len() < PARALLEL { 1 } else { cores };
        // Each core takes a share of every index.
        let mut hits: Vec<Vec<(u32, u32)>> = if cores == 1 {
            vec![self.search(0, 1, filter)]
        } else {
            let rows = &*self;
            thread::scope(|scope| {
                let parts: Vec<_> = (0..cores).map(|n| scope.spawn(move || rows.search(n, cores, filter))).collect();
                parts.into_iter().filter_map(|p| p.join().ok()).collect()
            })
        };
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
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut hits = Vec::new();
        for (index, places) in self.indexes.iter().zip(&self.places) {
            let count = index.len().div_ceil(shares);
            for (at, image, text, letters) in index.part(share * count, count) {
                let place = places.get(at).copied().unwrap_or(NOWHERE);
                if place != NOWHERE
                    && let Some(score) = filter.score_search_text(image, text, letters, &mut matcher, &mut buffer)
                {
                    hits.push((place, score));
                }
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;
    use crate::domain::AccountId;

    fn images(region: &str, n: usize) -> Vec<Arc<Image>> {
        (0..n)
            .map(|i| {
                let mut image = Image::bare(
                    ImageId::new(&format!("ami-{i:08x}")).unwrap(),
                    Region::new(region).unwrap(),
                    AccountId::new("123456789012").unwrap(),
                );
                image.name = format!("app-{i}").into();
                image.created = jiff::Timestamp::from_second(i64::try_from(i).unwrap()).ok();
                Arc::new(image)
            })
            .collect()
    }

    fn filled(lists: &[Vec<Arc<Image>>], by: Sort, reversed: bool) -> Rows {
        let mut rows = Rows::default();
        rows.fill(lists.iter().map(|l| (&l[0].region, l.as_slice())), |_| true, by, reversed);
        rows
    }

    fn names(rows: &Rows) -> Vec<String> {
        rows.iter().map(|i| format!("{} {}", i.name, i.region)).collect()
    }

    #[test]
    fn filtering_on_several_cores_gives_the_same_rows() {
        let lists = [images("eu-west-1", PARALLEL), images("us-east-1", PARALLEL + 1)];
        let mut rows = filled(&lists, Sort::Age, false);
        for text in ["", "app-123", "42", "nothing such", "state:available", "state:pending", "3 region:us-"] {
            let filter = Filter::parse(text);
            let mut matcher = Matcher::default();
            let mut expected: Vec<_> = rows
                .all()
                .enumerate()
                .filter_map(|(at, i)| Some((filter.score(i, &mut matcher, &mut Vec::new())?, at, i.id.clone())))
                .collect();
            expected.sort_by_key(|(score, at, _)| (Reverse(if filter.ranks() { *score } else { 0 }), *at));
            rows.filter(&filter);
            let shown: Vec<_> = rows.iter().map(|i| i.id.clone()).collect();
            assert_eq!(shown, expected.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>(), "{text}");
            assert_eq!((rows.len(), rows.is_empty()), (shown.len(), shown.is_empty()));
        }
    }

    #[test]
    fn every_order_reverses_and_equal_rows_are_sorted_by_name_and_region() {
        let lists = [images("eu-west-1", 2), images("us-east-1", 3)];
        let (e0, e1) = ("app-0 eu-west-1", "app-1 eu-west-1");
        let (u0, u1, u2) = ("app-0 us-east-1", "app-1 us-east-1", "app-2 us-east-1");
        for (by, reversed, expected) in [
            (Sort::Age, false, [u2, e1, u1, e0, u0]),
            (Sort::Age, true, [e0, u0, e1, u1, u2]),
            (Sort::Name, false, [e0, u0, e1, u1, u2]),
            (Sort::Name, true, [u2, e1, u1, e0, u0]),
            (Sort::Region, false, [e0, e1, u0, u1, u2]),
            (Sort::Region, true, [u0, u1, u2, e0, e1]),
            (Sort::Size, false, [e0, u0, e1, u1, u2]),
            (Sort::State, true, [e0, u0, e1, u1, u2]),
        ] {
            assert_eq!(names(&filled(&lists, by, reversed)), expected, "{by:?} {reversed}");
        }
    }

    #[test]
    fn only_images_that_belong_are_in_the_table() {
        let list = images("eu-west-1", 4);
        let mut rows = Rows::default();
        let lists = [(&list[0].region, list.as_slice())];
        rows.fill(lists.into_iter(), |i| i.id.as_str().ends_with(['1', '3']), Sort::Name, false);
        assert_eq!((rows.total(), names(&rows)), (2, vec!["app-1 eu-west-1".to_owned(), "app-3 eu-west-1".to_owned()]));
        rows.filter(&Filter::parse("app-2"));
        assert!(rows.is_empty() && rows.get(0).is_none());
        let line = |rows: &Rows, name: &str| {
            let image = list.iter().find(|i| &*i.name == name).unwrap();
            rows.line_of(&image.region, &image.id)
        };
        assert_eq!((line(&rows, "app-1"), line(&rows, "app-3")), (None, None));
        rows.filter(&Filter::parse(""));
        assert_eq!((line(&rows, "app-1"), line(&rows, "app-2"), line(&rows, "app-3")), (Some(0), None, Some(1)));
        rows.filter(&Filter::parse("app-3"));
        assert_eq!((line(&rows, "app-1"), line(&rows, "app-3")), (None, Some(0)));
        assert_eq!(rows.get(0).map(|i| &*i.name), Some("app-3"));
    }
}
