//! `ModifyImageAttribute`, `ResetImageAttribute` and `DescribeImageAttribute`.

use std::sync::Arc;

use crate::{
    domain::{Image, ImageState, Partition},
    sim::{
        api::{
            call::{Call, Ready},
            format,
            params::Params,
            permissions,
            permissions::{FIELDS, PermissionChange, PermissionParams, no_attribute},
            validation::{check_description, unavailable},
        },
        api_error::ApiError,
        world::{attributes::ImageAttributes, permissions::Permissions, records::ChangeKind},
    },
};

/// Parameters of `ModifyImageAttribute`.
struct ModifyCall<'a> {
    /// An attribute is named, or it is a parameter of its own, or both.
    attribute: Option<&'a str>,
    value: Option<&'a str>,
    permissions: PermissionParams<'a>,
    description: Option<&'a str>,
    imds_support: Option<&'a str>,
}

/// What `ModifyImageAttribute` changes.
enum Modification<'a> {
    LaunchPermissions(PermissionChange),
    Description(&'a str),
    ImdsSupport(&'a str),
}

impl<'a> ModifyCall<'a> {
    fn read(params: &'a Params) -> Self {
        // Known to EC2, without a meaning.
        let _ = params.list("ProductCode");
        Self {
            attribute: params.get("Attribute"),
            value: params.get("Value"),
            permissions: PermissionParams::read(params, "LaunchPermission", &FIELDS),
            description: params.get("Description.Value"),
            imds_support: params.get("ImdsSupport.Value"),
        }
    }

    /// Returns the one modification of the request.
    fn check(self, partition: Partition) -> Result<Modification<'a>, ApiError> {
        let given = [
            ("launchPermission", self.permissions.structured()),
            ("description", self.description.is_some()),
            ("imdsSupport", self.imds_support.is_some()),
        ];
        let mut names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        // In any case: Ansible writes `Description`.
        let known = |text: &'a str| given.iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(text));
        let attribute = self.attribute.map(|name| known(name).unwrap_or(name));
        names.extend(attribute.filter(|name| !names.contains(name)));
        let text = |own: Option<&'a str>| own.or(self.value).ok_or_else(|| ApiError::missing("Value"));
        match names[..] {
            [] => Err(no_attribute()),
            ["launchPermission"] => Ok(Modification::LaunchPermissions(self.permissions.check(partition)?)),
            ["description"] => Ok(Modification::Description(text(self.description)?)),
            ["imdsSupport"] => Ok(Modification::ImdsSupport(text(self.imds_support)?)),
            [other] => Err(unknown_attribute(other)),
            _ => Err(ApiError::new(
                "InvalidParameterCombination",
                "Only one attribute of an image can be modified at a time.",
            )),
        }
    }
}

impl Call<'_> {
    pub(crate) fn modify_image_attribute(self) -> Result<String, ApiError> {
        let id = self.params.required("ImageId")?;
        let call = ModifyCall::read(self.params);
        let mut ready = self.ready()?;
        match call.check(ready.region.partition())? {
            Modification::LaunchPermissions(change) => ready.change_launch_permissions(id, change)?,
            Modification::Description(text) => {
                check_description(text)?;
                ready.change_attribute(id, |image| image.description = text.into())?;
            }
            Modification::ImdsSupport("v2.0") => {
                ready.change_attribute(id, |image| image.imds_support = Some("v2.0".into()))?;
            }
            Modification::ImdsSupport(text) => {
                return Err(ApiError::bad_value("imdsSupport", text, "Expected v2.0."));
            }
        }
        Ok(ready.response_true())
    }

    pub(crate) fn reset_image_attribute(self) -> Result<String, ApiError> {
        let (id, attribute) = (self.params.required("ImageId")?, self.params.required("Attribute")?);
        let ready = self.ready()?;
        if attribute != "launchPermission" {
            return Err(unknown_attribute(attribute));
        }
        let kind = ChangeKind::LaunchPermissionsChanged;
        ready.world.change_attributes(ready.region, id, ready.now, kind, |_, _, image| {
            image.launch_permissions = Permissions::new();
            Ok(())
        })?;
        Ok(ready.response_true())
    }

    pub(crate) fn describe_image_attribute(self) -> Result<String, ApiError> {
        let (id, attribute) = (self.params.required("ImageId")?, self.params.required("Attribute")?);
        let ready = self.ready()?;
        let seen = ready.world.own_image(ready.world.enabled(ready.region)?, id, ready.now)?;
        match attribute {
            // Source: EC2 API reference, `DescribeImageAttribute`.
            "blockDeviceMapping" => {
                let why = "Unauthorized attempt to access restricted resource";
                return Err(ApiError::with_status(403, "AuthFailure", why));
            }
            "launchPermission"
            | "description"
            | "kernel"
            | "ramdisk"
            | "productCodes"
            | "sriovNetSupport"
            | "bootMode"
            | "tpmSupport"
            | "uefiData"
            | "lastLaunchedTime"
            | "imdsSupport"
            | "deregistrationProtection" => {}
            other => return Err(unknown_attribute(other)),
        }
        Ok(ready.response(|xml| {
            xml.leaf("imageId", id);
            match attribute {
                "launchPermission" => xml.items(attribute, &seen.launch_permissions, permissions::describe),
                "productCodes" => xml.items(attribute, &seen.image.product_codes, |xml, code| {
                    xml.leaf("productCode", &code.id);
                    xml.leaf("type", &code.kind);
                }),
                name => xml.element(name, |xml| xml.optional("value", value(&seen.image, name).as_deref())),
            }
        }))
    }
}

impl Ready<'_> {
    fn change_attribute(&mut self, id: &str, change: impl FnOnce(&mut ImageAttributes)) -> Result<(), ApiError> {
        self.world.change_attributes(self.region, id, self.now, ChangeKind::AttributeChanged, |_, _, image| {
            change(image);
            Ok(())
        })
    }

    fn change_launch_permissions(&mut self, id: &str, change: PermissionChange) -> Result<(), ApiError> {
        let kind = ChangeKind::LaunchPermissionsChanged;
        let (region, now) = (self.region, self.now);
        self.world.change_attributes(region, id, now, kind, |world, seen, image| {
            // A disabled image cannot be shared.
            if seen.image.state != ImageState::Available {
                return Err(unavailable(id));
            }
            world.check_image_sharing(world.enabled(region)?, seen, &change.add, now)?;
            change.apply(&mut image.launch_permissions);
            Ok(())
        })
    }
}

/// Returns the value of an attribute that has one; no simulated image has a kernel, a RAM disk or UEFI data.
fn value(image: &Image, attribute: &str) -> Option<String> {
    let text = |value: &Option<Arc<str>>| value.as_deref().map(str::to_owned);
    match attribute {
        "description" => Some(image.description.to_string()).filter(|d| !d.is_empty()),
        "sriovNetSupport" => text(&image.sriov_net_support),
        "bootMode" => text(&image.boot_mode),
        "tpmSupport" => text(&image.tpm_support),
        "imdsSupport" => text(&image.imds_support),
        "lastLaunchedTime" => image.last_launched.map(format::date),
        "deregistrationProtection" => text(&image.deregistration_protection),
        _ => None,
    }
}

pub(crate) fn unknown_attribute(name: &str) -> ApiError {
    ApiError::bad_value("attribute", name, "Unknown attribute.")
}
