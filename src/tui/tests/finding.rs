//! Filters, columns and the order of the images.

use ratatui::{Terminal, backend::TestBackend, style::Modifier};

use super::{
    jobs::{lacks, says, screen, shows},
    *,
};
use crate::{
    domain::{ImageColumn, image::Tag},
    tui::{StoredFilters, model::PendingReply, screens::images::Sort, view},
};

#[test]
fn the_filter_narrows_and_widens() {
    let mut model = listed((1..=12).map(image).collect());
    for (typed, rows) in [("/", 12), ("1", 4), ("2", 1)] {
        keys(&mut model, typed);
        frame(&mut model);
        assert_eq!(model.images.rows.len(), rows, "{typed}");
    }
    press(&mut model, KeyCode::Backspace);
    frame(&mut model);
    assert_eq!(model.images.rows.len(), 4);
    press(&mut model, KeyCode::Esc);
    frame(&mut model);
    assert_eq!(model.images.rows.len(), 12);
    assert_eq!(model.contexts()[0], Context::Images);
}

/// What is underlined on the screen, line by line.
fn underlined(model: &mut Model) -> Vec<String> {
    frame(model);
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
    terminal.draw(|frame| view::draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer();
    let lines = buffer.content().chunks(100).map(|line| {
        line.iter()
            .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
    });
    lines.filter(|line| !line.is_empty()).collect()
}

fn tagged(n: u32, team: &str) -> Image {
    Image { tags: vec![Tag { key: "Team".into(), value: team.into() }], ..image(n) }
}

fn headings(model: &mut Model, width: u16) -> Vec<String> {
    frame(model);
    let shown = screen(model, width, 30);
    let line = shown.lines().find(|line| line.contains("NAME") || line.contains("IMAGE ID")).unwrap_or_default();
    line.replace("IMAGE ID", "ID").replace('│', " ").split_whitespace().map(str::to_owned).collect()
}

#[test]
fn marking_all_says_how_many_that_were() {
    let mut model = listed((1..=12).map(image).collect());
    let notice = |model: &Model| model.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    keys(&mut model, "/1");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "a");
    assert_eq!(notice(&model), "4 images marked.");
    keys(&mut model, "a");
    assert_eq!(notice(&model), "All images shown were marked already: 4 in all.");
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "a");
    assert_eq!(notice(&model), "8 images marked, 12 in all.");
    keys(&mut model, "n/zzz");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "a");
    assert_eq!(notice(&model), "No image is shown, so none is marked.");
    assert_eq!(model.images.marked.len(), 0);
}

#[test]
fn a_filter_with_a_mistake_shows_nothing_and_says_why() {
    let mut model = listed((1..=3).map(image).collect());
    keys(&mut model, "//web(");
    frame(&mut model);
    shows(&mut model, &["Images 0/3, mine", "This filter matches nothing: /web(/: unclosed group."]);
    keys(&mut model, ")");
    frame(&mut model);
    assert_eq!(model.images.rows.len(), 3);
}

#[test]
fn what_matched_is_underlined() {
    let mut model = listed(vec![tagged(1, "ops"), tagged(2, "web")]);
    keys(&mut model, "/we !ops");
    assert_eq!(underlined(&mut model), ["we"]);
    ctrl(&mut model, 'u');
    keys(&mut model, "state:av b-2 00000");
    assert_eq!(underlined(&mut model), ["b-200000available"], "in the name, the id and the state");
    press(&mut model, KeyCode::Esc);
    assert!(underlined(&mut model).is_empty());
}

#[test]
fn tab_completes_what_a_filter_takes() {
    let mut model = listed(vec![tagged(1, "web ops"), tagged(2, "db")]);
    let tab = |model: &mut Model| {
        press(model, KeyCode::Tab);
        model.images.filter.value().to_owned()
    };
    keys(&mut model, "/ta");
    assert_eq!(tab(&mut model), "tag:");
    assert_eq!(tab(&mut model), "tag:Team");
    keys(&mut model, "=");
    assert_eq!(tab(&mut model), "tag:Team=");
    assert_eq!(model.notice.as_ref().map(|n| n.text.as_str()), Some("db  web ops"));
    keys(&mut model, "w");
    assert_eq!(tab(&mut model), "tag:Team=\"web ops\" ");
    keys(&mut model, "st");
    tab(&mut model);
    assert_eq!(tab(&mut model), "tag:Team=\"web ops\" state:available ");
    frame(&mut model);
    assert_eq!(names(&model), ["web-1"]);
    assert_eq!(model.contexts()[0], Context::Filter);
    keys(&mut model, "zz");
    press(&mut model, KeyCode::Tab);
    assert!(model.notice.as_ref().is_some_and(|n| n.text.starts_with("Nothing begins like that.")));
}

