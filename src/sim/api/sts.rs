//! STS: `GetCallerIdentity` and `AssumeRole`.

use jiff::Timestamp;

use crate::{
    domain::Region,
    sim::{
        api::{format, params::Params},
        api_error::ApiError,
        transport::xml::Xml,
        world::{
            directory::{NotAssumed, SessionRequest},
            state::World,
        },
    },
};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Carries out one action and returns the body of the response.
pub(crate) fn call(
    world: &mut World,
    region: &Region,
    action: &str,
    params: &Params,
    now: Timestamp,
    request_id: &str,
) -> Result<String, ApiError> {
    world.enabled(region).map_err(|_| ApiError::invalid_client_token())?;
    match action {
        "GetCallerIdentity" => Ok(response(action, request_id, |xml| {
            xml.leaf("Arn", &world.user_arn());
            xml.leaf("UserId", &world.caller.user_id());
            xml.leaf("Account", world.account.as_str());
        })),
        "AssumeRole" => assume_role(world, params, now, request_id),
        _ => Err(ApiError::new("InvalidAction", format!("Could not find operation {action} for version 2011-06-15"))),
    }
}

fn assume_role(world: &mut World, params: &Params, now: Timestamp, request_id: &str) -> Result<String, ApiError> {
    // Known to STS, without a meaning here.
    for ignored in ["Policy", "SerialNumber", "TokenCode", "SourceIdentity"] {
        params.get(ignored);
    }
    let _ =
        (params.list("TransitiveTagKeys.member"), params.entries("Tags.member"), params.entries("PolicyArns.member"));
    let (role_arn, name) = (required(params, "RoleArn")?, required(params, "RoleSessionName")?);
    let seconds = match params.get("DurationSeconds") {
        Some(text) => Some(text.parse().map_err(|_| invalid("durationSeconds", text, "Member must be an integer"))?),
        None => None,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_=,.@-".contains(c);
    if !(2..=64).contains(&name.len()) || !name.chars().all(plain) {
        let why = "Member must satisfy regular expression pattern: [\\w+=,.@-]*";
        return Err(invalid("roleSessionName", name, why));
    }
    let request = SessionRequest { role_arn, name, external_id: params.get("ExternalId"), seconds };
    let new = world.directory.assume(&request, &world.account, &world.caller, &mut world.request_ids, now);
    let new = new.map_err(|problem| not_assumed(world, problem, &request))?;
    Ok(response("AssumeRole", request_id, |xml| {
        xml.element("Credentials", |xml| {
            xml.leaf("AccessKeyId", &new.access_key_id);
            xml.leaf("SecretAccessKey", "simulated");
            xml.leaf("SessionToken", &new.token);
            xml.leaf("Expiration", &format::date(new.session.expires));
        });
        xml.element("AssumedRoleUser", |xml| {
            xml.leaf("Arn", &new.session.caller_arn());
            xml.leaf("AssumedRoleId", &new.session.user_id());
        });
    }))
}

fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
        let (first, rest) = name.split_at(1);
        invalid(&format!("{}{rest}", first.to_ascii_lowercase()), "null", "Member must not be null")
    })
}

fn invalid(parameter: &str, value: &str, why: &str) -> ApiError {
    let message =
        format!("1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: {why}");
    ApiError::new("ValidationError", message)
}

fn not_assumed(world: &World, problem: NotAssumed, request: &SessionRequest<'_>) -> ApiError {
    match problem {
        NotAssumed::Denied => ApiError::with_status(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                world.user_arn(),
                request.role_arn
            ),
        ),
        NotAssumed::BadDuration => {
            let seconds = request.seconds.unwrap_or_default().to_string();
            invalid("durationSeconds", &seconds, "Member must have value between 900 and 43200")
        }
        NotAssumed::TooLong => ApiError::new(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        NotAssumed::ChainedTooLong => ApiError::new(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ),
    }
}

fn response(action: &str, request_id: &str, fill: impl FnOnce(&mut Xml)) -> String {
    Xml::document(&format!("{action}Response"), Some(NAMESPACE), |xml| {
        xml.element(&format!("{action}Result"), fill);
        xml.element("ResponseMetadata", |xml| xml.leaf("RequestId", request_id));
    })
}

/// Returns an error as STS's XML.
pub(crate) fn error_body(error: &ApiError, request_id: &str) -> String {
    Xml::document("ErrorResponse", Some(NAMESPACE), |xml| {
        xml.element("Error", |xml| {
            xml.leaf("Type", if error.status >= 500 { "Receiver" } else { "Sender" });
            xml.leaf("Code", error.code);
            xml.leaf("Message", &error.message);
        });
        xml.leaf("RequestId", request_id);
    })
}
