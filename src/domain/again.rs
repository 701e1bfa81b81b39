//! The form's contents for making a copy again with changes: a draft from a request, and the field that a failure is about.

use std::{collections::BTreeSet, sync::Arc};

use crate::domain::{
    account::AccountId,
    copy::{CopyRequest, Encryption},
    draft::{Draft, Field, PlacementDraft, PostCopyDraft, ProtectionDraft, SourceTags},
    failure::{Failure, FailureKind},
    image::{Image, Tag},
    placement::Placement,
    post_copy::{LaunchPermission, PostCopyStep},
    template::escape,
};

impl Draft {
    /// Returns the draft that makes this request again, with its templates as they were typed. A client token given by the user is left
    /// out: the new copy needs another.
    pub fn again(request: &CopyRequest, source: Arc<Image>, account: Option<AccountId>) -> Self {
        let (encrypt, key) = match &request.encryption {
            Encryption::Keep => (source.encrypted(), ""),
            Encryption::Encrypt { key } => (true, key.as_ref().map_or("", |k| k.as_str())),
        };
        let (source_tags, image_tags) = tags(request, &source);
        let typed = &request.templates;
        let line = |tag: &Tag| line(tag, &source);
        let snapshot_tags = || request.snapshot_tags.iter().map(line).collect();
        Self {
            destinations: vec![request.destination.clone()],
            name: typed.name.clone().unwrap_or_else(|| request.name.to_string()),
            description: typed.description.clone().unwrap_or_else(|| escape(request.description.as_str())),
            encrypt,
            key: key.to_owned(),
            source_tags,
            image_tags: typed.image_tags.clone().unwrap_or(image_tags),
            snapshot_tags: typed.snapshot_tags.clone().unwrap_or_else(snapshot_tags),
            placement: match &request.placement {
                Placement::Region => PlacementDraft::Region,
                Placement::Outpost(arn) => PlacementDraft::Outpost(arn.to_string()),
                Placement::Zone(zone) | Placement::ZoneId(zone) => PlacementDraft::LocalZone(zone.to_string()),
            },
            completion: request.completion,
            post_copy: post_copy(&request.post_copy),
            account,
            sources: vec![source],
            ..Self::default()
        }
    }
}

/// Which of the source's tags went along, and the lines of the other tags. Its tags were sent among the image's own where EC2 did
/// not copy them; a key says which they are, since the source's value may have changed.
fn tags(request: &CopyRequest, source: &Image) -> (SourceTags, Vec<String>) {
    let went_along = |tag: &&Tag| request.source_tags.iter().any(|t| t.key == tag.key);
    let (own, added): (Vec<_>, Vec<_>) = request.image_tags.iter().partition(went_along);
    let lines = added.iter().map(|t| line(t, source)).collect();
    let picked: BTreeSet<Arc<str>> = own.into_iter().map(|t| t.key.clone()).collect();
    let copied = |key: &str| !key.starts_with("aws:") && !key.starts_with("amigrate:");
    let all = source.tags.iter().filter(|t| copied(&t.key)).all(|t| picked.contains(&t.key));
    let source_tags = match (request.copy_tags, picked.is_empty()) {
        (true, _) => SourceTags::All,
        (false, true) => SourceTags::None,
        (false, false) if all => SourceTags::All,
        (false, false) => SourceTags::Picked(picked),
    };
    (source_tags, lines)
}

/// Returns the keys of the source's tags that went along and have another value now, or are gone: a copy made again gets what the
/// source has now.
pub fn changed_source_tags(request: &CopyRequest, source: &Image) -> Vec<Arc<str>> {
    let changed = |tag: &&Tag| source.tag(&tag.key) != Some(&*tag.value);
    request.source_tags.iter().filter(changed).map(|tag| tag.key.clone()).collect()
}

/// Returns the line of the form that makes this tag. The source's id becomes its placeholder again: saved as a preset, the line must
/// not name this source on copies of another.
fn line(tag: &Tag, source: &Image) -> String {
    let value = if *tag.value == *source.id.as_str() { "{source_id}".to_owned() } else { escape(&tag.value) };
    format!("{}={value}", tag.key)
}

