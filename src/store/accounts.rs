//! Whose jobs are in the file.

use super::{Store, account_key};
use crate::domain::{AccountKey, Failure};

impl Store {
    /// Every account that has jobs, something asked for, or changing calls that are still remembered.
    pub fn accounts(&self) -> Result<Vec<AccountKey>, Failure> {
        self.read("look for accounts", |tx| {
            let mut query = tx.prepare(
                "SELECT account FROM jobs UNION SELECT account FROM asks UNION SELECT account FROM audit ORDER BY 1",
            )?;
            let keys = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(keys.iter().filter_map(|key| account_key(key)).collect())
        })
    }
}
