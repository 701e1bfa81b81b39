//! The calls of post-copy steps: launch permissions, snapshot permissions, deprecation, deregistration protection, a tag on the source.
//!
//! Each is sent once, without the SDK's retries: the engine decides when to send it again.

use aws_sdk_ec2::{
    primitives::DateTime,
    types::{
        CreateVolumePermission, CreateVolumePermissionModifications, ImageAttributeName,
        LaunchPermission as SdkPermission, LaunchPermissionModifications, PermissionGroup, SnapshotAttributeName,
    },
};
use jiff::Timestamp;

use super::{
    copies::{sent_once, tag},
    errors,
    session::Session,
};
use crate::{
    domain::{
        AccountId, Failure, ImageId, Region, Snapshot, SnapshotId,
        post_copy::{LaunchPermission, OrganizationsArn},
    },
    engine::{PostCopyAnswer, PostCopyCall},
};

impl Session {
    /// Carries out a call of a post-copy step.
    pub async fn post_copy(&self, call: &PostCopyCall) -> Result<PostCopyAnswer, Failure> {
        match call {
            PostCopyCall::ReadLaunchPermissions { region, source } => {
                return self.launch_permissions(region, source).await.map(PostCopyAnswer::LaunchPermissions);
            }
            PostCopyCall::CheckOwner { region, source } => self.check_owner(region, source).await,
            PostCopyCall::AddLaunchPermissions { region, image, permissions } => {
                self.add_launch_permissions(region, image, permissions).await
            }
            PostCopyCall::ShareSnapshot { region, snapshot, accounts } => {
                self.share_snapshot(region, snapshot, accounts).await
            }
            PostCopyCall::Deprecate { region, image, at } => self.deprecate(region, image, *at).await,
            PostCopyCall::Protect { region, image, cooldown } => self.protect(region, image, *cooldown).await,
            PostCopyCall::TagSource { region, source, key, image } => self.tag_source(region, source, key, image).await,
        }?;
        Ok(PostCopyAnswer::Done)
    }

    /// Returns who may launch an image of the account. Permissions of a kind that is not known here are left out.
    async fn launch_permissions(&self, region: &Region, image: &ImageId) -> Result<Vec<LaunchPermission>, Failure> {
        let call = self.ec2(region).describe_image_attribute().image_id(image.as_str());
        let call = call.attribute(ImageAttributeName::LaunchPermission).customize().config_override(sent_once());
        let what = format!("read the launch permissions of {image} in {region}");
        let answer = self.call(&what, "ec2:DescribeImageAttribute", call.send()).await?;
        Ok(answer.launch_permissions().iter().filter_map(permission).collect())
    }

    /// Fails unless the image is the account's own.
    async fn check_owner(&self, region: &Region, image: &ImageId) -> Result<(), Failure> {
        let found = self.describe_images(region, std::slice::from_ref(image)).await?.into_iter().next();
        let refused = |why: String| Failure::new(format!("tag {image} in {region}"), why);
        let owner = found.ok_or_else(|| refused("the source image is gone".into()))?.owner_id;
        if owner == self.account().await?.id {
            Ok(())
        } else {
            Err(refused(format!("the source belongs to account {owner}"))
                .hint("Only images of your own account are tagged."))
        }
    }

    async fn add_launch_permissions(
        &self,
        region: &Region,
        image: &ImageId,
        permissions: &[LaunchPermission],
    ) -> Result<(), Failure> {
        let add = permissions.iter().map(sdk_permission).collect();
        let call = self.ec2(region).modify_image_attribute().image_id(image.as_str());
        let call = call.launch_permission(LaunchPermissionModifications::builder().set_add(Some(add)).build());
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("share {image} in {region}");
        self.call(&what, "ec2:ModifyImageAttribute", call).await.map(drop)
    }

    async fn share_snapshot(
        &self,
        region: &Region,
        snapshot: &SnapshotId,
        accounts: &[AccountId],
    ) -> Result<(), Failure> {
        let permission = |account: &AccountId| CreateVolumePermission::builder().user_id(account.as_str()).build();
        let add = accounts.iter().map(permission).collect();
        let call = self
            .ec2(region)
            .modify_snapshot_attribute()
            .snapshot_id(snapshot.as_str())
            .attribute(SnapshotAttributeName::CreateVolumePermission)
            .create_volume_permission(CreateVolumePermissionModifications::builder().set_add(Some(add)).build());
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("share {snapshot} in {region}");
        self.call(&what, "ec2:ModifySnapshotAttribute", call).await.map(drop)
    }

    async fn deprecate(&self, region: &Region, image: &ImageId, at: Timestamp) -> Result<(), Failure> {
        let call = self.ec2(region).enable_image_deprecation().image_id(image.as_str());
        let call = call.deprecate_at(DateTime::from_secs(at.as_second())).customize().config_override(sent_once());
        let what = format!("set the deprecation time of {image} in {region}");
        self.call(&what, "ec2:EnableImageDeprecation", call.send()).await.map(drop)
    }

    async fn protect(&self, region: &Region, image: &ImageId, cooldown: bool) -> Result<(), Failure> {
        let call = self.ec2(region).enable_image_deregistration_protection().image_id(image.as_str());
        let call = call.with_cooldown(cooldown).customize().config_override(sent_once()).send();
        let what = format!("protect {image} in {region} from being deregistered");
        self.call(&what, "ec2:EnableImageDeregistrationProtection", call).await.map(drop)
    }

    async fn tag_source(&self, region: &Region, source: &ImageId, key: &str, image: &ImageId) -> Result<(), Failure> {
        let call = self.ec2(region).create_tags().resources(source.as_str()).tags(tag(key, image.as_str()));
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("tag {source} in {region}");
        self.call(&what, "ec2:CreateTags", call).await.map(drop)
    }
}

/// Returns why a snapshot of a copy failed; `None` if it has not.
pub fn snapshot_failure(snapshot: &Snapshot, region: &Region) -> Option<Failure> {
    errors::snapshot_failure(snapshot, region)
}

fn permission(from: &SdkPermission) -> Option<LaunchPermission> {
    let arn = |arn: Option<&str>| OrganizationsArn::new(arn?).ok();
    if from.group() == Some(&PermissionGroup::All) {
        return Some(LaunchPermission::Public);
    }
    let account = from.user_id().and_then(|id| AccountId::new(id).ok()).map(LaunchPermission::Account);
    let organization = || arn(from.organization_arn()).map(LaunchPermission::Organization);
    let unit = || arn(from.organizational_unit_arn()).map(LaunchPermission::OrganizationalUnit);
    account.or_else(organization).or_else(unit)
}

fn sdk_permission(from: &LaunchPermission) -> SdkPermission {
    let permission = SdkPermission::builder();
    match from {
        LaunchPermission::Account(account) => permission.user_id(account.as_str()),
        LaunchPermission::Organization(arn) => permission.organization_arn(arn.as_str()),
        LaunchPermission::OrganizationalUnit(arn) => permission.organizational_unit_arn(arn.as_str()),
        LaunchPermission::Public => permission.group(PermissionGroup::All),
    }
    .build()
}
