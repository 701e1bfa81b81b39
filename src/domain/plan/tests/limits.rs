//! Many copies, client tokens, copies within a region, and how messages are gathered.

use super::*;

fn many(n: usize) -> Vec<Arc<Image>> {
    (0..n).map(|n| Arc::new(image(&format!("ami-{n:x}"), "web"))).collect()
}

#[test]
fn too_many_copies_are_refused_before_any_is_built() {
    let mut tokens = 0;
    let mut refused = |sources: usize, destinations: usize, most: usize| {
        let destinations = (0..destinations).map(|n| region(&format!("eu-west-{n}"))).collect();
        let draft = Draft { sources: many(sources), destinations, name: "{source_id}".into(), ..draft() };
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let plan = draft.check_in(&CheckContext { max_copies: most, ..CheckContext::at(now) }, || {
            tokens += 1;
            ClientToken::from_random(tokens)
        });
        (plan.copies.len(), plan.mistake(&Field::Sources).map(str::to_owned))
    };
    assert_eq!(refused(6, 2, 12), (12, None));
    let advice = |copies| {
        format!(
            "{copies} copies at once are more than 12 (setting copy.max_copies). Split them: mark fewer images, or choose \
             fewer regions."
        )
    };
    assert_eq!(refused(13, 1, 12), (0, Some(advice("13"))));
    assert_eq!(refused(5, 3, 12), (0, Some(advice("15"))));
    assert_eq!(refused(13, 0, 12), (0, Some(advice("13"))), "names are not even looked at");
    assert_eq!(tokens, 12);
}

#[test]
fn a_client_token_is_for_one_copy_and_once() {
    assert_mistakes(&[
        (&|d| d.client_token = "mine".into(), Field::ClientToken, "a single copy only; these are 2"),
        (
            &|d| {
                d.destinations.pop();
                d.client_token = "a b".into();
            },
            Field::ClientToken,
            "visible ASCII",
        ),
    ]);
    let mut single = draft();
    single.destinations.pop();
    single.client_token = " mine ".into();
    let given = ClientToken::given("mine").unwrap();
    assert_eq!(check(&single).copies[0].client_token(), &given);
    let context = CheckContext { used_tokens: &[given], ..CheckContext::at("2026-11-21T12:00:00Z".parse().unwrap()) };
    let plan = single.check_in(&context, || ClientToken::from_random(1));
    assert!(plan.mistake(&Field::ClientToken).is_some_and(|text| text.contains("sent before")), "{plan:?}");
}

#[test]
fn copies_within_a_region_are_allowed() {
    let home = |d: &mut Draft| d.destinations = vec![region("us-east-1")];
    assert_warnings(&[(&home, Field::Name, "two images of that name")]);
    // Names are of one account: a copy of another account's image has it alone.
    let mut of_other = draft();
    home(&mut of_other);
    of_other.account = AccountId::new("555566667777").ok();
    let warnings = check(&of_other).warnings;
    assert!(!warnings.iter().any(|warning| warning.text.contains("two images of that name")), "{warnings:?}");
    let mut renamed = draft();
    home(&mut renamed);
    renamed.name = "{name}-encrypted".into();
    renamed.encrypt = true;
    let plan = check(&renamed);
    assert_eq!((plan.mistakes.len(), plan.warnings.len(), plan.copies.len()), (0, 0, 1));
}

#[test]
fn instance_store_copies_name_their_bucket() {
    let stored = |d: &mut Draft| {
        d.destinations.pop();
        d.snapshot_tags = vec!["a=1".into()];
        d.sources = source(|i| {
            i.root_device_type = "instance-store".into();
            i.block_devices.clear();
        });
    };
    assert_warnings(&[(&stored, Field::Sources, "amis-for-123456789012-in-eu-west-1-HASH")]);
    let mut d = draft();
    stored(&mut d);
    let copy = &check(&d).copies[0];
    assert_eq!((copy.volumes.len(), copy.snapshot_tags.len()), (0, 0));
}

#[test]
fn messages_are_one_for_each_field_with_a_count_in_the_forms_order() {
    let mut d = Draft { sources: many(40), name: "{nmae}".into(), ..draft() };
    for source in &mut d.sources {
        Arc::make_mut(source).state = ImageState::Pending;
        Arc::make_mut(source).virtualization = "paravirtual".into();
    }
    d.image_tags = vec!["Team".into()];
    let plan = check(&d);
    let shown: Vec<_> = plan.mistakes.iter().map(|m| (m.field.clone(), m.count)).collect();
    assert_eq!(shown, [(Field::Sources, 40), (Field::Name, 1), (Field::ImageTag(0), 1)]);
    assert_eq!(
        plan.mistakes[0].text,
        "ami-0 is pending; only an available image can be copied (and 39 more like this)."
    );
    assert_eq!(plan.warnings.len(), 1);
    assert_eq!(plan.warnings[0].count, 40);
}

#[test]
fn a_deprecated_source_is_warned_of() {
    let deprecated = |d: &mut Draft| {
        let mut source = image("ami-1", "web");
        source.deprecated = "2026-11-20T00:00:00Z".parse().ok();
        d.sources = vec![Arc::new(source)];
    };
    assert_warnings(&[(&deprecated, Field::Sources, "ami-1 has been deprecated since 2026-11-20.")]);
    let mut later = draft();
    let mut source = image("ami-1", "web");
    source.deprecated = "2026-11-22T00:00:00Z".parse().ok();
    later.sources = vec![Arc::new(source)];
    assert_eq!(check(&later).warnings, []);
}
