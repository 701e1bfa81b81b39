//! What is there already, and what is done about it.

use super::{
    super::{
        Choice, Column, Decisions, Status,
        context::UnderWay,
        existing::{Existing, Found},
    },
    *,
};

/// An image of a name that may be a copy of `ami-1`.
fn there(name: &str, source: Option<&str>, encrypted: bool) -> Image {
    Image { name: name.into(), source_image_id: source.map(ami), ..image("ami-9", "eu-west-1", encrypted) }
}

/// Answers as an account does that has these images in every region.
fn account(images: Vec<Image>) -> impl Fn(&CheckRequest) -> Option<Result<CheckAnswer, Failure>> {
    move |request| {
        let matching = |so: &dyn Fn(&Image) -> bool| {
            Some(Ok(CheckAnswer::Images(images.iter().filter(|image| so(image)).cloned().collect())))
        };
        match request {
            CheckRequest::Names { names, .. } => matching(&|image| names.iter().any(|name| **name == *image.name)),
            CheckRequest::Suffixes { patterns, .. } => matching(&|image| {
                let like = |p: &String| p.len() == image.name.len() && image.name.starts_with(p.trim_end_matches('?'));
                patterns.iter().any(like)
            }),
            CheckRequest::CopiesOf { sources, .. } => {
                matching(&|image| image.source_image_id.as_ref().is_some_and(|id| sources.contains(id)))
            }
            _ => None,
        }
    }
}

fn one(copy: CopyRequest, images: Vec<Image>) -> Option<Existing> {
    let mut review = review(vec![copy]);
    answer_all(&mut review, &account(images));
    review.table().existing.pop()
}

#[test]
fn only_a_double_is_skipped_by_default() {
    let web = |encryption| CopyRequest { encryption, ..copy("ami-1", "eu-west-1", "web") };
    let key = |n: u8| Some(format!("arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-00000000000{n}"));
    // How it is to be encrypted, what is there, and the choice; the snapshots there are encrypted with key 1.
    let cases = [
        (Encryption::Keep, there("web", Some("ami-1"), false), Some((Some(true), Choice::Skip))),
        (Encryption::Keep, there("web", Some("ami-1"), true), Some((Some(false), Choice::CopyAnyway))),
        (Encryption::Keep, there("web", Some("ami-2"), false), Some((Some(true), Choice::CopyAnyway))),
        (Encryption::Keep, there("web", None, false), Some((Some(true), Choice::CopyAnyway))),
        (Encryption::Keep, there("old", Some("ami-1"), false), Some((Some(true), Choice::CopyAnyway))),
        (Encryption::Keep, there("old", Some("ami-2"), false), None),
        (encrypted(key(1).as_deref()), there("web", Some("ami-1"), true), Some((Some(true), Choice::Skip))),
        (encrypted(Some("alias/web")), there("web", Some("ami-1"), true), Some((Some(true), Choice::Skip))),
        (encrypted(Some("alias/web")), there("web", Some("ami-1"), false), Some((Some(false), Choice::CopyAnyway))),
        // The id of the default key is not known, so that it cannot be compared.
        (encrypted(None), there("web", Some("ami-1"), true), Some((None, Choice::CopyAnyway))),
        (encrypted(None), there("web", Some("ami-1"), false), Some((Some(false), Choice::CopyAnyway))),
    ];
    for (encryption, image, expected) in cases {
        let found = one(web(encryption.clone()), vec![image.clone()]);
        let got = found.as_ref().map(|e| (e.same_encryption, e.choice));
        assert_eq!(got, expected, "{encryption:?}, {} of {:?}", image.name, image.source_image_id);
    }
    let failed = Image { state: crate::domain::ImageState::Failed, ..there("web", Some("ami-1"), false) };
    assert_eq!(one(web(Encryption::Keep), vec![failed]), None, "a failed image is not there");
}

