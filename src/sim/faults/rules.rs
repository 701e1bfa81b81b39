//! What goes wrong on purpose: rules by region and action, from a scenario or set by a test while it runs.
//! Says which fault strikes; [`crate::sim::transport::query`] carries it out.

use std::time::Duration;

use serde::Deserialize;

use crate::{domain::Region, sim::glob::glob};

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// HTTP 503 `RequestLimitExceeded`; the request is not carried out.
    Throttle,
    /// `UnauthorizedOperation` with HTTP 403; KMS says `AccessDeniedException`.
    Deny,
    /// `AuthFailure` with the generic text: what bad keys get, and every call to a region that is not enabled.
    AuthFailure,
    /// `AuthFailure` with a text that names the request's images or snapshots: a refusal of this one call. For a request that
    /// names none it is as `Deny`.
    NotAuthorized,
    /// HTTP 500 `InternalError`.
    Fail,
    /// The request is carried out, the answer comes after `Rule::millis`.
    Slow,
    /// The request is carried out, the connection is reset.
    LostAnswer,
    /// The connection is reset before the request is carried out.
    Reset,
    /// HTTP 502 with an HTML page; not carried out.
    Html,
    /// Carried out; the answer's second half is missing.
    Truncated,
    /// HTTP 400 `RequestExpired`: what expired credentials or a wrong clock get.
    Expired,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Where; none is everywhere.
    #[serde(default)]
    pub region: Option<Region>,
    /// Which actions, with wildcards: `CopyImage`, `Describe*`, `*`.
    #[serde(default = "any")]
    pub action: String,
    /// What happens.
    pub kind: FaultKind,
    /// Only the first so many matching requests; none is all.
    #[serde(default)]
    pub first: Option<u64>,
    /// Only every n-th matching request (1 is each); none is each.
    #[serde(default)]
    pub every: Option<u64>,
    /// Milliseconds, for `slow`.
    #[serde(default)]
    pub millis: u64,
    /// How many requests have matched so far.
    #[serde(skip)]
    seen: u64,
}

fn any() -> String {
    "*".to_owned()
}

impl Rule {
    /// A rule for all regions, all the time.
    pub fn new(action: &str, kind: FaultKind) -> Self {
        Self { region: None, action: action.to_owned(), kind, first: None, every: None, millis: 0, seen: 0 }
    }

    /// Only in one region.
    #[must_use]
    pub fn in_region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// Only the first `n` matching requests.
    #[must_use]
    pub fn first(mut self, n: u64) -> Self {
        self.first = Some(n);
        self
    }

    /// Only every `n`-th matching request.
    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.every = Some(n);
        self
    }

    /// The delay of a slow answer.
    #[must_use]
    pub fn millis(mut self, millis: u64) -> Self {
        self.millis = millis;
        self
    }

    fn strikes(&mut self, region: &Region, action: &str) -> bool {
        if self.region.as_ref().is_some_and(|r| r != region) || !glob(&self.action, action) {
            return false;
        }
        self.seen += 1;
        self.first.is_none_or(|n| self.seen <= n) && self.every.is_none_or(|n| self.seen.is_multiple_of(n.max(1)))
    }
}

/// What strikes one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fault {
    /// The first fault that is not a delay.
    pub(crate) effect: Option<FaultKind>,
    /// All delays together.
    pub(crate) delay: Duration,
}

/// All rules of a world.
#[derive(Debug, Clone, Default)]
pub struct FaultRules(Vec<Rule>);

impl FaultRules {
    /// From a scenario.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// One more, after the others.
    pub fn add(&mut self, rule: Rule) {
        self.0.push(rule);
    }

    /// None any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Which of these faults strikes `needed`, an action that a request for `action` needs the permission for or causes. A rule
    /// that fits the request itself was asked already.
    pub(crate) fn strike_also(
        &mut self,
        region: &Region,
        action: &str,
        needed: &str,
        kinds: &[FaultKind],
    ) -> Option<FaultKind> {
        let others = self.0.iter_mut().filter(|r| kinds.contains(&r.kind) && !glob(&r.action, action));
        // Every rule counts the request, also behind one that strikes.
        let striking = others.filter_map(|rule| rule.strikes(region, needed).then_some(rule.kind));
        striking.fold(None, |first, kind| first.or(Some(kind)))
    }

    /// Counts the request and says what strikes it.
    pub(crate) fn strike(&mut self, region: &Region, action: &str) -> Fault {
        let mut strike = Fault::default();
        for rule in &mut self.0 {
            if !rule.strikes(region, action) {
                continue;
            }
            if rule.kind == FaultKind::Slow {
                strike.delay = strike.delay.saturating_add(Duration::from_millis(rule.millis));
            } else {
                strike.effect = strike.effect.or(Some(rule.kind));
            }
        }
        strike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(rule: Rule, calls: usize) -> Vec<bool> {
        let mut faults = FaultRules::new(vec![rule]);
        let region = Region::new("eu-west-1").unwrap();
        (0..calls).map(|_| faults.strike(&region, "CopyImage").effect.is_some()).collect()
    }

    #[test]
    fn rules_count_only_what_they_match() {
        let throttle = || Rule::new("Copy*", FaultKind::Throttle);
        assert_eq!(hits(throttle(), 2), [true, true]);
        assert_eq!(hits(throttle().first(1), 3), [true, false, false]);
        assert_eq!(hits(throttle().every(2), 4), [false, true, false, true]);
        assert_eq!(hits(throttle().in_region(Region::new("eu-west-2").unwrap()), 1), [false]);
        assert_eq!(hits(Rule::new("Describe*", FaultKind::Throttle), 1), [false]);
    }

    #[test]
    fn delays_add_up_beside_the_first_fault() {
        let mut faults = FaultRules::new(vec![
            Rule::new("*", FaultKind::Slow).millis(500),
            Rule::new("*", FaultKind::Deny),
            Rule::new("*", FaultKind::Slow).millis(250),
            Rule::new("*", FaultKind::Fail),
        ]);
        let strike = faults.strike(&Region::new("eu-west-1").unwrap(), "X");
        assert_eq!(strike, Fault { effect: Some(FaultKind::Deny), delay: Duration::from_millis(750) });
    }
}
