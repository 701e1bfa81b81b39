//! Permissions as parameters and as XML, and EC2's rules on sharing images and snapshots.

use jiff::Timestamp;

use crate::{
    domain::{AccountId, Partition, Snapshot},
    sim::{
        api::params::Params,
        api_error::ApiError,
        transport::xml::Xml,
        world::{
            kms_keys::EBS_ALIAS,
            permissions::{Permission, Permissions},
            state::{RegionState, SeenImage, World},
        },
    },
};

/// The fields of a permission in a request or response.
const FIELDS: [&str; 4] = ["UserId", "Group", "OrganizationArn", "OrganizationalUnitArn"];

/// Permissions to add and to remove.
#[derive(Debug, Default)]
pub(crate) struct PermissionChange {
    pub(crate) add: Permissions,
    pub(crate) remove: Permissions,
}

/// The parameters of a permission change, not yet checked.
#[derive(Debug)]
pub(crate) struct PermissionParams {
    /// Field and value of permissions to add and to remove.
    structured: [Vec<(&'static str, String)>; 2],
    /// Those of the older form, for `operation`.
    older: Vec<(&'static str, String)>,
    operation: Option<String>,
}

impl PermissionParams {
    /// Reads `NAME.Add.N.UserId` and the like, and the older `OperationType` with `UserId.N`, `UserGroup.N` and so on.
    pub(crate) fn read(params: &Params, name: &str) -> Self {
        let structured = ["Add", "Remove"].map(|operation| {
            let entries = params.entries(&format!("{name}.{operation}"));
            let fields = entries.iter().flat_map(|entry| FIELDS.map(|f| (f, params.get(&format!("{entry}.{f}")))));
            fields.filter_map(|(field, value)| Some((field, value?.to_owned()))).collect()
        });
        let lists = ["UserId", "UserGroup", "OrganizationArn", "OrganizationalUnitArn"].into_iter().zip(FIELDS);
        let older = lists.flat_map(|(list, field)| params.strings(list).into_iter().map(move |value| (field, value)));
        Self { structured, older: older.collect(), operation: params.get("OperationType").map(str::to_owned) }
    }

    /// Returns true if there is a change in the newer form.
    pub(crate) fn is_structured(&self) -> bool {
        self.structured.iter().any(|fields| !fields.is_empty())
    }

    /// Checks the values. The change is empty if the request has none.
    pub(crate) fn check(&self, partition: Partition) -> Result<PermissionChange, ApiError> {
        let all = |fields: &[(&str, String)]| {
            fields.iter().map(|(field, value)| permission(field, value, partition)).collect::<Result<Permissions, _>>()
        };
        let [add, remove] = &self.structured;
        let mut change = PermissionChange { add: all(add)?, remove: all(remove)? };
        let older = all(&self.older)?;
        match self.operation.as_deref() {
            Some("add") => change.add.extend(older),
            Some("remove") => change.remove.extend(older),
            Some(other) => return Err(ApiError::bad_value("OperationType", other, "Expected add or remove.")),
            None if older.is_empty() => {}
            None => return Err(ApiError::missing("OperationType")),
        }
        Ok(change)
    }
}

impl PermissionChange {
    pub(crate) fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// Adds and removes. What is there already, or not there, is no error.
    pub(crate) fn apply(self, permissions: &mut Permissions) {
        permissions.extend(self.add);
        permissions.retain(|p| !self.remove.contains(p));
    }
}

fn permission(field: &str, value: &str, partition: Partition) -> Result<Permission, ApiError> {
    let in_partition = || value.split(':').nth(1) == Some(partition.as_str());
    let read = match field {
        "UserId" => AccountId::new(value).ok().map(Permission::Account),
        "Group" => (value == "all").then_some(Permission::All),
        "OrganizationArn" => Permission::from_arn(value).filter(|p| matches!(p, Permission::Organization(_))),
        _ => Permission::from_arn(value).filter(|p| matches!(p, Permission::OrganizationalUnit(_))),
    };
    let arn = matches!(read, Some(Permission::Organization(_) | Permission::OrganizationalUnit(_)));
    read.filter(|_| !arn || in_partition()).ok_or_else(|| {
        let (first, rest) = field.split_at(1);
        let item = format!("{}{rest}", first.to_ascii_lowercase());
        ApiError::new(
            "InvalidAMIAttributeItemValue",
            format!("Invalid attribute item value \"{value}\" for {item} item type."),
        )
    })
}

/// Writes one permission.
pub(crate) fn describe(xml: &mut Xml, permission: &Permission) {
    match permission {
        Permission::All => xml.leaf("group", "all"),
        Permission::Account(id) => xml.leaf("userId", id.as_str()),
        Permission::Organization(arn) => xml.leaf("organizationArn", arn),
        Permission::OrganizationalUnit(arn) => xml.leaf("organizationalUnitArn", arn),
    }
}

impl World {
    /// Checks that the image may be shared with these. Source: EC2 user guide, "Shared AMI usage"; recorded responses.
    pub(crate) fn check_image_sharing(
        &self,
        state: &RegionState,
        seen: &SeenImage,
        with: &Permissions,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if with.is_empty() {
            return Ok(());
        }
        let snapshots = || seen.image.snapshot_ids().filter_map(|id| self.snapshot(state, id.as_str(), now));
        if snapshots().any(|s| state.has_default_key(&s.snapshot)) {
            return Err(ApiError::new(
                "InvalidParameter",
                "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot",
            ));
        }
        if !with.contains(&Permission::All) {
            return Ok(());
        }
        if state.block_public_access {
            return Err(ApiError::new(
                "OperationNotPermitted",
                "You can't publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.",
            ));
        }
        // The codes of these two are not documented.
        if snapshots().any(|s| s.snapshot.encrypted) {
            return Err(ApiError::new("InvalidParameter", "Images with encrypted snapshots can't be made public."));
        }
        if !seen.image.product_codes.is_empty() {
            return Err(ApiError::new("OperationNotPermitted", "Images with product codes can't be made public."));
        }
        Ok(())
    }
}

impl RegionState {
    /// Returns true if the snapshot is encrypted with the key that AWS manages for EBS.
    fn has_default_key(&self, snapshot: &Snapshot) -> bool {
        let key = snapshot.kms_key_id.as_deref().and_then(|arn| arn.rsplit_once('/'));
        key.is_some_and(|(_, id)| self.keys.iter().any(|k| k.id == id && k.alias.as_deref() == Some(EBS_ALIAS)))
    }

    /// Checks that the snapshot may be shared with these. Source: EC2 API reference, `ModifySnapshotAttribute`; recorded
    /// responses.
    pub(crate) fn check_snapshot_sharing(&self, snapshot: &Snapshot, with: &Permissions) -> Result<(), ApiError> {
        let refused = |why: &str| Err(ApiError::new("OperationNotPermitted", why));
        if !with.is_empty() && self.has_default_key(snapshot) {
            return refused("Encrypted snapshots with EBS default key cannot be shared");
        }
        if with.contains(&Permission::All) && snapshot.encrypted {
            return refused("Encrypted snapshots cannot be shared publicly");
        }
        Ok(())
    }
}
