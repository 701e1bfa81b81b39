//! Programs in a real pseudo-terminal, read by a terminal emulator.
//!
//! `device` tests the `term` layer alone, in this test binary started a second time; `program` tests `amigrate`.

mod device;
mod program;
