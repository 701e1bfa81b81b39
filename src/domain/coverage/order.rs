//! Orders that do not depend on the order of the input.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::domain::{ids::ImageId, image::Image, region::Region};

/// Returns what sorts images from old to new; those without a date come last.
pub(super) fn by_age(image: &Image) -> (Timestamp, &Region, &ImageId) {
    (image.created.unwrap_or(Timestamp::MAX), &image.region, &image.id)
}

/// Compares versions as people count: `-9` comes before `-10`.
pub(super) fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (split(a), split(b)) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some((part_a, rest_a)), Some((part_b, rest_b))) => match compare_parts(part_a, part_b) {
                Ordering::Equal => (a, b) = (rest_a, rest_b),
                order => return order,
            },
        }
    }
}

/// Splits off the first number, or the text before it.
fn split(text: &str) -> Option<(&str, &str)> {
    let digits = text.chars().next()?.is_ascii_digit();
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    Some(text.split_at(end))
}

fn compare_parts(a: &str, b: &str) -> Ordering {
    let number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    if number(a) && number(b) {
        let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
        return a.len().cmp(&b.len()).then_with(|| a.cmp(b));
    }
    a.cmp(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_versions_are_compared_as_numbers() {
        for (older, newer) in [
            ("-9", "-10"),
            ("-v1.2.3", "-v1.10"),
            ("-20260131", "-20260201"),
            ("-2026-01-31", "-2026-02-01"),
            ("", "-1"),
            ("-1", "-1.1"),
            ("-99999999999999999999999", "-100000000000000000000000"),
        ] {
            assert_eq!(compare_versions(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(compare_versions(newer, older), Ordering::Greater, "{newer} {older}");
        }
        assert_eq!(compare_versions("-007", "-7"), Ordering::Equal);
    }
}
