//! Copies of images that other accounts share, and `--share-from`.

use amigrate::domain::{AccountId, Region};

use super::{
    accounts::{COPIER, accounts, built, with_profiles},
    fixture::Commands,
};
use crate::support::ec2_server::{ChangeSignal, Ec2};

#[test]
fn what_is_missing_to_copy_a_shared_image_is_told_before_anything_is_requested() {
    let commands = accounts();
    let says = |name: &str, options: &[&str], status: i32, parts: [&str; 2]| {
        let id = built(&commands, name);
        let ended = commands.ended(&[&["copy", id.as_str(), "--to", "eu-west-1"], options].concat(), "");
        assert_eq!(ended.status, Some(status), "{ended:?}");
        for part in parts.iter().chain(&["--share-from"]) {
            assert!(ended.stderr.contains(part), "{part}: {ended:?}");
        }
    };
    let snapshot = ["aws ec2 modify-snapshot-attribute", "1 snapshot is not shared"];
    says("golden-windows-*", &["--check"], 3, snapshot);
    says("golden-windows-*", &["--detach"], 3, snapshot);
    assert_eq!(commands.ec2.request_count("CopyImage"), 0);
    // The key's policy may let EC2 use it all the same: EC2 has the last word.
    let key = ["aws kms create-grant", "warning: It is not known"];
    says("golden-fips-*", &["--check"], 0, key);
    says("golden-fips-*", &["--wait"], 1, key);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
    let id = built(&commands, "golden-erp-*");
    let ended = commands.ended(&["copy", &id, "--to", "eu-west-1"], "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

/// The accounts in real time, with copies that take less than a second, and grants that take this long to take effect.
fn moving(grants_after_ms: i64) -> Commands {
    let ec2 = Ec2::quick_scenario("accounts", &[], &ChangeSignal::default());
    ec2.with(|w| w.as_account(&build(), |w| w.latencies().grants_after_ms = grants_after_ms));
    with_profiles(Commands::of(ec2))
}

fn build() -> AccountId {
    AccountId::new("210987654321").expect("an id")
}

#[test]
fn copies_start_once_a_grant_has_taken_effect() {
    let commands = moving(700);
    let id = built(&commands, "golden-fips-*");
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1", "--wait"];
    let ended = commands.ended(&[&copy[..], &["--share-from", "build", "--yes"]].concat(), "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("Waiting until what was given"), "{ended:?}");
    assert!(!ended.stderr.contains("may not look at") && !ended.stderr.contains("shared with you"), "{ended:?}");
    assert_eq!((commands.ec2.with(|w| w.copies_made()), given(&commands)), (1, [1, 0, 0]));
    // Without a wait the copy fails after EC2 has accepted it, and the failure says what may be the matter.
    let commands = moving(3_600_000);
    let id = built(&commands, "golden-fips-*");
    let shown = commands.ended(&["show", &id, "--profile", "build", "--output", "json"], "").stdout;
    let key = shown.split('"').find(|text| text.starts_with("arn:aws:kms:")).expect("it is encrypted");
    commands.ec2.grant_key("AKIASIMULATEDBUILD00", key, "arn:aws:iam::123456789012:root");
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1", "--wait"];
    let ended = commands.ended(&copy, "");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("a new grant may take minutes"), "{ended:?}");
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 1, "it is not made twice");
}

#[test]
fn the_owners_profile_shares_what_is_missing_and_nothing_else() {
    let commands = moving(200);
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
        if !actions.is_empty() {
            let unasked = commands.ended(&copy, "");
            let said =
                unasked.stderr.contains("there is no terminal to ask on") && unasked.stderr.contains("Add --yes");
            assert!(unasked.status == Some(2) && said, "{unasked:?}");
            assert_eq!(changes.map(count), before, "{unasked:?}");
        }
        let ended = commands.ended(&[&copy[..], &["--yes"]].concat(), "");
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

/// The requests that give access, made so far.
fn given(commands: &Commands) -> [u64; 3] {
    ["CreateGrant", "ModifySnapshotAttribute", "ModifyImageAttribute"].map(|action| commands.ec2.request_count(action))
}

#[test]
fn nothing_is_shared_before_the_copies_are_checked_and_confirmed() {
    let mut commands = moving(200);
    let (fips, candidate) = (built(&commands, "golden-fips-*"), built(&commands, "golden-candidate-*"));
    let share = |commands: &Commands, id: &str, more: &[&str]| {
        let copy = ["copy", id, "--from", "us-east-1", "--share-from", "build"];
        commands.ended(&[&copy[..], more].concat(), "")
    };
    for (wrong, said) in [
        (&["--to", "eu-west-1", "--name", "{nonsense}"][..], "nonsense"),
        (&["--to", "us-esat-1"], "us-east-1"),
        (&["--to", "eu-west-1", "--kms-key-id", "eu-west-3=alias/x"], "eu-west-3"),
    ] {
        let ended = share(&commands, &candidate, wrong);
        assert!(ended.status == Some(2) && ended.stderr.contains(said), "{ended:?}");
        assert!(!ended.stderr.contains("a moment ago"), "{ended:?}");
    }
    commands.settings.push(("AMIGRATE_COPY_CONFIRM_COPIES", "1".into()));
    let unconfirmed = share(&commands, &fips, &["--to", "eu-west-1,eu-west-2"]);
    assert!(unconfirmed.status == Some(2) && unconfirmed.stderr.contains("--yes"), "{unconfirmed:?}");
    // What would be requested is said of an image that is not shared yet, too.
    for options in [["--dry-run"], ["--check"]] {
        let tried = share(&commands, &candidate, &[&["--to", "eu-west-1", "--output", "csv"][..], &options].concat());
        assert_eq!(tried.status, Some(0), "{tried:?}");
        let would = tried.stderr.contains("would be shared with account 123456789012");
        assert!(would && tried.stdout.contains("eu-west-1"), "{tried:?}");
    }
    assert_eq!(given(&commands), [0, 0, 0]);
    // It is listed in the question.
    let copy = ["copy", &fips, "--from", "us-east-1", "--share-from", "build", "--to", "eu-west-1,eu-west-2"];
    let mut terminal = commands.on_terminal_of(200, 40, &copy);
    terminal.wait_for("the question", |text| text.contains("aws kms create-grant") && text.contains("Type 2"));
    terminal.keys("2\r");
    assert_eq!(terminal.wait_exit().exit_code(), 0, "{}", terminal.text());
    assert_eq!(given(&commands), [1, 0, 0]);
}

#[test]
fn a_person_at_the_terminal_is_asked_before_anything_is_shared() {
    let commands = moving(200);
    let id = built(&commands, "golden-candidate-*");
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1", "--share-from", "build"];
    for (answer, code, shared) in [("\r", 1, [0, 0, 0]), ("y\r", 0, [0, 1, 1])] {
        let mut terminal = commands.on_terminal_of(200, 40, &copy);
        terminal.wait_for("the question", |text| {
            let what = "first gives account 123456789012";
            text.contains(what) && text.contains("Share 1 image and start 1 copy? [y/N]")
        });
        terminal.keys(answer);
        assert_eq!(terminal.wait_exit().exit_code(), code, "{}", terminal.text());
        assert_eq!(given(&commands), shared);
    }
}

#[test]
fn nothing_is_shared_for_copies_that_are_not_permitted() {
    let mut commands = accounts();
    commands.ec2.with(|w| w.policy().deny("CopyImage"));
    let id = built(&commands, "golden-candidate-*");
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1", "--share-from", "build", "--yes"];
    let profiles = ["default", "production-auditor"];
    for ended in profiles.map(|profile| commands.ended(&[&copy[..], &["--profile", profile]].concat(), "")) {
        let refused = ended.stderr.contains("not authorized to perform");
        assert!(ended.status == Some(3) && refused, "{ended:?}");
        assert!(ended.stderr.ends_with("Nothing was started.\n") && !ended.stderr.contains("gives"), "{ended:?}");
    }
    // Nor where the key is not there.
    commands = accounts();
    let key = ["--kms-key-id", "alias/there-is-none"];
    let ended = commands.ended(&[&copy[..], &key].concat(), "");
    assert!(ended.status == Some(1) && ended.stderr.contains("there-is-none"), "{ended:?}");
    assert_eq!(given(&commands), [0, 0, 0]);
}

#[test]
fn how_to_take_back_is_told_before_it_is_given_whatever_comes_of_it() {
    let commands = accounts();
    commands.ec2.with(|w| w.as_account(&build(), |w| w.policy().deny("ModifyImageAttribute")));
    let id = built(&commands, "golden-candidate-*");
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1", "--share-from", "build", "--quiet", "--yes"];
    let ended = commands.ended(&copy, "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let undo = |what: &str| ended.stderr.contains(&format!("To undo: aws ec2 modify-{what}-attribute"));
    assert!(undo("snapshot") && undo("image"), "the last one too, of which the answer might have been lost: {ended:?}");
    // At the end, what was given before.
    let stays = "1 permission of account 210987654321 (profile `build`) stays given";
    let last = ended.stderr.lines().rev().take(2).find(|line| line.contains(stays)).unwrap_or_default();
    assert!(last.contains("`aws ec2 modify-snapshot-attribute") && last.contains("remove"), "{ended:?}");
    assert!(!last.contains("modify-image-attribute"), "that was not given: {ended:?}");
    let audited = commands.ended(&["audit", "--profile", "build", "--output", "csv"], "").stdout;
    assert!(audited.contains(" for 123456789012"), "{audited}");
}

#[test]
fn a_key_that_nobody_can_use_is_not_granted_and_not_taken_for_shared() {
    let commands = accounts();
    let region = Region::new("us-east-1").expect("a region");
    // The key of one is shared already, that of the other is not.
    let images = ["golden-erp-*", "golden-fips-*"].map(|name| built(&commands, name));
    commands.ec2.with(|w| w.as_account(&build(), |w| w.set_key_states(&region, "PendingDeletion")));
    for id in &images {
        let copy = ["copy", id, "--from", "us-east-1", "--to", "eu-west-1", "--share-from", "build"];
        let ended = commands.ended(&copy, "");
        assert!(ended.status == Some(1) && !ended.stderr.contains("may copy it already"), "{ended:?}");
        assert_eq!((given(&commands), commands.ec2.request_count("CopyImage")), ([0, 0, 0], 0), "{ended:?}");
    }
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

#[test]
fn a_key_of_a_third_account_is_left_to_that_account() {
    let commands = with_profiles(Commands::of(Ec2::quick_scenario("accounts", &[], &ChangeSignal::default())));
    let theirs = built(&commands, "golden-erp-*");
    let shown = commands.ended(&["show", &theirs, "--profile", "build", "--output", "json"], "").stdout;
    let key = shown.split('"').find(|text| text.starts_with("arn:aws:kms:")).expect("it is encrypted");
    // Our copy, encrypted with their key, which they share with us and with nobody else.
    let copy = ["copy", &theirs, "--from", "us-east-1", "--to", "us-east-1", "--name", "ours-by-their-key"];
    let made = [&copy[..], &["--kms-key-id", key, "--wait", "--output", "csv"]].concat();
    let made = commands.ended(&made, "");
    let id = made.stdout.split(',').find(|field| field.starts_with("ami-") && **field != *theirs).map(str::to_owned);
    let id = id.unwrap_or_else(|| panic!("{made:?}"));
    commands.ec2.with(|w| {
        let production = AccountId::new("555566667777").expect("an id");
        let region = Region::new("us-east-1").expect("a region");
        w.as_account(&build(), |w| w.withdraw_keys(&region, &production));
    });
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "eu-west-1", "--role-arn", COPIER];
    let ended = commands.ended(&[&copy[..], &["--share-from", "default"]].concat(), "");
    let said = ended.stderr.contains("which belongs to account 210987654321");
    assert!(ended.status == Some(1) && said && !ended.stderr.contains("kms:DescribeKey"), "{ended:?}");
    assert_eq!(given(&commands), [0, 0, 0]);
}
