//! The AWS CLI commands that the form and a job's details show, run by shells: as lines, and as the one line that a selection on
//! a screen may make of them. Nothing runs after what failed.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use amigrate::domain::{AccountId, CopyRequest, LaunchPermission, PostCopyStep};

use super::{python, simulator};
use crate::processes::fixture::ProcessFixture;

const FRIEND: &str = "222233334444";
const TO: &str = "eu-west-2";

/// Writes down each call. The image is pending once, then in `$STATE`; the action `$FAIL` fails.
const STUB: &str = r#"#!/bin/sh
cd "$DIR" || exit 9
echo "$*" >> calls
[ "$2" = "$FAIL" ] && exit 254
case "$2 $3" in
copy-image*) echo ami-9 ;;
describe-image-attribute*) echo "$PERMISSIONS" ;;
'wait image-available') [ "$STATE" = available ] ;;
describe-images*)
    case "$*" in
    *SnapshotId*) echo "$SNAPSHOTS" ;;
    *) [ -e asked ] && echo "$STATE" || echo pending; : > asked ;;
    esac ;;
esac
"#;

fn request(fixture: &ProcessFixture, name: &str) -> CopyRequest {
    let account = || AccountId::new(FRIEND).expect("digits");
    CopyRequest {
        post_copy: vec![
            PostCopyStep::CopyLaunchPermissions,
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account())]),
            PostCopyStep::SnapshotPermissions(vec![account()]),
            PostCopyStep::Deprecation("2034-05-06T07:08:00Z".parse().expect("a time")),
            PostCopyStep::DeregistrationProtection { cooldown: true },
            PostCopyStep::SourceTag,
        ],
        ..fixture.request(name, TO, 7)
    }
}

fn executable(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::write(&path, text).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// The shells of this machine.
fn shells() -> impl Iterator<Item = &'static str> {
    let here = |shell: &&str| Command::new(shell).args(["-c", ":"]).status().is_ok_and(|s| s.success());
    ["sh", "bash", "dash", "zsh"].into_iter().filter(here)
}

/// Runs commands with the programs in a directory before all others.
fn run(shell: &str, commands: &str, dir: &Path, settings: &[(&str, &str)]) -> (bool, String) {
    let path = format!("{}:{}", dir.display(), std::env::var("PATH").expect("a path"));
    let mut command = Command::new(shell);
    python::scrub(&mut command);
    command.args(["-c", commands]).env("PATH", path).envs(settings.iter().copied());
    let output = command.output().expect("the shell starts");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Returns what the stub was called with.
fn calls(shell: &str, commands: &str, settings: &[(&str, &str)]) -> (bool, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    executable(dir.path(), "aws", STUB);
    executable(dir.path(), "sleep", "#!/bin/sh\n");
    let defaults = [
        ("STATE", "available"),
        ("PERMISSIONS", r#"[{"UserId":"1"}]"#),
        ("SNAPSHOTS", "snap-1\tsnap-2"),
        ("FAIL", "-"),
    ];
    let home = dir.path().display().to_string();
    let all: Vec<_> = [("DIR", home.as_str())].into_iter().chain(defaults).chain(settings.iter().copied()).collect();
    let (success, errors) = run(shell, commands, dir.path(), &all);
    assert!(!errors.contains("rror:") && !errors.contains("syntax"), "{shell}: {errors}");
    let calls = fs::read_to_string(dir.path().join("calls")).unwrap_or_default();
    (success, calls.lines().map(str::to_owned).collect())
}

/// Settings of the stub, whether all goes well, and the actions called.
type Case<'a> = (&'a [(&'a str, &'a str)], bool, &'a [&'a str]);

#[test]
fn nothing_follows_what_failed() {
    const COPIED: [&str; 4] = ["copy-image", "wait", "describe-images", "describe-images"];
    const SHARED: [&str; 3] = ["modify-image-attribute", "describe-images", "modify-snapshot-attribute"];
    let all = [
        &COPIED[..],
        &["wait", "describe-image-attribute", "modify-image-attribute"],
        &SHARED,
        &[
            "modify-snapshot-attribute",
            "enable-image-deprecation",
            "enable-image-deregistration-protection",
            "create-tags",
        ],
    ]
    .concat();
    let nobody = [&all[..6], &all[7..]].concat();
    let cases: [Case<'_>; 8] = [
        (&[], true, &all),
        (&[("PERMISSIONS", "[]")], true, &nobody),
        (&[("PERMISSIONS", "null")], true, &nobody),
        (&[("FAIL", "copy-image")], false, &all[..1]),
        (&[("FAIL", "wait")], false, &all[..2]),
        (&[("STATE", "failed")], false, &all[..5]),
        (&[("FAIL", "modify-snapshot-attribute")], false, &all[..10]),
        (&[("SNAPSHOTS", "")], false, &all[..9]),
    ];
    let lines = request(&ProcessFixture::new(), "it's").aws_cli();
    for shell in shells() {
        for commands in [lines.clone(), lines.replace('\n', " ")] {
            for (settings, success, expected) in &cases {
                let (ended, calls) = calls(shell, &commands, settings);
                let actions: Vec<&str> = calls.iter().filter_map(|call| call.split(' ').nth(1)).collect();
                assert_eq!((ended, &actions[..]), (*success, *expected), "{shell} {settings:?}: {calls:#?}");
            }
        }
    }
    let (_, calls) = calls("sh", &lines, &[]);
    let has = |end: &str| assert!(calls.iter().any(|call| call.ends_with(end)), "{end}: {calls:#?}");
    has(r#"--launch-permission {"Add":[{"UserId":"1"}]}"#);
    has(&format!("--snapshot-id snap-2 --attribute createVolumePermission --operation-type add --user-ids {FRIEND}"));
    has("Key=copied-to:eu-west-2,Value=ami-9");
}

#[test]
fn the_real_aws_cli_does_what_the_lines_say() {
    let Some(python) = python::python() else { return };
    let simulator = simulator::start("demo", 600);
    // The same scenario, so the same images.
    let fixture = ProcessFixture::new();
    let dir = tempfile::tempdir().expect("a directory");
    let cli = python.script("use_awscli.py");
    let packages = cli.get_envs().find(|(name, _)| *name == "PYTHONPATH").and_then(|(_, value)| value?.to_str());
    let settings: Vec<_> =
        packages.map(|path| ("PYTHONPATH", path)).into_iter().chain([("AWS_ENDPOINT_URL", &*simulator.url)]).collect();
    executable(dir.path(), "aws", &format!("#!/bin/sh\nexec '{}' -m awscli \"$@\"\n", cli.get_program().display()));
    executable(dir.path(), "sleep", "#!/bin/sh\n");
    for (n, shell) in shells().take(2).enumerate() {
        let name = format!("by-{shell}");
        let request = request(&fixture, &name);
        let commands = if n == 0 { request.aws_cli().replace('\n', " ") } else { request.aws_cli() };
        let (success, errors) = run(shell, &commands, dir.path(), &settings);
        assert!(success, "{shell}: {errors}");
        let expected = serde_json::json!({
            "state": "available",
            "source": request.source.as_str(),
            "public": false,
            "launch_permissions": [FRIEND],
            "volume_permissions": [[FRIEND]],
            "deprecation": "2034-05-06T07:08:00.000Z",
            "protection": "enabled-with-cooldown",
            "copied_to": true,
        });
        python.check("check_copy.py", &[&simulator.url, TO, &name, &expected.to_string()]);
    }
}
