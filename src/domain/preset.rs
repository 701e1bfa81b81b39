//! Lasting contents of the copy form, as they are stored under a name and as the last values of an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    completion::CompletionDuration,
    draft::{Draft, PlacementDraft, ProtectionDraft, SourceTags},
    failure::Failure,
    region::Region,
    role::{RoleArn, RoleArns},
    template::has_placeholder,
    text::clean,
};

/// Stored contents of the form. Never a client token and never `public`; a name or description only if it is a template, because
/// another would belong to one image. What is not said leaves the form's, so that a preset without a field does not override what
/// the configuration or the user has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preset {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destinations: Option<Vec<Region>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<bool>,
    /// An empty text is the destination's default key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_minutes: Option<CompletionLimit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_permissions: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_with: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_snapshots: Option<bool>,
    /// An empty text is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<ProtectionDraft>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_source: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_tags: Option<SourceTags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementDraft>,
    /// The role whose session requests the copies, in its account. Only commands assume roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<RoleArn>,
    /// Keys of single destinations. The last fields are tables in TOML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<BTreeMap<Region, String>>,
    /// Roles of single destinations, and of accounts: the copies to regions without a role of their own are made in each of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arns: Option<RoleArns>,
}

/// The time within which copies complete, as it is stored: minutes, and 0 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct CompletionLimit(pub Option<CompletionDuration>);

impl TryFrom<u16> for CompletionLimit {
    type Error = Failure;
    fn try_from(minutes: u16) -> Result<Self, Failure> {
        let limit = if minutes == 0 { None } else { Some(CompletionDuration::from_minutes(minutes)?) };
        Ok(Self(limit))
    }
}

impl From<CompletionLimit> for u16 {
    fn from(limit: CompletionLimit) -> Self {
        limit.0.map_or(0, CompletionDuration::minutes)
    }
}

impl Preset {
    /// Returns what a preset keeps of a form.
    pub fn of(draft: &Draft) -> Self {
        let template = |text: &String| has_placeholder(text).then(|| text.clone());
        let post = &draft.post_copy;
        let keys = draft.keys.iter().filter(|(_, key)| !key.is_empty()).map(|(r, k)| (r.clone(), k.clone()));
        Self {
            destinations: Some(draft.destinations.clone()),
            name: template(&draft.name),
            description: template(&draft.description),
            encrypt: Some(draft.encrypt),
            key: Some(draft.key.clone()),
            source_tags: Some(draft.source_tags.clone()),
            image_tags: Some(draft.image_tags.clone()),
            snapshot_tags: Some(draft.snapshot_tags.clone()),
            placement: Some(draft.placement.clone()),
            completion_minutes: Some(CompletionLimit(draft.completion)),
            copy_permissions: Some(post.copy_permissions),
            share_with: Some(post.share_with.clone()),
            share_snapshots: Some(post.share_snapshots),
            deprecate: Some(post.deprecate.clone()),
            protection: Some(post.protection),
            tag_source: Some(post.tag_source),
            role_arn: None,
            keys: Some(keys.collect()),
            role_arns: None,
        }
    }

    /// Returns what is offered again without being requested. Permissions are not said: the form keeps its own.
    pub fn last_values(draft: &Draft) -> Self {
        Self { copy_permissions: None, share_with: None, share_snapshots: None, ..Self::of(draft) }
    }

    /// Returns true if copies are requested by sessions of roles.
    pub fn has_roles(&self) -> bool {
        self.role_arn.is_some() || self.role_arns.as_ref().is_some_and(|roles| !roles.is_empty())
    }

    /// Refuses to save this one over another whose roles it lacks: copies by that name would be made in another account.
    ///
    /// # Errors
    /// What to do instead.
    pub fn check_replaces(&self, stored: &Self, name: &str) -> Result<(), Failure> {
        let roles = |preset: &Self| (preset.role_arn.clone(), preset.role_arns.clone());
        if !stored.has_roles() || roles(stored) == roles(self) {
            return Ok(());
        }
        let why = "the preset of that name copies with roles of other accounts, which a form does not have";
        Err(Failure::new(format!("save the preset `{}`", clean(name)), why)
            .hint("Choose another name, or edit the file of the presets."))
    }

    /// Returns the roles that request the copies to a region, each in its account; `None` stands for no role.
    pub fn roles_for(&self, region: &Region) -> Vec<Option<&RoleArn>> {
        let named = self.role_arns.as_ref().map(|roles| roles.of(region)).unwrap_or_default();
        if named.is_empty() { vec![self.role_arn.as_ref()] } else { named.into_iter().map(Some).collect() }
    }

