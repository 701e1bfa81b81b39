//! Maps an AWS request to the response of a world. Pure: delays and connection resets are part of the response, for the
//! transports to carry out.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    domain::{AccountId, Region},
    sim::{
        api::{ec2, kms, kms_grants, params::Params, sts},
        api_error::ApiError,
        faults::rules::FaultKind,
        transport::{dump, other_services},
        world::{directory::BadCredentials, kms_keys::format_uuid, records::ForeignCall, state::World},
    },
};

/// The parts of an HTTP request that a world needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// `POST`, or `GET` for the query forms.
    pub method: &'a str,
    /// The path, from `/` on.
    pub path: &'a str,
    /// The URL's query, without `?`.
    pub query: &'a str,
    /// Header `Authorization`. Access key, region and service are read from its credential; the signature is not verified.
    pub authorization: Option<&'a str>,
    /// Header `X-Amz-Security-Token`, which a role's session needs.
    pub security_token: Option<&'a str>,
    /// Header `X-Amz-Target`, for KMS.
    pub target: Option<&'a str>,
    pub body: &'a [u8],
}

/// A response and how to deliver it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header `Content-Type`.
    pub content_type: &'static str,
    /// Header `x-amzn-requestid`.
    pub request_id: String,
    pub body: Vec<u8>,
    /// How long to wait before sending anything.
    pub delay: Duration,
    /// Close the connection instead of responding.
    pub reset: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Ec2,
    Kms,
    Sts,
}

impl Service {
    /// Returns the service of this signing name, if it is simulated.
    fn parse(name: &str) -> Option<Self> {
        match name {
            "ec2" => Some(Self::Ec2),
            "kms" => Some(Self::Kms),
            "sts" => Some(Self::Sts),
            _ => None,
        }
    }
}

const XML: &str = "text/xml;charset=UTF-8";

/// What a gateway sends for a service that it cannot reach.
const BAD_GATEWAY: &[u8] =
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

/// An action with what its permission depends on.
struct Call<'a> {
    region: &'a Region,
    service: Service,
    action: &'a str,
    params: &'a Params,
    body: &'a [u8],
}

impl Response {
    fn new(request_id: String) -> Self {
        Self { status: 200, content_type: XML, request_id, body: Vec::new(), delay: Duration::ZERO, reset: false }
    }
}

/// Carries out one request at `now`.
pub fn respond(world: &mut World, request: &Request<'_>, now: Timestamp) -> Response {
    let mut response = Response::new(format_uuid(world.request_ids.u128(..)));
    if request.method == "GET" && request.path == "/_state" {
        response.content_type = "application/json";
        let account = request.query.strip_prefix("account=").and_then(|id| AccountId::new(id).ok());
        let account = account.unwrap_or_else(|| world.account.clone());
        response.body = world.as_account(&account, |world| dump::json(world, now)).into_bytes();
        return response;
    }
    let Some(scope) = request.authorization.and_then(scope) else {
        response.status = 401;
        response.body = ec2::error_body(&ApiError::auth_failure(), &response.request_id).into_bytes();
        return response;
    };
    let params = Params::parse(request.query, if request.target.is_some() { b"" } else { request.body });
    let Some(service) = Service::parse(scope.service) else {
        let has_action = request.target.is_none() && params.get("Action").is_some();
        (response.status, response.content_type, response.body) =
            other_services::refuse(scope.service, request.path, has_action, &response.request_id);
        return response;
    };
    let region = &scope.region;
    let action = match service {
        Service::Kms => request.target.and_then(|t| t.strip_prefix("TrentService.")).unwrap_or_default(),
        Service::Ec2 | Service::Sts => params.get("Action").unwrap_or_default(),
    };
    world.request_rates.count(region, action);
    let fault = world.faults.next_fault(region, action);
    response.delay = fault.delay;
    match fault.kind {
        Some(FaultKind::Reset) => {
            response.reset = true;
            return response;
        }
        Some(FaultKind::Html) => {
            response.status = 502;
            response.content_type = "text/html";
            response.body = BAD_GATEWAY.to_vec();
            return response;
        }
        _ => {}
    }
    let call = Call { region, service, action, params: &params, body: request.body };
    let credentials = (scope.access_key_id, request.security_token);
    let outcome = carry_out(world, &call, credentials, fault.kind, now, &response.request_id);
    if outcome.as_ref().is_err_and(ApiError::is_throttle) {
        world.request_rates.count_throttled(region, action);
    }
    fill(&mut response, service, outcome);
    response.reset = fault.kind == Some(FaultKind::LostAnswer);
    if fault.kind == Some(FaultKind::Truncated) {
        response.body.truncate(response.body.len() / 2);
    }
    response
}

