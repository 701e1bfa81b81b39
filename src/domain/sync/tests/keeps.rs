//! Copies that cannot be ordered, or that other values of the same policy keep.

use super::*;

/// Three versions, each with its copy, the third the newest.
fn three(names: [&str; 3]) -> ([Image; 3], [Image; 3]) {
    let [first, second, third] = names;
    let sources = [source(1, first, 30), source(2, second, 20), source(3, third, 10)];
    let copies = sources.each_ref().map(|source| copy(source, EU));
    (sources, copies)
}

/// What becomes of each copy, the oldest first, if this policy is asked; nothing is said of those that stay without a reason.
fn said(policy: &SyncPolicy, images: impl IntoIterator<Item = Image>) -> Vec<String> {
    let plan = plan_at(std::slice::from_ref(policy), &account_state(images), Stage::AfterCopies);
    assert_eq!(plan.refusals, []);
    lines(&plan).into_iter().filter(|line| line.contains("ceuwest1 ")).collect()
}

#[test]
fn copies_whose_sources_are_gone_are_ordered_by_what_sync_has_noted() {
    let (_, copies) = three(["web-1", "web-2", "web-3"]);
    // The older two were copied after the newest, as when a region is filled up later.
    let backfilled = copies.each_ref().map(|copy| Image { created: Some(now() - days(3)), ..copy.clone() });
    let [first, second, third] = backfilled;
    let third = Image { created: Some(now() - days(8)), ..third };
    let policy = keeping(1, &[EU]);
    let retired = ["ami-1ceuwest1 eu-west-1 deregister", "ami-2ceuwest1 eu-west-1 deregister"];
    assert_eq!(said(&policy, [first.clone(), second.clone(), third.clone()]), retired);
    // Nothing noted: nobody knows which is newer, and it makes no other one old either.
    let without = |image: &Image| {
        let mut image = image.clone();
        image.tags.retain(|tag| &*tag.key != CREATED_TAG);
        image
    };
    let kept = ["ami-1ceuwest1 eu-west-1 keep Undated"];
    assert_eq!(said(&policy, [without(&first), third.clone()]), kept);
    assert_eq!(said(&policy, [without(&third), first.clone()]), ["ami-3ceuwest1 eu-west-1 keep Undated"]);
    assert_eq!(said(&policy, [&first, &second, &third].map(without)), [""; 0]);
    // What cannot be is not believed: not written by sync, or later than the copy.
    for value in ["2026-06-01", "2026-05-31T12:00:00Z", "soon"] {
        let mut other = first.clone();
        other.tags.iter_mut().find(|tag| &*tag.key == CREATED_TAG).unwrap().value = value.into();
        assert_eq!(said(&policy, [other, third.clone()]), kept, "{value}");
    }
    // A copy that a person has made with all the tags is no version of that date.
    let by_hand =
        Image { id: id("ami-8"), source_image_id: Some(third.id.clone()), source_region: Some(region(EU)), ..third };
    assert_eq!(said(&policy, [first, by_hand]), [""; 0]);
}

#[test]
fn versions_of_another_minor_number_make_none_old_unless_the_policy_says_what_a_version_is() {
    let (sources, copies) = three(["k8s-1.29.12", "k8s-1.30.3", "k8s-1.30.4"]);
    let all = || [&sources[..], &copies[..]].concat();
    let kept = ["ami-2ceuwest1 eu-west-1 deregister", "ami-1ceuwest1 eu-west-1 keep OtherLine"];
    let mut lines = said(&keeping(1, &[EU]), all());
    lines.sort_by_key(|line| line.contains("keep"));
    assert_eq!(lines, kept);
    let version_pattern = VersionPattern::once("-[0-9.]+").unwrap();
    assert_eq!(said(&SyncPolicy { version_pattern, ..keeping(1, &[EU]) }, all()).len(), 2);
    // Where the sources are gone, the copies' names show theirs.
    assert_eq!(said(&keeping(1, &[EU]), copies.clone()).len(), 2);
    // Patch levels, dates and plain numbers follow one another.
    for names in
        [["a-1.2.3", "a-1.2.4", "a-1.2.10"], ["a-20260101", "a-20260201", "a-20260301"], ["a-9", "a-10", "a-11"]]
    {
        let (sources, copies) = three(names);
        assert_eq!(said(&keeping(1, &[EU]), [&sources[..], &copies[..]].concat()).len(), 2, "{names:?}");
    }
}

