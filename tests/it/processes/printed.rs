//! `amigrate jobs` prints the store without a request to AWS.

use super::fixture::{Drive, ProcessFixture};

fn printed(fixture: &ProcessFixture, arguments: &[&str]) -> Vec<Vec<String>> {
    let mut jobs = Drive::start(fixture.command(arguments), fixture);
    let status = jobs.wait();
    assert!(status.success(), "{}", jobs.errors());
    jobs.said().lines().map(|l| l.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn jobs_are_printed_from_the_store_alone() {
    let mut fixture = ProcessFixture::slow();
    // A profile's keys, not exported ones: AWS would be asked each time whose those are.
    let config = fixture.home.path().join("aws-config");
    std::fs::write(&config, "[default]\naws_access_key_id = test\naws_secret_access_key = test\n").expect("a file");
    fixture.settings.extend([
        ("AWS_CONFIG_FILE", config.to_str().expect("a plain name").to_owned()),
        ("AWS_ACCESS_KEY_ID", String::new()),
        ("AWS_SECRET_ACCESS_KEY", String::new()),
    ]);
    let mut bad = fixture.request("with-bad-key", "us-east-2", 1);
    bad.encryption = super::fixture::bad_key();
    let late = fixture.request("not-yet", "us-east-2", 2);
    fixture.ask(&amigrate::engine::Command::Copy(vec![bad, late]));
    let requests = || fixture.ec2.with(|w| w.calls().values().map(|c| c.received).sum::<u64>());

    // No process has driven yet, so the account is unknown here: AWS is asked.
    let lines = printed(&fixture, &["jobs"]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[1], ["-", lines[0][1].as_str(), "not-yet", "us-east-1 > us-east-2", "requested", "-", "-", "-"]);
    assert_eq!(requests(), 1);

    let drive = fixture.drive();
    drive.wait_to_say("with-bad-key to us-east-2: failed");
    drive.wait_to_say("not-yet to us-east-2: copying");
    drive.kill();
    let before = {
        let mut drive = drive;
        drive.wait();
        requests()
    };
    let lines = printed(&fixture, &["jobs"]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        assert_eq!(line.len(), 8, "{line:?}");
        assert!(line[1].starts_with("batch-"), "{line:?}");
        assert!(line[5].starts_with("ami-"), "{line:?}");
    }
    assert_eq!((lines[0][0].as_str(), lines[0][4].as_str()), ("1", "failed"));
    assert!(lines[0][6].contains("key ID is not accessible"), "{lines:?}");
    assert!(lines[1][4].starts_with("copying"), "{lines:?}");

    let ended = printed(&fixture, &["jobs", "--history"]);
    assert_eq!(ended, [lines[0].clone()]);
    let all = printed(&fixture, &["jobs", "--all"]);
    let account = fixture.account.to_string();
    let of_account = |line: &Vec<String>| [std::slice::from_ref(&account), &line[..]].concat();
    assert_eq!(all, lines.iter().map(of_account).collect::<Vec<_>>());
    assert_eq!(requests(), before, "AWS was asked");
}

#[test]
fn changing_calls_are_printed_by_account_and_job_in_a_read_only_session_too() {
    let fixture = ProcessFixture::new();
    fixture.ask_copies("audited", 1);
    let mut drive = fixture.drive();
    assert!(drive.wait().success(), "{}", drive.errors());
    let lines = printed(&fixture, &["audit", "--read-only"]);
    assert_eq!(lines.len(), 3, "{lines:?}");
    for line in &lines {
        assert_eq!(line.len(), 8, "{line:?}");
        assert!(line[0].ends_with('Z') && line[1].starts_with("arn:aws:"), "{line:?}");
        assert_eq!((line[3].as_str(), line[7].as_str()), ("CopyImage", "done"));
        assert_eq!(line[6].len(), 36, "AWS's request id: {line:?}");
    }
    let job = printed(&fixture, &["audit", "--job", "2"]);
    assert_eq!(job, [lines.iter().find(|l| l[5] == "2").expect("job 2 was sent").clone()]);
    let all = printed(&fixture, &["audit", "--all"]);
    let account = fixture.account.to_string();
    let of_account = |line: &Vec<String>| [std::slice::from_ref(&account), &line[..]].concat();
    assert_eq!(all, lines.iter().map(of_account).collect::<Vec<_>>());
}
