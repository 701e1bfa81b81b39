//! `DescribeImages`: listing page by page, and asking after known images.

use aws_sdk_ec2::types::Filter;

use super::{convert, session::Session};
use crate::domain::{Failure, Image, ImageId, ImageQuery, Region, Whose};

/// The most EC2 gives a page, and takes as ids.
pub(super) const PAGE: i32 = 1000;
pub(super) const IDS: usize = 1000;
/// The most values EC2 takes in one filter.
pub(super) const FILTER_VALUES: usize = 200;
/// Rounds of dropping unknown ids before asking by filter, which ignores them all at once.
const ROUNDS: u8 = 3;

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ImagePage {
    /// In no order; may be empty even though more follows.
    pub images: Vec<Image>,
    /// What the next page is asked with; none after the last.
    pub next: Option<String>,
}

impl Session {
    /// One page of up to 1000 images. Shared ones include one's own that name this account expressly.
    pub async fn image_page(
        &self,
        region: &Region,
        query: &ImageQuery,
        token: Option<String>,
    ) -> Result<ImagePage, Failure> {
        let mut call = self.ec2(region).describe_images().max_results(PAGE).set_next_token(token);
        let mut pattern = query.name.as_deref();
        call = match &query.whose {
            Whose::Mine => call.owners("self").include_disabled(true),
            Whose::Shared => call.executable_users("self"),
            Whose::Amazon => call.owners("amazon"),
            Whose::Marketplace => call.owners("aws-marketplace"),
            Whose::Account(id) => call.owners(id.as_str()),
            Whose::Public { name } => {
                pattern = pattern.or(Some(name));
                call.filters(filter("is-public", ["true"]))
            }
        };
        if let Some(pattern) = pattern {
            call = call.filters(filter("name", [pattern]));
        }
        let what = format!("list images in {region}");
        let answer = self.call(&what, "ec2:DescribeImages", call.send()).await?;
        Ok(ImagePage {
            images: answer.images().iter().filter_map(|image| convert::image(image, region)).collect(),
            next: answer.next_token.filter(|token| !token.is_empty()),
        })
    }

    /// These images as they are now, disabled ones too. Those EC2 does not know are left out.
    pub async fn describe_images(&self, region: &Region, ids: &[ImageId]) -> Result<Vec<Image>, Failure> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(IDS) {
            found.extend(self.images_by_id(region, chunk).await?);
        }
        Ok(found)
    }

    async fn images_by_id(&self, region: &Region, ids: &[ImageId]) -> Result<Vec<Image>, Failure> {
        let what = format!("describe images in {region}");
        let mut wanted: Vec<&ImageId> = ids.iter().collect();
        for _ in 0..ROUNDS {
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            // MaxResults may not stand beside ids (`InvalidParameterCombination`).
            let call = self
                .ec2(region)
                .describe_images()
                .include_disabled(true)
                .set_image_ids(Some(wanted.iter().map(ToString::to_string).collect()));
            match self.call(&what, "ec2:DescribeImages", call.send()).await {
                Ok(answer) => {
                    return Ok(answer.images().iter().filter_map(|image| convert::image(image, region)).collect());
                }
                Err(failure) if failure.is("InvalidAMIID") => {
                    let before = wanted.len();
                    wanted.retain(|id| !names(&failure.why, id.as_str()));
                    if wanted.len() == before {
                        break;
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        self.images_by_filter(region, &wanted).await
    }

    /// By filter an unknown id is no error.
    async fn images_by_filter(&self, region: &Region, ids: &[&ImageId]) -> Result<Vec<Image>, Failure> {
        let what = format!("describe images in {region}");
        let mut found = Vec::new();
        for chunk in ids.chunks(FILTER_VALUES) {
            let mut token = None;
            loop {
                let call = self
                    .ec2(region)
                    .describe_images()
                    .include_disabled(true)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .filters(filter("image-id", chunk.iter().map(|id| id.as_str())));
                let answer = self.call(&what, "ec2:DescribeImages", call.send()).await?;
                found.extend(answer.images().iter().filter_map(|image| convert::image(image, region)));
                token = answer.next_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// A filter by name and values.
pub(super) fn filter<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(str::to_owned).collect())).build()
}

/// Whether AWS's message names this id as a whole word.
pub(super) fn names(message: &str, id: &str) -> bool {
    message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == id)
}