#[test]
fn an_image_made_from_an_instance_of_the_source_is_no_copy_of_it() {
    let web = || copy("ami-1", "eu-west-1", "web");
    let built = |name| Image { source_instance: Some("i-1".into()), ..there(name, Some("ami-1"), false) };
    let found = one(web(), vec![built("web")]).unwrap();
    assert_eq!((found.same_name, found.same_source, found.choice), (true, false, Choice::CopyAnyway));
    assert_eq!(one(web(), vec![built("other")]), None);
    let failed = |image: Image| Image { state: crate::domain::ImageState::Failed, ..image };
    let ended = |image: Image| {
        let mut review = review(vec![web()]);
        answer_all(&mut review, &account(vec![failed(image)]));
        review.ended_copies(&web()).len()
    };
    assert_eq!((ended(there("web", Some("ami-1"), false)), ended(built("web"))), (1, 0));
}

#[test]
fn another_key_is_no_double_and_the_default_key_is_resolved_without_creating_it() {
    let mut review = review(vec![CopyRequest { encryption: encrypted(None), ..copy("ami-1", "eu-west-1", "web") }]);
    let account = account(vec![there("web", Some("ami-1"), true)]);
    let key_id = KEY.rsplit('/').next().unwrap();
    let asked = answer_all(&mut review, &|request| match request {
        CheckRequest::EbsKey { .. } => Some(Ok(CheckAnswer::EbsKey(Some(key_id.into())))),
        _ => account(request),
    });
    assert!(asked.iter().all(|request| !matches!(request, CheckRequest::Key { .. })), "{asked:?}");
    assert_eq!(review.table().existing[0].choice, Choice::Skip);
    let other = super::review(vec![CopyRequest {
        encryption: encrypted(Some("alias/x")),
        ..copy("ami-1", "eu-west-1", "web")
    }]);
    let mut other = other;
    answer_all(&mut other, &|request| match request {
        CheckRequest::Key { .. } => {
            Some(Ok(CheckAnswer::Key(KeyVerdict::Usable { arn: "arn:aws:kms:x:1:key/2".into() })))
        }
        _ => account(request),
    });
    assert_eq!(other.table().existing[0].same_encryption, Some(false), "a re-encryption is no double");
}

#[test]
fn own_copies_that_are_queued_count_as_there() {
    let under_way = |source: &str, name: &str, encryption| UnderWay {
        source: ami(source),
        destination: region("eu-west-1"),
        name: ImageName::new(name).unwrap(),
        encryption,
        placement: Placement::Region,
        image: None,
    };
    let found = |job| {
        let context = ReviewContext { under_way: vec![job], ..context() };
        let plan = Plan { copies: vec![copy("ami-1", "eu-west-1", "web")], ..Plan::default() };
        let mut review = Review::new(plan, context, now());
        answer_all(&mut review, &|_| None);
        review.table().existing.pop().map(|e| (e.found, e.choice))
    };
    let same = under_way("ami-1", "web", Encryption::Keep);
    assert_eq!(found(same.clone()), Some((Found::Queued, Choice::Skip)));
    assert_eq!(found(under_way("ami-1", "web", encrypted(None))), Some((Found::Queued, Choice::CopyAnyway)));
    assert_eq!(found(under_way("ami-2", "web", Encryption::Keep)), None);
    assert_eq!(found(UnderWay { destination: region("eu-west-2"), ..same }), None);
}

/// The review of one copy, with an own copy under way.
fn beside(job: UnderWay, copy: CopyRequest, answer: Answer<'_>) -> Option<Existing> {
    let context = ReviewContext { under_way: vec![job], ..context() };
    let mut review = Review::new(Plan { copies: vec![copy], ..Plan::default() }, context, now());
    answer_all(&mut review, answer);
    let table = review.table();
    assert!(table.refusal().is_none(), "{:?}", table.findings);
    table.existing.into_iter().next()
}

