//! The storage that images hold, in words.

use super::cost::price_unknown;
use crate::domain::{
    price::Prices,
    region::Region,
    storage_held::{Cost, Held, StorageHeld},
    text::{count, thousands},
};

/// Whose images count.
pub const OWN_ONLY: &str = "Only your own images count: other accounts pay for the storage of theirs.";

/// How a snapshot is counted.
pub const BOUND: &str = "EBS bills only changed blocks, which EC2 does not report: a snapshot counts with its volume's size, or with its \
                         full size (FullSnapshotSizeInBytes) where EC2 reports a smaller one";

/// A size: `1,204 GiB`.
pub fn gib(gib: u64) -> String {
    format!("{} GiB", thousands(usize::try_from(gib).unwrap_or(usize::MAX)))
}

/// Size of the volumes, in a column: `120 GiB`, or `>= 120 GiB` where not everything could be read.
pub fn volumes(held: &Held) -> String {
    format!("{}{}", if held.is_bounded() { "" } else { ">= " }, gib(held.volume_gib))
}

/// What is not known of a sum, in a column.
const AND_MORE: &str = " + ?";

/// Size that is billed at most, in a column: `75 GiB`, or `75 GiB + ?` where a part is not known.
pub fn at_most(held: &Held) -> String {
    format!("{}{}", gib(held.at_most_gib()), if held.is_bounded() { "" } else { AND_MORE })
}

/// Cost of a month at most, in a column: `$3.75`, or `$3.75 + ?` where the price of a part is not known, or it could not be read.
pub fn month(cost: Cost) -> String {
    match cost {
        Cost::AtMost(month) => month.to_string(),
        Cost::PartAtMost(month) => format!("{month}{AND_MORE}"),
        Cost::Unknown => "unknown".into(),
    }
}

/// Cost of a month in a sentence: `at most $3.75 a month`, `at most $3.75 a month for what has a price`.
pub fn cost(held: &Held) -> String {
    match held.cost() {
        Cost::AtMost(month) => format!("at most {month} a month"),
        Cost::PartAtMost(month) => format!("at most {month} a month{}", of_part(held)),
        Cost::Unknown => "price unknown".into(),
    }
}

/// What a sum is of, if not of everything.
fn of_part(held: &Held) -> &'static str {
    match (held.complete, held.unpriced) {
        (true, 0) => "",
        (true, _) => " for what has a price",
        (false, 0) => " for what was read",
        (false, _) => " for what was read and has a price",
    }
}

/// The sum in few words, for a title: `at most 75 GiB and $3.75 a month`, with what it is of, if that is not everything.
pub fn brief(held: &Held) -> String {
    let size = format!("at most {}", gib(held.at_most_gib()));
    match held.cost() {
        Cost::AtMost(month) => format!("{size} and {month} a month"),
        Cost::PartAtMost(month) if held.is_bounded() => format!("{size}, and {month} a month{}", of_part(held)),
        Cost::PartAtMost(month) => format!("{size} and {month} a month{}", of_part(held)),
        Cost::Unknown if held.is_bounded() => format!("{size}, price unknown"),
        Cost::Unknown => format!("{size} for what is known, price unknown"),
    }
}

/// The sum: `5 images, 7 snapshots of 120 GiB: at most 75 GiB and $3.75 a month, estimated with prices of 2019-09-22.`
pub fn total(held: &Held, prices: &Prices) -> String {
    let dated = match (held.cost(), prices.oldest()) {
        (Cost::Unknown, _) => String::new(),
        (_, None) => ", estimated".into(),
        (_, Some(day)) => format!(", estimated with prices of {day}"),
    };
    format!(
        "{}, {} of {}: {}{dated}.",
        count(held.images, "image", "images"),
        count(held.snapshots, "snapshot", "snapshots"),
        gib(held.volume_gib),
        brief(held)
    )
}

