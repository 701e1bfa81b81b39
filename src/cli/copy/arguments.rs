//! Arguments of `amigrate copy`, and what they say about a request: the same as an entry of a plan file.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{
    options::{CopyOptions, IfExists},
    plan_entry::{PlanEntry, Protect},
};
use crate::{
    cli::exit::CommandError,
    domain::{CompletionDuration, Region},
};

/// Arguments of `amigrate copy`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  amigrate copy ami-0123456789abcdef0 --to eu-west-1,eu-west-2 --check
  amigrate copy 'latest:web-*' --to eu-west-1 --kms-key-id alias/images --tag Team=web --wait
  amigrate list --name 'web-2026*' --output ids | amigrate copy - --to eu-west-1 --detach
  amigrate copy web-2026.04 --to eu-west-1 --deprecate-at 90d --print-plan > plan.toml
  amigrate copy ami-0123456789abcdef0 --to eu-west-1 --share-from build
  amigrate copy --from-file plan.toml --wait --timeout 2h")]
#[expect(clippy::struct_excessive_bools, reason = "flags are independent switches")]
pub(in crate::cli) struct CopyArgs {
    /// Images to copy: ids, names, latest:PATTERN for the newest available image of yours with such a name, - for ids on
    /// standard input
    #[arg(value_name = "IMAGE", required_unless_present = "from_file")]
    pub(super) images: Vec<String>,
    /// Regions to copy to
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub(super) to: Vec<Region>,
    /// Region of the images; the profile's or --region otherwise. Without both, ids are also looked for in every enabled region
    #[arg(long, alias = "source-region", value_name = "REGION")]
    pub(super) from: Option<Region>,
    /// Copies of a plan file, TOML or JSON, instead of options; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "to", "from", "RequestArgs", "PostCopyArgs"])]
    pub(super) from_file: Option<PathBuf>,
    /// Values of a stored preset; options override them
    #[arg(long, value_name = "NAME")]
    pub(super) preset: Option<String>,
    #[command(flatten)]
    pub(super) request: RequestArgs,
    #[command(flatten)]
    pub(super) post_copy: PostCopyArgs,
    /// First let the images' owner share what is missing to copy them, with the credentials of its profile: launch permission, snapshots,
    /// grants of customer managed keys. Asks before; without a terminal, --yes is required. Images are ids then. How to undo it is printed
    #[arg(long, value_name = "PROFILE")]
    pub(super) share_from: Option<String>,
    /// What to do if the name is taken, or a copy of the same image is there, pending, or in the queue
    #[arg(long, value_enum, value_name = "CHOICE", default_value_t)]
    pub(super) if_exists: IfExists,
    /// Leave out the regions that the review refuses, and start the other copies; the status shows that some were left out
    #[arg(long, conflicts_with_all = ["check", "print_plan"])]
    pub(super) skip_refused: bool,
    /// Only review it, a line for each region: what is allowed, what is there already, what it costs; nothing is started
    #[arg(long, conflicts_with_all = ["dry_run", "print_plan", "detach"])]
    pub(super) check: bool,
    /// Do everything but start the copies: print which would be made, a line for each
    #[arg(long, conflicts_with_all = ["print_plan", "detach"])]
    pub(super) dry_run: bool,
    /// Print the plan file of this request, and start nothing
    #[arg(long, conflicts_with = "detach")]
    pub(super) print_plan: bool,
    /// Start many or large copies, and public ones, and share with --share-from, without a question
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Return once the request is stored, and leave it to a process in the background
    #[arg(long)]
    pub(super) detach: bool,
    /// Wait until the copies are available, and what is done afterwards is done
    #[arg(long, conflicts_with_all = ["check", "dry_run", "print_plan", "detach"])]
    pub(super) wait: bool,
    /// With --wait, stop waiting after this long, such as 2h or 90m; the copies continue
    #[arg(long, value_name = "TIME", requires = "wait", value_parser = crate::cli::timeout::parse)]
    pub(super) timeout: Option<Duration>,
}