#[test]
fn wide_terminals_show_more_columns_and_narrow_ones_fewer() {
    let mut model = listed(vec![image(1)]);
    assert_eq!(headings(&mut model, 60), ["NAME", "ID", "AGE▲", "SIZE", "STATE"]);
    assert_eq!(headings(&mut model, 80), ["NAME", "REGION", "ID", "AGE▲", "SIZE", "ENC", "STATE"]);
    let wide = headings(&mut model, 200);
    assert!(
        ["ARCH", "DESCRIPTION", "PLATFORM", "LAUNCHED", "CREATED"].iter().all(|h| wide.iter().any(|w| w == h)),
        "{wide:?}"
    );
}

#[test]
fn columns_are_chosen_and_ordered() {
    let mut model = listed(vec![tagged(1, "web ops"), tagged(2, "db")]);
    keys(&mut model, "C");
    shows(&mut model, &["Columns: 8 columns marked", "image_id", "J and K move a column."]);
    // Only the name, the tag, and the id before both.
    keys(&mut model, "- /tag:");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, " ");
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "gjj kKK");
    press(&mut model, KeyCode::Enter);
    let chosen = model.images.columns.clone();
    assert_eq!(chosen, [ImageColumn::ImageId, ImageColumn::Name, ImageColumn::Tag("Team".into())]);
    assert_eq!(headings(&mut model, 100), ["ID", "NAME", "Team"]);
    shows(&mut model, &["web ops", "[browse] columns = [\"image_id\", \"name\", \"tag:Team\"]"]);
    keys(&mut model, "C-");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.images.columns, [], "as many as fit");
}

#[test]
fn configured_columns_are_shown_as_far_as_there_is_room() {
    let columns = ["region", "tag:Team", "image_id", "description", "snapshots"].map(str::to_owned).to_vec();
    let mut model = listed_with(vec![tagged(1, "web")], |config| config.browse.columns = columns);
    assert_eq!(headings(&mut model, 120), ["REGION", "Team", "ID", "DESCRIPTION", "SNAPSHOTS"]);
    assert_eq!(headings(&mut model, 60), ["REGION", "Team", "ID"]);
}

#[test]
fn any_column_shown_sorts_and_the_arrow_points_the_way_its_values_go() {
    let mut model = listed_with(vec![tagged(1, "web"), tagged(2, "db"), image(3)], |config| {
        config.browse.columns = ["name", "size", "tag:Team", "age"].map(str::to_owned).to_vec();
    });
    let mut sorted = |key: &str, heading: &str, rows: [&str; 3]| {
        keys(&mut model, key);
        let shown = headings(&mut model, 100);
        assert!(shown.iter().any(|h| h == heading), "{shown:?}");
        assert_eq!(names(&model), rows, "{heading}");
    };
    sorted("o", "NAME▲", ["web-1", "web-2", "web-3"]);
    sorted("O", "NAME▼", ["web-3", "web-2", "web-1"]);
    sorted("o", "SIZE▼", ["web-1", "web-2", "web-3"]);
    sorted("o", "Team▲", ["web-2", "web-1", "web-3"]);
    sorted("O", "Team▼", ["web-1", "web-2", "web-3"]);
    sorted("o", "AGE▲", ["web-1", "web-2", "web-3"]);
    assert_eq!(model.images.sort, Sort::default());
}

#[test]
fn names_are_cut_where_they_are_alike() {
    let name = |arch, n| format!("company/hardened-images/release/linux-2026-{arch}-{n}");
    let images = ["arm64", "amd64"].into_iter().zip(1..).flat_map(|(arch, at)| {
        [1_u32, 2].map(|n| Image { name: name(arch, 20_260_100 + n).into(), ..image(2 * at + n) })
    });
    let mut model = listed(images.collect());
    let shown = screen(&mut model, 80, 24);
    for (arch, end) in [("arm64", "101"), ("arm64", "102"), ("amd64", "101"), ("amd64", "102")] {
        let row = |line: &&str| line.contains(arch) && line.split("us-east-1").next().is_some_and(|n| n.contains(end));
        assert!(shown.lines().any(|line| row(&line)), "{arch} {end}:\n{shown}");
    }
}

