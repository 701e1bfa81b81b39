//! What ends a command that waits for copies: a second Ctrl-C, a terminal that is gone, credentials that are lost. The copies continue.

use std::fs;

use amigrate::{
    engine::JobState,
    sim::faults::{FaultKind, Rule},
    store::{DriverLock, DriverProcess},
};
use rustix::process::{Signal, kill_process};

use super::fixture::{Drive, PATIENCE, ProcessFixture, REGIONS};
use crate::support::pty::Pty;

/// The commands that wait. The last one makes a copy of its own.
const WAITING: [&[&str]; 3] = [
    &["watch", "--all"],
    &["wait", "--all"],
    &["copy", "latest:app-web-*", "--to", "us-east-2", "--if-exists", "copy", "--wait"],
];

fn on_terminal(fixture: &ProcessFixture, arguments: &[&str]) -> Pty {
    fixture.screen_by(env!("CARGO_BIN_EXE_amigrate"), arguments)
}

fn start(fixture: &ProcessFixture, arguments: &[&str]) -> Drive {
    Drive::start(fixture.command(arguments), fixture)
}

/// Waits until it shows the copies of the first batch, one to each region, on standard output or standard error.
fn wait_for_copies(fixture: &ProcessFixture, waits: &Drive) {
    let shown = || {
        let text = waits.said() + &waits.errors();
        REGIONS.iter().all(|region| text.contains(&format!("to {region}: copying"))).then_some(())
    };
    fixture.changed.wait_for("the copies", PATIENCE, shown);
}

/// Whoever waits next sees them become available, and none is lost or made twice.
fn the_copies_go_on(fixture: &ProcessFixture, copies: usize) {
    fixture.ec2.hurry();
    let mut wait = start(fixture, &["wait", "--all"]);
    assert_eq!(wait.wait().code(), Some(0), "{}", wait.errors());
    let available = |job: &amigrate::engine::Job| matches!(job.state, JobState::Available { .. });
    assert_eq!(fixture.jobs().iter().filter(|job| available(job)).count(), copies);
    fixture.agrees();
}

/// The terminal takes nothing, so that whatever the first one makes it say is never said.
#[test]
fn a_second_ctrl_c_ends_it_at_once_whatever_it_is_waiting_for() {
    for arguments in WAITING {
        let fixture = ProcessFixture::slow();
        if arguments[0] != "copy" {
            fixture.ask_copies("batch", 1);
        }
        let mut terminal = on_terminal(&fixture, arguments);
        terminal.wait_for("a bar", |text| text.contains(" copying"));
        terminal.stall();
        let status = terminal.interrupt_until_exit();
        assert_eq!(status.exit_code(), 130, "{arguments:?}");
        the_copies_go_on(&fixture, if arguments[0] == "copy" { 1 } else { 3 });
    }
}

#[test]
fn a_terminal_that_is_gone_ends_it_and_leaves_the_queue_to_the_background() {
    for arguments in &WAITING[..2] {
        let fixture = ProcessFixture::slow();
        fixture.ask_copies("batch", 2);
        let mut terminal = on_terminal(&fixture, arguments);
        terminal.wait_for("the queue", |text| text.matches(" copying").count() == 3 && text.contains("queued"));
        terminal.hang_up_echoing();
        assert_eq!(terminal.wait_exit().exit_code(), 129);
        // Nobody else is there to send the queued ones.
        fixture.ec2.hurry();
        fixture.ec2.wait_for_copies(6);
        the_copies_go_on(&fixture, 6);
    }
}

#[test]
fn a_prompt_whose_terminal_is_gone_leaves_the_queue_to_the_background() {
    let fixture = ProcessFixture::slow();
    let mut terminal = fixture.screen_by(env!("CARGO_BIN_EXE_amigrate"), &["--plain"]);
    terminal.wait_for("the prompt", |text| text.contains("Keys: ") && text.trim_end().ends_with("\n:"));
    fixture.ask_copies("batch", 2);
    // Jobs that are there when it opens them are no news, so it is asked.
    while !terminal.text().contains(" 3 queued") {
        let before = terminal.bytes_seen().len();
        terminal.keys("\n");
        terminal.wait_more(before);
    }
    terminal.hang_up_echoing();
    assert_eq!(terminal.wait_exit().exit_code(), 129);
    fixture.ec2.hurry();
    fixture.ec2.wait_for_copies(6);
    the_copies_go_on(&fixture, 6);
}

#[test]
fn a_hang_up_that_is_ignored_ends_nothing() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("batch", 1);
    let ignoring = "trap '' HUP; exec \"$0\" watch";
    let mut waits = Drive::start(fixture.command_of("sh", &["-c", ignoring, env!("CARGO_BIN_EXE_amigrate")]), &fixture);
    wait_for_copies(&fixture, &waits);
    kill_process(waits.pid(), Signal::HUP).expect("it is ours");
    fixture.ec2.hurry();
    assert_eq!(waits.wait().code(), Some(0), "{}", waits.errors());
    fixture.agrees();
}

