//! The view of the page of a sync plan. Only the rows in the window are built.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{STATUS_LINES, SyncPlanScreen};
use crate::{
    domain::text::{clean, profile_flag, thousands},
    tui::{
        bindings::{Action, Context},
        model::{Model, SyncWork},
        sync_plan::{PlannedAction, PlannedImage, Progress},
        theme,
        widgets::{
            draw_context::DrawContext,
            elide::elide,
            fitted::Fitted,
            list_page::{self, PageFrame, Title},
            text_fit::{cut, fit, width},
        },
    },
};

/// Cells of an action and of a region.
const ACTION: usize = 6;
const REGION: usize = 14;
/// Cells of a name: the fewest and the most.
const NAME: [usize; 2] = [12, 40];
/// The fewest cells of the reason; where there are fewer it is left out.
const WHY: usize = 16;

/// Draws the page over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &SyncPlanScreen, model: &Model, ctx: DrawContext<'_>) {
    let behind = doing(screen).map(|doing| Title::busy(doing, model.now, ctx)).into_iter().collect();
    let title = Title { counts: counts(screen), behind, more: Vec::new(), selected: model.filter_selected };
    let around = PageFrame { title, empty: advice(screen, model), status: status(screen, model) };
    list_page::draw(frame, area, screen, around, |height, cells| rows(screen, height, cells, ctx), ctx);
}

/// The file, when its plan was made, and how many images are copied, retired, kept and skipped, or were.
pub(super) fn counts(screen: &SyncPlanScreen) -> String {
    let file =
        screen.file.file_name().map_or_else(|| screen.file.display().to_string(), |name| name.display().to_string());
    let mut text = format!("Sync {}", clean(&file));
    if let (Some(plan), Some(at)) = (screen.planned(), screen.read) {
        let all = PlannedAction::ALL.into_iter().flat_map(|action| Progress::ALL.map(|progress| (action, progress)));
        let counts = all.filter_map(|(action, progress)| {
            let is_one = |image: &&PlannedImage| image.action == action && Progress::of(image) == progress;
            let n = plan.actions.iter().filter(is_one).count();
            (n > 0).then(|| format!("{} {}", thousands(n), progress.of_action(action)))
        });
        let counts: Vec<String> = counts.collect();
        let counts = if counts.is_empty() { "no images".to_owned() } else { counts.join(", ") };
        text.extend([" at ", &at.strftime("%H:%M UTC").to_string(), ": ", &counts]);
    }
    text
}

/// What is awaited.
pub(super) fn doing(screen: &SyncPlanScreen) -> Option<&'static str> {
    Some(match screen.waiting? {
        SyncWork::Plan => "making the plan",
        SyncWork::Apply => "carrying the plan out",
    })
}

