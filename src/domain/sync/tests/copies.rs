//! What is copied, and what is not.

use super::*;

#[test]
fn what_is_missing_is_copied_with_syncs_tag() {
    let web = source(1, "web-1", 3);
    let other = Image { tags: Vec::new(), ..source(2, "db-1", 3) };
    let plan = plan_of(&[policy(&[EU, "eu-west-2"])], &account_state([web.clone(), other, copy(&web, "eu-west-2")]));
    assert_eq!(lines(&plan), ["ami-1 eu-west-1 copy", "ami-1 eu-west-2 skip there"]);
    let request = plan.copies().next().unwrap();
    let tag = request.image_tags.iter().find(|tag| &*tag.key == SYNC_TAG).unwrap();
    assert_eq!(&*tag.value, "us-east-1/ami-1/eu-west-1");
    assert!(request.copy_tags && plan.has_work() && plan.refusals.is_empty() && plan.empty.is_empty());
    let noted = |key: &str| request.image_tags.iter().find(|tag| &*tag.key == key).map(|tag| tag.value.to_string());
    assert_eq!(noted(CREATED_TAG).as_deref(), Some("2026-05-29T12:00:00Z"));
    assert_eq!(
        (noted(POLICY_TAG), noted(KEEP_TAG), noted(NAME_TAG).as_deref()),
        (Some(policy(&[EU]).tag_value(&region(EU))), Some(KeepTag::of(&policy(&[EU])).to_string()), Some("web-1"))
    );
    // What is made of it is proven to be sync's own.
    let made = Image { tags: request.image_tags.clone(), ..copy(&web, EU) };
    assert_eq!(made_by_sync(&made, &account()), Ok(SyncTag::of(request)));
}

#[test]
fn each_reason_not_to_copy_has_its_name() {
    let web = source(1, "web-1", 3);
    let state = |state| Image { state, ..web.clone() };
    let copied = |state| Image { state, ..copy(&web, EU) };
    let of_person = Image { tags: Vec::new(), name: "anything".into(), ..copy(&web, EU) };
    let failed = copied(ImageState::Failed);
    let elsewhere = Image { source_region: Some(region("eu-west-2")), ..copy(&web, EU) };
    let same_name = Image { name: "web-1".into(), ..Image::bare(id("ami-9"), region(EU), account()) };
    let shared = Image { owner_id: AccountId::new("210987654321").unwrap(), ..web.clone() };
    let cases: [(Vec<Image>, &[&str]); 11] = [
        (vec![web.clone(), copied(ImageState::Available)], &["ami-1 eu-west-1 skip there"]),
        (vec![web.clone(), of_person], &["ami-1 eu-west-1 skip there"]),
        (vec![web.clone(), copied(ImageState::Disabled)], &["ami-1 eu-west-1 skip there"]),
        (vec![web.clone(), copied(ImageState::Pending)], &["ami-1 eu-west-1 skip Pending(ImageId(\"ami-1ceuwest1\"))"]),
        (vec![web.clone(), failed], &["ami-1 eu-west-1 copy", "ami-1ceuwest1 eu-west-1 remove"]),
        (vec![web.clone(), elsewhere], &["ami-1 eu-west-1 skip NameTaken(ImageId(\"ami-1ceuwest1\"))"]),
        (vec![web.clone(), same_name], &["ami-1 eu-west-1 skip NameTaken(ImageId(\"ami-9\"))"]),
        (vec![state(ImageState::Pending)], &["ami-1 - skip NotAvailable(Pending)"]),
        (vec![state(ImageState::Disabled)], &["ami-1 - skip NotAvailable(Disabled)"]),
        (vec![shared], &[]),
        (
            vec![web.clone(), Image { name: "web-1".into(), ..source(2, "web-1", 4) }],
            &["ami-1 eu-west-1 copy", "ami-2 eu-west-1 skip NameTaken(ImageId(\"ami-1\"))"],
        ),
    ];
    for (images, expected) in cases {
        let plan = plan_of(&[policy(&[EU])], &account_state(images.clone()));
        assert_eq!(lines(&plan), expected, "{images:?}");
    }
}

