//! `DescribeSnapshots` for copies under way, and `DeleteSnapshot`.

use std::collections::BTreeMap;

use aws_smithy_types::retry::RetryConfig;

use super::{
    convert,
    images::{CallBudget, FILTER_VALUES, IDS, PAGE, filter, names},
    session::Session,
};
use crate::domain::{Failure, ImageId, Region, Snapshot, SnapshotId};

/// EC2 names one unknown snapshot per response; after this many, a filter is used for the rest.
const ROUNDS: u8 = 3;

impl Session {
    /// Returns the snapshots made for `images`, found by the description EC2 writes, and those of `ids`, each once, sorted by id.
    /// Snapshots unknown to EC2 are left out.
    ///
    /// One call if the images' snapshots include all ids, as for pending copies; else two.
    pub async fn describe_snapshots(
        &self,
        region: &Region,
        ids: &[SnapshotId],
        images: &[ImageId],
    ) -> Result<Vec<Snapshot>, Failure> {
        let mut found = BTreeMap::new();
        for chunk in images.chunks(FILTER_VALUES) {
            // A pending image may not list its snapshots yet, but their descriptions name it.
            let values: Vec<String> = chunk.iter().map(|id| format!("Copied for DestinationAmi {id} *")).collect();
            self.snapshots_by_filter(region, "description", &values, &mut found).await?;
        }
        let missing: Vec<SnapshotId> = ids.iter().filter(|id| !found.contains_key(*id)).cloned().collect();
        for chunk in missing.chunks(IDS) {
            self.snapshots_by_id(region, chunk.to_vec(), &mut found).await?;
        }
        Ok(found.into_values().collect())
    }

