//! `amigrate deregister`: deregisters images and deletes their snapshots.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate deregister`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct DeregisterArgs {}

pub(super) fn run(_setup: &Setup, _args: &DeregisterArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("deregister", "this is not built yet").into())
}
