//! EC2's actions by name: query parameters in, XML out.

use jiff::Timestamp;

use crate::{
    domain::{OptIn, Region, image::Tag},
    sim::{
        api::{
            call::Call,
            copy_image::CopyCall,
            describe, format,
            listing::{ImagesCall, SnapshotsCall},
            params::Params,
            removal::DeregisterCall,
        },
        api_error::ApiError,
        glob::glob,
        transport::xml::Xml,
        world::{state::World, timeline::Actor},
    },
};

/// Carries out one action and returns the body of the response.
pub(crate) fn call(
    world: &mut World,
    region: &Region,
    action: &str,
    params: &Params,
    now: Timestamp,
    request_id: &str,
) -> Result<String, ApiError> {
    let call = Call { world, region, params, now, request_id };
    call.world.enabled(region)?;
    match action {
        "DescribeRegions" => call.describe_regions(),
        "DescribeImages" => call.describe_images(),
        "DescribeSnapshots" => call.describe_snapshots(),
        "CopyImage" => call.copy_image(),
        "DeregisterImage" => call.deregister_image(),
        "DeleteSnapshot" => call.delete_snapshot(),
        "CreateTags" => call.create_tags(),
        "ModifyImageAttribute" => call.modify_image_attribute(),
        "DescribeImageAttribute" => call.describe_image_attribute(),
        "ResetImageAttribute" => call.reset_image_attribute(),
        "ModifySnapshotAttribute" => call.modify_snapshot_attribute(),
        "DescribeSnapshotAttribute" => call.describe_snapshot_attribute(),
        "EnableImageDeprecation" => call.enable_image_deprecation(),
        "DisableImageDeprecation" => call.disable_image_deprecation(),
        "EnableImageDeregistrationProtection" => call.enable_deregistration_protection(),
        "DisableImageDeregistrationProtection" => call.disable_deregistration_protection(),
        "EnableImage" => call.enable_image(),
        "DisableImage" => call.disable_image(),
        "GetEbsDefaultKmsKeyId" => call.default_key(),
        "GetEbsEncryptionByDefault" => call.encryption_by_default(),
        _ => Err(ApiError::new("InvalidAction", format!("The action {action} is not valid for this web service."))),
    }
}

