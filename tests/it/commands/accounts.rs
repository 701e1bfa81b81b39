//! Several accounts: profiles with roles, their images in one table, copies of shared images, and presets with roles.

use std::fs;

use amigrate::{domain::AccountId, sim::Scenario};
use serde_json::Value;

use super::fixture::Commands;
use crate::support::ec2_server::{ChangeSignal, Ec2};

/// A world of three accounts, and a configuration file with their profiles.
pub(crate) fn accounts() -> Commands {
    with_profiles(Commands::new("accounts"))
}

pub(crate) fn with_profiles(mut commands: Commands) -> Commands {
    let config = commands.home.path().join("aws-config");
    fs::write(&config, Scenario::named("accounts").expect("it is embedded").profiles_file()).expect("a file");
    let config = config.to_str().expect("a plain name").to_owned();
    commands.settings.extend([
        ("AWS_CONFIG_FILE", config),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent".to_owned()),
        // Exported keys are only for profiles that are not named.
        ("AWS_ACCESS_KEY_ID", String::new()),
        ("AWS_SECRET_ACCESS_KEY", String::new()),
        // No process is to outlive the test.
        ("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".to_owned()),
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
pub(crate) fn built(commands: &Commands, name: &str) -> String {
    let list = ["list", "--profile", "build", "--name", name, "--sort", "name:desc", "--limit", "1", "--output", "ids"];
    commands.ended(&list, "").stdout.trim().to_owned()
}

pub(crate) const COPIER: &str = "arn:aws:iam::555566667777:role/image-copier";

/// Writes the file of presets.
pub(super) fn presets(commands: &Commands, text: &str) {
    let directory = commands.home.path().join("amigrate");
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join("presets.toml"), text).expect("a file");
}

/// The number of copies that the scenario's account and production have made.
pub(super) fn made(commands: &Commands) -> (u64, u64) {
    commands.ec2.with(|w| (w.copies_made(), w.as_account(&production(), |w| w.copies_made())))
}

pub(super) fn production() -> AccountId {
    AccountId::new("555566667777").expect("an id")
}

#[test]
fn a_background_process_works_in_the_roles_account() {
    let ec2 = Ec2::quick_scenario("accounts", &[production()], &ChangeSignal::default());
    let commands = with_profiles(Commands::of(ec2));
    presets(&commands, &format!("[production]\ndestinations = ['eu-west-1']\nrole_arn = '{COPIER}'\n"));
    let id = built(&commands, "golden-erp-*");
    let ended = commands.ended(&["copy", &id, "--from", "us-east-1", "--preset", "production", "--detach"], "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // The first one is the dry run of the review.
    commands.ec2.wait_for_requests("CopyImage", 2);
    assert_eq!(made(&commands), (0, 1));
    let waited = commands.ended(&["wait", "--all", "--role-arn", COPIER], "");
    assert_eq!(waited.status, Some(0), "{waited:?}");
}

#[test]
fn hints_with_numbers_name_the_account_that_the_numbers_are_of() {
    let commands = accounts();
    let id = built(&commands, "golden-erp-*");
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1"];
    // Job 1 of each account.
    assert_eq!(commands.ended(&copy, "").status, Some(0));
    let timed_out = [&copy[..], &["--role-arn", COPIER, "--wait", "--timeout", "1s"]].concat();
    let ended = commands.ended(&timed_out, "");
    let hint = format!("`amigrate wait 1 --role-arn {COPIER}` resumes");
    assert!(ended.status == Some(4) && ended.stderr.contains(&hint), "{ended:?}");
    let cancelled = commands.ended(&["cancel", "1", "--yes", "--role-arn", COPIER], "");
    assert_eq!(cancelled.status, Some(0), "{cancelled:?}");
    // Refused, since it has ended; what is advised is about the same account.
    let flags = "--profile production-image-copier`";
    let unknown = commands.ended(&["cancel", "99", "--yes", "--profile", "production-image-copier"], "");
    assert!(unknown.status == Some(2) && unknown.stderr.contains(flags), "{unknown:?}");
    let own = commands.ended(&["jobs", "--output", "csv"], "").stdout;
    assert!(own.contains("copying") && !own.contains("cancelled"), "{own}");
}

#[test]
fn the_regions_of_a_profile_are_remembered_as_its_own() {
    let commands = accounts();
    let listed = commands.ended(&["list", "--profiles", "build", "--all-regions", "--output", "ids"], "");
    assert_eq!(listed.status, Some(0), "{listed:?}");
    // Were they those of another profile, its images would be listed now in these regions alone.
    commands.ec2.with(|w| w.policy().deny("DescribeRegions"));
    let own = commands.ended(&["list", "--all-regions"], "");
    assert!(own.status == Some(3) && !own.stderr.contains("last successful listing"), "{own:?}");
}

#[test]
fn a_role_that_is_named_is_the_account() {
    let commands = accounts();
    let ended = commands.ended(&["whoami", "--role-arn", COPIER], "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("account: 555566667777\n"), "{ended:?}");
    assert!(ended.stdout.contains("assumed-role/image-copier/amigrate\n"), "{ended:?}");
    let images = commands.ended(&["list", "--role-arn", COPIER, "--output", "csv", "--columns", "owner_id"], "");
    assert_eq!(images.stdout, "owner_id\n555566667777\n555566667777\n", "{images:?}");
    let denied = commands.ended(&["list", "--role-arn", &COPIER.replace("image-copier", "break-glass")], "");
    assert_eq!(denied.status, Some(3), "{denied:?}");
    assert!(denied.stderr.contains("STS refused the role arn:aws:iam::555566667777:role/break-glass"), "{denied:?}");
    assert!(denied.stderr.contains("trust policy"), "{denied:?}");
    for wrong in [&["list", "--role-arn", "image-copier"][..], &["--role-arn", COPIER]] {
        assert_eq!(commands.ended(wrong, "").status, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_preset_with_roles_copies_in_their_accounts() {
    let commands = accounts();
    presets(
        &commands,
        &format!(
            "[production]\ndestinations = ['eu-west-1', 'us-west-2']\nrole_arn = '{COPIER}'\n\
             [both]\ndestinations = ['eu-west-1', 'us-west-2', 'eu-west-2']\nrole_arns.us-west-2 = '{COPIER}'\n"
        ),
    );
    let id = built(&commands, "golden-erp-*");
    let copy = |preset: &str, more: &[&str]| {
        commands.ended(&[&["copy", id.as_str(), "--from", "us-east-1", "--preset", preset], more].concat(), "")
    };
    let tried = copy("production", &["--check"]);
    assert_eq!((tried.status, made(&commands)), (Some(0), (0, 0)), "{tried:?}");
    let ended = copy("production", &[]);
    assert_eq!((ended.status, made(&commands)), (Some(0), (0, 2)), "{ended:?}");
    assert!(ended.stderr.contains("In account 555566667777"), "{ended:?}");
    // Its own account's copies have the same numbers.
    assert!(ended.stderr.contains(&format!(" --role-arn {COPIER}` waits for them")), "{ended:?}");
    let jobs =
        |options: &[&str]| commands.ended(&[&["jobs", "--output", "ids"], options].concat(), "").stdout.lines().count();
    assert_eq!((jobs(&[]), jobs(&["--role-arn", COPIER])), (0, 2), "jobs belong to the account that makes them");
    // The copy to us-west-2 is there.
    let ended = copy("both", &["--output", "csv"]);
    assert_eq!((ended.status, made(&commands)), (Some(0), (2, 2)), "{ended:?}");
    assert_eq!((jobs(&[]), jobs(&["--role-arn", COPIER])), (2, 2));
    // All is there: one document, with each account.
    let json = copy("both", &["--output", "json"]);
    assert_eq!((json.status, made(&commands)), (Some(0), (2, 2)), "{json:?}");
    let printed: Value = serde_json::from_str(&json.stdout).expect("one document");
    let accounts = printed["accounts"].as_array().expect("a list");
    let of = |account: &Value| (account["account_id"].clone(), account["role_arn"].clone());
    assert_eq!(of(&accounts[0]), ("123456789012".into(), Value::Null), "{printed}");
    assert_eq!(of(&accounts[1]), ("555566667777".into(), COPIER.into()), "{printed}");
    for (account, regions) in accounts.iter().zip([2, 1]) {
        assert_eq!(account["result"]["jobs"].as_array().map(Vec::len), Some(regions), "{printed}");
    }
}

pub(super) const PUBLISHER: &str = "arn:aws:iam::210987654321:role/image-publisher";

#[test]
fn a_preset_with_accounts_copies_in_each_of_them() {
    let commands = accounts();
    presets(
        &commands,
        &format!(
            "[each]\ndestinations = ['eu-west-1', 'us-west-2']\n\
             role_arns = {{ 555566667777 = '{COPIER}', 210987654321 = '{PUBLISHER}', us-west-2 = '{COPIER}' }}\n"
        ),
    );
    let id = built(&commands, "golden-erp-*");
    let copy = |more: &[&str]| {
        commands.ended(&[&["copy", id.as_str(), "--from", "us-east-1", "--preset", "each"], more].concat(), "")
    };
    let of_build = AccountId::new("210987654321").expect("an id");
    let copied = || commands.ec2.with(|w| w.as_account(&of_build, |w| w.copies_made()));
    let ended = copy(&[]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!((made(&commands), copied()), ((0, 2), 1), "us-west-2 has a role of its own: {ended:?}");
    presets(&commands, &format!("[each]\ndestinations = ['eu-west-1']\nrole_arns.123456789012 = '{COPIER}'\n"));
    let wrong = copy(&[]);
    assert_eq!((wrong.status, made(&commands)), (Some(2), (0, 2)), "{wrong:?}");
    assert!(wrong.stderr.contains("is a role of account 555566667777"), "{wrong:?}");
}

#[test]
fn a_plan_file_has_the_roles_and_copies_as_the_preset_would() {
    let commands = accounts();
    presets(
        &commands,
        &format!("[both]\ndestinations = ['eu-west-1', 'us-west-2']\nrole_arns.us-west-2 = '{COPIER}'\n"),
    );
    let id = built(&commands, "golden-erp-*");
    let print = ["copy", &id, "--from", "us-east-1", "--preset", "both", "--print-plan"];
    let plan = commands.ended(&print, "");
    assert_eq!((plan.status, made(&commands)), (Some(0), (0, 0)), "{plan:?}");
    assert_eq!(plan.stdout.matches("[[copies]]").count(), 2, "{plan:?}");
    assert_eq!(plan.stdout.matches(&format!("role_arn = \"{COPIER}\"")).count(), 1, "{plan:?}");
    let ended = commands.ended(&["copy", "--from-file", "-"], &plan.stdout);
    assert_eq!((ended.status, made(&commands)), (Some(0), (1, 1)), "{ended:?}");
    let region = plan.stdout.replace("\"us-west-2\"", "\"us-west-9\"");
    let wrong = commands.ended(&["copy", "--from-file", "-"], &region);
    assert_eq!((wrong.status, made(&commands)), (Some(2), (1, 1)), "{wrong:?}");
    assert!(wrong.stderr.contains("standard input:") && wrong.stderr.contains("us-west-9"), "{wrong:?}");
    let two = commands.ended(&["copy", "--from-file", "-", "--role-arn", COPIER], &plan.stdout);
    assert_eq!((two.status, made(&commands)), (Some(2), (1, 1)), "{two:?}");
}

#[test]
fn nothing_is_started_anywhere_before_all_accounts_are_reviewed_and_confirmed() {
    let mut commands = accounts();
    presets(
        &commands,
        &format!("[both]\ndestinations = ['eu-west-1', 'us-west-2']\nrole_arns.us-west-2 = '{COPIER}'\n"),
    );
    let id = built(&commands, "golden-erp-*");
    let copy = |commands: &Commands, more: &[&str]| {
        commands.ended(&[&["copy", id.as_str(), "--from", "us-east-1", "--preset", "both"], more].concat(), "")
    };
    // Each account has one copy, and both together are to be confirmed.
    commands.settings.push(("AMIGRATE_COPY_CONFIRM_COPIES", "1".into()));
    let unconfirmed = copy(&commands, &[]);
    assert!(unconfirmed.status == Some(2) && unconfirmed.stderr.contains("start 2 copies"), "{unconfirmed:?}");
    // The second account's copy is refused.
    commands.ec2.with(|w| w.as_account(&production(), |w| w.policy().deny("CopyImage")));
    let refused = copy(&commands, &["--yes"]);
    assert!(refused.status != Some(0) && refused.stderr.contains("Nothing was started."), "{refused:?}");
    assert_eq!(made(&commands), (0, 0));
}

#[test]
fn accounts_that_were_not_begun_are_named() {
    let commands = accounts();
    presets(
        &commands,
        &format!("[both]\ndestinations = ['eu-west-1', 'us-west-2']\nrole_arns.us-west-2 = '{COPIER}'\n"),
    );
    let id = built(&commands, "golden-erp-*");
    let copy = ["copy", &id, "--from", "us-east-1", "--preset", "both", "--output", "csv"];
    let ended = commands.ended(&[&copy[..], &["--wait", "--timeout", "1s"]].concat(), "");
    assert_eq!((ended.status, made(&commands)), (Some(4), (1, 0)), "{ended:?}");
    let said = ["In account 123456789012 (without a role):", "copy in account 555566667777", "not begun: 1 copy"];
    assert!(said.iter().all(|text| ended.stderr.contains(text)), "{ended:?}");
    let again = commands.ended(&copy, "");
    assert_eq!((again.status, made(&commands)), (Some(0), (1, 1)), "{again:?}");
    assert_eq!(again.stdout.lines().filter(|line| line.starts_with("job_id,")).count(), 1, "one heading: {again:?}");
}

#[test]
fn nothing_is_started_anywhere_if_a_role_is_denied() {
    let commands = accounts();
    let denied = COPIER.replace("image-copier", "break-glass");
    let unknown = COPIER.replace("555566667777", "999999999999");
    presets(
        &commands,
        &format!(
            "[denied]\ndestinations = ['eu-west-1', 'us-west-2']\nrole_arns.us-west-2 = '{denied}'\n\
             [unknown]\ndestinations = ['eu-west-1', 'us-west-2']\nrole_arns.us-west-2 = '{unknown}'\n"
        ),
    );
    let id = built(&commands, "golden-erp-*");
    for (preset, role) in [("denied", &denied), ("unknown", &unknown)] {
        let ended = commands.ended(&["copy", &id, "--from", "us-east-1", "--preset", preset], "");
        assert_eq!((ended.status, commands.ec2.request_count("CopyImage")), (Some(3), 0), "{ended:?}");
        assert!(ended.stderr.contains(role) && ended.stderr.contains("Nothing was started."), "{ended:?}");
    }
    let sync = ["sync", "--from", "us-east-1", "--to", "us-west-2", "--match", "web", "--preset", "denied"];
    let sync = commands.ended(&sync, "");
    assert_eq!(sync.status, Some(2), "{sync:?}");
    assert!(sync.stderr.contains("--role-arn"), "{sync:?}");
}
