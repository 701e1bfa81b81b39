//! Estimated costs in words.

use std::collections::BTreeSet;

use crate::domain::price::{Estimate, Money, UnknownPrice};

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
        sentences.push(price_unknown(&estimate.unknown));
    }
    sentences.join(" ")
}

/// What has no known price: `Price unknown: storage in eu-west-1, eu-west-2.`
pub(super) fn price_unknown(parts: &BTreeSet<UnknownPrice>) -> String {
    format!("Price unknown: {}.", unknown(parts).join("; "))
}

/// The parts without a price, those of a kind together: `transfer from us-east-1 to eu-west-1, eu-west-2`.
fn unknown(parts: &BTreeSet<UnknownPrice>) -> Vec<String> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    for part in parts {
        let (kind, of) = match part {
            UnknownPrice::Transfer { from, to } => (format!("transfer from {from} to"), to.to_string()),
            UnknownPrice::Storage(region) => ("storage in".into(), region.to_string()),
            UnknownPrice::Archive(region) => ("archived storage in".into(), region.to_string()),
            UnknownPrice::PlacedStorage(_)
            | UnknownPrice::OtherTier(_)
            | UnknownPrice::TimeBased(_)
            | UnknownPrice::Size(_)
            | UnknownPrice::SnapshotSize(_) => (String::new(), part.to_string()),
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, all)) => all.push(of),
            None => kinds.push((kind, vec![of])),
        }
    }
    kinds.into_iter().map(|(kind, all)| format!("{kind} {}", some_of(&all)).trim_start().to_owned()).collect()
}

/// Lists up to four, and how many more there are.
fn some_of(all: &[String]) -> String {
    const MOST: usize = 4;
    match all.len().checked_sub(MOST).filter(|more| *more > 1) {
        Some(more) => format!("{} and {more} more", all[..MOST].join(", ")),
        None => all.join(", "),
    }
}

/// The same in few words, for a title: `at most $0.48 once, $0.84 a month`; empty if nothing is to be paid.
pub fn total(estimate: &Estimate) -> String {
    let paid = |amount: Money, unit: &str| (amount > Money::default()).then(|| format!("{amount}{unit}"));
    let amounts = [paid(estimate.once(), " once"), paid(estimate.storage_month, " a month")];
    let amounts: Vec<String> = amounts.into_iter().flatten().collect();
    match (amounts.is_empty(), estimate.unknown.is_empty()) {
        (true, true) => String::new(),
        (true, false) => "price unknown".into(),
        (false, true) => format!("at most {}", amounts.join(", ")),
        (false, false) => format!("{}, partly unknown", amounts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;

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
        for place in ["eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2"] {
            cost.unknown.insert(UnknownPrice::Storage(region(place)));
        }
        let from = region("us-west-1");
        cost.unknown.insert(UnknownPrice::Transfer { from: from.clone(), to: region("eu-west-1") });
        assert!(estimate(&cost).ends_with(
            "Price unknown: transfer from us-west-1 to eu-west-1; storage in eu-west-1, eu-west-2, eu-west-3, us-east-1, us-east-2."
        ));
        cost.unknown.insert(UnknownPrice::Storage(from));
        assert!(estimate(&cost).ends_with("storage in eu-west-1, eu-west-2, eu-west-3, us-east-1 and 2 more."));
        assert_eq!(total(&cost), "$0.16 once, $0.40 a month, partly unknown");
        assert_eq!(
            total(&Estimate { unknown: std::collections::BTreeSet::new(), ..cost.clone() }),
            "at most $0.16 once, $0.40 a month"
        );
        let unknown = Estimate { unknown: cost.unknown, ..Estimate::default() };
        assert_eq!(total(&unknown), "price unknown");
        assert_eq!(total(&Estimate::default()), "");
        assert!(estimate(&unknown).starts_with("Price unknown: "));
    }
}
