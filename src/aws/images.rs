//! `DescribeImages`: listings by page, and lookups of known images.

use aws_sdk_ec2::types::Filter;
use serde::{Deserialize, Serialize};

use super::{convert, session::Session};
use crate::domain::{AccountId, Failure, Image, ImageId, ImageListing, ImageName, ImageQuery, Region};

/// EC2's maximum number of images in a page, and of ids in a request.
pub(super) const PAGE: i32 = 1000;
pub(super) const IDS: usize = 1000;
/// EC2's maximum number of values in a filter.
pub(super) const FILTER_VALUES: usize = 200;
/// Attempts without the unknown ids that EC2 names, before using a filter, which ignores all unknown ids.
const ROUNDS: u8 = 3;

/// Number of calls that a lookup may still make.
#[derive(Debug)]
pub struct CallBudget(u32);

impl CallBudget {
    pub fn new(calls: u32) -> Self {
        Self(calls)
    }

    /// Counts a call that must be made in any case.
    fn spend(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }

    /// Counts a call if any is left.
    pub(super) fn take(&mut self) -> bool {
        let left = self.0 > 0;
        self.spend();
        left
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImagePage {
    /// Unordered. May be empty although more pages follow.
    pub images: Vec<Image>,
    /// Token of the next page; `None` for the last page.
    pub next: Option<String>,
}

impl Session {
    /// Returns one page of up to 1,000 images. `Shared` includes own images that name this account explicitly.
    pub async fn image_page(
        &self,
        region: &Region,
        query: &ImageQuery,
        token: Option<String>,
    ) -> Result<ImagePage, Failure> {
        self.list_images(region, &ImageListing::from(query), token).await
    }

    /// Returns one page of a listing. Disabled images are in it where they are the account's own.
    pub async fn list_images(
        &self,
        region: &Region,
        listing: &ImageListing,
        token: Option<String>,
    ) -> Result<ImagePage, Failure> {
        let filters = listing.filters.iter().map(|f| filter(&f.name, f.values.iter().map(String::as_str)));
        let filters: Vec<Filter> = filters.collect();
        let owners = listing.owners.clone();
        let mut call = self
            .ec2(region)
            .describe_images()
            .max_results(listing.page.map_or(PAGE, i32::from))
            .set_next_token(token)
            .set_filters(Some(filters).filter(|filters| !filters.is_empty()));
        // An account id may be one's own; those of others EC2 never shows.
        if owners.iter().any(|owner| owner == "self" || AccountId::new(owner).is_ok()) {
            call = call.include_disabled(true);
        }
        if listing.include_deprecated {
            call = call.include_deprecated(true);
        }
        call = call.set_owners(Some(owners).filter(|owners| !owners.is_empty()));
        if listing.executable_by_self {
            call = call.executable_users("self");
        }
        let what = format!("list images in {region}");
        let answer = self.call(&what, "ec2:DescribeImages", call.send()).await?;
        Ok(ImagePage {
            images: convert::images(answer.images, region),
            next: answer.next_token.filter(|token| !token.is_empty()),
        })
    }

    /// Returns all images of a query.
    pub async fn all_images(&self, region: &Region, query: &ImageQuery) -> Result<Vec<Image>, Failure> {
        let (mut images, mut token) = (Vec::new(), None);
        loop {
            let page = self.image_page(region, query, token).await?;
            images.extend(page.images);
            token = page.next;
            if token.is_none() {
                return Ok(images);
            }
        }
    }

    /// Returns the account's copies of any of these images in any state; at most [`FILTER_VALUES`] are requested at once.
    pub async fn copies_of(&self, region: &Region, sources: &[ImageId]) -> Result<Vec<Image>, Failure> {
        let mut made = self.own_images(region, filter("source-image-id", sources.iter().map(ImageId::as_str))).await?;
        // EC2 finds those made from instances of it as well.
        made.retain(|image| image.copied_from().is_some());
        Ok(made)
    }

    /// Returns the account's images of this name in any state.
    pub async fn images_named(&self, region: &Region, name: &ImageName) -> Result<Vec<Image>, Failure> {
        self.own_images(region, filter("name", [name.as_str()])).await
    }

    /// Returns the account's pending images.
    pub async fn pending_images(&self, region: &Region) -> Result<Vec<Image>, Failure> {
        self.own_images(region, filter("state", ["pending"])).await
    }

    /// Returns the account's images that pass a filter, in any state.
    pub(super) async fn own_images(&self, region: &Region, filter: Filter) -> Result<Vec<Image>, Failure> {
        let what = format!("look for copies in {region}");
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let call = self
                .ec2(region)
                .describe_images()
                .owners("self")
                .include_disabled(true)
                .max_results(PAGE)
                .set_next_token(token)
                .filters(filter.clone());
            let answer = self.call(&what, "ec2:DescribeImages", call.send()).await?;
            found.append(&mut convert::images(answer.images, region));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns these images, disabled ones too. Images unknown to EC2 are left out.
    pub async fn describe_images(&self, region: &Region, ids: &[ImageId]) -> Result<Vec<Image>, Failure> {
        self.poll_images(region, ids, &mut CallBudget::new(0)).await
    }

    /// Like [`Self::describe_images`], within a budget. The budget never leaves an image out: one that is missing is unknown to EC2.
    pub async fn poll_images(
        &self,
        region: &Region,
        ids: &[ImageId],
        budget: &mut CallBudget,
    ) -> Result<Vec<Image>, Failure> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(IDS) {
            found.extend(self.images_by_id(region, chunk, budget).await?);
        }
        Ok(found)
    }

    async fn images_by_id(
        &self,
        region: &Region,
        ids: &[ImageId],
        budget: &mut CallBudget,
    ) -> Result<Vec<Image>, Failure> {
        let what = format!("describe images in {region}");
        let mut wanted: Vec<&ImageId> = ids.iter().collect();
        for _ in 0..ROUNDS {
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            // Without MaxResults, which EC2 refuses together with ids (`InvalidParameterCombination`).
            let call = self
                .ec2(region)
                .describe_images()
                .include_disabled(true)
                .set_image_ids(Some(wanted.iter().map(ToString::to_string).collect()));
            budget.spend();
            match self.call(&what, "ec2:DescribeImages", call.send()).await {
                Ok(answer) => {
                    return Ok(convert::images(answer.images, region));
                }
                Err(failure) if failure.is("InvalidAMIID.NotFound") => {
                    let before = wanted.len();
                    wanted.retain(|id| !names(&failure.why, id.as_str()));
                    if wanted.len() == before {
                        break;
                    }
                }
                // It may be there, in a state in which it is not shown by its id.
                Err(failure) if failure.is("InvalidAMIID.Unavailable") => break,
                // No image has an id of such a form.
                Err(failure) if failure.is("InvalidAMIID.Malformed") && !wanted.iter().all(|id| id.is_complete()) => {
                    wanted.retain(|id| id.is_complete());
                }
                Err(failure) => return Err(failure),
            }
        }
        self.images_by_filter(region, &wanted, budget).await
    }

    /// Looks up by a filter, for which unknown ids are no error.
    async fn images_by_filter(
        &self,
        region: &Region,
        ids: &[&ImageId],
        budget: &mut CallBudget,
    ) -> Result<Vec<Image>, Failure> {
        let what = format!("describe images in {region}");
        let mut found = Vec::new();
        for chunk in ids.chunks(FILTER_VALUES) {
            let mut token = None;
            loop {
                let call = self
                    .ec2(region)
                    .describe_images()
                    .include_disabled(true)
                    // By their ids EC2 shows them in any case.
                    .include_deprecated(true)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .filters(filter("image-id", chunk.iter().map(|id| id.as_str())));
                budget.spend();
                let answer = self.call(&what, "ec2:DescribeImages", call.send()).await?;
                found.append(&mut convert::images(answer.images, region));
                token = answer.next_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }
}

pub(super) fn filter<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(str::to_owned).collect())).build()
}

/// Returns true if AWS's message contains this id as a whole word.
pub(super) fn names(message: &str, id: &str) -> bool {
    message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::testing::{CannedResponse, RecordedRequest, ami, eu, images, scripted},
        domain::{ImageState, OwnerFilter},
    };

