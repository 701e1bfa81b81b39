//! Request counts, and EC2's request rates as token buckets.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{domain::Region, sim::world::timeline::ms_between};

/// Requests for one action in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestCount {
    /// All requests, whatever their outcome.
    pub received: u64,
    /// Requests that were throttled, by a rate or by a fault.
    pub throttled: u64,
}

#[derive(Debug, Default)]
pub(crate) struct RequestRates {
    pub(crate) calls: BTreeMap<(Region, String), RequestCount>,
    buckets: BTreeMap<(Region, String), Bucket>,
}

/// Capacity of a bucket, thousandths of a request.
const CAPACITY: i64 = 100_000;

#[derive(Debug)]
struct Bucket {
    /// Thousandths of a request.
    level: i64,
    at: Timestamp,
}

/// Returns the refill rate of an action's bucket in requests per second, which is thousandths per millisecond; `None` is
/// unlimited. Source: EC2 developer guide, request throttling.
fn refill_rate(action: &str) -> Option<i64> {
    match action {
        "CopyImage" => Some(1),
        "DeregisterImage" | "DeleteSnapshot" => Some(5),
        "CreateTags" => Some(10),
        _ if ["Modify", "Reset", "Enable", "Disable"].iter().any(|verb| action.starts_with(verb)) => Some(5),
        _ => (action.starts_with("Describe") || action.starts_with("Get")).then_some(20),
    }
}

impl RequestRates {
    /// Counts a request. To be called before it is carried out.
    pub(crate) fn count(&mut self, region: &Region, action: &str) {
        self.calls.entry((region.clone(), action.to_owned())).or_default().received += 1;
    }

    /// Counts a request, counted by [`Self::count`] already, as throttled.
    pub(crate) fn count_throttled(&mut self, region: &Region, action: &str) {
        self.calls.entry((region.clone(), action.to_owned())).or_default().throttled += 1;
    }

    /// Takes a request out of its bucket. Returns false if the bucket is empty.
    pub(crate) fn take(&mut self, region: &Region, action: &str, now: Timestamp) -> bool {
        let Some(rate) = refill_rate(action) else { return true };
        let key = (region.clone(), action.to_owned());
        let bucket = self.buckets.entry(key).or_insert(Bucket { level: CAPACITY, at: now });
        let gained = ms_between(bucket.at, now).max(0).saturating_mul(rate);
        bucket.level = bucket.level.saturating_add(gained).min(CAPACITY);
        bucket.at = bucket.at.max(now);
        let enough = bucket.level >= 1_000;
        if enough {
            bucket.level -= 1_000;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[rstest::rstest]
    #[case("DescribeImages", 20)]
    #[case("GetEbsDefaultKmsKeyId", 20)]
    #[case("CopyImage", 1)]
    #[case("DeregisterImage", 5)]
    #[case("DeleteSnapshot", 5)]
    #[case("ModifyImageAttribute", 5)]
    #[case("EnableImageDeprecation", 5)]
    #[case("CreateTags", 10)]
    fn a_bucket_holds_a_hundred_requests_and_refills_at_its_rate(#[case] action: &str, #[case] rate: usize) {
        let mut request_rates = RequestRates::default();
        let (here, there) = (Region::new("eu-west-1").unwrap(), Region::new("eu-west-2").unwrap());
        let mut now = Timestamp::UNIX_EPOCH;
        let mut taken = |region: &Region, action: &str, now| {
            (0..1_000).take_while(|_| request_rates.take(region, action, now)).count()
        };
        assert_eq!(taken(&here, action, now), 100);
        assert_eq!(taken(&there, action, now), 100, "a bucket for each region");
        now += SignedDuration::from_secs(3);
        assert_eq!(taken(&here, action, now), 3 * rate);
        assert_eq!(
            taken(&here, action, now - SignedDuration::from_secs(9)),
            0,
            "a clock that runs backwards refills nothing"
        );
        now += SignedDuration::from_millis(999 / i64::try_from(rate).unwrap());
        assert_eq!(taken(&here, action, now), 0, "less than a whole request");
        now += SignedDuration::from_hours(1);
        assert_eq!(taken(&here, action, now), 100, "no more than its capacity");
    }

    #[test]
    fn actions_without_a_bucket_are_not_limited() {
        let mut request_rates = RequestRates::default();
        let region = Region::new("eu-west-1").unwrap();
        assert!((0..1_000).all(|_| request_rates.take(&region, "Nothing", Timestamp::UNIX_EPOCH)));
    }
}
