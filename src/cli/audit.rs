//! `amigrate audit`: the requests that changed something in AWS, as they are stored, a line each. AWS is asked nothing unless the
//! account is not known.

use std::process::ExitCode;

use super::{jobs, output::print_out, setup::Setup};
use crate::{
    domain::{Failure, text::clean},
    engine::{AuditEntry, JobId},
    labels,
};

/// What is printed.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct AuditArgs {
    /// Only those of this job, by its number in `amigrate jobs`
    #[arg(long, value_name = "N", conflicts_with = "all")]
    job: Option<u64>,
    /// Every account's, not only the one that the profile had last
    #[arg(long)]
    all: bool,
}

pub(super) fn run(setup: &Setup, args: AuditArgs) -> Result<ExitCode, Failure> {
    let store = jobs::open_store(setup)?;
    let accounts = if args.all { store.accounts()? } else { vec![jobs::account(setup, &store)?] };
    let mut lines = String::new();
    for account in accounts {
        if args.all {
            // No line of a request begins like this.
            lines.extend(["# ", &clean(account.as_str()), "\n"]);
        }
        lines.extend(store.audit(&account, args.job.map(JobId))?.iter().map(line));
    }
    print_out(&lines)
}

/// A line of fields between tabs, none of them empty, so that `cut` and `awk` can count them.
fn line(entry: &AuditEntry) -> String {
    let (outcome, job) = (labels::outcome(&entry.outcome), entry.job.to_string());
    let fields = [
        entry.identity.as_deref(),
        Some(entry.region.as_str()),
        Some(entry.action.as_str()),
        Some(entry.resource.as_str()),
        Some(job.as_str()),
        entry.request_id.as_deref(),
        Some(outcome.as_str()),
    ]
    .map(|field| field.map(clean).filter(|field| !field.is_empty()).unwrap_or("-".into()));
    format!("{:.3}\t{}\n", entry.time, fields.join("\t"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Outcome;

    #[test]
    fn a_line_has_eight_fields_whatever_they_contain() {
        let entry = AuditEntry {
            time: "2026-11-21T12:00:00Z".parse().unwrap(),
            identity: None,
            region: "eu-west-1".into(),
            action: "CopyImage".into(),
            resource: "ami-1\tin\nus-east-1\u{1b}[31m".into(),
            job: JobId(7),
            request_id: Some(String::new()),
            outcome: Outcome::Refused("Bad\tCode".into()),
        };
        let line = line(&entry);
        let fields: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
        assert_eq!(fields.len(), 8, "{line:?}");
        assert_eq!((fields[0], fields[1], fields[5], fields[6]), ("2026-11-21T12:00:00.000Z", "-", "7", "-"));
        assert!(!line.contains('\u{1b}') && line.matches('\n').count() == 1, "{line:?}");
        assert!(fields[7].starts_with("refused: Bad"), "{line:?}");
    }
}
