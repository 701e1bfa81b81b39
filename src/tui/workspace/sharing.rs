//! Access that one account on the screen gives another: the owner's session carries it out, and the copying account's review goes on.

use super::{ProfileEffect, Workspace};
use crate::{
    domain::{AccountId, Failure, image_access::ShareOutcome},
    tui::{
        model::Connection,
        msg::{Effect, EffectId},
        others::ProfileId,
        screens::review::access,
    },
};

impl Workspace {
    /// The accounts besides the one that is shown that can be asked.
    pub(super) fn name_owners(&mut self) {
        let signed_in = self.hidden.values().filter(|model| matches!(model.connection, Connection::Ready(_)));
        let owners = signed_in.filter_map(|model| model.account.as_ref().map(|account| account.id.clone()));
        self.shown.owners_on_screen = owners.collect();
    }

    /// Has the owner's account give what was confirmed.
    pub(super) fn share(&mut self, effects: &mut Vec<ProfileEffect>) {
        let Some(request) = self.shown.share_request.take() else { return };
        let is_owner = |id: &AccountId| *id == request.owner;
        let owner = self.hidden.values_mut().find(|model| model.account.as_ref().is_some_and(|a| is_owner(&a.id)));
        let Some(owner) = owner else {
            return self.shared(self.shown.id, &access::not_asked(request.owner), effects);
        };
        let (owner, id) = (owner.id, owner.next_effect_id());
        self.sharing.insert((owner, id), (self.shown.id, request.owner.clone()));
        effects.push((owner, Effect::GiveAccess { id, request }));
    }

    /// Takes in what an owner's account has given. Returns false if nobody has asked it.
    pub(super) fn on_shared(
        &mut self,
        owner: ProfileId,
        id: EffectId,
        outcome: &ShareOutcome,
        effects: &mut Vec<ProfileEffect>,
    ) {
        if let Some((asked_by, _)) = self.sharing.remove(&(owner, id)) {
            self.shared(asked_by, outcome, effects);
        }
    }

    /// Says of an account that leaves the screen that what it gives meanwhile is not seen here.
    pub(super) fn stop_sharing(&mut self, owner: ProfileId, effects: &mut Vec<ProfileEffect>) {
        let open: Vec<_> = self.sharing.extract_if(.., |(of, _), _| *of == owner).collect();
        for (_, (asked_by, account)) in open {
            let failure = Failure::new("give access", "the owner's account has left the screen before it had answered")
                .hint("What it has given is in its audit: `amigrate audit` with its profile.");
            self.shared(asked_by, &ShareOutcome::failed(account, failure), effects);
        }
    }

    fn shared(&mut self, asked_by: ProfileId, outcome: &ShareOutcome, effects: &mut Vec<ProfileEffect>) {
        let Some(model) = self.account_mut(asked_by) else { return };
        let of_model = model.run(|model, of_model| access::on_given(model, outcome, of_model));
        self.take(asked_by, of_model, effects);
    }
}
