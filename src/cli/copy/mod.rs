//! `amigrate copy`: copies images to other regions.

mod access;
mod accounts;
mod arguments;
mod check;
mod differences;
mod documents;
mod drafts;
mod given;
mod known;
mod making;
mod options;
mod plan_entry;
mod plan_file;
mod roles;
mod sources;
mod stages;
mod start;
mod words;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    output::{print_out, report},
    setup::{Setup, block_on},
};
pub(super) use arguments::CopyArgs;
pub(super) use drafts::preset;
pub(super) use known::Known;
pub(super) use making::{Made, make_all};
pub(super) use options::CopyOptions;
pub(super) use plan_entry::PlanEntry;
pub(super) use plan_file::PlanText;

use documents::Documents;
use drafts::Asked;
use given::Given;
use plan_entry::PlanFile;
use stages::{NOTHING_STARTED, Reviewed, look_up, requested, review, start_copies};

pub(super) fn run(setup: &Setup, args: &CopyArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    if setup.config.read_only && !args.only_reads() {
        return Err(CommandError::read_only("copy images"));
    }
    let asked = Asked::read(setup, args)?;
    block_on(async {
        if asked.has_roles() {
            return accounts::copy(setup, args, &asked).await;
        }
        let connection = Connection::open(setup).await?;
        let looked_up = look_up(setup, args, &asked, &connection).await?;
        if args.print_plan {
            let plan = PlanFile { copies: drafts::entries_of(&looked_up.planned.drafts, None) };
            print_out(&plan_file::text(&plan, setup.output.format)?)?;
            return Ok(ExitStatus::Done);
        }
        if looked_up.would_share(args) {
            return requested(setup, None, looked_up.unreviewed(), &mut Documents::Printed);
        }
        let shared = looked_up.is_to_be_shared();
        if shared {
            if let Some(refused) = looked_up.refused(setup, args, &connection).await {
                refused.failures.iter().for_each(report);
                setup.output.note(NOTHING_STARTED);
                return Ok(refused.status);
            }
            let (images, lines) = (looked_up.images_to_share(), looked_up.lines());
            start::confirm_sharing(setup, args.yes, images, looked_up.amount(), &lines)?;
        }
        let mut given = Given::default();
        let planned = looked_up.shared(setup, args, &asked, &connection, &mut given).await;
        let planned = planned.map_err(|error| given.of_error(error))?;
        let reviewed = review(setup, args, planned, &connection, &mut Documents::Printed).await;
        match reviewed.map_err(|error| given.of_error(error))? {
            Reviewed::Over(status) => Ok(status),
            Reviewed::Refused(status) => {
                setup.output.note(NOTHING_STARTED);
                given.tell_unless(false);
                Ok(status)
            }
            Reviewed::Ready(ready) => {
                start::confirm(setup, args.yes || shared, ready.amount, &[])?;
                start_copies(setup, args, &connection, ready.after(given), &mut Documents::Printed).await
            }
        }
    })
}
