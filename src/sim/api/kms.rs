//! KMS: `ListAliases`, `ListKeys` and `DescribeKey`, and resolving key names.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    domain::{AccountId, Region},
    sim::{
        api_error::ApiError,
        world::{
            kms_keys::{EBS_ALIAS, KeyAccess, KeyUse, KmsKey},
            state::{RegionState, World},
        },
    },
};

impl RegionState {
    pub(crate) fn arn(&self, account: &AccountId, resource: &str) -> String {
        format!("arn:{}:kms:{}:{account}:{resource}", self.region.partition().as_str(), self.region)
    }

    /// Returns a key by id, alias, key ARN or alias ARN of this region and account.
    pub(crate) fn key(&self, name: &str, account: &AccountId) -> Option<&KmsKey> {
        let name = if name.starts_with("arn:") {
            let resource = name.strip_prefix(&self.arn(account, ""))?;
            resource.strip_prefix("key/").unwrap_or(resource)
        } else {
            name
        };
        self.keys.iter().find(|k| k.id == name || k.alias.as_deref() == Some(name))
    }

    /// Returns the ARN of the named key, else of the region's default key; `None` if there is no such key.
    pub(crate) fn key_arn(&self, name: Option<&str>, account: &AccountId) -> Option<String> {
        let key = self.key(name.or(self.default_key.as_deref()).unwrap_or(EBS_ALIAS), account)?;
        Some(self.arn(account, &format!("key/{}", key.id)))
    }

    /// Returns the result of `GetEbsDefaultKmsKeyId`.
    pub(crate) fn ebs_default_key(&self, account: &AccountId) -> String {
        match &self.default_key {
            None => EBS_ALIAS.to_owned(),
            Some(name) => self.key_arn(Some(name), account).unwrap_or_else(|| name.clone()),
        }
    }

    /// Returns true if the key of this ARN can encrypt a snapshot.
    pub(crate) fn usable(&self, arn: &str) -> bool {
        arn.rsplit_once('/').is_some_and(|(_, id)| self.keys.iter().any(|k| k.id == id && k.usable()))
    }
}

/// Carries out one action and returns its JSON.
pub(crate) fn call(
    world: &World,
    region: &Region,
    action: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Value, ApiError> {
    let state = world.enabled(region).map_err(|_| ApiError::unrecognized_client())?;
    let input = read(body)?;
    match action {
        "ListAliases" => page(&input, "Aliases", aliases(world, state, input["KeyId"].as_str())),
        "ListKeys" => page(&input, "Keys", keys(world, state)),
        "DescribeKey" => describe(world, state, &input, now),
        _ => Err(ApiError::new("UnknownOperationException", "")),
    }
}

/// Reads a request; an empty body is one without parameters.
pub(crate) fn read(body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|_| ApiError::new("SerializationException", "The request is not JSON."))
}

fn aliases(world: &World, state: &RegionState, of: Option<&str>) -> Vec<Value> {
    let account = &world.account;
    let wanted = of.map(|name| state.key(name, account).map(|k| &k.id));
    let mut named: Vec<(&str, &KmsKey)> = state
        .keys
        .iter()
        .filter(|k| wanted.is_none_or(|id| id == Some(&k.id)))
        .filter_map(|k| Some((k.alias.as_deref()?, k)))
        .collect();
    named.sort_by_key(|(name, _)| *name);
    let alias = |(name, key): (&str, &KmsKey)| json!({ "AliasName": name, "AliasArn": state.arn(account, name), "TargetKeyId": key.id });
    named.into_iter().map(alias).collect()
}

fn keys(world: &World, state: &RegionState) -> Vec<Value> {
    let key = |k: &KmsKey| json!({ "KeyId": k.id, "KeyArn": state.arn(&world.account, &format!("key/{}", k.id)) });
    state.keys.iter().map(key).collect()
}

