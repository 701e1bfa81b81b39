//! The pages of storage: what is shown, marked, deleted and restored.

use super::*;
use crate::{
    domain::{
        Snapshot, SnapshotId, SnapshotState,
        orphans::{
            BinnedImage, Claimant, FoundOrphans, Kept, KeptSnapshot, MadeFor, Maker, Orphan, OwnSnapshot, RecycleBin,
        },
    },
    driver::orphans::{Deleted, RestoreOutcome},
    tui::{Reply, StorageReply, StorageRequest, msg::Msg, screens::Overlay},
};

fn snapshot(n: u32, gib: u32) -> OwnSnapshot {
    let snapshot = Snapshot {
        id: SnapshotId::new(&format!("snap-{n:017}")).unwrap(),
        state: SnapshotState::Completed,
        progress: Some(100),
        volume_size: gib,
        volume_id: Some(Snapshot::VOLUME_OF_COPIES.into()),
        started: Some(now() - SignedDuration::from_hours(48 * i64::from(n))),
        completed: None,
        state_message: None,
        description: "".into(),
        encrypted: false,
        kms_key_id: None,
        tags: vec![crate::domain::image::Tag { key: "Team".into(), value: "\u{1b}[31mred".into() }],
    };
    OwnSnapshot { snapshot, owner: None, owner_alias: None, archived: false, placed: false }
}

fn made_for() -> MadeFor {
    MadeFor { image: ImageId::new("ami-0123456789abcdef0").unwrap(), maker: Maker::CreateImage }
}

fn found() -> FoundOrphans {
    let orphan = |n, gib| Orphan { region: region("us-east-1"), snapshot: snapshot(n, gib), made_for: made_for() };
    let reason = Kept::Job(Claimant::Copy(7));
    let kept = KeptSnapshot { region: region("us-east-1"), snapshot: snapshot(9, 8), made_for: made_for(), reason };
    let failures = vec![(region("eu-west-1"), Failure::new("list snapshots", "denied"))];
    FoundOrphans { orphans: vec![orphan(1, 8), orphan(2, 20), orphan(3, 4)], kept: vec![kept], failures }
}

/// Answers the one effect that waits.
fn answer(model: &mut Model, effects: Vec<Effect>, reply: StorageReply) -> Vec<Effect> {
    let id = effects.into_iter().find_map(|effect| match effect {
        Effect::Storage { id, .. } => Some(id),
        _ => None,
    });
    model.update(Msg::Reply { id: id.expect("an effect"), reply: Reply::Storage(reply) }, now())
}

fn model() -> Model {
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "4");
    assert!(shown(&mut model).contains("reading 1 region"));
    answer(&mut model, effects, StorageReply::Orphans(Ok(Box::new(found()))));
    model
}

fn shown(model: &mut Model) -> String {
    frame(model);
    jobs::screen(model, 100, 24)
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

#[test]
fn orphans_are_shown_with_size_and_cost_and_kept_ones_on_request() {
    let mut model = model();
    let screen = shown(&mut model);
    assert!(
        screen.contains("Orphans: 3 snapshots, 32 GiB, price unknown") && screen.contains("1 region not read"),
        "{screen}"
    );
    assert!(screen.contains("eu-west-1 could not be read") && !screen.contains('\u{1b}'), "{screen}");
    assert!(!screen.contains("kept:"), "{screen}");
    keys(&mut model, "v");
    assert!(shown(&mut model).contains("kept: copy 7 of the queue"));
    keys(&mut model, "o");
    assert_eq!(notice(&model), "Sorted by size.");
    let screen = shown(&mut model);
    let first = screen.lines().find(|line| line.contains("snap-")).unwrap_or_default();
    assert!(first.contains("20 GiB"), "{screen}");
}

#[test]
fn a_number_is_typed_before_anything_is_deleted() {
    let mut model = model();
    assert!(keys(&mut model, "aX").is_empty());
    assert!(shown(&mut model).contains("Type 3 to confirm"));
    keys(&mut model, "4");
    assert!(press(&mut model, KeyCode::Enter).is_empty());
    press(&mut model, KeyCode::Backspace);
    keys(&mut model, "3");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::Storage { request: StorageRequest::DeleteOrphans(orphans), .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(orphans.len(), 3);
    let place = |n: usize| (orphans[n].region.clone(), orphans[n].id().clone());
    let result = |n: usize, result| (place(n).0, place(n).1, result);
    let results = vec![
        result(0, Ok(Deleted::Deleted)),
        result(1, Ok(Deleted::Kept(Kept::Locked))),
        result(2, Err(Failure::new("delete it", "denied"))),
    ];
    keys(&mut model, "X");
    assert!(notice(&model).starts_with("Wait until"), "{}", notice(&model));
    answer(&mut model, effects.clone(), StorageReply::OrphansDeleted(results));
    assert_eq!(notice(&model), "1 snapshot deleted, 2 not: each says why.");
    let screen = shown(&mut model);
    assert!(screen.contains("Orphans: 2 snapshots") && screen.contains("not deleted: it is locked"), "{screen}");
}

#[test]
fn what_a_rule_keeps_is_neither_marked_nor_deleted() {
    let mut model = model();
    keys(&mut model, "vG ");
    assert!(!shown(&mut model).contains("1 marked"));
    keys(&mut model, "X");
    assert_eq!(notice(&model), "There is nothing to delete here: what a rule keeps stays.");
}

#[test]
fn the_recycle_bin_restores_and_is_read_again() {
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "5");
    let binned = BinnedImage {
        id: ImageId::new("ami-0123456789abcdef0").unwrap(),
        name: "web\u{202e}1".into(),
        description: "".into(),
        entered: Some(now() - SignedDuration::from_hours(48)),
        exits: Some(now() + SignedDuration::from_hours(48)),
    };
    let bin = RecycleBin { images: vec![binned], snapshots: Vec::new() };
    answer(&mut model, effects, StorageReply::RecycleBins(vec![(region("us-east-1"), Ok(bin))]));
    let screen = shown(&mut model);
    assert!(screen.contains("Recycle Bin: 1 resource") && !screen.contains('\u{202e}'), "{screen}");
    let effects = keys(&mut model, "r");
    let outcome = (region("us-east-1"), "ami-0123456789abcdef0".to_owned(), RestoreOutcome::Restored);
    let effects = answer(&mut model, effects, StorageReply::Restored(vec![outcome]));
    assert_eq!(notice(&model), "1 resource restored.");
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Storage { request: StorageRequest::ReadBins(_), .. })),
        "{effects:?}"
    );
    keys(&mut model, "4");
    assert_eq!(model.overlays.len(), 2);
    keys(&mut model, "5");
    assert!(matches!(model.overlays.as_slice(), [Overlay::Storage(_)]), "back to the first");
    keys(&mut model, "5");
    assert!(model.overlays.is_empty());
}

#[test]
fn line_mode_says_every_row() {
    let mut model = model();
    model.start.caps.lines = true;
    frame(&mut model);
    let plain = crate::tui::plain::screen(&model);
    let lines: Vec<String> = plain.lines.iter().map(crate::tui::plain::text::PlainLine::spoken).collect();
    assert!(plain.title.spoken().starts_with("Orphans: 3 snapshots, 32 GiB"), "{}", plain.title.spoken());
    assert!(lines[0].starts_with("1: current, snap-00000000000000001, us-east-1, 8 GiB"), "{lines:?}");
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