/// What else there is to know about the sum, a sentence each; the most important first.
pub fn notes(held: &StorageHeld) -> Vec<String> {
    let total = held.total();
    let mut notes = Vec::new();
    let incomplete: Vec<&str> = held.incomplete().iter().map(Region::as_str).collect();
    if !incomplete.is_empty() {
        notes.push(format!("Not all of {} could be read: the sums are without what was not.", incomplete.join(", ")));
    }
    if held.misses_regions() {
        let regions = count(held.regions, "region is", "regions are");
        notes.push(format!(
            "Which regions there are could not be read: {regions} in the sums, and others may hold more."
        ));
    }
    if total.without_size > 0 {
        let snapshots = count(total.without_size, "snapshot", "snapshots");
        notes.push(format!("EC2 reports no size of {snapshots}: the sums are without them."));
    }
    let unknown = held.unknown_prices();
    if !unknown.is_empty() {
        notes.push(price_unknown(&unknown));
    }
    if total.snapshots > 0 {
        let of = format!("{} of {}", thousands(total.bounded_by_full_size), thousands(total.snapshots));
        notes.push(format!("{BOUND} ({of})."));
    }
    if total.archived > 0 {
        notes.push(format!(
            "{} in the archive tier, which has its own price.",
            count(total.archived, "snapshot is", "snapshots are")
        ));
    }
    if held.unlisted > 0 {
        let snapshots = count(held.unlisted, "snapshot of these images is", "snapshots of these images are");
        notes.push(format!("{snapshots} not among your own in EC2's list, and not counted."));
    }
    if held.on_instance_store > 0 {
        let images = count(held.on_instance_store, "image is", "images are");
        notes.push(format!("{images} on instance store: the files are in S3, and not counted."));
    }
    let rest = &held.not_in_images;
    if rest.snapshots > 0 {
        let snapshots = count(rest.snapshots, "snapshot", "snapshots");
        notes.push(format!("Not in an image: {snapshots} of {}, {}.", gib(rest.volume_gib), cost(rest)));
    }
    notes.push(OWN_ONLY.to_owned());
    notes
}

/// What is said of snapshots that several rows count: `1 snapshot is in several rows; the total counts it once.`
pub fn shared(snapshots: usize) -> Option<String> {
    let which = if snapshots == 1 { "it" } else { "each" };
    (snapshots > 0).then(|| {
        format!("{} in several rows; the total counts {which} once.", count(snapshots, "snapshot is", "snapshots are"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::price::Money;

    #[test]
    fn what_is_not_known_is_told() {
        let known = Held {
            images: 1,
            snapshots: 2,
            volume_gib: 1_204,
            at_most_bytes: (75 << 30) + 1,
            month: Money::from_micros(3_800_000),
            ..Held::default()
        };
        let prices = Prices::default();
        let partly = Held { unpriced: 1, complete: false, ..known };
        let unknown = Held { unpriced: 2, ..known };
        assert_eq!(
            [known, partly, unknown].map(|held| total(&held, &prices)),
            [
                "1 image, 2 snapshots of 1,204 GiB: at most 76 GiB and $3.80 a month, estimated.",
                "1 image, 2 snapshots of 1,204 GiB: at most 76 GiB and $3.80 a month for what was read and has a price, estimated.",
                "1 image, 2 snapshots of 1,204 GiB: at most 76 GiB, price unknown.",
            ]
        );
        assert_eq!([known, partly, unknown].map(|held| month(held.cost())), ["$3.80", "$3.80 + ?", "unknown"]);
        assert_eq!([volumes(&known), volumes(&partly)], ["1,204 GiB", ">= 1,204 GiB"]);
        assert_eq!([at_most(&known), at_most(&partly)], ["76 GiB", "76 GiB + ?"]);
        let unread = Held { complete: false, ..known };
        let unsized_ = Held { unpriced: 1, without_size: 1, ..known };
        let unpriced = Held { unpriced: 1, ..known };
        assert_eq!(
            [unread, unpriced, unsized_].map(|held| brief(&held)),
            [
                "at most 76 GiB and $3.80 a month for what was read",
                "at most 76 GiB, and $3.80 a month for what has a price",
                "at most 76 GiB and $3.80 a month for what has a price",
            ]
        );
        assert_eq!(at_most(&unsized_), "76 GiB + ?");
        assert_eq!(
            (shared(0), shared(1)),
            (None, Some("1 snapshot is in several rows; the total counts it once.".into()))
        );
    }
}
