//! `amigrate sync` where something is wrong: copies that fail, regions that do not answer, hosts and people that want something else.

use std::process::Child;

use amigrate::{
    domain::{ImageId, ImageState, Region},
    sim::{
        ChangeKind, CopySeen,
        faults::{FaultKind, Rule},
    },
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    fixture::Commands,
    hosts::{on_another_host, spawn},
    sync::{WEB, actions, changes, of, quick, results, run},
    sync_retiring::{RETIRE, slow, three_copies},
};

fn region(name: &str) -> Region {
    Region::new(name).expect("a region")
}

/// The copies of sync that are so.
fn in_state(commands: &Commands, state: ImageState) -> Vec<ImageId> {
    let is_so = |copy: &CopySeen| copy.image.state == state && copy.image.tag("amigrate:sync").is_some();
    let copies = commands.ec2.with(|world| world.copies(Timestamp::now()));
    copies.into_iter().filter(is_so).map(|copy| copy.image.id).collect()
}

/// Lets the copy that a process has just begun fail, and returns its image and the status.
fn fail(commands: &Commands, child: Child, begun: u64) -> (ImageId, Option<i32>) {
    commands.ec2.wait_for_copies(begun);
    let [image] = in_state(commands, ImageState::Pending).try_into().expect("one copy");
    let failed = commands.ec2.with(|world| world.fail_copy(&region("eu-west-1"), &image, "no key", Timestamp::now()));
    failed.expect("it is under way");
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&ended.stdout).trim(), "", "a failed copy is no new image");
    (image, ended.status.code())
}

#[test]
fn copies_that_fail_every_night_leave_one_image_and_none_once_one_is_made() {
    let commands = quick();
    commands.ec2.hold();
    let arguments = [WEB, &["--keep", "1", "--apply", "--wait", "--output", "ids"]].concat();
    let mut last = None;
    for night in 1..=3 {
        let (failed, status) = fail(&commands, spawn(commands.command(&arguments)), night);
        assert_eq!(status, Some(1));
        assert_eq!(in_state(&commands, ImageState::Failed), std::slice::from_ref(&failed), "night {night}");
        last = Some(failed);
    }
    commands.ec2.hurry();
    let made = commands.ended(&arguments, "");
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    assert!(made.stdout.starts_with("ami-") && !made.stdout.contains(last.expect("one").as_str()), "{}", made.stdout);
    assert_eq!(in_state(&commands, ImageState::Failed), [], "{}", made.stderr);
    assert_eq!(changes(&commands, &ChangeKind::Deregistered), 3);
}

#[test]
fn what_a_copy_of_another_host_has_left_that_failed_long_ago_goes() {
    // In this world all of it happens months ago.
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    let made = commands.ended(&[WEB, &["--keep", "1", "--apply", "--output", "ids"]].concat(), "");
    let failed = ImageId::new(made.stdout.trim()).expect("an id");
    let start = super::fixture::START.parse().expect("a time");
    commands.ec2.with(|world| world.fail_copy(&region("eu-west-1"), &failed, "no key", start)).expect("it is pending");
    let other = tempfile::tempdir().expect("a directory");
    let on_other = |more: &[&str]| {
        let arguments = [WEB, &["--keep", "1", "--output", "json"], more].concat();
        let ended = on_another_host(&commands, other.path(), &arguments).output().expect("it runs");
        let document: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
        (ended.status.code(), document["actions"].as_array().expect("a list").clone())
    };
    let (status, planned) = on_other(&[]);
    assert_eq!((status, of(&planned, "remove")), (Some(10), vec![(failed.to_string(), "failed".to_owned())]));
    let (status, done) = on_other(&["--apply"]);
    assert_eq!(
        (status, of(&done, "remove")),
        (Some(0), vec![(failed.to_string(), "deregistered".to_owned())]),
        "{done:?}"
    );
    assert_eq!(
        (results(&done, "copy"), commands.ec2.with(|world| world.copies_made())),
        (["pending".into()].into(), 2)
    );
}

