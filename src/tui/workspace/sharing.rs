//! Access that one account on the screen gives another: the owner's session carries it out, and the copying account's review goes on.

use super::{ProfileEffect, Sharing, Workspace};
use crate::{
    domain::{AccountId, Failure, image_access::ShareOutcome},
    tui::{
        model::{Connection, Model, PendingReply},
        msg::{Effect, EffectId},
        others::ProfileId,
        screens::review::access,
    },
};

/// The account of a profile that is signed in, and the endpoint: equal numbers elsewhere are another account.
fn account(model: &Model) -> Option<(&AccountId, Option<&str>)> {
    let Connection::Ready(connected) = &model.connection else { return None };
    model.account.as_ref().map(|account| (&account.id, connected.endpoint.as_deref()))
}

impl Workspace {
    /// The accounts besides the one that is shown that can be asked.
    pub(super) fn name_owners(&mut self) {
        let Some((_, endpoint)) = account(&self.shown) else { return self.shown.owners_on_screen.clear() };
        let others = self.hidden.values().filter_map(account).filter(|(_, at)| *at == endpoint);
        self.shown.owners_on_screen = others.map(|(owner, _)| owner.clone()).collect();
    }

    /// Has the owner's account give what was confirmed.
    pub(super) fn share(&mut self, effects: &mut Vec<ProfileEffect>) {
        let Some(request) = self.shown.share_request.take() else { return };
        let (asked_by, owner) = (self.shown.id, request.owner.clone());
        let endpoint = account(&self.shown).map(|(_, endpoint)| endpoint.map(str::to_owned));
        let is_owner = |model: &&mut Model| {
            account(model).is_some_and(|(id, at)| *id == owner && Some(at) == endpoint.as_ref().map(Option::as_deref))
        };
        let Some(of_owner) = self.hidden.values_mut().find(is_owner) else {
            return self.tell(asked_by, &access::not_asked(owner), effects);
        };
        let (profile, id) = (of_owner.id, of_owner.next_effect_id());
        let reply = self.shown.expect_reply(PendingReply::Access(owner.clone()));
        self.sharing.insert((profile, id), Sharing { asked_by, reply, owner });
        effects.push((profile, Effect::GiveAccess { id, request }));
    }

    /// Takes in what an owner's account has given, unless nobody has asked it.
    pub(super) fn on_shared(
        &mut self,
        owner: ProfileId,
        id: EffectId,
        outcome: &ShareOutcome,
        effects: &mut Vec<ProfileEffect>,
    ) {
        if let Some(sharing) = self.sharing.remove(&(owner, id)) {
            self.shared(&sharing, outcome, effects);
        }
    }

    /// Returns true if this profile's account is giving another access.
    pub(super) fn is_sharing(&self, owner: ProfileId) -> bool {
        self.sharing.keys().any(|(profile, _)| *profile == owner)
    }

    /// Says of an account that leaves the screen that what it gives meanwhile is not seen here.
    pub(super) fn stop_sharing(&mut self, owner: ProfileId, effects: &mut Vec<ProfileEffect>) {
        let open: Vec<_> = self.sharing.extract_if(.., |(of, _), _| *of == owner).collect();
        for (_, sharing) in open {
            let failure = Failure::new("give access", "the owner's account has left the screen before it had answered")
                .hint("What it has given is in its audit: `amigrate audit` with its profile.");
            self.shared(&sharing, &ShareOutcome::failed(sharing.owner.clone(), failure), effects);
        }
    }

    fn shared(&mut self, sharing: &Sharing, outcome: &ShareOutcome, effects: &mut Vec<ProfileEffect>) {
        if let Some(model) = self.account_mut(sharing.asked_by) {
            model.pending.remove(&sharing.reply);
        }
        self.tell(sharing.asked_by, outcome, effects);
    }

    /// Tells who has asked; or whoever is shown, if that account has left the screen.
    fn tell(&mut self, asked_by: ProfileId, outcome: &ShareOutcome, effects: &mut Vec<ProfileEffect>) {
        let to = if self.account(asked_by).is_some() { asked_by } else { self.shown.id };
        let Some(model) = self.account_mut(to) else { return };
        let of_model = model.run(|model, of_model| access::on_given(model, outcome, of_model));
        self.take(to, of_model, effects);
    }
}
