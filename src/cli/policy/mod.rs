//! `amigrate policy`: the least IAM policy for the work chosen. Nothing is asked of AWS for it.

mod document;
mod scope;
mod statements;

use std::io;

use clap::ValueEnum as _;

use super::{
    exit::{CommandError, ExitStatus, OrUsage},
    output::print_document,
    setup::{Setup, block_on, http_client},
};
use crate::{
    aws::Session,
    domain::{Failure, text::clean},
};

pub(in crate::cli) use document::PolicyDocument;
use scope::{PolicyScope, Work};

/// Arguments of `amigrate policy`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate policy > policy.json
  amigrate policy list copy --kms-key-arn arn:aws:kms:eu-west-1:123456789012:key/1a2b3c4d
  amigrate policy copy --instance-store --region cn-north-1")]
pub(super) struct PolicyArgs {
    /// Work that the policy is to allow; all of it without one
    #[arg(value_enum, value_name = "WORK")]
    work: Vec<Work>,
    /// Allow the copying of instance-store images too, whose files are in S3
    #[arg(long)]
    instance_store: bool,
    /// KMS key that copies may use, of a source or a destination; repeat it for more; all keys without one
    #[arg(long, value_name = "ARN", value_parser = key_arn)]
    kms_key_arn: Vec<String>,
}

pub(super) fn run(setup: &Setup, args: &PolicyArgs) -> Result<ExitStatus, CommandError> {
    let work = if args.work.is_empty() { Work::value_variants().to_vec() } else { args.work.clone() };
    let scope = PolicyScope {
        partition: partition(setup).or_usage()?,
        work,
        instance_store: args.instance_store,
        keys: args.kms_key_arn.clone(),
    };
    let copies = scope.allows(&[Work::Copy]);
    if !copies && (scope.instance_store || !scope.keys.is_empty()) {
        let what = if scope.instance_store { "--instance-store" } else { "--kms-key-arn" };
        let why = "only copies need it, and `copy` is not among the work";
        return Err(CommandError::usage(Failure::new(format!("use {what}"), why)));
    }
    print_document(setup.output.format, &PolicyDocument::new(statements::statements(&scope)), io::stdout())?;
    if copies && scope.keys.is_empty() {
        setup
            .output
            .note("Copies may use every KMS key whose own policy allows it; --kms-key-arn names those they may.");
    }
    if scope.instance_store {
        setup.output.note("s3:GetObject is allowed on every bucket; name those of the source images instead.");
    }
    Ok(ExitStatus::Done)
}

/// Returns the name of the partition of the session's region, from flags, environment and files.
fn partition(setup: &Setup) -> Result<&'static str, Failure> {
    let session = block_on(Session::load(setup.session_options(), http_client()?))?;
    Ok(session.home_region().partition().as_str())
}

fn key_arn(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        ["arn", _, "kms", _, _, resource] if resource.starts_with("key/") && clean(text) == text => Ok(text.to_owned()),
        _ => Err("a key's ARN looks like arn:aws:kms:REGION:ACCOUNT:key/ID; aliases do not work in a policy".into()),
    }
}
