//! Two accounts on one screen: each acts on what it lists, and on nothing else.

mod comparing;
mod dialogs;
mod harness;
mod one_screen;
mod profiles;
mod property;
mod quitting;
mod regions;
mod sharing;
mod status;

use self::harness::{Harness, PRODUCTION, SHARED, ask_account, image, now};
use super::*;
use crate::{
    domain::{Failure, ImageColumn},
    driver::JobUpdate,
    engine::Command,
    term::input::{KeyCode, KeyEvent, KeyModifiers},
    tui::{
        msg::Reply,
        screens::{Overlay, images::columns::columns},
    },
};

fn two() -> Harness {
    Harness::new(&["build", "production"])
}

fn three() -> Harness {
    Harness::new(&["build", "production", "audit"])
}

#[test]
fn the_images_of_several_accounts_are_one_table_that_says_whose_they_are() {
    let harness = two();
    let expected =
        ["build web-1", "production web-2", "build web-3", "production web-4", "build web-99", "production web-99"];
    assert_eq!(harness.rows(), expected);
    let screen = harness.screen();
    assert!(screen.contains("PROFILE") && screen.contains("production 555566667777"), "{screen}");
    let one = Harness::new(&["build"]);
    assert_eq!(one.rows().len(), 3);
    assert!(!one.screen().contains("PROFILE"), "one account looks as ever: {}", one.screen());
}

#[test]
fn what_is_done_to_a_row_is_done_by_its_account() {
    let mut harness = two();
    harness.go_to("production", 4);
    assert_eq!(harness.shown(), "build");
    harness.keys("c");
    assert_eq!((harness.shown(), harness.sources()), ("production", vec!["web-4".to_owned()]));
    harness.press(KeyCode::Esc);
    // The cursor has stayed where it was.
    harness.keys("y");
    let ids: Vec<_> = harness.sent.iter().filter(|(_, effect)| matches!(effect, Effect::Clipboard(_))).collect();
    assert_eq!(ids, [&(harness.id("production"), Effect::Clipboard("ami-00000004".into()))]);
    // An image that both list is two rows.
    harness.go_to("build", SHARED);
    harness.keys("c");
    assert_eq!((harness.shown(), harness.sources()), ("build", vec!["web-99".to_owned()]));
}

#[test]
fn marks_of_one_account_are_meant_wherever_the_cursor_is_and_of_several_those_of_the_row() {
    let mut harness = two();
    harness.go_to("production", 2);
    harness.keys(" ");
    harness.go_to("production", 4);
    harness.keys(" ");
    harness.go_to("build", 1);
    harness.keys("c");
    assert_eq!((harness.shown(), harness.sources()), ("production", vec!["web-2".to_owned(), "web-4".to_owned()]));
    harness.press(KeyCode::Esc);
    harness.go_to("build", 3);
    harness.keys(" ");
    harness.go_to("build", 1);
    harness.keys("c");
    assert_eq!((harness.shown(), harness.sources()), ("build", vec!["web-3".to_owned()]));
    assert!(
        harness.notice().contains("the 1 marked of build; 2 of other accounts stay marked"),
        "{}",
        harness.notice()
    );
}

#[test]
fn marks_are_of_rows_and_not_of_ids() {
    let mut harness = two();
    harness.go_to("build", SHARED);
    harness.keys(" ");
    let marked = &harness.workspace.shown().images.marked;
    assert_eq!((marked.len(), marked.profiles()), (1, vec![harness.id("build")]));
    // Marks go with images that are gone, whoever lists them.
    harness.go_to("production", 4);
    harness.keys(" ");
    harness.images.insert("production", vec![image(2, PRODUCTION)]);
    harness.keys("R");
    assert_eq!(harness.workspace.shown().images.marked.profiles(), [harness.id("build")]);
    assert_eq!(harness.rows().len(), 4);
}

#[test]
fn the_table_is_sorted_and_filtered_by_profile() {
    let mut harness = two();
    harness.keys("/profile:prod");
    harness.press(KeyCode::Enter);
    assert_eq!(harness.rows(), ["production web-2", "production web-4", "production web-99"]);
    harness.press(KeyCode::Esc);
    harness.keys(":sort profile");
    harness.press(KeyCode::Enter);
    assert!(harness.rows()[..3].iter().all(|row| row.starts_with("build ")), "{:?}", harness.rows());
}

#[test]
fn one_that_cannot_sign_in_does_not_stop_the_other() {
    for profiles in [["build", "production"], ["production", "build"]] {
        let mut harness = Harness::signed_out(&profiles, vec!["production"]);
        assert_eq!(harness.rows(), ["build web-1", "build web-3", "build web-99"]);
        assert!(harness.screen().contains("production"), "{}", harness.screen());
        harness.go_to("build", 3);
        harness.keys("c");
        assert_eq!((harness.shown(), harness.sources()), ("build", vec!["web-3".to_owned()]));
    }
    let harness = Harness::signed_out(&["build", "production"], vec!["production"]);
    assert!(harness.screen().contains("not signed in"), "{}", harness.screen());
}

