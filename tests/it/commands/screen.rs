//! `amigrate` without a command.

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
