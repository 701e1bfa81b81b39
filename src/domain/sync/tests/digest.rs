//! The digest of a plan: another plan has another one, and the same plan the same.

use super::*;
use crate::domain::{
    copy::{CopyRequest, Encryption},
    post_copy::PostCopyStep,
};

fn digest(plan: &SyncPlan) -> String {
    plan.digest(|_| "30 days".into())
}

/// A plan with copies, images to retire, and what a failed copy has left.
fn planned() -> SyncPlan {
    let sources = [source(1, "web-1", 30), source(2, "web-2", 20), source(3, "web-3", 10), source(4, "web-4", 5)];
    let copies = [copy(&sources[0], EU), copy(&sources[1], EU), copy(&sources[2], EU)];
    let all = account_state(sources.into_iter().chain(copies));
    let mut plan = plan_of(&[keeping(2, &[EU])], &all);
    let failed = plan.actions.iter().find(|action| matches!(action.kind, ActionKind::Skip(..))).unwrap().clone();
    plan.actions.push(Action { kind: ActionKind::RemoveFailed, ..failed });
    assert_eq!((plan.copies().count(), plan.retired().count(), plan.failed().count()), (1, 2, 1));
    plan
}

/// The plan with a change of each of its copies.
fn with_copies(change: impl Fn(&mut CopyRequest)) -> SyncPlan {
    let mut plan = planned();
    for action in &mut plan.actions {
        if let ActionKind::Copy(request) = &mut action.kind {
            change(request);
        }
    }
    plan
}

#[test]
fn whatever_is_done_otherwise_makes_another_digest() {
    let plan = planned();
    let mode = |to: RetireMode| {
        let mut plan = planned();
        for action in &mut plan.actions {
            if let ActionKind::Retire { mode, .. } = &mut action.kind {
                *mode = to;
            }
        }
        plan
    };
    let without = |gone: fn(&ActionKind) -> bool| {
        let mut plan = planned();
        plan.actions.retain(|action| !gone(&action.kind));
        plan
    };
    let others = [
        mode(RetireMode::Deprecate),
        mode(RetireMode::Disable),
        without(|kind| matches!(kind, ActionKind::Copy(_))),
        without(|kind| matches!(kind, ActionKind::Retire { .. })),
        without(|kind| matches!(kind, ActionKind::RemoveFailed)),
        with_copies(|request| request.destination = region("eu-west-2")),
        with_copies(|request| request.source = id("ami-77")),
        with_copies(|request| request.encryption = Encryption::Encrypt { key: None }),
        with_copies(|request| request.post_copy.push(PostCopyStep::SourceTag)),
        with_copies(|request| request.image_tags.push(Tag { key: "a".into(), value: "b".into() })),
    ];
    let mut digests: Vec<String> = others.iter().chain([&plan]).map(digest).collect();
    digests.push(plan.digest(|_| "90 days".into()));
    let number = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), number);
    assert!(digests.iter().all(|digest| digest.len() == 64));
}

#[test]
fn the_order_what_is_kept_and_the_time_make_none() {
    let plan = planned();
    let mut other = planned();
    other.actions.reverse();
    other.actions.retain(|action| !matches!(action.kind, ActionKind::Keep(_) | ActionKind::Skip(..)));
    assert_eq!(digest(&other), digest(&plan));
    let steps = |at: Timestamp| with_copies(move |request| request.post_copy.push(PostCopyStep::Deprecation(at)));
    assert_eq!(digest(&steps(now())), digest(&steps(now() + days(1))));
    let tags = |reversed: bool| {
        with_copies(move |request| {
            request.source_tags = ["a", "b"].map(|key| Tag { key: key.into(), value: "1".into() }).to_vec();
            if reversed {
                request.source_tags.reverse();
            }
        })
    };
    assert_eq!(digest(&tags(false)), digest(&tags(true)), "EC2 promises no order of tags");
}

#[test]
fn another_policy_retires_no_image_in_the_place_of_the_one_that_was_confirmed() {
    let plan = planned();
    let retired = plan.actions.iter().find(|action| matches!(action.kind, ActionKind::Retire { .. })).unwrap();
    let (image, place) = (retired.image.id.clone(), retired.image.region.clone());
    let state = account_state([]);
    assert_eq!(plan.keeps(0, &image, &place, &state), None);
    assert_eq!(plan.keeps(1, &image, &place, &state), Some(KeepReason::MadeForOtherPolicy));
}
