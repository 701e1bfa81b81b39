//! What is retired, and what a rule keeps.

use super::*;

/// Three versions of a family, the third the newest, with their copies.
fn three() -> (Vec<Image>, [Image; 3]) {
    let sources = [source(1, "web-1", 30), source(2, "web-2", 20), source(3, "web-3", 10)];
    let copies = sources.each_ref().map(|source| copy(source, EU));
    (sources.to_vec(), copies)
}

/// What becomes of the copy of the oldest of three versions if two are kept, once something was changed.
fn oldest(change: impl FnOnce(&mut Image), and: impl FnOnce(&mut AccountState)) -> String {
    let (sources, [mut first, second, third]) = three();
    change(&mut first);
    let key = (first.region.clone(), first.id.clone());
    let mut account_state = account_state(sources.into_iter().chain([first, second, third]));
    and(&mut account_state);
    let plan = plan_of(&[keeping(2, &[EU])], &account_state);
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    let action = plan.actions.into_iter().find(|action| action.image.id == key.1);
    action.map_or("nothing".into(), |action| match action.kind {
        ActionKind::Retire { mode, .. } => mode.as_str().into(),
        ActionKind::Keep(reason) => format!("{reason:?}"),
        other => panic!("{other:?}"),
    })
}

#[test]
fn copies_older_than_the_versions_to_keep_are_retired() {
    assert_eq!(oldest(|_| {}, |_| {}), "deregister");
    assert_eq!(oldest(|i| i.state = ImageState::Disabled, |_| {}), "deregister");
    assert_eq!(oldest(|i| i.deprecated = Some(now() - days(1)), |_| {}), "deregister");
    assert_eq!(oldest(|i| i.last_launched = Some(now() - days(8)), |_| {}), "deregister");
    assert_eq!(oldest(|i| i.deregistration_protection = Some("disabled".into()), |_| {}), "deregister");
}

#[test]
fn each_rule_keeps_a_copy() {
    type Change = fn(&mut Image);
    let cases: [(Change, &str); 18] = [
        (|i| i.tags.retain(|tag| &*tag.key != SYNC_TAG), "nothing"),
        (|i| i.tags.last_mut().unwrap().value = "us-east-1/ami-2/eu-west-1".into(), "NotOurs(Source)"),
        (|i| i.source_instance = Some("i-1".into()), "NotOurs(Source)"),
        (|i| i.tags.retain(|tag| &*tag.key != POLICY_TAG), "NoPolicyTag"),
        (|i| i.tags[1].value = "0123456789abcdef".into(), "MadeForOtherPolicy"),
        (|i| i.tags.last_mut().unwrap().value = "us-east-1/ami-1/eu-west-2".into(), "NotOurs(Region)"),
        (|i| i.source_image_id = Some(id("ami-77")), "NotOurs(Source)"),
        (|i| i.source_region = None, "NotOurs(Source)"),
        // Restored from S3, where the copy was stored with its tags; and where its source was, in another partition.
        (|i| (i.source_image_id, i.source_region) = (Some(id("ami-66")), Some(i.region.clone())), "NotOurs(Source)"),
        (|i| i.source_region = Some(region("us-gov-west-1")), "NotOurs(Source)"),
        (|i| i.owner_id = AccountId::new("210987654321").unwrap(), "nothing"),
        (|i| i.state = ImageState::Pending, "Pending"),
        (|i| i.state = ImageState::Error, "NotAvailable(Error)"),
        (|i| i.deregistration_protection = Some("enabled-with-cooldown".into()), "Protected"),
        (|i| i.created = Some(now() - SignedDuration::from_hours(23)), "TooYoung"),
        (|i| i.created = None, "TooYoung"),
        (|i| i.public = true, "Shared"),
        (|i| i.last_launched = Some(now() - days(6)), "RecentlyLaunched(2026-05-26T12:00:00Z)"),
    ];
    for (change, expected) in cases {
        assert_eq!(oldest(change, |_| {}), expected);
    }
}

