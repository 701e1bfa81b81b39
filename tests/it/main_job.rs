//! The main task with the real binary in a pseudo-terminal, against `amigrate simulate` in another process: what
//! the screen says is compared with what the simulated EC2 has afterwards.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::pty::{Program, Pty};

struct Simulator {
    child: Child,
    url: String,
}

impl Simulator {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_amigrate"))
            .args(["simulate", "--time-scale", "2"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the simulator starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("it says where it is");
        Self { child, url: url.trim().to_owned() }
    }

    /// The state of one region, as `/_state` gives it; null if it has nothing.
    fn region(&self, name: &str) -> Value {
        self.get("/_state")[name].clone()
    }

    /// Every client token that it was sent.
    fn client_tokens(&self) -> BTreeSet<String> {
        let requests = self.get("/_requests");
        let bodies = requests.as_array().expect("a list").iter().filter_map(|request| request["body"].as_str());
        let pairs = bodies.flat_map(|body| form_urlencoded::parse(body.as_bytes()).into_owned().collect::<Vec<_>>());
        pairs.filter(|(name, _)| name == "ClientToken").map(|(_, token)| token).collect()
    }

    fn get(&self, path: &str) -> Value {
        let host = self.url.strip_prefix("http://").expect("plain HTTP");
        let mut stream = TcpStream::connect(host).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body}"))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open(simulator: &Simulator, home: &Path) -> Pty {
    program(simulator, home, &[]).start(120, 40)
}

fn program(simulator: &Simulator, home: &Path, arguments: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_amigrate"), arguments)
        .home(home)
        .env("AWS_ENDPOINT_URL", &simulator.url)
        .env("AMIGRATE_LOG_LEVEL", "debug")
        .env("AMIGRATE_LOG_FILE", &log(home))
        .env("AMIGRATE_POLL_FASTEST_SECONDS", "1")
        .env("AMIGRATE_BROWSE_REGIONS", "home")
}

/// Types a line at the prompt of line mode, and waits for an answer with this in it and for the next prompt.
#[track_caller]
fn say(pty: &mut Pty, line: &str, expected: &str) -> String {
    let before = pty.bytes_seen().len();
    pty.keys(&format!("{line}\n"));
    wait_said(pty, before, expected)
}

/// Waits for this among what is written after so many bytes, and for the next prompt.
#[track_caller]
fn wait_said(pty: &mut Pty, before: usize, expected: &str) -> String {
    loop {
        let said = String::from_utf8_lossy(&pty.bytes_seen()[before..]).into_owned();
        if said.contains(expected) && said.ends_with("\n: ") {
            return said;
        }
        pty.wait_more(pty.bytes_seen().len());
    }
}

/// The same by lines, on a terminal that can show no more than ASCII.
#[test]
fn two_copies_with_a_key_and_one_cancelled_at_the_prompt() {
    let simulator = Simulator::start();
    let home = tempfile::tempdir().expect("a directory");
    sign_in(home.path());
    let mut pty = program(&simulator, home.path(), &["--plain"]).env("LC_ALL", "C").start(120, 40);
    wait_said(&mut pty, 0, "Images: 3");
    say(&mut pty, "/app-web enc:no state:available", "filter app-web enc:no state:available");
    say(&mut pty, "mark", "1 marked");
    say(&mut pty, "copy", "Copy 1 image");
    say(&mut pty, "Enter", "Regions to copy to");
    say(&mut pty, "eu-west-", "Filter: eu-west-");
    say(&mut pty, "Space", "1 region marked");
    say(&mut pty, "Space", "2 regions marked");
    let form = say(&mut pty, "Enter", "Destinations: eu-west-1, eu-west-2");
    let name = form.split("Current: Name: ").nth(1).and_then(|rest| rest.lines().next()).expect("the name").trim();
    say(&mut pty, &format!("{name}-dr"), "-dr");
    say(&mut pty, "Tab", "Current: Description:");
    say(&mut pty, "for the fire drill", "Description: for the fire drill");
    say(&mut pty, "Tab", "Current: Section Encryption, folded");
    say(&mut pty, "Space", "Section Encryption, open");
    say(&mut pty, "Tab", "Current: Encrypt: no");
    say(&mut pty, "Space", "KMS key, all");
    say(&mut pty, "Tab", "Current: KMS key, all");
    say(&mut pty, "alias/images", "--kms-key-id alias/images");
    say(&mut pty, "Ctrl-s", "Ready: Ctrl-s starts 2 copies.");
    let started = pty.bytes_seen().len();
    say(&mut pty, "Ctrl-s", "2 copies queued.");
    let unasked = |pty: &mut Pty, expected: &str| wait_said(pty, started, expected);
    unasked(&mut pty, "-dr to eu-west-1: copying");
    unasked(&mut pty, "-dr to eu-west-2: copying");
    // The cursor is on the newest: eu-west-2.
    say(&mut pty, "cancel", "to eu-west-2?");
    say(&mut pty, "yes", "Jobs");
    unasked(&mut pty, "-dr to eu-west-2: cancelled");
    let said = unasked(&mut pty, "-dr to eu-west-1: available ami-");
    for news in ["eu-west-1: copying", "eu-west-2: copying", "eu-west-2: cancelled", "eu-west-1: available"] {
        assert_eq!(said.matches(&format!("-dr to {news}")).count(), 1, "{news}: {said}");
    }
    pty.keys("quit\n");
    assert!(pty.wait_exit().success(), "{}", pty.text());
    let seen = pty.bytes_seen();
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n');
    assert!(seen.iter().all(is_text), "{:?}", String::from_utf8_lossy(seen));
    check(&simulator);
}

fn log(home: &Path) -> String {
    home.join("bug.log").to_str().expect("UTF-8").to_owned()
}

/// What no log may have.
const SECRETS: [&str; 5] = [
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "FwoGZXIvYXdzEBYaDHVzZXItc2Vzc2lvbg",
    "aoaAAAAAGZzLoginCacheAccessToken",
    "aorAAAAAGZzLoginCacheRefreshToken",
];

/// A profile whose process prints credentials of a session, and what a login has left.
fn sign_in(home: &Path) {
    let [key, secret, session, access, refresh] = SECRETS;
    let keys = json!({"Version": 1, "AccessKeyId": key, "SecretAccessKey": secret, "SessionToken": session});
    fs::create_dir_all(home.join(".aws/login/cache")).expect("directories");
    let write = |name: &str, text: String| fs::write(home.join(name), text).expect("a file");
    write("keys.json", keys.to_string());
    write(
        ".aws/config",
        format!("[default]\nregion = us-east-1\ncredential_process = cat {}/keys.json\n", home.display()),
    );
    write(".aws/login/cache/0.json", json!({"accessToken": access, "refreshToken": refresh}).to_string());
}

/// The log has no secret, and its recording replays to the screen that was there last.
fn check_log(home: &Path, tokens: &BTreeSet<String>, last: &str) {
    let log_text = fs::read_to_string(log(home)).expect("a log");
    assert!(tokens.len() >= 2, "{tokens:?}");
    for secret in SECRETS.into_iter().chain(tokens.iter().map(String::as_str)) {
        let line = log_text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_amigrate")).args(["replay", &log(home)]).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let screen = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
    assert_eq!(screen(&String::from_utf8_lossy(&output.stdout)), screen(last));
}

/// The percent that the jobs pane shows for a destination, while it is copying.
fn percent(text: &str, destination: &str) -> Option<u32> {
    let line = text.lines().find(|l| l.contains(&format!("> {destination}")))?;
    let (before, _) = line.split_once('%')?;
    before.rsplit(' ').next()?.parse().ok()
}

#[test]
fn two_copies_with_a_key_and_one_cancelled() {
    let simulator = Simulator::start();
    let home = tempfile::tempdir().expect("a directory");
    sign_in(home.path());
    let mut pty = open(&simulator, home.path());
    pty.wait_for("the images", |t| t.contains("Images 3") && t.contains("app-web-2026") && !t.contains("listing"));

    start_two_copies(&mut pty);

    // The pane also lists the scenario's own copies.
    let ours = |t: &str, what: &str| t.lines().filter(|l| l.contains("-dr ") && l.contains(what)).count();
    pty.wait_for("both copies", |t| ours(t, "> eu-west-") == 2);
    let first = pty.wait_for("a percent", |t| percent(t, "eu-west-2").is_some_and(|p| p > 0));
    let before = percent(&first, "eu-west-2").expect("just seen");
    pty.wait_for("the bar to rise", |t| percent(t, "eu-west-2").is_some_and(|p| p > before));

    // The cursor is on the newest: eu-west-2.
    pty.keys("x");
    pty.wait_for("the question", |t| t.contains("Cancel the copy") && t.contains("to eu-west-2?") && t.contains("[No"));
    pty.keys("y");
    let done = pty.wait_for("both ends", |t| ours(t, "cancelled") == 1 && ours(t, "available ami-") == 1);
    assert!(!done.contains("left behind"), "{done}");
    pty.keys("?");
    let last = pty.wait_for("the help", |t| t.contains("Esc"));
    pty.bytes(b"\x03");
    assert!(pty.wait_exit().success());
    check(&simulator);
    check_log(home.path(), &simulator.client_tokens(), &last);
}

/// Fills in the form for two copies and starts them.
fn start_two_copies(pty: &mut Pty) {
    // The newest web image, found by typing.
    pty.keys("/");
    pty.keys("app-web enc:no state:available");
    pty.wait_for("the filter", |t| t.contains("/app-web enc:no state:available"));
    pty.keys("\r");
    pty.keys("c");
    pty.wait_for("the form", |t| t.contains("Copy 1 image"));

    // Destinations from the list, narrowed by typing.
    pty.keys("\r");
    pty.wait_for("the regions", |t| t.contains("Regions to copy to") && t.contains("eu-west-2"));
    pty.keys("/");
    pty.keys("eu-west-");
    pty.keys("\r");
    pty.keys("  \r");
    pty.wait_for("the choice", |t| t.contains("eu-west-1, eu-west-2"));

    // The name has the focus now.
    pty.keys("-dr");
    pty.keys("\t");
    pty.bytes(b"\x15");
    pty.keys("for the fire drill");
    // The section opens, and encryption is turned on.
    pty.keys("\t \t ");
    pty.wait_for("the key field", |t| t.contains("KMS key, all"));
    pty.keys("\t");
    pty.keys("alias/images");
    pty.wait_for("a form without mistakes", |t| {
        t.contains("Start 2 copies") && t.contains("--kms-key-id alias/images")
    });
    pty.bytes(b"\x13");
    pty.wait_for("the review", |t| t.contains("Ready: Ctrl-s starts"));
    pty.bytes(b"\x13");
}

/// One copy is as it was requested; nothing is left of the other.
fn check(simulator: &Simulator) {
    let kept = simulator.region("eu-west-1");
    let copies = copies_of(&kept);
    assert_eq!(copies.len(), 1, "exactly one new image");
    let copy = copies[0];
    assert!(copy["Name"].as_str().is_some_and(|n| n.starts_with("app-web-2026") && n.ends_with("-dr")), "{copy:#}");
    assert_eq!(copy["Description"], "for the fire drill");
    assert_eq!(copy["State"], "available");
    let snapshots = made_for(&kept, copy["ImageId"].as_str().expect("an id"));
    assert!(!snapshots.is_empty());
    for snapshot in snapshots {
        assert_eq!(snapshot["Encrypted"], true, "{snapshot:#}");
        assert!(snapshot["KmsKeyId"].as_str().is_some_and(|k| k.contains(":eu-west-1:")), "{snapshot:#}");
    }

    let cleared = simulator.region("eu-west-2");
    assert_eq!(copies_of(&cleared).len(), 0, "the cancelled image is gone");
    let left: Vec<&Value> =
        list(&cleared, "snapshots").into_iter().filter(|s| description(s).contains("from SourceAmi")).collect();
    assert_eq!(left, Vec::<&Value>::new(), "no snapshot of the cancelled copy");
}

/// A region that holds nothing is not listed at all.
fn list<'a>(region: &'a Value, what: &str) -> Vec<&'a Value> {
    if region.is_null() {
        return Vec::new();
    }
    region[what].as_array().unwrap_or_else(|| panic!("no {what} in {region:#}")).iter().collect()
}

fn description(value: &Value) -> &str {
    value["Description"].as_str().unwrap_or_default()
}

/// The copies this test made.
fn copies_of(region: &Value) -> Vec<&Value> {
    list(region, "images").into_iter().filter(|i| i["Name"].as_str().is_some_and(|n| n.ends_with("-dr"))).collect()
}

fn made_for<'a>(region: &'a Value, image: &str) -> Vec<&'a Value> {
    let prefix = format!("Copied for DestinationAmi {image} ");
    list(region, "snapshots").into_iter().filter(|s| description(s).starts_with(&prefix)).collect()
}
