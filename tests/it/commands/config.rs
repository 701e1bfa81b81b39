//! `amigrate config`.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::fixture::Commands;

fn settings(commands: &Commands) -> std::path::PathBuf {
    commands.home.path().join("amigrate").join("config.toml")
}

/// The transcript with the home directory as `HOME`.
fn transcript(commands: &Commands) -> String {
    commands.transcript().replace(commands.home.path().to_str().expect("a plain name"), "HOME")
}

#[test]
fn a_file_is_written_shown_and_checked() {
    let mut commands = Commands::new("demo");
    commands.run(&["config", "path"]);
    commands.run(&["config", "check"]);
    commands.run(&["config", "init"]);
    commands.run(&["config", "init"]);
    commands.run(&["config", "init", "--force", "--quiet"]);
    commands.run(&["config", "check"]);
    commands.run(&["config", "path", "--output", "json"]);
    commands.run(&["config", "check", "--output", "json"]);
    insta::assert_snapshot!(transcript(&commands));
    let file = settings(&commands);
    assert_eq!(fs::read_to_string(&file).expect("it was written"), amigrate::config::Config::example());
    assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn every_setting_is_shown_with_what_gave_it() {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_COPY_ENCRYPT", "yes".into()));
    fs::create_dir_all(settings(&commands).parent().expect("a directory")).expect("it is made");
    fs::write(settings(&commands), "[copy]\nencrypt = false\ntags = [\"Team=web\"]\n[poll]\nslowest_seconds = 20\n[keys.images]\ncopy = [\"F5\", \"F6\"]\n")
        .expect("it is written");
    commands.run(&["config", "show", "--region", "eu-west-1", "--endpoint-url", "http://me:secret@localhost:1/"]);
    commands.run(&["config", "show", "--output", "jsonl", "--read-only"]);
    insta::assert_snapshot!(transcript(&commands));
    assert!(
        !commands.transcript().replace("me:secret@localhost:1/\n--- stdout", "").contains("me:secret@localhost:1/\"")
    );
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_UI_MOUSE", "perhaps".into()));
    let file = settings(&commands);
    fs::create_dir_all(file.parent().expect("a directory")).expect("it is made");
    fs::write(&file, "red_only = true\n\n[copy]\nencrpyt = true\nstart_burst = 0\n[browze]\nregions = []\n")
        .expect("it is written");
    fs::write(file.with_file_name("presets.toml"), "[web]\ndestinations = 3\n").expect("it is written");
    commands.run(&["config", "check"]);
    commands.run(&["config", "show"]);
    commands.run(&["config", "path"]);
    fs::write(&file, "[copy\n").expect("it is written");
    commands.run(&["config", "check"]);
    commands.run(&["config", "check", "--config", "/nonexistent/config.toml"]);
    commands.run(&["config", "chekc"]);
    insta::assert_snapshot!(transcript(&commands));
}
