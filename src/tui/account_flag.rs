//! The flag by which a command works in an account of the screen, for hints that name commands.

use super::model::Model;
use crate::domain::text::{clean, profile_flag};

impl Model {
    /// Returns the flag for a printed command to work in this account, with a space before it; empty where a command needs none, because
    /// the profile is that of the settings or the environment.
    pub fn account_flag(&self) -> String {
        let of_settings = self.start.config.aws.profile.as_str();
        let Some(profile) = self.profile.as_deref().filter(|profile| *profile != of_settings) else {
            return String::new();
        };
        let words = profile_flag(profile);
        // No argument of a process has a NUL, which alone cannot be quoted.
        let words = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
        format!(" {}", clean(&words))
    }
}
