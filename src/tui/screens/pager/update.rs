//! Actions in the pager.

use ratatui::text::Line;
use tui_input::Input;

use super::{
    Filtered, Pager, PagerSubject, comparison, image_details, lineage, problems, search::Search, used_by, view::lines,
};
use crate::{
    domain::{ImageId, text::clean},
    term::input::KeyEvent,
    tui::{
        bindings::{Action, Context},
        layout,
        model::Model,
        msg::Effect,
        screens::{Overlay, form, input},
        widgets::editor,
    },
};

/// Columns that a key scrolls sideways.
const SIDEWAYS: usize = 8;

/// Columns and rows of the text.
fn window(model: &Model) -> (usize, usize) {
    let areas = layout::now(model);
    (usize::from(areas.body.width.saturating_sub(4)), layout::rows(areas.body, 0).max(1))
}

fn image_of_job(model: &Model, subject: &PagerSubject) -> Option<ImageId> {
    match subject {
        PagerSubject::Job(id) => model.jobs_view.job(*id)?.image().cloned(),
        PagerSubject::HistoryJob(job) => job.image().or(job.images.last()).cloned(),
        PagerSubject::Comparison(compared) => Some(compared.image().clone()),
        PagerSubject::Lineage(image) | PagerSubject::UsedBy(image) => Some(image.id.clone()),
        _ => None,
    }
}

/// Copies the problem under the cursor, or all of them.
fn yank_problems(model: &mut Model, action: Action, cursor: usize, effects: &mut Vec<Effect>) {
    let text = if action == Action::YankAll { problems::text_of_all(model) } else { problems::text_at(model, cursor) };
    if let Some(text) = text {
        model.yank(text, effects);
    }
}

/// Moves the window over the text, or shows the other form of an image.
fn scroll(model: &mut Model, action: Action) {
    let (width, height) = window(model);
    let Some(Overlay::Pager(pager)) = model.overlays.last() else { return };
    if pager.subject == PagerSubject::Problems {
        let (cursor, scroll) = problems::move_to(model, action, (pager.cursor, pager.scroll), (width, height));
        if let Some(Overlay::Pager(pager)) = model.overlays.last_mut() {
            (pager.cursor, pager.scroll) = (cursor, scroll);
        }
        return;
    }
    let lines = lines(pager, model, width);
    let end = lines.len().saturating_sub(height);
    let right = if pager.raw { lines.iter().map(Line::width).max().unwrap_or(0).saturating_sub(width) } else { 0 };
    let scroll = match action {
        Action::Down => pager.scroll + 1,
        Action::Up => pager.scroll.saturating_sub(1),
        Action::PageDown => pager.scroll + height,
        Action::PageUp => pager.scroll.saturating_sub(height),
        Action::Top => 0,
        Action::Bottom => end,
        _ => pager.scroll,
    };
    let column = match action {
        Action::Left => pager.column.saturating_sub(SIDEWAYS),
        Action::Right => pager.column + SIDEWAYS,
        _ => pager.column,
    };
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    (pager.scroll, pager.column) = (scroll.min(end), column.min(right));
    if action == Action::Raw && matches!(pager.subject, PagerSubject::Image(_)) {
        (pager.raw, pager.scroll, pager.column) = (!pager.raw, 0, 0);
    }
}

/// Opens the help; of a filter that is typed, from its part on.
pub(in crate::tui) fn open_help(model: &mut Model) {
    let filtered = match model.overlays.last() {
        Some(Overlay::Coverage(screen)) => screen.editing.then_some(Filtered::Images),
        Some(overlay) => overlay.is_list_filtered().then_some(Filtered::Others),
        None if model.jobs.editing => Some(Filtered::Jobs),
        None => model.images.editing.then_some(Filtered::Images),
    };
    model.overlays.push(Overlay::Pager(filtered.map_or_else(Pager::help, Pager::filter_help)));
}

/// Where to go from the place where the text was found last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Towards {
    /// The first place from the line on with which typing began.
    First,
    Next,
    Previous,
}

/// Gives a key to the text that is looked for. Returns true if it was used.
pub fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    let edited = typed(model).is_some_and(|search| editor::edit(&mut search.line, key));
    if edited {
        go(model, Towards::First);
    }
    edited
}

/// Inserts pasted text into what is looked for. Returns false if nothing is being typed.
pub fn paste(model: &mut Model, text: &str) -> bool {
    let Some(search) = typed(model) else { return false };
    editor::paste(&mut search.line, text);
    go(model, Towards::First);
    true
}

/// Looks for a text that was entered as a whole.
pub(in crate::tui) fn find(model: &mut Model, line: Input) {
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    let from = pager.search.as_ref().filter(|search| search.typing).map_or(pager.scroll, |search| search.from);
    pager.search = Some(Search { line, typing: false, at: None, from });
    go(model, Towards::Next);
}

fn typed(model: &mut Model) -> Option<&mut Search> {
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return None };
    pager.search.as_mut().filter(|search| search.typing)
}

