//! The hook of ended copies, run by a command that waits for them.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::fixture::Commands;

/// Commands with a hook of these lines; and what the hook has written to the file `$LOG`.
fn with_hook(lines: &str) -> (Commands, impl Fn() -> Vec<String> + use<>) {
    let mut commands = Commands::quick();
    let (hook, log) = (commands.home.path().join("hook"), commands.home.path().join("hooks.log"));
    fs::write(&hook, format!("#!/bin/sh\nLOG={}\n{lines}\n", log.display())).expect("a file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).expect("its mode is set");
    commands.settings.push(("AMIGRATE_HOOKS_JOB_ENDED", format!("['{}', 'its; argument']", hook.display())));
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    let written = move || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    (commands, written)
}

#[test]
fn a_copy_that_is_waited_for_runs_its_hook_once_and_later_commands_run_none() {
    let amigrate = env!("CARGO_BIN_EXE_amigrate");
    let lines = format!(
        "echo \"$1: $AMIGRATE_STATE in $AMIGRATE_REGION, $AMIGRATE_BATCH_LEFT left\" >> $LOG\n\
         {amigrate} jobs > $LOG.jobs 2>> $LOG"
    );
    let (commands, written) = with_hook(&lines);
    let ended = commands.ended(&["copy", "latest:app-web-*", "--to", "eu-west-1,eu-west-2", "--wait"], "");
    assert_eq!((ended.status, ended.stderr.contains("hook")), (Some(0), false), "{}", ended.stderr);
    let text = written();
    assert_eq!(text.len(), 2, "amigrate under a hook knows the hook's variables: {text:?}");
    assert!(text.iter().all(|line| line.starts_with("its; argument: available in eu-west-")), "{text:?}");
    assert_eq!(text.iter().filter(|line| line.ends_with(" 0 left")).count(), 1, "{text:?}");
    for arguments in [&["drive"][..], &["wait", "--all"]] {
        let ended = commands.ended(arguments, "");
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    }
    assert_eq!(written(), text);
}

#[test]
fn a_hook_that_fails_is_reported_and_the_copy_is_none_the_worse() {
    let (commands, written) = with_hook("echo run >> $LOG\necho no such channel\nexit 7");
    let ended = commands.ended(&["copy", "latest:app-web-*", "--to", "eu-west-1", "--wait"], "");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("exit status: 7: no such channel"), "{}", ended.stderr);
    assert_eq!(written(), ["run"]);
}
