//! Completions in interactive shells: the script is read as the README says, then words are typed and completed with Tab.
//!
//! A shell that is not installed is reported as not run; under `CI=true` that is a failure.

use std::{env, fs, sync::Arc};

use amigrate::{
    domain::{AccountId, AccountKey, ClientToken, CopyRequest, ImageId, ImageName, Region},
    engine::{BatchId, Job, JobId, JobState},
    store::{ChangeSet, Store},
};
use jiff::Timestamp;

use crate::support::pty::{Program, Pty};

/// A shell, how it is started without anybody's settings, and what it reads first.
struct Shell {
    program: &'static str,
    arguments: &'static [&'static str],
    setup: &'static str,
}

const SHELLS: [Shell; 3] = [
    Shell {
        program: "bash",
        arguments: &["--noprofile", "--norc", "-i"],
        setup: "PS1='ready> '; source <(amigrate completions bash)",
    },
    Shell {
        program: "zsh",
        arguments: &["-f", "-i"],
        setup: "PS1='ready> '; autoload -Uz compinit; compinit -u -D; source <(amigrate completions zsh)",
    },
    Shell {
        program: "fish",
        arguments: &["--no-config", "--interactive"],
        setup: "function fish_prompt; echo -n 'ready> '; end; amigrate completions fish | source",
    },
];

/// What is typed before Tab, and the line that comes of it.
const LINES: [(&str, &str); 8] = [
    ("amigrate compl", "amigrate completions"),
    ("amigrate list --reg", "amigrate list --region"),
    ("amigrate list --region il-", "amigrate list --region il-central-1"),
    ("amigrate whoami --profile sta", "amigrate whoami --profile staging"),
    ("amigrate demo --scenario ho", "amigrate demo --scenario hostile"),
    ("amigrate list --output jsonl --color nev", "amigrate list --output jsonl --color never"),
    ("amigrate resolve 4", "amigrate resolve 42"),
    ("amigrate resolve 42 --mine ami-0", "amigrate resolve 42 --mine ami-0123456789abcdef0"),
];

/// A home with a profile and a copy.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(home.path().join(".aws")).expect("a directory");
    fs::write(home.path().join(".aws/config"), "[profile staging]\nregion = eu-west-1\n").expect("it is written");
    let now = Timestamp::now();
    let request = CopyRequest {
        source_name: "web".into(),
        volumes: vec![8],
        ..CopyRequest::bare(
            (ImageId::new("ami-0fedcba9876543210").expect("an id"), Region::new("us-east-1").expect("a region")),
            Region::new("eu-west-1").expect("a region"),
            ImageName::new("web").expect("a name"),
            ClientToken::from_random(1),
        )
    };
    let mut job = Job::new(JobId(42), BatchId::new("batch-000001"), request, now);
    job.state = JobState::Copying { image: ImageId::new("ami-0123456789abcdef0").expect("an id") };
    let account = AccountKey::new(&AccountId::new("123456789012").expect("an account"), None);
    let mut store = Store::open(&home.path().join("amigrate"), now).expect("it opens").store;
    let changes = ChangeSet { jobs: vec![Arc::new(job)], ..ChangeSet::default() };
    store.commit(&account, &changes, now).expect("the store takes it");
    home
}

fn start(shell: &Shell, home: &std::path::Path) -> Pty {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_amigrate"));
    let dir = program.parent().expect("a directory").to_str().expect("a plain name");
    let path = format!("{dir}:{}", env::var("PATH").unwrap_or_default());
    // Nobody is asked for credentials or regions: a request would find no one there.
    Program::new(shell.program, shell.arguments)
        .home(home)
        .env("PATH", &path)
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_CONFIG_FILE", &format!("{}/.aws/config", home.display()))
        .start(120, 40)
}

/// The line that the cursor is in, up to the cursor, without the blanks at its end.
fn typed(screen: &vt100::Screen) -> String {
    let (row, column) = screen.cursor_position();
    screen.contents_between(row, 0, row, column).trim_end().to_owned()
}

fn wait_for_line(terminal: &mut Pty, line: &str) {
    let line = format!("ready> {line}");
    terminal.wait_until(&line, |screen| typed(screen) == line.trim_end());
}

fn completes(shell: &Shell) {
    let home = home();
    let mut terminal = start(shell, home.path());
    terminal.keys(&format!("{}\r", shell.setup));
    wait_for_line(&mut terminal, "");
    for (line, completed) in LINES {
        terminal.keys(line);
        wait_for_line(&mut terminal, line);
        terminal.keys("\t");
        wait_for_line(&mut terminal, completed);
        // Ctrl-u; Ctrl-c could interrupt the completion that has just been shown.
        terminal.keys("\x15");
        wait_for_line(&mut terminal, "");
    }
}

fn run(program: &str) {
    let shell = SHELLS.iter().find(|shell| shell.program == program).expect("it is in the table");
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|dir| dir.join(program).is_file()) {
        completes(shell);
    } else {
        assert!(env::var("CI").as_deref() != Ok("true"), "{program} must be installed under CI");
        eprintln!("not run: {program} is not installed");
    }
}

#[test]
fn bash_completes() {
    run("bash");
}

#[test]
fn zsh_completes() {
    run("zsh");
}

#[test]
fn fish_completes() {
    run("fish");
}
