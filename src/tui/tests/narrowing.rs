//! What EC2 is asked for less because of a filter.

use super::{jobs::screen, *};
use crate::domain::{ImageQuery, image::Tag};

/// A model that lists the images of these owners, of which one page has come; with the id for the next.
fn listing(whose: &str, images: Vec<Image>) -> (Model, EffectId) {
    let (mut model, effects) = start(|config| config.browse.whose = whose.into());
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let Some(Effect::AskAccount { id }) = effects.first() else { panic!("{effects:?}") };
    let account = Account { id: AccountId::new("123456789012").unwrap(), arn: "arn".into() };
    reply(&mut model, *id, Reply::Account(Ok(account)));
    let (id, region, _) = lists(&effects).remove(0);
    let page = ImagePage { images, next: Some("more".into()) };
    let effects = reply(&mut model, id, Reply::Images { region, page: Ok(page) });
    frame(&mut model);
    (model, lists(&effects)[0].0)
}

fn queries(effects: &[Effect]) -> Vec<(EffectId, ImageQuery, Option<String>)> {
    let query = |e: &Effect| match e {
        Effect::ListImages { id, query, token, .. } => Some((*id, query.clone(), token.clone())),
        _ => None,
    };
    effects.iter().filter_map(query).collect()
}

fn sent(effects: &[Effect]) -> Vec<String> {
    let of = |(_, query, token): (EffectId, ImageQuery, Option<String>)| {
        assert_eq!(token, None, "from the beginning");
        query.narrowed.iter().map(|f| format!("{}={}", f.name, f.values.join(","))).collect::<Vec<_>>().join(" ")
    };
    queries(effects).into_iter().map(of).collect()
}

fn filter(model: &mut Model, text: &str) -> Vec<Effect> {
    keys(model, &format!("/{text}"));
    ctrl(model, 'u');
    keys(model, text);
    let effects = press(model, KeyCode::Enter);
    frame(model);
    effects
}

fn arm(n: u32) -> Image {
    let tags = vec![Tag { key: "Team".into(), value: "web".into() }];
    Image { architecture: "arm64".into(), tags, ..image(n) }
}

fn shown(model: &Model) -> usize {
    model.images.rows.len()
}

#[test]
fn an_accepted_filter_narrows_what_is_being_listed_and_clearing_it_widens() {
    let (mut model, next) = listing("amazon", vec![image(1), arm(2)]);
    let typed = keys(&mut model, "/arch:arm64");
    assert_eq!(sent(&typed), [""; 0], "not while it is typed");
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!(sent(&effects), ["architecture=arm64"]);
    frame(&mut model);
    assert_eq!((shown(&model), model.images.total()), (1, 1), "what passes stays");
    let title = screen(&mut model, 80, 24);
    assert!(title.contains("Images 1 (narrowed by EC2), Amazon al2023-ami-2023*"), "{title}");
    assert!(title.contains("EC2 lists only what fits architecture. Esc lists all again."), "{title}");
    // The list before is nobody's any more.
    let page = || Ok(ImagePage { images: vec![image(3)], next: None });
    reply(&mut model, next, Reply::Images { region: region("us-east-1"), page: page() });
    assert_eq!(model.images.total(), 1);
    let id = queries(&effects)[0].0;
    let page = ImagePage { images: vec![arm(2), arm(4)], next: None };
    reply(&mut model, id, Reply::Images { region: region("us-east-1"), page: Ok(page) });
    frame(&mut model);
    assert_eq!(shown(&model), 2);
    let effects = filter(&mut model, "arch:arm64 tag:Team=web");
    assert_eq!(sent(&effects), [""; 0], "all that it asks for is there");
    let effects = filter(&mut model, "arch:arm");
    assert_eq!(sent(&effects), ["architecture=arm*"], "that may be more");
    let effects = press(&mut model, KeyCode::Esc);
    assert_eq!(sent(&effects), [""]);
    frame(&mut model);
    assert_eq!(shown(&model), 2, "what is there stays until the rest comes");
    assert!(!screen(&mut model, 80, 24).contains("narrowed"));
}

#[test]
fn own_images_and_whole_lists_are_never_narrowed() {
    let (mut model, _) = listing("mine", vec![image(1), arm(2)]);
    assert_eq!(sent(&filter(&mut model, "arch:arm64")), [""; 0]);
    let (mut model, _) = listing("123456789012", vec![image(1), arm(2)]);
    assert_eq!(sent(&filter(&mut model, "arch:arm64")), [""; 0], "the account's own id");
    let (mut model, next) = listing("shared", vec![arm(2)]);
    let page = ImagePage { images: Vec::new(), next: None };
    reply(&mut model, next, Reply::Images { region: region("us-east-1"), page: Ok(page) });
    assert_eq!(sent(&filter(&mut model, "arch:arm64")), [""; 0], "nothing more comes");
}

#[test]
fn marks_keep_their_images_listed() {
    let (mut model, _) = listing("amazon", vec![image(1), arm(2)]);
    frame(&mut model);
    keys(&mut model, " ");
    assert_eq!(sent(&filter(&mut model, "arch:arm64")), [""; 0]);
    keys(&mut model, "n");
    assert_eq!(sent(&filter(&mut model, "arch:arm64 state:a")), ["architecture=arm64 state=a*"]);
    keys(&mut model, " ");
    assert_eq!(sent(&filter(&mut model, "arch:x86_64")), [""], "the marked one is no such image");
    assert_eq!((model.images.marked.len(), model.images.total()), (1, 1));
}

#[test]
fn other_owners_are_listed_by_the_filter_that_there_is() {
    let (mut model, _) = listing("mine", vec![image(1)]);
    filter(&mut model, "arch:arm64 web");
    keys(&mut model, "w/shared");
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!(sent(&effects), ["architecture=arm64"]);
    assert_eq!(sent(&filter(&mut model, "arch:arm64 /a(/")), [""; 0], "a mistake lists nothing");
    keys(&mut model, "/");
    ctrl(&mut model, 'u');
    keys(&mut model, "db");
    frame(&mut model);
    let text = screen(&mut model, 100, 30);
    assert!(text.contains("Enter lists by this one") || text.contains("listing"), "{text}");
}

#[test]
fn a_filter_that_is_being_typed_narrows_no_list_that_begins_meanwhile() {
    let (mut model, _) = listing("amazon", vec![image(1)]);
    keys(&mut model, "/arch:arm");
    let query = model.query_for(OwnerFilter::Marketplace);
    assert_eq!(query.narrowed, [], "Esc takes the filter back, and then nothing would widen the list");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.query_for(OwnerFilter::Marketplace).narrowed.len(), 1);
}
