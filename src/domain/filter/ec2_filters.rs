//! The part of a filter that `DescribeImages` can apply. EC2 must find every image that passes: what it cannot match exactly it is asked
//! more widely, or not at all.

use super::{Filter, ImageTerm, name_pattern::literal};
use crate::domain::{ImageState, query::QueryFilter};

/// The most characters of a value: EC2's of a tag's value.
const LONGEST: usize = 256;

fn exactly(value: &str) -> String {
    value.chars().map(literal).collect()
}

fn beginning(value: &str) -> String {
    format!("{}*", exactly(value))
}

/// A tag's key stands in the name of the filter, where nothing is a wildcard.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| literal(c) == c)
}

impl Filter {
    /// Returns the filters of `DescribeImages` which every image passes that passes this one; none for a filter with a mistake.
    pub fn ec2_filters(&self) -> Vec<QueryFilter> {
        let mut found: Vec<QueryFilter> = Vec::new();
        if self.mistake().is_some() {
            return found;
        }
        for filter in self.wanted_terms().filter_map(ImageTerm::ec2_filter) {
            let known = found.iter().any(|other| other.name == filter.name);
            if !known && filter.values.iter().all(|value| value.len() <= LONGEST) {
                found.push(filter);
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }
}

impl ImageTerm {
    /// Returns what EC2 is asked for the term; `None` if it has no filter that finds all that match.
    fn ec2_filter(&self) -> Option<QueryFilter> {
        let some = |name: &str, value: String| Some(QueryFilter::new(name, value));
        match self {
            // A state that is not known here is called `unknown`.
            Self::State(state) if ImageState::Unknown.as_str().starts_with(state.as_str()) => None,
            Self::State(state) => some("state", beginning(state)),
            Self::Architecture(one) if Self::ARCHITECTURES.contains(&one.as_str()) => {
                some("architecture", exactly(one))
            }
            Self::Architecture(one) => some("architecture", beginning(one)),
            // `no` is also true of images without any volume.
            Self::Encrypted(true) => some("block-device-mapping.encrypted", "true".into()),
            Self::Owner(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
                some("owner-id", beginning(digits))
            }
            Self::Tag(key, Some(value)) if is_plain(key) && !value.is_empty() => {
                some(&format!("tag:{key}"), exactly(value))
            }
            Self::Tag(key, _) => some("tag-key", exactly(key)),
            // The only value that EC2's filter has.
            Self::Platform(part) if part.contains("windows") => some("platform", "windows".into()),
            Self::BootMode(mode) if Self::BOOT_MODES.contains(&mode.as_str()) => some("boot-mode", exactly(mode)),
            Self::BootMode(mode) => some("boot-mode", beginning(mode)),
            Self::RootType(kind) => some("root-device-type", beginning(kind)),
            Self::Public(yes) => some("is-public", yes.to_string()),
            Self::Name(pattern) => some("name", pattern.for_ec2()?),
            Self::Region(_)
            | Self::Encrypted(false)
            | Self::Owner(_)
            | Self::Profile(_)
            | Self::Age(_)
            | Self::Size(_)
            | Self::Launched(_)
            | Self::Platform(_)
            | Self::Source(_)
            | Self::Deprecated(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_become_filters_that_miss_nothing() {
        let sent = |text: &str| {
            let filters = Filter::parse(text, jiff::Timestamp::UNIX_EPOCH).ec2_filters();
            filters.into_iter().map(|f| format!("{}={}", f.name, f.values.join(","))).collect::<Vec<_>>().join(" ")
        };
        for (text, expected) in [
            ("", ""),
            ("web ~db /x/ age:<30d size:>8 enc:no region:eu- source:ami-1 deprecated:no", ""),
            ("!state:pending !arch:arm64", ""),
            ("state:Av", "state=av*"),
            ("state:u", ""),
            ("arch:arm64 arch:x", "architecture=arm64"),
            ("arch:arm", "architecture=arm*"),
            ("tag:Team=\"web ops\" tag:DR", "tag-key=DR tag:Team=web ops"),
            ("tag:Team=", "tag-key=Team"),
            ("tag:a*b=1", "tag-key=a?b"),
            ("tag:Team=a*\u{e9}", "tag:Team=a?*"),
            ("owner:1234 enc:yes public:no", "block-device-mapping.encrypted=true is-public=false owner-id=1234*"),
            ("owner:amazon", ""),
            ("platform:windows boot:uefi root:e", "boot-mode=uefi platform=windows root-device-type=e*"),
            ("platform:win", ""),
            ("name:AL2023-*", "name=AL2023-*"),
            ("state:available enc:maybe", ""),
        ] {
            assert_eq!(sent(text), expected, "{text}");
        }
        assert_eq!(sent(&format!("tag:Team={}", "x".repeat(300))), "", "longer than any value");
    }
}
