//! `amigrate list`.

use std::fs;

use amigrate::{
    domain::Region,
    sim::faults::{FaultKind, Rule},
};

use super::fixture::Commands;

#[test]
fn the_home_region_is_listed() {
    let mut commands = Commands::new("demo");
    commands.run(&["list", "--limit", "4"]);
    commands.run(&["list", "--limit", "2", "--output", "ids"]);
    commands.run(&["list", "--limit", "2", "--output", "csv"]);
    commands.run(&["list", "--limit", "2", "--output", "json"]);
    commands.run(&["list", "--limit", "1", "--output", "jsonl"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn regions_are_chosen_by_flag_setting_or_home() {
    let mut commands = Commands::new("demo");
    let columns = ["--columns", "region,name", "--sort", "name", "--limit", "4"];
    commands.run(&[&["list", "--regions", "eu-west-1,us-west-2"], &columns[..]].concat());
    commands.run(&[&["list", "--region", "eu-west-1"], &columns[..]].concat());
    commands.settings.push(("AMIGRATE_BROWSE_REGIONS", "us-west-2,eu-central-1".into()));
    commands.run(&[&["list"], &columns[..]].concat());
    commands.run(&["list", "--regions", "eu-wset-1"]);
    commands.run(&["list", "--region", "eu-wset-1"]);
    commands.run(&["list", "--regions", "me-south-1"]);
    commands.run(&["list", "--regions", "Frankfurt"]);
    commands.run(&["list", "--regions", "all", "--all-regions"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_is_listed_is_narrowed_by_ec2_and_by_the_screens_filter() {
    let mut commands = Commands::new("demo");
    let columns = ["--columns", "image_id,size_gib,encrypted,owner_id,image_owner_alias,name", "--limit", "3"];
    // Columns are also called what their headings on a terminal say.
    commands.run(&["list", "--columns", "size,ENC,Created,name", "--sort", "size:desc", "--limit", "2"]);
    for narrowed in [
        &["--owner", "amazon", "--name", "al2023*"][..],
        &["--owner", "self", "--owner", "aws-marketplace", "--sort", "size_gib:desc"],
        &["--shared"],
        &["--public", "--name", "hardened*"],
        &["--public"],
        &["--filter", "Name=architecture,Values=arm64,i386", "--filters", "Name=name,Values=app-*"],
        &["--match", "enc:yes db", "--sort", "creation_date"],
        &["--match", "no-such-thing"],
        &["--match", "no-such-thing", "--quiet"],
        &["--match", "no-such-thing", "--regions", "eu-west-1,us-west-2"],
        &["--match", "/^app-db/ !pending size:>=100 age:<3y"],
        &["--match", "~apdb"],
        &["--match", "apdb"],
    ] {
        commands.run(&[&["list"], narrowed, &columns].concat());
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn wrong_arguments_are_told_with_what_was_meant() {
    let mut commands = Commands::new("demo");
    for wrong in [
        &["--public"][..],
        &["--owner", "amzon"],
        &["--owner", "12345"],
        &["--filter", "architecture=arm64"],
        &["--filter", "Name=architectur,Values=arm64"],
        &["--sort", "nmae"],
        &["--sort", "name:down"],
        &["--columns", "nmae"],
        &["--limit", "0"],
        &["--match", "/web(/"],
        &["--match", "age:30d"],
    ] {
        commands.run(&[&["list"], wrong].concat());
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_region_that_fails_is_named_and_the_others_are_listed() {
    let mut commands = Commands::new("demo");
    let fault = |kind, region| Rule::new("DescribeImages", kind).in_region(Region::new(region).expect("a region"));
    commands.ec2.with(|w| w.faults().add(fault(FaultKind::Deny, "eu-west-1")));
    let regions =
        ["list", "--regions", "eu-west-1,us-west-2", "--name", "ci-runner-arm64*", "--columns", "region,name"];
    commands.run(&regions);
    commands.run(&[&regions[..], &["--output", "json"]].concat());
    commands.run(&["list", "--regions", "eu-west-1", "--output", "ids"]);
    commands.ec2.with(|w| w.faults().add(fault(FaultKind::Html, "us-west-2")));
    commands.settings.push(("AMIGRATE_AWS_ATTEMPTS", "1".into()));
    commands.run(&regions);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn remembered_regions_are_listed_at_once_and_checked_beside() {
    let commands = Commands::new("demo");
    let ids = |flags: &[&str]| {
        let ended = commands.ended(&[&["list", "--all-regions", "--output", "ids"], flags].concat(), "");
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
        let mut ids: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    };
    let all = ids(&[]);
    assert_eq!(commands.ec2.request_count("DescribeRegions"), 1);
    assert_eq!(commands.ec2.request_count("GetCallerIdentity"), 0, "a listing does not wait for STS");
    let file = commands.home.path().join("amigrate/enabled-regions.json");
    let kept = fs::read_to_string(&file).expect("they are remembered");
    // One that is not enabled any more, and one that is so since.
    let changed = kept.replace("eu-west-1", "me-south-1");
    assert_ne!(changed, kept);
    fs::write(&file, changed).expect("a file");
    assert_eq!(ids(&[]), all);
    assert_eq!(fs::read_to_string(&file).expect("a file"), kept);

    commands.ec2.with(|w| w.faults().add(Rule::new("DescribeRegions", FaultKind::Deny)));
    let ended = commands.ended(&["list", "--all-regions", "--output", "ids"], "");
    assert_eq!(ended.stdout.lines().count(), all.len(), "they stand while EC2 does not tell");
    assert!(ended.status == Some(3) && ended.stderr.contains("others may be missing"), "{}", ended.stderr);
    fs::remove_file(&file).expect("a file");
    let ended = commands.ended(&["list", "--all-regions"], "");
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("ec2:DescribeRegions"), "{}", ended.stderr);
}

#[test]
fn credentials_that_do_not_work_are_told_once() {
    let mut commands = Commands::new("demo");
    let works = commands.ended(&["list", "--all-regions", "--output", "ids"], "");
    assert_eq!(works.status, Some(0), "{}", works.stderr);
    commands.ec2.with(|w| w.faults().add(Rule::new("*", FaultKind::Expired)));
    commands.run(&["list", "--all-regions"]);
    commands.settings.extend([("AWS_ACCESS_KEY_ID", String::new()), ("AWS_SECRET_ACCESS_KEY", String::new())]);
    commands.run(&["list"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn hostile_text_is_harmless_in_every_format() {
    let mut commands = Commands::new("hostile");
    let listed = ["list", "--sort", "image_id", "--match", "esc", "--columns", "name,description,tags"];
    for format in ["table", "csv", "json", "jsonl"] {
        let ended = commands.run(&[&listed[..], &["--output", format]].concat());
        let harmless = |c: char| c == '\n' || c == '\t' && format == "table" || amigrate::domain::text::harmless(c);
        assert!(ended.stdout.chars().all(harmless), "{format}: {:?}", ended.stdout);
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn without_a_terminal_the_command_that_was_meant_is_named() {
    let mut commands = Commands::new("demo");
    commands.run(&[]);
    commands.settings.push(("AMIGRATE_BROWSE_REGIONS", "us-west-2,eu-central-1".into()));
    commands.run(&["--plain"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_full_disk_is_an_error_and_a_reader_that_has_gone_is_none() {
    let commands = Commands::new("demo");
    for format in ["table", "csv", "json", "jsonl", "ids"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let ended = commands.command(&["list", "--output", format]).stdout(full).output().expect("it ends");
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{format}: {errors}");
        assert!(errors.starts_with("amigrate: write the output: No space left"), "{format}: {errors}");

        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = commands.command(&["list", "--output", format]).stdout(writer).output().expect("it ends");
        assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0), "{format}");
    }
}
