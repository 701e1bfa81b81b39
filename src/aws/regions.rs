//! `DescribeRegions`.

use super::{convert, session::Session};
use crate::domain::{Failure, Region, RegionInfo};

impl Session {
    /// Returns all regions of the partition with their opt-in states, sorted by name.
    pub async fn regions(&self) -> Result<Vec<RegionInfo>, Failure> {
        self.regions_as_told_by(self.home_region()).await
    }

    /// Returns the same, asked of another region than the home region.
    pub async fn regions_as_told_by(&self, region: &Region) -> Result<Vec<RegionInfo>, Failure> {
        let call = self.ec2(region).describe_regions().all_regions(true);
        let answer = self.call("list regions", "ec2:DescribeRegions", call.send()).await?;
        let mut regions: Vec<RegionInfo> = answer.regions().iter().filter_map(convert::region).collect();
        regions.sort_unstable_by(|a, b| a.region.cmp(&b.region));
        regions.dedup_by(|a, b| a.region == b.region);
        Ok(regions)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        aws::testing::{CannedResponse, scripted},
        domain::OptIn,
    };

    #[tokio::test(start_paused = true)]
    async fn regions_come_sorted_with_their_opt_in_state() {
        let item = |name: &str, state: &str| {
            format!("<item><regionName>{name}</regionName><optInStatus>{state}</optInStatus></item>")
        };
        let body = format!(
            "<R><regionInfo>{}{}{}{}</regionInfo></R>",
            item("us-east-1", "opt-in-not-required"),
            item("me-south-1", "opted-in"),
            item("af-south-1", "not-opted-in"),
            item("???", "opted-in"),
        );
        let (session, asked) = scripted(move |_, _| CannedResponse::ok(&body));
        let regions = session.regions().await.unwrap();
        let shown: Vec<_> = regions.iter().map(|r| (r.region.as_str(), r.opt_in)).collect();
        assert_eq!(
            shown,
            [("af-south-1", OptIn::NotOptedIn), ("me-south-1", OptIn::OptedIn), ("us-east-1", OptIn::NotRequired)]
        );
        assert_eq!(asked.all()[0].param("AllRegions"), "true");
    }
}
