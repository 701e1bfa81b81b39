//! Runs commands one after the other against one world, and writes down what each printed.

use std::{
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
};

use amigrate::sim::Scenario;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::support::{
    ec2_server::{ChangeSignal, Ec2},
    pty::{Program, Pty},
};

/// The moment at which every world is made, so that its dates are the same in every run.
pub(crate) const START: &str = "2026-03-01T12:00:00Z";

/// A world, a home directory, and the transcript of the commands that were run.
pub(crate) struct Commands {
    pub(crate) ec2: Ec2,
    pub(crate) home: TempDir,
    /// More environment variables.
    pub(crate) settings: Vec<(&'static str, String)>,
    transcript: String,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if a signal ended it.
    pub(crate) status: Option<i32>,
}

impl Commands {
    /// A world of this scenario, whose time stands still at [`START`]: copies stay pending.
    pub(crate) fn new(scenario: &str) -> Self {
        Self::of_scenario(&Scenario::named(scenario).expect("it is embedded"))
    }

    /// The demo with one more image, as in a file of a scenario: its table without the heading.
    pub(crate) fn with_image(image: &str) -> Self {
        let scenario = format!(
            "summary = 'x'\nseed = 7\naccount = '123456789012'\nhome = 'us-east-1'\nextends = 'demo'\n[[images]]\n{image}"
        );
        Self::of_scenario(&Scenario::parse(&scenario).expect("a scenario"))
    }

    fn of_scenario(scenario: &Scenario) -> Self {
        let start: Timestamp = START.parse().expect("a time");
        Self::of(Ec2::standing_still(scenario, start, &ChangeSignal::default()))
    }

    /// The demo's world in real time, with copies that take less than a second.
    pub(crate) fn quick() -> Self {
        Self::of(Ec2::quick(&ChangeSignal::default()))
    }

    /// These.
    pub(crate) fn of(ec2: Ec2) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        Self { ec2, home, settings: Vec::new(), transcript: String::new() }
    }

    /// The program with these arguments, without a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let home = self.home.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_amigrate"));
        command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, home);
        }
        command
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", &self.ec2.url)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AMIGRATE_POLL_FASTEST_SECONDS", "1")
            .envs(self.settings.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    /// The program with these arguments, on a terminal.
    pub(crate) fn on_terminal(&self, arguments: &[&str]) -> Pty {
        self.on_terminal_of(100, 30, arguments)
    }

    /// The same, on a terminal of this size.
    pub(crate) fn on_terminal_of(&self, columns: u16, rows: u16, arguments: &[&str]) -> Pty {
        let program = Program::new(env!("CARGO_BIN_EXE_amigrate"), arguments).home(self.home.path());
        let program = program.env("AWS_ENDPOINT_URL", &self.ec2.url).env("AWS_REGION", "us-east-1");
        let program = program.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        let settings = self.settings.iter();
        settings.fold(program, |program, (name, value)| program.env(name, value)).start(columns, rows)
    }

    /// Runs a command with nothing on its standard input, and adds it to the transcript.
    pub(crate) fn run(&mut self, arguments: &[&str]) -> Ended {
        self.run_with_input(arguments, "")
    }

    /// The same, with this on its standard input.
    pub(crate) fn run_with_input(&mut self, arguments: &[&str], input: &str) -> Ended {
        let ended = self.ended(arguments, input);
        let shown: Vec<String> =
            arguments.iter().map(|word| shlex::try_quote(word).expect("no NUL").into_owned()).collect();
        let home = self.home.path().to_str().expect("UTF-8");
        let without_paths = |text: &str| self.ec2.without_url(text).replace(home, "HOME");
        let transcript = &mut self.transcript;
        writeln!(transcript, "$ amigrate {}", without_paths(&shown.join(" "))).expect("a string");
        let (stdout, stderr) = (without_paths(&ended.stdout), without_paths(&ended.stderr));
        for (name, text) in [("stdout", stdout), ("stderr", stderr)] {
            if !text.is_empty() {
                writeln!(transcript, "--- {name}\n{}", redacted(text.trim_end_matches('\n'))).expect("a string");
            }
        }
        let status = ended.status.map_or("by a signal".into(), |status| status.to_string());
        writeln!(transcript, "--- status {status}\n").expect("a string");
        ended
    }

    /// Runs a command without writing it down.
    pub(crate) fn ended(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        // It may end without reading.
        _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ended { stdout: text(output.stdout), stderr: text(output.stderr), status: output.status.code() }
    }

    /// What was run and printed so far.
    pub(crate) fn transcript(&self) -> &str {
        self.transcript.trim_end()
    }
}

/// Request ids, which differ in every run, as `REQUEST-ID`.
fn redacted(text: &str) -> String {
    let is_id = |word: &str| {
        let parts: Vec<&str> = word.split('-').collect();
        parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12])
            && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let breaks = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(breaks) {
        let word = piece.trim_end_matches(breaks);
        if is_id(word) { shown += &piece.replace(word, "REQUEST-ID") } else { shown += piece }
    }
    shown
}
