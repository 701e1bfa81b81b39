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
                return self.launch_permissions(region, source).await;
            }
            PostCopyCall::ListSnapshots { region, image } => {
                let found = self.describe_images(region, std::slice::from_ref(image)).await?;
                let snapshots = found.iter().flat_map(|i| i.snapshot_ids().cloned().collect::<Vec<_>>()).collect();
                return Ok(PostCopyAnswer::Snapshots(snapshots));
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

    /// Returns who may launch an image of the account. Permissions of a kind that is not known here are only counted.
    async fn launch_permissions(&self, region: &Region, image: &ImageId) -> Result<PostCopyAnswer, Failure> {
        let call = self.ec2(region).describe_image_attribute().image_id(image.as_str());
        let call = call.attribute(ImageAttributeName::LaunchPermission).customize().config_override(sent_once());
        let what = format!("read the launch permissions of {image} in {region}");
        let answer = self.call(&what, "ec2:DescribeImageAttribute", call.send()).await?;
        let known: Vec<LaunchPermission> = answer.launch_permissions().iter().filter_map(permission).collect();
        let unknown = answer.launch_permissions().len() - known.len();
        Ok(PostCopyAnswer::LaunchPermissions { known, unknown })
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

    pub(super) async fn add_launch_permissions(
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

    pub(super) async fn share_snapshot(
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

    /// Deprecates an image from a time on.
    pub async fn deprecate(&self, region: &Region, image: &ImageId, at: Timestamp) -> Result<(), Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{CannedResponse, ami, eu, images, scripted};
    use crate::domain::{FailureKind, Retry, SnapshotState};

    const ORGANIZATION: &str = "arn:aws:organizations::123456789012:organization/o-abc123";
    const UNIT: &str = "arn:aws:organizations::123456789012:ou/o-abc123/ou-ab12-cdef";

    fn account() -> AccountId {
        AccountId::new("210987654321").unwrap()
    }

    fn share() -> PostCopyCall {
        PostCopyCall::AddLaunchPermissions {
            region: eu(),
            image: ami("ami-1"),
            permissions: vec![
                LaunchPermission::Account(account()),
                LaunchPermission::parse(ORGANIZATION).unwrap(),
                LaunchPermission::parse(UNIT).unwrap(),
                LaunchPermission::Public,
            ],
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_says_what_the_step_wants() {
        type Sent = &'static [(&'static str, &'static str)];
        let (region, image) = (eu(), ami("ami-1"));
        let at: Timestamp = "2027-06-01T12:00:00Z".parse().unwrap();
        let snapshot = SnapshotId::new("snap-1").unwrap();
        let cases: [(PostCopyCall, &str, Sent); 5] = [
            (
                share(),
                "ModifyImageAttribute",
                &[
                    ("ImageId", "ami-1"),
                    ("LaunchPermission.Add.1.UserId", "210987654321"),
                    ("LaunchPermission.Add.2.OrganizationArn", ORGANIZATION),
                    ("LaunchPermission.Add.3.OrganizationalUnitArn", UNIT),
                    ("LaunchPermission.Add.4.Group", "all"),
                ],
            ),
            (
                PostCopyCall::ShareSnapshot { region: region.clone(), snapshot, accounts: vec![account()] },
                "ModifySnapshotAttribute",
                &[
                    ("SnapshotId", "snap-1"),
                    ("Attribute", "createVolumePermission"),
                    ("CreateVolumePermission.Add.1.UserId", "210987654321"),
                ],
            ),
            (
                PostCopyCall::Deprecate { region: region.clone(), image: image.clone(), at },
                "EnableImageDeprecation",
                &[("ImageId", "ami-1"), ("DeprecateAt", "2027-06-01T12:00:00Z")],
            ),
            (
                PostCopyCall::Protect { region: region.clone(), image: image.clone(), cooldown: true },
                "EnableImageDeregistrationProtection",
                &[("ImageId", "ami-1"), ("WithCooldown", "true")],
            ),
            (
                PostCopyCall::TagSource { region, source: ami("ami-0"), key: "copied-to:eu-west-1".into(), image },
                "CreateTags",
                &[("ResourceId.1", "ami-0"), ("Tag.1.Key", "copied-to:eu-west-1"), ("Tag.1.Value", "ami-1")],
            ),
        ];
        for (call, action, expected) in cases {
            let (session, asked) = scripted(|_, _| CannedResponse::ok("<R><return>true</return></R>"));
            assert_eq!(session.post_copy(&call).await, Ok(PostCopyAnswer::Done), "{action}");
            let sent = asked.all().remove(0);
            assert_eq!((sent.action.as_str(), sent.host.contains("eu-west-1")), (action, true));
            for (key, value) in expected {
                assert_eq!(sent.param(key), *value, "{:?}", sent.params);
            }
            let (session, asked) = scripted(|_, _| CannedResponse::error(503, "RequestLimitExceeded", "slow down"));
            assert_eq!(session.post_copy(&call).await.unwrap_err().retry, Retry::Later);
            assert_eq!(asked.all().len(), 1, "the SDK must not try again by itself");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_sources_launch_permissions_are_read() {
        let read = PostCopyCall::ReadLaunchPermissions { region: eu(), source: ami("ami-1") };
        let (session, asked) = scripted(|_, _| {
            CannedResponse::ok(&format!(
                "<R><imageId>ami-1</imageId><launchPermission><item><group>all</group></item>\
                 <item><userId>210987654321</userId></item><item><organizationArn>{ORGANIZATION}</organizationArn></item>\
                 <item><organizationalUnitArn>{UNIT}</organizationalUnitArn></item>\
                 <item><projectArn>arn:x</projectArn></item><item><group>some</group></item></launchPermission></R>"
            ))
        });
        let known = vec![
            LaunchPermission::Public,
            LaunchPermission::Account(account()),
            LaunchPermission::parse(ORGANIZATION).unwrap(),
            LaunchPermission::parse(UNIT).unwrap(),
        ];
        assert_eq!(session.post_copy(&read).await, Ok(PostCopyAnswer::LaunchPermissions { known, unknown: 2 }));
        assert_eq!(asked.all()[0].param("Attribute"), "launchPermission");
        let (session, _) = scripted(|_, _| CannedResponse::error(403, "AuthFailure", "Not authorized for image:ami-1"));
        let failure = session.post_copy(&read).await.unwrap_err();
        assert_eq!((failure.retry, failure.kind), (Retry::AfterChange, FailureKind::Other));
        assert!(failure.hint.contains("Only the owner"), "{failure:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_copys_snapshots_are_listed() {
        let list = PostCopyCall::ListSnapshots { region: eu(), image: ami("ami-1") };
        let device = "<blockDeviceMapping><item><deviceName>a</deviceName><ebs><snapshotId>snap-7</snapshotId></ebs></item>\
                      </blockDeviceMapping></item>";
        let listed = images(&["ami-1"]).replacen("</item>", device, 1);
        let (session, asked) = scripted(move |_, _| CannedResponse::ok(&listed));
        let snapshots = vec![SnapshotId::new("snap-7").unwrap()];
        assert_eq!(session.post_copy(&list).await, Ok(PostCopyAnswer::Snapshots(snapshots)));
        assert_eq!(asked.all()[0].param("ImageId.1"), "ami-1");
    }

    #[tokio::test(start_paused = true)]
    async fn only_an_own_source_is_tagged() {
        let check = PostCopyCall::CheckOwner { region: eu(), source: ami("ami-1") };
        let (session, _) = scripted(|_, _| CannedResponse::ok(&images(&["ami-1"])));
        assert_eq!(session.post_copy(&check).await, Ok(PostCopyAnswer::Done));
        let theirs = images(&["ami-1"]).replace("123456789012", "210987654321");
        let (session, _) = scripted(move |_, _| CannedResponse::ok(&theirs));
        let failure = session.post_copy(&check).await.unwrap_err();
        assert!(failure.why.contains("belongs to account 210987654321"), "{failure:?}");
        let (session, _) =
            scripted(|_, _| CannedResponse::error(400, "InvalidAMIID.NotFound", "[ami-1] does not exist"));
        assert!(session.post_copy(&check).await.unwrap_err().why.contains("gone"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_shared_is_explained() {
        let cases = [
            (
                "InvalidParameter",
                "Snapshots encrypted with the AWS Managed CMK can't be shared.",
                "customer managed key",
            ),
            (
                "OperationNotPermitted",
                "Encrypted snapshots with EBS default key cannot be shared",
                "customer managed key",
            ),
            (
                "OperationNotPermitted",
                "You can't publicly share this image because block public access ...",
                "stays private",
            ),
            ("TagLimitExceeded", "Resources cannot have more than 50 tags.", "50 tags"),
        ];
        for (code, message, advice) in cases {
            let (session, _) = scripted(move |_, _| CannedResponse::error(400, code, message));
            let failure = session.post_copy(&share()).await.unwrap_err();
            assert_eq!((failure.retry, failure.code.as_deref()), (Retry::AfterChange, Some(code)));
            assert!(failure.hint.contains(advice), "{failure:?}");
        }
    }

    #[test]
    fn a_failed_snapshot_tells_of_its_key() {
        let snapshot = |message: Option<&str>, state| Snapshot {
            id: SnapshotId::new("snap-1").unwrap(),
            state,
            progress: None,
            volume_size: 8,
            volume_id: None,
            started: None,
            completed: None,
            state_message: message.map(Into::into),
            description: "".into(),
            encrypted: true,
            kms_key_id: None,
            tags: Vec::new(),
        };
        let failed = |message| snapshot_failure(&snapshot(Some(message), SnapshotState::Error), &eu()).unwrap();
        let key = failed("Given key ID is not accessible");
        assert_eq!(key.kind, FailureKind::KeyNotAccessible);
        assert!(key.hint.contains("does not exist in eu-west-1"), "{key:?}");
        let other = failed("Internal error.");
        assert_eq!((other.why.as_str(), other.kind), ("Internal error", FailureKind::Other));
        assert_eq!(snapshot_failure(&snapshot(Some("x"), SnapshotState::Completed), &eu()), None);
    }
}