fn post_copy(steps: &[PostCopyStep]) -> PostCopyDraft {
    let mut draft = PostCopyDraft::default();
    let mut share = Vec::new();
    for step in steps {
        match step {
            PostCopyStep::CopyLaunchPermissions => draft.copy_permissions = true,
            PostCopyStep::LaunchPermissions(permissions) => {
                draft.public |= permissions.contains(&LaunchPermission::Public);
                let named = permissions.iter().filter(|p| **p != LaunchPermission::Public);
                share.extend(named.map(ToString::to_string));
            }
            PostCopyStep::SnapshotPermissions(accounts) => {
                draft.share_snapshots = true;
                share.extend(accounts.iter().map(ToString::to_string));
            }
            PostCopyStep::Deprecation(at) => draft.deprecate = at.strftime("%Y-%m-%dT%H:%MZ").to_string(),
            PostCopyStep::DeregistrationProtection { cooldown: false } => draft.protection = ProtectionDraft::On,
            PostCopyStep::DeregistrationProtection { cooldown: true } => {
                draft.protection = ProtectionDraft::WithCooldown;
            }
            PostCopyStep::SourceTag => draft.tag_source = true,
        }
    }
    let mut seen = BTreeSet::new();
    share.retain(|name| seen.insert(name.clone()));
    draft.share_with = share.join(" ");
    draft
}

/// Returns the field to change after a copy failed so; [`Field::Sources`] if no other can be named.
pub fn field_to_change(failure: &Failure, request: &CopyRequest) -> Field {
    match failure.kind {
        FailureKind::KeyNotAccessible if matches!(request.encryption, Encryption::Encrypt { key: Some(_) }) => {
            Field::Key
        }
        FailureKind::KeyNotAccessible => Field::Encryption,
        FailureKind::NameRefused => Field::Name,
        FailureKind::TagsRefused => refused_tag(failure, request),
        kind if kind.is_denied() => Field::Sources,
        _ => named_parameter(&failure.why.to_lowercase(), request),
    }
}

/// Returns the field of the parameter that a refusal names.
fn named_parameter(why: &str, request: &CopyRequest) -> Field {
    let placed = request.placement != Placement::Region && (why.contains("zone") || why.contains("outpost"));
    let timed = request.completion.is_some()
        && (why.contains("snapshotcopycompletiondurationminutes") || why.contains("throughput quota"));
    if placed {
        Field::Placement
    } else if timed {
        Field::Completion
    } else if why.contains("description") {
        Field::Description
    } else {
        Field::Sources
    }
}

/// Returns the field of the tag that a refusal names, or else of the first that was sent. Lines are counted as [`Draft::again`] makes
/// them.
fn refused_tag(failure: &Failure, request: &CopyRequest) -> Field {
    let went_along = |tag: &&Tag| request.source_tags.iter().any(|t| t.key == tag.key);
    let named = |tag: &&Tag| failure.why.contains(&*tag.key);
    let lines: Vec<&Tag> = request.image_tags.iter().filter(|tag| !went_along(tag)).collect();
    let line = lines.iter().position(named).map(Field::ImageTag);
    let of_snapshots = || request.snapshot_tags.iter().position(|tag| named(&tag)).map(Field::SnapshotTag);
    let of_source = || request.source_tags.iter().any(|tag| named(&tag)).then_some(Field::SourceTags);
    let first = match (lines.is_empty(), request.source_tags.is_empty(), request.snapshot_tags.is_empty()) {
        (true, false, _) => Field::SourceTags,
        (true, true, false) => Field::SnapshotTag(0),
        _ => Field::ImageTag(0),
    };
    line.or_else(of_snapshots).or_else(of_source).unwrap_or(first)
}

/// Returns the field that a post-copy step comes from.
pub fn field_of_step(step: &PostCopyStep) -> Field {
    match step {
        PostCopyStep::CopyLaunchPermissions => Field::CopyPermissions,
        PostCopyStep::LaunchPermissions(who) if who.contains(&LaunchPermission::Public) => Field::Public,
        PostCopyStep::LaunchPermissions(_) => Field::ShareWith,
        PostCopyStep::SnapshotPermissions(_) => Field::ShareSnapshots,
        PostCopyStep::Deprecation(_) => Field::Deprecation,
        PostCopyStep::DeregistrationProtection { .. } => Field::Protection,
        PostCopyStep::SourceTag => Field::TagSource,
    }
}

