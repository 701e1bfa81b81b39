//! `DescribeLockedSnapshots` and `DescribeFastSnapshotRestores`.

use crate::{
    domain::SnapshotId,
    sim::{
        api::{call::Call, validation::check_snapshot_id},
        api_error::ApiError,
    },
};

impl Call<'_> {
    /// The world's snapshots are locked in governance mode.
    pub(crate) fn describe_locked_snapshots(self) -> Result<String, ApiError> {
        let (ids, page) = (self.params.strings("SnapshotId"), self.page()?);
        let filters = self.params.filters();
        let ready = self.ready()?;
        if !filters.is_empty() {
            return Err(ApiError::new("InvalidParameterValue", "The filter is invalid"));
        }
        ids.iter().try_for_each(|id| check_snapshot_id(id).map(drop))?;
        let state = ready.world.enabled(ready.region)?;
        let wanted = state.locked.iter().filter(|id| ids.is_empty() || ids.iter().any(|wanted| wanted == id.as_str()));
        let wanted: Vec<&SnapshotId> = wanted.collect();
        let (shown, next) = page.part(&wanted, 5..=1000)?;
        let account = ready.world.account.clone();
        Ok(ready.response(|xml| {
            xml.items("snapshotSet", shown, |xml, id| {
                xml.leaf("ownerId", account.as_str());
                xml.leaf("snapshotId", id.as_str());
                xml.leaf("lockState", "governance");
            });
            xml.optional("nextToken", next.as_deref());
        }))
    }

    pub(crate) fn describe_fast_restores(self) -> Result<String, ApiError> {
        let (filters, page) = (self.params.filters(), self.page()?);
        let ready = self.ready()?;
        if filters.iter().any(|filter| filter.name != "snapshot-id") {
            return Err(ApiError::new("InvalidParameterValue", "The filter is invalid"));
        }
        let state = ready.world.enabled(ready.region)?;
        let passes = |id: &&SnapshotId| filters.iter().all(|filter| filter.values.iter().any(|v| v == id.as_str()));
        let wanted: Vec<&SnapshotId> = state.fast_restore.iter().filter(passes).collect();
        let (shown, next) = page.part(&wanted, 0..=200)?;
        let (account, zone) = (ready.world.account.clone(), format!("{}a", ready.region));
        Ok(ready.response(|xml| {
            xml.items("fastSnapshotRestoreSet", shown, |xml, id| {
                xml.leaf("snapshotId", id.as_str());
                xml.leaf("availabilityZone", &zone);
                xml.leaf("state", "enabled");
                xml.leaf("ownerId", account.as_str());
            });
            xml.optional("nextToken", next.as_deref());
        }))
    }
}
