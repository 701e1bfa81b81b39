//! Carrying the plan out: first the copies, then, where all of them are there, old ones are retired by a plan that is made anew.

use std::collections::{BTreeSet, HashMap};

use tokio::time::Instant;

use super::{
    Planned, Sync, actions,
    retire::{RetireOutcome, RetireRun, add},
};
use crate::{
    cli::{
        copy::{CopyOptions, Known, Made, make_all},
        deregister::complete_removal,
        exit::{CommandError, ExitStatus},
        follow::Signals,
        output::{ended, report},
        records::{SyncAction, SyncRecord, SyncResult},
        region_failures::report_all,
        timeout,
    },
    domain::{
        CopyRequest, Failure, ImageId, Region,
        plan::Plan,
        sync::{KeepReason, SyncPlan},
        text::{count, thousands},
    },
    engine::JobState,
};

/// What came of copies, by source and destination.
type Outcomes = HashMap<(String, String), (SyncResult, Option<String>)>;

/// What came of the copies as a whole.
struct Copied {
    /// `None` if there were none to make, or none could be.
    made: Option<Made>,
    /// The status if nothing could be started.
    refused: Option<ExitStatus>,
}

impl Copied {
    /// Returns true if the copies have come as far as was waited for.
    fn has_ended(&self) -> bool {
        self.refused.is_none() && !self.made.as_ref().is_some_and(Made::ended_early)
    }
}

impl Sync<'_> {
    pub(super) async fn apply(&self, planned: Planned) -> Result<ExitStatus, CommandError> {
        let Planned { plan, known, unlisted, unread_pending, account_state } = planned;
        // Refusals block retiring, not copying.
        let mut failures = actions::refusals(&plan, &self.policies);
        failures.extend(actions::failures(&plan, &self.policies));
        failures.extend(unread_pending);
        let mut records = actions::records(&plan, &self.policies);
        self.confirm_retiring(&plan)?;
        let mut signals = Signals::listen()?;
        let deadline = self.args.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let copied = self.make_copies(&plan, &known, &mut signals).await?;
        let mut retired = RetireOutcome::default();
        if let Some(made) = &copied.made {
            fill(&mut records, &outcomes(made));
            // A plan that was confirmed does not name them. The next one does.
            if copied.has_ended() && self.args.expect_plan.is_none() {
                let left = timeout::left(deadline);
                let (unremoved, interrupted) = self.remove_failed(&known, made, &plan, left, &mut signals).await;
                failures.extend(unremoved);
                retired.interrupted = interrupted;
            }
        }
        if copied.has_ended() && retired.interrupted.is_none() {
            let records = &mut records;
            let (account, signals) = (account_state.account, &mut signals);
            let run = RetireRun { sync: self, account, records, signals, deadline, failures: Vec::new() };
            retired = run.run(&plan, copied.made.as_ref()).await;
        }
        let goes = |record: &&mut SyncRecord| matches!(record.action, SyncAction::Retire | SyncAction::Remove);
        for record in records.iter_mut().filter(goes) {
            record.result.get_or_insert(SyncResult::Deferred);
        }
        self.note_left(&records);
        retired.failures.drain(..).for_each(|failure| add(&mut failures, failure));
        let of_copies = copied.made.as_ref().map(Made::failures).unwrap_or_default();
        let all: Vec<Failure> = failures.iter().chain(&of_copies).cloned().collect();
        let printed = self.print(&records, None, &unlisted, &all);
        report_all("list images", &unlisted, report);
        failures.iter().for_each(report);
        let of_made = copied.made.as_ref().map(|made| (made.report(self.setup), made.ended_early()));
        let early = of_made.filter(|(_, ended_early)| *ended_early).map(|(status, _)| status);
        let status = retired.interrupted.or(early).or(copied.refused).unwrap_or_else(|| {
            match ExitStatus::of_all(all.iter().chain(unlisted.iter().map(|one| &one.failure))) {
                ExitStatus::Done => self.status_of_empty(&plan),
                failed => failed,
            }
        });
        ended(printed, status)
    }

    /// Makes the copies that are missing, and follows those on their way.
    async fn make_copies(&self, plan: &SyncPlan, known: &Known, signals: &mut Signals) -> Result<Copied, CommandError> {
        let copies: Vec<CopyRequest> = plan.awaited().cloned().collect();
        if copies.is_empty() {
            return Ok(Copied { made: None, refused: None });
        }
        self.check_number(copies.len())?;
        let options = CopyOptions::once(self.args.yes, self.args.wait, self.args.timeout);
        let copies = Plan { copies, ..Plan::default() };
        Ok(match make_all(self.setup, &self.connection, copies, known, &options, signals).await? {
            Ok(made) => Copied { made: Some(made), refused: None },
            Err(refused) => Copied { made: None, refused: Some(refused) },
        })
    }

    /// Refuses more copies at once than the settings allow.
    fn check_number(&self, copies: usize) -> Result<(), CommandError> {
        let most = self.setup.config.copy.max_copies;
        if copies <= most {
            return Ok(());
        }
        let why =
            format!("{} copies at once are more than {} (setting copy.max_copies)", thousands(copies), thousands(most));
        Err(CommandError::usage(Failure::new("sync images", why).hint("Split the policies, or raise the setting.")))
    }

    /// Says that something is left to the next run.
    fn note_left(&self, records: &[SyncRecord]) {
        let is_left =
            |record: &&SyncRecord| record.action == SyncAction::Retire && record.result == Some(SyncResult::Deferred);
        let left = records.iter().filter(is_left).count();
        if left > 0 {
            let images = count(left, "image", "images");
            let waits = |record: &SyncRecord| record.reason == actions::keep_word(&KeepReason::CopiesFirst);
            let hint = if !self.args.wait && records.iter().any(waits) {
                ", once the copies are available; --wait waits for that"
            } else {
                ""
            };
            self.setup.output.note(&format!("Retiring {images} is left to the next run{hint}."));
        }
    }
}

