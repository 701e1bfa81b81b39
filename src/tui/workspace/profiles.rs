//! Which profiles are on the screen.

use super::{ProfileEffect, Workspace};
use crate::{
    domain::text::clean,
    tui::{
        model::{Model, Start},
        msg::Effect,
        others::ProfileId,
        quit, view_memory,
    },
};

impl Workspace {
    /// Has the accounts of exactly these profiles on the screen.
    pub(super) fn choose(&mut self, names: &[String], effects: &mut Vec<ProfileEffect>) {
        let is_on = self.named();
        for name in names.iter().filter(|name| !is_on.contains(*name)) {
            self.add(name.clone(), effects);
        }
        let keeps = |model: &Model| model.profile_in_use().is_some_and(|name| names.iter().any(|kept| kept == name));
        let left: Vec<ProfileId> = self.accounts().filter(|model| !keeps(model)).map(|model| model.id).collect();
        for id in left {
            // Its replies would reach nobody.
            if let Some(why) = self.stays(id) {
                self.shown.show_error(why);
            } else {
                self.leave(id, effects);
            }
        }
        self.look_over(effects);
    }

    /// Adds the account of a profile.
    pub(super) fn add(&mut self, profile: String, effects: &mut Vec<ProfileEffect>) {
        self.last += 1;
        let (id, shown) = (ProfileId(self.last), &self.shown);
        let mut config = shown.start.config.clone();
        // The plan is shown once.
        config.sync.plans_at_start = false;
        let start = Start {
            config,
            profile: Some(profile),
            other_profiles: Vec::new(),
            // Another one's client tokens are not to be its own. No account makes as many as lie between.
            seed: self.seed.wrapping_add(u128::from(id.0) << 32),
            now: self.now,
            size: shown.size,
            first_run: false,
            ..shown.start.clone()
        };
        let (mut model, of_model) = Model::new(start);
        model.id = id;
        model.view_of = None;
        model.notice = None;
        self.hidden.insert(id, model);
        self.take(id, of_model, effects);
    }

    /// Why an account cannot leave the screen yet, if it cannot: something is being changed in it that is told only here.
    fn stays(&self, id: ProfileId) -> Option<String> {
        let model = self.account(id)?;
        let gives = self.is_sharing(id).then(|| "It is giving another account access.".to_owned());
        let what: Vec<String> = quit::other_changes(model).into_iter().chain(gives).collect();
        let name = clean(model.profile_name(id));
        (!what.is_empty()).then(|| format!("{name} stays on the screen until this has ended: {}", what.join(" ")))
    }

    /// Takes an account from the screen. Its queue is left to a process in the background.
    pub(super) fn leave(&mut self, id: ProfileId, effects: &mut Vec<ProfileEffect>) {
        if id == self.shown.id {
            let Some(next) = self.hidden.keys().next().copied() else { return };
            self.show(next, effects);
        }
        let Some(mut model) = self.hidden.remove(&id) else { return };
        if self.shown.view_of == Some(id) {
            view_memory::take_over(&mut self.shown);
        }
        let mut of_model = Vec::new();
        quit::continue_in_background(&mut model, &mut of_model);
        of_model.extend([Effect::CloseJobs, Effect::LeaveAccount]);
        self.opened.remove(&id);
        if let Some(quitting) = &mut self.quitting {
            quitting.agreed.remove(&id);
            quitting.effects.retain(|(profile, _)| *profile != id);
        }
        self.stop_sharing(id, effects);
        effects.extend(of_model.into_iter().map(|effect| (id, effect)));
        if let Some(notice) = model.notice.take() {
            self.shown.notice = Some(notice);
        }
    }

    /// Takes a profile from the screen whose account is there already: two queues of one account would each start its copies.
    pub(super) fn refuse_double(&mut self, id: ProfileId, other: ProfileId, effects: &mut Vec<ProfileEffect>) {
        let name = |id| self.account(id).map_or_else(String::new, |model| clean(model.profile_name(id)).into_owned());
        let (name, other_name) = (name(id), name(other));
        let account = self.account(other).and_then(|model| model.account.as_ref());
        let account = account.map_or_else(String::new, |account| account.id.to_string());
        self.leave(id, effects);
        self.look_over(effects);
        self.shown.show_error(format!(
            "{name} and {other_name} are both account {account}: it is on the screen once, as {other_name}."
        ));
    }
}
