//! What the environment says of the terminal: no colours, no UTF-8, dumb, tmux.

use super::{
    given_back,
    program::{program, ready, still_demo},
};
use crate::support::pty::{Program, Pty, is_colour, sgr_codes};

/// Opens one screen after the other and leaves.
fn tour(program: Program) -> Pty {
    let mut pty = still_demo(program);
    for (keys, shown) in [
        ("?", " Help "),
        ("\x1b", "Enter details"),
        ("\r", "image id  "),
        ("\x1b", "Enter details"),
        ("\t", "Enter snapshots"),
        ("\r", "snap-"),
        ("\t", "Enter details"),
        (":", " Commands"),
        ("\x1b", "Enter details"),
        ("!", "roblem"),
        ("\x1b", "Enter details"),
        ("/", "Esc clear"),
        ("app-web-2026.00015\r", "Images 1/"),
        ("c", " Copy 1 image "),
    ] {
        pty.keys(keys);
        pty.wait_for(shown, |text| text.contains(shown));
    }
    pty.keys("\x1b");
    pty.wait_for("the images", |text| text.contains("Enter details"));
    pty.keys("q");
    assert!(pty.wait_exit().success());
    given_back(&pty);
    pty
}

#[test]
fn no_color_means_none_on_any_screen() {
    let colours =
        |program: Program| sgr_codes(tour(program).bytes_seen()).into_iter().filter(|code| is_colour(*code)).count();
    let (_home, plain) = program(&["demo", "--time-scale", "0.001"]);
    assert!(colours(plain) > 0, "by default there are colours");
    let (_home, without) = program(&["demo", "--time-scale", "0.001"]);
    assert_eq!(colours(without.env("NO_COLOR", "1")), 0);
}

/// The rows of the images pane that are reversed at this column, and those with the cursor's mark.
fn selected(screen: &vt100::Screen) -> (Vec<u16>, Vec<u16>) {
    let cell = |row, column| screen.cell(row, column).expect("a cell");
    let images = 3..12;
    let reversed = images.clone().filter(|row| cell(*row, 5).inverse()).collect();
    (reversed, images.filter(|row| cell(*row, 1).contents() == ">").collect())
}

#[test]
fn without_colours_the_selected_row_is_reversed_and_has_a_mark() {
    let (_home, program) = program(&["demo", "--time-scale", "0.001"]);
    let mut pty = still_demo(program.env("NO_COLOR", "1"));
    for row in [4, 5] {
        pty.keys("j");
        pty.wait_until("the next row", |screen| selected(screen) == (vec![row], vec![row]));
    }
    pty.keys("q");
    assert!(pty.wait_exit().success());
    given_back(&pty);
}

/// `LC_ALL` wins over `LANG`.
#[test]
fn a_poor_locale_gets_ascii_on_every_screen() {
    let (_home, program) = program(&["demo", "--time-scale", "0.001"]);
    let pty = tour(program.env("LANG", "C.UTF-8").env("LC_ALL", "C"));
    let shown = String::from_utf8_lossy(pty.bytes_seen());
    assert!(shown.is_ascii(), "{:?}", shown.chars().filter(|c| !c.is_ascii()).collect::<String>());
}

#[test]
fn a_dumb_terminal_gets_a_prompt_and_not_one_sequence() {
    let (_home, program) = program(&["demo"]);
    let mut pty = program.env("TERM", "dumb").start(200, 60);
    pty.wait_for("the prompt", |text| text.contains("Keys: c copy") && text.trim_end().ends_with("\n:"));
    pty.keys("quit\n");
    assert!(pty.wait_exit().success(), "{}", pty.text());
    assert!(!pty.bytes_seen().contains(&0x1b), "{}", pty.text());
}

#[test]
fn tmux_gets_the_clipboard_wrapped_as_well() {
    let sent = |tmux: bool| {
        let (_home, mut program) = program(&["demo", "--time-scale", "0.001"]);
        if tmux {
            program = program.env("TMUX", "/tmp/tmux-0/default,1,0").env("TERM", "tmux-256color");
        }
        let mut pty = still_demo(program);
        pty.keys("y");
        pty.wait_for("what is on the clipboard", |text| text.contains("Sent to your clipboard"));
        ready(&mut pty);
        pty.keys("q");
        assert!(pty.wait_exit().success());
        given_back(&pty);
        let bytes = String::from_utf8_lossy(pty.bytes_seen()).into_owned();
        (bytes.matches("\x1b]52;c;").count(), bytes.matches("\x1bPtmux;\x1b\x1b]52;c;").count())
    };
    assert_eq!((sent(false), sent(true)), ((1, 0), (2, 1)));
}
