//! `amigrate wait`: returns when copies have ended.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate wait`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct WaitArgs {}

pub(super) fn run(_setup: &Setup, _args: &WaitArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("wait", "this is not built yet").into())
}
