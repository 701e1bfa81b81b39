//! Commands on other hosts: in homes of their own, with stores of their own.

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use super::fixture::Commands;

/// A command in another home: another store, as on another host.
pub(crate) fn on_another_host(commands: &Commands, home: &Path, arguments: &[&str]) -> Command {
    let mut command = commands.command(arguments);
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home);
    }
    command
}

pub(crate) fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// What two hosts print that are asked to make so many copies, the same ones, one host after the other: the second one does not see
/// yet what the first one has made. EC2 shows it once both have sent their requests.
pub(crate) fn unseen_by_each_other(commands: &Commands, hosts: [&[&str]; 2], copies: u64) -> [Output; 2] {
    commands.ec2.with(|w| w.latencies().unseen_ms = 600_000);
    let homes = hosts.map(|_| tempfile::tempdir().expect("a directory"));
    let mut requests = commands.ec2.request_count("CopyImage");
    let running = [0, 1].map(|n| {
        let host = spawn(on_another_host(commands, homes[n].path(), hosts[n]));
        // A dry run of each copy, and the copy.
        requests += 2 * copies;
        commands.ec2.wait_for_requests("CopyImage", requests);
        host
    });
    commands.ec2.with(|w| w.latencies().unseen_ms = 0);
    running.map(|host| host.wait_with_output().expect("it ends"))
}
