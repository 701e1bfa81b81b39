//! One entry of a plan file: images, regions, and what is requested. Options of the command line are read as an entry too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor},
};

use crate::domain::{
    CompletionDuration, Failure, Region, RoleArn,
    draft::{Draft, PlacementDraft, ProtectionDraft, SourceTags},
};

/// A plan file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct PlanFile {
    /// The copies; each entry may have several images and regions.
    pub(super) copies: Vec<PlanEntry>,
}

/// One entry of a plan file. What it does not say is as in the preset given, or else as in the settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::cli) struct PlanEntry {
    /// Ids, names, or `latest:PATTERN`.
    pub(in crate::cli) images: Vec<String>,
    /// Region of the images; without it, that of the session.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) from: Option<Region>,
    /// Regions to copy to.
    #[schemars(with = "Vec<String>")]
    pub(in crate::cli) to: Vec<Region>,
    /// Name of the new images, a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) name: Option<String>,
    /// Their description, a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) encrypted: Option<bool>,
    /// Key for all regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) copy_image_tags: Option<bool>,
    /// Keys of the images' own tags that are copied, if not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) copied_tag_keys: Option<BTreeSet<String>>,
    /// Tags of the new images, each `key=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::cli) tags: Vec<String>,
    /// Tags of the new snapshots, each `key=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::cli) snapshot_tags: Vec<String>,
    #[schemars(with = "Option<u16>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) snapshot_copy_completion_duration_minutes: Option<CompletionDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) destination_outpost_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) destination_availability_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) destination_availability_zone_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) client_token: Option<String>,
    /// Accounts, organizations and units.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::cli) share_with: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) copy_launch_permissions: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) share_snapshots: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) public: Option<bool>,
    /// A number of days (`90d`) or a date.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "days_or_date")]
    pub(in crate::cli) deprecate_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) protect: Option<Protect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) tag_source: Option<bool>,
    /// The role whose session requests the copies, in its account; without it, that of the preset.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) role_arn: Option<RoleArn>,
    /// Keys of single regions. The last field, because in TOML it is a table.
    #[schemars(with = "BTreeMap<String, String>")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::cli) kms_key_ids: BTreeMap<Region, String>,
}

/// Protection from being deregistered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Protect {
    On,
    /// Ends 24 hours after it is turned off
    WithCooldown,
    Off,
}

impl PlanEntry {
    /// Returns the entry of a draft, complete: settings and presets no longer matter to it.
    pub(super) fn of(draft: &Draft) -> Self {
        let (post, some) = (&draft.post_copy, |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty()));
        // A preset may have keys for other regions too.
        let used = |region: &Region| draft.destinations.contains(region);
        let keys = draft.keys.iter().filter(|(region, key)| used(region) && !key.is_empty());
        Self {
            images: draft.sources.iter().map(|image| image.id.to_string()).collect(),
            from: draft.sources.first().map(|image| image.region.clone()),
            to: draft.destinations.clone(),
            name: Some(draft.name.clone()),
            description: Some(draft.description.clone()),
            encrypted: Some(draft.encrypt),
            kms_key_id: some(&draft.key),
            kms_key_ids: keys.map(|(region, key)| (region.clone(), key.clone())).collect(),
            copy_image_tags: Some(draft.source_tags != SourceTags::None),
            copied_tag_keys: match &draft.source_tags {
                SourceTags::Picked(keys) => Some(keys.iter().map(ToString::to_string).collect()),
                _ => None,
            },
            tags: draft.image_tags.clone(),
            snapshot_tags: draft.snapshot_tags.clone(),
            snapshot_copy_completion_duration_minutes: draft.completion,
            destination_outpost_arn: match &draft.placement {
                PlacementDraft::Outpost(arn) => some(arn),
                _ => None,
            },
            destination_availability_zone: match &draft.placement {
                PlacementDraft::LocalZone(zone) => some(zone),
                _ => None,
            },
            destination_availability_zone_id: None,
            client_token: some(&draft.client_token),
            share_with: words(&post.share_with),
            copy_launch_permissions: Some(post.copy_permissions),
            share_snapshots: Some(post.share_snapshots),
            public: Some(post.public),
            deprecate_at: some(&post.deprecate),
            protect: Some(match post.protection {
                ProtectionDraft::Off => Protect::Off,
                ProtectionDraft::On => Protect::On,
                ProtectionDraft::WithCooldown => Protect::WithCooldown,
            }),
            tag_source: Some(post.tag_source),
            role_arn: None,
        }
    }

    /// Adds keys, each `KEY` or `REGION=KEY`.
    ///
    /// # Errors
    /// Keys that contradict each other.
    pub(in crate::cli) fn add_keys(&mut self, texts: &[String]) -> Result<(), Failure> {
        let twice = |place: &str| Failure::new("use --kms-key-id", format!("two keys are given for {place}"));
        let hint = "A key for one region is written eu-west-1=KEY.";
        for text in texts {
            match text.split_once('=') {
                Some((region, key)) => {
                    let region: Region = region.parse().map_err(|e: Failure| e.hint(hint))?;
                    if self.kms_key_ids.insert(region.clone(), key.to_owned()).is_some() {
                        return Err(twice(region.as_str()));
                    }
                }
                None if self.kms_key_id.is_some() => return Err(twice("all regions").hint(hint)),
                None => self.kms_key_id = Some(text.clone()),
            }
        }
        Ok(())
    }

    /// Changes a draft to what the entry says; what it does not say stays. Its images are looked up elsewhere.
    pub(in crate::cli) fn apply(&self, draft: &mut Draft) {
        let set = |into: &mut String, text: &Option<String>| {
            if let Some(text) = text {
                into.clone_from(text);
            }
        };
        if !self.to.is_empty() {
            draft.destinations = distinct(&self.to);
        }
        set(&mut draft.name, &self.name);
        set(&mut draft.description, &self.description);
        draft.encrypt = self.encrypted.unwrap_or(draft.encrypt);
        if self.encrypted == Some(false) {
            draft.key.clear();
            draft.keys.clear();
        }
        if self.kms_key_id.is_some() || !self.kms_key_ids.is_empty() {
            draft.encrypt = true;
        }
        set(&mut draft.key, &self.kms_key_id);
        draft.keys.extend(self.kms_key_ids.clone());
        self.apply_tags(draft);
        draft.completion = self.snapshot_copy_completion_duration_minutes.or(draft.completion);
        let zone = self.destination_availability_zone.as_ref().or(self.destination_availability_zone_id.as_ref());
        if let Some(arn) = &self.destination_outpost_arn {
            draft.placement = PlacementDraft::Outpost(arn.clone());
        } else if let Some(zone) = zone {
            draft.placement = PlacementDraft::LocalZone(zone.clone());
        }
        set(&mut draft.client_token, &self.client_token);
        self.apply_post_copy(draft);
    }

    fn apply_tags(&self, draft: &mut Draft) {
        match (self.copy_image_tags, &self.copied_tag_keys) {
            (Some(false), _) => draft.source_tags = SourceTags::None,
            (_, Some(keys)) => {
                draft.source_tags = SourceTags::Picked(keys.iter().map(|key| key.as_str().into()).collect());
            }
            (Some(true), None) => draft.source_tags = SourceTags::All,
            (None, None) => {}
        }
        add_lines(&mut draft.image_tags, &self.tags);
        add_lines(&mut draft.snapshot_tags, &self.snapshot_tags);
    }

    fn apply_post_copy(&self, draft: &mut Draft) {
        let post = &mut draft.post_copy;
        if !self.share_with.is_empty() {
            post.share_with = self.share_with.join(" ");
        }
        post.copy_permissions = self.copy_launch_permissions.unwrap_or(post.copy_permissions);
        post.share_snapshots = self.share_snapshots.unwrap_or(post.share_snapshots);
        post.public = self.public.unwrap_or(post.public);
        if let Some(time) = &self.deprecate_at {
            post.deprecate.clone_from(time);
        }
        match self.protect {
            Some(Protect::Off) => post.protection = ProtectionDraft::Off,
            Some(Protect::On) => post.protection = ProtectionDraft::On,
            Some(Protect::WithCooldown) => post.protection = ProtectionDraft::WithCooldown,
            None => {}
        }
        post.tag_source = self.tag_source.unwrap_or(post.tag_source);
    }
}