#[test]
fn a_copy_that_other_values_of_the_policy_keep_stays() {
    let (sources, copies) = three(["web-1", "web-2", "web-3"]);
    let written = |value: &str, n: usize| {
        let mut copies = copies.clone();
        copies[n].tags.insert(0, Tag { key: KEEP_TAG.into(), value: value.into() });
        [&sources[..], &copies[..]].concat()
    };
    let policy = keeping(1, &[EU]);
    let gone = |value: &str, n: usize| {
        said(&policy, written(value, n)).iter().filter(|line| line.ends_with("deregister")).count()
    };
    // Written on whichever copy.
    for n in 0..3 {
        let cases = [
            ("1/deregister", 2),
            ("2/deregister", 1),
            ("3/deregister", 0),
            ("1/disable", 0),
            ("1", 2),
            ("2", 1),
            ("all", 0),
        ];
        for (value, expected) in cases {
            assert_eq!(gone(value, n), expected, "{value} on {n}");
        }
        assert_eq!(gone("1/delete", n), 0, "it cannot be read");
    }
    let said_of = said(&policy, written("2/deregister", 0));
    assert!(
        said_of[1].contains("keep OtherKeep(Is(KeepTag { keep: Some(2), retire: Some(Deregister), pattern: None }))"),
        "{said_of:?}"
    );
    let forced = SyncPolicy { override_keep: true, ..policy.clone() };
    assert_eq!(said(&forced, written("all", 0)).iter().filter(|line| line.ends_with("deregister")).count(), 2);
    // What is on another policy's copy, or on one that is not sync's, says nothing.
    let mut others = written("all", 2);
    others[5].tags.iter_mut().find(|tag| &*tag.key == POLICY_TAG).unwrap().value = "0123456789abcdef".into();
    assert_eq!(said(&policy, others).len(), 2);
    let mut others = written("all", 2);
    others[5].tags.pop();
    assert_eq!(
        plan_at(&[policy], &account_state(others), Stage::AfterCopies).refusals.len(),
        1,
        "only that one would be left"
    );
}

#[test]
fn the_tag_is_read_as_it_is_written() {
    let tag = |policy: &SyncPolicy| KeepTag::of(policy).tag().value.to_string();
    let versions = |policy: &SyncPolicy| tag(policy).split('@').next().unwrap().to_owned();
    assert_eq!(versions(&policy(&[EU])), "all");
    assert_eq!(versions(&keeping(3, &[EU])), "3/deregister");
    let VersionLimit::Newest { keep, .. } = keeping(3, &[EU]).versions else { panic!() };
    let kept = SyncPolicy { versions: VersionLimit::Newest { keep, retire: None }, ..policy(&[EU]) };
    assert_eq!(versions(&kept), "3");
    // Another pattern is another digest; a tag without one is of whatever pattern.
    let other = SyncPolicy { version_pattern: VersionPattern::once("-[0-9.]+-[0-9]+").unwrap(), ..kept.clone() };
    let this = KeepTag::of(&kept);
    assert_eq!(this.difference(&tag(&other)), Some(OtherKeep::Pattern));
    assert_eq!((this.difference(&tag(&kept)), this.difference("3")), (None, None));
    assert_eq!(this.difference("3@xyz"), Some(OtherKeep::Unreadable));
    for value in ["all", "3", "3/disable", "10/deprecate", "1/deregister", "3@00c0ffee", "all@12345678"] {
        assert_eq!(KeepTag::parse(value).map(|tag| tag.to_string()).as_deref(), Some(value));
    }
    for value in
        ["", "0", "03", "+3", "-1", "3/", "/disable", "3/Disable", "many", "3/disable/", "3@", "3@c0ffee", "@00c0ffee"]
    {
        assert_eq!(KeepTag::parse(value), None, "{value}");
    }
}
