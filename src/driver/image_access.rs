//! Giving another account what it lacks to copy an image, with the credentials of the image's owner: each call on record in the owner's
//! account.

use std::time::Duration;

use tokio::time::Instant;

use super::audited_calls::{AuditedCall, AuditedCalls};
use crate::{
    aws::{Session, other_account},
    domain::{
        AccountId, Failure, Image, Retry,
        image_access::{
            AccessTarget, GivenAccess, MissingAccess, Share, ShareOutcome, ShareRequest, Unshareable, key_owner,
        },
    },
};

/// How long it is waited for what was given, and how often it is asked. Source: KMS developer guide, "Eventual consistency (for grants)":
/// usually less than five minutes. EC2 names no time.
const LIMIT: Duration = Duration::from_mins(5);
const FIRST_INTERVAL: Duration = Duration::from_millis(250);
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);

/// Waits until nothing is missing to copy an image, once its owner has given it: a grant of a key takes a while to take effect, and a copy
/// that starts before may fail, since EC2 asks KMS without the grant's token. It is asked twice, because not all of KMS learns of a grant
/// at once.
///
/// # Errors
/// That it is not so within five minutes, which may be tried again ([`Retry::Later`]), or why it is not known.
pub async fn wait_for_access(session: &Session, image: &Image) -> Result<(), Failure> {
    let end = Instant::now() + LIMIT;
    let (mut complete, mut interval) = (0, FIRST_INTERVAL);
    loop {
        let is_complete = match session.missing_access(image).await {
            Ok(missing) => missing.is_empty(),
            Err(failure) if failure.retry == Retry::Later => false,
            Err(failure) => return Err(failure),
        };
        complete = if is_complete { complete + 1 } else { 0 };
        if complete == 2 {
            return Ok(());
        }
        let next = Instant::now() + interval;
        if next > end {
            let why = format!("what its owner has given has not taken effect within {} minutes", LIMIT.as_secs() / 60);
            return Err(Failure::new(format!("copy {}", image.id), why)
                .hint(
                    "It stays given: run the same command again later, or without --share-from to start all the same.",
                )
                .retry(Retry::Later));
        }
        tokio::time::sleep_until(next).await;
        interval = (interval * 2).min(LONGEST_INTERVAL);
    }
}

/// The owner's side.
pub struct AccessGiver<'a> {
    pub session: &'a Session,
    pub calls: &'a AuditedCalls,
    pub owner: &'a AccountId,
}

impl AccessGiver<'_> {
    /// Gives all that is requested; nothing, if it is known before the first call that an image cannot be shared. A call that is refused
    /// does not keep the rest from being given, except that an image is not shared without its snapshots and keys.
    pub async fn give_all(&self, request: &ShareRequest) -> ShareOutcome {
        let mut outcome = ShareOutcome::empty(request.owner.clone());
        if request.owner != *self.owner {
            let why = format!("they belong to account {}, not to account {}", request.owner, self.owner);
            outcome.failures.push(Failure::new("share the images", why));
            return outcome;
        }
        match self.unshareable(request).await {
            Ok(unshareable) if unshareable.is_empty() => {}
            Ok(unshareable) => {
                outcome.failures = unshareable.iter().map(|one| one.failure.clone()).collect();
                outcome.unshareable = unshareable;
                return outcome;
            }
            Err(failure) => return ShareOutcome::failed(outcome.owner, failure),
        }
        for share in &request.shares {
            for access in &share.missing {
                match self.give(&share.target, access).await {
                    Ok((given, audit_failure)) => {
                        outcome.given.push(given);
                        outcome.audit_failures.extend(audit_failure);
                    }
                    Err(failure) => {
                        if !outcome.failures.contains(&failure) {
                            outcome.failures.push(failure);
                        }
                        break;
                    }
                }
            }
        }
        outcome
    }

    /// Gives one permission. With it, returns why its outcome could not be written to the audit, if it could not.
    ///
    /// # Errors
    /// Why it was not given.
    pub async fn give(
        &self,
        target: &AccessTarget,
        access: &MissingAccess,
    ) -> Result<(GivenAccess, Option<Failure>), Failure> {
        self.check_account().await?;
        if let MissingAccess::Key(key) = access {
            self.refuse_key_of_another(key)?;
            self.session.refuse_managed_key(target, key).await?;
        }
        // With whom, and the grant: by these it can be taken back.
        let (action, resource) = (access.action(), format!("{} for {}", access.resource(target), target.account));
        let call = AuditedCall { action, region: &target.region, resource };
        let request = self.session.give_access(target, access);
        let (grant, audit_failure) = self.calls.send_with_detail(self.session, call, request, Option::clone).await?;
        Ok((GivenAccess { target: target.clone(), access: access.clone(), grant }, audit_failure))
    }

    /// Finds out which images cannot be shared, with what their owner sees: another account does not see how the snapshots are encrypted.
    async fn unshareable(&self, request: &ShareRequest) -> Result<Vec<Unshareable>, Failure> {
        self.check_account().await?;
        let mut unshareable = Vec::new();
        for Share { target, missing } in &request.shares {
            let keys = missing.iter().try_for_each(|access| match access {
                MissingAccess::Key(key) => self.refuse_key_of_another(key),
                _ => Ok(()),
            });
            let checked = match keys {
                Ok(()) => self.session.refuse_unshareable(target).await,
                refused => refused,
            };
            if let Err(failure) = checked {
                unshareable.push(Unshareable { image: target.image.clone(), failure });
            }
        }
        Ok(unshareable)
    }

    /// Refuses credentials that have come back as another account.
    async fn check_account(&self) -> Result<(), Failure> {
        let account = self.session.account().await?;
        if account.id == *self.owner { Ok(()) } else { Err(other_account(&account, self.owner)) }
    }

    /// Refuses a key of a third account, even if that account lets this one make grants of it.
    fn refuse_key_of_another(&self, key: &str) -> Result<(), Failure> {
        match key_owner(key) {
            Some(of) if of != *self.owner => {
                let why = format!("the key belongs to account {of}, not to account {}", self.owner);
                let what = format!("share key {key}");
                Err(Failure::new(what, why).hint(format!("The administrators of account {of} can share it.")))
            }
            _ => Ok(()),
        }
    }
}
