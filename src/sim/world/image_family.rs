//! A family of images in one region, expanded one image at a time. An id encodes its position, so that a hundred thousand
//! images cost nothing until they are looked up.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    domain::{
        AccountId, Image, ImageId, ImageState, Region, Snapshot, SnapshotId, SnapshotState,
        image::{BlockDevice, Ebs, ProductCode, Tag},
    },
    sim::world::{
        permissions::{Permission, Permissions},
        scenario::{Access, FamilySpec},
    },
};

/// Device number of the image itself; its disks are numbered from 1.
const IMAGE: u8 = 0;

/// What an id refers to: a family, an image in it, and possibly one of its disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FamilyPosition {
    pub(crate) family: u16,
    pub(crate) index: u32,
    /// From 0; `None` is the image itself.
    pub(crate) disk: Option<u8>,
}

/// Scrambles a position into 64 bits, reversibly (a Feistel network), so that ids look like EC2's.
fn scramble(seed: u64, position: FamilyPosition) -> u64 {
    let device = position.disk.map_or(IMAGE, |d| d.saturating_add(1));
    let (mut left, mut right) = ((u32::from(position.family) << 8) | u32::from(device), position.index);
    for round in 0..4 {
        (left, right) = (right, left ^ mix(seed, round, right));
    }
    (u64::from(left) << 32) | u64::from(right)
}

fn unscramble(seed: u64, code: u64) -> Option<FamilyPosition> {
    let (mut left, mut right) = (u32::try_from(code >> 32).ok()?, u32::try_from(code & 0xffff_ffff).ok()?);
    for round in (0..4).rev() {
        (left, right) = (right ^ mix(seed, round, left), left);
    }
    let device = u8::try_from(left & 0xff).ok()?;
    Some(FamilyPosition { family: u16::try_from(left >> 8).ok()?, index: right, disk: device.checked_sub(1) })
}

/// Round function: the finaliser of splitmix64.
fn mix(seed: u64, round: u64, half: u32) -> u32 {
    let mut x = seed ^ (round << 40) ^ u64::from(half);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((x ^ (x >> 31)) & 0xffff_ffff).unwrap_or_default()
}

/// Returns the position an id refers to. Any well-formed id has one, so callers must check that it exists.
pub(crate) fn position(seed: u64, id: &str) -> Option<FamilyPosition> {
    let hex = id.strip_prefix("ami-0").or_else(|| id.strip_prefix("snap-0"))?;
    let position = unscramble(seed, (hex.len() == 16).then(|| u64::from_str_radix(hex, 16).ok())??)?;
    (position.disk.is_some() == id.starts_with("snap-")).then_some(position)
}

/// What a family's images depend on besides their specification.
#[derive(Debug, Clone)]
pub(crate) struct FamilyContext {
    pub(crate) seed: u64,
    pub(crate) start: Timestamp,
    pub(crate) region: Region,
    pub(crate) owner: AccountId,
    pub(crate) scenario_account: AccountId,
    /// ARN of the key of encrypted snapshots.
    pub(crate) key: Option<Box<str>>,
}

/// A family in a region.
#[derive(Debug, Clone)]
pub(crate) struct ImageFamily {
    pub(crate) number: u16,
    pub(crate) spec: Arc<FamilySpec>,
    pub(crate) context: FamilyContext,
}

impl ImageFamily {
    pub(crate) fn count(&self) -> u32 {
        self.spec.count
    }

    pub(crate) fn owner(&self) -> &AccountId {
        &self.context.owner
    }

    fn code(&self, index: u32, disk: Option<u8>) -> u64 {
        scramble(self.context.seed, FamilyPosition { family: self.number, index, disk })
    }

    /// Returns the id of image `index`; 0 is the newest.
    pub(crate) fn id(&self, index: u32) -> Option<ImageId> {
        ImageId::new(&format!("ami-0{:016x}", self.code(index, None))).ok()
    }

