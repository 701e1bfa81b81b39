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

/// Fields of a permission of an image; those of a snapshot are the first two.
pub(crate) const FIELDS: [&str; 4] = ["UserId", "Group", "OrganizationArn", "OrganizationalUnitArn"];

/// Permissions in a request, not checked yet.
#[derive(Debug)]
pub(crate) struct PermissionParams<'a> {
    /// Fields and values by operation: add, remove, and that of `OperationType`.
    add: Vec<(&'static str, &'a str)>,
    remove: Vec<(&'static str, &'a str)>,
    older: Vec<(&'static str, &'a str)>,
    operation: Option<&'a str>,
}

impl<'a> PermissionParams<'a> {
    /// Reads `NAME.Add.N.UserId` and the like, and the older `OperationType` with `UserId.N`, `UserGroup.N` and so on.
    pub(crate) fn read(params: &'a Params, name: &str, fields: &[&'static str]) -> Self {
        let structured = |operation: &str| {
            let entries = params.entries(&format!("{name}.{operation}"));
            let field = |entry: &String, field| Some((field, params.get(&format!("{entry}.{field}"))?));
            entries.iter().flat_map(|entry| fields.iter().filter_map(move |f| field(entry, *f))).collect()
        };
        let list = |field: &'static str| {
            let name = if field == "Group" { "UserGroup" } else { field };
            params.list(name).into_iter().map(move |value| (field, value))
        };
        Self {
            add: structured("Add"),
            remove: structured("Remove"),
            older: fields.iter().flat_map(|field| list(field)).collect(),
            operation: params.get("OperationType"),
        }
    }

    /// Returns true if the request has permissions in the structured form.
    pub(crate) fn structured(&self) -> bool {
        !self.add.is_empty() || !self.remove.is_empty()
    }

    /// Checks the values. `partition` is that of the region.
    pub(crate) fn check(self, partition: Partition) -> Result<PermissionChange, ApiError> {
        let read = |all: Vec<(&str, &str)>| -> Result<Permissions, ApiError> {
            all.into_iter().map(|(field, value)| permission(field, value, partition)).collect()
        };
        let (mut add, mut remove, older) = (read(self.add)?, read(self.remove)?, read(self.older)?);
        match self.operation {
            Some("add") => add.extend(older),
            Some("remove") => remove.extend(older),
            Some(other) => return Err(ApiError::bad_value("OperationType", other, "Expected add or remove.")),
            None if older.is_empty() => {}
            None => return Err(ApiError::missing("OperationType")),
        }
        if add.is_empty() && remove.is_empty() { Err(no_attribute()) } else { Ok(PermissionChange { add, remove }) }
    }
}

/// Permissions to add and to remove; at least one.
#[derive(Debug)]
pub(crate) struct PermissionChange {
    pub(crate) add: Permissions,
    pub(crate) remove: Permissions,
}

impl PermissionChange {
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

pub(crate) fn no_attribute() -> ApiError {
    ApiError::new("InvalidParameterCombination", "No attributes specified.")
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
