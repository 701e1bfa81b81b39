mod limits;
mod placement;
mod post_copy;
mod properties;
mod tags;

use std::sync::Arc;

use super::*;
use crate::domain::{
    account::AccountId,
    draft::SourceTags,
    ids::ImageId,
    image::{BlockDevice, Ebs, ProductCode, Tag},
};

fn image(id: &str, name: &str) -> Image {
    let mut image = Image::bare(
        ImageId::new(id).unwrap(),
        Region::new("us-east-1").unwrap(),
        AccountId::new("123456789012").unwrap(),
    );
    image.name = name.into();
    image.block_devices = vec![BlockDevice {
        device_name: "/dev/xvda".into(),
        ebs: Some(Ebs { volume_size: Some(8), ..Ebs::default() }),
        virtual_name: None,
    }];
    image
}

fn draft() -> Draft {
    Draft {
        sources: vec![Arc::new(image("ami-1", "web"))],
        destinations: vec![Region::new("eu-west-1").unwrap(), Region::new("eu-west-2").unwrap()],
        name: "{name}".into(),
        account: AccountId::new("123456789012").ok(),
        ..Draft::default()
    }
}

fn check(draft: &Draft) -> Plan {
    let mut n = 0;
    draft.check("2026-11-21T12:00:00Z".parse().unwrap(), || {
        n += 1;
        ClientToken::from_random(n)
    })
}

#[test]
fn job_tags_are_never_copied() {
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    let mut source = image("ami-1", "web");
    source.tags = vec![tag("Team", "web"), tag("aws:cloudformation:stack-id", "x")];
    let copies = |source: &Image, source_tags| {
        check(&Draft { sources: vec![Arc::new(source.clone())], source_tags, ..draft() }).copies.remove(0)
    };
    let copy = copies(&source, SourceTags::All);
    assert_eq!((copy.copy_tags, copy.image_tags.as_slice()), (true, &[][..]), "EC2 copies them");
    // The source is a copy itself, whose job tags would name the wrong image.
    source.tags.extend([tag("amigrate:job", "amigrate-1"), tag("amigrate:batch", "batch-1")]);
    let copy = copies(&source, SourceTags::All);
    assert_eq!((copy.copy_tags, copy.image_tags.as_slice()), (false, &[tag("Team", "web")][..]));
    let copy = copies(&source, SourceTags::None);
    assert_eq!((copy.copy_tags, copy.image_tags.as_slice()), (false, &[][..]));
}

#[test]
fn a_valid_draft_makes_one_copy_for_each_source_and_destination() {
    let plan = check(&Draft { name: "{name}-{region}-{date}".into(), ..draft() });
    assert_eq!(plan.mistakes, []);
    let names: Vec<_> = plan.copies.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["web-eu-west-1-2026-11-21", "web-eu-west-2-2026-11-21"]);
    assert_ne!(plan.copies[0].token, plan.copies[1].token);
    assert_eq!(plan.size_gib(), 16);
}

