//! Turns the contents of the copy form into copy requests: expansion, checks, warnings. Makes no AWS calls.

mod listed;
mod messages;
mod placement;
mod post_copy;
mod tags;
mod timing;
mod warnings;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

pub use listed::ListedImages;
pub use messages::{Superseded, ValidationMessage};
pub use post_copy::StepsPlan;
pub use timing::CompletionChoice;

use crate::domain::{
    copy::{ClientToken, CopyRequest, Description, Encryption, Expected, ImageName},
    draft::{Draft, Field, PlacementDraft},
    failure::Failure,
    image::{Image, ImageState},
    kms_key::KmsKeyRef,
    placement::Placement,
    region::Region,
    tag_line::JOB_TAGS,
    template::{expand, has_placeholder},
    text::{clean, thousands},
    typed_texts::TypedTexts,
};
use messages::Messages;
use post_copy::Steps;
use tags::{Along, OwnTags};

/// A checked draft.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Complete only if there are no mistakes.
    pub copies: Vec<CopyRequest>,
    /// What must be corrected first: one for each field, in the order of the form.
    pub mistakes: Vec<ValidationMessage>,
    /// What may go wrong; the user decides. One for each kind.
    pub warnings: Vec<ValidationMessage>,
}

impl Plan {
    /// Returns the size of all copies, GiB.
    pub fn size_gib(&self) -> u64 {
        self.copies.iter().map(CopyRequest::size_gib).sum()
    }

    /// Returns the mistake of a field.
    pub fn mistake(&self, field: &Field) -> Option<&str> {
        self.mistakes.iter().find(|r| r.field == *field).map(|r| r.text.as_str())
    }
}

/// What a check has to know besides the form's contents.
#[derive(Debug, Clone, Copy)]
pub struct CheckContext<'a> {
    pub now: Timestamp,
    /// More copies at once are refused, before any is built.
    pub max_copies: usize,
    /// Client tokens that were sent before. EC2 would answer one with the copy that it made then.
    pub used_tokens: &'a [ClientToken],
    /// How many tags amigrate adds to each image and snapshot.
    pub job_tags: usize,
    /// Images that are there already, as far as they are listed.
    pub listed: Option<&'a ListedImages>,
    /// Whether the keys of other accounts' images may be used is asked apart, and not warned of.
    pub asks_for_keys: bool,
}

impl CheckContext<'_> {
    /// The most copies at once, unless settings say otherwise.
    pub const MAX_COPIES: usize = 3_000;

    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            max_copies: Self::MAX_COPIES,
            used_tokens: &[],
            job_tags: JOB_TAGS,
            listed: None,
            asks_for_keys: false,
        }
    }
}

/// What is the same for all copies.
struct Common<'a> {
    today: Date,
    /// Destinations whose key is valid; `None` for the default key.
    keys: BTreeMap<&'a Region, Option<KmsKeyRef>>,
    tags: OwnTags,
    placement: Placement,
    steps: Steps,
    given_token: Option<ClientToken>,
    templates: Arc<TypedTexts>,
}

impl Draft {
    /// Checks everything that can be known without AWS. `token` is called once for each copy.
    pub fn check(&self, now: Timestamp, token: impl FnMut() -> ClientToken) -> Plan {
        self.check_in(&CheckContext::at(now), token)
    }

    /// Like [`Self::check`], with the settings and what was sent before.
    pub fn check_in(&self, context: &CheckContext<'_>, mut token: impl FnMut() -> ClientToken) -> Plan {
        let (mut mistakes, mut warnings) = (Messages::default(), Messages::default());
        if let Some(text) = self.too_many(context.max_copies) {
            mistakes.add(Field::Sources, text);
            return Plan { mistakes: mistakes.finish(), ..Plan::default() };
        }
        self.check_sources(&mut mistakes);
        self.check_completion(&mut mistakes, &mut warnings);
        let common = Common {
            today: context.now.to_zoned(TimeZone::UTC).date(),
            keys: self.check_keys(&mut mistakes),
            tags: OwnTags::read(self, context.job_tags, &mut mistakes),
            placement: self.check_placement(&mut mistakes),
            steps: self.check_post_copy(context.now, &mut mistakes, &mut warnings),
            given_token: self.check_token(context.used_tokens, &mut mistakes),
            templates: Arc::new(self.templates()),
        };
        let copies = self.build(&common, &mut token, &mut mistakes, &mut warnings);
        if let Some(listed) = context.listed {
            listed.warn(&copies, &mut warnings);
        }
        if self.destinations.is_empty() {
            mistakes.add(Field::Destinations, "Choose at least one region to copy to.".into());
            self.check_texts(&common, &mut mistakes);
        }
        self.warn_of_sources(context, &mut warnings);
        Plan { copies, mistakes: mistakes.finish(), warnings: warnings.finish() }
    }

