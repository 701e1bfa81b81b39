//! `amigrate man`: the manual page.

use super::{
    exit::{CommandError, ExitStatus},
    setup::Setup,
};
use crate::domain::Failure;

pub(super) fn run(_setup: &Setup) -> Result<ExitStatus, CommandError> {
    Err(Failure::new("man", "this is not built yet").into())
}
