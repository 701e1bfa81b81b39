//! `amigrate deregister`.

use amigrate::{
    domain::{AccountId, AccountKey, ClientToken, CopyRequest, ImageName, Region, SnapshotId},
    engine::Command,
    sim::ChangeKind,
    store::Store,
};
use jiff::Timestamp;

use super::fixture::{Commands, START};
use crate::support::ec2_server::{ChangeSignal, Ec2, KillPoint, RequestStage};

const HOME: &str = "us-east-1";

fn home() -> Region {
    Region::new(HOME).expect("a region")
}

fn start() -> Timestamp {
    START.parse().expect("a time")
}

/// The newest image with such a name, and its snapshots.
fn newest(ec2: &Ec2, name: &str) -> (String, Vec<SnapshotId>) {
    let (image, _, snapshots) = ec2.newest(HOME, name);
    (image.to_string(), snapshots)
}

fn exists(ec2: &Ec2, image: &str) -> bool {
    let state = ec2.state();
    state[HOME]["images"].as_array().expect("images").iter().any(|i| i["ImageId"] == image)
}

fn snapshot_exists(ec2: &Ec2, snapshot: &SnapshotId, now: Timestamp) -> bool {
    ec2.with(|world| world.has_snapshot(&home(), snapshot, now))
}

#[test]
fn who_uses_an_image_is_said_before_it_goes_with_its_snapshots() {
    let mut commands = Commands::new("demo");
    let (image, snapshots) = newest(&commands.ec2, "app-web-");
    commands.run(&["deregister", &image]);
    commands.run(&["deregister", &image, "--dry-run"]);
    assert!(exists(&commands.ec2, &image), "nothing has happened so far");
    commands.run(&["deregister", &image, "--yes", "--output", "json"]);
    assert!(!exists(&commands.ec2, &image) && !snapshot_exists(&commands.ec2, &snapshots[0], start()));
    commands.run(&["deregister", &image, "--yes"]);
    let (image, snapshots) = newest(&commands.ec2, "app-db-");
    commands.run(&["deregister", &image, "--yes", "--keep-snapshots", "--quiet"]);
    assert!(snapshots.iter().all(|snapshot| snapshot_exists(&commands.ec2, snapshot, start())));
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_may_not_be_deregistered_is_refused_by_name() {
    let mut commands = Commands::new("demo");
    let (protected, _) = newest(&commands.ec2, "base-linux-");
    let (own, _) = newest(&commands.ec2, "app-api-");
    let public = "ami-0b7c1ee5ba5e1a001";
    commands.run(&["deregister", &protected, public, "no-such-name", "--yes"]);
    commands.run(&["deregister", "ami-WRONG", "--yes"]);
    commands.run(&["deregister", &own, "--yes", "--region", "us-esat-1"]);
    commands.run(&["deregister", &own, "--yes", "--region", "cn-north-1"]);
    commands.run(&["deregister", &own, "--yes", "--read-only"]);
    commands.run_with_input(&["deregister", "-", "--yes"], "");
    commands.run(&["deregister"]);
    assert_eq!(commands.ec2.request_count("DeregisterImage"), 0);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_is_denied_is_unknown_and_a_dry_run_that_is_denied_is_status_3() {
    let mut commands = Commands::new("demo");
    let (image, _) = newest(&commands.ec2, "app-web-");
    commands.ec2.with(|world| {
        for action in
            ["DescribeImageReferences", "DescribeImageAttribute", "DescribeSnapshotAttribute", "DeregisterImage"]
        {
            world.policy().deny(action);
        }
    });
    commands.run(&["deregister", &image, "--dry-run"]);
    commands.run(&["deregister", &image, "--yes", "--output", "json"]);
    assert!(exists(&commands.ec2, &image));
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn an_image_of_another_account_is_refused_with_its_owner() {
    let mut commands = Commands::new("demo");
    let shared = commands.run(&["list", "--shared", "--name", "golden-linux-2*", "--limit", "1", "--output", "ids"]);
    let image = shared.stdout.trim();
    let dry_run = commands.run(&["deregister", image, "--dry-run"]);
    assert_eq!(dry_run.status, Some(1), "{}", dry_run.stderr);
    let refused = commands.run(&["deregister", image, "--yes", "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&refused.stdout).expect("JSON");
    let why = "it belongs to 210987654321, not to 123456789012";
    assert_eq!((&document["images"][0]["result"], refused.status), (&"refused".into(), Some(1)));
    assert_eq!(document["failures"][0]["message"], why);
    assert_eq!(commands.ec2.request_count("DeregisterImage"), 0);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn only_what_is_denied_is_status_3_and_mixed_failures_are_1() {
    let commands = Commands::new("demo");
    commands.ec2.with(|world| world.policy().deny("DeregisterImage"));
    let ((denied, _), (protected, _)) = (newest(&commands.ec2, "app-web-"), newest(&commands.ec2, "base-linux-"));
    for (images, status) in [(vec![&denied], 3), (vec![&denied, &protected], 1), (vec![&protected, &denied], 1)] {
        let images: Vec<&str> = images.into_iter().map(String::as_str).collect();
        let ended = commands.ended(&[&["deregister", "--yes"], &images[..]].concat(), "");
        assert_eq!(ended.status, Some(status), "{images:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("`ec2:DeregisterImage`"), "{}", ended.stderr);
    }
}

#[test]
fn snapshots_that_may_not_be_deleted_are_named_with_status_3() {
    let mut commands = Commands::new("demo");
    commands.ec2.with(|world| world.policy().deny("DeleteSnapshot"));
    let (image, snapshots) = newest(&commands.ec2, "app-web-");
    let ended = commands.run(&["deregister", &image, "--yes"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    assert!(!exists(&commands.ec2, &image) && snapshot_exists(&commands.ec2, &snapshots[0], start()));
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn snapshots_that_other_images_use_are_kept_and_named() {
    let mut commands = Commands::new("demo");
    let (image, snapshots) = newest(&commands.ec2, "app-db-");
    let other =
        commands.ec2.with(|w| w.register_as_other_user(&home(), &snapshots[0], "on the same snapshot", start()));
    let other = other.expect("it is registered");
    let ended = commands.run(&["deregister", &image, "--yes", "--output", "json"]);
    assert!(ended.stdout.contains(other.as_str()), "{}", ended.stdout);
    assert!(
        snapshot_exists(&commands.ec2, &snapshots[0], start())
            && !snapshot_exists(&commands.ec2, &snapshots[1], start())
    );
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn names_that_would_steer_a_terminal_do_not() {
    let mut commands = Commands::new("hostile");
    let (image, _) = newest(&commands.ec2, "esc-");
    let (bidi, _) = newest(&commands.ec2, "bidi-");
    commands.run_with_input(&["deregister", "-", "--yes"], &format!("{image}\n{bidi}\n"));
    let shown = commands.transcript();
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown}");
    insta::assert_snapshot!(shown);
}

/// The program is killed before EC2 takes the request, after that, and after the answer: the next one completes it, and no snapshot
/// is left unnamed.
#[test]
fn killed_in_between_it_is_completed_by_the_next_process() {
    for stage in [RequestStage::Received, RequestStage::CarriedOut, RequestStage::Answered] {
        let commands = Commands::of(Ec2::quick(&ChangeSignal::default()));
        let (image, snapshots) = newest(&commands.ec2, "app-db-");
        let mut child = commands.command(&["deregister", &image, "--yes"]).spawn().expect("it starts");
        let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
        commands.ec2.set_kill_point(KillPoint { stage, action: "DeregisterImage", left: 1, process });
        assert!(!child.wait().expect("a child").success(), "{stage:?}: it was not killed");
        commands.ec2.clear_kill_point();
        let ended = commands.ended(&["drive"], "");
        assert_eq!(ended.status, Some(0), "{stage:?}: {}", ended.stderr);
        assert!(!exists(&commands.ec2, &image), "{stage:?}");
        let jobs = commands.ended(&["jobs", "--history"], "").stdout + &commands.ended(&["jobs"], "").stdout;
        assert!(jobs.contains("deregistered"), "{stage:?}: {jobs}");
        for snapshot in &snapshots {
            let left = snapshot_exists(&commands.ec2, snapshot, Timestamp::now());
            assert!(!left || jobs.contains(snapshot.as_str()), "{stage:?}: {snapshot} is left unnamed: {jobs}");
        }
        let once = commands
            .ec2
            .with(|world| world.changes().iter().filter(|change| change.kind == ChangeKind::Deregistered).count());
        assert_eq!(once, 1, "{stage:?}");
        let audit = commands.ended(&["audit"], "").stdout;
        assert!(audit.contains("DeregisterImage") && audit.contains(&image), "{stage:?}: {audit}");
    }
}

#[test]
fn on_a_terminal_its_name_or_id_is_typed() {
    let commands = Commands::new("demo");
    let (image, _) = newest(&commands.ec2, "app-api-");
    let run = |answer: &str| {
        let mut pty = commands.on_terminal(&["deregister", &image]);
        let asked = pty.wait_for("the question", |screen| screen.contains("to confirm:"));
        assert!(asked.contains("This cannot be undone, unless a Recycle Bin rule"), "{asked}");
        pty.keys(answer);
        let status = pty.wait_exit();
        (status.success(), pty.text())
    };
    let (done, text) = run("yes\r");
    assert!(!done && text.contains("nothing was changed"), "{text}");
    assert!(exists(&commands.ec2, &image));
    let (done, text) = run(&format!("{image}\r"));
    assert!(done && text.contains("deregistered"), "{text}");
    assert!(!exists(&commands.ec2, &image));
}

/// A copy that another process has requested needs its source.
#[test]
fn the_source_of_a_requested_copy_is_kept() {
    let commands = Commands::new("demo");
    let (image, volumes, source_snapshots) = commands.ec2.newest(HOME, "app-web-");
    let request = CopyRequest {
        source_name: "web".into(),
        volumes,
        source_snapshots,
        ..CopyRequest::bare(
            (image.clone(), home()),
            Region::new("eu-west-1").expect("a region"),
            ImageName::new("web copy").expect("a name"),
            ClientToken::from_random(7),
        )
    };
    let account = AccountKey::new(&AccountId::new("123456789012").expect("an account"), Some(&commands.ec2.url));
    let mut store = Store::open(&commands.home.path().join("amigrate"), Timestamp::now()).expect("a store").store;
    store.add_command(&account, &Command::Copy(vec![request]), Timestamp::now()).expect("it is stored");
    let ended = commands.ended(&["deregister", image.as_str(), "--yes"], "");
    assert_eq!(ended.status, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("copies of it are under way"), "{}", ended.stderr);
    assert!(exists(&commands.ec2, image.as_str()));
}
