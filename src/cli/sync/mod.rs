//! `amigrate sync`: keeps regions in sync. The account itself is the state: images, where EC2 says they come from, and their tags.

mod actions;
mod apply;
mod arguments;
mod change;
mod confirm;
mod failed;
mod policies;
mod policy_input;
mod read;
mod retire;

use std::{io, sync::Arc};

use serde::Serialize;

use super::{
    connection::Connection,
    copy::Known,
    exit::{CommandError, ExitStatus},
    output::{Format, Printer, Record, ended, report},
    records::{FailureRecord, SyncRecord, sync_summary},
    region_failures::{self, RegionFailure, report_all},
    setup::{Setup, block_on},
};
use crate::{
    aws::other_account,
    domain::{
        Failure, Image,
        derived_token::SYNC_TAGS,
        plan::CheckContext,
        sync::{AccountState, Refusal, RetireMode, Stage, SyncPlan, plan},
    },
};
pub(super) use arguments::{SyncArgs, age};
use policies::Policies;

pub(super) fn run(setup: &Setup, args: &SyncArgs) -> Result<ExitStatus, CommandError> {
    if setup.config.read_only && args.apply {
        return Err(CommandError::read_only("copy or retire images"));
    }
    let policies = Policies::new(setup, args, policy_input::read(args)?)?;
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        if let Some(expected) = &args.expect_account {
            let account = connection.session.account().await?;
            if account.id != *expected {
                return Err(other_account(&account, expected).into());
            }
        }
        policies.check_regions(&connection).await?;
        let sync = Sync { setup, args, connection, policies };
        sync.run().await
    })
}

/// One run.
struct Sync<'a> {
    setup: &'a Setup,
    args: &'a SyncArgs,
    connection: Connection,
    policies: Policies<'a>,
}

/// What the JSON document has besides the actions.
#[derive(Serialize)]
#[serde(untagged)]
enum Member {
    Digest(String),
    Failures(Vec<FailureRecord>),
}

/// A plan, and what it was made of.
struct Planned {
    plan: SyncPlan,
    account_state: AccountState,
    known: Known,
    /// The regions that could not be listed.
    unlisted: Vec<RegionFailure>,
    /// Why it is not known of images that would be retired whether copies of them are under way.
    unread_pending: Vec<Failure>,
}