/// Another process holds the queue and does nothing, so that a request is stored and taken up by nobody.
#[test]
fn a_request_that_nobody_has_taken_up_is_told_of_and_carried_out_later() {
    let mut fixture = ProcessFixture::slow();
    fixture.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    let mut store = fixture.store();
    let lock = DriverLock::try_take(&fixture.dir(), &fixture.account).expect("locks work here").expect("it is free");
    let leader = DriverProcess { pid: 4711, host: "elsewhere".into(), version: "0.1.0".into() };
    store.write_heartbeat(&fixture.account, &leader, jiff::Timestamp::now()).expect("the store takes it");
    let mut copy = start(&fixture, &["copy", "latest:app-web-*", "--to", "us-east-2", "--wait", "--timeout", "1s"]);
    assert_eq!(copy.wait().code(), Some(4), "{}", copy.errors());
    let errors = copy.errors();
    assert!(errors.contains("1 copy is carried on by process 4711"), "{errors}");
    assert!(errors.contains("`amigrate wait --batch batch-"), "{errors}");
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 0);
    drop(lock);
    the_copies_go_on(&fixture, 1);
}

#[test]
fn copies_that_end_before_they_are_taken_up_go_on_in_the_background() {
    let fixture = ProcessFixture::slow();
    let copy = ["copy", "latest:app-web-*", "--to", "us-east-2,eu-west-2", "--wait", "--timeout", "0s"];
    let mut copy = start(&fixture, &copy);
    assert_eq!(copy.wait().code(), Some(4), "{}", copy.errors());
    let errors = copy.errors();
    assert!(errors.contains("in the background") || errors.contains("2 copies are in progress"), "{errors}");
    assert!(!errors.contains("only while an amigrate runs"), "{errors}");
    fixture.ec2.wait_for_copies(2);
    the_copies_go_on(&fixture, 2);
}

#[test]
fn a_hang_up_ends_it_where_nothing_is_to_go_on_in_the_background() {
    for arguments in &WAITING[..2] {
        let mut fixture = ProcessFixture::slow();
        fixture.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
        fixture.ask_copies("batch", 2);
        let mut waits = start(&fixture, arguments);
        wait_for_copies(&fixture, &waits);
        kill_process(waits.pid(), Signal::HUP).expect("it is ours");
        assert_eq!(waits.wait().code(), Some(129), "{}", waits.errors());
        let errors = waits.errors();
        assert!(errors.contains("3 copies are in progress") && errors.contains("`amigrate watch --all`"), "{errors}");
        assert!(fixture.nobody_drives());
        // The same if it has a terminal, which is gone then.
        let mut terminal = on_terminal(&fixture, arguments);
        terminal.wait_for("the queue", |text| text.matches(" copying").count() == 3 && text.contains("queued"));
        terminal.hang_up_echoing();
        assert_eq!(terminal.wait_exit().exit_code(), 129);
        the_copies_go_on(&fixture, 6);
    }
}

#[test]
fn credentials_that_are_lost_meanwhile_end_it_after_the_time_that_is_set() {
    for arguments in &WAITING[..2] {
        let mut fixture = ProcessFixture::slow();
        fixture.settings.push(("AMIGRATE_JOBS_LOGIN_TIMEOUT_HOURS", "0".into()));
        fixture.ask_copies("batch", 1);
        let mut waits = start(&fixture, arguments);
        wait_for_copies(&fixture, &waits);
        fixture.ec2.with(|world| world.faults().add(Rule::new("*", FaultKind::Expired)));
        assert_eq!(waits.wait().code(), Some(3), "{}", waits.errors());
        let errors = waits.errors();
        assert!(errors.contains("no usable credentials") && errors.contains("The queue is kept."), "{errors}");
        fixture.ec2.with(|world| world.faults().clear());
        the_copies_go_on(&fixture, 3);
    }
}

#[test]
fn it_goes_on_by_itself_once_a_login_has_written_something() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("batch", 1);
    let mut waits = start(&fixture, &["wait", "--all"]);
    wait_for_copies(&fixture, &waits);
    fixture.ec2.with(|world| world.faults().add(Rule::new("*", FaultKind::Expired)));
    let said = |words: &str| {
        let errors = || waits.errors().contains(words).then_some(());
        fixture.changed.wait_for(words, PATIENCE, errors);
    };
    said("Request has expired");
    fixture.ec2.with(|world| world.faults().clear());
    fs::create_dir_all(fixture.home.path().join(".aws")).expect("a directory");
    fs::write(fixture.home.path().join(".aws/credentials"), "[default]\n").expect("a file");
    said("the credentials work again");
    fixture.ec2.hurry();
    assert_eq!(waits.wait().code(), Some(0), "{}", waits.errors());
    fixture.agrees();
}

#[test]
fn a_cancel_that_is_denied_is_status_3_and_the_copy_goes_on() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("batch", 1);
    let mut watch = start(&fixture, &["watch"]);
    wait_for_copies(&fixture, &watch);
    fixture.ec2.with(|world| world.policy().deny("DeregisterImage"));
    let mut cancel = start(&fixture, &["cancel", "1", "--yes"]);
    assert_eq!(cancel.wait().code(), Some(3), "{}", cancel.errors());
    assert!(cancel.errors().contains("`ec2:DeregisterImage`"), "{}", cancel.errors());
    fixture.ec2.hurry();
    assert_eq!(watch.wait().code(), Some(0), "{}", watch.errors());
    fixture.agrees();
}
