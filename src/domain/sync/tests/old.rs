//! Which copies count as old, and whose they are.

use super::*;

/// Versions of a family, each with its copy, the last the newest.
fn versions(names: &[&str]) -> (Vec<Image>, Vec<Image>) {
    let sources: Vec<Image> = (1..).zip(names).map(|(n, name)| source(n, name, 90 - i64::from(n) * 10)).collect();
    let copies = sources.iter().map(|source| copy(source, EU)).collect();
    (sources, copies)
}

fn of(parts: [&[Image]; 2]) -> AccountState {
    account_state(parts.concat())
}

/// The copies that are retired.
fn retired(policies: &[SyncPolicy], account_state: &AccountState) -> Vec<String> {
    let plan = plan_at(policies, account_state, Stage::AfterCopies);
    assert_eq!(plan.refusals, []);
    would_retire(&plan).map(|image| image.id.to_string()).collect()
}

/// Why an image is kept.
fn kept(policies: &[SyncPolicy], account_state: &AccountState, image: &str) -> Option<KeepReason> {
    let plan = plan_at(policies, account_state, Stage::AfterCopies);
    let action = plan.actions.into_iter().find(|one| one.image.id.as_str() == image);
    action.and_then(|one| if let ActionKind::Keep(reason) = one.kind { Some(reason) } else { None })
}

#[test]
fn a_disabled_copy_is_old_only_if_enough_newer_ones_are_available() {
    let (mut sources, mut copies) = versions(&["web-1", "web-2", "web-3", "web-4"]);
    // A person has withdrawn the newest.
    (sources[3].state, copies[3].state) = (ImageState::Disabled, ImageState::Disabled);
    assert_eq!(retired(&[keeping(3, &[EU])], &of([&sources, &copies])), [""; 0]);
    assert_eq!(retired(&[keeping(2, &[EU])], &of([&sources, &copies])), ["ami-1ceuwest1"]);
    // One in the middle has two newer ones, of which one is available.
    (sources[2].state, copies[2].state) = (ImageState::Disabled, ImageState::Disabled);
    (sources[3].state, copies[3].state) = (ImageState::Available, ImageState::Available);
    assert_eq!(retired(&[keeping(2, &[EU])], &of([&sources, &copies])), ["ami-1ceuwest1"]);
    assert_eq!(retired(&[keeping(1, &[EU])], &of([&sources, &copies])).len(), 3);
}

#[test]
fn product_lines_are_families_of_their_own() {
    let names = ["ubuntu-22.04-20260101", "ubuntu-24.04-20260101", "ubuntu-24.04-20260201", "ubuntu-24.04-20260301"];
    let (sources, copies) = versions(&names);
    assert_eq!(retired(&[keeping(3, &[EU])], &of([&sources, &copies])), [""; 0]);
    assert_eq!(retired(&[keeping(2, &[EU])], &of([&sources, &copies])), ["ami-2ceuwest1"]);
    // A policy may know better what a version is.
    let version_pattern = VersionPattern::once("-[0-9.]+-[0-9]+").unwrap();
    let policy = SyncPolicy { version_pattern, ..keeping(3, &[EU]) };
    assert_eq!(retired(&[policy], &of([&sources, &copies])), ["ami-1ceuwest1"]);
}

#[test]
fn what_another_policy_is_about_goes_only_if_that_retires_it_too() {
    let (mut sources, mut copies) = versions(&["web-1", "web-2"]);
    for image in sources.iter_mut().chain(&mut copies) {
        image.tags.push(Tag { key: "Tier".into(), value: "gold".into() });
    }
    // The source of the old one is gone.
    sources.remove(0);
    let all = matching("tag:Tier=gold", policy(&[EU]));
    let one = keeping(1, &[EU]);
    assert_eq!(retired(std::slice::from_ref(&one), &of([&sources, &copies])), ["ami-1ceuwest1"]);
    // They differ about the one whose source is there, which is refused: that is looked at by another test.
    sources[0].tags.retain(|tag| &*tag.key != "Tier");
    for policies in [[all.clone(), one.clone()], [one.clone(), all]] {
        let other = policies.iter().position(|policy| policy.retiring().is_none()).unwrap();
        let account_state = of([&sources, &copies]);
        assert_eq!(kept(&policies, &account_state, "ami-1ceuwest1"), Some(KeepReason::OtherPolicy(other)));
    }
    // Nor does one that would only disable it let another deregister it.
    let VersionLimit::Newest { keep, retire: Some(retire) } = one.versions.clone() else { panic!("{one:?}") };
    let with = |mode| {
        let versions = VersionLimit::Newest { keep, retire: Some(Retiring { mode, ..retire.clone() }) };
        let other = matching("name:web-*", SyncPolicy { versions, ..policy(&[EU]) });
        kept(&[one.clone(), other], &of([&sources, &copies]), "ami-1ceuwest1")
    };
    assert_eq!(with(RetireMode::Disable), Some(KeepReason::OtherPolicy(1)));
    assert_eq!(with(RetireMode::Deregister), None);
}