#[test]
fn a_disabled_copy_that_is_wanted_again_is_a_failure() {
    let (commands, copies) = three_copies();
    actions(&commands, &[RETIRE, &["disable"]].concat(), 0);
    for more in [&[][..], &["--apply", "--wait"]] {
        let ended = run(&commands, &[&["--keep", "3"], more].concat());
        assert_eq!(ended.status, Some(1), "{}", ended.stdout);
        for copy in &copies[1..] {
            let what_to_do = format!("aws ec2 enable-image --region eu-west-1 --image-id {copy}");
            assert!(ended.stderr.contains(&what_to_do), "{}", ended.stderr);
        }
    }
}

#[test]
fn hosts_that_keep_different_numbers_do_not_undo_each_other() {
    let (commands, copies) = three_copies();
    let requests = commands.ec2.request_count("CopyImage");
    // One host keeps three, the other one.
    for _ in 0..2 {
        let one = ["--keep", "1", "--min-age", "0d", "--retire", "deregister", "--apply", "--wait", "--yes"];
        let kept = actions(&commands, &one, 0);
        for copy in &copies[1..] {
            assert!(of(&kept, "keep").contains(&(copy.clone(), "other_keep".to_owned())), "{kept:?}");
        }
        actions(&commands, &["--keep", "3", "--apply", "--wait"], 0);
    }
    assert_eq!((changes(&commands, &ChangeKind::Deregistered), commands.ec2.request_count("CopyImage")), (0, requests));
    // One that keeps more has nothing against it.
    let two = ["--keep", "2", "--min-age", "0d", "--retire", "deregister", "--override-keep"];
    assert_eq!(of(&actions(&commands, &two, 10), "retire").len(), 1);
}

#[test]
fn what_was_retired_is_told_when_a_later_region_fails() {
    let commands = quick();
    let both = |more: &[&'static str]| [&["--to", "eu-west-2"], more].concat();
    actions(&commands, &both(&["--keep", "3", "--apply", "--wait"]), 0);
    slow(&commands, "DisableImage");
    let old =
        ["--keep", "2", "--override-keep", "--min-age", "0d", "--retire", "disable", "--apply", "--wait", "--yes"];
    let arguments = [WEB, &both(&old), &["--output", "json"]].concat();
    let child = spawn(commands.command(&arguments));
    commands.ec2.wait_for_requests("DisableImage", 1);
    let rule = Rule::new("DescribeImages", FaultKind::Deny).in_region(region("eu-west-2"));
    commands.ec2.with(|world| world.faults().add(rule));
    let ended = child.wait_with_output().expect("it ends");
    let document: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    let retired: Vec<&Value> =
        document["actions"].as_array().expect("a list").iter().filter(|one| one["action"] == "retire").collect();
    let of_region = |name: &str| {
        let one = retired.iter().find(|one| one["region"] == name).expect("one in each region");
        (one["result"].as_str().expect("a result"), one["reason"].as_str().expect("a reason"))
    };
    assert_eq!(of_region("eu-west-1"), ("disabled", "disable"), "{document}");
    assert_eq!(of_region("eu-west-2"), ("deferred", "not_listed"), "{document}");
    assert_eq!((ended.status.code(), changes(&commands, &ChangeKind::Disabled)), (Some(3), 1));
    assert!(document["failures"].to_string().contains("eu-west-2"), "{document}");
}

#[test]
fn a_deregistration_that_is_stored_is_pending_whatever_ends_the_run() {
    let (mut commands, _) = three_copies();
    commands.settings.push(("AMIGRATE_JOBS_LOGIN_TIMEOUT_HOURS", "0".into()));
    commands.ec2.with(|world| world.faults().add(Rule::new("DeregisterImage", FaultKind::Expired)));
    let done = actions(&commands, &[RETIRE, &["deregister"]].concat(), 3);
    let mut became: Vec<String> = of(&done, "retire").into_iter().map(|(_, result)| result).collect();
    became.sort();
    assert!(became.contains(&"pending".to_owned()), "{done:?}");
    assert_eq!(changes(&commands, &ChangeKind::Deregistered), 0);
}
