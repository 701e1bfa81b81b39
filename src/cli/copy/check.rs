//! The review of a plan, asked and answered: what refuses the copies, what is there already, and what is done about it.

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::{
    arguments::IfExists,
    known::{Known, Queued},
};
use crate::{
    aws::Session,
    cli::{
        connection::Connection,
        exit::ExitStatus,
        output::{OutputOptions, report},
        records::{ExistingRecord, SkippedRecord},
        setup::Setup,
    },
    domain::{
        CopyRequest, Failure, derived_token,
        plan::Plan,
        review::{Choice, FindingKind, Review, ReviewContext, ReviewTable, Severity},
    },
    labels,
};

/// A plan that was checked.
pub(super) struct Checked {
    pub(super) review: Review,
    pub(super) table: ReviewTable,
    /// Copies that are not made, because they are there already.
    pub(super) skipped: Vec<SkippedRecord>,
    /// Why nothing is started.
    refusals: Vec<(Failure, ExitStatus)>,
}

/// Asks AWS about a plan. Nothing is changed there.
pub(super) async fn check(
    setup: &Setup,
    connection: &Connection,
    plan: Plan,
    known: &Known,
    if_exists: IfExists,
) -> Checked {
    let context = ReviewContext {
        account: connection.account.account(),
        regions: Vec::new(),
        under_way: known.under_way(),
        being_removed: known.being_removed(),
        completed: known.completed(),
        limits: setup.config.copy.review_limits(),
    };
    let mut review = Review::new(plan, context, Timestamp::now());
    ask(&connection.session, &mut review).await;
    let mut refusals = decide(&mut review, if_exists);
    let table = review.table();
    let refused = table.findings.iter().filter(|finding| finding.severity == Severity::Refusal);
    refusals.extend(refused.map(|finding| {
        let status = match finding.kind {
            FindingKind::NotPermitted { .. } => ExitStatus::NotAllowed,
            _ => ExitStatus::Failed,
        };
        (Failure::new("refused", labels::review::finding(finding)), status)
    }));
    let skipped = table.existing.iter().filter(|existing| existing.choice == Choice::Skip);
    let skipped = skipped.filter_map(|existing| {
        let copy = review.copies().get(existing.copy)?;
        let record = ExistingRecord::new(&review, existing)?;
        Some(SkippedRecord { image_id: record.image_id, state: record.state, ..SkippedRecord::new(copy, record.text) })
    });
    Checked { skipped: skipped.collect(), review, table, refusals }
}

/// Sends the review's requests until all are answered. Each ends with the session's own timeouts.
async fn ask(session: &Session, review: &mut Review) {
    let mut running = JoinSet::new();
    loop {
        for (id, request) in review.next_requests() {
            let session = session.clone();
            running.spawn(async move { (id, session.check(&request).await) });
        }
        match running.join_next().await {
            Some(Ok((id, answer))) => review.answer(id, answer),
            Some(Err(_)) => {}
            None => return,
        }
    }
}

/// Decides what is done about copies that are there already. Returns why nothing may be started.
fn decide(review: &mut Review, if_exists: IfExists) -> Vec<(Failure, ExitStatus)> {
    let table = review.table();
    let mut refusals = Vec::new();
    let mut refuse = |failure: Failure| refusals.push((failure, ExitStatus::Failed));
    for existing in &table.existing {
        let Some(copy) = review.copies().get(existing.copy) else { continue };
        let text = labels::review::existing(existing, &copy.destination, copy.name.as_str());
        let choice = match if_exists {
            IfExists::Skip | IfExists::Fail => Choice::Skip,
            IfExists::Rename if existing.same_name => Choice::Rename,
            IfExists::Rename | IfExists::Copy => Choice::CopyAnyway,
        };
        if if_exists == IfExists::Fail {
            refuse(Failure::new("exists already", text));
        } else if choice == Choice::Rename && existing.new_name.is_none() {
            refuse(Failure::new("rename the copy", format!("{text} No number up to 999 is free.")));
        }
        review.choose(existing.copy, choice);
    }
    for row in table.rows.iter().filter(|row| if_exists != IfExists::Copy && !review.knows_existing(&row.region)) {
        let why = "which images are there already is not known";
        refuse(Failure::new(format!("copy to {}", row.region), why).hint("--if-exists copy copies all the same."));
    }
    refusals
}

impl Checked {
    /// Says what was found on standard error. Returns the exit status if nothing may be started.
    pub(super) fn report(&self, output: OutputOptions) -> Option<ExitStatus> {
        for (failure, _) in &self.refusals {
            report(failure);
        }
        for finding in self.table.findings.iter().filter(|finding| finding.severity != Severity::Refusal) {
            let word = if finding.severity == Severity::Warning { "warning" } else { "unknown" };
            output.note(&format!("{word}: {}", labels::review::finding(finding)));
        }
        for existing in &self.table.existing {
            let record = ExistingRecord::new(&self.review, existing);
            // With --if-exists fail each is a refusal.
            let refused = |text: &str| self.refusals.iter().any(|(failure, _)| failure.why == text);
            if let Some(record) = record.filter(|record| !refused(&record.text)) {
                output.note(&format!("{}: {}", labels::review::choice(existing), record.text));
            }
        }
        let statuses = || self.refusals.iter().map(|(_, status)| *status);
        statuses().find(|status| *status == ExitStatus::Failed).or_else(|| statuses().next())
    }

    /// Takes the skipped copies out that are this store's own and have not ended.
    pub(super) fn take_own(&mut self, known: &Known) -> Vec<(CopyRequest, Queued)> {
        let mut own = Vec::new();
        let copies = self.review.copies();
        self.skipped.retain(|skipped| {
            let queued = skipped.image_id.as_deref().and_then(|image| known.of_image(image));
            let copy = copies.iter().find(|copy| {
                copy.source.as_str() == skipped.source_image_id && copy.destination.as_str() == skipped.region
            });
            let found = copy.cloned().zip(queued);
            let keep = found.is_none();
            own.extend(found);
            keep
        });
        own
    }

    /// Returns the copies to start. With `derive`, each gets the token that everybody gives it who asks for the same.
    pub(super) fn copies(&self, connection: &Connection, known: &Known, derive: bool) -> Vec<CopyRequest> {
        let account = connection.account.account();
        let mut copies = self.table.copies.clone();
        for copy in copies.iter_mut().filter(|copy| derive && copy.given_token.is_none()) {
            if let Some(account) = &account {
                let ended = self.review.ended_copies(copy);
                copy.token = known.fresh(derived_token::derive(account, copy, &ended));
            }
        }
        copies
    }
}
