//! `amigrate config`: shows, checks and writes the settings.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

/// Arguments of `amigrate config`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ConfigArgs {}

pub(super) fn run(_setup: &Setup, _args: &ConfigArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("config", "this is not built yet").into())
}
