//! `amigrate schema`.

use super::fixture::Commands;

#[test]
fn schemas_are_printed_by_command() {
    let mut commands = Commands::new("empty");
    commands.run(&["schema", "config", "path"]);
    commands.run(&["schema", "config", "path", "--output", "jsonl"]);
    commands.run(&["schema", "lst"]);
    commands.run(&["schema", "drive"]);
    commands.run(&["schema", "--output", "csv"]);
    insta::assert_snapshot!(commands.transcript());
}
