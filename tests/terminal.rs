//! Terminals as they are: programs in a pseudo-terminal, with a terminal emulator looking on.
//!
//! `device` tries the terminal room alone, in this very test binary started anew; `program` tries `amigrate`.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/pty.rs"]
mod pty;

#[path = "terminal/device.rs"]
mod device;
#[path = "terminal/program.rs"]
mod program;
