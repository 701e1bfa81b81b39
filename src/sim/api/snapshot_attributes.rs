//! `ModifySnapshotAttribute` and `DescribeSnapshotAttribute`.

use crate::{
    domain::SnapshotState,
    sim::{
        api::{call::Call, image_attributes::unknown_attribute, permissions, permissions::PermissionChange},
        api_error::ApiError,
        transport::xml::Xml,
        world::{records::ChangeKind, timeline::Actor},
    },
};

/// Maximum number of modifications in one call. Source: EC2 API reference.
const MAX_MODIFICATIONS: usize = 500;

impl Call<'_> {
    pub(crate) fn modify_snapshot_attribute(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let id = self.params.required("SnapshotId")?;
        if let Some(other) = self.params.get("Attribute").filter(|a| *a != "createVolumePermission") {
            return Err(unknown_attribute(other));
        }
        let partition = self.region.partition();
        let change = PermissionChange::read(self.params, "CreateVolumePermission", partition)?;
        match (change.add.len(), change.remove.len()) {
            (0, 0) => return Err(ApiError::new("InvalidParameterCombination", "No attributes specified.")),
            (1.., 1..) => {
                return Err(ApiError::new(
                    "InvalidParameterCombination",
                    "Permissions cannot be added and removed in one request.",
                ));
            }
            (n, 0) | (0, n) if n > MAX_MODIFICATIONS => {
                return Err(ApiError::new(
                    "InvalidParameterValue",
                    format!("A request can make at most {MAX_MODIFICATIONS} modifications."),
                ));
            }
            _ => {}
        }
        let state = self.world.enabled(self.region)?;
        let seen = self.world.own_snapshot(state, id, self.now)?;
        if !change.add.is_empty() && seen.snapshot.state != SnapshotState::Completed {
            return Err(ApiError::new("IncorrectState", format!("snapshot: {id} is not in completed state")));
        }
        state.check_snapshot_sharing(&seen.snapshot, &change.add)?;
        let mut permissions = seen.create_volume_permissions.clone();
        change.apply(&mut permissions);
        if permissions != seen.create_volume_permissions {
            let kind = ChangeKind::CreateVolumePermissionsChanged;
            self.world.record(self.region, Actor::Request, kind, id, self.now);
            let state = self.world.enabled_mut(self.region)?;
            state.snapshot_permissions.insert(seen.snapshot.id, permissions);
        }
        Ok(self.response("ModifySnapshotAttribute", |xml| xml.flag("return", true)))
    }

    pub(crate) fn describe_snapshot_attribute(self) -> Result<String, ApiError> {
        self.refuse_dry_run()?;
        let id = self.params.required("SnapshotId")?;
        let attribute = self.params.required("Attribute")?;
        if !["createVolumePermission", "productCodes"].contains(&attribute) {
            return Err(unknown_attribute(attribute));
        }
        let seen = self.world.own_snapshot(self.world.enabled(self.region)?, id, self.now)?;
        Ok(self.response("DescribeSnapshotAttribute", |xml| {
            xml.leaf("snapshotId", id);
            if attribute == "createVolumePermission" {
                xml.items(attribute, &seen.create_volume_permissions, permissions::describe);
            } else {
                xml.element(attribute, |_: &mut Xml| {});
            }
        }))
    }
}
