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
        let examples = ended.stdout.find("\nExamples:").map_or("", |at| &ended.stdout[at..]);
        all.extend(["$ amigrate ", &arguments.join(" "), "\n", shown.trim_end(), "\n", examples, "\n"]);
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

/// The commands whose help shows how they are used.
const WITH_EXAMPLES: [&str; 18] = [
    "list",
    "show",
    "coverage",
    "copy",
    "jobs",
    "watch",
    "wait",
    "cancel",
    "retry",
    "deregister",
    "orphans",
    "recycle-bin",
    "storage",
    "map",
    "policy",
    "config",
    "schema",
    "completions",
];

#[test]
fn every_example_is_a_command_line() {
    let mut definition = amigrate::cli::command();
    definition.build();
    for name in WITH_EXAMPLES {
        let command = definition.find_subcommand(name).expect("a command");
        let help = command.get_after_help().unwrap_or_else(|| panic!("{name} has no examples")).to_string();
        let lines: Vec<&str> = help.strip_prefix("Examples:\n").expect("a heading").lines().collect();
        assert!(lines.iter().any(|line| line.contains(&format!("amigrate {name}"))), "{help}");
        for line in lines {
            let commands = command_lines(line);
            assert!(!commands.is_empty(), "{line}");
            for words in commands {
                let parsed = definition.clone().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("not parsed"));
            }
        }
    }
}

/// The commands of a shell's line that are this program's, as words. What follows three spaces explains it.
fn command_lines(line: &str) -> Vec<Vec<String>> {
    let line = line.trim_start().split("   ").next().unwrap_or_default().replace("source <(", "").replace(')', "");
    let words = shlex::split(&line).expect("balanced quotes");
    let commands = words.split(|word| word == "|");
    let commands = commands.map(|words| words.iter().take_while(|word| *word != ">").cloned().collect::<Vec<_>>());
    commands.filter(|words| words[0] == "amigrate").collect()
}
