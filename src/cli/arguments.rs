//! The command line: every command and flag with its help. Help, man pages, completions and the parser come from here.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::{
    audit, cancel, completions, config, copy, coverage, deregister, diff, exit::CommandError, jobs, lineage, list, map,
    orphans, output::Format, policy, recycle_bin, replay, resolve, retry, schema, setup::CommonFlags, show, storage,
    sync, used_by, verify, wait, watch, world::WorldArgs,
};
use crate::domain::{AccountId, Failure};

/// Browse Amazon Machine Images by region, copy them to others, watch every copy's progress, cancel with a key.
///
/// Without a command, opens the screen on the account of the usual AWS chain: environment, profiles, SSO, assumed
/// roles, process, container and instance credentials.
#[derive(Debug, Parser)]
#[command(name = "amigrate", version, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// On the screen, plan what the policies of a TOML file would copy and retire, as `amigrate sync --policy` does
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// On the screen, show the accounts of these profiles together instead of the one of --profile
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', conflicts_with = "profile")]
    pub(super) profiles: Vec<String>,
    #[command(flatten)]
    pub(super) common: CommonFlags,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List images of one region or many
    List(list::ListArgs),
    /// Show everything about one image: snapshots, keys, permissions, lineage, and where its copies are
    Show(show::ShowArgs),
    /// Print which images are in which regions, and what is missing where
    ///
    /// A row is a family: the versions of one image, determined by what was copied from what, else by the name without its version (setting
    /// `coverage.version_pattern`). Each region is compared with the newest version that is available anywhere: available, differs (from its
    /// source), pending, disabled, stale (an older version is there), failed, missing; unknown if the region could not be listed.
    Coverage(coverage::CoverageArgs),
    /// Compare copies with their sources, and name what differs: what was requested, and what was not
    ///
    /// Differences that every copy has are left out: id, owner, dates, snapshots, tags of amigrate's own, and what EC2 does not copy
    /// (deprecation, protection) unless it was requested. What was requested is known for the copies in this host's list. Status 0:
    /// every copy matches its source or its request; 10: one differs in anything else; 1 or 3: one could not be compared, because its
    /// source is gone or a part of either could not be read, which never counts as equal.
    Verify(verify::VerifyArgs),
    /// Compare any two images, and print everything that differs
    ///
    /// Ids, regions and snapshot ids are ignored. Status 0: nothing differs; 10: something does.
    Diff(diff::DiffArgs),
    /// Print what an image was made from, and what was copied from it in every region, as a tree
    Lineage(lineage::LineageArgs),
    /// Print who uses an image: resources of the account, and other accounts by the newest usage report
    ///
    /// The account's instances, launch templates, SSM parameters and Image Builder recipes are queried at once. Other accounts EC2
    /// counts in a usage report, which takes minutes: the newest one is shown with its time, --report requests one and waits. EC2 may
    /// leave out instances of the last day and launch templates of the last days.
    UsedBy(used_by::UsedByArgs),
    /// Copy images to other regions
    ///
    /// Without --wait and --detach the command returns once EC2 has accepted every copy, and prints the ids of the new images. EC2
    /// continues them; a process in the background carries out queued copies and post-copy steps. --wait
    /// returns once the copies are available, --detach as soon as the request is stored.
    ///
    /// --check prints what a review finds for each region: what is allowed, what is there already, what it costs, what refuses the
    /// copies. --dry-run goes through the same checks and prints the copies that would be made. Neither starts anything.
    Copy(Box<copy::CopyArgs>),
    /// Print the copies and their states, a line each: number, batch, name, route, state, image, reason, percent; or everything
    /// about some of them
    Jobs(jobs::JobsArgs),
    /// Run the queue and show the copies' progress until all have ended
    Watch(watch::WatchArgs),
    /// Wait until copies have ended
    Wait(wait::WaitArgs),
    /// Cancel copies
    Cancel(cancel::CancelArgs),
    /// Retry failed copies, and failed steps of available ones
    Retry(retry::RetryArgs),
    /// Decide about a copy in doubt: whether AWS made it is not known, and images of its name have appeared
    Resolve(resolve::ResolveArgs),
    /// Deregister images of the account, and delete their snapshots
    Deregister(deregister::DeregisterArgs),
    /// Keep regions in sync: copy what is missing, and retire old copies that sync itself has made
    ///
    /// Without --apply it prints the plan and changes nothing: what would be copied, what is there, which copies would be retired
    /// and which are kept by a rule. The status is 10 if there is something to do, 0 if there is nothing.
    ///
    /// With --apply the plan is carried out by the queue. The images and their tags are the state: any host may run it, again or at
    /// the same time, and nothing is copied twice. Copies are retired only where all copies of the policy are available, and only
    /// those of which EC2 itself confirms that sync has made them. Whatever is in use, shared, protected, young, or the last of its
    /// family is kept; so is what cannot be read.
    Sync(Box<sync::SyncArgs>),
    /// Print snapshots that images left behind when they were deregistered
    ///
    /// An orphan is a snapshot that EC2 made for an image, as its description says (`Copied for DestinationAmi ...`, `Created by
    /// CreateImage(...)`), and whose image does not exist any more in the region. When in doubt, the snapshot is kept: whatever an image
    /// or a copy of the queue refers to, also by way of the Recycle Bin; what is shared, locked, archived, younger than --min-age, AWS
    /// Backup's or another service's, or has fast snapshot restore; and whatever could not be read. If any page of a region cannot be
    /// read, no snapshot there is reported as orphaned.
    ///
    /// The status is 10 if there are orphans, 0 if there are none. Costs are at most and estimated: volumes are counted as full.
    ///
    /// --delete deletes the snapshots you name, or all of them, after you type how many. It cannot be undone, except where a retention
    /// rule of the Recycle Bin keeps deleted snapshots.
    Orphans(orphans::OrphansArgs),
    /// Print what the Recycle Bin holds, and restore images and snapshots from it
    RecycleBin(recycle_bin::RecycleBinArgs),
    /// Print the storage that your images hold, by family, region, account or image, and what it costs at most
    ///
    /// What counts are the EBS snapshots of your own images, in every state, each once however many images name it. Images of other
    /// accounts cost you nothing and are not counted; neither are instance-store images, whose files are in S3. Snapshots of no image are
    /// summed apart; `amigrate orphans` tells which of them images left behind.
    ///
    /// The sizes are upper bounds: EBS bills only blocks that changed, which EC2 does not report. A snapshot counts with its volume's size,
    /// or with its full size where EC2 reports a smaller one. Costs are estimates. Where a price is not known, or a region could not be read
    /// completely, the sums are marked: `>=` is at least, `>` more than; `complete` and `storage_month_bound` of the data say the same.
    Storage(storage::StorageArgs),
    /// Print where the copies of an image are, for whoever launches next
    Map(map::MapArgs),
    /// Run the queue of copies without a screen, until nothing is left to do
    Drive {
        /// Leave the terminal first
        #[arg(long)]
        detach: bool,
        /// Do nothing with the credentials of another account
        #[arg(long, value_name = "ACCOUNT", value_parser = AccountId::new)]
        expect_account: Option<AccountId>,
    },
    /// Print who is signed in, where the credentials came from, and who drives the queue here; status 3 if nobody is
    Whoami,
    /// Print the calls that changed something in AWS, a line each, newest last: time, identity, region, action, resource,
    /// job, request id, outcome
    Audit(audit::AuditArgs),
    /// Print the least IAM policy for the work chosen
    Policy(policy::PolicyArgs),
    /// Show, check or write the settings
    Config(config::ConfigArgs),
    /// Print the JSON schema of what commands print with --output json
    Schema(schema::SchemaArgs),
    /// Print a shell's completion script
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man,
    /// Print the last screen of a recorded run, for a bug report
    Replay(replay::ReplayArgs),
    /// Open the same screen on an embedded EC2: no account, no network, nothing real
    Demo(WorldArgs),
    /// Serve the embedded EC2 on a loopback port for any AWS client, and print its endpoint URL
    Simulate {
        /// Port on 127.0.0.1; 0 picks one
        #[arg(long, default_value_t = 0)]
        port: u16,
        #[command(flatten)]
        world: WorldArgs,
    },
}

