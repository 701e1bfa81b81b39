//! Reads images that are to be compared, with what belongs to them. Each part fails on its own.

use std::sync::Arc;

use aws_sdk_ec2::types::{AttributeValue, ImageAttributeName};

use super::session::Session;
use crate::domain::{
    Failure, Image, ImageState, SnapshotId,
    compare::{CompareRequest, Described, ImageRef, Incomparable, OwnerDetails, Pair},
    image_details::{all_known, launch_permissions_of},
};

impl Session {
    /// Returns two images that are to be compared; of a copy and its source the source first.
    ///
    /// # Errors
    /// Why they cannot be compared.
    pub async fn images_to_compare(&self, request: &CompareRequest) -> Result<Pair, Incomparable> {
        let (left, right) = match request {
            CompareRequest::Pair(left, right) => {
                let (left, right) = tokio::join!(self.existing(left), self.existing(right));
                (left?, right?)
            }
            CompareRequest::Copy { copy, source } => {
                let copy = self.existing(copy).await?;
                let source = self.source(&copy, source.as_ref()).await?;
                (source, copy)
            }
        };
        let (left, right) = tokio::join!(self.described(left), self.described(right));
        Ok(Pair { left, right })
    }

    /// Returns an image as it is now.
    async fn existing(&self, place: &ImageRef) -> Result<Image, Incomparable> {
        let found = self.describe_images(&place.region, std::slice::from_ref(&place.id)).await;
        let found = found.map_err(Incomparable::Failed)?;
        // EC2 shows deregistered images for a while.
        let existing = found.into_iter().find(|image| image.state != ImageState::Deregistered);
        existing.ok_or_else(|| Incomparable::Gone(place.clone()))
    }

    /// Returns the source of a copy: the one that EC2 tells, else the one of its job.
    async fn source(&self, copy: &Image, of_job: Option<&ImageRef>) -> Result<Image, Incomparable> {
        let place = ImageRef::of(copy);
        if !matches!(copy.state, ImageState::Available | ImageState::Disabled) {
            return Err(Incomparable::NotReady(place, copy.state));
        }
        if copy.source_instance.is_some() {
            return Err(Incomparable::FromInstance(place));
        }
        let reported =
            copy.copied_from().and_then(|(id, region)| Some(ImageRef { region: region?.clone(), id: id.clone() }));
        let Some(source) = reported.or_else(|| of_job.cloned()) else { return Err(Incomparable::NoSource(place)) };
        self.existing(&source).await.map_err(|why| match why {
            Incomparable::Gone(source) => Incomparable::SourceGone { copy: place, source },
            why => why,
        })
    }

    async fn described(&self, image: Image) -> Described {
        let ids: Vec<SnapshotId> = image.snapshot_ids().cloned().collect();
        let own = self.identity().is_none_or(|identity| identity.account.id == image.owner_id);
        let of_owner = async { if own { Some(self.owner_details(&image).await) } else { None } };
        let (snapshots, of_owner) = tokio::join!(self.snapshot_details(&image.region, &ids), of_owner);
        Described { image: Arc::new(image), snapshots, of_owner }
    }

    async fn owner_details(&self, image: &Image) -> OwnerDetails {
        let (region, id) = (&image.region, &image.id);
        let (permissions, uefi_data) = tokio::join!(self.image_permissions(region, id), self.uefi_data(image));
        let all = |(known, unknown)| all_known(launch_permissions_of(id, region), known, unknown);
        OwnerDetails { permissions: permissions.and_then(all), uefi_data }
    }

