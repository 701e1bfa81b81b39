//! The integration tests: one binary, so that they are linked once. `CONTRIBUTING.md` lists the variables they read.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and prints what it could not do or was asked to show"
)]

mod audit;
mod commands;
mod crash_points;
mod docs;
mod earlier_store;
mod hosts;
mod interop;
mod layering;
mod main_job;
mod pacing;
mod processes;
mod render;
mod screens;
mod simulation;
mod support;
mod terminal;
