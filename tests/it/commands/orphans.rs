//! `amigrate orphans`.

use amigrate::{
    domain::{ImageId, Region, SnapshotId, image::Tag},
    engine::{BatchId, Job, JobId, JobState},
    sim::{
        ChangeKind, Permission, RetentionKind,
        faults::{FaultKind, Rule},
    },
};
use jiff::Timestamp;

use super::{
    fixture::{Commands, START},
    map::{keep_jobs, request},
};

const REGIONS: &str = "us-east-1,eu-west-1";

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).expect("a region")
}

pub(crate) fn start() -> Timestamp {
    START.parse().expect("a time")
}

/// Ids of the account's own images of a family in us-east-1, newest first, with their snapshots.
pub(crate) fn images(commands: &Commands, family: &str) -> Vec<(ImageId, Vec<SnapshotId>)> {
    let listed = commands.ended(&["list", "--region", "us-east-1", "--match", family, "--output", "json"], "");
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("it is JSON");
    let images = listed["images"].as_array().expect("images").iter();
    images
        .map(|image| {
            let id = ImageId::new(image["image_id"].as_str().expect("an id")).expect("an id");
            let shown = commands.ended(&["show", id.as_str(), "--output", "json"], "");
            let shown: serde_json::Value = serde_json::from_str(&shown.stdout).expect("it is JSON");
            let of = shown["snapshots"].as_array().expect("snapshots").iter();
            let ids = of.map(|one| SnapshotId::new(one["snapshot_id"].as_str().expect("an id")).expect("an id"));
            (id, ids.collect())
        })
        .collect()
}

/// Somebody deregisters an image, and leaves its snapshots behind.
pub(crate) fn leave_behind(commands: &Commands, image: &ImageId) {
    let deregistered = commands.ec2.with(|w| w.deregister_as_other_user(&region("us-east-1"), image, false, start()));
    deregistered.expect("it is there");
}

