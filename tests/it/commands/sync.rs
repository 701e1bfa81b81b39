//! `amigrate sync`: the plan, and what is copied by it.

use std::{collections::BTreeSet, fs, io::BufRead as _, process::Stdio};

use amigrate::sim::ChangeKind;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    fixture::{Commands, Ended},
    hosts::{on_another_host, unseen_by_each_other},
};
use crate::support::ec2_server::{KillPoint, RequestStage};

/// The demo's images of the web team's application.
pub(crate) const WEB: &[&str] = &["sync", "--from", "us-east-1", "--to", "eu-west-1", "--match", "tag:App=web"];

pub(crate) fn quick() -> Commands {
    let mut commands = Commands::quick();
    // No process is to outlive the test.
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

pub(crate) fn run(commands: &Commands, more: &[&str]) -> Ended {
    commands.ended(&[WEB, more].concat(), "")
}

/// The actions that a run prints, which ends with this status.
#[track_caller]
pub(crate) fn actions(commands: &Commands, more: &[&str], status: i32) -> Vec<Value> {
    let ended = run(commands, &[more, &["--output", "json"]].concat());
    assert_eq!(ended.status, Some(status), "{}{}", ended.stdout, ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    document["actions"].as_array().expect("a list").clone()
}

/// The images of an action, with the result of each.
pub(crate) fn of(actions: &[Value], action: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let chosen = actions.iter().filter(|one| one["action"] == action);
    let what = |one: &Value| text(&one["image_id"]);
    chosen.map(|one| (what(one), text(one.get("result").unwrap_or(&one["reason"])))).collect()
}

pub(crate) fn results(actions: &[Value], action: &str) -> BTreeSet<String> {
    of(actions, action).into_iter().map(|(_, result)| result).collect()
}

/// The changes of a kind that were made through the API.
pub(crate) fn changes(commands: &Commands, kind: &ChangeKind) -> usize {
    commands.ec2.with(|world| world.changes().iter().filter(|change| change.kind == *kind).count())
}

#[test]
fn the_plan_is_printed_and_nothing_is_done() {
    let mut commands = Commands::new("demo");
    commands.run(&[WEB, &["--keep", "2"]].concat());
    commands.run(&[WEB, &["--keep", "1", "--output", "json"]].concat());
    commands.run(&["sync", "--from", "us-east-1", "--to", "eu-west-1", "--match", "tag:App=nothing"]);
    commands.run(&[
        "sync",
        "--from",
        "us-east-1",
        "--to",
        "eu-west-1",
        "--match",
        "tag:App=nothing",
        "--fail-if-empty",
    ]);
    commands.run(&[WEB, &["--apply", "--read-only"]].concat());
    commands.ec2.with(|world| world.policy().deny("DescribeImages"));
    commands.run(&[WEB, &["--keep", "2"]].concat());
    assert_eq!(commands.ec2.request_count("CopyImage"), 0);
    // It covers all that is requested of the copies, also what later versions add.
    let is_digest = |line: &&str| line.trim_start().starts_with("\"digest\": ");
    let (digest, rest): (Vec<&str>, Vec<&str>) = commands.transcript().lines().partition(is_digest);
    assert!(matches!(digest[..], [line] if line.len() == "  \"digest\": \"\",".len() + 64), "{digest:?}");
    insta::assert_snapshot!(rest.join("\n"));
}

#[test]
fn what_cannot_be_is_said_with_its_place() {
    let mut commands = Commands::new("demo");
    let file = |name: &str, text: &str| {
        let path = commands.home.path().join(name);
        fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let policy = |name: &str, from: &str, to: &str, more: &str| {
        format!("[[policy]]\nname = \"{name}\"\nfrom = \"{from}\"\nto = [\"{to}\"]\nmatch = \"tag:App=web\"\n{more}\n")
    };
    let (there, back) = (policy("there", "us-east-1", "eu-west-1", ""), policy("back", "eu-west-1", "us-east-1", ""));
    let circle = file("circle.toml", &format!("{there}{back}"));
    let conflict = format!("{there}{}", policy("other", "us-east-1", "eu-west-1", "image_name = \"{name}-dr\""));
    let conflict = file("conflict.toml", &conflict);
    let (first, second) = (file("there.toml", &there), file("back.toml", &back));
    let own = file("own.toml", &policy("own", "us-east-1", "us-east-1", ""));
    let retire = file("retire.toml", &policy("retire", "us-east-1", "eu-west-1", "retire = \"disable\""));
    let mistyped = file("mistyped.toml", &policy("mistyped", "us-east-1", "eu-wset-1", ""));
    let filter = file("filter.toml", &there.replace("tag:App=web", "stat:available"));
    let preset = file("preset.toml", &policy("preset", "us-east-1", "eu-west-1", "preset = \"none\""));
    for files in [
        vec![&circle],
        vec![&conflict],
        vec![&first, &second],
        vec![&own],
        vec![&retire],
        vec![&mistyped],
        vec![&filter],
        vec![&preset],
    ] {
        let mut arguments = vec!["sync", "--apply"];
        for file in &files {
            arguments.extend(["--policy", file.as_str()]);
        }
        let ended = commands.run(&arguments);
        assert_eq!(ended.status, Some(2), "{}", ended.stderr);
    }
    for arguments in [&["--retire", "disable"][..], &["--keep", "0"], &["--wait"], &["--policy", "dr.toml"]] {
        assert_eq!(run(&commands, arguments).status, Some(2), "{arguments:?}");
    }
    assert_eq!(commands.ec2.request_count("CopyImage"), 0);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn regions_are_in_sync_after_one_run_and_the_next_copies_nothing() {
    let commands = quick();
    let planned = actions(&commands, &["--keep", "3"], 10);
    assert_eq!(of(&planned, "copy").len(), 3, "{planned:?}");
    let made = actions(&commands, &["--keep", "3", "--apply", "--wait"], 0);
    assert_eq!(results(&made, "copy"), ["available".to_owned()].into());
    let requests = commands.ec2.request_count("CopyImage");
    let again = actions(&commands, &["--keep", "3", "--apply", "--wait"], 0);
    assert_eq!(
        (of(&again, "copy").len(), of(&again, "skip").iter().filter(|(_, why)| why == "exists").count()),
        (0, 3)
    );
    assert_eq!(actions(&commands, &["--keep", "3"], 0).len(), again.len());
    assert_eq!(commands.ec2.request_count("CopyImage"), requests, "not even a dry run");
    let copies = commands.ec2.with(|world| world.copies(Timestamp::now()));
    let tagged = copies.iter().filter(|copy| copy.image.tags.iter().any(|tag| &*tag.key == "amigrate:sync"));
    let expected = |image: &amigrate::domain::Image| {
        format!("us-east-1/{}/eu-west-1", image.source_image_id.as_ref().expect("a source"))
    };
    for copy in tagged.clone() {
        assert_eq!(copy.image.tag("amigrate:sync"), Some(expected(&copy.image).as_str()));
    }
    assert_eq!(tagged.count(), 3);
}

#[test]
fn without_waiting_the_copies_are_under_way() {
    let commands = quick();
    commands.ec2.hold();
    let made = actions(&commands, &["--keep", "2", "--apply"], 0);
    assert_eq!(results(&made, "copy"), ["pending".to_owned()].into());
    let again = actions(&commands, &["--keep", "2"], 0);
    assert_eq!(of(&again, "skip").iter().filter(|(_, why)| why == "pending").count(), 2);
    commands.ec2.hurry();
    let waited = actions(&commands, &["--keep", "2", "--apply", "--wait"], 0);
    assert_eq!(commands.ec2.with(|world| world.copies_made()), 2, "{waited:?}");
}

#[test]
fn two_hosts_at_once_make_one_image_each() {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    let arguments = [WEB, &["--keep", "2", "--apply", "--output", "ids"]].concat();
    let images = unseen_by_each_other(&commands, [&arguments; 2], 2).map(|host| {
        assert!(host.status.success(), "{}", String::from_utf8_lossy(&host.stderr));
        String::from_utf8_lossy(&host.stdout).lines().map(str::to_owned).collect::<BTreeSet<_>>()
    });
    assert_eq!((images[0].len(), &images[0]), (2, &images[1]));
    assert_eq!(commands.ec2.with(|world| world.copies_made()), 2);
}

#[test]
fn sync_and_a_person_who_copies_at_the_same_moment_make_one_image() {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    let planned = actions(&commands, &["--keep", "1"], 10);
    let source = planned.iter().find(|one| one["action"] == "copy").expect("a copy")["source_image_id"].clone();
    let by_hand = ["copy", source.as_str().expect("an id"), "--to", "eu-west-1", "--output", "ids"];
    let sync = [WEB, &["--keep", "1", "--apply", "--output", "ids"]].concat();
    let images = unseen_by_each_other(&commands, [&by_hand, &sync], 1).map(|host| {
        assert!(host.status.success(), "{}", String::from_utf8_lossy(&host.stderr));
        String::from_utf8_lossy(&host.stdout).trim().to_owned()
    });
    assert!(images[0].starts_with("ami-") && images[0] == images[1], "{images:?}");
    assert_eq!(commands.ec2.with(|world| world.copies_made()), 1);
}

#[test]
fn killed_in_between_the_next_run_completes_it() {
    for (stage, left) in [(RequestStage::Received, 3), (RequestStage::CarriedOut, 3), (RequestStage::Answered, 4)] {
        let commands = quick();
        let arguments = [WEB, &["--keep", "2", "--apply", "--wait"]].concat();
        let mut child =
            commands.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
        // A dry run, and the copies.
        commands.ec2.set_kill_point(KillPoint { stage, action: "CopyImage", left: left - 1, process });
        assert!(!child.wait().expect("a child").success(), "{stage:?}: it was not killed");
        commands.ec2.clear_kill_point();
        let ended = run(&commands, &["--keep", "2", "--apply", "--wait"]);
        assert_eq!(ended.status, Some(0), "{stage:?}: {}", ended.stderr);
        assert_eq!(commands.ec2.with(|world| world.copies_made()), 2, "{stage:?}");
        assert_eq!(run(&commands, &["--keep", "2"]).status, Some(0), "{stage:?}");
    }
}

#[test]
fn policies_of_a_file_are_applied_by_another_host_after_the_first_was_killed() {
    let commands = quick();
    let path = commands.home.path().join("dr.toml");
    let text = "[[policy]]\nname = \"web\"\nfrom = \"us-east-1\"\nto = [\"eu-west-1\", \"eu-west-2\"]\nmatch = \"tag:App=web\"\nkeep = 1\n\
                [[policy]]\nname = \"api\"\nfrom = \"us-east-1\"\nto = [\"eu-west-1\"]\nmatch = \"tag:App=api\"\nimage_name = \"{name}-dr\"\nkeep = 1\n";
    fs::write(&path, text).expect("a file");
    let arguments = ["sync", "--policy", path.to_str().expect("UTF-8"), "--apply", "--wait"];
    let mut child =
        commands.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    commands.ec2.wait_for_copies(1);
    child.kill().expect("it runs");
    let said: Vec<String> =
        std::io::BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok).collect();
    child.wait().expect("a child");
    let other = tempfile::tempdir().expect("a directory");
    let ended = on_another_host(&commands, other.path(), &arguments).output().expect("it runs");
    assert!(ended.status.success(), "{said:?} {}", String::from_utf8_lossy(&ended.stderr));
    // The first host may have copies in its queue, which it completes when it runs again.
    let ended = commands.ended(&arguments, "");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let copies = commands.ec2.with(|world| world.copies(Timestamp::now()));
    let ours = copies.iter().filter(|copy| copy.image.tag("amigrate:sync").is_some());
    let routes: Vec<(String, String)> =
        ours.map(|copy| (copy.region.to_string(), copy.image.name.to_string())).collect();
    assert_eq!((routes.len(), routes.iter().collect::<BTreeSet<_>>().len()), (3, 3), "{routes:?}");
}
