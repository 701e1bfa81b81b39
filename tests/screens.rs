//! The whole program, scenario and keys in, screens out: the real loop, the embedded EC2, the real painter and a
//! terminal emulator, on tokio's paused clock. Nothing really waits, and every screen is the same in every run.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/stage.rs"]
mod stage;
#[path = "support/tape.rs"]
mod tape;

#[path = "screens/browse.rs"]
mod browse;
#[path = "screens/copying.rs"]
mod copying;
#[path = "screens/doubting.rs"]
mod doubting;
#[path = "screens/ending.rs"]
mod ending;
#[path = "screens/form.rs"]
mod form;
#[path = "screens/replay.rs"]
mod replay;
#[path = "screens/troubles.rs"]
mod troubles;
