//! `amigrate copy`: copies images to other regions.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate copy`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct CopyArgs {}

pub(super) fn run(_setup: &Setup, _args: &CopyArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("copy", "this is not built yet").into())
}
