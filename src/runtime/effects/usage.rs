//! The effects of who uses images.

use std::{sync::Arc, time::Duration};

use super::Effects;
use crate::{
    aws::Session,
    domain::{Failure, Image, Region, Retry, usage_report::Reported},
    driver::{AuditedCalls, AwaitedReport, Clock},
    tui::{EffectId, Reply},
};

/// How soon a report is looked for that was just requested, and how often at last: EC2 takes minutes.
const INTERVALS: [Duration; 2] = [Duration::from_secs(5), Duration::from_mins(1)];
/// Checks at most, in about an hour. EC2 continues then, and the page shows the report when it is opened again.
const MAX_CHECKS: usize = 64;

impl Effects {
    pub(super) fn read_usage(&self, id: EffectId, region: Region, images: Vec<Arc<Image>>) {
        self.reply(id, |s| async move {
            let images: Vec<Image> = images.iter().map(|image| Image::clone(image)).collect();
            Reply::Usage(s.image_usage_with_reports(&region, &images).await)
        });
    }

    /// Requests a usage report, or takes one of the last day, and answers once it is there. The page need not stay open for that.
    pub(super) fn request_usage_report(&mut self, id: EffectId, image: Arc<Image>) {
        let (calls, clock) = (self.audited_calls(), self.clock);
        self.reply(id, |session| async move {
            let reported = async { report(&session, &calls?, &image, clock).await };
            Reply::UsageReported(reported.await)
        });
    }
}

async fn report(session: &Session, calls: &AuditedCalls, image: &Image, clock: Clock) -> Result<Reported, Failure> {
    let mut awaited = AwaitedReport::request(session, calls, image, clock.now()).await?;
    if let Some(failure) = &awaited.audit_failure {
        tracing::warn!(%failure, "the request for a usage report was not written to the audit");
    }
    let [mut interval, longest] = INTERVALS;
    for _ in 0..MAX_CHECKS {
        match awaited.refresh(session, clock.now()).await {
            Err(failure) if failure.retry == Retry::Later => {}
            refreshed => refreshed?,
        }
        if !awaited.is_pending() {
            break;
        }
        tokio::time::sleep(interval).await;
        interval = (interval * 2).min(longest);
    }
    awaited.read(session).await
}
