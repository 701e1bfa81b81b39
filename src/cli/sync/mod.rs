//! `amigrate sync`: keeps regions in sync. The account itself is the state: images, where EC2 says they come from, and their tags.

mod actions;
mod apply;
mod arguments;
mod change;
mod confirm;
mod failed;
mod look;
mod policies;
mod retire;
mod wish;

use std::{io, sync::Arc};

use super::{
    connection::Connection,
    copy::Known,
    exit::{CommandError, ExitStatus},
    output::{Printer, Record, ended, report},
    records::{FailureRecord, SyncRecord},
    region_failures::{self, RegionFailure, report_all},
    setup::{Setup, block_on},
};
use crate::domain::{
    Failure, Image,
    derived_token::SYNC_TAGS,
    plan::CheckContext,
    sync::{Refusal, RetireMode, Stage, SyncPlan, World, plan},
};
pub(super) use arguments::{SyncArgs, age};
use policies::Policies;

pub(super) fn run(setup: &Setup, args: &SyncArgs) -> Result<ExitStatus, CommandError> {
    if setup.config.read_only && args.apply {
        return Err(CommandError::read_only("copy or retire images"));
    }
    let policies = Policies::new(setup, args, wish::read(args)?)?;
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
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

/// A plan, and what it was made of.
struct Planned {
    plan: SyncPlan,
    world: World,
    known: Known,
    /// The regions that could not be listed.
    unlisted: Vec<RegionFailure>,
    /// Why it is not known of images that would be retired whether copies of them are under way.
    untold: Vec<Failure>,
}

impl Sync<'_> {
    async fn run(&self) -> Result<ExitStatus, CommandError> {
        let planned = self.plan(Stage::Before).await?;
        self.note_empty(&planned);
        let wrong = planned.plan.refusals.iter().any(Refusal::is_of_policies);
        if self.args.apply && !wrong {
            return self.apply(planned).await;
        }
        let mut failures = actions::refusals(&planned.plan, &self.policies);
        failures.extend(actions::failures(&planned.plan, &self.policies));
        failures.extend_from_slice(&planned.untold);
        // What contradictory policies would do says nothing.
        let records = if wrong { Vec::new() } else { actions::records(&planned.plan, &self.policies) };
        let printed = self.print(&records, &planned.unlisted, &failures);
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
        let (mut world, unlisted) = look::look(self.setup, &self.connection, &self.policies, &known).await?;
        let (mut plan, mut untold) = (self.plan_of(&world, stage), Vec::new());
        let unread: Vec<Arc<Image>> = plan.unread().cloned().collect();
        if !unread.is_empty() {
            look::read_usage(&self.connection.session, &unread, &mut world).await;
            let mut modes = self.policies.all.iter().filter_map(|policy| policy.retiring());
            // A copy of a deprecated image goes on.
            if modes.any(|(_, retiring)| retiring.mode != RetireMode::Deprecate) {
                let read = look::under_way(self.setup, &self.connection.session, &self.policies.ignored).await;
                (world.pending, untold) = (Some(read.copies), read.failures);
            }
            plan = self.plan_of(&world, stage);
        }
        if !plan.misses_pending() {
            untold.clear();
        }
        Ok(Planned { plan, world, known, unlisted, untold })
    }

    fn plan_of(&self, world: &World, stage: Stage) -> SyncPlan {
        let config = &self.setup.config.copy;
        let context = CheckContext { job_tags: config.own_tags() + SYNC_TAGS.len(), ..CheckContext::at(world.now) };
        let draft = |n: usize, source: &Arc<Image>| self.policies.draft(n, source);
        plan(&self.policies.all, world, stage, context, self.args.max_retire, &draft)
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
        unlisted: &[RegionFailure],
        failures: &[Failure],
    ) -> Result<(), CommandError> {
        let columns = SyncRecord::columns().iter().filter(|column| column.default).collect();
        let mut printer = Printer::new(self.setup.output, columns, io::stdout());
        records.iter().try_for_each(|record| printer.print(record))?;
        let failures = failures.iter().map(FailureRecord::from);
        let all: Vec<FailureRecord> = region_failures::records(unlisted).into_iter().chain(failures).collect();
        printer.finish(&[("failures", all)])
    }
}
