//! Texts fitted into cells of a table, of which it is still known what was where: what a filter has matched is shown there.

use std::{borrow::Cow, ops::Range};

use ratatui::{style::Style, text::Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::clean;

/// A text in a number of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted<'a> {
    text: Cow<'a, str>,
    /// What is shown of the text, in order; an ellipsis marks what is left out.
    kept: Vec<Range<usize>>,
    cells: usize,
    right: bool,
}

impl<'a> Fitted<'a> {
    /// Cuts a text at its end.
    pub fn cut(text: &'a str, cells: usize, ellipsis: &str) -> Self {
        let text = clean(text);
        let whole = text.width() <= cells;
        let room = if whole { cells } else { cells.saturating_sub(ellipsis.width()) };
        let mut used = 0;
        let end = text.grapheme_indices(true).find(|(_, grapheme)| {
            used += grapheme.width();
            used > room
        });
        let end = end.map_or(text.len(), |(at, _)| at);
        Self { text, kept: std::iter::once(0..end).collect(), cells, right: false }
    }

    /// Keeps parts of a sanitised text that [`super::elide`] chose.
    pub fn parts(text: Cow<'a, str>, kept: Vec<Range<usize>>, cells: usize) -> Self {
        Self { text, kept, cells, right: false }
    }

    /// Aligns it to the right.
    #[must_use]
    pub fn right(self) -> Self {
        Self { right: true, ..self }
    }

    /// The sanitised text, of which parts are shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns it as spans, with what was matched in a style of its own.
    pub fn spans(
        &self,
        ellipsis: &str,
        matched: &[Range<usize>],
        style: Style,
        matched_style: Style,
    ) -> Vec<Span<'static>> {
        let mut spans = Spans { all: Vec::new(), cells: 0 };
        let mut end = 0;
        for kept in &self.kept {
            if kept.start > end {
                spans.push(ellipsis, style);
            }
            let mut at = kept.start;
            for range in matched {
                let (from, to) = (range.start.clamp(at, kept.end), range.end.clamp(at, kept.end));
                if from < to {
                    spans.push(&self.text[at..from], style);
                    spans.push(&self.text[from..to], matched_style);
                    at = to;
                }
            }
            spans.push(&self.text[at..kept.end], style);
            end = kept.end;
        }
        if end < self.text.len() {
            spans.push(ellipsis, style);
        }
        let pad = Span::styled(" ".repeat(self.cells.saturating_sub(spans.cells)), style);
        let place = if self.right { 0 } else { spans.all.len() };
        spans.all.insert(place, pad);
        spans.all
    }
}

struct Spans {
    all: Vec<Span<'static>>,
    cells: usize,
}

impl Spans {
    fn push(&mut self, text: &str, style: Style) {
        if !text.is_empty() {
            self.cells += text.width();
            self.all.push(Span::styled(text.to_owned(), style));
        }
    }
}
