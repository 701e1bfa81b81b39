//! What is printed when a part of what was requested cannot be read: the rest, what is missing, and a status that says so.

use std::fs;

use amigrate::{
    domain::{ImageId, Region},
    engine::{BatchId, Job, JobId, JobState},
    sim::faults::{FaultKind, Rule},
};

use super::{
    fixture::{Commands, Ended, START},
    map,
};

fn fault(commands: &Commands, action: &str, kind: FaultKind, region: Option<&str>) {
    let rule = Rule::new(action, kind);
    let region = region.map(|name| Region::new(name).expect("a region"));
    let rule = match region {
        Some(region) => rule.in_region(region),
        None => rule,
    };
    commands.ec2.with(|w| w.faults().add(rule));
}

fn json(ended: &Ended) -> serde_json::Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"))
}

/// An image of the account in us-east-1.
fn image(commands: &Commands) -> String {
    commands.ec2.newest("us-east-1", "app-db-").0.to_string()
}

#[test]
fn no_region_is_read_beyond_the_limit() {
    let commands = Commands::new("demo");
    let calls = |flags: &[&str]| {
        let before = commands.ec2.request_count("DescribeImages");
        let ended = commands.ended(&[&["list"], flags].concat(), "");
        assert_eq!(ended.status, Some(0), "{flags:?}: {}", ended.stderr);
        (
            json(&ended)["images"].as_array().expect("a list").len(),
            commands.ec2.request_count("DescribeImages") - before,
        )
    };
    assert_eq!(calls(&["--limit", "2", "--output", "json"]), (2, 1));
    assert_eq!(calls(&["--regions", "us-east-1,eu-west-1", "--limit", "7", "--output", "json"]), (7, 2));
    assert_eq!(calls(&["--public", "--limit", "3", "--output", "json"]), (3, 1));
    // Sorted, all of them are read, a thousand at a time.
    assert_eq!(calls(&["--limit", "2", "--sort", "name", "--output", "json"]), (2, 1));
}

#[test]
fn regions_that_ec2_does_not_tell_are_missed() {
    let mut commands = Commands::new("demo");
    let all = commands.ended(&["list", "--all-regions", "--output", "ids"], "");
    assert_eq!((all.status, all.stderr.as_str()), (Some(0), ""));
    let image = image(&commands);
    fault(&commands, "DescribeRegions", FaultKind::Deny, None);
    let listed = commands.ended(&["list", "--all-regions", "--output", "json"], "");
    assert_eq!(json(&listed)["images"].as_array().map(Vec::len), Some(all.stdout.lines().count()));
    assert_eq!(json(&listed)["failures"][0]["code"], "UnauthorizedOperation", "{listed:?}");
    let columns = ["--columns", "region,name", "--match", "tag:Team=none"];
    commands.run(&[&["list", "--all-regions"], &columns[..]].concat());
    commands.run(&["map", "--name", "base-linux*", "--format", "env"]);
    commands.run(&["show", &image, "--output", "ids"]);
    commands.run(&["show", "ami-00000000000000000"]);
    commands.run(&["wait", "ami-00000000000000000"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn an_image_of_a_named_region_is_shown_without_the_regions_of_its_copies() {
    let mut commands = Commands::new("demo");
    let image = image(&commands);
    fault(&commands, "DescribeRegions", FaultKind::Deny, None);
    commands.run(&["show", &image, "--region", "us-east-1"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn several_refusals_are_told_one_by_one() {
    let mut commands = Commands::new("demo");
    let image = image(&commands);
    for region in ["eu-west-1", "eu-west-2"] {
        fault(&commands, "DescribeImages", FaultKind::AuthFailure, Some(region));
    }
    for action in ["DescribeImageAttribute", "GetImageAncestry"] {
        fault(&commands, action, FaultKind::AuthFailure, None);
    }
    commands.run(&["show", &image, "--output", "ids"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn images_are_printed_although_sts_is_out_of_reach() {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_AWS_ATTEMPTS", "1".into()));
    fault(&commands, "DescribeImages", FaultKind::Expired, Some("eu-west-1"));
    fault(&commands, "GetCallerIdentity", FaultKind::Html, None);
    let regions = ["--regions", "eu-west-1,us-west-2", "--name", "ci-runner-arm64*", "--columns", "region,name"];
    for format in ["table", "json"] {
        let ended = commands.run(&[&["list"], &regions[..], &["--output", format]].concat());
        assert!(ended.stdout.contains("ci-runner-arm64-20260227"), "{ended:?}");
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn nothing_is_begun_on_standard_output_before_there_is_something_to_print() {
    let commands = Commands::new("demo");
    for format in ["json", "csv"] {
        let ended = commands.ended(&["list", "--regions", "eu-wset-1", "--output", format], "");
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    }
    let none = ["list", "--match", "no-such-thing", "--columns", "name", "--output"];
    assert_eq!(commands.ended(&[&none[..], &["csv"]].concat(), "").stdout, "name\n");
    let document = json(&commands.ended(&[&none[..], &["json"]].concat(), ""));
    assert_eq!(document, serde_json::json!({ "images": [], "failures": [] }));
}

#[test]
fn disabled_images_are_listed_by_the_accounts_id_and_deprecated_ones_if_asked_for() {
    let commands = Commands::new("demo");
    let ids = |flags: &[&str]| {
        let ended = commands.ended(&[&["list", "--all-regions", "--output", "ids"], flags].concat(), "");
        assert_eq!(ended.status, Some(0), "{flags:?}: {}", ended.stderr);
        ended.stdout.lines().count()
    };
    let disabled = ["--filter", "Name=state,Values=disabled"];
    assert_ne!(ids(&disabled), 0, "the world has one");
    assert_eq!(ids(&[&["--owner", "123456789012"], &disabled[..]].concat()), ids(&disabled));
    assert!(ids(&["--owner", "amazon", "--include-deprecated"]) > ids(&["--owner", "amazon"]));
}

#[test]
fn a_damaged_store_is_told_and_left_where_it_is() {
    let mut commands = Commands::new("demo");
    let image = image(&commands);
    let file = commands.home.path().join("amigrate/jobs.db");
    fs::create_dir_all(file.parent().expect("a directory")).expect("it is made");
    fs::write(&file, "this was a database once").expect("a file");
    commands.run(&["show", &image]);
    commands.run(&["show", &image, "--output", "ids"]);
    commands.run(&["jobs", "--output", "json"]);
    commands.run(&["audit"]);
    commands.run(&["map", "--batch", "batch-1"]);
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "this was a database once");
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_batch_of_several_images_is_not_mapped_as_one() {
    let mut commands = Commands::new("demo");
    let available = |n: u8| JobState::Available { image: ImageId::new(&format!("ami-{n:017}")).expect("an id") };
    let jobs = [("batch-both", 1), ("batch-both", 2)].map(|(batch, n)| {
        let mut request = map::request("eu-west-1", n.into());
        request.source = ImageId::new(&format!("ami-{:017}", 100 + n)).expect("an id");
        let mut job = Job::new(JobId(n.into()), BatchId::new(batch), request, START.parse().expect("a time"));
        job.state = available(n);
        job
    });
    map::keep_jobs(&commands, jobs, START.parse().expect("a time"));
    commands.run(&["map", "--batch", "batch-both", "--format", "env"]);
    insta::assert_snapshot!(commands.transcript());
}
