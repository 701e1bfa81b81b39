//! Whose credentials are used: exported keys, named profiles, and what `amigrate whoami` says of them.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

use super::fixture::{Drive, ProcessFixture, account_at};
use crate::support::ec2_server::lock;

/// A configuration file with these profiles; nothing of the machine's own counts.
fn configured(fixture: &ProcessFixture, text: &str) -> Vec<(&'static str, String)> {
    let (config, none) = (fixture.home.path().join("aws-config"), fixture.home.path().join("none"));
    fs::write(&config, text).expect("a file");
    let shown = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
    vec![("AWS_CONFIG_FILE", shown(&config)), ("AWS_SHARED_CREDENTIALS_FILE", shown(&none))]
}

const PROFILES: &str = "\
[profile staging]
aws_access_key_id = STAGINGKEY
aws_secret_access_key = secret
region = eu-west-2

[profile other]
region = eu-west-1

[profile printed]
credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"PROCESSKEY\", \"SecretAccessKey\": \"s\"}'
";

struct Ran {
    code: Option<i32>,
    said: String,
    errors: String,
}

fn run(fixture: &ProcessFixture, command: Command) -> Ran {
    let mut running = Drive::start(command, fixture);
    let code = running.wait().code();
    Ran { code, said: running.said(), errors: running.errors() }
}

/// A server that records who signed each request and responds as STS does; the access key selects the account.
struct Sts {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Sts {
    fn start() -> Self {
        Self::answering(|request| {
            let theirs = request.contains("Credential=STAGINGKEY/") || request.contains("Credential=PROCESSKEY/");
            let account = if theirs { "210987654321" } else { "123456789012" };
            let body = if request.contains("Action=GetCallerIdentity") {
                format!(
                    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
                     <Arn>arn:aws:iam::{account}:user/me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
                )
            } else {
                "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>".to_owned()
            };
            ("text/xml", body)
        })
    }

    fn answering(answer: impl Fn(&str) -> (&'static str, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some((stream, request)) = read(stream) else { continue };
                lock(&all).push(request.clone());
                let (kind, body) = answer(&request);
                let mut stream = stream;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }
}

/// A whole request: its head, and as much body as it says.
fn read(mut stream: TcpStream) -> Option<(TcpStream, String)> {
    let (mut got, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        got.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&got).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some((stream, text));
        }
    }
}

/// The access key that signed a request, and the action.
fn signed(request: &str) -> (String, String) {
    let after = |mark: &str| request.split_once(mark).map_or("", |(_, rest)| rest);
    let key = after("Credential=").split('/').next().unwrap_or_default().to_owned();
    let action = after("Action=").split('&').next().unwrap_or_default().to_owned();
    (key, action)
}

#[test]
fn a_named_profile_goes_before_exported_keys_and_aws_profile_does_not() {
    let mut fixture = ProcessFixture::new();
    let sts = Sts::start();
    fixture.settings = configured(&fixture, PROFILES);
    fixture.settings.push(("AWS_ENDPOINT_URL", sts.url.clone()));
    // Exported in this shell: keys of one account, and the name of a profile of another.
    fixture.settings.push(("AWS_PROFILE", "staging".into()));
    let cases: [(&[&str], &str, &str, &str); 4] = [
        (&["--profile", "staging"], "STAGINGKEY", "210987654321", "profile staging"),
        (&["--profile", "printed"], "PROCESSKEY", "210987654321", "process (profile printed)"),
        (&[], "test", "123456789012", "environment"),
        (&["--region", "sa-east-1"], "test", "123456789012", "environment"),
    ];
    for (flags, key, account, source) in cases {
        let ran = run(&fixture, fixture.command(&[&["whoami"], flags].concat()));
        assert_eq!(ran.code, Some(0), "{flags:?}: {}", ran.errors);
        for line in [
            format!("account: {account}"),
            format!("arn: arn:aws:iam::{account}:user/me"),
            format!("source: {source}"),
            format!("endpoint: {}", sts.url),
            "driver: nobody".into(),
        ] {
            assert!(ran.said.lines().any(|l| l == line), "{flags:?}: `{line}`: {}", ran.said);
        }
        let last = sts.requests().pop().expect("a request");
        assert_eq!(signed(&last), (key.to_owned(), "GetCallerIdentity".to_owned()), "{flags:?}");
    }
    // The images are asked for by the same credentials.
    let ran = run(&fixture, fixture.command(&["--plain", "--profile", "staging"]));
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    let asked: Vec<_> = sts.requests().iter().rev().take(2).map(|r| signed(r)).collect();
    let by = |action: &str| ("STAGINGKEY".to_owned(), action.to_owned());
    assert_eq!(asked, [by("DescribeImages"), by("GetCallerIdentity")]);
}

