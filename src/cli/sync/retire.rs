//! Retiring old copies, one after the other: planned anew for each region, and each image checked again right before its call.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::{Planned, Sync, actions, read};
use crate::{
    cli::{
        deregister::{NotFollowed, deregister_until},
        exit::{CommandError, ExitStatus},
        follow::Signals,
        records::{DeregistrationResult, SyncAction, SyncRecord, SyncResult},
    },
    domain::{
        AccountId, Failure, Image, ImageId, Region,
        sync::{
            Action, ActionKind, KeepReason, RecheckInput, RetireMode, Retiring, Stage, SyncPlan, SyncPolicy, recheck,
        },
        text::clean,
    },
    labels,
};

/// How long what was found about an image holds.
pub(super) const CHECK_VALID: SignedDuration = SignedDuration::from_mins(1);

/// An image that the plan before the copies retires.
struct Old {
    policy: usize,
    image: ImageId,
}

/// What came of retiring.
#[derive(Default)]
pub(super) struct RetireOutcome {
    pub(super) failures: Vec<Failure>,
    /// The status if a signal ended it, or the time was over.
    pub(super) interrupted: Option<ExitStatus>,
}

/// A run of retiring. The result of an image is in its record at once, and is printed whatever happens to the others.
pub(super) struct RetireRun<'a> {
    pub(super) sync: &'a Sync<'a>,
    pub(super) account: AccountId,
    pub(super) records: &'a mut [SyncRecord],
    pub(super) signals: &'a mut Signals,
    /// When the time of `--timeout` is over.
    pub(super) deadline: Option<Instant>,
    pub(super) failures: Vec<Failure>,
}

impl RetireRun<'_> {
    /// Retires those of the plan's images that later plans retire too.
    ///
    /// # Errors
    /// The status if a signal ends it, or the time is over.
    pub(super) async fn retire(&mut self, plan: &SyncPlan) -> Result<(), ExitStatus> {
        let mut by_region: BTreeMap<Region, Vec<Old>> = BTreeMap::new();
        for action in plan.actions.iter().filter(|action| matches!(action.kind, ActionKind::Retire { .. })) {
            let old = Old { policy: action.policy, image: action.image.id.clone() };
            by_region.entry(action.image.region.clone()).or_default().push(old);
        }
        for (region, old) in by_region {
            self.retire_in(&region, &old).await?;
        }
        Ok(())
    }

    async fn retire_in(&mut self, region: &Region, old: &[Old]) -> Result<(), ExitStatus> {
        let sync = self.sync;
        let Planned { plan, account_state, unlisted, unread_pending, .. } =
            match self.unless_over(Box::pin(sync.plan(Stage::AfterCopies))).await? {
                Ok(planned) => planned,
                Err(error) => {
                    self.fail_with(error);
                    return Ok(());
                }
            };
        let refused = actions::refusals(&plan, &sync.policies);
        let unlisted = unlisted.into_iter().map(|one| one.failure);
        refused.into_iter().chain(unlisted).chain(unread_pending).for_each(|failure| self.fail(failure));
        for one in old {
            match plan.keeps(one.policy, &one.image, region, &account_state) {
                Some(reason) => self.defer(&one.image, &reason),
                None => self.retire_one(&plan, one).await?,
            }
        }
        Ok(())
    }

    /// Looks at an image once more, and retires it.
    async fn retire_one(&mut self, plan: &SyncPlan, old: &Old) -> Result<(), ExitStatus> {
        let Old { policy, image } = old;
        let retires = |action: &&Action| {
            matches!(action.kind, ActionKind::Retire { .. }) && action.policy == *policy && action.image.id == *image
        };
        let Some(action) = plan.actions.iter().find(retires) else { return Ok(()) };
        let sync = self.sync;
        let policy = sync.policies.all.get(action.policy);
        let Some((policy, (_, retiring))) = policy.and_then(|policy| Some((policy, policy.retiring()?))) else {
            return Ok(());
        };
        let checked = self.unless_over(Box::pin(sync.reread(action, policy, retiring))).await?;
        let (image, checked_at) = match checked {
            Ok(Ok(checked)) => checked,
            Ok(Err(reason)) => {
                self.defer(image, &reason);
                return Ok(());
            }
            Err(failure) => {
                self.fail(failure);
                return Ok(());
            }
        };
        // A signal that came meanwhile ends the run before the call.
        self.unless_over(tokio::task::yield_now()).await?;
        if retiring.mode == RetireMode::Deregister {
            Box::pin(self.deregister(image, checked_at + CHECK_VALID)).await
        } else {
            Box::pin(self.change(&image, retiring.mode)).await;
            Ok(())
        }
    }

    pub(super) async fn deregister(&mut self, image: Image, not_after: Timestamp) -> Result<(), ExitStatus> {
        let (setup, connection, id) = (self.sync.setup, &self.sync.connection, image.id.clone());
        let done = deregister_until(setup, connection, image, not_after, self.time_left(), self.signals).await;
        let (outcomes, interrupted) = match done {
            Ok(done) => done,
            Err(NotFollowed { error, is_stored }) => {
                self.set_result(&id, if is_stored { SyncResult::Pending } else { SyncResult::Deferred }, None);
                self.fail_with(error);
                return Ok(());
            }
        };
        for (record, failure) in outcomes {
            let result = match record.result {
                DeregistrationResult::Deregistered => SyncResult::Deregistered,
                DeregistrationResult::Pending | DeregistrationResult::WouldDeregister if failure.is_some() => {
                    SyncResult::Deferred
                }
                DeregistrationResult::Pending | DeregistrationResult::WouldDeregister => SyncResult::Pending,
                DeregistrationResult::Refused => SyncResult::Failed,
            };
            self.set_result(&id, result, None);
            if let Some(failure) = failure {
                self.fail(failure);
            }
        }
        interrupted.map_or(Ok(()), Err)
    }

    /// Deprecates or disables an image, whatever signals come meanwhile: it takes one call.
    async fn change(&mut self, image: &Image, mode: RetireMode) {
        match self.sync.change(image, mode).await {
            Ok(audit_failure) => {
                self.set_result(&image.id, actions::retired(mode), None);
                if let Some(failure) = audit_failure {
                    self.fail(failure);
                }
            }
            Err(failure) => {
                self.set_result(&image.id, SyncResult::Failed, None);
                self.fail(failure);
            }
        }
    }

    /// Returns what `work` comes to, unless a signal comes before, or the time is over.
    pub(super) async fn unless_over<T>(&mut self, work: impl Future<Output = T>) -> Result<T, ExitStatus> {
        let deadline = self.deadline;
        let in_time = async {
            tokio::select! {
                biased;
                () = crate::cli::timeout::at(deadline) => None,
                done = work => Some(done),
            }
        };
        match self.signals.unless(in_time).await {
            Ok(Some(done)) => Ok(done),
            Ok(None) => {
                let why = "the time given with --timeout is over";
                self.fail(Failure::new("retire images", why).hint("Run sync again to continue."));
                Err(ExitStatus::TimedOut)
            }
            Err(signal) => Err(signal.status()),
        }
    }

    /// Returns how much time is left; `None` for as long as it takes.
    pub(super) fn time_left(&self) -> Option<std::time::Duration> {
        crate::cli::timeout::left(self.deadline)
    }

    pub(super) fn defer(&mut self, image: &ImageId, reason: &KeepReason) {
        let message = labels::sync::keep(reason, |n| self.sync.policies.name(n));
        self.set_result(image, SyncResult::Deferred, Some((actions::keep_word(reason), clean(&message).into_owned())));
    }

    /// Records what came of an image.
    fn set_result(&mut self, image: &ImageId, result: SyncResult, kept: Option<(&'static str, String)>) {
        let of_image = |record: &&mut SyncRecord| {
            matches!(record.action, SyncAction::Retire | SyncAction::Remove)
                && record.image_id.as_deref() == Some(image.as_str())
        };
        let Some(record) = self.records.iter_mut().find(of_image) else { return };
        record.result = Some(result);
        if let Some((reason, message)) = kept {
            (record.reason, record.message) = (reason, message);
        }
    }

    /// Records a failure, once.
    pub(super) fn fail(&mut self, failure: Failure) {
        add(&mut self.failures, failure);
    }

    pub(super) fn fail_with(&mut self, error: CommandError) {
        match error {
            CommandError::Failure(failure, _) => self.fail(*failure),
            CommandError::BrokenPipe => {}
        }
    }
}