#[test]
fn who_uses_a_copy_keeps_it_and_so_does_what_is_not_known() {
    let key = || (region(EU), id("ami-1ceuwest1"));
    let with = |change: fn(&mut ImageUsage)| {
        oldest(|_| {}, |account_state| change(account_state.usage.get_mut(&key()).unwrap()))
    };
    let unknown = "UsageUnknown(\"read: denied\")";
    assert_eq!(with(|u| u.references = Err(Failure::new("read", "denied"))), unknown);
    assert_eq!(with(|u| u.permissions = Err(Failure::new("read", "denied"))), unknown);
    assert_eq!(with(|u| u.shared_snapshots = Err(Failure::new("read", "denied"))), unknown);
    assert_eq!(with(|u| u.volume_permissions = Err(Failure::new("read", "denied"))), unknown);
    let in_use = with(|u| {
        let arn = "arn:aws:ec2:eu-west-1:1:instance/i-1".into();
        u.references = Ok(vec![ImageReference { kind: ReferenceKind::Instance, arn }]);
    });
    assert_eq!(in_use, "InUse(\"instance i-1\")");
    assert_eq!(with(|u| u.permissions = Ok(vec![LaunchPermission::Public])), "Shared");
    let snapshots_shared = with(|u| {
        let snapshot = SnapshotId::new("snap-1").unwrap();
        u.volume_permissions = Ok(vec![(snapshot, vec![VolumePermission::Public])]);
    });
    assert_eq!(snapshots_shared, "SnapshotsShared");
    let used = with(|u| {
        let shared = SharedSnapshot { snapshot: SnapshotId::new("snap-1").unwrap(), images: vec![id("ami-8")] };
        u.shared_snapshots = Ok(vec![shared]);
    });
    assert_eq!(used, "SnapshotsUsed");
    assert_eq!(oldest(|_| {}, |account_state| _ = account_state.usage.remove(&key())), "UsageNotRead");
    assert_eq!(oldest(|_| {}, |account_state| _ = account_state.being_copied.insert(key())), "SourceOfCopies");
    assert_eq!(oldest(|_| {}, |account_state| _ = account_state.being_removed.insert(key().1)), "BeingRemoved");
    assert_eq!(oldest(|_| {}, |account_state| _ = account_state.deregistered.insert(key().1)), "Restored");
    let pending = |change: fn(&mut PendingCopies)| {
        oldest(|_| {}, |account_state| change(account_state.pending.as_mut().unwrap()))
    };
    assert_eq!(pending(|pending| _ = pending.sources.insert(id("ami-1ceuwest1"))), "SourceOfCopies");
    assert_eq!(
        pending(|pending| pending.unknown = Some("ap-east-1: denied".into())),
        "CopiesUnknown(\"ap-east-1: denied\")"
    );
    assert_eq!(oldest(|_| {}, |account_state| account_state.pending = None), "UsageNotRead");
    let being_copied = oldest(
        |_| {},
        |account_state| {
            let mut copy = Image::bare(id("ami-5"), region("eu-west-2"), account());
            (copy.state, copy.source_image_id) = (ImageState::Pending, Some(key().1));
            account_state.images.get_mut(&region("eu-west-2")).unwrap().push(Arc::new(copy));
        },
    );
    assert_eq!(being_copied, "SourceOfCopies");
}

#[test]
fn what_is_retired_already_is_left_alone() {
    let mode = |mode, change: fn(&mut Image)| {
        let (sources, [mut first, second, third]) = three();
        change(&mut first);
        let account_state = account_state(sources.into_iter().chain([first, second, third]));
        let mut policy = keeping(2, &[EU]);
        let retire = Retiring { mode, max: MAX_RETIRE, min_age: MIN_AGE };
        policy.versions = VersionLimit::Newest { keep: 2.try_into().unwrap(), retire: Some(retire) };
        lines(&plan_of(&[policy], &account_state)).pop().unwrap()
    };
    let kept = "ami-1ceuwest1 eu-west-1 keep AlreadyRetired";
    assert_eq!(mode(RetireMode::Deprecate, |i| i.deprecated = Some(now())), kept);
    assert_eq!(mode(RetireMode::Deprecate, |i| i.state = ImageState::Disabled), kept);
    assert_eq!(mode(RetireMode::Disable, |i| i.state = ImageState::Disabled), kept);
    assert_eq!(mode(RetireMode::Disable, |i| i.deprecated = Some(now())), "ami-1ceuwest1 eu-west-1 disable");
    let later = mode(RetireMode::Deprecate, |i| i.deprecated = Some(now() + days(9)));
    assert_eq!(later, "ami-1ceuwest1 eu-west-1 deprecate");
}

