//! `amigrate verify`: copies against their sources.

mod targets;

use std::io;

use super::{
    connection::Connection,
    diff,
    exit::{CommandError, ExitStatus},
    output::{Format, Page, Printer, Record, report},
    records::{CopyPartRow, FailureRecord, PartRow, VerificationRecord, VerificationResult, VerificationRow},
    setup::{Setup, block_on},
};
use crate::{
    domain::{
        Failure,
        compare::{self, CompareRequest, ImageRef, Incomparable, Pair, Verification},
        text::clean,
    },
    engine::JobId,
    labels,
};
use futures_util::{StreamExt as _, stream};
pub(super) use targets::VerifyArgs;
use targets::{NoImage, Target};

/// Copies that are compared at the same time.
const MAX_CONCURRENT: usize = 8;

/// What came of one copy.
enum Outcome {
    Image { place: ImageRef, job: Option<JobId>, compared: Result<Box<(Pair, Verification)>, Incomparable> },
    NoImage(NoImage),
}

pub(super) fn run(setup: &Setup, args: &VerifyArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let targets = targets::find(setup, &connection, args).await?;
        let outcomes = stream::iter(targets).map(|target| outcome(&connection, target)).buffered(MAX_CONCURRENT);
        let outcomes: Vec<Outcome> = outcomes.collect().await;
        let failures: Vec<Failure> = outcomes.iter().flat_map(Outcome::failures).collect();
        print(setup, &outcomes, &failures)?;
        failures.iter().for_each(report);
        let differs = || outcomes.iter().any(|outcome| outcome.result() == VerificationResult::Differs);
        Ok(match failures.as_slice() {
            [] if differs() => ExitStatus::Found,
            some => ExitStatus::of_all(some),
        })
    })
}

async fn outcome(connection: &Connection, target: Target) -> Outcome {
    let (place, job) = match target {
        Target::Image(place, job) => (place, job),
        Target::NoImage(none) => return Outcome::NoImage(none),
    };
    let request = job.as_ref().map(|job| job.request_as_edited());
    let source = request.as_ref().map(ImageRef::source_of);
    let read = connection.session.images_to_compare(&CompareRequest::Copy { copy: place.clone(), source }).await;
    let compared = read.map(|pair| {
        let verification = compare::verify(&pair, request.as_ref());
        Box::new((pair, verification))
    });
    Outcome::Image { place, job: job.map(|job| job.id), compared }
}

impl Outcome {
    /// Returns what was compared, and what came of it.
    fn compared(&self) -> Option<&(Pair, Verification)> {
        match self {
            Self::Image { compared, .. } => compared.as_deref().ok(),
            Self::NoImage(_) => None,
        }
    }

    fn job(&self) -> Option<JobId> {
        match self {
            Self::Image { job, .. } => *job,
            Self::NoImage(none) => none.job,
        }
    }

    fn result(&self) -> VerificationResult {
        match self {
            Self::Image { compared: Ok(compared), .. } => VerificationResult::of(&compared.1),
            Self::Image { compared: Err(Incomparable::SourceGone { .. }), .. } => VerificationResult::SourceGone,
            Self::Image { .. } | Self::NoImage(_) => VerificationResult::NotVerified,
        }
    }

    /// Returns why it could not be compared, or not all of it.
    fn failures(&self) -> Vec<Failure> {
        match self.compared() {
            Some((_, verification)) => diff::failures(&verification.unknown),
            None => self.failure().into_iter().collect(),
        }
    }

    /// Returns why it could not be compared.
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Image { compared: Ok(_), .. } => None,
            Self::Image { place, compared: Err(why), .. } => Some(why.failure(format!("verify {place}"))),
            Self::NoImage(none) => Some(
                Failure::new(format!("verify {}", self.title()), none.why.clone()).hint("`amigrate jobs` tells more."),
            ),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Image { place, .. } => place.to_string(),
            Self::NoImage(NoImage { region, name, job, .. }) => {
                let number = job.map(|job| format!(" {job}")).unwrap_or_default();
                format!("copy{number} \"{}\" to {region}", clean(name))
            }
        }
    }

    fn record(&self) -> VerificationRecord {
        let images = self.compared().map(|(pair, _)| (&pair.left.image, &pair.right.image));
        let source = match self {
            Self::Image { compared: Ok(compared), .. } => Some(ImageRef::of(&compared.0.left.image)),
            Self::Image { compared: Err(Incomparable::SourceGone { source, .. }), .. } => Some(source.clone()),
            Self::Image { .. } | Self::NoImage(_) => None,
        };
        let (image_id, region, name) = match self {
            Self::Image { place, .. } => {
                (Some(place.id.to_string()), &place.region, images.map(|(_, copy)| copy.name.to_string()))
            }
            Self::NoImage(none) => (None, &none.region, Some(none.name.clone())),
        };
        let verification = self.compared().map(|(_, verification)| verification);
        VerificationRecord {
            image_id,
            region: region.to_string(),
            name,
            source_image_id: source.as_ref().map(|source| source.id.to_string()),
            source_image_region: source.map(|source| source.region.to_string()),
            job: self.job().map(|job| job.0),
            result: self.result(),
            message: self.failure().map(|failure| failure.why),
            differences: verification.iter().flat_map(|found| found.findings.iter().map(Into::into)).collect(),
            unknown: verification.iter().flat_map(|found| found.unknown.iter().map(Into::into)).collect(),
        }
    }

    fn rows(&self) -> Vec<PartRow> {
        self.compared().map(|(_, verification)| PartRow::of_copy(verification)).unwrap_or_default()
    }
}

fn print(setup: &Setup, outcomes: &[Outcome], failures: &[Failure]) -> Result<(), CommandError> {
    let output = setup.output;
    match output.format {
        Format::Table if output.terminal => page(setup, outcomes).print(),
        Format::Table | Format::Csv => {
            let mut printer = Printer::new(output, VerificationRow::columns().iter().collect(), io::stdout());
            let rows = outcomes.iter().flat_map(|outcome| VerificationRow::all(&outcome.record(), &outcome.rows()));
            rows.into_iter().try_for_each(|row| printer.print(&row))?;
            printer.finish::<()>(&[])
        }
        Format::Json | Format::Jsonl | Format::Ids => {
            let columns = VerificationRecord::columns().iter().collect();
            let mut printer = Printer::new(output, columns, io::stdout());
            outcomes.iter().try_for_each(|outcome| printer.print(&outcome.record()))?;
            let failures: Vec<FailureRecord> = failures.iter().map(FailureRecord::from).collect();
            printer.finish(&[("failures", failures)])
        }
    }
}

fn page(setup: &Setup, outcomes: &[Outcome]) -> Page {
    let mut page = Page::new(setup.output, 12);
    for outcome in outcomes {
        // Why is reported as a failure.
        let Some((pair, verification)) = outcome.compared() else {
            page.heading(&outcome.title());
            page.entry("result", outcome.result().as_str());
            continue;
        };
        page.heading(&diff::described(&pair.right.image));
        page.entry("copied from", &diff::described(&pair.left.image));
        if let Some(job) = outcome.job() {
            page.entry("by copy", &job.to_string());
        }
        page.entry("result", &labels::compare::verdict(verification));
        let rows = outcome.rows();
        if diff::fits(setup, &rows, ["source", "copy"]) {
            page.records("differences", &rows.into_iter().map(CopyPartRow).collect::<Vec<_>>());
        } else {
            page.paragraph("differences", rows.iter().flat_map(|row| row.lines(["source", "copy"])));
        }
    }
    page
}
