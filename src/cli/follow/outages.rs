//! Regions that do not answer while copies are followed or images waited for: announced once they have not for a while, and when they do again.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use crate::domain::{Failure, Region, text::clean};

/// A shorter outage is nothing that a person need know.
const ANNOUNCE_AFTER: Duration = Duration::from_secs(10);

/// The regions that do not answer.
#[derive(Debug, Default)]
pub(in crate::cli) struct Outages(BTreeMap<Region, Outage>);

#[derive(Debug)]
struct Outage {
    since: Instant,
    failure: Failure,
    announced: bool,
}

impl Outages {
    /// Takes the regions that do not answer now, and why. Returns those that answer again, if they were announced.
    pub(in crate::cli) fn observe<'a>(
        &mut self,
        failing: impl Iterator<Item = (&'a Region, &'a Failure)>,
        now: Instant,
    ) -> Vec<Region> {
        let before = std::mem::take(&mut self.0);
        for (region, failure) in failing {
            let (since, announced) = before.get(region).map_or((now, false), |outage| (outage.since, outage.announced));
            self.0.insert(region.clone(), Outage { since, failure: failure.clone(), announced });
        }
        before
            .into_iter()
            .filter(|(region, outage)| outage.announced && !self.0.contains_key(region))
            .map(|(r, _)| r)
            .collect()
    }

    /// Returns when the next one is to be announced.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.values().filter(|outage| !outage.announced).map(|outage| outage.since + ANNOUNCE_AFTER).min()
    }

    /// Returns what is to be announced now.
    pub(in crate::cli) fn take_due(&mut self, now: Instant) -> Vec<String> {
        let due = self.0.iter_mut().filter(|(_, outage)| !outage.announced && outage.since + ANNOUNCE_AFTER <= now);
        due.map(|(region, outage)| {
            outage.announced = true;
            format!("{}; asking again", text(region, &outage.failure))
        })
        .collect()
    }
}

/// Says that a region does not answer, and why.
pub(super) fn text(region: &Region, failure: &Failure) -> String {
    let why = clean(failure.why.trim_end_matches('.'));
    match &failure.code {
        None => format!("EC2 in {region} does not answer: {why}"),
        Some(_) => format!("EC2 in {region} does not return the state of the copies: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_told_of_once_after_a_while_and_when_it_answers_again() {
        let (mut outages, start) = (Outages::default(), Instant::now());
        let (region, other) = (Region::new("us-west-1").unwrap(), Region::new("us-west-2").unwrap());
        let failure = Failure::new("poll", "connection refused");
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(outages.observe([(&region, &failure)].into_iter(), start).is_empty());
        assert_eq!(outages.due(), Some(after(10)));
        assert!(outages.take_due(after(9)).is_empty());
        // A second failure is the same outage; another region's short one is not announced.
        assert!(outages.observe([(&region, &failure), (&other, &failure)].into_iter(), after(9)).is_empty());
        assert_eq!(outages.take_due(after(10)), ["EC2 in us-west-1 does not answer: connection refused; asking again"]);
        assert!(outages.take_due(after(11)).is_empty());
        assert!(outages.observe([(&region, &failure)].into_iter(), after(12)).is_empty());
        assert_eq!((outages.due(), outages.observe([].into_iter(), after(60))), (None, vec![region]));
    }
}
