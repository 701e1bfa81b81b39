//! `amigrate recycle-bin`.

use amigrate::sim::{ChangeKind, RetentionKind};

use super::{
    fixture::Commands,
    orphans::{images, leave_behind, region},
};

const HOME: &str = "us-east-1";

/// A world in which deregistered images and deleted snapshots are kept for so long that the real clock does not matter.
fn world() -> Commands {
    let commands = Commands::new("demo");
    commands.ec2.with(|w| {
        w.retain(&region(HOME), RetentionKind::Images, 365);
        w.retain(&region(HOME), RetentionKind::Snapshots, 30);
    });
    commands
}

#[test]
fn an_image_is_restored_after_its_snapshots() {
    let mut commands = world();
    commands.run(&["recycle-bin", "--regions", "us-east-1,eu-west-1"]);
    let (db, web) =
        (images(&commands, "app-db-2026.00012").remove(0), images(&commands, "app-web-2026.00015").remove(0));
    leave_behind(&commands, &db.0);
    leave_behind(&commands, &web.0);
    commands.ec2.with(|w| {
        for snapshot in db.1.iter().chain(&web.1) {
            w.delete_snapshot_as_other_user(&region(HOME), snapshot, super::orphans::start()).expect("it is there");
        }
    });
    for format in ["table", "json", "ids"] {
        commands.run(&["recycle-bin", "list", "--regions", HOME, "--output", format]);
    }
    commands.run(&["recycle-bin", "restore", db.0.as_str(), "--regions", HOME, "--read-only"]);
    commands.run(&["recycle-bin", "restore", "web", "--regions", HOME]);
    commands.run(&["recycle-bin", "restore", db.0.as_str(), "ami-00000000000000000", "--regions", HOME]);
    commands.run(&["recycle-bin", "restore", web.1[0].as_str(), web.0.as_str(), "--regions", HOME, "--output", "json"]);
    commands.run(&["recycle-bin", "--regions", HOME]);
    insta::assert_snapshot!(commands.transcript());
    let restored = commands.ec2.with(|w| w.changes().iter().filter(|c| c.kind == ChangeKind::Restored).count());
    assert_eq!(restored, db.1.len() + web.1.len() + 2);
    assert_eq!(images(&commands, "app-db-2026.00012"), [db]);
    let audit = commands.ended(&["audit"], "").stdout;
    assert_eq!(audit.matches("FromRecycleBin").count(), restored, "{audit}");
}

#[test]
fn snapshots_that_were_not_made_for_the_image_are_found_by_what_ec2_misses() {
    let commands = world();
    let (db, web) =
        (images(&commands, "app-db-2026.00012").remove(0), images(&commands, "app-web-2026.00015").remove(0));
    let registered = commands.ec2.with(|w| {
        let new = w.register_as_other_user(&region(HOME), &web.1[0], "registered", super::orphans::start());
        new.expect("it is registered")
    });
    for image in [&web.0, &registered, &db.0] {
        leave_behind(&commands, image);
    }
    commands.ec2.with(|w| {
        let deleted = w.delete_snapshot_as_other_user(&region(HOME), &web.1[0], super::orphans::start());
        deleted.expect("nobody uses it");
    });
    let ended = commands.ended(&["recycle-bin", "restore", registered.as_str(), "--regions", HOME], "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(images(&commands, "registered"), [(registered, web.1)]);
}

#[test]
fn what_cannot_be_restored_is_told() {
    let mut commands = world();
    let db = images(&commands, "app-db-2026.00012").remove(0);
    leave_behind(&commands, &db.0);
    commands.ec2.with(|w| {
        for snapshot in &db.1 {
            w.delete_snapshot_as_other_user(&region(HOME), snapshot, super::orphans::start()).expect("it is there");
        }
        w.policy().deny("RestoreSnapshotFromRecycleBin");
    });
    let ended = commands.run(&["recycle-bin", "restore", db.0.as_str(), "--regions", HOME]);
    assert_eq!(ended.status, Some(1), "a refusal, and what follows from it");
    commands.ec2.with(|w| w.policy().deny("ListSnapshotsInRecycleBin"));
    commands.run(&["recycle-bin", "--regions", HOME]);
    insta::assert_snapshot!(commands.transcript());
    assert_eq!(commands.ec2.request_count("RestoreImageFromRecycleBin"), 0);
}