    /// Returns the sizes of the disks, GiB.
    pub(crate) fn volumes(&self, index: u32) -> &[u32] {
        let turns = self.spec.volumes.len();
        if turns == 0 { &[] } else { &self.spec.volumes[index as usize % turns] }
    }

    fn snapshot_id(&self, index: u32, disk: usize) -> Option<SnapshotId> {
        let code = self.code(index, Some(u8::try_from(disk).ok()?));
        SnapshotId::new(&format!("snap-0{code:016x}")).ok()
    }

    /// Returns the launch permissions that the images begin with.
    pub(crate) fn launch_permissions(&self) -> Permissions {
        let mut permissions = self.spec.launch_permissions.clone();
        permissions.extend(match self.spec.access {
            Access::Private => None,
            Access::Shared => Some(Permission::Account(self.context.scenario_account.clone())),
            Access::Public => Some(Permission::All),
        });
        permissions
    }

    /// Returns true if the snapshots begin with the launch permissions of their image.
    pub(crate) fn shares_storage(&self) -> bool {
        self.spec.storage_shared && self.spec.access != Access::Private
    }

    /// Returns the create-volume permissions that the snapshots begin with.
    pub(crate) fn create_volume_permissions(&self) -> Permissions {
        let mut permissions = self.spec.create_volume_permissions.clone();
        if self.shares_storage() {
            permissions.extend(self.launch_permissions());
        }
        permissions
    }

    pub(crate) fn created(&self, index: u32) -> Timestamp {
        // Spread over ten hours, so that the displayed ages do not all change at once.
        let spread = f64::from(mix(self.context.seed, 9, index) % 36_000);
        days_from(self.context.start, -(self.spec.age_days + self.spec.every_days * f64::from(index)), -spread)
    }

    pub(crate) fn name(&self, index: u32) -> String {
        self.expand(&self.spec.name, index)
    }

    fn expand(&self, pattern: &str, index: u32) -> String {
        if !pattern.contains('{') {
            return pattern.to_owned();
        }
        let number = u64::from(self.spec.first) + u64::from(self.count().saturating_sub(1).saturating_sub(index));
        let text = pattern.replace("{n}", &format!("{number:05}")).replace("{region}", self.context.region.as_str());
        if !text.contains('{') {
            return text;
        }
        let day = self.created(index).to_zoned(TimeZone::UTC);
        text.replace("{year}", &day.year().to_string()).replace("{date}", &day.strftime("%Y%m%d").to_string())
    }

    pub(crate) fn image(&self, index: u32) -> Option<Image> {
        let spec = &*self.spec;
        let ebs = &*spec.root == "ebs";
        let start = self.context.start;
        let mut image = Image::bare(self.id(index)?, self.context.region.clone(), self.owner().clone());
        image.name = self.name(index).into();
        image.description = self.expand(&spec.description, index).into();
        image.state = ImageState::parse(&spec.state);
        image.state_reason.clone_from(&spec.state_reason);
        image.image_owner_alias.clone_from(&spec.owner_alias);
        image.created = Some(self.created(index));
        image.architecture.clone_from(&spec.architecture);
        image.virtualization.clone_from(&spec.virtualization);
        image.root_device_type.clone_from(&spec.root);
        image.root_device_name = Some(device_name(0, &spec.virtualization));
        image.platform_details = Some(spec.platform.clone());
        image.usage_operation = Some(spec.usage.clone());
        image.public = spec.access == Access::Public;
        image.block_devices = if ebs { self.disks(index) } else { vec![instance_store()] };
        image.tags = spec.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        image.source_image_id.clone_from(&spec.source_image);
        image.source_region.clone_from(&spec.source_region);
        image.source_instance.clone_from(&spec.source_instance);
        image.deprecated = spec.deprecated_in_days.map(|days| days_from(start, days, 0.0));
        image.last_launched = spec.launched_days_ago.map(|days| days_from(start, -days, 0.0));
        image.boot_mode.clone_from(&spec.boot_mode);
        image.imds_support.clone_from(&spec.imds);
        image.tpm_support.clone_from(&spec.tpm);
        image.ena_support = Some(&*spec.virtualization == "hvm");
        image.sriov_net_support =
            (&*spec.architecture == "x86_64" && image.ena_support == Some(true)).then(|| "simple".into());
        image.hypervisor = Some("xen".into());
        image.deregistration_protection = Some(spec.protection.clone().unwrap_or_else(|| "disabled".into()));
        let code = |id: &str| ProductCode { id: id.into(), kind: "marketplace".into() };
        image.product_codes = spec.product_codes.iter().map(|id| code(id)).collect();
        Some(image)
    }

