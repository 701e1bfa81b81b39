//! `amigrate copy`.

use std::{collections::BTreeSet, fs, process::Output};

use rustix::process::Pid;

use super::{
    fixture::{Commands, START},
    hosts::{on_another_host, spawn, unseen_by_each_other},
};
use crate::support::ec2_server::{KillPoint, RequestStage};

/// The newest image of the demo's home region that starts with `app-web`.
const WEB: &str = "latest:app-web-*";

fn commands() -> Commands {
    let mut commands = Commands::new("demo");
    // No process is to outlive the test.
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

/// The transcript, without the ids of new images: which copy is made first is not certain.
fn transcript(commands: &Commands) -> String {
    let made = commands.ec2.with(|w| w.copies(START.parse().expect("a time")));
    made.into_iter().fold(commands.transcript().to_owned(), |text, copy| {
        text.replace(copy.image.id.as_str(), &format!("IMAGE-IN-{}", copy.region))
    })
}

#[test]
fn a_copy_is_checked_and_made_once() {
    let mut commands = commands();
    for format in ["table", "json"] {
        commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--check", "--output", format]);
    }
    assert_eq!(commands.ec2.request_count("CopyImage"), 4, "dry runs");
    commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--dry-run"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2"]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
    commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--output", "ids"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1", "--if-exists", "fail"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1", "--if-exists", "rename", "--dry-run"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1", "--check"]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
    insta::assert_snapshot!(transcript(&commands));
}

#[test]
fn what_does_not_fit_is_said() {
    let mut commands = commands();
    let to = ["--to", "eu-west-1"];
    let cases: &[&[&str]] = &[
        &[],
        &["--to", "eu-west-1"],
        &["ami-1"],
        &["-", "--to", "eu-west-1"],
        &[WEB, "--to", "europe"],
        &[WEB, "--to", "eu-wset-1"],
        &[WEB, "--to", "eu-west-1", "--from", "us-eest-1"],
        &[WEB, "--to", "eu-north-1"],
        &["ami-0123456789abcdef0", "--to", "eu-west-1"],
        &["app-webb", "--to", "eu-west-1"],
        &["app-web-*", "--to", "eu-west-1"],
        &["golden-linux-20260222", "--to", "eu-west-1"],
        &["latest:nothing-*", "--to", "eu-west-1"],
        &["latest:", "--to", "eu-west-1"],
    ];
    for case in cases {
        commands.run(&[&["copy"], *case].concat());
    }
    let options: &[&[&str]] = &[
        &["--tag", "Team"],
        &["--tag", "aws:x=1", "--snapshot-tag", "=1"],
        &["--tag", "a=1", "--tag", "a=2"],
        &["--name", "{nmae}"],
        &["--name", "x"],
        &["--description", "{name"],
        &["--kms-key-id", "web"],
        &["--kms-key-id", "alias/a", "--kms-key-id", "alias/b"],
        &["--kms-key-id", "europe=alias/a"],
        &["--kms-key-id", "eu-west-1=alias/nothing"],
        &["--kms-key-id", "alias/a", "--no-encrypted"],
        &["--snapshot-copy-completion-duration-minutes", "20"],
        &["--destination-outpost-arn", "op-1"],
        &["--destination-availability-zone", "us-west-2-lax-1a"],
        &["--share-with", "12345"],
        &["--share-snapshots"],
        &["--deprecate-at", "tomorrow"],
        &["--deprecate-at", "2020-01-01"],
        &["--protect=never"],
        &["--client-token", "with space"],
        &["--public", "--yes"],
        &["--preset", "none"],
        &["--timeout", "2h"],
        &["--wait", "--timeout", "soon"],
        &["--read-only"],
    ];
    for options in options {
        commands.run(&[&["copy", WEB], &to[..], *options].concat());
    }
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
    insta::assert_snapshot!(transcript(&commands));
}

