//! How often what was asked, and EC2's request rates. Owns the counters and the buckets, not what a refusal says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{domain::Region, sim::world::timeline::ms_between};

/// How often an action was asked of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestCount {
    /// All requests that came, however they ended.
    pub asked: u64,
    /// Those of them that were throttled, by a rate or by a fault.
    pub throttled: u64,
}

/// The requests of a world so far.
#[derive(Debug, Default)]
pub(crate) struct RequestRates {
    pub(crate) calls: BTreeMap<(Region, String), RequestCount>,
    buckets: BTreeMap<(Region, String), Bucket>,
}

/// What every bucket holds when it is full, thousandths of a request.
const FULL: i64 = 100_000;

/// A token bucket.
#[derive(Debug)]
struct Bucket {
    /// Thousandths of a request.
    level: i64,
    at: Timestamp,
}

/// Requests a second of an action's own bucket, which is thousandths a millisecond; none is unlimited.
/// Source: EC2 developer guide, request throttling.
fn refill(action: &str) -> Option<i64> {
    match action {
        "CopyImage" => Some(1),
        "DeregisterImage" | "DeleteSnapshot" | "ModifyImageAttribute" => Some(5),
        "CreateTags" => Some(10),
        _ => (action.starts_with("Describe") || action.starts_with("Get")).then_some(20),
    }
}

impl RequestRates {
    /// Counts a request, before anything is done about it.
    pub(crate) fn ask(&mut self, region: &Region, action: &str) {
        self.calls.entry((region.clone(), action.to_owned())).or_default().asked += 1;
    }

    /// Counts a request, already asked, as throttled.
    pub(crate) fn throttle(&mut self, region: &Region, action: &str) {
        self.calls.entry((region.clone(), action.to_owned())).or_default().throttled += 1;
    }

    /// Takes a request out of its bucket; whether there was one in it.
    pub(crate) fn take(&mut self, region: &Region, action: &str, now: Timestamp) -> bool {
        let Some(refill) = refill(action) else { return true };
        let key = (region.clone(), action.to_owned());
        let bucket = self.buckets.entry(key).or_insert(Bucket { level: FULL, at: now });
        let gained = ms_between(bucket.at, now).max(0).saturating_mul(refill);
        bucket.level = bucket.level.saturating_add(gained).min(FULL);
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
    #[case("CreateTags", 10)]
    fn a_bucket_holds_a_hundred_and_fills_again_at_its_rate(#[case] action: &str, #[case] rate: usize) {
        let mut traffic = RequestRates::default();
        let (here, there) = (Region::new("eu-west-1").unwrap(), Region::new("eu-west-2").unwrap());
        let mut now = Timestamp::UNIX_EPOCH;
        let mut taken =
            |region: &Region, action: &str, now| (0..1_000).take_while(|_| traffic.take(region, action, now)).count();
        assert_eq!(taken(&here, action, now), 100);
        assert_eq!(taken(&there, action, now), 100, "a bucket for each region");
        now += SignedDuration::from_secs(3);
        assert_eq!(taken(&here, action, now), 3 * rate);
        assert_eq!(taken(&here, action, now - SignedDuration::from_secs(9)), 0, "time that runs back fills nothing");
        now += SignedDuration::from_millis(999 / i64::try_from(rate).unwrap());
        assert_eq!(taken(&here, action, now), 0, "less than a whole request");
        now += SignedDuration::from_hours(1);
        assert_eq!(taken(&here, action, now), 100, "no more than a full one");
    }

    #[test]
    fn actions_without_a_bucket_are_not_limited() {
        let mut traffic = RequestRates::default();
        let region = Region::new("eu-west-1").unwrap();
        assert!((0..1_000).all(|_| traffic.take(&region, "Nothing", Timestamp::UNIX_EPOCH)));
    }
}
