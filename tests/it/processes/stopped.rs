//! Stopped drivers: `Ctrl-Z` releases the queue to other processes; one stopped by SIGSTOP is named on their screens.

use amigrate::{
    engine::JobState,
    sim::faults::{FaultKind, Rule},
};
use rustix::process::{Signal, kill_process};

use super::fixture::ProcessFixture;
use crate::support::pty::Pty;

const DRIVES: &str = "driving the queue";

/// An interactive shell in which the program, with these arguments, runs as a job.
fn under_a_shell(fixture: &ProcessFixture, arguments: &str) -> Pty {
    let mut terminal = fixture.screen_by("bash", &["--noprofile", "--norc", "-i"]);
    terminal.keys(&format!("{} {arguments}\r", env!("CARGO_BIN_EXE_amigrate")));
    terminal
}

/// Another process drives while it is stopped; `fg` lets it take part again.
fn stops_and_goes_on(fixture: &ProcessFixture, terminal: &mut Pty, waits: &str) {
    terminal.bytes(b"\x1a");
    terminal.wait_for("the shell", |t| t.contains("Stopped"));
    let mut other = fixture.drive();
    other.wait_to_say(DRIVES);
    terminal.keys("fg\r");
    let named = format!("another amigrate (pid {})", other.pid().as_raw_nonzero());
    terminal.wait_for("who drives now", |t| t.contains(&named) && t.contains(waits));
    other.kill();
    other.wait();
    fixture.ec2.hurry();
    fixture.ec2.wait_for_copies(6);
    assert_eq!(fixture.jobs().len(), 6);
}

#[test]
fn a_screen_stopped_by_ctrl_z_lets_others_have_the_queue_and_takes_part_again() {
    let fixture = ProcessFixture::slow();
    let mut terminal = under_a_shell(&fixture, "");
    terminal.wait_for("the images", |t| t.contains("123456789012") && t.contains("app-web-") && !t.contains("listing"));
    fixture.ask_copies("queue", 2);
    terminal.wait_for("the queue", |t| t.contains("3 queued") && t.matches("0/1").count() == 3);
    stops_and_goes_on(&fixture, &mut terminal, "running the queue");
    terminal.wait_for("every copy to end", |_| fixture.jobs().iter().all(|j| j.state.ended()));
    terminal.keys("q");
    // Should the screen not know of the end yet, it asks until it does.
    let asks = |text: &str| text.contains("Nothing is left to do here");
    terminal.wait_for("the shell, or that nothing is left", |t| !t.contains("app-web-") || asks(t));
    if asks(&terminal.text()) {
        terminal.keys("\r");
    }
    terminal.wait_for("the shell", |t| !t.contains("app-web-"));
    fixture.agrees();
}

#[test]
fn a_driver_stopped_by_ctrl_z_lets_others_have_the_queue_and_takes_part_again() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("queue", 2);
    let mut terminal = under_a_shell(&fixture, "drive");
    terminal.wait_for("it to drive", |t| t.contains(DRIVES));
    fixture.ec2.wait_for_copies(3);
    stops_and_goes_on(&fixture, &mut terminal, "waiting for it to end");
    fixture.finish_copies();
    fixture.agrees();
}

#[test]
fn a_cancel_stopped_by_ctrl_z_lets_others_have_the_queue_and_goes_on() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("queue", 1);
    let mut driver = fixture.drive();
    driver.wait_to_say(DRIVES);
    fixture.ec2.wait_for_copies(3);
    driver.kill();
    driver.wait();
    // So that it does not end before it is stopped.
    fixture.ec2.with(|world| world.faults().add(Rule::new("DeregisterImage", FaultKind::Throttle)));
    let mut terminal = under_a_shell(&fixture, "cancel --all --yes");
    terminal.wait_for("it to cancel", |t| t.contains("cancelling"));
    terminal.bytes(b"\x1a");
    terminal.wait_for("the shell", |t| t.contains("Stopped"));
    let mut other = fixture.drive();
    other.wait_to_say(DRIVES);
    terminal.keys("fg\r");
    let named = format!("another amigrate (pid {})", other.pid().as_raw_nonzero());
    terminal.wait_for("who drives now", |t| t.contains(&named));
    other.kill();
    other.wait();
    fixture.ec2.with(|world| world.faults().clear());
    terminal.wait_for("the end", |_| fixture.jobs().iter().all(|job| job.state == JobState::Cancelled));
    fixture.agrees();
}

#[test]
fn a_driver_that_gives_no_sign_of_life_is_named_with_what_to_do() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("queue", 2);
    let mut stopped = fixture.drive();
    stopped.wait_to_say(DRIVES);
    fixture.ec2.wait_for_copies(3);
    let pid = stopped.pid().as_raw_nonzero();
    let (mut screen, waiting) = (fixture.screen_ready(), fixture.drive());
    let named = format!("another amigrate (pid {pid}) is running the queue");
    screen.wait_for("who drives", |t| t.contains(&named));
    waiting.wait_to_say(&named);

    kill_process(stopped.pid(), Signal::STOP).expect("it is ours");
    let advice = format!("kill -CONT {pid}");
    screen.wait_for("what to do", |t| t.contains("does not respond") && t.contains(&advice));
    waiting.wait_to_say(&advice);
    kill_process(stopped.pid(), Signal::CONT).expect("it is ours");
    screen.wait_for("the next sign of life", |t| t.contains(&named) && !t.contains("does not respond"));

    stopped.kill();
    stopped.wait();
    fixture.ec2.hurry();
    fixture.finish_copies();
    drop(waiting);
    fixture.agrees();
}
