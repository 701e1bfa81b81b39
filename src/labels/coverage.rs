//! Coverage in words.

use crate::domain::{
    coverage::{CellState, Column, Family, Listed},
    text::count,
};

/// Returns a cell in a word of at most eight letters.
pub fn word(state: &CellState) -> String {
    match state {
        CellState::Pending(Some(percent)) => format!("{percent}%"),
        state => state.as_str().into(),
    }
}

/// Returns what a cell means, with what differs.
pub fn meaning(state: &CellState) -> String {
    match state {
        CellState::Available => "the newest version is available".into(),
        CellState::Differs(differences) => {
            let named: Vec<&str> = differences.iter().map(|difference| difference.as_str()).collect();
            format!("the newest version is available, but differs from its source: {}", named.join(", "))
        }
        CellState::Pending(Some(percent)) => format!("the newest version is being copied, {percent}%"),
        CellState::Pending(None) => "the newest version is pending".into(),
        CellState::Disabled => "the newest version exists, but is disabled: it cannot be launched or copied".into(),
        CellState::Stale => "only an older version is available".into(),
        CellState::Failed => "copying the newest version failed, and no other version is available".into(),
        CellState::Missing => "no version is available".into(),
        CellState::Unknown => "unknown: the region's images are not all listed".into(),
    }
}

/// Returns the regions of which not everything is known, in words; nothing if there are none.
pub fn not_known(columns: &[Column]) -> Vec<String> {
    let count = |listed: Listed| columns.iter().filter(|column| column.listed == listed).count();
    let said = |n: usize, what: &str| {
        let regions = if n == 1 { "region" } else { "regions" };
        (n > 0).then(|| format!("{n} {regions} {what}"))
    };
    [said(count(Listed::Underway), "being listed"), said(count(Listed::Failed), "not listed")]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns how much there is, and how much is missing: `12 families, missing or stale: 7`.
pub fn summary<'a>(families: impl Iterator<Item = &'a Family>) -> String {
    let (n, lacking) = families.fold((0, 0), |(n, lacking), family| (n + 1, lacking + family.lacking()));
    let families = count(n, "family", "families");
    let missing = if lacking == 0 { "nothing missing".to_owned() } else { format!("missing or stale: {lacking}") };
    format!("{families}, {missing}")
}
