//! `ModifySnapshotAttribute` and `DescribeSnapshotAttribute`.

use crate::{
    domain::SnapshotState,
    sim::{
        api::{call::Call, image_attributes::unknown_attribute, permissions, permissions::PermissionParams},
        api_error::ApiError,
        transport::xml::Xml,
        world::{records::ChangeKind, timeline::Actor},
    },
};

/// Maximum number of modifications in one call. Source: EC2 API reference.
const MAX_MODIFICATIONS: usize = 500;

impl Call<'_> {
    pub(crate) fn modify_snapshot_attribute(self) -> Result<String, ApiError> {
        let id = self.params.required("SnapshotId")?;
        let attribute = self.params.get("Attribute");
        let change = PermissionParams::read(self.params, "CreateVolumePermission");
        let ready = self.ready()?;
        if let Some(other) = attribute.filter(|a| *a != "createVolumePermission") {
            return Err(unknown_attribute(other));
        }
        let change = change.check(ready.region.partition())?;
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
        let state = ready.world.enabled(ready.region)?;
        let seen = ready.world.own_snapshot(state, id, ready.now)?;
        if !change.add.is_empty() && seen.snapshot.state != SnapshotState::Completed {
            return Err(ApiError::new("IncorrectState", format!("snapshot: {id} is not in completed state")));
        }
        state.check_snapshot_sharing(&seen.snapshot, &change.add)?;
        let mut permissions = seen.create_volume_permissions.clone();
        change.apply(&mut permissions);
        if permissions != seen.create_volume_permissions {
            let kind = ChangeKind::CreateVolumePermissionsChanged;
            ready.world.record(ready.region, Actor::Request, kind, id, ready.now);
            let state = ready.world.enabled_mut(ready.region)?;
            state.snapshot_permissions.insert(seen.snapshot.id, permissions);
        }
        Ok(ready.response_true())
    }

    pub(crate) fn describe_snapshot_attribute(self) -> Result<String, ApiError> {
        let (id, attribute) = (self.params.required("SnapshotId")?, self.params.required("Attribute")?);
        let ready = self.ready()?;
        if !["createVolumePermission", "productCodes"].contains(&attribute) {
            return Err(unknown_attribute(attribute));
        }
        let seen = ready.world.own_snapshot(ready.world.enabled(ready.region)?, id, ready.now)?;
        Ok(ready.response(|xml| {
            xml.leaf("snapshotId", id);
            if attribute == "createVolumePermission" {
                xml.items(attribute, &seen.create_volume_permissions, permissions::describe);
            } else {
                xml.element(attribute, |_: &mut Xml| {});
            }
        }))
    }
}
