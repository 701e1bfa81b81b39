//! `amigrate completions`.

use std::fs;

use super::fixture::Commands;

#[test]
fn each_shell_has_a_script() {
    let mut commands = Commands::new("empty");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        commands.run(&["completions", shell]);
    }
    commands.run(&["completions", "tcsh"]);
    let program = env!("CARGO_BIN_EXE_amigrate");
    insta::assert_snapshot!(commands.transcript().replace(program, "/bin/amigrate"));
}

/// What fish is offered for the last of these words.
fn offered(commands: &Commands, words: &[&str]) -> Vec<String> {
    let arguments = [&["--", "amigrate"], words].concat();
    let output = commands.command(&arguments).env("_AMIGRATE_COMPLETE", "fish").output().expect("it runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn nothing_is_sent_written_or_said() {
    let commands = Commands::new("demo");
    fs::create_dir_all(commands.home.path().join("amigrate")).expect("a directory");
    for (name, text) in
        [("jobs.db", "no database"), ("config.toml", "[broken"), ("presets.toml", "= ?"), ("regions.json", "{")]
    {
        fs::write(commands.home.path().join("amigrate").join(name), text).expect("it is written");
    }
    assert_eq!(offered(&commands, &["--profile", ""]), [] as [&str; 0]);
    assert_eq!(offered(&commands, &["resolve", ""]).len(), offered(&commands, &["resolve", "-"]).len());
    assert_eq!(offered(&commands, &["list", "--region", "il"]), ["il-central-1"]);
    assert_eq!(offered(&commands, &["demo", "--scenario", "ho"]), ["hostile"]);
    assert_eq!(offered(&commands, &["nonsense", "--nonsense=", "x"]), [] as [&str; 0]);
    let mut left: Vec<_> = fs::read_dir(commands.home.path().join("amigrate"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["config.toml", "jobs.db", "presets.toml", "regions.json"]);
    assert_eq!(commands.ec2.with(|world| world.calls().len()), 0);
}
