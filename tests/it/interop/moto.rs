//! A moto server (another implementation of EC2) with one image in it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdin, Stdio},
};

use super::python::Python;

/// A running server; it ends when this is dropped.
pub(crate) struct Moto {
    child: Child,
    /// The server serves until this is closed.
    input: Option<ChildStdin>,
    /// Its endpoint.
    pub(crate) url: String,
    /// An available image in us-east-1, tagged `Team=moto`.
    pub(crate) image: String,
    /// That image's name.
    pub(crate) name: String,
}

/// Starts a server on a port of its own choice.
pub(crate) fn start(python: &Python) -> Moto {
    let mut child = python
        .script("moto_server.py")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the interpreter starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("moto says where it is");
    let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("moto said {line:?}: {e}"));
    let text = |key: &str| said[key].as_str().unwrap_or_else(|| panic!("moto gave no {key}")).to_owned();
    Moto { input: child.stdin.take(), url: text("url"), image: text("image"), name: text("name"), child }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.input.take());
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
