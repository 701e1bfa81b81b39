use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::{
    AccountId, Failure, Image, ImageId, ImageState, Region, SnapshotId, VersionPattern,
    draft::Draft,
    filter::Filter,
    image::Tag,
    image_details::VolumePermission,
    image_usage::{ImageReference, ImageUsage, ReferenceKind, SharedSnapshot},
    plan::CheckContext,
    post_copy::LaunchPermission,
    usage_report::{AccountUse, Reported},
};

mod copies;
mod digest;
mod failed;
mod keeps;
mod old;
mod policies;
mod properties;
mod retire;

const US: &str = "us-east-1";
const EU: &str = "eu-west-1";
const OWN: &str = "123456789012";

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn id(id: &str) -> ImageId {
    ImageId::new(id).unwrap()
}

fn account() -> AccountId {
    AccountId::new(OWN).unwrap()
}

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// A source that was made so many days ago.
fn source(number: u32, name: &str, days_ago: i64) -> Image {
    let image = Image::bare(id(&format!("ami-{number}")), region(US), account());
    let tags = vec![Tag { key: "DR".into(), value: "true".into() }];
    Image { name: name.into(), tags, created: Some(now() - days(days_ago)), ..image }
}

/// The copy that sync has made of a source, on the same day, whatever its policy kept.
fn copy(of: &Image, to: &str) -> Image {
    let image = Image::bare(id(&format!("{}c{}", of.id, to.replace('-', ""))), region(to), account());
    let tag = SyncTag { source_region: of.region.clone(), source: of.id.clone(), destination: region(to) }.tag();
    let for_policy = Tag { key: POLICY_TAG.into(), value: policy(&[to]).tag_value(&region(to)).into() };
    Image {
        name: of.name.clone(),
        tags: [of.tags.clone(), vec![for_policy, noted(of), tag]].concat(),
        created: of.created,
        source_image_id: Some(of.id.clone()),
        source_region: Some(of.region.clone()),
        ..image
    }
}

/// The tag that says when a source was created.
fn noted(source: &Image) -> Tag {
    Tag { key: CREATED_TAG.into(), value: source.created.unwrap().to_string().into() }
}

fn unused(image: &Image) -> ImageUsage {
    ImageUsage {
        image: image.id.clone(),
        references: Ok(Vec::new()),
        permissions: Ok(Vec::new()),
        shared_snapshots: Ok(Vec::new()),
        volume_permissions: Ok(Vec::new()),
        reported: None,
    }
}

/// An account with these images, none of which anybody uses.
fn account_state(images: impl IntoIterator<Item = Image>) -> AccountState {
    let mut account_state = AccountState {
        account: account(),
        now: now(),
        images: [US, EU, "eu-west-2"].map(|name| (region(name), Vec::new())).into(),
        under_way: [].into(),
        being_copied: [].into(),
        being_removed: [].into(),
        deregistered: [].into(),
        pending: Some(PendingCopies::default()),
        usage: [].into(),
    };
    for image in images {
        account_state.usage.insert((image.region.clone(), image.id.clone()), unused(&image));
        account_state.images.entry(image.region.clone()).or_default().push(Arc::new(image));
    }
    account_state
}

fn policy(to: &[&str]) -> SyncPolicy {
    SyncPolicy {
        name: "dr".into(),
        from: region(US),
        to: to.iter().map(|name| region(name)).collect(),
        matching: Filter::parse("tag:DR=true", now()),
        match_text: "tag:DR=true".into(),
        version_pattern: VersionPattern::of_sync(),
        versions: VersionLimit::All,
        copy_name: "{name}".into(),
        override_keep: false,
        fail_if_empty: false,
    }
}

/// A policy that keeps so many versions, and deregisters older copies.
fn keeping(keep: usize, to: &[&str]) -> SyncPolicy {
    let retire = Retiring { mode: RetireMode::Deregister, max: MAX_RETIRE, min_age: MIN_AGE };
    SyncPolicy { versions: VersionLimit::Newest { keep: keep.try_into().unwrap(), retire: Some(retire) }, ..policy(to) }
}

fn draft() -> Draft {
    Draft { name: "{name}".into(), ..Draft::default() }
}

/// A policy with another filter.
fn matching(text: &str, policy: SyncPolicy) -> SyncPolicy {
    SyncPolicy { matching: Filter::parse(text, now()), match_text: text.into(), ..policy }
}

fn plan_at(policies: &[SyncPolicy], account_state: &AccountState, stage: Stage) -> SyncPlan {
    plan(policies, account_state, stage, CheckContext::at(now()), None, &|_, _| draft())
}

fn plan_of(policies: &[SyncPolicy], account_state: &AccountState) -> SyncPlan {
    plan_at(policies, account_state, Stage::BeforeCopies)
}

/// The images that a plan would retire if that is not refused.
fn would_retire(plan: &SyncPlan) -> impl Iterator<Item = &Arc<Image>> {
    plan.actions.iter().filter(|one| matches!(one.kind, ActionKind::Retire { .. })).map(|one| &one.image)
}

/// Each action in a line.
fn lines(plan: &SyncPlan) -> Vec<String> {
    let line = |action: &Action| {
        let region = action.region.as_ref().map_or("-", Region::as_str);
        let what = match &action.kind {
            ActionKind::Copy(_) => "copy".to_owned(),
            ActionKind::Skip(SkipReason::Exists(_), _) => "skip there".to_owned(),
            ActionKind::Skip(reason, _) => format!("skip {reason:?}"),
            ActionKind::Retire { mode, .. } => mode.as_str().to_owned(),
            ActionKind::RemoveFailed => "remove".to_owned(),
            ActionKind::Keep(reason) => format!("keep {reason:?}"),
        };
        format!("{} {region} {what}", action.image.id)
    };
    plan.actions.iter().map(line).collect()
}
