//! Parses, runs, exits; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    amigrate::cli::main()
}
