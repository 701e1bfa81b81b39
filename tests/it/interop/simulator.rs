//! `amigrate simulate` as a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use super::python::scrub;

/// A running simulator; it ends when this is dropped.
pub(crate) struct Simulator {
    child: Child,
    /// Its endpoint.
    pub(crate) url: String,
}

/// Starts a scenario on a free port, its copies `scale` times as fast as in real time.
pub(crate) fn start(scenario: &str, scale: impl std::fmt::Display) -> Simulator {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amigrate"));
    scrub(&mut command);
    let mut child = command
        .args(["simulate", "--port", "0", "--scenario", scenario, "--time-scale", &scale.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it is");
    let url = line.trim().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "the first line is the endpoint, not {line:?}");
    Simulator { child, url }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
