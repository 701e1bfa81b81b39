//! The filter as a whole.

use std::time::Duration;

use super::*;
use crate::domain::{
    account::AccountId,
    ids::{ImageId, SnapshotId},
    image::{BlockDevice, Ebs, Tag},
    region::Region,
};

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn ago(days: u64) -> Timestamp {
    now() - Duration::from_secs(days * 86_400)
}

fn image() -> Image {
    let mut image = Image::bare(
        ImageId::new("ami-0c63f0cd").unwrap(),
        Region::new("eu-west-1").unwrap(),
        AccountId::new("123456789012").unwrap(),
    );
    image.name = "app-web-2026.00012".into();
    image.description = "Golden Linux".into();
    image.architecture = "arm64_mac".into();
    image.platform_details = Some("Red Hat Enterprise Linux".into());
    image.boot_mode = Some("uefi-preferred".into());
    image.tags =
        vec![Tag { key: "DR".into(), value: "true".into() }, Tag { key: "Team".into(), value: "web ops".into() }];
    image.created = Some(ago(20));
    image.source_image_id = Some(ImageId::new("ami-0aaa").unwrap());
    image.source_region = Some(Region::new("us-east-1").unwrap());
    let ebs =
        Ebs { volume_size: Some(100), snapshot_id: Some(SnapshotId::new("snap-0beef").unwrap()), ..Ebs::default() };
    image.block_devices = vec![BlockDevice { device_name: "/dev/xvda".into(), ebs: Some(ebs), virtual_name: None }];
    image
}

fn passes(text: &str) -> bool {
    Filter::parse(text, now()).passes(&image(), &mut Scratch::default())
}

#[test]
fn a_misspelt_term_is_a_mistake_and_keys_have_no_case() {
    for text in ["!stat:available", "regoin:eu", "!tags:Keep=yes"] {
        let filter = Filter::parse(text, now());
        assert!(filter.mistake().is_some_and(|why| why.contains("did you mean")), "{text}: {:?}", filter.mistake());
    }
    assert!(Filter::parse("State:available", now()).wanted_terms().count() == 1);
    assert!(Filter::parse("http://x \"stage:prod\" arn:aws", now()).mistake().is_none());
}

#[test]
fn what_depends_on_the_time_is_old_after_a_second() {
    let later = now() + jiff::SignedDuration::from_secs(1);
    for (text, old) in
        [("age:<2m", true), ("!launched:>90d", true), ("deprecated:yes", true), ("web state:pending", false)]
    {
        let filter = Filter::parse(text, now());
        assert_eq!((filter.is_old(now()), filter.is_old(later)), (false, old), "{text}");
    }
}

