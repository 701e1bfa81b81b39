//! The arguments of processes that are started beside the screen.

use std::ffi::OsString;

use super::EffectConfig;
use crate::domain::AccountId;

impl EffectConfig {
    /// The arguments of a process for the profile in use now, which may be another than at the start.
    pub(super) fn background_arguments(&self, profile: Option<&str>) -> Vec<OsString> {
        // In one word: its name may begin with a dash.
        let profile = profile.map(|profile| format!("--profile={profile}").into());
        self.background.iter().cloned().chain(profile).collect()
    }

    /// The arguments of the process that runs this account's queue. The profile's credentials may be those of another one by now.
    pub(super) fn drive_arguments(&self, profile: Option<&str>, account: Option<&AccountId>) -> Vec<OsString> {
        let mut arguments = self.background_arguments(profile);
        arguments.extend(account.map(|account| format!("--expect-account={account}").into()));
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::RememberedViews,
        driver::{DriverSettings, StoreLocation},
        runtime::{FormFiles, region_cache::RegionCache},
    };

    #[test]
    fn a_profile_is_no_flag_and_the_account_is_named() {
        let config = EffectConfig {
            store: StoreLocation::Memory,
            driver: DriverSettings::default(),
            region_cache: RegionCache::default(),
            views: RememberedViews::default(),
            forms: FormFiles::default(),
            background: vec!["drive".into(), "--log-level".into(), "debug".into()],
        };
        let account = AccountId::new("123456789012").unwrap();
        assert_eq!(
            config.drive_arguments(Some("-x"), Some(&account)),
            ["drive", "--log-level", "debug", "--profile=-x", "--expect-account=123456789012"]
        );
        assert_eq!(config.drive_arguments(None, None), ["drive", "--log-level", "debug"]);
    }
}
