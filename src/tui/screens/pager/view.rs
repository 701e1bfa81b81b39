//! The view of the pager.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Pager, PagerSubject, audit, comparison, entries::entry, help, image, job, lineage, problems, used_by};
use crate::{
    domain::text::{clean, count},
    tui::{
        bindings::{Action, Context},
        layout,
        model::Model,
        screens::{Overlay, review},
        widgets::{
            draw_context::{DrawContext, pane},
            text_fit::{width as cells, wrap},
        },
    },
};

/// The fewest cells of a text that is looked for.
const SEARCH: usize = 30;

pub(super) fn title(pager: &Pager, model: &Model) -> String {
    match &pager.subject {
        PagerSubject::Image(image) => format!("{} in {}", image.id, image.region),
        PagerSubject::Job(id) => model.jobs_view.job(*id).map_or("Copy".into(), job::title),
        PagerSubject::HistoryJob(job) => format!("{} (history)", job::title(job)),
        PagerSubject::Comparison(compared) => compared.title(),
        PagerSubject::Lineage(image) => format!("Lineage of {} in {}", image.id, image.region),
        PagerSubject::Listing(title, _) => title.clone(),
        PagerSubject::UsedBy(image) => format!("Used by: {} in {}", image.id, image.region),
        PagerSubject::Help | PagerSubject::ReviewHelp => "Help".into(),
        PagerSubject::Review => "Review in full".into(),
        PagerSubject::PickerHelp => "Help with pickers".into(),
        PagerSubject::PaletteHelp => "Help with commands".into(),
        PagerSubject::FormHelp => "Help with the copy form".into(),
        PagerSubject::FilterHelp(_) => "Help with filters".into(),
        PagerSubject::Problems => "Problems".into(),
    }
}

/// All lines, wrapped to a width.
pub(super) fn lines(pager: &Pager, model: &Model, width: usize) -> Vec<Line<'static>> {
    match &pager.subject {
        // JSON escapes control characters, but not bidi controls.
        PagerSubject::Image(image) if pager.raw => {
            image.json().lines().map(|l| Line::raw(format!(" {}", clean(l)))).collect()
        }
        PagerSubject::Image(image) => image::lines(image, &pager.details, model, width),
        PagerSubject::Job(id) => match model.jobs_view.job(*id) {
            Some(job) => [job::lines(job, model, width), audit::lines(&pager.audit, width)].concat(),
            None => {
                let history = model.keymap.key(Context::Jobs, Action::History);
                vec![Line::raw(format!(" This copy was dismissed. In the jobs pane {history} shows the history."))]
            }
        },
        PagerSubject::HistoryJob(job) => [job::lines(job, model, width), audit::lines(&pager.audit, width)].concat(),
        PagerSubject::Comparison(compared) => comparison::lines(compared, &pager.comparison, model, width),
        PagerSubject::Lineage(image) => lineage::lines(image, &pager.lineage, model, width),
        PagerSubject::Listing(_, entries) => {
            entries.iter().flat_map(|(label, text)| entry(label, text, width)).collect()
        }
        PagerSubject::UsedBy(image) => used_by::lines(image, &pager.used_by, model, width),
        PagerSubject::Help => help::lines(&model.keymap, width),
        PagerSubject::PickerHelp => help::picker_lines(&model.keymap, width),
        PagerSubject::PaletteHelp => help::palette_lines(&model.keymap, width),
        PagerSubject::ReviewHelp => help::review_lines(&model.keymap, width),
        PagerSubject::Review => review_in_full(model, width),
        PagerSubject::FormHelp => help::form_lines(&model.keymap, width),
        PagerSubject::FilterHelp(filtered) => help::filter_lines(*filtered, &model.keymap, width),
        PagerSubject::Problems => problems::layout(model, pager.cursor, width).0,
    }
}

/// All that the review says, in the words of line mode.
fn review_in_full(model: &Model, width: usize) -> Vec<Line<'static>> {
    let review = model.overlays.iter().rev().find_map(|overlay| match overlay {
        Overlay::Review(screen) => Some(review::line_mode::screen(screen, model)),
        _ => None,
    });
    let texts = review.map(|review| review.lines).unwrap_or_default();
    let wrapped = texts.iter().flat_map(|line| wrap(&line.spoken(), width.saturating_sub(1)));
    wrapped.map(|text| Line::raw(format!(" {text}"))).collect()
}

/// Draws the pager over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, pager: &Pager, model: &Model, ctx: DrawContext<'_>) {
    let width = usize::from(area.width.saturating_sub(4));
    let lines = lines(pager, model, width);
    let height = layout::rows(area, 0);
    let scroll = pager.scroll.min(lines.len().saturating_sub(height));
    let more = lines.len().saturating_sub(scroll + height);
    let more = if more > 0 { format!(" {} below ", count(more, "more line", "more lines")) } else { String::new() };
    let mut title = vec![Span::raw(format!(" {} ", title(pager, model)))];
    let mut cursor = None;
    if let Some(search) = &pager.search {
        let used = title.iter().map(Span::width).sum::<usize>() + cells(&more);
        let room = width.saturating_sub(used).max(SEARCH);
        let (found, at) = search.title(&lines, model.filter_selected, room, ctx.glyphs.ellipsis);
        cursor = search.typing.then(|| title.iter().map(Span::width).sum::<usize>() + 1 + at);
        title.push(Span::raw(" "));
        title.extend(found);
    }
    title.push(Span::raw(more));
    let inner = pane(frame, area, Line::from(title), true, ctx);
    let shown = lines.into_iter().skip(scroll).take(height);
    let shown: Vec<_> = match &pager.search {
        Some(search) => shown.map(|line| search.highlight(line)).collect(),
        None => shown.collect(),
    };
    if let Some(cursor) = cursor.filter(|_| area.height > 0) {
        let x = area.x + u16::try_from(cursor + 1).unwrap_or(0).min(area.width.saturating_sub(2));
        frame.set_cursor_position((x, area.y));
    }
    let column = u16::try_from(pager.column).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(shown).scroll((0, column)), inner);
}
