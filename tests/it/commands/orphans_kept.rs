//! `amigrate orphans`: what was kept on purpose, and images of regions that were not chosen.

use amigrate::{
    domain::{ImageId, SnapshotId},
    sim::faults::{FaultKind, Rule},
};

use super::{
    fixture::Commands,
    hosts::on_another_host,
    orphans::{images, region, start},
};

/// What of a region is kept and what is not, as CSV, with what was said, and the status.
fn listed(commands: &Commands, of: &str) -> (String, Option<i32>) {
    let ended = commands.ended(&["orphans", "--regions", of, "--kept", "--output", "csv"], "");
    (ended.stdout + &ended.stderr, ended.status)
}

/// An image that is deregistered without its snapshots, and these.
fn kept_on_purpose(commands: &Commands) -> (ImageId, Vec<SnapshotId>, String) {
    let (image, ids) = images(commands, "app-web-2026.00015").remove(0);
    let deregister = ["deregister", image.as_str(), "--region", "us-east-1", "--keep-snapshots", "--yes"];
    let ended = commands.ended(&deregister, "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    (image, ids, ended.stderr)
}

fn demo() -> Commands {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

#[test]
fn snapshots_that_were_to_be_kept_are_no_orphans_on_any_host() {
    let commands = demo();
    let (_, ids, _) = kept_on_purpose(&commands);
    let reason = "without its snapshots, as requested";
    let (text, status) = listed(&commands, "us-east-1");
    assert!(text.contains(ids[0].as_str()) && text.contains(reason), "{text}");
    assert_eq!(status, Some(0));
    // The job is pruned in the end.
    let database = rusqlite::Connection::open(commands.home.path().join("amigrate").join("jobs.db")).expect("it opens");
    assert_eq!(database.execute("DELETE FROM jobs", []).expect("it is written"), 1);
    assert!(listed(&commands, "us-east-1").0.contains(reason));
    let all = ["orphans", "--regions", "us-east-1", "--delete", "--all", "--yes"];
    let ended = commands.ended(&all, "");
    assert!(ended.stderr.contains("nothing is deleted"), "{ended:?}");
    // Another host does not know of the job.
    let home = tempfile::tempdir().expect("a directory");
    let list = ["orphans", "--regions", "us-east-1", "--kept", "--output", "csv"];
    let there = on_another_host(&commands, home.path(), &list).output().expect("it runs");
    let text = String::from_utf8_lossy(&there.stdout).into_owned();
    assert!(text.contains(ids[0].as_str()) && text.contains("its tag amigrate:kept says"), "{text}");
    assert_eq!(there.status.code(), Some(0));
    let audit = commands.ended(&["audit"], "").stdout;
    assert_eq!((audit.matches("CreateTags").count(), audit.matches("DeleteSnapshot").count()), (1, 0), "{audit}");
}

#[test]
fn where_tagging_is_denied_it_is_said_and_the_store_knows() {
    let commands = demo();
    commands.ec2.with(|w| w.policy().deny("CreateTags"));
    let (image, _, said) = kept_on_purpose(&commands);
    assert!(said.contains(&format!("of {image} could not be tagged amigrate:kept")), "{said}");
    let (text, status) = listed(&commands, "us-east-1");
    assert!(text.contains("without its snapshots, as requested"), "{text}");
    assert_eq!(status, Some(0));
}

/// A copy of an image of us-east-1 in eu-west-1, and its snapshot.
fn copied(commands: &Commands) -> (ImageId, SnapshotId) {
    let (source, _) = images(commands, "app-web-2026.00015").remove(0);
    let (home, there) = (region("us-east-1"), region("eu-west-1"));
    commands.ec2.with(|w| {
        let image = w.copy_as_other_user(&there, &source, &home, "web-copy", start()).expect("it is accepted");
        w.finish_copy(&there, &image, start()).expect("it is under way");
        let copy = w.copies(start()).into_iter().find(|copy| copy.image.id == image).expect("it is there");
        let snapshot = copy.image.snapshot_ids().next().expect("it has one").clone();
        (image, snapshot)
    })
}

#[test]
fn an_image_of_a_region_that_was_not_chosen_counts() {
    let commands = demo();
    let (_, snapshot) = copied(&commands);
    let (home, there) = (region("us-east-1"), region("eu-west-1"));
    let by_hand = commands.ec2.with(|w| w.copy_snapshot_as_other_user(&there, &snapshot, &home, start()));
    let (text, status) = listed(&commands, "us-east-1");
    let line = text.lines().find(|line| line.starts_with(by_hand.as_ref().expect("it is copied").as_str()));
    assert!(line.is_some_and(|line| line.contains("its image is in eu-west-1")), "{text}");
    assert_eq!(status, Some(0));
}

#[test]
fn a_region_that_cannot_be_asked_keeps_snapshots_of_copies() {
    let mut commands = demo();
    let (image, snapshot) = copied(&commands);
    let there = region("eu-west-1");
    let gone = commands.ec2.with(|w| w.deregister_as_other_user(&there, &image, false, start()));
    gone.expect("it is there");
    let (text, status) = listed(&commands, "eu-west-1");
    let line =
        |text: &str| text.lines().find(|line| line.starts_with(snapshot.as_str())).unwrap_or_default().to_owned();
    assert!(line(&text).contains(",orphan,"), "{text}");
    assert_eq!(status, Some(10));
    let denied = Rule::new("DescribeImages", FaultKind::Deny).in_region(region("us-east-1"));
    commands.ec2.with(|w| w.faults().add(denied));
    let (text, status) = listed(&commands, "eu-west-1");
    assert!(line(&text).contains("whether its image is in another region is unknown"), "{text}");
    assert!(text.contains("Until it can be read, snapshots of copies are kept"), "{text}");
    assert_eq!(status, Some(3));
    // A person says that nothing of theirs is there.
    let listed = |commands: &Commands, which: &[&str]| {
        let ended = commands.ended(&[&["orphans", "--output", "csv"], which].concat(), "");
        assert!(line(&ended.stdout).contains(",orphan,"), "{which:?} {ended:?}");
        assert_eq!(ended.status, Some(10), "{which:?} {ended:?}");
    };
    listed(&commands, &["--regions", "eu-west-1", "--ignore-regions", "us-east-1"]);
    listed(&commands, &["--all-regions", "--ignore-regions", "ap-south-1,us-east-1"]);
    commands.settings.push(("AMIGRATE_ORPHANS_IGNORED_REGIONS", "us-east-1".into()));
    listed(&commands, &["--regions", "eu-west-1"]);
    let contradicting = ["orphans", "--regions", "eu-west-1,us-east-1", "--ignore-regions", "us-east-1"];
    let ended = commands.ended(&contradicting, "");
    assert!(ended.status == Some(2) && ended.stderr.contains("us-east-1"), "{ended:?}");
    // The setting does not hide what is looked for in that region.
    let ended = commands.ended(&["orphans", "--regions", "eu-west-1,us-east-1", "--output", "csv"], "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
}