#[test]
fn plan_files_are_written_and_read() {
    let mut commands = commands();
    let options = ["copy", WEB, "app-web-2026.00014", "--to", "eu-west-1,eu-west-2", "--tag", "Team=web", "--protect"];
    commands.run(&[&options[..], &["--print-plan", "--output", "json"]].concat());
    let plan = commands.run(&[&options[..], &["--print-plan"]].concat()).stdout;
    let path = commands.home.path().join("plan.toml");
    let file = path.to_str().expect("UTF-8").to_owned();
    fs::write(&path, plan).expect("a file");
    commands.run(&["copy", "--from-file", &file, "--check"]);
    commands.run(&["copy", "--from-file", &file, "--output", "ids"]);
    commands.run(&["copy", "--from-file", &file]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 4);
    let entry = |text: &str| format!("[[copies]]\nimages = [\"{WEB}\"]\nto = [\"eu-west-3\"]\n{text}");
    for text in [
        "",
        "copies = []",
        "[[copies]]\nimages = [\"ami-1\"]\n",
        "[[copies]]\nto = [\"eu-west-1\"]\n",
        &entry("nmae = \"x\"\n"),
        &entry("name = \"{nmae}\"\n"),
        &entry("tags = [\"Team\"]\n"),
        &entry("snapshot_copy_completion_duration_minutes = 20\n"),
        &entry(&entry("")),
        &[WEB, "app-web-2026.00014"].map(|image| entry("client_token = \"mine\"\n").replace(WEB, image)).concat(),
        "{\"copies\": [{\"images\": [1]}]}",
        "{\"copies\": [{\"images\": [\"ami-1\"],\n  \"too\": []}]}",
    ] {
        fs::write(&path, text).expect("a file");
        commands.run(&["copy", "--from-file", &file]);
    }
    commands.run(&["copy", "--from-file", &file, "--name", "x"]);
    commands.run_with_input(&["copy", "--from-file", "-", "--dry-run"], &entry(""));
    commands.run_with_input(&["copy", "--from-file", "-"], "");
    insta::assert_snapshot!(transcript(&commands));
}

/// What it printed, of a command that succeeded.
#[track_caller]
fn succeeded(output: &Output) -> (serde_json::Value, String) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {stderr}", output.status);
    (serde_json::from_slice(&output.stdout).expect("JSON"), stderr)
}

