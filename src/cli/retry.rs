//! `amigrate retry`: retries failed copies and failed steps.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate retry`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct RetryArgs {}

pub(super) fn run(_setup: &Setup, _args: &RetryArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("retry", "this is not built yet").into())
}