/// Adds a failure that is not named yet. Another request for the same is the same.
pub(super) fn add(failures: &mut Vec<Failure>, failure: Failure) {
    let same = |known: &Failure| (&known.what, &known.why, &known.code) == (&failure.what, &failure.why, &failure.code);
    if !failures.iter().any(same) {
        failures.push(failure);
    }
}

impl Sync<'_> {
    /// Reads an image once more, and everything that decides about it. Returns it with the time when that began, or the rule that keeps it.
    ///
    /// # Errors
    /// If it cannot be read.
    async fn reread(
        &self,
        action: &Action,
        policy: &SyncPolicy,
        retiring: &Retiring,
    ) -> Result<Result<(Image, Timestamp), KeepReason>, Failure> {
        let begun = Timestamp::now();
        let (session, id, region) = (&self.connection.session, &action.image.id, &action.image.region);
        let ActionKind::Retire { newer, .. } = &action.kind else { return Ok(Err(KeepReason::NotOld)) };
        let account = session.account().await?.id;
        let ids: Vec<ImageId> = newer.iter().chain([id]).cloned().collect();
        let mut images = session.describe_images(region, &ids).await?;
        let Some(at) = images.iter().position(|image| image.id == *id) else { return Ok(Err(KeepReason::Gone)) };
        let image = images.swap_remove(at);
        let is_available = |image: &&Image| image.state == crate::domain::ImageState::Available;
        let available: Vec<ImageId> = images.iter().filter(is_available).map(|image| image.id.clone()).collect();
        let copies = async {
            match retiring.mode {
                RetireMode::Deprecate => None,
                _ => Some(read::under_way(self.setup, session, &self.policies.ignored).await),
            }
        };
        let checked = [image.clone()];
        let (mut usage, pending) = tokio::join!(session.image_usage_with_reports(region, &checked), copies);
        usage.iter_mut().for_each(read::drop_unread_report);
        let usage = usage.iter().find(|usage| usage.image == *id);
        let of_copies = pending.as_ref().map(|read| &read.copies);
        let input = RecheckInput { image: &image, usage, pending: of_copies, newer, available: &available };
        match recheck(&input, &account, policy, retiring, Timestamp::now()) {
            None => Ok(Ok((image, begun))),
            // The status is to say that it is incomplete.
            Some(KeepReason::CopiesUnknown(why)) => match pending.and_then(|read| read.failures.into_iter().next()) {
                Some(failure) => Err(failure),
                None => Ok(Err(KeepReason::CopiesUnknown(why))),
            },
            Some(reason) => Ok(Err(reason)),
        }
    }
}
