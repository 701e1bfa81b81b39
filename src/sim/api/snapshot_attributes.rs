//! `ModifySnapshotAttribute` and `DescribeSnapshotAttribute`.

use crate::sim::{
    api::{
        call::Call,
        image_attributes::unknown_attribute,
        permissions,
        permissions::{FIELDS, PermissionParams},
    },
    api_error::ApiError,
    world::{records::ChangeKind, timeline::Actor},
};

/// Maximum number of modifications in one call. Source: EC2 API reference.
const MAX_MODIFICATIONS: usize = 500;

impl Call<'_> {
    pub(crate) fn modify_snapshot_attribute(self) -> Result<String, ApiError> {
        let (id, attribute) = (self.params.required("SnapshotId")?, self.params.get("Attribute"));
        let permissions = PermissionParams::read(self.params, "CreateVolumePermission", &FIELDS[..2]);
        let ready = self.ready()?;
        if let Some(other) = attribute.filter(|a| *a != "createVolumePermission") {
            return Err(unknown_attribute(other));
        }
        let change = permissions.check(ready.region.partition())?;
        if !change.add.is_empty() && !change.remove.is_empty() {
            let why = "Permissions cannot be added and removed in one request.";
            return Err(ApiError::new("InvalidParameterCombination", why));
        }
        if change.add.len().max(change.remove.len()) > MAX_MODIFICATIONS {
            let why = format!("A request can make at most {MAX_MODIFICATIONS} modifications.");
            return Err(ApiError::new("InvalidParameterValue", why));
        }
        let state = ready.world.enabled(ready.region)?;
        let seen = ready.world.own_snapshot(state, id, ready.now)?;
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
                xml.element(attribute, |_| {});
            }
        }))
    }
}
