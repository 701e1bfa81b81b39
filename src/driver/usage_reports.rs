//! Usage reports that are requested and waited for. The request is audited. Reports stay: EC2 deletes them after 30 days, and what was
//! learnt serves whoever deregisters the image meanwhile.

use jiff::{SignedDuration, Timestamp};

use super::audited_calls::{AuditedCall, AuditedCalls};
use crate::{
    aws::Session,
    domain::{
        Failure, FailureKind, Image, Region,
        usage_report::{ReportState, Reported, UsageReport, pending, reusable},
    },
};

/// How long a listing may lack a report: EC2 is eventually consistent.
const VISIBLE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// A report that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedReport {
    pub region: Region,
    pub report: UsageReport,
    /// It was requested here, and not found.
    pub made_here: bool,
    /// Why the outcome of the request could not be written to the audit.
    pub audit_failure: Option<Failure>,
    /// When a listing last had it, or it was requested.
    seen: Timestamp,
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
            return Ok(Self::found(region, report, now));
        }
        let call = AuditedCall { action: "CreateImageUsageReport", region, resource: id.to_string() };
        let created = calls.send_reporting_audit_failure(session, call, session.create_usage_report(region, id)).await;
        let (made, audit_failure) = match created {
            Ok(created) => created,
            // Somebody else may have requested one at the same time.
            Err(failure) if failure.kind == FailureKind::LimitReached => {
                let reports = session.usage_reports(region, std::slice::from_ref(id)).await?;
                return match (reusable(&reports, id, now), pending(&reports, id)) {
                    (Some(report), _) => Ok(Self::found(region, report, now)),
                    (None, Some(other)) => Err(being_made(failure, other)),
                    (None, None) => Err(failure),
                };
            }
            Err(failure) => return Err(failure),
        };
        let state = ReportState::Pending;
        let report = UsageReport { id: made, image: id.clone(), state, created: Some(now), is_whole: true };
        Ok(Self { region: region.clone(), report, made_here: true, audit_failure, seen: now })
    }

    fn found(region: &Region, report: &UsageReport, now: Timestamp) -> Self {
        Self { region: region.clone(), report: report.clone(), made_here: false, audit_failure: None, seen: now }
    }

    /// Reads its state. One that EC2 has not listed for less than five minutes keeps the state it had.
    ///
    /// # Errors
    /// If the reports cannot be listed, or EC2 does not list it any more.
    pub async fn refresh(&mut self, session: &Session, now: Timestamp) -> Result<(), Failure> {
        let reports = session.usage_reports(&self.region, std::slice::from_ref(&self.report.image)).await?;
        match reports.into_iter().find(|report| report.id == self.report.id) {
            Some(report) => (self.report, self.seen) = (report, now),
            None if now.duration_since(self.seen) < VISIBLE_AFTER => {}
            None => {
                let what = format!("read the usage report {} of {}", self.report.id, self.report.image);
                let why = "EC2 has not listed it for five minutes: somebody may have deleted it";
                return Err(Failure::new(what, why).hint("Request one again."));
            }
        }
        Ok(())
    }

    /// Returns true while EC2 is making it.
    pub fn is_pending(&self) -> bool {
        self.report.state == ReportState::Pending
    }

    /// Returns its contents.
    ///
    /// # Errors
    /// If any page cannot be read.
    pub async fn read(&self, session: &Session) -> Result<Reported, Failure> {
        session.read_usage_report(&self.region, &self.report).await
    }
}

/// Returns EC2's refusal with the report that it makes at the moment, and which does not count every account.
fn being_made(failure: Failure, other: &UsageReport) -> Failure {
    let why = format!(
        "EC2 is making {}, which does not count all accounts or versions, and makes one report of an image at a time",
        other.id
    );
    Failure { why, ..failure }.hint("Request one again once that has ended.")
}