impl Sync<'_> {
    async fn run(&self) -> Result<ExitStatus, CommandError> {
        let planned = self.plan(Stage::BeforeCopies).await?;
        self.note_empty(&planned);
        let wrong = planned.plan.refusals.iter().any(Refusal::is_of_policies);
        if self.args.apply && !wrong {
            self.check_expected(&planned.plan)?;
            return self.apply(planned).await;
        }
        let mut failures = actions::refusals(&planned.plan, &self.policies);
        failures.extend(actions::failures(&planned.plan, &self.policies));
        failures.extend_from_slice(&planned.unread_pending);
        // What contradictory policies would do says nothing.
        let records = if wrong { Vec::new() } else { actions::records(&planned.plan, &self.policies) };
        let digest = self.digest(&planned.plan);
        let printed = self.print(&records, Some(digest).filter(|_| !wrong), &planned.unlisted, &failures);
        report_all("list images", &planned.unlisted, report);
        failures.iter().for_each(report);
        if self.args.apply {
            self.setup.output.note("Nothing was started.");
        }
        let status = if wrong {
            ExitStatus::Usage
        } else if failures.is_empty() && planned.unlisted.is_empty() {
            if planned.plan.has_work() { ExitStatus::Found } else { self.status_of_empty(&planned.plan) }
        } else {
            ExitStatus::of_all(failures.iter().chain(planned.unlisted.iter().map(|one| &one.failure)))
        };
        ended(printed, status)
    }

    /// Looks at the account, and makes the plan.
    async fn plan(&self, stage: Stage) -> Result<Planned, CommandError> {
        let known = match Known::read(self.setup, &self.connection.account) {
            Err(failure) if !self.args.apply => {
                self.setup.output.note(&format!("Not known: which copies are in the queue: {failure}"));
                Known::default()
            }
            read => read?,
        };
        let (mut account_state, unlisted) =
            read::read_account(self.setup, &self.connection, &self.policies, &known).await?;
        let (mut plan, mut unread_pending) = (self.plan_of(&account_state, stage), Vec::new());
        let unread: Vec<Arc<Image>> = plan.unread().cloned().collect();
        if !unread.is_empty() {
            read::read_usage(&self.connection.session, &unread, &mut account_state).await;
            let mut modes = self.policies.all.iter().filter_map(|policy| policy.retiring());
            // A copy of a deprecated image continues.
            if modes.any(|(_, retiring)| retiring.mode != RetireMode::Deprecate) {
                let read = read::under_way(self.setup, &self.connection.session, &self.policies.ignored).await;
                (account_state.pending, unread_pending) = (Some(read.copies), read.failures);
            }
            plan = self.plan_of(&account_state, stage);
        }
        if !plan.misses_pending() {
            unread_pending.clear();
        }
        Ok(Planned { plan, account_state, known, unlisted, unread_pending })
    }

    fn plan_of(&self, account_state: &AccountState, stage: Stage) -> SyncPlan {
        let config = &self.setup.config.copy;
        let context =
            CheckContext { job_tags: config.own_tags() + SYNC_TAGS.len(), ..CheckContext::at(account_state.now) };
        let draft = |n: usize, source: &Arc<Image>| self.policies.draft(n, source);
        plan(&self.policies.all, account_state, stage, context, self.args.max_retire, &draft)
    }

    /// Returns the digest of a plan.
    fn digest(&self, plan: &SyncPlan) -> String {
        plan.digest(|action| self.policies.draft(action.policy, &action.image).post_copy.deprecate)
    }

    /// Refuses a plan that is not the one that was confirmed.
    fn check_expected(&self, plan: &SyncPlan) -> Result<(), CommandError> {
        if self.args.expect_plan.as_ref().is_none_or(|expected| *expected == self.digest(plan)) {
            return Ok(());
        }
        let why =
            "what it would copy or retire is not what was confirmed: the policies or the images have changed since";
        let failure = Failure::new("carry the plan out", why);
        Err(failure.hint("Nothing was started. Look at the plan as it is now, and confirm that.").into())
    }

    /// Says which policies match nothing.
    fn note_empty(&self, planned: &Planned) {
        for n in &planned.plan.empty {
            let region = self.policies.all.get(*n).map(|policy| policy.from.to_string()).unwrap_or_default();
            let text = format!("\"{}\" matches none of your images in {region}.", self.policies.name(*n));
            self.setup.output.note(&text);
        }
    }

    /// Returns the status if there is nothing to do.
    fn status_of_empty(&self, plan: &SyncPlan) -> ExitStatus {
        let fails = |n: &usize| self.policies.all.get(*n).is_some_and(|policy| policy.fail_if_empty);
        if plan.empty.iter().any(fails) { ExitStatus::Found } else { ExitStatus::Done }
    }

    fn print(
        &self,
        records: &[SyncRecord],
        digest: Option<String>,
        unlisted: &[RegionFailure],
        failures: &[Failure],
    ) -> Result<(), CommandError> {
        let columns = SyncRecord::columns().iter().filter(|column| column.default).collect();
        let mut printer = Printer::new(self.setup.output, columns, io::stdout());
        records.iter().try_for_each(|record| printer.print(record))?;
        let failures = failures.iter().map(FailureRecord::from);
        let all: Vec<FailureRecord> = region_failures::records(unlisted).into_iter().chain(failures).collect();
        let digest = digest.map(|digest| ("digest", Member::Digest(digest)));
        let members: Vec<_> = digest.into_iter().chain([("failures", Member::Failures(all))]).collect();
        printer.finish(&members)?;
        // The other formats are for programs.
        if self.setup.output.format == Format::Table && !records.is_empty() {
            self.setup.output.note(&sync_summary(records));
        }
        Ok(())
    }
}