#[test]
fn two_profiles_of_one_account_are_on_the_screen_once() {
    let mut harness = Harness::new(&["build", "production", "again"]);
    assert_eq!(harness.workspace.accounts().count(), 2);
    let opened = harness.log.iter().filter(|(_, effect)| matches!(effect, Effect::OpenJobs { .. }));
    assert_eq!(opened.map(|(profile, _)| profile.as_str()).collect::<Vec<_>>(), ["build", "production"]);
    assert!(harness.notice().contains("again and production are both account 555566667777"), "{}", harness.notice());
    // Also if a profile signs in to the other's account later.
    harness.accounts.insert("build", PRODUCTION);
    let id = harness.id("build");
    let effects = vec![(id, Effect::AskAccount { id: ask_account(&mut harness, id) })];
    harness.answer(effects);
    assert_eq!((harness.workspace.accounts().count(), harness.shown()), (1, "production"));
}

#[test]
fn profiles_are_marked_in_the_picker_and_leave_the_screen_again() {
    let mut harness = Harness::new(&["build"]);
    harness.keys("p");
    // The cursor is on the profile in use.
    harness.keys("  ");
    harness.press(KeyCode::Enter);
    assert_eq!(harness.rows().len(), 6, "{}", harness.screen());
    let tokens: Vec<_> = harness.workspace.accounts().map(|model| model.start.seed).collect();
    assert_ne!(tokens[0], tokens[1], "client tokens of one account are not another's");
    harness.open_jobs("build", Vec::new());
    harness.sent.clear();
    let build = harness.id("build");
    harness.keys(":profile production");
    harness.press(KeyCode::Enter);
    assert_eq!((harness.shown(), harness.rows().len()), ("production", 3));
    assert_eq!(harness.sent, [(build, Effect::CloseJobs), (build, Effect::LeaveAccount)]);
    // What still comes for it is dropped.
    let late = Msg::Reply { id: crate::tui::EffectId(1), reply: Reply::Profiles(Vec::new()) };
    assert_eq!(harness.workspace.update(build, late, now()), []);
}

#[test]
fn the_others_follow_regions_owner_and_refresh() {
    let mut harness = two();
    let listed = |harness: &mut Harness, keys: &str| {
        harness.log.clear();
        harness.keys(keys);
        harness.press(KeyCode::Enter);
        let lists = harness.log.iter().filter_map(|(profile, effect)| match effect {
            Effect::ListImages { region, query, .. } => Some(format!("{profile} {region} {}", query.whose.name())),
            _ => None,
        });
        let mut lists: Vec<String> = lists.collect();
        lists.sort();
        lists
    };
    let regions = listed(&mut harness, ":region eu-west-1");
    assert_eq!(regions, ["build eu-west-1 mine", "production eu-west-1 mine"]);
    let owner = listed(&mut harness, ":owner shared");
    assert_eq!(owner, ["build eu-west-1 shared", "production eu-west-1 shared"]);
    harness.log.clear();
    harness.keys("R");
    assert_eq!(harness.log.iter().filter(|(_, effect)| matches!(effect, Effect::ListImages { .. })).count(), 2);
}

#[test]
fn the_next_account_is_shown_with_the_same_table_and_its_own_jobs() {
    let mut harness = two();
    harness.open_jobs("build", vec![crate::tui::tests::jobs::job(1)]);
    let rows = harness.rows();
    assert!(harness.screen().contains("app-web-00001"));
    harness.go_to("build", 3);
    harness.keys("A");
    assert_eq!((harness.shown(), harness.rows()), ("production", rows.clone()));
    let screen = harness.screen();
    assert!(!screen.contains("app-web-00001") && screen.contains("build 123456789012: 1 queued"), "{screen}");
    harness.keys("A");
    assert_eq!((harness.shown(), harness.rows()), ("build", rows));
    assert!(harness.screen().contains("app-web-00001"));
    let line = harness.workspace.shown().images.list.cursor;
    assert_eq!(harness.rows()[line], "build web-3", "the cursor has stayed");
    // What is open belongs to its account.
    harness.keys("cA");
    assert_eq!(harness.shown(), "build");
    let mut one = Harness::new(&["build"]);
    one.keys("A");
    assert!(one.notice().contains("Only one account"), "{}", one.notice());
}

