//! `amigrate list`.

use super::fixture::Commands;

#[test]
fn the_home_region_is_listed() {
    let mut commands = Commands::new("demo");
    commands.run(&["list"]);
    commands.run(&["list", "--output", "ids"]);
    commands.run(&["list", "--output", "csv"]);
    insta::assert_snapshot!(commands.transcript());
}
