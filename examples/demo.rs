//! `amigrate demo` in the build of the tests: `cargo run --example demo` compiles nothing that `cargo test` does not use.

use std::{env, process::ExitCode};

fn main() -> ExitCode {
    amigrate::cli::run(["amigrate".into(), "demo".into()].into_iter().chain(env::args_os().skip(1)))
}
