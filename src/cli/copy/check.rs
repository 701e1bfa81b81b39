//! The review of a plan, asked and answered: what refuses the copies, what is there already, and what is done about it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::{
    differences::Differences,
    known::{Known, Queued, differs},
    options::{CopyOptions, IfExists},
};
use crate::{
    aws::Session,
    cli::{
        connection::Connection,
        exit::ExitStatus,
        one_image,
        output::{OutputOptions, report},
        records::{ExistingRecord, SkippedRecord},
        setup::Setup,
    },
    domain::{
        CopyRequest, Failure, FailureKind, Image, ImageState, Region, derived_token,
        plan::Plan,
        review::{Choice, Existing, FindingKind, Review, ReviewContext, ReviewTable, Severity, existing::Found},
        text::clean,
    },
    labels,
};

/// A plan that was checked.
pub(super) struct Checked {
    pub(super) review: Review,
    pub(super) table: ReviewTable,
    /// Copies that are not made, because they are there already.
    pub(super) skipped: Vec<Skipped>,
    refusals: Vec<Refusal>,
}

/// Why nothing is started.
struct Refusal {
    failure: Failure,
    status: ExitStatus,
    /// The destinations that it concerns; none if it concerns all.
    regions: Vec<Region>,
    /// An image is not seen, which may be because it is not shared.
    of_unseen: bool,
}

/// Why copies cannot be made, and the exit status.
pub(super) struct Refused {
    pub(super) status: ExitStatus,
    pub(super) failures: Vec<Failure>,
}

/// A copy that is not made, because it is there already, and what is there.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Skipped {
    pub(in crate::cli) copy: CopyRequest,
    pub(in crate::cli) record: SkippedRecord,
    /// What the review says of it, if it was found by that.
    existing: Option<Existing>,
    /// Why what is there is not what was requested.
    pub(in crate::cli) failure: Option<Failure>,
}

