//! KMS: `CreateGrant`, `ListGrants` and `RevokeGrant`, and `GetKeyPolicy`, which says the rest of who may use a key.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    domain::{AccountId, Region},
    sim::{
        api::kms::{denied, no_such_key, page, read},
        api_error::ApiError,
        world::{
            kms_keys::{Grant, KmsKey, format_uuid},
            state::World,
        },
    },
};

/// The operations that a grant may allow. Source: KMS API reference, `CreateGrant`.
const OPERATIONS: [&str; 17] = [
    "CreateGrant",
    "Decrypt",
    "DeriveSharedSecret",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// Returns true for the actions of this file.
pub(crate) fn has(action: &str) -> bool {
    ["CreateGrant", "ListGrants", "RevokeGrant", "GetKeyPolicy"].contains(&action)
}

/// Carries out one action and returns its JSON.
pub(crate) fn call(
    world: &mut World,
    region: &Region,
    action: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Value, ApiError> {
    world.enabled(region).map_err(|_| ApiError::unrecognized_client())?;
    let input = read(body)?;
    let name = input["KeyId"].as_str().ok_or_else(|| missing("keyId"))?;
    if name.contains("alias/") {
        // An alias is no identifier for these actions.
        return Err(ApiError::new("NotFoundException", format!("Invalid keyId '{name}'")));
    }
    let (id, arn) = own_key(world, region, action, name)?;
    match action {
        "CreateGrant" => {
            let grant = requested(world, &input, now)?;
            create(key_mut(world, region, &id)?, grant, &arn)
        }
        "ListGrants" => {
            let only = |field: &str, of: &str| input[field].as_str().is_none_or(|wanted| wanted == of);
            let account = world.account.clone();
            let key = key_mut(world, region, &id)?;
            let wanted = key.grants.iter().filter(|g| only("GrantId", &g.id) && only("GranteePrincipal", &g.grantee));
            page(&input, "Grants", wanted.map(|grant| describe(grant, &arn, &account)).collect())
        }
        "GetKeyPolicy" => {
            let owner = world.account.clone();
            let policy = policy(key_mut(world, region, &id)?, region, &owner);
            Ok(json!({ "Policy": policy.to_string(), "PolicyName": "default" }))
        }
        _ => {
            let grant = input["GrantId"].as_str().ok_or_else(|| missing("grantId"))?;
            let key = key_mut(world, region, &id)?;
            let before = key.grants.len();
            key.grants.retain(|g| g.id != grant);
            if key.grants.len() == before {
                return Err(ApiError::new("NotFoundException", format!("Grant ID {grant} not found")));
            }
            Ok(json!({}))
        }
    }
}

/// Returns id and ARN of a key of the caller's account that its policy lets the caller manage.
fn own_key(world: &World, region: &Region, action: &str, name: &str) -> Result<(String, String), ApiError> {
    let state = world.enabled(region).map_err(|_| ApiError::unrecognized_client())?;
    let key = state.key(name, &world.account).ok_or_else(|| no_such_key(world, state, name))?;
    let arn = state.arn(&world.account, &format!("key/{}", key.id));
    // Of keys that AWS manages only AWS makes grants.
    if key.denied || (key.manager == "AWS" && !["ListGrants", "GetKeyPolicy"].contains(&action)) {
        return Err(denied(world, action, &arn));
    }
    match key.state.as_str() {
        "Enabled" => {}
        "Disabled" if action == "CreateGrant" => {
            return Err(ApiError::new("DisabledException", format!("{arn} is disabled.")));
        }
        state if action == "CreateGrant" => {
            return Err(ApiError::new("KMSInvalidStateException", format!("{arn} is {state}.")));
        }
        _ => {}
    }
    Ok((key.id.clone(), arn))
}

fn key_mut<'a>(world: &'a mut World, region: &Region, id: &str) -> Result<&'a mut KmsKey, ApiError> {
    let state = world.enabled_mut(region)?;
    let missing = || ApiError::new("NotFoundException", format!("Key '{id}' does not exist"));
    state.keys.iter_mut().find(|key| key.id == id).ok_or_else(missing)
}