impl Command {
    /// Refuses `--output` for a command that has nothing to print in this format.
    ///
    /// # Errors
    /// One of usage that says what the command prints.
    pub(super) fn check_format(&self, format: Format) -> Result<(), CommandError> {
        let (name, prints) = match self {
            Self::Config(args) if !args.prints_records() => ("config", "`config check` and `config init` print lines"),
            Self::Map(args) if args.prints_text() => ("map", "it prints what --format names"),
            // JSON is what they print anyway.
            Self::Map(_) | Self::Policy(_) | Self::Schema(_) if matches!(format, Format::Json | Format::Jsonl) => {
                return Ok(());
            }
            Self::Policy(_) => ("policy", "it prints a JSON document"),
            Self::Schema(_) => ("schema", "it prints a JSON document"),
            Self::Map(_) => ("map", "it prints what --format names"),
            Self::Diff(_) if format == Format::Ids => ("diff", "it prints parts of two images"),
            Self::Drive { .. } => ("drive", "it prints nothing; `amigrate watch` and `amigrate jobs` do"),
            Self::Resolve(_) => ("resolve", "it prints nothing but its outcome"),
            Self::Completions(_) => ("completions", "it prints a script"),
            Self::Man => ("man", "it prints a manual page"),
            Self::Replay(_) => ("replay", "it prints a screen"),
            Self::Demo { .. } => ("demo", "it opens a screen, or prints lines"),
            Self::Simulate { .. } => ("simulate", "it prints the endpoint's URL"),
            _ => return Ok(()),
        };
        let failure = Failure::new(format!("run amigrate {name}"), format!("--output does not apply: {prints}"));
        Err(CommandError::usage(failure.hint("Leave out --output.")))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Arguments::command().debug_assert();
    }
}
