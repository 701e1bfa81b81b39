//! What each message does. Screens do their own keys; here is what belongs to none of them.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::{
    domain::{Failure, Retry},
    driver::JobUpdate,
    engine::Command,
    labels,
    term::{
        Input,
        input::{KeyEvent, MouseEventKind},
    },
    tui::{
        bindings::{self, Action},
        browse, layout,
        model::{Awaited, Model, Pane, Reconnect, Session},
        msg::{Effect, EffectId, Msg, Reply},
        quit,
        screens::{
            Overlay, confirm, form, images, input, jobs,
            pager::{self, Pager},
            picker::{self, update::PickOutcome},
        },
        widgets::editor,
    },
};

fn update(model: &mut Model, msg: Msg, effects: &mut Vec<Effect>) {
    match msg {
        Msg::Input(Input::Key(key)) => on_key(model, &key, effects),
        Msg::Input(Input::Paste(text)) => on_paste(model, &text),
        Msg::Input(Input::Resize(columns, rows)) => model.size = (columns, rows),
        Msg::Input(Input::Mouse(event)) => {
            let action = match event.kind {
                MouseEventKind::ScrollDown => Action::Down,
                MouseEventKind::ScrollUp => Action::Up,
                _ => return,
            };
            act(model, action, effects);
        }
        Msg::Input(Input::Continued) => {
            model.ask_for(Command::RefreshNow, effects);
            effects.push(Effect::ResumeTerminal);
        }
        Msg::Input(Input::Suspend) => effects.push(Effect::Suspend),
        Msg::Input(Input::Hangup) => quit::hang_up(model, effects),
        Msg::Input(Input::Terminate) => effects.push(Effect::Quit),
        Msg::Jobs(post) => on_post(model, post),
        Msg::LoginChanged => browse::login_changed(model, effects),
        Msg::Tick => {}
        Msg::Reply { id, reply } => on_reply(model, id, reply, effects),
    }
}

fn on_key(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) {
    let smallest = layout::SMALLEST;
    let contexts = if model.size.0 < smallest.0 || model.size.1 < smallest.1 {
        vec![bindings::Context::Everywhere]
    } else {
        model.contexts()
    };
    // Ctrl-c always leaves, Ctrl-z and Ctrl-l always work: no screen may hold a person.
    let always = bindings::lookup(&[bindings::Context::Everywhere], key)
        .filter(|a| bindings::steers(key) && matches!(a, Action::Quit | Action::Suspend | Action::Repaint));
    if let Some(action) = always {
        return act(model, action, effects);
    }
    // What was said of the text as it was is not true of the text as it is.
    let notice = model.notice.take();
    if type_into(model, key, effects) {
        return;
    }
    model.notice = notice;
    if let Some(action) = bindings::lookup(&contexts, key) {
        model.notice = None;
        act(model, action, effects);
    } else if model.overlays.is_empty() {
        hint_at_other_pane(model, key);
    }
}

/// A key of the other pane does nothing here, and says so.
fn hint_at_other_pane(model: &mut Model, key: &KeyEvent) {
    let (other, name) = match model.focus {
        Pane::Images => (bindings::Context::Jobs, "jobs"),
        Pane::Jobs => (bindings::Context::Images, "images"),
    };
    if let Some(binding) = bindings::binding(&[other], key) {
        model.say(format!("That key is for the {name} pane: {}. Tab goes there.", binding.text));
    }
}

fn on_paste(model: &mut Model, text: &str) {
    if !paste_into(model, text) {
        model.say("Nothing here takes a paste: open a filter with / or a text field first.");
    }
}

/// Does what a key, or a command by name, asks for.
fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if offer(model, action, effects) {
        return;
    }
    match action {
        Action::Help => model.overlays.push(Overlay::Pager(Pager::help())),
        Action::Problems => model.overlays.push(Overlay::Pager(Pager::problems())),
        Action::Commands => picker::open::commands(model),
        Action::OtherPane => {
            model.focus = if model.focus == Pane::Images { Pane::Jobs } else { Pane::Images };
            if model.full.is_some() {
                model.full = Some(model.focus);
            }
        }
        Action::ImagesOnly => full(model, Pane::Images),
        Action::JobsOnly => full(model, Pane::Jobs),
        Action::Refresh => browse::refresh(model, effects),
        Action::Repaint => effects.push(Effect::Repaint),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Mouse => {
            model.mouse = !model.mouse;
            model.say(if model.mouse {
                "Mouse on: the wheel scrolls."
            } else {
                "Mouse off: your terminal selects text."
            });
            effects.push(Effect::Mouse(model.mouse));
        }
        Action::Quit => quit::quit(model, effects),
        _ => {}
    }
}

fn full(model: &mut Model, pane: Pane) {
    model.full = if model.full == Some(pane) { None } else { Some(pane) };
    model.focus = pane;
}

/// News of the jobs.
fn on_post(model: &mut Model, post: JobUpdate) {
    match post {
        JobUpdate::Opened { account, jobs, status } => {
            // Posted before another account was signed in to: of no use to anybody.
            if model.account.as_ref().is_none_or(|known| model.account_key(known) == account) {
                model.board.open(account, jobs, status);
            }
        }
        JobUpdate::Changed { jobs, status } => {
            model.board.change(jobs);
            if let Some(status) = status {
                model.board.status = status;
            }
        }
        JobUpdate::Driver(driver) => model.board.driver = driver,
        JobUpdate::Rejected(failure) => model.complain(failure.lines().join(". ")),
        JobUpdate::StoreProblem(problem) => model.board.trouble = problem,
        JobUpdate::Warning(warning) => {
            let text = labels::driver::warning(&warning);
            model.complain(text.clone());
            model.board.notices.push(Failure::new("read the jobs", text).retry(Retry::Never));
        }
    }
}