    /// Returns the snapshots with these ids, at most 1,000, and those made for these images, at most 200, as far as the budget
    /// allows. Calls are not retried, because the next poll repeats them.
    ///
    /// The filter by description is not paged, because EC2 filters page by page and an account may have 100,000 snapshots.
    pub async fn poll_snapshots(
        &self,
        region: &Region,
        ids: &[SnapshotId],
        images: &[ImageId],
        budget: &mut CallBudget,
    ) -> Result<Vec<Snapshot>, Failure> {
        let what = format!("read the progress of copies in {region}");
        let once = || aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled());
        let mut found = Vec::new();
        let mut wanted: Vec<&SnapshotId> = ids.iter().take(IDS).collect();
        while !wanted.is_empty() && budget.take() {
            let ids = wanted.iter().map(ToString::to_string).collect();
            let call = self.ec2(region).describe_snapshots().set_snapshot_ids(Some(ids));
            let call = call.customize().config_override(once()).send();
            match self.call(&what, "ec2:DescribeSnapshots", call).await {
                Ok(answer) => {
                    found.extend(answer.snapshots().iter().filter_map(convert::snapshot));
                    break;
                }
                Err(failure) if failure.is("InvalidSnapshot") || failure.is("InvalidSnapshotID") => {
                    let before = wanted.len();
                    wanted.retain(|id| !names(&failure.why, id.as_str()));
                    if wanted.len() == before {
                        return Err(failure);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        if !images.is_empty() && budget.take() {
            let described = images.iter().take(FILTER_VALUES).map(|id| format!("Copied for DestinationAmi {id} *"));
            let described: Vec<String> = described.collect();
            let by_description = filter("description", described.iter().map(String::as_str));
            let call = self.ec2(region).describe_snapshots().owner_ids("self").filters(by_description);
            let call = call.customize().config_override(once()).send();
            let answer = self.call(&what, "ec2:DescribeSnapshots", call).await?;
            found.extend(answer.snapshots().iter().filter_map(convert::snapshot));
        }
        // EC2's order is undefined; on the screen they must not move.
        found.sort_by(|a: &Snapshot, b| a.id.cmp(&b.id));
        Ok(found)
    }

    async fn snapshots_by_filter(
        &self,
        region: &Region,
        name: &str,
        values: &[String],
        found: &mut BTreeMap<SnapshotId, Snapshot>,
    ) -> Result<(), Failure> {
        let what = format!("describe snapshots in {region}");
        let mut token = None;
        loop {
            let call = self
                .ec2(region)
                .describe_snapshots()
                .owner_ids("self")
                .max_results(PAGE)
                .set_next_token(token)
                .filters(filter(name, values.iter().map(String::as_str)));
            let answer = self.call(&what, "ec2:DescribeSnapshots", call.send()).await?;
            found.extend(answer.snapshots().iter().filter_map(convert::snapshot).map(|s| (s.id.clone(), s)));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(());
            }
        }
    }

    async fn snapshots_by_id(
        &self,
        region: &Region,
        mut wanted: Vec<SnapshotId>,
        found: &mut BTreeMap<SnapshotId, Snapshot>,
    ) -> Result<(), Failure> {
        let what = format!("describe snapshots in {region}");
        for _ in 0..ROUNDS {
            if wanted.is_empty() {
                return Ok(());
            }
            let call = self
                .ec2(region)
                .describe_snapshots()
                .set_snapshot_ids(Some(wanted.iter().map(ToString::to_string).collect()));
            match self.call(&what, "ec2:DescribeSnapshots", call.send()).await {
                Ok(answer) => {
                    found.extend(answer.snapshots().iter().filter_map(convert::snapshot).map(|s| (s.id.clone(), s)));
                    return Ok(());
                }
                Err(failure) if failure.is("InvalidSnapshot") || failure.is("InvalidSnapshotID") => {
                    let before = wanted.len();
                    wanted.retain(|id| !names(&failure.why, id.as_str()));
                    if wanted.len() == before {
                        break;
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        for chunk in wanted.chunks(FILTER_VALUES) {
            let values: Vec<String> = chunk.iter().map(ToString::to_string).collect();
            self.snapshots_by_filter(region, "snapshot-id", &values, found).await?;
        }
        Ok(())
    }

    /// Deletes a snapshot. One that does not exist is a success.
    pub async fn delete_snapshot(&self, region: &Region, snapshot: &SnapshotId) -> Result<(), Failure> {
        let what = format!("delete {snapshot} in {region}");
        let call = self.ec2(region).delete_snapshot().snapshot_id(snapshot.as_str());
        match self.call(&what, "ec2:DeleteSnapshot", call.send()).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is("InvalidSnapshot.NotFound") => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{CannedResponse, ami, eu, scripted};

    fn snap(id: &str) -> SnapshotId {
        SnapshotId::new(id).unwrap()
    }

    fn answer(ids: &[&str], next: &str) -> CannedResponse {
        let item = |id: &&str| {
            format!(
                "<item><snapshotId>{id}</snapshotId><status>pending</status><progress>99%</progress>\
                 <volumeSize>8</volumeSize><description>Copied for DestinationAmi ami-1 from x</description></item>"
            )
        };
        let items = ids.iter().map(item).collect::<Vec<_>>().concat();
        CannedResponse::ok(&format!("<R><snapshotSet>{items}</snapshotSet>{next}</R>"))
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_does_when_the_descriptions_cover_the_ids() {
        let (session, asked) = scripted(|_, asked| match asked.param("NextToken") {
            "" => answer(&["snap-1"], "<nextToken>t</nextToken>"),
            _ => answer(&["snap-2"], ""),
        });
        let found = session.describe_snapshots(&eu(), &[snap("snap-2")], &[ami("ami-1"), ami("ami-2")]).await.unwrap();
        assert_eq!(found.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["snap-1", "snap-2"]);
        assert_eq!((found[0].progress, found[0].destination_image()), (Some(99), Some(ami("ami-1"))));
        let calls = asked.all();
        assert_eq!(calls.len(), 2, "two pages of one question");
        assert_eq!(calls[0].param("Owner.1"), "self");
        assert_eq!(calls[0].param("Filter.1.Name"), "description");
        assert_eq!(calls[0].param("Filter.1.Value.2"), "Copied for DestinationAmi ami-2 *");
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_is_missing_is_asked_by_id_and_unknown_ones_dropped() {
        let (session, asked) = scripted(|n, asked| match n {
            0 => answer(&["snap-1"], ""),
            1 => CannedResponse::error(400, "InvalidSnapshot.NotFound", "The snapshot 'snap-gone' does not exist."),
            _ => answer(&asked.values("SnapshotId."), ""),
        });
        let ids = [snap("snap-1"), snap("snap-gone"), snap("snap-3")];
        let found = session.describe_snapshots(&eu(), &ids, &[ami("ami-1")]).await.unwrap();
        assert_eq!(found.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["snap-1", "snap-3"]);
        let calls = asked.all();
        assert_eq!(calls[1].values("SnapshotId."), ["snap-gone", "snap-3"]);
        assert_eq!(calls[2].values("SnapshotId."), ["snap-3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn many_unknown_snapshots_do_not_cost_a_call_each() {
        let (session, asked) = scripted(|_, asked| match asked.values("SnapshotId.").first() {
            Some(id) => {
                CannedResponse::error(400, "InvalidSnapshot.NotFound", &format!("The snapshot '{id}' does not exist."))
            }
            None => answer(&["snap-9"], ""),
        });
        let ids: Vec<_> = (1..10).map(|n| snap(&format!("snap-{n}"))).collect();
        let found = session.describe_snapshots(&eu(), &ids, &[]).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(asked.all().len(), 4);
        assert_eq!(asked.all()[3].param("Filter.1.Name"), "snapshot-id");
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_keeps_to_its_budget_and_sends_each_call_once() {
        let (session, asked) = scripted(|n, asked| match n {
            0 => CannedResponse::error(400, "InvalidSnapshot.NotFound", "The snapshot 'snap-gone' does not exist."),
            _ => answer(&asked.values("SnapshotId."), ""),
        });
        let mut budget = CallBudget::new(3);
        let known = [snap("snap-1"), snap("snap-gone")];
        let found = session.poll_snapshots(&eu(), &known, &[ami("ami-1")], &mut budget).await.unwrap();
        assert_eq!(found.len(), 1);
        let calls = asked.all();
        assert_eq!(calls.len(), 3, "by id, by id without the unknown one, by description");
        assert_eq!(calls[1].values("SnapshotId."), ["snap-1"]);
        assert_eq!(calls[2].param("Filter.1.Name"), "description");
        assert!(calls[2].param("MaxResults").is_empty() && calls[2].param("Owner.1") == "self");
        assert_eq!(session.poll_snapshots(&eu(), &known, &[ami("ami-1")], &mut budget).await.unwrap(), []);
        assert_eq!(asked.all().len(), 3, "nothing is left of it");

        let (session, asked) = scripted(|_, _| CannedResponse::error(503, "RequestLimitExceeded", "slow down"));
        let poll = session.poll_snapshots(&eu(), &known, &[], &mut CallBudget::new(3)).await;
        assert!(poll.unwrap_err().is("RequestLimitExceeded"));
        assert_eq!(asked.all().len(), 1, "the next poll requests them again");
    }

    #[tokio::test(start_paused = true)]
    async fn deleting_what_is_gone_is_a_success() {
        let cases = [
            (CannedResponse::ok("<R><return>true</return></R>"), None),
            (CannedResponse::error(400, "InvalidSnapshot.NotFound", "gone"), None),
            (CannedResponse::error(400, "InvalidSnapshot.InUse", "in use"), Some("InvalidSnapshot.InUse")),
        ];
        for (answer, code) in cases {
            let (session, _) = scripted(move |_, _| answer.clone());
            let got = session.delete_snapshot(&eu(), &snap("snap-1")).await;
            assert_eq!(got.err().and_then(|f| f.code).as_deref(), code);
        }
    }
}
