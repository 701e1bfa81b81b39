//! `amigrate policy`: the least IAM policy for the work chosen.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate policy`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct PolicyArgs {}

pub(super) fn run(_setup: &Setup, _args: &PolicyArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("policy", "this is not built yet").into())
}
