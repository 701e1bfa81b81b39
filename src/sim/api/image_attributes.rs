//! `ModifyImageAttribute`, `ResetImageAttribute` and `DescribeImageAttribute`.

use crate::{
    domain::{Image, ImageState},
    sim::{
        api::{
            call::Call, format, params::Params, permissions, permissions::PermissionChange, validation::unavailable,
        },
        api_error::ApiError,
        world::{attributes::ImageAttributes, permissions::Permissions, records::ChangeKind},
    },
};

impl Call<'_> {
    pub(crate) fn modify_image_attribute(mut self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let id = self.params.required("ImageId")?;
        match self.attribute_to_modify()?.as_str() {
            "launchPermission" => {
                let partition = self.region.partition();
                let change = PermissionChange::read(self.params, "LaunchPermission", partition)?;
                if change.is_empty() {
                    return Err(no_attribute());
                }
                self.change_launch_permissions(id, change)?;
            }
            "description" => {
                let text = attribute_value(self.params, "Description")?;
                if text.chars().count() > 255 {
                    let why = "The description can be at most 255 characters long.";
                    return Err(ApiError::bad_value("description", text, why));
                }
                self.change_attribute(id, |image| image.description = text.into())?;
            }
            "imdsSupport" => {
                let text = attribute_value(self.params, "ImdsSupport")?;
                if text != "v2.0" {
                    return Err(ApiError::bad_value("imdsSupport", text, "Expected v2.0."));
                }
                self.change_attribute(id, |image| image.imds_support = Some(text.into()))?;
            }
            other => return Err(unknown_attribute(other)),
        }
        Ok(self.response("ModifyImageAttribute", |xml| xml.flag("return", true)))
    }

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

    /// Returns the one attribute that the request is about: it is named, or it is a parameter of its own, or both.
    fn attribute_to_modify(&self) -> Result<String, ApiError> {
        let launch = ["Add", "Remove"].map(|o| self.params.entries(&format!("LaunchPermission.{o}")));
        let given = [
            ("launchPermission", launch.iter().any(|entries| !entries.is_empty())),
            ("description", self.params.get("Description.Value").is_some()),
            ("imdsSupport", self.params.get("ImdsSupport.Value").is_some()),
        ];
        let mut names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        names.extend(self.params.get("Attribute").filter(|named| !names.contains(named)));
        match names[..] {
            [] => Err(no_attribute()),
            [name] => Ok(name.to_owned()),
            _ => Err(ApiError::new(
                "InvalidParameterCombination",
                "Only one attribute of an image can be modified at a time.",
            )),
        }
    }

    pub(crate) fn reset_image_attribute(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let id = self.params.required("ImageId")?;
        let attribute = self.params.required("Attribute")?;
        if attribute != "launchPermission" {
            return Err(unknown_attribute(attribute));
        }
        let kind = ChangeKind::LaunchPermissionsChanged;
        self.world.change_attributes(self.region, id, self.now, kind, |_, _, image| {
            image.launch_permissions = Permissions::new();
            Ok(())
        })?;
        Ok(self.response("ResetImageAttribute", |xml| xml.flag("return", true)))
    }

    pub(crate) fn describe_image_attribute(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let id = self.params.required("ImageId")?;
        let attribute = self.params.required("Attribute")?;
        let seen = self.world.own_image(self.world.enabled(self.region)?, id, self.now)?;
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
        Ok(self.response("DescribeImageAttribute", |xml| {
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

/// Returns the new value of the attribute: `NAME.Value`, or `Value` if the attribute is named.
fn attribute_value<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    let value = params.get(&format!("{name}.Value")).or_else(|| params.get("Value"));
    value.ok_or_else(|| ApiError::missing("Value"))
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
