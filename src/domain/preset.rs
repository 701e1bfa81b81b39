//! Lasting contents of the copy form, as they are stored under a name and as the last values of an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    completion::CompletionDuration,
    draft::{Draft, PlacementDraft, PostCopyDraft, ProtectionDraft, SourceTags},
    region::Region,
};

/// Stored contents of the form. Never a client token and never `public`; a name or description only if it is a template, because
/// another would belong to one image. What is not stored is as in an empty form.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preset {
    #[serde(skip_serializing_if = "is_default")]
    pub destinations: Vec<Region>,
    /// `None` leaves the form's.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// `None` leaves the form's.
    #[serde(skip_serializing_if = "is_default")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub encrypt: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub key: String,
    #[serde(skip_serializing_if = "is_default")]
    pub source_tags: SourceTags,
    #[serde(skip_serializing_if = "is_default")]
    pub image_tags: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub snapshot_tags: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub placement: PlacementDraft,
    #[serde(skip_serializing_if = "is_default")]
    pub completion_minutes: Option<CompletionDuration>,
    #[serde(skip_serializing_if = "is_default")]
    pub copy_permissions: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub share_with: String,
    #[serde(skip_serializing_if = "is_default")]
    pub share_snapshots: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub deprecate: String,
    #[serde(skip_serializing_if = "is_default")]
    pub protection: ProtectionDraft,
    #[serde(skip_serializing_if = "is_default")]
    pub tag_source: bool,
    /// Keys of single destinations. The last field, because in TOML it is a table.
    #[serde(skip_serializing_if = "is_default")]
    pub keys: BTreeMap<Region, String>,
}

impl Preset {
    /// Returns what a preset keeps of a form.
    pub fn of(draft: &Draft) -> Self {
        let template = |text: &String| text.contains('{').then(|| text.clone());
        let post = &draft.post_copy;
        Self {
            destinations: draft.destinations.clone(),
            name: template(&draft.name),
            description: template(&draft.description),
            encrypt: draft.encrypt,
            key: draft.key.clone(),
            source_tags: draft.source_tags.clone(),
            image_tags: draft.image_tags.clone(),
            snapshot_tags: draft.snapshot_tags.clone(),
            placement: draft.placement.clone(),
            completion_minutes: draft.completion,
            copy_permissions: post.copy_permissions,
            share_with: post.share_with.clone(),
            share_snapshots: post.share_snapshots,
            deprecate: post.deprecate.clone(),
            protection: post.protection,
            tag_source: post.tag_source,
            keys: draft.keys.iter().filter(|(_, key)| !key.is_empty()).map(|(r, k)| (r.clone(), k.clone())).collect(),
        }
    }

    /// Returns what is offered again without being asked for: no permissions either.
    pub fn last_values(draft: &Draft) -> Self {
        Self { copy_permissions: false, share_with: String::new(), share_snapshots: false, ..Self::of(draft) }
    }

    /// Fills a form in. Its sources, client token and `public` stay as they are.
    pub fn apply(self, draft: &mut Draft) {
        draft.destinations = self.destinations;
        draft.name = self.name.unwrap_or_else(|| std::mem::take(&mut draft.name));
        draft.description = self.description.unwrap_or_else(|| std::mem::take(&mut draft.description));
        draft.encrypt = self.encrypt;
        draft.key = self.key;
        draft.keys = self.keys;
        draft.source_tags = self.source_tags;
        draft.image_tags = self.image_tags;
        draft.snapshot_tags = self.snapshot_tags;
        draft.placement = self.placement;
        draft.completion = self.completion_minutes;
        draft.post_copy = PostCopyDraft {
            copy_permissions: self.copy_permissions,
            share_with: self.share_with,
            public: draft.post_copy.public,
            share_snapshots: self.share_snapshots,
            deprecate: self.deprecate,
            protection: self.protection,
            tag_source: self.tag_source,
        };
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form with everything set.
    fn full() -> Draft {
        let region = |name| Region::new(name).unwrap();
        Draft {
            sources: Vec::new(),
            destinations: vec![region("eu-west-1"), region("eu-west-2")],
            name: "{name}-dr".into(),
            description: "from {source_region}".into(),
            encrypt: true,
            key: "alias/all".into(),
            keys: [(region("eu-west-2"), "alias/two".into()), (region("eu-west-1"), String::new())].into(),
            source_tags: SourceTags::Picked(["Team".into()].into()),
            image_tags: vec!["SourceAMI={source_id}".into()],
            snapshot_tags: vec!["a=1".into()],
            placement: PlacementDraft::LocalZone("us-west-2-lax-1a".into()),
            completion: CompletionDuration::from_minutes(60).ok(),
            client_token: "mine".into(),
            post_copy: PostCopyDraft {
                copy_permissions: true,
                share_with: "210987654321".into(),
                public: true,
                share_snapshots: true,
                deprecate: "90d".into(),
                protection: ProtectionDraft::WithCooldown,
                tag_source: true,
            },
            account: None,
        }
    }

    #[test]
    fn a_form_comes_back_and_token_and_public_stay_as_they_are() {
        let stored = toml::to_string(&Preset::of(&full())).unwrap();
        assert!(!stored.contains("mine") && !stored.contains("public"), "{stored}");
        let preset: Preset = toml::from_str(&stored).unwrap();
        assert_eq!(preset, Preset::of(&full()));
        let mut draft = Draft { name: "x".into(), client_token: "own".into(), ..Draft::default() };
        draft.post_copy.public = true;
        preset.apply(&mut draft);
        let mut expected = Draft { client_token: "own".into(), ..full() };
        expected.keys.remove(&Region::new("eu-west-1").unwrap());
        assert_eq!(draft, expected);
    }

    #[test]
    fn texts_of_one_image_are_not_kept_and_the_forms_stay() {
        let one = Draft { name: "web-1".into(), description: "nightly".into(), ..full() };
        let preset = Preset::of(&one);
        assert_eq!((preset.name.as_ref(), preset.description.as_ref()), (None, None));
        let mut draft = Draft { name: "db-1".into(), description: "x".into(), ..Draft::default() };
        preset.apply(&mut draft);
        assert_eq!((draft.name.as_str(), draft.description.as_str()), ("db-1", "x"));
    }

    #[test]
    fn last_values_have_no_permissions() {
        let last = Preset::last_values(&full());
        assert_eq!(
            last,
            Preset {
                copy_permissions: false,
                share_with: String::new(),
                share_snapshots: false,
                ..Preset::of(&full())
            }
        );
        assert!(!toml::to_string(&last).unwrap().contains("210987654321"));
    }

    #[test]
    fn an_empty_form_is_an_empty_preset() {
        assert_eq!(toml::to_string(&Preset::of(&Draft::default())).unwrap(), "");
        assert!(toml::from_str::<Preset>("public = true").is_err());
    }
}
