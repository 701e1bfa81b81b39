//! `amigrate copy` with everything set, read back by boto3; and on moto.

use std::process::{Command, Output};

use super::{
    moto, python,
    python::{Python, scrub},
    simulator,
};

const SOURCE: &str = "app-web-2026.00015";
const SOURCE_ID: &str = "ami-0e08b0725bbdc99e7";
const NAME: &str = "by-the-command";
const TO: &str = "eu-west-2";
const FRIEND: &str = "222233334444";
const ORGANIZATION: &str = "arn:aws:organizations::123456789012:organization/o-abcdef1234";
const DEPRECATION: &str = "2034-05-06T07:08:00.000Z";

fn copy(url: &str, home: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amigrate"));
    scrub(&mut command);
    command
        .arg("copy")
        .args(arguments)
        .args(["--endpoint-url", url, "--region", "us-east-1"])
        .envs(["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"].map(|name| (name, home)))
        .env("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false")
        .env("AMIGRATE_POLL_FASTEST_SECONDS", "1");
    command.output().expect("the binary starts")
}

#[track_caller]
fn succeeds(url: &str, home: &std::path::Path, arguments: &[&str]) -> String {
    let output = copy(url, home, arguments);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout.into_owned()
}

/// Everything that a copy to a region can have.
const EVERYTHING: &[&str] = &[
    SOURCE,
    "--to",
    TO,
    "--name",
    NAME,
    "--description",
    "all of {source_id}",
    "--encrypted",
    "--kms-key-id",
    "eu-west-2=alias/images",
    "--copy-image-tags",
    "--tag",
    "SourceAMI={source_id}",
    "--snapshot-tag",
    "Of=everything",
    "--snapshot-copy-completion-duration-minutes",
    "15",
    "--client-token",
    "token-of-mine",
    "--share-with",
    FRIEND,
    "--share-with",
    ORGANIZATION,
    "--share-snapshots",
    "--deprecate-at",
    DEPRECATION,
    "--protect=with-cooldown",
    "--tag-source",
];

fn stands(python: &Python, url: &str, name: &str) {
    let expected = serde_json::json!({
        "state": "available",
        "description": format!("all of {SOURCE_ID}"),
        "source": SOURCE_ID,
        "source_region": "us-east-1",
        "encrypted": [true],
        "public": false,
        "launch_permissions": [FRIEND, ORGANIZATION],
        "volume_permissions": [[FRIEND]],
        "deprecation": DEPRECATION,
        "protection": "enabled-with-cooldown",
        "transfer_types": ["time-based"],
        "minutes": [15],
        "tags": { "SourceAMI": SOURCE_ID, "Team": "web" },
        "snapshot_tags": { "Of": "everything" },
        "keys": "alias/images",
        "copied_to": true,
    });
    python.check("check_copy.py", &[url, TO, name, &expected.to_string()]);
}

#[test]
fn everything_that_copy_is_told_stands_as_asked() {
    let Some(python) = python::python() else { return };
    // Fifteen minutes of a time-based copy are under two seconds.
    let simulator = simulator::start("demo", 600);
    let home = tempfile::tempdir().expect("a directory");
    succeeds(&simulator.url, home.path(), &[EVERYTHING, &["--wait"]].concat());
    // The other members belong to other places: `requests` sends them.
    let elsewhere = ["DestinationOutpostArn", "DestinationAvailabilityZone", "DestinationAvailabilityZoneId"];
    python.check("check_requests.py", &[&[simulator.url.as_str(), "CopyImage"], &elsewhere[..]].concat());
    stands(&python, &simulator.url, NAME);

    // The same from a plan file, under another name.
    let other = format!("{NAME}-2");
    let mut options = EVERYTHING.to_vec();
    (options[4], options[18]) = (&other, "another-token");
    let plan = succeeds(&simulator.url, home.path(), &[&options[..], &["--print-plan"]].concat());
    let file = home.path().join("plan.toml");
    std::fs::write(&file, plan).expect("a file");
    let file = file.to_str().expect("UTF-8");
    succeeds(&simulator.url, home.path(), &["--from-file", file, "--if-exists", "copy", "--wait"]);
    stands(&python, &simulator.url, &other);
}

#[test]
fn copy_works_on_moto_and_makes_nothing_twice() {
    let Some(python) = python::python() else { return };
    let moto = moto::start(&python);
    let home = tempfile::tempdir().expect("a directory");
    succeeds(&moto.url, home.path(), &[&moto.name, "--to", "eu-west-1", "--check"]);
    succeeds(&moto.url, home.path(), &[&moto.name, "--to", "eu-west-1", "--wait"]);
    // moto does not say what an image is a copy of, so it may be another's of the same name.
    let again = copy(&moto.url, home.path(), &[&moto.image, "--to", "eu-west-1", "--wait"]);
    let errors = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(1), "{errors}");
    assert!(errors.contains("nothing new was started"), "{errors}");
    python.check("check_moto.py", &[&moto.url, "eu-west-1", &moto.name]);
}
