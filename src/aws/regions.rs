//! Which regions there are, and who is asking.

use super::{convert, session::Session};
use crate::domain::{Account, AccountId, Failure, RegionInfo, Retry};

impl Session {
    /// All regions of the partition with their opt-in states, sorted by name. Asked in the home region.
    pub async fn regions(&self) -> Result<Vec<RegionInfo>, Failure> {
        let call = self.ec2(self.home_region()).describe_regions().all_regions(true);
        let answer = self.call("list regions", "ec2:DescribeRegions", call.send()).await?;
        let mut regions: Vec<RegionInfo> = answer.regions().iter().filter_map(convert::region).collect();
        regions.sort_unstable_by(|a, b| a.region.cmp(&b.region));
        regions.dedup_by(|a, b| a.region == b.region);
        Ok(regions)
    }

    /// Who is signed in. Asked of STS in the home region; a custom endpoint is asked that too.
    pub async fn account(&self) -> Result<Account, Failure> {
        let what = "find out whose credentials these are";
        let answer = self.call(what, "sts:GetCallerIdentity", self.sts().get_caller_identity().send()).await?;
        let id = answer.account().and_then(|id| AccountId::new(id).ok()).ok_or_else(|| {
            Failure::new(what, "the answer names no account").hint("Is this endpoint STS's?").retry(Retry::Later)
        })?;
        Ok(Account { id, arn: answer.arn.unwrap_or_default() })
    }
}
