//! `amigrate coverage`: which image is in which region, and what is missing where.

mod table;

use std::{
    io::{self, BufWriter, Write},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus, OrUsage},
    jobs,
    list::{prefer_sts_failure, read_filter},
    output::{Format, OutputOptions, Printer, Record, report},
    records::{FamilyRecord, FamilyRegionRecord},
    region_failures::{self, RegionFailure, report_all},
    regions::{ManyRegions, Selection, in_each},
    setup::{Setup, block_on},
};
use crate::{
    domain::{
        AccountKey, Image, ImageQuery,
        coverage::{Column, Coverage, Family, Input, KnownCopy, Listed, compute},
        filter::{Filter, Scratch},
    },
    engine::{Command, Job, requested_copy},
    labels,
};

/// Which regions and families.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate coverage --regions us-east-1,eu-west-1,ap-south-1
  amigrate coverage --missing --match 'tag:DR=true'
  amigrate coverage --output csv | grep ,missing,
  amigrate coverage --missing --output ids")]
pub(super) struct CoverageArgs {
    #[command(flatten)]
    regions: ManyRegions,
    /// Only families whose newest image passes a filter, which is written as for `amigrate list --match`
    #[arg(long = "match", value_name = "FILTER")]
    matching: Option<String>,
    /// Only families that a region lacks: the newest version is missing there, or its copy failed, or an older one is there. In CSV
    /// only these regions
    #[arg(long)]
    missing: bool,
}

pub(super) fn run(setup: &Setup, args: &CoverageArgs) -> Result<ExitStatus, CommandError> {
    let filter = read_filter(args.matching.as_deref()).or_usage()?;
    let _log = setup.start_log()?;
    let selection = args.regions.selection(setup);
    let (listed, account) = block_on(async {
        let connection = Connection::open(setup).await?;
        let listed = list(setup, &connection, &selection).await?;
        Ok::<_, CommandError>((listed, connection.account))
    })?;
    let copies = queued_copies(setup, &account);
    let pattern = setup.config.coverage.pattern();
    let input = Input { pattern: &pattern, account: None, columns: &listed.columns, copies: &copies };
    let coverage = compute(&input, &listed.images);
    let families = wanted(&coverage, &filter, args.missing);
    print(setup.output, &coverage, &families, args.missing, &listed.failures)?;
    if listed.columns.len() == 1 {
        setup.output.note("Only one region was listed, so nothing is known to be missing. Name others with --regions.");
    } else if families.is_empty() && listed.failures.is_empty() {
        setup.output.note(if args.missing { "Nothing is missing." } else { "No images found." });
    }
    report_all("list images", &listed.failures, report);
    Ok(region_failures::status(&listed.failures))
}

/// What the regions have.
struct ListedImages {
    columns: Vec<Column>,
    images: Vec<Arc<Image>>,
    failures: Vec<RegionFailure>,
}

async fn list(setup: &Setup, connection: &Connection, selection: &Selection) -> Result<ListedImages, CommandError> {
    let session = &connection.session;
    let answers = in_each(selection, session, setup, |region| {
        let session = session.clone();
        async move { session.all_images(&region, &ImageQuery::default()).await }
    });
    let answers = answers.await?;
    let mut failures: Vec<RegionFailure> = answers.others.map(RegionFailure::of_no_region).into_iter().collect();
    let (mut columns, mut images) = (Vec::new(), Vec::new());
    for (region, answer) in answers.by_region {
        let listed = match answer {
            Ok(all) => {
                images.extend(all.into_iter().map(Arc::new));
                Listed::Complete
            }
            Err(failure) => {
                failures.push(RegionFailure::of(&region, failure));
                Listed::Failed
            }
        };
        columns.push(Column { region, listed });
    }
    Ok(ListedImages { columns, images, failures: prefer_sts_failure(session, failures).await })
}

/// The copies of this host's queue. Without a store there are none.
fn queued_copies(setup: &Setup, account: &AccountKey) -> Vec<KnownCopy> {
    let loaded = jobs::open_store(setup).and_then(|store| store.load(account, Timestamp::UNIX_EPOCH));
    let Ok(loaded) = loaded else { return Vec::new() };
    let requested = loaded.commands.iter().filter_map(|(_, command)| match command {
        Command::Copy(requests) => Some(requests),
        _ => None,
    });
    let requested = requested.flatten().map(requested_copy);
    loaded.jobs.iter().filter_map(Job::known_copy).chain(requested).collect()
}

/// The families that were requested, with most missing first if that was.
fn wanted<'a>(coverage: &'a Coverage, filter: &Filter, missing: bool) -> Vec<&'a Family> {
    let mut scratch = Scratch::default();
    let passes = |family: &&Family| {
        (!missing || family.lacking() > 0) && (filter.is_empty() || filter.passes(family.newest(), &mut scratch))
    };
    coverage.families.iter().filter(passes).collect()
}

fn print(
    output: OutputOptions,
    coverage: &Coverage,
    families: &[&Family],
    missing: bool,
    failures: &[RegionFailure],
) -> Result<(), CommandError> {
    let out = BufWriter::new(io::stdout().lock());
    let by_region = || families.iter().flat_map(|family| FamilyRegionRecord::all(coverage, family, missing));
    match output.format {
        Format::Table if output.terminal => print_table(out, output, coverage, families),
        Format::Table | Format::Csv => print_records(out, output, by_region(), &[]),
        Format::Json | Format::Jsonl | Format::Ids => {
            let records = families.iter().map(|family| FamilyRecord::new(coverage, family));
            print_records(out, output, records, failures)
        }
    }
}

fn print_records<R: Record>(
    out: impl Write,
    output: OutputOptions,
    records: impl Iterator<Item = R>,
    failures: &[RegionFailure],
) -> Result<(), CommandError> {
    let mut printer = Printer::new(output, R::columns().iter().collect(), out);
    for record in records {
        printer.print(&record)?;
    }
    printer.finish(&[("failures", region_failures::records(failures))])
}

fn print_table(
    mut out: impl Write,
    output: OutputOptions,
    coverage: &Coverage,
    families: &[&Family],
) -> Result<(), CommandError> {
    let mut lines = table::lines(coverage, families, output.fit, Timestamp::now());
    if !families.is_empty() {
        lines.extend([String::new(), format!("{}.", labels::coverage::summary(families.iter().copied()))]);
    }
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    written.and_then(|()| out.flush()).map_err(|error| CommandError::write(&error))
}
