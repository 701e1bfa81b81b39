//! `amigrate map`.

use std::sync::Arc;

use amigrate::{
    domain::{AccountId, AccountKey, ClientToken, CopyRequest, Failure, ImageId, ImageName, Region},
    engine::{BatchId, Job, JobId, JobState},
    store::{ChangeSet, Store},
};

use super::fixture::{Commands, START};

#[test]
fn images_are_mapped_by_name_and_by_source() {
    let mut commands = Commands::new("demo");
    for format in ["json", "terraform", "cloudformation", "env", "ssm"] {
        commands.run(&["map", "--name", "base-linux*", "--format", format]);
    }
    let source = commands.ec2.newest("us-east-1", "base-linux").0.to_string();
    commands.run(&["map", "--source", &source, "--format", "env", "--as", "WEB"]);
    commands.run(&["map", "--name", "app-*", "--regions", "eu-west-1,us-east-1", "--format", "env"]);
    commands.run(&["map", "--name", "nothing*", "--format", "env"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_region_that_does_not_answer_is_named() {
    let mut commands = Commands::new("broken");
    commands.run(&["map", "--name", "app-*", "--regions", "all"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_cannot_be_mapped_is_wrong_usage() {
    let mut commands = Commands::new("demo");
    commands.run(&["map"]);
    commands.run(&["map", "--name", "a", "--batch", "b"]);
    commands.run(&["map", "--source", "ami-1x"]);
    commands.run(&["map", "--name", "a", "--format", "env", "--as", "A;rm"]);
    commands.run(&["map", "--name", "a", "--as", "x"]);
    commands.run(&["map", "--name", "a", "--format", "toml"]);
    commands.run(&["map", "--name", "a", "--regions", "eu-wset-1"]);
    commands.run(&["map", "--name", "a", "--output", "csv"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_batch_is_mapped_from_the_store() {
    let mut commands = Commands::new("demo");
    keep(&commands, START.parse().expect("a time"));
    let asked = commands.ec2.request_count("DescribeImages");
    commands.run(&["map", "--batch", "batch-one", "--format", "env"]);
    commands.run(&["map", "--batch", "batch-two"]);
    commands.run(&["map", "--batch", "batch-tow"]);
    commands.run(&["map", "--batch", "x"]);
    assert_eq!(commands.ec2.request_count("DescribeImages"), asked, "EC2 is not asked for images");
    insta::assert_snapshot!(commands.transcript());
}

/// Keeps a batch that is available, and one of which a copy failed; both requested at this moment.
pub(crate) fn keep(commands: &Commands, now: jiff::Timestamp) {
    let image = |n: u8| ImageId::new(&format!("ami-{n:017}")).expect("an id");
    let failed = JobState::Failed { failure: Failure::new("copy", "the key is disabled").into(), image: None };
    let states = [
        ("batch-one", "eu-west-1", JobState::Available { image: image(1) }),
        ("batch-one", "us-west-2", JobState::Available { image: image(2) }),
        ("batch-one", "us-west-2", JobState::Available { image: image(3) }),
        ("batch-two", "eu-west-1", JobState::Available { image: image(4) }),
        ("batch-two", "us-west-2", failed),
        ("batch-two", "ca-central-1", JobState::Copying { image: image(5) }),
    ];
    let jobs = states.into_iter().zip(1..).map(|((batch, to, state), n)| {
        let mut job = Job::new(JobId(n), BatchId::new(batch), request(to, n), now);
        job.state = state;
        job
    });
    keep_jobs(commands, jobs, now);
}

/// Keeps these.
pub(crate) fn keep_jobs(commands: &Commands, jobs: impl IntoIterator<Item = Job>, now: jiff::Timestamp) {
    let changes = ChangeSet { jobs: jobs.into_iter().map(Arc::new).collect(), ..ChangeSet::default() };
    let account = AccountKey::new(&AccountId::new("123456789012").expect("an account"), Some(&commands.ec2.url));
    let mut store = Store::open(&commands.home.path().join("amigrate"), now).expect("it opens").store;
    store.commit(&account, &changes, now).expect("the store takes it");
}

pub(crate) fn request(to: &str, token: u64) -> CopyRequest {
    CopyRequest {
        source_name: "web".into(),
        volumes: vec![8],
        ..CopyRequest::bare(
            (ImageId::new("ami-0fedcba9876543210").expect("an id"), Region::new("us-east-1").expect("a region")),
            Region::new(to).expect("a region"),
            ImageName::new("web").expect("a name"),
            ClientToken::from_random(token.into()),
        )
    }
}
