//! The coverage screen: which image is where, and copying exactly what is missing.

use super::*;
use crate::tui::screens::Overlay;

/// `web-1` to `web-2`, a newer version in us-east-1 than in eu-west-1, and `db` in us-east-1 alone; eu-west-2 has nothing.
fn model() -> Model {
    let named = |n: u32, name: &str, hours: i64| {
        let mut image = image(n);
        (image.name, image.created) = (name.into(), Some(now() - SignedDuration::from_hours(hours)));
        image
    };
    let (old, new, db) = (named(1, "web-1", 48), named(2, "web-2", 24), named(3, "db-7", 12));
    let mut copy = Image { region: region("eu-west-1"), ..named(4, "web-1", 40) };
    (copy.source_image_id, copy.source_region) = (Some(old.id.clone()), Some(region("us-east-1")));
    let mut model = listed(vec![old, new, db]);
    let regions = ["us-east-1", "eu-west-1", "eu-west-2"].map(region);
    model.chosen = regions.to_vec();
    model.catalogue.choose(&regions);
    model.catalogue.page(&region("eu-west-1"), vec![copy], true, false, now());
    model.catalogue.page(&region("eu-west-2"), Vec::new(), true, false, now());
    keys(&mut model, "3");
    frame(&mut model);
    model
}

fn shown(model: &mut Model) -> String {
    frame(model);
    jobs::screen(model, 100, 24)
}

fn draft(model: &Model) -> &crate::domain::draft::Draft {
    let Some(Overlay::Form(form)) = model.overlays.last() else { panic!("{:?}", model.notice) };
    &form.draft
}

fn copies(model: &Model) -> Vec<String> {
    let only = draft(model).only.as_ref().expect("it is limited");
    only.iter().map(|(image, to)| format!("{image}>{to}")).collect()
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

#[test]
fn families_are_shown_against_regions_with_most_missing_first() {
    let mut model = model();
    let screen = shown(&mut model);
    assert!(screen.contains("Coverage: 2 families, 4 missing"), "{screen}");
    let row = |name: &str| screen.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    let cells: Vec<String> = row("web ").split(['[', ']', '│']).map(|cell| cell.trim().to_owned()).collect();
    assert!(row("  web ").contains("< stale") && row("  web ").contains("- missing"), "{cells:?} {screen}");
    assert!(row(">").contains("db") && row(">").contains("[- missing"), "{screen}");
    assert!(screen.contains("db in eu-west-1: no version is available"), "{screen}");
    keys(&mut model, "oo");
    assert_eq!(notice(&model), "Sorted by newest.");
}

#[test]
fn what_is_missing_in_a_cell_is_copied_and_nothing_else() {
    let mut model = model();
    keys(&mut model, "c");
    assert_eq!(copies(&model), ["ami-00000003>eu-west-1"]);
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "j");
    keys(&mut model, "c");
    assert_eq!(copies(&model), ["ami-00000002>eu-west-1"], "the newest, where an older one is");
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "llc");
    assert!(notice(&model).starts_with("web in us-east-1: the newest version is available"), "{}", notice(&model));
}

#[test]
fn marked_families_are_copied_to_where_they_are_missing() {
    let mut model = model();
    keys(&mut model, "a");
    assert_eq!(notice(&model), "2 families marked: 4 copies missing.");
    keys(&mut model, "jkn ");
    keys(&mut model, "c");
    assert_eq!(copies(&model), ["ami-00000003>eu-west-1", "ami-00000003>eu-west-2"]);
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "ac");
    assert_eq!((copies(&model).len(), draft(&model).copies()), (4, 4));
    let screen = shown(&mut model);
    assert!(screen.contains("Copy 2 images, only what is missing: 4 copies"), "{screen}");
    assert!(screen.contains("what is missing in eu-west-1, eu-west-2"), "{screen}");
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else { panic!() };
    assert!(!form.set_destinations(vec![region("eu-west-1")]), "fewer regions stay exact");
    assert_eq!(form.draft.copies(), 2);
    assert!(form.set_destinations(vec![region("eu-west-1"), region("us-east-1")]), "a region more does not");
    assert_eq!(form.draft.copies(), 4);
    let screen = shown(&mut model);
    assert!(!screen.contains("only what is missing"), "{screen}");
}

