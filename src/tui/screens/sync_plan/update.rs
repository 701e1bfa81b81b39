//! Actions of the page of a sync plan, and what the command has answered.

use std::path::PathBuf;

use super::{SyncPlanScreen, view};
use crate::{
    domain::{AccountId, Failure, text::count},
    tui::{
        bindings::{Action, Context},
        model::{Model, PendingReply, SyncWork},
        msg::Effect,
        quit,
        screens::{Overlay, input::InputLine, list_screens, pager::Pager},
        sync_plan::{PlannedAction, PlannedImage, PrintedPlan, Progress, SyncRequest},
    },
};

/// Returns the screen, if it is on top.
fn screen(model: &mut Model) -> Option<&mut SyncPlanScreen> {
    match model.overlays.last_mut() {
        Some(Overlay::SyncPlan(screen)) => Some(screen),
        _ => None,
    }
}

/// Returns the open screen, wherever it is.
fn opened(model: &mut Model) -> Option<&mut SyncPlanScreen> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::SyncPlan(screen) => Some(screen.as_mut()),
        _ => None,
    })
}

/// Opens the page of a file of policies, or of the last one.
pub fn open(model: &mut Model, file: Option<PathBuf>, effects: &mut Vec<Effect>) {
    if !list_screens::may_open_page(model) {
        return;
    }
    let last = &mut model.start.config.sync.screen_policy;
    let is_same = file.is_none() || file == *last;
    let Some(file) = file.or_else(|| last.clone()) else {
        return model.show_notice("No file of policies yet: `:policy FILE` plans what they would copy and retire.");
    };
    *last = Some(file.clone());
    match model.overlays.iter().position(|overlay| matches!(overlay, Overlay::SyncPlan(_))) {
        Some(at) if is_same => model.overlays.truncate(at + 1),
        at => {
            model.overlays.truncate(at.unwrap_or(model.overlays.len()));
            model.overlays.push(Overlay::SyncPlan(Box::new(SyncPlanScreen::new(file))));
            request(model, None, effects);
        }
    }
    list_screens::refresh(model);
}

/// Opens the page that `--policy` wants, once the account is known.
pub fn open_if_due(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.start.config.sync.plans_at_start && model.account.is_some() {
        model.start.config.sync.plans_at_start = false;
        open(model, None, effects);
    }
}

/// Has the plan made; or the one with this digest carried out.
fn request(model: &mut Model, apply: Option<String>, effects: &mut Vec<Effect>) {
    let Some(account) = model.account.as_ref().map(|account| account.id.clone()) else {
        let refresh = model.keymap.key(Context::Everywhere, Action::Refresh);
        return model.show_error(format!("Not signed in yet. Press {refresh} later to read this page."));
    };
    // One that is carried out may be of an account that was left since.
    let under_way = model.pending.values().any(|pending| matches!(pending, PendingReply::Sync { .. }));
    let Some(screen) = opened(model).filter(|screen| screen.waiting.is_none() && !under_way) else {
        return model
            .show_notice("Another operation of this kind is still running. Press the key again once it has ended.");
    };
    let work = if apply.is_some() { SyncWork::Apply } else { SyncWork::Plan };
    screen.waiting = Some(work);
    let request = SyncRequest { file: screen.file.clone(), account: account.clone(), apply };
    let id = model.expect_reply(PendingReply::Sync { work, account });
    effects.push(Effect::Sync { id, request });
}

/// Carries out the plan with this digest, which was confirmed.
pub fn apply(model: &mut Model, digest: String, effects: &mut Vec<Effect>) {
    request(model, Some(digest), effects);
}

/// Takes in what the command has answered, which was run in this account.
pub fn on_reply(model: &mut Model, work: SyncWork, account: &AccountId, plan: Result<PrintedPlan, Failure>) {
    let now = model.now;
    match (work, &plan) {
        (SyncWork::Apply, _) => tell(model, account, &plan),
        (SyncWork::Plan, Err(failure)) => model.show_failure("sync", failure),
        (SyncWork::Plan, Ok(_)) => {}
    }
    quit::keep_true(model);
    // A page that was opened since, of another account, waits for nothing.
    if let Some(screen) = opened(model).filter(|screen| screen.waiting == Some(work)) {
        screen.set(plan, now);
    }
}

