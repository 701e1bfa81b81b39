//! Estimated costs in words.

use crate::domain::price::{Estimate, Money};

/// What copies cost, as one or two sentences; empty if they cost nothing.
pub fn estimate(estimate: &Estimate) -> String {
    let paid = |amount: Money, what: &str| (amount > Money::default()).then(|| format!("{amount} {what}"));
    let parts: Vec<String> = [
        paid(estimate.transfer, "transfer"),
        paid(estimate.time_based, "for the completion time"),
        paid(estimate.storage_month, "a month for snapshots (a first copy is whole, later ones store only changes)"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut sentences = Vec::new();
    if !parts.is_empty() {
        // What has no price adds to it.
        let word = if estimate.unknown.is_empty() { "At most, estimated" } else { "Estimated, in part" };
        sentences.push(format!("{word}: {}.", parts.join(", ")));
    }
    if !estimate.unknown.is_empty() {
        let unknown: Vec<String> = estimate.unknown.iter().take(3).map(ToString::to_string).collect();
        let more = estimate.unknown.len().saturating_sub(unknown.len());
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        sentences.push(format!("Price unknown: {}{more}.", unknown.join(", ")));
    }
    sentences.join(" ")
}

/// The same in few words, for a title: `at most $0.48 and $0.84 a month`; empty if nothing is to be paid.
pub fn total(estimate: &Estimate) -> String {
    let paid = |amount: Money, unit: &str| (amount > Money::default()).then(|| format!("{amount}{unit}"));
    let amounts: Vec<String> =
        [paid(estimate.once(), ""), paid(estimate.storage_month, " a month")].into_iter().flatten().collect();
    match (amounts.is_empty(), estimate.unknown.is_empty()) {
        (true, true) => String::new(),
        (true, false) => "price unknown".into(),
        (false, true) => format!("at most {}", amounts.join(" and ")),
        (false, false) => format!("{}, partly unknown", amounts.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Region, price::UnknownPrice};

    #[test]
    fn known_and_unknown_parts_are_said() {
        let region = |r: &str| Region::new(r).unwrap();
        let mut cost = Estimate::default();
        assert_eq!(estimate(&cost), "");
        (cost.transfer, cost.storage_month) = (Money::from_micros(160_000), Money::from_micros(400_000));
        assert_eq!(
            estimate(&cost),
            "At most, estimated: $0.16 transfer, $0.40 a month for snapshots (a first copy is whole, later ones store only changes)."
        );
        for place in ["eu-west-1", "eu-west-2", "eu-west-3", "us-east-1"] {
            cost.unknown.insert(UnknownPrice::Storage(region(place)));
        }
        assert!(
            estimate(&cost).ends_with(
                "Price unknown: storage in eu-west-1, storage in eu-west-2, storage in eu-west-3, and 1 more."
            )
        );
        assert_eq!(total(&cost), "$0.16 and $0.40 a month, partly unknown");
        assert_eq!(
            total(&Estimate { unknown: std::collections::BTreeSet::new(), ..cost.clone() }),
            "at most $0.16 and $0.40 a month"
        );
        let unknown = Estimate { unknown: cost.unknown, ..Estimate::default() };
        assert_eq!(total(&unknown), "price unknown");
        assert_eq!(total(&Estimate::default()), "");
        assert!(estimate(&unknown).starts_with("Price unknown: "));
    }
}
