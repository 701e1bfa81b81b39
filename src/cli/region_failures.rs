//! What failed in some regions while others answered: reported once, printed as records, and the exit status of it.

use super::{exit::ExitStatus, records::FailureRecord};
use crate::domain::{Failure, Region};

/// A failure of a part of what was requested.
#[derive(Debug, Clone)]
pub(super) struct RegionFailure {
    /// `None` if it is not about one region.
    pub(super) region: Option<Region>,
    pub(super) failure: Failure,
}

impl RegionFailure {
    pub(super) fn of(region: &Region, failure: Failure) -> Self {
        Self { region: Some(region.clone()), failure }
    }

    pub(super) fn of_no_region(failure: Failure) -> Self {
        Self { region: None, failure }
    }
}

/// Returns the failures as they are printed.
pub(super) fn records(failures: &[RegionFailure]) -> Vec<FailureRecord> {
    let record = |one: &RegionFailure| {
        let record = FailureRecord::from(&one.failure);
        match &one.region {
            Some(region) => record.in_region(region),
            None => record,
        }
    };
    failures.iter().map(record).collect()
}

/// Returns the exit status of a command with these failures.
pub(super) fn status(failures: &[RegionFailure]) -> ExitStatus {
    ExitStatus::of_all(failures.iter().map(|one| &one.failure))
}

/// Reports failures; what several regions say alike is reported once, as `what` in those regions.
pub(super) fn report_all(what: &str, failures: &[RegionFailure], mut report: impl FnMut(&Failure)) {
    let same = |a: &Failure, b: &Failure| a.why == b.why && a.code == b.code && a.hint == b.hint;
    let mut reported: Vec<&Failure> = Vec::new();
    for RegionFailure { failure, .. } in failures {
        if reported.iter().any(|other| same(other, failure)) {
            continue;
        }
        reported.push(failure);
        let alike: Vec<&RegionFailure> = failures.iter().filter(|other| same(&other.failure, failure)).collect();
        let mut regions: Vec<&str> = alike.iter().filter_map(|one| one.region.as_ref().map(Region::as_str)).collect();
        regions.sort_unstable();
        regions.dedup();
        if alike.iter().all(|other| other.failure.what == failure.what) || regions.is_empty() {
            report(failure);
        } else {
            let what = format!("{what} in {}", regions.join(", "));
            report(&Failure { what, request_id: None, ..failure.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;

    fn failed(region: &str, hint: &str) -> RegionFailure {
        let region = Region::new(region).unwrap();
        let failure =
            Failure::new(format!("list images in {region}"), "denied").hint(hint).request_id(Some("r".into()));
        RegionFailure::of(&region, failure)
    }

    fn reported(failures: &[RegionFailure]) -> Vec<String> {
        let mut all = Vec::new();
        report_all("list images", failures, |failure| all.push(failure.what.clone()));
        all
    }

    #[test]
    fn what_regions_say_alike_is_reported_once_and_nothing_else_is() {
        let [a, b, c] = [failed("eu-west-1", "x"), failed("us-east-1", "x"), failed("us-east-1", "y")];
        assert_eq!(reported(std::slice::from_ref(&a)), ["list images in eu-west-1"]);
        assert_eq!(reported(&[b.clone(), a.clone()]), ["list images in eu-west-1, us-east-1"]);
        assert_eq!(reported(&[a.clone(), c]), ["list images in eu-west-1", "list images in us-east-1"]);
        let told = |one: &RegionFailure| RegionFailure {
            failure: Failure::new("find out whose credentials these are", "expired"),
            ..one.clone()
        };
        let everywhere = RegionFailure::of_no_region(told(&a).failure);
        assert_eq!(reported(&[everywhere, told(&a), told(&b)]), ["find out whose credentials these are"]);
    }

    #[test]
    fn the_status_is_3_only_if_all_of_it_is_about_permissions() {
        let denied = |one: &RegionFailure| RegionFailure {
            failure: one.failure.clone().kind(FailureKind::Denied),
            ..one.clone()
        };
        let [a, b] = [failed("eu-west-1", "x"), failed("us-east-1", "x")];
        assert_eq!(status(&[]), ExitStatus::Done);
        assert_eq!(status(&[denied(&a), denied(&b)]), ExitStatus::NotAllowed);
        assert_eq!(status(&[denied(&a), b]), ExitStatus::Failed);
    }
}