/// Asks AWS about a plan. Nothing is changed there.
pub(super) async fn check(
    setup: &Setup,
    connection: &Connection,
    plan: Plan,
    known: &Known,
    options: &CopyOptions,
) -> Checked {
    let context = ReviewContext {
        account: connection.account.account(),
        regions: Vec::new(),
        under_way: known.under_way(),
        being_removed: known.being_removed(),
        completed: known.completed(),
        limits: setup.config.copy.review_limits(),
        listed_by_others: Vec::new(),
        access_is_known: options.access_is_known,
    };
    let mut review = Review::new(plan, context, Timestamp::now());
    ask(&connection.session, &mut review).await;
    let mut refusals = decide(&mut review, options.if_exists);
    let table = review.table();
    let refused = table.findings.iter().filter(|finding| finding.severity == Severity::Refusal);
    refusals.extend(refused.map(|finding| {
        let status = match finding.kind {
            FindingKind::NotPermitted { .. } | FindingKind::NotShared { .. } => ExitStatus::NotAllowed,
            _ => ExitStatus::Failed,
        };
        let failure = Failure::new("refused", labels::review::finding(finding));
        let hint = if finding.kind == FindingKind::SharedWithEbsKey { "Name a key with --kms-key-id." } else { "" };
        let of_unseen = matches!(finding.kind, FindingKind::SourceUnavailable { state: None, .. });
        Refusal { failure: failure.hint(hint), status, regions: finding.regions.clone(), of_unseen }
    }));
    let skipped = table.existing.iter().filter(|existing| existing.choice == Choice::Skip);
    let skipped = skipped.filter_map(|existing| Skipped::of(&review, existing));
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
fn decide(review: &mut Review, if_exists: IfExists) -> Vec<Refusal> {
    let table = review.table();
    let mut refusals = Vec::new();
    let mut refuse = |failure, status, region: &Region| {
        refusals.push(Refusal { failure, status, regions: vec![region.clone()], of_unseen: false });
    };
    // Of images from several regions, one of them may be the destination.
    let from: BTreeSet<&Region> = review.copies().iter().map(|copy| &copy.source_region).collect();
    let from_one = from.len() == 1;
    for existing in &table.existing {
        let Some(copy) = review.copies().get(existing.copy) else { continue };
        let text = labels::review::existing(existing, &copy.destination, copy.name.as_str());
        let choice = match if_exists {
            IfExists::Skip | IfExists::Fail => Choice::Skip,
            IfExists::Rename if existing.same_name => Choice::Rename,
            IfExists::Rename | IfExists::Copy => Choice::CopyAnyway,
        };
        if choice == Choice::Skip && from_one && is_itself(existing, copy) {
            let failure = Failure::new(what(copy), "it is there, and a copy in the same region needs another name");
            let failure = failure.hint("Name it with --name, or number it with --if-exists rename.");
            refuse(failure, ExitStatus::Usage, &copy.destination);
        } else if if_exists == IfExists::Fail {
            refuse(Failure::new("exists already", text), ExitStatus::Failed, &copy.destination);
        } else if choice == Choice::Rename && existing.new_name.is_none() {
            let failure = Failure::new("rename the copy", format!("{text} No number up to 999 is free."));
            refuse(failure, ExitStatus::Failed, &copy.destination);
        }
        review.choose(existing.copy, choice);
    }
    for row in table.rows.iter().filter(|row| if_exists != IfExists::Copy && !review.knows_existing(&row.region)) {
        let why = "which images are there already is not known";
        let region = &row.region;
        let hint = format!(
            "Try again, or leave {region} out; `--if-exists copy` starts without knowing, and may make a second copy."
        );
        refuse(Failure::new(format!("copy to {region}"), why).hint(hint), ExitStatus::Failed, region);
    }
    refusals
}

fn what(copy: &CopyRequest) -> String {
    format!("copy {} to {}", copy.source, copy.destination)
}

/// Returns true if what is there is the image that is to be copied.
fn is_itself(existing: &Existing, copy: &CopyRequest) -> bool {
    matches!(&existing.found, Found::Image { id, .. } if *id == copy.source) && copy.source_region == copy.destination
}

impl Skipped {
    pub(super) fn new(copy: CopyRequest, record: SkippedRecord) -> Self {
        Self { copy, record, existing: None, failure: None }
    }

    fn of(review: &Review, existing: &Existing) -> Option<Self> {
        let copy = review.copies().get(existing.copy)?;
        let record = ExistingRecord::new(review, existing)?;
        if is_itself(existing, copy) {
            let reason =
                format!("{}: {} \"{}\" is there itself.", copy.destination, copy.source, clean(copy.name.as_str()));
            let record =
                SkippedRecord { image_id: record.image_id, state: record.state, ..SkippedRecord::new(copy, reason) };
            return Some(Self { existing: Some(existing.clone()), ..Self::new(copy.clone(), record) });
        }
        let found = match &existing.found {
            Found::Image { id, .. } => review.image(&copy.destination, id),
            Found::Queued => None,
        };
        let record =
            SkippedRecord { image_id: record.image_id, state: record.state, ..SkippedRecord::new(copy, record.text) };
        let mut skipped = Self { existing: Some(existing.clone()), ..Self::new(copy.clone(), record) };
        if let Some(image) = found {
            skipped.compare(image, &Differences::of_image(image, existing, copy));
        }
        Some(skipped)
    }

    /// Makes the record of a copy that is under way in this store.
    pub(super) fn of_queued(copy: CopyRequest, queued: Queued) -> Self {
        let (verdict, differences) = (queued.verdict(&copy), queued.differences.all());
        let mut record =
            SkippedRecord { image_id: queued.image, differences, ..SkippedRecord::new(&copy, queued.reason) };
        record.as_requested = verdict.is_ok();
        Self { failure: verdict.err(), ..Self::new(copy, record) }
    }

    /// Records what has become of an image that was waited for.
    pub(super) fn ended(&mut self, image: &Image) {
        self.record.state = Some(image.state.as_str().to_owned());
        self.failure = one_image::failure(image);
        self.record.as_requested = self.failure.is_none();
        if !self.record.as_requested {
            return;
        }
        self.record.differences.clear();
        self.record.reason = format!("{}: \"{}\" is there: {}.", image.region, clean(&image.name), image.id);
        let differences = match &self.existing {
            Some(existing) => Differences::of_image(image, existing, &self.copy),
            None => {
                let mut differences = Differences::default();
                differences.add_steps(image, &self.copy);
                differences
            }
        };
        self.compare(image, &differences);
    }

    /// Records in what an image does not match the request.
    fn compare(&mut self, image: &Image, differences: &Differences) {
        let Some(text) = differences.text() else { return };
        self.record.differences = differences.all();
        if differences.essential.is_empty() {
            self.record.reason = format!("{} It does not match the request: {text}.", self.record.reason);
            return;
        }
        let state = if image.state == ImageState::Available { "" } else { ", pending" };
        let subject = format!("{} \"{}\" is there{state}", image.id, clean(&image.name));
        self.record.as_requested = false;
        self.failure = Some(differs(&self.copy, &subject, &text));
    }
}

impl Checked {
    /// Returns why copies of images that are not shared yet are refused whatever is shared, if they are.
    pub(super) fn refused_before_sharing(mut self, plan: Plan, skips_refused: bool) -> Option<Refused> {
        self.refusals.retain(|refusal| !refusal.of_unseen);
        if skips_refused && self.without_refused(plan).is_some() {
            return None;
        }
        let failures = self.refusals.iter().map(|refusal| refusal.failure.clone()).collect();
        self.status().map(|status| Refused { status, failures })
    }

    /// Says what was found on standard error. Returns the exit status if nothing may be started.
    pub(super) fn report(&self, output: OutputOptions) -> Option<ExitStatus> {
        self.refusals.iter().for_each(|refusal| report(&refusal.failure));
        for finding in self.table.findings.iter().filter(|finding| finding.severity != Severity::Refusal) {
            let word = if finding.severity == Severity::Warning { "warning: " } else { "" };
            output.note(&format!("{word}{}", labels::review::finding(finding)));
        }
        for existing in &self.table.existing {
            let record = ExistingRecord::new(&self.review, existing);
            // With --if-exists fail each is a refusal.
            let refused = |text: &str| self.refusals.iter().any(|refusal| refusal.failure.why == text);
            let copy = self.review.copies().get(existing.copy);
            let skipped = self.skipped.iter().find(|skipped| copy == Some(&skipped.copy));
            // That the image is there itself was said.
            if copy.is_some_and(|copy| self.refusals.iter().any(|refusal| refusal.failure.what == what(copy))) {
                continue;
            }
            // What does not match the request is reported with the failures at the end.
            if skipped.is_some_and(|skipped| skipped.failure.is_some()) {
                continue;
            }
            if let Some(record) = record.filter(|record| !refused(&record.text)) {
                let text = skipped.map_or(&record.text, |skipped| &skipped.record.reason);
                output.note(&format!("{}: {text}", labels::review::choice(existing)));
            }
        }
        self.status()
    }

    /// Returns the exit status if nothing may be started.
    fn status(&self) -> Option<ExitStatus> {
        let statuses = || self.refusals.iter().map(|refusal| refusal.status);
        statuses().find(|status| *status == ExitStatus::Failed).or_else(|| statuses().next())
    }

    /// Returns what is left of a plan without the regions that are refused, and why they are; `None` if nothing is refused, or nothing
    /// is left.
    pub(super) fn without_refused(&self, mut plan: Plan) -> Option<(Plan, Vec<Failure>)> {
        let concerns = |refusal: &Refusal, copy: &CopyRequest| {
            refusal.regions.is_empty() || refusal.regions.contains(&copy.destination)
        };
        plan.copies.retain(|copy| !self.refusals.iter().any(|refusal| concerns(refusal, copy)));
        let refused = self.refusals.iter().map(|refusal| match refusal.status {
            ExitStatus::NotAllowed => refusal.failure.clone().kind(FailureKind::Denied),
            _ => refusal.failure.clone(),
        });
        (!self.refusals.is_empty() && !plan.copies.is_empty()).then(|| (plan, refused.collect()))
    }

    /// Takes the skipped copies out that are this store's own and have not ended.
    pub(super) fn take_own(&mut self, known: &Known) -> Vec<(CopyRequest, Queued)> {
        let mut own = Vec::new();
        self.skipped.retain(|skipped| {
            let image = skipped.record.image_id.as_deref();
            let mut queued = image.and_then(|image| known.of_image(image, &skipped.copy));
            // What EC2 has just said is newer than the store.
            if let Some(queued) = queued.as_mut().filter(|_| skipped.record.state.as_deref() == Some("available")) {
                queued.reason.clear();
            }
            let keep = queued.is_none();
            own.extend(queued.map(|queued| (skipped.copy.clone(), queued)));
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
