//! Reads the lineage of an image: its ancestors, and its copies in every region, theirs too.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{StreamExt, stream};

use super::{images::filter, session::Session};
use crate::domain::{Failure, Image, ImageId, Region, lineage::LineageRead};

/// Regions that are asked at the same time.
const MAX_CONCURRENT: usize = 16;
/// Values of one filter.
const FILTER_VALUES: usize = 200;

impl Session {
    /// Returns the lineage of an image, with its copies in these regions. The failure of a part is in that part.
    pub async fn lineage(&self, image: &Image, regions: &[Region]) -> LineageRead {
        let (ancestry, (copies, unread)) =
            tokio::join!(self.ancestry(&image.region, &image.id), self.descendants(image, regions));
        LineageRead { ancestry, copies, regions: regions.to_vec(), unread }
    }

    /// Returns the copies of an image, of these, and so on; and the regions that could not be queried for all of them.
    async fn descendants(&self, image: &Image, regions: &[Region]) -> (Vec<Arc<Image>>, Vec<(Region, Failure)>) {
        let (mut found, mut unread) = (Vec::new(), BTreeMap::new());
        let mut seen: BTreeSet<(Region, ImageId)> = [(image.region.clone(), image.id.clone())].into();
        let mut sources = vec![image.id.clone()];
        while !sources.is_empty() {
            let asked: Vec<Region> = regions.iter().filter(|region| !unread.contains_key(*region)).cloned().collect();
            let of = &sources;
            let answers = stream::iter(asked).map(|region| async move {
                let copies = self.copies_of_any(&region, of).await;
                (region, copies)
            });
            let answers: Vec<_> = answers.buffered(MAX_CONCURRENT).collect().await;
            let mut next = Vec::new();
            for (region, copies) in answers {
                match copies {
                    Ok(copies) => next.extend(copies),
                    Err(failure) => _ = unread.insert(region, failure),
                }
            }
            next.retain(|copy| seen.insert((copy.region.clone(), copy.id.clone())));
            sources = next.iter().map(|copy| copy.id.clone()).collect();
            found.extend(next.into_iter().map(Arc::new));
        }
        (found, unread.into_iter().collect())
    }

    /// Returns the account's copies of any of these images, in any state.
    async fn copies_of_any(&self, region: &Region, sources: &[ImageId]) -> Result<Vec<Image>, Failure> {
        let mut found = Vec::new();
        for chunk in sources.chunks(FILTER_VALUES) {
            let sources = filter("source-image-id", chunk.iter().map(ImageId::as_str));
            found.extend(self.own_images(region, sources).await?);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::testing::{CannedResponse, eu, scripted, us},
        domain::AccountId,
    };

    fn copy(id: &str, source: &str) -> CannedResponse {
        CannedResponse::ok(&format!(
            "<R><imagesSet><item><imageId>{id}</imageId><imageOwnerId>123456789012</imageOwnerId>\
             <sourceImageId>{source}</sourceImageId></item></imagesSet></R>"
        ))
    }

    #[tokio::test(start_paused = true)]
    async fn copies_of_copies_are_found_and_a_region_that_fails_is_asked_once() {
        let west = Region::new("us-west-2").unwrap();
        let (session, asked) = scripted(|_, asked| {
            let source = asked.values("Filter.1.Value");
            match (asked.action.as_str(), source.first().copied(), asked.host.contains("eu-west-1")) {
                ("DescribeImages", ..) if asked.host.contains("us-west-2") => {
                    CannedResponse::error(403, "UnauthorizedOperation", "You are not authorized.")
                }
                ("DescribeImages", Some("ami-00000001"), true) => copy("ami-00000002", "ami-00000001"),
                ("DescribeImages", Some("ami-00000002"), false) => copy("ami-00000003", "ami-00000002"),
                ("DescribeImages", ..) => CannedResponse::ok("<R><imagesSet/></R>"),
                _ => CannedResponse::ok("<R><imageAncestryEntrySet/></R>"),
            }
        });
        let image = Image::bare(ImageId::new("ami-00000001").unwrap(), us(), AccountId::new("123456789012").unwrap());
        let read = session.lineage(&image, &[us(), eu(), west.clone()]).await;
        let ids: Vec<&str> = read.copies.iter().map(|copy| copy.id.as_str()).collect();
        assert_eq!((ids, read.ancestry), (vec!["ami-00000002", "ami-00000003"], Ok(Vec::new())));
        assert!(matches!(&read.unread[..], [(region, _)] if *region == west), "{:?}", read.unread);
        // Three regions for the image, two each for the copies of each level.
        assert_eq!(asked.of("DescribeImages").len(), 3 + 2 + 2);
    }
}
