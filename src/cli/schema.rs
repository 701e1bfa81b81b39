//! `amigrate schema`: the JSON schema of the commands' output.

use super::exit::{CommandError, ExitStatus};
use crate::domain::Failure;

/// Arguments of `amigrate schema`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SchemaArgs {}

pub(super) fn run(_args: &SchemaArgs) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("schema", "this is not built yet").into())
}
