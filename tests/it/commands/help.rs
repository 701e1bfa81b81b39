//! `--help` of every command.

use super::fixture::Commands;

#[test]
fn every_command_has_help() {
    let commands = Commands::new("empty");
    let mut all = String::new();
    let mut help = |words: &[&str]| {
        let arguments = [words, &["--help"]].concat();
        let ended = commands.ended(&arguments, "");
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{words:?}");
        // The global options are shown once.
        let text = ended.stdout.split("\nGlobal options:").next().unwrap_or_default();
        let shown = if words.is_empty() { ended.stdout.as_str() } else { text };
        all.extend(["$ amigrate ", &arguments.join(" "), "\n", shown.trim_end(), "\n\n"]);
    };
    help(&[]);
    let definition = amigrate::cli::command();
    for command in definition.get_subcommands() {
        help(&[command.get_name()]);
        for below in command.get_subcommands() {
            help(&[command.get_name(), below.get_name()]);
        }
    }
    insta::assert_snapshot!(all.trim_end());
}

#[test]
fn a_mistaken_word_is_answered_with_the_nearest_one() {
    let mut commands = Commands::new("empty");
    commands.run(&["lst"]);
    commands.run(&["list", "--ouput", "json"]);
    commands.run(&["list", "--output", "jsn"]);
    commands.run(&["completions"]);
    insta::assert_snapshot!(commands.transcript());
}
