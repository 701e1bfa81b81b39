//! `CreateTags`, `DeleteTags` and `DescribeTags`.

use jiff::Timestamp;

use crate::{
    domain::{Region, image::Tag},
    sim::{
        api::{
            call::Call,
            filters::{self, Filter, TagOf},
            listing::{ImagesCall, SnapshotsCall},
            paging::{Listing, PageRequest},
            validation::{
                check_image_id, check_snapshot_id, check_tag_prefix, check_tags, images_not_found, snapshot_not_found,
                too_many_tags,
            },
        },
        api_error::ApiError,
        world::{
            records::ChangeKind,
            state::{RegionState, World},
            timeline::Actor,
        },
    },
};

/// A tag to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagToDelete {
    pub(crate) key: String,
    /// `None` is any value.
    pub(crate) value: Option<String>,
}

impl Call<'_> {
    pub(crate) fn create_tags(self) -> Result<String, ApiError> {
        let (resources, tags) = (self.params.list("ResourceId"), self.params.tags(""));
        let ready = self.ready()?;
        ready.world.create_tags(ready.region, &resources, &tags, Actor::Request, ready.now)?;
        Ok(ready.response_true())
    }

    pub(crate) fn delete_tags(self) -> Result<String, ApiError> {
        let resources = self.params.list("ResourceId");
        let tag = |entry: &String| TagToDelete {
            key: self.params.text(&format!("{entry}.Key")),
            value: self.params.get(&format!("{entry}.Value")).map(str::to_owned),
        };
        let tags: Vec<TagToDelete> = self.params.entries("Tag").iter().map(tag).collect();
        let ready = self.ready()?;
        ready.world.delete_tags(ready.region, &resources, &tags, Actor::Request, ready.now)?;
        Ok(ready.response_true())
    }

    pub(crate) fn describe_tags(self) -> Result<String, ApiError> {
        let (filters, page) = (self.params.filters(), self.page()?);
        let ready = self.ready()?;
        let page = ready.world.describe_tags(ready.region, &filters, &page, ready.now)?;
        Ok(ready.response(|xml| {
            xml.items("tagSet", &page.items, |xml, of| {
                xml.leaf("resourceId", &of.resource);
                xml.leaf("resourceType", of.resource_type);
                xml.leaf("key", &of.tag.key);
                xml.leaf("value", &of.tag.value);
            });
            xml.optional("nextToken", page.next.as_deref());
        }))
    }
}

impl World {
    /// Carries out `CreateTags` on images and snapshots.
    pub(crate) fn create_tags(
        &mut self,
        region: &Region,
        resources: &[&str],
        tags: &[Tag],
        by: Actor,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if resources.is_empty() {
            return Err(ApiError::missing("resourceIdSet"));
        }
        if tags.is_empty() {
            return Err(ApiError::missing("tagSet"));
        }
        check_tags(tags)?;
        let state = self.enabled(region)?;
        let mut changed: Vec<(Box<str>, Vec<Tag>)> = Vec::new();
        for id in resources {
            let mut all = self.tags_of(state, id, now)?;
            all.retain(|t| tags.iter().all(|new| new.key != t.key));
            all.extend(tags.iter().cloned());
            all.sort();
            // AWS's own do not count.
            if all.iter().filter(|t| !t.key.starts_with("aws:")).count() > 50 {
                return Err(too_many_tags());
            }
            changed.push((Box::from(*id), all));
        }
        for id in resources {
            self.record(region, by, ChangeKind::Tagged, id, now);
        }
        self.enabled_mut(region)?.tags.extend(changed);
        Ok(())
    }

