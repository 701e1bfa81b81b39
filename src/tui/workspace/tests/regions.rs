//! The regions of several accounts.

use super::{
    harness::{BUILD, region},
    *,
};
use crate::domain::Region;

fn chosen(harness: &Harness, profile: &str) -> Vec<String> {
    let model = harness.workspace.account(harness.id(profile)).unwrap();
    let mut regions: Vec<String> = model.chosen.iter().map(Region::to_string).collect();
    regions.sort();
    regions
}

#[test]
fn an_account_that_lacks_a_region_takes_it_from_no_other() {
    let mut harness = two();
    let production = harness.id("production");
    let model = harness.workspace.account_mut(production).unwrap();
    model.regions.retain(|info| info.region != region("eu-west-1"));
    let images = harness.images.get_mut("build").unwrap();
    images.push(crate::domain::Image { region: region("eu-west-1"), ..image(7, BUILD) });
    harness.keys(":region us-east-1,eu-west-1");
    harness.press(KeyCode::Enter);
    harness.go_to("build", 7);
    harness.keys(" ");
    for _ in 0..2 {
        harness.keys("A");
        assert_eq!(chosen(&harness, "build"), ["eu-west-1", "us-east-1"]);
        assert_eq!(chosen(&harness, "production"), ["us-east-1"]);
        assert_eq!(harness.workspace.shown().images.marked.len(), 1, "{}", harness.notice());
    }
    // What somebody takes away there is gone everywhere, and so are the marks in it.
    harness.keys("A:region us-east-1");
    harness.press(KeyCode::Enter);
    assert_eq!((chosen(&harness, "build"), harness.shown()), (vec!["us-east-1".to_owned(); 1], "production"));
    assert_eq!(harness.workspace.shown().images.marked.len(), 0);
}

#[test]
fn each_account_finds_its_own_regions_whichever_is_shown_meanwhile() {
    let mut harness = Harness::automatic(&["build", "production"]);
    harness.sent.retain(|(_, effect)| matches!(effect, Effect::ListImages { .. }));
    assert!(!harness.sent.is_empty(), "the first pages of eu-west-1 are awaited");
    harness.keys("A");
    harness.slow = None;
    let open = std::mem::take(&mut harness.sent);
    harness.answer(open);
    for profile in ["build", "production"] {
        assert_eq!(chosen(&harness, profile), ["eu-west-1", "us-east-1"], "{profile}");
    }
}