#[test]
fn only_the_policy_for_which_a_copy_was_made_retires_it() {
    let (sources, copies) = versions(&["web-1", "web-2"]);
    let account_state = of([&sources, &copies]);
    let other = matching("name:web-*", keeping(1, &[EU]));
    assert_eq!(
        kept(std::slice::from_ref(&other), &account_state, "ami-1ceuwest1"),
        Some(KeepReason::MadeForOtherPolicy)
    );
    // Beside the policy itself it says nothing.
    assert_eq!(retired(&[other, keeping(1, &[EU])], &account_state), ["ami-1ceuwest1"]);
    // How many are kept, how, and what else is copied may change.
    let same = SyncPolicy { name: "renamed".into(), to: vec![region("eu-west-2"), region(EU)], ..keeping(1, &[EU]) };
    let spaced = SyncPolicy { match_text: "  tag:DR=true ".into(), ..same };
    assert_eq!(kept(&[spaced], &account_state, "ami-1ceuwest1"), None);
}

#[test]
fn a_tag_of_a_policy_stays_the_same_from_version_to_version() {
    assert_eq!(policy(&[EU]).tag_value(&region(EU)), "1d7963090e974ce1");
    assert_ne!(policy(&[EU]).tag_value(&region(EU)), policy(&[EU]).tag_value(&region("eu-west-2")));
}

