//! Several accounts: profiles with roles, and their images in one table.

use std::fs;

use amigrate::sim::Scenario;
use serde_json::Value;

use super::fixture::Commands;

/// A world of three accounts, and a configuration file with their profiles.
pub(crate) fn accounts() -> Commands {
    with_profiles(Commands::new("accounts"))
}

fn with_profiles(mut commands: Commands) -> Commands {
    let config = commands.home.path().join("aws-config");
    fs::write(&config, Scenario::named("accounts").expect("it is embedded").profiles_file()).expect("a file");
    let config = config.to_str().expect("a plain name").to_owned();
    commands.settings.extend([
        ("AWS_CONFIG_FILE", config),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent".to_owned()),
        // Exported keys are only for profiles that are not named.
        ("AWS_ACCESS_KEY_ID", String::new()),
        ("AWS_SECRET_ACCESS_KEY", String::new()),
    ]);
    commands
}

#[test]
fn a_profile_with_a_role_signs_as_the_roles_account() {
    let commands = accounts();
    for (profile, account, identity) in [
        ("default", "123456789012", "arn:aws:iam::123456789012:user/demo"),
        ("build", "210987654321", "arn:aws:iam::210987654321:user/demo"),
        ("production-image-copier", "555566667777", "arn:aws:sts::555566667777:assumed-role/image-copier/"),
    ] {
        let ended = commands.ended(&["whoami", "--profile", profile, "--output", "json"], "");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(ended.stdout.contains(account) && ended.stdout.contains(identity), "{ended:?}");
    }
    assert_eq!(commands.ec2.request_count("AssumeRole"), 1);
}

