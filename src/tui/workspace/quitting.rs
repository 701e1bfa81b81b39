//! Quitting with several accounts: each is asked in turn whose work would stop, and nothing is done before all have agreed.

use super::{ProfileEffect, Workspace, is_of_the_screen};
use crate::tui::{
    model::Model,
    msg::{Effect, Msg},
    others::ProfileId,
    quit,
    screens::Overlay,
};

fn asks(model: &Model) -> bool {
    model.overlays.iter().any(|overlay| matches!(overlay, Overlay::Confirmation(question) if question.quits()))
}

impl Workspace {
    /// Notes that an account may be quit.
    pub(super) fn agree_to_quit(&mut self, id: ProfileId, of_model: Vec<Effect>) {
        let quitting = self.quitting.get_or_insert_default();
        quitting.agreed.insert(id);
        quitting
            .effects
            .extend(of_model.into_iter().filter(|effect| *effect != Effect::Quit).map(|effect| (id, effect)));
    }

    /// Asks the next account, or quits if all have agreed. Whoever answers that they stay, stays with all.
    pub(super) fn continue_quitting(&mut self, effects: &mut Vec<ProfileEffect>) {
        while let Some(quitting) = &self.quitting {
            let is_open = |id: &ProfileId| !quitting.agreed.contains(id);
            if is_open(&self.shown.id) && asks(&self.shown) {
                return;
            }
            if is_open(&self.shown.id) {
                // It was asked, and stays.
                self.quitting = None;
                return;
            }
            let Some(next) = self.hidden.keys().copied().find(is_open) else {
                let Some(quitting) = self.quitting.take() else { return };
                effects.extend(quitting.effects);
                effects.push((self.shown.id, Effect::Quit));
                return;
            };
            let Some(model) = self.hidden.get_mut(&next) else { return };
            let mut of_model = Vec::new();
            quit::quit(model, &mut of_model);
            if of_model.contains(&Effect::Quit) {
                self.agree_to_quit(next, of_model);
            } else {
                self.show(next, effects);
            }
        }
    }

    /// Ends all accounts: the terminal is gone, or the process is to end.
    pub(super) fn end(&mut self, msg: &Msg) -> Vec<ProfileEffect> {
        let (mut effects, shown) = (Vec::new(), self.shown.id);
        for model in std::iter::once(&mut self.shown).chain(self.hidden.values_mut()) {
            let id = model.id;
            let of_model = model.update(msg.clone(), self.now);
            let is_done = |effect: &Effect| *effect != Effect::Quit && (id == shown || !is_of_the_screen(effect));
            effects.extend(of_model.into_iter().filter(is_done).map(|effect| (id, effect)));
        }
        effects.push((self.shown.id, Effect::Quit));
        effects
    }
}