    /// Fills a form in. What is not said, its sources, client token and `public` stay as they are. A form has no roles: whoever fills
    /// one in must refuse or follow them.
    pub fn apply(self, draft: &mut Draft) {
        if let Some(destinations) = self.destinations {
            draft.set_destinations(destinations);
        }
        set(&mut draft.name, self.name);
        set(&mut draft.description, self.description);
        set(&mut draft.encrypt, self.encrypt);
        set(&mut draft.key, self.key);
        set(&mut draft.keys, self.keys);
        set(&mut draft.source_tags, self.source_tags);
        set(&mut draft.image_tags, self.image_tags);
        set(&mut draft.snapshot_tags, self.snapshot_tags);
        set(&mut draft.placement, self.placement);
        set(&mut draft.completion, self.completion_minutes.map(|limit| limit.0));
        let post = &mut draft.post_copy;
        set(&mut post.copy_permissions, self.copy_permissions);
        set(&mut post.share_with, self.share_with);
        set(&mut post.share_snapshots, self.share_snapshots);
        set(&mut post.deprecate, self.deprecate);
        set(&mut post.protection, self.protection);
        set(&mut post.tag_source, self.tag_source);
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form with everything set, a field for a key left empty.
    fn full() -> Draft {
        let mut draft = Draft::with_everything();
        draft.keys.insert(Region::new("eu-west-1").unwrap(), String::new());
        draft
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
            Preset { copy_permissions: None, share_with: None, share_snapshots: None, ..Preset::of(&full()) }
        );
        assert!(!toml::to_string(&last).unwrap().contains("210987654321"));
        // Nor do they take away what the form has.
        let mut draft = Draft::default();
        draft.post_copy.share_with = "111122223333".into();
        last.apply(&mut draft);
        assert_eq!(draft.post_copy.share_with, "111122223333");
        assert!(draft.encrypt && !draft.post_copy.public);
    }

    #[test]
    fn what_is_not_said_leaves_the_forms_and_off_is_said() {
        let preset: Preset = toml::from_str("destinations = [\"eu-west-1\"]").unwrap();
        let mut draft = full();
        preset.apply(&mut draft);
        assert_eq!(draft, Draft { destinations: vec![Region::new("eu-west-1").unwrap()], ..full() });
        // A form with everything off turns everything off, except what belongs to one image.
        let off: Preset = toml::from_str(&toml::to_string(&Preset::of(&Draft::default())).unwrap()).unwrap();
        let mut draft = full();
        off.apply(&mut draft);
        let mut expected = Draft { name: full().name, description: full().description, ..Draft::default() };
        (expected.client_token, expected.post_copy.public) = (full().client_token, true);
        assert_eq!(draft, expected);
        assert!(toml::from_str::<Preset>("public = true").is_err());
    }

    #[test]
    fn a_role_is_that_of_the_region_else_of_the_accounts_else_of_all() {
        let role = |account: &str| format!("'arn:aws:iam::{account}:role/a'");
        let (all, one, two) = (role("111122223333"), role("444455556666"), role("555566667777"));
        let accounts = |text: &str, region: &str| {
            let preset: Preset = toml::from_str(text).unwrap();
            assert_eq!(toml::from_str::<Preset>(&toml::to_string(&preset).unwrap()).unwrap(), preset);
            assert!(preset.has_roles());
            let roles = preset.roles_for(&Region::new(region).unwrap());
            roles.into_iter().map(|role| role.map(|role| role.account().to_string())).collect::<Vec<_>>()
        };
        let some = |accounts: &[&str]| accounts.iter().map(|a| Some((*a).to_owned())).collect::<Vec<_>>();
        let by_region = format!("role_arn = {all}\n[role_arns]\neu-west-1 = {one}");
        assert_eq!(accounts(&by_region, "eu-west-1"), some(&["444455556666"]));
        assert_eq!(accounts(&by_region, "eu-west-2"), some(&["111122223333"]));
        let only = format!("[role_arns]\neu-west-1 = {one}");
        assert_eq!(accounts(&only, "eu-west-2"), [None], "with the profile's own credentials");
        let both = format!("{by_region}\n555566667777 = {two}\n111122223333 = {all}");
        assert_eq!(accounts(&both, "eu-west-1"), some(&["444455556666"]), "a region's own role is its only one");
        assert_eq!(accounts(&both, "eu-west-2"), some(&["111122223333", "555566667777"]));
        assert!(!Preset::of(&full()).has_roles());
        for wrong in [
            "role_arn = 'copier'".to_owned(),
            format!("[role_arns]\n999999999999 = {one}"),
            format!("[role_arns]\n4444 = {one}"),
            format!("[role_arns]\neurope = {one}"),
        ] {
            assert!(toml::from_str::<Preset>(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_preset_with_roles_is_not_replaced_by_one_without_them() {
        let role = "role_arn = 'arn:aws:iam::111122223333:role/a'";
        let [with, other]: [Preset; 2] =
            [role.to_owned(), format!("encrypt = true\n{role}")].map(|text| toml::from_str(&text).unwrap());
        let form = Preset::of(&full());
        let refused = form.check_replaces(&with, "prod\u{1b}").unwrap_err();
        assert!(refused.why.contains("roles") && !refused.what.contains('\u{1b}'), "{refused:?}");
        for (new, old) in [(&other, &with), (&form, &form), (&with, &form)] {
            assert_eq!(new.check_replaces(old, "prod"), Ok(()));
        }
    }

    #[test]
    fn an_escaped_brace_makes_no_template() {
        let one = Draft { name: "{name}".into(), description: "built {{by hand}}".into(), ..Draft::default() };
        let preset = Preset::of(&one);
        assert_eq!((preset.name.as_deref(), preset.description), (Some("{name}"), None));
    }
}
