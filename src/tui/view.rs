//! The view of the model. Pure: the same model and size give the same cells.

use ratatui::{
    Frame,
    text::{Line, Span},
    widgets::Paragraph,
};

use crate::{
    domain::{
        CredentialSource,
        text::{clean, count},
    },
    term,
    tui::{
        accounts, banner,
        bindings::{Action, Binding, Context},
        glyphs::Glyphs,
        keymap,
        layout::{self, SMALLEST},
        model::{Connection, Model, Pane},
        screens::{
            Overlay, confirm, coverage, form, images, input, jobs,
            pager::{self, Pager},
            palette, picker, review, storage, storage_held, sync_plan,
        },
        theme, welcome,
        widgets::{
            draw_context::DrawContext,
            text_fit::{cut, width, wrap},
        },
    },
};

/// Draws the screen in the theme in force; never panics, at any size.
pub fn draw(frame: &mut Frame<'_>, model: &Model) {
    draw_roles(frame, model);
    theme::paint(frame.buffer_mut(), &model.theme);
}

/// Returns the screen as lines of text, as its terminal would show it.
pub fn plain_text(model: &Model) -> String {
    term::plain_text(model.size, model.start.caps.unicode, |frame| draw(frame, model))
}

fn draw_roles(frame: &mut Frame<'_>, model: &Model) {
    let area = frame.area();
    if area.width == 0 || area.height == 0 {
        return;
    }
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let quit = model.keymap.key(Context::Everywhere, Action::Quit);
        let text = format!("Terminal too small: at least {}x{} is needed. {quit} quits.", SMALLEST.0, SMALLEST.1);
        let lines: Vec<Line<'_>> = wrap(&text, usize::from(area.width)).into_iter().map(Line::raw).collect();
        frame.render_widget(Paragraph::new(lines), area);
        return;
    }
    let ctx = DrawContext { glyphs: Glyphs::of(&model.start.caps), keys: &model.keymap };
    let areas = layout::areas(model, area);
    frame.render_widget(Paragraph::new(header(model, usize::from(area.width), ctx)), areas.header);
    let banner = banner::banner_lines(model, usize::from(area.width)).into_iter();
    let banner: Vec<Line<'_>> = banner.map(|t| Line::styled(format!(" {t}"), theme::WARN)).collect();
    frame.render_widget(Paragraph::new(banner), areas.banner);
    if areas.images.height > 0 {
        images::view::draw(frame, areas.images, model, ctx);
    }
    if areas.jobs.height > 0 {
        jobs::view::draw(frame, areas.jobs, model, ctx);
    }
    if areas.details.width > 0 {
        let current = match model.focus {
            Pane::Images => model.current_image().cloned().map(Pager::image),
            Pane::Jobs => jobs::update::current_details(model),
        };
        pager::beside::draw(frame, areas.details, current.as_ref(), model, ctx);
    }
    for overlay in &model.overlays {
        match overlay {
            Overlay::Pager(pager) => pager::view::draw(frame, areas.body, pager, model, ctx),
            Overlay::Form(form) => form::view::draw(frame, areas.body, form, model, ctx),
            Overlay::Review(screen) => review::view::draw(frame, areas.body, screen, model.now, ctx),
            Overlay::Coverage(screen) => coverage::view::draw(frame, areas.body, screen, model, ctx),
            Overlay::Storage(screen) => storage::view::draw(frame, areas.body, screen, model, ctx),
            Overlay::StorageHeld(screen) => storage_held::view::draw(frame, areas.body, screen, model, ctx),
            Overlay::SyncPlan(screen) => sync_plan::view::draw(frame, areas.body, screen, model, ctx),
            Overlay::Picker(picker) => picker::view::draw(frame, areas.body, picker, model.filter_selected, ctx),
            Overlay::InputLine(line) => input::view::draw(frame, areas.body, line, ctx),
            Overlay::Confirmation(confirmation) => confirm::view::draw(frame, areas.body, confirmation, ctx),
            Overlay::Palette(palette) => palette::view::draw(frame, areas.body, palette, ctx),
        }
    }
    if model.welcome {
        welcome::draw(frame, areas.body, model, ctx);
    }
    if let Some(notice) = &model.notice {
        let style = if notice.is_error { theme::BAD } else { theme::STRONG };
        let lines = layout::notice_lines(model, area.width).into_iter();
        let lines: Vec<Line<'_>> = lines.map(|l| Line::styled(format!(" {l}"), style)).collect();
        frame.render_widget(Paragraph::new(lines), areas.notice);
    }
    frame.render_widget(Paragraph::new(accounts::line(model, usize::from(area.width), ctx)), areas.accounts);
    frame.render_widget(Paragraph::new(footer(model, usize::from(area.width))), areas.footer);
}

