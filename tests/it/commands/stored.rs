//! Copies that are stored before a command is run, as another process leaves them.

use std::path::PathBuf;

use amigrate::{
    domain::{ClientToken, CopyRequest, ImageName},
    engine::Command,
    store::Store,
};
use jiff::Timestamp;

use super::fixture::Commands;
use crate::processes::fixture::{account_at, region};

/// A copy of the newest web image.
pub(crate) fn request(commands: &Commands, name: &str, to: &str, token: u128) -> CopyRequest {
    let (source, volumes, source_snapshots) = commands.ec2.newest("us-east-1", "app-web-");
    CopyRequest {
        source_name: "app-web".into(),
        volumes,
        source_snapshots,
        ..CopyRequest::bare(
            (source, region("us-east-1")),
            region(to),
            ImageName::new(name).expect("a name"),
            ClientToken::from_random(token),
        )
    }
}

/// Where the program keeps its jobs.
pub(crate) fn store_dir(commands: &Commands) -> PathBuf {
    let home = commands.home.path();
    if cfg!(target_os = "macos") { home.join("Library/Application Support/amigrate") } else { home.join("amigrate") }
}

/// Stores a command that no process has taken up.
pub(crate) fn ask(commands: &Commands, command: &Command) {
    let mut store = Store::open(&store_dir(commands), Timestamp::now()).expect("the store opens").store;
    store.add_command(&account_at(&commands.ec2.url), command, Timestamp::now()).expect("the store takes it");
}
