//! Usage reports: which accounts use an image. EC2 makes one on request, which takes minutes, and deletes it after 30 days.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::{
    account::AccountId,
    ids::{ImageId, UsageReportId},
    reference_kind::ReferenceKind,
};

/// How old a report may be that is read instead of a new one: EC2 itself may leave out what happened in the last day.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// A report, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    pub id: UsageReportId,
    pub image: ImageId,
    pub state: ReportState,
    pub created: Option<Timestamp>,
    /// It counts instances and launch templates of every account, of the latter at least as many versions as EC2 does by itself. One
    /// that does not proves nothing about those it leaves out.
    pub is_whole: bool,
}

/// How far EC2 is with a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReportState {
    Pending,
    Available,
    /// With EC2's reason. A state that is not known here counts as failed: nobody can say whether it ever ends.
    Failed(Box<str>),
}

/// How often an account's resources of one type name an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUse {
    pub account: AccountId,
    pub kind: ReferenceKind,
    pub count: u64,
}

/// What usage reports say of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reported {
    /// There is none that counts every account.
    None,
    /// EC2 is making one.
    Pending { since: Option<Timestamp> },
    /// EC2 could not make it.
    Failed { created: Option<Timestamp>, why: Box<str> },
    /// The newest one that is available.
    Available { created: Option<Timestamp>, uses: Vec<AccountUse> },
}

impl Reported {
    /// Returns what a report says that is not available; `None` for one that is, which must be read.
    pub fn without_entries(report: &UsageReport) -> Option<Self> {
        match &report.state {
            ReportState::Available => None,
            ReportState::Pending => Some(Self::Pending { since: report.created }),
            ReportState::Failed(why) => Some(Self::Failed { created: report.created, why: why.clone() }),
        }
    }

    /// Returns the age of an available report that is older than a day, so that a new one would say more.
    pub fn outdated(&self, now: Timestamp) -> Option<SignedDuration> {
        let Self::Available { created, .. } = self else { return None };
        created.map(|created| now.duration_since(created)).filter(|age| *age >= FRESH)
    }

    /// Returns the accounts of an available report with what they use, in their order; empty if there is none.
    pub fn by_account(&self) -> Vec<(&AccountId, Vec<&AccountUse>)> {
        let Self::Available { uses, .. } = self else { return Vec::new() };
        let mut accounts: BTreeMap<&AccountId, Vec<&AccountUse>> = BTreeMap::new();
        for one in uses {
            accounts.entry(&one.account).or_default().push(one);
        }
        accounts.into_iter().collect()
    }
}

/// Returns the most useful report of an image: the newest that is available, else one that is being made, else the newest that failed.
pub fn best<'a>(reports: &'a [UsageReport], image: &ImageId) -> Option<&'a UsageReport> {
    let rank = |report: &UsageReport| match report.state {
        ReportState::Available => 2,
        ReportState::Pending => 1,
        ReportState::Failed(_) => 0,
    };
    let whole = reports.iter().filter(|report| report.is_whole && report.image == *image);
    whole.max_by_key(|report| (rank(report), report.created))
}

/// Returns the report of an image that is read instead of requesting one: the newest available of the last day, else one that is being
/// made, beside which EC2 makes no other of the image.
pub fn reusable<'a>(reports: &'a [UsageReport], image: &ImageId, now: Timestamp) -> Option<&'a UsageReport> {
    let is_fresh = |report: &UsageReport| report.created.is_some_and(|created| now.duration_since(created) < FRESH);
    let rank = |report: &UsageReport| match report.state {
        ReportState::Available if is_fresh(report) => Some(2),
        ReportState::Pending => Some(1),
        ReportState::Available | ReportState::Failed(_) => None,
    };
    let whole = reports.iter().filter(|report| report.is_whole && report.image == *image);
    let ranked = whole.filter_map(|report| Some(((rank(report)?, report.created), report)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, report)| report)
}

/// Returns a report of an image that EC2 is making, whatever it counts: until it has ended EC2 makes no other of the image.
pub fn pending<'a>(reports: &'a [UsageReport], image: &ImageId) -> Option<&'a UsageReport> {
    reports.iter().find(|report| report.image == *image && report.state == ReportState::Pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(id: &str, state: ReportState, hours_ago: i64) -> UsageReport {
        let created = Some(now() - SignedDuration::from_hours(hours_ago));
        let image = ImageId::new("ami-1").unwrap();
        UsageReport { id: UsageReportId::new(id).unwrap(), image, state, created, is_whole: true }
    }

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_newest_available_report_tells_most_and_one_of_the_last_day_is_used_again() {
        let image = ImageId::new("ami-1").unwrap();
        let failed = || ReportState::Failed("no".into());
        let named = |reports: &[UsageReport]| {
            let id = |report: Option<&UsageReport>| report.map(|report| report.id.as_str().replace("amiur-", ""));
            (id(best(reports, &image)), id(reusable(reports, &image, now())))
        };
        let some = |id: &str| Some(id.to_owned());
        let (old, new) = (report("amiur-1", ReportState::Available, 30), report("amiur-2", ReportState::Available, 23));
        let pending = report("amiur-3", ReportState::Pending, 50);
        assert_eq!(named(&[]), (None, None));
        assert_eq!(named(&[new.clone(), old.clone()]), (some("2"), some("2")));
        assert_eq!(named(&[old.clone(), report("amiur-4", failed(), 0)]), (some("1"), None));
        assert_eq!(named(&[pending.clone(), report("amiur-4", failed(), 0)]), (some("3"), some("3")));
        assert_eq!(named(&[report("amiur-4", failed(), 0)]), (some("4"), None));
        // An old one is shown until the new one is there, which is the one to wait for.
        assert_eq!(named(&[old.clone(), pending.clone()]), (some("1"), some("3")));
        assert_eq!(named(&[old.clone(), pending.clone(), new.clone()]), (some("2"), some("2")));
        let limited = UsageReport { is_whole: false, ..new.clone() };
        let other = UsageReport { image: ImageId::new("ami-2").unwrap(), ..new };
        assert_eq!(named(&[limited, other]), (None, None));
    }

    #[test]
    fn a_report_of_another_day_is_outdated() {
        let of = |hours| {
            let created = Some(now() - SignedDuration::from_hours(hours));
            Reported::Available { created, uses: Vec::new() }.outdated(now()).map(|age| age.as_hours())
        };
        assert_eq!((of(23), of(24), of(24 * 29)), (None, Some(24), Some(24 * 29)));
        assert_eq!(Reported::None.outdated(now()), None);
    }

    #[test]
    fn uses_are_told_by_account() {
        let account = |id: &str| AccountId::new(id).unwrap();
        let one = |id: &str, kind, count| AccountUse { account: account(id), kind, count };
        let uses = vec![
            one("222222222222", ReferenceKind::Instance, 3),
            one("111111111111", ReferenceKind::Instance, 1),
            one("222222222222", ReferenceKind::LaunchTemplate, 2),
        ];
        let reported = Reported::Available { created: None, uses };
        let accounts: Vec<(&str, usize)> =
            reported.by_account().iter().map(|(account, uses)| (account.as_str(), uses.len())).collect();
        assert_eq!(accounts, [("111111111111", 1), ("222222222222", 2)]);
        assert!(Reported::None.by_account().is_empty());
    }
}
