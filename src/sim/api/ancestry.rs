//! `GetImageAncestry`.

use jiff::Timestamp;

use crate::{
    domain::{Image, ImageId, Region},
    sim::{
        api::{
            call::Call,
            format,
            validation::{check_image_id, images_not_found},
        },
        api_error::ApiError,
        world::state::{RegionState, World},
    },
};

impl Call<'_> {
    pub(crate) fn image_ancestry(self) -> Result<String, ApiError> {
        let id = self.params.required("ImageId")?;
        let ready = self.ready()?;
        check_image_id(id)?;
        let state = ready.world.enabled(ready.region)?;
        let seen = ready.world.image(state, id, ready.now).ok_or_else(|| images_not_found(&[id]))?;
        let chain = ready.world.ancestry(seen.image, ready.now);
        Ok(ready.response(|xml| {
            xml.items("imageAncestryEntrySet", chain, |xml, image| {
                xml.optional("creationDate", image.created.map(format::date).as_deref());
                xml.leaf("imageId", image.id.as_str());
                xml.optional("imageOwnerAlias", image.image_owner_alias.as_deref());
                xml.optional("sourceImageId", image.source_image_id.as_ref().map(ImageId::as_str));
                xml.optional("sourceImageRegion", image.source_region.as_ref().map(Region::as_str));
            });
        }))
    }
}

impl World {
    /// Returns an image and what it was copied from, up to the first image that no longer exists or is not visible.
    fn ancestry(&self, image: Image, now: Timestamp) -> Vec<Image> {
        let source = |image: &Image| {
            let state: &RegionState = self.enabled(image.source_region.as_ref()?).ok()?;
            Some(self.image(state, image.source_image_id.as_ref()?.as_str(), now)?.image)
        };
        std::iter::successors(Some(image), source).collect()
    }
}
