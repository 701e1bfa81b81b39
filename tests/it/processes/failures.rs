//! A store that cannot be used: the screen says so, images can still be browsed, and the file is left alone.

use std::{
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::Command,
};

use super::fixture::{Drive, ProcessFixture};
use crate::support::pty::Pty;

/// Checks a screen that has no store.
fn looks_only(mut screen: Pty, why: &str) {
    let text = screen.wait_for("the images, and what is wrong", |t| {
        t.contains("app-web-") && !t.contains("listing") && t.contains("JOBS: VIEW ONLY") && t.contains(why)
    });
    assert!(!text.contains("panicked"), "{text}");
    // Images are there to be read.
    screen.keys("d");
    screen.wait_for("an image's details", |t| t.contains("root device type"));
    screen.keys("\x1b");
    screen.wait_for("the list again", |t| t.contains("q quit") && !t.contains("root device type"));
    screen.keys("q");
    assert!(screen.wait_exit().success(), "{}", screen.text());
}

/// Runs a command to its end; gives its status and standard error.
fn refused(fixture: &ProcessFixture, command: Command) -> String {
    let mut drive = Drive::start(command, fixture);
    let status = drive.wait();
    assert_eq!(status.code(), Some(1), "{}\n{}", drive.said(), drive.errors());
    drive.errors()
}

#[test]
fn a_newer_store_is_left_alone() {
    let fixture = ProcessFixture::new();
    drop(fixture.store());
    let file = fixture.dir().join("jobs.db");
    let newer = rusqlite::Connection::open(&file).expect("it opens");
    newer.pragma_update(None, "user_version", 99).expect("it is writable");
    // Nothing of it is left in the log beside the file.
    newer.pragma_update(None, "journal_mode", "delete").expect("nobody else has it open");
    drop(newer);
    let before = fs::read(&file).expect("it is there");

    let errors = refused(&fixture, fixture.command(&["drive"]));
    assert!(errors.contains("newer amigrate"), "{errors}");
    let errors = refused(&fixture, fixture.command(&["jobs"]));
    assert!(errors.contains("newer amigrate"), "{errors}");
    looks_only(fixture.screen(), "newer amigrate");
    assert!(fs::read(&file).expect("it is there") == before, "the file was touched");
}

#[test]
fn a_damaged_store_is_set_aside_and_said() {
    for by_screen in [false, true] {
        let fixture = ProcessFixture::new();
        fs::create_dir_all(fixture.dir()).expect("a directory");
        fs::write(fixture.dir().join("jobs.db"), "this was a database once".repeat(100)).expect("a file");
        if by_screen {
            let mut screen = fixture.screen();
            screen.wait_for("what is wrong", |t| t.contains("store of jobs was damaged"));
            screen.wait_for("the images", |t| t.contains("app-web-"));
            screen.keys("q");
            assert!(screen.wait_exit().success(), "{}", screen.text());
        } else {
            let mut drive = fixture.drive();
            assert!(drive.wait().success(), "{}", drive.errors());
            assert!(drive.errors().contains("store of jobs was damaged"), "{}", drive.errors());
        }
        let kept: Vec<_> = fs::read_dir(fixture.dir())
            .expect("it is there")
            .filter_map(|e| e.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("jobs-damaged-"))
            .collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        let text = fs::read_to_string(fixture.dir().join(&kept[0])).expect("it is readable");
        assert!(text.starts_with("this was a database once"));
        // What came in its place can be used.
        fixture.ask_copies("after", 1);
        let mut drive = fixture.drive();
        assert!(drive.wait().success(), "{}", drive.errors());
        fixture.finish_copies();
        fixture.agrees();
    }
}

