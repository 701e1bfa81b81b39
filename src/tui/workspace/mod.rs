//! The accounts on the screen: a model for each, of which one is shown and takes the keys. What a model starts is run by its own
//! account's session and by no other: effects and messages carry the number of the profile that they belong to.

mod hand_over;
mod overview;
mod profiles;
mod quitting;
mod regions;
mod sharing;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    domain::{AccountId, AccountKey, Image, Region, text::clean},
    term::Input,
    tui::{
        actions::act,
        browse,
        model::{Model, Start},
        msg::{Effect, EffectId, Msg, Reply},
        others::{ProfileId, WorkspaceRequest},
        problems,
        screens::form,
        unlisted,
    },
};

/// An effect, and the profile whose session runs it.
pub(super) type ProfileEffect = (ProfileId, Effect);

/// The accounts that have agreed to quit, and what is done for them once all have.
#[derive(Debug, Default)]
struct Quitting {
    agreed: BTreeSet<ProfileId>,
    effects: Vec<ProfileEffect>,
}

/// Access that an owner's account is giving.
#[derive(Debug)]
struct Sharing {
    asked_by: ProfileId,
    /// The reply that `asked_by` waits for.
    reply: EffectId,
    owner: AccountId,
}

/// All accounts on the screen.
#[derive(Debug)]
pub struct Workspace {
    shown: Model,
    hidden: BTreeMap<ProfileId, Model>,
    /// The number of the last profile.
    last: u32,
    /// The accounts whose queues were opened: none is opened twice.
    opened: BTreeMap<ProfileId, AccountKey>,
    quitting: Option<Quitting>,
    /// Access that owners' accounts are giving.
    sharing: BTreeMap<(ProfileId, EffectId), Sharing>,
    /// The regions that were chosen for all; `None` while they are automatic.
    regions: Option<Vec<Region>>,
    /// From where client tokens are numbered.
    seed: u128,
    now: Timestamp,
}

impl Workspace {
    /// The state before anything is known, of all profiles that it starts with, and the first effects.
    pub fn new(start: Start) -> (Self, Vec<ProfileEffect>) {
        let (now, seed, profiles) = (start.now, start.seed, start.other_profiles.clone());
        let (model, effects) = Model::new(start);
        let id = model.id;
        let mut workspace = Self {
            shown: model,
            hidden: BTreeMap::new(),
            last: id.0,
            opened: BTreeMap::new(),
            quitting: None,
            sharing: BTreeMap::new(),
            regions: None,
            seed,
            now,
        };
        let mut effects: Vec<ProfileEffect> = effects.into_iter().map(|effect| (id, effect)).collect();
        for profile in profiles {
            workspace.add(profile, &mut effects);
        }
        workspace.look_over(&mut effects);
        (workspace, effects)
    }

    /// The account that is shown.
    pub fn shown(&self) -> &Model {
        &self.shown
    }

    /// Returns the account that is shown, and drops the others.
    pub fn into_shown(self) -> Model {
        self.shown
    }

