//! The accounts whose jobs are in the file, and the profile that each was last used with.

use rusqlite::OptionalExtension as _;

use super::database::Store;
use crate::domain::{AccountId, AccountKey, Failure};

impl Store {
    /// Every account that has jobs, commands not yet carried out, or audited calls.
    pub fn accounts(&self) -> Result<Vec<AccountKey>, Failure> {
        self.read("look for accounts", |tx| {
            let mut query = tx.prepare(
                "SELECT account FROM jobs UNION SELECT account FROM asks UNION SELECT account FROM audit ORDER BY 1",
            )?;
            let keys = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(keys.iter().filter_map(|key| parse(key)).collect())
        })
    }

    /// Remembers which account a profile signs in to, so that a start without credentials can show its jobs.
    pub fn remember_account(&mut self, profile: &str, account: &AccountKey) -> Result<(), Failure> {
        if self.account_of_profile(profile)?.as_ref() == Some(account) {
            return Ok(());
        }
        self.write("remember the profile's account", |tx, _| {
            tx.execute(
                "INSERT INTO accounts VALUES (?1, ?2) ON CONFLICT (profile) DO UPDATE SET account = ?2",
                [profile, account.as_str()],
            )?;
            Ok(())
        })
    }

    /// The account that a profile signed in to last.
    pub fn account_of_profile(&self, profile: &str) -> Result<Option<AccountKey>, Failure> {
        let key: Option<String> = self.read("look for the profile's account", |tx| {
            let query = "SELECT account FROM accounts WHERE profile = ?1";
            Ok(tx.query_row(query, [profile], |row| row.get(0)).optional()?)
        })?;
        Ok(key.and_then(|key| parse(&key)))
    }
}

/// The reverse of [`AccountKey::new`].
fn parse(key: &str) -> Option<AccountKey> {
    let (account, endpoint) = key.split_once(" at ").map_or((key, None), |(account, url)| (account, Some(url)));
    AccountId::new(account).ok().map(|account| AccountKey::new(&account, endpoint))
}