fn rows(screen: &SyncPlanScreen, height: usize, cells: usize, ctx: DrawContext<'_>) -> Vec<Line<'static>> {
    let ellipsis = ctx.glyphs.ellipsis;
    let rows = screen.table.visible(height);
    let shown: Vec<&PlannedImage> = rows.clone().filter_map(|at| screen.row(at)).collect();
    let names: Vec<String> = shown.iter().map(|image| name(image)).collect();
    let longest = names.iter().map(|name| width(name)).max().unwrap_or_default();
    let fixed = 2 + ACTION + 1 + REGION + 1;
    let name_cells = longest.clamp(NAME[0], NAME[1]).min(cells.saturating_sub(fixed));
    let why_cells = cells.saturating_sub(fixed + name_cells + 1);
    let mut heading =
        format!("  {} {} {}", fit("Action", ACTION, ""), fit("Region", REGION, ""), fit("Name", name_cells, ""));
    if why_cells >= WHY {
        heading.push_str(" Why");
    }
    let mut lines = vec![Line::styled(cut(&heading, cells, ""), theme::FAINT)];
    let kept = elide(&names.iter().map(String::as_str).collect::<Vec<_>>(), name_cells);
    for (((at, image), name), kept) in rows.zip(shown).zip(names).zip(kept) {
        let current = at == screen.table.list.cursor;
        let style = match image.action {
            _ if current => theme::CURSOR,
            _ if image.result.as_deref() == Some("failed") => theme::BAD,
            PlannedAction::Copy => Style::default(),
            PlannedAction::Retire | PlannedAction::Remove => theme::WARN,
            PlannedAction::Keep | PlannedAction::Skip => theme::FAINT,
        };
        let region = image.region.as_deref().unwrap_or_default();
        let mark = if current { ">" } else { " " };
        let before =
            format!("{mark} {} {} ", fit(image.action.as_str(), ACTION, ""), fit(&clean(region), REGION, ellipsis));
        let mut spans = vec![Span::styled(before, style)];
        spans.extend(Fitted::parts(name.into(), kept, name_cells).spans(ellipsis, &[], style, style));
        if why_cells >= WHY {
            spans.push(Span::styled(format!(" {}", fit(&why(image), why_cells, ellipsis)), style));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// The name of the copy.
pub(super) fn name(image: &PlannedImage) -> String {
    clean(&image.name).into_owned()
}

/// What came of it, and why it is done.
pub(super) fn why(image: &PlannedImage) -> String {
    let result = image.result.as_deref().map(|result| format!("{result}; ")).unwrap_or_default();
    clean(&format!("{result}{}", image.message)).into_owned()
}

/// An image in a line: `copy ami-... "web-1" to eu-west-1`.
pub(super) fn line(image: &PlannedImage) -> String {
    let what = if image.action == PlannedAction::Retire { image.reason.as_str() } else { image.action.as_str() };
    let place = if image.action == PlannedAction::Copy { "to" } else { "in" };
    let place = image.region.as_deref().map(|region| format!(" {place} {region}")).unwrap_or_default();
    clean(&format!("{what} {} \"{}\"{place}", image.image(), image.name)).into_owned()
}

/// What there is to say of the row under the cursor, of what could not be planned, and how else the plan is carried out.
pub(super) fn status(screen: &SyncPlanScreen, model: &Model) -> Vec<(String, Style)> {
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let Some(image) = screen.row(screen.table.list.cursor) {
        lines.push((format!("{}: {}", line(image), why(image)), Style::default()));
    }
    if let Some(plan) = screen.planned() {
        let failures = plan.failures().map(|failure| (clean(&failure.lines().join(". ")).into_owned(), theme::WARN));
        let notes = plan.notes.iter().map(|note| (clean(note).into_owned(), theme::FAINT));
        lines.extend(failures.chain(notes));
        let key = model.keymap.key(Context::SyncPlan, Action::YankCommand);
        let text = format!("{key} copies the command that also waits, and retires then: {}", command(screen, model));
        let command = (text, theme::FAINT);
        lines.insert(lines.len().min(STATUS_LINES - 1), command);
    }
    lines
}

/// The command that makes the plan in the account that is shown, and carries it out, from any directory.
pub(super) fn command(screen: &SyncPlanScreen, model: &Model) -> String {
    let sync = &model.start.config.sync;
    let mut words = vec!["amigrate".to_owned(), "sync".to_owned()];
    words.extend(sync.screen_flags.iter().cloned());
    words.extend(model.profile.iter().flat_map(|profile| profile_flag(profile)));
    words.extend(["--policy".to_owned(), sync.directory.join(&screen.file).display().to_string()]);
    let account = model.account.iter();
    words.extend(account.flat_map(|account| ["--expect-account".to_owned(), account.id.to_string()]));
    words.extend(["--apply".to_owned(), "--wait".to_owned()]);
    // No word has a NUL, which alone cannot be quoted.
    clean(&shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()).into_owned()
}

/// All that the plan says of an image, and of itself.
pub(super) fn details(screen: &SyncPlanScreen, image: &PlannedImage, model: &Model) -> Vec<(String, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let entries = [
        ("action", image.action.as_str().to_owned()),
        ("policy", image.policy.clone()),
        ("region", text(&image.region)),
        ("name", image.name.clone()),
        ("source", text(&image.source_image_id)),
        ("copy", text(&image.image_id)),
        ("why", image.message.clone()),
        ("result", text(&image.result)),
    ];
    let notes = status(screen, model).into_iter().skip(1).map(|(note, _)| ("note".to_owned(), note));
    let entries = entries.into_iter().filter(|(_, value)| !value.is_empty());
    entries.map(|(label, value)| (label.to_owned(), clean(&value).into_owned())).chain(notes).collect()
}

/// The text of an empty table.
pub(super) fn advice(screen: &SyncPlanScreen, model: &Model) -> Vec<String> {
    let refresh = model.keymap.key(Context::Everywhere, Action::Refresh);
    match &screen.plan {
        _ if screen.waiting == Some(SyncWork::Plan) => vec!["Making the plan ...".into()],
        None => vec![format!("There is no plan yet; {refresh} makes it.")],
        Some(Err(failure)) => {
            let lines = failure.lines().into_iter().map(|line| clean(&line).into_owned());
            lines.chain([format!("{refresh} tries again.")]).collect()
        }
        Some(Ok(_)) => match &screen.table.mistake {
            Some(why) => vec![format!("This filter matches nothing: {}.", clean(why))],
            None if screen.table.is_filtered() => {
                let back = model.keymap.key(Context::SyncPlan, Action::Back);
                vec![format!("Nothing matches the filter. {back} clears it.")]
            }
            None => vec!["The policies concern none of your images.".into()],
        },
    }
}
