//! What the account that is shown says of the others.

use super::*;

#[test]
fn an_account_that_is_not_complete_is_not_cut_off() {
    let mut harness = Harness::signed_out(&["build", "production", "again"], vec!["again"]);
    let line = |harness: &Harness| harness.screen().lines().find(|line| line.contains("again")).map(str::to_owned);
    assert!(line(&harness).is_some_and(|line| line.contains("again: not signed in")), "{}", harness.screen());
    let effects = harness.workspace.update(ProfileId::default(), Msg::Input(Input::Resize(60, 20)), now());
    harness.answer(effects);
    assert!(line(&harness).is_some_and(|line| line.contains("production  again: 1 problem")), "{}", harness.screen());
    harness.workspace.shown.others[0].name = "production-image-copier-of-the-team".into();
    let narrow = line(&harness).unwrap_or_default();
    assert!(narrow.contains("2 accounts more, 1 account not complete: again"), "{}", harness.screen());
}

#[test]
fn the_problems_of_all_accounts_are_listed_with_their_account() {
    let mut harness = Harness::signed_out(&["build", "production"], vec!["production"]);
    harness.keys("!");
    let screen = harness.screen();
    assert!(screen.contains("production: profile production") && screen.contains("token has expired"), "{screen}");
    assert!(!screen.contains("No problems"), "{screen}");
    harness.sent.clear();
    harness.keys("y");
    assert!(matches!(harness.sent[..], [(_, Effect::Clipboard(_))]), "{:?}", harness.sent);
}
