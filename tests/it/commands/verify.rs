//! `amigrate verify` and `amigrate diff`.

use amigrate::{
    domain::{ClientToken, CopyRequest, Encryption, Failure, ImageId, ImageName, KmsKeyRef, Region, image::Tag},
    engine::{BatchId, Job, JobId, JobState},
    sim::faults::{FaultKind, Rule},
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    fixture::{Commands, Ended, START},
    map::keep_jobs,
};

/// A finished copy of the demo, encrypted with another key than none.
const COPY: &str = "ci-runner-arm64-eu";
const THERE: [&str; 2] = ["--region", "eu-west-1"];

fn region(name: &str) -> Region {
    Region::new(name).expect("a region")
}

fn now() -> Timestamp {
    START.parse().expect("a time")
}

/// The copy's id, and its source's.
fn ids(commands: &Commands) -> (ImageId, ImageId) {
    let copies = commands.ec2.with(|w| w.copies(now()));
    let copy = copies.into_iter().find(|seen| *seen.image.name == *COPY).expect("the demo has it").image;
    (copy.id, copy.source_image_id.expect("its source"))
}

/// A job of this host's list that made the copy, as it was requested.
fn keep_job(commands: &Commands, (copy, source): &(ImageId, ImageId)) {
    let token = ClientToken::from_random(1);
    let name = ImageName::new(COPY).expect("a name");
    let bare = CopyRequest::bare((source.clone(), region("us-west-2")), region("eu-west-1"), name, token);
    let encryption = Encryption::Encrypt { key: KmsKeyRef::new("alias/images").ok() };
    let request = CopyRequest { encryption, copy_tags: true, ..bare };
    let mut job = Job::new(JobId(7), BatchId::new("batch-1a2b3c"), request, now());
    (job.state, job.images) = (JobState::Available { image: copy.clone() }, vec![copy.clone()]);
    keep_jobs(commands, [job], Timestamp::now());
}

#[test]
fn copies_of_a_batch_that_made_no_image_are_not_verified() {
    let mut commands = Commands::new("demo");
    let ids = ids(&commands);
    keep_job(&commands, &ids);
    let job = |number: u64, state| {
        let (from, name) = ((ids.1.clone(), region("us-west-2")), ImageName::new("evil-copy").expect("a name"));
        let request = CopyRequest::bare(from, region("eu-west-2"), name, ClientToken::from_random(number.into()));
        let mut job = Job::new(JobId(number), BatchId::new("batch-1a2b3c"), request, now());
        job.state = state;
        job
    };
    let failure = Box::new(Failure::new("copy", "the key is not accessible"));
    let jobs = [job(8, JobState::Failed { failure, image: None }), job(9, JobState::Cancelled)];
    keep_jobs(&commands, jobs, Timestamp::now());
    let ended = commands.run(&["verify", "--batch", "batch-1a2b3c", "--output", "json"]);
    let told = json(&ended);
    let of = |n: usize, key: &str| told["verifications"][n][key].clone();
    assert_eq!(told["verifications"].as_array().map(Vec::len), Some(3), "{}", commands.transcript());
    assert_eq!([of(0, "result"), of(1, "result"), of(2, "result")], ["as_requested", "not_verified", "not_verified"]);
    assert_eq!([of(1, "job"), of(2, "job")], [8, 9]);
    assert_eq!(
        [of(1, "image_id"), of(1, "name"), of(1, "region")],
        [Value::Null, "evil-copy".into(), "eu-west-2".into()]
    );
    let why = |n| of(n, "message").as_str().unwrap_or_default().to_owned();
    assert!(why(1).contains("it is failed") && why(2).contains("it is cancelled"), "{} {}", why(1), why(2));
    assert_eq!((ended.status, told["failures"].as_array().map(Vec::len)), (Some(1), Some(2)));
    let ids = commands.run(&["verify", "--batch", "batch-1a2b3c", "--output", "ids"]);
    assert_eq!((ids.status, ids.stdout.as_str()), (Some(1), ""), "no image has no id");
    assert!(ids.stderr.contains("verify copy 8 \"evil-copy\" to eu-west-2"), "{}", ids.stderr);
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {ended:?}"))
}

