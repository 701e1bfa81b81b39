//! A copy against its source: what every copy has otherwise is left out, and what was requested is told apart from what was not.

use std::collections::BTreeSet;

use super::{
    diff::{compared, same, unknown, value},
    left_out::{is_left_out, is_own_tag},
    parts::{Parts, parts},
    subject::Pair,
    types::{Difference, Part, Unknown, Value},
    wish::{Wish, Wishes},
};
use crate::domain::copy::CopyRequest;

/// A difference between a copy and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The source is on the left. What it has may be unknown where it is known what was requested.
    pub difference: Difference,
    pub standing: Standing,
}

/// Whether a difference was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The copy is as requested, and the source is not, as far as that is known.
    Requested,
    /// Nothing like it was requested, as far as is known here.
    NotRequested,
    /// Something else was requested: this.
    Otherwise(Value),
}

/// A copy compared with its source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    pub findings: Vec<Finding>,
    pub unknown: Vec<Unknown>,
}

impl Verification {
    /// Returns the differences that were requested.
    pub fn requested(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.standing == Standing::Requested)
    }

    /// Returns the differences that were not requested.
    pub fn not_requested(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.standing != Standing::Requested)
    }

    /// Returns true if something that might differ is not known, whoever could have told it.
    pub fn is_incomplete(&self) -> bool {
        !self.unknown.is_empty()
    }
}

/// Compares a copy, on the right, with its source. `request` is that of the job that made it, if it is known.
pub fn verify(pair: &Pair, request: Option<&CopyRequest>) -> Verification {
    let (source, copy) = (parts(&pair.left), parts(&pair.right));
    let requested = request.map(|request| Wishes::new(request, &source, &pair.right));
    let more = requested.as_ref().map(Wishes::parts).unwrap_or_default();
    let mut all: BTreeSet<&Part> = compared(&source, &copy);
    all.extend(&more);
    let wish = |part: &Part| requested.as_ref().and_then(|requested| requested.of(part, value(&copy, part)));
    if permissions_are_judged(&source, &copy, wish(&Part::LaunchPermissions).as_ref()) {
        // They tell whether it is public.
        all.retain(|part| **part != Part::Public);
    }
    let mut verification = Verification::default();
    for part in all {
        let (left, right) = (value(&source, part), value(&copy, part));
        if matches!(part, Part::Tag(key) if is_own_tag(key, left, right)) {
            continue;
        }
        let wish = wish(part);
        if wish.is_none() && is_left_out(part, [left, right], &source, pair) {
            continue;
        }
        match judge(part, left, right, wish) {
            Some(Judgement::Finding(standing)) => {
                let difference = Difference { part: part.clone(), left: left.clone(), right: right.clone() };
                verification.findings.push(Finding { difference, standing });
            }
            Some(Judgement::Unknown(unknown)) => verification.unknown.push(unknown),
            None => {}
        }
    }
    verification
}

/// Returns true if it is known whether the launch permissions of the copy are as they should be.
fn permissions_are_judged(source: &Parts, copy: &Parts, wish: Option<&Wish>) -> bool {
    let is_known = |parts: &Parts| value(parts, &Part::LaunchPermissions).unread().is_none();
    is_known(copy) && (is_known(source) || wish.is_some())
}

/// What is to be said of a part.
enum Judgement {
    Finding(Standing),
    Unknown(Unknown),
}

/// Returns `None` where there is nothing to say. What was requested counts, whatever the source has.
fn judge(part: &Part, source: &Value, copy: &Value, wish: Option<Wish>) -> Option<Judgement> {
    let unknown = unknown(part, source, copy);
    let differs = unknown.is_some() || !same(part, source, copy);
    match (wish, unknown) {
        (Some(Wish::Value(wanted)), _) if copy.unread().is_none() && !same(part, &wanted, copy) => {
            Some(Judgement::Finding(Standing::Otherwise(wanted)))
        }
        (Some(_), _) if copy.unread().is_none() => differs.then_some(Judgement::Finding(Standing::Requested)),
        (_, Some(unknown)) => Some(Judgement::Unknown(unknown)),
        (_, None) => differs.then_some(Judgement::Finding(Standing::NotRequested)),
    }
}