#[test]
fn hosts_that_cannot_see_each_others_copies_make_one() {
    let commands = commands();
    let arguments = ["copy", WEB, "--to", "eu-west-1,eu-west-2", "--deprecate-at", "90d", "--output", "json"];
    let hosts = unseen_by_each_other(&commands, [&arguments; 2], 2);
    let [first, second] = hosts.map(|output| {
        let (document, _) = succeeded(&output);
        let jobs = document["jobs"].as_array().expect("a list");
        jobs.iter().map(|job| job["image_id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(first, second);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
}

#[test]
fn what_another_host_has_made_in_another_batch_is_looked_up_and_shared() {
    let commands = quick();
    commands.ec2.hold();
    let arguments =
        ["eu-west-1,eu-west-2", "eu-west-2,eu-west-1"].map(|to| ["copy", WEB, "--to", to, "--output", "json"]);
    let hosts = unseen_by_each_other(&commands, [&arguments[0], &arguments[1]], 2);
    let [first, second] = hosts.map(|output| {
        let (document, _) = succeeded(&output);
        let jobs = document["jobs"].as_array().expect("a list");
        jobs.iter().filter_map(|job| job["image_id"].as_str().map(str::to_owned)).collect::<BTreeSet<_>>()
    });
    assert_eq!(first, second);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
}

#[test]
fn two_stores_and_two_processes_of_one_at_the_same_moment_make_nothing_twice() {
    let commands = quick();
    let home = tempfile::tempdir().expect("a directory");
    let arguments = ["copy", WEB, "--to", "eu-west-1,eu-west-2,eu-west-3", "--output", "json"];
    let children = [
        spawn(commands.command(&arguments)),
        spawn(commands.command(&arguments)),
        spawn(on_another_host(&commands, home.path(), &arguments)),
    ];
    for child in children {
        let (document, stderr) = succeeded(&child.wait_with_output().expect("it ends"));
        let count = |list: &str| document[list].as_array().map_or(0, Vec::len);
        assert_eq!(count("jobs") + count("skipped"), 3, "{document} {stderr}");
    }
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 3);
}

#[test]
fn a_copy_whose_image_is_gone_is_made_again() {
    let mut commands = quick();
    commands.ec2.hold();
    let ids = |commands: &mut Commands| {
        let ended = commands.run(&["copy", WEB, "--to", "eu-west-1", "--output", "ids"]);
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let first = ids(&mut commands);
    assert_eq!(ids(&mut commands), first, "it is under way");
    // It has been seen, so that it is not merely too new to be listed.
    let wait = ["copy", WEB, "--to", "eu-west-1", "--wait", "--timeout", "3s"];
    assert_eq!(commands.run(&wait).status, Some(4));
    commands.ec2.with(|w| {
        let now = jiff::Timestamp::now();
        let copy = w.copies(now).into_iter().find(|copy| copy.image.id.as_str() == first.trim()).expect("it is there");
        w.deregister_as_other_user(&copy.region, &copy.image.id, false, now).expect("it is there");
    });
    assert_eq!(commands.run(&wait[..5]).status, Some(1), "{}", commands.transcript());
    assert_ne!(ids(&mut commands), first, "EC2 would answer the same token with the image that is gone");
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
}

#[test]
fn a_copy_that_was_killed_is_completed_by_running_it_again() {
    for stage in [RequestStage::Received, RequestStage::CarriedOut, RequestStage::Answered] {
        let commands = quick();
        let arguments = ["copy", WEB, "--to", "eu-west-1", "--wait", "--output", "json"];
        let child = spawn(commands.command(&arguments));
        let process = Pid::from_raw(i32::try_from(child.id()).expect("an id")).expect("an id");
        // The first one is the dry run.
        commands.ec2.set_kill_point(KillPoint { stage, action: "CopyImage", left: 2, process });
        let killed = child.wait_with_output().expect("it ends");
        commands.ec2.clear_kill_point();
        assert!(!killed.status.success(), "{stage:?}: {}", String::from_utf8_lossy(&killed.stderr));
        let again = spawn(commands.command(&arguments)).wait_with_output().expect("it ends");
        let (document, stderr) = succeeded(&again);
        assert_eq!(document["jobs"][0]["state"], "available", "{stage:?}: {document} {stderr}");
        let third = spawn(commands.command(&arguments)).wait_with_output().expect("it ends");
        let (document, _) = succeeded(&third);
        assert_eq!(document["skipped"][0]["state"], "available", "{stage:?}: {document}");
        assert_eq!(commands.ec2.with(|w| w.copies_made()), 1, "{stage:?}");
    }
}

#[test]
fn an_interrupt_leaves_the_copies() {
    for (signal, status) in [(rustix::process::Signal::INT, 130), (rustix::process::Signal::TERM, 143)] {
        let commands = quick();
        commands.ec2.hold();
        let child = spawn(commands.command(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--wait"]));
        commands.ec2.wait_for_copies(2);
        let process = Pid::from_raw(i32::try_from(child.id()).expect("an id")).expect("an id");
        rustix::process::kill_process(process, signal).expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        assert!(stderr.contains("amigrate watch") && stderr.contains("amigrate cancel"), "{stderr}");
    }
}

#[test]
fn waiting_ends_with_the_copies_or_with_the_time() {
    let mut commands = quick();
    commands.ec2.hold();
    let late = commands.run(&["copy", WEB, "--to", "eu-west-1", "--protect", "--wait", "--timeout", "1s"]);
    assert_eq!(late.status, Some(4), "{}", late.stderr);
    assert!(late.stderr.contains("amigrate wait"), "{}", late.stderr);
    commands.ec2.hurry();
    let done = commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--protect", "--wait", "--output", "json"]);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    let document: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    // One is under way, or has become available in the meantime.
    let count = |list: &str| document[list].as_array().map_or(0, Vec::len);
    assert_eq!((count("jobs") + count("skipped"), count("failures")), (2, 0), "{document}");
}

#[test]
fn what_is_detached_is_carried_out_in_the_background() {
    let commands = quick();
    let run = |arguments: &[&str]| spawn(commands.command(arguments)).wait_with_output().expect("it ends");
    let (document, _) = succeeded(&run(&["copy", WEB, "--to", "eu-west-1", "--detach", "--output", "json"]));
    assert_eq!(document["copies"].as_array().map(Vec::len), Some(1), "{document}");
    commands.ec2.wait_for_copies(1);
    let again = succeeded(&run(&["copy", WEB, "--to", "eu-west-1", "--wait", "--output", "json"])).0;
    let count = |list: &str| again[list].as_array().map_or(0, Vec::len);
    assert_eq!(count("jobs") + count("skipped"), 1, "{again}");
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 1);
}

#[test]
fn many_copies_and_public_ones_are_confirmed() {
    let mut commands = commands();
    commands.settings.push(("AMIGRATE_COPY_CONFIRM_COPIES", "1".into()));
    commands.run(&["copy", WEB, "--to", "eu-west-2,eu-west-3"]);
    commands.run(&["copy", WEB, "--to", "eu-west-2", "--public"]);
    // Whether they would start is said only where they would not.
    commands.run(&["copy", WEB, "--to", "eu-west-2,eu-west-3", "--dry-run"]);
    commands.run(&["copy", WEB, "--to", "eu-west-2,eu-west-3", "--dry-run", "--yes"]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
    commands.run(&["copy", WEB, "--to", "eu-west-2,eu-west-3", "--yes", "--quiet"]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
    insta::assert_snapshot!(transcript(&commands));
}

fn quick() -> Commands {
    let mut commands = Commands::quick();
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}
