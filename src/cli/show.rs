//! `amigrate show`: everything about one image.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate show`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ShowArgs {}

pub(super) fn run(_setup: &Setup, _args: &ShowArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("show", "this is not built yet").into())
}
