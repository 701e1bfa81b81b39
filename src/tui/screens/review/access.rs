//! Sources whose owner does not share all that a copy reads: what can be done about it, and having the owner's account give it, if that
//! account is on the screen as well.

use super::{ReviewScreen, Target, open};
use crate::{
    config::KeyMap,
    domain::{
        AccountId, Failure,
        image_access::{Share, ShareOutcome, ShareRequest},
        review::{Finding, FindingKind},
        text::clean,
    },
    labels,
    tui::{
        bindings::{Action, Context},
        model::Model,
        msg::Effect,
        screens::{Overlay, confirm::Confirmation},
    },
};

/// Returns a finding in words; of what another account does not share, with what can be done about it here.
pub(super) fn text(finding: &Finding, screen: &ReviewScreen, keys: &KeyMap) -> String {
    let text = labels::review::finding(finding);
    let FindingKind::NotShared { owner, target, missing } = &finding.kind else { return text };
    if let Some(why) = screen.unshareable.get(&target.image) {
        let text = labels::image_access::refused_or_unknown(owner, target, missing);
        return format!("{text} Account {owner} cannot give it: {why}");
    }
    if screen.owners.contains(owner) {
        let give = keys.key(Context::Review, Action::GiveAccess);
        format!("{text} Account {owner} is on the screen: {give} has it give this.")
    } else {
        let profile = keys.key(Context::Images, Action::Profile);
        format!("{text} To give it from here, mark a profile of account {owner} as well ({profile} in the images).")
    }
}

/// Returns all that an owner is to give for the copies of the review that is open; `None` if nothing of its images is missing, or its
/// account is not on the screen.
pub fn request(model: &Model, owner: &AccountId) -> Option<ShareRequest> {
    let screen = model.overlays.iter().rev().find_map(|overlay| match overlay {
        Overlay::Review(screen) => Some(screen),
        _ => None,
    })?;
    let shares: Vec<Share> = screen.shares().filter(|(of, _)| *of == owner).map(|(_, share)| share).collect();
    (!shares.is_empty() && model.owners_on_screen.contains(owner)).then(|| ShareRequest::new(owner.clone(), shares))
}

/// Asks whether the owner of the image under the cursor is to give what is missing, or the first owner who can.
pub(super) fn ask(model: &mut Model, target: Option<&Target>) {
    let Some(Overlay::Review(screen)) = model.overlays.last() else { return };
    let under_cursor = match target {
        Some(Target::Finding(FindingKind::NotShared { owner, target, .. }, _))
            if !screen.unshareable.contains_key(&target.image) =>
        {
            Some(owner.clone())
        }
        _ => None,
    };
    let first = || {
        let known = screen.shares().find(|(owner, _)| screen.owners.contains(*owner));
        known.or_else(|| screen.shares().next()).map(|(owner, _)| owner.clone())
    };
    let Some(owner) = under_cursor.or_else(first) else {
        model.show_notice("Nothing is missing that another account could give.");
        return;
    };
    if model.start.config.read_only {
        model.show_error("Read-only: nothing is shared. Start without --read-only to give access.");
    } else if let Some(request) = request(model, &owner) {
        model.overlays.push(Overlay::Confirmation(Confirmation::give_access(request)));
    } else {
        let profile = model.keymap.key(Context::Images, Action::Profile);
        model.show_notice(format!(
            "Account {owner} is not on the screen: mark its profile as well ({profile} in the images), or run the owner's commands."
        ));
    }
}

/// The user has confirmed: the owner's account is asked.
pub(in crate::tui) fn confirmed(model: &mut Model, request: ShareRequest) {
    let owner = request.owner.clone();
    if model.owners_on_screen.contains(&owner) {
        model.show_notice(format!("Asking account {owner} to give access ..."));
        model.share_request = Some(request);
    } else {
        model.show_error(format!("Nothing was given: account {owner} is not on the screen any more."));
    }
}

/// Takes in what the owner's account has given: says so, and checks the copies again.
pub fn on_given(model: &mut Model, outcome: &ShareOutcome, effects: &mut Vec<Effect>) {
    // What was answered before is not true any more, nor is the account being asked.
    model.last_review = None;
    model.notice = None;
    if let Some(screen) = open::screen(model) {
        let reason = |Failure { why, hint, .. }: &Failure| format!("{}. {}", clean(why), clean(hint));
        let unshareable = outcome.unshareable.iter().map(|one| (one.image.clone(), reason(&one.failure)));
        screen.unshareable.extend(unshareable);
    }
    open::ask_again(model, effects);
    for failure in outcome.failures.iter().chain(&outcome.audit_failures) {
        model.show_failure("give access", failure);
    }
    if matches!(model.overlays.last(), Some(Overlay::Review(_))) {
        let again = model.keymap.key(Context::Review, Action::Refresh);
        model.overlays.push(Overlay::Confirmation(Confirmation::access_given(outcome, &again)));
    } else if let Some(given) = labels::image_access::given(outcome).filter(|_| outcome.failures.is_empty()) {
        model.show_notice(given);
    }
}

/// The outcome if the owner's account cannot be asked, for [`on_given`].
pub fn not_asked(owner: AccountId) -> ShareOutcome {
    let why = "its account is not on the screen any more";
    ShareOutcome::failed(owner, Failure::new("give access", why).hint("Nothing was given."))
}