#[test]
fn keys_of_queued_copies_are_compared_by_what_they_are() {
    let with = |key: Option<&str>| CopyRequest { encryption: encrypted(key), ..copy("ami-1", "eu-west-1", "web") };
    let other = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000002";
    // Every alias is one of key 1, but `alias/unknown` is none that may be looked up.
    let resolves = |request: &CheckRequest| match request {
        CheckRequest::Key { key, .. } if key.as_str() == "alias/unknown" => Some(Err(denied())),
        CheckRequest::Key { key, .. } if key.as_str() == other => {
            Some(Ok(CheckAnswer::Key(KeyVerdict::Usable { arn: other.into() })))
        }
        _ => None,
    };
    for (queued, wanted, same) in [
        (Some("alias/web"), Some(KEY), Some(true)),
        (Some(KEY), Some("alias/web"), Some(true)),
        (Some("alias/old"), Some("alias/web"), Some(true)),
        (Some("alias/web"), Some(other), Some(false)),
        (Some("alias/unknown"), Some(KEY), None),
        (None, None, Some(true)),
    ] {
        let job = UnderWay::of(&with(queued), None);
        let found = beside(job, with(wanted), &resolves).unwrap();
        assert_eq!(found.same_encryption, same, "{queued:?}, {wanted:?}");
        assert_eq!(found.choice == Choice::Skip, same == Some(true));
    }
    // What is kept and what is requested may be the same.
    let encrypts = |request: &CheckRequest| match request {
        CheckRequest::EncryptionByDefault { .. } => Some(Ok(CheckAnswer::EncryptionByDefault(true))),
        CheckRequest::DefaultKey { .. } => Some(Ok(CheckAnswer::DefaultKey(Some(KEY.into())))),
        _ => None,
    };
    let job = UnderWay::of(&copy("ami-1", "eu-west-1", "web"), None);
    assert_eq!(beside(job, with(None), &encrypts).unwrap().choice, Choice::Skip);
}

#[test]
fn a_key_that_only_a_queued_copy_has_refuses_nothing() {
    let with = |key: &str| CopyRequest { encryption: encrypted(Some(key)), ..copy("ami-1", "eu-west-1", "web") };
    let gone = |request: &CheckRequest| match request {
        CheckRequest::Key { key, .. } if key.as_str() == "alias/gone" => {
            Some(Ok(CheckAnswer::Key(KeyVerdict::NotFound)))
        }
        _ => None,
    };
    let found = beside(UnderWay::of(&with("alias/gone"), None), with(KEY), &gone).unwrap();
    assert_eq!(found.same_encryption, None);
}

#[test]
fn a_double_is_found_among_images_of_the_same_name() {
    let key = |n: u8| format!("arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-00000000000{n}");
    let named =
        |id: &str| Image { name: "web".into(), source_image_id: Some(ami("ami-1")), ..image(id, "eu-west-1", true) };
    // ami-91 is encrypted with key 1, ami-92 with key 2.
    let account = account(vec![named("ami-91"), named("ami-92")]);
    let of = |id: &SnapshotId| Some(key(if id.as_str().ends_with('1') { 1 } else { 2 }).into());
    for (wanted, expected) in [(1, Some("ami-91")), (2, Some("ami-92")), (3, None)] {
        let copy = CopyRequest { encryption: encrypted(Some(&key(wanted))), ..copy("ami-1", "eu-west-1", "web") };
        let mut review = review(vec![copy]);
        answer_all(&mut review, &|request| match request {
            CheckRequest::Key { key, .. } => {
                Some(Ok(CheckAnswer::Key(KeyVerdict::Usable { arn: key.as_str().to_owned() })))
            }
            CheckRequest::SnapshotKeys { snapshots, .. } => {
                Some(Ok(CheckAnswer::SnapshotKeys(snapshots.iter().map(|id| (id.clone(), of(id))).collect())))
            }
            _ => account(request),
        });
        let found = review.table().existing.remove(0);
        assert_eq!((found.is_double(), found.others), (expected.is_some(), 1), "key {wanted}");
        if let (Some(expected), Found::Image { id, .. }) = (expected, &found.found) {
            assert_eq!(id.as_str(), expected);
        }
    }
}

#[test]
fn a_copy_stored_elsewhere_is_no_double() {
    let outpost = "arn:aws:outposts:us-east-1:123456789012:outpost/op-0123456789abcdef0";
    let placed =
        |placement: &Placement| CopyRequest { placement: placement.clone(), ..copy("ami-1", "eu-west-1", "web") };
    let outpost = Placement::Outpost(crate::domain::placement::OutpostArn::new(outpost).unwrap());
    for (there, wanted, same) in [
        (&Placement::Region, &outpost, false),
        (&outpost, &Placement::Region, false),
        (&outpost, &outpost, true),
        (&Placement::Region, &Placement::Region, true),
    ] {
        let found = beside(UnderWay::of(&placed(there), None), placed(wanted), &|_| None).unwrap();
        assert_eq!((found.same_placement, found.is_double()), (Some(same), same), "{there:?}, {wanted:?}");
    }
    // Where an image's snapshots are stored is not known.
    let found = one(placed(&outpost), vec![there("web", Some("ami-1"), false)]).unwrap();
    assert_eq!((found.same_placement, found.choice), (None, Choice::CopyAnyway));
}

