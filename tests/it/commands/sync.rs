//! `amigrate sync`: the plan, what is made of it, and what is retired.

use std::{collections::BTreeSet, fs, io::BufRead as _, process::Stdio};

use amigrate::{
    domain::{ImageId, Region, image_usage::ReferenceKind},
    sim::ChangeKind,
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    fixture::{Commands, Ended},
    hosts::{on_another_host, unseen_by_each_other},
};
use crate::support::ec2_server::{KillPoint, RequestStage};

/// The demo's images of the web team's application.
const WEB: &[&str] = &["sync", "--from", "us-east-1", "--to", "eu-west-1", "--match", "tag:App=web"];

fn quick() -> Commands {
    let mut commands = Commands::quick();
    // No process is to outlive the test.
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

fn run(commands: &Commands, more: &[&str]) -> Ended {
    commands.ended(&[WEB, more].concat(), "")
}

/// The actions that a run prints, which ends with this status.
#[track_caller]
fn actions(commands: &Commands, more: &[&str], status: i32) -> Vec<Value> {
    let ended = run(commands, &[more, &["--output", "json"]].concat());
    assert_eq!(ended.status, Some(status), "{}{}", ended.stdout, ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    document["actions"].as_array().expect("a list").clone()
}

/// The images of an action, with the result of each.
fn of(actions: &[Value], action: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let chosen = actions.iter().filter(|one| one["action"] == action);
    let what = |one: &Value| text(&one["image_id"]);
    chosen.map(|one| (what(one), text(one.get("result").unwrap_or(&one["reason"])))).collect()
}

fn results(actions: &[Value], action: &str) -> BTreeSet<String> {
    of(actions, action).into_iter().map(|(_, result)| result).collect()
}

/// The changes of a kind that were made through the API.
fn changes(commands: &Commands, kind: &ChangeKind) -> usize {
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
    insta::assert_snapshot!(commands.transcript());
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
    assert_eq!((of(&again, "copy").len(), of(&again, "skip").iter().filter(|(_, why)| why == "there").count()), (0, 3));
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

/// The name of a copy that a person has made, in the family of the others.
const BY_HAND: &str = "app-web-0";

/// A world with three copies that sync has made, the newest first, and one that a person has made of the oldest, with its tags.
fn three_copies() -> (Commands, Vec<String>) {
    let commands = quick();
    let made = actions(&commands, &["--keep", "3", "--apply", "--wait"], 0);
    let copies: Vec<String> = of(&made, "copy").into_iter().map(|(image, _)| image).collect();
    let (region, oldest) = (Region::new("eu-west-1").expect("a region"), ImageId::new(&copies[2]).expect("an id"));
    commands.ec2.with(|world| {
        let now = Timestamp::now();
        world.copy_with_tags_as_other_user(&region, &oldest, &region, BY_HAND, now).expect("it is copied");
    });
    commands.ec2.finish();
    (commands, copies)
}

const RETIRE: &[&str] = &["--keep", "1", "--min-age", "0d", "--apply", "--wait", "--yes", "--retire"];

#[test]
fn old_copies_are_retired_in_each_way() {
    for (mode, result, kind) in [
        ("deprecate", "deprecated", ChangeKind::DeprecationChanged),
        ("disable", "disabled", ChangeKind::Disabled),
        ("deregister", "deregistered", ChangeKind::Deregistered),
    ] {
        let (commands, copies) = three_copies();
        let planned = actions(&commands, &["--keep", "1", "--min-age", "0d", "--retire", mode], 10);
        assert_eq!(results(&planned, "retire"), [mode.to_owned()].into(), "{planned:?}");
        let unconfirmed = run(&commands, &["--keep", "1", "--min-age", "0d", "--retire", mode, "--apply"]);
        assert!(unconfirmed.status == Some(2) && unconfirmed.stderr.contains("--yes"), "{}", unconfirmed.stderr);
        assert_eq!(changes(&commands, &kind), 0, "nothing has happened so far");
        let retired = actions(&commands, &[RETIRE, &[mode]].concat(), 0);
        let mut images: Vec<(String, String)> = of(&retired, "retire");
        images.sort();
        let mut expected: Vec<(String, String)> =
            copies[1..].iter().map(|image| (image.clone(), result.to_owned())).collect();
        expected.sort();
        assert_eq!(images, expected, "{retired:?}");
        assert_eq!(changes(&commands, &kind), 2);
        assert_eq!(of(&retired, "keep")[0].1, "not_made_by_sync", "{retired:?}");
        let audit = commands.ended(&["audit"], "").stdout;
        assert!(copies[1..].iter().all(|image| audit.contains(image)), "{audit}");
        let again = actions(&commands, &[RETIRE, &[mode]].concat(), 0);
        assert_eq!(of(&again, "retire").len(), 0, "{again:?}");
    }
}

#[test]
fn what_is_used_or_cannot_be_read_or_is_young_stays() {
    let (commands, copies) = three_copies();
    let kept = |commands: &Commands, more: &[&str]| -> BTreeSet<String> {
        let actions = actions(commands, more, 0);
        assert_eq!(of(&actions, "retire").len(), 0, "{actions:?}");
        let reasons = actions.iter().filter(|one| one["action"] == "keep");
        let reasons = reasons.map(|one| one["reason"].as_str().unwrap_or_default().to_owned());
        reasons.filter(|reason| reason != "not_made_by_sync").collect()
    };
    let young = ["--keep", "1", "--apply", "--wait", "--yes", "--retire", "deregister"];
    assert_eq!(kept(&commands, &young), ["too_young".to_owned()].into());
    let region = Region::new("eu-west-1").expect("a region");
    let second = ImageId::new(&copies[1]).expect("an id");
    commands.ec2.with(|world| {
        world.add_reference(&region, &second, ReferenceKind::LaunchTemplate, "launch-template/lt-1");
    });
    let third = ImageId::new(&copies[2]).expect("an id");
    commands.ec2.with(|world| {
        world.add_reference(&region, &third, ReferenceKind::Instance, "instance/i-1");
    });
    let deregister = [RETIRE, &["deregister"]].concat();
    assert_eq!(kept(&commands, &deregister), ["in_use".to_owned()].into());
    commands.ec2.with(|world| world.policy().deny("DescribeImageReferences"));
    assert_eq!(kept(&commands, &deregister), ["usage_unknown".to_owned()].into());
    assert_eq!(changes(&commands, &ChangeKind::Deregistered), 0);
}

#[test]
fn without_waiting_retiring_is_left_to_the_next_run() {
    let commands = quick();
    let retire = |keep: &'static str| ["--keep", keep, "--min-age", "0d", "--apply", "--yes", "--retire", "disable"];
    // The second newest image first: the newest is not there yet as far as the policy knows.
    let older = ["--match", "name:app-web-2026.00014"];
    let first = commands.ended(&[&WEB[..5], &older, &["--apply", "--wait"]].concat(), "");
    assert_eq!(first.status, Some(0), "{}", first.stderr);
    commands.ec2.hold();
    let left = actions(&commands, &retire("1"), 0);
    assert_eq!(
        (results(&left, "copy"), results(&left, "retire")),
        (["pending".to_owned()].into(), ["left".to_owned()].into())
    );
    assert!(left.iter().any(|one| one["reason"] == "copies_first"), "{left:?}");
    let waiting = actions(&commands, &retire("1"), 0);
    assert_eq!(
        (results(&waiting, "retire"), changes(&commands, &ChangeKind::Disabled)),
        (["left".to_owned()].into(), 0)
    );
    commands.ec2.hurry();
    let waited = [&retire("1")[..], &["--wait"]].concat();
    assert_eq!(results(&actions(&commands, &waited, 0), "retire"), ["disabled".to_owned()].into());
    assert_eq!(changes(&commands, &ChangeKind::Disabled), 1);
}

#[test]
fn killed_while_it_deregisters_the_next_run_completes_it() {
    for stage in [RequestStage::Received, RequestStage::CarriedOut] {
        let (commands, _) = three_copies();
        let arguments = [WEB, RETIRE, &["deregister"]].concat();
        let mut child =
            commands.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
        commands.ec2.set_kill_point(KillPoint { stage, action: "DeregisterImage", left: 1, process });
        assert!(!child.wait().expect("a child").success(), "{stage:?}: it was not killed");
        commands.ec2.clear_kill_point();
        actions(&commands, &[RETIRE, &["deregister"]].concat(), 0);
        assert_eq!(changes(&commands, &ChangeKind::Deregistered), 2, "{stage:?}");
        let under_way = commands.ended(&["jobs", "--output", "json"], "").stdout;
        assert!(!under_way.contains("\"cancelling\""), "{stage:?}: {under_way}");
        assert_eq!(of(&actions(&commands, &["--keep", "1"], 0), "retire").len(), 0);
    }
}

#[test]
fn more_than_allowed_are_not_retired_and_nothing_else_is_done() {
    let (commands, _) = three_copies();
    let refused = run(&commands, &[RETIRE, &["deregister", "--max-retire", "1", "--to", "eu-west-3"]].concat());
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("at most 1"), "{}", refused.stderr);
    assert_eq!((changes(&commands, &ChangeKind::Deregistered), commands.ec2.with(|w| w.copies_made())), (0, 3));
}

#[test]
fn the_number_of_retired_images_is_typed_on_a_terminal() {
    let (commands, copies) = three_copies();
    let arguments = [WEB, &["--keep", "1", "--min-age", "0d", "--apply", "--wait", "--retire", "disable"]].concat();
    for (keys, status, disabled) in [("1\r", 1, 0), ("2\r", 0, 2)] {
        let mut terminal = commands.on_terminal(&arguments);
        terminal
            .wait_for("the question", |text| text.contains("Type 2 to retire 2 images") && text.contains(&copies[1]));
        terminal.keys(keys);
        assert_eq!(terminal.wait_exit().exit_code(), status, "{}", terminal.text());
        assert_eq!(changes(&commands, &ChangeKind::Disabled), disabled);
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
