//! The engine's configuration from the user's settings.

use jiff::SignedDuration;

use crate::{config::Config, engine::EngineConfig};

impl From<&Config> for EngineConfig {
    fn from(config: &Config) -> Self {
        let (copy, poll) = (&config.copy, &config.poll);
        let seconds = |s: u64| SignedDuration::from_secs(i64::try_from(s).unwrap_or(60));
        Self {
            pending_limit: copy.pending_limit,
            starts_per_second: copy.starts_per_second,
            start_burst: copy.start_burst,
            min_poll_interval: seconds(poll.fastest_seconds),
            max_poll_interval: seconds(poll.slowest_seconds),
            max_backoff: seconds(poll.throttled_seconds),
            tagging: copy.job_tags,
            token_lifetime: SignedDuration::from_mins(copy.token_minutes.into()),
            ..Self::default()
        }
    }
}