/// What is asked of `CopyImage`, under the AWS CLI's names.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags are independent switches")]
pub(super) struct RequestArgs {
    /// Name of the new images, with `{name}`, `{region}`, `{source_id}`, `{source_region}`, `{date}` filled in
    #[arg(long, value_name = "TEMPLATE")]
    name: Option<String>,
    /// Description of the new images; `{source_description}` too
    #[arg(long, value_name = "TEMPLATE")]
    description: Option<String>,
    /// Encrypt the new snapshots
    #[arg(long, overrides_with = "no_encrypted")]
    encrypted: bool,
    /// Leave encryption as the sources are, whatever the settings say
    #[arg(long, conflicts_with = "kms_key_id")]
    no_encrypted: bool,
    /// Encrypt with this key, in all regions or in one; may be repeated
    #[arg(long, value_name = "KEY|REGION=KEY")]
    kms_key_id: Vec<String>,
    /// Copy the images' own tags
    #[arg(long, overrides_with = "no_copy_image_tags")]
    copy_image_tags: bool,
    /// Leave the images' own tags out
    #[arg(long)]
    no_copy_image_tags: bool,
    /// Tag of the new images; may be repeated, and the value is a template
    #[arg(long, alias = "tags", value_name = "KEY=VALUE")]
    tag: Vec<String>,
    /// The same for the new snapshots
    #[arg(long, alias = "snapshot-tags", value_name = "KEY=VALUE")]
    snapshot_tag: Vec<String>,
    /// Complete within this many minutes, for a fee: a multiple of 15 up to 2880
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    snapshot_copy_completion_duration_minutes: Option<CompletionDuration>,
    /// Outpost to store the snapshots on
    #[arg(long, value_name = "ARN", conflicts_with_all = ["destination_availability_zone", "destination_availability_zone_id"])]
    destination_outpost_arn: Option<String>,
    /// Local Zone to store the snapshots in, by name
    #[arg(long, value_name = "ZONE", conflicts_with = "destination_availability_zone_id")]
    destination_availability_zone: Option<String>,
    /// Local Zone to store the snapshots in, by id
    #[arg(long, value_name = "ID")]
    destination_availability_zone_id: Option<String>,
    /// Client token of a single copy
    #[arg(long, value_name = "TOKEN")]
    client_token: Option<String>,
}

/// What is done once the copies are available.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags are independent switches")]
pub(super) struct PostCopyArgs {
    /// Let these accounts, organizations or units launch the copies
    #[arg(long, value_name = "ACCOUNT|ARN", value_delimiter = ',')]
    share_with: Vec<String>,
    /// Give the copies their sources' launch permissions
    #[arg(long)]
    copy_launch_permissions: bool,
    /// Let the accounts of --share-with create volumes of the snapshots too
    #[arg(long)]
    share_snapshots: bool,
    /// Let everyone launch the copies
    #[arg(long)]
    public: bool,
    /// Deprecate the copies after so many days, or at a date
    #[arg(long, value_name = "90d|DATE")]
    deprecate_at: Option<String>,
    /// Protect the copies from being deregistered
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    protect: Option<Protect>,
    /// Tag each source with copied-to:REGION and the copy's id
    #[arg(long)]
    tag_source: bool,
}

impl CopyArgs {
    /// Returns true if nothing is to be changed in AWS.
    pub(super) fn only_reads(&self) -> bool {
        self.check || self.dry_run || self.print_plan
    }

    /// Returns how the copies are made.
    pub(super) fn options(&self) -> CopyOptions {
        CopyOptions {
            if_exists: self.if_exists,
            skip_refused: self.skip_refused,
            yes: self.yes,
            wait: self.wait,
            timeout: self.timeout,
            // The command looks before the review does, and says what `--share-from` would give.
            access_is_known: true,
        }
    }

    /// Returns how the copies are protected, if that is said.
    pub(super) fn protects(&self) -> Option<Protect> {
        self.post_copy.protect
    }

    /// Returns what the options ask for, for these images.
    ///
    /// # Errors
    /// Keys that contradict each other.
    pub(super) fn entry(&self, images: Vec<String>) -> Result<PlanEntry, CommandError> {
        let (request, after) = (&self.request, &self.post_copy);
        let mut entry = PlanEntry {
            images,
            from: self.from.clone(),
            to: self.to.clone(),
            name: request.name.clone(),
            description: request.description.clone(),
            encrypted: switch(request.encrypted || !request.kms_key_id.is_empty(), request.no_encrypted),
            copy_image_tags: switch(request.copy_image_tags, request.no_copy_image_tags),
            tags: request.tag.clone(),
            snapshot_tags: request.snapshot_tag.clone(),
            snapshot_copy_completion_duration_minutes: request.snapshot_copy_completion_duration_minutes,
            destination_outpost_arn: request.destination_outpost_arn.clone(),
            destination_availability_zone: request.destination_availability_zone.clone(),
            destination_availability_zone_id: request.destination_availability_zone_id.clone(),
            client_token: request.client_token.clone(),
            share_with: after.share_with.clone(),
            copy_launch_permissions: after.copy_launch_permissions.then_some(true),
            share_snapshots: after.share_snapshots.then_some(true),
            public: after.public.then_some(true),
            deprecate_at: after.deprecate_at.clone(),
            protect: after.protect,
            tag_source: after.tag_source.then_some(true),
            ..PlanEntry::default()
        };
        entry.add_keys(&request.kms_key_id).map_err(CommandError::usage)?;
        Ok(entry)
    }
}

/// Returns what a pair of flags says; `None` if neither is given.
fn switch(on: bool, off: bool) -> Option<bool> {
    if on { Some(true) } else { off.then_some(false) }
}

fn minutes(text: &str) -> Result<CompletionDuration, String> {
    let why = "a time-based copy takes a multiple of 15 minutes, from 15 to 2880";
    let minutes = text.parse::<u16>().map_err(|_| why.to_owned())?;
    CompletionDuration::from_minutes(minutes).map_err(|failure| failure.why)
}
