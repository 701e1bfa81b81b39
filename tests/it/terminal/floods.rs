//! More at once than anyone does by hand: sizes, and pasted text.

use super::{
    given_back,
    program::{program, ready, still_demo},
};

/// Sizes from 1x1 to 300x100, large and small in turn.
fn storm() -> impl Iterator<Item = (u16, u16)> {
    let corners = [(1, 1), (300, 100), (1, 100), (300, 1), (60, 15), (59, 14)];
    corners.into_iter().chain((0..200).map(|n| (n * 149 % 300 + 1, n * 37 % 100 + 1))).chain(corners)
}

#[test]
fn a_storm_of_sizes_leaves_a_whole_screen() {
    let (_home, program) = program(&["demo", "--time-scale", "0.001"]);
    let mut pty = still_demo(program);
    for (n, (columns, rows)) in storm().enumerate() {
        pty.resize(columns, rows);
        // Keys continue meanwhile, on each screen.
        pty.keys(["j", "?", "k", "\t"][n % 4]);
    }
    pty.resize(80, 24);
    let whole = |text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        lines.len() == 24
            && lines[0].starts_with(" amigrate  DEMO")
            && lines[1].starts_with('┌')
            && lines[1].ends_with('┐')
    };
    pty.wait_for("a whole screen", whole);
    // Help may be open, or over another help.
    pty.keys("\x0c");
    pty.wait_for("a whole screen again", whole);
    pty.bytes(b"\x03");
    pty.wait_exit();
    given_back(&pty);
}

/// Ten thousand characters on many lines, with sequences and a `q` in them.
fn pasted() -> String {
    let line = "q\u{1b}[2J\u{7}quit; rm -rf *\tä€😀\u{202e}\r\n";
    let text: String = line.chars().cycle().take(10_000 - "the-end".len()).collect();
    format!("\x1b[200~{text}the-end\x1b[201~")
}

#[test]
fn a_long_paste_is_no_command_and_fits_into_a_field() {
    let (_home, program) = program(&["demo", "--time-scale", "0.001"]);
    let mut pty = still_demo(program);
    pty.keys(&pasted());
    pty.wait_for("that it is dropped", |text| text.contains("Nothing to paste into here"));
    pty.keys("/");
    pty.wait_for("the filter", |text| text.contains("Esc clear"));
    pty.keys(&pasted());
    pty.wait_for("no image like it", |text| text.contains("Images 0/"));
    // Ctrl-u empties the field.
    pty.bytes(b"\x15");
    pty.wait_for("all images", |text| text.contains("app-web-2026.00015"));
    pty.keys("\x1b");
    ready(&mut pty);
    pty.keys("q");
    assert!(pty.wait_exit().success());
    given_back(&pty);
}
