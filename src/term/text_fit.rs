//! Fitting text into terminal cells: sanitised, cut, padded, wrapped.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::clean;

/// Width of a text in cells.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in exactly `cells` cells: sanitised, cut with `ellipsis`, padded on the right.
pub fn fit(text: &str, cells: usize, ellipsis: &str) -> String {
    let mut out = cut(text, cells, ellipsis);
    let used = out.width();
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    out
}

/// Like [`fit`], padded on the left.
pub fn fit_right(text: &str, cells: usize, ellipsis: &str) -> String {
    let cut = cut(text, cells, ellipsis);
    format!("{}{cut}", " ".repeat(cells.saturating_sub(cut.width())))
}

/// Like [`fit`], cut in the middle: names of builds differ at their ends.
pub fn fit_middle(text: &str, cells: usize, ellipsis: &str) -> String {
    if cells < 12 { fit(text, cells, ellipsis) } else { fit(&elide(text, cells, 2, ellipsis), cells, ellipsis) }
}

/// The text in at most `cells` cells: sanitised, cut between graphemes, with `ellipsis`. So many quarters of what stays are its
/// head: 4 cut the end, 0 the beginning.
pub fn elide(text: &str, cells: usize, quarters: usize, ellipsis: &str) -> String {
    let text = clean(text);
    if text.width() <= cells {
        return text.into_owned();
    }
    let room = cells.saturating_sub(ellipsis.width());
    let (mut tail, mut used) = (text.len(), 0);
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > room - room * quarters.min(4) / 4 {
            break;
        }
        tail = at;
    }
    let tail = &text[tail..];
    // The head ends in the ellipsis.
    format!("{}{tail}", cut(&text, cells.saturating_sub(tail.width()), ellipsis))
}

/// The text in at most `cells` cells: sanitised, cut between graphemes, with `ellipsis`.
pub fn cut(text: &str, cells: usize, ellipsis: &str) -> String {
    let text = clean(text);
    if text.width() <= cells {
        return text.into_owned();
    }
    let room = cells.saturating_sub(ellipsis.width());
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        out.push_str(grapheme);
    }
    if cells >= ellipsis.width() {
        out.push_str(ellipsis);
    }
    out
}

/// Wraps a text into lines of at most `cells` cells, at spaces where possible.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let text = clean(text);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        if used > 0 && used + word.trim_end().width() > cells {
            lines.push(String::new());
            used = 0;
        }
        for grapheme in word.graphemes(true) {
            let wide = grapheme.width();
            if used + wide > cells && grapheme != " " {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut().filter(|_| used + wide <= cells) {
                line.push_str(grapheme);
                used += wide;
            }
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_exactly() {
        for text in [
            "",
            "web",
            "日本語の名前",
            "👩\u{200d}🚀👩\u{200d}🚀👩\u{200d}🚀",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
            "a\u{1b}[31mred",
            "x\u{202e}y",
        ] {
            for cells in 0..12 {
                assert_eq!(fit(text, cells, "…").width(), cells, "{text:?} in {cells}");
                assert_eq!(fit_middle(text, cells, "…").width(), cells, "{text:?} in {cells}");
                assert_eq!(fit_right(text, cells, "…").width(), cells, "{text:?} in {cells}");
            }
        }
        assert_eq!(fit("app-web-2026", 8, "…"), "app-web…");
        assert_eq!(fit("a\u{1b}[31m\u{202e}b", 9, "…"), "a [31mb  ", "nothing that steers a terminal");
        assert_eq!(fit_middle("fleet-web-20261121.59992", 16, "…"), "fleet-w…21.59992");
    }

    #[test]
    fn text_is_cut_where_it_is_wanted() {
        let cuts = [0, 1, 2, 3, 4].map(|quarters| elide("0123456789", 9, quarters, "…"));
        assert_eq!(cuts, ["…23456789", "01…456789", "0123…6789", "012345…89", "01234567…"]);
        assert_eq!(elide("0123456789", 10, 2, "…"), "0123456789");
        for (cells, quarters) in (0..10).flat_map(|cells| (0..5).map(move |quarters| (cells, quarters))) {
            assert!(elide("日本語の名前 and more", cells, quarters, "...").width() <= cells, "{cells} {quarters}");
        }
    }

    #[test]
    fn long_lines_break_at_blanks() {
        assert_eq!(wrap("the key is not accessible", 10), ["the key is", "not", "accessible"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert!(wrap("日本語の名前 and more", 5).iter().all(|l| l.width() <= 5));
    }
}
