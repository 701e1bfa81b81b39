//! Time scales of the embedded EC2 for a client with the machine's clock: our own program, on the real SDK.

use std::{path::Path, process::Command};

use jiff::Timestamp;
use serde_json::Value;

use super::{python::scrub, simulator};

const SOURCE: &str = "app-web-2026.00015";

/// Runs the program to its end, which must be a good one, and returns what it printed.
#[track_caller]
fn run(home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amigrate"));
    scrub(&mut command);
    command
        .args(arguments)
        .envs(["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"].map(|name| (name, home)))
        .env("AMIGRATE_POLL_FASTEST_SECONDS", "1");
    let output = command.output().expect("the binary starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout.into_owned()
}

/// The names and dates of the account's images, newest first.
fn created(home: &Path, url: &str) -> Vec<(Timestamp, String)> {
    let listed =
        run(home, &["list", "--all-regions", "--output", "json", "--endpoint-url", url, "--region", "us-east-1"]);
    let images: Value = serde_json::from_str(&listed).expect("JSON");
    let dated = |image: &Value| {
        let date = image["creation_date"].as_str().expect("a date").parse().expect("a date");
        (date, image["name"].as_str().expect("a name").to_owned())
    };
    let mut all: Vec<_> = images["images"].as_array().expect("images").iter().map(dated).collect();
    all.sort_by(|a, b| b.cmp(a));
    all
}

#[test]
fn nothing_is_dated_after_the_clients_now_at_any_scale() {
    for scale in [600, 1] {
        let simulator = simulator::start("demo", scale);
        let home = tempfile::tempdir().expect("a directory");
        for (name, to) in [("first", "eu-west-2"), ("second", "us-west-1")] {
            // A time-based copy of a quarter of an hour takes a second and a half at 600.
            let waited: &[&str] =
                if scale == 600 { &["--wait", "--snapshot-copy-completion-duration-minutes", "15"] } else { &[] };
            let before = Timestamp::now();
            let asked = ["copy", SOURCE, "--to", to, "--name", name, "--endpoint-url", &simulator.url];
            run(home.path(), &[&asked[..], &["--region", "us-east-1"], waited].concat());
            let all = created(home.path(), &simulator.url);
            let now = Timestamp::now();
            assert!(all.len() > 50, "{}", all.len());
            let (newest, its_name) = &all[0];
            assert_eq!(its_name, name, "the newest image is the copy just made");
            // EC2 gives milliseconds.
            assert!(before.as_millisecond() <= newest.as_millisecond() && *newest <= now, "{before} {newest} {now}");
        }
    }
}

#[test]
fn the_demo_in_lines_takes_a_scale_and_ends_well() {
    let home = tempfile::tempdir().expect("a directory");
    let said = run(home.path(), &["demo", "--time-scale", "600"]);
    assert!(
        said.starts_with("DEMO demo: an embedded EC2 whose copies go 600 times as fast; nothing is real\n"),
        "{said}"
    );
    assert_eq!(said.matches(": available ami-").count(), 2, "{said}");
}
