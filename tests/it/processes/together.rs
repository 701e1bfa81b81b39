//! Two and three processes with one queue: one drives, the others follow and send commands, and one of them takes over when
//! it dies.

use rustix::process::Signal;

use super::fixture::{Drive, PATIENCE, ProcessFixture};
use crate::support::pty::Pty;

const DRIVES: &str = "driving the queue";
const WAITS: &str = "is running the queue; waiting for it to end";
const WATCHES: &str = "is running the queue";

/// Asks for a copy of the newest web image to us-west-1, by keys.
fn copy_by_keys(screen: &mut Pty) {
    screen.keys("/app-web enc:no state:available");
    screen.wait_for("the filter", |t| t.contains("state:available"));
    screen.keys("\rc");
    screen.wait_for("the form", |t| t.contains("Copy 1 image"));
    screen.keys("\r");
    screen.wait_for("the regions", |t| t.contains("Regions to copy to"));
    screen.keys("/us-west-1\r \r");
    screen.wait_for("the choice", |t| t.contains("Start 1 copy"));
    screen.bytes(b"\x13");
    screen.wait_for("the review", |t| t.contains("Ready: Ctrl-s starts"));
    screen.bytes(b"\x13");
}

/// The line of the copy that was asked for by keys.
fn line(text: &str) -> &str {
    text.lines().find(|l| l.contains("> us-west-1")).unwrap_or_default()
}

#[test]
fn what_a_screen_asks_for_is_done_by_the_process_that_drives() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("first", 2);
    let mut drive = fixture.drive();
    drive.wait_to_say(DRIVES);
    fixture.ec2.wait_for_copies(3);

    let mut screen = fixture.screen_ready();
    screen.wait_for("who drives", |t| t.contains(WATCHES) && t.contains("3 copying"));
    copy_by_keys(&mut screen);
    screen.wait_for("the copy asked for", |t| line(t).contains('%') || t.contains("4 copying"));
    drive.wait_to_say("to us-west-1: copying");
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 4);

    // Its progress is seen without a key.
    let made =
        fixture.jobs().into_iter().find(|j| j.request.destination.as_str() == "us-west-1").expect("it was asked for");
    let image = made.image().expect("it is copying").clone();
    fixture
        .ec2
        .with(|w| w.fail_copy(&made.request.destination, &image, "the disk fell over", jiff::Timestamp::now()))
        .expect("it is under way");
    screen.wait_for("its end", |t| line(t).contains("failed") && t.contains("the disk fell over"));

    // Retried and cancelled from the follower, carried out by the driver. Ended copies are listed last.
    screen.keys("2G");
    screen.wait_for("the cursor", |t| line(t).starts_with("│>"));
    screen.keys("t");
    screen.wait_for("the question", |t| t.contains("Retry") && t.contains("removed first"));
    screen.keys("y");
    drive.wait_to_say("to us-west-1: removing");
    fixture.ec2.wait_for_copies(5);
    screen.wait_for("the copy again", |t| line(t).contains('%') || t.contains("4 copying"));
    screen.wait_for("the cursor", |t| line(t).starts_with("│>"));
    screen.keys("x");
    screen.wait_for("the question", |t| t.contains("Cancel the copy") && t.contains("to us-west-1?"));
    screen.keys("y");
    screen.wait_for("the end of it", |t| line(t).contains("cancelled"));
    drive.wait_to_say("to us-west-1: cancelled");

    // The driver dies; the follower takes over.
    drive.kill();
    drive.wait();
    screen.wait_for("this process to run the queue", |t| !t.contains(WATCHES));
    fixture.ec2.hurry();
    screen.wait_for("every copy", |_| fixture.jobs().iter().all(|j| j.state.ended()));
    screen.quit();
    assert_eq!(fixture.jobs().len(), 7);
    fixture.agrees();
}

#[test]
fn a_screen_that_dies_leaves_its_queue_to_who_waits() {
    let fixture = ProcessFixture::slow();
    let mut screen = fixture.screen_ready();
    fixture.ask_copies("others", 2);
    let mut drive = fixture.drive();
    drive.wait_to_say(WAITS);
    fixture.ec2.wait_for_copies(3);
    screen.wait_for("the copies", |t| t.contains("3 copying") && t.contains("3 queued"));
    assert!(!drive.errors().contains(DRIVES), "{}", drive.errors());

    screen.kill(Signal::KILL);
    screen.wait_exit();
    drive.wait_to_say(DRIVES);
    fixture.ec2.hurry();
    assert!(drive.wait().success(), "{}", drive.errors());
    fixture.finish_copies();
    assert_eq!(fixture.jobs().len(), 6);
    fixture.agrees();
}

/// The processes that report that they drive.
fn driving(drives: &[Drive]) -> Vec<usize> {
    drives.iter().enumerate().filter(|(_, d)| d.errors().contains(DRIVES)).map(|(n, _)| n).collect()
}

fn start_three(fixture: &ProcessFixture) -> Vec<Drive> {
    let drives: Vec<Drive> = (0..3).map(|_| fixture.drive()).collect();
    fixture.changed.wait_for("three processes to find their places", PATIENCE, || {
        drives.iter().all(|d| d.errors().contains(DRIVES) || d.errors().contains(WAITS)).then_some(())
    });
    fixture.ec2.wait_for_copies(3);
    assert_eq!(driving(&drives).len(), 1, "exactly one drives");
    drives
}

#[test]
fn of_three_that_start_at_once_one_drives() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("three", 4);
    let mut drives = start_three(&fixture);
    assert_eq!(fixture.ec2.request_count("CopyImage"), 3);
    fixture.ec2.hurry();
    for drive in &mut drives {
        assert!(drive.wait().success(), "{}", drive.errors());
    }
    fixture.finish_copies();
    assert_eq!(fixture.ec2.request_count("CopyImage"), 12, "every copy was sent once, by whomever");
    assert_eq!(fixture.jobs().len(), 12);
    fixture.agrees();
}

#[test]
fn drivers_that_die_one_after_the_other_are_followed_by_the_next() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("three", 3);
    let mut drives = start_three(&fixture);
    for begun in [3, 6] {
        fixture.ec2.wait_for_copies(begun);
        let [at] = driving(&drives)[..] else { panic!("exactly one drives") };
        let mut dead = drives.swap_remove(at);
        dead.kill();
        dead.wait();
        fixture.changed.wait_for("another to drive", PATIENCE, || (!driving(&drives).is_empty()).then_some(()));
        assert_eq!(driving(&drives).len(), 1, "exactly one follows");
        fixture.ec2.finish();
    }
    fixture.ec2.wait_for_copies(9);
    fixture.ec2.hurry();
    let mut last = drives.pop().expect("the third");
    assert!(last.wait().success(), "{}", last.errors());
    fixture.finish_copies();
    assert_eq!(fixture.jobs().len(), 9);
    fixture.agrees();
}
