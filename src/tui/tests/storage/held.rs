//! The page of the storage that images hold: groups, filter, order, and what could not be read.

use super::*;
use crate::{
    domain::{
        SnapshotId,
        price::Money,
        storage_held::{RegionStorage, StorageTier, StoredSnapshot},
    },
    tui::{Reply, StorageReply, StorageRequest, msg::Msg, screens::Overlay},
};

fn snapshot(n: u32) -> SnapshotId {
    SnapshotId::new(&format!("snap-{n:017}")).unwrap()
}

fn stored(n: u32, gib: u32) -> StoredSnapshot {
    let (tier, placed) = (StorageTier::Standard, false);
    StoredSnapshot { id: snapshot(n), volume_gib: Some(gib), full_bytes: None, tier, placed }
}

/// An image of this name with a snapshot.
fn holding(at: &str, n: u32, name: &str, snapshots: &[u32]) -> Image {
    let mut image = image(n);
    (image.region, image.name) = (region(at), name.into());
    let device = |n: &u32| BlockDevice {
        ebs: Some(Ebs { snapshot_id: Some(snapshot(*n)), ..Ebs::default() }),
        ..BlockDevice::default()
    };
    image.block_devices = snapshots.iter().map(device).collect();
    image
}

fn regions() -> Vec<RegionStorage> {
    let images = vec![
        holding("us-east-1", 1, "web-1", &[1]),
        holding("us-east-1", 2, "web-2", &[1, 2]),
        holding("us-east-1", 3, "db\u{1b}[31m-1", &[3]),
    ];
    let snapshots = vec![stored(1, 8), stored(2, 8), stored(3, 100), stored(4, 4)];
    let failure = Some(Failure::new("list snapshots in eu-west-1", "denied\u{1b}"));
    vec![
        RegionStorage { region: region("us-east-1"), images, snapshots, failure: None },
        RegionStorage { region: region("eu-west-1"), images: Vec::new(), snapshots: Vec::new(), failure },
    ]
}

fn answer(model: &mut Model, effects: Vec<Effect>, regions: Vec<RegionStorage>) {
    let id = effects.into_iter().find_map(|effect| match effect {
        Effect::Storage { id, request: StorageRequest::ReadHeld(_) } => Some(id),
        _ => None,
    });
    let reply = Reply::Storage(StorageReply::Held(regions));
    assert!(model.update(Msg::Reply { id: id.expect("an effect"), reply }, now()).is_empty());
}

fn model() -> Model {
    let mut model = listed(vec![image(1)]);
    model.start.prices.set_storage(region("us-east-1"), Money::parse("0.05").unwrap());
    let effects = keys(&mut model, "6");
    assert!(shown(&mut model).contains("Reading 1 region ..."));
    answer(&mut model, effects, regions());
    model
}

fn shown(model: &mut Model) -> String {
    frame(model);
    jobs::screen(model, 100, 24)
}

/// The first row's text.
fn first(model: &mut Model) -> String {
    let screen = shown(model);
    let rows = screen.lines().skip_while(|line| !line.contains("At most"));
    rows.skip(1).map(str::to_owned).next().unwrap_or_default()
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

#[test]
fn families_are_summed_with_what_is_not_known() {
    let mut model = model();
    let screen = shown(&mut model);
    assert!(
        screen.contains("Storage at 08:00 UTC: 2 families in 2 regions, 116 GiB + ?, $5.80 + ?  1 region not read"),
        "{screen}"
    );
    assert!(first(&mut model).contains("100 GiB + ?") && first(&mut model).contains("$5.00 + ?"), "{screen}");
    assert!(screen.contains("Not all of eu-west-1 could be read") && !screen.contains('\u{1b}'), "{screen}");
    keys(&mut model, "d");
    let screen = shown(&mut model);
    assert!(screen.contains("Not in an image: 1 snapshot of 4 GiB, at most $0.20 a month."), "{screen}");
    assert!(screen.contains("other accounts pay for the storage of theirs"), "{screen}");
}

#[test]
fn a_row_opens_into_its_images_and_back_to_the_same_row() {
    let mut model = model();
    keys(&mut model, "j");
    press(&mut model, KeyCode::Enter);
    let screen = shown(&mut model);
    assert!(screen.contains("Storage of web at 08:00 UTC: 2 images in 2 regions, 16 GiB + ?, $0.80 + ?"), "{screen}");
    assert!(first(&mut model).contains("web-2") && first(&mut model).contains(" 16 GiB"), "{screen}");
    assert!(screen.contains("1 in other rows as well"), "{screen}");
    press(&mut model, KeyCode::Enter);
    assert!(matches!(model.overlays.last(), Some(Overlay::Pager(_))));
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Esc);
    let screen = shown(&mut model);
    assert!(screen.contains("UTC: 2 families") && screen.contains("> web"), "{screen}");
    press(&mut model, KeyCode::Esc);
    assert!(model.overlays.is_empty());
}

