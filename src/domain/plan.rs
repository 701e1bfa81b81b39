//! From what a person filled in to copies ready to send: expansion, checks, warnings. No call is made here.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::civil::Date;

use crate::domain::{
    copy::{ClientToken, CopyRequest, Description, Encryption, ImageName},
    failure::Failure,
    image::{Image, ImageState, Tag},
    kms_key::KmsKeyRef,
    query::AccountId,
    region::Region,
    template::expand,
    text::clean,
};

/// What stands in the copy form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// The images to copy.
    pub sources: Vec<Arc<Image>>,
    /// Where to; each source goes to each.
    pub destinations: Vec<Region>,
    /// A name, or a template with `{name}`, `{region}`, `{source_id}`, `{date}`.
    pub name: String,
    /// A description, or a template with those and `{source_region}`, `{source_description}`.
    pub description: String,
    /// Whether the copies are encrypted; where false, each stays as its source is.
    pub encrypt: bool,
    /// The key for every destination; empty for the destination's default.
    pub key: String,
    /// Keys for single destinations, which come before `key`.
    pub keys: BTreeMap<Region, String>,
    /// Whether the sources' own tags go along.
    pub copy_tags: bool,
    /// The account that copies, where known: tells shared images from own ones.
    pub account: Option<AccountId>,
}

/// The field a mistake stands beside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The images themselves.
    Sources,
    /// The destination regions.
    Destinations,
    /// The name.
    Name,
    /// The description.
    Description,
    /// The encryption toggle.
    Encryption,
    /// The key for all destinations.
    Key,
    /// The key for one destination.
    KeyFor(Region),
    /// Whether the sources' own tags are copied.
    CopyTags,
}

/// What stops a draft from being sent, or what may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationMessage {
    /// Where it belongs.
    pub field: Field,
    /// A sentence.
    pub text: String,
}

/// A checked draft.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The copies, complete only if there are no mistakes.
    pub copies: Vec<CopyRequest>,
    /// What must change first.
    pub mistakes: Vec<ValidationMessage>,
    /// What may go wrong; the person decides.
    pub warnings: Vec<ValidationMessage>,
}

impl Plan {
    /// GiB in all copies.
    pub fn size_gib(&self) -> u64 {
        self.copies.iter().map(CopyRequest::size_gib).sum()
    }

    /// The first mistake beside a field.
    pub fn mistake(&self, field: &Field) -> Option<&str> {
        self.mistakes.iter().find(|r| r.field == *field).map(|r| r.text.as_str())
    }
}