#[test]
fn a_copy_that_is_not_encrypted_as_asked_is_no_version() {
    let (sources, copies) = versions(&["web-1", "web-2", "web-3"]);
    let account_state = of([&sources, &copies]);
    let ebs = crate::domain::image::Ebs { encrypted: Some(true), ..crate::domain::image::Ebs::default() };
    let encrypted = |image: &Image| {
        let device = crate::domain::image::BlockDevice {
            device_name: "/dev/xvda".into(),
            ebs: Some(ebs.clone()),
            virtual_name: None,
        };
        Image { block_devices: vec![device], ..image.clone() }
    };
    let plan_with = |copies: Vec<Image>| {
        let encrypting = |_: usize, _: &Arc<Image>| Draft { encrypt: true, ..draft() };
        let mut account_state = account_state.clone();
        account_state.images.insert(region(EU), copies.into_iter().map(Arc::new).collect());
        let plan =
            plan(&[keeping(2, &[EU])], &account_state, Stage::AfterCopies, CheckContext::at(now()), None, &encrypting);
        would_retire(&plan).map(|image| image.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(plan_with(copies.iter().map(encrypted).collect()), ["ami-1ceuwest1"]);
    assert_eq!(plan_with(vec![encrypted(&copies[0]), encrypted(&copies[1]), copies[2].clone()]), [""; 0]);
}

#[test]
fn nothing_goes_while_a_copy_is_missing_that_another_policy_makes_or_that_is_disabled() {
    let (mut sources, mut copies) = versions(&["web-1", "web-2", "web-3"]);
    let newest = copies.pop().unwrap();
    let policies = [matching("name:web-3", keeping(1, &[EU])), keeping(1, &[EU])];
    let first = Some(KeepReason::CopiesFirst);
    assert_eq!(kept(&policies, &of([&sources, &copies]), "ami-1ceuwest1"), first);
    let with = |state| {
        let account_state = of([&sources, &[&copies[..], &[Image { state, ..newest.clone() }]].concat()]);
        (
            kept(&policies[1..], &account_state, "ami-1ceuwest1"),
            plan_of(&policies[1..], &account_state).retired().count(),
        )
    };
    assert_eq!(with(ImageState::Disabled), (first, 0));
    assert_eq!(with(ImageState::Available), (None, 2));
    // One that nobody wants any more is not missing.
    sources[2].state = ImageState::Disabled;
    let account_state = of([&sources, &[&copies[..], &[Image { state: ImageState::Disabled, ..newest }]].concat()]);
    assert_eq!(retired(&policies[1..], &account_state), ["ami-1ceuwest1"]);
}

#[test]
fn the_origin_of_a_wanted_source_stays() {
    // A copy was brought back to where its source had been, and is now copied itself.
    let (sources, copies) = versions(&["web-1", "web-2", "web-3"]);
    let restored =
        Image { source_region: Some(region(EU)), source_image_id: Some(copies[0].id.clone()), ..source(9, "web-1", 1) };
    let account_state = of([&[&sources[1..], &[restored]].concat(), &copies]);
    let plan = plan_at(&[keeping(1, &[EU])], &account_state, Stage::AfterCopies);
    assert_eq!(lines(&plan)[0], "ami-9 eu-west-1 skip there");
    assert_eq!(would_retire(&plan).map(|image| image.id.as_str()).collect::<Vec<_>>(), ["ami-2ceuwest1"]);
}

#[test]
fn a_later_plan_says_why_it_keeps_what_an_earlier_one_retires() {
    let (sources, copies) = versions(&["web-1", "web-2", "web-3"]);
    let why = |sources: &[Image], copies: &[Image], change: fn(&mut AccountState)| {
        let mut account_state = of([sources, copies]);
        change(&mut account_state);
        let plan = plan_at(&[keeping(2, &[EU])], &account_state, Stage::AfterCopies);
        plan.keeps(0, &id("ami-1ceuwest1"), &region(EU), &account_state)
    };
    assert_eq!(why(&sources, &copies, |_| {}), None);
    assert_eq!(why(&sources, &copies[1..], |_| {}), Some(KeepReason::Gone));
    assert_eq!(
        why(&sources, &copies, |account_state| _ = account_state.images.remove(&region(EU))),
        Some(KeepReason::NotListed)
    );
    assert_eq!(why(&sources, &copies[..2], |_| {}), Some(KeepReason::CopiesFirst));
    assert_eq!(why(&sources[..2], &copies[..2], |_| {}), Some(KeepReason::NotOld));
    assert_eq!(why(&sources, &copies, |account_state| account_state.pending = None), Some(KeepReason::UsageNotRead));
}

#[test]
fn copies_of_vanished_sources_are_no_family_unless_their_names_say_so() {
    let sources = [source(1, "app-db-1", 40), source(2, "app-db-2", 30), source(3, "app-web-1", 20)];
    let named = |noted: bool| {
        let copies = sources.iter().map(|source| {
            let mut copy = Image { name: format!("dr-{}", source.id).into(), ..copy(source, EU) };
            copy.tags.extend(noted.then(|| Tag { key: NAME_TAG.into(), value: (*source.name).into() }));
            copy
        });
        let policy = SyncPolicy { copy_name: "dr-{source_id}".into(), ..keeping(1, &[EU]) };
        lines(&plan_at(&[policy], &account_state(copies), Stage::AfterCopies))
    };
    // `dr-ami-1` and `dr-ami-3` look like two versions of `dr-ami`.
    assert!(named(false).iter().all(|line| line.ends_with("keep Unnamed")), "{:?}", named(false));
    assert_eq!(named(true), ["ami-1ceuwest1 eu-west-1 deregister"]);
}

#[test]
fn tags_that_were_copied_along_to_another_copy_of_the_same_source_prove_nothing() {
    let sources = [source(1, "web-1", 40), source(2, "web-2", 30)];
    let job = |value: &str| Tag { key: "amigrate:job".into(), value: value.into() };
    let with = |number: usize, value: &str| {
        let mut copy = copy(&sources[number], EU);
        copy.tags.push(job(value));
        copy
    };
    let by_hand = Image { id: id("ami-7"), name: "gold".into(), ..with(0, "t-1") };
    let retired = |images: Vec<Image>| {
        let all = account_state(sources.iter().cloned().chain(images));
        lines(&plan_at(&[keeping(1, &[EU])], &all, Stage::AfterCopies))
            .into_iter()
            .filter(|line| line.contains(EU))
            .count()
    };
    let of = |images: Vec<Image>| {
        let all = account_state(sources.iter().cloned().chain(images));
        would_retire(&plan_at(&[keeping(1, &[EU])], &all, Stage::AfterCopies))
            .map(|image| image.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(vec![with(0, "t-1"), with(1, "t-2")]), [id("ami-1ceuwest1")]);
    assert!(of(vec![with(0, "t-1"), with(1, "t-2"), by_hand.clone()]).is_empty());
    assert!(retired(vec![with(0, "t-1"), with(1, "t-2"), by_hand]) > 0, "they are named");
}

#[test]
fn a_copy_that_exists_for_another_policy_is_named_as_such() {
    let web = source(1, "web-1", 3);
    let exists = |policy: &SyncPolicy| {
        let plan = plan_of(std::slice::from_ref(policy), &account_state([web.clone(), copy(&web, EU)]));
        plan.actions.into_iter().find_map(|action| match action.kind {
            ActionKind::Skip(SkipReason::Exists(existing), _) => Some(existing.for_other_policy),
            _ => None,
        })
    };
    assert_eq!(exists(&policy(&[EU])), Some(false));
    assert_eq!(exists(&matching("name:web*", policy(&[EU]))), Some(true));
}