/// Says what came of carrying a plan out.
fn tell(model: &mut Model, account: &AccountId, plan: &Result<PrintedPlan, Failure>) {
    let is_shown = model.account.as_ref().is_some_and(|shown| shown.id == *account);
    let place = if is_shown { String::new() } else { format!("In account {account}: ") };
    let plan = match plan {
        Ok(plan) => plan,
        Err(failure) => return model.show_failure("sync", failure),
    };
    let failures: Vec<Failure> = plan.failures().collect();
    for failure in &failures {
        model.show_failure("sync", failure);
    }
    let done = |action: PlannedAction| {
        let is_one = |image: &&PlannedImage| image.action == action && Progress::of(image) == Progress::Done;
        plan.actions.iter().filter(is_one).count()
    };
    let (started, retired) = (done(PlannedAction::Copy), done(PlannedAction::Retire));
    let mut text = format!("{place}{}, {} retired", count(started, "copy started", "copies started"), retired);
    let left = plan.number(PlannedAction::Retire) - retired;
    if left > 0 {
        text.extend([", ", &left.to_string(), " not retired. Select a row to see why"]);
    }
    if failures.is_empty() {
        model.show_notice(format!("{text}."));
    } else {
        let problems = model.keymap.key(Context::Everywhere, Action::Problems);
        let failures = count(failures.len(), "failure", "failures");
        model.show_error(format!("{text}. {failures}: press {problems} for details."));
    }
}

/// Runs an action. Returns false if the screen has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    if let Some(used) = list_screens::act(model, action) {
        return used;
    }
    let Some(screen) = screen(model) else { return false };
    match action {
        Action::Back | Action::SyncPlan => _ = model.overlays.pop(),
        Action::Start => ask_to_apply(model),
        Action::Details => details(model),
        Action::Refresh => request(model, None, effects),
        Action::YankId => {
            if let Some(id) = screen.row(screen.table.list.cursor).map(|image| image.image().to_owned()) {
                model.yank(id, effects);
            }
        }
        Action::YankCommand => {
            if let Some(Overlay::SyncPlan(screen)) = model.overlays.last() {
                let command = view::command(screen, model);
                model.yank(command, effects);
            }
        }
        _ => return false,
    }
    true
}

/// Opens the line that confirms the plan.
fn ask_to_apply(model: &mut Model) {
    if model.start.config.read_only {
        return model.show_error("Read-only session: nothing was started.");
    }
    if !model.can_send_commands() {
        return;
    }
    let Some(screen) = screen(model) else { return };
    if screen.waiting.is_some() {
        return model.show_notice("Another operation on this page is still running.");
    }
    let Some((plan, digest)) = screen.planned().and_then(|plan| plan.digest.clone().map(|digest| (plan, digest)))
    else {
        return model.show_notice("There is no plan to carry out.");
    };
    let changes: Vec<_> = plan.actions.iter().filter(|image| image.action.changes()).collect();
    if changes.is_empty() {
        return model.show_notice("Nothing to copy or retire.");
    }
    let lines = changes.iter().map(|image| view::line(image)).collect();
    let deregisters = changes.iter().any(|image| image.action == PlannedAction::Remove || image.reason == "deregister");
    let input = InputLine::apply_sync(lines, digest, deregisters);
    model.overlays.push(Overlay::InputLine(input));
}

/// Shows all that the plan says of the row under the cursor.
fn details(model: &mut Model) {
    let Some(Overlay::SyncPlan(screen)) = model.overlays.last() else { return };
    let Some(image) = screen.row(screen.table.list.cursor) else { return };
    let page = Pager::listing(format!("Sync of {}", view::name(image)), view::details(screen, image, model));
    model.overlays.push(Overlay::Pager(page));
}
