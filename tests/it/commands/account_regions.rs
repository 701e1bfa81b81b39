//! Regions that one account has enabled and another has not.

use amigrate::domain::Region;

use super::accounts::{COPIER, PUBLISHER, accounts, built, made, presets, production};

#[test]
fn a_key_for_a_region_that_nothing_is_copied_to_is_a_mistake_with_roles_too() {
    let commands = accounts();
    let id = built(&commands, "golden-linux-*");
    presets(
        &commands,
        &format!("[both]\ndestinations = ['eu-west-1', 'us-west-2']\nrole_arns.us-west-2 = '{COPIER}'\n"),
    );
    let copy = ["copy", &id, "--from", "us-east-1", "--preset", "both", "--encrypted"];
    let wrong = commands.ended(&[&copy[..], &["--kms-key-id", "eu-west-3=alias/x"]].concat(), "");
    assert_eq!((wrong.status, made(&commands)), (Some(2), (0, 0)), "{wrong:?}");
    assert!(wrong.stderr.contains("eu-west-3 is not among the destinations"), "{wrong:?}");
    // One for a region of another role is that role's.
    let ended = commands.ended(&[&copy[..], &["--kms-key-id", "us-west-2=alias/production"]].concat(), "");
    assert_eq!((ended.status, made(&commands)), (Some(0), (1, 1)), "{ended:?}");
}

#[test]
fn a_role_is_assumed_although_the_home_region_is_not_enabled() {
    let commands = accounts();
    for account in [None, Some(production())] {
        if let Some(account) = &account {
            // Enabled for the role's account alone.
            commands.ec2.with(|w| w.as_account(account, |w| w.set_opted_in(&region("me-south-1"), true)));
        }
        let who = commands.ended(&["whoami", "--region", "me-south-1", "--role-arn", COPIER], "");
        assert!(who.status == Some(0) && who.stdout.contains("555566667777"), "{who:?}");
    }
    let denied = COPIER.replace("image-copier", "break-glass");
    let who = commands.ended(&["whoami", "--region", "me-south-1", "--role-arn", &denied], "");
    assert!(who.status == Some(3) && who.stderr.contains("STS refused the role"), "{who:?}");
}

#[test]
fn regions_are_those_that_the_roles_account_has_enabled() {
    let commands = accounts();
    commands.ec2.with(|w| w.as_account(&production(), |w| w.set_opted_in(&region("me-south-1"), true)));
    let id = built(&commands, "golden-linux-*");
    let copy = ["copy", &id, "--from", "us-east-1", "--to", "me-south-1"];
    let ours = commands.ended(&copy, "");
    assert!(ours.status == Some(2) && ours.stderr.contains("me-south-1"), "{ours:?}");
    let theirs = commands.ended(&[&copy[..], &["--role-arn", COPIER]].concat(), "");
    assert_eq!((theirs.status, made(&commands)), (Some(0), (0, 1)), "{theirs:?}");
    // Both accounts of a preset must have a region.
    presets(
        &commands,
        &format!(
            "[each]\ndestinations = ['me-south-1']\nrole_arns = {{ 555566667777 = '{COPIER}', 210987654321 = '{PUBLISHER}' }}\n"
        ),
    );
    let each = commands.ended(&["copy", &id, "--from", "us-east-1", "--preset", "each", "--if-exists", "copy"], "");
    assert!(each.status == Some(2) && each.stderr.contains("me-south-1"), "{each:?}");
    assert_eq!(made(&commands), (0, 1));
    // Nor are the regions of one account another's in a listing.
    let list = |role: &[&str]| {
        let listed = commands
            .ended(&[&["list", "--all-regions", "--match", "golden", "--columns", "region"], role].concat(), "");
        assert_eq!(listed.status, Some(0), "{listed:?}");
        listed.stdout.contains("me-south-1")
    };
    assert!(!list(&[]) && list(&["--role-arn", COPIER]) && !list(&[]));
}

fn region(name: &str) -> Region {
    Region::new(name).expect("a region")
}
