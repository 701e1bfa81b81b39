//! `amigrate diff`: any two images, and everything that they do not have in common.

use std::io;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    image_args,
    output::{Format, Page, Printer, Record, print_document, report},
    records::{DiffDocument, FailureRecord, PartRow},
    setup::{Setup, block_on},
};
use crate::{
    domain::{
        Failure, Image,
        compare::{self, CompareRequest, Comparison, ImageRef, Pair},
        text::clean,
    },
    labels,
};

/// Arguments of `amigrate diff`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate diff ami-0123456789abcdef0 ami-0fedcba9876543210
  amigrate diff 'web-2026.01' 'latest:web-*' --output json

Not compared: ids, regions, snapshot ids, location, owner alias, source, state reason.")]
pub(super) struct DiffArgs {
    /// The first image: its id, its name, or latest:PATTERN for the newest available image of yours with such a name. Without
    /// --region an id is looked for in every enabled region, a name in the profile's region
    #[arg(value_name = "IMAGE")]
    left: String,
    /// The second image
    #[arg(value_name = "IMAGE")]
    right: String,
}

pub(super) fn run(setup: &Setup, args: &DiffArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let words = [args.left.clone(), args.right.clone()];
        let images = image_args::find(setup, &connection, "compare", &words).await?;
        let [left, right] = &images[..] else {
            return Err(Failure::new("compare two images", "they were not both found").into());
        };
        let request = CompareRequest::Pair(ImageRef::of(left), ImageRef::of(right));
        let read = connection.session.images_to_compare(&request).await;
        let pair = read.map_err(|why| why.failure(format!("compare {} with {}", left.id, right.id)))?;
        let comparison = compare::diff(&pair);
        let failures = failures(&comparison.unknown);
        print(setup, &pair, &comparison, &failures)?;
        failures.iter().for_each(report);
        Ok(match failures.as_slice() {
            [] if comparison.differences.is_empty() => ExitStatus::Done,
            [] => ExitStatus::Found,
            some => ExitStatus::of_all(some),
        })
    })
}

/// Returns what could not be read, each once.
pub(super) fn failures(unknown: &[compare::Unknown]) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    for failure in unknown.iter().flat_map(compare::Unknown::failures) {
        if failures.iter().all(|other| other.to_string() != failure.to_string()) {
            failures.push(failure);
        }
    }
    failures
}

fn print(setup: &Setup, pair: &Pair, comparison: &Comparison, failures: &[Failure]) -> Result<(), CommandError> {
    let output = setup.output;
    match output.format {
        Format::Json | Format::Jsonl => {
            let document = DiffDocument {
                left: pair.left.image.as_ref().into(),
                right: pair.right.image.as_ref().into(),
                differences: comparison.differences.iter().map(Into::into).collect(),
                unknown: comparison.unknown.iter().map(Into::into).collect(),
                failures: failures.iter().map(FailureRecord::from).collect(),
            };
            print_document(output.format, &document, io::stdout())
        }
        Format::Table if output.terminal => page(setup, pair, comparison).print(),
        // `check_format` refuses ids.
        Format::Table | Format::Csv | Format::Ids => {
            let columns = PartRow::columns().iter().filter(|column| column.name != "note").collect();
            let mut printer = Printer::new(output, columns, io::stdout());
            PartRow::of_two(comparison).iter().try_for_each(|row| printer.print(row))?;
            printer.finish::<()>(&[])?;
            if comparison.differences.is_empty() && comparison.unknown.is_empty() {
                output.note("No differences.");
            }
            Ok(())
        }
    }
}

fn page(setup: &Setup, pair: &Pair, comparison: &Comparison) -> Page {
    let mut page = Page::new(setup.output, 10);
    page.entry("left", &described(&pair.left.image));
    page.entry("right", &described(&pair.right.image));
    page.entry("result", &labels::compare::summary(comparison));
    let rows = PartRow::of_two(comparison);
    if fits(setup, &rows, ["left", "right"]) {
        page.records("differences", &rows);
    } else {
        page.paragraph("differences", rows.iter().flat_map(|row| row.lines(["left", "right"])));
    }
    page
}

/// Returns true if a table of these rows is cut nowhere.
pub(super) fn fits(setup: &Setup, rows: &[PartRow], sides: [&str; 2]) -> bool {
    let room = setup.output.fit.map_or(usize::MAX, |fit| fit.cells.saturating_sub(4));
    PartRow::width(rows, sides) <= room
}

/// Returns an image in a line.
pub(super) fn described(image: &Image) -> String {
    let name = if image.name.is_empty() { String::new() } else { format!(" \"{}\"", clean(&image.name)) };
    format!("{}{name} in {}", image.id, image.region)
}
