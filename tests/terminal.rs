//! Terminals as they are: programs in a pseudo-terminal, with a terminal emulator looking on.
//!
//! `device` tries the terminal room alone, in this very test binary started anew; `program` tries `amigrate`.

#[path = "support/pty.rs"]
mod pty;

#[path = "terminal/device.rs"]
mod device;
#[path = "terminal/program.rs"]
mod program;
