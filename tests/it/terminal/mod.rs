//! Programs in a real pseudo-terminal, read by a terminal emulator.
//!
//! `device` tests the `term` layer alone and `faults` the loop above it, both in this test binary started a second time; the others test `amigrate`.

mod device;
mod environment;
mod faults;
mod floods;
mod modes;
mod mouse;
mod program;
mod prompt;

use crate::support::pty::Pty;

/// Runs a program without SIGHUP, so that a hang-up must be noticed on the terminal itself.
const WITHOUT_HANGUP: [&str; 2] = ["-c", "trap '' HUP; exec \"$0\" \"$@\""];
/// Runs a program as a job, and continues it once it has stopped and a line was typed.
const AS_JOB: [&str; 3] =
    ["-m", "-c", "\"$0\" \"$@\"; echo \"stopped $?\"; read line; fg >/dev/null; echo \"ended $?\""];

/// Checks that the terminal is as it was before the program.
fn given_back(pty: &Pty) {
    let screen = pty.screen();
    assert!(!screen.alternate_screen(), "the alternate screen stayed");
    assert!(!screen.hide_cursor(), "the cursor stayed hidden");
    assert!(!screen.bracketed_paste(), "bracketed paste stayed on");
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is still reported");
    modes::Modes::after(pty.bytes_seen()).given_back();
}
