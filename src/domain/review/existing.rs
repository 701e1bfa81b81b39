//! Copies whose name is taken or whose source was copied before, and what is done about each. `CopyImage` itself makes doubles
//! without a word.

use std::collections::{BTreeSet, HashSet};

use super::{
    checks::{CheckAnswer, CheckRequest},
    choice::{Choice, Decisions},
    index::{Index, is_pending_or_available},
    names::free_name,
    state::{CheckState, Review},
};
use crate::domain::{
    copy::{CopyRequest, ImageName},
    ids::ImageId,
    image::{Image, ImageState},
    placement::Placement,
    region::Region,
};

/// A copy that is there already, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// Index of the copy in the plan.
    pub copy: usize,
    pub found: Found,
    /// The number of other images that match.
    pub others: usize,
    /// It is the image that is to be copied, within its region.
    pub is_source: bool,
    pub same_name: bool,
    /// It is a copy of the same image.
    pub same_source: bool,
    /// It is encrypted in the same way; `None` if that is not known.
    pub same_encryption: Option<bool>,
    /// It is stored in the same place, such as an Outpost; `None` if that is not known: it is not in an image's listing.
    pub same_placement: Option<bool>,
    pub choice: Choice,
    /// The name it gets with [`Choice::Rename`]; `None` if no number is free.
    pub new_name: Option<ImageName>,
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Image {
        id: ImageId,
        name: String,
        state: ImageState,
    },
    /// An own copy that AWS has not accepted yet.
    Queued,
}

impl Existing {
    /// Returns true if the new copy would be the same as what is there.
    pub fn is_double(&self) -> bool {
        let alike = [self.same_encryption, self.same_placement] == [Some(true); 2];
        self.same_name && self.same_source && alike
    }
}

impl Review {
    /// Returns the copies that are there already, in the plan's order: all, or those of one destination.
    pub(super) fn existing(&self, index: &Index<'_>, only: Option<&Region>) -> Vec<Existing> {
        let mut found: Vec<Existing> = self
            .copies
            .iter()
            .enumerate()
            .filter(|(_, copy)| only.is_none_or(|region| *region == copy.destination))
            .filter_map(|(n, copy)| existing(n, copy, index))
            .collect();
        for existing in &mut found {
            let default = if existing.is_double() || self.skip_all { Choice::Skip } else { Choice::CopyAnyway };
            existing.choice = self.choices.get(&existing.copy).copied().unwrap_or(default);
        }
        self.name_numbered(index, &mut found);
        found
    }

    /// Returns the copies of this copy's source that are in its destination and of no use any more, such as failed ones.
    pub fn ended_copies(&self, copy: &CopyRequest) -> BTreeSet<ImageId> {
        let answers = self.checks.iter().filter_map(|check| match (&check.request, &check.state) {
            (CheckRequest::CopiesOf { region, .. }, CheckState::Answered(CheckAnswer::Images(images)))
                if *region == copy.destination =>
            {
                Some(images)
            }
            _ => None,
        });
        let is_copy = |image: &Image| image.copied_from().is_some_and(|(source, _)| *source == copy.source);
        let ended = |image: &&Image| !is_pending_or_available(image.state) && is_copy(image);
        answers.flatten().filter(ended).map(|image| image.id.clone()).collect()
    }

    /// Returns an image of a destination that the checks have found.
    pub fn image(&self, destination: &Region, id: &ImageId) -> Option<&Image> {
        let answers = self.checks.iter().filter_map(|check| match &check.state {
            CheckState::Answered(CheckAnswer::Images(images)) if check.request.region() == Some(destination) => {
                Some(images)
            }
            _ => None,
        });
        answers.flatten().find(|image| image.id == *id)
    }

    /// Returns true if it is known which of the plan's names are taken in a destination, and which of its sources were copied there.
    pub fn knows_existing(&self, destination: &Region) -> bool {
        let mut asked = self
            .checks
            .iter()
            .filter(|check| matches!(&check.request, CheckRequest::Names { region, .. } | CheckRequest::CopiesOf { region, .. } if region == destination));
        asked.all(|check| match &check.state {
            CheckState::Answered(_) => true,
            // EC2 answers with a code of its own. What cannot, such as moto, does not know the filter: names are all there is.
            CheckState::Failed(failure) => {
                failure.code.is_none() && matches!(check.request, CheckRequest::CopiesOf { .. })
            }
            CheckState::Waiting | CheckState::Sent => false,
        })
    }

    /// Skips every copy that is there already, also where that is found later.
    pub fn skip_existing(&mut self) {
        self.skip_all = true;
        self.choices.clear();
    }

