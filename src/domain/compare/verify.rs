//! A copy against its source: what differs in every copy is left out, and requested differences are marked as such.

use std::collections::BTreeSet;

use super::{
    diff::{compared, same, unknown, value},
    left_out::{is_left_out, is_own_tag},
    parts::{Parts, parts},
    requested::{RequestedParts, RequestedValue},
    subject::Pair,
    types::{Difference, Part, Unknown, Value},
};
use crate::domain::copy::CopyRequest;

/// A difference between a copy and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The source is on the left. What it has may be unknown where it is known what was requested.
    pub difference: Difference,
    pub status: RequestStatus,
}

/// Whether a difference was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestStatus {
    /// The copy is as requested, and the source is not, as far as that is known.
    AsRequested,
    /// Nothing like it was requested, as far as is known here.
    NotRequested,
    /// Something else was requested: this.
    NotAsRequested { requested: Value },
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
        self.findings.iter().filter(|finding| finding.status == RequestStatus::AsRequested)
    }

    /// Returns the differences that were not requested.
    pub fn not_requested(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.status != RequestStatus::AsRequested)
    }

    /// Returns true if something that might differ is not known, whoever could read it.
    pub fn is_incomplete(&self) -> bool {
        !self.unknown.is_empty()
    }
}

/// Compares a copy, on the right, with its source. `request` is that of the job that made it, if it is known.
pub fn verify(pair: &Pair, request: Option<&CopyRequest>) -> Verification {
    let (source, copy) = (parts(&pair.left), parts(&pair.right));
    let requested = request.map(|request| RequestedParts::new(request, &source, &pair.right));
    let more = requested.as_ref().map(RequestedParts::parts).unwrap_or_default();
    let mut all: BTreeSet<&Part> = compared(&source, &copy);
    all.extend(&more);
    let requested_value = |part: &Part| requested.as_ref().and_then(|requested| requested.of(part, value(&copy, part)));
    if permissions_are_judged(&source, &copy, requested_value(&Part::LaunchPermissions).as_ref()) {
        // They include whether it is public.
        all.retain(|part| **part != Part::Public);
    }
    let mut verification = Verification::default();
    for part in all {
        let (left, right) = (value(&source, part), value(&copy, part));
        if matches!(part, Part::Tag(key) if is_own_tag(key, left, right)) {
            continue;
        }
        let requested_value = requested_value(part);
        if requested_value.is_none() && is_left_out(part, [left, right], &source, pair) {
            continue;
        }
        match judge(part, left, right, requested_value) {
            Some(Judgement::Finding(status)) => {
                let difference = Difference { part: part.clone(), left: left.clone(), right: right.clone() };
                verification.findings.push(Finding { difference, status });
            }
            Some(Judgement::Unknown(unknown)) => verification.unknown.push(unknown),
            None => {}
        }
    }
    verification
}

/// Returns true if it is known whether the launch permissions of the copy are as they should be.
fn permissions_are_judged(source: &Parts, copy: &Parts, requested_value: Option<&RequestedValue>) -> bool {
    let is_known = |parts: &Parts| value(parts, &Part::LaunchPermissions).unread().is_none();
    is_known(copy) && (is_known(source) || requested_value.is_some())
}

/// What is to be said of a part.
enum Judgement {
    Finding(RequestStatus),
    Unknown(Unknown),
}

/// Returns `None` where there is nothing to say. What was requested counts, whatever the source has.
fn judge(part: &Part, source: &Value, copy: &Value, requested_value: Option<RequestedValue>) -> Option<Judgement> {
    let unknown = unknown(part, source, copy);
    let differs = unknown.is_some() || !same(part, source, copy);
    match (requested_value, unknown) {
        (Some(RequestedValue::Value(wanted)), _) if copy.unread().is_none() && !same(part, &wanted, copy) => {
            Some(Judgement::Finding(RequestStatus::NotAsRequested { requested: wanted }))
        }
        (Some(_), _) if copy.unread().is_none() => differs.then_some(Judgement::Finding(RequestStatus::AsRequested)),
        (_, Some(unknown)) => Some(Judgement::Unknown(unknown)),
        (_, None) => differs.then_some(Judgement::Finding(RequestStatus::NotRequested)),
    }
}
