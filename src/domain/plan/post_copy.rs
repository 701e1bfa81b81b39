//! Checks what is done once the copies are available, and turns it into steps.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    messages::{Messages, ValidationMessage},
    tags::user_tags,
};
use crate::domain::{
    account::AccountId,
    draft::{Draft, Field, ProtectionDraft},
    failure::Failure,
    image::Image,
    kms_key::KmsKeyRef,
    post_copy::{LaunchPermission, PostCopyStep},
    region::Region,
    tag_line::MAX_TAGS,
    text::clean,
};

/// The checked steps, the same for all copies.
#[derive(Debug, Default)]
pub(super) struct Steps {
    permissions: Vec<LaunchPermission>,
    public: bool,
    accounts: Vec<AccountId>,
    deprecation: Option<Timestamp>,
}

/// What is done with a copy that is available already: checked steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepsPlan {
    /// Complete only if there are no mistakes.
    pub steps: Vec<PostCopyStep>,
    pub mistakes: Vec<ValidationMessage>,
    pub warnings: Vec<ValidationMessage>,
}

impl Draft {
    /// Checks what is done afterwards, for the one copy of a draft that is available already: nothing else of it can be changed.
    pub fn check_steps(&self, now: Timestamp) -> StepsPlan {
        let (mut mistakes, mut warnings) = (Messages::default(), Messages::default());
        let checked = self.check_post_copy(now, &mut mistakes, &mut warnings);
        let steps = self.sources.first().map(|source| self.steps_for(source, &checked)).unwrap_or_default();
        StepsPlan { steps, mistakes: without_keys(mistakes), warnings: without_keys(warnings) }
    }

    pub(super) fn check_post_copy(&self, now: Timestamp, mistakes: &mut Messages, warnings: &mut Messages) -> Steps {
        let post = &self.post_copy;
        let shared_with = self.shared_with(mistakes, warnings);
        let account = |p: &LaunchPermission| match p {
            LaunchPermission::Account(account) => Some(account.clone()),
            _ => None,
        };
        let accounts: Vec<AccountId> = shared_with.iter().filter_map(account).collect();
        if post.share_snapshots {
            self.check_snapshot_sharing(&accounts, shared_with.len(), mistakes, warnings);
        }
        if !shared_with.is_empty() || post.copy_permissions {
            self.check_shared_keys(!shared_with.is_empty(), mistakes, warnings);
        }
        if post.public
            && let Some(source) = self.sources.iter().find(|s| s.encrypted())
        {
            let text = format!(
                "{} is encrypted, and so are its copies: EC2 refuses to make them public. Share them with accounts.",
                source.id
            );
            mistakes.add(Field::Public, text);
        } else if post.public && self.encrypts() {
            let text =
                "Encrypted images cannot be public: EC2 refuses them. Copy without encryption, or share with accounts.";
            mistakes.add(Field::Public, text.into());
        }
        if post.public {
            for source in self.sources.iter().filter(|s| !s.product_codes.is_empty()) {
                let text = format!("{} has a product code: EC2 refuses to make such images public.", source.id);
                mistakes.add_kind(Field::Public, "product code", text);
            }
        }
        if post.tag_source {
            self.check_source_tags(mistakes, warnings);
        }
        let deprecation = mistakes.check(Field::Deprecation, deprecation(&post.deprecate, now, post.public)).flatten();
        Steps { permissions: shared_with, public: post.public, accounts, deprecation }
    }