fn on_reply(model: &mut Model, id: EffectId, reply: Reply, effects: &mut Vec<Effect>) {
    if let Reply::Connected(result) = reply {
        if model.session == Session::Connecting(id) || model.reconnect == Some(Reconnect::Asked(id)) {
            browse::on_connected(model, result, effects);
        }
        return;
    }
    let Some(awaited) = model.awaited.remove(&id) else { return };
    match (awaited, reply) {
        (Awaited::Account, Reply::Account(result)) => {
            browse::note(model, "account", &result);
            match result {
                Ok(account) => {
                    browse::signed_in(model, account, effects);
                    browse::list_failed(model, effects);
                }
                // Without it nobody knows whose copies to carry on: it is asked again.
                Err(failure) => {
                    browse::ask_account_later(model, &failure);
                    browse::show_stored_jobs(model, effects);
                }
            }
            model.images.changed = true;
        }
        (Awaited::Regions, Reply::Regions(result)) => {
            browse::note(model, "regions", &result);
            if let Ok(regions) = result {
                model.regions = regions;
                browse::choose_all_if_asked(model, effects);
                browse::refuse_unknown_regions(model);
                picker::open::regions_arrived(model);
            }
        }
        (Awaited::Images { listed, .. }, Reply::Images { region, page }) => {
            browse::on_page(model, region, listed, page, effects);
        }
        (Awaited::Keys, Reply::Keys { region, keys }) => {
            model.keys.insert(region, keys);
            picker::open::keys_arrived(model);
        }
        (Awaited::History, Reply::History(result)) => jobs::history::arrived(model, result),
        (Awaited::Audit(job), Reply::Audit(result)) => pager::audit::arrived(model, job, result),
        (Awaited::Profiles, Reply::Profiles(profiles)) => picker::open::profiles(model, &profiles),
        _ => {}
    }
}

impl Model {
    /// Takes a message in. Gives what is to be done.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        if self.notice.as_ref().is_some_and(|n| n.until <= now) {
            self.notice = None;
        }
        let mut effects = Vec::new();
        update(self, msg, &mut effects);
        browse::reconnect_if_due(self, &mut effects);
        browse::ask_account_if_due(self, &mut effects);
        browse::watch_login(self, &mut effects);
        pager::audit::ask_if_changed(self, &mut effects);
        let ended = self.board.take_ended();
        browse::list_where_copies_ended(self, &ended, &mut effects);
        if !ended.is_empty() && self.start.config.ui.bell {
            effects.push(Effect::Bell);
        }
        effects
    }

    /// Brings cached rows up to date before a frame. Costs nothing when nothing changed.
    pub fn prepare(&mut self) {
        let areas = layout::areas(self, Rect::new(0, 0, self.size.0, self.size.1));
        images::update::refresh_rows(self, layout::rows(areas.images, 1));
        jobs::lines::refresh_lines(self);
        let areas = layout::areas(self, Rect::new(0, 0, self.size.0, self.size.1));
        let height = layout::rows(areas.jobs, 0);
        jobs::lines::clamp_scroll(self, height);
        images::update::clamp_scroll(self, layout::rows(areas.images, 1));
    }
}

/// Offers a key to whatever is being typed into. Whether it took it.
fn type_into(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::update::type_into(model, key),
        Some(Overlay::Picker(picker)) if picker.typing => picker.edit(key),
        Some(Overlay::InputLine(line)) => line.edit(key),
        Some(_) => false,
        None if model.jobs.editing => jobs::update::type_into(model, key, effects),
        None => images::update::type_into(model, key, effects),
    }
}

/// Offers a paste likewise.
fn paste_into(model: &mut Model, text: &str) -> bool {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::update::paste(model, text),
        Some(Overlay::Picker(picker)) if picker.typing => {
            editor::paste(&mut picker.filter, text);
            picker.filter();
            true
        }
        Some(Overlay::InputLine(line)) => {
            editor::paste(&mut line.line, text);
            true
        }
        None if model.images.editing => {
            editor::paste(&mut model.images.filter, text);
            model.images.changed_filter = true;
            true
        }
        None if model.jobs.editing => {
            editor::paste(&mut model.jobs.filter, text);
            model.jobs.changed = true;
            true
        }
        _ => false,
    }
}

/// Offers an action to the screen that has the focus. Whether it was one of its own.
fn offer(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    match model.overlays.last() {
        Some(Overlay::Pager(_)) => pager::update::act(model, action, effects),
        Some(Overlay::Form(_)) => form::update::act(model, action, effects),
        Some(Overlay::Picker(_)) => match picker::update::act(model, action, effects) {
            PickOutcome::No => false,
            PickOutcome::Yes => true,
            PickOutcome::Command(action) => {
                act(model, action, effects);
                true
            }
        },
        Some(Overlay::InputLine(_)) => input::update::act(model, action, effects),
        Some(Overlay::Confirmation(_)) => confirm::update::act(model, action, effects),
        None => match model.focus {
            Pane::Images => images::update::act(model, action, effects),
            Pane::Jobs => jobs::update::act(model, action, effects),
        },
    }
}