impl Call<'_> {
    fn describe_regions(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let all = self.params.flag("AllRegions")? == Some(true);
        let names = self.params.list("RegionName");
        let known = |name: &&str| self.world.regions.iter().any(|a| a.region.as_str() == *name);
        if let Some(unknown) = names.iter().find(|n| !known(n)) {
            return Err(ApiError::new("InvalidParameterValue", format!("Invalid region: {unknown}")));
        }
        let filters = self.params.filters();
        if let Some(filter) =
            filters.iter().find(|f| !["endpoint", "opt-in-status", "region-name"].contains(&f.name.as_str()))
        {
            return Err(ApiError::new("InvalidParameterValue", format!("The filter '{}' is invalid", filter.name)));
        }
        let passes = |region: &str, opt_in: &str| {
            filters.iter().all(|f| {
                let endpoint = format!("ec2.{region}.amazonaws.com");
                let value = match f.name.as_str() {
                    "region-name" => region,
                    "endpoint" => &endpoint,
                    _ => opt_in,
                };
                f.values.iter().any(|pattern| glob(pattern, value))
            })
        };
        let listed = self.world.regions.iter().filter(|state| {
            (all || state.opt_in != OptIn::NotOptedIn)
                && (names.is_empty() || names.contains(&state.region.as_str()))
                && passes(state.region.as_str(), format::opt_in(state.opt_in))
        });
        Ok(self.response("DescribeRegions", |xml| xml.items("regionInfo", listed, describe::region)))
    }

    fn describe_images(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let call = ImagesCall {
            owners: self.strings("Owner"),
            executable_by: self.strings("ExecutableBy"),
            ids: self.strings("ImageId"),
            filters: self.params.filters(),
            include_disabled: self.params.flag("IncludeDisabled")? == Some(true),
            include_deprecated: self.params.flag("IncludeDeprecated")? == Some(true),
            page: self.page()?,
        };
        let page = self.world.describe_images(self.region, &call, self.now)?;
        Ok(self.response("DescribeImages", |xml| {
            xml.items("imagesSet", &page.items, |xml, seen| describe::image(xml, &seen.image));
            xml.optional("nextToken", page.next.as_deref());
        }))
    }

    fn describe_snapshots(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let call = SnapshotsCall {
            owners: self.strings("Owner"),
            ids: self.strings("SnapshotId"),
            filters: self.params.filters(),
            page: self.page()?,
        };
        let page = self.world.describe_snapshots(self.region, &call, self.now)?;
        Ok(self.response("DescribeSnapshots", |xml| {
            xml.items("snapshotSet", &page.items, describe::snapshot);
            xml.optional("nextToken", page.next.as_deref());
        }))
    }

    fn copy_image(self) -> Result<String, ApiError> {
        let params = self.params;
        let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
        let (image_tags, snapshot_tags) = tag_specifications(params)?;
        // Accepted and checked, but without effect on how long a copy takes.
        let minutes = "SnapshotCopyCompletionDurationMinutes";
        if params.number(minutes)?.is_some_and(|n| !n.is_multiple_of(15) || !(15..=2880).contains(&n)) {
            return Err(ApiError::bad_value(
                minutes,
                params.get(minutes).unwrap_or_default(),
                "Expecting a multiple of 15 from 15 to 2880.",
            ));
        }
        let call = CopyCall {
            name: params.required("Name")?.to_owned(),
            description: text("Description"),
            source: params.required("SourceImageId")?.to_owned(),
            source_region: params.required("SourceRegion")?.to_owned(),
            encrypted: params.flag("Encrypted")?,
            key: params.get("KmsKeyId").filter(|k| !k.is_empty()).map(str::to_owned),
            copy_tags: params.flag("CopyImageTags")? == Some(true),
            image_tags,
            snapshot_tags,
            token: params.get("ClientToken").filter(|t| !t.is_empty()).map(str::to_owned),
            dry_run: self.dry_run()?,
            by: Actor::Request,
        };
        let id = self.world.copy_image(self.region, call, self.now)?;
        Ok(self.response("CopyImage", |xml| xml.leaf("imageId", id.as_str())))
    }

    fn deregister_image(self) -> Result<String, ApiError> {
        let id = self.params.required("ImageId")?;
        let delete = self.params.flag("DeleteAssociatedSnapshots")? == Some(true);
        let dry_run = self.dry_run()?;
        let call = DeregisterCall { image: id, delete_snapshots: delete, dry_run, by: Actor::Request };
        let removed = self.world.deregister(self.region, call, self.now)?;
        Ok(self.response("DeregisterImage", |xml| {
            xml.flag("return", true);
            if delete {
                xml.items("deleteSnapshotResultSet", removed, |xml, (id, code)| {
                    xml.leaf("snapshotId", id.as_str());
                    xml.leaf("returnCode", code.as_str());
                });
            }
        }))
    }

    fn delete_snapshot(self) -> Result<String, ApiError> {
        let dry_run = self.dry_run()?;
        let id = self.params.required("SnapshotId")?;
        self.world.delete_snapshot(self.region, id, dry_run, Actor::Request, self.now)?;
        Ok(self.response("DeleteSnapshot", |xml| xml.flag("return", true)))
    }

    fn create_tags(self) -> Result<String, ApiError> {
        let dry_run = self.dry_run()?;
        let resources = self.params.list("ResourceId");
        let tags = self.params.tags("");
        self.world.create_tags(self.region, &resources, &tags, dry_run, Actor::Request, self.now)?;
        Ok(self.response("CreateTags", |xml| xml.flag("return", true)))
    }

    fn default_key(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let key = self.world.enabled(self.region)?.ebs_default_key(&self.world.account);
        Ok(self.response("GetEbsDefaultKmsKeyId", |xml| xml.leaf("kmsKeyId", &key)))
    }

    fn encryption_by_default(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let on = self.world.enabled(self.region)?.encrypts_by_default;
        Ok(self.response("GetEbsEncryptionByDefault", |xml| {
            xml.flag("ebsEncryptionByDefault", on);
            xml.leaf("sseType", if on { "sse-kms" } else { "none" });
        }))
    }
}

/// Returns the tags for the image and those for its snapshots.
fn tag_specifications(params: &Params) -> Result<(Vec<Tag>, Vec<Tag>), ApiError> {
    let (mut image, mut snapshot) = (Vec::new(), Vec::new());
    for prefix in params.entries("TagSpecification") {
        let kind = params.get(&format!("{prefix}.ResourceType")).unwrap_or_default();
        let tags = params.tags(&prefix);
        match kind {
            "image" => image.extend(tags),
            "snapshot" => snapshot.extend(tags),
            other => {
                return Err(ApiError::new(
                    "InvalidParameterValue",
                    format!("'{other}' is not a valid taggable resource type for this operation."),
                ));
            }
        }
    }
    Ok((image, snapshot))
}

/// Returns an error as EC2's XML.
pub(crate) fn error_body(error: &ApiError, request_id: &str) -> String {
    Xml::document("Response", None, |xml| {
        xml.element("Errors", |xml| {
            xml.element("Error", |xml| {
                xml.leaf("Code", error.code);
                xml.leaf("Message", &error.message);
            });
        });
        xml.leaf("RequestID", request_id);
    })
}
