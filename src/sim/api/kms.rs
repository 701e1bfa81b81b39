//! KMS: a region's keys, and its JSON protocol's three reading actions. Owns how a key is named.

use serde_json::{Value, json};

use crate::{
    domain::{AccountId, Region},
    sim::{
        api_error::ApiError,
        world::{
            kms_keys::{EBS_ALIAS, KmsKey},
            state::{RegionState, World},
        },
    },
};

impl RegionState {
    fn arn(&self, account: &AccountId, resource: &str) -> String {
        format!("arn:{}:kms:{}:{account}:{resource}", self.region.partition().as_str(), self.region)
    }

    /// A key by id, alias, key ARN or alias ARN of this region and account.
    fn key(&self, name: &str, account: &AccountId) -> Option<&KmsKey> {
        let name = if name.starts_with("arn:") {
            let resource = name.strip_prefix(&self.arn(account, ""))?;
            resource.strip_prefix("key/").unwrap_or(resource)
        } else {
            name
        };
        self.keys.iter().find(|k| k.id == name || k.alias.as_deref() == Some(name))
    }

    /// The ARN of the key a copy here ends up with: the named one, else the region's default. None if there is none.
    pub(crate) fn key_arn(&self, name: Option<&str>, account: &AccountId) -> Option<String> {
        let key = self.key(name.or(self.default_key.as_deref()).unwrap_or(EBS_ALIAS), account)?;
        Some(self.arn(account, &format!("key/{}", key.id)))
    }

    /// What `GetEbsDefaultKmsKeyId` says.
    pub(crate) fn ebs_default_key(&self, account: &AccountId) -> String {
        match &self.default_key {
            None => EBS_ALIAS.to_owned(),
            Some(name) => self.key_arn(Some(name), account).unwrap_or_else(|| name.clone()),
        }
    }

    /// Whether the key of this ARN can encrypt a snapshot.
    pub(crate) fn usable(&self, arn: &str) -> bool {
        arn.rsplit_once('/').is_some_and(|(_, id)| self.keys.iter().any(|k| k.id == id && k.usable()))
    }
}

/// Carries out one action, given its JSON.
pub(crate) fn call(world: &World, region: &Region, action: &str, body: &[u8]) -> Result<Value, ApiError> {
    let area = world.enabled(region).map_err(|_| ApiError::unrecognized_client())?;
    let input: Value = if body.is_empty() { json!({}) } else { read(body)? };
    match action {
        "ListAliases" => page(&input, "Aliases", aliases(world, area, input["KeyId"].as_str())),
        "ListKeys" => page(&input, "Keys", keys(world, area)),
        "DescribeKey" => describe(world, area, input["KeyId"].as_str()),
        _ => Err(ApiError::new("UnknownOperationException", "")),
    }
}

fn read(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::new("SerializationException", "The request is not JSON."))
}

fn aliases(world: &World, area: &RegionState, of: Option<&str>) -> Vec<Value> {
    let account = &world.account;
    let wanted = of.map(|name| area.key(name, account).map(|k| &k.id));
    let mut with_names: Vec<(&str, &KmsKey)> = area
        .keys
        .iter()
        .filter(|k| wanted.is_none_or(|id| id == Some(&k.id)))
        .filter_map(|k| Some((k.alias.as_deref()?, k)))
        .collect();
    with_names.sort_by_key(|(name, _)| *name);
    let alias = |(name, key): (&str, &KmsKey)| json!({ "AliasName": name, "AliasArn": area.arn(account, name), "TargetKeyId": key.id });
    with_names.into_iter().map(alias).collect()
}

fn keys(world: &World, area: &RegionState) -> Vec<Value> {
    let key = |k: &KmsKey| json!({ "KeyId": k.id, "KeyArn": area.arn(&world.account, &format!("key/{}", k.id)) });
    area.keys.iter().map(key).collect()
}

fn describe(world: &World, area: &RegionState, name: Option<&str>) -> Result<Value, ApiError> {
    let name = name.ok_or_else(|| {
        ApiError::new(
            "ValidationException",
            "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
        )
    })?;
    let Some(key) = area.key(name, &world.account) else {
        let message = if name.contains("alias/") {
            format!("Alias {} is not found.", area.arn(&world.account, name))
        } else {
            format!("Key '{}' does not exist", area.arn(&world.account, &format!("key/{name}")))
        };
        return Err(ApiError::new("NotFoundException", message));
    };
    let mut metadata = json!({
        "AWSAccountId": world.account,
        "KeyId": key.id,
        "Arn": area.arn(&world.account, &format!("key/{}", key.id)),
        "CreationDate": world.start.as_second() - 90 * 86_400,
        "Enabled": key.state == "Enabled",
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": "AWS_KMS",
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "MultiRegion": false,
    });
    if key.usage == "ENCRYPT_DECRYPT" {
        metadata["EncryptionAlgorithms"] = json!([key.spec]);
    }
    Ok(json!({ "KeyMetadata": metadata }))
}

/// One page: the marker is the number of the first entry not yet given.
fn page(input: &Value, name: &str, all: Vec<Value>) -> Result<Value, ApiError> {
    let limit = input["Limit"].as_u64().map_or(50, |n| usize::try_from(n).unwrap_or(usize::MAX));
    if !(1..=1000).contains(&limit) {
        return Err(ApiError::new(
            "ValidationException",
            "1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value between 1 and 1000",
        ));
    }
    let from = match input["Marker"].as_str() {
        None => 0,
        Some(marker) => {
            marker.parse().map_err(|_| ApiError::new("InvalidMarkerException", "The marker is not valid."))?
        }
    };
    let total = all.len();
    let part: Vec<Value> = all.into_iter().skip(from).take(limit).collect();
    let next = from.saturating_add(limit);
    Ok(if next < total {
        json!({ name: part, "NextMarker": next.to_string(), "Truncated": true })
    } else {
        json!({ name: part, "Truncated": false })
    })
}
