//! What the job of a copy requested, part by part.

use super::{
    parts::{Parts, launch_permission_set, volume_permission_set},
    subject::Described,
    types::{DeviceProperty, Part, Value},
};
use crate::domain::{
    copy::{CopyRequest, Encryption},
    image_details::VolumePermission,
    kms_key::{KmsKeyRef, names_key},
    post_copy::{LaunchPermission, PostCopyStep},
};

/// What was requested of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestedValue {
    Value(Value),
    /// Whatever EC2 makes of it.
    Any,
}

/// What was requested of a copy.
pub(super) struct RequestedParts<'a> {
    request: &'a CopyRequest,
    source: &'a Parts,
    copy: &'a Described,
}

impl<'a> RequestedParts<'a> {
    pub(super) fn new(request: &'a CopyRequest, source: &'a Parts, copy: &'a Described) -> Self {
        Self { request, source, copy }
    }

    /// Returns parts that were requested, and that neither image may have.
    pub(super) fn parts(&self) -> Vec<Part> {
        let of_step = |step: &PostCopyStep| match step {
            PostCopyStep::Deprecation(_) => vec![Part::Deprecation],
            PostCopyStep::DeregistrationProtection { .. } => vec![Part::DeregistrationProtection],
            PostCopyStep::LaunchPermissions(_) => vec![Part::LaunchPermissions, Part::Public],
            PostCopyStep::SnapshotPermissions(_) => self.snapshots_of_copy(),
            _ => Vec::new(),
        };
        let tags = self.request.image_tags.iter().map(|tag| Part::Tag(tag.key.clone()));
        self.request.post_copy.iter().flat_map(of_step).chain(tags).collect()
    }

    /// Returns the part of each of the copy's snapshots that shows whom it is shared with.
    fn snapshots_of_copy(&self) -> Vec<Part> {
        let devices = self.copy.image.block_devices.iter();
        let with_snapshot = devices.filter(|device| device.ebs.as_ref().is_some_and(|ebs| ebs.snapshot_id.is_some()));
        let property = DeviceProperty::VolumePermissions;
        with_snapshot.map(|device| Part::Device { name: device.device_name.clone(), property }).collect()
    }

    /// Returns what was requested of a part; `None` if nothing was. `copy` is its value.
    pub(super) fn of(&self, part: &Part, copy: &Value) -> Option<RequestedValue> {
        let request = self.request;
        let word = |word: &str| Value::Text(word.into());
        let value = match part {
            Part::Name => Value::of_text(Some(request.name.as_str())),
            Part::Description => match request.description.as_str() {
                // EC2 may write one of its own.
                "" => return Some(RequestedValue::Any),
                text => Value::of_text(Some(text)),
            },
            Part::Tag(key) => return self.tag(key),
            Part::LaunchPermissions => return self.launch_permissions(copy),
            Part::Public => {
                let public = self.requested_permissions().any(|one| *one == LaunchPermission::Public);
                return public.then_some(RequestedValue::Value(Value::Flag(true)));
            }
            Part::Deprecation => self.step(|step| match step {
                PostCopyStep::Deprecation(at) => Some(Value::Time(*at)),
                _ => None,
            })?,
            Part::DeregistrationProtection => self.step(|step| match step {
                PostCopyStep::DeregistrationProtection { cooldown: true } => Some(word("enabled-with-cooldown")),
                PostCopyStep::DeregistrationProtection { cooldown: false } => Some(word("enabled-without-cooldown")),
                _ => None,
            })?,
            Part::Device { name, property } => return self.device(name, *property, copy),
            _ => return None,
        };
        Some(RequestedValue::Value(value))
    }

    /// The last step counts.
    fn step(&self, value: impl Fn(&PostCopyStep) -> Option<Value>) -> Option<Value> {
        self.request.post_copy.iter().rev().find_map(value)
    }

    fn tag(&self, key: &str) -> Option<RequestedValue> {
        let request = self.request;
        if let Some(tag) = request.image_tags.iter().find(|tag| &*tag.key == key) {
            return Some(RequestedValue::Value(Value::Text(tag.value.clone())));
        }
        (!request.copy_tags).then_some(RequestedValue::Value(Value::None))
    }

