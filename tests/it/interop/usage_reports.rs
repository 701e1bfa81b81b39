//! Usage reports, and what `amigrate used-by` says of them, as a plain boto3 script sees them.

use super::python;
use crate::commands::fixture::Commands;

#[test]
fn boto3_reads_the_same_usage_report() {
    let Some(python) = python::python() else { return };
    let commands = Commands::quick();
    commands.ec2.with(|w| w.latencies().usage_report_ms = 0);
    let used_by = ["used-by", "latest:base-linux-*", "--report", "--output", "json"];
    let ended = commands.ended(&used_by, "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    python.check("check_usage_reports.py", &[&commands.ec2.url, &ended.stdout]);
}
