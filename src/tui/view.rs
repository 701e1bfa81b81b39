//! What the model looks like. Pure: the same model and terminal give the same cells, at any size.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Paragraph},
};

use crate::{
    domain::{
        CredentialSource,
        text::{clean, count, thousands},
    },
    engine::{JobState, RemovalReason},
    tui::{
        banner,
        bindings::{self, Context},
        glyphs::Glyphs,
        layout::{self, SMALLEST},
        model::{Model, Notice, Session},
        screens::{Overlay, confirm, form, images, input, jobs, pager, picker},
        theme,
        widgets::{
            draw_context::DrawContext,
            text_fit::{cut, width, wrap},
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
    let dressing = DrawContext { glyphs: Glyphs::of(&model.start.caps) };
    let areas = layout::areas(model, area);
    frame.render_widget(Paragraph::new(header(model, usize::from(area.width), dressing)), areas.header);
    let banner = banner::banner_lines(model, usize::from(area.width)).into_iter();
    let banner: Vec<Line<'_>> = banner.map(|t| Line::styled(format!(" {t}"), theme::WARN)).collect();
    frame.render_widget(Paragraph::new(banner), areas.banner);
    if areas.images.height > 0 {
        images::view::draw(frame, areas.images, model, dressing);
    }
    if areas.jobs.height > 0 {
        jobs::view::draw(frame, areas.jobs, model, dressing);
    }
    for overlay in &model.overlays {
        match overlay {
            Overlay::Pager(page) => pager::view::draw(frame, areas.body, page, model, dressing),
            Overlay::Form(form) => form::view::draw(frame, areas.body, form, dressing),
            Overlay::Picker(picker) => picker::view::draw(frame, areas.body, picker, dressing),
            Overlay::InputLine(line) => input::view::draw(frame, areas.body, line, dressing),
            Overlay::Confirmation(question) => confirm::view::draw(frame, areas.body, question, dressing),
        }
    }
    match &model.notice {
        Some(notice) => news(frame, areas.footer, notice),
        None => frame.render_widget(Paragraph::new(footer(model, usize::from(area.width))), areas.footer),
    }
}

fn header(model: &Model, cells: usize, dressing: DrawContext<'_>) -> Line<'static> {
    let mut left = vec![Span::styled(" amigrate ", theme::STRONG)];
    for badge in banner::badges(model) {
        left.push(Span::styled(badge, theme::BADGE));
        left.push(Span::raw(" "));
    }
    if left.len() > 1 {
        left.pop();
    }
    let used: usize = left.iter().map(|s| width(&s.content)).sum();
    let room = cells.saturating_sub(used + 1);
    let ellipsis = dressing.glyphs.ellipsis;
    let mut words = cut(&whose_data(model, room, ellipsis), room, ellipsis);
    let right_room = room.saturating_sub(width(&words) + 2);
    // A word that is cut to nothing says nothing.
    let right = Some(summary(model, right_room)).filter(|text| right_room >= width(text).min(8)).unwrap_or_default();
    let right = cut(&right, right_room, ellipsis);
    if let Session::Ready(connected) = &model.session
        && let Some(endpoint) = connected.endpoint.as_ref().filter(|_| model.start.demo.is_none())
    {
        // Where calls go to is said in errors as well: it takes what is left.
        let left = room.saturating_sub(width(&words) + width(&right) + 4);
        words.extend(Some(cut(endpoint, left, ellipsis)).filter(|_| left > 12).map(|shown| format!("  {shown}")));
    }
    let gap = room.saturating_sub(width(&words) + width(&right));
    left.push(Span::raw(words));
    left.push(Span::raw(" ".repeat(gap)));
    left.push(Span::styled(right, theme::BUSY));
    Line::from(left)
}

/// Cells kept for the summary of all copies before a profile's name is shown whole.
const SUMMARY: usize = 16;
/// A pattern of other people's images is cut to this.
const WHOSE: usize = 24;

/// Whose data is on the screen: the account, where the credentials came from, the regions, whose images. None of these
/// falls off; where there is too little room a profile's name is cut.
fn whose_data(model: &Model, cells: usize, ellipsis: &str) -> String {
    let regions = match model.chosen.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        [one, rest @ ..] => format!("{one} +{}", rest.len()),
    };
    let whose = cut(&model.query.whose.label(), WHOSE, ellipsis);
    let (who, kind, name) = match (&model.session, &model.account) {
        (Session::Connecting(_), _) => ("looking for credentials".to_owned(), "", None),
        (Session::Failed(_), _) => {
            let profile = model.profile.as_deref().unwrap_or_default();
            (format!("{} no credentials", clean(profile)).trim().to_owned(), "", None)
        }
        (Session::Ready(connected), account) => {
            let account = account.as_ref().map_or_else(String::new, |a| a.id.to_string());
            // The demo's badge says it.
            let source = connected.source.as_ref().filter(|_| model.start.demo.is_none());
            (account, source.map_or("", CredentialSource::kind), source.and_then(CredentialSource::profile))
        }
    };
    let line = |name: &str| {
        let who = [who.as_str(), kind, name].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        let words = [who.as_str(), &regions, &whose].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>();
        format!("  {}", words.join("  "))
    };
    let name = name.unwrap_or_default();
    let for_name = cells.saturating_sub(width(&line("")) + 1 + SUMMARY);
    line(&if for_name < 4 { String::new() } else { cut(name, for_name, ellipsis) })
}

/// What all copies come to.
#[derive(Default)]
struct Tally {
    copying: usize,
    queued: usize,
    in_doubt: usize,
    cancelling: usize,
    deregistering: usize,
    available: usize,
    failed: usize,
    gone: usize,
    size: u64,
    done: u64,
}

impl Tally {
    fn of(model: &Model) -> Self {
        let mut tally = Self::default();
        for job in model.board.jobs() {
            match &job.state {
                JobState::Removing { reason: RemovalReason::Deregister, .. } => tally.deregistering += 1,
                JobState::Removing { reason: RemovalReason::Retry { .. }, .. } => tally.queued += 1,
                state if job.leaving() && !state.ended() => tally.cancelling += 1,
                JobState::Copying { .. } | JobState::Starting => tally.copying += 1,
                JobState::Queued | JobState::Reconciling { .. } => tally.queued += 1,
                JobState::InDoubt { .. } => tally.in_doubt += 1,
                JobState::Available { .. } => tally.available += 1,
                JobState::Failed { .. } => tally.failed += 1,
                JobState::Gone { .. } => tally.gone += 1,
                _ => {}
            }
            if !job.state.ended() && !job.leaving() {
                let size = job.request.size_gib().max(1);
                tally.size += size;
                tally.done += size * u64::from(job.percent().unwrap_or(0));
            }
        }
        tally
    }
}

/// `3 copying 2 queued 1 failed  61%`: all copies in a few words, as many as there is room for.
fn summary(model: &Model, cells: usize) -> String {
    let tally = Tally::of(model);
    // The number tells what goes first where there is no room for all.
    let mut words: Vec<(u8, String)> = Vec::new();
    let problems = model.problems().len();
    if problems > 0 {
        words.push((0, format!("{} (!) ", count(problems, "problem", "problems"))));
    }
    let counted = [
        (1, tally.copying, "copying"),
        (1, tally.in_doubt, "in doubt"),
        (2, tally.queued, "queued"),
        (3, tally.cancelling, "cancelling"),
        (3, tally.deregistering, "deregistering"),
        (6, tally.available, "available"),
        (5, tally.failed, "failed"),
        (5, tally.gone, "gone"),
    ];
    let some = counted.into_iter().filter(|(_, n, _)| *n > 0);
    words.extend(some.map(|(drop, n, word)| (drop, format!("{} {word}", thousands(n)))));
    if let Some(percent) = tally.done.checked_div(tally.size) {
        words.push((4, format!(" {percent}%")));
    }
    loop {
        let text = words.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>().join(" ");
        let last = words.iter().enumerate().max_by_key(|(_, (drop, _))| *drop).map(|(at, _)| at);
        match last {
            Some(at) if width(&text) > cells && words.len() > 1 => words.remove(at),
            _ => return text,
        };
    }
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
    for (key, word) in bindings::footer(&contexts, cells.saturating_sub(1), |action| jobs::offers(model, action)) {
        // The same key leads back.
        let word = match word {
            "history" if model.jobs.history.is_some() => "back",
            "try again" if jobs::in_doubt(model) => "decide",
            word => word,
        };
        spans.push(Span::styled(key, theme::STRONG));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    Line::from(spans)
}
