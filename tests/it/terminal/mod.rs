//! Terminals as they are: programs in a pseudo-terminal, with a terminal emulator looking on.
//!
//! `device` tries the terminal room alone, in this very test binary started anew; `program` tries `amigrate`.

mod device;
mod program;