/// Flags, variables, and the region that follows.
type Case<'a> = (&'a [&'a str], &'a [(&'static str, &'a str)], &'a str);

#[test]
fn the_region_is_the_flags_then_the_environments_then_the_profiles() {
    let mut fixture = ProcessFixture::new();
    let sts = Sts::start();
    let settings = configured(&fixture, PROFILES);
    let cases: [Case<'_>; 5] = [
        (&["--region", "sa-east-1"], &[("AWS_REGION", "us-west-1"), ("AWS_DEFAULT_REGION", "us-west-2")], "sa-east-1"),
        (&[], &[("AWS_REGION", "us-west-1"), ("AWS_DEFAULT_REGION", "us-west-2")], "us-west-1"),
        (&[], &[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-west-2")], "us-west-2"),
        (&[], &[("AWS_REGION", "")], "eu-west-2"),
        // With exported keys, the profile of `AWS_PROFILE` still gives the region.
        (&["--profile", "other"], &[("AWS_REGION", "")], "eu-west-1"),
    ];
    for (flags, variables, region) in cases {
        fixture.settings.clone_from(&settings);
        fixture.settings.push(("AWS_ENDPOINT_URL", sts.url.clone()));
        fixture.settings.push(("AWS_PROFILE", "staging".into()));
        fixture.settings.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
        // A profile without credentials: its region is read first.
        let ran = run(&fixture, fixture.command(&[&["whoami"], flags].concat()));
        if flags.contains(&"other") {
            assert_eq!(ran.code, Some(3), "exported keys are not used for a profile that was named: {}", ran.said);
        } else {
            assert!(ran.said.contains(&format!("region: {region}\n")), "{flags:?} {variables:?}: {}", ran.said);
        }
    }
}

#[test]
fn credentials_that_do_not_work_are_status_three() {
    let mut fixture = ProcessFixture::new();
    let refusing = Sts::answering(|_| ("text/html", "<html>".into()));
    fixture.settings = vec![("AWS_ENDPOINT_URL", refusing.url.clone())];
    let ran = run(&fixture, fixture.command(&["whoami"]));
    // What is not AWS says nothing about the credentials.
    assert_eq!((ran.code, ran.said.as_str()), (Some(1), ""), "{}", ran.errors);
    assert!(ran.errors.starts_with("amigrate: "), "{}", ran.errors);
    // Without any login every command ends with this status.
    fixture.settings = configured(&fixture, "");
    fixture.settings.extend([("AWS_ACCESS_KEY_ID", String::new()), ("AWS_SECRET_ACCESS_KEY", String::new())]);
    for arguments in [&["whoami"][..], &["--plain"], &["jobs"]] {
        let ran = run(&fixture, fixture.command(arguments));
        assert_eq!(ran.code, Some(3), "{arguments:?}: {} {}", ran.said, ran.errors);
        assert!(ran.errors.contains("no credentials were found"), "{}", ran.errors);
    }
}

#[test]
fn who_drives_is_said() {
    let fixture = ProcessFixture::slow();
    fixture.ask_copies("driven", 2);
    let drive = fixture.drive();
    drive.wait_to_say("copying");
    let ran = run(&fixture, fixture.command(&["whoami"]));
    assert!(ran.said.contains("driver: another amigrate (pid "), "{} {}", ran.said, ran.errors);
    drop(drive);
}

#[test]
fn a_containers_credentials_on_the_loopback_do_not_go_through_a_proxy() {
    let mut fixture = ProcessFixture::new();
    let (sts, proxy) = (Sts::start(), Sts::answering(|_| ("text/html", "<html>".into())));
    let container = Sts::answering(|_| {
        let credentials = "{\"AccessKeyId\":\"CONTAINERKEY\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\
                           \"Expiration\":\"2099-01-01T00:00:00Z\"}";
        ("application/json", credentials.to_owned())
    });
    let host = |url: &str| url.trim_start_matches("http://").to_owned();
    fixture.settings = configured(&fixture, "[profile bare]\nregion = us-east-1\n");
    fixture.settings.extend([
        ("AWS_ACCESS_KEY_ID", String::new()),
        ("AWS_SECRET_ACCESS_KEY", String::new()),
        ("AWS_ENDPOINT_URL", sts.url.replace("127.0.0.1", "localhost")),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/creds", container.url)),
        ("HTTP_PROXY", proxy.url.clone()),
        // By another name for loopback, so that only the rule for container endpoints bypasses the proxy.
        ("NO_PROXY", "localhost".into()),
    ]);
    let ran = run(&fixture, fixture.command(&["whoami"]));
    assert_eq!(proxy.requests(), Vec::<String>::new(), "{}", host(&proxy.url));
    assert!(ran.said.contains("source: container\n"), "{} {}", ran.said, ran.errors);
    // As the AWS CLI does it, but said.
    let ran = run(&fixture, fixture.command(&["list", "--profiles", "bare"]));
    let said = "The profile `bare` has no credentials of its own: those of the container are used.";
    assert!(ran.errors.contains(said), "{} {}", ran.said, ran.errors);
}

#[test]
fn shells_of_two_accounts_never_see_each_others_jobs() {
    let mut fixture = ProcessFixture::new();
    let sts = Sts::start();
    // Jobs of the first account, remembered for the default profile.
    fixture.account = account_at(&sts.url);
    fixture.ask_copies("ours", 1);
    let key = format!("default at {}", sts.url);
    fixture.store().remember_account(&key, &fixture.account).expect("it is kept");
    fixture.settings = vec![("AWS_ENDPOINT_URL", sts.url.clone()), ("AWS_ACCESS_KEY_ID", "STAGINGKEY".into())];
    let theirs = run(&fixture, fixture.command(&["jobs"]));
    assert_eq!((theirs.code, theirs.said.as_str()), (Some(0), ""), "{}", theirs.errors);
    fixture.settings[1].1 = "test".into();
    let ours = run(&fixture, fixture.command(&["jobs"]));
    assert_eq!(ours.said.lines().count(), 3, "{} {}", ours.said, ours.errors);
}

#[test]
fn a_profile_with_the_environments_credentials_is_remembered_as_nobodys() {
    let mut fixture = ProcessFixture::new();
    let sts = Sts::start();
    fixture.account = account_at(&sts.url);
    fixture.ask_copies("ours", 1);
    let profiles = "[profile keys]\naws_access_key_id = test\naws_secret_access_key = secret\n\
                    [profile shell]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n\
                    [profile chained]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = shell\n";
    fixture.settings = configured(&fixture, profiles);
    // Another shell without keys: no request is made.
    fixture.settings.extend([
        ("AWS_ENDPOINT_URL", sts.url.clone()),
        ("AWS_ACCESS_KEY_ID", String::new()),
        ("AWS_SECRET_ACCESS_KEY", String::new()),
    ]);
    for (profile, code, lines) in [("keys", 0, 3), ("shell", 3, 0), ("chained", 3, 0)] {
        let files: Vec<&str> = fixture.settings[..2].iter().map(|(_, path)| path.as_str()).collect();
        let key = format!("{profile} in {} in {} at {}", files[0], files[1], sts.url);
        fixture.store().remember_account(&key, &fixture.account).expect("it is kept");
        let ran = run(&fixture, fixture.command(&["jobs", "--profile", profile]));
        assert_eq!((ran.code, ran.said.lines().count()), (Some(code), lines), "{profile}: {} {}", ran.said, ran.errors);
    }
}

#[test]
fn a_starting_driver_waits_for_a_profile_to_be_written() {
    let mut fixture = ProcessFixture::new();
    fixture.settings = configured(&fixture, "");
    let drive = Drive::start(fixture.command(&["drive", "--profile", "late"]), &fixture);
    drive.wait_to_say("waiting: use profile `late`");
    configured(&fixture, "[profile late]\naws_access_key_id = test\naws_secret_access_key = secret\n");
    drive.wait_to_say("driving the queue");
}

#[test]
fn the_queue_of_another_account_than_expected_is_not_run() {
    let fixture = ProcessFixture::new();
    fixture.ask_copies("ours", 1);
    let ran = run(&fixture, fixture.command(&["drive", "--expect-account=210987654321"]));
    assert!(ran.code == Some(3) && ran.errors.contains("210987654321"), "{} {}", ran.said, ran.errors);
    assert_eq!(fixture.ec2.request_count("CopyImage"), 0);
    let ran =
        run(&fixture, fixture.command(&["drive", "--expect-account", fixture.account.account().unwrap().as_str()]));
    assert_eq!(ran.code, Some(0), "{} {}", ran.said, ran.errors);
    assert_eq!(fixture.ec2.request_count("CopyImage"), 3);
}

#[test]
fn the_endpoint_of_a_services_section_is_another_account() {
    let mut fixture = ProcessFixture::new();
    let sts = Sts::start();
    let file = format!(
        "[default]\nendpoint_url = {}\nservices = mine\n[services mine]\nec2 =\n  endpoint_url = http://127.0.0.1:9\n",
        sts.url
    );
    fixture.settings = configured(&fixture, &file);
    let mut whoami = fixture.command(&["whoami"]);
    whoami.env_remove("AWS_ENDPOINT_URL");
    let ran = run(&fixture, whoami);
    assert!(ran.said.contains("endpoint: http://127.0.0.1:9\n"), "{} {}", ran.said, ran.errors);
}