/// Carries out an action as the account of the access key, unless a check or a fault refuses it. Returns the body.
fn carry_out(
    world: &mut World,
    call: &Call<'_>,
    (access_key_id, token): (&str, Option<&str>),
    fault: Option<FaultKind>,
    now: Timestamp,
    request_id: &str,
) -> Result<String, ApiError> {
    let Call { region, service, action, params, body } = *call;
    let (account, caller) = world.authenticate(access_key_id, token, now).map_err(|bad| match bad {
        BadCredentials::Unknown => unknown_credentials(service),
        BadCredentials::Expired => expired(service),
    })?;
    if account != world.account && service != Service::Sts {
        let call = ForeignCall { at: now, account: account.clone(), region: region.clone(), action: action.to_owned() };
        world.foreign_calls.push(call);
    }
    world.as_account(&account, |world| {
        world.caller = caller;
        check_request(world, call, fault, now)?;
        match service {
            Service::Ec2 => ec2::call(world, region, action, params, now, request_id),
            Service::Kms if kms_grants::has(action) => {
                kms_grants::call(world, region, action, body, now).map(|json| json.to_string())
            }
            Service::Kms => kms::call(world, region, action, body, now).map(|json| json.to_string()),
            Service::Sts => sts::call(world, region, action, params, now, request_id),
        }
    })
}

fn fill(response: &mut Response, service: Service, outcome: Result<String, ApiError>) {
    if service == Service::Kms {
        response.content_type = "application/x-amz-json-1.1";
    }
    response.body = match outcome {
        Ok(body) => body,
        Err(error) => {
            response.status = error.status;
            match service {
                Service::Ec2 => ec2::error_body(&error, &response.request_id),
                Service::Sts => sts::error_body(&error, &response.request_id),
                Service::Kms => serde_json::json!({ "__type": error.code, "message": error.message }).to_string(),
            }
        }
    }
    .into_bytes();
}

/// What a request was signed with and for.
struct Scope<'a> {
    access_key_id: &'a str,
    region: Region,
    service: &'a str,
}

/// Reads `Credential=KEY/20260101/eu-west-1/ec2/aws4_request`.
fn scope(authorization: &str) -> Option<Scope<'_>> {
    let credential = authorization.split_once("Credential=")?.1;
    let credential = credential.split([',', ' ']).next()?;
    let mut parts = credential.rsplitn(5, '/').skip(1);
    let service = parts.next()?;
    let region = Region::new(parts.next()?).ok()?;
    Some(Scope { access_key_id: parts.nth(1)?, region, service })
}

/// Checks that a request is within its rate, that no fault prevents it, and that it has every permission it needs.
fn check_request(world: &mut World, call: &Call<'_>, fault: Option<FaultKind>, now: Timestamp) -> Result<(), ApiError> {
    let Call { region, service, action, params, .. } = *call;
    if service == Service::Ec2 {
        world.admit(region, action, now)?;
    }
    if let Some(error) = fault_error(world, call, fault) {
        return Err(error);
    }
    // Nobody can be denied to ask who they are.
    let always = service == Service::Sts && action == "GetCallerIdentity";
    if !always && (world.policy.denies(region, action) || world.caller.denies(action)) {
        return Err(denied_by_policy(world, region, service, action));
    }
    // EC2 also requires the permission to tag.
    let tags = service == Service::Ec2
        && ["CopyImage", "RegisterImage"].contains(&action)
        && !params.entries("TagSpecification").is_empty();
    if tags && world.faults.fault_of_needed_action(region, action, "CreateTags", &[FaultKind::Deny]).is_some() {
        return Err(denied(world, region, service, "CreateTags"));
    }
    if tags && world.policy.denies(region, "CreateTags") {
        return Err(denied_by_policy(world, region, service, "CreateTags"));
    }
    Ok(())
}