#[test]
fn words_occur_and_terms_narrow() {
    let yes = "|web|0c63|web 12|golden|true|Golden Linux|\"golden linux\"|\"b ops\"|eu-west-1|us-east-1|0aaa|snap-0b|available|arm64_mac|\
        123456789012|!db|!/zz/|!~zzz|!state:pending|~apw26|/web-\\d{4}/|/^golden/|/linux$/|/Golden/|/b.*ops/|/^ami-0c/|/snap-.*f$/|\
        state:available|state:av|state:|region:eu-|region:eu-west-1|enc:no|tag:DR|tag:DR=true|tag:Team=\"web ops\"|tag:\"Team\"|\
        owner:1234|arch:arm64_mac|web state:available enc:no|age:<30d|age:>2w|age:<|size:100|size:>=100|size:<1T|launched:>90d|\
        platform:hat|boot:uefi-p|root:ebs|source:ami-0a|source:us-east-1|public:no|deprecated:no|~|/|!";
    let no = "zzz|apw26|WEB|0c6|eu-west|db-2026|Web|GOLDEN|\"linux golden\"|avail|arm64|1234567|linux/unix|!web|!~web|!/web/|!tag:DR|web zzz|~zzz|\
        /^linux/|/golden$/|/GOLDEN/|/0c63/|/a[^z]*golden/|state:pending|region:us-east-1|enc:yes|tag:dr|tag:DR=tru|owner:amazon|arch:arm64|\
        age:>30d|age:<2w|size:>100|size:8|launched:<90d|platform:windows|boot:uefi|boot:legacy|root:instance-store|source:eu-|\
        public:yes|deprecated:yes|foo:bar|enc:maybe|age:30d|size:>big|/web(/|!enc:maybe";
    for text in yes.split('|') {
        assert!(passes(text), "{text}");
    }
    for text in no.split('|') {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn words_are_not_searched_in_amigrates_own_tags() {
    let mut copy = image();
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    copy.tags.insert(1, tag("amigrate:job", "amigrate-7adb4995"));
    copy.tags.push(tag("aws:cloudformation:stack-name", "golden-stack"));
    let mut of_japan = copy.clone();
    of_japan.description = "\u{6771}\u{4eac}".into();
    for (image, ascii) in [(&copy, true), (&of_japan, false)] {
        let found = |text: &str| Filter::parse(text, now()).passes(image, &mut Scratch::default());
        for text in ["db4", "/db/", "~adb49", "amigrate", "/^amigrate/"] {
            assert!(!found(text), "{text} {ascii}");
        }
        for text in ["tag:amigrate:job", "tag:amigrate:job=amigrate-7adb4995", "golden-st", "tag:Team=\"web ops\""] {
            assert!(found(text), "{text} {ascii}");
        }
        assert!(!found("tag:amigrate:job=amigrate-7") && !found("tag:amigrate:batch"), "{ascii}");
    }
}

#[test]
fn letters_here_and_there_are_no_word() {
    let filter = Filter::parse("db-202601", now());
    let named = |name: &str| filter.passes(&Image { name: name.into(), ..image() }, &mut Scratch::default());
    assert!(!named("fleet-db-20240226"));
    assert!(named("fleet-db-20260122"));
    assert!(
        Filter::parse("~db-202601", now())
            .passes(&Image { name: "fleet-db-2024-02-26-01".into(), ..image() }, &mut Scratch::default())
    );
}

#[test]
fn what_is_wrong_is_said() {
    let mistake = |text: &str| Filter::parse(text, now()).mistake().map(str::to_owned);
    assert_eq!(mistake("web /a(/").as_deref(), Some("/a(/: unclosed group"));
    assert_eq!(mistake("enc:maybe").as_deref(), Some("enc:maybe: it is yes or no"));
    assert!(mistake("age:30").unwrap().contains("<30d"));
    assert_eq!(mistake("age:< /a/ state: foo:bar"), None);
    assert!(Filter::parse_checked("size:>x", now()).unwrap_err().why.contains(">100"));
}

#[test]
fn only_fuzzy_words_rank() {
    let named = |name: &str| Image { name: name.into(), ..image() };
    let score = |text: &str, image: &Image| {
        let mut index = TextIndex::default();
        index.push(image);
        let entry = index.entry(0, image).unwrap();
        Filter::parse(text, now()).score(&entry, &mut Scratch::default())
    };
    assert!(score("~web", &named("app-web-1")) > score("~web", &named("w-e-b")));
    assert!(score("~web", &named("app-web-1")) > score("~web", &named("other")), "a name outranks a tag");
    assert_eq!(score("web", &named("app-web-1")), score("web", &named("other")));
    assert!(Filter::parse("~a", now()).ranks() && !Filter::parse("a !~b /c/", now()).ranks());
    assert!(score("~WB", &named("xwebx")).is_some(), "regardless of case");
}

#[test]
fn character_sets_exclude_only_what_does_not_match() {
    let mut odd = image();
    odd.name = "\u{c9}dition Z\u{fc}rich \u{6771}\u{4eac}".into();
    odd.description = "the caf\u{e9}/bar_1.2 @home".into();
    let cases = "edition+|zurich+|Z\u{fc}rich+|Zurich+|cafe+|caf\u{e9}+|caf\u{e8}-|@HOME-|@home+|bar_1.2+|(home-|xyz-|\u{4eac}+|\u{6771}x-|~zrch+|\
        ~\u{6771}\u{4eac}+|/caf\u{e9}/+|/z.rich/+";
    for case in cases.split('|') {
        let (text, fits) = case.split_at(case.len() - 1);
        let found = Filter::parse(text, now()).passes(&odd, &mut Scratch::default());
        assert_eq!(found, fits == "+", "{text}");
    }
}

#[test]
fn what_matched_is_found_again_in_a_shown_text() {
    let matched = |filter: &str, text: &str| {
        let found = Filter::parse(filter, now()).matches_in(text, Field::Text, &mut Scratch::default());
        found.into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(matched("web", "Web-web"), ["Web", "web"]);
    assert_eq!(matched("we eb !app", "app-web"), ["web"], "what overlaps is one part");
    assert_eq!(matched("~ab", "xa-b"), ["a", "b"]);
    assert_eq!(matched("~\u{fc}r", "Z\u{fc}-r"), ["\u{fc}", "r"]);
    assert_eq!(matched("/b+|x*/", "abbc"), ["bb"]);
    assert!(matched("state:available", "available").is_empty());
    let at_all = |filter: &str, field| {
        !Filter::parse(filter, now()).matches_in("arm64", field, &mut Scratch::default()).is_empty()
    };
    for (filter, id, kind) in
        [("arm", false, false), ("arm6", true, false), ("arm64", true, true), ("/arm64/", false, false)]
    {
        assert_eq!((at_all(filter, Field::Id), at_all(filter, Field::Kind)), (id, kind), "{filter}");
    }
}
