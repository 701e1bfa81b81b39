//! Coverage in words.

use crate::domain::{
    coverage::{CellState, Column, Family, Listed},
    text::count,
};

/// Returns a cell of a family in a word of at most nine letters.
pub fn word(family: &Family, state: &CellState) -> String {
    match state {
        CellState::Pending(Some(percent)) => format!("{percent}%"),
        CellState::Missing if !family.can_be_copied() => NO_SOURCE.into(),
        state => state.as_str().into(),
    }
}

/// What is missing, and cannot be copied: no image of it is available.
const NO_SOURCE: &str = "no source";

/// Returns what a cell of a family means, with what differs.
pub fn meaning(family: &Family, state: &CellState) -> String {
    match state {
        CellState::Missing if !family.can_be_copied() => {
            format!("no version is available anywhere; the newest is {}", family.newest().state.as_str())
        }
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

/// Returns how much there is, and how much is missing: `12 families, missing or stale: 7, without a source to copy: 2`.
pub fn summary<'a>(families: impl Iterator<Item = &'a Family>) -> String {
    let (mut n, mut lacking, mut without_source) = (0, 0, 0);
    for family in families {
        n += 1;
        lacking += family.lacking();
        without_source += family.lacking_without_source();
    }
    let families = count(n, "family", "families");
    let missing = match lacking {
        0 if without_source > 0 => "nothing missing that could be copied".to_owned(),
        0 => "nothing missing".to_owned(),
        lacking => format!("missing or stale: {lacking}"),
    };
    let without_source = match without_source {
        0 => String::new(),
        n => format!(", without an image to copy: {n}"),
    };
    format!("{families}, {missing}{without_source}")
}