#[test]
fn a_copy_of_the_queue_is_awaited_and_not_made_again() {
    let web = source(1, "web-1", 3);
    let mut account_state = account_state([web]);
    let route = Route { source_region: region(US), source: id("ami-1"), destination: region(EU) };
    account_state.under_way.insert(route);
    let plan = plan_of(&[policy(&[EU, "eu-west-2"])], &account_state);
    assert_eq!(lines(&plan), ["ami-1 eu-west-1 skip UnderWay", "ami-1 eu-west-2 copy"]);
    assert_eq!((plan.copies().count(), plan.awaited().count()), (1, 2));
}

#[test]
fn a_copy_made_by_sync_is_never_a_source() {
    let web = source(1, "web-1", 3);
    let mut on = policy(&["eu-west-2"]);
    on.from = region(EU);
    let plan = plan_of(&[policy(&[EU]), on.clone()], &account_state([web.clone(), copy(&web, EU)]));
    assert_eq!(lines(&plan), ["ami-1 eu-west-1 skip there", "ami-1ceuwest1 - skip MadeBySync"]);
    // What somebody has copied with the tag is: its tag says nothing about it.
    let by_hand = Image { source_region: None, source_image_id: None, ..copy(&web, EU) };
    assert_eq!(lines(&plan_of(&[on], &account_state([by_hand]))), ["ami-1ceuwest1 eu-west-2 copy"]);
    // So is one that was brought back from there, with its tags.
    let restored = Image { id: id("ami-7"), region: region(US), source_region: Some(region(EU)), ..copy(&web, EU) };
    let restored = Image { source_image_id: Some(id("ami-1ceuwest1")), ..restored };
    let policies = [policy(&["eu-west-2"])];
    assert_eq!(lines(&plan_of(&policies, &account_state([restored]))), ["ami-7 eu-west-2 copy"]);
}

#[test]
fn an_image_is_not_copied_back_to_where_it_comes_from() {
    let golden = Image { name: "golden-1".into(), ..Image::bare(id("ami-9"), region(EU), account()) };
    let copied =
        Image { source_region: Some(region(EU)), source_image_id: Some(id("ami-9")), ..source(1, "golden-1", 3) };
    let line = |golden: &Image, copied: &Image| {
        lines(&plan_of(&[policy(&[EU])], &account_state([golden.clone(), copied.clone()])))
    };
    assert_eq!(line(&golden, &copied), ["ami-1 eu-west-1 skip there"]);
    // An image made from an instance names the image that instance came from.
    let built = Image { source_instance: Some("i-1".into()), name: "built-1".into(), ..copied.clone() };
    assert_eq!(line(&golden, &built), ["ami-1 eu-west-1 copy"]);
    // One restored from S3 names the image that was stored.
    let elsewhere = Image { source_region: Some(region("cn-north-1")), name: "restored-1".into(), ..copied.clone() };
    assert_eq!(line(&golden, &elsewhere), ["ami-1 eu-west-1 copy"]);
    let disabled = Image { state: ImageState::Disabled, name: "other".into(), ..golden };
    assert_eq!(line(&disabled, &copied), ["ami-1 eu-west-1 copy"], "it cannot be launched");
}

#[test]
fn a_copy_that_is_not_encrypted_as_the_policy_asks_is_a_failure() {
    let web = source(1, "web-1", 3);
    let encrypting = |_: usize, _: &Arc<Image>| Draft { encrypt: true, ..draft() };
    let plan_with = |images: Vec<Image>| {
        plan(&[policy(&[EU])], &account_state(images), Stage::BeforeCopies, CheckContext::at(now()), None, &encrypting)
    };
    let plain = plan_with(vec![web.clone(), copy(&web, EU)]);
    let ActionKind::Skip(reason, None) = &plain.actions[0].kind else { panic!("{plain:?}") };
    assert!(reason.is_failure(), "{reason:?}");
    let ebs = crate::domain::image::Ebs { encrypted: Some(true), ..crate::domain::image::Ebs::default() };
    let device =
        crate::domain::image::BlockDevice { device_name: "/dev/xvda".into(), ebs: Some(ebs), virtual_name: None };
    let encrypted = Image { id: id("ami-5"), block_devices: vec![device], ..copy(&web, EU) };
    let both = plan_with(vec![web.clone(), copy(&web, EU), encrypted]);
    let ActionKind::Skip(SkipReason::Exists(existing), None) = &both.actions[0].kind else { panic!("{both:?}") };
    assert_eq!((&existing.image, existing.not_encrypted), (&id("ami-5"), false), "the better one counts");
}