fn header(model: &Model, cells: usize, ctx: DrawContext<'_>) -> Line<'static> {
    let ellipsis = ctx.glyphs.ellipsis;
    let mut left = vec![Span::styled(" amigrate ", theme::STRONG)];
    for badge in banner::badges(model) {
        left.push(Span::styled(badge, theme::BADGE));
        left.push(Span::raw(" "));
    }
    if left.len() > 1 {
        left.pop();
    }
    let room = |left: &[Span<'_>]| cells.saturating_sub(left.iter().map(Span::width).sum::<usize>() + 1);
    // The name of the program says less than how the copies are.
    let (summary, all) = (account_summary(model, room(&left), ellipsis), job_summary(model, usize::MAX));
    if width(&summary) + width(&all) + 2 > room(&left) {
        left.remove(0);
    }
    let room = room(&left);
    let mut words = cut(&account_summary(model, room, ellipsis), room, ellipsis);
    let right_room = room.saturating_sub(width(&words) + 2);
    // Less than 8 cells say nothing.
    let right =
        Some(job_summary(model, right_room)).filter(|text| right_room >= width(text).min(8)).unwrap_or_default();
    let right = cut(&right, right_room, ellipsis);
    if let Connection::Ready(connected) = &model.connection
        && let Some(endpoint) = connected.endpoint.as_ref().filter(|_| model.start.demo.is_none())
    {
        // The endpoint is in error texts as well, so it only gets what is left.
        let left = room.saturating_sub(width(&words) + width(&right) + 4);
        words.extend(Some(cut(endpoint, left, ellipsis)).filter(|_| left > 12).map(|shown| format!("  {shown}")));
    }
    let gap = room.saturating_sub(width(&words) + width(&right));
    left.push(Span::raw(words));
    left.push(Span::raw(" ".repeat(gap)));
    left.push(Span::styled(right, theme::BUSY));
    Line::from(left)
}

/// Cells kept for the job summary; a long profile name is cut for it.
const SUMMARY: usize = 16;
/// Most cells for whose images are listed.
const WHOSE: usize = 24;

/// The account, where the credentials came from, the regions, and whose images. Only the profile's name is cut where
/// there is too little room.
pub(super) fn account_summary(model: &Model, cells: usize, ellipsis: &str) -> String {
    let regions = regions(model);
    let whose = cut(&model.query.whose.label(), WHOSE, ellipsis);
    let (who, kind, name) = match (&model.connection, &model.account) {
        (Connection::Connecting(_), _) => ("looking for credentials".to_owned(), "", None),
        (Connection::Failed(_), _) => {
            let profile = model.profile.as_deref().unwrap_or_default();
            (format!("{} no credentials", clean(profile)).trim().to_owned(), "", None)
        }
        (Connection::Ready(connected), account) => {
            let account = account.as_ref().map_or_else(String::new, |a| a.id.to_string());
            // In the demo the badge says it.
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

/// The regions that are listed, and how many there are where that is not all.
fn regions(model: &Model) -> String {
    let enabled = model.regions.iter().filter(|info| info.enabled()).count();
    match model.chosen.as_slice() {
        [] => String::new(),
        [one] if enabled > 1 => format!("{one} (1/{enabled})"),
        [one] => one.to_string(),
        [one, rest @ ..] if rest.len() + 1 >= enabled => format!("{one} +{}", rest.len()),
        some => format!("{}/{enabled} regions", some.len()),
    }
}

/// All copies in a line, such as `3 copying 2 queued 1 failed  61%`, as far as there is room.
pub(super) fn job_summary(model: &Model, cells: usize) -> String {
    let counts = accounts::job_counts(model);
    let mut words: Vec<(u8, String)> = Vec::new();
    let problems = model.problems().len();
    if problems > 0 {
        words.push((0, format!("{} (!) ", count(problems, "problem", "problems"))));
    }
    words.extend(counts.counted());
    if let Some(percent) = counts.percent() {
        words.push((2, format!(" {percent}%")));
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

fn footer(model: &Model, cells: usize) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let word = |binding: &'static Binding| footer_word(model, binding);
    for (key, word) in keymap::footer(&model.keymap, &model.contexts(), cells.saturating_sub(1), word) {
        spans.push(Span::styled(key, theme::STRONG));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    Line::from(spans)
}

/// Returns true if one row is chosen from the picker on top.
fn picks_one(model: &Model) -> bool {
    matches!(model.overlays.last(), Some(Overlay::Picker(picker)) if !picker.marks_several())
}

/// Returns true for what is done with the problem under the cursor.
fn of_problems(binding: &Binding) -> bool {
    matches!(binding.action, Action::YankId | Action::YankAll)
}

/// The footer's label of a binding; `None` for one that does nothing now.
pub(super) fn footer_word(model: &Model, binding: &'static Binding) -> Option<String> {
    let (word, _) = binding.footer?;
    let offered = match (binding.context, model.overlays.last()) {
        (Context::Picker, Some(Overlay::Picker(picker))) => picker.offers(binding.action),
        (Context::Pager | Context::ImageDetails, Some(Overlay::Pager(pager))) => {
            pager.offers(binding.action) && (!pager.lists_problems() || !of_problems(binding) || model.lists_problems())
        }
        (Context::Choice, Some(Overlay::Confirmation(confirmation))) => {
            return confirmation.footer_word(binding.action, word);
        }
        (Context::Jobs, _) => jobs::update::is_applicable(model, binding.action),
        (Context::Filter, _) if binding.action == Action::SaveFilter => model.focus == Pane::Images,
        (Context::Review, Some(Overlay::Review(review))) => review.offers(binding.action),
        // The panes are not seen under what is open over them.
        (Context::Everywhere, Some(_)) => binding.action != Action::OtherPane,
        _ => true,
    };
    let word = match word {
        // In a list of which one is chosen, the filter is not applied first.
        "apply" if binding.context == Context::Input && picks_one(model) => "choose",
        "apply" if binding.context == Context::Input => match model.overlays.last() {
            Some(Overlay::InputLine(line)) => line.accept_word(),
            _ => word,
        },
        "choose" if binding.context == Context::Form => match model.overlays.last() {
            Some(Overlay::Form(form)) => form.press_word(),
            _ => word,
        },
        "history" if binding.context == Context::Jobs && model.jobs.history.is_some() => "back",
        "retry" if jobs::update::is_current_in_doubt(model) => "decide",
        "cancel batch" if jobs::update::only_deregisters_batch(model) => "deregister batch",
        word => word,
    };
    offered.then(|| word.to_owned())
}
