//! The whole program, scenario and keys in, screens out: the real loop, the embedded EC2, the real painter and a
//! terminal emulator, on tokio's paused clock. Nothing really waits, and every screen is the same in every run.

mod browse;
mod copying;
mod ending;
mod failures;
mod form;
mod replay;
mod unknown_outcome;