#[test]
fn an_image_that_is_being_removed_is_not_there() {
    let removed = std::collections::BTreeSet::from([ami("ami-9")]);
    let mut review = review(vec![copy("ami-1", "eu-west-1", "web")]);
    answer_all(&mut review, &account(vec![there("web", Some("ami-1"), false)]));
    assert_eq!(review.table().copies.len(), 0, "the double is skipped");
    assert!(review.set_jobs(Vec::new(), removed.clone()) && !review.set_jobs(Vec::new(), removed));
    assert_eq!((review.table().existing.len(), review.table().copies.len()), (0, 1));
}

#[test]
fn decisions_are_about_what_would_be_made() {
    let with = |key: Option<&str>| CopyRequest { encryption: encrypted(key), ..copy("ami-1", "eu-west-1", "web") };
    let mut decisions = Decisions::default();
    let mut first = review(vec![with(Some("alias/a"))]);
    first.choose(0, Choice::CopyAnyway);
    first.keep_choices(&mut decisions);
    let choices = |copy| review(vec![copy]).decided_before(&decisions).choices.len();
    assert_eq!(choices(with(Some("alias/a"))), 1);
    assert_eq!(choices(with(Some("alias/b"))), 0, "another key");
    assert_eq!(choices(CopyRequest { encryption: Encryption::Keep, ..with(None) }), 0);
}

#[test]
fn what_is_found_after_all_were_skipped_is_skipped() {
    let mut review = review(vec![copy("ami-1", "eu-west-1", "web"), copy("ami-2", "eu-west-2", "web")]);
    let sent = review.next_requests();
    review.skip_existing();
    assert_eq!(review.table().copies.len(), 2, "nothing is known to be there yet");
    let account = account(vec![there("web", None, false)]);
    for (id, request) in sent {
        review.answer(id, account(&request).unwrap_or_else(|| fine(&request)));
    }
    answer_all(&mut review, &account);
    assert_eq!(review.table().copies.len(), 0);
    review.choose(1, Choice::CopyAnyway);
    assert_eq!(review.table().copies.len(), 1);
    let mut decisions = Decisions::default();
    review.keep_choices(&mut decisions);
    let again = super::review(review.copies().to_vec()).decided_before(&decisions);
    assert_eq!(again.choices.into_values().collect::<Vec<_>>(), [Choice::Skip, Choice::CopyAnyway]);
}

#[test]
fn copies_are_skipped_renamed_or_made_all_the_same() {
    let numbered = |n: u8| Image { id: ami(&format!("ami-{n}9")), ..there(&format!("web-{n}"), None, false) };
    let images = vec![there("web", Some("ami-1"), false), numbered(2), numbered(3)];
    let copies = ["web", "web-5", "new"].map(|name| copy("ami-1", "eu-west-1", name));
    let mut copies = copies.to_vec();
    let typed = serde_json::json!({"name": "{name}", "description": "{date}"});
    copies[0].templates = std::sync::Arc::new(serde_json::from_value(typed).unwrap());
    let mut review = review(copies);
    answer_all(&mut review, &account(images));
    let names =
        |review: &Review| -> Vec<String> { review.table().copies.iter().map(|copy| copy.name.to_string()).collect() };
    assert_eq!(names(&review), ["web-5", "new"], "the double is skipped");
    review.choose(0, Choice::CopyAnyway);
    assert_eq!(names(&review), ["web", "web-5", "new"]);
    review.choose(0, Choice::Rename);
    assert_eq!(names(&review), ["web-4", "web-5", "new"], "web-2 and web-3 are taken");
    let kept = serde_json::to_value(&*review.table().copies[0].templates).unwrap();
    assert_eq!(kept, serde_json::json!({"description": "{date}"}), "the new name is not the template's");
    review.skip_existing();
    assert_eq!(names(&review), Vec::<String>::new(), "all are copies of an image that was copied before");
    let table = review.table();
    assert_eq!((table.rows[0].copies, table.rows[0].cell(Column::Exists).status), (0, Status::Warning));
}
