//! Who uses images, before they are deregistered: references, permissions, other images with the same snapshots. And the dry run of
//! `DeregisterImage`.

use std::collections::HashMap;

use aws_sdk_ec2::types::{
    ImageReferenceOptionName, ImageReferenceResourceType, ResourceTypeOption, ResourceTypeRequest,
};
use futures_util::{StreamExt, stream};

use super::{images::filter, session::Session};
use crate::domain::{
    Failure, Image, ImageId, Region, SnapshotId,
    image_details::{VolumePermission, all_known, launch_permissions_of},
    image_usage::{ImageReference, ImageUsage, ReferenceKind, SharedSnapshot},
};

/// Images of one `DescribeImageReferences`. Source: EC2 API reference.
const REFERENCED_IMAGES: usize = 10;
/// Versions of launch templates that are searched: the most that EC2 searches. By itself it searches the 10 newest for references and
/// the 20 newest for usage reports, but the default or a pinned version may be older. Source: EC2 API reference, `ResourceTypeOption`.
pub(super) const VERSION_DEPTH: u32 = 10_000;
/// Images that are queried at the same time.
const MAX_CONCURRENT: usize = 8;
/// Values of one filter.
const FILTER_VALUES: usize = 200;

impl Session {
    /// Returns who uses these images of one region, in their order; the failure of a part is in that part.
    pub async fn image_usage(&self, region: &Region, images: &[Image]) -> Vec<ImageUsage> {
        let ids: Vec<ImageId> = images.iter().map(|image| image.id.clone()).collect();
        let (references, sharing) = tokio::join!(self.references(region, &ids), self.images_sharing(region, images));
        let (references, sharing) = (&references, &sharing);
        let usage = stream::iter(images.to_vec()).map(|image| async move {
            let (permissions, volume_permissions) =
                tokio::join!(self.image_permissions(region, &image.id), self.shared_volumes(region, &image));
            ImageUsage {
                image: image.id.clone(),
                references: of_image(references, &image.id),
                permissions: permissions
                    .and_then(|(known, unknown)| all_known(launch_permissions_of(&image.id, region), known, unknown)),
                shared_snapshots: sharing.as_ref().map(|others| shared_snapshots(&image, others)).map_err(Clone::clone),
                volume_permissions,
                reported: None,
            }
        });
        usage.buffered(MAX_CONCURRENT).collect().await
    }