impl RetireRun<'_> {
    /// Removes what failed copies have left, retires what the plan retires, and completes what an earlier run has begun and was killed
    /// at.
    async fn run(mut self, plan: &SyncPlan, made: Option<&Made>) -> RetireOutcome {
        let interrupted = self.retire_and_complete(plan, made).await.err();
        RetireOutcome { failures: self.failures, interrupted }
    }

    async fn retire_and_complete(&mut self, plan: &SyncPlan, made: Option<&Made>) -> Result<(), ExitStatus> {
        self.remove_planned(plan, made).await?;
        self.retire(plan).await?;
        let removed: BTreeSet<(Region, ImageId)> =
            plan.being_removed().map(|image| (image.region.clone(), image.id.clone())).collect();
        if removed.is_empty() {
            return Ok(());
        }
        self.unless_over(tokio::task::yield_now()).await?;
        let (setup, connection, left) = (self.sync.setup, &self.sync.connection, self.time_left());
        match complete_removal(setup, connection, removed, left, self.signals).await {
            Ok(interrupted) => interrupted.map_or(Ok(()), Err),
            Err(error) => {
                self.fail_with(error);
                Ok(())
            }
        }
    }
}

/// Returns what came of the copies.
fn outcomes(made: &Made) -> Outcomes {
    let mut outcomes = Outcomes::new();
    for skipped in &made.skipped {
        let state = skipped.record.state.as_deref();
        let result = match state {
            _ if skipped.failure.is_some() => SyncResult::Failed,
            Some("available") => SyncResult::Available,
            _ => SyncResult::Pending,
        };
        let key = (skipped.copy.source.to_string(), skipped.copy.destination.to_string());
        outcomes.insert(key, (result, skipped.record.image_id.clone()));
    }
    for job in made.followed.iter().flat_map(|followed| &followed.jobs) {
        let result = match &job.state {
            JobState::Available { .. } => SyncResult::Available,
            state if state.ended() => SyncResult::Failed,
            _ => SyncResult::Pending,
        };
        let key = (job.request.source.to_string(), job.request.destination.to_string());
        outcomes.insert(key, (result, job.image().map(ToString::to_string)));
    }
    outcomes
}

/// Fills in what came of the copies. One that nothing came of was refused.
fn fill(records: &mut [SyncRecord], outcomes: &Outcomes) {
    for record in records.iter_mut() {
        let (Some(source), Some(region)) = (&record.source_image_id, &record.region) else { continue };
        let awaited = record.action == SyncAction::Copy || matches!(record.reason, "pending" | "under_way");
        if !awaited || matches!(record.action, SyncAction::Retire | SyncAction::Keep) {
            continue;
        }
        match outcomes.get(&(source.clone(), region.clone())) {
            Some((result, image)) => {
                record.result = Some(*result);
                record.image_id = image.clone().or(record.image_id.take());
            }
            None if record.action == SyncAction::Copy => record.result = Some(SyncResult::Failed),
            None => {}
        }
    }
}