    /// Returns the UEFI variables of an image that may have any.
    async fn uefi_data(&self, image: &Image) -> Result<Option<Box<str>>, Failure> {
        if !image.may_have_uefi_data() {
            return Ok(None);
        }
        let call = self.ec2(&image.region).describe_image_attribute().image_id(image.id.as_str());
        let call = call.attribute(ImageAttributeName::UefiData);
        let what = format!("read the UEFI data of {} in {}", image.id, image.region);
        let answer = self.call(&what, "ec2:DescribeImageAttribute", call.send()).await?;
        let data = answer.uefi_data().and_then(AttributeValue::value);
        Ok(data.filter(|data| !data.is_empty()).map(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::testing::{CannedResponse, eu, scripted},
        domain::{ImageId, Region},
    };

    fn place(id: &str, region: &Region) -> ImageRef {
        ImageRef { region: region.clone(), id: ImageId::new(id).unwrap() }
    }

    fn us() -> Region {
        Region::new("us-east-1").unwrap()
    }

    fn image(id: &str, more: &str) -> CannedResponse {
        CannedResponse::ok(&format!(
            "<R><imagesSet><item><imageId>{id}</imageId><imageOwnerId>123456789012</imageOwnerId>\
             <imageState>available</imageState>{more}</item></imagesSet></R>"
        ))
    }

    const NOT_FOUND: &str = "The image id '[ami-0000000b]' does not exist";

    #[tokio::test(start_paused = true)]
    async fn the_source_that_ec2_tells_is_read_with_the_copy() {
        let (session, asked) = scripted(|_, asked| match (asked.action.as_str(), asked.param("ImageId.1")) {
            ("DescribeImages", "ami-0000000a") => image(
                "ami-0000000a",
                "<sourceImageId>ami-0000000b</sourceImageId><sourceImageRegion>us-east-1</sourceImageRegion>\
                 <bootMode>uefi</bootMode>",
            ),
            ("DescribeImages", "ami-0000000b") => image("ami-0000000b", ""),
            ("DescribeImages", _) => CannedResponse::error(400, "InvalidAMIID.NotFound", NOT_FOUND),
            _ if asked.param("Attribute") == "uefiData" => {
                CannedResponse::ok("<R><imageId>ami-0000000a</imageId><uefiData><value>QU1a</value></uefiData></R>")
            }
            _ => CannedResponse::ok("<R/>"),
        });
        let wrong = Some(place("ami-0000000c", &us()));
        let request = CompareRequest::Copy { copy: place("ami-0000000a", &eu()), source: wrong };
        let pair = session.images_to_compare(&request).await.unwrap();
        assert_eq!(ImageRef::of(&pair.left.image), place("ami-0000000b", &us()), "not what the job says");
        assert_eq!(ImageRef::of(&pair.right.image), place("ami-0000000a", &eu()));
        let data = |described: &Described| described.of_owner.as_ref().map(|details| details.uefi_data.clone());
        assert_eq!((data(&pair.left), data(&pair.right)), (Some(Ok(None)), Some(Ok(Some("QU1a".into())))));
        let attributes = asked.of("DescribeImageAttribute");
        let of_uefi = attributes.iter().filter(|asked| asked.param("Attribute") == "uefiData").count();
        assert_eq!((attributes.len(), of_uefi), (3, 1), "only of the image that may have any");
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_is_gone_and_one_that_nobody_knows_are_told_apart() {
        let (session, _) = scripted(|_, asked| match asked.param("ImageId.1") {
            "ami-0000000a" => image("ami-0000000a", ""),
            _ => CannedResponse::error(400, "InvalidAMIID.NotFound", NOT_FOUND),
        });
        let copy = place("ami-0000000a", &eu());
        let source = place("ami-0000000b", &us());
        let request = |source| CompareRequest::Copy { copy: copy.clone(), source };
        let gone = session.images_to_compare(&request(Some(source.clone()))).await.unwrap_err();
        assert_eq!(gone, Incomparable::SourceGone { copy: copy.clone(), source: source.clone() });
        let unknown = session.images_to_compare(&request(None)).await.unwrap_err();
        assert_eq!(unknown, Incomparable::NoSource(copy.clone()));
        let (built, _) = scripted(|_, _| {
            image(
                "ami-0000000a",
                "<sourceInstanceId>i-1</sourceInstanceId><sourceImageId>ami-0000000b</sourceImageId>\
                 <sourceImageRegion>us-east-1</sourceImageRegion>",
            )
        });
        let from_instance = built.images_to_compare(&request(Some(source.clone()))).await.unwrap_err();
        assert_eq!(from_instance, Incomparable::FromInstance(copy.clone()), "whatever a job says");
        let pair = CompareRequest::Pair(copy, source.clone());
        assert_eq!(session.images_to_compare(&pair).await.unwrap_err(), Incomparable::Gone(source));
    }

    #[tokio::test(start_paused = true)]
    async fn of_another_accounts_image_nothing_is_asked_that_only_its_owner_may_read() {
        let (session, asked) = scripted(|_, asked| match asked.param("ImageId.1") {
            "ami-0000000a" => image("ami-0000000a", ""),
            "" => CannedResponse::ok("<R/>"),
            id => CannedResponse::ok(&format!(
                "<R><imagesSet><item><imageId>{id}</imageId><imageOwnerId>999999999999</imageOwnerId>\
                 <imageState>available</imageState><bootMode>uefi</bootMode></item></imagesSet></R>"
            )),
        });
        let request = CompareRequest::Pair(place("ami-0000000b", &eu()), place("ami-0000000a", &eu()));
        let pair = session.images_to_compare(&request).await.unwrap();
        assert!(pair.left.of_owner.is_none() && pair.right.of_owner.is_some());
        let asked_of: Vec<String> =
            asked.of("DescribeImageAttribute").iter().map(|asked| asked.param("ImageId").to_owned()).collect();
        assert_eq!(asked_of, ["ami-0000000a"]);
    }
}