#[test]
fn a_region_that_is_being_listed_or_failed_lacks_nothing() {
    let mut model = model();
    let regions = ["us-east-1", "eu-west-1", "eu-west-2", "ap-south-1"].map(region);
    model.catalogue.choose(&regions);
    model.catalogue.begin(&region("ap-south-1"));
    model.catalogue.fail(&region("eu-west-2"), Failure::new("list images", "denied"));
    let screen = shown(&mut model);
    assert!(screen.contains("1 region being listed, 1 region not listed"), "{screen}");
    assert!(screen.contains("2 missing") && screen.matches("? unknown").count() == 4, "{screen}");
    keys(&mut model, "hc");
    frame(&mut model);
    assert!(notice(&model).contains("unknown"), "{}", notice(&model));
}

#[test]
fn the_way_back_clears_the_filter_then_the_marks() {
    let mut model = model();
    keys(&mut model, "a/web");
    press(&mut model, KeyCode::Enter);
    let screen = shown(&mut model);
    assert!(screen.contains("1 of 2 families, 2 missing") && screen.contains("/web"), "{screen}");
    press(&mut model, KeyCode::Esc);
    assert!(shown(&mut model).contains("2 marked"));
    press(&mut model, KeyCode::Esc);
    assert!(!shown(&mut model).contains("marked"));
    press(&mut model, KeyCode::Esc);
    assert!(model.overlays.is_empty());
    for close in ["1", "3"] {
        keys(&mut model, "3");
        assert_eq!(model.overlays.len(), 1);
        keys(&mut model, close);
        assert!(model.overlays.is_empty() && model.full.is_none(), "{close}");
    }
    keys(&mut model, "3q");
    assert!(model.overlays.is_empty());
}

#[test]
fn a_cell_opens_the_details_of_its_image() {
    let mut model = model();
    press(&mut model, KeyCode::Enter);
    let page = shown(&mut model);
    assert!(page.contains("Regions of db") && page.contains("2 regions: eu-west-1, eu-west-2"), "{page}");
    assert!(page.contains("db-7 (ami-00000003) in us-east-1"), "{page}");
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "j");
    press(&mut model, KeyCode::Enter);
    assert!(shown(&mut model).contains("ami-00000004"), "the older one that is there");
    keys(&mut model, "3");
    assert!(matches!(model.overlays.as_slice(), [Overlay::Coverage(_)]), "back to where it was");
}

#[test]
fn images_of_others_have_no_coverage() {
    let mut model = model();
    model.query = model.query_for(OwnerFilter::Amazon);
    let screen = shown(&mut model);
    assert!(screen.contains("Coverage is about your own images"), "{screen}");
}

#[test]
fn line_mode_names_the_regions_by_what_they_have() {
    let mut model = model();
    model.start.caps.line_mode = true;
    frame(&mut model);
    let plain = crate::tui::line_mode::screen(&model);
    let lines: Vec<String> = plain.lines.iter().map(crate::tui::line_mode::text::LineModeLine::spoken).collect();
    assert_eq!(plain.title.spoken(), "Coverage: 2 families, 4 missing, by most missing");
    assert_eq!(
        lines,
        [
            "1: current, db, newest db-7 in us-east-1, available in us-east-1, missing in eu-west-1 and eu-west-2",
            "2: web, newest web-2 in us-east-1, available in us-east-1, stale in eu-west-1, missing in eu-west-2",
            "Region chosen: db in eu-west-1: no version is available",
        ]
    );
}

#[test]
fn no_size_is_too_small() {
    let mut model = model();
    for (columns, rows) in [(1, 1), (20, 3), (60, 4), (60, 15), (300, 100)] {
        model.size = (columns, rows);
        frame(&mut model);
        _ = jobs::screen(&mut model, columns, rows);
    }
}