/// Goes to a place where the text is, round the end if there is none before it.
fn go(model: &mut Model, towards: Towards) {
    let (width, height) = window(model);
    let in_lines = model.start.caps.line_mode;
    let Some(Overlay::Pager(pager)) = model.overlays.last() else { return };
    let Some(search) = &pager.search else { return };
    let lines = lines(pager, model, width);
    let found = search.found_in(&lines);
    let shown = pager.scroll..pager.scroll + height;
    // Who has scrolled away continues from there.
    let last = search.at.filter(|at| shown.contains(at));
    let first_from = |line: usize| found.iter().find(|at| **at >= line).or(found.first()).copied();
    let at = match towards {
        Towards::First => first_from(search.from),
        Towards::Next => first_from(last.map_or(shown.start, |at| at + 1)),
        Towards::Previous => {
            let before = last.unwrap_or(shown.start);
            found.iter().rfind(|at| **at < before).or(found.last()).copied()
        }
    };
    let end = lines.len().saturating_sub(height);
    let scroll = match at {
        // A page in lines begins with it.
        Some(at) if in_lines => at,
        Some(at) if shown.contains(&at) => shown.start,
        Some(at) => at.saturating_sub(height / 3),
        None if towards == Towards::First => search.from,
        None => shown.start,
    };
    let text = clean(search.line.value()).into_owned();
    if at.is_none() && towards != Towards::First && !text.is_empty() {
        model.show_notice(format!("Not found: {text}"));
    }
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    pager.scroll = scroll.min(end);
    if let Some(search) = &mut pager.search {
        search.at = at;
    }
}

/// Runs an action of the search. Returns false if it is none.
fn search(model: &mut Model, action: Action) -> bool {
    let find = model.keymap.key(Context::Pager, Action::Find);
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return false };
    let (typing, scroll) = (pager.is_typing(), pager.scroll);
    match action {
        Action::Find => {
            let search = pager.search.get_or_insert_default();
            (search.typing, search.from) = (true, scroll);
        }
        Action::Accept if typing => {
            pager.search = pager.search.take().filter(|search| !search.line.value().is_empty());
            if let Some(search) = &mut pager.search {
                search.typing = false;
            }
        }
        Action::Back if typing => {
            pager.scroll = pager.search.take().map_or(scroll, |search| search.from);
        }
        Action::FindNext | Action::FindPrevious if pager.search.is_none() => {
            model.show_notice(format!("{find} finds a text in this page."));
        }
        Action::FindNext => go(model, Towards::Next),
        Action::FindPrevious => go(model, Towards::Previous),
        _ => return false,
    }
    true
}

/// Runs an action. Returns false if the pager has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    if search(model, action) {
        return true;
    }
    scroll(model, action);
    let Some(Overlay::Pager(pager)) = model.overlays.last() else { return false };
    let (subject, raw, cursor) = (pager.subject.clone(), pager.raw, pager.cursor);
    match (action, subject) {
        (Action::Back, _) | (Action::Problems, PagerSubject::Problems) => {
            model.overlays.pop();
        }
        (Action::Help, subject) if subject.is_help() => {
            model.overlays.pop();
        }
        (Action::YankId, PagerSubject::Image(image)) if raw => model.yank(image.json(), effects),
        (Action::YankId, PagerSubject::Image(image)) => model.yank(image.id.to_string(), effects),
        (Action::YankArn, PagerSubject::Image(image)) => model.yank(image.arn(), effects),
        (Action::YankId | Action::YankAll, PagerSubject::Problems) => yank_problems(model, action, cursor, effects),
        (Action::YankId | Action::YankArn, subject) => {
            if let Some(image) = image_of_job(model, &subject) {
                model.yank(image.to_string(), effects);
            }
        }
        (Action::Copy | Action::Deregister, PagerSubject::Image(image)) if image_details::is_gone(&image, model) => {
            model.show_error("This image is not listed any more.");
        }
        (Action::Copy, PagerSubject::Image(image)) => {
            model.overlays.pop();
            form::open::open(model, vec![image]);
        }
        (Action::Verify, PagerSubject::Image(image)) => comparison::verify(model, &image),
        (Action::Lineage, PagerSubject::Image(image)) => lineage::open(model, image),
        (Action::UsedBy, PagerSubject::Image(image)) => used_by::open(model, image),
        (Action::UsageReport, PagerSubject::UsedBy(image)) => used_by::request_report(model, image, effects),
        (Action::Deregister, PagerSubject::Image(image)) => input::open::deregister(model, vec![image], effects),
        (
            Action::Help
            | Action::Problems
            | Action::Coverage
            | Action::Orphans
            | Action::RecycleBin
            | Action::Storage
            | Action::SyncPlan
            | Action::NextAccount
            | Action::Repaint
            | Action::Suspend
            | Action::Quit
            | Action::Mouse
            | Action::Commands,
            _,
        ) => return false,
        // The lists are refreshed as well; what they say then is shown once it has come.
        (Action::Refresh, _) => {
            image_details::refresh(model);
            return false;
        }
        _ => {}
    }
    true
}
