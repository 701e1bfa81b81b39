//! The details of one image: permissions, keys of its snapshots, block public access, ancestry. Each part fails on its own.

use aws_sdk_ec2::types::{ImageAncestryEntry, ImageAttributeName, PermissionGroup, SnapshotAttributeName};
use futures_util::{StreamExt, stream};

use super::{convert, session::Session};
use crate::domain::{
    AccountId, Failure, Image, ImageId, Region, SnapshotId,
    image_details::{Ancestor, ImageDetails, SnapshotDetails, VolumePermission, all_known, launch_permissions_of},
    post_copy::LaunchPermission,
};

/// Concurrent `DescribeSnapshotAttribute` calls; EC2 allows bursts of 100 in the whole account.
const MAX_CONCURRENT: usize = 8;

impl Session {
    /// Returns the details of an image; the failure of a part is in that part.
    pub async fn image_details(&self, image: &Image) -> ImageDetails {
        let (region, id) = (&image.region, &image.id);
        let snapshots: Vec<SnapshotId> = image.snapshot_ids().cloned().collect();
        let (permissions, snapshots, public_access, ancestry) = tokio::join!(
            self.image_permissions(region, id),
            self.snapshot_details(region, &snapshots),
            self.public_access(region),
            self.ancestry(region, id),
        );
        let (permissions, unknown_permissions) = match permissions {
            Ok((permissions, unknown)) => (Ok(permissions), unknown),
            Err(failure) => (Err(failure), 0),
        };
        ImageDetails { permissions, unknown_permissions, snapshots, public_access, ancestry }
    }

    /// The launch permissions, and the number of entries of an unknown kind.
    pub(super) async fn image_permissions(
        &self,
        region: &Region,
        image: &ImageId,
    ) -> Result<(Vec<LaunchPermission>, usize), Failure> {
        let call = self.ec2(region).describe_image_attribute().image_id(image.as_str());
        let call = call.attribute(ImageAttributeName::LaunchPermission);
        let what = launch_permissions_of(image, region);
        let answer = self.call(&what, "ec2:DescribeImageAttribute", call.send()).await?;
        let entries = answer.launch_permissions();
        let known: Vec<_> = entries.iter().filter_map(convert::launch_permission).collect();
        let unknown = entries.len() - known.len();
        Ok((known, unknown))
    }

    pub(super) async fn snapshot_details(
        &self,
        region: &Region,
        ids: &[SnapshotId],
    ) -> Result<Vec<SnapshotDetails>, Failure> {
        let mut found = Vec::new();
        if !ids.is_empty() {
            found = self.describe_snapshots(region, ids, &[]).await?;
        }
        found.sort_by_key(|s| ids.iter().position(|id| *id == s.id));
        let details = stream::iter(found).map(|snapshot| async move {
            let permissions = self.volume_permissions(region, &snapshot.id).await;
            SnapshotDetails { id: snapshot.id, encrypted: snapshot.encrypted, key: snapshot.kms_key_id, permissions }
        });
        Ok(details.buffered(MAX_CONCURRENT).collect().await)
    }

    pub(super) async fn volume_permissions(
        &self,
        region: &Region,
        id: &SnapshotId,
    ) -> Result<Vec<VolumePermission>, Failure> {
        let call = self.ec2(region).describe_snapshot_attribute().snapshot_id(id.as_str());
        let call = call.attribute(SnapshotAttributeName::CreateVolumePermission);
        let what = format!("read the permissions of {id} in {region}");
        let answer = self.call(&what, "ec2:DescribeSnapshotAttribute", call.send()).await?;
        let entries = answer.create_volume_permissions();
        let known = entries.iter().filter_map(|permission| match permission.group() {
            Some(PermissionGroup::All) => Some(VolumePermission::Public),
            _ => AccountId::new(permission.user_id()?).ok().map(VolumePermission::Account),
        });
        let known: Vec<VolumePermission> = known.collect();
        let unknown = entries.len() - known.len();
        all_known(what, known, unknown)
    }

    async fn public_access(&self, region: &Region) -> Result<Box<str>, Failure> {
        let what = format!("read the state of block public access in {region}");
        let call = self.ec2(region).get_image_block_public_access_state().send();
        let answer = self.call(&what, "ec2:GetImageBlockPublicAccessState", call).await?;
        Ok(answer.image_block_public_access_state().unwrap_or("unknown").into())
    }

    pub(super) async fn ancestry(&self, region: &Region, image: &ImageId) -> Result<Vec<Ancestor>, Failure> {
        let what = format!("read the ancestry of {image} in {region}");
        let call = self.ec2(region).get_image_ancestry().image_id(image.as_str()).send();
        let answer = self.call(&what, "ec2:GetImageAncestry", call).await?;
        Ok(ancestors(image, answer.image_ancestry_entries()))
    }
}

