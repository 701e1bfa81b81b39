//! What the owners of images have given for copies: it stays given if none of them starts, which is said then.

use std::collections::BTreeSet;

use crate::{
    cli::{exit::CommandError, output::tell},
    domain::{AccountId, Failure, image_access::GivenAccess, text::count},
    labels,
};

/// What owners have given so far, each with its account and profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Given(Vec<(AccountId, String, GivenAccess)>);

impl Given {
    /// Adds a permission that an account has given by a profile.
    pub(super) fn add(&mut self, owner: &AccountId, profile: &str, access: GivenAccess) {
        self.0.push((owner.clone(), profile.to_owned(), access));
    }

    pub(super) fn extend(&mut self, others: &Self) {
        self.0.extend_from_slice(&others.0);
    }

    /// Says that it stays given, unless copies have started.
    pub(super) fn tell_unless(&self, started: bool) {
        if let Some(text) = self.text().filter(|_| !started) {
            tell(&text);
        }
    }

    /// Returns an error after which nothing starts, with what stays given.
    pub(super) fn of_error(&self, error: CommandError) -> CommandError {
        match (error, self.text()) {
            (CommandError::Failure(failure, status), Some(text)) => {
                let hint = [failure.hint.as_str(), &text].join(" ").trim_start().to_owned();
                CommandError::Failure(Box::new(Failure { hint, ..*failure }), status)
            }
            (error, _) => error,
        }
    }

    /// That it stays given, and the commands that take it back, the last first; `None` if nothing was given.
    fn text(&self) -> Option<String> {
        let (owner, profile, _) = self.0.first()?;
        let accounts: BTreeSet<AccountId> = self.0.iter().map(|(.., given)| given.target.account.clone()).collect();
        let given: Vec<GivenAccess> = self.0.iter().map(|(.., given)| given.clone()).collect();
        let commands: Vec<String> = labels::image_access::undo(&given);
        let of_profile = |command: &String| format!("`{command}`");
        Some(format!(
            "{} of account {owner} (profile `{profile}`) {} given to account {}. To undo, with that profile: {}",
            count(given.len(), "permission", "permissions"),
            if given.len() == 1 { "stays" } else { "stay" },
            accounts.iter().map(AccountId::as_str).collect::<Vec<_>>().join(", "),
            commands.iter().map(of_profile).collect::<Vec<_>>().join(" && ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::exit::ExitStatus,
        domain::{
            ImageId, Region, SnapshotId,
            image_access::{AccessTarget, MissingAccess},
        },
    };

    #[test]
    fn what_stays_given_is_said_with_the_way_back_the_last_first() {
        let target = AccessTarget {
            image: ImageId::new("ami-1").unwrap(),
            region: Region::new("eu-west-1").unwrap(),
            account: AccountId::new("123456789012").unwrap(),
        };
        let mut given = Given::default();
        let failed = |given: &Given| {
            let failure = Failure::new("copy", "denied").hint("Ask for it.");
            match given.of_error(CommandError::Failure(Box::new(failure), ExitStatus::NotAllowed)) {
                CommandError::Failure(failure, ExitStatus::NotAllowed) => failure.hint,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(failed(&given), "Ask for it.");
        for access in [MissingAccess::Snapshot(SnapshotId::new("snap-1").unwrap()), MissingAccess::Image] {
            let access = GivenAccess { target: target.clone(), access, grant: None };
            given.add(&AccountId::new("210987654321").unwrap(), "build", access);
        }
        let hint = failed(&given);
        let stays =
            "Ask for it. 2 permissions of account 210987654321 (profile `build`) stay given to account 123456789012. ";
        assert!(hint.starts_with(stays), "{hint}");
        let places = ["modify-image-attribute", "remove", "modify-snapshot-attribute"].map(|part| hint.find(part));
        assert!(places.is_sorted() && places[0].is_some(), "{hint}");
    }
}
