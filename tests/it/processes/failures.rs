//! A store that cannot be used: it is said plainly, images can be browsed all the same, and nothing is touched.

use std::{
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::Command,
};

use super::fixture::{Drive, House};
use crate::support::pty::Pty;

/// What is plain of a screen that cannot have jobs.
fn looks_only(mut screen: Pty, why: &str) {
    let text = screen.wait_for("the images, and what is wrong", |t| {
        t.contains("app-web-") && !t.contains("listing") && t.contains("JOBS: LOOK ONLY") && t.contains(why)
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

/// Runs to the end: its status and what it complained of.
fn refused(house: &House, command: Command) -> String {
    let mut drive = Drive::start(command, house);
    let status = drive.wait();
    assert_eq!(status.code(), Some(1), "{}\n{}", drive.said(), drive.errors());
    drive.errors()
}

#[test]
fn a_newer_store_is_left_alone() {
    let house = House::new();
    drop(house.store());
    let file = house.dir().join("jobs.db");
    let newer = rusqlite::Connection::open(&file).expect("it opens");
    newer.pragma_update(None, "user_version", 99).expect("it is writable");
    // Nothing of it is left in the log beside the file.
    newer.pragma_update(None, "journal_mode", "delete").expect("nobody else has it open");
    drop(newer);
    let before = fs::read(&file).expect("it is there");

    let errors = refused(&house, house.command(&["drive"]));
    assert!(errors.contains("newer amigrate"), "{errors}");
    let errors = refused(&house, house.command(&["jobs"]));
    assert!(errors.contains("newer amigrate"), "{errors}");
    looks_only(house.screen(), "newer amigrate");
    assert!(fs::read(&file).expect("it is there") == before, "the file was touched");
}

#[test]
fn a_damaged_store_is_set_aside_and_said() {
    for by_screen in [false, true] {
        let house = House::new();
        fs::create_dir_all(house.dir()).expect("a directory");
        fs::write(house.dir().join("jobs.db"), "this was a database once".repeat(100)).expect("a file");
        if by_screen {
            let mut screen = house.screen();
            screen.wait_for("what is wrong", |t| t.contains("store of jobs was damaged"));
            screen.wait_for("the images", |t| t.contains("app-web-"));
            screen.keys("q");
            assert!(screen.wait_exit().success(), "{}", screen.text());
        } else {
            let mut drive = house.drive();
            assert!(drive.wait().success(), "{}", drive.errors());
            assert!(drive.said().contains("store of jobs was damaged"), "{}", drive.said());
        }
        let kept: Vec<_> = fs::read_dir(house.dir())
            .expect("it is there")
            .filter_map(|e| e.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("jobs-damaged-"))
            .collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        let text = fs::read_to_string(house.dir().join(&kept[0])).expect("it is readable");
        assert!(text.starts_with("this was a database once"));
        // What came in its place can be used.
        house.ask_copies("after", 1);
        let mut drive = house.drive();
        assert!(drive.wait().success(), "{}", drive.errors());
        house.settle();
        house.agrees();
    }
}

#[test]
fn a_directory_that_cannot_be_written_stops_no_browsing() {
    let house = House::new();
    fs::create_dir_all(house.dir()).expect("a directory");
    let _writable_again = ReadOnly::make(&house);
    let program = env!("CARGO_BIN_EXE_amigrate");
    // Rights mean nothing to root, unless it gives that up.
    let root = rustix::process::geteuid().is_root();
    let as_anybody = ["--bounding-set", "-dac_override,-dac_read_search", "--", program];

    let command = if root {
        house.command_of("setpriv", &[&as_anybody[..], &["drive"]].concat())
    } else {
        house.command(&["drive"])
    };
    let errors = refused(&house, command);
    assert!(errors.contains("must be able to read and write"), "{errors}");
    let screen = if root { house.screen_by("setpriv", &as_anybody) } else { house.screen() };
    looks_only(screen, "ermission denied");
}

struct ReadOnly(std::path::PathBuf);

impl ReadOnly {
    fn make(house: &House) -> Self {
        fs::set_permissions(house.dir(), Permissions::from_mode(0o500)).expect("it is ours");
        Self(house.dir())
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, Permissions::from_mode(0o700));
    }
}

/// A program under which the next one believes that everything is on a network file system.
const ON_NFS: &str = "mount --bind \"$0\" /proc/$$/mountinfo && exec \"$@\"";

#[test]
#[cfg(target_os = "linux")]
fn on_a_network_file_system_images_can_be_browsed_and_nothing_is_copied() {
    let mut house = House::new();
    let mounts = house.home.path().join("mounts");
    fs::write(&mounts, "22 1 8:1 / / rw - nfs4 files:/root rw\n").expect("a file");
    let mounts = mounts.to_str().expect("a plain name").to_owned();
    let program = env!("CARGO_BIN_EXE_amigrate");
    let under = ["-r", "-m", "sh", "-c", ON_NFS, &mounts];
    if !house.command_of("unshare", &[&under[..], &["true"]].concat()).status().is_ok_and(|status| status.success()) {
        let _ = writeln!(
            std::io::stdout(),
            "SKIPPED: no mount namespaces here, so only the unit tests tell of network file systems"
        );
        return;
    }
    let errors = refused(&house, house.command_of("unshare", &[&under[..], &[program, "drive"]].concat()));
    let dir = house.dir();
    for word in [dir.to_str().expect("a plain name"), "nfs4", "jobs.directory", "jobs.network_file_system = true"] {
        assert!(errors.contains(word), "`{word}`: {errors}");
    }
    looks_only(house.screen_by("unshare", &[&under[..], &[program]].concat()), "network file system (nfs4)");
    assert!(!dir.join("jobs.db").exists(), "nothing was made there");

    // Who says so may use it all the same.
    house.settings.push(("AMIGRATE_JOBS_NETWORK_FILE_SYSTEM", "true".into()));
    let mut drive = Drive::start(house.command_of("unshare", &[&under[..], &[program, "drive"]].concat()), &house);
    assert!(drive.wait().success(), "{}", drive.errors());
    assert!(dir.join("jobs.db").exists());
}

#[test]
fn jobs_are_kept_where_it_is_set_and_a_process_in_the_background_knows_it() {
    let mut house = House::new();
    let elsewhere = house.home.path().join("else where/jobs");
    house.settings.push(("AMIGRATE_JOBS_DIRECTORY", elsewhere.to_str().expect("a plain name").into()));
    let mut detached = Drive::start(house.command(&["drive", "--detach"]), &house);
    assert!(detached.wait().success(), "{}", detached.errors());
    let mut jobs = Drive::start(house.command(&["jobs", "--all"]), &house);
    assert!(jobs.wait().success(), "{}", jobs.errors());
    let mut drive = house.drive();
    assert!(drive.wait().success(), "{}", drive.errors());
    assert!(elsewhere.join("jobs.db").exists());
    assert!(!house.dir().join("jobs.db").exists(), "nothing in the usual place");

    house.settings.last_mut().expect("just set").1 = "else where".into();
    let errors = refused(&house, house.command(&["drive"]));
    assert!(errors.contains("jobs.directory") && errors.contains("whole path"), "{errors}");
}
