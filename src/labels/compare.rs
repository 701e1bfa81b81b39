//! Compared images in words.

use super::usage;
use crate::domain::{
    compare::{Comparison, DeviceProperty, Finding, Part, RequestStatus, Unknown, Unread, Value, Verification},
    text::{clean, count},
};

/// Returns the name of a part.
pub fn part(part: &Part) -> String {
    let name = match part {
        Part::Name => "name",
        Part::Description => "description",
        Part::State => "state",
        Part::Owner => "owner",
        Part::Created => "created",
        Part::LastLaunched => "last launched",
        Part::Deprecation => "deprecation",
        Part::DeregistrationProtection => "deregistration protection",
        Part::Architecture => "architecture",
        Part::Platform => "platform",
        Part::UsageOperation => "usage operation",
        Part::Virtualization => "virtualization",
        Part::Hypervisor => "hypervisor",
        Part::Kernel => "kernel",
        Part::Ramdisk => "RAM disk",
        Part::BootMode => "boot mode",
        Part::UefiData => "UEFI data",
        Part::Tpm => "TPM",
        Part::Imds => "IMDS",
        Part::Ena => "ENA",
        Part::SriovNet => "SR-IOV",
        Part::RootDeviceType => "root device type",
        Part::RootDevice => "root device",
        Part::ProductCodes => "product codes",
        Part::Public => "public",
        Part::LaunchPermissions => "launch permissions",
        Part::Tags => "tags",
        Part::Tag(key) => return format!("tag {}", clean(key)),
        Part::Device { name, property } => {
            let of = property_name(*property);
            return if of.is_empty() { clean(name).into_owned() } else { format!("{} {of}", clean(name)) };
        }
    };
    name.into()
}

fn property_name(property: DeviceProperty) -> &'static str {
    match property {
        DeviceProperty::Kind => "",
        DeviceProperty::Size => "size",
        DeviceProperty::VolumeType => "type",
        DeviceProperty::Iops => "IOPS",
        DeviceProperty::Throughput => "throughput",
        DeviceProperty::DeleteOnTermination => "deleted on termination",
        DeviceProperty::Encrypted => "encrypted",
        DeviceProperty::Key => "key",
        DeviceProperty::VolumePermissions => "snapshot shared with",
    }
}

/// Returns the value of a part.
pub fn value(part: &Part, value: &Value) -> String {
    match value {
        Value::None => none(part).into(),
        Value::Text(text) if *part == Part::UefiData => count(text.len(), "character", "characters"),
        // A tag may have an empty value.
        Value::Text(text) if text.is_empty() => "(empty)".into(),
        Value::Text(text) | Value::Key(text) => clean(text).into_owned(),
        Value::Flag(yes) => if *yes { "yes" } else { "no" }.into(),
        Value::Gib(size) => format!("{size} GiB"),
        Value::Iops(iops) => iops.to_string(),
        Value::MibPerSecond(rate) => format!("{rate} MiB/s"),
        Value::Time(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Value::State(state) => state.as_str().into(),
        Value::Account(account) => account.to_string(),
        Value::Volume { gib, volume_type, from_snapshot } => {
            let size = gib.map(|gib| format!("{gib} GiB"));
            let kind = volume_type.as_deref().map(|name| clean(name).into_owned());
            let empty = (!from_snapshot).then(|| "empty".to_owned());
            let words = size.into_iter().chain(kind).chain(empty).collect::<Vec<_>>().join(", ");
            if words.is_empty() { "a volume".into() } else { words }
        }
        Value::InstanceStore(name) => format!("instance store {}", clean(name)),
        Value::NoDevice => "suppressed".into(),
        Value::Texts(texts) => texts.iter().map(|text| clean(text).into_owned()).collect::<Vec<_>>().join(", "),
        Value::LaunchPermissions(all) => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Value::VolumePermissions(all) => all.iter().map(usage::who).collect::<Vec<_>>().join(", "),
        Value::Unknown(why) => unread(why),
    }
}

/// What is said of a part that an image does not have.
fn none(part: &Part) -> &'static str {
    match part {
        Part::LaunchPermissions => "only its owner",
        Part::Device { property: DeviceProperty::VolumePermissions, .. } => "nobody",
        Part::DeregistrationProtection => "off",
        Part::BootMode => "not set",
        _ => "none",
    }
}

