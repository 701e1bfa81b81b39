//! Prints images as they come, or holds them back until all are there.

use std::{
    io::{self, BufWriter, StdoutLock},
    ops::ControlFlow,
    sync::Arc,
};

use super::{
    arguments::ListArgs,
    listed::{Listed, ListedAccount},
    sort::SortKey,
};
use crate::{
    cli::{
        exit::CommandError,
        output::{Format, Printer},
        records::ImageRecord,
        region_failures::{self, RegionFailure},
        setup::Setup,
    },
    domain::Image,
};

/// Prints images.
pub(super) struct Lister {
    printer: Printer<ImageRecord, BufWriter<StdoutLock<'static>>>,
    limit: usize,
    printed: usize,
    /// Images that cannot be printed before all others are known; `None` if each is printed at once.
    held: Option<Vec<Listed>>,
    sort: Option<SortKey>,
}

impl Lister {
    pub(super) fn new(setup: &Setup, args: &ListArgs, sort: Option<SortKey>) -> Self {
        let output = setup.output;
        // One document, and what a person reads, is in the order of the regions; so are several accounts, one below the other. A stream
        // is in the order of the answers.
        let whole = output.format == Format::Json || (output.format == Format::Table && output.terminal);
        let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let printer = Printer::new(output, args.columns(), out);
        Self {
            printer: if args.names_columns() { printer.keeping_columns() } else { printer },
            limit: args.limit(),
            printed: 0,
            held: (whole || sort.is_some() || args.lists_several()).then(Vec::new),
            sort,
        }
    }

    /// Takes a page; breaks once enough is printed.
    pub(super) fn add(
        &mut self,
        account: Option<&Arc<ListedAccount>>,
        page: Vec<Image>,
    ) -> Result<ControlFlow<()>, CommandError> {
        let listed = page.into_iter().map(|image| Listed { image, account: account.cloned() });
        match &mut self.held {
            Some(held) => {
                held.extend(listed);
                Ok(ControlFlow::Continue(()))
            }
            None => self.print(listed),
        }
    }

    fn print(&mut self, images: impl IntoIterator<Item = Listed>) -> Result<ControlFlow<()>, CommandError> {
        for image in images {
            if self.printed == self.limit {
                break;
            }
            self.printer.print(&image.record())?;
            self.printed += 1;
        }
        self.printer.flush()?;
        Ok(if self.printed == self.limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Prints what is left. Returns how many were printed in all.
    pub(super) fn finish(mut self, failures: &[RegionFailure]) -> Result<usize, CommandError> {
        if let Some(mut held) = self.held.take() {
            // Within a region in EC2's order, which is not documented.
            let place = |listed: &Listed| listed.account.as_ref().map(|account| account.position);
            held.sort_by(|a, b| (place(a), &a.image.region).cmp(&(place(b), &b.image.region)));
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