#[test]
fn what_images_left_behind_is_listed_with_what_it_costs() {
    let mut commands = Commands::new("demo");
    commands.run(&["orphans", "--regions", REGIONS]);
    let web = images(&commands, "app-web-2026.00015");
    let db = images(&commands, "app-db-2026.00012");
    leave_behind(&commands, &web[0].0);
    leave_behind(&commands, &db[0].0);
    for format in ["table", "json", "csv", "ids"] {
        commands.run(&["orphans", "--regions", REGIONS, "--output", format]);
    }
    commands.run(&["orphans", "--regions", "eu-west-1", "--quiet"]);
    commands.run(&["orphans", "--regions", REGIONS, "--min-age", "10m"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn whatever_a_rule_keeps_is_told_with_the_reason() {
    let mut commands = Commands::new("demo");
    let web = images(&commands, "app-web-");
    let home = region("us-east-1");
    for (image, _) in &web[..5] {
        leave_behind(&commands, image);
    }
    let snapshot = |n: usize| web[n].1[0].clone();
    commands.ec2.with(|w| {
        w.lock_snapshot(&home, &snapshot(0));
        w.enable_fast_restore(&home, &snapshot(1));
        w.register_as_other_user(&home, &snapshot(2), "another-image", start()).expect("it is registered");
        w.share_snapshot_as_other_user(&home, &snapshot(4), Permission::All);
        let tag = Tag { key: "Team".into(), value: "\u{1b}[31mred".into() };
        w.tag_as_other_user(&home, snapshot(3).as_str(), tag, start()).expect("it is tagged");
    });
    commands.run(&["orphans", "--regions", "us-east-1", "--kept", "--output", "csv"]);
    commands.run(&["orphans", "--regions", "us-east-1", "--kept", "--min-age", "999w", "--output", "csv"]);
    commands.ec2.with(|w| w.policy().deny("DescribeSnapshotAttribute"));
    commands.run(&["orphans", "--regions", "us-east-1", "--kept", "--output", "csv"]);
    commands.ec2.with(|w| w.policy().deny("DescribeLockedSnapshots"));
    commands.run(&["orphans", "--regions", "us-east-1"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn an_image_in_the_recycle_bin_keeps_its_snapshots() {
    let commands = Commands::new("demo");
    let (home, db) = (region("us-east-1"), images(&commands, "app-db-2026.00012"));
    commands.ec2.with(|w| w.retain(&home, RetentionKind::Images, 30_000));
    leave_behind(&commands, &db[0].0);
    let ended = commands.ended(&["orphans", "--regions", "us-east-1", "--kept", "--output", "csv"], "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let kept = ended.stdout.lines().filter(|line| line.contains("its image is in the Recycle Bin")).count();
    assert_eq!(kept, db[0].1.len(), "{}", ended.stdout);
}

#[test]
fn a_region_that_cannot_be_read_whole_has_no_orphans() {
    let mut commands = Commands::new("demo");
    let web = images(&commands, "app-web-2026.00015");
    leave_behind(&commands, &web[0].0);
    for action in ["DescribeImages", "DescribeSnapshots", "ListImagesInRecycleBin", "ListSnapshotsInRecycleBin"] {
        let denied = Rule::new(action, FaultKind::Deny).in_region(region("us-east-1"));
        commands.ec2.with(|w| w.faults().add(denied));
        let ended = commands.run(&["orphans", "--regions", REGIONS, "--output", "csv"]);
        assert!(!ended.stdout.contains("snap-"), "{action}: {}", ended.stdout);
        assert_eq!(ended.status, Some(3), "{action}");
        commands.ec2.with(|w| w.faults().clear());
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn every_page_counts() {
    let commands = Commands::new("demo");
    let web = images(&commands, "app-web-");
    for (image, _) in &web[..3] {
        leave_behind(&commands, image);
    }
    // The images that are left, the last ones too, are found though a page has five.
    commands.ec2.with(|w| w.limits().page_size = Some(5));
    let ended = commands.ended(&["orphans", "--regions", "us-east-1", "--output", "ids"], "");
    let mut expected: Vec<String> = web[..3].iter().flat_map(|(_, ids)| ids).map(ToString::to_string).collect();
    let mut found: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
    expected.sort();
    found.sort();
    assert_eq!((found, ended.status), (expected, Some(10)));
}

/// The snapshots that were deleted through the API.
fn deleted(commands: &Commands) -> Vec<String> {
    let changes = commands.ec2.with(|w| w.changes().to_vec());
    let deleted = changes.into_iter().filter(|change| change.kind == ChangeKind::Deleted);
    deleted.map(|change| change.resource.into()).collect()
}

/// A world with so many orphans of the web team's images, and their ids.
fn with_orphans(number: usize) -> (Commands, Vec<SnapshotId>) {
    let commands = Commands::new("demo");
    let web = images(&commands, "app-web-");
    for (image, _) in &web[..number] {
        leave_behind(&commands, image);
    }
    let ids = web[..number].iter().flat_map(|(_, ids)| ids.clone()).collect();
    (commands, ids)
}

#[test]
fn orphans_are_deleted_and_nothing_else_is() {
    let (mut commands, ids) = with_orphans(4);
    let home = ["orphans", "--regions", "us-east-1"];
    commands.ec2.with(|w| w.lock_snapshot(&region("us-east-1"), &ids[3]));
    commands.run(&[&home[..], &["--delete", "--read-only"]].concat());
    // As a script does whose list is empty by mistake.
    commands.run(&[&home[..], &["--delete"]].concat());
    commands.run(&[&home[..], &["--yes", "--delete"]].concat());
    commands.run(&[&home[..], &["--delete", "--all"]].concat());
    commands.run(&[&home[..], &["--delete", ids[0].as_str(), "--all", "--yes"]].concat());
    commands.run(&[&home[..], &["--all"]].concat());
    commands.run(&[&home[..], &["--delete", "--all", "--yes", "--max-delete", "2"]].concat());
    assert_eq!(deleted(&commands), [""; 0]);
    commands.run(&[&home[..], &["--delete", ids[3].as_str(), ids[0].as_str(), "snap-00000000", "--yes"]].concat());
    assert_eq!(deleted(&commands), [ids[0].to_string()]);
    commands.ec2.with(|w| w.retain(&region("us-east-1"), RetentionKind::Snapshots, 30));
    commands.run(&[&home[..], &["--delete", "--all", "--yes"]].concat());
    commands.run(&[&home[..], &["--delete", "--all", "--yes"]].concat());
    commands.run(&["audit", "--output", "ids"]);
    insta::assert_snapshot!(commands.transcript());
    let mut expected: Vec<String> = ids[..3].iter().map(ToString::to_string).collect();
    let mut gone = deleted(&commands);
    expected.sort();
    gone.sort();
    assert_eq!(gone, expected);
    let audit = commands.ended(&["audit"], "").stdout;
    assert_eq!(audit.matches("DeleteSnapshot").count(), 3, "{audit}");
}

#[test]
fn the_number_is_typed_on_a_terminal() {
    let cases: [(&[&str], &str, u32, usize); 4] =
        [(&[], "2\r", 0, 2), (&["--all"], "2\r", 0, 2), (&[], "yes\r", 1, 0), (&[], "\r", 1, 0)];
    for (more, typed, status, gone) in cases {
        let (commands, _) = with_orphans(2);
        let deletes = ["orphans", "--regions", "us-east-1", "--delete"];
        let mut terminal = commands.on_terminal(&[&deletes[..], more].concat());
        terminal.wait_for("the question", |text| text.contains("Type 2 to delete 2 snapshots: "));
        terminal.keys(typed);
        assert_eq!(terminal.wait_exit().exit_code(), status, "{}", terminal.text());
        assert_eq!(deleted(&commands).len(), gone, "{typed:?}");
    }
}

/// What happens to a snapshot between the question and the answer.
type Happens = fn(&mut amigrate::sim::World, &SnapshotId);

#[test]
fn what_changes_before_a_deletion_counts() {
    // Right before each deletion the snapshot, its users, the bin, the locks and the permissions are read again.
    let cases: [(&str, Happens); 4] = [
        ("used_by_image", |w, snapshot| {
            w.register_as_other_user(&region("us-east-1"), snapshot, "just-registered", start()).expect("registered");
        }),
        ("locked", |w, snapshot| w.lock_snapshot(&region("us-east-1"), snapshot)),
        ("fast_restore", |w, snapshot| w.enable_fast_restore(&region("us-east-1"), snapshot)),
        ("sharing_unknown", |w, _| w.policy().deny("DescribeSnapshotAttribute")),
    ];
    for (reason, change) in cases {
        let (commands, ids) = with_orphans(1);
        let mut terminal = commands.on_terminal(&["orphans", "--regions", "us-east-1", "--delete", "--output", "json"]);
        terminal.wait_for("the question", |text| text.contains("Type 1 to delete 1 snapshot: "));
        commands.ec2.with(|w| change(w, &ids[0]));
        terminal.keys("1\r");
        let ended = terminal.wait_exit();
        assert_eq!(deleted(&commands), [""; 0], "{reason}");
        assert!(terminal.text().contains(reason), "{reason}: {}", terminal.text());
        let status = u32::from(reason == "sharing_unknown");
        assert_eq!(ended.exit_code(), status, "{reason}: {}", terminal.text());
    }
}

/// The image that a snapshot was made for.
fn images_of(commands: &Commands, snapshot: &SnapshotId) -> ImageId {
    let listed = commands.ended(&["orphans", "--regions", "us-east-1", "--output", "json"], "");
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("JSON");
    let snapshots = listed["snapshots"].as_array().expect("a list");
    let of = snapshots.iter().find(|one| one["snapshot_id"] == snapshot.as_str()).expect("it is listed");
    ImageId::new(of["image_id"].as_str().expect("an id")).expect("an id")
}

#[test]
fn an_image_that_comes_back_before_a_deletion_keeps_its_snapshot() {
    let commands = Commands::new("demo");
    commands.ec2.with(|w| w.retain(&region("us-east-1"), RetentionKind::Images, 365));
    let (image, ids) = images(&commands, "app-web-2026.00015").remove(0);
    leave_behind(&commands, &image);
    // As long as it is in the bin it is kept; when its time is over it would not be.
    let ended = commands.ended(&["orphans", "--regions", "us-east-1", "--delete", ids[0].as_str(), "--yes"], "");
    assert_eq!((ended.status, deleted(&commands).len()), (Some(1), 0), "{ended:?}");
    assert!(ended.stderr.contains("its image is in the Recycle Bin"), "{ended:?}");
}

/// What is kept, as CSV, and the status.
fn kept(commands: &Commands) -> (String, Option<i32>) {
    let ended = commands.ended(&["orphans", "--regions", "us-east-1", "--kept", "--output", "csv"], "");
    (ended.stdout + &ended.stderr, ended.status)
}

#[test]
fn what_copies_of_the_queue_need_is_kept() {
    let (commands, ids) = with_orphans(4);
    let image = |n: usize| images_of(&commands, &ids[n]);
    let job = |n: u64| Job::new(JobId(n), BatchId::new("batch-1a2b3c"), request("us-east-1", n), Timestamp::now());
    let mut available = job(1);
    (available.state, available.ended) = (JobState::Available { image: image(0) }, Some(Timestamp::now()));
    let mut dismissed = job(2);
    (dismissed.state, dismissed.ended) = (JobState::Available { image: image(1) }, Some(Timestamp::now()));
    dismissed.dismissed = true;
    let mut queued = job(3);
    queued.request.source_snapshots = vec![ids[2].clone()];
    keep_jobs(&commands, [available, dismissed, queued], Timestamp::now());
    let (text, status) = kept(&commands);
    let line = |n: usize| text.lines().find(|line| line.starts_with(ids[n].as_str())).unwrap_or_default().to_owned();
    assert!(line(0).contains("copy 1 of the queue") && line(2).contains("copy 3 of the queue"), "{text}");
    assert!(line(1).contains(",orphan,") && line(3).contains(",orphan,"), "{text}");
    assert_eq!(status, Some(10));
}

#[test]
fn nothing_is_an_orphan_while_the_queue_cannot_be_read_whole() {
    let (commands, _) = with_orphans(1);
    let job = Job::new(JobId(1), BatchId::new("batch-1a2b3c"), request("us-east-1", 1), Timestamp::now());
    keep_jobs(&commands, [job], Timestamp::now());
    let database = rusqlite::Connection::open(commands.home.path().join("amigrate").join("jobs.db")).expect("it opens");
    database.execute("UPDATE jobs SET body = '{}'", []).expect("it is written");
    let (text, status) = kept(&commands);
    assert!(!text.contains("snap-") && text.contains("does not know, and may need any snapshot"), "{text}");
    assert_eq!(status, Some(1));
}
