//! Comparing images of two accounts.

use super::{harness::BUILD, *};

fn marked(rows: &[(&str, u32)]) -> Harness {
    let mut harness = two();
    for (profile, n) in rows {
        harness.go_to(profile, *n);
        harness.keys(" ");
    }
    harness.sent.clear();
    harness
}

fn is_compared(harness: &Harness) -> bool {
    harness.sent.iter().any(|(_, effect)| matches!(effect, Effect::Compare { .. }))
}

#[test]
fn images_of_two_accounts_are_compared_by_what_is_listed_and_no_other_account_is_shown() {
    let mut both = marked(&[("build", 1), ("production", 2)]);
    let mut with_cursor = marked(&[("production", 2)]);
    with_cursor.go_to("build", 1);
    for harness in [&mut both, &mut with_cursor] {
        harness.keys("D");
        let screen = harness.screen();
        assert_eq!(harness.shown(), "build", "{screen}");
        for text in ["ami-00000001 in us-east-1: web-1", "ami-00000002 in us-east-1: web-2", BUILD, PRODUCTION] {
            assert!(screen.contains(text), "{text}: {screen}");
        }
        // Neither account may read both, also not on request.
        harness.keys("R");
        assert!(!is_compared(harness) && harness.screen().contains("Differences"), "{}", harness.screen());
    }
}

#[test]
fn images_that_the_account_shown_lists_are_read_in_full() {
    let mut harness = marked(&[("build", 1), ("production", SHARED)]);
    harness.keys("D");
    assert!(is_compared(&harness) && harness.shown() == "build");
}

#[test]
fn an_image_that_two_accounts_list_is_not_compared_with_itself() {
    let mut harness = marked(&[("build", SHARED), ("production", SHARED)]);
    harness.keys("D");
    assert!(harness.notice().contains("ami-00000063 is not compared with itself"), "{}", harness.notice());
    assert!(harness.shown() == "build" && harness.workspace.shown().overlays.is_empty());
}

#[test]
fn marks_of_one_account_are_compared_by_it() {
    let mut harness = marked(&[("production", 2), ("production", 4)]);
    harness.keys("D");
    assert!(is_compared(&harness) && harness.shown() == "production");
}
