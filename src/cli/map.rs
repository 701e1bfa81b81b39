//! `amigrate map`: where the copies of an image are.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate map`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct MapArgs {}

pub(super) fn run(_setup: &Setup, _args: &MapArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("map", "this is not built yet").into())
}