/// Reads days or a date; if it is not a text, the failure says how it is written.
fn days_or_date<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    struct Text;
    impl<'de> Visitor<'de> for Text {
        type Value = Option<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("days such as \"90d\", or a date such as \"2027-01-31\"")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.to_owned()))
        }
        fn visit_i64<E: de::Error>(self, days: i64) -> Result<Self::Value, E> {
            Err(E::custom(format_args!("{days} has no unit; write \"{days}d\"")))
        }
        fn visit_u64<E: de::Error>(self, days: u64) -> Result<Self::Value, E> {
            Err(E::custom(format_args!("{days} has no unit; write \"{days}d\"")))
        }
        // A date of TOML.
        fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(de::Error::custom("a date is written in quotes, such as \"2027-01-31\""))
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    value.deserialize_any(Text)
}

/// Adds lines of tags, in place of those with the same keys.
fn add_lines(lines: &mut Vec<String>, new: &[String]) {
    let key = |line: &String| line.split('=').next().unwrap_or_default().trim().to_owned();
    let keys: BTreeSet<String> = new.iter().map(key).collect();
    lines.retain(|line| !keys.contains(&key(line)));
    lines.extend_from_slice(new);
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn distinct(regions: &[Region]) -> Vec<Region> {
    let mut seen = BTreeSet::new();
    regions.iter().filter(|region| seen.insert((*region).clone())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        Region::new(name).unwrap()
    }

    fn full() -> Draft {
        Draft::with_everything()
    }

    #[test]
    fn an_entry_of_a_draft_makes_the_same_draft_in_either_format() {
        for draft in [full(), Draft { encrypt: false, keys: BTreeMap::new(), key: String::new(), ..full() }] {
            let file = PlanFile { copies: vec![PlanEntry::of(&draft)] };
            let toml: PlanFile = toml::from_str(&toml::to_string(&file).unwrap()).unwrap();
            let json: PlanFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
            assert_eq!((&toml, &json), (&file, &file));
            // Over any other values.
            let mut made = Draft { source_tags: SourceTags::None, ..Draft::default() };
            file.copies[0].apply(&mut made);
            assert_eq!(made, draft);
        }
    }

    #[test]
    fn an_entry_changes_only_what_it_says() {
        let mut draft = full();
        PlanEntry::default().apply(&mut draft);
        assert_eq!(draft, full());
        let tags = vec!["b=2".to_owned(), "SourceAMI=x".into()];
        PlanEntry { tags, encrypted: Some(false), to: vec![region("eu-west-3"); 2], ..PlanEntry::default() }
            .apply(&mut draft);
        let expected = Draft {
            image_tags: vec!["b=2".into(), "SourceAMI=x".into()],
            encrypt: false,
            key: String::new(),
            keys: BTreeMap::new(),
            destinations: vec![region("eu-west-3")],
            ..full()
        };
        assert_eq!(draft, expected);
    }
}
