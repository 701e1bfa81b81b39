//! Whatever is pressed: what an account has its session do is about images that it lists and regions that it has.

use proptest::prelude::*;

use super::*;
use crate::{domain::ImageId, tui::msg::StorageRequest};

/// Keys that move, mark, filter, open, fill in, start, change profiles; more of those that lead somewhere.
fn key() -> impl Strategy<Value = KeyCode> {
    let chars = "jjjkgG  ccIIan/wADtuvyoRx123p:?!dqy".chars().collect::<Vec<_>>();
    prop_oneof![
        8 => prop::sample::select(chars).prop_map(KeyCode::Char),
        3 => Just(KeyCode::Enter),
        2 => Just(KeyCode::Esc),
        1 => Just(KeyCode::Tab),
        1 => Just(KeyCode::Delete),
    ]
}

/// The images that an effect is about.
fn images_of(effect: &Effect) -> Vec<ImageId> {
    match effect {
        Effect::Command(Command::Copy(copies)) => copies.iter().map(|copy| copy.source.clone()).collect(),
        Effect::Command(Command::DeregisterImages(images)) => images.iter().map(|one| one.image.clone()).collect(),
        Effect::ReadImageDetails { image, .. }
        | Effect::ReadLineage { image, .. }
        | Effect::RequestUsageReport { image, .. } => vec![image.id.clone()],
        Effect::ReadUsage { images, .. } => images.iter().map(|image| image.id.clone()).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_account_acts_on_what_only_another_lists(pressed in prop::collection::vec((key(), any::<bool>()), 1..60)) {
        let mut harness = two();
        harness.open_jobs("build", vec![crate::tui::tests::jobs::job(1)]);
        harness.open_jobs("production", Vec::new());
        let mut into_another = false;
        for (code, with_ctrl) in pressed {
            into_another |= code == KeyCode::Char('I');
            let modifiers = if with_ctrl && code == KeyCode::Char('x') { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            // Ctrl-s starts what is filled in.
            let (code, modifiers) = match code {
                KeyCode::Char('o') if with_ctrl => (KeyCode::Char('s'), KeyModifiers::CONTROL),
                other => (other, modifiers),
            };
            let msg = Msg::Input(Input::Key(KeyEvent::new(code, modifiers)));
            let effects = harness.workspace.update(ProfileId::default(), msg, now());
            if effects.iter().any(|(_, effect)| *effect == Effect::Quit) {
                break;
            }
            harness.answer(effects);
        }
        for (profile, effect) in &harness.log {
            let Some(listed) = harness.images.get(profile.as_str()) else { continue };
            for id in images_of(effect) {
                // `I` copies what another account lists.
                let is_copy = into_another && matches!(effect, Effect::Command(Command::Copy(_)));
                prop_assert!(is_copy || listed.iter().any(|image| image.id == id), "{profile}: {effect:?}");
            }
            let deletes = matches!(effect, Effect::Storage { request: StorageRequest::DeleteOrphans { .. }, .. });
            prop_assert!(!deletes, "nothing was typed that confirms it");
        }
    }
}
