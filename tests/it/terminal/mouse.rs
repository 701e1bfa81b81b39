//! Clicks as a terminal sends them, where the mouse is on.

use vt100::MouseProtocolMode;

use super::{
    given_back,
    modes::Modes,
    program::{program, still_demo},
};
use crate::support::pty::Pty;

#[derive(Clone, Copy)]
enum Button {
    Left = 0,
    Right = 2,
}

/// Clicks so many cells to the right of where a text begins on the screen.
#[track_caller]
fn click(pty: &mut Pty, button: Button, text: &str, right: isize) {
    let lines: Vec<String> = pty.text().lines().map(str::to_owned).collect();
    let found = lines.iter().enumerate().find_map(|(row, line)| Some((row, line[..line.find(text)?].chars().count())));
    let (row, column) = found.unwrap_or_else(|| panic!("no `{text}`:\n{}", pty.text()));
    let at = format!("{};{};{}", button as u8, column.saturating_add_signed(right) + 1, row + 1);
    pty.keys(&format!("\x1b[<{at}M\x1b[<{at}m"));
}

#[track_caller]
fn shows(pty: &mut Pty, text: &str) {
    pty.wait_for(text, |shown| shown.contains(text));
}

#[test]
fn clicks_focus_select_open_and_mark() {
    let (home, program) = program(&["demo", "--time-scale", "0.001"]);
    let settings = home.path().join("amigrate");
    std::fs::create_dir_all(&settings).expect("a directory");
    std::fs::write(settings.join("config.toml"), "[ui]\nmouse = true\n").expect("a file");
    let mut pty = still_demo(program);
    assert_ne!(pty.screen().mouse_protocol_mode(), MouseProtocolMode::None);
    let (image, another) = ("app-web-2026.00015", "app-api-2026.00036");

    click(&mut pty, Button::Left, image, 3);
    shows(&mut pty, &format!("> {image}"));
    click(&mut pty, Button::Left, image, 3);
    shows(&mut pty, "ami-0e08b0725bbdc99e7 in us-east-1");
    pty.keys("\x1b");
    shows(&mut pty, &format!("> {image}"));

    click(&mut pty, Button::Right, another, 3);
    shows(&mut pty, &format!("*{another}"));
    click(&mut pty, Button::Left, image, -1);
    shows(&mut pty, &format!("*{image}"));
    shows(&mut pty, " 2 marked ");

    click(&mut pty, Button::Left, "app-db-standby > eu-west-1", 3);
    shows(&mut pty, "Enter snapshots");
    shows(&mut pty, "> app-db-standby > eu-west-1");

    // Switched off by a key, and on again.
    pty.keys("m");
    pty.wait_until("no mouse", |screen| screen.mouse_protocol_mode() == MouseProtocolMode::None);
    pty.keys("m");
    pty.wait_until("the mouse", |screen| screen.mouse_protocol_mode() != MouseProtocolMode::None);
    pty.keys("q");
    assert!(pty.wait_exit().success());
    given_back(&pty);
}

#[test]
fn it_is_the_terminals_own_unless_it_is_asked_for() {
    let (_home, program) = program(&["demo", "--time-scale", "0.001"]);
    let mut pty = still_demo(program);
    pty.keys("q");
    assert!(pty.wait_exit().success());
    let used = Modes::after(pty.bytes_seen()).used;
    assert!((1_000..=1_016).all(|mode| !used.contains(&mode)), "{used:?}");
}