/// Clicks on this text.
fn click(model: &mut Model, button: crate::term::input::MouseButton, text: &str) {
    let screen = shown(model);
    let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
    let column = line[..line.find(text).unwrap()].chars().count();
    let kind = crate::term::input::MouseEventKind::Down(button);
    let (column, row) = (u16::try_from(column).unwrap() + 2, u16::try_from(row).unwrap());
    let event = crate::term::input::MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    _ = model.update(Msg::Input(Input::Mouse(event)), now());
    frame(model);
}

#[test]
fn a_click_goes_to_a_cell_another_opens_it_and_the_right_button_marks() {
    use crate::term::input::MouseButton::{Left, Right};
    let mut model = model();
    click(&mut model, Left, "< stale");
    assert!(shown(&mut model).contains("web in eu-west-1: only an older version is available"));
    click(&mut model, Left, "< stale");
    assert!(shown(&mut model).contains("ami-00000004"));
    press(&mut model, KeyCode::Esc);
    click(&mut model, Right, "< stale");
    assert!(shown(&mut model).contains("1 marked"));
    click(&mut model, Left, "2 regions without the newest version");
    assert!(matches!(model.overlays.as_slice(), [Overlay::Coverage(_)]), "a line about the cell is no cell");
}

#[test]
fn the_counts_and_what_is_missing_stay_where_there_is_little_room() {
    let mut model = model();
    let others = ["ap-northeast-1", "ap-south-1", "ca-central-1", "sa-east-1", "us-west-2"].map(region);
    let regions: Vec<Region> = model.chosen.iter().chain(&others).cloned().collect();
    model.catalogue.choose(&regions);
    for other in &others {
        model.catalogue.page(other, Vec::new(), true, false, now());
    }
    frame(&mut model);
    let screen = jobs::screen(&mut model, 80, 24);
    assert!(screen.contains("2 families, 14 missing") && screen.contains("of 8"), "{screen}");
    assert!(screen.contains("7 regions without the newest version: ap-northeast-1, ap-south-1"), "{screen}");
    keys(&mut model, "h");
    press(&mut model, KeyCode::Enter);
    for region in others {
        assert!(shown(&mut model).contains(region.as_str()), "{}", shown(&mut model));
    }
}

#[test]
fn regions_without_images_have_no_column_unless_they_were_chosen() {
    let mut model = model();
    let all = shown(&mut model);
    assert!(all.contains("eu-west-2") && !all.contains("left out"), "{all}");
    // As if they were listed because they answer fast.
    model.fast_regions = Some(crate::tui::fast_regions::FastRegions::default());
    let screen = shown(&mut model);
    let left_out = screen.clone();
    // Or because the setting lists all.
    model.fast_regions = None;
    model.start.config.browse.regions = vec!["all".into()];
    model.regions = ["us-east-1", "eu-west-1", "eu-west-2"]
        .map(|name| RegionInfo { region: region(name), opt_in: OptIn::NotRequired })
        .to_vec();
    assert_eq!(shown(&mut model), left_out);
    assert!(screen.contains("1 empty left out"), "{screen}");
    assert!(screen.contains("2 families, 2 missing") && !screen.contains("eu-west-2"), "{screen}");
    model.catalogue.page(
        &region("eu-west-2"),
        vec![Image { region: region("eu-west-2"), ..image(9) }],
        true,
        false,
        now(),
    );
    let screen = shown(&mut model);
    assert!(screen.contains("eu-west-2") && !screen.contains("left out"), "{screen}");
}

#[test]
fn what_cannot_be_copied_has_a_word_of_its_own_and_is_said_when_all_are_marked() {
    let disabled = Image { state: crate::domain::ImageState::Disabled, ..image(1) };
    let mut model = listed(vec![disabled]);
    let regions = ["us-east-1", "eu-west-1"].map(region);
    model.chosen = regions.to_vec();
    model.catalogue.choose(&regions);
    model.catalogue.page(&region("eu-west-1"), Vec::new(), true, false, now());
    keys(&mut model, "3");
    let screen = shown(&mut model);
    assert!(screen.contains("- no source") && !screen.contains("- missing"), "{screen}");
    keys(&mut model, "a");
    assert_eq!(
        notice(&model),
        "Nothing is marked. 1 family lacks copies, but no image of it is available to be copied."
    );
}
