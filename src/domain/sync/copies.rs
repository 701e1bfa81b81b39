//! Which copies are missing, and why the others are not made.

use std::{collections::HashMap, sync::Arc};

use super::{
    account_state::Route,
    action::{Action, ActionKind, ExistingCopy, KeepReason, SkipReason},
    keep_tag::KeepTag,
    planner::Planner,
    policy::VersionLimit,
    protection::of_policy,
    sources::{Sources, is_origin},
    tag::{CREATED_TAG, NAME_TAG, POLICY_TAG, SyncTag, made_by_sync},
};
use crate::domain::{
    copy::{ClientToken, CopyRequest},
    draft::Draft,
    ids::ImageId,
    image::{Image, ImageState, Tag},
    region::Region,
};

/// The copies in a region, by their sources.
type Copies<'a> = HashMap<&'a ImageId, Vec<&'a Arc<Image>>>;

impl Planner<'_> {
    /// Adds what is done about each image that a policy matches.
    pub(super) fn add_copies(&mut self, n: usize, sources: &Sources<'_>) {
        let policy = &self.policies[n];
        let mut routes: Vec<(&Region, Copies<'_>)> = Vec::new();
        for region in &policy.to {
            let Some(own) = self.account_state.own(region) else { continue };
            let mut copies = Copies::new();
            for image in own.filter(|image| sources.is_copy(image)) {
                if let Some(source) = &image.source_image_id {
                    copies.entry(source).or_default().push(image);
                }
            }
            routes.push((region, copies));
        }
        for source in &sources.matching {
            let reason = if made_by_sync(source, &self.account_state.account).is_ok() {
                Some(SkipReason::MadeBySync)
            } else if source.state != ImageState::Available {
                Some(SkipReason::NotAvailable(source.state))
            } else {
                (!sources.wanted.contains(&source.id)).then_some(SkipReason::Older)
            };
            if let Some(reason) = reason {
                let kind = ActionKind::Skip(reason, None);
                self.actions.push(Action { policy: n, region: None, image: Arc::clone(source), kind });
                continue;
            }
            for (region, copies) in &routes {
                let there = copies.get(&source.id).map_or(&[][..], Vec::as_slice);
                let kind = self.copy(n, source, region, there);
                let (region, image) = (Some((*region).clone()), Arc::clone(source));
                self.actions.push(Action { policy: n, region, image, kind });
            }
        }
    }

    /// Returns what is done about one wanted copy.
    fn copy(&mut self, n: usize, source: &Arc<Image>, region: &Region, copies: &[&Arc<Image>]) -> ActionKind {
        let removed = |image: &Image| self.account_state.being_removed.contains(&image.id);
        let in_state = |states: &[ImageState]| {
            copies.iter().find(|copy| states.contains(&copy.state) && !removed(copy)).map(|copy| Arc::clone(copy))
        };
        if let Some(existing) = self.existing(n, source, region, copies) {
            return ActionKind::Skip(SkipReason::Exists(existing), None);
        }
        let pending = in_state(&[ImageState::Pending, ImageState::Transient, ImageState::Unknown]);
        let route =
            Route { source_region: source.region.clone(), source: source.id.clone(), destination: region.clone() };
        let first = self.routes.get(&(source.id.clone(), region.clone())).copied();
        if let Some(other) = first {
            return ActionKind::Skip(SkipReason::OtherPolicy(other), None);
        }
        self.routes.insert((source.id.clone(), region.clone()), n);
        let request = match self.request(n, source, region) {
            Ok(mut request) => {
                let value = self.policies[n].tag_value(region).into();
                request.image_tags.push(Tag { key: POLICY_TAG.into(), value });
                request.image_tags.push(KeepTag::of(&self.policies[n]).tag());
                Box::new(request)
            }
            Err(why) => return ActionKind::Skip(SkipReason::Mistake(why), None),
        };
        if let Some(pending) = pending {
            return ActionKind::Skip(SkipReason::Pending(pending.id.clone()), Some(request));
        }
        if self.account_state.under_way.contains(&route) {
            return ActionKind::Skip(SkipReason::UnderWay, Some(request));
        }
        match self.named(&request) {
            Some(other) => ActionKind::Skip(SkipReason::NameTaken(other), None),
            None => ActionKind::Copy(request),
        }
    }

    /// Returns the copy that exists, or the image that the source is itself a copy of.
    fn existing(&self, n: usize, source: &Arc<Image>, region: &Region, copies: &[&Arc<Image>]) -> Option<ExistingCopy> {
        let origin = source.source_region.as_ref() == Some(region);
        let origin = self.account_state.own(region).filter(|_| origin).and_then(|mut own| {
            own.find(|image| image.state == ImageState::Available && is_origin(image, source)).map(Arc::clone)
        });
        let mut found: Vec<Arc<Image>> = copies.iter().map(|copy| Arc::clone(copy)).chain(origin).collect();
        found.retain(|image| matches!(image.state, ImageState::Available | ImageState::Disabled));
        found.retain(|image| !self.account_state.being_removed.contains(&image.id));
        // The best of several.
        let best = found
            .into_iter()
            .min_by_key(|image| (image.state != ImageState::Available, self.lacks_encryption(n, image)))?;
        let (not_encrypted, is_origin) = (self.lacks_encryption(n, &best), is_origin(&best, source));
        let of_sync = made_by_sync(&best, &self.account_state.account).is_ok();
        let for_other_policy = of_sync && of_policy(&best, &self.policies[n]) == Some(KeepReason::MadeForOtherPolicy);
        Some(ExistingCopy { image: best.id.clone(), state: best.state, not_encrypted, is_origin, for_other_policy })
    }

    /// Returns true if the image is not encrypted although the policy asks for that.
    pub(super) fn lacks_encryption(&self, n: usize, image: &Arc<Image>) -> bool {
        !image.encrypted() && !image.instance_store() && (self.draft)(n, image).encrypts()
    }

    /// Makes the request for a copy, with sync's tags, and without those of the policy, in which policies may differ.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    pub(super) fn request(&self, n: usize, source: &Arc<Image>, region: &Region) -> Result<CopyRequest, String> {
        let draft = (self.draft)(n, source);
        let draft = Draft { sources: vec![Arc::clone(source)], destinations: vec![region.clone()], ..draft };
        // The token of a request that is sent is derived later.
        let plan = draft.check_in(&self.context, || ClientToken::from_random(0));
        if let Some(mistake) = plan.mistakes.into_iter().next() {
            return Err(mistake.text);
        }
        let mut request = plan.copies.into_iter().next().ok_or("There is nothing to copy.")?;
        request.image_tags.push(SyncTag::of(&request).tag());
        let created = source.created.map(|created| Tag { key: CREATED_TAG.into(), value: created.to_string().into() });
        request.image_tags.extend(created);
        let name = (!source.name.is_empty()).then(|| Tag { key: NAME_TAG.into(), value: (*source.name).into() });
        request.image_tags.extend(name);
        Ok(request)
    }

    /// Returns the image that has the copy's name already, or is to get it. Names are not unique under `CopyImage`.
    fn named(&mut self, request: &CopyRequest) -> Option<ImageId> {
        let (region, name) = (&request.destination, request.name.as_str());
        let has_name = |image: &&Arc<Image>| {
            let state = matches!(image.state, ImageState::Available | ImageState::Pending | ImageState::Disabled);
            state && *image.name == *name && !self.account_state.being_removed.contains(&image.id)
        };
        if let Some(image) = self.account_state.own(region).and_then(|mut own| own.find(has_name)) {
            return Some(image.id.clone());
        }
        match self.names.insert((region.clone(), name.to_owned()), request.source.clone()) {
            Some(other) if other != request.source => {
                self.names.insert((region.clone(), name.to_owned()), other.clone());
                Some(other)
            }
            _ => None,
        }
    }

    /// Returns in what two policies differ that match the same image for the same region; `None` if they want the same.
    pub(super) fn difference(&self, [a, b]: [usize; 2], source: &Arc<Image>, region: &Region) -> Option<&'static str> {
        let versions = |n: usize| match &self.policies[n].versions {
            VersionLimit::All => None,
            newest @ VersionLimit::Newest { .. } => Some((newest, &self.policies[n].version_pattern)),
        };
        if versions(a) != versions(b) {
            return Some("how many versions are kept, or what becomes of older ones");
        }
        let (Ok(a), Ok(b)) = (self.request(a, source, region), self.request(b, source, region)) else { return None };
        if a.name != b.name {
            Some("the name of the copy")
        } else if a.encryption != b.encryption {
            Some("encryption or its key")
        } else if (&a.image_tags, &a.snapshot_tags, a.copy_tags) != (&b.image_tags, &b.snapshot_tags, b.copy_tags) {
            Some("tags")
        } else if a.post_copy != b.post_copy {
            Some("what is done after the copy")
        } else if (a.description, a.placement, a.completion) != (b.description, b.placement, b.completion) {
            Some("the description, the place or the time of the copy")
        } else {
            None
        }
    }
}
