//! Any two images compared.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{
    parts::{Parts, parts},
    subject::Pair,
    types::{Comparison, DeviceProperty, Difference, Part, Unknown, Value},
};

/// EC2 keeps the time of a deprecation to the minute.
const PRECISION: SignedDuration = SignedDuration::from_mins(1);

/// Returns everything that two images do not have in common, besides what identifies them (their ids, regions and snapshots) and what
/// only says where and how they are made: location, owner alias, source, state reason.
pub fn diff(pair: &Pair) -> Comparison {
    let (left, right) = (parts(&pair.left), parts(&pair.right));
    let mut comparison = Comparison::default();
    for part in compared(&left, &right) {
        let (left, right) = (value(&left, part), value(&right, part));
        if let Some(unknown) = unknown(part, left, right) {
            comparison.unknown.push(unknown);
        } else if !same(part, left, right) {
            comparison.differences.push(Difference { part: part.clone(), left: left.clone(), right: right.clone() });
        }
    }
    comparison
}

/// Returns the value of a part.
pub(super) fn value<'a>(parts: &'a Parts, part: &Part) -> &'a Value {
    let of_all_tags = || matches!(part, Part::Tag(_)).then(|| parts.get(&Part::Tags)).flatten();
    parts.get(part).or_else(of_all_tags).unwrap_or(&Value::None)
}

/// Returns the parts of both in their order. Of a device that only one of them has, or that are of two kinds, that is all there is
/// to say, and likewise of tags that are not known of one of them.
pub(super) fn compared<'a>(left: &'a Parts, right: &'a Parts) -> BTreeSet<&'a Part> {
    let all = left.keys().chain(right.keys());
    let tags_known = [left, right].iter().all(|parts| !parts.contains_key(&Part::Tags));
    all.filter(|part| match part {
        Part::Tag(_) => tags_known,
        Part::Device { property: DeviceProperty::Kind, .. } => true,
        Part::Device { name, .. } => {
            let kind = Part::Device { name: name.clone(), property: DeviceProperty::Kind };
            same(&kind, value(left, &kind), value(right, &kind))
        }
        _ => true,
    })
    .collect()
}

/// Returns what is not known of a part, if one of its values is not.
pub(super) fn unknown(part: &Part, left: &Value, right: &Value) -> Option<Unknown> {
    let (left, right) = (left.unread().cloned(), right.unread().cloned());
    (left.is_some() || right.is_some()).then(|| Unknown { part: part.clone(), left, right })
}

/// Returns true if two values that are known mean the same.
pub(super) fn same(part: &Part, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Volume { from_snapshot: left, .. }, Value::Volume { from_snapshot: right, .. }) => left == right,
        (Value::Key(left), Value::Key(right)) => left == right || is_same_multi_region_key(left, right),
        (Value::Time(left), Value::Time(right)) if *part == Part::Deprecation => {
            left.duration_since(*right).abs() < PRECISION
        }
        _ => left == right,
    }
}

/// A multi-Region key has one id in all of its regions. Source: KMS Developer Guide, "Multi-Region keys in AWS KMS".
fn is_same_multi_region_key(left: &str, right: &str) -> bool {
    let key = |arn: &str| {
        let (place, id) = arn.split_once(":key/")?;
        let account = place.rsplit_once(':')?.1.to_owned();
        id.starts_with("mrk-").then(|| (account, id.to_owned()))
    };
    key(left).is_some_and(|left| key(right) == Some(left))
}
