//! `amigrate cancel`: cancels copies.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate cancel`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct CancelArgs {}

pub(super) fn run(_setup: &Setup, _args: &CancelArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("cancel", "this is not built yet").into())
}
