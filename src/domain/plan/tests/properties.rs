//! Whatever is typed: no panic, and what passes the checks keeps EC2's rules.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::completion::CompletionDuration;

/// What people type and paste, with more of what has a meaning in some field.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z{}=:, -]{0,30}",
        "[0-9]{11,13}d?",
        Just("arn:aws:organizations::123456789012:organization/o-abc123".to_owned()),
        Just("us-east-1-bos-1a".to_owned()),
        Just("{name}-{source_id}".to_owned()),
        Just("Team={name}".to_owned()),
        Just("2027-01-31T12:00Z".to_owned()),
    ]
}

fn drafts() -> impl Strategy<Value = Draft> {
    let texts = || proptest::collection::vec(text(), 0..4);
    let placement = prop_oneof![
        3 => Just(PlacementDraft::Region),
        1 => text().prop_map(PlacementDraft::Outpost),
        1 => text().prop_map(PlacementDraft::LocalZone),
    ];
    let first = (text(), text(), text(), text(), texts(), texts(), placement);
    let second = (text(), text(), 0..4_usize, any::<[bool; 6]>(), proptest::option::of(1..193_u16));
    (first, second).prop_map(|(first, second)| {
        let (name, description, key, client_token, image_tags, snapshot_tags, placement) = first;
        let (share_with, deprecate, regions, [encrypt, public, copy, snapshots, tag_source, along], quarters) = second;
        let mut draft = Draft {
            destinations: ["us-east-1", "eu-west-1", "cn-north-1"][..regions.min(3)]
                .iter()
                .map(|r| region(r))
                .collect(),
            name: if along { "{name}".into() } else { name },
            description,
            encrypt,
            key,
            source_tags: if along { SourceTags::All } else { SourceTags::None },
            image_tags,
            snapshot_tags,
            placement,
            completion: quarters.and_then(|n| CompletionDuration::from_minutes(n * 15).ok()),
            client_token,
            ..draft()
        };
        draft.post_copy.share_with = share_with;
        draft.post_copy.deprecate = deprecate;
        draft.post_copy.public = public;
        draft.post_copy.copy_permissions = copy;
        draft.post_copy.share_snapshots = snapshots;
        draft.post_copy.tag_source = tag_source;
        draft
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_passes_keeps_the_rules(draft in drafts()) {
        let plan = check(&draft);
        let fields: BTreeSet<_> = plan.mistakes.iter().map(|m| &m.field).collect();
        prop_assert_eq!(fields.len(), plan.mistakes.len(), "one mistake for each field");
        prop_assert!(plan.mistakes.is_sorted_by_key(|m| &m.field));
        for message in plan.mistakes.iter().chain(&plan.warnings) {
            prop_assert!(message.text.ends_with('.'), "{:?}", message);
            prop_assert!(!message.text.chars().any(char::is_control), "{:?}", message);
        }
        if !plan.mistakes.is_empty() {
            return Ok(());
        }
        prop_assert_eq!(plan.copies.len(), draft.sources.len() * draft.destinations.len());
        for copy in &plan.copies {
            for tags in [&copy.image_tags, &copy.snapshot_tags] {
                let keys: BTreeSet<_> = tags.iter().map(|t| &t.key).collect();
                prop_assert!(keys.len() == tags.len() && tags.len() <= 48);
                prop_assert!(tags.iter().all(|t| !t.key.starts_with("aws:") && t.value.chars().count() <= 256));
            }
            let placed = copy.placement != Placement::Region;
            prop_assert!(!(placed && copy.completion.is_some()));
            let commands = copy.aws_cli();
            prop_assert_eq!(commands.lines().count(), if copy.post_copy.is_empty() { 1 } else { copy.post_copy.len() + 4 });
            prop_assert!(commands.lines().all(|line| shlex::split(line).is_some()), "{}", commands);
        }
    }
}