#[test]
fn what_differs_from_the_source_is_named_and_what_was_requested_is_told_apart() {
    let mut commands = Commands::new("demo");
    let ids = ids(&commands);
    let there = |words: &[&'static str]| [words, &THERE[..]].concat();
    commands.run(&there(&["verify", COPY]));
    commands.run(&there(&["verify", COPY, "--output", "csv"]));
    commands.run(&there(&["verify", COPY, "--output", "ids"]));
    keep_job(&commands, &ids);
    for format in ["table", "json", "ids"] {
        let ended = commands.run(&["verify", ids.0.as_str(), "--output", format]);
        assert_eq!(ended.status, Some(0), "as requested: {}", commands.transcript());
    }
    commands.run(&["verify", "--job", "7"]);
    commands.run(&["verify", "--batch", "batch-1a2b3c"]);
    let tag = Tag { key: "Team".into(), value: "evil\u{1b}[31m".into() };
    let tagged = commands.ec2.with(|w| w.tag_as_other_user(&region("eu-west-1"), ids.0.as_str(), tag, now()));
    tagged.expect("it may be tagged");
    commands.run(&["verify", ids.0.as_str(), "--output", "json"]);
    let printed = commands.run(&["verify", ids.0.as_str()]);
    assert_eq!((printed.status, printed.stdout.contains('\u{1b}')), (Some(10), false), "{}", commands.transcript());
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_cannot_be_verified_is_said_with_a_status_of_its_own() {
    let mut commands = Commands::new("demo");
    let (copy, source) = ids(&commands);
    let copy = copy.as_str();
    commands.run(&["verify", "latest:app-web-*"]);
    commands.run(&["verify", "app-db-standby", "--region", "eu-west-1"]);
    commands.run(&["verify", "ami-00000000000000000"]);
    commands.run(&["verify", "--job", "3"]);
    commands.run(&["verify"]);
    for action in ["DescribeImageAttribute", "DescribeSnapshotAttribute"] {
        commands.ec2.with(|w| w.faults().add(Rule::new(action, FaultKind::Deny).in_region(region("eu-west-1"))));
    }
    commands.run(&["verify", copy, "--output", "json"]);
    commands.ec2.with(|w| w.deregister_as_other_user(&region("us-west-2"), &source, false, now())).expect("it goes");
    let gone = commands.run(&["verify", copy, "--output", "json"]);
    assert_eq!((gone.status, &json(&gone)["verifications"][0]["result"]), (Some(1), &"source_gone".into()));
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn two_images_are_compared_side_by_side() {
    let mut commands = Commands::new("demo");
    let (copy, source) = ids(&commands);
    let (copy, source) = (copy.as_str(), source.as_str());
    commands.run(&["diff", source, copy]);
    commands.run(&["diff", source, copy, "--output", "json"]);
    commands.run(&["diff", "latest:app-web-*", "latest:app-db-*", "--output", "csv"]);
    commands.run(&["diff", copy, copy]);
    commands.run(&["diff", copy, copy, "--output", "ids"]);
    commands.run(&["diff", copy]);
    commands
        .ec2
        .with(|w| w.faults().add(Rule::new("DescribeSnapshots", FaultKind::Deny).in_region(region("eu-west-1"))));
    commands.run(&["diff", copy, copy]);
    insta::assert_snapshot!(commands.transcript());
    for columns in [80, 200] {
        let mut terminal = commands.on_terminal_of(columns, 40, &["verify", copy]);
        assert_eq!(terminal.wait_exit().exit_code(), 3, "{}", terminal.text());
        let text = terminal.text();
        let stacked = ["name (not requested)", "  source: ci-runner-arm64-20260227", "  copy: ci-runner-arm64-eu"];
        let words =
            if columns == 80 { stacked } else { ["SOURCE", "NOTE", "ci-runner-arm64-20260227  ci-runner-arm64-eu "] };
        assert!(words.iter().all(|word| text.contains(word)), "{columns}: {text}");
        let mut terminal = commands.on_terminal_of(columns, 40, &["diff", "latest:app-web-*", "latest:app-db-*"]);
        assert_eq!(terminal.wait_exit().exit_code(), 10, "{}", terminal.text());
        let text = terminal.text();
        let word = if columns == 80 { "  left: gp3" } else { "LEFT" };
        assert!(text.contains(word), "{columns}: {text}");
    }
}
