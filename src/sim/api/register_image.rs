//! `RegisterImage` from snapshots.

use jiff::Timestamp;

use crate::{
    domain::{
        Image, ImageId, ImageState, Region, SnapshotState,
        image::{BlockDevice, Ebs, Tag},
    },
    sim::{
        api::{
            call::Call,
            copy_image::{duplicate_name, internal_error},
            params::Params,
            validation::{
                check_description, check_image_name, check_snapshot_id, check_tags, not_taggable, snapshot_not_found,
            },
        },
        api_error::ApiError,
        world::{
            locations::Location,
            state::{SeenSnapshot, World},
            timeline::{Actor, CreatedImage},
        },
    },
};

/// Parameters of `RegisterImage`.
#[derive(Debug, Clone, Default)]
pub(crate) struct RegisterCall {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The manifest of an instance-store image in S3.
    pub(crate) location: Option<String>,
    pub(crate) architecture: Option<String>,
    pub(crate) virtualization: Option<String>,
    pub(crate) root_device: Option<String>,
    pub(crate) devices: Vec<DeviceCall>,
    pub(crate) boot_mode: Option<String>,
    pub(crate) tpm_support: Option<String>,
    pub(crate) imds_support: Option<String>,
    pub(crate) sriov_net_support: Option<String>,
    pub(crate) ena_support: Option<bool>,
    /// By resource type.
    pub(crate) tags: Vec<(String, Vec<Tag>)>,
    pub(crate) by: Actor,
}

/// One block device mapping of the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeviceCall {
    pub(crate) name: String,
    pub(crate) virtual_name: Option<String>,
    /// The device is suppressed.
    pub(crate) no_device: bool,
    pub(crate) snapshot: Option<String>,
    /// GiB.
    pub(crate) size: Option<u32>,
    pub(crate) volume_type: Option<String>,
    pub(crate) iops: Option<u32>,
    pub(crate) throughput: Option<u32>,
    pub(crate) encrypted: Option<bool>,
    pub(crate) delete_on_termination: Option<bool>,
}

impl DeviceCall {
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    fn read(params: &Params, prefix: &str) -> Result<Self, ApiError> {
        let of = |name: &str| format!("{prefix}.{name}");
        let number = |name: &str| Ok(params.number(&of(name))?.map(|n| u32::try_from(n).unwrap_or(u32::MAX)));
        // Known to EC2, without a meaning here.
        for ignored in [
            "KmsKeyId",
            "OutpostArn",
            "AvailabilityZone",
            "AvailabilityZoneId",
            "VolumeInitializationRate",
            "EbsCardIndex",
        ] {
            params.get(&of(&format!("Ebs.{ignored}")));
        }
        Ok(Self {
            name: params.required(&of("DeviceName"))?.to_owned(),
            virtual_name: params.optional(&of("VirtualName")),
            no_device: params.get(&of("NoDevice")).is_some(),
            snapshot: params.optional(&of("Ebs.SnapshotId")),
            size: number("Ebs.VolumeSize")?,
            volume_type: params.optional(&of("Ebs.VolumeType")),
            iops: number("Ebs.Iops")?,
            throughput: number("Ebs.Throughput")?,
            encrypted: params.flag(&of("Ebs.Encrypted"))?,
            delete_on_termination: params.flag(&of("Ebs.DeleteOnTermination"))?,
        })
    }
}

