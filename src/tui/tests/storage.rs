//! The pages of storage: what is shown, marked, deleted and restored.

mod held;

use super::*;
use crate::{
    domain::{
        Snapshot, SnapshotId, SnapshotState,
        orphans::{
            Claimant, FoundOrphans, KeepReason, KeptSnapshot, MadeFor, Maker, Orphan, OwnSnapshot, RecycleBin,
            RecycleBinImage,
        },
    },
    driver::orphans::{DeletionOutcome, RestoreOutcome},
    tui::{Reply, Restored, StorageReply, StorageRequest, msg::Msg, screens::Overlay},
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
    let reason = KeepReason::Job(Claimant::Copy(7));
    let kept = KeptSnapshot { region: region("us-east-1"), snapshot: snapshot(9, 8), made_for: made_for(), reason };
    let failures = vec![(region("eu-west-1"), Failure::new("list snapshots", "denied"))];
    let orphans = vec![orphan(1, 8), orphan(2, 20), orphan(3, 4)];
    FoundOrphans { orphans, kept: vec![kept], read: 1, failures, unknown: Vec::new() }
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
    let [Effect::Storage { request: StorageRequest::DeleteOrphans { orphans, .. }, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(orphans.len(), 3);
    let place = |n: usize| (orphans[n].region.clone(), orphans[n].id().clone());
    let result = |n: usize, result| (place(n).0, place(n).1, result);
    let results = vec![
        result(0, Ok(deleted())),
        result(1, Ok(DeletionOutcome::Kept(KeepReason::Locked))),
        result(2, Err(Failure::new("delete it", "denied"))),
    ];
    keys(&mut model, "X");
    assert!(notice(&model).starts_with("Another operation"), "{}", notice(&model));
    answer(&mut model, effects.clone(), StorageReply::OrphansDeleted(results));
    assert_eq!(notice(&model), "1 snapshot deleted, 2 not deleted. Select a row to see why.");
    let screen = shown(&mut model);
    assert!(screen.contains("Orphans: 2 snapshots") && screen.contains("not deleted: it is locked"), "{screen}");
}

#[test]
fn what_a_rule_keeps_is_neither_marked_nor_deleted() {
    let mut model = model();
    keys(&mut model, "vG ");
    assert!(!shown(&mut model).contains("1 marked"));
    keys(&mut model, "X");
    assert_eq!(notice(&model), "Nothing to delete: kept snapshots cannot be deleted here.");
}

#[test]
fn the_recycle_bin_restores_and_is_read_again() {
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "5");
    let binned = RecycleBinImage {
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
    assert!(keys(&mut model, "r").is_empty());
    let screen = shown(&mut model);
    assert!(screen.contains("Restore 1 resource from the Recycle Bin?"), "{screen}");
    assert!(screen.contains("ami-0123456789abcdef0 web1 in us-east-1"), "{screen}");
    assert!(press(&mut model, KeyCode::Enter).is_empty(), "the default is no");
    keys(&mut model, "r");
    let effects = keys(&mut model, "y");
    let effects = answer(&mut model, effects, restored(&[RestoreOutcome::Restored]));
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

fn restored(outcomes: &[RestoreOutcome]) -> StorageReply {
    let place = |outcome: &RestoreOutcome| (region("us-east-1"), "ami-0123456789abcdef0".to_owned(), outcome.clone());
    StorageReply::Restored(Restored { outcomes: outcomes.iter().map(place).collect(), audit_failures: Vec::new() })
}

fn deleted() -> DeletionOutcome {
    DeletionOutcome::Deleted { audit_failure: None }
}

/// A page on which the deletion of the first orphan is under way, and its effects.
fn deleting() -> (Model, Vec<Effect>) {
    let mut model = model();
    keys(&mut model, "X1");
    let effects = press(&mut model, KeyCode::Enter);
    assert!(
        matches!(&effects[..], [Effect::Storage { request: StorageRequest::DeleteOrphans { .. }, .. }]),
        "{effects:?}"
    );
    (model, effects)
}

/// What was deleted first.
fn first_deleted(result: Result<DeletionOutcome, Failure>) -> StorageReply {
    let orphan = found().orphans.remove(0);
    StorageReply::OrphansDeleted(vec![(orphan.region.clone(), orphan.id().clone(), result)])
}

#[test]
fn what_is_pending_is_not_restored_yet() {
    let bin = |model: &mut Model| {
        let effects = keys(model, "5");
        let binned = RecycleBinImage {
            id: ImageId::new("ami-0123456789abcdef0").unwrap(),
            name: "web".into(),
            description: "".into(),
            entered: None,
            exits: None,
        };
        let bin = RecycleBin { images: vec![binned], snapshots: Vec::new() };
        answer(model, effects, StorageReply::RecycleBins(vec![(region("us-east-1"), Ok(bin))]));
        keys(model, "ry")
    };
    let failed = RestoreOutcome::Failed(Failure::new("restore it", "denied"));
    for (outcomes, expected) in [
        (vec![RestoreOutcome::Pending], "0 resources restored, 1 accepted but not visible yet."),
        (
            vec![RestoreOutcome::Restored, RestoreOutcome::Pending, failed],
            "1 resource restored, 1 accepted but not visible yet, 1 not restored. Press ! for details.",
        ),
    ] {
        let mut model = listed(vec![image(1)]);
        let effects = bin(&mut model);
        answer(&mut model, effects, restored(&outcomes));
        assert_eq!(notice(&model), expected);
    }
}

#[test]
fn a_page_that_is_left_and_opened_again_remembers_what_is_deleted() {
    let (mut model, deletion) = deleting();
    keys(&mut model, "4");
    assert!(model.overlays.is_empty());
    assert!(keys(&mut model, "4").is_empty(), "what is read now would be out of date");
    assert!(shown(&mut model).contains("eleting 1 snapshot"));
    let effects = answer(&mut model, deletion, first_deleted(Ok(deleted())));
    assert!(shown(&mut model).contains("eading 1 region"));
    // EC2 may show it for a while.
    answer(&mut model, effects, StorageReply::Orphans(Ok(Box::new(found()))));
    let screen = shown(&mut model);
    assert!(screen.contains("Orphans: 2 snapshots") && !screen.contains("snap-00000000000000001"), "{screen}");
}

#[test]
fn quitting_asks_while_something_is_deleted_or_restored() {
    let (mut model, deletion) = deleting();
    assert_eq!(ctrl(&mut model, 'c'), []);
    let screen = shown(&mut model);
    assert!(screen.contains("1 snapshot is being deleted: what is not deleted yet stays."), "{screen}");
    answer(&mut model, deletion, first_deleted(Ok(deleted())));
    assert!(shown(&mut model).contains("Nothing is left to do here."));
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit]);
    // Reading stops without a question.
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "4");
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit]);
}