#[test]
fn whose_images_these_are_is_on_every_screen() {
    let mut model = listed(vec![image(1)]);
    for (whose, label) in [
        (OwnerFilter::Mine, "mine"),
        (OwnerFilter::Shared, "shared"),
        (OwnerFilter::Amazon, "Amazon"),
        (OwnerFilter::Account(AccountId::new("210987654321").unwrap()), "210987654321"),
    ] {
        model.query.whose = whose;
        keys(&mut model, "/web");
        for columns in [60, 80, 200] {
            let shown = screen(&mut model, columns, 24);
            let title = shown.lines().find(|line| line.contains("Images 1")).unwrap_or_default();
            assert!(title.contains(label), "{label}:\n{shown}");
        }
        press(&mut model, KeyCode::Esc);
    }
    lacks(&mut model, "/web");
}

#[test]
fn filters_are_saved_and_chosen_by_name() {
    let mut model = listed((1..=12).map(image).collect());
    keys(&mut model, "/web-1");
    ctrl(&mut model, 's');
    keys(&mut model, "ones");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::ChangeFilter { id, name, filter: Some(filter) }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((name.as_str(), filter.as_str()), ("ones", "web-1"));
    let filters: crate::config::NamedFilters = [("ones".to_owned(), "web-1".to_owned())].into();
    let stored = StoredFilters { filters, before: Some("old".into()), in_memory: false };
    reply(&mut model, *id, Reply::Filters(Ok(stored.clone())));
    shows(&mut model, &["Saved as filter ones, in place of old."]);
    press(&mut model, KeyCode::Esc);
    frame(&mut model);
    assert_eq!(model.images.rows.len(), 12);
    let effects = keys(&mut model, "F");
    let [Effect::ReadFilters { id }] = effects[..] else { panic!("{effects:?}") };
    reply(&mut model, id, Reply::Filters(Ok(stored)));
    shows(&mut model, &["Filters (Delete", "ones", "web-1"]);
    press(&mut model, KeyCode::Enter);
    frame(&mut model);
    assert_eq!((model.images.filter.value(), model.images.rows.len()), ("web-1", 4));
    let effects = keys(&mut model, "F");
    let [Effect::ReadFilters { id }] = effects[..] else { panic!("{effects:?}") };
    reply(&mut model, id, Reply::Filters(Ok(StoredFilters::default())));
    assert!(model.overlays.is_empty());
}

#[test]
fn commands_apply_and_save_filters_and_sort_by_any_column() {
    let mut model = listed(vec![tagged(1, "web"), tagged(2, "db"), image(3)]);
    let saved = StoredFilters {
        filters: [("databases".to_owned(), "tag:Team=db".to_owned())].into(),
        ..StoredFilters::default()
    };
    let read = |effects: &[Effect]| match effects {
        [Effect::ReadFilters { id }] => *id,
        other => panic!("{other:?}"),
    };
    let effects = keys(&mut model, ":filter ");
    reply(&mut model, read(&effects), Reply::Filters(Ok(saved.clone())));
    shows(&mut model, &["> databases", "tag:Team=db"]);
    keys(&mut model, "data");
    let effects = press(&mut model, KeyCode::Enter);
    reply(&mut model, read(&effects), Reply::Filters(Ok(saved.clone())));
    frame(&mut model);
    assert_eq!((model.images.filter.value(), names(&model)), ("tag:Team=db", vec!["web-2"]));
    // A new name that begins like an old one is taken as it is.
    keys(&mut model, ":save_filter data");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::ChangeFilter { name, filter: Some(filter), .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((name.as_str(), filter.as_str()), ("data", "tag:Team=db"));
    keys(&mut model, ":filter wbe");
    let effects = press(&mut model, KeyCode::Enter);
    reply(&mut model, read(&effects), Reply::Filters(Ok(saved)));
    shows(&mut model, &["There is no saved filter wbe; there are databases."]);
    press(&mut model, KeyCode::Esc);
    keys(&mut model, ":save_filter x");
    press(&mut model, KeyCode::Enter);
    shows(&mut model, &["There is no filter to save."]);
    press(&mut model, KeyCode::Esc);
    keys(&mut model, ":sort tag:Te");
    press(&mut model, KeyCode::Enter);
    frame(&mut model);
    assert_eq!(names(&model), ["web-2", "web-1", "web-3"]);
    for column in ImageColumn::all() {
        keys(&mut model, &format!(":sort {column} reverse"));
        press(&mut model, KeyCode::Enter);
        assert_eq!(model.images.sort, Sort::by(column).reversed());
    }
}

#[test]
fn marks_leave_with_their_regions() {
    let mut model = listed((1..=3).map(image).collect());
    keys(&mut model, "  ");
    assert_eq!(model.images.marked.len(), 2);
    keys(&mut model, ":region eu-west-1");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.images.marked.len(), 0);
    assert!(model.notice.as_ref().is_some_and(|notice| notice.text.starts_with("2 marks removed")));
}

