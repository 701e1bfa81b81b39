//! `amigrate used-by`.

use amigrate::domain::{AccountId, ImageId, image_usage::ReferenceKind};
use jiff::Timestamp;

use super::{
    fixture::Commands,
    orphans::{region, start},
};

const REQUEST: &str = "CreateImageUsageReport";

/// The demo, whose usage reports are available at once.
fn commands() -> Commands {
    let commands = Commands::new("demo");
    commands.ec2.with(|w| w.latencies().usage_report_ms = 0);
    commands
}

/// An image of us-east-1 with such a name: the newest.
fn one_of(commands: &Commands, pattern: &str) -> ImageId {
    let listed = commands.ended(
        &["list", "--name", pattern, "--regions", "us-east-1", "--sort", "creation_date:desc", "--output", "ids"],
        "",
    );
    let id = listed.stdout.lines().next().unwrap_or_else(|| panic!("no {pattern}: {listed:?}"));
    ImageId::new(id).expect("an id")
}

/// What was printed, without the times of the answers, and the days from the simulator's report to this computer's today.
fn timeless(commands: &Commands) -> String {
    let time = regex::Regex::new(r"20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z").expect("a pattern");
    let age = regex::Regex::new(r"is [0-9]+ days old").expect("a pattern");
    age.replace_all(&time.replace_all(commands.transcript(), "TIME"), "is N days old").into_owned()
}

fn requests(commands: &Commands) -> u64 {
    commands.ec2.request_count(REQUEST)
}

#[test]
fn who_uses_an_image_is_said_and_a_report_serves_whoever_deregisters_it() {
    let mut commands = commands();
    commands.run(&["used-by", "latest:base-linux-*", "--output", "csv"]);
    commands.run(&["used-by", "latest:base-linux-*", "--report"]);
    assert_eq!(requests(&commands), 1);
    assert_eq!(commands.ec2.with(|w| w.usage_report_ids(&region("us-east-1"), start())).len(), 1);
    commands.run(&["deregister", "latest:base-linux-*", "--dry-run"]);
    commands.run(&["used-by", "latest:app-web-*"]);
    commands.run(&["used-by", "latest:ci-runner-2*", "--region", "us-west-2", "--report", "--output", "ids"]);
    let audited = commands.ended(&["audit", "--output", "csv"], "").stdout;
    assert!(audited.contains(REQUEST), "{audited}");
    insta::assert_snapshot!(timeless(&commands));
}

#[test]
fn a_report_of_the_last_day_is_read() {
    let commands = Commands::quick();
    commands.ec2.with(|w| w.latencies().usage_report_ms = 0);
    let image = one_of(&commands, "base-linux-*");
    let made =
        commands.ec2.with(|w| w.request_usage_report_as_other_user(&region("us-east-1"), &image, Timestamp::now()));
    assert!(made.is_ok(), "{made:?}");
    let image = image.as_str();
    for arguments in [&["used-by", image, "--output", "json"][..], &["used-by", image, "--report", "--output", "json"]]
    {
        let ended = commands.ended(arguments, "");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let report = &document["usage"]["usage_report"];
        let accounts = report["account_uses"].as_array().map(Vec::len);
        assert_eq!((report["state"].as_str(), accounts), (Some("available"), Some(3)), "{document}");
    }
    assert_eq!(requests(&commands), 0, "another's report is not requested again");
}

#[test]
fn what_cannot_be_known_is_said() {
    let mut commands = commands();
    commands.run(&["used-by", "latest:base-linux-*", "--report", "--read-only"]);
    commands.ec2.with(|w| w.policy().deny("*ImageUsageReports"));
    commands.run(&["used-by", "latest:base-linux-*"]);
    commands.run(&["used-by", "ami-0123456789abcdef0", "--region", "us-east-1"]);
    let golden =
        commands.ended(&["list", "--owner", "210987654321", "--region", "us-east-1", "--output", "ids"], "").stdout;
    let golden = golden.lines().next().expect("a shared image").to_owned();
    commands.run(&["used-by", &golden, "--region", "us-east-1"]);
    insta::assert_snapshot!(timeless(&commands));
}

#[test]
fn a_report_that_is_not_there_in_time_goes_on() {
    let commands = Commands::new("demo");
    let ended = commands.ended(&["used-by", "latest:base-linux-*", "--report", "--timeout", "0s"], "");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert!(ended.stderr.contains("unknown (EC2 is making a usage report, since 2026-03-01 12:00 UTC)"), "{ended:?}");
    assert_eq!(requests(&commands), 1);
    commands.ec2.with(|w| w.latencies().usage_report_ms = 0);
    let ended = commands.ended(&["used-by", "latest:base-linux-*", "--output", "json"], "");
    assert!(ended.stdout.contains("210987654321"), "{ended:?}");
}

#[test]
fn a_hostile_report_reaches_no_terminal_raw() {
    let commands = commands();
    let image = one_of(&commands, "app-db-*");
    let account = AccountId::new("999999999999").expect("an account");
    let kind = ReferenceKind::Instance;
    commands.ec2.with(|w| w.add_use(&region("us-east-1"), &image, &account, kind, u64::MAX / 4));
    commands.ec2.with(|w| w.fail_usage_reports(&region("us-east-1"), "no\u{1b}[2J\u{202e}"));
    let ended = commands.ended(&["used-by", image.as_str(), "--report"], "");
    assert!(ended.stderr.contains("failed: no [2J") && !ended.stderr.contains('\u{1b}'), "{ended:?}");
    assert_eq!((requests(&commands), ended.status), (1, Some(1)), "{ended:?}");
    // No row is not "nobody".
    for format in ["ids", "csv", "json"] {
        let ended = commands.ended(&["used-by", image.as_str(), "--report", "--output", format], "");
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(format == "json" || ended.stderr.contains("used by other accounts: unknown"), "{ended:?}");
    }
}

#[test]
fn two_hosts_read_one_report() {
    let commands = Commands::quick();
    commands.ec2.with(|w| w.latencies().usage_report_ms = 0);
    let image = one_of(&commands, "base-linux-*");
    let report = |commands: &Commands| commands.ended(&["used-by", image.as_str(), "--report", "--output", "csv"], "");
    let first = report(&commands);
    let second = report(&commands);
    assert_eq!((first.status, second.status, requests(&commands)), (Some(0), Some(0), 1), "{first:?} {second:?}");
    let uses = |csv: &str| csv.lines().filter(|line| line.contains("usage_report")).count();
    assert_eq!((uses(&first.stdout), uses(&second.stdout)), (3, 3), "{first:?} {second:?}");
}

#[test]
fn a_launch_template_of_an_old_version_counts() {
    let commands = commands();
    let image = one_of(&commands, "app-db-*");
    let region = region("us-east-1");
    let (kind, template) = (ReferenceKind::LaunchTemplate, "launch-template/lt-0123456789abcdef0");
    commands.ec2.with(|w| w.add_reference_of_version(&region, &image, kind, template, 300));
    let ended = commands.ended(&["used-by", image.as_str(), "--report", "--output", "csv"], "");
    assert!(ended.stdout.contains("lt-0123456789abcdef0"), "{ended:?}");
    assert!(ended.stdout.contains("usage_report"), "the report has counted it: {ended:?}");
}