    /// Returns the account's resources that name these images.
    async fn references(
        &self,
        region: &Region,
        images: &[ImageId],
    ) -> Result<HashMap<ImageId, Vec<ImageReference>>, Failure> {
        let what = format!("look for those who use images in {region}");
        let mut found: HashMap<ImageId, Vec<ImageReference>> = HashMap::new();
        for chunk in images.chunks(REFERENCED_IMAGES) {
            let mut token = None;
            loop {
                let call = self
                    .ec2(region)
                    .describe_image_references()
                    .set_image_ids(Some(chunk.iter().map(ToString::to_string).collect()))
                    .set_resource_types(Some(searched_types()))
                    .set_next_token(token);
                let answer = self.call(&what, "ec2:DescribeImageReferences", call.send()).await?;
                for reference in answer.image_references() {
                    let Some(image) = reference.image_id().and_then(|id| ImageId::new(id).ok()) else { continue };
                    let kind = reference.resource_type().map_or("", |kind| kind.as_str());
                    let arn = reference.arn().unwrap_or_default().into();
                    found.entry(image).or_default().push(ImageReference { kind: ReferenceKind::parse(kind), arn });
                }
                token = answer.next_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Returns the account's images that have any of these images' snapshots, these images included.
    async fn images_sharing(&self, region: &Region, images: &[Image]) -> Result<Vec<Image>, Failure> {
        let mut snapshots: Vec<&str> = images.iter().flat_map(Image::snapshot_ids).map(SnapshotId::as_str).collect();
        snapshots.sort_unstable();
        snapshots.dedup();
        let mut found: Vec<Image> = Vec::new();
        for chunk in snapshots.chunks(FILTER_VALUES) {
            let with = filter("block-device-mapping.snapshot-id", chunk.iter().copied());
            let more = self.own_images(region, with).await.map_err(|failure| Failure {
                what: format!("look for images with the same snapshots in {region}"),
                ..failure
            })?;
            found.extend(
                more.into_iter().filter(|image| found.iter().all(|known| known.id != image.id)).collect::<Vec<_>>(),
            );
        }
        Ok(found)
    }

    /// Returns the image's snapshots that others may create volumes of.
    async fn shared_volumes(
        &self,
        region: &Region,
        image: &Image,
    ) -> Result<Vec<(SnapshotId, Vec<VolumePermission>)>, Failure> {
        let mut shared = Vec::new();
        for snapshot in image.snapshot_ids() {
            let permissions = self.volume_permissions(region, snapshot).await?;
            if !permissions.is_empty() {
                shared.push((snapshot.clone(), permissions));
            }
        }
        Ok(shared)
    }

    /// Checks by a dry run that the image may be deregistered, as far as permissions go: EC2 checks nothing else then.
    ///
    /// # Errors
    /// If it may not be, or the endpoint ignored the dry run.
    pub async fn may_deregister(&self, region: &Region, image: &ImageId) -> Result<(), Failure> {
        let what = format!("deregister {image} in {region}");
        let call = self.ec2(region).deregister_image().image_id(image.as_str()).dry_run(true);
        match self.call(&what, "ec2:DeregisterImage", call.send()).await {
            Ok(_) => Err(Failure::new(what, "the endpoint ignored DryRun, and the image may be deregistered")),
            Err(failure) if failure.is("DryRunOperation") => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

fn of_image(
    references: &Result<HashMap<ImageId, Vec<ImageReference>>, Failure>,
    image: &ImageId,
) -> Result<Vec<ImageReference>, Failure> {
    match references {
        Ok(found) => Ok(found.get(image).cloned().unwrap_or_default()),
        Err(failure) => Err(failure.clone()),
    }
}

/// Every type of resource that EC2 knows, since `IncludeAllResourceTypes` would search few versions of launch templates. Source: EC2 API
/// reference, `DescribeImageReferences`.
fn searched_types() -> Vec<ResourceTypeRequest> {
    let depth = ResourceTypeOption::builder()
        .option_name(ImageReferenceOptionName::VersionDepth)
        .option_values(VERSION_DEPTH.to_string())
        .build();
    let kinds = [
        (ImageReferenceResourceType::Ec2Instance, None),
        (ImageReferenceResourceType::Ec2LaunchTemplate, Some(vec![depth])),
        (ImageReferenceResourceType::SsmParameter, None),
        (ImageReferenceResourceType::ImageBuilderImageRecipe, None),
        (ImageReferenceResourceType::ImageBuilderContainerRecipe, None),
    ];
    let request =
        |(kind, options)| ResourceTypeRequest::builder().resource_type(kind).set_resource_type_options(options).build();
    kinds.map(request).into()
}

/// Returns the snapshots of an image that others of these images use too.
fn shared_snapshots(image: &Image, others: &[Image]) -> Vec<SharedSnapshot> {
    let mut shared: Vec<SharedSnapshot> = Vec::new();
    for snapshot in image.snapshot_ids() {
        let uses = |other: &&Image| other.id != image.id && other.snapshot_ids().any(|id| id == snapshot);
        let images: Vec<ImageId> = others.iter().filter(uses).map(|other| other.id.clone()).collect();
        if !images.is_empty() && shared.iter().all(|known| known.snapshot != *snapshot) {
            shared.push(SharedSnapshot { snapshot: snapshot.clone(), images });
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        aws::testing::{CannedResponse, ami, eu, scripted},
        domain::{
            AccountId,
            image::{BlockDevice, Ebs},
        },
    };

    fn image(id: &str, snapshot: &str) -> Image {
        let mut image = Image::bare(ami(id), eu(), AccountId::new("123456789012").unwrap());
        image.block_devices = vec![BlockDevice {
            device_name: "/dev/xvda".into(),
            ebs: Some(Ebs { snapshot_id: SnapshotId::new(snapshot).ok(), ..Ebs::default() }),
            virtual_name: None,
        }];
        image
    }

    #[tokio::test(start_paused = true)]
    async fn references_are_asked_for_ten_images_at_a_time_and_page_by_page() {
        let (session, asked) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImageReferences" if asked.params.contains_key("NextToken") => CannedResponse::ok(
                "<R><imageReferenceSet><item><imageId>ami-1</imageId><resourceType>ssm:Parameter</resourceType>\
                 <arn>arn:aws:ssm:eu-west-1:1:parameter/golden/web</arn></item></imageReferenceSet></R>",
            ),
            "DescribeImageReferences" if asked.param("ImageId.1") == "ami-1" => CannedResponse::ok(
                "<R><imageReferenceSet><item><imageId>ami-1</imageId><resourceType>ec2:Instance</resourceType>\
                 <arn>arn:aws:ec2:eu-west-1:1:instance/i-1</arn></item></imageReferenceSet><nextToken>t</nextToken></R>",
            ),
            _ => CannedResponse::ok("<R/>"),
        });
        let images: Vec<Image> = (1..=11).map(|n| image(&format!("ami-{n}"), &format!("snap-{n}"))).collect();
        let usage = session.image_usage(&eu(), &images).await;
        let named: Vec<String> = usage[0].references.as_ref().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(named, ["instance i-1", "SSM parameter golden/web"]);
        assert!(usage[1..].iter().all(|usage| usage.references == Ok(Vec::new())));
        let calls = asked.of("DescribeImageReferences");
        assert_eq!(calls.len(), 3);
        let kinds = (1..=5).map(|n| calls[0].param(&format!("ResourceType.{n}.ResourceType")).to_owned());
        assert_eq!(kinds.collect::<BTreeSet<_>>().len(), 5);
        assert_eq!(calls[0].param("ResourceType.2.ResourceTypeOption.1.OptionValue.1"), "10000");
        assert_eq!(calls[2].param("ImageId.1"), "ami-11");
    }

    #[tokio::test(start_paused = true)]
    async fn other_images_with_the_same_snapshots_are_named_and_what_is_denied_is_unknown() {
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImages" => CannedResponse::ok(
                "<R><imagesSet><item><imageId>ami-1</imageId><blockDeviceMapping><item><ebs><snapshotId>snap-1</snapshotId></ebs></item></blockDeviceMapping></item>\
                 <item><imageId>ami-2</imageId><blockDeviceMapping><item><ebs><snapshotId>snap-1</snapshotId></ebs></item></blockDeviceMapping></item></imagesSet></R>",
            ),
            _ => {
                CannedResponse::error(403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
            }
        });
        let usage = session.image_usage(&eu(), &[image("ami-1", "snap-1")]).await.remove(0);
        let shared = SharedSnapshot { snapshot: SnapshotId::new("snap-1").unwrap(), images: vec![ami("ami-2")] };
        assert_eq!(usage.shared_snapshots, Ok(vec![shared]));
        assert_eq!(usage.failures().count(), 3);
        assert!(usage.references.unwrap_err().hint.contains("ec2:DescribeImageReferences"));
    }
}
