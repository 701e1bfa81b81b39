//! `amigrate lineage`: what an image was made from, and what was copied from it.

use std::{io, sync::Arc};

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    image_args,
    output::{Fit, Format, Page, Printer, Record, report},
    records::LineageRecord,
    region_failures::{self, RegionFailure, report_all},
    regions::{self, Selection},
    setup::{Setup, block_on},
};
use crate::{
    domain::{
        Failure, Image,
        lineage::{LineageRead, Node, tree},
    },
    labels::{
        self,
        lineage::{Branches, lines},
    },
};

/// Arguments of `amigrate lineage`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate lineage ami-0123456789abcdef0
  amigrate lineage 'latest:web-*' --regions us-east-1,eu-west-1 --output json")]
pub(super) struct LineageArgs {
    /// The image: its id, its name, or latest:PATTERN for the newest available image of yours with such a name. Without --region
    /// an id is looked for in every enabled region, a name in the profile's region
    #[arg(value_name = "IMAGE")]
    image: String,
    /// Where copies are looked for, between commas, or all, which is every enabled region
    #[arg(long, value_name = "REGIONS", default_value = "all")]
    regions: Selection,
}

pub(super) fn run(setup: &Setup, args: &LineageArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let images =
            image_args::find(setup, &connection, "show the lineage of", std::slice::from_ref(&args.image)).await?;
        let Some(image) = images.into_iter().next().map(Arc::new) else {
            return Err(Failure::new("show a lineage", "the image was not found").into());
        };
        let regions = regions::resolve(&args.regions, &connection.session, setup).await?;
        let read = connection.session.lineage(&image, &regions).await;
        let failures = failures(&image, &read);
        print(setup, &tree(&image, &read), &failures)?;
        report_all("look for copies", &failures, report);
        if let Some(text) = labels::lineage::beyond(&read, args.regions == Selection::All) {
            setup.output.note(text);
        }
        Ok(region_failures::status(&failures))
    })
}

/// Returns what could not be read.
fn failures(image: &Image, read: &LineageRead) -> Vec<RegionFailure> {
    let ancestry = read.ancestry.as_ref().err().map(|failure| RegionFailure::of(&image.region, failure.clone()));
    let copies = read.unread.iter().map(|(region, failure)| RegionFailure::of(region, failure.clone()));
    ancestry.into_iter().chain(copies).collect()
}

fn print(setup: &Setup, nodes: &[Node], failures: &[RegionFailure]) -> Result<(), CommandError> {
    let output = setup.output;
    if output.format == Format::Table && output.terminal {
        let ascii = output.fit.is_some_and(|fit| fit.ellipsis == Fit::ASCII);
        let mut page = Page::new(output, 0);
        page.lines(&lines(nodes, if ascii { Branches::ASCII } else { Branches::UNICODE }));
        return page.print();
    }
    let mut printer = Printer::new(output, LineageRecord::columns().iter().collect(), io::stdout());
    nodes.iter().try_for_each(|node| printer.print(&LineageRecord::from(node)))?;
    printer.finish(&[("failures", region_failures::records(failures))])
}
