use proptest::prelude::*;

use super::*;
use crate::domain::{KmsKeyRef, OrganizationsArn, Region};

fn redaction(harmless: &str, secrets: &[&str]) -> Redaction {
    let secrets = secrets.iter().map(|word| (*word).to_owned()).collect();
    Redaction {
        words: RefCell::new(StandInWords::new(BTreeSet::new())),
        vocabulary: Vocabulary::new(harmless, &secrets),
    }
}

fn in_place(redaction: &Redaction, owner: &'static str, field: &'static str, text: &str) -> String {
    redaction.text(Place { owner, field }, text).into_owned()
}

#[test]
fn what_has_a_form_keeps_it() {
    let redaction = redaction("", &[]);
    let replaced = |text: &str| in_place(&redaction, "Image", "Name", text);
    for key in [
        "arn:aws:kms:us-east-1:123456789012:key/12345678-90ab-cdef-1234-567890abcdef",
        "arn:aws:kms:eu-west-1:123456789012:alias/falcon",
        "12345678-90ab-cdef-abcd-567890abcdef",
        "mrk-1234567890abcdef1234567890abcdef",
        "alias/falcon-images",
    ] {
        let other = replaced(key);
        assert!(other != key && KmsKeyRef::new(&other).is_ok(), "{key}: {other}");
        assert_eq!(KmsKeyRef::new(&other).unwrap().region(), KmsKeyRef::new(key).unwrap().region());
    }
    let unit = "arn:aws:organizations::123456789012:ou/o-abcdefghij/ou-ab12-11112222";
    assert!(OrganizationsArn::new(&replaced(unit)).is_ok(), "{}", replaced(unit));
    assert_eq!(replaced("alias/aws/ebs"), "alias/aws/ebs");
    assert!(Region::new(&replaced("zz-falcon-7")).is_ok());
    let template = replaced("{name}-falcon {source_id} {date}");
    assert!(template.starts_with("{name}-") && template.ends_with(" {source_id} {date}"), "{template}");
}

#[test]
fn messages_keep_the_programs_words_and_lose_the_users() {
    let redaction = redaction("list images of an account", &["falcon", "images"]);
    let why = in_place(&redaction, "Failure", "why", "list images of falcon in eu-west-1: you are not authorized");
    assert!(why.starts_with("list ") && why.ends_with(" in eu-west-1: you are not authorized"), "{why}");
    assert!(!why.contains("falcon") && !why.contains("images"), "{why}");
    assert_eq!(in_place(&redaction, "Failure", "code", "InvalidAMIID.NotFound"), "InvalidAMIID.NotFound");
    assert_ne!(in_place(&redaction, "Failure", "code", "falcon 12"), "falcon 12");
    assert_eq!(in_place(&redaction, "Image", "Architecture", "arm64"), "arm64");
    let filter = in_place(&redaction, "StoredFilters", "filters", "state:available tag:Team=falcon");
    assert!(filter.starts_with("state:available tag:") && !filter.contains("falcon"), "{filter}");
}

#[test]
fn a_place_that_is_not_listed_is_replaced() {
    let redaction = redaction("falcon", &[]);
    assert_ne!(in_place(&redaction, "New", "field", "falcon"), "falcon");
    assert_ne!(in_place(&redaction, "Image", "NewField", "falcon"), "falcon");
}

proptest! {
    #[test]
    fn nothing_of_a_name_survives_but_its_length(name in "[a-zA-Z0-9 ./_:{}\u{1b}日é-]{0,40}") {
        let redaction = redaction("", &[]);
        let other = in_place(&redaction, "Tag", "Value", &name);
        prop_assert_eq!(other.chars().count(), name.chars().count());
        for (old, new) in words::words(&name).zip(words::words(&other)) {
            let known = Region::KNOWN.iter().any(|region| name.contains(region)) || name.contains("alias/") || name.contains("arn:");
            let is_long = old.chars().count() >= 8 && old.chars().any(char::is_alphanumeric);
            prop_assert!(!is_long || known || old != new || name.contains(&format!("{{{old}}}")), "{} {}", name, other);
        }
    }
}