    /// Carries out `DeleteTags`: all tags but AWS's own if none is named. A tag that the resource does not have is no error.
    pub(crate) fn delete_tags(
        &mut self,
        region: &Region,
        resources: &[&str],
        tags: &[TagToDelete],
        by: Actor,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if resources.is_empty() {
            return Err(ApiError::missing("resourceIdSet"));
        }
        tags.iter().try_for_each(|tag| check_tag_prefix(&tag.key))?;
        let deleted = |tag: &Tag| {
            tags.is_empty() && !tag.key.starts_with("aws:")
                || tags.iter().any(|t| *t.key == *tag.key && t.value.as_ref().is_none_or(|v| **v == *tag.value))
        };
        let state = self.enabled(region)?;
        let mut changed: Vec<(Box<str>, Vec<Tag>)> = Vec::new();
        for id in resources {
            let mut left = self.tags_of(state, id, now)?;
            left.retain(|tag| !deleted(tag));
            changed.push((Box::from(*id), left));
        }
        for id in resources {
            self.record(region, by, ChangeKind::Untagged, id, now);
        }
        self.enabled_mut(region)?.tags.extend(changed);
        Ok(())
    }

    /// Returns the tags of an image or snapshot.
    fn tags_of(&self, state: &RegionState, id: &str, now: Timestamp) -> Result<Vec<Tag>, ApiError> {
        if id.starts_with("snap-") {
            check_snapshot_id(id)?;
            return Ok(self.snapshot(state, id, now).ok_or_else(|| snapshot_not_found(id))?.snapshot.tags);
        }
        if id.starts_with("ami-") {
            check_image_id(id)?;
            return Ok(self.image(state, id, now).ok_or_else(|| images_not_found(&[id]))?.image.tags);
        }
        Err(ApiError::new("InvalidID", format!("The ID '{id}' is not valid")))
    }

    /// Carries out `DescribeTags`. The token is the index of the next tag.
    fn describe_tags(
        &self,
        region: &Region,
        filters: &[Filter],
        page: &PageRequest,
        now: Timestamp,
    ) -> Result<Listing<TagOf>, ApiError> {
        let state = self.enabled(region)?;
        let filter = filters::TAGS.compile(filters)?;
        page.check(&[], "")?;
        let start = page.start(|token| token.strip_prefix("t.")?.parse::<usize>().ok())?.unwrap_or_default();
        let mut all = match filters
            .iter()
            .find(|f| f.name == "resource-id" && !f.values.iter().any(|v| v.contains(['*', '?'])))
        {
            // Not all of a hundred thousand images for one of them.
            Some(named) => named.values.iter().flat_map(|id| self.tags_on(state, id, now)).collect(),
            None => self.own_tags(region, now)?,
        };
        all.retain(|tag| filter.matches(tag));
        let end = start.saturating_add(page.limit());
        let next = (end < all.len()).then(|| format!("t.{end}"));
        Ok(Listing { items: all.into_iter().skip(start).take(page.limit()).collect(), next })
    }

    fn own_tags(&self, region: &Region, now: Timestamp) -> Result<Vec<TagOf>, ApiError> {
        let owners = vec!["self".to_owned()];
        let images = ImagesCall { owners: owners.clone(), include_disabled: true, ..ImagesCall::default() };
        let images = self.describe_images(region, &images, now)?.items;
        let snapshots = SnapshotsCall { owners, ..SnapshotsCall::default() };
        let snapshots = self.describe_snapshots(region, &snapshots, now)?.items;
        let of_images = images.into_iter().flat_map(|i| tags_of_resource(i.image.id.as_str(), i.image.tags));
        let of_snapshots =
            snapshots.into_iter().flat_map(|s| tags_of_resource(s.snapshot.id.as_str(), s.snapshot.tags));
        Ok(of_images.chain(of_snapshots).collect())
    }

    fn tags_on(&self, state: &RegionState, id: &str, now: Timestamp) -> Vec<TagOf> {
        tags_of_resource(id, self.tags_of(state, id, now).unwrap_or_default())
    }
}

fn tags_of_resource(id: &str, tags: Vec<Tag>) -> Vec<TagOf> {
    let resource_type = if id.starts_with("ami-") { "image" } else { "snapshot" };
    tags.into_iter().map(|tag| TagOf { resource: id.to_owned(), resource_type, tag }).collect()
}