    /// The launch permissions that the request names.
    fn requested_permissions(&self) -> impl Iterator<Item = &LaunchPermission> {
        let of_step = |step: &'a PostCopyStep| match step {
            PostCopyStep::LaunchPermissions(all) => all.as_slice(),
            _ => &[],
        };
        self.request.post_copy.iter().flat_map(of_step)
    }

    /// The source's, where those were requested, but not public, and those of the request.
    fn launch_permissions(&self, copy: &Value) -> Option<RequestedValue> {
        let (mut wanted, mut requested) = (Vec::new(), false);
        for step in &self.request.post_copy {
            match step {
                PostCopyStep::LaunchPermissions(all) => wanted.extend(all.iter().cloned()),
                PostCopyStep::CopyLaunchPermissions => match self.source.get(&Part::LaunchPermissions) {
                    Some(Value::LaunchPermissions(all)) => {
                        wanted.extend(all.iter().filter(|one| **one != LaunchPermission::Public).cloned());
                    }
                    None => {}
                    // Which those are is not known; those that are named were requested in any case.
                    Some(_) => return self.missing_permissions(copy),
                },
                _ => continue,
            }
            requested = true;
        }
        requested.then(|| RequestedValue::Value(launch_permission_set(wanted)))
    }

    /// The permissions that the request names, if the copy lacks one of them.
    fn missing_permissions(&self, copy: &Value) -> Option<RequestedValue> {
        let lacks = |wanted: &LaunchPermission| match copy {
            Value::LaunchPermissions(all) => !all.contains(wanted),
            value => *value == Value::None,
        };
        let is_missing = self.requested_permissions().any(lacks);
        is_missing
            .then(|| RequestedValue::Value(launch_permission_set(self.requested_permissions().cloned().collect())))
    }

    fn device(&self, name: &str, property: DeviceProperty, copy: &Value) -> Option<RequestedValue> {
        // Empty volumes are neither encrypted nor shared by a copy.
        let device = self.copy.image.block_devices.iter().find(|device| &*device.device_name == name)?;
        device.ebs.as_ref()?.snapshot_id.as_ref()?;
        match property {
            DeviceProperty::Encrypted => {
                let encrypts = matches!(self.request.encryption, Encryption::Encrypt { .. });
                encrypts.then_some(RequestedValue::Value(Value::Flag(true)))
            }
            DeviceProperty::Key => self.key(name, copy),
            DeviceProperty::VolumePermissions => {
                let accounts = self.request.post_copy.iter().filter_map(|step| match step {
                    PostCopyStep::SnapshotPermissions(accounts) => Some(accounts),
                    _ => None,
                });
                let mut accounts = accounts.flatten().cloned().map(VolumePermission::Account).peekable();
                accounts.peek()?;
                Some(RequestedValue::Value(volume_permission_set(accounts.collect())))
            }
            _ => None,
        }
    }

    /// The key of an encrypted snapshot. A key is of one region, so that a copy of an encrypted image has another one in any case.
    fn key(&self, device: &str, copy: &Value) -> Option<RequestedValue> {
        let Value::Key(found) = copy else { return None };
        let encrypted = Part::Device { name: device.into(), property: DeviceProperty::Encrypted };
        let of_source = self.source.get(&encrypted) == Some(&Value::Flag(true));
        let request = self.request;
        let given = match &request.encryption {
            Encryption::Keep if !of_source => return None,
            Encryption::Keep => None,
            Encryption::Encrypt { key } => key.as_ref().map(KmsKeyRef::as_str),
        };
        Some(match request.expected.key_arn.as_deref().or(given) {
            // The default key of the region, or an alias that was not resolved.
            None => RequestedValue::Any,
            Some(key) if names_key(key, found) => RequestedValue::Any,
            Some(key) => RequestedValue::Value(Value::Key(key.into())),
        })
    }
}
