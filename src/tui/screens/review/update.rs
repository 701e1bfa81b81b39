//! Actions in the review.

use tui_input::Input;

use super::{ReviewScreen, Target, access, open, view};
use crate::{
    domain::{
        draft::Field,
        review::{Choice, Review},
    },
    labels,
    term::input::KeyEvent,
    tui::{
        bindings::{Action, Context},
        model::Model,
        msg::Effect,
        screens::{Overlay, form, pager::Pager},
        widgets::editor,
    },
};

fn screen(model: &mut Model) -> Option<&mut ReviewScreen> {
    match model.overlays.last_mut() {
        Some(Overlay::Review(screen)) => Some(screen),
        _ => None,
    }
}

/// Gives a key to the confirmation being typed. Returns true if it was used.
pub fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    let Some(screen) = screen(model) else { return false };
    let Some(line) = &mut screen.typing else { return false };
    let used = editor::edit(line, key);
    screen.mistake &= !used;
    used
}

/// Inserts pasted text into the confirmation. Returns false if none is being typed.
pub fn paste(model: &mut Model, text: &str) -> bool {
    let Some(line) = screen(model).and_then(|screen| screen.typing.as_mut()) else { return false };
    editor::paste(line, text);
    true
}

/// Replaces the confirmation being typed.
pub fn replace(model: &mut Model, text: &str) {
    let Some(line) = screen(model).and_then(|screen| screen.typing.as_mut()) else { return };
    *line = Input::default();
    editor::paste(line, text);
}

/// Runs an action. Returns false if the review has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    // A choice is about what was on the screen when its key was pressed.
    let target = screen(model).and_then(|screen| screen.target());
    open::refresh(model);
    let height = match model.overlays.last() {
        Some(Overlay::Review(screen)) => view::list_height(screen, &model.keymap, model.size),
        _ => return false,
    };
    let Some(screen) = screen(model) else { return false };
    if screen.typing.is_some() {
        match action {
            Action::Accept => confirm(model, effects),
            Action::Back => (screen.typing, screen.mistake) = (None, false),
            _ => return false,
        }
        return true;
    }
    match action {
        Action::Start => start(model, effects),
        Action::Press => go_to_field(model, target),
        Action::Skip | Action::Rename | Action::CopyAnyway if !matches!(target, Some(Target::Existing(_))) => {
            model.show_notice("This is for copies that are there already. Leave a region or an image out in the form.");
        }
        Action::Skip => choose(screen, target.as_ref(), Choice::Skip),
        Action::Rename => choose(screen, target.as_ref(), Choice::Rename),
        Action::CopyAnyway => choose(screen, target.as_ref(), Choice::CopyAnyway),
        Action::SkipAll => screen.decide(Review::skip_existing),
        Action::GiveAccess => access::ask(model, target.as_ref()),
        Action::Refresh => open::ask_again(model, effects),
        Action::Back => open::close(model),
        Action::Help => model.overlays.push(Overlay::Pager(Pager::review_help())),
        Action::Details => model.overlays.push(Overlay::Pager(Pager::review())),
        _ if screen.list.act(action, screen.entries(), height) => screen.moved = true,
        Action::Problems | Action::Commands | Action::Repaint | Action::Suspend | Action::Quit | Action::Mouse => {
            return false;
        }
        _ => {}
    }
    true
}

/// Chooses what is done about the copy under the cursor.
fn choose(screen: &mut ReviewScreen, target: Option<&Target>, choice: Choice) {
    let Some(&Target::Existing(copy)) = target else { return };
    let Some(existing) = screen.table.existing.iter().find(|existing| existing.copy == copy) else { return };
    if choice != Choice::Rename || existing.new_name.is_some() {
        screen.decide(|review| review.choose(copy, choice));
        screen.list.cursor = screen.find(&Target::Existing(copy)).unwrap_or(screen.list.cursor);
        screen.moved = true;
    }
}

/// Goes back to the field where the entry under the cursor can be corrected.
fn go_to_field(model: &mut Model, target: Option<Target>) {
    let field = match target {
        Some(Target::Finding(_, field)) => field,
        Some(Target::Existing(_)) => Field::Name,
        None => return,
    };
    open::close(model);
    if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
        form.focus_on(&field);
    }
}

/// Starts the copies, or says why not.
fn start(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.start.config.read_only {
        let copy = model.keymap.key(Context::Form, Action::YankCommand);
        model.show_error(format!(
            "Read-only: nothing is changed in AWS. In the form, {copy} copies the AWS CLI command to your clipboard."
        ));
        return;
    }
    if !model.can_send_commands() {
        return;
    }
    let [correct, start] = [Action::Press, Action::Start].map(|action| model.keymap.key(Context::Review, action));
    let Some(screen) = screen(model) else { return };
    let (checks, open) = screen.review.progress();
    let table = &screen.table;
    if table.refusal().is_some() || !table.settled || table.copies.is_empty() {
        let text = labels::review::next_step(table, checks, open, &correct, &start);
        if table.refusal().is_none() && !table.settled {
            model.show_notice(format!("{text} What does not answer within 10 s is named unknown."));
        } else {
            model.show_error(text);
        }
        return;
    }
    if !is_current(model, effects) {
        return;
    }
    let Some(screen) = self::screen(model) else { return };
    if screen.table.outlook.confirmation.is_needed() {
        screen.typing = Some(Input::default());
        return;
    }
    send(model, effects);
}

/// Returns true if the user has seen the review, and its answers are no older than they may be; otherwise says so, and asks again
/// what is too old.
fn is_current(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let now = model.now;
    let Some(screen) = screen(model) else { return false };
    if screen.review.is_stale(now) {
        screen.review_mut().ask_stale(now);
        screen.typing = None;
        open::update_jobs(model);
        open::send(model, effects);
        let minutes = Review::FRESH.as_mins();
        model.show_notice(format!("Not started: answers are older than {minutes} minutes. Checking again."));
        return false;
    }
    let seen = screen.seen;
    if !seen {
        model.show_notice("Not started: the review is complete only now. Look at it, then press the key again.");
    }
    seen
}

/// Starts the copies if the right words were typed.
fn confirm(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(screen) = screen(model) else { return };
    let typed = screen.typing.as_ref().map(|line| line.value().to_owned()).unwrap_or_default();
    // An answer that came meanwhile may have changed what is to be confirmed.
    if screen.table.refusal().is_some() {
        screen.typing = None;
        return start(model, effects);
    }
    if !screen.table.outlook.confirmation.accepts(&typed) {
        screen.mistake = true;
    } else if is_current(model, effects) {
        send(model, effects);
    }
}

fn send(model: &mut Model, effects: &mut Vec<Effect>) {
    // Where no command is accepted the review stays open, so that nothing is lost.
    if !model.can_send_commands() {
        return;
    }
    let form = model.overlays.iter().find_map(|o| if let Overlay::Form(form) = o { Some(form.clone()) } else { None });
    let copies = screen(model).map(|screen| screen.table.copies.clone()).unwrap_or_default();
    open::close(model);
    // What was answered before the copies is not true after them.
    model.last_review = None;
    form::start::start(model, copies.clone(), effects);
    model.requested.add(copies, form);
}
