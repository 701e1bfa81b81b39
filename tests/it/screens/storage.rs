//! The pages of storage over the embedded EC2, at four sizes, in ASCII and without colours: orphans are deleted, and what is in the
//! Recycle Bin is restored.

use amigrate::{
    domain::{ImageId, ImageQuery, Region, SnapshotId},
    sim::{
        ChangeKind, RetentionKind, World,
        faults::{FaultKind, Rule},
    },
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::{
    album::{Album, in_ascii_and_without_colours},
    screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, start_time},
};

const HOME: &str = "us-east-1";

fn region(name: &str) -> Region {
    Region::new(name).expect("a region")
}

fn sized(columns: u16, rows: u16) -> ScreenHarnessBuilder {
    ScreenHarnessBuilder::new(named("demo")).size(columns, rows).regions(&[HOME, "eu-west-1", "us-west-2"])
}

/// The account's images of a family, newest first, with their snapshots.
async fn images(harness: &ScreenHarness, family: &str) -> Vec<(ImageId, Vec<SnapshotId>)> {
    let found = harness.session.all_images(&region(HOME), &ImageQuery::default()).await.expect("they are listed");
    let mut found: Vec<_> = found.into_iter().filter(|image| image.name.starts_with(family)).collect();
    found.sort_by_key(|image| std::cmp::Reverse(image.created));
    found.iter().map(|image| (image.id.clone(), image.snapshot_ids().cloned().collect())).collect()
}

/// Somebody deregisters images, and leaves their snapshots behind.
fn leave_behind(harness: &ScreenHarness, images: &[(ImageId, Vec<SnapshotId>)]) {
    let at = start_time();
    harness.world.with(|w| {
        for (image, _) in images {
            w.deregister_as_other_user(&region(HOME), image, false, at).expect("it is there");
        }
    });
}

fn deleted(world: &World) -> usize {
    world.changes().iter().filter(|change| change.kind == ChangeKind::Deleted).count()
}

/// What is seen on the way through both pages. `check` looks at each.
async fn walk(builder: ScreenHarnessBuilder, check: impl Fn(&str, &ScreenHarness)) -> String {
    let harness = ScreenHarness::opened(builder).await;
    let mut album = Album::new(check);
    harness.send("4").await;
    harness.wait_text("No orphaned snapshots").await;
    album.keep("no orphans", &harness);
    let (web, db) = (images(&harness, "app-web-").await, images(&harness, "app-db-").await);
    leave_behind(&harness, &web[..3]);
    leave_behind(&harness, &db[..1]);
    harness.world.with(|w| w.lock_snapshot(&region(HOME), &web[0].1[0]));
    let denied = Rule::new("DescribeSnapshots", FaultKind::Deny).in_region(region("us-west-2"));
    harness.world.with(|w| w.faults().add(denied));
    harness.send("R").await;
    harness.wait_text("Orphans: 2 snapshots").await;
    album.keep("orphans, and a region that cannot be read", &harness);
    harness.send("vo/snap-0").await;
    album.keep("kept ones too, by size, with a filter being typed", &harness);
    harness.press(KeyCode::Esc).await;
    harness.send("ovaX").await;
    album.keep("the question before deleting", &harness);
    harness.press(KeyCode::Esc).await;
    harness.press(KeyCode::Esc).await;
    harness.world.with(|w| {
        w.faults().clear();
        w.retain(&region(HOME), RetentionKind::Images, 7);
        w.retain(&region(HOME), RetentionKind::Snapshots, 7);
    });
    leave_behind(&harness, &db[1..2]);
    let at = start_time();
    harness.world.with(|w| {
        for snapshot in &db[1].1 {
            w.delete_snapshot_as_other_user(&region(HOME), snapshot, at).expect("nobody uses it");
        }
    });
    harness.send("5").await;
    harness.wait_text(db[1].0.as_str()).await;
    album.keep("the Recycle Bin", &harness);
    album.text()
}

#[tokio::test(start_paused = true)]
async fn storage_at_60_by_15() {
    assert_snapshot!("storage_60x15", walk(sized(60, 15), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_at_80_by_24() {
    assert_snapshot!("storage_80x24", walk(sized(80, 24), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_at_120_by_40() {
    assert_snapshot!("storage_120x40", walk(sized(120, 40), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_at_200_by_60() {
    assert_snapshot!("storage_200x60", walk(sized(200, 60), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_in_ascii_and_without_colours() {
    let ascii = in_ascii_and_without_colours(|| sized(80, 24), walk).await;
    assert_snapshot!("storage_ascii_80x24", ascii);
}

#[tokio::test(start_paused = true)]
async fn marked_orphans_are_deleted_and_what_changed_meanwhile_stays() {
    let harness = ScreenHarness::opened(sized(120, 40)).await;
    let web = images(&harness, "app-web-").await;
    leave_behind(&harness, &web[..3]);
    harness.send("4").await;
    harness.wait_text("Orphans: 3 snapshots").await;
    harness.send("aX").await;
    harness.shows("Delete 3 snapshots? Type 3 to confirm.");
    harness.send("2").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("The number does not match. Nothing was deleted.");
    assert_eq!(harness.world.with(|w| deleted(w)), 0);
    // Somebody registers an image on one of them while the question is open.
    let at = start_time();
    let used = harness.world.with(|w| w.register_as_other_user(&region(HOME), &web[1].1[0], "just-registered", at));
    let used = used.expect("it is registered");
    harness.press(KeyCode::Backspace).await;
    harness.send("3").await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text("2 snapshots deleted, 1 not deleted. Select a row to see why.").await;
    harness.shows(&format!("not deleted: {used} uses it"));
    assert_eq!(harness.world.with(|w| deleted(w)), 2);
    harness.send("R").await;
    harness.wait_text("No orphaned snapshots").await;
}

#[tokio::test(start_paused = true)]
async fn an_image_is_restored_after_its_snapshots() {
    let harness = ScreenHarness::opened(sized(120, 40)).await;
    let before = images(&harness, "app-db-").await;
    let db = &before[..1];
    harness.world.with(|w| {
        w.retain(&region(HOME), RetentionKind::Images, 7);
        w.retain(&region(HOME), RetentionKind::Snapshots, 7);
    });
    leave_behind(&harness, db);
    let at = start_time();
    harness.world.with(|w| {
        for snapshot in &db[0].1 {
            w.delete_snapshot_as_other_user(&region(HOME), snapshot, at).expect("nobody uses it");
        }
    });
    harness.send("5").await;
    harness.wait_text(&format!("Recycle Bin: {} resources", 1 + db[0].1.len())).await;
    harness.send("/app-db").await;
    harness.press(KeyCode::Enter).await;
    harness.send("r").await;
    harness.shows("Restore 1 resource from the Recycle Bin?");
    harness.send("y").await;
    harness.wait_text("The Recycle Bin is empty").await;
    assert_eq!(images(&harness, "app-db-").await, before);
}

#[tokio::test(start_paused = true)]
async fn a_read_only_screen_deletes_and_restores_nothing() {
    let harness = ScreenHarness::opened(sized(120, 40).with(|b| b.config.read_only = true)).await;
    let web = images(&harness, "app-web-").await;
    leave_behind(&harness, &web[..1]);
    harness.send("4").await;
    harness.wait_text("Orphans: 1 snapshot").await;
    harness.send("X").await;
    harness.shows("Read-only session: nothing was deleted.");
    harness.send("5").await;
    harness.wait_text("The Recycle Bin is empty").await;
    harness.send("r").await;
    harness.shows("Read-only session: nothing was restored.");
}
