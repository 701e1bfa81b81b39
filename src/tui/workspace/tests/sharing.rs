//! What the account of an owner gives: that account is asked and no other, and whoever requested it is told.

use super::{
    harness::{BUILD, Harness, now},
    *,
};
use crate::domain::{
    AccountId, Failure,
    image_access::{ShareOutcome, ShareRequest},
};

fn request() -> ShareRequest {
    ShareRequest::new(AccountId::new(BUILD).unwrap(), Vec::new())
}

fn outcome() -> ShareOutcome {
    ShareOutcome::failed(AccountId::new(BUILD).unwrap(), Failure::new("give access", "you may not"))
}

/// Confirms the request in the account that is shown; returns who is asked.
fn asked(harness: &mut Harness) -> (ProfileId, EffectId) {
    harness.workspace.shown.share_request = Some(request());
    let effects = harness.workspace.update(ProfileId::default(), Msg::Tick, now());
    let [(owner, Effect::GiveAccess { id, .. })] = effects.as_slice() else { panic!("{effects:?}") };
    (*owner, *id)
}

#[test]
fn what_an_owner_is_to_give_is_given_by_its_account_and_told_to_who_asked() {
    let mut harness = Harness::new(&["production", "build"]);
    let (owner, id) = asked(&mut harness);
    assert_eq!(owner, harness.id("build"));
    let reply = || Msg::Reply { id, reply: Reply::AccessGiven(outcome()) };
    // From another account it is not the answer.
    let asked_by = harness.id("production");
    _ = harness.workspace.update(asked_by, reply(), now());
    assert!(!harness.notice().contains("you may not"));
    _ = harness.workspace.update(owner, reply(), now());
    assert!(harness.notice().contains("you may not"), "{}", harness.notice());
    // Another account on the screen is not asked, nor told.
    let mut three = Harness::new(&["production", "audit", "build"]);
    let (owner, id) = asked(&mut three);
    assert_eq!(owner, three.id("build"));
    three.keys("A");
    assert_eq!(three.shown(), "audit");
    _ = three.workspace.update(owner, Msg::Reply { id, reply: Reply::AccessGiven(outcome()) }, now());
    assert!(three.notice().starts_with("production: ") && three.notice().contains("you may not"), "{}", three.notice());
    // One that leaves before it has answered leaves nobody waiting.
    let mut two = Harness::new(&["production", "build"]);
    asked(&mut two);
    two.keys(":profile production");
    two.press(KeyCode::Enter);
    assert!(two.notice().contains("left the screen before it had answered"), "{}", two.notice());
    // An owner that is not on the screen is not asked.
    let mut alone = Harness::new(&["production"]);
    alone.workspace.shown.share_request = Some(request());
    assert_eq!(alone.workspace.update(ProfileId::default(), Msg::Tick, now()), []);
    assert!(alone.notice().contains("not on the screen any more"), "{}", alone.notice());
}