#[test]
fn old_copies_go_only_after_new_ones_are_there() {
    let (sources, [first, second, _]) = three();
    let world_of = |copies: Vec<Image>| account_state(sources.clone().into_iter().chain(copies));
    let before = plan_of(&[keeping(1, &[EU])], &world_of(vec![first.clone(), second.clone()]));
    assert_eq!(lines(&before)[0], "ami-3 eu-west-1 copy");
    assert_eq!(before.retired().count(), 2, "the plan tells what follows");
    let after = plan_at(&[keeping(1, &[EU])], &world_of(vec![first.clone(), second.clone()]), Stage::AfterCopies);
    assert!(lines(&after).iter().any(|line| line.ends_with("ami-1ceuwest1 eu-west-1 keep CopiesFirst")));
    assert_eq!(after.retired().count(), 0);
    let third = copy(&sources[2], EU);
    let pending = Image { state: ImageState::Pending, ..third.clone() };
    let with = |third| world_of(vec![first.clone(), second.clone(), third]);
    assert_eq!(plan_at(&[keeping(1, &[EU])], &with(pending), Stage::AfterCopies).retired().count(), 0);
    assert_eq!(plan_at(&[keeping(1, &[EU])], &with(third), Stage::AfterCopies).retired().count(), 2);
}

#[test]
fn a_copy_whose_source_is_wanted_or_that_the_policy_does_not_match_stays() {
    // The source of a copy is gone, and it is the newest by its own time.
    let gone = copy(&source(9, "web-9", 5), EU);
    let (sources, [first, second, third]) = three();
    let all =
        |images: &[&Image]| account_state(sources.iter().chain(images.iter().copied()).cloned().collect::<Vec<_>>());
    let plan = plan_of(&[keeping(1, &[EU])], &all(&[&second, &third, &gone]));
    let retired: Vec<&str> = plan.retired().map(|(image, _)| image.id.as_str()).collect();
    assert_eq!(retired, ["ami-2ceuwest1"], "the wanted source's and the newest copy stay");
    // One whose source is there, and has lost its tag.
    let mut untagged = sources.clone();
    untagged[0].tags.clear();
    let account_state = account_state(untagged.into_iter().chain([first, second, third]));
    let plan = plan_of(&[keeping(1, &[EU])], &account_state);
    assert!(lines(&plan).contains(&"ami-1ceuwest1 eu-west-1 keep SourceDoesNotMatch".to_owned()));
}

#[test]
fn a_plan_that_retires_too_much_is_refused() {
    let sources: Vec<Image> = (1..=13).map(|n| source(n, &format!("web-{n}"), 100 - i64::from(n))).collect();
    let copies: Vec<Image> = sources.iter().map(|source| copy(source, EU)).collect();
    let all = account_state(sources.iter().cloned().chain(copies));
    let plan_with = |keep, max_retire| {
        let policies = [keeping(keep, &[EU])];
        let made = plan(&policies, &all, Stage::BeforeCopies, CheckContext::at(now()), max_retire, &|_, _| draft());
        // It says what will be done.
        let kept = lines(&made).iter().filter(|line| line.ends_with("keep Refused")).count();
        match made.refusals.first() {
            Some(Refusal::TooMany { count, .. } | Refusal::TooManyInAll { count, .. }) => assert_eq!(kept, *count),
            _ => assert_eq!((kept, made.retired().count()), (0, 13 - keep)),
        }
        made.refusals
    };
    assert_eq!(plan_with(3, None), []);
    assert_eq!(plan_with(2, None), [Refusal::TooMany { policy: 0, count: 11, max: 10 }]);
    assert_eq!(plan_with(3, Some(9)), [Refusal::TooManyInAll { count: 10, max: 9 }]);
}