#[test]
fn a_draft_may_be_limited_to_certain_copies() {
    let sources = [image("ami-1", "web"), image("ami-2", "data")].map(Arc::new);
    let region = |name| Region::new(name).unwrap();
    let pair = |source: &str, to| (ImageId::new(source).unwrap(), region(to));
    let pairs = [pair("ami-1", "eu-west-1"), pair("ami-2", "eu-west-1"), pair("ami-2", "eu-west-2")];
    let mut draft = Draft { sources: sources.into(), only: Some(pairs.into()), ..draft() };
    let copies = |draft: &Draft| {
        let plan = check(draft);
        assert_eq!((plan.mistakes.as_slice(), plan.copies.len()), (&[][..], draft.copies()));
        plan.copies.iter().map(|copy| format!("{}>{}", copy.source, copy.destination)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(copies(&draft), "ami-1>eu-west-1 ami-2>eu-west-1 ami-2>eu-west-2");
    draft.set_destinations(vec![region("eu-west-2")]);
    assert_eq!(copies(&draft), "ami-2>eu-west-2", "fewer regions stay exact");
    draft.client_token = "mine".into();
    assert_eq!(check(&draft).copies.len(), 1, "a token is for one copy, however many sources there are");
    draft.client_token.clear();
    draft.set_destinations(vec![region("eu-west-2"), region("eu-west-1")]);
    assert_eq!(draft.copies(), 3, "and back");
    draft.set_destinations(vec![region("eu-west-1"), region("eu-west-3")]);
    assert_eq!((draft.only.as_ref(), draft.copies()), (None, 4), "a region more lifts it");
}

/// A change of the draft, the field whose mistake it is, and a part of the text.
type Case<'a> = (&'a dyn Fn(&mut Draft), Field, &'a str);

/// Checks that each change alone makes the one mistake.
#[track_caller]
fn assert_mistakes(cases: &[Case<'_>]) {
    for (change, field, text) in cases {
        let mut changed = draft();
        change(&mut changed);
        let mistakes = check(&changed).mistakes;
        let [mistake] = &mistakes[..] else { panic!("{text}: {mistakes:?}") };
        assert_eq!(mistake.field, *field, "{mistake:?}");
        assert!(mistake.text.contains(text), "{mistake:?}");
    }
}

/// The same for warnings, of drafts without mistakes.
#[track_caller]
fn assert_warnings(cases: &[Case<'_>]) {
    for (change, field, text) in cases {
        let mut changed = draft();
        change(&mut changed);
        let plan = check(&changed);
        assert_eq!(plan.mistakes, [], "{text}");
        let [warning] = &plan.warnings[..] else { panic!("{text}: {:?}", plan.warnings) };
        assert_eq!(warning.field, *field, "{warning:?}");
        assert!(warning.text.contains(text), "{warning:?}");
    }
}

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

/// The draft's image, changed.
fn source(change: impl Fn(&mut Image)) -> Vec<Arc<Image>> {
    let mut image = image("ami-1", "web");
    change(&mut image);
    vec![Arc::new(image)]
}

#[test]
fn each_mistake_names_its_field() {
    let arn = "arn:aws:kms:eu-west-2:123456789012:alias/web";
    let cases: [Case<'_>; 18] = [
        (&|d| d.destinations.clear(), Field::Destinations, "at least one"),
        (&|d| d.destinations = vec![region("cn-north-1")], Field::Destinations, "CreateStoreImageTask"),
        (&|d| d.destinations.push(region("us-gov-west-1")), Field::Destinations, "from aws to aws-us-gov"),
        (&|d| d.name.clear(), Field::Name, "at least 3"),
        (
            &|d| {
                d.encrypt = true;
                d.key = "arn:aws-cn:kms:eu-west-1:123456789012:alias/web".into();
                d.destinations.pop();
            },
            Field::Key,
            "partition is not that of its region",
        ),
        (&|d| d.sources = source(|i| i.state = ImageState::Pending), Field::Sources, "only an available"),
        (&|d| d.sources.clear(), Field::Sources, "No image"),
        (&|d| d.name = "ab".into(), Field::Name, "at least 3"),
        (&|d| d.name = "web ".into(), Field::Name, "ends with a space"),
        (&|d| d.name = " {name}".into(), Field::Name, "begins or"),
        (&|d| d.name = "{nmae}".into(), Field::Name, "not known"),
        (&|d| d.name = "{name".into(), Field::Name, "not closed"),
        (&|d| d.name = "héllo".into(), Field::Name, "not allowed"),
        (&|d| d.sources.push(Arc::new(image("ami-2", "web"))), Field::Name, "both be named"),
        (&|d| d.description = "x".repeat(256), Field::Description, "at most 255"),
        (&|d| (d.encrypt, d.key) = (true, "web".into()), Field::Key, "key id"),
        (&|d| (d.encrypt, d.key) = (true, arn.into()), Field::Key, "eu-west-1 needs a key there"),
        (
            &|d| {
                d.encrypt = true;
                d.keys.insert(region("eu-west-1"), arn.into());
            },
            Field::KeyFor(region("eu-west-1")),
            "is in eu-west-2",
        ),
    ];
    assert_mistakes(&cases);
}

#[test]
fn a_long_source_description_is_truncated() {
    let mut long = image("ami-1", "web");
    long.description = "nightly\n".repeat(40).into();
    let d =
        Draft { sources: vec![Arc::new(long)], description: "[{source_id}] {source_description}".into(), ..draft() };
    let plan = check(&d);
    assert_eq!(plan.mistakes, []);
    let text = plan.copies[0].description.as_str();
    assert!(text.starts_with("[ami-1] nightly nightly") && text.chars().count() <= Description::MAX, "{text}");
}

#[test]
fn each_destination_gets_its_key() {
    let mut d = draft();
    d.encrypt = true;
    d.key = "alias/all".into();
    d.keys.insert(Region::new("eu-west-2").unwrap(), "alias/two".into());
    let plan = check(&d);
    let key = |n: usize| match &plan.copies[n].encryption {
        Encryption::Encrypt { key: Some(k) } => k.as_str().to_owned(),
        other => format!("{other:?}"),
    };
    assert_eq!((key(0).as_str(), key(1).as_str()), ("alias/all", "alias/two"));
}

#[test]
fn possible_failures_are_warnings() {
    let mut i = image("ami-1", "web");
    i.owner_id = AccountId::new("210987654321").unwrap();
    i.product_codes = vec![ProductCode { id: "x".into(), kind: "marketplace".into() }];
    i.virtualization = "paravirtual".into();
    i.block_devices[0].ebs.as_mut().unwrap().encrypted = Some(true);
    let plan = check(&Draft { sources: vec![Arc::new(i)], ..draft() });
    assert_eq!(plan.mistakes, []);
    assert_eq!(plan.warnings.len(), 3);
}

#[test]
fn instance_store_images_cannot_be_encrypted() {
    let mut i = image("ami-1", "web");
    i.root_device_type = "instance-store".into();
    i.block_devices.clear();
    let plan = check(&Draft { sources: vec![Arc::new(i)], encrypt: true, ..draft() });
    assert_eq!(plan.mistake(&Field::Encryption), Some("An instance-store image has no snapshots to encrypt."));
}
