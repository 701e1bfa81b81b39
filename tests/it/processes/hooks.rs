//! The hook of ended copies after the screen: a process in the background stays for it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::{
    exits::Background,
    fixture::{PATIENCE, ProcessFixture},
};

#[test]
fn the_background_stays_for_copies_that_go_on_and_runs_their_hooks_once() {
    let mut fixture = ProcessFixture::slow();
    let (hook, log) = (fixture.home.path().join("hook"), fixture.home.path().join("hooks.log"));
    let lines = format!("#!/bin/sh\necho \"$AMIGRATE_JOB $AMIGRATE_STATE\" >> {}\n", log.display());
    fs::write(&hook, lines).expect("a file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).expect("its mode is set");
    fixture.settings.push(("AMIGRATE_HOOKS_JOB_ENDED", hook.to_str().expect("UTF-8").to_owned()));
    let mut screen = fixture.screen_ready();
    fixture.ask_copies("queue", 1);
    screen.wait_for("the copies", |t| t.matches("0/1").count() == 3);
    screen.keys("q");
    assert!(screen.wait_exit().success(), "nothing is queued, so nothing is asked: {}", screen.text());
    assert!(screen.text().contains("runs the hook when copies end"), "{}", screen.text());
    fixture.changed.wait_for("the background to drive", PATIENCE, || (!fixture.nobody_drives()).then_some(()));
    let background = Background::the_one(&fixture);
    fixture.ec2.hurry();
    background.wait_for_its_end();
    let ended = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(ended(), ["1 available", "2 available", "3 available"]);
    // Nothing has ended since.
    let mut again = fixture.screen_ready();
    again.keys("q");
    assert!(again.wait_exit().success(), "{}", again.text());
    assert_eq!(ended().len(), 3);
}
