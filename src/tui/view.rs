//! What the model looks like. Pure: the same model and terminal give the same cells, at any size.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Paragraph},
};

use crate::{
    domain::text::clean,
    engine::JobState,
    tui::{
        glyphs::Glyphs,
        keys::{self, Context},
        layout::{self, SMALLEST},
        model::{Model, Notice, Session},
        screens::{Overlay, form, images, jobs, picker, prompt, question, reading},
        theme,
        widgets::{
            cells::{cut, width, wrap},
            dressing::Dressing,
        },
    },
};

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &Model) {
    let area = frame.area();
    if area.width == 0 || area.height == 0 {
        return;
    }
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("Too small: {}x{} is needed. q quits.", SMALLEST.0, SMALLEST.1);
        let lines: Vec<Line<'_>> = wrap(&text, usize::from(area.width)).into_iter().map(Line::raw).collect();
        frame.render_widget(Paragraph::new(lines), area);
        return;
    }
    let dressing = Dressing { glyphs: Glyphs::of(&model.start.caps) };
    let areas = layout::areas(model, area);
    frame.render_widget(Paragraph::new(header(model, usize::from(area.width), dressing)), areas.header);
    if areas.images.height > 0 {
        images::view::draw(frame, areas.images, model, dressing);
    }
    if areas.jobs.height > 0 {
        jobs::view::draw(frame, areas.jobs, model, dressing);
    }
    for overlay in &model.overlays {
        match overlay {
            Overlay::Reading(reading) => reading::view::draw(frame, areas.body, reading, model, dressing),
            Overlay::Form(form) => form::view::draw(frame, areas.body, form, dressing),
            Overlay::Picker(picker) => picker::view::draw(frame, areas.body, picker, dressing),
            Overlay::Prompt(prompt) => prompt::view::draw(frame, areas.body, prompt, dressing),
            Overlay::Question(question) => question::view::draw(frame, areas.body, question, dressing),
        }
    }
    match &model.notice {
        Some(notice) => news(frame, areas.footer, notice),
        None => frame.render_widget(Paragraph::new(footer(model, usize::from(area.width))), areas.footer),
    }
}

fn header(model: &Model, cells: usize, dressing: Dressing<'_>) -> Line<'static> {
    let mut left = vec![Span::styled(" amigrate ", theme::STRONG)];
    if model.start.demo.is_some() {
        left.push(Span::styled(" DEMO ", theme::BADGE));
    }
    if model.start.config.read_only {
        left.push(Span::styled(" READ-ONLY ", theme::BADGE));
    }
    let who = match (&model.session, &model.account) {
        (Session::Connecting(_), _) => "looking for credentials".to_owned(),
        (Session::Failed(_), _) => "no credentials".to_owned(),
        (Session::Ready(connected), account) => {
            let profile = connected.profile.clone().unwrap_or_default();
            let account = account.as_ref().map_or_else(String::new, |a| a.id.to_string());
            format!("{profile} {account}").trim().to_owned()
        }
    };
    let regions = match model.chosen.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        [one, rest @ ..] => format!("{one} +{}", rest.len()),
    };
    let mut words = vec![clean(&who).into_owned(), regions, clean(&model.query.whose.label()).into_owned()];
    if let Session::Ready(connected) = &model.session
        && let Some(endpoint) = connected.endpoint.as_ref().filter(|_| model.start.demo.is_none())
    {
        words.push(clean(endpoint).into_owned());
    }
    let words: Vec<String> = words.into_iter().filter(|w| !w.is_empty()).collect();
    let words = format!("  {}", words.join("  "));
    let right = summary(model);
    let used: usize = left.iter().map(|s| width(&s.content)).sum();
    let room = cells.saturating_sub(used + width(&right) + 3);
    let words = cut(&words, room, dressing.glyphs.ellipsis);
    let gap = cells.saturating_sub(used + width(&words) + width(&right) + 1);
    left.push(Span::raw(words));
    left.push(Span::raw(" ".repeat(gap)));
    left.push(Span::styled(right, theme::BUSY));
    Line::from(left)
}

/// `3 copying 2 queued 1 failed  61%`: all copies of this run in a few words.
fn summary(model: &Model) -> String {
    let count = |f: &dyn Fn(&JobState) -> bool| model.board.jobs().filter(|j| f(&j.state)).count();
    let words = [
        (count(&|s| matches!(s, JobState::Copying { .. } | JobState::Starting)), "copying"),
        (count(&|s| matches!(s, JobState::Queued)), "queued"),
        (count(&|s| matches!(s, JobState::Removing { .. })), "cancelling"),
        (count(&|s| matches!(s, JobState::Available { .. })), "available"),
        (count(&|s| matches!(s, JobState::Failed { .. })), "failed"),
    ];
    let mut text: Vec<String> = words.iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{n} {w}")).collect();
    let problems = model.problems().len();
    if problems > 0 {
        text.insert(0, format!("{} (!) ", crate::domain::text::count(problems, "problem", "problems")));
    }
    let live = || model.board.jobs().filter(|j| !j.state.ended() && !j.leaving());
    let size: u64 = live().map(|j| j.request.size_gib().max(1)).sum();
    let done: u64 = live().map(|j| j.request.size_gib().max(1) * u64::from(j.percent().unwrap_or(0))).sum();
    if let Some(percent) = done.checked_div(size) {
        text.push(format!(" {percent}%"));
    }
    text.join(" ")
}

/// News take the footer, and as many lines above it as they need, up to three in all.
fn news(frame: &mut Frame<'_>, footer: Rect, notice: &Notice) {
    let style = if notice.bad { theme::BAD } else { theme::STRONG };
    let mut lines = wrap(&notice.text, usize::from(footer.width.saturating_sub(2)));
    lines.truncate(3);
    let rows = u16::try_from(lines.len()).unwrap_or(1).min(footer.y + 1);
    let place = Rect { y: footer.y + 1 - rows, height: rows, ..footer };
    frame.render_widget(Clear, place);
    let lines: Vec<Line<'_>> = lines.into_iter().map(|l| Line::styled(format!(" {l}"), style)).collect();
    frame.render_widget(Paragraph::new(lines), place);
}

fn footer(model: &Model, cells: usize) -> Line<'static> {
    let mut contexts = model.contexts();
    if matches!(contexts.first(), Some(Context::Details | Context::Reading)) {
        contexts.truncate(1);
    }
    let mut spans = vec![Span::raw(" ")];
    for (key, word) in keys::footer(&contexts, cells.saturating_sub(1)) {
        spans.push(Span::styled(key, theme::STRONG));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    Line::from(spans)
}
