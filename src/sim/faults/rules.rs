//! Fault injection: rules by region and action, from a scenario or added by a test while the world runs.
//! Chooses the fault; [`crate::sim::transport::query`] carries it out.

use std::time::Duration;

use serde::Deserialize;

use crate::{domain::Region, sim::glob::glob};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// HTTP 503 `RequestLimitExceeded`; the request is not carried out.
    Throttle,
    /// `UnauthorizedOperation` with HTTP 403; KMS says `AccessDeniedException`.
    Deny,
    /// `AuthFailure` with the generic message, as for bad keys and for every call to a region that is not enabled.
    AuthFailure,
    /// `AuthFailure` with a message that names the request's images or snapshots: only this call is refused. Same as `Deny` for
    /// a request that names none.
    NotAuthorized,
    /// HTTP 500 `InternalError`.
    Fail,
    /// The request is carried out; the response comes after `Rule::millis`.
    Slow,
    /// The request is carried out; the connection is reset.
    LostAnswer,
    /// The connection is reset before the request is carried out.
    Reset,
    /// HTTP 502 with an HTML page; the request is not carried out.
    Html,
    /// The request is carried out; the second half of the response is missing.
    Truncated,
    /// HTTP 400 `RequestExpired`, as for expired credentials or a wrong clock.
    Expired,
}

/// When a fault is injected. The conditions are combined.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `None` is every region.
    #[serde(default)]
    pub region: Option<Region>,
    /// Pattern of action names: `CopyImage`, `Describe*`, `*`.
    #[serde(default = "any")]
    pub action: String,
    pub kind: FaultKind,
    /// Only the first n matching requests; `None` is all.
    #[serde(default)]
    pub first: Option<u64>,
    /// Only every n-th matching request; `None` is each.
    #[serde(default)]
    pub every: Option<u64>,
    /// Delay of `Slow`, milliseconds.
    #[serde(default)]
    pub millis: u64,
    /// Number of requests that matched so far.
    #[serde(skip)]
    seen: u64,
}

fn any() -> String {
    "*".to_owned()
}

impl Rule {
    /// Creates a rule for all regions and all requests.
    pub fn new(action: &str, kind: FaultKind) -> Self {
        Self { region: None, action: action.to_owned(), kind, first: None, every: None, millis: 0, seen: 0 }
    }

    #[must_use]
    pub fn in_region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    #[must_use]
    pub fn first(mut self, n: u64) -> Self {
        self.first = Some(n);
        self
    }

    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.every = Some(n);
        self
    }

    #[must_use]
    pub fn millis(mut self, millis: u64) -> Self {
        self.millis = millis;
        self
    }

    /// Counts the request if it matches, and returns true if the fault is due.
    fn applies(&mut self, region: &Region, action: &str) -> bool {
        if self.region.as_ref().is_some_and(|r| r != region) || !glob(&self.action, action) {
            return false;
        }
        self.seen += 1;
        self.first.is_none_or(|n| self.seen <= n) && self.every.is_none_or(|n| self.seen.is_multiple_of(n.max(1)))
    }
}

/// The faults injected into one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fault {
    /// The first fault that is not a delay.
    pub(crate) kind: Option<FaultKind>,
    /// Sum of all delays.
    pub(crate) delay: Duration,
}

#[derive(Debug, Clone, Default)]
pub struct FaultRules(Vec<Rule>);

impl FaultRules {
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// Adds a rule after the others.
    pub fn add(&mut self, rule: Rule) {
        self.0.push(rule);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the fault, if it is one of `kinds`, of `needed`: an action that a request for `action` needs permission for or
    /// carries out as well. Rules that match `action` itself are skipped, since [`Self::next_fault`] applied them.
    pub(crate) fn fault_of_needed_action(
        &mut self,
        region: &Region,
        action: &str,
        needed: &str,
        kinds: &[FaultKind],
    ) -> Option<FaultKind> {
        let others = self.0.iter_mut().filter(|r| kinds.contains(&r.kind) && !glob(&r.action, action));
        // No early return: every rule counts the request.
        let due = others.filter_map(|rule| rule.applies(region, needed).then_some(rule.kind));
        due.fold(None, |first, kind| first.or(Some(kind)))
    }

    /// Counts the request and returns the faults to inject into it.
    pub(crate) fn next_fault(&mut self, region: &Region, action: &str) -> Fault {
        let mut fault = Fault::default();
        for rule in &mut self.0 {
            if !rule.applies(region, action) {
                continue;
            }
            if rule.kind == FaultKind::Slow {
                fault.delay = fault.delay.saturating_add(Duration::from_millis(rule.millis));
            } else {
                fault.kind = fault.kind.or(Some(rule.kind));
            }
        }
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected(rule: Rule, calls: usize) -> Vec<bool> {
        let mut faults = FaultRules::new(vec![rule]);
        let region = Region::new("eu-west-1").unwrap();
        (0..calls).map(|_| faults.next_fault(&region, "CopyImage").kind.is_some()).collect()
    }

    #[test]
    fn rules_count_only_matching_requests() {
        let throttle = || Rule::new("Copy*", FaultKind::Throttle);
        assert_eq!(injected(throttle(), 2), [true, true]);
        assert_eq!(injected(throttle().first(1), 3), [true, false, false]);
        assert_eq!(injected(throttle().every(2), 4), [false, true, false, true]);
        assert_eq!(injected(throttle().in_region(Region::new("eu-west-2").unwrap()), 1), [false]);
        assert_eq!(injected(Rule::new("Describe*", FaultKind::Throttle), 1), [false]);
    }

    #[test]
    fn delays_add_up_and_the_first_other_fault_counts() {
        let mut faults = FaultRules::new(vec![
            Rule::new("*", FaultKind::Slow).millis(500),
            Rule::new("*", FaultKind::Deny),
            Rule::new("*", FaultKind::Slow).millis(250),
            Rule::new("*", FaultKind::Fail),
        ]);
        let fault = faults.next_fault(&Region::new("eu-west-1").unwrap(), "X");
        assert_eq!(fault, Fault { kind: Some(FaultKind::Deny), delay: Duration::from_millis(750) });
    }
}
