//! Retiring old copies: planned anew from fresh listings, each image looked at once more right before its call.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Sync, actions};
use crate::{
    cli::{
        deregister::deregister_images,
        exit::{CommandError, ExitStatus},
        follow::Signals,
        records::{DeregistrationResult, SyncAction, SyncRecord, SyncResult},
    },
    domain::{
        AccountId, Failure, Image, ImageId, Region,
        sync::{ActionKind, KeepReason, RetireMode, Retiring, Stage, SyncPlan, recheck},
        text::clean,
    },
    driver::{Changing, OnRecord},
    labels,
};

/// EC2 takes a deprecation date by the minute, and none in the past.
const DEPRECATED_IN: SignedDuration = SignedDuration::from_mins(2);

/// An image to retire.
struct Old {
    image: ImageId,
    region: Region,
    retiring: Retiring,
}

/// What came of an image: a result, and a reason if it is kept.
type Done = (ImageId, SyncResult, Option<(&'static str, String)>);

/// What came of retiring.
#[derive(Default)]
pub(super) struct Retired {
    pub(super) failures: Vec<Failure>,
    /// The status if a signal ended it.
    pub(super) interrupted: Option<ExitStatus>,
}

impl Sync<'_> {
    /// Retires those of these images that a new plan retires too, and fills in what came of them.
    pub(super) async fn retire(
        &self,
        wanted: &[(ImageId, Region)],
        records: &mut [SyncRecord],
        signals: &mut Signals,
    ) -> Result<Retired, CommandError> {
        let planned = self.plan(Stage::After).await?;
        let mut retired = Retired { failures: actions::refusals(&planned.plan, &self.policies), interrupted: None };
        let unlisted: Vec<Region> = planned.unlisted.iter().filter_map(|one| one.region.clone()).collect();
        retired.failures.extend(planned.unlisted.into_iter().map(|one| one.failure));
        let listed = wanted.iter().filter(|(_, region)| !unlisted.contains(region));
        let mut done: Vec<Done> = listed.filter_map(|(image, _)| kept(&planned.plan, image)).collect();
        if planned.plan.refusals.is_empty() {
            let old = self.old(&planned.plan, wanted);
            let account = self.connection.session.account().await?.id;
            let mut by_region: BTreeMap<Region, Vec<Old>> = BTreeMap::new();
            for one in old {
                by_region.entry(one.region.clone()).or_default().push(one);
            }
            for (region, old) in by_region {
                if retired.interrupted.is_none() {
                    done.extend(self.retire_in(&region, old, &account, &mut retired, signals).await?);
                }
            }
        }
        for (image, result, kept) in done {
            let of_image = |record: &&mut SyncRecord| {
                record.action == SyncAction::Retire && record.image_id.as_deref() == Some(image.as_str())
            };
            let Some(record) = records.iter_mut().find(of_image) else { continue };
            record.result = Some(result);
            if let Some((reason, message)) = kept {
                (record.reason, record.message) = (reason, message);
            }
        }
        Ok(retired)
    }

    /// Returns the images that are retired: those of the new plan that the first one had too.
    fn old(&self, plan: &SyncPlan, wanted: &[(ImageId, Region)]) -> Vec<Old> {
        let mut old = Vec::new();
        for action in &plan.actions {
            let ActionKind::Retire { .. } = action.kind else { continue };
            let (image, region) = (action.image.id.clone(), action.image.region.clone());
            let retiring = self.policies.all.get(action.policy).and_then(|policy| policy.retiring());
            if let Some((_, retiring)) = retiring.filter(|_| wanted.contains(&(image.clone(), region.clone()))) {
                old.push(Old { image, region, retiring: retiring.clone() });
            }
        }
        old
    }

    async fn retire_in(
        &self,
        region: &Region,
        old: Vec<Old>,
        account: &AccountId,
        retired: &mut Retired,
        signals: &mut Signals,
    ) -> Result<Vec<Done>, CommandError> {
        let session = &self.connection.session;
        let ids: Vec<ImageId> = old.iter().map(|one| one.image.clone()).collect();
        let images = match session.describe_images(region, &ids).await {
            Ok(images) => images,
            Err(failure) => {
                retired.failures.push(failure);
                return Ok(Vec::new());
            }
        };
        let usage = session.image_usage(region, &images).await;
        let (mut done, mut deregistered) = (Vec::new(), Vec::new());
        let store = self.setup.on_record(&self.connection.account)?;
        for one in old {
            let Some(image) = images.iter().find(|image| image.id == one.image) else {
                done.push((one.image, SyncResult::Left, Some(("gone", "it is not there any more".into()))));
                continue;
            };
            let usage = usage.iter().find(|usage| usage.image == one.image);
            if let Some(reason) = recheck(image, usage, account, &one.retiring, Timestamp::now()) {
                done.push(left(one.image, &reason));
                continue;
            }
            if one.retiring.mode == RetireMode::Deregister {
                deregistered.push(image.clone());
                continue;
            }
            let result = match self.change(image, one.retiring.mode, &store).await {
                Ok(()) => actions::retired(one.retiring.mode),
                Err(failure) => {
                    retired.failures.push(failure);
                    SyncResult::Failed
                }
            };
            done.push((one.image, result, None));
        }
        if !deregistered.is_empty() {
            let ids: Vec<ImageId> = deregistered.iter().map(|image| image.id.clone()).collect();
            let (outcomes, interrupted) =
                deregister_images(self.setup, &self.connection, deregistered, signals).await?;
            retired.interrupted = interrupted;
            for (id, (record, failure)) in ids.into_iter().zip(outcomes) {
                retired.failures.extend(failure);
                let result = match record.result {
                    DeregistrationResult::Deregistered => SyncResult::Deregistered,
                    DeregistrationResult::Pending | DeregistrationResult::WouldDeregister => SyncResult::Left,
                    DeregistrationResult::Refused => SyncResult::Failed,
                };
                done.push((id, result, None));
            }
        }
        Ok(done)
    }

    /// Deprecates or disables an image. The call is on record before it is sent.
    async fn change(&self, image: &Image, mode: RetireMode, store: &OnRecord) -> Result<(), Failure> {
        let (session, region) = (&self.connection.session, &image.region);
        let action = if mode == RetireMode::Deprecate { "EnableImageDeprecation" } else { "DisableImage" };
        let call = async {
            let sent = match mode {
                RetireMode::Deprecate => session.deprecate(region, &image.id, Timestamp::now() + DEPRECATED_IN).await,
                RetireMode::Disable | RetireMode::Deregister => session.disable_image(region, &image.id).await,
            };
            sent.map_err(|failure| Failure { what: labels::sync::retiring(mode, &image.id, region), ..failure })
        };
        store.send(session, Changing { action, region, resource: image.id.to_string() }, call).await
    }
}

/// Returns why the new plan keeps an image that the first one retires; `None` if it retires it too. One of which it says nothing is
/// among the newest versions as long as newer ones are missing.
fn kept(plan: &SyncPlan, image: &ImageId) -> Option<Done> {
    let mut of_image = plan.actions.iter().filter(|action| action.image.id == *image).map(|action| &action.kind);
    let retiring = of_image.find(|kind| matches!(kind, ActionKind::Retire { .. } | ActionKind::Keep(_)));
    match retiring {
        Some(ActionKind::Keep(reason)) => Some(left(image.clone(), reason)),
        Some(_) => None,
        None => Some(left(image.clone(), &KeepReason::CopiesFirst)),
    }
}

fn left(image: ImageId, reason: &KeepReason) -> Done {
    let message = clean(&labels::sync::keep(reason)).into_owned();
    (image, SyncResult::Left, Some((actions::keep_word(reason), message)))
}