#[test]
fn the_cursor_stays_above_what_is_said_of_its_row_and_a_click_there_selects_nothing() {
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "6");
    let mut regions = regions();
    regions[0].images = (1..=40).map(|n| holding("us-east-1", n, &format!("app{n:02}x-1"), &[n])).collect();
    regions[0].snapshots = (1..=40).map(|n| stored(n, 8)).collect();
    answer(&mut model, effects, regions);
    shown(&mut model);
    keys(&mut model, "G");
    let screen = shown(&mut model);
    let lines: Vec<&str> = screen.lines().collect();
    let last = lines.iter().position(|line| line.contains("> app40x")).unwrap_or_else(|| panic!("{screen}"));
    assert!(lines[last + 1].contains("app40x: "), "{screen}");
    keys(&mut model, "g");
    shown(&mut model);
    for (row, there) in [(last, true), (last + 1, false), (last + 3, false)] {
        keys(&mut model, "g");
        let kind = crate::term::input::MouseEventKind::Down(crate::term::input::MouseButton::Left);
        let row = u16::try_from(row).unwrap();
        let event = crate::term::input::MouseEvent { kind, column: 5, row, modifiers: KeyModifiers::NONE };
        _ = model.update(Msg::Input(Input::Mouse(event)), now());
        assert_eq!(!first(&mut model).contains("> "), there, "{row}: {}", shown(&mut model));
    }
}

#[test]
fn rows_are_grouped_sorted_and_filtered() {
    let mut model = model();
    for (by, what) in
        [("region", "2 regions"), ("account", "1 account"), ("image", "3 images"), ("family", "2 families")]
    {
        keys(&mut model, "b");
        assert_eq!(notice(&model), format!("Grouped by {by}."));
        assert!(
            shown(&mut model)
                .contains(&format!("UTC: {what}{}", if by == "region" { ", " } else { " in 2 regions, " })),
            "{by}"
        );
    }
    keys(&mut model, "oo");
    assert_eq!(notice(&model), "Sorted by name.");
    keys(&mut model, "o");
    keys(&mut model, "/web");
    press(&mut model, KeyCode::Enter);
    assert!(shown(&mut model).contains("UTC: 1 of 2 families in 2 regions, 16 GiB + ?, $0.80 + ?"));
    assert!(first(&mut model).contains("web"));
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "/nothing");
    assert!(shown(&mut model).contains("Nothing matches the filter. Esc clears it."));
    press(&mut model, KeyCode::Esc);
    // A region of which nothing is known has no images to open.
    keys(&mut model, "bG");
    press(&mut model, KeyCode::Enter);
    assert_eq!(notice(&model), "Nothing could be read of this region.");
}

#[test]
fn the_cursor_stays_on_its_row_when_it_is_read_again() {
    let mut model = model();
    keys(&mut model, "j");
    let effects = keys(&mut model, "R");
    assert!(shown(&mut model).contains("reading 1 region"));
    assert!(keys(&mut model, "R").iter().all(|effect| !matches!(effect, Effect::Storage { .. })), "one at a time");
    let mut more = regions();
    more[0].images.push(holding("us-east-1", 4, "zz-1", &[5]));
    more[0].snapshots.push(stored(5, 50));
    more.pop();
    answer(&mut model, effects, more);
    let screen = shown(&mut model);
    assert!(
        screen.contains("> web") && screen.contains("UTC: 3 families in 1 region, at most 166 GiB and $8.30 a month"),
        "{screen}"
    );
    assert!(!screen.contains("not read"), "{screen}");
}

#[test]
fn line_mode_says_every_row() {
    let mut model = model();
    let Some(Overlay::StorageHeld(screen)) = model.overlays.last() else { panic!("it is open") };
    let plain = crate::tui::screens::storage_held::line_mode::screen(screen, &model);
    assert!(
        plain.title.spoken().starts_with(
            "Storage at 08:00 UTC: 2 families in 2 regions, at most 116 GiB and $5.80 a month for what was read"
        ),
        "{}",
        plain.title.spoken()
    );
    let lines: Vec<String> = plain.lines.iter().map(crate::tui::line_mode::text::LineModeLine::spoken).collect();
    assert!(
        lines[0].starts_with("1: current, db [31m, 1 image in us-east-1, 1 snapshot, 100 GiB + ?, at most $5.00"),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.contains("Price unknown") || line.contains("Not in an image")), "{lines:?}");
    keys(&mut model, "q");
    assert!(model.overlays.is_empty());
}

#[test]
fn no_size_is_too_small() {
    let mut model = model();
    for by in 0..4 {
        for (columns, rows) in [(20, 5), (40, 10), (60, 15), (80, 24), (200, 60)] {
            model.size = (columns, rows);
            frame(&mut model);
            jobs::screen(&mut model, columns, rows);
        }
        model.size = (100, 24);
        keys(&mut model, "b");
        assert!(by < 4);
    }
}