impl Draft {
    /// Checks everything that can be known before a call. `token` is asked once for each copy.
    pub fn check(&self, today: Date, mut token: impl FnMut() -> ClientToken) -> Plan {
        let mut plan = Plan::default();
        let mut wrong = |field: Field, text: String| {
            if !plan.mistakes.iter().any(|r| r.field == field) {
                plan.mistakes.push(ValidationMessage { field, text });
            }
        };
        self.check_sources(&mut wrong);
        if self.destinations.is_empty() {
            wrong(Field::Destinations, "Choose at least one region to copy to.".into());
        }
        for key in self.keys.keys().filter(|r| self.destinations.contains(r)) {
            self.key_for(key).map_or_else(|(field, e)| wrong(field, sentence(&e.why)), |_| ());
        }
        let mut names: HashMap<(&Region, ImageName), &Image> = HashMap::new();
        for source in &self.sources {
            for destination in &self.destinations {
                if source.region.partition() != destination.partition() {
                    wrong(
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
                            wrong(
                                Field::Name,
                                format!(
                                    "{} and {} would both be named \"{}\" in {destination}; put {{source_id}} into the name.",
                                    other.id, source.id, copy.name
                                ),
                            );
                        }
                        plan.copies.push(copy);
                    }
                    Err((field, failure)) => wrong(field, sentence(&failure.why)),
                }
            }
        }
        if self.destinations.is_empty() {
            self.check_texts(today, &mut wrong);
        }
        plan.warnings = self.warnings();
        plan
    }

    /// Whether encryption cannot be chosen, and why.
    pub fn encryption_fixed(&self) -> Option<&'static str> {
        if !self.sources.is_empty() && self.sources.iter().all(|s| s.instance_store()) {
            Some("An instance-store image has no snapshots to encrypt.")
        } else if !self.sources.is_empty() && self.sources.iter().all(|s| s.encrypted()) {
            Some("A copy of an encrypted image is always encrypted.")
        } else {
            None
        }
    }

    fn check_sources(&self, wrong: &mut impl FnMut(Field, String)) {
        if self.sources.is_empty() {
            wrong(Field::Sources, "No image is chosen.".into());
        }
        for source in self.sources.iter().filter(|s| s.state != ImageState::Available) {
            wrong(
                Field::Sources,
                format!("{} is {}; only an available image can be copied.", source.id, source.state.as_str()),
            );
        }
        if self.encrypt && self.sources.iter().any(|s| s.instance_store()) {
            wrong(Field::Encryption, "An instance-store image has no snapshots to encrypt.".into());
        }
    }

    /// Without a destination there is no copy to check: the texts are checked as they would expand at home.
    fn check_texts(&self, today: Date, wrong: &mut impl FnMut(Field, String)) {
        for source in &self.sources {
            if let Err(e) = self.name_for(source, &source.region, today) {
                wrong(Field::Name, sentence(&e.why));
            }
            if let Err(e) = self.description_for(source, &source.region, today) {
                wrong(Field::Description, sentence(&e.why));
            }
        }
    }

    fn name_for(&self, source: &Image, destination: &Region, today: Date) -> Result<ImageName, Failure> {
        expand(&self.name, source, destination, today).and_then(|n| ImageName::new(&n))
    }

    fn description_for(&self, source: &Image, destination: &Region, today: Date) -> Result<Description, Failure> {
        let text = expand(&self.description, source, destination, today)?;
        if self.description.contains("{source_description}") {
            // What somebody else wrote may be long or odd; it is cut, where one's own text would be a mistake.
            let cut: String = clean(&text).chars().take(Description::MAX).collect();
            return Description::new(cut.trim_end());
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
        let marked = source.tags.iter().any(|t| is_job_tag(&t.key));
        Ok(CopyRequest {
            source: source.id.clone(),
            source_name: source.name.to_string(),
            source_region: source.region.clone(),
            destination: destination.clone(),
            name,
            description,
            encryption,
            copy_tags: self.copy_tags && !marked,
            volumes: source.snapshot_volumes(),
            source_snapshots: source.snapshot_ids().cloned().collect(),
            image_tags: if self.copy_tags && marked { own_tags(source) } else { Vec::new() },
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

/// Returns true for the tags by which this program knows its own images: on a copy's copy they would name the wrong one.
fn is_job_tag(key: &str) -> bool {
    key.starts_with("amigrate:")
}

/// The tags that `CopyImageTags` would copy, without this program's own.
fn own_tags(source: &Image) -> Vec<Tag> {
    source.tags.iter().filter(|t| !is_job_tag(&t.key) && !t.key.starts_with("aws:")).cloned().collect()
}

fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let mut text: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    text.push_str(chars.as_str());
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::image::{BlockDevice, Ebs, ImageId, ProductCode};

    fn image(id: &str, name: &str) -> Image {
        let mut image = Image::bare(
            ImageId::new(id).unwrap(),
            Region::new("us-east-1").unwrap(),
            AccountId::new("123456789012").unwrap(),
        );
        image.name = name.into();
        image.block_devices = vec![BlockDevice {
            device_name: "/dev/xvda".into(),
            ebs: Some(Ebs { volume_size: Some(8), ..Ebs::default() }),
            virtual_name: None,
        }];
        image
    }

    fn draft() -> Draft {
        Draft {
            sources: vec![Arc::new(image("ami-1", "web"))],
            destinations: vec![Region::new("eu-west-1").unwrap(), Region::new("eu-west-2").unwrap()],
            name: "{name}".into(),
            account: AccountId::new("123456789012").ok(),
            ..Draft::default()
        }
    }

    fn check(draft: &Draft) -> Plan {
        let mut n = 0;
        draft.check(Date::constant(2026, 11, 21), || {
            n += 1;
            ClientToken::from_random(n)
        })
    }

    #[test]
    fn amigrates_own_tags_never_travel() {
        let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
        let mut source = image("ami-1", "web");
        source.tags = vec![tag("Team", "web"), tag("aws:cloudformation:stack-id", "x")];
        let copies = |source: &Image, copy_tags| {
            check(&Draft { sources: vec![Arc::new(source.clone())], copy_tags, ..draft() }).copies.remove(0)
        };
        let copy = copies(&source, true);
        assert_eq!((copy.copy_tags, copy.image_tags.as_slice()), (true, &[][..]), "EC2 copies them");
        // A copy that amigrate made is copied: its marks would name the wrong image.
        source.tags.extend([tag("amigrate:job", "amigrate-1"), tag("amigrate:batch", "batch-1")]);
        let copy = copies(&source, true);
        assert_eq!((copy.copy_tags, copy.image_tags.as_slice()), (false, &[tag("Team", "web")][..]));
        let copy = copies(&source, false);
        assert_eq!((copy.copy_tags, copy.image_tags.as_slice()), (false, &[][..]));
    }

    #[test]
    fn a_good_draft_makes_one_copy_for_each_source_and_destination() {
        let plan = check(&Draft { name: "{name}-{region}-{date}".into(), ..draft() });
        assert_eq!(plan.mistakes, []);
        let names: Vec<_> = plan.copies.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["web-eu-west-1-2026-11-21", "web-eu-west-2-2026-11-21"]);
        assert_ne!(plan.copies[0].token, plan.copies[1].token);
        assert_eq!(plan.size_gib(), 16);
    }

    type Case<'a> = (&'a dyn Fn(&mut Draft), Field, &'a str);

    #[test]
    fn each_mistake_stands_beside_its_field() {
        let region = |r: &str| Region::new(r).unwrap();
        let with = |change: &dyn Fn(&mut Draft)| {
            let mut d = draft();
            change(&mut d);
            check(&d).mistakes.first().map(|r| (r.field.clone(), r.text.clone()))
        };
        let source = |change: &dyn Fn(&mut Image)| {
            let mut i = image("ami-1", "web");
            change(&mut i);
            vec![Arc::new(i)]
        };
        let arn = "arn:aws:kms:eu-west-2:123456789012:alias/web";
        let cases: [Case; 13] = [
            (&|d| d.destinations.clear(), Field::Destinations, "at least one"),
            (&|d| d.destinations = vec![region("cn-north-1")], Field::Destinations, "another partition"),
            (&|d| d.sources = source(&|i| i.state = ImageState::Pending), Field::Sources, "only an available"),
            (&|d| d.sources.clear(), Field::Sources, "No image"),
            (&|d| d.name = "ab".into(), Field::Name, "at least 3"),
            (&|d| d.name = "{nmae}".into(), Field::Name, "not known"),
            (&|d| d.name = "{name".into(), Field::Name, "not closed"),
            (&|d| d.name = "héllo".into(), Field::Name, "not allowed"),
            (&|d| d.sources.push(Arc::new(image("ami-2", "web"))), Field::Name, "both be named"),
            (&|d| d.description = "x".repeat(256), Field::Description, "at most 255"),
            (&|d| (d.encrypt, d.key) = (true, "web".into()), Field::Key, "key id"),
            (&|d| (d.encrypt, d.key) = (true, arn.into()), Field::Key, "eu-west-1 needs a key there"),
            (
                &|d| {
                    d.encrypt = true;
                    d.keys.insert(region("eu-west-1"), arn.into());
                },
                Field::KeyFor(region("eu-west-1")),
                "is in eu-west-2",
            ),
        ];
        for (change, field, text) in cases {
            let (at, said) = with(change).unwrap_or_else(|| panic!("no mistake for {text}"));
            assert_eq!(at, field, "{said}");
            assert!(said.contains(text), "{said}");
        }
    }

    #[test]
    fn somebody_elses_long_description_is_cut() {
        let mut long = image("ami-1", "web");
        long.description = "nightly\n".repeat(40).into();
        let d = Draft {
            sources: vec![Arc::new(long)],
            description: "[{source_id}] {source_description}".into(),
            ..draft()
        };
        let plan = check(&d);
        assert_eq!(plan.mistakes, []);
        let text = plan.copies[0].description.as_str();
        assert!(text.starts_with("[ami-1] nightly nightly") && text.chars().count() <= Description::MAX, "{text}");
    }

    #[test]
    fn keys_go_to_their_destinations() {
        let mut d = draft();
        d.encrypt = true;
        d.key = "alias/all".into();
        d.keys.insert(Region::new("eu-west-2").unwrap(), "alias/two".into());
        let plan = check(&d);
        let key = |n: usize| match &plan.copies[n].encryption {
            Encryption::Encrypt { key: Some(k) } => k.as_str().to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!((key(0).as_str(), key(1).as_str()), ("alias/all", "alias/two"));
    }

    #[test]
    fn what_may_fail_is_a_warning_only() {
        let mut i = image("ami-1", "web");
        i.owner_id = AccountId::new("210987654321").unwrap();
        i.product_codes = vec![ProductCode { id: "x".into(), kind: "marketplace".into() }];
        i.virtualization = "paravirtual".into();
        i.block_devices[0].ebs.as_mut().unwrap().encrypted = Some(true);
        let plan = check(&Draft { sources: vec![Arc::new(i)], ..draft() });
        assert_eq!(plan.mistakes, []);
        assert_eq!(plan.warnings.len(), 3);
    }

    #[test]
    fn instance_store_images_are_not_encrypted() {
        let mut i = image("ami-1", "web");
        i.root_device_type = "instance-store".into();
        i.block_devices.clear();
        let plan = check(&Draft { sources: vec![Arc::new(i)], encrypt: true, ..draft() });
        assert_eq!(plan.mistake(&Field::Encryption), Some("An instance-store image has no snapshots to encrypt."));
    }
}
