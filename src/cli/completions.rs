//! `amigrate completions`: completion scripts for shells.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate completions`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct CompletionsArgs {}

pub(super) fn run(_setup: &Setup, _args: &CompletionsArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("completions", "this is not built yet").into())
}
