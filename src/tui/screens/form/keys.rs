//! The state of each destination's KMS key, as far as the keys were listed.

use std::collections::BTreeMap;

use crate::domain::{KeyChoice, KmsKeyRef, Region, draft::Draft, kms_key::KeyList};

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyState {
    pub(super) text: String,
    /// A copy with this key would fail.
    pub(super) unusable: bool,
}

/// The state of the key that a destination's copies get.
pub(super) fn key_state(draft: &Draft, region: &Region, lists: &BTreeMap<Region, KeyList>) -> KeyState {
    let own = draft.keys.get(region).map(|k| k.trim()).filter(|k| !k.is_empty());
    let key = own.unwrap_or(draft.key.trim());
    let known = |text: String| KeyState { text, unusable: false };
    match KmsKeyRef::new(key).ok().map(|k| k.region()) {
        // The text below the field says what is wrong with it.
        None if !key.is_empty() => return known(String::new()),
        Some(Some(other)) if other != *region => return KeyState { text: format!("in {other}"), unusable: true },
        _ => {}
    }
    let Some(list) = lists.get(region) else { return known("not looked up yet".into()) };
    if key.is_empty() {
        return known(match &list.default_key {
            Some(key) if KmsKeyRef::new(key).is_ok_and(|k| k.is_aws_managed()) => "default: AWS managed key".into(),
            Some(key) => format!("default: {key}"),
            None => "default key".into(),
        });
    }
    match (list.choices.iter().find(|c| names(c, key)), &list.problem) {
        (Some(KeyChoice { usable: Some(true), .. }), _) => known("enabled".into()),
        (Some(KeyChoice { usable: Some(false), note, .. }), _) => KeyState { text: note.clone(), unusable: true },
        (Some(_), _) => known("unknown: may not be looked up".into()),
        (None, Some(problem)) => known(format!("unknown: {}", problem.code.as_deref().unwrap_or("not listed"))),
        // It may be another account's.
        (None, None) if key.starts_with("arn:") => known("not this account's".into()),
        (None, None) => KeyState { text: "no such key here".into(), unusable: true },
    }
}

/// Returns true if a reference names this key: by alias, id or ARN.
fn names(choice: &KeyChoice, key: &str) -> bool {
    let ends = |name: &str| key.starts_with("arn:") && key.rsplit_once(':').is_some_and(|(_, last)| last == name);
    choice.key.as_str() == key
        || choice.key_id == key
        || ends(choice.key.as_str())
        || ends(&format!("key/{}", choice.key_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Failure;

    #[test]
    fn a_keys_state_is_that_of_the_list() {
        let region = Region::new("eu-west-1").unwrap();
        let id = |n: u8| format!("00000000-0000-0000-0000-00000000000{n}");
        let choice = |key: &str, n, usable, note: &str| KeyChoice {
            key: KmsKeyRef::new(key).unwrap(),
            key_id: id(n),
            note: note.into(),
            usable,
        };
        let arn = |resource: &str| format!("arn:aws:kms:eu-west-1:123456789012:{resource}");
        let mut list = KeyList {
            choices: vec![
                choice("alias/web", 1, Some(true), ""),
                choice("alias/old", 2, Some(false), "it is disabled"),
                choice(&arn(&format!("key/{}", id(3))), 3, None, ""),
            ],
            default_key: Some("alias/aws/ebs".into()),
            ..KeyList::default()
        };
        let state = |key: &str, list: &KeyList| {
            let draft = Draft { key: key.into(), ..Draft::default() };
            let state = key_state(&draft, &region, &BTreeMap::from([(region.clone(), list.clone())]));
            (state.text, state.unusable)
        };
        for (key, text, unusable) in [
            ("", "default: AWS managed key", false),
            ("alias/web", "enabled", false),
            (&id(1), "enabled", false),
            (&arn("alias/web"), "enabled", false),
            (&arn(&format!("key/{}", id(1))), "enabled", false),
            ("alias/old", "it is disabled", true),
            (&id(3), "unknown: may not be looked up", false),
            ("my key", "", false),
            ("arn:aws:kms:us-east-1:123456789012:alias/web", "in us-east-1", true),
            ("alias/gone", "no such key here", true),
            ("arn:aws:kms:eu-west-1:999999999999:alias/web2", "not this account's", false),
        ] {
            assert_eq!(state(key, &list), (text.to_owned(), unusable), "{key}");
        }
        list.problem = Some(Failure::new("list", "no").code("AccessDeniedException"));
        assert_eq!(state("alias/gone", &list), ("unknown: AccessDeniedException".to_owned(), false));
        let draft = Draft { keys: BTreeMap::from([(region.clone(), "alias/old".into())]), ..Draft::default() };
        assert!(
            key_state(&draft, &region, &BTreeMap::from([(region.clone(), KeyList { problem: None, ..list })])).unusable
        );
        assert_eq!(key_state(&draft, &region, &BTreeMap::new()).text, "not looked up yet");
    }
}