impl Call<'_> {
    pub(crate) fn register_image(self) -> Result<String, ApiError> {
        let params = self.params;
        let device = |prefix: &String| DeviceCall::read(params, prefix);
        // Known to EC2, without a meaning here.
        let _ = (params.list("BillingProduct"), ["KernelId", "RamdiskId", "UefiData"].map(|name| params.get(name)));
        let call = RegisterCall {
            name: params.required("Name")?.to_owned(),
            description: params.text("Description"),
            location: params.optional("ImageLocation"),
            architecture: params.optional("Architecture"),
            virtualization: params.optional("VirtualizationType"),
            root_device: params.optional("RootDeviceName"),
            devices: params.entries("BlockDeviceMapping").iter().map(device).collect::<Result<_, _>>()?,
            boot_mode: params.optional("BootMode"),
            tpm_support: params.optional("TpmSupport"),
            imds_support: params.optional("ImdsSupport"),
            sriov_net_support: params.optional("SriovNetSupport"),
            ena_support: params.flag("EnaSupport")?,
            tags: params.tag_specifications(),
            by: Actor::Request,
        };
        let ready = self.ready()?;
        let id = ready.world.register_image(ready.region, call, ready.now)?;
        Ok(ready.response(|xml| xml.leaf("imageId", id.as_str())))
    }
}

impl World {
    /// Carries out `RegisterImage` and returns the new image's id. Unlike `CopyImage`, it refuses a name that is taken.
    pub(crate) fn register_image(
        &mut self,
        region: &Region,
        call: RegisterCall,
        now: Timestamp,
    ) -> Result<ImageId, ApiError> {
        check_image_name(&call.name)?;
        check_description(&call.description)?;
        check_values(&call)?;
        if let Some(location) = &call.location {
            // There is no S3 here.
            let url = format!("http://s3.amazonaws.com:80/{location}");
            let why = format!("HTTP 404 (Not Found) response for URL {url}: check your manifest path is correct.");
            return Err(ApiError::new("InvalidManifest", why));
        }
        let root = call.root_device.as_deref().unwrap_or("/dev/sda1");
        if !call.devices.iter().any(|d| d.name == root && d.snapshot.is_some() && !d.no_device) {
            return Err(bad_mapping(format!("A snapshot must be provided for the root device: {root}")));
        }
        let mut devices = Vec::new();
        for device in call.devices.iter().filter(|d| !d.no_device) {
            devices.push(self.block_device(region, device, now)?);
        }
        let state = self.enabled(region)?;
        if state.own_name_taken(&self.account, &call.name, now) {
            return Err(duplicate_name(state, &call.name));
        }
        let id = ImageId::new(&self.new_id("ami-")).map_err(|_| internal_error())?;
        let mut image = Image::bare(id.clone(), region.clone(), self.account.clone());
        image.root_device_name = Some(root.into());
        image.block_devices = devices;
        image.created = Some(now);
        let created_by = call.by;
        set_attributes(&mut image, call);
        let timeline = self.timeline(now);
        let created = CreatedImage {
            image,
            timeline,
            listed: 0,
            ended: 0,
            fails: false,
            token: None,
            created_by,
            location: Location::Region,
            time_based: None,
        };
        self.enabled_mut(region)?.created_images.insert(id.clone(), created);
        Ok(id)
    }

    /// Returns a completed snapshot that the account may see.
    pub(crate) fn completed_snapshot(
        &self,
        region: &Region,
        id: &str,
        now: Timestamp,
    ) -> Result<SeenSnapshot, ApiError> {
        check_snapshot_id(id)?;
        let seen = self.snapshot(self.enabled(region)?, id, now).ok_or_else(|| snapshot_not_found(id))?;
        if seen.snapshot.state != SnapshotState::Completed {
            return Err(ApiError::new("IncorrectState", format!("snapshot: {id} is not in completed state")));
        }
        Ok(seen)
    }

