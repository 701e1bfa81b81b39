//! The update: what each message changes, and the effects it has. Keys go to the screen on top first.

use jiff::Timestamp;

use crate::{
    domain::{Account, Failure, RegionInfo, Retry},
    driver::JobUpdate,
    engine::Command,
    labels,
    term::{Input, input::KeyEvent},
    tui::{
        actions::act,
        bindings::{Action, Context},
        browse, discovery, finishing, keymap, known_regions, layout,
        line_mode::{self, Step, text::PAGE},
        live,
        model::{Connection, FilterRequest, FormRequest, Model, Pane, PendingReply, Reconnect},
        mouse,
        msg::{Effect, EffectId, Msg, Reply, StorageReply},
        narrowing, news, pages, problems, quit,
        screens::{Overlay, form, images, input, jobs, pager, palette, picker, review, storage, sync_plan},
        sign_in, text_input, unlisted, view_memory, welcome,
    },
};

fn update(model: &mut Model, msg: Msg, effects: &mut Vec<Effect>) {
    match msg {
        Msg::Input(Input::Key(key)) => on_key(model, &key, effects),
        Msg::Input(Input::Paste(text)) => on_paste(model, &text),
        Msg::Input(Input::Line(line)) => on_line(model, &line, effects),
        Msg::Input(Input::Resize(columns, rows)) => model.size = (columns, rows),
        Msg::Input(Input::Mouse(event)) => {
            if let Some(action) = mouse::on_event(model, event) {
                act(model, action, effects);
            }
        }
        Msg::Input(Input::Continued) => {
            model.send_command(Command::RefreshNow, effects);
            effects.push(Effect::ResumeTerminal);
        }
        Msg::Input(Input::Suspend) => effects.push(Effect::Suspend),
        Msg::Input(Input::Hangup) => quit::hang_up(model, effects),
        Msg::Input(Input::Terminate) => effects.push(Effect::Quit),
        Msg::Jobs(update) => {
            on_job_update(model, update);
            review::open::on_jobs(model, effects);
        }
        Msg::LoginChanged => sign_in::login_changed(model, effects),
        Msg::ClipboardTooLong => model.show_error("That is too long for a terminal's clipboard."),
        Msg::Frame => {
            refresh_rows(model);
            line_mode::on_frame(model);
        }
        Msg::ClockStepped(_) | Msg::Tick => {}
        Msg::Reply { id, reply } => on_reply(model, id, reply, effects),
    }
}

fn on_key(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) {
    let smallest = layout::SMALLEST;
    // Nothing is typed into what cannot be seen.
    let is_seen = model.size.0 >= smallest.0 && model.size.1 >= smallest.1;
    let contexts = if is_seen { model.contexts() } else { vec![Context::Everywhere] };
    if let Some(action) = keymap::always(&model.keymap, key) {
        return act(model, action, effects);
    }
    // A notice about the text before this key does not apply to the text after it.
    let notice = model.notice.take();
    text_input::replace_selected(model, key);
    if is_seen && text_input::type_into(model, key, effects) {
        return;
    }
    model.notice = notice;
    if let Some(action) = keymap::lookup(&model.keymap, &contexts, key) {
        model.notice = None;
        act(model, action, effects);
    } else if let Some(Overlay::Picker(picker)) = model.overlays.last_mut() {
        picker.begin_filter(key);
    } else if model.overlays.is_empty() {
        hint_at_other_pane(model, key);
    }
}

fn on_line(model: &mut Model, line: &str, effects: &mut Vec<Effect>) {
    for step in line_mode::take(model, line, effects) {
        match step {
            Step::Key(key) => on_key(model, &key, effects),
            Step::Act(action) => act(model, action, effects),
        }
    }
}

/// Tells where a key works that does nothing here.
fn hint_at_other_pane(model: &mut Model, key: &KeyEvent) {
    let (other, name) = match model.focus {
        Pane::Images => (Context::Jobs, "jobs"),
        Pane::Jobs => (Context::Images, "images"),
    };
    if let Some(binding) = keymap::binding(&model.keymap, &[other], key) {
        let switch = model.keymap.key(Context::Everywhere, Action::OtherPane);
        let place = if model.start.caps.line_mode { format!("with the {name}") } else { format!("in the {name} pane") };
        model.show_notice(format!("That key works {place}: {}. {switch} switches.", binding.text));
    }
}

