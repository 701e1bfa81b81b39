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
    domain::{AccountId, Failure, KmsKeyRef, Partition, Region},
};

pub(in crate::cli) use document::PolicyDocument;
use scope::{PolicyScope, Work};

/// Arguments of `amigrate policy`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate policy > policy.json
  amigrate policy list copy --kms-key-arn arn:aws:kms:eu-west-1:123456789012:key/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d
  amigrate policy copy --instance-store --region cn-north-1")]
pub(super) struct PolicyArgs {
    /// Work that the policy is to allow; all of it without one
    #[arg(value_enum, value_name = "WORK")]
    work: Vec<Work>,
    /// Allow the copying of instance-store images too, whose files are in S3
    #[arg(long)]
    instance_store: bool,
    /// KMS key that copies may use, of a source or a destination, or that may be shared; repeat it for more; all keys without one
    #[arg(long, value_name = "ARN", value_parser = key_arn)]
    kms_key_arn: Vec<String>,
    /// Account to which keys may be shared; repeat it for more; any principal without one
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    grantee: Vec<AccountId>,
}

pub(super) fn run(setup: &Setup, args: &PolicyArgs) -> Result<ExitStatus, CommandError> {
    let work = if args.work.is_empty() { Work::value_variants().to_vec() } else { args.work.clone() };
    let partition = partition(setup).or_usage()?;
    if let Some(key) = args.kms_key_arn.iter().find(|key| key.split(':').nth(1) != Some(partition)) {
        let failure =
            Failure::new(format!("use the key {key}"), format!("the policy is for the partition {partition}"));
        return Err(CommandError::usage(failure.hint("--region names a region of the key's partition.")));
    }
    let grantees = args.grantee.iter().map(|account| format!("arn:{partition}:iam::{account}:root")).collect();
    let keys = args.kms_key_arn.clone();
    let scope = PolicyScope { partition, work, instance_store: args.instance_store, keys, grantees };
    let (copies, gives) = (scope.allows(&[Work::Copy]), scope.allows(&[Work::GiveAccess]));
    let unused = [
        ("--instance-store", scope.instance_store && !copies, "only copies need it, and `copy` is not among the work"),
        (
            "--kms-key-arn",
            !scope.keys.is_empty() && !copies && !gives,
            "only copies and sharing need it, and neither `copy` nor `give-access` is among the work",
        ),
        (
            "--grantee",
            !scope.grantees.is_empty() && !gives,
            "only sharing needs it, and `give-access` is not among the work",
        ),
    ];
    if let Some((what, _, why)) = unused.into_iter().find(|(_, unused, _)| *unused) {
        return Err(CommandError::usage(Failure::new(format!("use {what}"), why)));
    }
    print_document(setup.output.format, &PolicyDocument::new(statements::statements(&scope)), io::stdout())?;
    if copies && scope.keys.is_empty() {
        setup
            .output
            .note("Copies may use every KMS key whose own policy allows it; --kms-key-arn names those they may.");
    }
    if gives && scope.grantees.is_empty() {
        setup.output.note("Keys may be shared with anybody; --grantee names the accounts with which they may.");
    }
    if scope.instance_store {
        setup.output.note("s3:GetObject is allowed on every bucket; name those of the source images instead.");
    }
    Ok(ExitStatus::Done)
}

/// Returns the name of the partition of the session's region, from flags, environment and files.
fn partition(setup: &Setup) -> Result<&'static str, Failure> {
    let session = block_on(Session::load(setup.session_options(), http_client()?))?;
    let partition = session.home_region().partition().as_str();
    if !session.region_was_given() {
        setup.output.note(&format!("No region is configured: the policy is for the partition {partition}."));
    }
    Ok(partition)
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::new(text).map_err(|failure| failure.why)
}

/// Checks a key's ARN by form; its partition is checked once the session is known.
fn key_arn(text: &str) -> Result<String, String> {
    let mut parts = text.splitn(6, ':').skip(1);
    let partition = parts.next().and_then(Partition::parse);
    let region = parts.nth(1).and_then(|name| Region::new(name).ok());
    let key = parts.nth(1).is_some_and(|resource| resource.starts_with("key/"));
    let formed = key && text.starts_with("arn:") && KmsKeyRef::new(text).is_ok_and(|key| key.as_str() == text);
    match (formed, partition, region) {
        (true, Some(partition), Some(region)) if region.partition() == partition => Ok(text.to_owned()),
        _ => Err("a key's ARN looks like arn:aws:kms:REGION:ACCOUNT:key/ID; aliases do not work in a policy".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_whole_arn() {
        const ID: &str = "0123abcd-0000-1111-2222-0123456789ab";
        for good in [
            format!("arn:aws:kms:eu-west-1:123456789012:key/{ID}"),
            format!("arn:aws-cn:kms:cn-north-1:123456789012:key/{ID}"),
            "arn:aws:kms:eu-west-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef".into(),
        ] {
            assert_eq!(key_arn(&good), Ok(good.clone()));
        }
        for bad in [
            "arn::kms:::key/".to_owned(),
            format!("arn:aws:kms:cn-north-1:123456789012:key/{ID}"),
            format!("arn:aws:kms:eu-west-1:12345:key/{ID}"),
            format!("arn:mars:kms:eu-west-1:123456789012:key/{ID}"),
            format!("arn:aws:s3:eu-west-1:123456789012:key/{ID}"),
            "arn:aws:kms:eu-west-1:123456789012:key/1".into(),
            "arn:aws:kms:eu-west-1:123456789012:alias/web".into(),
            ID.into(),
        ] {
            assert!(key_arn(&bad).is_err(), "{bad}");
        }
    }
}
