//! The flags that choose the account, in commands that are printed: the same number is another copy in another account.

use super::{exit::CommandError, setup::Setup};
use crate::domain::{Failure, text::profile_flag};

/// How a printed command of this program begins, and ends.
const COMMAND: &str = "`amigrate ";
const END: char = '`';

/// The flags, as they are typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct AccountFlags(String);

impl Setup {
    /// Returns the flags that another command needs to work in the same account: the role, also that of a preset, which nobody has typed,
    /// and a profile that was named by a flag. One of the environment or the settings is the other command's too.
    pub(super) fn account_flags(&self) -> AccountFlags {
        let profile = self.named_profile.as_deref().map(profile_flag).unwrap_or_default();
        let role = self.role.iter().flat_map(|role| ["--role-arn".to_owned(), role.to_string()]);
        // No argument of a process has a NUL, which alone cannot be quoted.
        let flags = profile.into_iter().chain(role);
        let flags = flags.map(|word| format!(" {}", shlex::try_quote(&word).unwrap_or_default()));
        AccountFlags(flags.collect())
    }
}

impl AccountFlags {
    /// Returns flags that are written as they are typed, with a space before each.
    pub(super) fn of_text(flags: String) -> Self {
        Self(flags)
    }

    /// Returns a text in which each command of this program works in the account. One that names an account stays as it is.
    pub(super) fn complete(&self, text: &str) -> String {
        let (mut completed, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find(COMMAND).filter(|_| !self.0.is_empty()) {
            let begin = at + COMMAND.len();
            let Some(length) = rest[begin..].find(END) else { break };
            let command = &rest[begin..begin + length];
            completed.push_str(&rest[..begin + length]);
            if !command.contains("--profile") && !command.contains("--role-arn") {
                completed.push_str(&self.0);
            }
            completed.push(END);
            rest = &rest[begin + length + END.len_utf8()..];
        }
        completed.push_str(rest);
        completed
    }

    /// Returns a failure whose commands work in the account.
    pub(super) fn of_failure(&self, failure: Failure) -> Failure {
        Failure { why: self.complete(&failure.why), hint: self.complete(&failure.hint), ..failure }
    }

    /// Returns an error whose commands work in the account.
    pub(super) fn of_error(&self, error: CommandError) -> CommandError {
        match error {
            CommandError::Failure(failure, status) => {
                CommandError::Failure(Box::new(self.of_failure(*failure)), status)
            }
            error @ CommandError::BrokenPipe => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_get_the_flags_and_nothing_else_does() {
        let flags = AccountFlags(" --profile 'an ops' --role-arn arn:aws:iam::555566667777:role/copier".into());
        let with = |command: &str| format!("`amigrate {command}{}`", flags.0);
        for (text, completed) in [
            ("`amigrate cancel 1` cancels them.", format!("{} cancels them.", with("cancel 1"))),
            (
                "`amigrate watch 1 2` shows them, `amigrate cancel 1 2` cancels them.",
                format!("{} shows them, {} cancels them.", with("watch 1 2"), with("cancel 1 2")),
            ),
            (
                "`amigrate list --profile PROFILE` prints those.",
                "`amigrate list --profile PROFILE` prints those.".into(),
            ),
            ("with `--if-exists copy`, not `amigrate", "with `--if-exists copy`, not `amigrate".into()),
            ("the next amigrate completes it", "the next amigrate completes it".into()),
            ("", String::new()),
        ] {
            assert_eq!(flags.complete(text), completed);
        }
        let plain = "`amigrate cancel 1` cancels them.";
        assert_eq!(AccountFlags::default().complete(plain), plain);
        // What is complete stays so.
        assert_eq!(flags.complete(&flags.complete(plain)), flags.complete(plain));
        let failure = flags.of_failure(Failure::new("copy", "why").hint("`amigrate retry 1` makes it again."));
        assert_eq!(failure.hint, format!("{} makes it again.", with("retry 1")));
    }
}
