//! `amigrate policy`.

use super::fixture::Commands;

#[test]
fn the_policy_fits_the_work_and_the_partition() {
    let mut commands = Commands::new("demo");
    commands.run(&["policy", "list"]);
    commands.run(&["policy", "cancel", "--region", "us-gov-west-1"]);
    commands.run(&["policy", "deregister", "--output", "jsonl"]);
    commands.run(&["policy", "share", "--quiet"]);
    commands.run(&["policy", "give-access", "--grantee", "123456789012", "--region", "cn-north-1"]);
    commands.run(&["policy", "give-access", "--output", "jsonl"]);
    commands.run(&["policy", "copy", "--region", "cn-north-1", "--instance-store"]);
    let keys = [
        "arn:aws:kms:us-east-1:123456789012:key/0123abcd-0000-1111-2222-0123456789ab",
        "arn:aws:kms:eu-west-1:210987654321:key/mrk-0123456789abcdef0123456789abcdef",
    ];
    commands.run(&["policy", "copy", "--kms-key-arn", keys[0], "--kms-key-arn", keys[1]]);
    insta::assert_snapshot!(commands.transcript());
    assert!(commands.ec2.with(|world| world.calls().is_empty()), "nothing is asked of AWS");
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut commands = Commands::new("demo");
    commands.run(&["policy", "delete"]);
    commands.run(&["policy", "list", "--instance-store"]);
    let key = "arn:aws:kms:us-east-1:123456789012:key/0123abcd-0000-1111-2222-0123456789ab";
    commands.run(&["policy", "cancel", "--kms-key-arn", key]);
    commands.run(&["policy", "share", "--grantee", "123456789012"]);
    commands.run(&["policy", "give-access", "--grantee", "build"]);
    commands.run(&["policy", "--region", "cn-north-1", "--kms-key-arn", key]);
    commands.run(&["policy", "--kms-key-arn", "arn::kms:::key/"]);
    commands.run(&["policy", "--kms-key-arn", "alias/web"]);
    commands.run(&["policy", "--profile", "nobody"]);
    commands.run(&["policy", "--region", "mars"]);
    insta::assert_snapshot!(commands.transcript());
}
