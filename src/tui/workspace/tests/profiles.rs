//! Which profiles are on the screen.

use super::*;
use crate::tui::tests::jobs::job;

#[test]
fn nothing_is_left_by_choosing_what_is_shown() {
    let mut harness = Harness::new(&["build"]);
    harness.open_jobs("build", vec![job(1)]);
    harness.sent.clear();
    // The cursor is on the profile in use.
    harness.keys("p ");
    harness.press(KeyCode::Enter);
    assert_eq!((harness.notice(), harness.sent.as_slice()), ("", &[][..]));
    assert!(harness.rows().len() == 3 && harness.screen().contains("app-web-00001"), "{}", harness.screen());
}

#[test]
fn an_unknown_profile_is_refused_and_what_is_shown_stays() {
    for (typed, said) in [
        ("nosuch", "There is no profile nosuch. There are build, production, again."),
        ("build,productoin", "There is no profile productoin; did you mean production?"),
    ] {
        for profiles in [&["build"][..], &["build", "production"]] {
            let mut harness = Harness::new(profiles);
            let rows = harness.rows();
            harness.log.clear();
            harness.keys(&format!(":profile {typed}"));
            harness.press(KeyCode::Enter);
            assert!(harness.screen().contains(said), "{}", harness.screen());
            harness.press(KeyCode::Esc);
            assert_eq!((harness.rows(), harness.workspace.accounts().count()), (rows, profiles.len()));
            assert!(!harness.log.iter().any(|(_, effect)| matches!(effect, Effect::Connect { .. })));
        }
    }
}
