//! `amigrate watch`: runs the queue and shows the copies until they have ended.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate watch`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct WatchArgs {}

pub(super) fn run(_setup: &Setup, _args: &WatchArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("watch", "this is not built yet").into())
}