    /// All accounts, the one that is shown first.
    pub fn accounts(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.shown).chain(self.hidden.values())
    }

    /// The account of a profile that is on the screen.
    pub fn account(&self, id: ProfileId) -> Option<&Model> {
        if id == self.shown.id { Some(&self.shown) } else { self.hidden.get(&id) }
    }

    fn account_mut(&mut self, id: ProfileId) -> Option<&mut Model> {
        if id == self.shown.id { Some(&mut self.shown) } else { self.hidden.get_mut(&id) }
    }

    /// When the next [`Msg::Tick`] is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.accounts().filter_map(Model::next_deadline).min()
    }

    /// Applies a message; returns the effects to run. Keys go to the account that is shown, whatever `to` says; a reply goes to the
    /// account that has requested it, unless it is not on the screen any more.
    #[must_use]
    pub fn update(&mut self, to: ProfileId, msg: Msg, now: Timestamp) -> Vec<ProfileEffect> {
        self.now = now;
        let mut effects = Vec::new();
        let is_frame = msg == Msg::Frame;
        match &msg {
            Msg::Input(Input::Hangup | Input::Terminate) => return self.end(&msg),
            Msg::Input(Input::Resize(..) | Input::Continued) | Msg::Tick | Msg::ClockStepped(_) => {
                for id in self.ids() {
                    self.give(id, msg.clone(), &mut effects);
                }
            }
            Msg::Frame => {
                self.look_over(&mut effects);
                for model in self.hidden.values_mut() {
                    unlisted::follow(model);
                    problems::follow(model);
                }
                self.give(self.shown.id, msg, &mut effects);
            }
            Msg::Input(_) | Msg::ClipboardTooLong => {
                self.follow_reads();
                self.give(self.shown.id, msg, &mut effects);
            }
            Msg::Reply { id, reply: Reply::AccessGiven(outcome) } => self.on_shared(to, *id, outcome, &mut effects),
            Msg::Reply { .. } | Msg::Jobs(_) | Msg::LoginChanged => self.give(to, msg, &mut effects),
        }
        if !is_frame {
            self.carry_out_requests(&mut effects);
            self.share(&mut effects);
            self.follow_shown(&mut effects);
            self.take_notices();
            self.continue_quitting(&mut effects);
        }
        effects
    }

    fn give(&mut self, id: ProfileId, msg: Msg, effects: &mut Vec<ProfileEffect>) {
        let now = self.now;
        let Some(model) = self.account_mut(id) else { return };
        let of_model = model.update(msg, now);
        self.take(id, of_model, effects);
    }

    /// Takes in what a model wants done.
    fn take(&mut self, id: ProfileId, of_model: Vec<Effect>, effects: &mut Vec<ProfileEffect>) {
        if !self.hidden.is_empty() && of_model.contains(&Effect::Quit) {
            return self.agree_to_quit(id, of_model);
        }
        for effect in of_model {
            match &effect {
                Effect::OpenJobs { account } => {
                    if let Some(other) = self.opened.iter().find(|(other, open)| **other != id && *open == account) {
                        let other = *other.0;
                        self.refuse_double(id, other, effects);
                        return;
                    }
                    self.opened.insert(id, account.clone());
                }
                Effect::CloseJobs => _ = self.opened.remove(&id),
                effect if id != self.shown.id && is_of_the_screen(effect) => continue,
                Effect::Notify(text) if !self.hidden.is_empty() => {
                    let name = self.account(id).map_or_else(String::new, |model| clean(model.profile_name(id)).into());
                    effects.push((id, Effect::Notify(format!("{name}: {}", text.0).into())));
                    continue;
                }
                _ => {}
            }
            effects.push((id, effect));
        }
    }

    /// Does what the models have requested.
    fn carry_out_requests(&mut self, effects: &mut Vec<ProfileEffect>) {
        // What one has the other account do may be a request as well.
        while let Some(request) = self.shown.requests.pop() {
            match request {
                WorkspaceRequest::Show(id, action) => {
                    if self.show(id, effects) {
                        let of_model = self.shown.run(|model, effects| act(model, action, effects));
                        self.take(id, of_model, effects);
                    }
                }
                WorkspaceRequest::ShowNext => {
                    let after = self.hidden.keys().find(|id| **id > self.shown.id);
                    if let Some(next) = after.or_else(|| self.hidden.keys().next()).copied() {
                        self.show(next, effects);
                    }
                }
                WorkspaceRequest::CopyInto(id, images) => self.copy_into(id, images, effects),
                WorkspaceRequest::Regions(regions) => self.regions = regions,
                WorkspaceRequest::Profiles(names) => self.choose(&names, effects),
                WorkspaceRequest::Refresh => {
                    self.each_hidden(effects, browse::refresh);
                }
            }
        }
    }

    /// All profiles, in their order.
    fn ids(&self) -> BTreeSet<ProfileId> {
        self.accounts().map(|model| model.id).collect()
    }

    fn each_hidden(&mut self, effects: &mut Vec<ProfileEffect>, act: impl Fn(&mut Model, &mut Vec<Effect>)) {
        for id in self.hidden.keys().copied().collect::<Vec<_>>() {
            let mut of_model = Vec::new();
            if let Some(model) = self.hidden.get_mut(&id) {
                act(model, &mut of_model);
            }
            self.take(id, of_model, effects);
        }
    }

    /// Opens the form of another account on these images.
    fn copy_into(&mut self, id: ProfileId, images: Vec<Arc<Image>>, effects: &mut Vec<ProfileEffect>) {
        let listed_by = self.shown.id;
        let from = clean(self.shown.profile_name(listed_by)).into_owned();
        if !self.show(id, effects) {
            return;
        }
        let into = clean(self.shown.profile_name(id)).into_owned();
        let of_model = self.shown.run(|model, _| {
            form::open::open_listed_by(model, images, listed_by);
            if model.notice.is_none() {
                model.show_notice(format!("The copies are made in {into}, of images of {from}."));
            }
        });
        self.take(id, of_model, effects);
    }

    /// Shows what the others say, unless the account that is shown says something itself.
    fn take_notices(&mut self) {
        let shown = &mut self.shown;
        for (id, model) in &mut self.hidden {
            let Some(mut notice) = model.notice.take() else { continue };
            notice.text = format!("{}: {}", clean(model.profile_name(*id)), notice.text);
            if shown.notice.as_ref().is_none_or(|before| notice.is_error && !before.is_error) {
                shown.notice = Some(notice);
            }
        }
    }

    /// All profiles that are on the screen, by name; those without one are not among them.
    fn named(&self) -> BTreeSet<String> {
        self.accounts().filter_map(|model| model.profile_in_use().map(str::to_owned)).collect()
    }
}

/// Returns true for what only the account that is shown does: the terminal is one, and so is the view.
fn is_of_the_screen(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Clipboard(_)
            | Effect::Title(_)
            | Effect::Mouse(_)
            | Effect::Repaint
            | Effect::ResumeTerminal
            | Effect::Suspend
            | Effect::CacheRegions { .. }
            | Effect::Remember(_)
    )
}
