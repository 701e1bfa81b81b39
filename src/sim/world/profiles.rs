//! The profiles of a scenario's accounts, as an AWS configuration file has them.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{aws::SimulatedLogin, sim::world::scenario::Scenario};

impl Scenario {
    /// Returns the access keys of the accounts that have one, by the names of their profiles; none if there is one account only.
    pub fn access_keys(&self) -> BTreeMap<String, String> {
        let others = self.other_accounts.iter();
        let mut keys: BTreeMap<String, String> =
            others.filter_map(|a| Some((a.profile.to_string(), a.access_key.as_ref()?.to_string()))).collect();
        if !keys.is_empty() {
            keys.insert("default".into(), SimulatedLogin::ACCESS_KEY.into());
        }
        keys
    }

    /// Returns a configuration file with a profile for each account and each role that somebody may assume; empty if there is
    /// one account only.
    pub fn profiles_file(&self) -> String {
        let mut text = String::new();
        if self.other_accounts.is_empty() {
            return text;
        }
        let home = &self.home;
        let keys = |key: &str| format!("aws_access_key_id = {key}\naws_secret_access_key = x\nregion = {home}\n");
        // Writing to a string cannot fail.
        _ = write!(text, "[default]\n{}", keys("x"));
        for account in &self.other_accounts {
            if let Some(key) = &account.access_key {
                _ = write!(text, "[profile {}]\n{}", account.profile, keys(key));
            }
        }
        for role in self.roles.iter().filter(|role| role.trusts.contains(&self.account)) {
            let account = self.other_accounts.iter().find(|account| account.id == role.account);
            let name = account.map_or(role.account.as_str(), |account| &account.profile);
            _ = write!(
                text,
                "[profile {name}-{}]\nrole_arn = {}\nsource_profile = default\nregion = {home}\n",
                role.name,
                role.arn()
            );
            if let Some(id) = &role.external_id {
                _ = writeln!(text, "external_id = {id}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_roles_have_profiles() {
        let text = Scenario::named("accounts").unwrap().profiles_file();
        let profiles: Vec<&str> = text.lines().filter(|line| line.starts_with('[')).collect();
        let expected = [
            "[default]",
            "[profile build]",
            "[profile build-image-publisher]",
            "[profile production-image-copier]",
            "[profile production-auditor]",
        ];
        assert_eq!(profiles, expected);
        assert!(text.contains("role_arn = arn:aws:iam::555566667777:role/image-copier\nsource_profile = default\n"));
        assert_eq!(Scenario::named("demo").unwrap().profiles_file(), "");
    }
}
