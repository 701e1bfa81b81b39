//! Which images are shown, and in which order. Fast enough for 100,000 of them at every keystroke.

use std::{cmp::Ordering, sync::Arc, thread};

use nucleo_matcher::{Config, Matcher};

use crate::domain::{Image, filter::Filter};

/// The column rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The newest first.
    #[default]
    Age,
    /// By name.
    Name,
    /// By region, then name.
    Region,
    /// The largest first.
    Size,
    /// By state.
    State,
}

impl Sort {
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

    fn compare(self, a: &Image, b: &Image) -> Ordering {
        match self {
            Self::Age => b.created.cmp(&a.created),
            Self::Name => a.name.cmp(&b.name),
            Self::Region => a.region.cmp(&b.region),
            Self::Size => b.size_gib().cmp(&a.size_gib()),
            Self::State => a.state.cmp(&b.state),
        }
    }
}

/// Puts images in order; equal ones by name, region and id, so that the order is the same every time.
pub(super) fn sort(images: &mut [Arc<Image>], by: Sort, reversed: bool) {
    images.sort_by(|a, b| {
        let order = by.compare(a, b);
        let order = if reversed { order.reverse() } else { order };
        order.then_with(|| a.name.cmp(&b.name)).then_with(|| a.region.cmp(&b.region)).then_with(|| a.id.cmp(&b.id))
    });
}

/// Rows from here on are shared out between the processor's cores.
const SHARED_OUT: usize = 5_000;

/// Those that fit, the best fit first where the filter ranks, else in the order given.
pub(super) fn filter(images: &[Arc<Image>], filter: &Filter) -> Vec<Arc<Image>> {
    if filter.is_empty() {
        return images.to_vec();
    }
    let cores = thread::available_parallelism().map_or(1, usize::from).min(8);
    let mut hits = if images.len() < SHARED_OUT || cores == 1 {
        look(images, 0, filter)
    } else {
        let share = images.len().div_ceil(cores);
        thread::scope(|scope| {
            let parts: Vec<_> = images
                .chunks(share)
                .enumerate()
                .map(|(n, part)| scope.spawn(move || look(part, n * share, filter)))
                .collect();
            parts.into_iter().filter_map(|p| p.join().ok()).flatten().collect()
        })
    };
    if filter.ranks() {
        hits.sort_unstable_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
    }
    hits.into_iter().filter_map(|(_, at)| images.get(at).cloned()).collect()
}

fn look(images: &[Arc<Image>], first: usize, filter: &Filter) -> Vec<(u32, usize)> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    images
        .iter()
        .enumerate()
        .filter_map(|(at, image)| Some((filter.score(image, &mut matcher, &mut buffer)?, first + at)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountId, ImageId, Region};

    fn images(n: usize) -> Vec<Arc<Image>> {
        (0..n)
            .map(|i| {
                let mut image = Image::bare(
                    ImageId::new(&format!("ami-{i:08x}")).unwrap(),
                    Region::new("eu-west-1").unwrap(),
                    AccountId::new("123456789012").unwrap(),
                );
                image.name = format!("app-{i}").into();
                image.created = jiff::Timestamp::from_second(i64::try_from(i).unwrap()).ok();
                Arc::new(image)
            })
            .collect()
    }

    #[test]
    fn sharing_out_changes_nothing() {
        let all = images(SHARED_OUT * 2);
        for text in ["app-123", "42", "nothing such", "state:available", "state:pending"] {
            let parsed = Filter::parse(text);
            let whole: Vec<_> = {
                let mut hits = look(&all, 0, &parsed);
                if parsed.ranks() {
                    hits.sort_unstable_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
                }
                hits.into_iter().map(|(_, at)| all[at].id.clone()).collect()
            };
            let shared: Vec<_> = filter(&all, &parsed).iter().map(|i| i.id.clone()).collect();
            assert_eq!(shared, whole, "{text}");
        }
    }

    #[test]
    fn the_newest_is_first_and_turning_round_turns_round() {
        let mut all = images(3);
        sort(&mut all, Sort::Age, false);
        assert_eq!(&*all[0].name, "app-2");
        sort(&mut all, Sort::Age, true);
        assert_eq!(&*all[0].name, "app-0");
        sort(&mut all, Sort::Name, true);
        assert_eq!(&*all[0].name, "app-2");
    }
}
