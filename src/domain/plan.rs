//! Turns the contents of the copy form into copy requests: expansion, checks, warnings. Makes no AWS calls.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::domain::{
    copy::{ClientToken, CopyRequest, Description, Encryption, ImageName},
    draft::{Draft, Field, SourceTags},
    failure::Failure,
    image::{Image, ImageState, Tag},
    kms_key::KmsKeyRef,
    placement::Placement,
    region::Region,
    template::expand,
    text::clean,
};

/// Mistake or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationMessage {
    pub field: Field,
    /// One sentence.
    pub text: String,
}

/// A checked draft.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Complete only if there are no mistakes.
    pub copies: Vec<CopyRequest>,
    /// What must be corrected first.
    pub mistakes: Vec<ValidationMessage>,
    /// What may go wrong; the user decides.
    pub warnings: Vec<ValidationMessage>,
}

impl Plan {
    /// Returns the size of all copies, GiB.
    pub fn size_gib(&self) -> u64 {
        self.copies.iter().map(CopyRequest::size_gib).sum()
    }

    /// Returns the first mistake of a field.
    pub fn mistake(&self, field: &Field) -> Option<&str> {
        self.mistakes.iter().find(|r| r.field == *field).map(|r| r.text.as_str())
    }
}

impl Draft {
    /// Checks everything that can be known without AWS. `token` is called once for each copy.
    pub fn check(&self, now: Timestamp, mut token: impl FnMut() -> ClientToken) -> Plan {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut plan = Plan::default();
        let mut mistake = |field: Field, text: String| {
            if !plan.mistakes.iter().any(|r| r.field == field) {
                plan.mistakes.push(ValidationMessage { field, text });
            }
        };
        self.check_sources(&mut mistake);
        if self.destinations.is_empty() {
            mistake(Field::Destinations, "Choose at least one region to copy to.".into());
        }
        for key in self.keys.keys().filter(|r| self.destinations.contains(r)) {
            self.key_for(key).map_or_else(|(field, e)| mistake(field, sentence(&e.why)), |_| ());
        }
        let mut names: HashMap<(&Region, ImageName), &Image> = HashMap::new();
        for source in &self.sources {
            for destination in &self.destinations {
                if source.region.partition() != destination.partition() {
                    mistake(
                        Field::Destinations,
                        format!(
                            "{destination} is in another partition than {}: images cannot be copied between {} and {}.",
                            source.region,
                            source.region.partition().as_str(),
                            destination.partition().as_str()
                        ),
                    );
                    continue;
                }
                match self.copy(source, destination, today, &mut token) {
                    Ok(copy) => {
                        if let Some(other) = names.insert((destination, copy.name.clone()), source) {
                            mistake(
                                Field::Name,
                                format!(
                                    "{} and {} would both be named \"{}\" in {destination}; put {{source_id}} into the name.",
                                    other.id, source.id, copy.name
                                ),
                            );
                        }
                        plan.copies.push(copy);
                    }
                    Err((field, failure)) => mistake(field, sentence(&failure.why)),
                }
            }
        }
        if self.destinations.is_empty() {
            self.check_texts(today, &mut mistake);
        }
        plan.warnings = self.warnings();
        plan
    }

