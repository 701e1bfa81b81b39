//! `ModifyImageAttribute`, `ResetImageAttribute` and `DescribeImageAttribute`.

use crate::{
    domain::{Image, ImageState},
    sim::{
        api::{
            call::{Call, Ready},
            format, permissions,
            permissions::{PermissionChange, PermissionParams},
            validation::{check_description, unavailable},
        },
        api_error::ApiError,
        world::{attributes::ImageAttributes, permissions::Permissions, records::ChangeKind},
    },
};

impl Call<'_> {
    pub(crate) fn modify_image_attribute(self) -> Result<String, ApiError> {
        let params = self.params;
        let id = params.required("ImageId")?;
        let permissions = PermissionParams::read(params, "LaunchPermission");
        let (description, imds_support) = (params.get("Description.Value"), params.get("ImdsSupport.Value"));
        let (named, value) = (params.get("Attribute"), params.get("Value"));
        // Known to EC2; nobody here sells an image.
        params.list("ProductCode");
        let ready = self.ready()?;
        let given = [
            ("launchPermission", permissions.is_structured()),
            ("description", description.is_some()),
            ("imdsSupport", imds_support.is_some()),
        ];
        match attribute_to_modify(named, given)? {
            "launchPermission" => {
                let change = permissions.check(ready.region.partition())?;
                if change.is_empty() {
                    return Err(no_attribute());
                }
                change_launch_permissions(ready, id, change)
            }
            "description" => {
                let text = description.or(value).ok_or_else(|| ApiError::missing("Value"))?;
                check_description(text)?;
                change_attribute(ready, id, |image| image.description = text.into())
            }
            "imdsSupport" => {
                let text = imds_support.or(value).ok_or_else(|| ApiError::missing("Value"))?;
                if text != "v2.0" {
                    return Err(ApiError::bad_value("imdsSupport", text, "Expected v2.0."));
                }
                change_attribute(ready, id, |image| image.imds_support = Some(text.into()))
            }
            other => Err(unknown_attribute(other)),
        }
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
            "launchPermission" => {}
            // Source: EC2 API reference, `DescribeImageAttribute`.
            "blockDeviceMapping" => {
                return Err(ApiError::with_status(
                    403,
                    "AuthFailure",
                    "Unauthorized attempt to access restricted resource",
                ));
            }
            "description"
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

fn change_attribute(ready: Ready<'_>, id: &str, change: impl FnOnce(&mut ImageAttributes)) -> Result<String, ApiError> {
    ready.world.change_attributes(ready.region, id, ready.now, ChangeKind::AttributeChanged, |_, _, image| {
        change(image);
        Ok(())
    })?;
    Ok(ready.response_true())
}

fn change_launch_permissions(ready: Ready<'_>, id: &str, change: PermissionChange) -> Result<String, ApiError> {
    let kind = ChangeKind::LaunchPermissionsChanged;
    let (region, now) = (ready.region, ready.now);
    ready.world.change_attributes(region, id, now, kind, |world, seen, image| {
        // A disabled image cannot be shared.
        if seen.image.state != ImageState::Available {
            return Err(unavailable(id));
        }
        world.check_image_sharing(world.enabled(region)?, seen, &change.add, now)?;
        change.apply(&mut image.launch_permissions);
        Ok(())
    })?;
    Ok(ready.response_true())
}

/// Returns the one attribute that the request is about: it is named, or it is a parameter of its own, or both.
fn attribute_to_modify<'a>(named: Option<&'a str>, given: [(&'a str, bool); 3]) -> Result<&'a str, ApiError> {
    let mut names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    names.extend(named.filter(|named| !names.contains(named)));
    match names[..] {
        [] => Err(no_attribute()),
        [name] => Ok(name),
        _ => Err(ApiError::new(
            "InvalidParameterCombination",
            "Only one attribute of an image can be modified at a time.",
        )),
    }
}

/// Returns the value of an attribute that has one; no simulated image has a kernel, a RAM disk or UEFI data.
fn value(image: &Image, attribute: &str) -> Option<String> {
    let text = |value: &Option<Box<str>>| value.as_deref().map(str::to_owned);
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

fn no_attribute() -> ApiError {
    ApiError::new("InvalidParameterCombination", "No attributes specified.")
}

pub(crate) fn unknown_attribute(name: &str) -> ApiError {
    ApiError::bad_value("attribute", name, "Unknown attribute.")
}