    /// Returns the steps of one source's copies, in the order in which they are done.
    pub(super) fn steps_for(&self, source: &Image, steps: &Steps) -> Vec<PostCopyStep> {
        let post = &self.post_copy;
        let mut list = Vec::new();
        list.extend(post.copy_permissions.then_some(PostCopyStep::CopyLaunchPermissions));
        // Each kind by itself: EC2 refuses a request as a whole, and a mistyped ARN or block public access is to leave the
        // others their permissions.
        let is_account = |permission: &&LaunchPermission| matches!(permission, LaunchPermission::Account(_));
        let (accounts, organizations): (Vec<_>, Vec<_>) = steps.permissions.iter().partition(is_account);
        let public = if steps.public { vec![&LaunchPermission::Public] } else { Vec::new() };
        let kinds = [accounts, organizations, public].into_iter().filter(|kind| !kind.is_empty());
        list.extend(kinds.map(|kind| PostCopyStep::LaunchPermissions(kind.into_iter().cloned().collect())));
        if post.share_snapshots && !source.instance_store() {
            list.push(PostCopyStep::SnapshotPermissions(steps.accounts.clone()));
        }
        list.extend(steps.deprecation.map(PostCopyStep::Deprecation));
        match post.protection {
            ProtectionDraft::Off => {}
            on => list.push(PostCopyStep::DeregistrationProtection { cooldown: on == ProtectionDraft::WithCooldown }),
        }
        list.extend(post.tag_source.then_some(PostCopyStep::SourceTag));
        list
    }

    fn shared_with(&self, mistakes: &mut Messages, warnings: &mut Messages) -> Vec<LaunchPermission> {
        let mut permissions = BTreeSet::new();
        let words = self.post_copy.share_with.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        for word in words.filter(|word| !word.is_empty()) {
            let named = LaunchPermission::parse(word).map_err(|e| Failure::new(e.what, about(word, &e.why)));
            let Some(permission) = mistakes.check(Field::ShareWith, named) else { continue };
            if let LaunchPermission::Organization(arn) | LaunchPermission::OrganizationalUnit(arn) = &permission {
                let other = self.destinations.iter().find(|d| arn.partition() != Some(d.partition()));
                if let Some(destination) = other {
                    let partition = destination.partition().as_str();
                    mistakes.add(
                        Field::ShareWith,
                        about(
                            arn.as_str(),
                            &format!("{destination} is in the partition {partition}, and the ARN is not."),
                        ),
                    );
                }
            }
            if let LaunchPermission::Account(account) = &permission
                && self.account.as_ref() == Some(account)
            {
                let text = format!("{account} is the account that copies: it may launch its own images anyway.");
                warnings.add_kind(Field::ShareWith, "own account", text);
            }
            permissions.insert(permission);
        }
        permissions.into_iter().collect()
    }

    fn check_snapshot_sharing(
        &self,
        accounts: &[AccountId],
        shared_with: usize,
        mistakes: &mut Messages,
        warnings: &mut Messages,
    ) {
        if accounts.is_empty() {
            let text = "Snapshots can be shared with accounts only: give the ids of some.";
            mistakes.add(Field::ShareSnapshots, text.into());
        } else if accounts.len() < shared_with {
            let text = "Snapshots can be shared with accounts only: organizations and units get the images alone.";
            warnings.add(Field::ShareSnapshots, text.into());
        }
        if !self.sources.is_empty() && self.sources.iter().all(|s| s.instance_store()) {
            mistakes.add(Field::ShareSnapshots, "Instance-store images have no snapshots to share.".into());
        }
    }

    /// Checks the keys of copies that others are to use: the default key of AWS cannot be shared, and a key of one's own must be.
    /// Source: EC2 User Guide, "Share an AMI with specific AWS accounts".
    fn check_shared_keys(&self, certain: bool, mistakes: &mut Messages, warnings: &mut Messages) {
        let field = if certain { Field::ShareWith } else { Field::CopyPermissions };
        for destination in &self.destinations {
            match self.encrypts().then(|| self.key_for(destination)) {
                Some(Ok(Some(key))) if key.is_aws_managed() => {
                    let text = format!("EC2 refuses to share images encrypted with {key}: choose a key of your own.");
                    if certain {
                        mistakes.add(self.key_field(destination), text);
                    } else {
                        warnings.add(self.key_field(destination), text);
                    }
                }
                Some(Ok(Some(key))) => warnings.add_kind(field.clone(), "own key", must_be_shared(&key, destination)),
                Some(Ok(None)) => warnings.add_of_default_key(field.clone(), default_key(destination)),
                None if self.sources.iter().any(|s| s.encrypted()) => {
                    warnings.add_of_default_key(field.clone(), default_key(destination));
                }
                // A wrong key is reported by its own check.
                Some(Err(_)) | None => {}
            }
        }
    }