#[test]
fn a_directory_that_cannot_be_written_stops_no_browsing() {
    let fixture = ProcessFixture::new();
    fs::create_dir_all(fixture.dir()).expect("a directory");
    let _writable_again = ReadOnly::make(&fixture);
    let program = env!("CARGO_BIN_EXE_amigrate");
    // Root ignores permissions unless it drops the capability.
    let root = rustix::process::geteuid().is_root();
    let as_anybody = ["--bounding-set", "-dac_override,-dac_read_search", "--", program];

    let command = if root {
        fixture.command_of("setpriv", &[&as_anybody[..], &["drive"]].concat())
    } else {
        fixture.command(&["drive"])
    };
    let errors = refused(&fixture, command);
    assert!(errors.contains("must be able to read and write"), "{errors}");
    let screen = if root { fixture.screen_by("setpriv", &as_anybody) } else { fixture.screen() };
    looks_only(screen, "ermission denied");
}

struct ReadOnly(std::path::PathBuf);

impl ReadOnly {
    fn make(fixture: &ProcessFixture) -> Self {
        fs::set_permissions(fixture.dir(), Permissions::from_mode(0o500)).expect("it is ours");
        Self(fixture.dir())
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, Permissions::from_mode(0o700));
    }
}

/// A program that makes its child believe that everything is on a network file system.
const ON_NFS: &str = "mount --bind \"$0\" /proc/$$/mountinfo && exec \"$@\"";

#[test]
#[cfg(target_os = "linux")]
fn on_a_network_file_system_images_can_be_browsed_and_nothing_is_copied() {
    let mut fixture = ProcessFixture::new();
    let mounts = fixture.home.path().join("mounts");
    fs::write(&mounts, "22 1 8:1 / / rw - nfs4 files:/root rw\n").expect("a file");
    let mounts = mounts.to_str().expect("a plain name").to_owned();
    let program = env!("CARGO_BIN_EXE_amigrate");
    let under = ["-r", "-m", "sh", "-c", ON_NFS, &mounts];
    if !fixture.command_of("unshare", &[&under[..], &["true"]].concat()).status().is_ok_and(|status| status.success()) {
        let _ = writeln!(
            std::io::stdout(),
            "SKIPPED: no mount namespaces here, so only the unit tests tell of network file systems"
        );
        return;
    }
    let errors = refused(&fixture, fixture.command_of("unshare", &[&under[..], &[program, "drive"]].concat()));
    let dir = fixture.dir();
    for word in [dir.to_str().expect("a plain name"), "nfs4", "jobs.directory", "jobs.network_file_system = true"] {
        assert!(errors.contains(word), "`{word}`: {errors}");
    }
    looks_only(fixture.screen_by("unshare", &[&under[..], &[program]].concat()), "network file system (nfs4)");
    assert!(!dir.join("jobs.db").exists(), "nothing was made there");

    // Who says so may use it all the same.
    fixture.settings.push(("AMIGRATE_JOBS_NETWORK_FILE_SYSTEM", "true".into()));
    let mut drive = Drive::start(fixture.command_of("unshare", &[&under[..], &[program, "drive"]].concat()), &fixture);
    assert!(drive.wait().success(), "{}", drive.errors());
    assert!(dir.join("jobs.db").exists());
}

#[test]
fn jobs_are_kept_where_it_is_set_and_a_process_in_the_background_knows_it() {
    let mut fixture = ProcessFixture::new();
    let elsewhere = fixture.home.path().join("else where/jobs");
    fixture.settings.push(("AMIGRATE_JOBS_DIRECTORY", elsewhere.to_str().expect("a plain name").into()));
    let mut detached = Drive::start(fixture.command(&["drive", "--detach"]), &fixture);
    assert!(detached.wait().success(), "{}", detached.errors());
    let mut jobs = Drive::start(fixture.command(&["jobs", "--all"]), &fixture);
    assert!(jobs.wait().success(), "{}", jobs.errors());
    let mut drive = fixture.drive();
    assert!(drive.wait().success(), "{}", drive.errors());
    assert!(elsewhere.join("jobs.db").exists());
    assert!(!fixture.dir().join("jobs.db").exists(), "nothing in the usual place");

    fixture.settings.last_mut().expect("just set").1 = "else where".into();
    let errors = refused(&fixture, fixture.command(&["drive"]));
    assert!(errors.contains("jobs.directory") && errors.contains("relative path"), "{errors}");
}
