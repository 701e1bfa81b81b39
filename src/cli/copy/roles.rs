//! Presets and plan files with roles: the copies to each region are requested by a session of its role, and belong to the role's account. One account
//! after the other, each with its own queue, once all roles could be assumed.

use super::drafts::Asked;
use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        output::report,
        setup::Setup,
    },
    domain::{Failure, RoleArn, text::clean},
};

/// What one account is asked for.
pub(super) struct Part {
    /// With the role.
    pub(super) setup: Setup,
    pub(super) asked: Asked,
    pub(super) connection: Connection,
}

/// Assumes the roles of preset and plan file. Returns the status if one cannot be assumed.
///
/// # Errors
/// A role named by `--role-arn` as well.
pub(super) async fn sign_in(setup: &Setup, asked: &Asked) -> Result<Result<Vec<Part>, ExitStatus>, CommandError> {
    let by_role = asked.by_role();
    check(setup)?;
    let (mut parts, mut denied) = (Vec::new(), false);
    for (role, asked) in by_role {
        let setup = setup.with_role(role.clone());
        match open(&setup, role.as_ref()).await {
            Ok(connection) => parts.push(Part { setup, asked, connection }),
            Err(failure) => {
                report(&failure);
                denied = true;
            }
        }
    }
    Ok(if denied { Err(ExitStatus::NotAllowed) } else { Ok(parts) })
}

/// Refuses a second role.
fn check(setup: &Setup) -> Result<(), CommandError> {
    if setup.role.is_none() {
        return Ok(());
    }
    let why = "the preset or the plan has roles, and --role-arn names another one";
    Err(CommandError::usage(Failure::new("copy with roles", why).hint("Leave out --role-arn.")))
}

/// Signs in. Credentials of another account than the role's are not used.
async fn open(setup: &Setup, role: Option<&RoleArn>) -> Result<Connection, Failure> {
    let connection = Connection::open(setup).await?;
    let account = connection.account.account();
    match role {
        Some(role) if account.as_ref() != Some(role.account()) => {
            let found = account.map_or_else(|| "an unknown one".to_owned(), |account| account.to_string());
            let why = format!("its session belongs to account {}", clean(&found));
            Err(Failure::new(format!("assume the role {role}"), why).hint("Is the endpoint STS's?"))
        }
        _ => Ok(connection),
    }
}

/// Returns true if a signal or the time has ended the copies to an account, so that no others are started.
pub(super) fn ends_the_command(status: ExitStatus) -> bool {
    matches!(status, ExitStatus::TimedOut | ExitStatus::HungUp | ExitStatus::Interrupted | ExitStatus::Terminated)
}

/// Returns the status of the command: that of all accounts if they agree.
pub(super) fn combined(statuses: &[ExitStatus]) -> ExitStatus {
    let first = statuses.first().copied().unwrap_or(ExitStatus::Done);
    if statuses.iter().all(|status| *status == first) { first } else { ExitStatus::Failed }
}