fn describe(world: &World, state: &RegionState, input: &Value, now: Timestamp) -> Result<Value, ApiError> {
    let name = input["KeyId"].as_str().ok_or_else(|| {
        ApiError::new(
            "ValidationException",
            "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
        )
    })?;
    let tokens: Vec<&str> = input["GrantTokens"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let own = state.key(name, &world.account).map(|key| (world, state, key));
    let shared = || {
        let shared = world.shared_key(&state.region, name, KeyUse::Describe, &tokens, now)?;
        (shared.access == KeyAccess::Yes).then_some((shared.owner, shared.state, shared.key))
    };
    let Some((owner, state, key)) = own.or_else(shared) else {
        return Err(no_such_key(world, state, name));
    };
    let arn = state.arn(&owner.account, &format!("key/{}", key.id));
    if key.denied {
        return Err(denied(world, "DescribeKey", &arn));
    }
    let mut metadata = json!({
        "AWSAccountId": owner.account,
        "KeyId": key.id,
        "Arn": arn,
        "CreationDate": world.start.as_second() - 90 * 86_400,
        "Enabled": key.state == "Enabled",
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": "AWS_KMS",
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "MultiRegion": !key.replicas.is_empty(),
    });
    if key.state == "PendingDeletion" {
        metadata["DeletionDate"] = json!(world.start.as_second() + 20 * 86_400);
    }
    if let [primary, replicas @ ..] = &key.replicas[..] {
        let one = |region: &Region| json!({ "Arn": arn.replacen(state.region.as_str(), region.as_str(), 1), "Region": region });
        metadata["MultiRegionConfiguration"] = json!({
            "MultiRegionKeyType": if *primary == state.region { "PRIMARY" } else { "REPLICA" },
            "PrimaryKey": one(primary),
            "ReplicaKeys": replicas.iter().map(one).collect::<Vec<_>>(),
        });
    }
    if key.usage == "ENCRYPT_DECRYPT" {
        metadata["EncryptionAlgorithms"] = json!([key.spec]);
    }
    Ok(json!({ "KeyMetadata": metadata }))
}

/// Returns KMS's error for a key that is not here: in another region, another account's, or nowhere.
pub(crate) fn no_such_key(world: &World, state: &RegionState, name: &str) -> ApiError {
    let missing = |why: String| ApiError::new("NotFoundException", why);
    if let ["arn", _, "kms", region, account, _] = name.split(':').collect::<Vec<_>>()[..] {
        return match (region == state.region.as_str(), account == world.account.as_str()) {
            (false, _) => missing(format!("Invalid arn {region}")),
            (true, false) => denied(world, "DescribeKey", name),
            (true, true) if name.contains(":alias/") => missing(format!("Alias {name} is not found.")),
            (true, true) => missing(format!("Key '{name}' does not exist")),
        };
    }
    if name.starts_with("alias/") {
        return missing(format!("Alias {} is not found.", state.arn(&world.account, name)));
    }
    let formed = name.len() == 36 && name.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit() || b"mrk".contains(&b));
    missing(if formed {
        format!("Key '{}' does not exist", state.arn(&world.account, &format!("key/{name}")))
    } else {
        format!("Invalid keyId '{name}'")
    })
}

/// The key's policy does not allow the call.
pub(crate) fn denied(world: &World, action: &str, arn: &str) -> ApiError {
    let user = world.user_arn();
    ApiError::new(
        "AccessDeniedException",
        format!(
            "User: {user} is not authorized to perform: kms:{action} on resource: {arn} because no resource-based policy allows the kms:{action} action"
        ),
    )
}

/// Returns one page of `all`. The marker is the index of the next entry.
pub(crate) fn page(input: &Value, name: &str, all: Vec<Value>) -> Result<Value, ApiError> {
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
    let entries: Vec<Value> = all.into_iter().skip(from).take(limit).collect();
    let next = from.saturating_add(limit);
    Ok(if next < total {
        json!({ name: entries, "NextMarker": next.to_string(), "Truncated": true })
    } else {
        json!({ name: entries, "Truncated": false })
    })
}