#[test]
fn what_is_done_and_not_in_the_audit_is_done() {
    let (mut model, deletion) = deleting();
    let audit_failure = Some(Failure::new("keep the jobs", "the disk is full"));
    answer(&mut model, deletion, first_deleted(Ok(DeletionOutcome::Deleted { audit_failure })));
    let screen = shown(&mut model);
    assert!(screen.contains("Orphans: 2 snapshots"), "{screen}");
    assert_eq!(notice(&model), "1 snapshot deleted, 1 not written to the audit. Press ! for details.");
}

#[test]
fn another_account_is_not_told_what_came_of_the_last_one() {
    let (mut model, deletion) = deleting();
    let theirs = Account { id: AccountId::new("210987654321").unwrap(), arn: String::new() };
    model.jobs_view.account = model.account.as_ref().map(|account| model.account_key(account));
    crate::tui::browse::signed_in(&mut model, theirs, &mut Vec::new());
    assert!(model.overlays.is_empty());
    let before = notice(&model).to_owned();
    answer(&mut model, deletion, first_deleted(Ok(deleted())));
    assert_eq!(notice(&model), before);
}

#[test]
fn what_was_not_read_is_not_called_empty() {
    let failure = || Failure::new("list snapshots", "denied");
    let orphans = |read, failures: usize, unknown: usize| {
        let here = || (region("us-east-1"), failure());
        let (failures, unknown) = (vec![here(); failures], vec![here(); unknown]);
        let mut model = listed(vec![image(1)]);
        let effects = keys(&mut model, "4");
        let found = FoundOrphans { read, failures, unknown, ..FoundOrphans::default() };
        answer(&mut model, effects, StorageReply::Orphans(Ok(Box::new(found))));
        shown(&mut model)
    };
    let none = orphans(0, 1, 0);
    assert!(none.contains("No region could be read") && none.contains("1 region not read"), "{none}");
    let locks = orphans(1, 0, 1);
    assert!(locks.contains("1 region partly unknown") && !locks.contains("not read"), "{locks}");
    assert!(locks.contains("No orphaned snapshots in the regions that were read."), "{locks}");
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "5");
    answer(&mut model, effects, StorageReply::RecycleBins(vec![(region("us-east-1"), Err(failure()))]));
    let bin = shown(&mut model);
    assert!(bin.contains("No region could be read") && !bin.contains("empty"), "{bin}");
}