fn unread(why: &Unread) -> String {
    format!("unknown ({})", reason(why))
}

/// Returns why something is not known.
pub fn reason(why: &Unread) -> String {
    match why {
        Unread::OtherOwner => "only its owner may read it".into(),
        Unread::NotReported => "EC2 does not report it".into(),
        Unread::Failed(failure) => usage::reason(failure),
    }
}

/// Returns what is not known of a part on each side; `known` is said of the side that is known.
pub fn unknown_sides(unknown: &Unknown) -> (String, String) {
    let side = |side: &Option<Unread>| side.as_ref().map_or_else(|| "known".into(), unread);
    (side(&unknown.left), side(&unknown.right))
}

/// Returns whether a difference of a copy was requested, as a note beside it.
pub fn request_status(finding: &Finding) -> String {
    match &finding.status {
        RequestStatus::AsRequested => "as requested".into(),
        RequestStatus::NotRequested => "not requested".into(),
        RequestStatus::NotAsRequested { requested: wanted } => {
            format!("requested: {}", value(&finding.difference.part, wanted))
        }
    }
}

/// Returns the outcome of a verification in a sentence without its full stop.
pub fn verdict(verification: &Verification) -> String {
    let (requested, others) = (verification.requested().count(), verification.not_requested().count());
    let mut said = match (others, requested) {
        (0, 0) => "the same as its source".into(),
        (0, n) => {
            format!("the same as its source, except for {}", count(n, "requested difference", "requested differences"))
        }
        (n, 0) => format!("{} from its source", count(n, "difference", "differences")),
        (n, more) => {
            format!(
                "{} from its source, {more} requested",
                count(n, "unrequested difference", "unrequested differences")
            )
        }
    };
    said.push_str(&not_compared(&verification.unknown));
    said
}

/// Returns the outcome of a comparison likewise.
pub fn summary(comparison: &Comparison) -> String {
    let said = match comparison.differences.len() {
        0 => "no differences".into(),
        n => count(n, "difference", "differences"),
    };
    said + &not_compared(&comparison.unknown)
}

fn not_compared(unknown: &[Unknown]) -> String {
    match unknown.len() {
        0 => String::new(),
        n => format!("; {n} could not be compared"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::compare::Difference;

    #[test]
    fn hostile_text_is_cleaned_and_what_is_missing_has_a_word() {
        let tag = Part::Tag("a\u{1b}[31m".into());
        assert_eq!(part(&tag), "tag a [31m");
        assert_eq!(value(&tag, &Value::Text("\u{202e}b".into())), "b");
        assert_eq!(value(&tag, &Value::Text("".into())), "(empty)");
        let device = |property| Part::Device { name: "/dev/xvda".into(), property };
        assert_eq!(part(&device(DeviceProperty::Kind)), "/dev/xvda");
        assert_eq!(part(&device(DeviceProperty::Size)), "/dev/xvda size");
        assert_eq!(value(&device(DeviceProperty::VolumePermissions), &Value::None), "nobody");
        let volume = |from_snapshot| {
            let volume = Value::Volume { gib: Some(8), volume_type: Some("gp3".into()), from_snapshot };
            value(&device(DeviceProperty::Kind), &volume)
        };
        assert_eq!((volume(true).as_str(), volume(false).as_str()), ("8 GiB, gp3", "8 GiB, gp3, empty"));
        assert_eq!(value(&Part::Ena, &Value::Unknown(Unread::NotReported)), "unknown (EC2 does not report it)");
    }

    #[test]
    fn a_verdict_counts_what_was_requested_apart() {
        let finding = |status| Finding {
            difference: Difference { part: Part::Name, left: Value::None, right: Value::None },
            status,
        };
        let verdict = |findings: Vec<Finding>, unknown: usize| {
            let unknown = vec![Unknown { part: Part::Ena, left: None, right: Some(Unread::NotReported) }; unknown];
            verdict(&Verification { findings, unknown })
        };
        assert_eq!(verdict(Vec::new(), 0), "the same as its source");
        assert_eq!(
            verdict(vec![finding(RequestStatus::AsRequested)], 2),
            "the same as its source, except for 1 requested difference; 2 could not be compared"
        );
        let both = vec![finding(RequestStatus::NotRequested), finding(RequestStatus::AsRequested)];
        assert_eq!(verdict(both, 0), "1 unrequested difference from its source, 1 requested");
    }
}
