//! Credentials that cannot be had, from real configuration files of AWS: what is in the way, and what to do about it.

use std::fs;

use super::fixture::Commands;

const CONFIG: &str = "[profile keys]
aws_access_key_id = test
aws_secret_access_key = test
[profile stg]
role_arn = arn:aws:iam::123456789012:role/stg
source_profile = nope
[profile half]
aws_access_key_id = test
[profile role]
role_arn = arn:aws:iam::123456789012:role/images
source_profile = keys
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Images
[profile by-sso]
role_arn = arn:aws:iam::123456789012:role/images
source_profile = sso
[profile old-sso]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = Images
[sso-session corp]
sso_region = us-east-1
sso_start_url = https://corp.awsapps.com/start
[profile process]
credential_process = sh -c 'echo no ticket: run kinit >&2; echo Traceback >&2; exit 3'
";

/// Commands without exported keys, with profiles.
fn commands() -> Commands {
    let mut commands = Commands::new("empty");
    let directory = commands.home.path().join(".aws");
    fs::create_dir_all(&directory).expect("it is made");
    fs::write(directory.join("config"), CONFIG).expect("it is written");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        commands.settings.push((name, String::new()));
    }
    commands
}

#[test]
fn what_keeps_a_profile_from_giving_credentials_is_named() {
    let mut commands = commands();
    for profile in ["keys", "stg", "half", "role", "sso", "by-sso", "old-sso", "process"] {
        commands.run(&["list", "--profile", profile]);
    }
    commands.run(&["whoami", "--profile", "sso"]);
    commands.settings.push(("AWS_PROFILE", "stg".into()));
    commands.run(&["list"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_key_without_its_secret_is_named_unless_a_profile_is() {
    let mut commands = commands();
    commands.settings.push(("AWS_ACCESS_KEY_ID", "test".into()));
    commands.settings.push(("AWS_PROFILE", "keys".into()));
    commands.run(&["list"]);
    commands.run(&["whoami"]);
    commands.run(&["list", "--profile", "keys"]);
    commands.settings.push(("AWS_ACCESS_KEY_ID", String::new()));
    commands.run(&["list"]);
    insta::assert_snapshot!(commands.transcript());
}
