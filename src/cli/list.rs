//! `amigrate list`: images of one region or many.

use std::io;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    output::{Printer, Record, report},
    records::{FailureRecord, ImageRecord},
    setup::{Setup, runtime},
};
use crate::domain::ImageQuery;

/// Arguments of `amigrate list`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ListArgs {}

pub(super) fn run(setup: &Setup, _args: &ListArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    runtime()?.block_on(async {
        let connection = Connection::open(setup).await?;
        let region = connection.session.home_region().clone();
        let columns = ImageRecord::columns().iter().filter(|column| column.default).collect();
        let mut printer = Printer::new(setup.output, columns, io::stdout())?;
        let (mut token, mut failures) = (None, Vec::new());
        loop {
            match connection.session.image_page(&region, &ImageQuery::default(), token).await {
                Ok(page) => {
                    page.images.iter().try_for_each(|image| printer.print(&ImageRecord::from(image)))?;
                    token = page.next;
                }
                Err(failure) => {
                    report(&failure);
                    failures.push(failure);
                    token = None;
                }
            }
            if token.is_none() {
                break;
            }
        }
        let records: Vec<FailureRecord> = failures.iter().map(FailureRecord::from).collect();
        printer.finish(&[("failures", records)])?;
        Ok(failures.first().map_or(ExitStatus::Done, ExitStatus::of))
    })
}