#[test]
fn the_images_of_several_profiles_are_listed_in_one_table() {
    let mut commands = accounts();
    let profiles = "default,production-image-copier";
    commands.run(&["list", "--profiles", profiles, "--columns", "profile,account_id,owner_id,region,name"]);
    commands.run(&["list", "--profiles", profiles, "--shared", "--sort", "name", "--columns", "profile,name"]);
    commands.run(&["list", "--profiles", "build", "--limit", "2", "--output", "csv"]);
    // One account by two profiles; one that does not exist; one whose role nobody may assume.
    commands.run(&["list", "--profiles", "production-auditor,production-image-copier", "--output", "ids"]);
    commands.run(&["list", "--profiles", "build,biuld", "--limit", "1", "--columns", "profile,name"]);
    commands.run(&["list", "--profiles", "nobody,nothing"]);
    commands.run(&["list", "--profiles", "build", "--profile", "default"]);
    commands.run(&["list", "--profiles", ","]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn json_says_whose_listing_has_an_image() {
    let commands = accounts();
    let profiles = ["list", "--profiles", "build,production-auditor", "--output", "json"];
    let ended = commands.ended(&profiles, "");
    let printed: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let images = printed["images"].as_array().expect("a list");
    assert_eq!(images.len(), 8 + 2, "{ended:?}");
    for image in images {
        assert_eq!(image["account_id"], image["owner_id"], "each lists its own: {image}");
    }
    assert_eq!(images[9]["profile"], "production-auditor");
    // Without profiles nothing is said of them.
    let ended = commands.ended(&["list", "--profile", "build", "--output", "json"], "");
    assert!(!ended.stdout.contains("account_id") && !ended.stdout.contains("profile"), "{ended:?}");
}

#[test]
fn what_fails_for_one_account_is_named_and_the_others_are_listed() {
    let commands = accounts();
    commands.ec2.with(|w| w.policy().deny("DescribeImages"));
    let ended = commands.ended(&["list", "--profiles", "default,build", "--output", "ids"], "");
    assert_eq!((ended.status, ended.stdout.lines().count()), (Some(3), 8), "{ended:?}");
    assert!(ended.stderr.contains("with profile `default`"), "{ended:?}");
    assert!(!ended.stderr.contains("build"), "{ended:?}");
}

/// The id of the newest image of the build account with such a name.
fn built(commands: &Commands, name: &str) -> String {
    let list = ["list", "--profile", "build", "--name", name, "--sort", "name:desc", "--limit", "1", "--output", "ids"];
    commands.ended(&list, "").stdout.trim().to_owned()
}

#[test]
fn what_is_missing_to_copy_a_shared_image_is_told_before_anything_is_requested() {
    let commands = accounts();
    for (name, command, part) in [
        ("golden-windows-*", "aws ec2 modify-snapshot-attribute", "1 snapshot is not shared"),
        ("golden-fips-*", "aws kms create-grant", "may not use the key"),
    ] {
        let id = built(&commands, name);
        for options in [&["--check"][..], &["--detach"]] {
            let ended = commands.ended(&[&["copy", id.as_str(), "--to", "eu-west-1"], options].concat(), "");
            assert_eq!(ended.status, Some(3), "{ended:?}");
            assert!(ended.stderr.contains(command) && ended.stderr.contains(part), "{ended:?}");
            assert!(ended.stderr.contains("--share-from"), "{ended:?}");
        }
    }
    assert_eq!(commands.ec2.request_count("CopyImage"), 0);
    let id = built(&commands, "golden-erp-*");
    let ended = commands.ended(&["copy", &id, "--to", "eu-west-1"], "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn the_owners_profile_shares_what_is_missing_and_nothing_else() {
    let commands = accounts();
    for (name, actions) in [
        // Nothing of it is shared.
        ("golden-candidate-*", &["ModifySnapshotAttribute", "ModifyImageAttribute"][..]),
        ("golden-fips-*", &["CreateGrant"]),
        ("golden-erp-*", &[]),
    ] {
        let id = built(&commands, name);
        let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1", "--share-from", "build"];
        let changes = ["CreateGrant", "ModifySnapshotAttribute", "ModifyImageAttribute"];
        let count = |action: &str| commands.ec2.request_count(action);
        let before = changes.map(count);
        let tried = commands.ended(&[&copy[..], &["--dry-run"]].concat(), "");
        assert_eq!(changes.map(count), before, "{tried:?}");
        let ended = commands.ended(&copy, "");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        for (action, before) in changes.iter().zip(before) {
            let wanted = u64::from(actions.contains(action));
            assert_eq!(count(action) - before, wanted, "{action}: {ended:?}");
        }
        assert_eq!(ended.stderr.contains("To undo: "), !actions.is_empty(), "{ended:?}");
        let again = commands.ended(&copy, "");
        assert!(again.stderr.contains("account 123456789012 may copy it already"), "{again:?}");
    }
    // On record with the account that has changed.
    let audited = |profile: &str| commands.ended(&["audit", "--profile", profile, "--output", "csv"], "").stdout;
    let (theirs, ours) = (audited("build"), audited("default"));
    for action in ["CreateGrant", "ModifySnapshotAttribute", "ModifyImageAttribute"] {
        assert!(theirs.contains(action) && !ours.contains(action), "{theirs}\n{ours}");
    }
    assert!(ours.contains("CopyImage") && !theirs.contains("CopyImage"), "{theirs}\n{ours}");
}

#[test]
fn what_cannot_be_shared_is_refused() {
    let mut commands = accounts();
    let (legacy, candidate) = (built(&commands, "golden-legacy-*"), built(&commands, "golden-candidate-*"));
    let to = ["--to", "eu-west-1", "--share-from"];
    let mut refused = |image: &str, profile: &str, options: &[&str]| {
        commands.run(&[&["copy", image], &to[..], &[profile], options].concat());
    };
    refused(&legacy, "build", &[]);
    refused(&candidate, "production-image-copier", &[]);
    refused(&candidate, "default", &[]);
    refused(&candidate, "build", &["--from", "eu-west-1"]);
    refused("golden-candidate", "build", &[]);
    refused(&candidate, "build", &["--read-only"]);
    insta::assert_snapshot!(commands.transcript());
    for action in ["CreateGrant", "ModifySnapshotAttribute", "ModifyImageAttribute", "CopyImage"] {
        assert_eq!(commands.ec2.request_count(action), 0, "{action}");
    }
}