/// Returns the grant that the request describes, with an id of its own.
fn requested(world: &mut World, input: &Value, now: Timestamp) -> Result<Grant, ApiError> {
    let grantee = input["GranteePrincipal"].as_str().ok_or_else(|| missing("granteePrincipal"))?;
    let retiring = input["RetiringPrincipal"].as_str();
    for principal in [Some(grantee), retiring].into_iter().flatten() {
        if !is_principal(principal) {
            let why = format!("ARN does not refer to a valid principal: {principal}");
            return Err(ApiError::new("InvalidArnException", why));
        }
    }
    let operations =
        input["Operations"].as_array().filter(|all| !all.is_empty()).ok_or_else(|| missing("operations"))?;
    let known = |operation: &Value| operation.as_str().filter(|one| OPERATIONS.contains(one)).map(str::to_owned);
    let operations: Option<Vec<String>> = operations.iter().map(known).collect();
    let operations = operations.ok_or_else(|| {
        let why = "1 validation error detected: Value at 'operations' failed to satisfy constraint";
        ApiError::new("ValidationException", format!("{why}: [{}]", OPERATIONS.join(", ")))
    })?;
    Ok(Grant {
        id: format!("{}{}", hex(world), hex(world)),
        name: input["Name"].as_str().map(str::to_owned),
        grantee: grantee.to_owned(),
        retiring: retiring.map(str::to_owned),
        operations,
        timeline: world.timeline(now),
        known_after_ms: world.latencies.grants_after_ms,
    })
}

fn hex(world: &mut World) -> String {
    format_uuid(world.request_ids.u128(..)).replace('-', "")
}

/// A named grant that is there already is answered with, not made again.
fn create(key: &mut KmsKey, grant: Grant, arn: &str) -> Result<Value, ApiError> {
    let same = |old: &&Grant| {
        let of = |one: &Grant| (one.name.clone(), one.grantee.clone(), one.retiring.clone(), one.operations.clone());
        grant.name.is_some() && of(old) == of(&grant)
    };
    let made = if let Some(old) = key.grants.iter().find(same) {
        old.clone()
    } else {
        if key.grants.len() >= 50_000 {
            return Err(ApiError::new(
                "LimitExceededException",
                format!("{arn} has as many grants as a key can have."),
            ));
        }
        key.grants.push(grant.clone());
        grant
    };
    Ok(json!({ "GrantId": made.id, "GrantToken": made.token() }))
}

/// Returns the policy of a customer managed key, in the form that KMS's console gives it.
fn policy(key: &KmsKey, region: &Region, owner: &AccountId) -> Value {
    let root = |account: &AccountId| format!("arn:{}:iam::{account}:root", region.partition().as_str());
    let statement = |accounts: Vec<String>, action: Value| json!({ "Effect": "Allow", "Principal": { "AWS": accounts }, "Action": action, "Resource": "*" });
    let mut statements = vec![statement(vec![root(owner)], json!("kms:*"))];
    if !key.shared_with.is_empty() {
        let with: Vec<String> = key.shared_with.iter().map(root).collect();
        let used = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
            .map(Value::from);
        statements.push(statement(with.clone(), used.into_iter().collect()));
        let mut grants = statement(with, json!(["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]));
        grants["Condition"] = json!({ "Bool": { "kms:GrantIsForAWSResource": "true" } });
        statements.push(grants);
    }
    if !key.described_by.is_empty() {
        statements.push(statement(key.described_by.iter().map(root).collect(), json!("kms:DescribeKey")));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn describe(grant: &Grant, arn: &str, account: &AccountId) -> Value {
    let mut described = json!({
        "KeyId": arn,
        "GrantId": grant.id,
        "CreationDate": grant.timeline.created().as_second(),
        "GranteePrincipal": grant.grantee,
        "IssuingAccount": format!("arn:aws:iam::{account}:root"),
        "Operations": grant.operations,
    });
    if let Some(name) = &grant.name {
        described["Name"] = json!(name);
    }
    if let Some(retiring) = &grant.retiring {
        described["RetiringPrincipal"] = json!(retiring);
    }
    described
}

/// Returns true for the ARN of an account, a user, a role or a role's session.
fn is_principal(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else { return false };
    let kind = resource.split('/').next().unwrap_or_default();
    partition.starts_with("aws")
        && AccountId::new(account).is_ok()
        && match service {
            "iam" => resource == "root" || ["user", "role"].contains(&kind),
            "sts" => ["assumed-role", "federated-user"].contains(&kind),
            _ => false,
        }
}

fn missing(parameter: &str) -> ApiError {
    let why = format!(
        "1 validation error detected: Value null at '{parameter}' failed to satisfy constraint: Member must not be null"
    );
    ApiError::new("ValidationException", why)
}
