//! Copies that one process starts, a person watches on a terminal, and a script waits for, cancels and retries from others.

use amigrate::sim::Actor;
use jiff::Timestamp;
use rustix::process::{Signal, kill_process};

use super::fixture::{Drive, PATIENCE, ProcessFixture, REGIONS};
use crate::support::pty::Pty;

fn start(fixture: &ProcessFixture, arguments: &[&str]) -> Drive {
    Drive::start(fixture.command(arguments), fixture)
}

/// Runs a command to its end: exit status, standard output, standard error.
#[track_caller]
fn run(fixture: &ProcessFixture, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = start(fixture, arguments);
    let status = command.wait();
    (status.code(), command.said(), command.errors())
}

fn send(process: &Drive, signal: Signal) {
    kill_process(process.pid(), signal).expect("it is ours");
}

/// Runs a command on a terminal.
fn on_terminal(fixture: &ProcessFixture, arguments: &[&str]) -> Pty {
    fixture.screen_by(env!("CARGO_BIN_EXE_amigrate"), arguments)
}

/// `amigrate watch` with three copies under way.
fn watching(fixture: &ProcessFixture) -> Drive {
    fixture.ask_copies("batch", 1);
    let watch = start(fixture, &["watch"]);
    fixture.ec2.wait_for_copies(3);
    for region in REGIONS {
        watch.wait_to_say(&format!("to {region}: copying"));
    }
    watch
}

#[test]
fn an_interrupted_watch_leaves_the_copies_running_and_says_how_to_go_on() {
    let fixture = ProcessFixture::slow();
    let mut watch = watching(&fixture);
    send(&watch, Signal::INT);
    assert_eq!(watch.wait().code(), Some(130));
    let errors = watch.errors();
    assert!(errors.contains("`amigrate watch --all`") && errors.contains("`amigrate cancel --all`"), "{errors}");
    assert!(errors.contains("3 copies are in progress"), "{errors}");

    let mut again = start(&fixture, &["wait", "1", "2", "3"]);
    // It asks EC2 again and again, each time this looks.
    let says = || again.errors().contains("to us-east-2: copying").then_some(());
    fixture.changed.wait_for("it to show the copies", PATIENCE, says);
    send(&again, Signal::TERM);
    assert_eq!(again.wait().code(), Some(143));
    assert!(again.errors().contains("`amigrate watch 1 2 3`"), "{}", again.errors());
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 3, "nothing was made again");

    let (status, _, errors) = run(&fixture, &["wait", "--all", "--timeout", "1s"]);
    assert_eq!(status, Some(4), "{errors}");
    assert!(errors.contains("`amigrate wait --all` resumes"), "{errors}");

    fixture.ec2.hurry();
    let (status, said, errors) = run(&fixture, &["wait", "--all", "--output", "ids"]);
    assert_eq!((status, said.lines().count()), (Some(0), 3), "{errors}");
    fixture.agrees();
}

#[test]
fn a_killed_watch_is_run_again_and_completes() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("more", 1);
    let mut watch = watching(&fixture);
    watch.kill();
    watch.wait();
    fixture.ec2.hurry();
    let (status, said, errors) = run(&fixture, &["watch"]);
    assert_eq!(status, Some(0), "{said}\n{errors}");
    assert_eq!(fixture.jobs().len(), 6);
    fixture.agrees();
}

#[test]
fn one_process_starts_copies_a_person_watches_them_and_a_third_cancels() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("batch", 1);
    let mut drive = fixture.drive();
    fixture.ec2.wait_for_copies(3);

    // On a terminal there is a bar for each copy.
    let mut watch = on_terminal(&fixture, &["watch"]);
    watch.wait_for("a bar for each copy", |t| t.matches(" copying").count() == 3 && t.contains("batch-0 to us-east-2"));

    let (status, _, errors) = run(&fixture, &["cancel", "--all"]);
    assert!(status == Some(2) && errors.contains("--yes"), "{errors}");
    let first = fixture.jobs()[0].clone();
    let (status, said, errors) = run(&fixture, &["cancel", &first.id.to_string(), "--yes"]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(said.contains("\tcancelled\t"), "{said}");
    watch.wait_for("that it is cancelled", |t| t.contains(": cancelled"));

    // A person is asked.
    let mut cancel = on_terminal(&fixture, &["cancel", "--batch", first.batch.as_str()]);
    cancel.wait_for("the question", |t| t.contains("Cancel 2 copies? [y/N]") && t.contains("deregistered"));
    cancel.keys("n\r");
    assert_eq!(cancel.wait_exit().exit_code(), 1);
    assert!(cancel.text().contains("nothing was changed"), "{}", cancel.text());
    let mut cancel = on_terminal(&fixture, &["cancel", "--batch", first.batch.as_str()]);
    cancel.wait_for("the question", |t| t.contains("Cancel 2 copies? [y/N]"));
    cancel.keys("y\r");
    assert_eq!(cancel.wait_exit().exit_code(), 0, "{}", cancel.text());

    assert_eq!(watch.wait_exit().exit_code(), 1, "cancelled copies are not what was requested: {}", watch.text());
    drive.kill();
    drive.wait();
    fixture.finish_copies();
    fixture.agrees();
}

