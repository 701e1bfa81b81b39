//! `amigrate list`: images of one region or many, as `DescribeImages` tells them.

mod arguments;
mod columns;
mod fetch;
mod shorthand;
mod sort;
mod terms;

use std::{
    io::{self, BufWriter, StdoutLock},
    ops::ControlFlow,
};

use super::{
    exit::{CommandError, ExitStatus, OrUsage},
    output::{Format, Printer, report},
    records::ImageRecord,
    region_failures::{self, RegionFailure, report_all},
    regions::Selection,
    setup::{Setup, block_on, http_client},
};
use crate::{aws::Session, domain::Image};

pub(super) use arguments::{ListArgs, OWNERS, read_filter};
pub(super) use fetch::{Wanted, fetch, prefer_sts_failure};
use sort::SortKey;
pub(super) use terms::check as check_terms;

pub(super) fn run(setup: &Setup, args: &ListArgs) -> Result<ExitStatus, CommandError> {
    let selection = args.selection(setup);
    let mut listing = args.listing().or_usage()?;
    let sort = args.sort.as_deref().map(SortKey::parse).transpose().or_usage()?;
    let filter = args.filter().or_usage()?;
    listing.narrow(filter.ec2_filters());
    let _log = setup.start_log()?;
    block_on(async {
        let session = Session::load(setup.session_options(), http_client()?).await?;
        session.check_credentials().await?;
        if selection == Selection::Home && !session.region_was_given() {
            setup.output.note(&format!("No region is configured: {} is listed.", session.home_region()));
        }
        // Whatever these credentials may see is listed, whoever they are: STS need not be waited for.
        let session = session.for_reads();
        let wanted = Wanted {
            listing,
            filter,
            // Which come first is known only when all are there.
            limit: if sort.is_some() { usize::MAX } else { args.limit() },
        };
        let mut lister = Lister::new(setup, args, sort);
        let failures = fetch(setup, &session, &selection, wanted, |page| lister.add(page)).await?;
        let printed = lister.finish(&failures)?;
        if printed == 0 && failures.is_empty() {
            setup.output.note(&format!("No images found in {}.", place(&selection, &session)));
        }
        report_all("list images", &failures, report);
        Ok(region_failures::status(&failures))
    })
}

/// Prints images as they come, or holds them back until all are there.
struct Lister {
    printer: Printer<ImageRecord, BufWriter<StdoutLock<'static>>>,
    limit: usize,
    printed: usize,
    /// Images that cannot be printed before all others are known; `None` if each is printed at once.
    held: Option<Vec<Image>>,
    sort: Option<SortKey>,
}

impl Lister {
    fn new(setup: &Setup, args: &ListArgs, sort: Option<SortKey>) -> Self {
        let output = setup.output;
        // One document, and what a person reads, is in the order of the regions; a stream is in the order of the answers.
        let whole = output.format == Format::Json || (output.format == Format::Table && output.terminal);
        let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let printer = Printer::new(output, args.columns(), out);
        Self {
            printer: if args.names_columns() { printer.keeping_columns() } else { printer },
            limit: args.limit(),
            printed: 0,
            held: (whole || sort.is_some()).then(Vec::new),
            sort,
        }
    }

    /// Takes a page; breaks once enough is printed.
    fn add(&mut self, mut page: Vec<Image>) -> Result<ControlFlow<()>, CommandError> {
        match &mut self.held {
            Some(held) => {
                held.append(&mut page);
                Ok(ControlFlow::Continue(()))
            }
            None => self.print(page),
        }
    }

    fn print(&mut self, images: impl IntoIterator<Item = Image>) -> Result<ControlFlow<()>, CommandError> {
        for image in images {
            if self.printed == self.limit {
                break;
            }
            self.printer.print(&ImageRecord::from(&image))?;
            self.printed += 1;
        }
        self.printer.flush()?;
        Ok(if self.printed == self.limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Prints what is left. Returns how many were printed in all.
    fn finish(mut self, failures: &[RegionFailure]) -> Result<usize, CommandError> {
        if let Some(mut held) = self.held.take() {
            // Within a region in EC2's order, which is not documented.
            held.sort_by(|a, b| a.region.cmp(&b.region));
            if let Some(key) = &self.sort {
                key.sort(&mut held);
            }
            // Nothing comes after it.
            let _ = self.print(held)?;
        }
        self.printer.finish(&[("failures", region_failures::records(failures))])?;
        Ok(self.printed)
    }
}

/// Where images were looked for.
fn place(selection: &Selection, session: &Session) -> String {
    match selection {
        Selection::Home => session.home_region().to_string(),
        Selection::Named(named) => named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Selection::All => "any enabled region".into(),
    }
}