    /// Adds what was chosen to the form's decisions.
    pub fn keep_choices(&self, decisions: &mut Decisions) {
        let mut choices = self.choices.clone();
        if self.skip_all {
            let existing = self.existing(&Index::of(self, None), None);
            choices.extend(existing.into_iter().map(|existing| (existing.copy, existing.choice)));
        }
        for (n, choice) in choices {
            if let Some(copy) = self.copies.get(n) {
                decisions.add(copy, choice);
            }
        }
    }

    /// Gives each copy that is there the next free name.
    fn name_numbered(&self, index: &Index<'_>, found: &mut [Existing]) {
        if found.is_empty() {
            return;
        }
        let mut taken: HashSet<(&Region, String)> =
            self.copies.iter().map(|copy| (&copy.destination, copy.name.to_string())).collect();
        for existing in found {
            let copy = &self.copies[existing.copy];
            let region = &copy.destination;
            let is_taken = |name: &str| {
                index.by_name.contains_key(&(region, name))
                    || index.jobs.contains_key(&(region, name))
                    || taken.contains(&(region, name.to_owned()))
            };
            existing.new_name = free_name(&copy.name, is_taken);
            if let (Choice::Rename, Some(name)) = (existing.choice, &existing.new_name) {
                taken.insert((region, name.to_string()));
            }
        }
    }

    /// Returns the copies to start: without those skipped, with the new names, and with the keys as far as they were resolved.
    pub(super) fn decided(&self, index: &Index<'_>, existing: &[Existing]) -> Vec<CopyRequest> {
        let skipped: BTreeSet<usize> = existing.iter().filter(|e| e.choice == Choice::Skip).map(|e| e.copy).collect();
        let mut copies = self.copies.clone();
        for existing in existing.iter().filter(|e| e.choice == Choice::Rename) {
            if let (Some(copy), Some(name)) = (copies.get_mut(existing.copy), &existing.new_name) {
                copy.name = name.clone();
                copy.templates = copy.templates.without_name().into();
            }
        }
        for copy in &mut copies {
            copy.expected.key_arn = index.key_arn(copy).map(Into::into);
        }
        copies.into_iter().enumerate().filter(|(n, _)| !skipped.contains(n)).map(|(_, copy)| copy).collect()
    }
}

/// Returns what is there of one copy: the closest match.
fn existing(n: usize, copy: &CopyRequest, index: &Index<'_>) -> Option<Existing> {
    let named = index.by_name.get(&(&copy.destination, copy.name.as_str())).map_or(&[][..], Vec::as_slice);
    let of_source = index.by_source.get(&(&copy.destination, &copy.source)).map_or(&[][..], Vec::as_slice);
    let wanted = index.encryption(copy);
    let mut matches: Vec<Existing> = named
        .iter()
        .chain(of_source.iter().filter(|image| named.iter().all(|known| known.id != image.id)))
        .map(|image| {
            let same_source = index.is_copy(image, copy);
            let same_name = *image.name == *copy.name.as_str();
            let found = Found::Image { id: image.id.clone(), name: image.name.to_string(), state: image.state };
            let same_placement = (copy.placement == Placement::Region).then_some(true);
            let is_source = image.id == copy.source && copy.source_region == copy.destination;
            let encryption = index.is_encrypted_so(image, wanted);
            Existing { is_source, ..matched(n, found, [same_name, same_source], encryption, same_placement) }
        })
        .filter(|e| e.same_name || e.same_source)
        .collect();
    for job in index.same_jobs(copy) {
        let same = if job.encryption == copy.encryption {
            Some(true)
        } else {
            index.encryption_as(&job.encryption, copy).same(wanted)
        };
        let placement = Some(job.placement == copy.placement);
        let image =
            matches.iter_mut().find(|e| matches!(&e.found, Found::Image { id, .. } if Some(id) == job.image.as_ref()));
        match image {
            // Its own request says more than an image that is still being made.
            Some(image) => {
                let encryption = image.same_encryption.or(same);
                (image.same_source, image.same_encryption, image.same_placement) = (true, encryption, placement);
            }
            None => matches.push(matched(n, Found::Queued, [true, true], same, placement)),
        }
    }
    let others = matches.len().checked_sub(1)?;
    // What may be a double comes before what is none.
    let unlike = |e: &Existing| [e.same_encryption, e.same_placement].contains(&Some(false));
    let closest =
        matches.into_iter().max_by_key(|e| (e.same_name && e.same_source, e.same_name, e.is_double(), !unlike(e)))?;
    Some(Existing { others, ..closest })
}

fn matched(
    copy: usize,
    found: Found,
    [same_name, same_source]: [bool; 2],
    same_encryption: Option<bool>,
    same_placement: Option<bool>,
) -> Existing {
    Existing {
        copy,
        found,
        others: 0,
        is_source: false,
        same_name,
        same_source,
        same_encryption,
        same_placement,
        choice: Choice::CopyAnyway,
        new_name: None,
    }
}
