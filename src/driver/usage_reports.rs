//! Usage reports that are requested and waited for. What changes something in AWS is audited.

use jiff::Timestamp;

use super::audited_calls::{AuditedCall, AuditedCalls};
use crate::{
    aws::Session,
    domain::{
        Failure, Image, Region,
        usage_report::{ReportState, Reported, UsageReport, reusable},
    },
};

/// A report that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedReport {
    pub region: Region,
    pub report: UsageReport,
    /// It was requested here, and is deleted once it has been read. Others' stay.
    pub made_here: bool,
    /// Why the outcome of the request could not be written to the audit.
    audit_failure: Option<Failure>,
}

impl AwaitedReport {
    /// Requests a report of an image. One of the last day is taken instead, be it available or under way.
    ///
    /// # Errors
    /// If the reports cannot be listed, the request cannot be recorded, or EC2 refuses it.
    pub async fn request(
        session: &Session,
        calls: &AuditedCalls,
        image: &Image,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let (region, id) = (&image.region, &image.id);
        let reports = session.usage_reports(region, std::slice::from_ref(id)).await?;
        if let Some(report) = reusable(&reports, id, now) {
            return Ok(Self { region: region.clone(), report: report.clone(), made_here: false, audit_failure: None });
        }
        let call = AuditedCall { action: "CreateImageUsageReport", region, resource: id.to_string() };
        // It exists even if the answer could not be recorded: it must still be read and deleted.
        let (made, audit_failure) =
            calls.send_reporting_audit_failure(session, call, session.create_usage_report(region, id)).await?;
        let state = ReportState::Pending;
        let report = UsageReport { id: made, image: id.clone(), state, created: Some(now), is_whole: true };
        Ok(Self { region: region.clone(), report, made_here: true, audit_failure })
    }

    /// Looks how far EC2 is with it. One that EC2 does not show yet is pending.
    ///
    /// # Errors
    /// If the reports cannot be listed, or somebody has deleted it.
    pub async fn look(&mut self, session: &Session) -> Result<(), Failure> {
        let reports = session.usage_reports(&self.region, std::slice::from_ref(&self.report.image)).await?;
        match reports.into_iter().find(|report| report.id == self.report.id) {
            Some(report) => self.report = report,
            None if self.made_here => {}
            None => {
                let what = format!("read the usage report {} of {}", self.report.id, self.report.image);
                return Err(Failure::new(what, "somebody has deleted it").hint("Request one again."));
            }
        }
        Ok(())
    }

    /// Returns true while EC2 is making it.
    pub fn is_pending(&self) -> bool {
        self.report.state == ReportState::Pending
    }

    /// Returns what it says.
    ///
    /// # Errors
    /// If any page cannot be read.
    pub async fn read(&self, session: &Session) -> Result<Reported, Failure> {
        session.read_usage_report(&self.region, &self.report).await
    }

    /// Deletes it if it was requested here: to be called once it has been read.
    ///
    /// # Errors
    /// If EC2 refuses it, or if the outcome of this or of the request could not be written to the audit.
    pub async fn clean_up(&self, session: &Session, calls: &AuditedCalls) -> Result<(), Failure> {
        if !self.made_here {
            return Ok(());
        }
        let (region, id) = (&self.region, &self.report.id);
        let call = AuditedCall { action: "DeleteImageUsageReport", region, resource: id.to_string() };
        let ((), audit_failure) =
            calls.send_reporting_audit_failure(session, call, session.delete_usage_report(region, id)).await?;
        self.audit_failure.clone().or(audit_failure).map_or(Ok(()), Err)
    }
}