/// The images that `image` descends from, nearest first. An entry has the region of its parent only, and the parent of the last
/// may be missing.
fn ancestors(image: &ImageId, entries: &[ImageAncestryEntry]) -> Vec<Ancestor> {
    let alias = |id: &str| {
        let entry = entries.iter().find(|e| e.image_id() == Some(id));
        entry.and_then(|e| e.image_owner_alias()).map(Into::into)
    };
    let mut found: Vec<Ancestor> = Vec::new();
    let parents = entries.iter().filter_map(|e| {
        let id = e.source_image_id()?;
        let region = e.source_image_region().and_then(|r| Region::new(r).ok());
        Some(Ancestor { image: ImageId::new(id).ok()?, region, owner_alias: alias(id) })
    });
    let listed = entries.iter().filter_map(|e| {
        let id = e.image_id()?;
        Some(Ancestor { image: ImageId::new(id).ok()?, region: None, owner_alias: alias(id) })
    });
    for ancestor in parents.chain(listed) {
        if ancestor.image != *image && !found.iter().any(|a| a.image == ancestor.image) {
            found.push(ancestor);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::testing::{CannedResponse, eu, scripted},
        domain::image::{BlockDevice, Ebs},
    };

    fn image() -> Image {
        let owner = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(ImageId::new("ami-0000000a").unwrap(), eu(), owner);
        let disk = |id: &str| BlockDevice {
            device_name: "/dev/xvda".into(),
            ebs: Some(Ebs { snapshot_id: SnapshotId::new(id).ok(), ..Ebs::default() }),
            virtual_name: None,
        };
        image.block_devices = vec![disk("snap-0000000b"), disk("snap-0000000a")];
        image
    }

    const PERMISSIONS: &str = "<R><imageId>ami-0000000a</imageId><launchPermission>\
        <item><userId>111122223333</userId></item><item><group>all</group></item>\
        <item><organizationArn>arn:aws:organizations::123456789012:organization/o-abc123</organizationArn></item>\
        <item><organizationalUnitArn>arn:aws:organizations::123456789012:ou/o-abc123/ou-ab12-cdef</organizationalUnitArn></item>\
        <item><group>somebody-new</group></item>\
        </launchPermission></R>";
    const SNAPSHOTS: &str = "<R><snapshotSet>\
        <item><snapshotId>snap-0000000a</snapshotId><encrypted>true</encrypted><kmsKeyId>arn:k</kmsKeyId></item>\
        <item><snapshotId>snap-0000000b</snapshotId></item></snapshotSet></R>";
    const ANCESTRY: &str = "<R><imageAncestryEntrySet>\
        <item><imageId>ami-0000000a</imageId><sourceImageId>ami-0000000b</sourceImageId><sourceImageRegion>us-east-1</sourceImageRegion></item>\
        <item><imageId>ami-0000000b</imageId><imageOwnerAlias>amazon</imageOwnerAlias></item>\
        </imageAncestryEntrySet></R>";

    #[tokio::test(start_paused = true)]
    async fn every_part_is_read() {
        let (session, asked) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImageAttribute" => CannedResponse::ok(PERMISSIONS),
            "DescribeSnapshots" => CannedResponse::ok(SNAPSHOTS),
            "DescribeSnapshotAttribute" => CannedResponse::ok(
                "<R><createVolumePermission><item><userId>111122223333</userId></item><item><group>all</group></item></createVolumePermission></R>",
            ),
            "GetImageAncestry" => CannedResponse::ok(ANCESTRY),
            _ => CannedResponse::ok("<R><imageBlockPublicAccessState>unblocked</imageBlockPublicAccessState></R>"),
        });
        let details = session.image_details(&image()).await;
        assert_eq!(details.unknown_permissions, 1);
        let who: Vec<String> = details.permissions.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(who.len(), 4, "{who:?}");
        assert!(
            who[0] == "111122223333"
                && who[1] == "public"
                && who[2].contains(":organization/")
                && who[3].contains(":ou/")
        );
        let snapshots = details.snapshots.unwrap();
        let keys: Vec<_> = snapshots.iter().map(|s| (s.id.as_str(), s.key.as_deref())).collect();
        assert_eq!(keys, [("snap-0000000b", None), ("snap-0000000a", Some("arn:k"))], "in the order of the devices");
        let account = AccountId::new("111122223333").unwrap();
        let may = vec![VolumePermission::Account(account), VolumePermission::Public];
        assert!(snapshots.iter().all(|s| s.permissions.as_ref() == Ok(&may)), "{snapshots:?}");
        assert_eq!(details.public_access.as_deref(), Ok("unblocked"));
        let [parent] = &details.ancestry.unwrap()[..] else { panic!("one ancestor") };
        assert_eq!(
            (parent.image.as_str(), parent.region.as_ref().map(Region::as_str)),
            ("ami-0000000b", Some("us-east-1"))
        );
        assert_eq!(parent.owner_alias.as_deref(), Some("amazon"));
        assert_eq!(asked.of("DescribeSnapshotAttribute").len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn permissions_that_are_not_understood_are_not_taken_for_none() {
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImageAttribute" => CannedResponse::ok(
                "<R><launchPermission><item><group>somebody-new</group></item></launchPermission></R>",
            ),
            "DescribeSnapshots" => CannedResponse::ok(SNAPSHOTS),
            "DescribeSnapshotAttribute" => CannedResponse::ok(
                "<R><createVolumePermission><item><group>somebody-new</group></item></createVolumePermission></R>",
            ),
            _ => CannedResponse::ok("<R/>"),
        });
        let (image, details) = (image(), session.image_details(&image()).await);
        let why = details.all_permissions(&image.id, &image.region).unwrap_err().why;
        assert_eq!(why, "1 entry is of a kind that is not known here");
        assert!(details.snapshots.unwrap().iter().all(|snapshot| snapshot.permissions.is_err()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_is_denied_leaves_the_others() {
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeSnapshots" => CannedResponse::ok(SNAPSHOTS),
            "GetImageAncestry" => CannedResponse::ok(ANCESTRY),
            _ => {
                CannedResponse::error(403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
            }
        });
        let details = session.image_details(&image()).await;
        assert!(details.permissions.unwrap_err().hint.contains("ec2:DescribeImageAttribute"));
        assert!(details.snapshots.unwrap().iter().all(|s| s.permissions.is_err()));
        assert!(details.public_access.is_err() && details.ancestry.is_ok());
    }
}