#[test]
fn images_are_copied_into_another_account_by_its_own_form() {
    let mut harness = two();
    harness.go_to("build", 3);
    harness.keys("I");
    assert_eq!((harness.shown(), harness.sources()), ("production", vec!["web-3".to_owned()]));
    assert!(harness.notice().contains("made in production, of images of build"), "{}", harness.notice());
    let form = harness.workspace.shown().overlays.last();
    let account = if let Some(Overlay::Form(form)) = form { form.draft.account.clone() } else { None };
    assert_eq!(account.map(|id| id.to_string()).as_deref(), Some(PRODUCTION));
    harness.press(KeyCode::Esc);
    // Of the account whose row it is, whoever is shown.
    harness.go_to("production", 4);
    harness.keys("I");
    assert_eq!((harness.shown(), harness.sources()), ("build", vec!["web-4".to_owned()]));
    let mut one = Harness::new(&["build"]);
    one.keys("I");
    assert!(one.notice().contains("Only one account"), "{}", one.notice());
}

#[test]
fn what_a_hidden_account_says_is_shown_with_its_name() {
    let mut harness = two();
    let failure = Failure::new("copy", "the queue is full");
    harness.jobs("production", JobUpdate::Rejected(failure));
    assert!(harness.notice().starts_with("production: ") && harness.notice().contains("the queue is full"));
    let effects = harness.workspace.update(harness.id("production"), Msg::Tick, now());
    assert_eq!(
        effects.iter().filter(|(_, effect)| matches!(effect, Effect::Title(_) | Effect::Remember(_))).count(),
        0
    );
    // What is not its to do is left: the terminal shows another.
    let (id, mut effects) = (harness.id("production"), Vec::new());
    let of_screen = [Effect::Clipboard("an id".into()), Effect::Repaint];
    harness.workspace.take(id, of_screen.into_iter().chain([Effect::ShowStoredJobs]).collect(), &mut effects);
    assert_eq!(effects, [(id, Effect::ShowStoredJobs)]);
    harness.workspace.take(id, vec![Effect::Notify("1 copy is available".into())], &mut effects);
    assert_eq!(effects[1..], [(id, Effect::Notify("production: 1 copy is available".into()))]);
}

#[test]
fn marks_of_several_others_are_nobodys_here() {
    let mut harness = three();
    for (profile, n) in [("production", 2), ("audit", 5)] {
        harness.go_to(profile, n);
        harness.keys(" ");
    }
    harness.go_to("build", 1);
    harness.keys("c");
    assert_eq!((harness.shown(), harness.sources()), ("build", Vec::new()));
    assert!(harness.notice().contains("Images of production and audit are marked"), "{}", harness.notice());
    // Two are compared all the same, and here.
    harness.keys("D");
    let screen = harness.screen();
    assert!(harness.shown() == "build" && screen.contains("ami-00000002 and ami-00000005"), "{screen}");
    harness.press(KeyCode::Esc);
    // Marks of a profile go with it.
    harness.keys(":profile build,audit");
    harness.press(KeyCode::Enter);
    assert_eq!(harness.workspace.shown().images.marked.profiles(), [harness.id("audit")]);
}

#[test]
fn marks_of_a_list_that_is_not_complete_stay() {
    for (is_capped, left) in [(true, 1), (false, 0)] {
        let mut harness = two();
        harness.go_to("production", 4);
        harness.keys(" ");
        let production = harness.id("production");
        let model = harness.workspace.account_mut(production).unwrap();
        let region = image(2, PRODUCTION).region;
        model.catalogue.begin(&region);
        model.catalogue.page(&region, vec![image(2, PRODUCTION)], !is_capped, is_capped, now());
        harness.answer(Vec::new());
        assert_eq!(harness.workspace.shown().images.marked.len(), left, "capped: {is_capped}");
    }
}

#[test]
fn a_plan_that_is_opened_at_the_start_is_that_of_the_first_account() {
    let harness = Harness::with_plan(&["build", "production"]);
    let planned = |(profile, effect): &(String, Effect)| matches!(effect, Effect::Sync { .. }).then(|| profile.clone());
    assert_eq!(harness.log.iter().filter_map(planned).collect::<Vec<_>>(), ["build"]);
}

#[test]
fn long_names_of_profiles_cost_no_other_column() {
    let mut harness = two();
    let production = harness.id("production");
    harness.workspace.account_mut(production).unwrap().profile = Some("production-image-copier".into());
    harness.answer(Vec::new());
    let cells = |inner: usize| {
        let placed = columns(harness.workspace.shown(), inner);
        let profile = placed.iter().find(|placed| placed.column == ImageColumn::Profile).map(|placed| placed.cells);
        (profile, placed.iter().any(|placed| placed.column == ImageColumn::State))
    };
    assert_eq!(cells(160), (Some(23), true));
    assert_eq!(cells(78), (Some(12), true));
}