    /// Parameters and their values.
    type Sent = &'static [(&'static str, &'static str)];

    #[tokio::test(start_paused = true)]
    async fn whose_decides_what_is_sent() {
        let account = OwnerFilter::Account(AccountId::new("123456789012").unwrap());
        let public = OwnerFilter::Public { name: "al2023-*".into() };
        let cases: [(OwnerFilter, Option<&str>, Sent); 7] = [
            (OwnerFilter::Mine, None, &[("Owner.1", "self"), ("IncludeDisabled", "true")]),
            (OwnerFilter::Shared, None, &[("ExecutableBy.1", "self")]),
            (
                OwnerFilter::Amazon,
                Some("al*"),
                &[("Owner.1", "amazon"), ("Filter.1.Name", "name"), ("Filter.1.Value.1", "al*")],
            ),
            (OwnerFilter::Marketplace, None, &[("Owner.1", "aws-marketplace")]),
            // Which may be one's own.
            (account, None, &[("Owner.1", "123456789012"), ("IncludeDisabled", "true")]),
            (public.clone(), None, &[("Filter.2.Name", "name"), ("Filter.2.Value.1", "al2023-*")]),
            (public, Some("x"), &[("Filter.1.Name", "is-public"), ("Filter.2.Value.1", "x")]),
        ];
        for (whose, name, expected) in cases {
            let (session, asked) = scripted(|_, _| CannedResponse::ok(&images(&[])));
            let query = ImageQuery { whose: whose.clone(), name: name.map(str::to_owned), narrowed: Vec::new() };
            session.image_page(&eu(), &query, None).await.unwrap();
            let call = asked.of("DescribeImages").remove(0);
            assert_eq!(call.param("MaxResults"), "1000");
            for (key, value) in expected {
                assert_eq!(call.param(key), *value, "{whose:?}: {:?}", call.params);
            }
            let deprecated = matches!(whose, OwnerFilter::Shared | OwnerFilter::Account(_));
            let sent = call.param("IncludeDeprecated");
            assert_eq!(sent, if deprecated { "true" } else { "" }, "{whose:?}: {:?}", call.params);
            assert_eq!(call.params.contains_key("Owner.1"), expected[0].0 == "Owner.1", "{whose:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_narrowed_query_is_sent_as_filters() {
        let (session, asked) = scripted(|_, _| CannedResponse::ok(&images(&[])));
        let mut query = ImageQuery { whose: OwnerFilter::Public { name: "al*".into() }, ..ImageQuery::default() };
        let filter = crate::domain::filter::Filter::parse("arch:arm64 public:yes name:x* web", jiff::Timestamp::now());
        query.narrow(filter.ec2_filters());
        session.image_page(&eu(), &query, None).await.unwrap();
        let call = asked.of("DescribeImages").remove(0);
        let sent: Vec<_> = (1..=4)
            .map(|n| (call.param(&format!("Filter.{n}.Name")), call.param(&format!("Filter.{n}.Value.1"))))
            .collect();
        assert_eq!(sent, [("is-public", "true"), ("name", "al*"), ("architecture", "arm64"), ("", "")]);
    }

    #[tokio::test(start_paused = true)]
    async fn pages_follow_tokens_and_an_empty_page_is_not_the_last() {
        let (session, asked) = scripted(|_, asked| match asked.param("NextToken") {
            "" => CannedResponse::ok("<R><imagesSet/><nextToken>two</nextToken></R>"),
            _ => CannedResponse::ok(&images(&["ami-1", "ami-2"])),
        });
        let first = session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap();
        assert_eq!((first.images.len(), first.next.as_deref()), (0, Some("two")));
        let second = session.image_page(&eu(), &ImageQuery::default(), first.next).await.unwrap();
        assert_eq!((second.images.len(), second.next), (2, None));
        assert_eq!(second.images[0].state, ImageState::Available);
        assert_eq!(asked.all()[1].param("NextToken"), "two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_is_waited_out() {
        let (session, asked) = scripted(|n, _| match n {
            0 | 1 => CannedResponse::error(503, "RequestLimitExceeded", "Request limit exceeded."),
            _ => CannedResponse::ok(&images(&["ami-1"])),
        });
        assert_eq!(session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap().images.len(), 1);
        assert_eq!(asked.all().len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn unknown_ids_are_dropped_and_the_rest_asked_again() {
        let not_found = |message: &str| CannedResponse::error(400, "InvalidAMIID.NotFound", message);
        let (session, asked) = scripted(move |n, asked| match n {
            0 => not_found("The image ids '[ami-gone1, ami-gone2]' do not exist"),
            _ => CannedResponse::ok(&images(&asked.values("ImageId."))),
        });
        let found =
            session.describe_images(&eu(), &[ami("ami-gone1"), ami("ami-gone"), ami("ami-gone2")]).await.unwrap();
        assert_eq!(found.iter().map(|i| i.id.as_str()).collect::<Vec<_>>(), ["ami-gone"]);
        let calls = asked.all();
        assert_eq!(calls.len(), 2);
        assert!(calls.iter().all(|c| c.param("MaxResults").is_empty() && c.param("IncludeDisabled") == "true"));

        let (session, asked) = scripted(move |_, _| not_found("The image id '[ami-1]' does not exist"));
        assert_eq!(session.describe_images(&eu(), &[ami("ami-1")]).await.unwrap(), []);
        assert_eq!(asked.all().len(), 1, "nothing is left to ask for");
        assert_eq!(session.describe_images(&eu(), &[]).await.unwrap(), []);
        assert_eq!(asked.all().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_names_nobody_leads_to_the_filter() {
        let (session, asked) = scripted(|n, asked| match n {
            0 => CannedResponse::error(400, "InvalidAMIID.NotFound", "An image does not exist"),
            _ => CannedResponse::ok(&images(&[asked.param("Filter.1.Value.2")])),
        });
        let found = session.describe_images(&eu(), &[ami("ami-1"), ami("ami-2")]).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(asked.all()[1].param("Filter.1.Name"), "image-id");
        assert_eq!(asked.all()[1].param("IncludeDeprecated"), "true");
    }

    #[tokio::test(start_paused = true)]
    async fn only_an_image_that_is_not_there_is_left_out() {
        let (here, other) = ("ami-0000000a", "ami-0000000b");
        let (session, asked) = scripted(move |_, asked| match asked.param("Filter.1.Name") {
            "image-id" => CannedResponse::ok(&images(&[here, other])),
            _ => CannedResponse::error(400, "InvalidAMIID.Unavailable", "The image id '[ami-0000000a]' is unavailable"),
        });
        assert_eq!(session.describe_images(&eu(), &[ami(here), ami(other)]).await.unwrap().len(), 2);
        assert_eq!(asked.all().len(), 2);
        let malformed = |_, asked: &RecordedRequest| match asked.values("ImageId.").as_slice() {
            [id] if *id == "ami-0000000a" => CannedResponse::ok(&images(&["ami-0000000a"])),
            _ => CannedResponse::error(400, "InvalidAMIID.Malformed", "Invalid id"),
        };
        let (session, _) = scripted(malformed);
        assert_eq!(session.describe_images(&eu(), &[ami(here), ami("ami-b")]).await.unwrap().len(), 1);
        let failure = session.describe_images(&eu(), &[ami(here), ami(other)]).await.unwrap_err();
        assert!(failure.is("InvalidAMIID.Malformed"), "{failure:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn other_errors_are_not_swallowed() {
        let (session, _) = scripted(|_, _| CannedResponse::error(403, "UnauthorizedOperation", "no"));
        assert!(session.describe_images(&eu(), &[ami("ami-1")]).await.unwrap_err().is("UnauthorizedOperation"));
    }

    #[test]
    fn an_id_is_named_as_a_whole_word_only() {
        assert!(names("ids '[ami-1, ami-12]' do", "ami-1"));
        assert!(!names("ids '[ami-12]' do", "ami-1"));
    }
}