fn on_paste(model: &mut Model, text: &str) {
    if !text_input::paste_into(model, text) {
        let filter = model.keymap.key(Context::Images, Action::Filter);
        model.show_notice(format!(
            "Nothing to paste into here. Open a filter with {filter} or go to a text field first."
        ));
    }
}

fn on_job_update(model: &mut Model, update: JobUpdate) {
    match update {
        JobUpdate::Opened { account, jobs, status } => {
            // Sent before another account was signed in to.
            if model.account.as_ref().is_none_or(|known| model.account_key(known) == account) {
                model.jobs_view.open(account, jobs, status);
            }
        }
        JobUpdate::Pending { region, images } => live::on_pending(model, &region, images),
        JobUpdate::Changed { jobs, status } => {
            live::on_jobs(model, jobs.iter().map(AsRef::as_ref));
            problems::on_jobs(model, jobs.iter().map(AsRef::as_ref));
            finishing::on_steps(model, jobs.iter().map(AsRef::as_ref));
            finishing::on_late_cancels(model, jobs.iter().map(AsRef::as_ref));
            model.jobs_view.change(jobs);
            if let Some(status) = status {
                model.jobs_view.status = status;
            }
        }
        JobUpdate::Driver(driver) => model.jobs_view.driver = driver,
        JobUpdate::Rejected(failure) => {
            model.show_failure("command", &failure);
            review::open::on_rejected(model);
        }
        JobUpdate::StoreProblem(problem) => model.jobs_view.store_problem = problem,
        JobUpdate::HookFailed(failure) => model.jobs_view.hook_failed(failure),
        JobUpdate::HooksDue(due) => model.jobs_view.hooks_due = due,
        JobUpdate::Warning(warning) => {
            let text = labels::driver::warning(&warning);
            model.show_error(text.clone());
            let notice = Failure::new("read the jobs", text).retry(Retry::Never);
            if !model.jobs_view.notices.contains(&notice) {
                model.jobs_view.notices.push(notice);
            }
        }
    }
    quit::keep_true(model);
}

fn on_storage(model: &mut Model, reply: StorageReply, effects: &mut Vec<Effect>) {
    storage::on_reply(model, reply, effects);
    quit::keep_true(model);
}

fn on_account(model: &mut Model, result: Result<Account, Failure>, effects: &mut Vec<Effect>) {
    browse::record_lookup(model, "account", &result);
    match result {
        Ok(account) => {
            browse::signed_in(model, account, effects);
            browse::list_failed(model, effects);
        }
        // Without the account it is not known whose queue to run.
        Err(failure) => {
            sign_in::retry_account_later(model, &failure);
            sign_in::show_stored_jobs(model, effects);
        }
    }
    model.images.changed = true;
}

fn on_reply(model: &mut Model, id: EffectId, reply: Reply, effects: &mut Vec<Effect>) {
    if let Reply::Connected(result) = reply {
        if model.connection == Connection::Connecting(id) || model.reconnect == Some(Reconnect::Running(id)) {
            if let Ok(connected) = &result {
                view_memory::recall(model, connected.remembered.clone());
            }
            browse::on_connected(model, result, effects);
        }
        return;
    }
    let Some(pending) = model.pending.remove(&id) else { return };
    match (pending, reply) {
        (
            pending @ (PendingReply::ProfileNames
            | PendingReply::Export { .. }
            | PendingReply::Sync { .. }
            | PendingReply::Forms(FormRequest::Names)
            | PendingReply::Filters(FilterRequest::Names)),
            reply,
        ) => palette::commands::on_reply(model, pending, reply),
        (PendingReply::Account, Reply::Account(result)) => on_account(model, result, effects),
        (PendingReply::Regions, Reply::Regions(result)) => {
            on_regions(model, result, effects);
        }
        (PendingReply::KnownImages { region, ids }, Reply::KnownImages(result)) => {
            live::on_images(model, &region, &ids, result);
            pager::image_details::take_from_list(model);
        }
        (PendingReply::Images { listed, quiet, .. }, Reply::Images { region, page }) => {
            browse::on_page(model, region, listed, quiet, page, effects);
            pager::image_details::take_from_list(model);
        }
        (PendingReply::FirstPage(_), Reply::Images { region, page }) => {
            discovery::on_first_page(model, region, page, effects);
        }
        (PendingReply::Keys(_), Reply::Keys { region, keys }) => {
            model.keys.insert(region, keys);
            picker::open::on_kms_keys(model);
        }
        (PendingReply::Check(check), Reply::Check(answer)) => review::open::on_answer(model, check, answer, effects),
        (PendingReply::PublicAccess(job), Reply::Check(answer)) => form::steps::on_public_access(model, job, answer),
        (PendingReply::History, Reply::History(result)) => jobs::history_update::on_reply(model, result),
        (pending, reply) if pending.is_of_page() => pager::replies::on_reply(model, pending, reply),
        (PendingReply::Storage(_), Reply::Storage(reply)) => on_storage(model, reply, effects),
        (PendingReply::Usage, Reply::Usage(usage)) => input::open::on_usage(model, &usage),
        (PendingReply::Source(job), Reply::Image(result)) => {
            form::again::on_source(model, &job, result.map(|image| image.map(|image| *image)));
        }
        (PendingReply::Forms(FormRequest::Save { name, preset }), Reply::PresetExists) => {
            form::presets::ask_to_replace(model, &name, *preset);
        }
        (PendingReply::Forms(request), Reply::Forms(result)) => form::presets::on_reply(model, request, result),
        (PendingReply::Filters(request), Reply::Filters(result)) => {
            images::saved_filters::on_reply(model, request, result);
        }
        (PendingReply::Profiles, Reply::Profiles(profiles)) => picker::open::on_profiles(model, &profiles),
        _ => {}
    }
}