    fn check_source_tags(&self, mistakes: &mut Messages, warnings: &mut Messages) {
        for source in &self.sources {
            if self.account.as_ref().is_some_and(|own| *own != source.owner_id) {
                let text =
                    format!("{} belongs to {}: only the account's own images are tagged.", source.id, source.owner_id);
                mistakes.add(Field::TagSource, text);
                continue;
            }
            for destination in &self.destinations {
                let key = PostCopyStep::source_tag(destination);
                if let Some(old) = source.tag(&key) {
                    let text =
                        format!("The tag {key} of {} is `{}` now and will be overwritten.", source.id, clean(old));
                    warnings.add(Field::TagSource, text);
                }
            }
            let new = self.destinations.iter().filter(|d| source.tag(&PostCopyStep::source_tag(d)).is_none()).count();
            let job_tags = source.tags.iter().filter(|t| t.key.starts_with("amigrate:")).count();
            let count = user_tags(source).count() + job_tags + new;
            if count > MAX_TAGS {
                let id = &source.id;
                mistakes.add(
                    Field::TagSource,
                    format!("{id} would have {count} tags with one for each destination; EC2 allows {MAX_TAGS}."),
                );
            }
        }
    }
}

/// Moves what is said of keys to those who are to use the copy: its key cannot be changed any more.
fn without_keys(messages: Messages) -> Vec<ValidationMessage> {
    let mut messages = messages.finish();
    for message in &mut messages {
        if matches!(message.field, Field::Key | Field::KeyFor(_) | Field::Encryption) {
            message.field = Field::ShareWith;
        }
    }
    messages
}

fn about(word: &str, why: &str) -> String {
    format!("`{}`: {why}", clean(word))
}

fn must_be_shared(key: &KmsKeyRef, destination: &Region) -> String {
    format!("Other accounts can use the copies in {destination} only if {key} is shared with them as well.")
}

fn default_key(destination: &Region) -> String {
    format!(
        "The copies in {destination} are encrypted with its default key. If that is aws/ebs, EC2 refuses to share them: \
         choose a key of your own."
    )
}

/// Reads when copies are to be deprecated: `90d`, `2027-01-31` or `2027-01-31T12:00Z`; `None` if empty.
///
/// # Errors
/// Another form, a time in the past, and one too far ahead: 10 years, for public images 2.
/// Source: EC2 API reference, `EnableImageDeprecation`, `DeprecateAt`, which counts whole minutes.
fn deprecation(text: &str, now: Timestamp, public: bool) -> Result<Option<Timestamp>, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let refused = |why: &str| Err(Failure::new(format!("deprecate `{}`", clean(text)), why.to_owned()));
    let days = text.strip_suffix('d').filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let time = match days {
        // More than a million is too far ahead as well.
        Some(days) => now
            .checked_add(SignedDuration::from_hours(24 * days.parse::<i64>().unwrap_or(1_000_000).min(1_000_000)))
            .unwrap_or(Timestamp::MAX),
        None if text.len() == 10 => match text.parse::<Date>().and_then(|date| date.to_zoned(TimeZone::UTC)) {
            Ok(midnight) => midnight.timestamp(),
            Err(_) => return refused("that is not a date; write 2027-01-31, a time such as 2027-01-31T12:00Z, or 90d"),
        },
        None => match text.parse::<Timestamp>() {
            Ok(time) => time,
            Err(_) => {
                return refused("write a number of days (90d), a date (2027-01-31) or a time (2027-01-31T12:00Z)");
            }
        },
    };
    let minute = Timestamp::from_second(time.as_second().div_euclid(60) * 60).unwrap_or(time);
    if minute <= now {
        return refused("the time is in the past");
    }
    let years = if public { 2 } else { 10 };
    if now.to_zoned(TimeZone::UTC).checked_add(years.years()).is_ok_and(|limit| time > limit.timestamp()) {
        return refused(if public {
            "EC2 deprecates public images within 2 years at the latest"
        } else {
            "EC2 takes a time at most 10 years ahead"
        });
    }
    Ok(Some(minute))
}
