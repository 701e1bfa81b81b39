//! EC2's actions by name: query parameters in, XML out.

use jiff::Timestamp;

use crate::{
    domain::{OptIn, Region},
    sim::{
        api::{
            call::{Call, Ready},
            describe, filters,
            listing::{ImagesCall, SnapshotsCall},
            params::Params,
            removal::DeregisterCall,
            validation::{check_instance_id, instances_not_found},
        },
        api_error::ApiError,
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
    world.enabled(region)?;
    let call = Call::new(params, Ready { world, region, now, action, request_id });
    match action {
        "DescribeRegions" => call.describe_regions(),
        "DescribeImages" => call.describe_images(),
        "DescribeSnapshots" => call.describe_snapshots(),
        "DescribeInstances" => call.describe_instances(),
        "DescribeTags" => call.describe_tags(),
        "CopyImage" => call.copy_image(),
        "RegisterImage" => call.register_image(),
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
        "DeleteTags" => call.delete_tags(),
        "DescribeAvailabilityZones" => call.describe_availability_zones(),
        "DescribeImageReferences" => call.describe_image_references(),
        "CreateImageUsageReport" => call.create_image_usage_report(),
        "DescribeImageUsageReports" => call.describe_image_usage_reports(),
        "DescribeImageUsageReportEntries" => call.describe_image_usage_report_entries(),
        "DeleteImageUsageReport" => call.delete_image_usage_report(),
        "GetImageAncestry" => call.image_ancestry(),
        "GetImageBlockPublicAccessState" => call.block_public_access_state(),
        "EnableImageBlockPublicAccess" => call.enable_block_public_access(),
        "DisableImageBlockPublicAccess" => call.disable_block_public_access(),
        "GetAllowedImagesSettings" => call.allowed_images_settings(),
        "DescribeLockedSnapshots" => call.describe_locked_snapshots(),
        "DescribeFastSnapshotRestores" => call.describe_fast_restores(),
        "ListImagesInRecycleBin" => call.images_in_recycle_bin(),
        "ListSnapshotsInRecycleBin" => call.snapshots_in_recycle_bin(),
        "RestoreImageFromRecycleBin" => call.restore_image(),
        "RestoreSnapshotFromRecycleBin" => call.restore_snapshot(),
        "GetEbsDefaultKmsKeyId" => call.default_key(),
        "GetEbsEncryptionByDefault" => call.encryption_by_default(),
        _ => Err(ApiError::new("InvalidAction", format!("The action {action} is not valid for this web service."))),
    }
}

impl Call<'_> {
    fn describe_regions(self) -> Result<String, ApiError> {
        let all = self.params.flag("AllRegions")? == Some(true);
        let (names, filters) = (self.params.list("RegionName"), self.params.filters());
        let ready = self.ready()?;
        let known = |name: &&str| ready.world.regions.iter().any(|a| a.region.as_str() == *name);
        if let Some(unknown) = names.iter().find(|n| !known(n)) {
            return Err(ApiError::new("InvalidParameterValue", format!("Invalid region: {unknown}")));
        }
        let filter = filters::REGIONS.compile(&filters)?;
        let listed = ready.world.regions.iter().filter(|state| {
            (all || state.opt_in != OptIn::NotOptedIn)
                && (names.is_empty() || names.contains(&state.region.as_str()))
                && filter.matches(state)
        });
        Ok(ready.response(|xml| xml.items("regionInfo", listed, describe::region)))
    }

    fn describe_images(self) -> Result<String, ApiError> {
        let call = ImagesCall {
            owners: self.params.strings("Owner"),
            executable_by: self.params.strings("ExecutableBy"),
            ids: self.params.strings("ImageId"),
            filters: self.params.filters(),
            include_disabled: self.params.flag("IncludeDisabled")? == Some(true),
            include_deprecated: self.params.flag("IncludeDeprecated")? == Some(true),
            page: self.page()?,
        };
        let ready = self.ready()?;
        let page = ready.world.describe_images(ready.region, &call, ready.now)?;
        Ok(ready.response(|xml| {
            xml.items("imagesSet", &page.items, describe::image);
            xml.optional("nextToken", page.next.as_deref());
        }))
    }

    fn describe_snapshots(self) -> Result<String, ApiError> {
        let call = SnapshotsCall {
            owners: self.params.strings("Owner"),
            restorable_by: self.params.strings("RestorableBy"),
            ids: self.params.strings("SnapshotId"),
            filters: self.params.filters(),
            page: self.page()?,
        };
        let ready = self.ready()?;
        let page = ready.world.describe_snapshots(ready.region, &call, ready.now)?;
        Ok(ready.response(|xml| {
            xml.items("snapshotSet", &page.items, describe::snapshot);
            xml.optional("nextToken", page.next.as_deref());
        }))
    }

    /// There are no instances.
    fn describe_instances(self) -> Result<String, ApiError> {
        let (ids, page) = (self.params.strings("InstanceId"), self.page()?);
        let _ = (self.params.filters(), self.params.flag("IncludeManagedResources")?);
        let ready = self.ready()?;
        page.check(&ids, "instanceIds")?;
        ids.iter().try_for_each(|id| check_instance_id(id))?;
        if !ids.is_empty() {
            return Err(instances_not_found(&ids));
        }
        Ok(ready.response(|xml| xml.items("reservationSet", [(); 0], |_, ()| {})))
    }

    fn deregister_image(self) -> Result<String, ApiError> {
        let id = self.params.required("ImageId")?;
        let delete = self.params.flag("DeleteAssociatedSnapshots")? == Some(true);
        let ready = self.ready()?;
        let call = DeregisterCall { image: id, delete_snapshots: delete, by: Actor::Request };
        let removed = ready.world.deregister(ready.region, call, ready.now)?;
        Ok(ready.response(|xml| {
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
        let id = self.params.required("SnapshotId")?;
        let ready = self.ready()?;
        ready.world.delete_snapshot(ready.region, id, Actor::Request, ready.now)?;
        Ok(ready.response_true())
    }

    fn default_key(self) -> Result<String, ApiError> {
        let ready = self.ready()?;
        let key = ready.world.enabled(ready.region)?.ebs_default_key(&ready.world.account);
        Ok(ready.response(|xml| xml.leaf("kmsKeyId", &key)))
    }

    fn encryption_by_default(self) -> Result<String, ApiError> {
        let ready = self.ready()?;
        let on = ready.world.enabled(ready.region)?.encrypts_by_default;
        Ok(ready.response(|xml| {
            xml.flag("ebsEncryptionByDefault", on);
            xml.leaf("sseType", if on { "sse-kms" } else { "none" });
        }))
    }
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
