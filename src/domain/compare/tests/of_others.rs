//! Copies of other accounts' images, of which only their owner may read everything.

use super::*;

/// A copy of another account's image that is as copies are.
fn of_other_account() -> Pair {
    let mut pair = copied();
    change(&mut pair.left, |image| {
        image.owner_id = account('2');
        image.boot_mode = None;
        // Of the tags of this account, which are all that it sees.
        image.tags = vec![tag("copied-to:eu-west-1", "ami-2")];
    });
    change(&mut pair.right, |image| image.boot_mode = None);
    (pair.left.of_owner, pair.left.snapshots) = (None, Ok(Vec::new()));
    pair
}

fn with_steps(post_copy: Vec<PostCopyStep>) -> CopyRequest {
    CopyRequest { post_copy, ..request() }
}

#[test]
fn a_copy_that_is_shared_with_nobody_is_as_its_source() {
    let mut pair = of_other_account();
    assert_eq!(found(&pair, None), [] as [&str; 0]);
    assert!(!verify(&pair, None).is_incomplete());
    encrypt(&mut pair.right, OTHER_KEY);
    change(&mut pair.left, |image| image.block_devices[0].ebs.as_mut().unwrap().encrypted = Some(true));
    assert_eq!(found(&pair, None), [] as [&str; 0], "its key is this account's");
}

#[test]
fn a_copy_that_became_public_is_told() {
    let mut pair = of_other_account();
    share(&mut pair.right, &[LaunchPermission::Public]);
    change(&mut pair.right, |image| image.public = true);
    let public = "Public: Flag(false) > Flag(true) not requested";
    assert_eq!(found(&pair, None), [public, "LaunchPermissions: unknown"]);
    assert_eq!(found(&pair, Some(&request())), [public, "LaunchPermissions: unknown"]);
    let step = PostCopyStep::LaunchPermissions(vec![LaunchPermission::Public]);
    let all = found(&pair, Some(&with_steps(vec![step])));
    assert!(
        matches!(&all[..], [one] if one.starts_with("LaunchPermissions: ") && one.ends_with(" requested")),
        "{all:?}"
    );
    let mut of_public = pair.clone();
    change(&mut of_public.left, |image| image.public = true);
    assert_eq!(found(&of_public, None), [] as [&str; 0], "so is the source");
    // Nor does it matter which side's permissions are not known.
    let denied = || Failure::new("read", "denied");
    let mut pair = copied();
    pair.right.of_owner = Some(OwnerDetails { permissions: Err(denied()), uefi_data: Ok(None) });
    change(&mut pair.right, |image| image.public = true);
    assert_eq!(found(&pair, None), [public, "LaunchPermissions: unknown"]);
    let step = PostCopyStep::LaunchPermissions(vec![LaunchPermission::Public]);
    let all = found(&pair, Some(&with_steps(vec![step.clone()])));
    assert_eq!(all, ["Public: Flag(false) > Flag(true) requested", "LaunchPermissions: unknown"]);
    change(&mut pair.right, |image| image.public = false);
    let all = found(&pair, Some(&with_steps(vec![step])));
    assert_eq!(all, ["Public: Flag(false) > Flag(false) wanted Flag(true)", "LaunchPermissions: unknown"]);
}

#[test]
fn what_was_requested_is_judged_although_the_sources_is_not_known() {
    let nine = || vec![LaunchPermission::Account(account('9'))];
    let wanted = CopyRequest {
        image_tags: vec![tag("DR", "yes")],
        ..with_steps(vec![
            PostCopyStep::LaunchPermissions(nine()),
            PostCopyStep::SnapshotPermissions(vec![account('9')]),
        ])
    };
    let mut pair = of_other_account();
    assert_eq!(
        found(&pair, Some(&wanted)),
        [
            "/dev/xvda VolumePermissions: Unknown(OtherOwner) > - wanted 1",
            "Tag(\"DR\"): Unknown(OtherOwner) > - wanted yes",
            "LaunchPermissions: Unknown(OtherOwner) > - wanted 999999999999",
        ]
    );
    share(&mut pair.right, &nine());
    pair.right.snapshots.as_mut().unwrap()[0].permissions = Ok(vec![VolumePermission::Account(account('9'))]);
    change(&mut pair.right, |image| image.tags.push(tag("DR", "yes")));
    let all = found(&pair, Some(&wanted));
    assert!(all.len() == 3 && all.iter().all(|one| one.ends_with(" requested")), "{all:?}");
    assert!(all.iter().all(|one| !one.ends_with("not requested")), "{all:?}");
    pair.right.of_owner.as_mut().unwrap().permissions = Err(Failure::new("read", "denied"));
    assert!(found(&pair, Some(&wanted)).contains(&"LaunchPermissions: unknown".into()), "the copy's is not known");
}

#[test]
fn permissions_like_the_sources_are_unknown_unless_a_named_one_is_missing() {
    let nine = LaunchPermission::Account(account('9'));
    let steps = vec![PostCopyStep::CopyLaunchPermissions, PostCopyStep::LaunchPermissions(vec![nine.clone()])];
    let mut pair = of_other_account();
    assert_eq!(
        found(&pair, Some(&with_steps(steps.clone()))),
        ["LaunchPermissions: Unknown(OtherOwner) > - wanted 999999999999"]
    );
    share(&mut pair.right, &[nine]);
    assert_eq!(found(&pair, Some(&with_steps(steps))), ["LaunchPermissions: unknown"]);
}

#[test]
fn tags_and_launches_of_another_accounts_image_are_not_known() {
    let pair = of_other_account();
    let unknown: Vec<Part> = diff(&pair).unknown.into_iter().map(|unknown| unknown.part).collect();
    for part in [Part::LastLaunched, Part::Tags, Part::LaunchPermissions] {
        assert!(unknown.contains(&part), "{part:?}: {unknown:?}");
    }
    let differs = diff(&pair).differences;
    assert!(differs.iter().all(|difference| !matches!(difference.part, Part::Tag(_))), "{differs:?}");
    // A copy that is another account's.
    let swapped = Pair { left: pair.right, right: pair.left };
    let unknown = verify(&swapped, None).unknown;
    assert!(unknown.iter().any(|unknown| unknown.part == Part::Tags), "{unknown:?}");
}
