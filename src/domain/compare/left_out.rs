//! What every copy has otherwise than its source, and what `CopyImage` does not copy: no differences unless they were requested.

use super::{
    diff::value,
    parts::Parts,
    subject::Pair,
    types::{DeviceProperty, Part, Unread, Value},
};
use crate::domain::{ids::ImageId, image::ImageState, post_copy::LaunchPermission};

/// Returns true for a part of which nothing was requested and nothing is to be said. `values` are the source's and the copy's, `source`
/// all parts of the source.
pub(super) fn is_left_out(part: &Part, values: [&Value; 2], source: &Parts, pair: &Pair) -> bool {
    let [of_source, of_copy] = values;
    let (from, copy) = (&pair.left.image, &pair.right.image);
    match part {
        // Owner and times always differ, `public` is never copied, and the hypervisor does not matter.
        Part::Owner | Part::Created | Part::LastLaunched | Part::Hypervisor => true,
        // A source that was disabled later does not make its copy differ.
        Part::State => copy.state == ImageState::Available,
        Part::Deprecation | Part::DeregistrationProtection => *of_copy == Value::None,
        Part::Description => is_by_ec2(of_copy, copy.source_image_id.as_ref()),
        // Each region has its own.
        Part::Kernel | Part::Ramdisk => from.region != copy.region,
        // Other accounts' tags are not copied.
        Part::Tags => is_of_other_owner(of_source) && of_copy.unread().is_none(),
        // A copy is not public at first.
        Part::Public => *of_copy == Value::Flag(false),
        Part::LaunchPermissions => has_no_more(of_source, of_copy, from.public),
        Part::Device { property: DeviceProperty::VolumePermissions, .. } => has_no_more(of_source, of_copy, false),
        Part::Device { name, property: DeviceProperty::Key } => {
            let encrypted = Part::Device { name: name.clone(), property: DeviceProperty::Encrypted };
            *value(source, &encrypted) == Value::Flag(true) && is_key_of_other_place(of_source, of_copy)
        }
        _ => false,
    }
}

/// Returns true if a copy is shared with nobody that its source is not shared with: permissions are not copied. `public` says that the
/// source is public, where the rest of its permissions is not known.
fn has_no_more(of_source: &Value, of_copy: &Value, public: bool) -> bool {
    match (of_source, of_copy) {
        (_, Value::None) => true,
        (Value::LaunchPermissions(all), Value::LaunchPermissions(some)) => some.iter().all(|one| all.contains(one)),
        (Value::VolumePermissions(all), Value::VolumePermissions(some)) => some.iter().all(|one| all.contains(one)),
        (Value::Unknown(_), Value::LaunchPermissions(some)) => {
            public && some.iter().all(|one| *one == LaunchPermission::Public)
        }
        _ => false,
    }
}

/// Returns true for keys of two regions or accounts: a key encrypts in its own region, and its account's are not copied with an image.
fn is_key_of_other_place(of_source: &Value, of_copy: &Value) -> bool {
    let place = |arn: &str| arn.split_once(":key/").map(|(place, _)| place.to_owned());
    match (of_source, of_copy) {
        (Value::Key(source), Value::Key(copy)) => {
            place(source).zip(place(copy)).is_some_and(|(source, copy)| source != copy)
        }
        (source, Value::Key(_)) => is_of_other_owner(source),
        _ => false,
    }
}

fn is_of_other_owner(value: &Value) -> bool {
    value.unread() == Some(&Unread::OtherOwner)
}

/// Returns true for the description that EC2, or its console, gives a copy: `[Copied ami-... from us-east-1] ...`.
fn is_by_ec2(description: &Value, source: Option<&ImageId>) -> bool {
    let Value::Text(text) = description else { return false };
    let begins = |id: &ImageId| text.strip_prefix("[Copied ").is_some_and(|rest| rest.starts_with(id.as_str()));
    source.is_some_and(begins)
}

/// Returns true for tags of amigrate's and AWS's, and for those in which amigrate notes on an image where its copies are: the source, or a
/// copy that is the source of others.
pub(super) fn is_own_tag(key: &str, of_source: &Value, of_copy: &Value) -> bool {
    let names_image = |value: &Value| matches!(value, Value::Text(text) if ImageId::new(text).is_ok());
    let tells_of_copy = || names_image(of_source) || *of_source == Value::None && names_image(of_copy);
    key.starts_with("amigrate:") || key.starts_with("aws:") || key.starts_with("copied-to:") && tells_of_copy()
}
