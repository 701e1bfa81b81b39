//! What `amigrate sync` retires, and what it leaves.

use std::{collections::BTreeSet, process::Stdio};

use amigrate::{
    domain::{ImageId, Region, image_usage::ReferenceKind},
    sim::{
        ChangeKind,
        faults::{FaultKind, Rule},
    },
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    fixture::Commands,
    hosts::spawn,
    sync::{WEB, actions, changes, of, quick, results, run},
};
use crate::support::ec2_server::{KillPoint, RequestStage};

/// The name of a copy that a person has made, in the family of the others.
const BY_HAND: &str = "app-web-0";

/// What lets one that keeps fewer versions retire what was made for one that kept more.
const OVERRIDE: &str = "--override-keep";

/// A world with three copies that sync has made, the newest first, and one that a person has made of the oldest, with its tags.
pub(super) fn three_copies() -> (Commands, Vec<String>) {
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

pub(super) const RETIRE: &[&str] =
    &["--keep", "1", "--min-age", "0d", OVERRIDE, "--apply", "--wait", "--yes", "--retire"];

#[test]
fn old_copies_are_retired_in_each_way() {
    for (mode, result, kind) in [
        ("deprecate", "deprecated", ChangeKind::DeprecationChanged),
        ("disable", "disabled", ChangeKind::Disabled),
        ("deregister", "deregistered", ChangeKind::Deregistered),
    ] {
        let (commands, copies) = three_copies();
        let planned = actions(&commands, &["--keep", "1", "--min-age", "0d", OVERRIDE, "--retire", mode], 10);
        assert_eq!(results(&planned, "retire"), [mode.to_owned()].into(), "{planned:?}");
        let unconfirmed = run(&commands, &["--keep", "1", "--min-age", "0d", OVERRIDE, "--retire", mode, "--apply"]);
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
    let young = ["--keep", "1", OVERRIDE, "--apply", "--wait", "--yes", "--retire", "deregister"];
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
    let retire =
        |keep: &'static str| ["--keep", keep, "--min-age", "0d", OVERRIDE, "--apply", "--yes", "--retire", "disable"];
    let first = actions(&commands, &["--keep", "2", "--apply", "--wait"], 0);
    let newest = ImageId::new(&of(&first, "copy")[0].0).expect("an id");
    let region = Region::new("eu-west-1").expect("a region");
    commands
        .ec2
        .with(|world| world.deregister_as_other_user(&region, &newest, false, Timestamp::now()).expect("it goes"));
    commands.ec2.hold();
    let left = actions(&commands, &retire("1"), 0);
    assert_eq!(
        (results(&left, "copy"), results(&left, "retire")),
        (["pending".to_owned()].into(), ["deferred".to_owned()].into())
    );
    assert!(left.iter().any(|one| one["reason"] == "copies_first"), "{left:?}");
    let waiting = actions(&commands, &retire("1"), 0);
    assert_eq!(
        (results(&waiting, "retire"), changes(&commands, &ChangeKind::Disabled)),
        (["deferred".to_owned()].into(), 0)
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
fn more_than_allowed_are_not_retired_and_what_is_missing_is_copied_all_the_same() {
    let (commands, _) = three_copies();
    let made = || commands.ec2.with(|world| world.copies_made());
    let before = made();
    let done = actions(&commands, &[RETIRE, &["deregister", "--max-retire", "1", "--to", "eu-west-3"]].concat(), 1);
    assert_eq!((results(&done, "copy"), of(&done, "retire").len()), (["available".into()].into(), 0));
    assert_eq!(of(&done, "keep").iter().filter(|(_, why)| why == "refused").count(), 2, "{done:?}");
    assert_eq!((changes(&commands, &ChangeKind::Deregistered), made()), (0, before + 1));
    let refused = run(&commands, &[RETIRE, &["deregister", "--max-retire", "1"]].concat());
    assert!(refused.status == Some(1) && refused.stderr.contains("at most 1"), "{}", refused.stderr);
    // The plan says the same as the run does.
    let planned = ["--keep", "1", "--min-age", "0d", OVERRIDE, "--retire", "deregister", "--max-retire", "1"];
    let planned = actions(&commands, &planned, 1);
    assert!(of(&planned, "retire").is_empty(), "{planned:?}");
    assert_eq!(of(&planned, "keep").iter().filter(|(_, why)| why == "refused").count(), 2, "{planned:?}");
}

/// Starts a run that retires, and sends it SIGINT once EC2 has received so many requests of this action. Returns how it ended.
fn interrupted_at(commands: &Commands, how: &str, action: &str, requests: u64) -> (Option<i32>, Vec<Value>) {
    let before = commands.ec2.request_count(action);
    let arguments = [WEB, RETIRE, &[how, "--output", "json"]].concat();
    let child = spawn(commands.command(&arguments));
    let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    commands.ec2.wait_for_requests(action, before + requests);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("it runs");
    let ended = child.wait_with_output().expect("it ends");
    let document: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    (ended.status.code(), document["actions"].as_array().expect("a list").clone())
}

pub(super) fn slow(commands: &Commands, action: &str) {
    commands.ec2.with(|world| world.faults().add(Rule::new(action, FaultKind::Slow).millis(1_500)));
}

#[test]
fn a_signal_ends_retiring_before_the_next_call() {
    let (commands, copies) = three_copies();
    slow(&commands, "DisableImage");
    let (status, done) = interrupted_at(&commands, "disable", "DisableImage", 1);
    assert_eq!((status, changes(&commands, &ChangeKind::Disabled)), (Some(130), 1), "{done:?}");
    assert_eq!(results(&done, "retire"), ["disabled".to_owned(), "deferred".to_owned()].into());
    assert!(of(&done, "retire").iter().all(|(image, _)| copies[1..].contains(image)));
}

#[test]
fn a_signal_while_it_plans_anew_leaves_nothing_in_the_queue() {
    let (commands, _) = three_copies();
    // The first plan asks once; the one that follows once more.
    slow(&commands, "DescribeImageReferences");
    let (status, done) = interrupted_at(&commands, "deregister", "DescribeImageReferences", 2);
    assert_eq!((status, results(&done, "retire")), (Some(130), ["deferred".to_owned()].into()), "{done:?}");
    let driven = commands.ended(&["drive"], "");
    assert_eq!((driven.status, changes(&commands, &ChangeKind::Deregistered)), (Some(0), 0), "{}", driven.stderr);
}

#[test]
fn the_timeout_bounds_retiring() {
    let (commands, _) = three_copies();
    commands.ec2.with(|world| world.faults().add(Rule::new("DeregisterImage", FaultKind::Throttle)));
    let done = actions(&commands, &[RETIRE, &["deregister", "--timeout", "4s"]].concat(), 4);
    assert!(
        results(&done, "retire").iter().all(|result| matches!(result.as_str(), "pending" | "deferred")),
        "{done:?}"
    );
    assert_eq!(changes(&commands, &ChangeKind::Deregistered), 0);
}

#[test]
fn what_comes_into_use_while_another_is_retired_stays() {
    let (commands, copies) = three_copies();
    slow(&commands, "DisableImage");
    let arguments = [WEB, RETIRE, &["disable", "--output", "json"]].concat();
    let child = spawn(commands.command(&arguments));
    commands.ec2.wait_for_requests("DisableImage", 1);
    let (region, kind) = (Region::new("eu-west-1").expect("a region"), ReferenceKind::LaunchTemplate);
    let other = commands.ec2.with(|world| {
        let gone =
            world.changes().iter().find(|change| change.kind == ChangeKind::Disabled).expect("one").resource.clone();
        let other = copies[1..].iter().find(|copy| **copy != *gone).expect("another").clone();
        let image = ImageId::new(&other).expect("an id");
        world.add_reference(&region, &image, kind, "launch-template/lt-1");
        other
    });
    let ended = child.wait_with_output().expect("it ends");
    let document: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    let done = document["actions"].as_array().expect("a list").clone();
    let kept = done.iter().find(|one| one["image_id"] == other.as_str()).expect("it is named");
    assert_eq!((kept["result"].as_str(), kept["reason"].as_str()), (Some("deferred"), Some("in_use")), "{done:?}");
    assert_eq!(changes(&commands, &ChangeKind::Disabled), 1);
}

#[test]
fn an_image_that_is_being_copied_to_a_region_that_no_policy_names_stays() {
    let (commands, copies) = three_copies();
    commands.ec2.hold();
    let (from, to) = (Region::new("eu-west-1").expect("a region"), Region::new("ap-southeast-2").expect("a region"));
    let source = ImageId::new(&copies[1]).expect("an id");
    commands.ec2.with(|world| {
        world.copy_as_other_user(&to, &source, &from, "by-hand", Timestamp::now()).expect("it is copied");
    });
    let done = actions(&commands, &[RETIRE, &["deregister"]].concat(), 0);
    assert_eq!(of(&done, "retire"), [(copies[2].clone(), "deregistered".to_owned())]);
    assert!(of(&done, "keep").contains(&(copies[1].clone(), "source_of_copies".to_owned())), "{done:?}");
    // Nor does anything go while a region does not tell, which the status says, unless that is left out on purpose.
    let rule = Rule::new("DescribeImages", FaultKind::Deny).in_region(Region::new("ap-south-1").expect("a region"));
    commands.ec2.with(|world| world.faults().add(rule));
    commands.ec2.finish();
    let kept = actions(&commands, &[RETIRE, &["deregister"]].concat(), 3);
    assert!(of(&kept, "keep").contains(&(copies[1].clone(), "copies_unknown".to_owned())), "{kept:?}");
    let said = run(&commands, &["--keep", "1", "--min-age", "0d", OVERRIDE, "--retire", "disable"]);
    assert!(
        said.status == Some(3) && said.stderr.contains("ap-south-1") && said.stderr.contains("--ignore-regions"),
        "{said:?}"
    );
    let wrong = run(&commands, &["--ignore-regions", "eu-west-1"]);
    assert!(wrong.status == Some(2) && wrong.stderr.contains("eu-west-1"), "{}", wrong.stderr);
    let done = actions(&commands, &[RETIRE, &["deregister", "--ignore-regions", "ap-south-1,sa-east-1"]].concat(), 0);
    assert_eq!(of(&done, "retire"), [(copies[1].clone(), "deregistered".to_owned())]);
}

#[test]
fn the_number_of_retired_images_is_typed_on_a_terminal() {
    let (commands, copies) = three_copies();
    let arguments = [WEB, &["--keep", "1", "--min-age", "0d", OVERRIDE, "--apply", "--wait", "--retire"]].concat();
    for (mode, keys, status, disabled) in
        [("deregister", "1\r", 1, 0), ("disable", "1\r", 1, 0), ("disable", "2\r", 0, 2)]
    {
        let mut terminal = commands.on_terminal(&[&arguments[..], &[mode]].concat());
        let asked = terminal
            .wait_for("the question", |text| text.contains("Type 2 to retire 2 images") && text.contains(&copies[1]));
        let warned = asked.contains("Deregistering cannot be undone, unless a Recycle Bin rule");
        assert_eq!(warned, mode == "deregister", "{asked}");
        terminal.keys(keys);
        assert_eq!(terminal.wait_exit().exit_code(), status, "{}", terminal.text());
        assert_eq!(changes(&commands, &ChangeKind::Disabled), disabled);
    }
}

#[test]
fn a_plan_that_is_not_the_one_that_was_confirmed_is_not_carried_out() {
    let (commands, _) = three_copies();
    let arguments = ["--keep", "1", "--min-age", "0d", OVERRIDE, "--retire", "deprecate"];
    let planned = run(&commands, &[&arguments[..], &["--output", "json"]].concat());
    let planned: Value = serde_json::from_str(&planned.stdout).expect("JSON");
    let expected = format!("--expect-plan={}", planned["digest"].as_str().expect("a digest"));
    let apply = ["--apply", "--wait", "--yes", &expected];
    let other = run(&commands, &[&arguments[..], &apply, &["--expect-account=210987654321"]].concat());
    assert!(other.status == Some(3) && other.stderr.contains("210987654321"), "{}", other.stderr);
    let made = commands.ec2.with(|world| world.copies_made());
    let refused = |more: &[&str]| {
        let ended = run(&commands, &[more, &apply].concat());
        let said = ended.stderr.contains("is not what was confirmed") && ended.stderr.contains("Nothing was started");
        assert!(ended.status == Some(1) && said && ended.stdout.is_empty(), "{}{}", ended.stdout, ended.stderr);
        assert_eq!(commands.ec2.with(|world| world.copies_made()), made);
        let done = [ChangeKind::Deregistered, ChangeKind::DeprecationChanged].map(|kind| changes(&commands, &kind));
        assert_eq!(done, [0, 0]);
    };
    // Another way, another region, another encryption: the same images would be named in each.
    refused(&["--keep", "1", "--min-age", "0d", OVERRIDE, "--retire", "deregister"]);
    refused(&[&arguments[..], &["--to", "eu-north-1"]].concat());
    refused(&[&arguments[..], &["--to", "eu-north-1", "--encrypted"]].concat());
    let done = run(&commands, &[&arguments[..], &apply, &["--expect-account=123456789012"]].concat());
    assert_eq!((done.status, changes(&commands, &ChangeKind::DeprecationChanged)), (Some(0), 2), "{}", done.stderr);
}
