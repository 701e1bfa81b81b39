//! Tables on a terminal: they fit its width, and what differs stays different.

use std::fmt::Write as _;

use amigrate::{
    domain::{CopyRequest, Failure, ImageId, ImageName},
    engine::{BatchId, Job, JobId, JobState},
};
use jiff::Timestamp;

use super::{
    fixture::Commands,
    map::{keep_jobs, request},
};

/// Copies with long names and reasons.
fn keep(commands: &Commands) {
    let now = Timestamp::now();
    let image = |n: u64| ImageId::new(&format!("ami-{n:017}")).expect("an id");
    let why = "the key arn:aws:kms:eu-west-1:123456789012:key/1234 is disabled; enable it first";
    let failed = JobState::Failed { failure: Failure::new("copy", why).into(), image: None };
    let states = [
        ("eu-west-1", JobState::Available { image: image(1) }),
        ("ap-southeast-2", failed),
        ("ca-central-1", JobState::Copying { image: image(3) }),
    ];
    let jobs = states.into_iter().zip(1..).map(|((to, state), n)| {
        let name = ImageName::new(&format!("fleet-web-2026.0{n}.14-x86_64-hardened-gp3")).expect("a name");
        let mut job = Job::new(JobId(n), BatchId::new("batch-1a2b3c"), CopyRequest { name, ..request(to, n) }, now);
        job.state = state;
        job
    });
    keep_jobs(commands, jobs, now);
}

/// What a command shows on a terminal of this width, without blank lines.
fn shown(commands: &Commands, columns: u16, arguments: &[&str]) -> Vec<String> {
    let mut terminal = commands.on_terminal_of(columns, 60, arguments);
    assert_eq!(terminal.wait_exit().exit_code(), 0, "{arguments:?}: {}", terminal.text());
    terminal.text().lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_row_is_a_line_at_every_width() {
    let commands = Commands::new("demo");
    keep(&commands);
    let tables: [(&[&str], usize); 5] = [
        (&["list", "--limit", "8", "--quiet"], 9),
        (&["list", "--regions", "us-east-1,ap-southeast-2", "--limit", "30", "--quiet"], 31),
        (&["jobs", "--quiet"], 4),
        (&["copy", "latest:app-web-*", "--to", "eu-west-1,ap-southeast-2", "--dry-run", "--quiet"], 3),
        (&["copy", "latest:app-web-*", "--to", "eu-west-1,ap-southeast-2", "--check", "--quiet"], 3),
    ];
    let mut transcript = String::new();
    for (arguments, lines) in tables {
        for columns in [80, 120, 200] {
            let shown = shown(&commands, columns, arguments);
            assert_eq!(shown.len(), lines, "{arguments:?} at {columns}: {shown:#?}");
            let shown: Vec<String> = shown.into_iter().take(9).collect();
            let (arguments, shown) = (arguments.join(" "), shown.join("\n"));
            let _ = write!(transcript, "$ amigrate {arguments} # {columns} columns\n{shown}\n\n");
        }
    }
    insta::assert_snapshot!(transcript.trim_end());
}

#[test]
fn what_is_not_for_a_terminal_is_not_cut() {
    let commands = Commands::new("demo");
    keep(&commands);
    let jobs = commands.ended(&["jobs"], "").stdout;
    assert!(
        jobs.contains("\tfleet-web-2026.02.14-x86_64-hardened-gp3\t") && jobs.contains("enable it first"),
        "{jobs}"
    );
    let json = commands.ended(&["jobs", "--output", "json"], "").stdout;
    assert!(json.contains("enable it first"), "{json}");
    // Columns that were requested by name are all there.
    let named =
        ["list", "--limit", "3", "--columns", "image_id,architecture,creation_date,description,name", "--quiet"];
    let heading = shown(&commands, 80, &named).remove(0);
    assert_eq!(
        heading.split_whitespace().collect::<Vec<_>>(),
        ["IMAGE", "ID", "ARCH", "CREATED", "DESCRIPTION", "NAME"]
    );
}

#[test]
fn nothing_of_the_bars_stays_after_an_interrupt() {
    let commands = Commands::new("demo");
    super::stored::ask(
        &commands,
        &amigrate::engine::Command::Copy(
            (1..=3).map(|n| super::stored::request(&commands, &format!("web-{n}"), "us-east-2", n)).collect(),
        ),
    );
    let mut watch = commands.on_terminal(&["watch"]);
    watch.wait_for("the bars", |text| (1..=3).all(|n| text.contains(&format!("web-{n} to us-east-2"))));
    watch.keys("\x03");
    assert_eq!(watch.wait_exit().exit_code(), 130, "{}", watch.text());
    let text = watch.text();
    assert!(!text.contains(" to us-east-2  "), "{text}");
    assert_eq!(text.matches("web-1").count(), 1, "only the table's: {text}");
}