    /// Returns why encryption cannot be changed, or `None` if it can.
    pub fn encryption_fixed(&self) -> Option<&'static str> {
        if !self.sources.is_empty() && self.sources.iter().all(|s| s.instance_store()) {
            Some("An instance-store image has no snapshots to encrypt.")
        } else if !self.sources.is_empty() && self.sources.iter().all(|s| s.encrypted()) {
            Some("A copy of an encrypted image is always encrypted.")
        } else {
            None
        }
    }

    fn check_sources(&self, mistake: &mut impl FnMut(Field, String)) {
        if self.sources.is_empty() {
            mistake(Field::Sources, "No image is chosen.".into());
        }
        for source in self.sources.iter().filter(|s| s.state != ImageState::Available) {
            mistake(
                Field::Sources,
                format!("{} is {}; only an available image can be copied.", source.id, source.state.as_str()),
            );
        }
        if self.encrypt && self.sources.iter().any(|s| s.instance_store()) {
            mistake(Field::Encryption, "An instance-store image has no snapshots to encrypt.".into());
        }
    }

    /// Checks name and description in the source's region, for a draft without destinations.
    fn check_texts(&self, today: Date, mistake: &mut impl FnMut(Field, String)) {
        for source in &self.sources {
            if let Err(e) = self.name_for(source, &source.region, today) {
                mistake(Field::Name, sentence(&e.why));
            }
            if let Err(e) = self.description_for(source, &source.region, today) {
                mistake(Field::Description, sentence(&e.why));
            }
        }
    }

    fn name_for(&self, source: &Image, destination: &Region, today: Date) -> Result<ImageName, Failure> {
        expand(&self.name, source, destination, today).and_then(|n| ImageName::new(&n))
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

    fn key_for(&self, destination: &Region) -> Result<Option<KmsKeyRef>, (Field, Failure)> {
        let own = self.keys.get(destination).map(|k| k.trim()).filter(|k| !k.is_empty());
        let (field, text) = own.map_or((Field::Key, self.key.trim()), |own| (Field::KeyFor(destination.clone()), own));
        if text.is_empty() || !self.encrypt {
            return Ok(None);
        }
        let key = KmsKeyRef::new(text).map_err(|e| (field.clone(), e))?;
        match key.region() {
            Some(region) if region != *destination => Err((
                field,
                Failure::new(
                    "use this key",
                    format!("that key is in {region}; a copy to {destination} needs a key there"),
                ),
            )),
            _ => Ok(Some(key)),
        }
    }

    fn copy(
        &self,
        source: &Image,
        destination: &Region,
        today: Date,
        token: &mut impl FnMut() -> ClientToken,
    ) -> Result<CopyRequest, (Field, Failure)> {
        let name = self.name_for(source, destination, today).map_err(|e| (Field::Name, e))?;
        let description = self.description_for(source, destination, today).map_err(|e| (Field::Description, e))?;
        let encryption = if self.encrypt && !source.instance_store() {
            Encryption::Encrypt { key: self.key_for(destination)? }
        } else {
            Encryption::Keep
        };
        let all_tags = self.source_tags == SourceTags::All;
        let has_job_tags = source.tags.iter().any(|t| is_job_tag(&t.key));
        Ok(CopyRequest {
            source: source.id.clone(),
            source_name: source.name.to_string(),
            source_region: source.region.clone(),
            destination: destination.clone(),
            name,
            description,
            encryption,
            copy_tags: all_tags && !has_job_tags,
            volumes: source.snapshot_volumes(),
            source_snapshots: source.snapshot_ids().cloned().collect(),
            image_tags: if all_tags && has_job_tags { tags_to_copy(source) } else { Vec::new() },
            snapshot_tags: Vec::new(),
            placement: Placement::Region,
            completion: None,
            post_copy: Vec::new(),
            given_token: None,
            token: token(),
        })
    }

    fn warnings(&self) -> Vec<ValidationMessage> {
        let mut warnings = Vec::new();
        for source in &self.sources {
            let shared = self.account.as_ref().is_some_and(|own| *own != source.owner_id);
            let mut warn = |text: String| warnings.push(ValidationMessage { field: Field::Sources, text });
            if shared && !source.product_codes.is_empty() {
                warn(format!(
                    "{} belongs to {} and has a product code: AWS refuses to copy such images.",
                    source.id, source.owner_id
                ));
            }
            if shared && source.encrypted() {
                warn(format!(
                    "{} belongs to {} and is encrypted: the copy works only if its key is shared with you.",
                    source.id, source.owner_id
                ));
            }
            if &*source.virtualization == "paravirtual" {
                warn(format!("{} is paravirtual: newer regions cannot take it.", source.id));
            }
        }
        warnings
    }
}

/// Returns true for tags that identify a job's images. On a copy of a copy they would identify the wrong one.
fn is_job_tag(key: &str) -> bool {
    key.starts_with("amigrate:")
}

/// Returns the tags that `CopyImageTags` would copy, without job tags.
fn tags_to_copy(source: &Image) -> Vec<Tag> {
    source.tags.iter().filter(|t| !is_job_tag(&t.key) && !t.key.starts_with("aws:")).cloned().collect()
}

/// Capitalises a phrase and adds a full stop.
fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let mut text: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    text.push_str(chars.as_str());
    text.push('.');
    text
}

#[cfg(test)]
mod tests;
