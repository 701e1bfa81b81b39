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

#[cfg(test)]
mod tests {
    use crate::{
        aws::testing::{Answer, scripted},
        domain::{OptIn, Retry},
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
        let (session, asked) = scripted(move |_, _| Answer::ok(&body));
        let regions = session.regions().await.unwrap();
        let shown: Vec<_> = regions.iter().map(|r| (r.region.as_str(), r.opt_in)).collect();
        assert_eq!(
            shown,
            [("af-south-1", OptIn::NotOptedIn), ("me-south-1", OptIn::OptedIn), ("us-east-1", OptIn::NotRequired)]
        );
        assert_eq!(asked.all()[0].param("AllRegions"), "true");
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_is_asked_of_sts() {
        let (session, asked) = scripted(|n, _| match n {
            0 => Answer::ok(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
                 <Arn>arn:aws:iam::123456789012:user/me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>",
            ),
            _ => Answer::ok("<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"),
        });
        let account = session.account().await.unwrap();
        assert_eq!((account.id.as_str(), account.arn.as_str()), ("123456789012", "arn:aws:iam::123456789012:user/me"));
        assert!(asked.all()[0].host.starts_with("sts."), "{}", asked.all()[0].host);
        assert_eq!(session.account().await.unwrap_err().retry, Retry::Later);
    }
}