    fn block_device(&self, region: &Region, call: &DeviceCall, now: Timestamp) -> Result<BlockDevice, ApiError> {
        let (name, device_name) = (&call.name, call.name.as_str().into());
        if call.virtual_name.is_some() {
            return Ok(BlockDevice {
                device_name,
                ebs: None,
                virtual_name: call.virtual_name.as_deref().map(Into::into),
            });
        }
        let snapshot = call.snapshot.as_deref().map(|id| Ok(self.completed_snapshot(region, id, now)?.snapshot));
        let snapshot = snapshot.transpose()?;
        let least = snapshot.as_ref().map_or(1, |s| s.volume_size);
        let size = call.size.or(snapshot.as_ref().map(|s| s.volume_size));
        let size =
            size.ok_or_else(|| bad_mapping(format!("Either snapshot ID or volume size must be provided for: {name}")))?;
        if size < least {
            return Err(bad_mapping(format!(
                "Volume of size {size}GB is smaller than its snapshot, expect size >= {least}GB"
            )));
        }
        if snapshot.is_some() && call.encrypted.is_some() {
            let why = format!("the encrypted flag cannot be specified since device {name} has a snapshot specified.");
            return Err(bad_mapping(why));
        }
        let gp3 = call.volume_type.as_deref() == Some("gp3");
        let ebs = Ebs {
            encrypted: Some(snapshot.as_ref().map_or(call.encrypted == Some(true), |s| s.encrypted)),
            snapshot_id: snapshot.map(|s| s.id),
            volume_size: Some(size),
            volume_type: Some(call.volume_type.as_deref().unwrap_or("gp2").into()),
            iops: call.iops.or(gp3.then_some(3_000)),
            throughput: call.throughput.or(gp3.then_some(125)),
            delete_on_termination: Some(call.delete_on_termination != Some(false)),
        };
        Ok(BlockDevice { device_name, ebs: Some(ebs), virtual_name: None })
    }
}

/// Checks the parameters that have a list of values, and the tags. Source: EC2 API reference.
fn check_values(call: &RegisterCall) -> Result<(), ApiError> {
    let check = |parameter: &str, given: &Option<String>, known: &[&str]| match given.as_deref() {
        Some(value) if !known.contains(&value) => {
            Err(ApiError::bad_value(parameter, value, &format!("Expecting one of: {}.", known.join(", "))))
        }
        _ => Ok(()),
    };
    check("architecture", &call.architecture, &["i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"])?;
    check("virtualizationType", &call.virtualization, &["hvm", "paravirtual"])?;
    check("bootMode", &call.boot_mode, &["legacy-bios", "uefi", "uefi-preferred"])?;
    check("tpmSupport", &call.tpm_support, &["v2.0"])?;
    check("imdsSupport", &call.imds_support, &["v2.0"])?;
    check("sriovNetSupport", &call.sriov_net_support, &["simple"])?;
    for (n, device) in call.devices.iter().enumerate() {
        check("volumeType", &device.volume_type, &["standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"])?;
        if call.devices[..n].iter().any(|other| other.name == device.name) {
            return Err(bad_mapping(format!("Duplicate device name {}", device.name)));
        }
    }
    for (resource_type, tags) in &call.tags {
        if resource_type != "image" {
            return Err(not_taggable(resource_type));
        }
        check_tags(tags)?;
    }
    Ok(())
}

/// Sets what the request says, else EC2's defaults.
fn set_attributes(image: &mut Image, call: RegisterCall) {
    let text = |given: Option<String>| given.map(Into::into);
    image.name = call.name.into();
    image.description = call.description.into();
    image.state = ImageState::Available;
    image.architecture = call.architecture.as_deref().unwrap_or("i386").into();
    image.virtualization = call.virtualization.as_deref().unwrap_or("paravirtual").into();
    image.root_device_type = "ebs".into();
    image.platform_details = Some("Linux/UNIX".into());
    image.usage_operation = Some("RunInstances".into());
    image.hypervisor = Some("xen".into());
    image.ena_support = Some(call.ena_support == Some(true));
    image.boot_mode = text(call.boot_mode);
    image.tpm_support = text(call.tpm_support);
    image.imds_support = text(call.imds_support);
    image.sriov_net_support = text(call.sriov_net_support);
    image.deregistration_protection = Some("disabled".into());
    image.tags = call.tags.into_iter().flat_map(|(_, tags)| tags).collect();
    image.tags.sort();
}

fn bad_mapping(message: String) -> ApiError {
    ApiError::new("InvalidBlockDeviceMapping", message)
}
