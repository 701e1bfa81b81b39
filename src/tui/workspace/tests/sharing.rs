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
    // An owner that is not on the screen is not asked.
    let mut alone = Harness::new(&["production"]);
    alone.workspace.shown.share_request = Some(request());
    assert_eq!(alone.workspace.update(ProfileId::default(), Msg::Tick, now()), []);
    assert!(alone.notice().contains("not on the screen any more"), "{}", alone.notice());
}

#[test]
fn nobody_leaves_while_access_is_given_and_quitting_names_it() {
    for (leaves, what) in [
        (":profile production", "build stays on the screen until this has ended: It is giving"),
        (":profile build", "production stays on the screen until this has ended: Account 123456789012 is giving"),
    ] {
        let mut harness = Harness::new(&["production", "build"]);
        let (owner, id) = asked(&mut harness);
        harness.keys(leaves);
        harness.press(KeyCode::Enter);
        assert_eq!(harness.workspace.accounts().count(), 2);
        assert!(harness.notice().contains(what), "{}", harness.notice());
        harness.keys("q");
        assert!(harness.screen().contains("Account 123456789012 is giving access"), "{}", harness.screen());
        harness.press(KeyCode::Esc);
        _ = harness.workspace.update(owner, Msg::Reply { id, reply: Reply::AccessGiven(outcome()) }, now());
        harness.keys(leaves);
        harness.press(KeyCode::Enter);
        assert_eq!(harness.workspace.accounts().count(), 1);
    }
}

#[test]
fn whoever_is_shown_is_told_what_came_for_an_account_that_had_to_leave() {
    for leaves in ["production", "build"] {
        let mut harness = Harness::new(&["production", "build"]);
        let (owner, id) = asked(&mut harness);
        let (leaving, mut effects) = (harness.id(leaves), Vec::new());
        harness.workspace.leave(leaving, &mut effects);
        _ = harness.workspace.update(owner, Msg::Reply { id, reply: Reply::AccessGiven(outcome()) }, now());
        let what = if leaves == "build" { "left the screen before it had answered" } else { "you may not" };
        assert!(harness.notice().contains(what), "{leaves}: {}", harness.notice());
    }
}
