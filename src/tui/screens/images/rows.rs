//! The rows of the images table: sorted and filtered, fast enough for 100,000 images at every keystroke.

use std::{collections::BTreeMap, sync::Arc, thread};

use super::{
    region_index::RegionIndex,
    sort::{Sort, SortKey, start},
};
use crate::domain::{
    Image, ImageId, Region,
    filter::{Filter, Scratch},
};

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
    /// All images that are indexed, by name, region and id.
    by_name: Vec<Row>,
    /// All images of the table.
    order: Vec<Row>,
    /// The position in `order` of each image of each index; [`NOWHERE`] for those not in the table.
    places: Vec<Vec<u32>>,
    /// The images that match the filter, if there is one.
    matching: Option<Vec<Row>>,
    /// Bytes of the longest name.
    longest_name: usize,
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

    /// Length of the longest name in the table, in bytes.
    pub fn longest_name(&self) -> usize {
        self.longest_name
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
    /// the filter. Those whose values are equal are sorted by name, region and id.
    pub(super) fn fill<'a>(
        &mut self,
        lists: impl Iterator<Item = (&'a Region, &'a [Arc<Image>])>,
        belongs: impl Fn(&Image) -> bool,
        sort: &Sort,
    ) {
        if self.follow(lists) {
            self.sort_by_name();
        }
        let mut keyed: Vec<(SortKey<'_>, Row)> = Vec::with_capacity(self.by_name.len());
        self.longest_name = 0;
        for row in &self.by_name {
            let entry = self.indexes.get(row.index as usize).and_then(|index| index.entry(row.at as usize));
            if let Some(entry) = entry.filter(|entry| belongs(entry.image)) {
                self.longest_name = self.longest_name.max(entry.name().len());
                keyed.push((sort.key(&entry, row.index.into()), *row));
            }
        }
        // Stable, so that equal rows stay sorted by name; few different values are sorted in little time.
        keyed.sort_by(|(a, _), (b, _)| sort.compare(a, b));
        self.order = keyed.into_iter().map(|(_, row)| row).collect();
        self.places = self.indexes.iter().map(|s| vec![NOWHERE; s.len()]).collect();
        for (row, place) in self.order.iter().zip(0..) {
            if let Some(slot) = self.places.get_mut(row.index as usize).and_then(|s| s.get_mut(row.at as usize)) {
                *slot = place;
            }
        }
        self.matching = None;
    }

    /// Indexes the lists. Returns true if they changed.
    fn follow<'a>(&mut self, lists: impl Iterator<Item = (&'a Region, &'a [Arc<Image>])>) -> bool {
        let before: Vec<Region> = self.indexes.iter().map(|index| index.region.clone()).collect();
        let mut old: BTreeMap<Region, RegionIndex> = self.indexes.drain(..).map(|s| (s.region.clone(), s)).collect();
        let mut changed = false;
        self.indexes.extend(lists.map(|(region, images)| {
            let mut kept = old.remove(region).unwrap_or_else(|| RegionIndex::new(region.clone()));
            changed |= kept.follow(images);
            kept
        }));
        changed || !self.indexes.iter().map(|index| &index.region).eq(&before)
    }

    /// Sorts all images by name, region and id: the order of those whose values are equal.
    fn sort_by_name(&mut self) {
        let mut named: Vec<(u128, &str, Row)> = Vec::with_capacity(self.indexes.iter().map(RegionIndex::len).sum());
        for (index, n) in self.indexes.iter().zip(0..) {
            let rows = index.part(0, index.len()).zip(0..);
            named.extend(rows.map(|((_, entry), at)| (start(entry.name()), entry.name(), Row { index: n, at })));
        }
        let id = |row: Row| self.image(row).map(|image| &image.id);
        named.sort_unstable_by(|(a_start, a_name, a), (b_start, b_name, b)| {
            let by_name = a_start.cmp(b_start).then_with(|| a_name.cmp(b_name));
            by_name.then_with(|| a.index.cmp(&b.index)).then_with(|| id(*a).cmp(&id(*b)))
        });
        self.by_name = named.into_iter().map(|(.., row)| row).collect();
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{AccountId, ImageColumn, image::Tag};

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

    fn filled(lists: &[Vec<Arc<Image>>], sort: &Sort) -> Rows {
        let mut rows = Rows::default();
        rows.fill(lists.iter().map(|l| (&l[0].region, l.as_slice())), |_| true, sort);
        rows
    }

    fn names(rows: &Rows) -> Vec<String> {
        rows.iter().map(|i| format!("{} {}", i.name, i.region)).collect()
    }

    #[test]
    fn filtering_on_several_cores_gives_the_same_rows() {
        let lists = [images("eu-west-1", PARALLEL), images("us-east-1", PARALLEL + 1)];
        let mut rows = filled(&lists, &Sort::default());
        let (now, mut scratch) = (Timestamp::default(), Scratch::default());
        for text in
            ["", "app-123", "42", "nothing such", "state:available", "state:pending", "3 region:us-", "/7$/", "!7"]
        {
            let filter = Filter::parse(text, now);
            let expected: Vec<_> =
                rows.all().filter(|i| filter.passes(i, &mut scratch)).map(|i| i.id.clone()).collect();
            rows.filter(&filter);
            let shown: Vec<_> = rows.iter().map(|i| i.id.clone()).collect();
            assert_eq!(shown, expected, "{text}");
            assert_eq!((rows.len(), rows.is_empty()), (shown.len(), shown.is_empty()));
        }
    }

    #[test]
    fn only_fuzzy_words_put_the_best_match_first() {
        let mut list = images("eu-west-1", 3);
        for (image, name) in list.iter_mut().zip(["web", "w-e-b", "x-web"]) {
            Arc::get_mut(image).unwrap().name = name.into();
        }
        let mut rows = filled(&[list], &Sort::default());
        for (text, expected) in [("e", ["x-web", "w-e-b", "web"]), ("~web", ["web", "x-web", "w-e-b"])] {
            rows.filter(&Filter::parse(text, Timestamp::default()));
            assert_eq!(rows.iter().map(|i| &*i.name).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn every_order_reverses_and_equal_rows_are_sorted_by_name_and_region() {
        use ImageColumn as C;
        let mut lists = [images("eu-west-1", 2), images("us-east-1", 3)];
        let team = |value: &str| vec![Tag { key: "Team".into(), value: value.into() }];
        for (region, at, value) in [(0, 1, "db"), (1, 0, "Web"), (1, 1, "app")] {
            Arc::get_mut(&mut lists[region][at]).unwrap().tags = team(value);
        }
        let (e0, e1) = ("app-0 eu-west-1", "app-1 eu-west-1");
        let (u0, u1, u2) = ("app-0 us-east-1", "app-1 us-east-1", "app-2 us-east-1");
        for (by, first, reversed) in [
            (C::Age, [u2, e1, u1, e0, u0], [e0, u0, e1, u1, u2]),
            (C::Created, [u2, e1, u1, e0, u0], [e0, u0, e1, u1, u2]),
            (C::Name, [e0, u0, e1, u1, u2], [u2, e1, u1, e0, u0]),
            (C::Region, [e0, e1, u0, u1, u2], [u0, u1, u2, e0, e1]),
            (C::Size, [e0, u0, e1, u1, u2], [e0, u0, e1, u1, u2]),
            (C::State, [e0, u0, e1, u1, u2], [e0, u0, e1, u1, u2]),
            // Those without the tag are last both ways.
            (C::Tag("Team".into()), [u1, e1, u0, e0, u2], [u0, e1, u1, e0, u2]),
            (C::ImageId, [e0, u0, e1, u1, u2], [u2, e1, u1, e0, u0]),
        ] {
            let sort = Sort::by(by);
            assert_eq!(names(&filled(&lists, &sort)), first, "{sort:?}");
            assert_eq!(names(&filled(&lists, &sort.reversed())), reversed, "{sort:?} reversed");
        }
    }

    #[test]
    fn only_images_that_belong_are_in_the_table() {
        let list = images("eu-west-1", 4);
        let mut rows = Rows::default();
        let lists = [(&list[0].region, list.as_slice())];
        rows.fill(lists.into_iter(), |i| i.id.as_str().ends_with(['1', '3']), &Sort::by(ImageColumn::Name));
        assert_eq!((rows.total(), names(&rows)), (2, vec!["app-1 eu-west-1".to_owned(), "app-3 eu-west-1".to_owned()]));
        rows.filter(&Filter::parse("app-2", Timestamp::default()));
        assert!(rows.is_empty() && rows.get(0).is_none());
        let line = |rows: &Rows, name: &str| {
            let image = list.iter().find(|i| &*i.name == name).unwrap();
            rows.line_of(&image.region, &image.id)
        };
        assert_eq!((line(&rows, "app-1"), line(&rows, "app-3")), (None, None));
        rows.filter(&Filter::parse("", Timestamp::default()));
        assert_eq!((line(&rows, "app-1"), line(&rows, "app-2"), line(&rows, "app-3")), (Some(0), None, Some(1)));
        rows.filter(&Filter::parse("app-3", Timestamp::default()));
        assert_eq!((line(&rows, "app-1"), line(&rows, "app-3")), (None, Some(0)));
        assert_eq!(rows.get(0).map(|i| &*i.name), Some("app-3"));
    }
}
