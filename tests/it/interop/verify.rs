//! `amigrate verify`, with the differences that boto3 finds.

use std::process::{Command, Output};

use serde_json::Value;

use super::{python, python::scrub, simulator};

const SOURCE: &str = "app-web-2026.00015";
const NAME: &str = "verified";
const TO: &str = "eu-west-2";

fn run(url: &str, home: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amigrate"));
    scrub(&mut command);
    command
        .args(arguments)
        .args(["--endpoint-url", url])
        .envs(["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"].map(|name| (name, home)))
        .env("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false")
        .env("AMIGRATE_POLL_FASTEST_SECONDS", "1");
    command.output().expect("the binary starts")
}

/// What verify printed of the copy.
#[track_caller]
fn verified(url: &str, home: &std::path::Path, status: i32) -> (String, Value) {
    let output = run(url, home, &["verify", NAME, "--region", TO, "--output", "json"]);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stdout}\n{stderr}");
    let document: Value = serde_json::from_str(&stdout).expect("JSON");
    let verification = document["verifications"][0].clone();
    (stdout.into_owned(), verification)
}

/// The parts that differ, as `name`, `tag Team`, and so on.
fn parts(verification: &Value, requested: bool) -> Vec<String> {
    let all = verification["differences"].as_array().expect("a list").iter();
    let wanted = all.filter(|one| one["as_requested"] == requested);
    let name = |one: &Value| format!("{} {}", one["part"], one["key"]).replace('"', "").replace(" null", "");
    wanted.map(name).collect()
}

#[test]
fn boto3_finds_the_same_differences() {
    let Some(python) = python::python() else { return };
    let simulator = simulator::start("demo", 600);
    let (url, home) = (simulator.url.as_str(), tempfile::tempdir().expect("a directory"));
    let copy = ["copy", SOURCE, "--from", "us-east-1", "--to", TO, "--name", NAME, "--kms-key-id", "alias/images"];
    let options =
        ["--copy-image-tags", "--tag", "DR=yes", "--share-with", "222233334444", "--share-snapshots", "--protect"];
    let output = run(url, home.path(), &[&copy[..], &options[..], &["--tag-source", "--wait", "--yes"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let (text, copied) = verified(url, home.path(), 0);
    assert_eq!(copied["result"], "as_requested", "{text}");
    python.check("check_verify.py", &[url, &text]);

    python.check("check_verify.py", &[url, &text, "--change"]);
    let (text, changed) = verified(url, home.path(), 10);
    python.check("check_verify.py", &[url, &text]);
    assert_eq!(changed["result"], "differs");
    let all = parts(&changed, false);
    assert_eq!(all, ["tag App", "tag Team", "launch_permissions"], "{text}");
    // The source's snapshots are shared with somebody now; those of the copy still as requested.
    assert!(parts(&changed, true).contains(&"create_volume_permissions".to_owned()), "{text}");
    // On another host nobody knows what was requested.
    let elsewhere = tempfile::tempdir().expect("a directory");
    let (text, unknown) = verified(url, elsewhere.path(), 10);
    python.check("check_verify.py", &[url, &text]);
    assert_eq!((parts(&unknown, true).len(), unknown.get("job")), (0, None), "{text}");
}
