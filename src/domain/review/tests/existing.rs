//! What is there already, and what is done about it.

use super::{
    super::{
        Choice, Column, Status,
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

#[test]
fn copies_are_skipped_renamed_or_made_all_the_same() {
    let numbered = |n: u8| Image { id: ami(&format!("ami-{n}9")), ..there(&format!("web-{n}"), None, false) };
    let images = vec![there("web", Some("ami-1"), false), numbered(2), numbered(3)];
    let copies = ["web", "web-5", "new"].map(|name| copy("ami-1", "eu-west-1", name));
    let mut review = review(copies.to_vec());
    answer_all(&mut review, &account(images));
    let names =
        |review: &Review| -> Vec<String> { review.table().copies.iter().map(|copy| copy.name.to_string()).collect() };
    assert_eq!(names(&review), ["web-5", "new"], "the double is skipped");
    review.choose(0, Choice::CopyAnyway);
    assert_eq!(names(&review), ["web", "web-5", "new"]);
    review.choose(0, Choice::Rename);
    assert_eq!(names(&review), ["web-4", "web-5", "new"], "web-2 and web-3 are taken");
    review.skip_existing();
    assert_eq!(names(&review), Vec::<String>::new(), "all are copies of an image that was copied before");
    let table = review.table();
    assert_eq!((table.rows[0].copies, table.rows[0].cell(Column::Exists).status), (0, Status::Warning));
}
