//! What failed copies have left.

use super::*;

/// The images that a plan removes if the only copy of the only source is so.
fn removed(change: impl FnOnce(&mut Image, &mut AccountState)) -> Vec<String> {
    let web = source(1, "web-1", 3);
    let mut failed = Image { state: ImageState::Failed, ..copy(&web, EU) };
    let mut account_state = account_state([web]);
    change(&mut failed, &mut account_state);
    account_state.images.get_mut(&failed.region).unwrap().push(Arc::new(failed));
    let plan = plan_of(&[policy(&[EU])], &account_state);
    // The copy is made again in any case.
    assert_eq!(plan.copies().count(), 1);
    plan.failed().map(|image| image.id.to_string()).collect()
}

#[test]
fn what_failed_copies_of_sync_have_left_goes_and_nothing_else() {
    type Change = fn(&mut Image, &mut AccountState);
    assert_eq!(removed(|_, _| {}), ["ami-1ceuwest1"]);
    let kept: [(Change, &str); 7] = [
        (|image, _| image.tags.retain(|tag| &*tag.key != SYNC_TAG), "a person's"),
        (|image, _| image.tags.retain(|tag| &*tag.key != POLICY_TAG), "of no policy"),
        (|image, _| image.tags[1].value = "0123456789abcdef".into(), "another policy's"),
        (|image, _| image.source_image_id = Some(id("ami-77")), "of another source"),
        (|image, _| image.state = ImageState::Error, "in another state"),
        (|image, _| image.created = Some(now() - SignedDuration::from_mins(59)), "of this very run"),
        (|image, account_state| _ = account_state.being_removed.insert(image.id.clone()), "being removed"),
    ];
    for (change, why) in kept {
        assert_eq!(removed(change), [""; 0], "{why}");
    }
}
