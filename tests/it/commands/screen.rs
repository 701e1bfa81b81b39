//! `amigrate` without a command.

use std::fs;

use super::fixture::Commands;

#[test]
fn what_says_how_a_command_prints_is_refused_where_the_screen_would_open() {
    let commands = Commands::new("empty");
    for flags in [&["--output", "json"][..], &["--quiet"], &["--output", "ids", "--quiet"]] {
        let mut terminal = commands.on_terminal(flags);
        assert_eq!(terminal.wait_exit().exit_code(), 2, "{flags:?}: {}", terminal.text());
        let text = terminal.text();
        assert!(text.contains(flags[0]) && text.contains("`amigrate list --output json`"), "{text}");
        assert!(!terminal.screen().alternate_screen());
    }
}

#[test]
fn lines_have_one_form() {
    let mut commands = Commands::new("empty");
    assert_eq!(commands.run(&["--plain", "--output", "json"]).status, Some(2));
    assert_eq!(commands.run(&["--output", "json"]).status, Some(2));
    assert_eq!(commands.run(&["--plain", "--quiet"]).status, Some(0));
    insta::assert_snapshot!(commands.transcript());
}

/// The heading of the column that is sorted by.
fn sorted(text: &str, heading: &str) -> bool {
    text.contains(heading) && text.contains("app-web-")
}

#[test]
fn the_welcome_is_shown_once_and_the_view_is_as_it_was_left() {
    let mut commands = Commands::new("demo");
    let state = commands.home.path().join("amigrate");
    fs::create_dir_all(&state).expect("a directory");
    fs::write(state.join("screen.json"), "{}").expect("a file");
    let mut first = commands.on_terminal(&[]);
    first.wait_for("the list", |t| sorted(t, "AGE▲") && t.contains("123456789012"));
    assert!(first.text().contains("Welcome to amigrate"), "{}", first.text());
    // The first key only closes the welcome.
    first.keys(" O");
    let text = first.wait_for("the other order", |t| sorted(t, "AGE▼"));
    assert!(!text.contains("Welcome"), "{text}");
    first.quit();
    let mut second = commands.on_terminal(&[]);
    let text = second.wait_for("the order that was left", |t| sorted(t, "AGE▼"));
    assert!(!text.contains("Welcome"), "{text}");
    second.quit();
    commands.settings.push(("AMIGRATE_UI_REMEMBER", "false".into()));
    let mut third = commands.on_terminal(&[]);
    third.wait_for("the usual order", |t| sorted(t, "AGE▲"));
    third.quit();
}

#[test]
fn the_terminal_is_told_of_copies_where_that_is_wanted() {
    let mut commands = Commands::quick();
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    // Copies of others in other regions would be counted as well.
    commands.settings.push(("AMIGRATE_BROWSE_REGIONS", "home".into()));
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    for (notification, wanted, region) in [("none", false, "eu-west-1"), ("osc777", true, "eu-west-2")] {
        commands.settings.push(("AMIGRATE_UI_NOTIFICATION", notification.into()));
        commands.settings.push(("AMIGRATE_UI_TITLE", wanted.to_string()));
        let mut screen = commands.on_terminal(&[]);
        screen.wait_for("the account", |t| t.contains("123456789012"));
        let name = format!("told-{notification}");
        let copied = commands.ended(&["copy", "latest:app-web-*", "--to", region, "--name", &name], "");
        assert_eq!(copied.status, Some(0), "{}", copied.stderr);
        screen.wait_for("the end of the copy", |t| t.lines().any(|l| l.contains(&name) && l.contains("available")));
        let sent = |text: &str| has(screen.bytes_seen(), text);
        assert_eq!(sent(&format!("\x1b]777;notify;amigrate;{name} in {region}: available\x07")), wanted);
        assert_eq!((sent("\x1b]2;amigrate\x07"), sent("% amigrate: 1 copy\x07")), (wanted, wanted));
        screen.quit();
    }
}
