//! Durations as arguments, and waiting until a time.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::domain::{Failure, text::clean};

/// Reads how long to wait: `90s`, `15m`, `2h`, `1h30m`.
pub(super) fn parse(text: &str) -> Result<Duration, Failure> {
    let refused = |why: &str| Failure::new(format!("wait for `{}`", clean(text)), why.to_owned());
    let wrong = || refused("give a number with a unit, such as 90s, 15m, 2h or 1h30m");
    let duration: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| refused("a time to wait is not negative"))
}

/// Returns how much time is left until then; `None` for as long as it takes.
pub(super) fn left(deadline: Option<Instant>) -> Option<Duration> {
    deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

/// Waits until a time; for ever if there is none.
pub(super) async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("2h", 7_200), ("1h30m", 5_400), ("1h 30m", 5_400), ("0s", 0)]
        {
            assert_eq!(parse(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for wrong in ["", "90", "2 fortnights", "-5m", "h", "1e9h"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
