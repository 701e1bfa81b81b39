//! The view of an account between runs, and the welcome of the first one.

use super::{
    jobs::{lacks, shows},
    *,
};
use crate::{
    config::RememberedView,
    domain::{ImageColumn, OwnerFilter},
};

fn view() -> RememberedView {
    RememberedView {
        whose: "amazon".into(),
        sort: "size_gib".into(),
        descending: true,
        columns: vec!["name".into(), "tag:Team".into(), "of_another_version".into()],
        jobs_height: Some(9),
        details_beside: true,
        filters: vec!["app-web !old".into()],
        shown_until: None,
    }
}

/// A model that is connected, and the owner of the images that were requested.
pub(super) fn opened(remembered: Option<RememberedView>, remembers: bool, change: impl FnOnce(&mut Config)) -> Model {
    let (mut model, effects) = start(change);
    model.start.remembers = remembers;
    let connected = Connected { remembered, ..connected() };
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected)));
    let listed = effects.iter().find_map(|e| if let Effect::ListImages { query, .. } = e { Some(query) } else { None });
    assert_eq!(listed.map(|query| &query.whose), Some(&model.query.whose), "no other list is begun first");
    let account = effects.iter().find_map(|e| if let Effect::AskAccount { id } = e { Some(*id) } else { None });
    let id = AccountId::new("123456789012").unwrap();
    let effects = reply(&mut model, account.unwrap(), Reply::Account(Ok(Account { id, arn: "arn".into() })));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Remember(_))), "nothing has changed: {effects:?}");
    model
}

pub(super) fn remembered(effects: &[Effect]) -> Option<&RememberedView> {
    effects.iter().find_map(|effect| if let Effect::Remember(view) = effect { Some(view) } else { None })
}

#[test]
fn the_view_is_as_it_was_and_without_a_filter() {
    let model = opened(Some(view()), true, |_| {});
    assert_eq!(model.query.whose, OwnerFilter::Amazon);
    assert_eq!((&model.images.sort.column, model.images.sort.descending), (&ImageColumn::Size, true));
    assert_eq!(model.images.columns, [ImageColumn::Name, ImageColumn::Tag("Team".into())]);
    assert_eq!((model.jobs_height, model.details_beside), (Some(9), true));
    assert_eq!(model.images.filter.value(), "");
}

#[test]
fn settings_that_name_something_win_and_a_switch_turns_it_off() {
    let model = opened(Some(view()), true, |c| {
        c.browse.whose = "shared".into();
        c.browse.columns = vec!["age".into()];
    });
    assert_eq!((&model.query.whose, &model.images.columns[..]), (&OwnerFilter::Shared, &[ImageColumn::Age][..]));
    assert_eq!(model.images.sort.column, ImageColumn::Size, "no setting is there for it");
    let model = opened(Some(view()), true, |c| c.set_by_environment = ["browse.whose".to_owned()].into());
    assert_eq!(model.query.whose, OwnerFilter::Mine, "the environment names the default");
    let mut model = opened(Some(view()), false, |_| {});
    assert_eq!((&model.query.whose, &model.images.columns[..]), (&OwnerFilter::Mine, &[][..]));
    assert_eq!(keys(&mut model, "o"), []);
}

#[test]
fn what_changes_is_kept_once_and_filters_only_to_be_chosen_again() {
    let mut model = opened(None, true, |_| {});
    let effects = keys(&mut model, "O");
    let kept = remembered(&effects).unwrap();
    assert_eq!((&*kept.whose, &*kept.sort, kept.descending), ("mine", "age", true));
    assert_eq!(remembered(&keys(&mut model, "j")), None);
    for filter in ["web", "db", "web"] {
        assert_eq!(remembered(&keys(&mut model, &format!("/{filter}"))), None, "not while it is typed");
        let effects = press(&mut model, KeyCode::Enter);
        assert_eq!(remembered(&effects).unwrap().filters[0], filter);
        keys(&mut model, "/");
        press(&mut model, KeyCode::Esc);
    }
    let effects = keys(&mut model, "+");
    let kept = remembered(&effects).unwrap();
    assert_eq!((&kept.filters[..], kept.jobs_height.is_some()), (&["web".to_owned(), "db".to_owned()][..], true));
    // Chosen again, behind those that are saved.
    let effects = keys(&mut model, "F");
    let [Effect::ReadFilters { id }] = effects[..] else { panic!("{effects:?}") };
    let stored = StoredFilters { filters: [("databases".into(), "db".into())].into(), ..StoredFilters::default() };
    reply(&mut model, id, Reply::Filters(Ok(stored)));
    shows(&mut model, &["databases", "web", "used last"]);
    keys(&mut model, "j");
    assert_eq!(press(&mut model, KeyCode::Delete), [], "it is not saved, so nothing is removed");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.images.filter.value(), "web");
}

#[test]
fn another_profiles_account_is_not_shown_as_the_last_one_was() {
    let mut model = opened(Some(view()), true, |_| {});
    let mut effects = Vec::new();
    browse::switch_profile(&mut model, "other".into(), &mut effects);
    let id = effects.iter().find_map(|e| if let Effect::Connect { id, .. } = e { Some(*id) } else { None }).unwrap();
    reply(&mut model, id, Reply::Connected(Ok(Connected { profile: Some("other".into()), ..connected() })));
    assert_eq!((&model.query.whose, &model.images.sort), (&OwnerFilter::Mine, &screens::images::Sort::default()));
    assert_eq!(model.images.recent, [] as [String; 0], "they are the other account's");
}

#[test]
fn credentials_that_come_back_change_no_view() {
    let mut model = opened(Some(view()), true, |_| {});
    keys(&mut model, "O");
    let failed = Connection::Failed(Failure::new("find AWS credentials", "none"));
    model.connection = failed;
    let effects = keys(&mut model, "R");
    let again = Connected { remembered: Some(view()), ..connected() };
    reply(&mut model, connect_id(&effects), Reply::Connected(Ok(again)));
    assert!(!model.images.sort.descending, "it was reversed since");
}

#[test]
fn the_first_screen_says_what_it_is_until_the_first_key_which_does_nothing_else_but_quit() {
    let (mut model, _) = start(|_| {});
    lacks(&mut model, "Welcome");
    model.welcome = true;
    let lines =
        ["Welcome to amigrate", "Space marks images, c copies", "q quits", "? every key", "Any key closes this."];
    shows(&mut model, &lines);
    assert_eq!(keys(&mut model, "?"), []);
    lacks(&mut model, "Welcome");
    assert!(model.overlays.is_empty(), "it could not be seen what a key would act on");
    model.welcome = true;
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit]);
}