    fn disks(&self, index: u32) -> Vec<BlockDevice> {
        let spec = &*self.spec;
        let fast = &*spec.volume_type == "gp3";
        let disk = |(n, size): (usize, &u32)| BlockDevice {
            device_name: device_name(n, &spec.virtualization),
            ebs: Some(Ebs {
                snapshot_id: self.snapshot_id(index, n),
                volume_size: Some(*size),
                volume_type: Some(spec.volume_type.clone()),
                encrypted: Some(spec.encrypted),
                iops: fast.then_some(3_000),
                throughput: fast.then_some(125),
                delete_on_termination: Some(true),
            }),
            virtual_name: None,
        };
        self.volumes(index).iter().enumerate().map(disk).collect()
    }

    /// Start of the description of every snapshot of a family.
    pub(crate) const DESCRIPTION: &str = "Created by CreateImage(";

    pub(crate) fn snapshot(&self, index: u32, disk: usize) -> Option<Snapshot> {
        let size = *self.volumes(index).get(disk).filter(|_| &*self.spec.root == "ebs")?;
        let instance = self.code(index, Some(u8::MAX));
        Some(Snapshot {
            id: self.snapshot_id(index, disk)?,
            state: SnapshotState::Completed,
            progress: Some(100),
            volume_size: size,
            volume_id: Some(format!("vol-0{:016x}", self.code(index, Some(u8::MAX - 1))).into()),
            started: Some(self.created(index)),
            completed: None,
            state_message: None,
            description: format!("{}i-0{instance:016x}) for {}", Self::DESCRIPTION, self.id(index)?).into(),
            encrypted: self.spec.encrypted,
            kms_key_id: if self.spec.encrypted { self.context.key.clone() } else { None },
            tags: Vec::new(),
        })
    }
}

fn days_from(start: Timestamp, days: f64, seconds: f64) -> Timestamp {
    SignedDuration::try_from_secs_f64(days.mul_add(86_400.0, seconds).round())
        .ok()
        .and_then(|d| start.checked_add(d).ok())
        .unwrap_or(start)
}

pub(crate) fn device_name(n: usize, virtualization: &str) -> Arc<str> {
    let letter = char::from(b'a' + u8::try_from(n % 26).unwrap_or_default());
    match (n, virtualization) {
        (0, "hvm") => "/dev/xvda".into(),
        (0, _) => "/dev/sda1".into(),
        _ => format!("/dev/sd{letter}").into(),
    }
}

fn instance_store() -> BlockDevice {
    BlockDevice { device_name: "/dev/sdb".into(), ebs: None, virtual_name: Some("ephemeral0".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_encodes_its_position() {
        for (family, index, disk) in [(0, 0, None), (7, 99_999, Some(0)), (u16::MAX, u32::MAX, Some(200))] {
            let position = FamilyPosition { family, index, disk };
            assert_eq!(unscramble(5, scramble(5, position)), Some(position));
            assert_ne!(scramble(5, position), scramble(6, position));
        }
        assert_eq!(position(5, "ami-00ff"), None);
        assert_eq!(position(5, "ami-0zzzzzzzzzzzzzzzz"), None);
    }
}