#[test]
fn more_copies_than_lines_are_counted() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("many", 20);
    let mut watch = on_terminal(&fixture, &["watch"]);
    watch.wait_for("bars and a number", |t| t.contains("and 12 more") && t.contains("queued"));
    watch.resize(140, 50);
    fixture.ec2.wait_for_copies(3);
    watch.bytes(b"\x03");
    assert_eq!(watch.wait_exit().exit_code(), 130, "{}", watch.text());
    assert!(watch.text().contains("continue only while an amigrate runs"), "{}", watch.text());
    let (status, _, errors) = run(&fixture, &["cancel", "--all", "--yes", "--quiet"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    fixture.agrees();
}

#[test]
fn failed_copies_are_retried_by_another_process_than_the_one_that_watches() {
    let fixture = ProcessFixture::slow();
    let mut watch = watching(&fixture);
    let made = fixture.jobs()[0].clone();
    let image = made.image().expect("it is copying").clone();
    fixture
        .ec2
        .with(|w| w.fail_copy(&made.request.destination, &image, "the disk fell over", Timestamp::now()))
        .expect("it is under way");
    watch.wait_to_say("the disk fell over");
    let (status, _, errors) = run(&fixture, &["retry", "--failed"]);
    assert!(status == Some(2) && errors.contains("--yes"), "{errors}");
    let (status, said, errors) = run(&fixture, &["retry", "--failed", "--yes"]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(said.contains("\tcopying"), "EC2 has accepted it: {said}");
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 4);
    fixture.ec2.hurry();
    assert_eq!(watch.wait().code(), Some(0), "{}", watch.errors());
    fixture.agrees();
}

#[test]
fn a_copy_started_elsewhere_is_waited_for_and_cancelled_by_its_image() {
    let fixture = ProcessFixture::slow();
    let pending = fixture.ec2.with(|w| {
        let copies = w.copies(Timestamp::now());
        copies.into_iter().find(|c| c.created_by != Actor::Request && c.image.state.as_str() == "pending")
    });
    let pending = pending.expect("the demo has one");
    let (image, region) = (pending.image.id.to_string(), pending.region.to_string());
    let (status, _, errors) = run(&fixture, &["wait", &image, "--timeout", "1s"]);
    assert_eq!(status, Some(4), "{errors}");
    assert!(errors.contains(&format!("`amigrate wait {image}` resumes")), "{errors}");
    let (status, said, errors) = run(&fixture, &["cancel", &image, "--region", &region, "--yes"]);
    assert_eq!(status, Some(0), "{errors}");
    assert!(said.contains("\tcancelled\t"), "{said}");
    let (status, _, errors) = run(&fixture, &["wait", &image]);
    assert!(status == Some(1) && errors.contains("it was cancelled"), "{errors}");
    // An available image is not a copy under way.
    let (source, ..) = fixture.ec2.newest("us-east-1", "app-web-");
    let (status, _, errors) = run(&fixture, &["cancel", source.as_str(), "--yes"]);
    assert!(status == Some(1) && errors.contains("only a pending copy can be cancelled"), "{errors}");
    let (status, said, errors) = run(&fixture, &["wait", source.as_str(), "--output", "ids"]);
    assert_eq!((status, said.as_str()), (Some(0), source.as_str()), "{errors}");
}

#[test]
fn a_read_only_watch_follows_the_process_that_drives() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("batch", 1);
    let mut drive = fixture.drive();
    fixture.ec2.wait_for_copies(3);
    let mut watch = start(&fixture, &["watch", "--read-only"]);
    watch.wait_to_say("to us-east-2: copying");
    fixture.ec2.hurry();
    assert_eq!(watch.wait().code(), Some(0), "{}", watch.errors());
    drive.kill();
    drive.wait();
}

#[test]
fn jobs_are_printed_again_whenever_they_change() {
    let fixture = ProcessFixture::slow();
    let mut jobs = start(&fixture, &["jobs", "--watch"]);
    fixture.ask_copies("batch", 1);
    jobs.wait_to_say("\trequested\t");
    let mut drive = fixture.drive();
    jobs.wait_to_say("\tcopying");
    send(&jobs, Signal::INT);
    assert_eq!(jobs.wait().code(), Some(130));
    drive.kill();
    drive.wait();
}