#[test]
fn a_disabled_copy_that_is_wanted_is_a_failure_unless_another_is_available() {
    let web = source(1, "web-1", 3);
    let disabled = Image { state: ImageState::Disabled, ..copy(&web, EU) };
    let fails = |images: Vec<Image>| {
        let plan = plan_of(&[policy(&[EU])], &account_state(images));
        let ActionKind::Skip(reason, None) = &plan.actions[0].kind else { panic!("{plan:?}") };
        reason.is_failure()
    };
    assert!(fails(vec![web.clone(), disabled.clone()]));
    assert!(!fails(vec![web.clone(), disabled, Image { id: id("ami-5"), ..copy(&web, EU) }]));
}

#[test]
fn a_plain_original_is_a_failure_and_keeps_nothing_else_back() {
    let encrypting = |_: usize, _: &Arc<Image>| Draft { encrypt: true, ..draft() };
    let ebs = crate::domain::image::Ebs { encrypted: Some(true), ..crate::domain::image::Ebs::default() };
    let device =
        crate::domain::image::BlockDevice { device_name: "/dev/xvda".into(), ebs: Some(ebs), virtual_name: None };
    let encrypted = |of: &Image| Image { block_devices: vec![device.clone()], ..copy(of, EU) };
    let golden = Image { name: "golden-1".into(), ..Image::bare(id("ami-9"), region(EU), account()) };
    let copied = source(1, "golden-1", 3);
    let copied = Image { source_region: Some(region(EU)), source_image_id: Some(id("ami-9")), ..copied };
    let (old, new) = (source(2, "web-1", 9), source(3, "web-2", 8));
    let images = [encrypted(&old), encrypted(&new), golden, copied, old, new];
    let policies = [keeping(1, &[EU])];
    let plan = plan(&policies, &account_state(images), Stage::AfterCopies, CheckContext::at(now()), None, &encrypting);
    let fails = |action: &&Action| matches!(&action.kind, ActionKind::Skip(reason, _) if reason.is_failure());
    let failures: Vec<&str> = plan.actions.iter().filter(fails).map(|action| action.image.id.as_str()).collect();
    assert_eq!(failures, ["ami-1"]);
    assert_eq!(would_retire(&plan).map(|image| image.id.as_str()).collect::<Vec<_>>(), ["ami-2ceuwest1"]);
}

#[test]
fn only_the_newest_versions_of_a_family_are_copied() {
    let images = [source(1, "web-1", 3), source(2, "web-2", 2), source(3, "web-3", 1), source(4, "db-7", 9)];
    let plan = plan_of(&[keeping(2, &[EU])], &account_state(images));
    let expected = ["ami-3 eu-west-1 copy", "ami-2 eu-west-1 copy", "ami-1 - skip Older", "ami-4 eu-west-1 copy"];
    assert_eq!(lines(&plan), expected);
}

#[test]
fn a_region_that_is_not_listed_is_left_out() {
    let mut account_state = account_state([source(1, "web-1", 3)]);
    account_state.images.remove(&region(EU));
    assert_eq!(lines(&plan_of(&[policy(&[EU, "eu-west-2"])], &account_state)), ["ami-1 eu-west-2 copy"]);
    account_state.images.remove(&region(US));
    let plan = plan_of(&[policy(&[EU])], &account_state);
    assert!(plan.actions.is_empty() && plan.empty.is_empty(), "what it matches is not known");
}

#[test]
fn a_policy_that_matches_nothing_is_named() {
    let plan = plan_of(&[policy(&[EU])], &account_state([Image { tags: Vec::new(), ..source(1, "web-1", 3) }]));
    assert_eq!((plan.empty.as_slice(), plan.has_work()), (&[0][..], false));
}

#[test]
fn what_cannot_be_asked_for_is_named_and_the_rest_is_copied() {
    let names = [source(1, "web-1", 3), source(2, "naïve", 2)];
    let plan = plan_of(&[policy(&[EU])], &account_state(names));
    let lines = lines(&plan);
    assert!(lines[0].starts_with("ami-2 eu-west-1 skip Mistake(\""), "{lines:?}");
    assert_eq!(lines[1], "ami-1 eu-west-1 copy");
}
