//! `amigrate map`: where the copies of an image are, for whoever launches next.

mod format;
mod sources;

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    exit::{CommandError, ExitStatus, OrUsage as _},
    output::{Format, print_document, report},
    records::FailureRecord,
    region_failures::{self, report_all},
    regions::Selection,
    setup::{Setup, block_on},
};
use crate::domain::{Failure, ImageId};
use format::MapFormat;
use sources::{Found, Wanted};

/// Arguments of `amigrate map`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate map --batch batch-1a2b3c --format terraform > amis.auto.tfvars
  amigrate map --name 'web-*' --format ssm --as /images/web | sh -e
  amigrate map --source ami-0123456789abcdef0 --format cloudformation")]
pub(super) struct MapArgs {
    #[command(flatten)]
    which: Which,
    /// Who reads it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: MapFormat,
    /// Name of the variable, the mapping or the parameter; the beginning of environment variables' names
    #[arg(long = "as", value_name = "NAME")]
    name_as: Option<String>,
    /// Only these regions; else that of --region, else all enabled ones; not with --batch
    #[arg(long, value_name = "REGION[,REGION]", conflicts_with = "batch")]
    regions: Option<Selection>,
}

impl MapArgs {
    /// Returns true if something else than JSON is printed.
    pub(super) fn prints_text(&self) -> bool {
        self.format != MapFormat::Json
    }
}

/// Which images.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The available copies of this batch, as they are stored; status 1 if a copy is not available
    #[arg(long, value_name = "BATCH")]
    batch: Option<String>,
    /// The newest available image of yours in each region whose name matches (* and ?)
    #[arg(long, value_name = "PATTERN")]
    name: Option<String>,
    /// This image, and the newest available copy of it in each other region
    #[arg(long, value_name = "IMAGE", value_parser = |id: &str| ImageId::new(id))]
    source: Option<ImageId>,
}

/// What `amigrate map` prints as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct MapDocument {
    /// Image ids by region.
    image_ids: BTreeMap<String, String>,
    /// Regions that did not answer, and copies that are not available.
    failures: Vec<FailureRecord>,
}

pub(super) fn run(setup: &Setup, args: &MapArgs) -> Result<ExitStatus, CommandError> {
    let name = args.name_as.as_deref();
    name.map_or(Ok(()), |name| args.format.check_name(name)).or_usage()?;
    let _log = setup.start_log()?;
    let named = || setup.named_region.clone().map(|region| Selection::Named(vec![region]));
    let regions = args.regions.clone().or_else(named).unwrap_or(Selection::All);
    let Found { images, notes, failures } = match &args.which {
        Which { batch: Some(batch), .. } => sources::of_batch(setup, batch)?,
        Which { name: Some(pattern), .. } => {
            block_on(sources::of_account(setup, &Wanted::Name(pattern.clone()), &regions))?
        }
        Which { source: Some(source), .. } => {
            block_on(sources::of_account(setup, &Wanted::CopiesOf(source.clone()), &regions))?
        }
        Which { .. } => Found::default(),
    };
    for note in &notes {
        setup.output.note(note);
    }
    report_all("look for images", &failures, report);
    if args.format == MapFormat::Json {
        let image_ids = images.iter().map(|(region, image)| (region.to_string(), image.to_string())).collect();
        let failures = region_failures::records(&failures);
        let format = if setup.output.format == Format::Jsonl { Format::Jsonl } else { Format::Json };
        print_document(format, &MapDocument { image_ids, failures }, io::stdout())?;
    } else if !images.is_empty() {
        // An empty map would be read as one.
        let profile = setup.profile.as_deref();
        let text = args.format.text(name.unwrap_or(args.format.default_name()), &images, profile);
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| CommandError::write(&error))?;
    }
    if images.is_empty() && failures.is_empty() {
        let what = "map regions to images";
        return Err(Failure::new(what, "no available image fits").hint("`amigrate list` shows what is there.").into());
    }
    Ok(region_failures::status(&failures))
}