/// Returns true if the same request would fail in the same way, as long as nobody grants what is missing.
pub fn would_fail_again(failure: &Failure) -> bool {
    failure.kind == FailureKind::KeyNotAccessible
        || failure.kind == FailureKind::NameRefused
        || failure.kind.is_denied()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        copy::ClientToken,
        ids::ImageId,
        image::{BlockDevice, Ebs},
        region::Region,
    };

    fn source() -> Arc<Image> {
        let account = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap(), account);
        image.name = "web".into();
        let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
        image.tags = vec![tag("Env", "prod"), tag("Team", "web"), tag("amigrate:job", "x")];
        let ebs = Some(Ebs { volume_size: Some(8), ..Ebs::default() });
        image.block_devices = vec![BlockDevice { device_name: "/dev/xvda".into(), ebs, virtual_name: None }];
        Arc::new(image)
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn draft() -> Draft {
        Draft {
            sources: vec![source()],
            destinations: vec![Region::new("eu-west-1").unwrap()],
            name: "web-2".into(),
            description: "again {{x}}".into(),
            account: Some(AccountId::new("123456789012").unwrap()),
            ..Draft::default()
        }
    }

    /// A draft, its request, and the draft from that.
    fn round_trip(draft: &Draft) -> Draft {
        let plan = draft.check(now(), || ClientToken::from_random(1));
        assert_eq!(plan.mistakes, [], "{draft:?}");
        Draft::again(&plan.copies[0], source(), draft.account.clone())
    }

    #[test]
    fn a_request_gives_back_the_draft_it_was_made_of() {
        let mut encrypted = draft();
        (encrypted.encrypt, encrypted.key) = (true, "alias/web".into());
        let mut untagged = draft();
        untagged.source_tags = SourceTags::None;
        // A tag that the source has too is the image's own if no tags of the source were chosen.
        untagged.image_tags = vec!["Team=web".into()];
        let mut picked = draft();
        picked.source_tags = SourceTags::Picked(BTreeSet::from(["Team".into()]));
        picked.image_tags = vec!["Env=prod".into()];
        for draft in [draft(), encrypted, untagged, picked] {
            assert_eq!(round_trip(&draft), draft);
        }
    }

    #[test]
    fn templates_come_back_as_they_were_typed() {
        let typed = Draft {
            name: "{name}-{date}".into(),
            description: "of {source_region} {{x}}".into(),
            image_tags: vec!["Where={region}".into(), "Source=ami-1".into(), "Name={name}".into()],
            snapshot_tags: vec!["On={date}".into(), "By={{me}}".into()],
            ..draft()
        };
        assert_eq!(round_trip(&typed), typed);
        let request = typed.check(now(), || ClientToken::from_random(1)).copies.remove(0);
        assert_eq!(request.name.as_str(), "web-2027-01-15", "what is sent has no placeholders");
        let mut stored = serde_json::to_value(&request).unwrap();
        let read: CopyRequest = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(read, request);
        // A version before this one has stored no templates.
        stored.as_object_mut().unwrap().remove("templates").unwrap();
        let old: CopyRequest = serde_json::from_value(stored).unwrap();
        let again = Draft::again(&old, source(), typed.account.clone());
        assert_eq!((again.name.as_str(), again.description.as_str()), ("web-2027-01-15", "of us-east-1 {{x}}"));
        assert_eq!(again.image_tags, ["Where=eu-west-1", "Source={source_id}", "Name=web"]);
        assert_eq!(again.snapshot_tags, ["On=2027-01-15", "By={{me}}"]);
        // What has no placeholder is stored once.
        assert!(
            serde_json::to_value(draft().check(now(), || ClientToken::from_random(1)).copies.remove(0))
                .unwrap()
                .get("templates")
                .is_none()
        );
    }

    #[test]
    fn a_preset_of_a_copy_made_again_has_its_templates() {
        let typed = Draft { name: "{name}-dr".into(), image_tags: vec!["On={date}".into()], ..draft() };
        let preset = crate::domain::preset::Preset::of(&round_trip(&typed));
        assert_eq!((preset.name, preset.image_tags), (Some("{name}-dr".into()), Some(vec!["On={date}".into()])));
    }

    #[test]
    fn tags_and_steps_come_back() {
        let mut request = draft().check(now(), || ClientToken::from_random(1)).copies.remove(0);
        let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
        request.copy_tags = false;
        request.source_tags = vec![tag("Team", "web")];
        request.image_tags = vec![tag("Team", "web"), tag("Env", "{test}")];
        request.snapshot_tags = vec![tag("a", "b=c")];
        let account = AccountId::new("111122223333").unwrap();
        request.post_copy = vec![
            PostCopyStep::CopyLaunchPermissions,
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account.clone())]),
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Public]),
            PostCopyStep::SnapshotPermissions(vec![account]),
            PostCopyStep::Deprecation(now()),
            PostCopyStep::DeregistrationProtection { cooldown: true },
            PostCopyStep::SourceTag,
        ];
        request.given_token = ClientToken::given("mine").ok();
        let again = Draft::again(&request, source(), None);
        assert_eq!(again.source_tags, SourceTags::Picked(BTreeSet::from(["Team".into()])));
        assert_eq!(again.image_tags, ["Env={{test}}"]);
        assert_eq!(again.snapshot_tags, ["a=b=c"]);
        assert_eq!(again.client_token, "");
        let expected = PostCopyDraft {
            copy_permissions: true,
            share_with: "111122223333".into(),
            public: true,
            share_snapshots: true,
            deprecate: "2027-01-15T08:00Z".into(),
            protection: ProtectionDraft::WithCooldown,
            tag_source: true,
        };
        assert_eq!(again.post_copy, expected);
        // Source tags sent one by one, because the source has job tags, are all of them.
        request.source_tags = vec![tag("Team", "web"), tag("Env", "prod")];
        request.image_tags = vec![tag("Team", "web"), tag("Env", "prod")];
        assert_eq!(Draft::again(&request, source(), None).source_tags, SourceTags::All);
    }

    #[test]
    fn a_tag_of_the_source_stays_one_when_its_value_has_changed() {
        let mut request = draft().check(now(), || ClientToken::from_random(1)).copies.remove(0);
        let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
        request.copy_tags = false;
        request.source_tags = vec![tag("Team", "old"), tag("Env", "prod")];
        request.image_tags =
            vec![tag("Team", "old"), tag("Env", "prod"), tag("SourceAMI", "ami-1"), tag("x", "ami-10")];
        let again = Draft::again(&request, source(), None);
        assert_eq!(again.source_tags, SourceTags::All);
        assert_eq!(again.image_tags, ["SourceAMI={source_id}", "x=ami-10"], "the source is named by its placeholder");
        assert_eq!(changed_source_tags(&request, &source()), [std::sync::Arc::from("Team")]);
    }

    #[test]
    fn a_failure_names_its_field() {
        let mut request = draft().check(now(), || ClientToken::from_random(1)).copies.remove(0);
        let failure = |kind| Failure::new("copy", "no").kind(kind);
        for (kind, field, again) in [
            (FailureKind::KeyNotAccessible, Field::Encryption, true),
            (FailureKind::NameRefused, Field::Name, true),
            (FailureKind::TagsRefused, Field::SourceTags, false),
            (FailureKind::Denied, Field::Sources, true),
            (FailureKind::Throttled, Field::Sources, false),
        ] {
            assert_eq!(field_to_change(&failure(kind), &request), field, "{kind:?}");
            assert_eq!(would_fail_again(&failure(kind)), again, "{kind:?}");
        }
        request.encryption = Encryption::Encrypt { key: crate::domain::KmsKeyRef::new("alias/web").ok() };
        assert_eq!(field_to_change(&failure(FailureKind::KeyNotAccessible), &request), Field::Key);
    }

    #[test]
    fn a_refusal_names_the_field_of_its_parameter() {
        let plain = draft().check(now(), || ClientToken::from_random(1)).copies.remove(0);
        let zone = Placement::Zone(crate::domain::ZoneName::new("us-west-2-lax-1a").unwrap());
        let placed = CopyRequest { placement: zone, ..plain.clone() };
        let completion = crate::domain::CompletionDuration::from_minutes(15).ok();
        let timed = CopyRequest { completion, ..plain.clone() };
        let quota = "The cumulative snapshot copy throughput quota of 2000 MiB/s is used up";
        let duration = "Value (20) for parameter SnapshotCopyCompletionDurationMinutes is invalid";
        for (request, why, field) in [
            (&placed, "Invalid availability zone: [us-west-2-lax-1a]", Field::Placement),
            (&placed, "The Outpost op-1 does not exist", Field::Placement),
            (&plain, "Invalid availability zone: [us-west-2-lax-1a]", Field::Sources),
            (&timed, quota, Field::Completion),
            (&timed, duration, Field::Completion),
            (&plain, quota, Field::Sources),
            (&plain, "Character sets beyond ASCII are not supported in Description", Field::Description),
            (&placed, "Something else", Field::Sources),
        ] {
            assert_eq!(field_to_change(&Failure::new("copy", why), request), field, "{why}");
        }
    }

    #[test]
    fn a_refused_tag_is_found_among_lines_and_source() {
        let tag = |key: &str| Tag { key: key.into(), value: "v".into() };
        let mut request = draft().check(now(), || ClientToken::from_random(1)).copies.remove(0);
        request.source_tags = vec![tag("Team")];
        request.image_tags = vec![tag("Team"), tag("Own"), tag("Other")];
        request.snapshot_tags = vec![tag("Cost"), tag("Snap")];
        let refused = |request: &CopyRequest, why: &str| {
            field_to_change(&Failure::new("copy", why).kind(FailureKind::TagsRefused), request)
        };
        for (why, field) in [
            ("the key Other is not allowed", Field::ImageTag(1)),
            ("the key Snap is not allowed", Field::SnapshotTag(1)),
            ("the key Team is not allowed", Field::SourceTags),
            ("there are too many", Field::ImageTag(0)),
        ] {
            assert_eq!(refused(&request, why), field, "{why}");
        }
        request.image_tags = vec![tag("Team")];
        assert_eq!(refused(&request, "there are too many"), Field::SourceTags);
        (request.image_tags, request.source_tags) = (Vec::new(), Vec::new());
        assert_eq!(refused(&request, "there are too many"), Field::SnapshotTag(0));
    }
}
