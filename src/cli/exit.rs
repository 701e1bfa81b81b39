//! Exit statuses, and the errors that lead to them.

use std::{io, process::ExitCode};

use crate::domain::{Failure, FailureKind, Retry};

/// Exit status of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum ExitStatus {
    Done = 0,
    /// At least one requested operation failed; each is named.
    Failed = 1,
    /// Wrong arguments or settings.
    Usage = 2,
    /// Credentials, permissions, or `--read-only`.
    NotAllowed = 3,
    /// The time given with `--timeout` is over; jobs continue.
    TimedOut = 4,
    /// `amigrate sync` without `--apply` found something to do, `amigrate orphans` orphaned snapshots, `amigrate verify` or `amigrate
    /// diff` differences.
    Found = 10,
    /// 128 + SIGHUP.
    HungUp = 129,
    /// 128 + SIGINT.
    Interrupted = 130,
    /// 128 + SIGTERM.
    Terminated = 143,
}

impl ExitStatus {
    /// Returns the status of a command that ends with this failure.
    pub(super) fn of(failure: &Failure) -> Self {
        if failure.kind == FailureKind::Configuration {
            return Self::Usage;
        }
        let not_allowed = failure.retry == Retry::AfterLogin
            || failure.kind.is_denied()
            || failure.not_signed()
            || failure.kind == FailureKind::CredentialsOrRegion;
        if not_allowed { Self::NotAllowed } else { Self::Failed }
    }

    /// Returns the status of a command with these failures: 3 if nothing but credentials or permissions is in the way.
    pub(super) fn of_all<'a>(failures: impl IntoIterator<Item = &'a Failure>) -> Self {
        let mut all = failures.into_iter().map(Self::of);
        match all.next() {
            None => Self::Done,
            Some(first) if all.all(|other| other == first) => first,
            Some(_) => Self::Failed,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// Why a command ends early.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum CommandError {
    /// To be reported, with the exit status.
    Failure(Box<Failure>, ExitStatus),
    /// Whoever reads the output has closed it, as `head` does: the command ends quietly.
    BrokenPipe,
}

impl CommandError {
    /// Returns the error of a command that would change something in AWS in a read-only session.
    pub(super) fn read_only(what: impl Into<String>) -> Self {
        let failure =
            Failure::new(what, "this is read-only").hint("Leave out --read-only, or `read_only` of the settings.");
        Self::Failure(Box::new(failure), ExitStatus::NotAllowed)
    }

    /// Returns the error of arguments that do not fit.
    pub(super) fn usage(failure: Failure) -> Self {
        Self::Failure(Box::new(failure), ExitStatus::Usage)
    }

    /// Returns the error of output that cannot be written.
    pub(super) fn write(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Failure::new("write the output", error.to_string()).into()
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        let status = ExitStatus::of(&failure);
        Self::Failure(Box::new(failure), status)
    }
}

/// Failures that mean wrong arguments or settings.
pub(super) trait OrUsage<T> {
    /// Makes the failure one of wrong usage.
    fn or_usage(self) -> Result<T, CommandError>;
}

impl<T> OrUsage<T> for Result<T, Failure> {
    fn or_usage(self) -> Result<T, CommandError> {
        self.map_err(CommandError::usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_credentials_or_permissions_is_status_3() {
        let plain = Failure::new("list images", "no answer");
        assert_eq!(ExitStatus::of(&plain), ExitStatus::Failed);
        assert_eq!(ExitStatus::of(&plain.clone().retry(Retry::AfterLogin)), ExitStatus::NotAllowed);
        for kind in [FailureKind::Denied, FailureKind::AccessDenied, FailureKind::NotSigned, FailureKind::OtherAccount]
        {
            assert_eq!(ExitStatus::of(&plain.clone().kind(kind)), ExitStatus::NotAllowed, "{kind:?}");
        }
        let unknown_profile = plain.retry(Retry::AfterLogin).kind(FailureKind::Configuration);
        assert_eq!(ExitStatus::of(&unknown_profile), ExitStatus::Usage);
    }

    #[test]
    fn mixed_failures_are_status_1() {
        let failed = Failure::new("deregister ami-1", "it is protected");
        let denied = failed.clone().kind(FailureKind::Denied);
        assert_eq!(ExitStatus::of_all([]), ExitStatus::Done);
        assert_eq!(ExitStatus::of_all([&denied, &denied]), ExitStatus::NotAllowed);
        assert_eq!(ExitStatus::of_all([&denied, &failed]), ExitStatus::Failed);
        assert_eq!(ExitStatus::of_all([&failed, &denied]), ExitStatus::Failed);
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let error = |kind| CommandError::write(&io::Error::from(kind));
        assert_eq!(error(io::ErrorKind::BrokenPipe), CommandError::BrokenPipe);
        assert!(matches!(error(io::ErrorKind::StorageFull), CommandError::Failure(_, ExitStatus::Failed)));
    }
}
