//! Leaves out of long names what they have in common, so that what distinguishes them remains.

use std::{collections::BTreeSet, ops::Range};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Returns the parts of each sanitised text that fit into the cells together with an ellipsis of one cell for each gap.
pub fn elide(texts: &[&str], cells: usize) -> Vec<Vec<Range<usize>>> {
    if texts.iter().all(|text| text.width() <= cells) {
        return texts.iter().map(|text| whole(text)).collect();
    }
    let distinct: Vec<Vec<&str>> =
        texts.iter().collect::<BTreeSet<_>>().into_iter().map(|text| text.graphemes(true).collect()).collect();
    texts.iter().map(|text| if text.width() <= cells { whole(text) } else { shorten(text, &distinct, cells) }).collect()
}

fn whole(text: &str) -> Vec<Range<usize>> {
    std::iter::once(0..text.len()).collect()
}

fn shorten(text: &str, others: &[Vec<&str>], cells: usize) -> Vec<Range<usize>> {
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let weights = weights(&graphemes, others);
    let mut words = words(&graphemes, cells);
    let weight = |word: &Range<usize>| weights[word.clone()].iter().copied().max().unwrap_or(0);
    // The order of equal ones stays.
    words.sort_by_key(|word| std::cmp::Reverse(weight(word)));
    let mut kept = Kept { graphemes: &graphemes, kept: vec![false; graphemes.len()] };
    for word in words {
        kept.try_add(word, cells);
    }
    for at in 0..graphemes.len() {
        if at.checked_sub(1).is_none_or(|before| kept.kept[before]) && !kept.kept[at] {
            kept.try_add(at..at + 1, cells);
        }
    }
    kept.ranges()
}

/// What is kept of a text.
struct Kept<'a> {
    graphemes: &'a [&'a str],
    kept: Vec<bool>,
}

impl Kept<'_> {
    /// Keeps a part more, if it still fits.
    fn try_add(&mut self, part: Range<usize>, cells: usize) {
        let before = self.kept[part.clone()].to_vec();
        self.kept[part.clone()].fill(true);
        if self.cells() > cells {
            self.kept[part].copy_from_slice(&before);
        }
    }

    /// Returns the cells of what is kept and of the gaps.
    fn cells(&self) -> usize {
        let mut before = true;
        let mut cells = 0;
        for (grapheme, kept) in self.graphemes.iter().zip(&self.kept) {
            cells += if *kept { grapheme.width() } else { usize::from(before) };
            before = *kept;
        }
        cells
    }

    fn ranges(&self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for (grapheme, kept) in self.graphemes.iter().zip(&self.kept) {
            let end = at + grapheme.len();
            match ranges.last_mut() {
                Some(last) if *kept && last.end == at => last.end = end,
                _ if *kept => ranges.push(at..end),
                _ => {}
            }
            at = end;
        }
        ranges
    }
}

/// Cells at both ends that are worth more than others, since names are known by them.
const ENDS: usize = 8;

/// Returns how much each grapheme distinguishes the text from the others: what differs from very similar ones most of all.
fn weights(text: &[&str], others: &[Vec<&str>]) -> Vec<usize> {
    let n = text.len();
    let mut weights: Vec<usize> = (0..n).map(|at| ENDS.saturating_sub(at) + ENDS.saturating_sub(n - 1 - at)).collect();
    for other in others.iter().filter(|other| *other != text) {
        let start = text.iter().zip(other).take_while(|(a, b)| a == b).count();
        let room = n.min(other.len()) - start;
        let end = text.iter().rev().zip(other.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
        // Where the other has something more, its surroundings differ.
        let differing = if start < n - end { start..n - end } else { start.saturating_sub(1)..(start + 1).min(n) };
        let share = (1 + start + end) * 64 / differing.len().max(1);
        weights[differing].iter_mut().for_each(|weight| *weight += share);
    }
    weights
}

/// Splits a text into words with the separators behind them; long ones into pieces.
fn words(text: &[&str], cells: usize) -> Vec<Range<usize>> {
    let most = (cells / 3).max(1);
    let is_part = |grapheme: &str| grapheme.chars().all(char::is_alphanumeric);
    let mut words: Vec<Range<usize>> = Vec::new();
    for (at, grapheme) in text.iter().enumerate() {
        match words.last_mut() {
            Some(word) if word.len() < most && (is_part(text[at - 1]) || !is_part(grapheme)) => word.end = at + 1,
            _ => words.push(at..at + 1),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn shown(texts: &[&str], cells: usize) -> Vec<String> {
        let parts = elide(texts, cells);
        texts
            .iter()
            .zip(parts)
            .map(|(text, parts)| {
                let mut out = String::new();
                let mut end = 0;
                for part in parts {
                    out.push_str(if part.start > end { "~" } else { "" });
                    out.push_str(&text[part.clone()]);
                    end = part.end;
                }
                out.push_str(if end < text.len() { "~" } else { "" });
                out
            })
            .collect()
    }

    #[test]
    fn what_names_have_in_common_is_left_out() {
        let ubuntu = |arch: &str, date: &str| format!("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{arch}-server-{date}");
        let names = [ubuntu("amd64", "20240101"), ubuntu("arm64", "20240101"), ubuntu("arm64", "20240207")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let short = shown(&names, 23);
        for (short, parts) in short.iter().zip([["amd64", "0101"], ["arm64", "0101"], ["arm64", "0207"]]) {
            assert!(parts.iter().all(|part| short.contains(part)), "{short}");
        }
        assert_eq!(shown(&["short", "web-1"], 5), ["short", "web-1"]);
        let long = ["fleet-web-20261121.59992", "fleet-web-20261121.59993"];
        assert!(shown(&long, 12).iter().zip(["59992", "59993"]).all(|(short, end)| short.ends_with(end)));
        assert_eq!(shown(&["abcdefghijklmnopqrstuvwxyz"], 0), ["~"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_cells(texts in proptest::collection::vec("\\PC{0,40}", 1..6), cells in 1..30_usize) {
            let texts: Vec<String> = texts.iter().map(|text| crate::domain::text::clean(text).into_owned()).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            for short in shown(&texts, cells) {
                prop_assert!(short.width() <= cells, "{short:?} in {cells}");
            }
        }

        #[test]
        fn builds_of_one_image_stay_apart(
            builds in proptest::collection::btree_set((0..3_usize, 1_000..9_999_u32), 2..20), cells in 20..30_usize,
        ) {
            let name = |(at, n): &(usize, u32)| {
                format!("company/base-images/{}/hardened-linux-2026.{n}-x86_64-ebs", ["web", "app", "database"][*at])
            };
            let names: Vec<String> = builds.iter().map(name).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let short: BTreeSet<String> = shown(&names, cells).into_iter().collect();
            prop_assert_eq!(short.len(), names.len(), "{:?}", short);
        }
    }
}