/// Returns the error of a fault that prevents the request.
fn fault_error(world: &World, call: &Call<'_>, fault: Option<FaultKind>) -> Option<ApiError> {
    let Call { region, service, action, params, .. } = *call;
    let kms = service == Service::Kms;
    Some(match fault? {
        FaultKind::Throttle if kms => {
            ApiError::new("ThrottlingException", "You have exceeded the rate at which you may call KMS.")
        }
        FaultKind::Throttle => ApiError::throttled(),
        FaultKind::NotAuthorized if service == Service::Ec2 => {
            not_authorized(params).unwrap_or_else(|| denied(world, region, service, action))
        }
        FaultKind::Deny | FaultKind::NotAuthorized => denied(world, region, service, action),
        FaultKind::AuthFailure => unknown_credentials(service),
        FaultKind::Fail if kms => ApiError::with_status(500, "KMSInternalException", "An internal error has occurred"),
        FaultKind::Fail => ApiError::with_status(500, "InternalError", "An internal error has occurred"),
        FaultKind::Expired => expired(service),
        FaultKind::Slow | FaultKind::LostAnswer | FaultKind::Reset | FaultKind::Html | FaultKind::Truncated => {
            return None;
        }
    })
}

fn unknown_credentials(service: Service) -> ApiError {
    match service {
        Service::Ec2 => ApiError::auth_failure(),
        Service::Kms => ApiError::unrecognized_client(),
        Service::Sts => ApiError::invalid_client_token(),
    }
}

fn expired(service: Service) -> ApiError {
    let token = "The security token included in the request is expired";
    match service {
        Service::Ec2 => ApiError::new("RequestExpired", "Request has expired."),
        Service::Kms => ApiError::new("ExpiredTokenException", token),
        Service::Sts => ApiError::with_status(403, "ExpiredToken", token),
    }
}

/// Returns the error that names the images or snapshots of the request.
fn not_authorized(params: &Params) -> Option<ApiError> {
    let named = |kind: &str, names: &[&str]| {
        let ids: Vec<String> = names.iter().flat_map(|name| params.strings(name)).collect();
        (!ids.is_empty()).then(|| ApiError::not_authorized(kind, &ids))
    };
    named("images", &["ImageId", "SourceImageId"]).or_else(|| named("snapshots", &["SnapshotId"]))
}

fn denied(world: &World, region: &Region, service: Service, action: &str) -> ApiError {
    let user = world.user_arn();
    let name = match service {
        Service::Ec2 => "ec2",
        Service::Kms => "kms",
        Service::Sts => "sts",
    };
    let why = format!("because no identity-based policy allows the {name}:{action} action");
    match service {
        Service::Kms => ApiError::new(
            "AccessDeniedException",
            format!("User: {user} is not authorized to perform: kms:{action} {why}"),
        ),
        Service::Sts => ApiError::with_status(
            403,
            "AccessDenied",
            format!("User: {user} is not authorized to perform: sts:{action} {why}"),
        ),
        Service::Ec2 => ApiError::with_status(
            403,
            "UnauthorizedOperation",
            format!(
                "You are not authorized to perform this operation. User: {user} is not authorized to perform: ec2:{action} on resource: arn:aws:ec2:{region}:{}:* {why}",
                world.account
            ),
        ),
    }
}

/// Returns the error of a denied action, with the message that EC2 encodes for `sts:DecodeAuthorizationMessage`.
fn denied_by_policy(world: &World, region: &Region, service: Service, action: &str) -> ApiError {
    let mut error = denied(world, region, service, action);
    if service == Service::Ec2 {
        // Another one every time, as in EC2.
        let encoded: String = std::iter::repeat_with(fastrand::alphanumeric).take(96).collect();
        error.message = format!("{}. Encoded authorization failure message: {encoded}", error.message);
    }
    error
}
