//! Finding a text in a page.

use ratatui::text::{Line, Span};
use tui_input::Input;

use crate::{
    domain::filter::Literal,
    tui::{
        theme,
        widgets::{text_fit::width, title_filter},
    },
};

/// What is looked for in a page, and where it was found.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub(in crate::tui) line: Input,
    /// True while keys go to the text.
    pub(in crate::tui) typing: bool,
    /// The line that was gone to last.
    pub(super) at: Option<usize>,
    /// The first line shown when the text began to be typed.
    pub(super) from: usize,
}

impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        let parts = |search: &Self| (search.line.value().to_owned(), search.typing, search.at, search.from);
        parts(self) == parts(other)
    }
}

impl Search {
    fn wanted(&self) -> Option<Literal> {
        Literal::typed(self.line.value())
    }

    /// Returns the lines that have the text.
    pub(super) fn found_in(&self, lines: &[Line<'_>]) -> Vec<usize> {
        let Some(wanted) = self.wanted() else { return Vec::new() };
        let has = |(at, line): (usize, &Line<'_>)| (!wanted.ranges_in(&text(line)).is_empty()).then_some(at);
        lines.iter().enumerate().filter_map(has).collect()
    }

    /// Returns a line with what was found in a style of its own.
    pub(super) fn highlight(&self, line: Line<'static>) -> Line<'static> {
        let found = self.wanted().map(|wanted| wanted.ranges_in(&text(&line))).unwrap_or_default();
        if found.is_empty() {
            return line;
        }
        let (mut spans, mut start) = (Vec::new(), 0);
        for span in &line.spans {
            let (mut at, end) = (start, start + span.content.len());
            let part = |from: usize, to: usize| span.content[from - start..to - start].to_owned();
            for range in &found {
                let (from, to) = (range.start.clamp(at, end), range.end.clamp(at, end));
                if from < to {
                    spans.push(Span::styled(part(at, from), span.style));
                    spans.push(Span::styled(part(from, to), span.style.patch(theme::MATCH)));
                    at = to;
                }
            }
            spans.push(Span::styled(part(at, end), span.style));
            start = end;
        }
        Line { spans, ..line }
    }

    /// Returns what the title says of it in this many cells, and the cell of the cursor.
    pub(super) fn title(
        &self,
        lines: &[Line<'_>],
        selected: bool,
        cells: usize,
        ellipsis: &str,
    ) -> (Vec<Span<'static>>, usize) {
        let found = self.found_in(lines);
        let place = self.at.and_then(|at| found.iter().position(|line| *line == at));
        let count = match (self.line.value().is_empty(), found.len(), place) {
            (true, ..) => String::new(),
            (false, 0, _) => "not found ".to_owned(),
            (false, all, Some(place)) => format!("{}/{all} ", place + 1),
            (false, all, None) => format!("{all} found "),
        };
        let room = cells.saturating_sub(width(&count) + 3);
        let (text, cursor) = title_filter::window(&self.line, self.typing, room, ellipsis);
        let style = title_filter::style(selected);
        let text = vec![Span::raw("/"), Span::styled(text, style), Span::styled(format!(" {count}"), theme::FAINT)];
        (text, cursor + 1)
    }
}

/// A line without its styles.
fn text(line: &Line<'_>) -> String {
    line.spans.iter().map(|span| span.content.as_ref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_shown_over_the_borders_of_styles() {
        let search = Search { line: "b c".into(), ..Search::default() };
        let line = Line::from(vec![Span::raw("a b"), Span::styled(" c", theme::FAINT), Span::raw("d B C")]);
        let shown = search.highlight(line.clone());
        assert_eq!(text(&shown), text(&line));
        let marked = |style| shown.spans.iter().filter(|s| s.style == style).map(|s| &*s.content).collect::<String>();
        assert_eq!(marked(theme::MATCH), "bB C");
        assert_eq!(marked(theme::FAINT.patch(theme::MATCH)), " c");
        let other = Line::raw("nothing");
        assert_eq!(search.found_in(&[other.clone(), line, other]), [1]);
    }
}