fn on_regions(model: &mut Model, result: Result<Vec<RegionInfo>, Failure>, effects: &mut Vec<Effect>) {
    browse::record_lookup(model, "regions", &result);
    if let Ok(regions) = result {
        model.regions = regions;
        browse::choose_all_if_configured(model, effects);
        known_regions::list_enabled_meanwhile(model, effects);
        known_regions::flag_unknown_regions(model, effects);
        picker::open::on_regions(model);
    }
}

impl Model {
    /// Applies a message; returns the effects to run.
    #[must_use]
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        if let Msg::ClockStepped(step) = msg {
            self.shift_deadlines(step);
        }
        let (is_frame, of_jobs) = (msg == Msg::Frame, matches!(msg, Msg::Jobs(_)));
        self.now = now;
        if self.welcome && welcome::takes(self, &msg) {
            return Vec::new();
        }
        if self.notice.as_ref().is_some_and(|n| n.until <= now) {
            self.notice = None;
        }
        let mut effects = Vec::new();
        update(self, msg, &mut effects);
        if !is_frame {
            self.settle(of_jobs, &mut effects);
        }
        effects
    }

    /// Does what was chosen while another account was shown; returns the effects to run.
    pub(super) fn run(&mut self, work: impl FnOnce(&mut Self, &mut Vec<Effect>)) -> Vec<Effect> {
        let mut effects = Vec::new();
        work(self, &mut effects);
        self.settle(false, &mut effects);
        effects
    }

    /// Does what is due after a change.
    fn settle(&mut self, of_jobs: bool, effects: &mut Vec<Effect>) {
        sign_in::reconnect_if_due(self, effects);
        sign_in::retry_account_if_due(self, effects);
        review::open::expire_if_due(self);
        sign_in::watch_login(self, effects);
        pager::audit::request_if_changed(self, effects);
        pager::image_details::request_if_opened(self, effects);
        pager::comparison::request_if_opened(self, effects);
        pager::lineage::request_if_opened(self, effects);
        pager::used_by::request_if_opened(self, effects);
        sync_plan::update::open_if_due(self, effects);
        narrowing::follow_filter(self, effects);
        discovery::act_if_due(self, effects);
        let ended = self.jobs_view.take_ended();
        live::on_ended(self, &ended);
        live::act_if_due(self, effects);
        finishing::on_ended(self, &ended, effects);
        if of_jobs || self.title.is_none() {
            finishing::follow_title(self, effects);
        }
        news::tell_if_due(self);
        view_memory::keep_if_changed(self, effects);
    }
}

/// Brings the rows of both panes up to date. Once a frame, not once a message: pages of images come in floods, and each
/// would sort all rows again. Costs nothing when nothing changed.
fn refresh_rows(model: &mut Model) {
    images::update::refresh_rows(model);
    unlisted::follow(model);
    jobs::lines::refresh_lines(model);
    review::open::on_frame(model);
    pages::refresh(model);
    problems::follow(model);
    // The panes' heights depend on the lines of the jobs pane.
    let areas = layout::now(model);
    let lines = model.start.caps.line_mode;
    let rows = |area, head| if lines { PAGE } else { layout::rows(area, head) };
    let (jobs, images) = (rows(areas.jobs, 0), rows(areas.images, 1));
    jobs::lines::set_height(model, jobs);
    images::update::set_height(model, images);
}
