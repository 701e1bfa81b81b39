//! The problems: the current ones, then those of this session that are over. `y` copies the one under the cursor.

use jiff::Timestamp;
use ratatui::text::Line;

use super::entries::entry;
use crate::{
    domain::{
        Failure,
        text::{clean, thousands},
    },
    tui::{bindings::Action, model::Model, problems::LISTED, theme, widgets::text_fit::wrap},
};

/// A problem as it is shown and copied.
struct Shown {
    place: String,
    over: bool,
    /// Label and text of what is known, in their order.
    fields: Vec<(&'static str, String)>,
}

impl Shown {
    fn new(
        place: &str,
        over: bool,
        region: Option<String>,
        failure: &Failure,
        (first, last): (Timestamp, Timestamp),
    ) -> Self {
        let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let again = |at: &Timestamp| at.as_second() != first.as_second();
        let hint = Some(failure.hint.clone()).filter(|hint| !hint.is_empty());
        let fields = [
            ("time", Some(time(first))),
            ("last seen", Some(last).filter(again).map(time)),
            ("region", region),
            ("what", Some(failure.what.clone())),
            ("why", Some(failure.why.clone())),
            ("hint", hint),
            ("AWS code", failure.code.clone()),
            ("request id", failure.request_id.clone()),
            ("encoded", failure.encoded.as_deref().map(str::to_owned)),
        ];
        let fields = fields.into_iter().filter_map(|(label, text)| Some((label, text?))).collect();
        Self { place: place.to_owned(), over, fields }
    }

    fn heading(&self) -> String {
        format!("{}{}", self.place, if self.over { " (over)" } else { "" })
    }

    fn lines(&self, has_cursor: bool, width: usize) -> Vec<Line<'static>> {
        let style = match (has_cursor, self.over) {
            (true, _) => theme::CURSOR,
            (false, true) => theme::FAINT,
            (false, false) => theme::BAD,
        };
        let mark = if has_cursor { '>' } else { ' ' };
        let heading = wrap(&self.heading(), width.saturating_sub(2));
        let mut lines: Vec<_> = heading.into_iter().map(|text| Line::styled(format!("{mark}{text}"), style)).collect();
        lines.extend(self.fields.iter().flat_map(|(label, text)| entry(label, text, width)));
        lines.push(Line::default());
        lines
    }

    /// What a support case needs, a line for each field.
    fn text(&self) -> String {
        let lines = self.fields.iter().map(|(label, text)| format!("{label}: {}\n", clean(text)));
        format!("{}\n{}", clean(&self.heading()), lines.collect::<String>())
    }
}

/// What is listed.
struct List {
    /// The current problems first, those of the other accounts on the screen after the account's own.
    problems: Vec<Shown>,
    current: usize,
    /// Current problems that are not listed.
    more: usize,
}

fn list(model: &Model) -> List {
    let current = model.problems();
    let mut more = current.len().saturating_sub(LISTED);
    let mut problems = Vec::new();
    for problem in current.iter().take(LISTED) {
        let region = problem.location.region(model).map(ToString::to_string);
        let place = problem.location.to_string();
        problems.push(Shown::new(&place, false, region, &problem.failure, problem.times(model)));
    }
    for other in &model.others {
        for problem in &other.listed_problems {
            let region = problem.region.as_ref().map(ToString::to_string);
            let place = format!("{}: {}", clean(&other.name), problem.place);
            problems.push(Shown::new(&place, false, region, &problem.failure, problem.times));
        }
        more += other.problems.saturating_sub(other.listed_problems.len());
    }
    let current = problems.len();
    for past in model.problem_log.over() {
        let region = past.region.as_ref().map(ToString::to_string);
        problems.push(Shown::new(&past.place, true, region, &past.failure, (past.first, past.last)));
    }
    List { problems, current, more }
}

/// The lines of all problems, and at which line each begins.
pub(super) fn layout(model: &Model, cursor: usize, width: usize) -> (Vec<Line<'static>>, Vec<usize>) {
    let List { problems, current, more } = list(model);
    let cursor = cursor.min(problems.len().saturating_sub(1));
    let (mut lines, mut starts) = (Vec::new(), Vec::new());
    if current == 0 {
        lines.push(Line::raw(if problems.is_empty() {
            " No problems."
        } else {
            " No problems now. Earlier in this session:"
        }));
        lines.push(Line::default());
    }
    for (n, problem) in problems.iter().enumerate() {
        starts.push(lines.len());
        lines.extend(problem.lines(n == cursor, width));
        if n + 1 == current && more > 0 {
            let text = format!(" and {} more; filter the copies by /failed to see them.", thousands(more));
            lines.extend([Line::raw(text), Line::default()]);
        }
    }
    // The last one ends the page.
    lines.pop();
    (lines, starts)
}

/// The problem under the cursor as text; `None` if there is none.
pub(super) fn text_at(model: &Model, cursor: usize) -> Option<String> {
    let problems = list(model).problems;
    problems.get(cursor.min(problems.len().saturating_sub(1))).map(Shown::text)
}

/// All problems listed as text; `None` if there is none.
pub(super) fn text_of_all(model: &Model) -> Option<String> {
    let texts: Vec<String> = list(model).problems.iter().map(Shown::text).collect();
    Some(texts.join("\n")).filter(|text| !text.is_empty())
}

/// Moves the cursor to another problem, and the window so that it is seen. A problem longer than the window is scrolled through first.
pub(super) fn move_to(
    model: &Model,
    action: Action,
    (cursor, scroll): (usize, usize),
    (width, height): (usize, usize),
) -> (usize, usize) {
    let (lines, starts) = layout(model, cursor, width);
    let Some(last) = starts.len().checked_sub(1) else { return (0, 0) };
    let cursor = cursor.min(last);
    let end_of = |n: usize| starts.get(n + 1).map_or(lines.len(), |next| next - 1);
    let to = match action {
        Action::Down if end_of(cursor) > scroll + height => return (cursor, scroll + 1),
        Action::Up if starts[cursor] < scroll => return (cursor, scroll - 1),
        Action::Down => (cursor + 1).min(last),
        Action::Up => cursor.saturating_sub(1),
        Action::PageDown => starts.iter().rposition(|at| *at <= starts[cursor] + height).unwrap_or(last).max(cursor),
        Action::PageUp => starts.iter().position(|at| at + height >= starts[cursor]).unwrap_or(0),
        Action::Top => 0,
        Action::Bottom => last,
        _ => cursor,
    };
    // The lines above the first belong to it.
    let start = if to == 0 { 0 } else { starts[to] };
    (to, scroll.max(end_of(to).saturating_sub(height)).min(start))
}