#[test]
fn an_age_that_is_over_is_not_marked() {
    let mut model = listed(vec![image(1), image(2)]);
    keys(&mut model, "/age:<90m");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.images.rows.len(), 1);
    let later = now() + SignedDuration::from_mins(31);
    _ = model.update(Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE))), later);
    assert_eq!(model.images.marked.len(), 0);
}

#[test]
fn marks_that_the_filter_hides_are_counted_and_named_where_they_matter() {
    let mut model = listed((1..=4).map(image).collect());
    keys(&mut model, "  ");
    shows(&mut model, &["2 marked "]);
    keys(&mut model, "/web-2");
    press(&mut model, KeyCode::Enter);
    shows(&mut model, &["2 marked, 1 hidden"]);
    keys(&mut model, " ");
    shows(&mut model, &["1 marked, 1 hidden"]);
    keys(&mut model, "c");
    says(&model, "This is about 1 marked image that the filter hides too. In the list n unmarks all.");
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "n");
    lacks(&mut model, "hidden");
    keys(&mut model, "c");
    lacks(&mut model, "This is about");
}

#[test]
fn regions_that_the_filter_hides_stay_marked_and_are_counted() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "r*/us-e");
    shows(&mut model, &["3 regions marked, 2 of them hidden by the filter"]);
}

/// Lists of two regions, of which the second has failed.
fn half_listed(images: Vec<Image>) -> Model {
    let mut model = listed_with(images, |c| c.browse.regions = vec!["us-east-1".into(), "eu-west-1".into()]);
    let there = |pending: &PendingReply| matches!(pending, PendingReply::Images { region, .. } if region.as_str() == "eu-west-1");
    let id = *model.pending.iter().find(|(_, pending)| there(pending)).expect("it is being listed").0;
    let page = Err(Failure::new("list images in eu-west-1", "no answer"));
    reply(&mut model, id, Reply::Images { region: region("eu-west-1"), page });
    frame(&mut model);
    model
}

#[test]
fn what_is_not_listed_is_said_wherever_images_are_counted() {
    let mut model = half_listed(vec![image(1)]);
    shows(&mut model, &["Images 1, mine, 1 region not listed"]);
    keys(&mut model, "/nothing like it");
    press(&mut model, KeyCode::Enter);
    shows(&mut model, &["No image matches the filter; 1 region not listed."]);
    let mut model = half_listed(Vec::new());
    shows(&mut model, &["No images (mine) in us-east-1; 1 region not listed (! shows why)."]);
}

#[test]
fn an_order_by_a_column_that_is_not_shown_is_in_the_title() {
    let mut model = listed(vec![tagged(1, "b"), tagged(2, "a")]);
    lacks(&mut model, " by ");
    keys(&mut model, ":sort tag:Team");
    press(&mut model, KeyCode::Enter);
    shows(&mut model, &[" by tag:Team"]);
}

#[test]
fn the_list_stays_at_its_top_until_the_cursor_is_moved() {
    let mut model = listed(vec![image(2), image(3)]);
    let refreshed = |model: &mut Model| {
        let effects = keys(model, "R");
        let (id, at, _) = lists(&effects).remove(0);
        let page = ImagePage { images: (0..=3).map(image).collect(), next: None };
        reply(model, id, Reply::Images { region: at, page: Ok(page) });
        frame(model);
        model.current_image().map(|image| image.name.to_string())
    };
    assert_eq!(refreshed(&mut model).as_deref(), Some("web-0"));
    let mut model = listed(vec![image(2), image(3)]);
    keys(&mut model, "jk");
    assert_eq!(refreshed(&mut model).as_deref(), Some("web-2"));
}