#[test]
fn neither_the_last_image_of_a_family_goes_nor_every_copy_of_sync() {
    let (sources, [first, second, _]) = three();
    // All copies are old: the newest source was copied by hand, and that copy is what remains.
    let by_hand = Image { tags: sources[2].tags.clone(), ..copy(&sources[2], EU) };
    let plan =
        plan_of(&[keeping(1, &[EU])], &account_state(sources.iter().cloned().chain([first.clone(), by_hand.clone()])));
    let refused = Refusal::RetiresAll { policy: 0, family: "web".into(), region: region(EU) };
    assert_eq!((plan.refusals.as_slice(), plan.retired().count()), (&[refused][..], 0));
    // That copy is deprecated: nothing else of the family would be left.
    let deprecated = Image { deprecated: Some(now() - days(1)), ..by_hand };
    let account_state = account_state(sources.iter().cloned().chain([first, second, deprecated]));
    let plan = plan_of(&[keeping(1, &[EU])], &account_state);
    let of_copies: Vec<String> = lines(&plan).into_iter().filter(|line| line.contains("ceuwest1 ")).collect();
    assert_eq!(of_copies, ["ami-1ceuwest1 eu-west-1 deregister", "ami-2ceuwest1 eu-west-1 keep LastAvailable"]);
}

#[test]
fn the_family_of_a_copy_is_told_by_the_template_where_its_source_is_gone() {
    let named = |number: u32, days_ago: i64| {
        let copy = copy(&source(number, &format!("web-{number}"), days_ago), EU);
        Image { name: format!("eu-west-1/{}-dr", copy.name).into(), ..copy }
    };
    let newest = source(5, "web-5", 2);
    let images = [named(1, 30), named(2, 20), named(5, 2), newest];
    let template = |text: &str| SyncPolicy { copy_name: text.into(), ..keeping(1, &[EU]) };
    let retired = |text: &str| plan_of(&[template(text)], &account_state(images.clone())).retired().count();
    assert_eq!(retired("{region}/{name}-dr"), 2);
    // Each is a family of its own then, and the last one of it.
    assert_eq!(retired("{name}-{date}"), 0);
}

#[test]
fn an_image_is_checked_once_more() {
    let (_, [first, ..]) = three();
    let retiring = Retiring { mode: RetireMode::Disable, max: 1, min_age: MIN_AGE };
    let (policy, pending, newer) = (policy(&[EU]), PendingCopies::default(), [id("ami-3ceuwest1")]);
    let check_of = |input: &RecheckInput<'_>| recheck(input, &account(), &policy, &retiring, now());
    let check = |image: &Image, usage: Option<&ImageUsage>| {
        check_of(&RecheckInput { image, usage, pending: Some(&pending), newer: &newer, available: &newer })
    };
    assert_eq!(check(&first, Some(&unused(&first))), None);
    assert_eq!(check(&first, None), Some(KeepReason::UsageNotRead));
    let untagged = Image { tags: Vec::new(), ..first.clone() };
    assert_eq!(check(&untagged, Some(&unused(&first))), Some(KeepReason::NotOurs(NotOurs::NoTag)));
    let mut tagged = first.clone();
    tagged.tags.push(Tag { key: "amigrate:kept".into(), value: "".into() });
    assert_eq!(check(&tagged, Some(&unused(&first))), Some(KeepReason::Tagged));
    let uses = |account: AccountId| {
        let one = AccountUse { account, kind: ReferenceKind::Instance, count: 1 };
        let reported = Some(Ok(Reported::Available { created: None, uses: vec![one] }));
        ImageUsage { reported, ..unused(&first) }
    };
    let other = AccountId::new("210987654321").unwrap();
    assert_eq!(check(&first, Some(&uses(account()))), None, "its own uses are references");
    assert!(matches!(check(&first, Some(&uses(other))), Some(KeepReason::InUse(_))));
    let public = Image { public: true, ..first.clone() };
    assert_eq!(check(&public, Some(&unused(&first))), Some(KeepReason::Shared));
    let mut of_other = first.clone();
    of_other.tags.retain(|tag| &*tag.key != POLICY_TAG);
    assert_eq!(check(&of_other, Some(&unused(&first))), Some(KeepReason::NoPolicyTag));
    // What stands beside it counts too.
    let unused = unused(&first);
    let copied = PendingCopies { sources: [first.id.clone()].into(), unknown: None };
    let input =
        RecheckInput { available: &newer, newer: &newer, usage: Some(&unused), image: &first, pending: Some(&copied) };
    assert_eq!(check_of(&input), Some(KeepReason::SourceOfCopies));
    assert_eq!(check_of(&RecheckInput { pending: None, ..input }), Some(KeepReason::UsageNotRead));
    assert_eq!(
        check_of(&RecheckInput { available: &[], ..input }),
        Some(KeepReason::CopiesFirst),
        "the newer one is gone"
    );
}