    /// Returns why encryption cannot be changed, or `None` if it can.
    pub fn encryption_fixed(&self) -> Option<&'static str> {
        let on_outpost = matches!(self.placement, PlacementDraft::Outpost(_));
        self.encryption_fixed_by_sources().or(on_outpost.then_some("A copy on an Outpost is always encrypted."))
    }

    /// The same, as far as it is for the sources.
    pub fn encryption_fixed_by_sources(&self) -> Option<&'static str> {
        if !self.sources.is_empty() && self.sources.iter().all(|s| s.instance_store()) {
            Some("An instance-store image has no snapshots to encrypt.")
        } else if !self.sources.is_empty() && self.sources.iter().all(|s| s.encrypted()) {
            Some("A copy of an encrypted image is always encrypted.")
        } else {
            None
        }
    }

    /// Returns why there are too many copies. Images alone count as copies to one region, because their names are checked too.
    fn too_many(&self, most: usize) -> Option<String> {
        too_many_copies(self.copies().max(self.sources.len()), most)
    }

    fn check_sources(&self, mistakes: &mut Messages) {
        if self.sources.is_empty() {
            mistakes.add(Field::Sources, "No image is chosen.".into());
        }
        for source in self.sources.iter().filter(|s| s.state != ImageState::Available) {
            let text = format!("{} {}; only an available image can be copied.", source.id, source.state.predicate());
            mistakes.add(Field::Sources, text);
        }
        if self.encrypt && self.sources.iter().any(|s| s.instance_store()) {
            mistakes.add(Field::Encryption, "An instance-store image has no snapshots to encrypt.".into());
        }
    }

    fn check_keys(&self, mistakes: &mut Messages) -> BTreeMap<&Region, Option<KmsKeyRef>> {
        let valid =
            |destination| Some((destination, mistakes.check(self.key_field(destination), self.key_for(destination))?));
        self.destinations.iter().filter_map(valid).collect()
    }

    fn check_token(&self, used: &[ClientToken], mistakes: &mut Messages) -> Option<ClientToken> {
        let text = self.client_token.trim();
        if text.is_empty() {
            return None;
        }
        let copies = self.copies();
        if copies > 1 {
            let text = format!("A client token can be given for a single copy only; these are {}.", thousands(copies));
            mistakes.add(Field::ClientToken, text);
        }
        let token = mistakes.check(Field::ClientToken, ClientToken::given(text))?;
        if used.contains(&token) {
            let text = "This token was sent before: EC2 would answer with that copy, or refuse. Give another, or none.";
            mistakes.add(Field::ClientToken, text.into());
        }
        Some(token)
    }

    /// Checks the templates in the sources' regions, for a draft without destinations.
    fn check_texts(&self, common: &Common<'_>, mistakes: &mut Messages) {
        for source in &self.sources {
            let region = &source.region;
            mistakes.check(Field::Name, self.name_for(source, region, common.today));
            mistakes.check(Field::Description, self.description_for(source, region, common.today));
            let along = common.tags.along(source, &self.source_tags, mistakes);
            _ = common.tags.of_image(&along, source, (region, common.today), mistakes);
            _ = common.tags.of_snapshots(source, region, common.today, mistakes);
        }
    }

    fn name_for(&self, source: &Image, destination: &Region, today: Date) -> Result<ImageName, Failure> {
        let name = expand(&self.name, source, destination, today).and_then(|n| ImageName::new(&n))?;
        // EC2 takes such a name, and the source may have it; one that was typed is a slip.
        let text = name.as_str();
        if text.trim() != text && text != &*source.name {
            return Err(Failure::new("use this name", "it begins or ends with a space"));
        }
        Ok(name)
    }

    fn description_for(&self, source: &Image, destination: &Region, today: Date) -> Result<Description, Failure> {
        let text = expand(&self.description, source, destination, today)?;
        if self.description.contains("{source_description}") {
            // The source's description may be too long or contain control characters, which is not the user's mistake.
            let truncated: String = clean(&text).chars().take(Description::MAX).collect();
            return Description::new(truncated.trim_end());
        }
        Description::new(&text)
    }

    /// Returns what was typed, where it has placeholders.
    fn templates(&self) -> TypedTexts {
        let text = |text: &String| has_placeholder(text).then(|| text.clone());
        let lines = |lines: &[String]| {
            let given: Vec<String> = lines.iter().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
            given.iter().any(|line| has_placeholder(line)).then_some(given)
        };
        TypedTexts {
            name: text(&self.name),
            description: text(&self.description),
            image_tags: lines(&self.image_tags),
            snapshot_tags: lines(&self.snapshot_tags),
        }
    }

    /// Returns the key given for a destination alone.
    fn own_key(&self, destination: &Region) -> Option<&str> {
        self.keys.get(destination).map(|k| k.trim()).filter(|k| !k.is_empty())
    }

    /// Returns the field that a destination's key comes from.
    fn key_field(&self, destination: &Region) -> Field {
        self.own_key(destination).map_or(Field::Key, |_| Field::KeyFor(destination.clone()))
    }

    fn key_for(&self, destination: &Region) -> Result<Option<KmsKeyRef>, Failure> {
        let text = self.own_key(destination).unwrap_or(self.key.trim());
        if text.is_empty() || !self.encrypts() {
            return Ok(None);
        }
        let key = KmsKeyRef::new(text)?;
        match key.region() {
            Some(region) if region != *destination => Err(Failure::new(
                "use this key",
                format!("that key is in {region}; a copy to {destination} needs a key there"),
            )),
            _ => Ok(Some(key)),
        }
    }

    fn build(
        &self,
        common: &Common<'_>,
        token: &mut impl FnMut() -> ClientToken,
        mistakes: &mut Messages,
        warnings: &mut Messages,
    ) -> Vec<CopyRequest> {
        let mut copies = Vec::with_capacity(self.copies());
        let mut names: HashMap<(&Region, ImageName), &Image> = HashMap::new();
        for source in &self.sources {
            let along = common.tags.along(source, &self.source_tags, mistakes);
            for destination in self.destinations.iter().filter(|to| self.wants(source, to)) {
                if source.region.partition() != destination.partition() {
                    mistakes.add(Field::Destinations, other_partition(&source.region, destination));
                    continue;
                }
                let Some(copy) = self.copy((source, &along), destination, common, mistakes) else { continue };
                if let Some(other) = names.insert((destination, copy.name.clone()), source) {
                    let text = format!(
                        "{} and {} would both be named \"{}\" in {destination}; put {{source_id}} into the name.",
                        other.id, source.id, copy.name
                    );
                    mistakes.add(Field::Name, text);
                }
                // Names are of one account.
                let is_own = self.account.as_ref().is_none_or(|own| *own == source.owner_id);
                if is_own && *destination == source.region && copy.name.as_str() == &*source.name {
                    let text = format!(
                        "{} in {destination} has the name \"{}\" already: there would be two images of that name.",
                        source.id, copy.name
                    );
                    warnings.add_known_later(Field::Name, "", text);
                }
                copies.push(CopyRequest { token: token(), ..copy });
            }
        }
        copies
    }

    /// Builds a copy, all but its token.
    fn copy(
        &self,
        (source, along): (&Image, &Along<'_>),
        destination: &Region,
        common: &Common<'_>,
        mistakes: &mut Messages,
    ) -> Option<CopyRequest> {
        let today = common.today;
        let name = mistakes.check(Field::Name, self.name_for(source, destination, today));
        let description = mistakes.check(Field::Description, self.description_for(source, destination, today));
        let image_tags = common.tags.of_image(along, source, (destination, today), mistakes);
        let snapshot_tags = common.tags.of_snapshots(source, destination, today, mistakes);
        let encryption = if self.encrypts() && !source.instance_store() {
            Encryption::Encrypt { key: common.keys.get(destination)?.clone() }
        } else {
            Encryption::Keep
        };
        Some(CopyRequest {
            source: source.id.clone(),
            source_name: source.name.to_string(),
            source_region: source.region.clone(),
            destination: destination.clone(),
            name: name?,
            description: description?,
            encryption,
            copy_tags: along.copied,
            source_tags: along.of_source(source),
            volumes: source.snapshot_volumes(),
            source_snapshots: source.snapshot_ids().cloned().collect(),
            image_tags,
            snapshot_tags,
            placement: common.placement.clone(),
            completion: self.completion,
            post_copy: self.steps_for(source, &common.steps),
            given_token: common.given_token.clone(),
            expected: Expected { devices: source.snapshot_devices(), encrypted: source.encrypted(), key_arn: None },
            templates: Arc::clone(&common.templates),
            token: ClientToken::from_random(0),
        })
    }
}

/// Returns why this many copies at once are refused, or `None` if they are not.
pub fn too_many_copies(copies: usize, most: usize) -> Option<String> {
    (copies > most).then(|| {
        format!(
            "{} copies at once are more than {} (setting copy.max_copies). Split them: mark fewer images, or choose fewer \
             regions.",
            thousands(copies),
            thousands(most)
        )
    })
}

fn other_partition(from: &Region, to: &Region) -> String {
    format!(
        "{to} is in another partition than {from}: CopyImage cannot copy from {} to {}, but CreateStoreImageTask and \
         CreateRestoreImageTask can.",
        from.partition().as_str(),
        to.partition().as_str()
    )
}

#[cfg(test)]
mod tests;
