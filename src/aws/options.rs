//! Options of a session.

use std::time::Duration;

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};

use crate::domain::{Region, RoleArn};

/// Timeout of a TCP connection with TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Options of a session. What is not set follows AWS's default chain.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionOptions {
    /// Profile of the AWS configuration files. Its credentials take precedence over exported keys, which in turn take precedence
    /// over the profile of `AWS_PROFILE`, as in the AWS CLI.
    pub profile: Option<String>,
    /// Role that is assumed with the credentials that are found.
    pub role: Option<RoleArn>,
    /// Home region, for `DescribeRegions` and STS.
    pub region: Option<Region>,
    /// Endpoint of all services; overrides the environment.
    pub endpoint_url: Option<String>,
    /// Attempts of a call including the first, at least 1.
    pub attempts: u32,
    /// Timeout of one attempt.
    pub attempt_timeout: Duration,
    /// Timeout of a call with all its attempts.
    pub operation_timeout: Duration,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            profile: None,
            role: None,
            region: None,
            endpoint_url: None,
            attempts: 4,
            attempt_timeout: Duration::from_secs(20),
            operation_timeout: Duration::from_mins(1),
        }
    }
}

impl SessionOptions {
    pub(super) fn retries(&self) -> RetryConfig {
        // Not adaptive, because after a throttle that would delay a user's cancel too.
        RetryConfig::standard().with_max_attempts(self.attempts.max(1))
    }

    pub(super) fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(self.attempt_timeout))
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.operation_timeout)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults() {
        let options = SessionOptions::default();
        let timeouts = options.timeouts();
        assert_eq!(options.retries().max_attempts(), 4);
        assert_eq!(timeouts.operation_attempt_timeout(), Some(Duration::from_secs(20)));
        assert_eq!(timeouts.operation_timeout(), Some(Duration::from_mins(1)));
        assert_eq!(SessionOptions { attempts: 0, ..options }.retries().max_attempts(), 1);
    }
}
