//! `amigrate man`.

use super::fixture::Commands;

#[test]
fn the_manual_page_has_every_command_and_section() {
    let commands = Commands::new("empty");
    let page = commands.ended(&["man"], "");
    assert_eq!((page.status, page.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(page.stdout);
}
