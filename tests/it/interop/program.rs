//! Our program on moto: an EC2 that copies at once, knows no progress, and answers HTTP 500 to what it does not know.

use std::process::Command;

use super::{
    moto::{self, Moto},
    python::{self, scrub},
};
use crate::support::pty::{Program, Pty};

#[test]
fn our_program_lists_motos_images_as_lines() {
    let Some(python) = python::python() else { return };
    let moto = moto::start(&python);
    let home = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_amigrate"));
    scrub(&mut command);
    let output = command
        .args(["--plain", "--endpoint-url", &moto.url, "--region", "us-east-1"])
        .envs(["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"].map(|name| (name, home.path())))
        .output()
        .expect("the binary starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    // moto reports 15 GiB for every image and drops the architecture.
    let expected = format!("us-east-1 {} 15G - available - {}", moto.image, moto.name);
    assert_eq!(stdout.lines().collect::<Vec<_>>(), [expected], "{stderr}");
}

fn screen(moto: &Moto, home: &std::path::Path) -> Pty {
    Program::new(env!("CARGO_BIN_EXE_amigrate"), &["--endpoint-url", &moto.url, "--region", "us-east-1"])
        .home(home)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .start(120, 30)
}

/// Waits for a text on the screen, then types.
#[track_caller]
fn then(pty: &mut Pty, shown: &str, keys: &str) {
    pty.wait_for(shown, |text| text.contains(shown));
    pty.keys(keys);
}

#[test]
fn our_program_copies_on_moto() {
    let Some(python) = python::python() else { return };
    let moto = moto::start(&python);
    let home = tempfile::tempdir().expect("a directory");
    let mut pty = screen(&moto, home.path());
    pty.wait_for("the list and the account", |text| text.contains(&moto.image) && text.contains("123456789012"));
    pty.keys("c");
    then(&mut pty, "press Enter to choose regions", "\r");
    then(&mut pty, "ap-northeast-1", "/eu-west-1");
    pty.wait_for("the one region", |text| text.contains("eu-west-1") && !text.contains("ap-northeast-1"));
    pty.keys("\r\r");
    then(&mut pty, "Start 1 copy", "\x13");
    then(&mut pty, "Ready: Ctrl-s starts", "\x13");
    pty.wait_for("the end of the copy", |text| text.contains("available ami-") && text.contains("1 available"));
    pty.keys("q");
    assert!(pty.wait_exit().success());
    python.check("check_moto.py", &[&moto.url, "eu-west-1", &moto.name]);
}