#[test]
fn line_mode_says_every_row() {
    let mut model = model();
    model.start.caps.line_mode = true;
    frame(&mut model);
    let plain = crate::tui::line_mode::screen(&model);
    let lines: Vec<String> = plain.lines.iter().map(crate::tui::line_mode::text::LineModeLine::spoken).collect();
    assert!(plain.title.spoken().starts_with("Orphans: 3 snapshots, 32 GiB"), "{}", plain.title.spoken());
    assert!(lines[0].starts_with("1: current, snap-00000000000000001, us-east-1, 8 GiB"), "{lines:?}");
}

#[test]
fn a_number_in_line_mode_is_the_row_that_was_printed_with_it() {
    let mut model = model();
    model.start.caps.line_mode = true;
    let enter = |model: &mut Model, line: &str| {
        let effects = model.update(Msg::Input(crate::term::Input::Line(line.into())), now());
        frame(model);
        effects
    };
    let current = |model: &Model| {
        let lines = crate::tui::line_mode::screen(model).lines;
        lines.iter().find(|line| line.current).map(crate::tui::line_mode::text::LineModeLine::said).unwrap_or_default()
    };
    enter(&mut model, "");
    // The first one has gone meanwhile: the others have moved up.
    let effects = enter(&mut model, "refresh");
    let mut fewer = found();
    fewer.orphans.remove(0);
    answer(&mut model, effects, StorageReply::Orphans(Ok(Box::new(fewer))));
    enter(&mut model, "1");
    let reply = format!("{:?}", model.line_mode.reply);
    assert!(reply.contains("Row 1 is no longer there. It was: snap-00000000000000001"), "{reply}");
    enter(&mut model, "3");
    assert!(current(&model).starts_with("snap-00000000000000003"), "{}", current(&model));
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

#[test]
fn regions_that_are_ignored_are_not_asked_unless_they_are_listed() {
    let mut model = listed(vec![image(1)]);
    let here = model.catalogue.listings().map(|(region, _)| region.to_string()).next().expect("a region");
    model.start.config.orphans.ignored_regions = vec!["ap-south-1".into(), here];
    let asked = keys(&mut model, "4").into_iter().find_map(|effect| match effect {
        Effect::Storage { request: StorageRequest::FindOrphans { ignored, .. }, .. } => Some(ignored),
        _ => None,
    });
    assert_eq!(asked, Some([region("ap-south-1")].into()));
}
