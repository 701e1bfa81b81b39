//! A copy against its source: what every copy has otherwise is left out, and what was requested is told apart from what was not.

use std::collections::BTreeSet;

use super::{
    diff::{compared, same, unknown, value},
    parts::parts,
    subject::{Described, Pair},
    types::{Difference, Part, Unknown, Value},
    wish::{Wish, Wishes},
};
use crate::domain::{copy::CopyRequest, ids::ImageId, image::ImageState};

/// A difference between a copy and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The source is on the left.
    pub difference: Difference,
    pub standing: Standing,
}

/// Whether a difference was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The copy is as requested, and the source is not.
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

    /// Returns true if something could not be read that the account should be able to read.
    pub fn is_incomplete(&self) -> bool {
        self.unknown.iter().any(|unknown| unknown.failures().next().is_some())
    }
}

/// Compares a copy, on the right, with its source. `request` is that of the job that made it, if it is known.
pub fn verify(pair: &Pair, request: Option<&CopyRequest>) -> Verification {
    let (source, copy) = (parts(&pair.left), parts(&pair.right));
    let requested = request.map(|request| Wishes::new(request, &source, &pair.right));
    let more = requested.as_ref().map(Wishes::parts).unwrap_or_default();
    let mut all: BTreeSet<&Part> = compared(&source, &copy);
    all.extend(&more);
    let mut verification = Verification::default();
    for part in all {
        let (left, right) = (value(&source, part), value(&copy, part));
        if matches!(part, Part::Tag(key) if is_own_tag(key, left)) {
            continue;
        }
        let wish = requested.as_ref().and_then(|requested| requested.of(part, right));
        if wish.is_none() && is_left_out(part, right, &pair.right) {
            continue;
        }
        if let Some(unknown) = unknown(part, left, right) {
            verification.unknown.push(unknown);
            continue;
        }
        if let Some(standing) = standing(part, left, right, wish) {
            let difference = Difference { part: part.clone(), left: left.clone(), right: right.clone() };
            verification.findings.push(Finding { difference, standing });
        }
    }
    verification
}

/// Returns `None` where there is nothing to say.
fn standing(part: &Part, source: &Value, copy: &Value, wish: Option<Wish>) -> Option<Standing> {
    let differs = !same(part, source, copy);
    match wish {
        Some(Wish::Value(wanted)) if !same(part, &wanted, copy) => Some(Standing::Otherwise(wanted)),
        Some(_) => differs.then_some(Standing::Requested),
        None => differs.then_some(Standing::NotRequested),
    }
}

/// Returns true for what every copy has otherwise than its source, and for what `CopyImage` does not copy.
fn is_left_out(part: &Part, of_copy: &Value, copy: &Described) -> bool {
    match part {
        // The owner's, of the time of each, or of no consequence.
        Part::Owner | Part::Created | Part::LastLaunched | Part::Hypervisor | Part::Public => true,
        // That its source was disabled since says nothing of the copy.
        Part::State => copy.image.state == ImageState::Available,
        Part::Deprecation | Part::DeregistrationProtection => *of_copy == Value::None,
        Part::Description => is_by_ec2(of_copy, copy.image.source_image_id.as_ref()),
        _ => false,
    }
}

/// Returns true for the description that EC2, or its console, gives a copy: `[Copied ami-... from us-east-1] ...`.
fn is_by_ec2(description: &Value, source: Option<&ImageId>) -> bool {
    let Value::Text(text) = description else { return false };
    let begins = |id: &ImageId| text.strip_prefix("[Copied ").is_some_and(|rest| rest.starts_with(id.as_str()));
    source.is_some_and(begins)
}

/// Returns true for tags of amigrate's and AWS's, and for those by which amigrate tells a source where its copies are.
fn is_own_tag(key: &str, of_source: &Value) -> bool {
    let tells_of_copy = || matches!(of_source, Value::Text(text) if ImageId::new(text).is_ok());
    key.starts_with("amigrate:") || key.starts_with("aws:") || key.starts_with("copied-to:") && tells_of_copy()
}
